//! The bounds of values that people and programs give, one place for requests and settings alike.
//!
//! Not here: whether a thing that a value names is what it should be; whoever uses it looks.

use std::path::Path;

use crate::{Error, Result};

pub(crate) fn check_epochs(field: &'static str, epochs: u32) -> Result<()> {
    check_range(field, epochs, 1, 1000, "a run has 1 to 1000 epochs")
}

pub(crate) fn check_max_samples(field: &'static str, samples: u32) -> Result<()> {
    check_range(field, samples, 1, 1_000_000, "a run uses 1 to 1 000 000 rows")
}

pub(crate) fn check_new_tokens(tokens: u32) -> Result<()> {
    check_range("maxNewTokens", tokens, 1, 1024, "an answer has 1 to 1024 tokens")
}

pub(crate) fn check_range(
    field: &'static str,
    value: u32,
    least: u32,
    most: u32,
    reason: &'static str,
) -> Result<()> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Error::InvalidField { field, value: value.to_string(), reason })
}

/// Refuses a text of fewer characters than `least`, white space around it not counted, or of more than `most`.
pub(crate) fn check_text(field: &'static str, text: &str, least: usize, most: usize) -> Result<()> {
    if text.trim().chars().count() < least {
        return Err(Error::InvalidField {
            field,
            value: "empty".to_owned(),
            reason: "it must say something",
        });
    }
    let length = text.chars().count();
    if length <= most {
        return Ok(());
    }
    Err(Error::InvalidField {
        field,
        value: format!("{length} characters long"),
        reason: "that is more than is kept",
    })
}

/// Refuses a number for which `holds` is false.
pub(crate) fn check_number(field: &'static str, value: f64, holds: bool, reason: &'static str) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::InvalidField { field, value: value.to_string(), reason }) }
}

/// Refuses a path that would mean another place in another process, or that cannot be stored as text.
pub(crate) fn require_absolute(field: &'static str, path: &Path) -> Result<()> {
    let reason = if !path.is_absolute() {
        "the path must be absolute"
    } else if path.to_str().is_none() {
        "the path must be Unicode text"
    } else {
        return Ok(());
    };
    Err(Error::InvalidField { field, value: format!("{:?}", path.display().to_string()), reason })
}

/// Refuses a path at which there is no file now.
pub(crate) fn require_file(field: &'static str, path: &Path) -> Result<()> {
    require_absolute(field, path)?;
    if path.is_file() {
        return Ok(());
    }
    let value = format!("{:?}", path.display().to_string());
    Err(Error::InvalidField { field, value, reason: "there is no such file" })
}

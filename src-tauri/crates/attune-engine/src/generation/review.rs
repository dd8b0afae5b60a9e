//! What a person says of an example, and how it is taken back.
//!
//! Invariants: an edit keeps what was generated; a review is stored with what was before, so the last one can always be
//! taken back, a bulk one as a whole.

use super::{BatchError, Example, ExampleStatus, Rejection, RejectionKind};
use crate::Result;
use crate::limits::check_text;

/// Characters of an edited text.
const LONGEST_OUTPUT: usize = 100_000;

/// What a person says of an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Review {
    Accept,
    Reject,
    /// The text as it should be; it is accepted with that.
    Edit {
        output: String,
    },
}

/// Examples that a review has changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Reviewed {
    pub examples: Vec<Example>,
}

impl Review {
    /// The example after the review.
    ///
    /// # Errors
    /// [`BatchError::NoText`] for accepting nothing; [`crate::Error::InvalidField`] for an edit that says nothing.
    pub(crate) fn of(&self, before: &Example) -> Result<Example> {
        let now = crate::clock::now();
        let mut after = Example { reviewed_at: Some(now.clone()), ..before.clone() };
        match self {
            Self::Accept => {
                if before.output.trim().is_empty() {
                    return Err(BatchError::NoText { example: before.id.clone() }.into());
                }
                after.status = ExampleStatus::Accepted;
                after.rejection = None;
            }
            Self::Reject => {
                after.status = ExampleStatus::Rejected;
                after.rejection = Some(Rejection {
                    kind: RejectionKind::Person,
                    words: "You rejected it.".to_owned(),
                    twin_of: None,
                });
            }
            Self::Edit { output } => {
                check_text("output", output, 1, LONGEST_OUTPUT)?;
                after.original_output = before.original_output.clone().or(Some(before.output.clone()));
                // Typed back to what was generated, it is no edit any more.
                if after.original_output.as_ref() == Some(output) {
                    after.original_output = None;
                }
                after.output = output.clone();
                after.status = ExampleStatus::Accepted;
                after.rejection = None;
            }
        }
        after.accepted_at =
            (after.status == ExampleStatus::Accepted).then(|| before.accepted_at.clone().unwrap_or(now));
        Ok(after)
    }
}

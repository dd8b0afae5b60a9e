//! Sample rows that ship with Attune, and the settings that suit each.
//!
//! Not here: reading rows (`sources`); once a sample is found it is a file like any other.
//! Invariant: whoever wants a sample names it. Where it lies is known here alone, so the same request works in a
//! checkout, in a package and on the served page.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::runs::Method;
use crate::runs::request::{DEFAULT_MAX_SAMPLES, RunRequest};
use crate::sources::{held_out_of, read_source};
use crate::{Error, Result};

/// The sample of the first start.
pub(crate) const FIRST: &str = "butler";
/// Rows that give an idea of a sample.
const SHOWN_ROWS: usize = 3;

/// Rows that ship with Attune.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub name: String,
    pub title: String,
    /// A sentence about what is in it.
    pub about: String,
    pub path: PathBuf,
    /// Rows in it, those that a run holds out included.
    pub rows: u64,
    pub held_out: u64,
    /// Some rows as (input, output), to give an idea.
    pub examples: Vec<(String, String)>,
    recipe: Recipe,
}

/// The settings that a sample was tried with; docs/benchmarks.md has what they reach.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipe {
    base_model: String,
    method: Method,
    lora_targets: Option<Vec<String>>,
    epochs: u32,
}

#[derive(Deserialize)]
struct Manifest {
    samples: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    name: String,
    title: String,
    about: String,
    /// Beside the manifest.
    file: String,
    recipe: Recipe,
}

/// The samples in the folder of shipped content.
#[derive(Debug, Clone)]
pub(crate) struct Samples {
    folder: PathBuf,
}

impl Samples {
    pub(crate) fn new(content: &Path) -> Self {
        Self { folder: content.join("samples") }
    }

    /// Every sample there is.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Decode`] or what is wrong with a file of rows: all of it belongs to the program.
    pub(crate) fn all(&self) -> Result<Vec<Sample>> {
        let path = self.folder.join("samples.json");
        let text = std::fs::read(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
        let manifest: Manifest =
            serde_json::from_slice(&text).map_err(|source| Error::Decode { path, source })?;
        manifest.samples.into_iter().map(|listed| self.sample(listed)).collect()
    }

    /// # Errors
    /// [`Error::UnknownSample`] with those there are, or as [`Self::all`].
    pub(crate) fn find(&self, name: &str) -> Result<Sample> {
        let mut all = self.all()?;
        match all.iter().position(|sample| sample.name == name) {
            Some(place) => Ok(all.swap_remove(place)),
            None => Err(Error::UnknownSample {
                name: name.to_owned(),
                known: all.into_iter().map(|sample| sample.name).collect(),
            }),
        }
    }

    /// The request with the file of its sample in the sample's place, and the sample's settings where it leaves them
    /// open. Who trains in another way, with another method or from an adapter, gets the ordinary defaults.
    ///
    /// # Errors
    /// [`Error::UnknownSample`], or [`Error::InvalidField`] if the request names another source too.
    pub(crate) fn put_into(&self, request: RunRequest) -> Result<RunRequest> {
        let Some(name) = &request.sample else { return Ok(request) };
        if request.data_path.is_some() || request.database_path.is_some() {
            return Err(Error::InvalidField {
                field: "sample",
                value: format!("{name:?}"),
                reason: "dataPath or databasePath names a source already; leave one of them out",
            });
        }
        let Sample { path, recipe, .. } = self.find(name)?;
        let request = RunRequest { data_path: Some(path), sample: None, ..request };
        let method = request.method.unwrap_or(recipe.method);
        if method != recipe.method || request.start_from.is_some() {
            return Ok(request);
        }
        Ok(RunRequest {
            base_model: request.base_model.or(Some(recipe.base_model)),
            method: Some(method),
            lora_targets: request.lora_targets.or(recipe.lora_targets),
            epochs: request.epochs.or(Some(recipe.epochs)),
            ..request
        })
    }

    fn sample(&self, listed: Listed) -> Result<Sample> {
        let path = self.folder.join(listed.file);
        let rows = read_source(&path, DEFAULT_MAX_SAMPLES)?.require_usable()?.examples;
        let examples = rows.iter().take(SHOWN_ROWS).map(|row| (row.input.clone(), row.output.clone()));
        Ok(Sample {
            examples: examples.collect(),
            rows: rows.len() as u64,
            held_out: held_out_of(&rows) as u64,
            path,
            name: listed.name,
            title: listed.title,
            about: listed.about,
            recipe: listed.recipe,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> Samples {
        Samples::new(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../data"))
    }

    #[test]
    fn every_shipped_sample_can_be_read_to_its_last_row_and_holds_rows_out() {
        for sample in shipped().all().unwrap() {
            let lines = std::fs::read_to_string(&sample.path).unwrap().lines().count();
            assert!(sample.rows == lines as u64 && sample.held_out > 0, "{sample:?}");
        }
    }

    #[test]
    fn the_sample_of_the_first_start_has_three_hundred_rows_of_which_sixty_are_held_out() {
        let first = shipped().find(FIRST).unwrap();
        assert_eq!((first.rows, first.held_out, first.examples.len()), (300, 60, 3));
    }

    #[test]
    fn a_sample_fills_in_what_a_request_leaves_open_and_nothing_else() {
        let wanted = |request| shipped().put_into(RunRequest { sample: Some(FIRST.to_owned()), ..request });
        let default = RunRequest::default;
        let plain = wanted(default()).unwrap();
        assert!(plain.data_path.unwrap().ends_with("samples/butler.jsonl"));
        assert_eq!((plain.method, plain.base_model.as_deref()), (Some(Method::Lora), Some("attune-mini")));
        let chosen = wanted(RunRequest { epochs: Some(1), ..default() }).unwrap();
        assert_eq!((chosen.epochs, chosen.method), (Some(1), Some(Method::Lora)));
        let another = wanted(RunRequest { method: Some(Method::SoftPrompt), ..default() }).unwrap();
        assert_eq!((another.epochs, another.base_model), (None, None));
        let twice = wanted(RunRequest { data_path: Some("/rows.jsonl".into()), ..default() });
        assert_eq!(twice.unwrap_err().field(), Some("sample"));
        let unknown = RunRequest { sample: Some("nobody".to_owned()), ..default() };
        let refused = shipped().put_into(unknown).unwrap_err();
        assert!(matches!(&refused, Error::UnknownSample { known, .. } if *known == ["butler"]), "{refused}");
    }
}

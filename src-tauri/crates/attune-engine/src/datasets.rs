//! Datasets: accepted examples, frozen. Chosen once, written once, never changed.
//!
//! Not here: which examples are accepted (`generation`, and the person), and training on them (`runs`).
//! Invariants: the rows of a dataset are a file of its own, so nothing that happens to the examples afterwards changes
//! what a run saw; rows of one prompt are on one side of the split, whatever style they were written in.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::artifacts::durable_writer;
use crate::generation::Example;
use crate::hexadecimal::hexadecimal;
use crate::ids::prefixed_id;
use crate::{DataFolder, Error, Result};

prefixed_id! {
    /// `ds_` and a ULID.
    DatasetId, "ds_"
}

/// Fewer examples than this make no dataset: that is the floor of every tuning API.
pub(crate) const FEWEST_EXAMPLES: usize = 10;

/// Frozen examples of one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    pub id: DatasetId,
    /// What is trained on it is named so too.
    pub name: String,
    pub subject: String,
    pub examples: u64,
    /// SHA-256 of the rows as they are written.
    pub content_hash: String,
    pub created_at: String,
}

/// A row to freeze.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) example: String,
    pub(crate) input: String,
    pub(crate) output: String,
    /// Rows of one prompt stay together when some are held out.
    pub(crate) prompt: String,
}

impl From<Example> for Chosen {
    fn from(example: Example) -> Self {
        // One prompt in ten styles is ten inputs and one prompt.
        let style = example.style.and_then(|style| example.input.rfind(style.as_str()));
        let prompt = style.map_or(example.input.as_str(), |place| example.input[..place].trim_end());
        Self {
            example: example.id.to_string(),
            prompt: prompt.to_owned(),
            input: example.input,
            output: example.output,
        }
    }
}

/// A row as it is written. Other readers of JSON lines take input and output and leave the prompt.
#[derive(Serialize, Deserialize)]
struct Line {
    input: String,
    output: String,
    prompt: String,
}

/// Rows that were chosen, as they will be written, and the hash of that.
pub(crate) struct Frozen {
    text: String,
    pub(crate) content_hash: String,
    pub(crate) examples: u64,
}

impl Frozen {
    /// # Errors
    /// [`Error::TooFewExamples`].
    pub(crate) fn of(chosen: &[Chosen]) -> Result<Self> {
        if chosen.len() < FEWEST_EXAMPLES {
            return Err(Error::TooFewExamples { found: chosen.len(), fewest: FEWEST_EXAMPLES });
        }
        let mut text = String::new();
        for Chosen { input, output, prompt, .. } in chosen {
            let line = Line { input: input.clone(), output: output.clone(), prompt: prompt.clone() };
            text.push_str(&serde_json::to_string(&line).map_err(Error::Encode)?);
            text.push('\n');
        }
        let content_hash = hexadecimal(&Sha256::digest(&text));
        Ok(Self { text, content_hash, examples: chosen.len() as u64 })
    }
}

impl Dataset {
    /// The file of its rows, named after it: where a run puts its adapter is named after the file.
    pub fn path(&self, folder: &DataFolder) -> PathBuf {
        folder.datasets().join(self.id.as_str()).join(format!("{}.jsonl", self.name))
    }

    /// # Errors
    /// [`Error::Write`] with the file.
    pub(crate) fn write(&self, folder: &DataFolder, frozen: &Frozen) -> Result<()> {
        let path = self.path(folder);
        let written = path
            .parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| durable_writer::write(&path, frozen.text.as_bytes()));
        written.map_err(|source| Error::Write { path, source })
    }

    /// The prompts of its rows, in their order: rows are split by them.
    ///
    /// # Errors
    /// [`Error::Read`], or [`Error::DatasetChanged`] if the rows are not those that were frozen.
    pub(crate) fn prompts(&self, folder: &DataFolder) -> Result<Vec<String>> {
        let path = self.path(folder);
        let text = std::fs::read(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
        if hexadecimal(&Sha256::digest(&text)) != self.content_hash {
            return Err(Error::DatasetChanged { dataset: self.id.clone(), path });
        }
        text.split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice::<Line>(line).map(|line| line.prompt))
            .collect::<serde_json::Result<Vec<_>>>()
            .map_err(|source| Error::Decode { path, source })
    }
}

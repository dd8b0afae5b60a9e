//! The memory: what was said before, found again by its meaning.
//!
//! Not here: when something is recalled into a prompt. Off unless somebody asks for it, so that training data stays
//! apart from a person's own texts.
//! Invariant: a vector is compared with vectors of the same base alone.

use std::sync::Arc;

use attune_tuning::BaseModel;

use crate::generation::{Example, ExampleId};
use crate::store::memory::Memory;
use crate::{Error, Result};

/// Tokens of a text that its vector is made of; attune-mini has read 160 at once.
const MOST_TOKENS: usize = 160;

/// A text in the memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Remembered {
    pub example: ExampleId,
    pub subject: String,
    pub input: String,
    pub output: String,
    /// Of the base that made the vector.
    pub base_digest: String,
    /// A unit vector.
    pub embedding: Vec<f32>,
    pub created_at: String,
}

/// Puts examples into the memory.
pub(crate) struct Memorizer {
    base: Arc<BaseModel>,
    digest: String,
}

/// The vector of an example, to be kept in the transaction that keeps the example.
pub(crate) struct Vector<'m> {
    digest: &'m str,
    values: Vec<f32>,
}

impl Memorizer {
    pub(crate) fn new(base: Arc<BaseModel>, digest: String) -> Self {
        Self { base, digest }
    }

    /// # Errors
    /// [`Error::Generation`] if the base cannot read the text.
    pub(crate) fn vector(&self, example: &Example) -> Result<Vector<'_>> {
        let values = attune_tuning::embedding(&self.base, &example.output, MOST_TOKENS)
            .map_err(|source| Error::Generation { source })?;
        Ok(Vector { digest: &self.digest, values })
    }
}

impl Vector<'_> {
    pub(crate) fn keep(&self, memory: &Memory<'_>, example: &Example) -> Result<()> {
        memory.insert(example.id.as_str(), &example.subject, self.digest, &self.values)
    }
}

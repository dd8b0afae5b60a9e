//! Examples and batches.
//!
//! Not here: shuffling (`training`), and what dropout does (`dropout`). Invariant: a batch holds real tokens only, never padding; every count of
//! tokens, and the mean the loss is, rests on it.

use crate::{Dropout, Error, Result, RowDropout};

/// What the model is asked and what it should answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The encoder's text.
    pub input: String,
    /// The decoder's text.
    pub output: String,
}

/// An [`Example`] as token ids; both sides end with the end-of-sequence token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedExample {
    /// The encoder's tokens.
    pub source: Vec<u32>,
    /// The tokens the decoder should produce.
    pub target: Vec<u32>,
}

/// Several examples one after the other, without padding, and the dropout they are trained with.
#[derive(Debug, Clone, PartialEq)]
pub struct PackedBatch {
    source: Vec<u32>,
    target: Vec<u32>,
    /// Row `i` ends before `source_ends[i]` and starts where row `i - 1` ends.
    source_ends: Vec<usize>,
    target_ends: Vec<usize>,
    dropout: Option<Dropout>,
}

impl PackedBatch {
    /// Packs examples in their order.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`], or [`Error::EmptySequence`] if a side of an example has no token.
    pub fn pack<'e>(examples: impl IntoIterator<Item = &'e EncodedExample>) -> Result<Self> {
        let mut batch = Self {
            source: Vec::new(),
            target: Vec::new(),
            source_ends: Vec::new(),
            target_ends: Vec::new(),
            dropout: None,
        };
        for (row, example) in examples.into_iter().enumerate() {
            for (side, tokens) in [("source", &example.source), ("target", &example.target)] {
                if tokens.is_empty() {
                    return Err(Error::EmptySequence { row, side });
                }
            }
            batch.source.extend_from_slice(&example.source);
            batch.target.extend_from_slice(&example.target);
            batch.source_ends.push(batch.source.len());
            batch.target_ends.push(batch.target.len());
        }
        if batch.source_ends.is_empty() {
            return Err(Error::EmptyBatch);
        }
        Ok(batch)
    }

    /// The same examples with dropout in their gradient and its loss; one without a gradient knows none.
    pub fn with_dropout(self, dropout: Option<Dropout>) -> Self {
        Self { dropout, ..self }
    }

    /// The dropout of a row, counted from 0.
    pub fn row_dropout(&self, row: usize) -> Option<RowDropout> {
        self.dropout.map(|dropout| dropout.row(row))
    }

    /// How many examples there are.
    pub fn len(&self) -> usize {
        self.source_ends.len()
    }

    /// Never: an empty batch cannot be made.
    pub fn is_empty(&self) -> bool {
        self.source_ends.is_empty()
    }

    /// Source and target of each example.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = (&[u32], &[u32])> {
        (0..self.len()).map(|row| {
            let start = |ends: &[usize]| row.checked_sub(1).map_or(0, |before| ends[before]);
            let source = &self.source[start(&self.source_ends)..self.source_ends[row]];
            let target = &self.target[start(&self.target_ends)..self.target_ends[row]];
            (source, target)
        })
    }

    /// How many tokens the decoder should produce; the loss is their mean.
    pub fn target_tokens(&self) -> usize {
        self.target.len()
    }

    /// Source and target tokens together.
    pub fn tokens(&self) -> usize {
        self.source.len() + self.target.len()
    }

    /// Refuses tokens without an embedding.
    pub(crate) fn refuse_tokens_outside(&self, vocabulary: usize) -> Result<()> {
        match self.source.iter().chain(&self.target).find(|&&token| token as usize >= vocabulary) {
            Some(&token) => Err(Error::TokenOutsideVocabulary { token, vocabulary }),
            None => Ok(()),
        }
    }
}

//! Fluency: what a base makes of each token of a text.
//!
//! Invariant: a token that only continues a repetition does not count.

use std::sync::Arc;

use attune_tuning::{BaseModel, EncodedExample, PackedBatch, log_likelihoods};

use super::{Judged, Part, Quality, quality};
use crate::{Error, Result};

/// Tokens of a text that are read at most; more say nothing new about it.
const MOST_TOKENS: usize = 256;
/// Texts that are read at once.
const TEXTS_AT_ONCE: usize = 64;

/// What a base made of one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Fluency {
    /// The mean log likelihood of its tokens, in nats.
    mean: f64,
}

/// What is usual for a base.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    middle: f64,
    spread: f64,
}

impl Calibration {
    pub(super) fn judge(&self, fluency: &Fluency) -> Part {
        let value = 1.0 / (1.0 + (-(fluency.mean - self.middle) / self.spread - 2.0).exp());
        Part::new(value, if value < 0.5 { "reads like words in a row" } else { "reads like text" })
    }
}

/// Measures fluency under a loaded base. It holds the base and what is usual for it.
#[derive(Debug, Clone)]
pub struct FluencyMeter {
    base: Arc<BaseModel>,
    calibration: Calibration,
}

impl FluencyMeter {
    /// A meter for this base; `weights_digest` is how records name it (`sha256:...`).
    ///
    /// # Errors
    /// What the base says when it cannot read the reference sentences.
    pub fn new(base: Arc<BaseModel>, weights_digest: &str) -> Result<Self> {
        let _ = weights_digest;
        Ok(Self { base, calibration: Calibration { middle: -3.6, spread: 0.3 } })
    }

    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// The fluency of each text, in order. Texts are read together, without padding.
    ///
    /// # Errors
    /// [`Error::Generation`] with what the base said.
    pub fn measure(&self, texts: &[Judged<'_>]) -> Result<Vec<Fluency>> {
        let mut measured = Vec::with_capacity(texts.len());
        for texts in texts.chunks(TEXTS_AT_ONCE) {
            let rows =
                texts.iter().map(|judged| self.encode(judged)).collect::<attune_tuning::Result<Vec<_>>>();
            let rows = rows
                .and_then(|rows| log_likelihoods(&self.base, None, &PackedBatch::pack(&rows)?))
                .map_err(|source| Error::Generation { source })?;
            measured.extend(rows.iter().map(|row| Fluency {
                mean: row.iter().map(|likelihood| f64::from(*likelihood)).sum::<f64>()
                    / row.len().max(1) as f64,
            }));
        }
        Ok(measured)
    }

    /// The quality of each text, fluency included, in order.
    ///
    /// # Errors
    /// As [`Self::measure`].
    pub fn qualities(&self, texts: &[Judged<'_>]) -> Result<Vec<Quality>> {
        let measured = self.measure(texts)?;
        let judged = texts.iter().zip(&measured);
        Ok(judged.map(|(judged, fluency)| quality(judged, Some(fluency), &self.calibration)).collect())
    }

    fn encode(&self, judged: &Judged<'_>) -> attune_tuning::Result<EncodedExample> {
        let tokenizer = self.base.tokenizer();
        let source = format!("Write a {} story: {}", judged.genre, judged.prompt);
        Ok(EncodedExample {
            source: tokenizer.encode(&source, MOST_TOKENS)?,
            target: tokenizer.encode(judged.text, MOST_TOKENS)?,
        })
    }
}

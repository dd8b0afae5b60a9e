//! How likely a target is to the network that answers: what its numbers cost is seen here, beside the loss in f32.

use std::sync::Arc;

use rayon::prelude::*;

use super::{AnswerNetwork, Sequence};
use crate::vectors::{Kernel, exponentials, largest, vectorised};
use crate::{AnswerPrecision, BaseModel, PackedBatch, ReadyAdapter, Result};

/// Rows that are read together.
const ROWS: usize = 32;

/// The natural logarithm of the probability that answers in this precision give each target token, computed from the true
/// tokens before it: row by row in the order of the batch, each as long as its target.
///
/// It takes as long as the answers would. For likelihoods in f32 there is
/// [`log_likelihoods`](crate::log_likelihoods), which takes all tokens at once.
///
/// # Errors
/// [`Error::AdapterOfAnotherBase`](crate::Error::AdapterOfAnotherBase) if the adapter was made ready for another base,
/// [`Error::TokenOutsideVocabulary`](crate::Error::TokenOutsideVocabulary) if a token has no embedding.
pub fn answer_log_likelihoods(
    base: &BaseModel,
    adapter: Option<&ReadyAdapter>,
    batch: &PackedBatch,
    precision: AnswerPrecision,
) -> Result<Vec<Vec<f32>>> {
    if let Some(adapter) = adapter {
        adapter.refuse_other_base(base)?;
    }
    batch.refuse_tokens_outside(base.architecture().vocabulary)?;
    let network = base.answering(precision.numbers())?;
    let rows: Vec<(&[u32], &[u32])> = batch.rows().collect();
    let groups = rows.chunks(ROWS).map(|rows| likelihoods(base, network, adapter, rows));
    Ok(groups.collect::<Result<Vec<_>>>()?.concat())
}

fn likelihoods(
    base: &BaseModel,
    network: &AnswerNetwork,
    adapter: Option<&ReadyAdapter>,
    rows: &[(&[u32], &[u32])],
) -> Result<Vec<Vec<f32>>> {
    let sources = rows.par_iter().map(|(source, _)| network.read_source(adapter, source));
    let sources = sources.collect::<Result<Vec<_>>>()?;
    let mut sequences: Vec<Sequence> =
        sources.into_iter().map(|source| Sequence::new(Arc::new(source))).collect();
    let mut found: Vec<Vec<f32>> = vec![Vec::new(); rows.len()];
    let start = base.architecture().decoder_start;
    let longest = rows.iter().map(|(_, target)| target.len()).max().unwrap_or(0);
    let mut logits = Vec::new();
    for position in 0..longest {
        let going: Vec<usize> = (0..rows.len()).filter(|row| position < rows[*row].1.len()).collect();
        let read = |row: &usize| position.checked_sub(1).map_or(start, |before| rows[*row].1[before]);
        let tokens: Vec<u32> = going.iter().map(read).collect();
        let mut open: Vec<&mut Sequence> = sequences
            .iter_mut()
            .zip(rows)
            .filter(|(_, row)| position < row.1.len())
            .map(|(s, _)| s)
            .collect();
        let logits = network.decode_next(&tokens, &mut open, &mut logits)?;
        for (row, logits) in going.iter().zip(logits.chunks_exact_mut(base.architecture().vocabulary)) {
            let target = logits[rows[*row].1[position] as usize];
            found[*row].push(target - vectorised(LogOfSum(logits)));
        }
    }
    Ok(found)
}

/// `ln Σ eˣ`; the values are changed.
struct LogOfSum<'a>(&'a mut [f32]);

impl Kernel for LogOfSum<'_> {
    type Output = f32;

    #[inline(always)]
    fn run(self) -> f32 {
        let shift = largest(self.0);
        shift + exponentials(self.0, shift).ln()
    }
}

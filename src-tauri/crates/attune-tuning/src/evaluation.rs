//! The loss of a batch without a gradient, the logits of an example, and the forward line that training shares with it.
//!
//! Not here: what is held out and what a loss means (the engine's). Each row is computed for itself, so there
//! is neither padding nor a mask.

use candle_core::{Result as CandleResult, Tensor};

use crate::error::WhileDoing;
use crate::network::{DecoderMemory, summed_cross_entropy};
use crate::placed::Placed;
use crate::{Adapter, BaseModel, EncodedExample, Loss, PackedBatch, Result, RowDropout};

/// The mean cross-entropy over all target tokens of the batch, with or without an adapter.
///
/// # Errors
/// [`Error::AdapterWidth`](crate::Error::AdapterWidth) or
/// [`Error::LoraOfAnotherBase`](crate::Error::LoraOfAnotherBase) if the adapter is for another base model,
/// [`Error::TokenOutsideVocabulary`](crate::Error::TokenOutsideVocabulary) if a token has no embedding.
pub fn evaluate(base: &BaseModel, adapter: Option<&Adapter>, batch: &PackedBatch) -> Result<Loss> {
    let placed = Placed::new(base, adapter)?;
    batch.refuse_tokens_outside(base.architecture().vocabulary)?;
    let sum = batch
        .rows()
        .map(|(source, target)| {
            let loss = summed_row_loss(&placed, source, target, None)?.to_scalar::<f32>()?;
            Ok(f64::from(loss))
        })
        .sum::<CandleResult<f64>>()
        .while_doing("computing the loss of a batch")?;
    let target_tokens = batch.target_tokens();
    Ok(Loss { mean: sum / target_tokens as f64, target_tokens })
}

/// The logits of an example's target, each computed from the true tokens before it, with or without an adapter:
/// `[target tokens, vocabulary]`, row-major.
///
/// # Errors
/// As [`evaluate`].
pub fn logits(base: &BaseModel, adapter: Option<&Adapter>, example: &EncodedExample) -> Result<Vec<f32>> {
    let placed = Placed::new(base, adapter)?;
    PackedBatch::pack([example])?.refuse_tokens_outside(base.architecture().vocabulary)?;
    teacher_forced_logits(&placed, &example.source, &example.target, None)
        .and_then(|logits| logits.flatten_all()?.to_vec1())
        .while_doing("computing the logits of an example")
}

/// The summed cross-entropy of one row, with a graph back to the adapter if its tensors are variables.
pub(crate) fn summed_row_loss(
    placed: &Placed<'_>,
    source: &[u32],
    target: &[u32],
    dropout: Option<RowDropout>,
) -> CandleResult<Tensor> {
    summed_cross_entropy(&teacher_forced_logits(placed, source, target, dropout)?, target)
}

/// Logits of shape `[target tokens, vocabulary]`, each computed from the true tokens before it.
pub(crate) fn teacher_forced_logits(
    placed: &Placed<'_>,
    source: &[u32],
    target: &[u32],
    dropout: Option<RowDropout>,
) -> CandleResult<Tensor> {
    let network = placed.network();
    let encoded = network.prepare(&network.encode(&placed.encoder_input(source)?, dropout)?)?;
    // The decoder reads the target shifted right by its start token.
    let start = placed.base().architecture().decoder_start;
    let read: Vec<u32> = std::iter::once(start).chain(target.iter().copied()).take(target.len()).collect();
    network.decode(&read, &encoded, &mut DecoderMemory::default(), dropout)
}

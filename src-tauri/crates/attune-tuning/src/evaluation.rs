//! The loss of a batch without a gradient, the logits of an example, and the readable forward line that gradients by
//! autograd start from.
//!
//! Not here: what is held out and what a loss means (the engine's), and the arithmetic of a whole batch (`packed`).

use candle_core::{Result as CandleResult, Tensor};

use crate::error::WhileDoing;
use crate::network::{DecoderMemory, summed_cross_entropy};
use crate::placed::Placed;
use crate::{
    Adapter, BaseModel, EncodedExample, Loss, PackedBatch, PackedPass, Result, RowDropout, TrainingPass,
};

/// The mean cross-entropy over all target tokens of the batch, with or without an adapter.
///
/// # Errors
/// [`Error::AdapterWidth`](crate::Error::AdapterWidth) or
/// [`Error::LoraOfAnotherBase`](crate::Error::LoraOfAnotherBase) if the adapter is for another base model,
/// [`Error::TokenOutsideVocabulary`](crate::Error::TokenOutsideVocabulary) if a token has no embedding.
pub fn evaluate(base: &BaseModel, adapter: Option<&Adapter>, batch: &PackedBatch) -> Result<Loss> {
    if let Some(adapter) = adapter {
        adapter.refuse_other_base(base)?;
    }
    let values = adapter.map_or(&[][..], Adapter::values);
    PackedPass::for_losses(base, adapter, batch.len())?.loss(values, batch)
}

/// The natural logarithm of the probability that the model gives each target token, computed from the true tokens
/// before it: row by row in the order of the batch, each as long as its target.
///
/// Rows are packed, so a batch of many texts costs what their tokens cost; a row's values do not depend on the others.
///
/// # Errors
/// As [`evaluate`].
pub fn log_likelihoods(
    base: &BaseModel,
    adapter: Option<&Adapter>,
    batch: &PackedBatch,
) -> Result<Vec<Vec<f32>>> {
    if let Some(adapter) = adapter {
        adapter.refuse_other_base(base)?;
    }
    let values = adapter.map_or(&[][..], Adapter::values);
    let mut rows = PackedPass::for_losses(base, adapter, batch.len())?.token_losses(values, batch)?;
    rows.iter_mut().flatten().for_each(|loss| *loss = -*loss);
    Ok(rows)
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

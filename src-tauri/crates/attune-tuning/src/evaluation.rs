//! The loss of a batch without a gradient, and the forward line that training shares with it.
//!
//! Not here: what is held out and what a loss means (the engine's). Each row is computed for itself, so there
//! is neither padding nor a mask.

use candle_core::{Device, Result as CandleResult, Tensor};

use crate::error::WhileDoing;
use crate::network::{DecoderMemory, summed_cross_entropy};
use crate::{BaseModel, Loss, PackedBatch, Result, SoftPrompt};

/// The mean cross-entropy over all target tokens of the batch, with or without a soft prompt.
///
/// # Errors
/// [`Error::AdapterWidth`](crate::Error::AdapterWidth) if the soft prompt is for another base model,
/// [`Error::TokenOutsideVocabulary`](crate::Error::TokenOutsideVocabulary) if a token has no embedding.
pub fn evaluate(base: &BaseModel, adapter: Option<&SoftPrompt>, batch: &PackedBatch) -> Result<Loss> {
    adapter.map_or(Ok(()), |adapter| adapter.refuse_other_width(base))?;
    batch.refuse_tokens_outside(base.architecture().vocabulary)?;
    let prompt =
        adapter.map(prompt_tensor).transpose().while_doing("placing the soft prompt before the source")?;
    let sum = batch
        .rows()
        .map(|(source, target)| {
            let loss = summed_row_loss(base, prompt.as_ref(), source, target)?.to_scalar::<f32>()?;
            Ok(f64::from(loss))
        })
        .sum::<CandleResult<f64>>()
        .while_doing("computing the loss of a batch")?;
    let target_tokens = batch.target_tokens();
    Ok(Loss { mean: sum / target_tokens as f64, target_tokens })
}

/// The summed cross-entropy of one row, with a graph back to `prompt` if that is a variable.
pub(crate) fn summed_row_loss(
    base: &BaseModel,
    prompt: Option<&Tensor>,
    source: &[u32],
    target: &[u32],
) -> CandleResult<Tensor> {
    summed_cross_entropy(&teacher_forced_logits(base, prompt, source, target)?, target)
}

/// Logits of shape `[target tokens, vocabulary]`, each computed from the true tokens before it.
pub(crate) fn teacher_forced_logits(
    base: &BaseModel,
    prompt: Option<&Tensor>,
    source: &[u32],
    target: &[u32],
) -> CandleResult<Tensor> {
    let network = base.network();
    let encoded = network.prepare(&network.encode(&prompted_embeddings(base, prompt, source)?)?)?;
    // The decoder reads the target shifted right by its start token.
    let start = base.architecture().decoder_start;
    let read: Vec<u32> = std::iter::once(start).chain(target.iter().copied()).take(target.len()).collect();
    network.decode(&read, &encoded, &mut DecoderMemory::default())
}

/// What the encoder reads, `[rows + tokens, width]`: the soft prompt's rows, then the source's embeddings.
pub(crate) fn prompted_embeddings(
    base: &BaseModel,
    prompt: Option<&Tensor>,
    source: &[u32],
) -> CandleResult<Tensor> {
    let embeddings = base.network().embed(source)?;
    match prompt {
        Some(prompt) => Tensor::cat(&[prompt, &embeddings], 0),
        None => Ok(embeddings),
    }
}

/// A soft prompt as a constant of shape `[rows, width]`.
pub(crate) fn prompt_tensor(prompt: &SoftPrompt) -> CandleResult<Tensor> {
    Tensor::from_slice(prompt.values(), (prompt.rows(), prompt.width()), &Device::Cpu)
}

//! Multi-head attention of T5: scores are not scaled, positions enter as a bias added to them.
//!
//! Not here: what the bias is (`position`). Causality comes with the bias too, as minus infinity.

use candle_core::{Result as CandleResult, Tensor};

use super::activation::biased_softmax;
use super::adapted::AdaptedLinear;
use super::dropped::dropped;
use super::structure::Attention;
use crate::DropoutMask;

/// What can be attended to: keys and values of shape `[positions, heads * head_width]`.
#[derive(Clone)]
pub(super) struct KeysAndValues {
    keys: Tensor,
    values: Tensor,
}

impl KeysAndValues {
    /// These positions after earlier ones.
    pub(super) fn after(self, earlier: Option<&Self>) -> CandleResult<Self> {
        let Some(earlier) = earlier else { return Ok(self) };
        Ok(Self {
            keys: Tensor::cat(&[&earlier.keys, &self.keys], 0)?,
            values: Tensor::cat(&[&earlier.values, &self.values], 0)?,
        })
    }
}

impl Attention<AdaptedLinear> {
    /// Keys and values of a normed state of shape `[positions, width]`.
    pub(super) fn keys_and_values(&self, state: &Tensor) -> CandleResult<KeysAndValues> {
        Ok(KeysAndValues { keys: self.key.forward(state)?, values: self.value.forward(state)? })
    }

    /// What each of the `[queries, width]` states takes from the keys and values, of the same shape.
    /// `bias` and the mask of what is dropped have the shape `[heads, queries, keys]`.
    pub(super) fn attend(
        &self,
        state: &Tensor,
        seen: &KeysAndValues,
        bias: Option<&Tensor>,
        mask: Option<DropoutMask>,
    ) -> CandleResult<Tensor> {
        let query = self.split_heads(&self.query.forward(state)?)?;
        let key = self.split_heads(&seen.keys)?;
        let value = self.split_heads(&seen.values)?;
        let weights = dropped(biased_softmax(&query.matmul(&key.transpose(1, 2)?)?, bias)?, mask)?;
        let joined = weights.matmul(&value)?.transpose(0, 1)?.flatten_from(1)?;
        self.output.forward(&joined)
    }

    /// `[positions, heads * head_width]` to `[heads, positions, head_width]`.
    fn split_heads(&self, projected: &Tensor) -> CandleResult<Tensor> {
        let (positions, inner) = projected.dims2()?;
        projected.reshape((positions, self.heads, inner / self.heads))?.transpose(0, 1)
    }
}

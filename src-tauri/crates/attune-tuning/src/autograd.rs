//! The readable training pass: candle's autograd, one graph for each row of the batch.
//!
//! A row of its own needs neither padding nor a mask. This is what any faster pass is tested against, so it is
//! kept plain. Invariant: of everything in the graph only the soft prompt is a variable.

use candle_core::{Device, Result as CandleResult, Var};

use crate::error::WhileDoing;
use crate::evaluation::summed_row_loss;
use crate::{AdapterLayout, BaseModel, Error, Loss, PROMPT_TENSOR, PackedBatch, Result, TrainingPass};

/// A [`TrainingPass`] for soft prompts on candle's autograd.
#[derive(Debug)]
pub struct AutogradPass<'m> {
    base: &'m BaseModel,
    rows: usize,
}

impl<'m> AutogradPass<'m> {
    /// A pass for soft prompts of `rows` rows before this base model.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] if `rows` is 0.
    pub fn new(base: &'m BaseModel, rows: usize) -> Result<Self> {
        if rows == 0 {
            return Err(Error::InvalidSetting {
                field: "prompt_rows",
                found: "0".into(),
                needed: "1 or more",
            });
        }
        Ok(Self { base, rows })
    }

    /// The layout of the vectors this pass takes.
    pub fn layout(&self) -> AdapterLayout {
        AdapterLayout::default().with(PROMPT_TENSOR, &[self.rows, self.base.architecture().width])
    }

    fn row(&self, prompt: &Var, source: &[u32], target: &[u32]) -> CandleResult<(f64, Vec<f32>)> {
        let loss = summed_row_loss(self.base, Some(prompt), source, target)?;
        let gradients = loss.backward()?;
        let gradient = match gradients.get(prompt) {
            Some(gradient) => gradient.flatten_all()?.to_vec1()?,
            None => candle_core::bail!("the loss does not depend on the soft prompt"),
        };
        Ok((f64::from(loss.to_scalar::<f32>()?), gradient))
    }
}

impl TrainingPass for AutogradPass<'_> {
    fn loss_and_gradient(
        &mut self,
        adapter: &[f32],
        batch: &PackedBatch,
        gradient: &mut [f32],
    ) -> Result<Loss> {
        let architecture = self.base.architecture();
        let expected = self.rows * architecture.width;
        for (what, found) in [("the adapter", adapter.len()), ("the gradient", gradient.len())] {
            if found != expected {
                return Err(Error::Length { what, found, expected });
            }
        }
        batch.refuse_tokens_outside(architecture.vocabulary)?;

        let prompt = Var::from_slice(adapter, (self.rows, architecture.width), &Device::Cpu)
            .while_doing("placing the soft prompt before the source")?;
        let target_tokens = batch.target_tokens();
        let mut sum = 0.0;
        gradient.fill(0.0);
        for (source, target) in batch.rows() {
            let (row_loss, row_gradient) = self
                .row(&prompt, source, target)
                .while_doing("computing the loss of a row and its gradient")?;
            sum += row_loss;
            gradient.iter_mut().zip(row_gradient).for_each(|(total, row)| *total += row);
        }
        gradient.iter_mut().for_each(|value| *value /= target_tokens as f32);
        Ok(Loss { mean: sum / target_tokens as f64, target_tokens })
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::summed_row_loss;
    use crate::fixtures;

    #[test]
    fn frozen_weights_get_no_gradient() {
        let base = fixtures::tiny_base();
        let prompt = fixtures::peft_prompt(&base);
        let shape = (prompt.rows(), prompt.width());
        let prompt = Var::from_slice(prompt.values(), shape, &Device::Cpu).expect("a variable");
        let loss = summed_row_loss(&base, Some(&prompt), &[5, 9, 1], &[7, 8, 1]).expect("a loss");
        let gradients = loss.backward().expect("a gradient");
        assert!(gradients.get(&prompt).is_some());
        let reached: Vec<_> = base
            .weights()
            .iter()
            .filter(|(_, weight)| gradients.get(weight).is_some())
            .map(|(name, _)| name)
            .collect();
        assert!(reached.is_empty(), "gradients were computed for {reached:?}");
    }
}

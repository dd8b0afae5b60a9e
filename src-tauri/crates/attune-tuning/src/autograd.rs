//! The readable training pass: candle's autograd, one graph for each row of the batch.
//!
//! A row of its own needs neither padding nor a mask, and frozen weights make rows independent: each core takes
//! whole rows, forward and backward, instead of sharing products too small to share. This is what any faster
//! pass is tested against, so it is kept plain.
//! Invariants: of everything in the graph only the soft prompt is a variable; gradients are added in the order
//! of the rows, so the number of cores changes no bit.

use std::num::NonZeroUsize;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use candle_core::{Device, Result as CandleResult, Var};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::WhileDoing;
use crate::evaluation::summed_row_loss;
use crate::{AdapterLayout, BaseModel, Error, Loss, PROMPT_TENSOR, PackedBatch, Result, TrainingPass};

/// A graph is walked and dropped recursively, node by node; the deepest base models have thousands.
const STACK_BYTES: usize = 32 << 20;

/// A [`TrainingPass`] for soft prompts on candle's autograd.
#[derive(Debug)]
pub struct AutogradPass<'m> {
    base: &'m BaseModel,
    rows: usize,
    /// One thread each: a product inside finds no second thread to share itself with.
    cores: Vec<ThreadPool>,
}

/// The summed loss of a row and its gradient by the soft prompt.
type RowResult = CandleResult<(f64, Vec<f32>)>;

impl<'m> AutogradPass<'m> {
    /// A pass for soft prompts of `rows` rows before this base model, on all cores.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] if `rows` is 0, [`Error::NoThread`] if the system gives none.
    pub fn new(base: &'m BaseModel, rows: usize) -> Result<Self> {
        Self::on_cores(base, rows, std::thread::available_parallelism().map_or(1, NonZeroUsize::get))
    }

    fn on_cores(base: &'m BaseModel, rows: usize, cores: usize) -> Result<Self> {
        if rows == 0 {
            return Err(Error::InvalidSetting {
                field: "prompt_rows",
                found: "0".into(),
                needed: "1 or more",
            });
        }
        let cores = (0..cores)
            .map(|_| ThreadPoolBuilder::new().num_threads(1).stack_size(STACK_BYTES).build())
            .collect::<std::result::Result<_, _>>()
            .map_err(|source| Error::NoThread { source })?;
        Ok(Self { base, rows, cores })
    }

    /// The layout of the vectors this pass takes.
    pub fn layout(&self) -> AdapterLayout {
        AdapterLayout::default().with(PROMPT_TENSOR, &[self.rows, self.base.architecture().width])
    }

    /// Every row's result in the order of the rows; each core takes the next one that is left.
    fn row_results(&self, prompt: &Var, batch: &PackedBatch) -> Vec<RowResult> {
        let rows: Vec<_> = batch.rows().collect();
        let results: Vec<OnceLock<RowResult>> = rows.iter().map(|_| OnceLock::new()).collect();
        let next = AtomicUsize::new(0);
        let take_rows = || {
            while let Some(place) =
                Some(next.fetch_add(1, Ordering::Relaxed)).filter(|place| *place < rows.len())
            {
                let (source, target) = rows[place];
                // Nobody else was given this place, so it is empty.
                let _ = results[place].set(self.row(prompt, source, target));
            }
        };
        std::thread::scope(|scope| {
            for core in self.cores.iter().take(rows.len()) {
                scope.spawn(|| core.install(take_rows));
            }
        });
        results.into_iter().filter_map(OnceLock::into_inner).collect()
    }

    fn row(&self, prompt: &Var, source: &[u32], target: &[u32]) -> RowResult {
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
        for result in self.row_results(&prompt, batch) {
            let (row_loss, row_gradient) =
                result.while_doing("computing the loss of a row and its gradient")?;
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

    use super::{AutogradPass, summed_row_loss};
    use crate::{TrainingPass, fixtures};

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

    #[test]
    fn the_number_of_cores_changes_no_bit_and_no_weight() {
        let base = fixtures::tiny_base();
        let bytes = || -> Vec<u32> {
            let weights = base.weights().iter();
            let values =
                weights.flat_map(|(_, weight)| weight.flatten_all().and_then(|flat| flat.to_vec1::<f32>()));
            values.flatten().map(f32::to_bits).collect()
        };
        let before = bytes();
        let prompt = fixtures::peft_prompt(&base);
        let results = [1, 2, 5].map(|cores| {
            let mut pass = AutogradPass::on_cores(&base, prompt.rows(), cores).expect("threads");
            let mut gradient = vec![0.0; prompt.values().len()];
            let loss = pass.loss_and_gradient(prompt.values(), &fixtures::oracle_batch(), &mut gradient);
            (loss.expect("a loss"), gradient)
        });
        assert_eq!(results[0], results[1]);
        assert_eq!(results[0], results[2]);
        assert_eq!(bytes(), before);
        assert_eq!(before.len(), base.parameters());
    }
}

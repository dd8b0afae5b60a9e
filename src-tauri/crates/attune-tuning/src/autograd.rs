//! The readable training pass: candle's autograd, one graph for each row of the batch.
//!
//! A row of its own needs neither padding nor a mask, and frozen weights make rows independent: each core takes
//! whole rows, forward and backward, instead of sharing products too small to share. This is what the faster
//! pass (`packed`) is tested against, so it is kept plain.
//! Invariants: of everything in the graph only the adapter's tensors are variables; gradients are added in the order
//! of the rows, so the number of cores changes no bit.

use std::num::NonZeroUsize;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use candle_core::{Device, Result as CandleResult, Tensor, Var};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::WhileDoing;
use crate::evaluation::summed_row_loss;
use crate::placed::Placed;
use crate::{
    AdapterKind, AdapterLayout, AdapterTensor, BaseModel, Error, Loss, PackedBatch, Result, RowDropout,
    TrainingPass,
};

/// A graph is walked and dropped recursively, node by node; the deepest base models have thousands.
const STACK_BYTES: usize = 32 << 20;

/// A [`TrainingPass`] for any adapter on candle's autograd.
#[derive(Debug)]
pub struct AutogradPass<'m> {
    base: &'m BaseModel,
    kind: AdapterKind,
    layout: AdapterLayout,
    /// One thread each: a product inside finds no second thread to share itself with.
    cores: Vec<ThreadPool>,
}

impl<'m> AutogradPass<'m> {
    /// A pass for adapters of this kind on this base model, on all cores.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] if the kind is impossible, [`Error::NoThread`] if the system gives no thread.
    pub fn new(base: &'m BaseModel, kind: AdapterKind) -> Result<Self> {
        Self::on_cores(base, kind, std::thread::available_parallelism().map_or(1, NonZeroUsize::get))
    }

    fn on_cores(base: &'m BaseModel, kind: AdapterKind, cores: usize) -> Result<Self> {
        let layout = kind.layout(base)?;
        let cores = (0..cores)
            .map(|_| ThreadPoolBuilder::new().num_threads(1).stack_size(STACK_BYTES).build())
            .collect::<std::result::Result<_, _>>()
            .map_err(|source| Error::NoThread { source })?;
        Ok(Self { base, kind, layout, cores })
    }

    /// The layout of the vectors this pass takes.
    pub fn layout(&self) -> &AdapterLayout {
        &self.layout
    }

    /// The adapter's tensors as variables, in the order of the layout.
    fn variables(&self, adapter: &[f32]) -> Result<Vec<Var>> {
        let place = |tensor: &AdapterTensor| {
            Var::from_slice(&adapter[tensor.range()], tensor.shape.as_slice(), &Device::Cpu)
        };
        let tensors = self.layout.tensors().iter().map(place);
        tensors.collect::<CandleResult<_>>().while_doing("placing the adapter")
    }

    /// What `work` makes of every row, its number and its two sides, in the order of the rows; each core takes the
    /// next one that is left.
    fn by_row<T: Send + Sync>(
        &self,
        batch: &PackedBatch,
        work: impl Fn(usize, &[u32], &[u32]) -> CandleResult<T> + Sync,
    ) -> Vec<CandleResult<T>> {
        let rows: Vec<_> = batch.rows().collect();
        let results: Vec<OnceLock<CandleResult<T>>> = rows.iter().map(|_| OnceLock::new()).collect();
        let next = AtomicUsize::new(0);
        let take_rows = || {
            while let Some(place) =
                Some(next.fetch_add(1, Ordering::Relaxed)).filter(|place| *place < rows.len())
            {
                let (source, target) = rows[place];
                // Nobody else was given this place, so it is empty.
                let _ = results[place].set(work(place, source, target));
            }
        };
        std::thread::scope(|scope| {
            for core in self.cores.iter().take(rows.len()) {
                scope.spawn(|| core.install(take_rows));
            }
        });
        results.into_iter().filter_map(OnceLock::into_inner).collect()
    }

    fn refuse_other_length(&self, what: &'static str, found: usize) -> Result<()> {
        let expected = self.layout.parameters();
        if found != expected {
            return Err(Error::Length { what, found, expected });
        }
        Ok(())
    }
}

/// The summed loss of a row and its gradient by the variables, one after the other.
fn row_gradient(
    placed: &Placed<'_>,
    variables: &[Var],
    source: &[u32],
    target: &[u32],
    dropout: Option<RowDropout>,
) -> CandleResult<(f64, Vec<f32>)> {
    let loss = summed_row_loss(placed, source, target, dropout)?;
    let gradients = loss.backward()?;
    let mut flat = Vec::with_capacity(variables.iter().map(|variable| variable.elem_count()).sum());
    for variable in variables {
        match gradients.get(variable) {
            Some(gradient) => flat.extend(gradient.flatten_all()?.to_vec1::<f32>()?),
            None => candle_core::bail!("the loss does not depend on all of the adapter"),
        }
    }
    Ok((f64::from(loss.to_scalar::<f32>()?), flat))
}

impl TrainingPass for AutogradPass<'_> {
    fn loss_and_gradient(
        &mut self,
        adapter: &[f32],
        batch: &PackedBatch,
        gradient: &mut [f32],
    ) -> Result<Loss> {
        self.refuse_other_length("the adapter", adapter.len())?;
        self.refuse_other_length("the gradient", gradient.len())?;
        batch.refuse_tokens_outside(self.base.architecture().vocabulary)?;

        let variables = self.variables(adapter)?;
        let tensors: Vec<Tensor> = variables.iter().map(|variable| variable.as_tensor().clone()).collect();
        let placed = Placed::with_tensors(self.base, &self.kind, &tensors)?;
        let work = |row: usize, source: &[u32], target: &[u32]| {
            row_gradient(&placed, &variables, source, target, batch.row_dropout(row))
        };
        let target_tokens = batch.target_tokens();
        let mut sum = 0.0;
        gradient.fill(0.0);
        for result in self.by_row(batch, work) {
            let (row_loss, slopes) = result.while_doing("computing the loss of a row and its gradient")?;
            sum += row_loss;
            gradient.iter_mut().zip(slopes).for_each(|(total, row)| *total += row);
        }
        gradient.iter_mut().for_each(|value| *value /= target_tokens as f32);
        Ok(Loss { mean: sum / target_tokens as f64, target_tokens })
    }

    fn loss(&mut self, adapter: &[f32], batch: &PackedBatch) -> Result<Loss> {
        self.refuse_other_length("the adapter", adapter.len())?;
        batch.refuse_tokens_outside(self.base.architecture().vocabulary)?;
        let adapter = self.kind.adapter(self.base, adapter.to_vec())?;
        let placed = Placed::new(self.base, Some(&adapter))?;
        let rows = self.by_row(batch, |_, source, target| {
            Ok(f64::from(summed_row_loss(&placed, source, target, None)?.to_scalar::<f32>()?))
        });
        let sum: CandleResult<f64> = rows.into_iter().sum();
        let target_tokens = batch.target_tokens();
        Ok(Loss {
            mean: sum.while_doing("computing the loss of a batch")? / target_tokens as f64,
            target_tokens,
        })
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Tensor;

    use super::{AutogradPass, Placed, summed_row_loss};
    use crate::{Adapter, BaseModel, Dropout, TrainingPass, fixtures};

    fn adapters(base: &BaseModel) -> [Adapter; 2] {
        [fixtures::peft_prompt(base), fixtures::peft_lora(base, "peft_lora_everywhere")]
    }

    #[test]
    fn frozen_weights_get_no_gradient() {
        let base = fixtures::tiny_base();
        for adapter in adapters(&base) {
            let pass = AutogradPass::new(&base, adapter.kind()).expect("a pass");
            let variables = pass.variables(adapter.values()).expect("variables");
            let tensors: Vec<Tensor> =
                variables.iter().map(|variable| variable.as_tensor().clone()).collect();
            let placed = Placed::with_tensors(&base, &adapter.kind(), &tensors).expect("an adapter");
            let loss = summed_row_loss(&placed, &[5, 9, 1], &[7, 8, 1], None).expect("a loss");
            let gradients = loss.backward().expect("a gradient");
            assert!(variables.iter().all(|variable| gradients.get(variable).is_some()));
            let reached: Vec<_> = base
                .readable()
                .expect("a network")
                .products()
                .zip(base.network().products())
                .filter(|(held, _)| gradients.get(held.weight()).is_some())
                .map(|(_, product)| &product.name)
                .collect();
            assert!(reached.is_empty(), "gradients were computed for {reached:?}");
        }
    }

    #[test]
    fn the_number_of_cores_changes_no_bit_and_no_weight() {
        let base = fixtures::tiny_base();
        let bytes = || -> Vec<u32> {
            let products = base.readable().expect("a network").products();
            let values = products.flat_map(|product| product.weight().flatten_all()?.to_vec1::<f32>());
            values.flatten().map(f32::to_bits).collect()
        };
        let before = bytes();
        for adapter in adapters(&base) {
            let results = [1, 2, 5].map(|cores| {
                let mut pass = AutogradPass::on_cores(&base, adapter.kind(), cores).expect("threads");
                let mut gradient = vec![0.0; adapter.values().len()];
                let batch = fixtures::oracle_batch().with_dropout(Dropout::of_step(0.1, 1, 0));
                let loss = pass.loss_and_gradient(adapter.values(), &batch, &mut gradient);
                (loss.expect("a loss"), gradient)
            });
            assert_eq!(results[0], results[1]);
            assert_eq!(results[0], results[2]);
        }
        assert_eq!(bytes(), before);
    }
}

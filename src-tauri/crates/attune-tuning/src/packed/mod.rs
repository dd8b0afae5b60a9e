//! The packed training pass: forward and backward written out over packed rows, in f32 or in bf16.
//!
//! What makes it fast: no padding; each core takes whole shares of the batch, forward and backward, with products
//! on one thread; nothing is computed that no gradient needs; the logits are never stored; buffers are kept.
//! Not here: other mathematics. It computes what `autograd` computes, in bf16 as near as its numbers are, and tests
//! hold it to that.
//! Invariants: frozen weights get no gradient; the shares and the order in which their gradients are added depend on
//! the batch alone, so the number of cores changes no bit.

mod attention;
mod dropping;
mod feed_forward;
mod head;
mod linear;
mod norm;
mod number;
mod rows;
mod scratch;
mod share;
mod weights;

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use half::bf16;
use rayon::{ThreadPool, ThreadPoolBuilder};

use number::Number;
use rows::{RowCost, shares};
use share::{Biases, Workspace};
use weights::PlacedWeights;
pub(crate) use weights::PlainProducts;

use crate::kernels::{BlockKernel, chosen};
use crate::vectors::add;
use crate::{
    Adapter, AdapterKind, AdapterLayout, AdapterTensor, Architecture, BaseModel, Error, Loss, PackedBatch,
    Precision, Result, TrainingPass,
};

/// About how many positions a share has at most.
pub(crate) fn positions_a_share(in_bf16: bool) -> usize {
    if in_bf16 { bf16::POSITIONS_A_SHARE } else { f32::POSITIONS_A_SHARE }
}

/// The [`TrainingPass`] of every training: for any adapter on any base model.
#[derive(Debug)]
pub struct PackedPass<'m> {
    base: &'m BaseModel,
    kind: Option<AdapterKind>,
    layout: AdapterLayout,
    cores: ThreadPool,
    computing: Computing<'m>,
    results: Vec<ShareResult>,
}

/// In which numbers.
#[derive(Debug)]
enum Computing<'m> {
    F32(Computation<'m, f32>),
    Bf16(Computation<'m, bf16>),
}

#[derive(Debug)]
struct Computation<'m, V: Number> {
    store: &'m V::Store,
    /// One for each core.
    workspaces: Vec<Workspace<V>>,
}

impl<'m, V: Number> Computation<'m, V> {
    fn new(base: &'m BaseModel, kernel: BlockKernel, cores: usize) -> Result<Self> {
        let workspaces = std::iter::repeat_with(|| Workspace::new(kernel)).take(cores).collect();
        Ok(Self { store: V::store(base, kernel)?, workspaces })
    }

    /// Fills the results of all shares of the batch, in their order; each core takes the next share that is left.
    /// Returns the rows of each share.
    fn compute(
        &mut self,
        cores: &ThreadPool,
        asked: Asked<'_>,
        results: &mut Vec<ShareResult>,
    ) -> Vec<Vec<usize>> {
        let Asked { base, kind, tensors, adapter, batch, beside } = asked;
        let placed = PlacedWeights::<V>::new(base, self.store, kind, tensors, adapter);
        let rows: Vec<(&[u32], &[u32])> = batch.rows().collect();
        let prompt_rows = placed.prompt.len() / placed.width;
        let biases = biases(base, &rows, prompt_rows);
        let shares = shares(&costs(base.architecture(), &rows, prompt_rows), V::POSITIONS_A_SHARE);

        results.resize_with(shares.len(), ShareResult::default);
        let with_gradient = beside == Beside::Gradient;
        let gradient_length = if with_gradient { adapter.len() } else { 0 };
        for result in results.iter_mut() {
            result.gradient.resize(gradient_length, 0.0);
            result.token_losses.clear();
        }
        let left = Mutex::new(shares.iter().zip(results));
        let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
        cores.scope(|scope| {
            for workspace in self.workspaces.iter_mut().take(shares.len()) {
                let (next, placed, biases, rows) = (&next, &placed, &biases, &rows);
                scope.spawn(move |_| {
                    while let Some((share, result)) = next() {
                        // A loss without a gradient knows no dropout.
                        let dropout = share.iter().filter(|_| with_gradient);
                        let dropout: Vec<_> = dropout.filter_map(|row| batch.row_dropout(*row)).collect();
                        let rows: Vec<_> = share.iter().map(|row| rows[*row]).collect();
                        let gradient = with_gradient.then_some(&mut result.gradient[..]);
                        result.loss = workspace.compute(placed, biases, &rows, &dropout, gradient);
                        if beside == Beside::TokenLosses {
                            result.token_losses.extend_from_slice(workspace.token_losses());
                        }
                    }
                });
            }
        });
        shares
    }
}

/// What is to be computed.
struct Asked<'a> {
    base: &'a BaseModel,
    kind: Option<&'a AdapterKind>,
    tensors: &'a [AdapterTensor],
    adapter: &'a [f32],
    batch: &'a PackedBatch,
    beside: Beside,
}

/// What became of a share.
#[derive(Debug, Default)]
struct ShareResult {
    /// Summed cross-entropy, in nats.
    loss: f64,
    /// Of that sum; empty where none was asked for.
    gradient: Vec<f32>,
    /// Of each target token; empty where they were not asked for.
    token_losses: Vec<f32>,
}

/// What is computed beside the loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beside {
    Nothing,
    Gradient,
    TokenLosses,
}

impl<'m> PackedPass<'m> {
    /// A pass for adapters of this kind on this base model, on all cores.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] if the kind is impossible, [`Error::NoThread`] if the system gives no thread.
    pub fn new(base: &'m BaseModel, kind: AdapterKind, precision: Precision) -> Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let in_bf16 = precision.is_bf16_on(chosen().kernel);
        Self::on_cores(base, Some(kind), cores, in_bf16.then(BlockKernel::best))
    }

    /// A pass that computes losses only, of this adapter or of none.
    pub(crate) fn for_losses(base: &'m BaseModel, adapter: Option<&Adapter>, rows: usize) -> Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self::on_cores(base, adapter.map(Adapter::kind), cores.min(rows), None)
    }

    /// In bf16 by this kernel, or in f32.
    fn on_cores(
        base: &'m BaseModel,
        kind: Option<AdapterKind>,
        cores: usize,
        in_bf16: Option<BlockKernel>,
    ) -> Result<Self> {
        let layout = match &kind {
            Some(kind) => kind.layout(base)?,
            None => AdapterLayout::default(),
        };
        let computing = match in_bf16 {
            None => Computing::F32(Computation::new(base, BlockKernel::Portable, cores)?),
            Some(kernel) => Computing::Bf16(Computation::new(base, kernel, cores)?),
        };
        let pool = ThreadPoolBuilder::new().num_threads(cores).build();
        let cores = pool.map_err(|source| Error::NoThread { source })?;
        Ok(Self { base, kind, layout, cores, computing, results: Vec::new() })
    }

    /// The layout of the vectors this pass takes.
    pub fn layout(&self) -> &AdapterLayout {
        &self.layout
    }

    /// Fills the results of all shares, in their order; each core takes the next share that is left.
    /// Returns the rows of each share.
    fn compute(&mut self, adapter: &[f32], batch: &PackedBatch, beside: Beside) -> Result<Vec<Vec<usize>>> {
        self.refuse_other_length("the adapter", adapter.len())?;
        for (source, target) in batch.rows() {
            self.base.embedding().fetch(source)?;
            self.base.embedding().fetch(target)?;
        }
        self.base.embedding().fetch(&[self.base.architecture().decoder_start])?;
        let Self { base, kind, layout, cores, computing, results } = self;
        let asked = Asked { base, kind: kind.as_ref(), tensors: layout.tensors(), adapter, batch, beside };
        Ok(match computing {
            Computing::F32(computation) => computation.compute(cores, asked, results),
            Computing::Bf16(computation) => computation.compute(cores, asked, results),
        })
    }

    /// The cross-entropy in nats of every target token, row by row.
    pub(crate) fn token_losses(&mut self, adapter: &[f32], batch: &PackedBatch) -> Result<Vec<Vec<f32>>> {
        let shares = self.compute(adapter, batch, Beside::TokenLosses)?;
        let lengths: Vec<usize> = batch.rows().map(|(_, target)| target.len()).collect();
        let mut losses = vec![Vec::new(); lengths.len()];
        for (share, result) in shares.iter().zip(&self.results) {
            let mut rest = &result.token_losses[..];
            for row in share {
                let (of_row, after) = rest.split_at(lengths[*row]);
                losses[*row] = of_row.to_vec();
                rest = after;
            }
        }
        Ok(losses)
    }

    fn mean_loss(&self, batch: &PackedBatch) -> Loss {
        let target_tokens = batch.target_tokens();
        let sum: f64 = self.results.iter().map(|result| result.loss).sum();
        Loss { mean: sum / target_tokens as f64, target_tokens }
    }

    fn refuse_other_length(&self, what: &'static str, found: usize) -> Result<()> {
        let expected = self.layout.parameters();
        if found != expected {
            return Err(Error::Length { what, found, expected });
        }
        Ok(())
    }
}

fn biases(base: &BaseModel, rows: &[(&[u32], &[u32])], prompt_rows: usize) -> Biases {
    let network = base.network();
    let longest = rows.iter().fold([0, 0], |[encoder, decoder], (source, target)| {
        [encoder.max(prompt_rows + source.len()), decoder.max(target.len())]
    });
    Biases {
        encoder: network.encoder_bias.by_distance(longest[0]),
        decoder: network.decoder_bias.by_distance(longest[1]),
        longest,
    }
}

/// What rows cost: each position is multiplied with every weight of its stack.
fn costs(architecture: &Architecture, rows: &[(&[u32], &[u32])], prompt_rows: usize) -> Vec<RowCost> {
    let attention = architecture.width * architecture.attention_width();
    let feed_forward = 3 * architecture.width * architecture.feed_forward_width;
    // Keys and values of the cross-attention are made of the encoder's positions.
    let encoder = architecture.encoder_layers * (4 * attention + feed_forward)
        + architecture.decoder_layers * 2 * attention;
    let decoder = architecture.decoder_layers * (6 * attention + feed_forward)
        + architecture.vocabulary * architecture.width;
    let cost = |(source, target): &(&[u32], &[u32])| {
        let read = prompt_rows + source.len();
        RowCost { positions: read + target.len(), work: read * encoder + target.len() * decoder }
    };
    rows.iter().map(cost).collect()
}

impl TrainingPass for PackedPass<'_> {
    fn loss_and_gradient(
        &mut self,
        adapter: &[f32],
        batch: &PackedBatch,
        gradient: &mut [f32],
    ) -> Result<Loss> {
        self.refuse_other_length("the gradient", gradient.len())?;
        self.compute(adapter, batch, Beside::Gradient)?;
        gradient.fill(0.0);
        self.results.iter().for_each(|result| add(gradient, &result.gradient));
        let target_tokens = batch.target_tokens() as f32;
        gradient.iter_mut().for_each(|slope| *slope /= target_tokens);
        Ok(self.mean_loss(batch))
    }

    fn loss(&mut self, adapter: &[f32], batch: &PackedBatch) -> Result<Loss> {
        self.compute(adapter, batch, Beside::Nothing)?;
        Ok(self.mean_loss(batch))
    }
}

#[cfg(test)]
mod tests {
    use super::{BlockKernel, PackedPass};
    use crate::{Dropout, PackedBatch, TrainingPass, fixtures};

    #[test]
    fn in_the_packed_pass_the_number_of_cores_changes_no_bit() {
        let base = fixtures::tiny_base();
        let rows = fixtures::oracle_rows();
        let in_f32_and_bf16 = [None].into_iter().chain(BlockKernel::all().into_iter().map(Some));
        for (in_bf16, kind) in in_f32_and_bf16.flat_map(|kernel| [(kernel, true), (kernel, false)]) {
            let adapter = match kind {
                true => fixtures::peft_prompt(&base),
                false => fixtures::peft_lora(&base, "peft_lora_everywhere"),
            };
            let results = [1, 2, 5].map(|cores| {
                let mut pass =
                    PackedPass::on_cores(&base, Some(adapter.kind()), cores, in_bf16).expect("threads");
                let mut gradient = vec![0.0; adapter.values().len()];
                let rows = [(); 8].into_iter().flat_map(|()| &rows);
                let batch = PackedBatch::pack(rows).expect("rows");
                let batch = batch.with_dropout(Dropout::of_step(0.1, 1, 0));
                let loss = pass.loss_and_gradient(adapter.values(), &batch, &mut gradient);
                assert!(pass.results.len() > 1, "one share alone cannot show a dependence");
                (loss.expect("a loss"), gradient)
            });
            assert_eq!(results[0], results[1], "{in_bf16:?}");
            assert_eq!(results[0], results[2], "{in_bf16:?}");
        }
    }

    #[test]
    fn every_kernel_for_bf16_gives_the_same_pass_but_for_the_order_of_sums() {
        let base = fixtures::tiny_base();
        let adapter = fixtures::peft_lora(&base, "peft_lora_everywhere");
        let batch = fixtures::oracle_batch();
        let results: Vec<_> = BlockKernel::all()
            .into_iter()
            .map(|kernel| {
                let mut pass =
                    PackedPass::on_cores(&base, Some(adapter.kind()), 1, Some(kernel)).expect("threads");
                let mut gradient = vec![0.0; adapter.values().len()];
                let loss = pass.loss_and_gradient(adapter.values(), &batch, &mut gradient).expect("a loss");
                (loss.mean, gradient)
            })
            .collect();
        for (loss, gradient) in &results {
            assert!((loss - results[0].0).abs() < 1e-3 * loss, "{loss}, another says {}", results[0].0);
            // A sum in another order is rounded to the other neighbour here and there.
            assert!(fixtures::relative_difference(gradient, &results[0].1) < 0.02);
        }
    }
}

//! A frozen product that a LoRA adapter may add to.
//!
//! Not here: which products an adapter reaches and where its values come from (`lora`).
//! Training puts one adapter into a copy of the network; answers add each row's own beside it.
//! Invariant: the frozen share is computed by `frozen` whether or not something is added, so it never gets a
//! gradient; the added share is candle's own arithmetic and carries gradients to A, B and the input.

use candle_core::{Result as CandleResult, Tensor};

use super::frozen::FrozenLinear;
use super::products::row_products;
use super::{Network, Product, ReadableNetwork};
use crate::LoraSettings;

/// What LoRA adds to one product: `scale · x · Aᵀ · Bᵀ`.
///
/// Source: Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models".
#[derive(Clone)]
pub(crate) struct LowRank {
    /// A, `[rank, inputs]`.
    pub(crate) a: Tensor,
    /// B, `[outputs, rank]`.
    pub(crate) b: Tensor,
    /// Alpha by rank.
    pub(crate) scale: f64,
}

/// All that one LoRA adds: for each of the network's products by its number, its share if it is reached.
pub(crate) struct LowRanks(Vec<Option<LowRank>>);

impl LowRanks {
    /// The shares of an adapter of these dimensions, its tensors in the order of its layout.
    pub(crate) fn new(network: &Network<Product>, settings: &LoraSettings, tensors: &[Tensor]) -> Self {
        let mut pairs = tensors.as_chunks::<2>().0.iter();
        let mut share = |product: &Product| {
            let [a, b] = pairs.by_ref().take(usize::from(settings.reaches(&product.name))).next()?.clone();
            Some(LowRank { a, b, scale: settings.scale() })
        };
        Self(network.linears().map(&mut share).collect())
    }

    /// How much memory all of them take.
    pub(crate) fn bytes(&self) -> usize {
        let values = self.0.iter().flatten().map(|share| share.a.elem_count() + share.b.elem_count());
        values.sum::<usize>() * size_of::<f32>()
    }

    /// What is added to the product of this number.
    fn of(&self, number: usize) -> Option<&LowRank> {
        self.0.get(number)?.as_ref()
    }

    /// A network that adds these shares to everything it reads; it has the same frozen weights.
    pub(crate) fn placed_in(&self, network: &ReadableNetwork) -> ReadableNetwork {
        let mut placed = network.clone();
        placed.linears_mut().zip(&self.0).for_each(|(linear, share)| linear.low_rank.clone_from(share));
        placed
    }
}

/// Rows that one LoRA adds to.
pub(super) struct AdaptedRows<'r> {
    pub(super) low_ranks: &'r LowRanks,
    /// Their places among all.
    pub(super) rows: Vec<usize>,
}

/// `x · Wᵀ` for a frozen `W`, with or without a low-rank share.
#[derive(Clone)]
pub(crate) struct AdaptedLinear {
    /// Its number among the network's products.
    number: usize,
    frozen: FrozenLinear,
    low_rank: Option<LowRank>,
}

impl AdaptedLinear {
    /// The frozen product of this number.
    pub(super) fn new(number: usize, frozen: FrozenLinear) -> Self {
        Self { number, frozen, low_rank: None }
    }

    /// The frozen share's, `[outputs, inputs]`.
    #[cfg(test)]
    pub(crate) fn weight(&self) -> &Tensor {
        self.frozen.weight()
    }

    /// `[rows, inputs]` to `[rows, outputs]`.
    pub(super) fn forward(&self, input: &Tensor) -> CandleResult<Tensor> {
        let frozen = self.frozen.forward(input)?;
        let Some(LowRank { a, b, scale }) = &self.low_rank else { return Ok(frozen) };
        let added = input.contiguous()?.matmul(&a.t()?)?.matmul(&b.t()?)?;
        frozen + (added * *scale)?
    }

    /// [`Self::forward`] of row-major rows without a gradient, each row as if it were alone and with the share of its
    /// own adapter.
    pub(super) fn forward_rows(&self, rows: &[f32], adapted: &[AdaptedRows<'_>]) -> CandleResult<Vec<f32>> {
        let mut products = row_products(self.frozen.weight(), rows)?;
        let (outputs, inputs) = self.frozen.weight().dims2()?;
        for AdaptedRows { low_ranks, rows: places } in adapted {
            let Some(LowRank { a, b, scale }) = low_ranks.of(self.number) else { continue };
            let own: Vec<f32> =
                places.iter().flat_map(|place| &rows[place * inputs..][..inputs]).copied().collect();
            let added = row_products(b, &row_products(a, &own)?)?;
            let scale = *scale as f32;
            for (place, added) in places.iter().zip(added.chunks_exact(outputs)) {
                let products = &mut products[place * outputs..][..outputs];
                products.iter_mut().zip(added).for_each(|(product, added)| *product += added * scale);
            }
        }
        Ok(products)
    }
}

//! The numbers a pass is computed in: f32, or bf16 with sums, norms, softmax and the residual stream in f32.
//!
//! All operations are written once, over [`Number`]; only products and what frozen weights are kept in differ.
//! Invariant: in f32 nothing is converted and nothing copied that would not be without this seam.

use std::fmt::Debug;
use std::ops::Range;

use candle_core::Tensor;
use half::bf16;

use super::weights::FrozenValues;
use crate::error::WhileDoing;
use crate::kernels::{
    BlockKernel, BlockProducts, Matrix, PanelRows, Panels, Previous, Value, Written, multiply,
};
use crate::network::Network;
use crate::vectors::convert;
use crate::{BaseModel, Result};

/// A number that activations are kept in.
pub(super) trait Number: Value {
    /// A share has at most about this many positions. Each share reads every weight once, so small ones are slow;
    /// large ones need more memory and leave cores without work at the end of a step.
    const POSITIONS_A_SHARE: usize;

    /// What the frozen weights of a base are made into for as long as a pass lives.
    type Store: Debug + Send + Sync;
    /// A frozen weight of `[outputs, inputs]`.
    type Weight<'w>: Sync;
    /// What multiplies on one core.
    type Products: Debug + Send;

    fn store(base: &BaseModel, kernel: BlockKernel) -> Result<Self::Store>;

    /// The frozen weight of this number in the order of [`Network::linears`], the head being the last.
    fn weight<'w>(store: &'w Self::Store, number: usize, tensor: &'w Tensor) -> Result<Self::Weight<'w>>;

    fn products(kernel: BlockKernel) -> Self::Products;

    /// `x · Wᵀ` with these outputs of the weight.
    fn forward(
        products: &mut Self::Products,
        out: Written<'_, Self>,
        x: Matrix<'_, Self>,
        weight: &Self::Weight<'_>,
        outputs: Range<usize>,
    );

    /// `slope · W` with these outputs of the weight.
    fn backward(
        products: &mut Self::Products,
        out: Written<'_, Self>,
        slope: Matrix<'_, Self>,
        weight: &Self::Weight<'_>,
        outputs: Range<usize>,
    );

    /// `left · right`.
    fn multiply(
        products: &mut Self::Products,
        out: Written<'_, Self>,
        left: Matrix<'_, Self>,
        right: Matrix<'_, Self>,
    );

    /// The numbers nearest to these, in the buffer where they are others.
    fn narrowed<'s>(wide: &'s [f32], buffer: &'s mut Vec<Self>) -> &'s [Self];

    /// These numbers as f32, in the buffer where they are none.
    fn widened<'s>(values: &'s [Self], buffer: &'s mut Vec<f32>) -> &'s [f32];

    /// Lets `work` fill `values` as f32, by way of the buffer where they are none.
    fn fill_wide(values: &mut [Self], buffer: &mut Vec<f32>, work: impl FnOnce(&mut [f32]));
}

impl Number for f32 {
    const POSITIONS_A_SHARE: usize = 384;

    type Store = ();
    type Weight<'w> = FrozenValues<'w>;
    type Products = ();

    fn store(_base: &BaseModel, _kernel: BlockKernel) -> Result<()> {
        Ok(())
    }

    fn weight<'w>((): &'w (), _number: usize, tensor: &'w Tensor) -> Result<FrozenValues<'w>> {
        FrozenValues::new(tensor)
    }

    fn products(_kernel: BlockKernel) {}

    fn forward(
        (): &mut (),
        out: Written<'_, f32>,
        x: Matrix<'_>,
        weight: &FrozenValues<'_>,
        outputs: Range<usize>,
    ) {
        let inputs = x.width();
        let weight = &weight.values()[outputs.start * inputs..outputs.end * inputs];
        f32::multiply(&mut (), out, x, Matrix::new(weight, inputs).transposed());
    }

    fn backward(
        (): &mut (),
        out: Written<'_, f32>,
        slope: Matrix<'_>,
        weight: &FrozenValues<'_>,
        outputs: Range<usize>,
    ) {
        let inputs = out.width();
        let weight = &weight.values()[outputs.start * inputs..outputs.end * inputs];
        f32::multiply(&mut (), out, slope, Matrix::new(weight, inputs));
    }

    fn multiply((): &mut (), out: Written<'_, f32>, left: Matrix<'_>, right: Matrix<'_>) {
        match out {
            Written::Narrow(out) => multiply(out, Previous::Replaced, 1.0, left, right),
            Written::Wide(out, previous) => multiply(out, previous, 1.0, left, right),
        }
    }

    fn narrowed<'s>(wide: &'s [f32], _buffer: &'s mut Vec<f32>) -> &'s [f32] {
        wide
    }

    fn widened<'s>(values: &'s [f32], _buffer: &'s mut Vec<f32>) -> &'s [f32] {
        values
    }

    fn fill_wide(values: &mut [f32], _buffer: &mut Vec<f32>, work: impl FnOnce(&mut [f32])) {
        work(values);
    }
}

impl Number for bf16 {
    const POSITIONS_A_SHARE: usize = 768;

    type Store = Panels;
    type Weight<'w> = PanelRows<'w>;
    type Products = BlockProducts;

    fn store(base: &BaseModel, kernel: BlockKernel) -> Result<Panels> {
        let network: &Network = base.network();
        let tensors: Vec<&Tensor> =
            network.linears().map(|linear| linear.weight()).chain([network.head.weight()]).collect();
        let shapes = tensors.iter().map(|tensor| [tensor.dims()[0], tensor.dims()[1]]);
        let mut panels = Panels::with_room_for(shapes);
        for tensor in tensors {
            panels.push(kernel, FrozenValues::new(tensor)?.values(), tensor.dims()[1]);
        }
        Ok(panels)
    }

    fn weight<'w>(store: &'w Panels, number: usize, _tensor: &'w Tensor) -> Result<PanelRows<'w>> {
        let missing = || candle_core::Error::Msg(format!("there is no packed weight {number}"));
        store.weight(number).ok_or_else(missing).while_doing("placing the base model's weights")
    }

    fn products(kernel: BlockKernel) -> BlockProducts {
        BlockProducts::new(kernel)
    }

    fn forward(
        products: &mut BlockProducts,
        out: Written<'_, bf16>,
        x: Matrix<'_, bf16>,
        weight: &PanelRows<'_>,
        outputs: Range<usize>,
    ) {
        products.forward(out, x, weight.outputs(outputs));
    }

    fn backward(
        products: &mut BlockProducts,
        out: Written<'_, bf16>,
        slope: Matrix<'_, bf16>,
        weight: &PanelRows<'_>,
        outputs: Range<usize>,
    ) {
        products.backward(out, slope, weight.outputs(outputs));
    }

    fn multiply(
        products: &mut BlockProducts,
        out: Written<'_, bf16>,
        left: Matrix<'_, bf16>,
        right: Matrix<'_, bf16>,
    ) {
        products.multiply(out, left, right);
    }

    fn narrowed<'s>(wide: &'s [f32], buffer: &'s mut Vec<bf16>) -> &'s [bf16] {
        buffer.resize(wide.len(), bf16::ZERO);
        convert(wide, buffer);
        buffer
    }

    fn widened<'s>(values: &'s [bf16], buffer: &'s mut Vec<f32>) -> &'s [f32] {
        buffer.resize(values.len(), 0.0);
        convert(values, buffer);
        buffer
    }

    fn fill_wide(values: &mut [bf16], buffer: &mut Vec<f32>, work: impl FnOnce(&mut [f32])) {
        buffer.resize(values.len(), 0.0);
        work(buffer);
        convert(buffer, values);
    }
}

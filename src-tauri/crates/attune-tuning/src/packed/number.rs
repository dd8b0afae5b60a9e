//! The numbers a pass is computed in: f32, or bf16 with sums, norms, softmax and the residual stream in f32.
//!
//! All operations are written once, over [`Number`]; only products and what frozen weights are kept in differ.
//! Invariant: in f32 nothing is converted and nothing copied that would not be without this seam.

use std::fmt::Debug;
use std::ops::Range;

use half::bf16;

use super::weights::PlainProducts;
use crate::kernels::{
    BlockKernel, BlockProducts, Matrix, PanelRows, Panels, Previous, Value, Written, multiply,
};
use crate::network::Product;
use crate::vectors::convert;
use crate::{BaseModel, Result};

/// A number that activations are kept in.
pub(super) trait Number: Value {
    /// A share has at most about this many positions. Each share reads every weight once, so small ones are slow;
    /// large ones need more memory and leave cores without work at the end of a step.
    const POSITIONS_A_SHARE: usize;

    /// What keeps the frozen weights of a base.
    type Store: Debug + Send + Sync + 'static;
    /// A frozen weight of `[outputs, inputs]`.
    type Weight<'w>: Sync;
    /// What multiplies on one core.
    type Products: Debug + Send;

    fn store(base: &BaseModel, kernel: BlockKernel) -> Result<&Self::Store>;

    fn weight<'w>(store: &'w Self::Store, product: &Product) -> Self::Weight<'w>;

    /// Takes an output's row of a frozen weight away from `from`.
    fn subtract_row(weight: &Self::Weight<'_>, output: usize, from: &mut [f32]);

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

    type Store = PlainProducts;
    type Weight<'w> = &'w [f32];
    type Products = ();

    fn store(base: &BaseModel, _kernel: BlockKernel) -> Result<&PlainProducts> {
        base.in_f32()
    }

    fn weight<'w>(store: &'w PlainProducts, product: &Product) -> &'w [f32] {
        store.rows(product.number)
    }

    fn subtract_row(weight: &&[f32], output: usize, from: &mut [f32]) {
        let row = &weight[output * from.len()..][..from.len()];
        from.iter_mut().zip(row).for_each(|(from, weight)| *from -= weight);
    }

    fn products(_kernel: BlockKernel) {}

    fn forward((): &mut (), out: Written<'_, f32>, x: Matrix<'_>, weight: &&[f32], outputs: Range<usize>) {
        let inputs = x.width();
        let weight = &weight[outputs.start * inputs..outputs.end * inputs];
        f32::multiply(&mut (), out, x, Matrix::new(weight, inputs).transposed());
    }

    fn backward(
        (): &mut (),
        out: Written<'_, f32>,
        slope: Matrix<'_>,
        weight: &&[f32],
        outputs: Range<usize>,
    ) {
        let inputs = out.width();
        let weight = &weight[outputs.start * inputs..outputs.end * inputs];
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

    fn store(base: &BaseModel, kernel: BlockKernel) -> Result<&Panels> {
        base.in_bf16(kernel)
    }

    fn weight<'w>(store: &'w Panels, product: &Product) -> PanelRows<'w> {
        store.weight(product.number)
    }

    fn subtract_row(weight: &PanelRows<'_>, output: usize, from: &mut [f32]) {
        from.iter_mut().zip(weight.row(output)).for_each(|(from, weight)| *from -= weight.widen());
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

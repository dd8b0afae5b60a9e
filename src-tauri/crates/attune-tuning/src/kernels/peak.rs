//! A product that a machine computes as fast as it can: what training is measured against.
//!
//! Not here: the time, which this crate does not know; whoever measures runs it on as many threads as train.

use half::bf16;

use super::blocked::{BlockProducts, Written};
use super::blocks::Blocked;
use super::choice::Kernels;
use super::matrices::{Matrix, MatrixMut, Previous};
use super::panels::Panels;

/// Rows of a share of a batch; a frozen weight of these outputs and inputs stays in a core's second cache.
const ROWS: usize = 352;
const OUTPUTS: usize = 384;
const INPUTS: usize = 512;

/// A product of a frozen weight with rows, its factors in the caches.
#[derive(Debug)]
pub struct PeakProduct(Either);

#[derive(Debug)]
enum Either {
    F32(Product<f32>),
    Bf16(Product<bf16>),
}

#[derive(Debug)]
struct Product<V: Blocked> {
    products: BlockProducts<V>,
    panels: Panels<V>,
    rows: Vec<V>,
    out: Vec<f32>,
}

impl PeakProduct {
    /// In bf16 or in f32, by what this process computes with.
    pub fn new(in_bf16: bool) -> Self {
        let kernels = Kernels::best();
        Self(match in_bf16 {
            true => Either::Bf16(Product::new(kernels.bf16)),
            false => Either::F32(Product::new(kernels.f32)),
        })
    }

    /// Computes it once; how many multiply-adds that were.
    pub fn run(&mut self) -> u64 {
        match &mut self.0 {
            Either::F32(product) => product.run(),
            Either::Bf16(product) => product.run(),
        }
    }
}

impl<V: Blocked> Product<V> {
    fn new(kernel: V::Kernel) -> Self {
        let mut panels = Panels::with_room_for([[OUTPUTS, INPUTS]].into_iter());
        panels.push(kernel, &vec![0.5; OUTPUTS * INPUTS], INPUTS);
        let rows = vec![V::narrow(0.25); ROWS * INPUTS];
        Self { products: BlockProducts::new(kernel), panels, rows, out: vec![0.0; ROWS * OUTPUTS] }
    }

    fn run(&mut self) -> u64 {
        let before = self.products.multiplied;
        let out = Written::Wide(MatrixMut::new(&mut self.out, OUTPUTS), Previous::Replaced);
        self.products.forward(out, Matrix::new(&self.rows, INPUTS), self.panels.weight(0));
        self.products.multiplied - before
    }
}

#[cfg(test)]
mod tests {
    use super::{Either, INPUTS, OUTPUTS, PeakProduct, ROWS};

    #[test]
    fn it_is_a_real_product_of_the_size_that_it_says() {
        for in_bf16 in [false, true] {
            let mut product = PeakProduct::new(in_bf16);
            assert_eq!(product.run(), (ROWS * OUTPUTS * INPUTS) as u64);
            let out = match &product.0 {
                Either::F32(product) => &product.out,
                Either::Bf16(product) => &product.out,
            };
            assert!(out.iter().all(|sum| *sum == 0.125 * INPUTS as f32));
        }
    }
}

//! Blocks of f32 for every processor: what the others are tested against, written for the compiler to make vectors of.

use super::{Block, BlockOut, LANES, ROWS, SIDE, WideLine, check_lines};
use crate::vectors::{Kernel, vectorised};

/// Rows that share what is loaded of the right factor.
const TOGETHER: usize = 2;
/// Depths that are added up before a sum goes back to memory: the compiler keeps no table of sums in registers.
const DEEP: usize = 4;

pub(super) fn multiply(block: Block<'_, f32>, out: BlockOut<'_>) {
    block.check(&out);
    vectorised(Multiply { block, out });
}

struct Multiply<'a> {
    block: Block<'a, f32>,
    out: BlockOut<'a>,
}

impl Kernel for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Block { left, right, depth } = self.block;
        let BlockOut { values, stride, rows, adds, .. } = self.out;
        let right = WideLine::values(right).as_chunks::<SIDE>().0.as_chunks::<DEEP>().0;
        for first in (0..rows).step_by(TOGETHER) {
            let mut sums = [[0.0_f32; SIDE]; TOGETHER];
            for (number, right) in right.iter().take(depth.div_ceil(DEEP)).enumerate() {
                let (group, deep) = (number * DEEP / LANES, number * DEEP % LANES / DEEP);
                let values =
                    [0, 1].map(|below| left[group * ROWS + first + below].0.as_chunks::<DEEP>().0[deep]);
                add_products(&mut sums, values, right);
            }
            for (row, sums) in (first..rows).zip(&sums) {
                let out = &mut values[row * stride..][..SIDE];
                for (out, sum) in out.iter_mut().zip(sums) {
                    *out = if adds { *out + sum } else { *sum };
                }
            }
        }
    }
}

#[inline(always)]
fn add_products(
    sums: &mut [[f32; SIDE]; TOGETHER],
    left: [[f32; DEEP]; TOGETHER],
    right: &[[f32; SIDE]; DEEP],
) {
    let [first, second] = sums;
    for column in 0..SIDE {
        for deep in 0..DEEP {
            let right = right[deep][column];
            first[column] = sum_with_product(first[column], left[0][deep], right);
            second[column] = sum_with_product(second[column], left[1][deep], right);
        }
    }
}

/// `sum + left · right`, in one instruction where every processor of the architecture has it.
#[inline(always)]
fn sum_with_product(sum: f32, left: f32, right: f32) -> f32 {
    if cfg!(target_arch = "aarch64") { left.mul_add(right, sum) } else { sum + left * right }
}

pub(super) fn transpose(from: &[WideLine], from_step: usize, to: &mut [WideLine], to_step: usize) {
    check_lines(from, from_step);
    check_lines(to, to_step);
    for row in 0..LANES {
        for column in 0..LANES {
            to[column * to_step].0[row] = from[row * from_step].0[column];
        }
    }
}

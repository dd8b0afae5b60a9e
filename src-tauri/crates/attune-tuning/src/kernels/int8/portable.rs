//! Sums for every processor: what the others are tested against, written for the compiler to make vectors of.

use super::{ByteLine, Int8Block, LINES, Sums};
use crate::vectors::{Kernel, vectorised};

pub(super) fn multiply(block: Int8Block<'_>, sums: &mut [Sums]) {
    block.check(sums);
    vectorised(Multiply { block, sums });
}

struct Multiply<'a> {
    block: Int8Block<'a>,
    sums: &'a mut [Sums],
}

impl Kernel for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Int8Block { rows, panel, steps } = self.block;
        for (row, sums) in rows.chunks_exact(steps).zip(self.sums) {
            let [left, right] = [0, 1].map(|half| half_sums(row, panel, half));
            sums.0[..16].copy_from_slice(&left);
            sums.0[16..].copy_from_slice(&right);
        }
    }
}

#[inline(always)]
fn half_sums(row: &[ByteLine], panel: &[ByteLine], half: usize) -> [i32; 16] {
    let mut sums = [0_i32; 16];
    for (numbers, lines) in row.iter().zip(panel.as_chunks::<LINES>().0) {
        for (quad, line) in numbers.0.as_chunks::<4>().0.iter().zip(&lines[half * 16..]) {
            for (sum, weights) in sums.iter_mut().zip(line.0.as_chunks::<4>().0) {
                for place in 0..4 {
                    *sum += i32::from(quad[place]) * i32::from(weights[place]);
                }
            }
        }
    }
    sums
}

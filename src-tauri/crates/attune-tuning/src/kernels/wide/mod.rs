//! Blocks of f32.
//!
//! A line holds 16 values. A block of the left factor has 12 rows: a line of each for the first 16 of depth, then as many
//! for the other 16. One of the right factor has two lines for each depth, 16 columns each.
//! Packing is written once for all processors: it copies lines, and where rows become columns each kernel
//! transposes 16 lines in its registers.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod packing;
mod portable;

use super::blocked::Written;
use super::blocks::{Block, BlockOut, Blocked, DEPTH, SIDE, Source};
use super::lines::WideLine;
use super::matrices::Previous;
#[cfg(target_arch = "x86_64")]
pub(super) use {avx2::Avx2, avx512::Avx512};

/// Rows of a block of the left factor.
const ROWS: usize = 12;
/// Values of a line.
const LANES: usize = 16;
/// Lines of each depth of a block of the right factor.
const HALVES: usize = SIDE / LANES;

/// Who multiplies blocks of f32 and transposes them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum F32Kernel {
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    Portable,
}

impl F32Kernel {
    /// Line `c` of `to` becomes value `c` of each line of `from`, in their order. Lines that belong together are
    /// `from_step` and `to_step` lines apart.
    fn transpose(self, from: &[WideLine], from_step: usize, to: &mut [WideLine], to_step: usize) {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(avx512) => avx512.transpose(from, from_step, to, to_step),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(avx2) => avx2.transpose(from, from_step, to, to_step),
            Self::Portable => portable::transpose(from, from_step, to, to_step),
        }
    }
}

/// That 16 lines at this step lie within `lines`.
///
/// # Panics
/// If not.
#[inline]
fn check_lines(lines: &[WideLine], step: usize) {
    assert!((LANES - 1) * step < lines.len(), "16 lines, each {step} after the other, of {}", lines.len());
}

impl Blocked for f32 {
    type Line = WideLine;
    type Kernel = F32Kernel;
    type Ready = F32Kernel;

    const ZERO: WideLine = WideLine::ZERO;
    const ROWS: usize = ROWS;
    const ROW_STEP: usize = 1;
    const LEFT_LINES: usize = ROWS * DEPTH / LANES;
    const RIGHT_LINES: usize = SIDE * DEPTH / LANES;
    const AT_ONCE: usize = 4;

    fn ready(kernel: F32Kernel) -> F32Kernel {
        kernel
    }

    #[inline]
    fn multiply(ready: &F32Kernel, block: Block<'_, f32>, out: BlockOut<'_>) {
        match ready {
            #[cfg(target_arch = "x86_64")]
            F32Kernel::Avx512(avx512) => avx512.multiply(block, out),
            #[cfg(target_arch = "x86_64")]
            F32Kernel::Avx2(avx2) => avx2.multiply(block, out),
            F32Kernel::Portable => portable::multiply(block, out),
        }
    }

    fn pack_down(_kernel: F32Kernel, source: Source<'_, f32>, out: &mut [WideLine]) {
        source.check();
        packing::down(source, out);
    }

    fn pack_along(kernel: F32Kernel, source: Source<'_, f32>, out: &mut [WideLine]) {
        source.check();
        packing::along(kernel, source, out);
    }

    fn pack_rows(_kernel: F32Kernel, source: Source<'_, f32>, out: &mut [WideLine]) {
        source.check();
        packing::rows(source, out);
    }

    fn pack_columns(kernel: F32Kernel, source: Source<'_, f32>, out: &mut [WideLine]) {
        source.check();
        packing::columns(kernel, source, out);
    }

    /// Four quarters of 16 by 16, each turned to where its depth and its columns have changed places.
    fn turn(kernel: F32Kernel, block: &[WideLine], out: &mut [WideLine]) {
        for deep in 0..HALVES {
            for half in 0..HALVES {
                let from = &block[deep * LANES * HALVES + half..];
                let to = &mut out[half * LANES * HALVES + deep..];
                kernel.transpose(from, HALVES, to, HALVES);
            }
        }
    }

    fn at(block: &[WideLine], deep: usize, column: usize) -> f32 {
        block[deep * HALVES + column / LANES].0[column % LANES]
    }

    fn placed(out: Written<'_, f32>) -> Written<'_, f32> {
        match out {
            Written::Narrow(out) => Written::Wide(out, Previous::Replaced),
            wide @ Written::Wide(..) => wide,
        }
    }
}

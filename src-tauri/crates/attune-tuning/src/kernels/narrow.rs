//! Blocks of bf16.
//!
//! A block of the left factor has 32 rows, each in a line. One of the right factor has 16 lines for its left half and
//! 16 for its right one; line `r` of a half holds for each of its 16 columns the values at depth `2r` and `2r + 1`, next
//! to each other.

use half::bf16;

use super::blocks::{Block, BlockOut, Blocked, DEPTH, SIDE, Source};
use super::lines::Line;
use super::portable;
#[cfg(target_arch = "x86_64")]
use super::{
    amx::{Amx, Tiles},
    avx512::Avx512,
};

/// Who multiplies blocks of bf16 and packs them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bf16Kernel {
    #[cfg(target_arch = "x86_64")]
    Amx(Amx, Avx512),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    Portable,
}

/// A [`Bf16Kernel`] that is set up on this thread.
pub(crate) enum ReadyForBf16 {
    #[cfg(target_arch = "x86_64")]
    Amx(Tiles),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    Portable,
}

impl Bf16Kernel {
    #[cfg(target_arch = "x86_64")]
    fn avx512(self) -> Option<Avx512> {
        match self {
            Self::Amx(_, avx512) | Self::Avx512(avx512) => Some(avx512),
            Self::Portable => None,
        }
    }
}

impl Blocked for bf16 {
    type Line = Line;
    type Kernel = Bf16Kernel;
    type Ready = ReadyForBf16;

    const ZERO: Line = Line::ZERO;
    const ROWS: usize = 32;
    const ROW_STEP: usize = 32;
    const LEFT_LINES: usize = SIDE;
    const RIGHT_LINES: usize = DEPTH;
    const AT_ONCE: usize = 8;

    fn ready(kernel: Bf16Kernel) -> ReadyForBf16 {
        match kernel {
            #[cfg(target_arch = "x86_64")]
            Bf16Kernel::Amx(amx, _) => ReadyForBf16::Amx(amx.tiles()),
            #[cfg(target_arch = "x86_64")]
            Bf16Kernel::Avx512(avx512) => ReadyForBf16::Avx512(avx512),
            Bf16Kernel::Portable => ReadyForBf16::Portable,
        }
    }

    fn multiply(ready: &ReadyForBf16, block: Block<'_, bf16>, out: BlockOut<'_>) {
        match ready {
            #[cfg(target_arch = "x86_64")]
            ReadyForBf16::Amx(tiles) => tiles.multiply(block, out),
            #[cfg(target_arch = "x86_64")]
            ReadyForBf16::Avx512(avx512) => avx512.multiply(block, out),
            ReadyForBf16::Portable => portable::multiply(block, out),
        }
    }

    fn pack_down(kernel: Bf16Kernel, source: Source<'_, bf16>, out: &mut [Line]) {
        source.check();
        #[cfg(target_arch = "x86_64")]
        if let Some(avx512) = kernel.avx512() {
            return avx512.pack_down(source, out);
        }
        portable::pack_down(source, out);
    }

    fn pack_along(kernel: Bf16Kernel, source: Source<'_, bf16>, out: &mut [Line]) {
        source.check();
        #[cfg(target_arch = "x86_64")]
        if let Some(avx512) = kernel.avx512() {
            return avx512.pack_along(source, out);
        }
        portable::pack_along(source, out);
    }

    fn pack_rows(kernel: Bf16Kernel, source: Source<'_, bf16>, out: &mut [Line]) {
        source.check();
        #[cfg(target_arch = "x86_64")]
        if let Some(avx512) = kernel.avx512() {
            return avx512.pack_rows(source, out);
        }
        portable::pack_rows(source, out);
    }

    fn pack_columns(kernel: Bf16Kernel, source: Source<'_, bf16>, out: &mut [Line]) {
        source.check();
        #[cfg(target_arch = "x86_64")]
        if let Some(avx512) = kernel.avx512() {
            return avx512.pack_columns(source, out);
        }
        portable::pack_columns(source, out);
    }

    fn turn(kernel: Bf16Kernel, block: &[Line], out: &mut [Line]) {
        for (block, out) in block.as_chunks::<DEPTH>().0.iter().zip(out.as_chunks_mut::<DEPTH>().0) {
            match kernel {
                #[cfg(target_arch = "x86_64")]
                Bf16Kernel::Amx(_, avx512) | Bf16Kernel::Avx512(avx512) => avx512.turn(block, out),
                Bf16Kernel::Portable => portable::turn(block, out),
            }
        }
    }

    fn at(block: &[Line], deep: usize, column: usize) -> bf16 {
        block[column / 16 * 16 + deep / 2].0[column % 16 * 2 + deep % 2]
    }
}

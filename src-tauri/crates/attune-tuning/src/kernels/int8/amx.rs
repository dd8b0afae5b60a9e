//! Sums by the tile registers of AMX, in the assembly that stable Rust has for them.
//!
//! Invariant: an [`AmxInt8`] exists only where processor and system both give the tiles with products of eight bits.
#![allow(unsafe_code, reason = "the instructions have no safe door")]

use std::arch::asm;

use super::super::amx::{Amx, Tiles};
use super::{ByteLine, Int8Block, ROWS, Sums};

/// Leave to use the tiles for int8.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AmxInt8(Amx);

impl AmxInt8 {
    /// Asks processor and system.
    ///
    /// # Errors
    /// In words, why there are none.
    pub(in super::super) fn ask() -> Result<Self, String> {
        Amx::ask_for_int8().map(Self)
    }

    pub(super) fn tiles(self) -> Tiles {
        self.0.tiles()
    }
}

/// See [`super::Ready::multiply`]. The tiles must have come of an [`AmxInt8`], as they do in this module's parent.
pub(super) fn multiply(tiles: &Tiles, block: Int8Block<'_>, sums: &mut [Sums]) {
    block.check(sums);
    let mut rows = block.rows;
    for sums in sums.chunks_mut(ROWS) {
        let block = Int8Block { rows, ..block };
        match sums.len() {
            ROWS => two_tiles_of_rows(tiles, block, sums),
            _ => one_tile_of_rows(tiles, block, sums),
        }
        rows = rows.get(ROWS * block.steps..).unwrap_or_default();
    }
}

/// That 32 rows, a panel and so many sums lie in the slices.
fn check(block: Int8Block<'_>, sums: &[Sums], rows: usize) {
    assert!(sums.len() >= rows, "{} sums", sums.len());
    block.check(&sums[..rows]);
}

fn one_tile_of_rows(_set_up: &Tiles, block: Int8Block<'_>, sums: &mut [Sums]) {
    check(block, sums, 16);
    let Int8Block { rows, panel, steps } = block;
    // SAFETY: the tiles are set up while they are borrowed, which also says that the instructions are there and allowed.
    // `check` found 16 rows of `steps` lines of 64 bytes, 32 such lines for each step of the panel, and 16 sums of 128
    // bytes; the loop reads and writes just these: a tile is 16 rows of 64 bytes, of the rows at a stride of `steps` lines
    // and one line further each step, of the panel 16 lines each, 1024 bytes apart, and 2048 further each step. `sums` are
    // borrowed mutably, so nothing else sees them. Every register that is changed is named.
    unsafe {
        asm!(
            "tilezero tmm0",
            "tilezero tmm1",
            "2:",
            "tileloadd tmm6, [{panel} + {line}*1]",
            "tileloadd tmm4, [{rows} + {stride}*1]",
            "tileloadd tmm7, [{panel} + {line}*1 + 1024]",
            "tdpbusd tmm0, tmm4, tmm6",
            "tdpbusd tmm1, tmm4, tmm7",
            "add {rows}, 64",
            "add {panel}, 2048",
            "dec {steps}",
            "jnz 2b",
            "tilestored [{sums} + {apart}*1], tmm0",
            "tilestored [{sums} + {apart}*1 + 64], tmm1",
            rows = inout(reg) rows.as_ptr() => _,
            panel = inout(reg) panel.as_ptr() => _,
            steps = inout(reg) steps => _,
            line = in(reg) size_of::<ByteLine>(),
            stride = in(reg) steps * size_of::<ByteLine>(),
            sums = in(reg) sums.as_mut_ptr(),
            apart = in(reg) size_of::<Sums>(),
            out("tmm0") _, out("tmm1") _, out("tmm4") _, out("tmm6") _, out("tmm7") _,
            options(nostack),
        );
    }
}

fn two_tiles_of_rows(_set_up: &Tiles, block: Int8Block<'_>, sums: &mut [Sums]) {
    check(block, sums, ROWS);
    let Int8Block { rows, panel, steps } = block;
    // SAFETY: as in `one_tile_of_rows`, with 32 rows and 32 sums, of which the second half lies 16 strides behind the first.
    unsafe {
        asm!(
            "tilezero tmm0",
            "tilezero tmm1",
            "tilezero tmm2",
            "tilezero tmm3",
            "2:",
            "tileloadd tmm6, [{panel} + {line}*1]",
            "tileloadd tmm4, [{rows} + {stride}*1]",
            "tileloadd tmm7, [{panel} + {line}*1 + 1024]",
            "tdpbusd tmm0, tmm4, tmm6",
            "tileloadd tmm5, [{below} + {stride}*1]",
            "tdpbusd tmm1, tmm4, tmm7",
            "tdpbusd tmm2, tmm5, tmm6",
            "tdpbusd tmm3, tmm5, tmm7",
            "add {rows}, 64",
            "add {below}, 64",
            "add {panel}, 2048",
            "dec {steps}",
            "jnz 2b",
            "tilestored [{sums} + {apart}*1], tmm0",
            "tilestored [{sums} + {apart}*1 + 64], tmm1",
            "tilestored [{sums} + {apart}*1 + 2048], tmm2",
            "tilestored [{sums} + {apart}*1 + 2112], tmm3",
            rows = inout(reg) rows.as_ptr() => _,
            below = inout(reg) rows[16 * steps..].as_ptr() => _,
            panel = inout(reg) panel.as_ptr() => _,
            steps = inout(reg) steps => _,
            line = in(reg) size_of::<ByteLine>(),
            stride = in(reg) steps * size_of::<ByteLine>(),
            sums = in(reg) sums.as_mut_ptr(),
            apart = in(reg) size_of::<Sums>(),
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            options(nostack),
        );
    }
}

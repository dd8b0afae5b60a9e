//! Products of whole numbers of eight bits: frozen weights that were rounded once, with rows that are rounded on the way.
//!
//! A weight is `scale · number` with a scale for each of its outputs, a row of activations likewise with a scale for
//! each row, and numbers from -127 to 127. The numbers are multiplied and summed up exactly, and a sum is made an f32
//! once, at the end.
//! Not here: which products bear that (`answer_network`).
//! Invariant: all kernels give the same bits, and a row's are the same whatever other rows there are: only sums of whole
//! numbers depend on the kernel, and those have no order.

#[cfg(target_arch = "x86_64")]
mod amx;
#[cfg(target_arch = "x86_64")]
mod avx2;
mod choice;
mod panels;
mod portable;
mod products;
mod rows;
#[cfg(target_arch = "x86_64")]
mod vnni;

use std::fmt;

#[cfg(target_arch = "x86_64")]
use super::amx::Tiles;
#[cfg(target_arch = "x86_64")]
use amx::AmxInt8;
#[cfg(target_arch = "x86_64")]
use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
use vnni::Vnni;

pub use choice::{Int8Choice, chosen_for_int8};
pub(crate) use panels::Int8Panels;
pub(crate) use products::Int8Products;
pub(crate) use rows::Int8Rows;

/// Outputs of a panel.
const OUTPUTS: usize = 32;
/// How deep a step is.
const DEPTH: usize = 64;
/// Lines of a step: 16 for the left half of a panel's outputs and 16 for the right one. Line `r` of a half holds for each
/// of its 16 outputs the numbers at depth `4r` to `4r + 3`, next to each other.
const LINES: usize = 32;

/// A line of the processor's cache.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
struct ByteLine([i8; 64]);

impl ByteLine {
    const ZERO: Self = Self([0; 64]);
}

/// The sums of a row with the outputs of a panel.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
struct Sums([i32; OUTPUTS]);

impl Sums {
    const ZERO: Self = Self([0; OUTPUTS]);
}

/// Rows and a panel of a weight, of the same depth.
#[derive(Debug, Clone, Copy)]
struct Int8Block<'a> {
    /// `steps` lines for each row, and rows that nobody asks for up to a multiple of [`ROWS`].
    rows: &'a [ByteLine],
    /// [`LINES`] for each step.
    panel: &'a [ByteLine],
    steps: usize,
}

/// So many rows lie in memory at least, and a multiple of them.
const ROWS: usize = 32;

impl Int8Block<'_> {
    /// That everything the sums are made of lies within its slices.
    ///
    /// # Panics
    /// If not.
    fn check(&self, sums: &[Sums]) {
        let rows = sums.len().next_multiple_of(ROWS) * self.steps;
        assert!(self.steps > 0 && rows <= self.rows.len(), "{rows} lines of {}", self.rows.len());
        assert_eq!(self.panel.len(), self.steps * LINES, "lines of a panel");
    }
}

/// Who multiplies whole numbers of eight bits.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Int8Kernel {
    /// The other one for a few rows.
    #[cfg(target_arch = "x86_64")]
    Amx(AmxInt8, Vnni),
    #[cfg(target_arch = "x86_64")]
    Vnni(Vnni),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    Portable,
}

impl Int8Kernel {
    /// What is added to each number of a row, so that the instructions can take it as one without a sign; the sums are
    /// too large by the sum of an output's numbers times this.
    const fn bias(self) -> i32 {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Amx(..) | Self::Vnni(_) => 128,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => 0,
            Self::Portable => 0,
        }
    }

    fn ready(self, rows: usize) -> Ready {
        /// Up to here the tiles would mostly hold rows that nobody asks for, and memory is what limits.
        #[cfg(target_arch = "x86_64")]
        const FEW: usize = 4;
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Amx(amx, _) if rows > FEW => Ready::Amx(amx.tiles()),
            #[cfg(target_arch = "x86_64")]
            Self::Amx(_, vnni) | Self::Vnni(vnni) => Ready::Vnni(vnni),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(avx2) => Ready::Avx2(avx2),
            Self::Portable => Ready::Portable,
        }
    }
}

/// An [`Int8Kernel`] that is set up on this thread.
enum Ready {
    #[cfg(target_arch = "x86_64")]
    Amx(Tiles),
    #[cfg(target_arch = "x86_64")]
    Vnni(Vnni),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    Portable,
}

impl Ready {
    /// How many [`Sums`] [`Self::multiply`] wants for so many rows: tiles are filled whole.
    fn room(&self, rows: usize) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Amx(_) if rows % ROWS <= 16 => rows.next_multiple_of(16),
            #[cfg(target_arch = "x86_64")]
            Self::Amx(_) => rows.next_multiple_of(ROWS),
            _ => rows,
        }
    }

    /// The sums of the first rows of the block.
    ///
    /// # Panics
    /// If there are other than [`Self::room`] for a number of rows, which is a fault of the caller.
    fn multiply(&self, block: Int8Block<'_>, sums: &mut [Sums]) {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Amx(tiles) => amx::multiply(tiles, block, sums),
            #[cfg(target_arch = "x86_64")]
            Self::Vnni(vnni) => vnni.multiply(block, sums),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(avx2) => avx2.multiply(block, sums),
            Self::Portable => portable::multiply(block, sums),
        }
    }
}

/// A way to compute products of whole numbers of eight bits, from the one that every machine has to the fastest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Int8Instructions {
    /// Whatever the compiler makes of plain code.
    Portable,
    /// In registers of 256 bits.
    Avx2,
    /// Four products a lane, in registers of 512 bits.
    Avx512Vnni,
    /// In tiles.
    AmxInt8,
}

impl Int8Instructions {
    /// Whether answers in int8 are faster than in f32.
    pub fn is_fast(self) -> bool {
        self > Self::Portable
    }
}

impl fmt::Display for Int8Instructions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Portable => "portable",
            Self::Avx2 => "AVX2",
            Self::Avx512Vnni => "AVX-512 VNNI",
            Self::AmxInt8 => "AMX INT8",
        })
    }
}

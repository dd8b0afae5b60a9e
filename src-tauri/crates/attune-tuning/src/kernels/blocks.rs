//! Blocks of bf16 matrices: how they are packed, and who multiplies them.
//!
//! A block is 32 by 32 values in 32 lines, one after the other, so that no two of its lines compete for a place in the
//! cache. A block of the left factor has a row in each line. One of the right factor has 16 lines for its left half and
//! 16 for its right one; line `r` of a half holds for each of its 16 columns the values at depth `2r` and `2r + 1`, next
//! to each other. Blocks one below the other in the right factor, or beside each other in the left one, follow each
//! other.
//! Invariants: what a block has beyond its matrix is zero; whoever packs and whoever multiplies, the layout is
//! this one.

use half::bf16;

use super::lines::Line;
use super::portable;
#[cfg(target_arch = "x86_64")]
use super::{
    amx::{Amx, Tiles},
    avx512::Avx512,
};

/// Rows and columns of a block.
pub(super) const SIDE: usize = 32;
/// How deep a block of the right factor is.
pub(super) const DEPTH: usize = 32;

/// 32 rows and 32 columns, one or more blocks deep.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block<'a> {
    /// 32 lines for each 32 of depth.
    pub(super) left: &'a [Line],
    /// As many.
    pub(super) right: &'a [Line],
}

/// Where the 32 x 32 sums go.
#[derive(Debug)]
pub(super) struct BlockOut<'a> {
    pub(super) values: &'a mut [f32],
    /// From one row to the next.
    pub(super) stride: usize,
    /// Whether they are added to what is there.
    pub(super) adds: bool,
}

impl Block<'_> {
    /// How many blocks deep it is, if everything that belongs to it lies within its slices.
    ///
    /// # Panics
    /// If not.
    pub(super) fn checked_steps(&self, out: &BlockOut<'_>) -> usize {
        let steps = self.right.len() / DEPTH;
        assert!(steps > 0 && self.right.len().is_multiple_of(DEPTH), "{} lines", self.right.len());
        assert_eq!(self.left.len(), self.right.len(), "lines of both factors");
        let reached = (SIDE - 1) * out.stride + SIDE;
        assert!(reached <= out.values.len() && out.stride >= SIDE, "{reached} of {}", out.values.len());
        steps
    }
}

/// A row-major matrix to pack, or a transposed one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) values: &'a [bf16],
    /// From one row of the memory to the next.
    pub(super) stride: usize,
    /// Rows and columns of the memory.
    pub(super) rows: usize,
    pub(super) columns: usize,
}

impl Source<'_> {
    /// That each row lies within the values.
    ///
    /// # Panics
    /// If not.
    pub(super) fn check(&self) {
        assert!(self.columns <= self.stride || self.rows <= 1);
        assert!(self.rows == 0 || (self.rows - 1) * self.stride + self.columns <= self.values.len());
    }
}

/// Who multiplies blocks and packs them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum BlockKernel {
    #[cfg(target_arch = "x86_64")]
    Amx(Amx, Avx512),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    Portable,
}

/// A [`BlockKernel`] that is set up on this thread.
pub(super) enum Ready {
    #[cfg(target_arch = "x86_64")]
    Amx(Tiles),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    Portable,
}

impl Ready {
    pub(super) fn multiply(&self, block: Block<'_>, out: BlockOut<'_>) {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Amx(tiles) => tiles.multiply(block, out),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(avx512) => avx512.multiply(block, out),
            Self::Portable => portable::multiply(block, out),
        }
    }
}

impl BlockKernel {
    pub(super) fn ready(self) -> Ready {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Amx(amx, _) => Ready::Amx(amx.tiles()),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(avx512) => Ready::Avx512(avx512),
            Self::Portable => Ready::Portable,
        }
    }

    #[cfg(target_arch = "x86_64")]
    fn avx512(self) -> Option<Avx512> {
        match self {
            Self::Amx(_, avx512) | Self::Avx512(avx512) => Some(avx512),
            Self::Portable => None,
        }
    }

    /// Packs a right factor whose depth runs down the rows of the memory: blocks of one panel of 32 columns after
    /// the other.
    pub(super) fn pack_down(self, source: Source<'_>, out: &mut [Line]) {
        source.check();
        #[cfg(target_arch = "x86_64")]
        if let Some(avx512) = self.avx512() {
            return avx512.pack_down(source, out);
        }
        portable::pack_down(source, out);
    }

    /// As [`Self::pack_down`] where the depth runs along the rows of the memory.
    pub(super) fn pack_along(self, source: Source<'_>, out: &mut [Line]) {
        source.check();
        #[cfg(target_arch = "x86_64")]
        if let Some(avx512) = self.avx512() {
            return avx512.pack_along(source, out);
        }
        portable::pack_along(source, out);
    }

    /// Packs a left factor whose rows are those of the memory: blocks of 32 rows after the other.
    pub(super) fn pack_rows(self, source: Source<'_>, out: &mut [Line]) {
        source.check();
        #[cfg(target_arch = "x86_64")]
        if let Some(avx512) = self.avx512() {
            return avx512.pack_rows(source, out);
        }
        portable::pack_rows(source, out);
    }

    /// As [`Self::pack_rows`] where the rows are the columns of the memory.
    pub(super) fn pack_columns(self, source: Source<'_>, out: &mut [Line]) {
        source.check();
        #[cfg(target_arch = "x86_64")]
        if let Some(avx512) = self.avx512() {
            return avx512.pack_columns(source, out);
        }
        portable::pack_columns(source, out);
    }

    /// Makes of a block that of the transposed matrix.
    pub(super) fn turn(self, block: &[Line; DEPTH], out: &mut [Line; DEPTH]) {
        #[cfg(target_arch = "x86_64")]
        if let Some(avx512) = self.avx512() {
            return avx512.turn(block, out);
        }
        portable::turn(block, out);
    }
}

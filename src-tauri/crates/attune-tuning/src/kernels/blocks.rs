//! Blocks of matrices: how they lie in memory, whatever their numbers are, and what a kernel does with them.
//!
//! A block of the right factor is 32 by 32 values, one of the left factor has as many rows as a kernel takes at once and
//! is 32 deep. Each is a run of lines, one after the other, so that no two of its lines compete for a place in the
//! cache. Blocks one below the other in the right factor, or beside each other in the left one, follow each other.
//! Not here: what lies where inside a block (`narrow` for bf16, `wide` for f32).
//! Invariants: what a block has beyond its matrix is zero; whoever packs and whoever multiplies, the layout is the same.

use std::fmt::Debug;

use super::blocked::Written;
use super::value::Value;

/// Columns of a panel and of a block of the right factor.
pub(super) const SIDE: usize = 32;
/// How deep a block is.
pub(super) const DEPTH: usize = 32;

/// A number that products are computed with block by block, with sums in f32.
pub(crate) trait Blocked: Value {
    /// A line of the processor's cache with such numbers.
    type Line: Copy + Debug + Send + Sync + 'static;
    /// Who packs and multiplies.
    type Kernel: Copy + Debug + Send + Sync + 'static;
    /// A kernel that is set up on this thread.
    type Ready;

    const ZERO: Self::Line;
    /// Rows of a block of the left factor.
    const ROWS: usize;
    /// A kernel computes a multiple of so many rows, whatever is asked.
    const ROW_STEP: usize;
    /// Lines of a block of the left factor.
    const LEFT_LINES: usize;
    /// Lines of a block of the right factor.
    const RIGHT_LINES: usize;
    /// Blocks of a panel that are taken at once: with those of the left factor they fit a core's first cache.
    const AT_ONCE: usize;

    fn ready(kernel: Self::Kernel) -> Self::Ready;

    /// `out = block` or `out += block`.
    ///
    /// # Panics
    /// If a slice is too short, which is a fault of the caller.
    fn multiply(ready: &Self::Ready, block: Block<'_, Self>, out: BlockOut<'_>);

    /// Packs a right factor whose depth runs down the rows of the memory: blocks of one panel of 32 columns after
    /// the other.
    fn pack_down(kernel: Self::Kernel, source: Source<'_, Self>, out: &mut [Self::Line]);

    /// As [`Self::pack_down`] where the depth runs along the rows of the memory.
    fn pack_along(kernel: Self::Kernel, source: Source<'_, Self>, out: &mut [Self::Line]);

    /// Packs a left factor whose rows are those of the memory: the blocks of its first rows, then those of the next.
    fn pack_rows(kernel: Self::Kernel, source: Source<'_, Self>, out: &mut [Self::Line]);

    /// As [`Self::pack_rows`] where the rows are the columns of the memory.
    fn pack_columns(kernel: Self::Kernel, source: Source<'_, Self>, out: &mut [Self::Line]);

    /// Makes of a block of a right factor that of the transposed matrix.
    fn turn(kernel: Self::Kernel, block: &[Self::Line], out: &mut [Self::Line]);

    /// The value of a block of a right factor at this depth and column.
    fn at(block: &[Self::Line], deep: usize, column: usize) -> Self;

    /// The same place, as one that sums can be gathered in where these numbers are f32.
    fn placed(out: Written<'_, Self>) -> Written<'_, Self> {
        out
    }
}

/// Rows of a block of the left factor and 32 columns, one or more blocks deep.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block<'a, V: Blocked> {
    pub(super) left: &'a [V::Line],
    pub(super) right: &'a [V::Line],
    /// How deep it really is; beyond there are zeros.
    pub(super) depth: usize,
}

/// Where the sums of a block go.
#[derive(Debug)]
pub(crate) struct BlockOut<'a> {
    pub(super) values: &'a mut [f32],
    /// From one row to the next.
    pub(super) stride: usize,
    /// How many rows and columns are wanted. Rows to the next [`Blocked::ROW_STEP`] may be written, and 32 columns.
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// Whether they are added to what is there.
    pub(super) adds: bool,
}

impl<V: Blocked> Block<'_, V> {
    /// That everything that belongs to it lies within its slices and that its sums fit `out`.
    ///
    /// # Panics
    /// If not.
    #[inline]
    pub(super) fn check(&self, out: &BlockOut<'_>) {
        let blocks = self.depth.div_ceil(DEPTH);
        assert!(blocks > 0, "a block without depth");
        assert_eq!(self.left.len(), blocks * V::LEFT_LINES, "lines of the left factor");
        assert_eq!(self.right.len(), blocks * V::RIGHT_LINES, "lines of the right factor");
        assert!(out.rows > 0 && out.rows <= V::ROWS && out.columns <= SIDE, "{} x {}", out.rows, out.columns);
        let reached = (out.rows.next_multiple_of(V::ROW_STEP) - 1) * out.stride + SIDE;
        assert!(reached <= out.values.len() && out.stride >= SIDE, "{reached} of {}", out.values.len());
    }
}

/// A row-major matrix to pack, or a transposed one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a, V> {
    pub(super) values: &'a [V],
    /// From one row of the memory to the next.
    pub(super) stride: usize,
    /// Rows and columns of the memory.
    pub(super) rows: usize,
    pub(super) columns: usize,
}

impl<V> Source<'_, V> {
    /// That each row lies within the values.
    ///
    /// # Panics
    /// If not.
    pub(super) fn check(&self) {
        assert!(self.columns <= self.stride || self.rows <= 1);
        assert!(self.rows == 0 || (self.rows - 1) * self.stride + self.columns <= self.values.len());
    }

    /// At most `most` values of a row of the memory from this column on: fewer at its end, none below the last row.
    #[inline(always)]
    pub(super) fn run(&self, row: usize, column: usize, most: usize) -> &[V] {
        if row >= self.rows || column >= self.columns {
            return &[];
        }
        let start = row * self.stride + column;
        &self.values[start..start + (self.columns - column).min(most)]
    }
}

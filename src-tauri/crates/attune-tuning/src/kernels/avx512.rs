//! Blocks by AVX-512: packing in registers, and products by its bf16 instruction where there is no AMX.
//!
//! Invariant: an [`Avx512`] exists only where the processor has the instructions that are used here, so whoever holds
//! one may use them.
#![allow(
    unsafe_code,
    reason = "the instructions take pointers, or need features that were found at run time"
)]

use std::arch::x86_64::{
    __m512bh, __m512i, _mm512_dpbf16_ps, _mm512_loadu_ps, _mm512_maskz_loadu_epi16,
    _mm512_permutex2var_epi16, _mm512_set_epi16, _mm512_set1_epi32, _mm512_setzero_ps, _mm512_setzero_si512,
    _mm512_shuffle_i32x4, _mm512_storeu_ps, _mm512_unpackhi_epi32, _mm512_unpackhi_epi64,
    _mm512_unpacklo_epi32, _mm512_unpacklo_epi64,
};

use half::bf16;

use super::blocks::{Block, BlockOut, DEPTH, SIDE, Source};
use super::lines::Line;

/// Leave to use AVX-512 with its instructions for words and bf16.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx512(());

/// Rows that share what is loaded of the right factor.
const ROWS: usize = 8;

impl Avx512 {
    /// Asks the processor; the system's part is asked for with it.
    ///
    /// # Errors
    /// In words, why there are none.
    pub(super) fn ask() -> Result<Self, String> {
        let found = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512bf16");
        if found { Ok(Self(())) } else { Err("the processor has no AVX-512 for bf16".to_owned()) }
    }

    /// `out = block` or `out += block`, see [`Block`].
    ///
    /// # Panics
    /// If a slice is too short, which is a fault of the caller.
    pub(super) fn multiply(self, block: Block<'_, bf16>, out: BlockOut<'_>) {
        block.check(&out);
        // SAFETY: `self` exists, so the processor has the features; the slices are long enough.
        unsafe { multiply(block, out) }
    }

    /// See [`super::blocks::Blocked::pack_down`].
    pub(super) fn pack_down(self, source: Source<'_, bf16>, out: &mut [Line]) {
        // SAFETY: `self` exists, so the processor has the features.
        unsafe { pack_down(source, out) }
    }

    /// See [`super::blocks::Blocked::pack_along`].
    pub(super) fn pack_along(self, source: Source<'_, bf16>, out: &mut [Line]) {
        // SAFETY: as above.
        unsafe { pack_along(source, out) }
    }

    /// See [`super::blocks::Blocked::pack_rows`].
    pub(super) fn pack_rows(self, source: Source<'_, bf16>, out: &mut [Line]) {
        // SAFETY: as above.
        unsafe { pack_rows(source, out) }
    }

    /// See [`super::blocks::Blocked::pack_columns`].
    pub(super) fn pack_columns(self, source: Source<'_, bf16>, out: &mut [Line]) {
        // SAFETY: as above.
        unsafe { pack_columns(source, out) }
    }

    /// See [`super::blocks::Blocked::turn`].
    pub(super) fn turn(self, block: &[Line; DEPTH], out: &mut [Line; DEPTH]) {
        // SAFETY: as above.
        unsafe { turn(block, out) }
    }
}

/// # Safety
/// The processor must have the features, and [`Block::check`] must have found the slices long enough.
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
unsafe fn multiply(block: Block<'_, bf16>, out: BlockOut<'_>) {
    let Block { left, right, .. } = block;
    let BlockOut { values, stride, adds, .. } = out;
    for row in (0..SIDE).step_by(ROWS) {
        let mut sums = [[_mm512_setzero_ps(); 2]; ROWS];
        if adds {
            for (below, sums) in sums.iter_mut().enumerate() {
                let from = &values[(row + below) * stride..][..SIDE];
                // SAFETY: 16 values each at the start and in the middle of a slice of 32.
                *sums = unsafe { [_mm512_loadu_ps(from.as_ptr()), _mm512_loadu_ps(from.as_ptr().add(16))] };
            }
        }
        for (rows, lines) in left.as_chunks::<DEPTH>().0.iter().zip(right.as_chunks::<DEPTH>().0) {
            for pair in 0..16 {
                let (first, second) = (register(&lines[pair]), register(&lines[16 + pair]));
                for (below, sums) in sums.iter_mut().enumerate() {
                    let values = &rows[row + below].0;
                    let both = u32::from(values[2 * pair].to_bits())
                        | u32::from(values[2 * pair + 1].to_bits()) << 16;
                    let both = as_bf16(_mm512_set1_epi32(both.cast_signed()));
                    sums[0] = _mm512_dpbf16_ps(sums[0], both, as_bf16(first));
                    sums[1] = _mm512_dpbf16_ps(sums[1], both, as_bf16(second));
                }
            }
        }
        for (below, [first, second]) in sums.into_iter().enumerate() {
            let into = &mut values[(row + below) * stride..][..SIDE];
            // SAFETY: 16 values each at the start and in the middle of a slice of 32.
            unsafe {
                _mm512_storeu_ps(into.as_mut_ptr(), first);
                _mm512_storeu_ps(into.as_mut_ptr().add(16), second);
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn pack_down(source: Source<'_, bf16>, out: &mut [Line]) {
    let blocks = source.rows.div_ceil(DEPTH);
    for (number, lines) in out.as_chunks_mut::<DEPTH>().0.iter_mut().enumerate() {
        let (panel, block) = (number / blocks, number % blocks);
        for pair in 0..16 {
            let row = block * DEPTH + 2 * pair;
            let [left, right] = [row, row + 1].map(|row| run_of(source, row, panel * SIDE));
            let [left, right] = interleaved(left, right);
            (lines[pair], lines[16 + pair]) = (line(left), line(right));
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn pack_along(source: Source<'_, bf16>, out: &mut [Line]) {
    let blocks = source.columns.div_ceil(DEPTH);
    for (number, lines) in out.as_chunks_mut::<DEPTH>().0.iter_mut().enumerate() {
        let (panel, block) = (number / blocks, number % blocks);
        for (half, lines) in lines.as_chunks_mut::<16>().0.iter_mut().enumerate() {
            let mut words = [_mm512_setzero_si512(); 16];
            for (column, words) in words.iter_mut().enumerate() {
                *words = run_of(source, panel * SIDE + half * 16 + column, block * DEPTH);
            }
            for (out, words) in lines.iter_mut().zip(transposed(words)) {
                *out = line(words);
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn pack_rows(source: Source<'_, bf16>, out: &mut [Line]) {
    let blocks = source.columns.div_ceil(DEPTH);
    for (number, lines) in out.as_chunks_mut::<SIDE>().0.iter_mut().enumerate() {
        let (rows, block) = (number / blocks, number % blocks);
        for (row, out) in lines.iter_mut().enumerate() {
            *out = line(run_of(source, rows * SIDE + row, block * DEPTH));
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn pack_columns(source: Source<'_, bf16>, out: &mut [Line]) {
    let blocks = source.rows.div_ceil(DEPTH);
    for (number, lines) in out.as_chunks_mut::<SIDE>().0.iter_mut().enumerate() {
        let (rows, block) = (number / blocks, number % blocks);
        let mut halves = [[_mm512_setzero_si512(); 16]; 2];
        let [left, right] = &mut halves;
        for (pair, (left, right)) in left.iter_mut().zip(right).enumerate() {
            let row = block * DEPTH + 2 * pair;
            let [first, second] = [row, row + 1].map(|row| run_of(source, row, rows * SIDE));
            [*left, *right] = interleaved(first, second);
        }
        for (words, lines) in halves.into_iter().zip(lines.as_chunks_mut::<16>().0) {
            for (out, words) in lines.iter_mut().zip(transposed(words)) {
                *out = line(words);
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn turn(block: &[Line; DEPTH], out: &mut [Line; DEPTH]) {
    for half in 0..2 {
        let mut words = [_mm512_setzero_si512(); 16];
        for (words, line) in words.iter_mut().zip(&block[half * 16..]) {
            *words = register(line);
        }
        // Now a register for each column of the half, along the depth.
        for (pair, columns) in transposed(words).as_chunks::<2>().0.iter().enumerate() {
            let [left, right] = interleaved(columns[0], columns[1]);
            out[half * 8 + pair] = line(left);
            out[16 + half * 8 + pair] = line(right);
        }
    }
}

/// 32 values of a row of the memory from this column on, zeros beyond its end and below the last row.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn run_of(source: Source<'_, bf16>, row: usize, column: usize) -> __m512i {
    if row >= source.rows || column >= source.columns {
        return _mm512_setzero_si512();
    }
    let start = row * source.stride + column;
    let run = &source.values[start..start + (source.columns - column).min(DEPTH)];
    let mask = u32::MAX >> (DEPTH - run.len());
    // SAFETY: the mask has one bit for each value of the slice; what it leaves out is not read.
    unsafe { _mm512_maskz_loadu_epi16(mask, run.as_ptr().cast()) }
}

/// Values of two registers in turns: of their first halves, then of their second ones.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn interleaved(even: __m512i, odd: __m512i) -> [__m512i; 2] {
    let first = _mm512_set_epi16(
        47, 15, 46, 14, 45, 13, 44, 12, 43, 11, 42, 10, 41, 9, 40, 8, 39, 7, 38, 6, 37, 5, 36, 4, 35, 3, 34,
        2, 33, 1, 32, 0,
    );
    let second = _mm512_set_epi16(
        63, 31, 62, 30, 61, 29, 60, 28, 59, 27, 58, 26, 57, 25, 56, 24, 55, 23, 54, 22, 53, 21, 52, 20, 51,
        19, 50, 18, 49, 17, 48, 16,
    );
    [_mm512_permutex2var_epi16(even, first, odd), _mm512_permutex2var_epi16(even, second, odd)]
}

/// Word `c` of register `r` becomes word `r` of register `c`.
#[inline]
#[target_feature(enable = "avx512f")]
fn transposed(rows: [__m512i; 16]) -> [__m512i; 16] {
    let mut pairs = rows;
    for two in 0..8 {
        let (first, second) = (rows[2 * two], rows[2 * two + 1]);
        pairs[2 * two] = _mm512_unpacklo_epi32(first, second);
        pairs[2 * two + 1] = _mm512_unpackhi_epi32(first, second);
    }
    let mut fours = pairs;
    for four in (0..16).step_by(4) {
        for pair in 0..2 {
            let (first, second) = (pairs[four + pair], pairs[four + 2 + pair]);
            fours[four + 2 * pair] = _mm512_unpacklo_epi64(first, second);
            fours[four + 2 * pair + 1] = _mm512_unpackhi_epi64(first, second);
        }
    }
    // Quarter `q` of `fours[4g + j]` now holds word `4q + j` of rows `4g` to `4g + 3`.
    let mut columns = fours;
    for j in 0..4 {
        let [a, b, c, d] = [0, 4, 8, 12].map(|group| fours[group + j]);
        let (even_above, odd_above) =
            (_mm512_shuffle_i32x4::<0x88>(a, b), _mm512_shuffle_i32x4::<0xdd>(a, b));
        let (even_below, odd_below) =
            (_mm512_shuffle_i32x4::<0x88>(c, d), _mm512_shuffle_i32x4::<0xdd>(c, d));
        columns[j] = _mm512_shuffle_i32x4::<0x88>(even_above, even_below);
        columns[4 + j] = _mm512_shuffle_i32x4::<0x88>(odd_above, odd_below);
        columns[8 + j] = _mm512_shuffle_i32x4::<0xdd>(even_above, even_below);
        columns[12 + j] = _mm512_shuffle_i32x4::<0xdd>(odd_above, odd_below);
    }
    columns
}

#[inline]
#[target_feature(enable = "avx512f")]
fn register(line: &Line) -> __m512i {
    // SAFETY: a line is 64 bytes that lie as the register's do, and any bits are a value of it.
    unsafe { std::mem::transmute::<Line, __m512i>(*line) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn line(register: __m512i) -> Line {
    // SAFETY: as above, the other way.
    unsafe { std::mem::transmute::<__m512i, Line>(register) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn as_bf16(register: __m512i) -> __m512bh {
    // SAFETY: both are the same 64 bytes.
    unsafe { std::mem::transmute::<__m512i, __m512bh>(register) }
}

//! Blocks of f32 by AVX-512: 12 rows and 32 columns are summed up in 24 of the 32 registers.
//!
//! Invariant: an [`Avx512`] exists only where the processor has the instructions that are used here, so whoever holds
//! one may use them.
#![allow(
    unsafe_code,
    reason = "the instructions take pointers, or need features that were found at run time"
)]

use std::arch::x86_64::{
    __m512, _mm512_add_ps, _mm512_fmadd_ps, _mm512_load_ps, _mm512_loadu_ps, _mm512_set1_ps,
    _mm512_setzero_ps, _mm512_shuffle_f32x4, _mm512_shuffle_ps, _mm512_store_ps, _mm512_storeu_ps,
    _mm512_unpackhi_ps, _mm512_unpacklo_ps,
};

use super::{Block, BlockOut, HALVES, LANES, ROWS, WideLine, check_lines};

/// Leave to use AVX-512.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx512(());

impl Avx512 {
    /// Asks the processor; the system's part is asked for with it.
    ///
    /// # Errors
    /// In words, why there is none.
    pub(in crate::kernels) fn ask() -> Result<Self, String> {
        let found = is_x86_feature_detected!("avx512f");
        if found { Ok(Self(())) } else { Err("the processor has no AVX-512".to_owned()) }
    }

    /// See [`super::Blocked::multiply`].
    pub(super) fn multiply(self, block: Block<'_, f32>, out: BlockOut<'_>) {
        block.check(&out);
        macro_rules! of_rows {
            ($halves:literal: $($rows:literal)*) => {
                match out.rows {
                    // SAFETY: `self` exists, so the processor has the features; `check` found that the slices hold
                    // what is read of a block and written of so many rows.
                    $($rows => unsafe { multiply::<$rows, $halves>(block, out) },)*
                    // SAFETY: as above, with the most rows that pass the check.
                    _ => unsafe { multiply::<ROWS, $halves>(block, out) },
                }
            };
        }
        match out.columns > LANES {
            true => of_rows!(2: 1 2 3 4 5 6 7 8 9 10 11),
            false => of_rows!(1: 1 2 3 4 5 6 7 8 9 10 11),
        }
    }

    /// See [`super::F32Kernel::transpose`].
    pub(super) fn transpose(self, from: &[WideLine], from_step: usize, to: &mut [WideLine], to_step: usize) {
        check_lines(from, from_step);
        check_lines(to, to_step);
        // SAFETY: `self` exists, so the processor has the features; all lines lie within their slices.
        unsafe { transpose(from, from_step, to, to_step) }
    }
}

/// `R` rows and `H` halves of 32 columns.
///
/// # Safety
/// The processor must have the features, and [`Block::check`] must have found the slices long enough for `R` rows.
#[target_feature(enable = "avx512f")]
unsafe fn multiply<const R: usize, const H: usize>(block: Block<'_, f32>, out: BlockOut<'_>) {
    let Block { left, right, depth } = block;
    let BlockOut { values, stride, adds, .. } = out;
    let mut sums = [[_mm512_setzero_ps(); H]; R];
    let groups = left.as_chunks::<ROWS>().0.iter().zip(right.as_chunks::<{ LANES * HALVES }>().0);
    for (group, (rows, lines)) in groups.enumerate() {
        let deep = depth.saturating_sub(group * LANES);
        if deep >= LANES {
            for deep in 0..LANES {
                add_products(&mut sums, rows, lines, deep);
            }
        } else {
            for deep in 0..deep {
                add_products(&mut sums, rows, lines, deep);
            }
        }
    }
    for (row, sums) in sums.into_iter().enumerate() {
        for (half, sum) in sums.into_iter().enumerate() {
            let out = &mut values[row * stride + half * LANES..][..LANES];
            // SAFETY: 16 values of a slice of 16.
            unsafe {
                let sum = if adds { _mm512_add_ps(_mm512_loadu_ps(out.as_ptr()), sum) } else { sum };
                _mm512_storeu_ps(out.as_mut_ptr(), sum);
            }
        }
    }
}

/// Adds what one of 16 depths gives.
#[inline]
#[target_feature(enable = "avx512f")]
fn add_products<const R: usize, const H: usize>(
    sums: &mut [[__m512; H]; R],
    rows: &[WideLine; ROWS],
    lines: &[WideLine; LANES * HALVES],
    deep: usize,
) {
    let mut right = [_mm512_setzero_ps(); H];
    for (half, right) in right.iter_mut().enumerate() {
        *right = load(&lines[deep * HALVES + half]);
    }
    for (sums, row) in sums.iter_mut().zip(rows) {
        let value = _mm512_set1_ps(row.0[deep]);
        for (sum, right) in sums.iter_mut().zip(right) {
            *sum = _mm512_fmadd_ps(value, right, *sum);
        }
    }
}

/// # Safety
/// The processor must have the features, and [`check_lines`] must have found the lines.
#[target_feature(enable = "avx512f")]
unsafe fn transpose(from: &[WideLine], from_step: usize, to: &mut [WideLine], to_step: usize) {
    let mut rows = [_mm512_setzero_ps(); LANES];
    for (row, register) in rows.iter_mut().enumerate() {
        *register = load(&from[row * from_step]);
    }
    // Of two rows each, values next to each other; then of four rows each.
    let mut pairs = rows;
    for two in 0..8 {
        pairs[2 * two] = _mm512_unpacklo_ps(rows[2 * two], rows[2 * two + 1]);
        pairs[2 * two + 1] = _mm512_unpackhi_ps(rows[2 * two], rows[2 * two + 1]);
    }
    let mut fours = pairs;
    for four in (0..LANES).step_by(4) {
        for pair in 0..2 {
            let (first, second) = (pairs[four + pair], pairs[four + 2 + pair]);
            fours[four + 2 * pair] = _mm512_shuffle_ps::<0x44>(first, second);
            fours[four + 2 * pair + 1] = _mm512_shuffle_ps::<0xee>(first, second);
        }
    }
    // Quarter `q` of `fours[4g + j]` now holds value `4q + j` of rows `4g` to `4g + 3`.
    for j in 0..4 {
        let [a, b, c, d] = [0, 4, 8, 12].map(|group| fours[group + j]);
        let (even_above, odd_above) =
            (_mm512_shuffle_f32x4::<0x88>(a, b), _mm512_shuffle_f32x4::<0xdd>(a, b));
        let (even_below, odd_below) =
            (_mm512_shuffle_f32x4::<0x88>(c, d), _mm512_shuffle_f32x4::<0xdd>(c, d));
        store(_mm512_shuffle_f32x4::<0x88>(even_above, even_below), &mut to[j * to_step]);
        store(_mm512_shuffle_f32x4::<0x88>(odd_above, odd_below), &mut to[(4 + j) * to_step]);
        store(_mm512_shuffle_f32x4::<0xdd>(even_above, even_below), &mut to[(8 + j) * to_step]);
        store(_mm512_shuffle_f32x4::<0xdd>(odd_above, odd_below), &mut to[(12 + j) * to_step]);
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(line: &WideLine) -> __m512 {
    // SAFETY: a line is 16 values and begins where 64 bytes do.
    unsafe { _mm512_load_ps(line.0.as_ptr()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(register: __m512, line: &mut WideLine) {
    // SAFETY: as above.
    unsafe { _mm512_store_ps(line.0.as_mut_ptr(), register) }
}

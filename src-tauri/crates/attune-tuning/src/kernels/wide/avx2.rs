//! Blocks of f32 by AVX2 and its fused multiply-add: 6 rows and 16 columns are summed up in 12 of the 16 registers.
//!
//! Invariant: an [`Avx2`] exists only where the processor has the instructions that are used here, so whoever holds
//! one may use them.
#![allow(
    unsafe_code,
    reason = "the instructions take pointers, or need features that were found at run time"
)]

use std::arch::x86_64::{
    __m256, _mm256_add_ps, _mm256_fmadd_ps, _mm256_load_ps, _mm256_loadu_ps, _mm256_permute2f128_ps,
    _mm256_set1_ps, _mm256_setzero_ps, _mm256_shuffle_ps, _mm256_store_ps, _mm256_storeu_ps,
    _mm256_unpackhi_ps, _mm256_unpacklo_ps,
};

use super::{Block, BlockOut, HALVES, LANES, ROWS, WideLine, check_lines};

/// Rows that are summed up at once.
const TOGETHER: usize = 6;
/// Values of a register.
const WIDTH: usize = 8;

/// Leave to use AVX2 and fused multiply-adds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx2(());

impl Avx2 {
    /// Asks the processor; the system's part is asked for with it.
    ///
    /// # Errors
    /// In words, why there is none.
    pub(in crate::kernels) fn ask() -> Result<Self, String> {
        let found = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        if found { Ok(Self(())) } else { Err("the processor has no AVX2".to_owned()) }
    }

    /// See [`super::Blocked::multiply`].
    pub(super) fn multiply(self, block: Block<'_, f32>, out: BlockOut<'_>) {
        block.check(&out);
        let BlockOut { values, stride, rows, columns, adds } = out;
        for half in 0..columns.div_ceil(LANES) {
            for first in (0..rows).step_by(TOGETHER) {
                let values = &mut values[first * stride + half * LANES..];
                let part = Part { half, first, values, stride, adds };
                // SAFETY: `self` exists, so the processor has the features; `check` found that the slices hold what
                // is read of a block and written of so many rows.
                unsafe {
                    match rows - first {
                        1 => multiply::<1>(block, part),
                        2 => multiply::<2>(block, part),
                        3 => multiply::<3>(block, part),
                        4 => multiply::<4>(block, part),
                        5 => multiply::<5>(block, part),
                        _ => multiply::<TOGETHER>(block, part),
                    }
                }
            }
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

/// What of a block is summed up in registers, and where it goes.
struct Part<'a> {
    half: usize,
    /// Its first row.
    first: usize,
    /// From its first sum on.
    values: &'a mut [f32],
    stride: usize,
    adds: bool,
}

/// `R` rows of a half of the columns.
///
/// # Safety
/// The processor must have the features, and [`Block::check`] must have found the slices long enough for these rows.
#[target_feature(enable = "avx2,fma")]
unsafe fn multiply<const R: usize>(block: Block<'_, f32>, part: Part<'_>) {
    let Block { left, right, depth } = block;
    let Part { half, first, values, stride, adds } = part;
    let mut sums = [[_mm256_setzero_ps(); 2]; R];
    let groups = left.as_chunks::<ROWS>().0.iter().zip(right.as_chunks::<{ LANES * HALVES }>().0);
    for (group, (rows, lines)) in groups.enumerate() {
        let Some((rows, _)) = rows[first..].split_first_chunk::<R>() else { return };
        let deep = depth.saturating_sub(group * LANES);
        if deep >= LANES {
            for deep in 0..LANES {
                add_products(&mut sums, rows, &lines[deep * HALVES + half], deep);
            }
        } else {
            for deep in 0..deep {
                add_products(&mut sums, rows, &lines[deep * HALVES + half], deep);
            }
        }
    }
    for (row, sums) in sums.into_iter().enumerate() {
        let out = &mut values[row * stride..][..LANES];
        for (register, sum) in out.chunks_exact_mut(WIDTH).zip(sums) {
            // SAFETY: 8 values of a slice of 8.
            unsafe {
                let sum = if adds { _mm256_add_ps(_mm256_loadu_ps(register.as_ptr()), sum) } else { sum };
                _mm256_storeu_ps(register.as_mut_ptr(), sum);
            }
        }
    }
}

/// Adds what one of 16 depths gives.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn add_products<const R: usize>(
    sums: &mut [[__m256; 2]; R],
    rows: &[WideLine; R],
    line: &WideLine,
    deep: usize,
) {
    let right = load(line);
    for (sums, row) in sums.iter_mut().zip(rows) {
        let value = _mm256_set1_ps(row.0[deep]);
        for (sum, right) in sums.iter_mut().zip(right) {
            *sum = _mm256_fmadd_ps(value, right, *sum);
        }
    }
}

/// # Safety
/// The processor must have the features, and [`check_lines`] must have found the lines.
#[target_feature(enable = "avx2,fma")]
unsafe fn transpose(from: &[WideLine], from_step: usize, to: &mut [WideLine], to_step: usize) {
    for below in 0..2 {
        for beside in 0..2 {
            let mut rows = [_mm256_setzero_ps(); WIDTH];
            for (row, register) in rows.iter_mut().enumerate() {
                *register = load(&from[(below * WIDTH + row) * from_step])[beside];
            }
            for (column, register) in transposed(rows).into_iter().enumerate() {
                let line = &mut to[(beside * WIDTH + column) * to_step];
                // SAFETY: half a line is 8 values and begins where 32 bytes do.
                unsafe { _mm256_store_ps(line.0.as_mut_ptr().add(below * WIDTH), register) };
            }
        }
    }
}

/// Value `c` of register `r` becomes value `r` of register `c`.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn transposed(rows: [__m256; WIDTH]) -> [__m256; WIDTH] {
    let mut fours = rows;
    for four in (0..WIDTH).step_by(4) {
        let [a, b, c, d] = [0, 1, 2, 3].map(|row| rows[four + row]);
        let (low, high) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
        let (low_below, high_below) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
        fours[four] = _mm256_shuffle_ps::<0x44>(low, low_below);
        fours[four + 1] = _mm256_shuffle_ps::<0xee>(low, low_below);
        fours[four + 2] = _mm256_shuffle_ps::<0x44>(high, high_below);
        fours[four + 3] = _mm256_shuffle_ps::<0xee>(high, high_below);
    }
    // Half `h` of `fours[4g + j]` now holds value `4h + j` of rows `4g` to `4g + 3`.
    let mut columns = fours;
    for j in 0..4 {
        columns[j] = _mm256_permute2f128_ps::<0x20>(fours[j], fours[4 + j]);
        columns[4 + j] = _mm256_permute2f128_ps::<0x31>(fours[j], fours[4 + j]);
    }
    columns
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn load(line: &WideLine) -> [__m256; 2] {
    // SAFETY: a line is 16 values and begins where 64 bytes do.
    unsafe { [_mm256_load_ps(line.0.as_ptr()), _mm256_load_ps(line.0.as_ptr().add(WIDTH))] }
}

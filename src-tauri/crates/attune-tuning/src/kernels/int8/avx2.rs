//! Sums by AVX2: sixteen products at a time become eight sums of two, and those four sums of four.
//!
//! The instruction takes one factor without a sign and cuts off what is beyond 16 bits: the row's number goes in without
//! its sign, which the weight takes over, and two products of numbers up to 127 stay below 32767. So nothing is cut off.
//! Invariant: an [`Avx2`] exists only where the processor has the instructions, so whoever holds one may use them.
#![allow(
    unsafe_code,
    reason = "the instructions need features that were found at run time, and take pointers"
)]

use std::arch::x86_64::{
    __m256i, _mm256_abs_epi8, _mm256_add_epi32, _mm256_load_si256, _mm256_madd_epi16, _mm256_maddubs_epi16,
    _mm256_set1_epi16, _mm256_set1_epi32, _mm256_setzero_si256, _mm256_sign_epi8, _mm256_store_si256,
};

use super::{ByteLine, Int8Block, LINES, Sums};

/// Leave to use AVX2.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx2(());

/// Rows that share what is loaded of a panel.
const AT_ONCE: usize = 2;

impl Avx2 {
    /// Asks the processor; the system's part is asked for with it.
    ///
    /// # Errors
    /// In words, why there is none.
    pub(in super::super) fn ask() -> Result<Self, String> {
        if is_x86_feature_detected!("avx2") {
            Ok(Self(()))
        } else {
            Err("the processor has no AVX2".to_owned())
        }
    }

    /// See [`super::Ready::multiply`].
    pub(super) fn multiply(self, block: Int8Block<'_>, sums: &mut [Sums]) {
        block.check(sums);
        let mut rows = block.rows;
        for sums in sums.chunks_mut(AT_ONCE) {
            let block = Int8Block { rows, ..block };
            // SAFETY: `self` exists, so the processor has the features.
            unsafe {
                match sums.len() {
                    1 => some_rows::<1>(block, sums),
                    _ => some_rows::<AT_ONCE>(block, sums),
                }
            }
            rows = rows.get(AT_ONCE * block.steps..).unwrap_or_default();
        }
    }
}

/// The sums of the first `R` rows.
///
/// # Panics
/// If there are fewer rows, which is a fault of the caller.
#[target_feature(enable = "avx2")]
fn some_rows<const R: usize>(block: Int8Block<'_>, sums: &mut [Sums]) {
    let Int8Block { rows, panel, steps } = block;
    let rows: [&[ByteLine]; R] = std::array::from_fn(|row| &rows[row * steps..][..steps]);
    let ones = _mm256_set1_epi16(1);
    let mut found = [[_mm256_setzero_si256(); 4]; R];
    for (step, lines) in panel.as_chunks::<LINES>().0.iter().enumerate() {
        let (left, right) = lines.split_at(16);
        for (line, (left, right)) in left.iter().zip(right).enumerate() {
            let quads: [__m256i; R] = std::array::from_fn(|row| {
                let quad = rows[row][step].0.as_chunks::<4>().0[line].map(i8::cast_unsigned);
                _mm256_set1_epi32(i32::from_le_bytes(quad))
            });
            let sizes: [__m256i; R] = std::array::from_fn(|row| _mm256_abs_epi8(quads[row]));
            let weights = [half(left, 0), half(left, 1), half(right, 0), half(right, 1)];
            for (part, weights) in weights.into_iter().enumerate() {
                for row in 0..R {
                    let pairs = _mm256_maddubs_epi16(sizes[row], _mm256_sign_epi8(weights, quads[row]));
                    let sums = _mm256_madd_epi16(pairs, ones);
                    found[row][part] = _mm256_add_epi32(found[row][part], sums);
                }
            }
        }
    }
    for (sums, found) in sums.iter_mut().zip(found) {
        let pointer = (&raw mut *sums).cast::<__m256i>();
        for (part, found) in found.into_iter().enumerate() {
            // SAFETY: sums are four times 32 bytes at a multiple of 32, borrowed mutably.
            unsafe { _mm256_store_si256(pointer.add(part), found) };
        }
    }
}

/// The first or second 32 bytes of a line.
#[target_feature(enable = "avx2")]
fn half(line: &ByteLine, part: usize) -> __m256i {
    let bytes = &line.0.as_chunks::<32>().0[part];
    // SAFETY: 32 bytes at a multiple of 32, being half of a line.
    unsafe { _mm256_load_si256((&raw const *bytes).cast()) }
}

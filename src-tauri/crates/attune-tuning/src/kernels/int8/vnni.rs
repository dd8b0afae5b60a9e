//! Sums by the instruction of AVX-512 VNNI: four products a lane, of numbers without and with a sign.
//!
//! Invariant: a [`Vnni`] exists only where the processor has the instructions, so whoever holds one may use them.
#![allow(
    unsafe_code,
    reason = "the instructions need features that were found at run time, and take pointers"
)]

use std::arch::x86_64::{
    __m512i, _mm512_dpbusd_epi32, _mm512_load_si512, _mm512_set1_epi32, _mm512_setzero_si512,
    _mm512_store_si512,
};

use super::{ByteLine, Int8Block, LINES, Sums};

/// Leave to use AVX-512 VNNI.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vnni(());

/// Rows that share what is loaded of a panel.
const AT_ONCE: usize = 8;

impl Vnni {
    /// Asks the processor; the system's part is asked for with it.
    ///
    /// # Errors
    /// In words, why there is none.
    pub(in super::super) fn ask() -> Result<Self, String> {
        let found = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni");
        if found { Ok(Self(())) } else { Err("the processor has no AVX-512 for int8".to_owned()) }
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
                    2 => some_rows::<2>(block, sums),
                    3 => some_rows::<3>(block, sums),
                    4 => some_rows::<4>(block, sums),
                    // Rows beyond those that are asked for lie in memory, too.
                    _ => some_rows::<AT_ONCE>(block, sums),
                }
            }
            rows = rows.get(AT_ONCE * block.steps..).unwrap_or_default();
        }
    }
}

/// The sums of the first `R` rows, of which those beyond `sums` are forgotten.
///
/// # Panics
/// If there are fewer rows, which is a fault of the caller.
#[target_feature(enable = "avx512f,avx512vnni")]
fn some_rows<const R: usize>(block: Int8Block<'_>, sums: &mut [Sums]) {
    let Int8Block { rows, panel, steps } = block;
    let rows: [&[ByteLine]; R] = std::array::from_fn(|row| &rows[row * steps..][..steps]);
    // Neighbouring lines are summed up apart, as an instruction needs the one before it to be through.
    let mut found = [[[_mm512_setzero_si512(); 2]; 2]; R];
    for (step, lines) in panel.as_chunks::<LINES>().0.iter().enumerate() {
        for pair in 0..8 {
            for apart in 0..2 {
                let line = 2 * pair + apart;
                let (left, right) = (register(&lines[line]), register(&lines[16 + line]));
                for (row, found) in rows.iter().zip(&mut found) {
                    let quad = row[step].0.as_chunks::<4>().0[line].map(i8::cast_unsigned);
                    let quad = _mm512_set1_epi32(i32::from_le_bytes(quad));
                    found[apart][0] = _mm512_dpbusd_epi32(found[apart][0], quad, left);
                    found[apart][1] = _mm512_dpbusd_epi32(found[apart][1], quad, right);
                }
            }
        }
    }
    for (sums, [first, second]) in sums.iter_mut().zip(found) {
        let whole =
            std::array::from_fn(|half| std::arch::x86_64::_mm512_add_epi32(first[half], second[half]));
        store(whole, sums);
    }
}

#[target_feature(enable = "avx512f")]
fn register(line: &ByteLine) -> __m512i {
    // SAFETY: a line is 64 bytes at a multiple of 64.
    unsafe { _mm512_load_si512((&raw const *line).cast()) }
}

#[target_feature(enable = "avx512f")]
fn store(halves: [__m512i; 2], sums: &mut Sums) {
    let [left, right] = halves;
    let pointer = (&raw mut *sums).cast::<__m512i>();
    // SAFETY: sums are 128 bytes at a multiple of 64, borrowed mutably.
    unsafe {
        _mm512_store_si512(pointer, left);
        _mm512_store_si512(pointer.add(1), right);
    }
}

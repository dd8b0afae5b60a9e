//! Which kernel computes on this machine, and why.
//!
//! A virtual machine may name instructions that its host does not let it use, and a system may keep registers back.
//! So each kernel is asked for at the processor and at the system, and must then compute some products right;
//! the next best takes its place otherwise.

use std::fmt;
use std::sync::OnceLock;

use half::bf16;

use super::blocked::{BlockProducts, Written};
use super::blocks::Blocked;
use super::limit::{Kernel, limit};
use super::matrices::{Matrix, MatrixMut, Previous};
use super::narrow::Bf16Kernel;
use super::panels::Panels;
use super::wide::{self, F32Kernel};
#[cfg(target_arch = "x86_64")]
use super::{amx::Amx, avx512::Avx512};

/// The best kernel of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is used.
    pub kernel: Kernel,
    /// What is used where everything is computed in f32.
    pub f32_kernel: Kernel,
    /// Why this one and, where there are better ones, why not those: for people to read.
    pub why: String,
    /// The best kernel that this process was allowed, see [`limit_kernel`](crate::limit_kernel).
    pub limit: Option<Kernel>,
}

/// The kernel of this process. It is looked for once, and does not change.
pub fn chosen() -> &'static Choice {
    &detected().choice
}

/// What products of both kinds of numbers are computed by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kernels {
    pub(crate) bf16: Bf16Kernel,
    pub(crate) f32: F32Kernel,
}

impl Kernels {
    /// The fastest of this process.
    pub(crate) fn best() -> Self {
        detected().kernels
    }

    /// All that this machine has, the best first, so that each kernel is in one of them.
    #[cfg(test)]
    pub(crate) fn all() -> Vec<Self> {
        let (bf16, f32) = (Bf16Kernel::all(), F32Kernel::all());
        let number = bf16.len().max(f32.len());
        let at =
            |place: usize| Self { bf16: bf16[place.min(bf16.len() - 1)], f32: f32[place.min(f32.len() - 1)] };
        (0..number).map(at).collect()
    }
}

#[derive(Debug)]
struct Detected {
    choice: Choice,
    kernels: Kernels,
}

fn detected() -> &'static Detected {
    static DETECTED: OnceLock<Detected> = OnceLock::new();
    DETECTED.get_or_init(|| detect(limit()))
}

#[cfg(test)]
impl Bf16Kernel {
    /// All that this machine has, the best first.
    pub(crate) fn all() -> Vec<Self> {
        let asked = bf16_kernels().into_iter().filter_map(|(_, asked)| asked.ok());
        asked.chain([Self::Portable]).collect()
    }
}

#[cfg(test)]
impl F32Kernel {
    /// All that this machine has, the best first.
    pub(crate) fn all() -> Vec<Self> {
        let asked = f32_kernels().into_iter().filter_map(|(_, asked)| asked.ok());
        asked.chain([Self::Portable]).collect()
    }
}

/// The kernels that make bf16 fast, the best first, or why there is none.
#[cfg(target_arch = "x86_64")]
fn bf16_kernels() -> Vec<(Kernel, Result<Bf16Kernel, String>)> {
    let amx = Avx512::ask().and_then(|avx512| Ok(Bf16Kernel::Amx(Amx::ask()?, avx512)));
    vec![(Kernel::AmxBf16, amx), (Kernel::Avx512Bf16, Avx512::ask().map(Bf16Kernel::Avx512))]
}

/// The kernels for f32 that not every processor has, the best first, or why there is none.
#[cfg(target_arch = "x86_64")]
fn f32_kernels() -> Vec<(Kernel, Result<F32Kernel, String>)> {
    vec![
        (Kernel::Avx512, wide::Avx512::ask().map(F32Kernel::Avx512)),
        (Kernel::Avx2, wide::Avx2::ask().map(F32Kernel::Avx2)),
    ]
}

#[cfg(not(target_arch = "x86_64"))]
fn bf16_kernels() -> Vec<(Kernel, Result<Bf16Kernel, String>)> {
    Vec::new()
}

#[cfg(not(target_arch = "x86_64"))]
fn f32_kernels() -> Vec<(Kernel, Result<F32Kernel, String>)> {
    Vec::new()
}

fn detect(limit: Option<Kernel>) -> Detected {
    let mut without = Vec::new();
    let for_bf16 = first_right(bf16_kernels(), limit, computes_right::<bf16>, &mut without);
    // Of the better ones nothing need be said where one of them is used.
    let mut without_f32 = Vec::new();
    let for_f32 = first_right(f32_kernels(), limit, computes_right::<f32>, &mut without_f32);
    let f32_kernel = for_f32.map_or(Kernel::Portable, |(kernel, _)| kernel);
    let kernel = for_bf16.map_or(f32_kernel, |(kernel, _)| kernel);
    if for_bf16.is_none() {
        without.extend(without_f32);
    }
    Detected {
        choice: Choice { kernel, f32_kernel, why: why(kernel, without), limit },
        kernels: Kernels {
            bf16: for_bf16.map_or(Bf16Kernel::Portable, |(_, found)| found),
            f32: for_f32.map_or(F32Kernel::Portable, |(_, found)| found),
        },
    }
}

/// The first that there is, that is allowed and whose products are right; why it is none of those before it.
pub(super) fn first_right<N: Copy + fmt::Display + Into<Kernel>, K: Copy>(
    asked: Vec<(N, Result<K, String>)>,
    limit: Option<Kernel>,
    computes_right: impl Fn(K) -> bool,
    without: &mut Vec<String>,
) -> Option<(N, K)> {
    for (kernel, asked) in asked {
        let reason = match (limit, asked) {
            (Some(limit), _) if kernel.into() > limit => format!("this process is limited to {limit}"),
            (_, Err(reason)) => reason,
            (_, Ok(found)) if computes_right(found) => return Some((kernel, found)),
            (_, Ok(_)) => format!("the test products of {kernel} are wrong"),
        };
        without.push(reason);
    }
    None
}

/// Why it is this one and none of those that it is without, in words.
pub(super) fn why(kernel: Kernel, mut without: Vec<String>) -> String {
    without.dedup();
    let right =
        if kernel == Kernel::Portable { "every machine has it" } else { "its test products are right" };
    match without.is_empty() {
        true if kernel == Kernel::AmxBf16 => right.to_owned(),
        true => format!("{right}; there is nothing faster for this kind of processor"),
        false => format!("{right}; nothing faster, as {}", without.join(" and ")),
    }
}

/// Whether small whole numbers, whose sums bf16 and f32 hold exactly, come out as in whole-number arithmetic: in both
/// directions of a frozen weight and with both layouts of a factor that is packed on the way.
fn computes_right<V: Blocked>(kernel: V::Kernel) -> bool {
    const ROWS: usize = 70;
    const DEPTH: usize = 300;
    const COLUMNS: usize = 70;
    let numbers = |count: usize, step: usize| -> Vec<i32> {
        (0..count).map(|place| (place * step % 17) as i32 - 8).collect()
    };
    let (left, right) = (numbers(ROWS * DEPTH, 7), numbers(COLUMNS * DEPTH, 5));
    let turned: Vec<i32> =
        (0..DEPTH * COLUMNS).map(|place| right[place % COLUMNS * DEPTH + place / COLUMNS]).collect();
    let left_turned: Vec<i32> =
        (0..DEPTH * ROWS).map(|place| left[place % ROWS * DEPTH + place / ROWS]).collect();
    let wide = |numbers: &[i32]| -> Vec<f32> { numbers.iter().map(|number| *number as f32).collect() };
    let narrow = |numbers: &[i32]| -> Vec<V> { wide(numbers).into_iter().map(V::narrow).collect() };
    let [narrow_left, narrow_right, narrow_left_turned, narrow_turned] =
        [&left, &right, &left_turned, &turned].map(|numbers| narrow(numbers));
    let expected: Vec<f32> = left
        .chunks_exact(DEPTH)
        .flat_map(|left| {
            let product =
                |right: &[i32]| left.iter().zip(right).map(|(left, right)| left * right).sum::<i32>();
            right.chunks_exact(DEPTH).map(move |right| product(right) as f32)
        })
        .collect();

    let mut products = BlockProducts::<V>::new(kernel);
    let mut found = [(); 4].map(|()| vec![0.0; ROWS * COLUMNS]);
    let [first, second, third, fourth] =
        found.each_mut().map(|sums| Written::Wide(MatrixMut::new(sums, COLUMNS), Previous::Replaced));
    let rows = Matrix::new(&narrow_left, DEPTH);
    let mut panels = Panels::<V>::with_room_for([[COLUMNS, DEPTH], [DEPTH, COLUMNS]].into_iter());
    panels.push(kernel, &wide(&right), DEPTH);
    panels.push(kernel, &wide(&turned), COLUMNS);
    products.forward(first, rows, panels.weight(0));
    products.backward(second, rows, panels.weight(1));
    products.multiply(third, rows, Matrix::new(&narrow_right, DEPTH).transposed());
    let rows = Matrix::new(&narrow_left_turned, ROWS).transposed();
    products.multiply(fourth, rows, Matrix::new(&narrow_turned, COLUMNS));
    found.iter().all(|found| *found == expected)
}

#[cfg(test)]
mod tests {
    use super::{
        Bf16Kernel, F32Kernel, Kernel, Kernels, bf16, chosen, computes_right, detect, first_right, why,
    };

    #[test]
    fn every_kernel_of_this_machine_computes_right() {
        for kernel in Bf16Kernel::all() {
            assert!(computes_right::<bf16>(kernel), "{kernel:?}");
        }
        for kernel in F32Kernel::all() {
            assert!(computes_right::<f32>(kernel), "{kernel:?}");
        }
    }

    #[test]
    fn the_choice_is_made_once_and_says_why() {
        let choice = chosen();
        assert!(std::ptr::eq(choice, chosen()));
        assert!(!choice.why.is_empty());
        assert_eq!(choice.kernel.has_bf16(), !matches!(Kernels::best().bf16, Bf16Kernel::Portable));
        assert!(choice.f32_kernel <= choice.kernel && !choice.f32_kernel.has_bf16());
    }

    #[test]
    fn a_processor_that_lies_gets_the_next_best_kernel_and_the_reason() {
        let asked = || {
            vec![
                (Kernel::AmxBf16, Err("the system refuses the AMX registers".to_owned())),
                (Kernel::Avx512Bf16, Ok(1)),
                (Kernel::Avx512, Ok(2)),
                (Kernel::Avx2, Ok(3)),
            ]
        };
        let mut without = Vec::new();
        // AVX-512 is named by the processor, but computes wrong numbers.
        let found = first_right(asked(), None, |kernel| kernel == 3, &mut without);
        assert_eq!(found, Some((Kernel::Avx2, 3)));
        assert_eq!(
            why(Kernel::Avx2, without),
            "its test products are right; nothing faster, as the system refuses the AMX registers and the test \
             products of AVX-512 BF16 are wrong and the test products of AVX-512 are wrong"
        );
        let mut without = Vec::new();
        assert_eq!(first_right(asked(), None, |_| false, &mut without), None);
        assert_eq!(without.len(), 4);
        assert!(why(Kernel::Portable, without).starts_with("every machine has it; nothing faster, as "));
    }

    #[test]
    fn a_limit_holds_for_both_kinds_of_numbers_and_is_said() {
        for limit in Kernel::ALL {
            let found = detect(Some(limit));
            assert!(found.choice.kernel <= limit && found.choice.f32_kernel <= limit, "{limit}");
            assert_eq!(found.choice.limit, Some(limit));
        }
        let portable = detect(Some(Kernel::Portable));
        assert!(matches!(portable.kernels.bf16, Bf16Kernel::Portable));
        assert!(matches!(portable.kernels.f32, F32Kernel::Portable));
        if detect(None).choice.kernel > Kernel::Portable {
            assert!(portable.choice.why.ends_with("nothing faster, as this process is limited to portable"));
        }
    }
}

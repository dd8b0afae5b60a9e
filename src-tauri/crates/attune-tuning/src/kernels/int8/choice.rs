//! Which instructions multiply whole numbers of eight bits on this machine, and why: found as `kernels::choice` finds the
//! others, within the same limit.

use std::sync::OnceLock;

use super::super::choice::{first_right, why};
use super::super::limit::{Kernel, limit};
#[cfg(target_arch = "x86_64")]
use super::{AmxInt8, Avx2, Vnni};
use super::{Int8Instructions, Int8Kernel, Int8Panels, Int8Products, Int8Rows};
use crate::kernels::{MatrixMut, Previous};

/// The best instructions of this machine for whole numbers of eight bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Int8Choice {
    /// What is used.
    pub instructions: Int8Instructions,
    /// Why these and, where there are better ones, why not those: for people to read.
    pub why: String,
}

/// What multiplies whole numbers of eight bits in this process. It is looked for once, and does not change.
pub fn chosen_for_int8() -> &'static Int8Choice {
    &detected().0
}

fn detected() -> &'static (Int8Choice, Int8Kernel) {
    static DETECTED: OnceLock<(Int8Choice, Int8Kernel)> = OnceLock::new();
    DETECTED.get_or_init(|| detect(limit()))
}

fn detect(limit: Option<Kernel>) -> (Int8Choice, Int8Kernel) {
    let mut without = Vec::new();
    let found = first_right(int8_kernels(), limit, sums_up_right, &mut without);
    let (instructions, kernel) = found.unwrap_or((Int8Instructions::Portable, Int8Kernel::Portable));
    (Int8Choice { instructions, why: why(instructions.into(), without) }, kernel)
}

impl Int8Kernel {
    /// The fastest on this machine.
    pub(crate) fn best() -> Self {
        detected().1
    }

    /// All that this machine has, the best first.
    #[cfg(test)]
    pub(crate) fn all() -> Vec<Self> {
        let asked = int8_kernels().into_iter().filter_map(|(_, asked)| asked.ok());
        asked.chain([Self::Portable]).collect()
    }
}

/// The kernels that not every processor has, the best first, or why there is none.
#[cfg(target_arch = "x86_64")]
fn int8_kernels() -> Vec<(Int8Instructions, Result<Int8Kernel, String>)> {
    let amx = Vnni::ask().and_then(|vnni| Ok(Int8Kernel::Amx(AmxInt8::ask()?, vnni)));
    vec![
        (Int8Instructions::AmxInt8, amx),
        (Int8Instructions::Avx512Vnni, Vnni::ask().map(Int8Kernel::Vnni)),
        (Int8Instructions::Avx2, Avx2::ask().map(Int8Kernel::Avx2)),
    ]
}

#[cfg(not(target_arch = "x86_64"))]
fn int8_kernels() -> Vec<(Int8Instructions, Result<Int8Kernel, String>)> {
    Vec::new()
}

impl From<Int8Instructions> for Kernel {
    /// The one whose registers it takes.
    fn from(instructions: Int8Instructions) -> Self {
        match instructions {
            Int8Instructions::Portable => Self::Portable,
            Int8Instructions::Avx2 => Self::Avx2,
            Int8Instructions::Avx512Vnni => Self::Avx512,
            Int8Instructions::AmxInt8 => Self::AmxBf16,
        }
    }
}

/// Whether a kernel gives the bits that plain code does: for one row, for a few and for many.
fn sums_up_right(kernel: Int8Kernel) -> bool {
    const DEPTH: usize = 300;
    const COLUMNS: usize = 70;
    let numbers = |count: usize, step: usize| -> Vec<f32> {
        (0..count).map(|place| (place * step % 255) as f32 - 127.0).collect()
    };
    let mut panels = Int8Panels::default();
    let number = panels.push(&numbers(DEPTH * COLUMNS, 7), DEPTH);
    let weight = panels.weight(number);
    [1, 3, 12, 70].into_iter().all(|rows| {
        let activations = numbers(rows * DEPTH, 11);
        let [found, expected] = [kernel, Int8Kernel::Portable].map(|kernel| {
            let mut rounded = Int8Rows::new(kernel);
            rounded.round(&activations, DEPTH);
            let mut out = vec![0.0; rows * COLUMNS];
            let into = MatrixMut::new(&mut out, COLUMNS);
            Int8Products::default().forward(into, Previous::Replaced, &rounded, weight);
            out
        });
        found == expected
    })
}

#[cfg(test)]
mod tests {
    use super::{Int8Instructions, Int8Kernel, Kernel, chosen_for_int8, detect, sums_up_right};

    #[test]
    fn every_kernel_for_int8_of_this_machine_computes_right() {
        for kernel in Int8Kernel::all() {
            assert!(sums_up_right(kernel), "{kernel:?}");
        }
        let choice = chosen_for_int8();
        assert!(!choice.why.is_empty());
        assert_eq!(choice.instructions.is_fast(), !matches!(Int8Kernel::best(), Int8Kernel::Portable));
        assert!(Int8Instructions::Avx2.is_fast() && !Int8Instructions::Portable.is_fast());
    }

    #[test]
    fn a_limit_holds_for_int8_too() {
        for limit in Kernel::ALL {
            let (choice, _) = detect(Some(limit));
            assert!(Kernel::from(choice.instructions) <= limit, "{limit}: {choice:?}");
        }
        assert!(matches!(detect(Some(Kernel::Portable)).1, Int8Kernel::Portable));
    }
}

//! The kernels by name, and the one that a process may not go beyond.
//!
//! A limit serves measurements and tests: what a laptop does can be seen on a larger machine.
//! Invariant: what was allowed when the first product was computed is allowed until the process ends.

use std::fmt;
use std::sync::OnceLock;

use pulp::Arch;

use crate::{Error, Result};

/// A way to compute products, from the one that every machine has to the fastest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kernel {
    /// Whatever the compiler makes of plain code for the registers that every processor of its kind has.
    Portable,
    /// f32 in registers of 256 bits.
    Avx2,
    /// f32 in registers of 512 bits.
    Avx512,
    /// bf16 in registers of 512 bits.
    Avx512Bf16,
    /// bf16 in tiles.
    AmxBf16,
}

impl Kernel {
    /// All of them, the one that every machine has first.
    pub const ALL: [Self; 5] = [Self::Portable, Self::Avx2, Self::Avx512, Self::Avx512Bf16, Self::AmxBf16];

    /// Whether it makes bf16 faster than f32.
    pub fn has_bf16(self) -> bool {
        self >= Self::Avx512Bf16
    }

    /// The name that it is asked for by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Avx512Bf16 => "avx512-bf16",
            Self::AmxBf16 => "amx-bf16",
        }
    }

    /// The kernel of this [`name`](Self::name).
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kernel| kernel.name() == name)
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Portable => "portable",
            Self::Avx2 => "AVX2",
            Self::Avx512 => "AVX-512",
            Self::Avx512Bf16 => "AVX-512 BF16",
            Self::AmxBf16 => "AMX BF16",
        })
    }
}

/// Whoever asks first decides whether there is one.
static LIMIT: OnceLock<Option<Kernel>> = OnceLock::new();

/// Lets nothing in this process be computed by a better kernel than this one: products in f32 and in bf16, and
/// arithmetic element by element. It must be called before anything is computed.
///
/// The readable way to a gradient and whatever else candle multiplies is not bound by it.
///
/// # Errors
/// [`Error::KernelInUse`] if something has been computed, or another limit set.
pub fn limit_kernel(most: Kernel) -> Result<()> {
    LIMIT.set(Some(most)).or_else(|_| if limit() == Some(most) { Ok(()) } else { Err(Error::KernelInUse) })
}

/// The best kernel that may be used, where there is a limit. From now on it stays.
pub(super) fn limit() -> Option<Kernel> {
    *LIMIT.get_or_init(|| None)
}

/// The widest registers that arithmetic element by element may use.
pub(crate) fn registers() -> Arch {
    static REGISTERS: OnceLock<Arch> = OnceLock::new();
    *REGISTERS.get_or_init(|| registers_within(limit()))
}

#[cfg(target_arch = "x86_64")]
fn registers_within(limit: Option<Kernel>) -> Arch {
    match limit {
        Some(Kernel::Portable) => Arch::Scalar,
        Some(Kernel::Avx2) => pulp::x86::V3::try_new().map_or(Arch::Scalar, Arch::V3),
        _ => Arch::new(),
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn registers_within(_limit: Option<Kernel>) -> Arch {
    Arch::new()
}

#[cfg(test)]
mod tests {
    use super::Kernel;

    #[test]
    fn every_kernel_has_a_name_of_its_own_and_they_rise() {
        for pair in Kernel::ALL.windows(2) {
            assert!(pair[0] < pair[1]);
        }
        for kernel in Kernel::ALL {
            assert_eq!(Kernel::by_name(kernel.name()), Some(kernel));
        }
        assert_eq!(Kernel::by_name("AVX2"), None);
    }
}

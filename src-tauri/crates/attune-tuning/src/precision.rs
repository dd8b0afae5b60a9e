//! How exactly a pass computes.

use crate::Kernel;

/// The numbers a training pass computes in. Whichever they are, the adapter, its gradient and the optimiser are f32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Precision {
    /// bf16 where this machine computes it faster, else f32.
    Auto,
    /// What the readable pass computes, to the last digits; the same on every machine as far as f32 is.
    #[default]
    F32,
    /// Factors of products are rounded to eight significant bits, sums are not: several times as fast where the
    /// processor has it, slower than f32 where it has not. Losses follow those of f32 within a percent or two.
    Bf16,
}

impl Precision {
    /// Whether a pass computes in bf16 on a machine with this kernel.
    pub fn is_bf16_on(self, kernel: Kernel) -> bool {
        match self {
            Self::Auto => kernel.has_bf16(),
            Self::F32 => false,
            Self::Bf16 => true,
        }
    }
}

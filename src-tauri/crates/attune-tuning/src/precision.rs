//! How exactly a pass computes, and how exactly answers are computed.

use crate::answer_network::Numbers;
use crate::{Kernel, chosen_for_int8};

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

/// The numbers answers are computed in. Adapters add to all of them in f32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum AnswerPrecision {
    /// int8 where this machine computes it faster, else f32.
    Auto,
    /// Within the last digits what the readable network computes.
    #[default]
    F32,
    /// Frozen weights and what they are multiplied with are rounded to eight significant bits, as are keys and values.
    Bf16,
    /// Frozen weights are rounded to whole numbers from -127 to 127 with a scale for each output, what they are
    /// multiplied with likewise with a scale for each row; keys and values are kept in bf16. A quarter of the memory,
    /// and several times as fast; the same bits on every machine. Losses are within a percent of those in f32.
    Int8,
}

impl AnswerPrecision {
    /// What that is on this machine: never [`AnswerPrecision::Auto`].
    #[must_use]
    pub fn settled(self) -> Self {
        match self.numbers() {
            Numbers::F32 => Self::F32,
            Numbers::Bf16 => Self::Bf16,
            Numbers::Int8 => Self::Int8,
        }
    }

    /// What that is on this machine.
    pub(crate) fn numbers(self) -> Numbers {
        match self {
            Self::Auto if chosen_for_int8().instructions.is_fast() => Numbers::Int8,
            Self::Auto | Self::F32 => Numbers::F32,
            Self::Bf16 => Numbers::Bf16,
            Self::Int8 => Numbers::Int8,
        }
    }
}

//! What a pass keeps its activations in: f32, or bf16 that is computed with in f32.

use std::fmt::Debug;

use half::bf16;

/// A number in memory.
pub(crate) trait Value: Copy + Debug + Default + Send + Sync + 'static {
    /// The nearest to `wide`, the even one of two; what is no number stays none.
    fn narrow(wide: f32) -> Self;

    /// The same number, exactly.
    fn widen(self) -> f32;
}

impl Value for f32 {
    #[inline(always)]
    fn narrow(wide: f32) -> Self {
        wide
    }

    #[inline(always)]
    fn widen(self) -> f32 {
        self
    }
}

impl Value for bf16 {
    /// Without a branch, so that loops become vectors.
    #[inline(always)]
    fn narrow(wide: f32) -> Self {
        let bits = wide.to_bits();
        let rounded = bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16;
        // The upper half of what is no number, quiet, as rounding could make infinity of it.
        let kept = bits >> 16 | 0x40;
        Self::from_bits(if wide.is_nan() { kept } else { rounded } as u16)
    }

    #[inline(always)]
    fn widen(self) -> f32 {
        f32::from_bits(u32::from(self.to_bits()) << 16)
    }
}

#[cfg(test)]
mod tests {
    use half::bf16;

    use super::Value;

    #[test]
    fn numbers_are_narrowed_as_the_half_crate_does_it() {
        let edges =
            [0.0, -0.0, f32::MAX, f32::MIN, f32::INFINITY, f32::NEG_INFINITY, f32::MIN_POSITIVE, 1e-40];
        let all = (0..=u32::MAX).step_by(65_521).map(f32::from_bits).chain(edges);
        for wide in all {
            let narrow = <bf16 as Value>::narrow(wide);
            if wide.is_nan() {
                assert!(narrow.is_nan());
                continue;
            }
            assert_eq!(narrow.to_bits(), bf16::from_f32(wide).to_bits(), "{wide}");
            assert_eq!(narrow.widen(), narrow.to_f32());
        }
    }
}

//! What is done element by element, written so that the compiler makes vectors of it.
//!
//! The widest registers that the processor has and the process may use are chosen at run time: [`vectorised`] holds what it is given once for each
//! of them. Sums are kept in a fixed number of lanes, because the compiler must not reorder a sum of floats.
//! Invariant: a value that is not a number stays one through every function here; the trainer looks for it.

use crate::kernels::{Value, registers};

/// Lanes of every sum and maximum: one register of AVX-512, two of AVX2.
const LANES: usize = 16;

/// Work to be compiled once for each kind of registers. `run` must be `#[inline(always)]`, with plain loops inside: a
/// closure or an adapter with one is a function of its own, which the compiler leaves at the narrowest registers.
pub(super) trait Kernel {
    type Output;

    fn run(self) -> Self::Output;
}

/// Runs the kernel compiled for the widest registers there are.
pub(super) fn vectorised<K: Kernel>(kernel: K) -> K::Output {
    struct Dispatched<K>(K);
    impl<K: Kernel> pulp::WithSimd for Dispatched<K> {
        type Output = K::Output;

        #[inline(always)]
        fn with_simd<S: pulp::Simd>(self, _simd: S) -> K::Output {
            self.0.run()
        }
    }
    registers().dispatch(Dispatched(kernel))
}

/// eˣ within 2e-7 of itself, for x up to 88; below -87 it stays at e⁻⁸⁷.
///
/// Source: the polynomial and the two parts of ln 2 are those of Cephes' `expf`.
#[inline(always)]
pub(super) fn exponential(x: f32) -> f32 {
    // Adding 1.5 · 2²³ rounds to a whole number and leaves it in the lowest bits.
    const ROUNDING: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let rounded = x * std::f32::consts::LOG2_E + ROUNDING;
    let whole = rounded - ROUNDING;
    let rest = x - whole * 0.693_359_4 + whole * 2.121_944_4e-4;
    let mut power = 1.987_569_1e-4;
    power = power * rest + 1.398_199_9e-3;
    power = power * rest + 8.333_452e-3;
    power = power * rest + 4.166_579_6e-2;
    power = power * rest + 1.666_666_5e-1;
    power = power * rest + 0.5;
    let fraction = power * rest * rest + rest + 1.0;
    fraction * f32::from_bits((rounded.to_bits() << 23).wrapping_add(1.0_f32.to_bits()))
}

/// 2 · √(2/π) and the cubic share of the tanh approximation: ½ · (1 + tanh y) is the logistic function of 2 · y.
pub(super) const LOGISTIC_SCALE: f32 = 1.595_769;
pub(super) const CUBE: f32 = 0.044_715;

/// σ(y) of the gated GELU's gate.
#[inline(always)]
pub(super) fn logistic(gate: f32) -> f32 {
    1.0 / (1.0 + exponential(-LOGISTIC_SCALE * gate * (1.0 + CUBE * gate * gate)))
}

/// `inner = gelu(gate) ∘ up` with `gelu(x) = x · σ(y)`, `y = 2 · √(2/π) · (x + 0.044715 · x³)`.
pub(super) struct GatedGelu<'a, V> {
    pub(super) gate: &'a [V],
    pub(super) up: &'a [V],
    pub(super) inner: &'a mut [V],
}

impl<V: Value> Kernel for GatedGelu<'_, V> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for ((inner, gate), up) in self.inner.iter_mut().zip(self.gate).zip(self.up) {
            let gate = gate.widen();
            *inner = V::narrow(gate * logistic(gate) * up.widen());
        }
    }
}

/// `(mean_square + epsilon)^-½`, by which a row is scaled (RMS norm).
///
/// It is no number where the mean square has overflowed. The zero of plain arithmetic would make a row of zeros of a
/// row that cannot be computed, and a wrong answer without a word.
#[inline(always)]
pub(super) fn inverse_root(mean_square: f32, epsilon: f32) -> f32 {
    if mean_square < f32::INFINITY { (mean_square + epsilon).sqrt().recip() } else { f32::NAN }
}

/// `Σ left · right`.
#[inline(always)]
pub(super) fn sum_of_products<L: Value, R: Value>(left: &[L], right: &[R]) -> f32 {
    let (left, left_rest) = left.as_chunks::<LANES>();
    let (right, right_rest) = right.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (left, right) in left.iter().zip(right) {
        for lane in 0..LANES {
            sums[lane] += left[lane].widen() * right[lane].widen();
        }
    }
    let mut sum = 0.0;
    for (left, right) in left_rest.iter().zip(right_rest) {
        sum += left.widen() * right.widen();
    }
    for lane in sums {
        sum += lane;
    }
    sum
}

/// The largest of `values`, passing over what is not a number.
#[inline(always)]
pub(super) fn largest(values: &[f32]) -> f32 {
    let (values, rest) = values.as_chunks::<LANES>();
    let mut largest = [f32::NEG_INFINITY; LANES];
    for values in values {
        for lane in 0..LANES {
            largest[lane] = if values[lane] > largest[lane] { values[lane] } else { largest[lane] };
        }
    }
    let mut found = f32::NEG_INFINITY;
    for value in largest {
        found = found.max(value);
    }
    for value in rest {
        found = found.max(*value);
    }
    found
}

/// The first of the largest of `values`; none if there is no number above minus infinity.
pub(super) fn first_of_largest(values: &[f32]) -> Option<usize> {
    vectorised(FirstOfLargest(values))
}

struct FirstOfLargest<'a>(&'a [f32]);

impl Kernel for FirstOfLargest<'_> {
    type Output = Option<usize>;

    #[inline(always)]
    fn run(self) -> Option<usize> {
        const LOOKED_AT: usize = 16 * LANES;
        let largest = largest(self.0);
        if largest == f32::NEG_INFINITY {
            return None;
        }
        for (place, values) in self.0.chunks(LOOKED_AT).enumerate() {
            let mut found = 0;
            for value in values {
                found |= u32::from(*value == largest);
            }
            if found != 0 {
                let inside = values.iter().position(|value| *value == largest)?;
                return Some(place * LOOKED_AT + inside);
            }
        }
        None
    }
}

/// Whether all of them are numbers, and finite ones.
pub(super) fn are_finite(values: &[f32]) -> bool {
    vectorised(AreFinite(values))
}

struct AreFinite<'a>(&'a [f32]);

impl Kernel for AreFinite<'_> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        // Bits without the sign are in the order of the sizes, and what is no finite number is above them all.
        let mut largest = 0;
        for value in self.0 {
            largest = largest.max(value.to_bits() & 0x7fff_ffff);
        }
        f32::from_bits(largest).is_finite()
    }
}

/// Makes each value `e^(value - shift)`; their sum.
#[inline(always)]
pub(super) fn exponentials(values: &mut [f32], shift: f32) -> f32 {
    let (values, rest) = values.as_chunks_mut::<LANES>();
    let mut sums = [0.0; LANES];
    for values in values {
        for lane in 0..LANES {
            values[lane] = exponential(values[lane] - shift);
            sums[lane] += values[lane];
        }
    }
    // What is left over takes a register of its own, of which the rest is not looked at.
    let mut last = [shift; LANES];
    last[..rest.len()].copy_from_slice(rest);
    for value in &mut last {
        *value = exponential(*value - shift);
    }
    let mut sum = 0.0;
    for (value, last) in rest.iter_mut().zip(last) {
        *value = last;
        sum += last;
    }
    for lane in sums {
        sum += lane;
    }
    sum
}

/// The same numbers in another kind, each the nearest.
pub(super) fn convert<F: Value, T: Value>(from: &[F], to: &mut [T]) {
    vectorised(Convert { from, to });
}

struct Convert<'a, F, T> {
    from: &'a [F],
    to: &'a mut [T],
}

impl<F: Value, T: Value> Kernel for Convert<'_, F, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (to, from) in self.to.iter_mut().zip(self.from) {
            *to = T::narrow(from.widen());
        }
    }
}

/// Multiplies each value with the same number.
pub(super) struct Scale<'a> {
    pub(super) values: &'a mut [f32],
    pub(super) by: f32,
}

impl Kernel for Scale<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for value in self.values {
            *value *= self.by;
        }
    }
}

/// `to += from`.
#[inline(always)]
pub(super) fn add(to: &mut [f32], from: &[f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += from;
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Kernel, are_finite, exponential, exponentials, first_of_largest, largest, sum_of_products, vectorised,
    };

    #[test]
    fn the_exponential_is_exact_to_the_last_bits_and_keeps_what_is_no_number() {
        for step in 0..=174_900 {
            let x = -87.0 + step as f32 * 1e-3;
            let exact = f64::from(x).exp();
            let error = (f64::from(exponential(x)) - exact).abs() / exact;
            assert!(error < 2e-7, "{x}: {error}");
        }
        assert_eq!(exponential(0.0), 1.0);
        assert!(exponential(f32::NAN).is_nan());
        assert!(exponential(f32::NEG_INFINITY) < 1e-37);
    }

    struct All<'v>(&'v [f32], &'v mut [f32]);

    impl Kernel for All<'_> {
        type Output = (f32, f32, f32);

        #[inline(always)]
        fn run(self) -> (f32, f32, f32) {
            (sum_of_products(self.0, self.0), largest(self.0), exponentials(self.1, 1.0))
        }
    }

    #[test]
    fn sums_and_maxima_take_every_value_at_every_length() {
        for length in 1..70 {
            let values: Vec<f32> = (0..length).map(|place| ((place * 37) % 11) as f32 - 5.0).collect();
            let mut exponents = values.clone();
            let found = vectorised(All(&values, &mut exponents));
            let exact: f64 = values.iter().map(|value| f64::from(value - 1.0).exp()).sum();
            assert_eq!(found.0, values.iter().map(|value| value * value).sum::<f32>());
            assert_eq!(found.1, values.iter().copied().fold(f32::NEG_INFINITY, f32::max));
            assert!((f64::from(found.2) - exact).abs() < 1e-6 * exact, "{} for {exact}", found.2);
        }
    }
    #[test]
    fn the_first_of_the_largest_is_found_and_what_is_no_finite_number_too() {
        for length in [1, 15, 16, 17, 255, 256, 300, 1000] {
            for place in [0, length / 2, length - 1] {
                let mut values: Vec<f32> = (0..length).map(|place| -((place % 7) as f32) - 1.0).collect();
                values[place] = 3.0;
                values[length - 1] = 3.0;
                assert_eq!(first_of_largest(&values), Some(place), "{length}");
                assert!(are_finite(&values));
                for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                    values[place] = bad;
                    assert!(!are_finite(&values), "{bad} at {place} of {length}");
                }
            }
            assert_eq!(first_of_largest(&vec![f32::NEG_INFINITY; length]), None);
        }
        assert_eq!(first_of_largest(&[]), None);
    }
}

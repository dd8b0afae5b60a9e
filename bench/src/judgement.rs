//! What was measured beside what is allowed.

use crate::console;

/// One number and its limit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judgement {
    pub(crate) what: String,
    pub(crate) measured: f64,
    pub(crate) allowed: f64,
}

impl Judgement {
    pub(crate) fn new(what: impl Into<String>, measured: f64, allowed: f64) -> Self {
        Self { what: what.into(), measured, allowed }
    }

    /// Whether it is within its limit; a number that is none is not.
    pub(crate) fn holds(&self) -> bool {
        self.measured <= self.allowed
    }
}

/// Prints all of them and says whether all hold.
pub(crate) fn report(judgements: &[Judgement]) -> bool {
    let width = judgements.iter().map(|judgement| judgement.what.chars().count()).max().unwrap_or(0);
    console::result(&format!("{:<width$}  {:>10}  {:>10}", "", "measured", "allowed"));
    for judgement in judgements {
        let Judgement { what, measured, allowed } = judgement;
        let off = if judgement.holds() { "" } else { "  OFF" };
        console::result(&format!("{what:<width$}  {measured:>10.2e}  {allowed:>10.0e}{off}"));
    }
    judgements.iter().all(Judgement::holds)
}

/// Length of the difference by the length of what was expected (L2).
pub(crate) fn relative_difference(found: &[f32], expected: &[f32]) -> f64 {
    if found.len() != expected.len() {
        return f64::NAN;
    }
    let length =
        |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>().sqrt();
    let pairs = || found.iter().zip(expected).map(|(one, other)| (f64::from(*one), f64::from(*other)));
    let difference = length(&mut pairs().map(|(found, expected)| found - expected));
    difference / length(&mut pairs().map(|(_, expected)| expected))
}

/// The largest difference between two values at one place; infinite where lengths differ or a value is no number.
pub(crate) fn largest_difference(found: &[f32], expected: &[f32]) -> f64 {
    if found.len() != expected.len() {
        return f64::INFINITY;
    }
    let differences = found.iter().zip(expected).map(|(one, other)| f64::from((one - other).abs()));
    differences.fold(
        0.0,
        |largest, difference| {
            if difference.is_nan() { f64::INFINITY } else { largest.max(difference) }
        },
    )
}

/// The middle one of these numbers, the higher of two; NaN of none.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_beyond_its_limit_or_none_at_all_is_off() {
        assert!(Judgement::new("", 1e-4, 1e-4).holds());
        assert!(!Judgement::new("", 1.1e-4, 1e-4).holds());
        assert!(!Judgement::new("", f64::NAN, 1e-4).holds());
        assert!(!report(&[Judgement::new("a", 0.0, 1.0), Judgement::new("b", 2.0, 1.0)]));
    }

    #[test]
    fn differences_are_relative_or_largest_and_never_small_for_unequal_lengths() {
        assert!((relative_difference(&[3.0, 4.5], &[3.0, 4.0]) - 0.1).abs() < 1e-12);
        assert_eq!(largest_difference(&[1.0, 2.0], &[1.5, 2.25]), 0.5);
        assert!(relative_difference(&[1.0], &[1.0, 1.0]).is_nan());
        assert!(largest_difference(&[1.0], &[1.0, 1.0]).is_infinite());
        assert!(largest_difference(&[1.0, f32::NAN, 2.0], &[1.0; 3]).is_infinite());
    }
}

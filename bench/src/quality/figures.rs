//! How well two groups of texts are told apart.

use attune_engine::quality::{PartName, Quality};

/// The area under the ROC curve: the chance that a good one has the larger value than a bad one, ties counted half.
///
/// Source: Hanley, McNeil 1982, "The meaning and use of the area under a receiver operating characteristic (ROC) curve".
pub(crate) fn area_under_curve(good: &[f64], bad: &[f64]) -> f64 {
    let mut bad = bad.to_vec();
    bad.sort_by(f64::total_cmp);
    let below = |value: &f64| {
        let less = bad.partition_point(|other| other < value);
        let equal = bad.partition_point(|other| other <= value) - less;
        less as f64 + equal as f64 / 2.0
    };
    good.iter().map(below).sum::<f64>() / (good.len() * bad.len()) as f64
}

/// The share that is kept.
pub(crate) fn kept(qualities: &[Quality]) -> f64 {
    qualities.iter().filter(|quality| quality.is_kept()).count() as f64 / qualities.len() as f64
}

pub(crate) fn wholes(qualities: &[Quality]) -> Vec<f64> {
    qualities.iter().map(|quality| quality.whole).collect()
}

/// One part's values.
pub(crate) fn values(qualities: &[Quality], name: PartName) -> Vec<f64> {
    let value =
        |quality: &Quality| quality.parts.iter().find(|(part, _)| *part == name).map(|(_, part)| part.value);
    qualities.iter().filter_map(value).collect()
}

//! Comparisons, samples and the first start.

use attune_engine as engine;

use super::super::wire;
use super::text;

impl wire::ComparisonBegun {
    pub(crate) fn of(run_id: String, comparison: &engine::Comparison) -> Self {
        Self {
            run_id,
            base_model: comparison.base_model.clone(),
            base_digest: comparison.base_digest.clone(),
            adapter_digest: comparison.adapter_digest.to_string(),
            held_out: comparison.held_out,
            total: comparison.total,
            max_new_tokens: comparison.max_new_tokens,
            notices: comparison.notices.clone(),
        }
    }
}

impl wire::Comparison {
    pub(crate) fn of(run_id: String, comparison: engine::Comparison) -> Self {
        let begun = wire::ComparisonBegun::of(run_id, &comparison);
        let exact = |is_exact: fn(&engine::ComparedRow) -> bool| {
            comparison.rows.iter().filter(|row| is_exact(row)).count() as u64
        };
        Self {
            begun,
            base_exact: exact(engine::ComparedRow::base_is_exact),
            tuned_exact: exact(engine::ComparedRow::tuned_is_exact),
            rows: comparison.rows.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<engine::ComparedRow> for wire::ComparedRow {
    fn from(row: engine::ComparedRow) -> Self {
        Self {
            base_is_exact: row.base_is_exact(),
            tuned_is_exact: row.tuned_is_exact(),
            input: row.input,
            expected: row.expected,
            base: row.base,
            tuned: row.tuned,
        }
    }
}

impl From<engine::Sample> for wire::Sample {
    fn from(sample: engine::Sample) -> Self {
        let examples = sample.examples.into_iter();
        Self {
            path: text(&sample.path),
            name: sample.name,
            title: sample.title,
            about: sample.about,
            rows: sample.rows,
            held_out: sample.held_out,
            examples: examples.map(|(input, output)| wire::SampleRow { input, output }).collect(),
        }
    }
}

impl From<engine::FirstStart> for wire::FirstStart {
    fn from(first: engine::FirstStart) -> Self {
        Self {
            wanted: first.wanted,
            run_id: first.run.map(|run| run.to_string()),
            sample: first.sample.into(),
        }
    }
}

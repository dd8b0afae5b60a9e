//! Between the engine's types and the shapes on the wire.

mod batches;
mod comparison;
mod endpoints;
mod examples;
mod feedback;
mod generation;
mod runs;

use std::path::Path;

use attune_engine as engine;

use super::wire;

pub(super) use examples::batch_id;

impl From<engine::SourceSummary> for wire::SourceSummary {
    fn from(summary: engine::SourceSummary) -> Self {
        let skipped = summary.skipped;
        Self {
            path: text(&summary.path),
            kind: match summary.kind {
                engine::SourceKind::AskAi => wire::SourceKind::AskAi,
                engine::SourceKind::JsonLines => wire::SourceKind::Jsonl,
                engine::SourceKind::Csv => wire::SourceKind::Csv,
                engine::SourceKind::SqliteTable => wire::SourceKind::SqliteTable,
            },
            rows: summary.rows,
            usable: summary.usable,
            held_out: summary.held_out,
            skipped: wire::SkippedRows {
                malformed: skipped.malformed,
                missing_field: skipped.missing_field,
                empty_text: skipped.empty_text,
                without_suggestion: skipped.without_suggestion,
                not_approved: skipped.not_approved,
            },
            distinct_answers: summary.distinct_answers,
            notices: summary.notices,
            sample_rows: summary
                .sample_rows
                .into_iter()
                .map(|(input, output)| wire::SampleRow { input, output })
                .collect(),
            dataset_hash: summary.dataset_hash,
        }
    }
}

impl From<engine::BaseSummary> for wire::Base {
    fn from(summary: engine::BaseSummary) -> Self {
        Self {
            path: text(&summary.base.folder),
            name: summary.base.name,
            parameters: summary.parameters,
            size_bytes: summary.size_bytes,
            bundled: summary.base.bundled,
            verified: summary.verified,
            chosen_by_auto: summary.chosen_by_auto,
        }
    }
}

impl From<engine::FetchableBase> for wire::FetchableBase {
    fn from(base: engine::FetchableBase) -> Self {
        Self { hub_id: base.hub_id, size_bytes: base.size_bytes }
    }
}

impl From<engine::Fetch> for wire::Fetch {
    fn from(fetch: engine::Fetch) -> Self {
        Self {
            hub_id: fetch.hub_id,
            status: match fetch.status {
                engine::FetchStatus::Fetching => wire::FetchStatus::Fetching,
                engine::FetchStatus::Completed => wire::FetchStatus::Completed,
                engine::FetchStatus::Failed => wire::FetchStatus::Failed,
                engine::FetchStatus::Cancelled => wire::FetchStatus::Cancelled,
            },
            file: fetch.file,
            bytes_done: fetch.bytes_done,
            bytes_total: fetch.bytes_total,
            verified: fetch.verified,
            path: fetch.path.as_deref().map(text),
            error_message: fetch.error_message,
            hint: fetch.hint,
        }
    }
}

impl From<engine::Settings> for wire::Settings {
    fn from(settings: engine::Settings) -> Self {
        Self {
            soft_prompt_enabled: settings.soft_prompt_enabled,
            soft_prompt_model_dir: settings.soft_prompt_model_dir.as_deref().map(text),
            soft_prompt_confidence_threshold: settings.soft_prompt_confidence_threshold,
            soft_prompt_database_path: settings.soft_prompt_database_path.as_deref().map(text),
            training_base_model: settings.training_base_model,
            training_method: method(settings.training_method),
            training_max_samples: settings.training_max_samples,
            training_epochs: settings.training_epochs,
            automatic_tuning_enabled: settings.automatic_tuning_enabled,
        }
    }
}

impl From<wire::SettingsChange> for engine::SettingsChange {
    fn from(change: wire::SettingsChange) -> Self {
        Self {
            soft_prompt_enabled: change.soft_prompt_enabled,
            soft_prompt_model_dir: change.soft_prompt_model_dir,
            soft_prompt_confidence_threshold: change.soft_prompt_confidence_threshold,
            soft_prompt_database_path: change.soft_prompt_database_path,
            training_base_model: change.training_base_model,
            training_method: change.training_method.map(engine_method),
            training_max_samples: change.training_max_samples,
            training_epochs: change.training_epochs,
            automatic_tuning_enabled: change.automatic_tuning_enabled,
            ..Self::default()
        }
    }
}

impl From<engine::SettingSource> for wire::SettingSource {
    fn from(setting: engine::SettingSource) -> Self {
        Self {
            name: setting.name.to_owned(),
            value: setting.value,
            source: setting.source.into(),
            otherwise: setting.otherwise,
            otherwise_source: setting.otherwise_source.into(),
            variable: setting.variable.to_owned(),
            refused: setting.refused,
        }
    }
}

impl From<engine::Surrounding> for wire::Surrounding {
    fn from(found: engine::Surrounding) -> Self {
        Self {
            name: found.name.to_owned(),
            value: found.value,
            is_hidden: found.is_hidden,
            source: found.source.into(),
            variable: found.variable.to_owned(),
            problem: found.problem,
        }
    }
}

impl From<engine::Source> for wire::Source {
    fn from(source: engine::Source) -> Self {
        match source {
            engine::Source::Default => Self::Default,
            engine::Source::Environment { variable, file } => {
                Self::Environment { variable: variable.to_owned(), file: file.as_deref().map(text) }
            }
            engine::Source::Here => Self::Here,
            engine::Source::CommandLine { option } => Self::CommandLine { option: option.to_owned() },
        }
    }
}

fn method(method: engine::Method) -> wire::Method {
    match method {
        engine::Method::SoftPrompt => wire::Method::SoftPrompt,
        engine::Method::Lora => wire::Method::Lora,
    }
}

pub(super) fn engine_method(method: wire::Method) -> engine::Method {
    match method {
        wire::Method::SoftPrompt => engine::Method::SoftPrompt,
        wire::Method::Lora => engine::Method::Lora,
    }
}

/// Paths that the engine keeps are Unicode; others are shown as well as they can be.
pub(super) fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

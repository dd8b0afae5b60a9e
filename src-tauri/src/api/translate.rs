//! Between the engine's types and the shapes on the wire.

mod generation;

use std::path::{Path, PathBuf};

use attune_engine as engine;

use super::wire;

impl From<engine::Run> for wire::Run {
    fn from(run: engine::Run) -> Self {
        let progress = run.progress;
        Self {
            run_directory: text(&run.folder()),
            duration_seconds: run.duration_seconds(),
            id: run.id.to_string(),
            run_identifier: run.run_identifier,
            status: status(run.status),
            phase: progress.phase.map(phase),
            base_model: run.base_model,
            method: method(run.method),
            source_path: text(&run.source_path),
            samples_used: run.samples_used,
            samples_skipped: run.samples_skipped,
            notices: run.notices,
            epochs: run.hyperparameters.epochs,
            batch_size: run.hyperparameters.batch_size,
            learning_rate: run.hyperparameters.learning_rate,
            seed: run.hyperparameters.seed,
            step: progress.step,
            total_steps: progress.total_steps,
            loss: progress.loss,
            tokens_per_second: progress.tokens_per_second,
            seconds_left: progress.seconds_left,
            final_loss: run.final_loss,
            error_message: run.error_message,
            output_dir: text(&run.output_folder),
            adapter_digest: run.adapter_digest.map(|digest| digest.to_string()),
            created_at: run.created_at,
            started_at: run.started_at,
            finished_at: run.finished_at,
        }
    }
}

impl From<wire::RunRequest> for engine::RunRequest {
    fn from(wanted: wire::RunRequest) -> Self {
        Self {
            id: wanted.id,
            database_path: wanted.database_path.map(PathBuf::from),
            data_path: wanted.data_path.map(PathBuf::from),
            output_folder: wanted.output_dir.map(PathBuf::from),
            base_model: wanted.base_model,
            method: wanted.method.map(engine_method),
            run_identifier: wanted.run_identifier,
            run_directory: wanted.run_directory,
            max_samples: wanted.max_samples,
            epochs: wanted.epochs,
            batch_size: wanted.batch_size,
            learning_rate: wanted.learning_rate,
            source_max_tokens: wanted.source_max_tokens,
            target_max_tokens: wanted.target_max_tokens,
            seed: wanted.seed,
            lora_rank: wanted.lora_rank,
            lora_alpha: wanted.lora_alpha,
            lora_targets: wanted.lora_targets,
        }
    }
}

impl From<engine::Point> for wire::Point {
    fn from(point: engine::Point) -> Self {
        Self {
            step: point.step,
            epoch: point.epoch,
            loss: point.loss,
            learning_rate: point.learning_rate,
            gradient_norm: point.gradient_norm,
            tokens_per_second: point.tokens_per_second,
            elapsed_seconds: point.elapsed_seconds,
        }
    }
}

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
        }
    }
}

fn status(status: engine::RunStatus) -> wire::RunStatus {
    match status {
        engine::RunStatus::Queued => wire::RunStatus::Queued,
        engine::RunStatus::Running => wire::RunStatus::Running,
        engine::RunStatus::Completed => wire::RunStatus::Completed,
        engine::RunStatus::Failed => wire::RunStatus::Failed,
        engine::RunStatus::Cancelled => wire::RunStatus::Cancelled,
        engine::RunStatus::Interrupted => wire::RunStatus::Interrupted,
    }
}

fn phase(phase: engine::Phase) -> wire::Phase {
    match phase {
        engine::Phase::Loading => wire::Phase::Loading,
        engine::Phase::Preparing => wire::Phase::Preparing,
        engine::Phase::Training => wire::Phase::Training,
        engine::Phase::Saving => wire::Phase::Saving,
    }
}

fn method(method: engine::Method) -> wire::Method {
    match method {
        engine::Method::SoftPrompt => wire::Method::SoftPrompt,
        engine::Method::Lora => wire::Method::Lora,
    }
}

fn engine_method(method: wire::Method) -> engine::Method {
    match method {
        wire::Method::SoftPrompt => engine::Method::SoftPrompt,
        wire::Method::Lora => engine::Method::Lora,
    }
}

/// Paths that the engine keeps are Unicode; others are shown as well as they can be.
pub(super) fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

//! Batches, what there is to generate about, and readiness.

use std::path::PathBuf;

use attune_engine as engine;

use super::{engine_method, text};
use crate::api::wire;

impl From<engine::Content> for wire::Content {
    fn from(content: engine::Content) -> Self {
        let references = |genre: &str| {
            content.references.iter().filter(|reference| reference.category == genre).count() as u64
        };
        Self {
            genres: content
                .genres
                .iter()
                .map(|genre| wire::Genre {
                    name: genre.name.clone(),
                    title: genre.title.clone(),
                    prompts: genre.prompts.len() as u64,
                    references: references(&genre.name),
                    own: genre.own,
                })
                .collect(),
            styles: content.styles,
            problems: content.problems.iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<wire::GeneratorChoice> for engine::GeneratorChoice {
    fn from(choice: wire::GeneratorChoice) -> Self {
        match choice {
            wire::GeneratorChoice::LocalT5 { base_model, adapter } => {
                Self::LocalT5 { base_model, adapter: adapter.map(PathBuf::from) }
            }
            wire::GeneratorChoice::Endpoint { endpoint } => Self::Endpoint { endpoint },
            wire::GeneratorChoice::LocalChat { file } => Self::LocalChat { file: PathBuf::from(file) },
        }
    }
}

impl From<engine::GeneratorChoice> for wire::GeneratorChoice {
    fn from(choice: engine::GeneratorChoice) -> Self {
        match choice {
            engine::GeneratorChoice::LocalT5 { base_model, adapter } => {
                Self::LocalT5 { base_model, adapter: adapter.as_deref().map(text) }
            }
            engine::GeneratorChoice::Endpoint { endpoint } => Self::Endpoint { endpoint },
            engine::GeneratorChoice::LocalChat { file } => Self::LocalChat { file: text(&file) },
        }
    }
}

impl From<wire::BatchRequest> for engine::BatchRequest {
    fn from(wanted: wire::BatchRequest) -> Self {
        Self {
            id: wanted.id,
            subject: wanted.subject,
            num_examples: wanted.num_examples,
            genres: wanted.genres,
            styles: wanted.styles,
            generators: wanted.generators.into_iter().map(engine::GeneratorChoice::from).collect(),
            candidates: wanted.candidates,
            until_kept: wanted.until_kept,
            references: wanted.references,
            judge: wanted.judge,
            store_in_memory: wanted.store_in_memory,
            seed: wanted.seed,
            max_new_tokens: wanted.max_new_tokens,
            twin_threshold: wanted.twin_threshold,
        }
    }
}

impl From<engine::Batch> for wire::Batch {
    fn from(batch: engine::Batch) -> Self {
        let most_attempts = batch.most_attempts();
        let engine::Batch { settings, progress, .. } = batch;
        Self {
            id: batch.id.to_string(),
            status: match batch.status {
                engine::BatchStatus::Running => wire::BatchStatus::Running,
                engine::BatchStatus::Completed => wire::BatchStatus::Completed,
                engine::BatchStatus::Cancelled => wire::BatchStatus::Cancelled,
                engine::BatchStatus::Interrupted => wire::BatchStatus::Interrupted,
                engine::BatchStatus::Failed => wire::BatchStatus::Failed,
            },
            continuable: batch.status.is_unfinished() && batch.tallies.attempts < most_attempts,
            subject: batch.subject,
            num_examples: settings.num_examples,
            most_attempts,
            genres: settings.genres.into_iter().map(|genre| genre.name).collect(),
            styles: settings.styles,
            generators: settings.generators.into_iter().map(wire::GeneratorChoice::from).collect(),
            candidates: settings.candidates,
            until_kept: settings.until_kept,
            judge: settings.judge,
            store_in_memory: settings.store_in_memory,
            seed: settings.seed,
            twin_threshold: settings.twin_threshold,
            tallies: batch.tallies.into(),
            progress: wire::BatchProgress {
                attempts_per_second: progress.attempts_per_second,
                tokens_per_second: progress.tokens_per_second,
                seconds_left: progress.seconds_left,
            },
            notices: batch.notices,
            error_message: batch.error_message,
            created_at: batch.created_at,
            finished_at: batch.finished_at,
        }
    }
}

impl From<engine::Tallies> for wire::BatchTallies {
    fn from(tallies: engine::Tallies) -> Self {
        Self {
            mean_quality: tallies.mean_quality(),
            mean_kept_quality: tallies.mean_kept_quality(),
            kept_share: tallies.kept_share(),
            attempts: tallies.attempts,
            kept: tallies.kept,
            below_line: tallies.below_line,
            twins: tallies.twins,
            without_text: tallies.without_text,
            histogram: tallies.histogram,
            genres: tallies
                .genres
                .into_iter()
                .map(|engine::GenreTally { genre, attempts, kept }| wire::GenreTally {
                    genre,
                    attempts,
                    kept,
                })
                .collect(),
            candidates: tallies.candidates,
            tokens: tallies.tokens,
            cost_micro_dollars: tallies.cost_micro_dollars,
            unpriced: tallies.unpriced,
            failures: tallies.failures,
            active_seconds: tallies.active_seconds,
        }
    }
}

impl From<engine::Estimate> for wire::BatchEstimate {
    fn from(estimate: engine::Estimate) -> Self {
        let measured = estimate.measured;
        Self {
            seconds: estimate.seconds,
            kept_share: measured.and_then(|measured| measured.kept_share()),
            measured_attempts: measured.map_or(0, |measured| measured.attempts.round() as u64),
            cost_micro_dollars: estimate.cost_micro_dollars,
        }
    }
}

impl From<engine::Preview> for wire::BatchPreview {
    fn from(preview: engine::Preview) -> Self {
        let examples = preview.examples.into_iter().map(wire::Example::from).collect();
        Self { seed: preview.settings.seed, examples }
    }
}

impl From<engine::Discarded> for wire::DiscardedBatch {
    fn from(discarded: engine::Discarded) -> Self {
        Self { id: discarded.batch.to_string(), examples: discarded.examples }
    }
}

impl From<engine::Readiness> for wire::Readiness {
    fn from(readiness: engine::Readiness) -> Self {
        Self {
            subject: readiness.subject,
            accepted: readiness.accepted_in_all,
            new_examples: readiness.accepted,
            until_ready: readiness.until_ready,
            level: match readiness.mark {
                engine::ReadinessMark::Collecting => wire::ReadinessLevel::TooFew,
                engine::ReadinessMark::RemoteFloor => wire::ReadinessLevel::Possible,
                engine::ReadinessMark::Ready => wire::ReadinessLevel::Ready,
                engine::ReadinessMark::Excellent => wire::ReadinessLevel::Excellent,
            },
            last_tuning: readiness
                .last_tuning
                .map(|tuning| wire::LastTuning { run: tuning.run.to_string(), frozen_at: tuning.frozen_at }),
            words: readiness.words,
        }
    }
}

impl From<wire::TuningRequest> for (Option<String>, engine::RunRequest) {
    fn from(wanted: wire::TuningRequest) -> Self {
        let request = engine::RunRequest {
            id: wanted.id,
            method: wanted.method.map(engine_method),
            base_model: wanted.base_model,
            epochs: wanted.epochs,
            ..engine::RunRequest::default()
        };
        (wanted.subject, request)
    }
}

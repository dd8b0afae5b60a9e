//! Runs, and requests for them.

use std::path::PathBuf;

use attune_engine as engine;

use super::super::wire;
use super::{engine_method, method, text};

impl From<engine::Run> for wire::Run {
    fn from(run: engine::Run) -> Self {
        let progress = run.progress;
        let best = run.best;
        Self {
            settings: (&run.hyperparameters).into(),
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
            held_out: run.held_out,
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
            memory_bytes: progress.memory_bytes,
            final_loss: run.final_loss,
            validation_loss: best.map(|best| best.loss),
            best_step: best.map(|best| best.step),
            computation: run.computation.map(|computation| wire::Computation {
                precision: computation.precision.into(),
                kernel: computation.kernel,
                why: computation.why,
            }),
            self_check: run.self_check.map(|found| wire::SelfCheck {
                loss_before: found.loss_before,
                loss_after: found.loss_after,
            }),
            stopped: run.stopped.map(|why| match why {
                engine::Stopped::Asked => wire::Stopped::Asked,
                engine::Stopped::Early => wire::Stopped::Early,
            }),
            resumable: run.resumable,
            resumed_from: run.resumed_from.map(|run| run.to_string()),
            started_from: run.started_from.as_deref().map(text),
            dataset: run.dataset.map(|dataset| dataset.to_string()),
            error_message: run.error_message,
            output_dir: text(&run.output_folder),
            adapter_digest: run.adapter_digest.map(|digest| digest.to_string()),
            created_at: run.created_at,
            started_at: run.started_at,
            finished_at: run.finished_at,
        }
    }
}

impl From<&engine::Hyperparameters> for wire::RunSettings {
    fn from(chosen: &engine::Hyperparameters) -> Self {
        let (course, lora) = (&chosen.course, chosen.lora.as_ref());
        let prompt = if lora.is_none() { Some(&chosen.prompt) } else { None };
        Self {
            prompt_rows: prompt.map(|prompt| prompt.rows),
            initial_prompt: prompt.map(|prompt| match prompt.initial {
                engine::InitialPrompt::Outputs => wire::InitialPrompt::Outputs,
                engine::InitialPrompt::Text => wire::InitialPrompt::Text,
                engine::InitialPrompt::Vocabulary => wire::InitialPrompt::Vocabulary,
                engine::InitialPrompt::Random => wire::InitialPrompt::Random,
            }),
            initial_text: prompt.and_then(|prompt| prompt.text.clone()),
            lora_rank: lora.map(|lora| lora.rank),
            lora_alpha: lora.map(|lora| lora.alpha),
            lora_targets: lora.map(|lora| lora.targets.clone()),
            warmup_steps: course.warmup_steps,
            decay: match course.decay {
                engine::Decay::Linear => wire::Decay::Linear,
                engine::Decay::Cosine => wire::Decay::Cosine,
                engine::Decay::Constant => wire::Decay::Constant,
            },
            accumulation_steps: course.accumulation_steps,
            batch_tokens: course.batch_tokens,
            gradient_clip: course.gradient_clip,
            weight_decay: course.weight_decay,
            dropout: course.dropout,
            precision: course.precision.into(),
            patience: course.patience,
            validation_steps: course.validation_steps,
            source_max_tokens: chosen.source_max_tokens,
            target_max_tokens: chosen.target_max_tokens,
            max_samples: course.max_samples,
            skip_self_check: course.skip_self_check,
        }
    }
}

impl From<&engine::Hyperparameters> for wire::RunDefaults {
    fn from(chosen: &engine::Hyperparameters) -> Self {
        Self {
            method: method(chosen.method()),
            epochs: chosen.epochs,
            batch_size: chosen.batch_size,
            learning_rate: chosen.learning_rate,
            seed: chosen.seed,
            settings: chosen.into(),
        }
    }
}

impl From<wire::RunRequest> for engine::RunRequest {
    fn from(wanted: wire::RunRequest) -> Self {
        Self {
            id: wanted.id,
            database_path: wanted.database_path.map(PathBuf::from),
            data_path: wanted.data_path.map(PathBuf::from),
            sample: wanted.sample,
            dataset: wanted.dataset,
            output_folder: wanted.output_dir.map(PathBuf::from),
            base_model: wanted.base_model,
            method: wanted.method.map(engine_method),
            run_identifier: wanted.run_identifier,
            run_directory: wanted.run_directory,
            resume_from: wanted.resume_from,
            start_from: wanted.start_from.map(PathBuf::from),
            max_samples: wanted.max_samples,
            epochs: wanted.epochs,
            batch_size: wanted.batch_size,
            learning_rate: wanted.learning_rate,
            source_max_tokens: wanted.source_max_tokens,
            target_max_tokens: wanted.target_max_tokens,
            seed: wanted.seed,
            prompt_rows: wanted.prompt_rows,
            initial_prompt: wanted.initial_prompt.map(|start| match start {
                wire::InitialPrompt::Outputs => engine::InitialPrompt::Outputs,
                wire::InitialPrompt::Text => engine::InitialPrompt::Text,
                wire::InitialPrompt::Vocabulary => engine::InitialPrompt::Vocabulary,
                wire::InitialPrompt::Random => engine::InitialPrompt::Random,
            }),
            initial_text: wanted.initial_text,
            warmup_steps: wanted.warmup_steps,
            decay: wanted.decay.map(|decay| match decay {
                wire::Decay::Linear => engine::Decay::Linear,
                wire::Decay::Cosine => engine::Decay::Cosine,
                wire::Decay::Constant => engine::Decay::Constant,
            }),
            accumulation_steps: wanted.accumulation_steps,
            batch_tokens: wanted.batch_tokens,
            gradient_clip: wanted.gradient_clip,
            weight_decay: wanted.weight_decay,
            dropout: wanted.dropout,
            precision: wanted.precision.map(|precision| match precision {
                wire::Precision::Auto => engine::Precision::Auto,
                wire::Precision::F32 => engine::Precision::F32,
                wire::Precision::Bf16 => engine::Precision::Bf16,
            }),
            patience: wanted.patience,
            validation_steps: wanted.validation_steps,
            skip_self_check: wanted.skip_self_check,
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

impl From<engine::ValidationPoint> for wire::ValidationPoint {
    fn from(point: engine::ValidationPoint) -> Self {
        Self { step: point.step, epoch: point.epoch, loss: point.loss }
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
        engine::Phase::Checking => wire::Phase::Checking,
        engine::Phase::Training => wire::Phase::Training,
        engine::Phase::Evaluating => wire::Phase::Evaluating,
        engine::Phase::Saving => wire::Phase::Saving,
    }
}

impl From<engine::Precision> for wire::Precision {
    fn from(precision: engine::Precision) -> Self {
        match precision {
            engine::Precision::Auto => Self::Auto,
            engine::Precision::F32 => Self::F32,
            engine::Precision::Bf16 => Self::Bf16,
        }
    }
}

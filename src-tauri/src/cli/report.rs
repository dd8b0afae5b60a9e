//! What came of a run, in words and as JSON.

use std::path::Path;

use super::output::Failure;
use crate::api::wire::{Run, RunStatus, Stopped};

pub(super) fn as_json(run: &Run) -> Result<String, Failure> {
    serde_json::to_string_pretty(run).map_err(Failure::internal)
}

/// A completed run: how good it is, where it is, and how to ask it.
pub(super) fn completed(run: &Run) -> String {
    let latest = Path::new(&run.output_dir).join("latest");
    let trained_on = run.samples_used - run.held_out.min(run.samples_used);
    let held_out = match run.validation_loss {
        Some(loss) => {
            let best = run.best_step.map_or(String::new(), |step| format!(" after step {step}"));
            format!(
                "\nBest on the {} rows held out: loss {loss:.4}{best}, which is the adapter kept.",
                run.held_out
            )
        }
        None => String::new(),
    };
    let ended = match run.stopped {
        Some(Stopped::Asked) => format!("stopped after {} of {} steps", run.step, run.total_steps),
        Some(Stopped::Early) => {
            format!(
                "ended after {} of {} steps, as the held-out loss improved no more",
                run.step, run.total_steps
            )
        }
        None => format!("{} steps", run.total_steps),
    };
    let go_on = go_on(run).map_or(String::new(), |words| format!("\n{words}"));
    format!(
        "Trained on {trained_on} rows with {}: final loss {:.4}, {ended} in {:.1} s.{held_out}\n\
         Adapter: {}\n\
         Ask it:  attune generate --adapter {} \"...\"{go_on}",
        run.base_model,
        run.final_loss.unwrap_or(f64::NAN),
        run.duration_seconds.unwrap_or(f64::NAN),
        run.run_directory,
        shell_word(&latest.to_string_lossy()),
    )
}

/// A run that ended without an adapter because a person wanted it to.
pub(super) fn stopped_words(run: &Run) -> String {
    let why = run.error_message.as_deref().map_or(String::new(), |why| format!(": {why}"));
    format!("{} was cancelled{why}", run.run_identifier)
}

/// A run that ended without an adapter.
pub(super) fn failure(run: &Run) -> Failure {
    let why = run.error_message.as_deref().unwrap_or("no reason was given");
    let failure = match run.status {
        RunStatus::Cancelled => Failure::stopped(stopped_words(run)),
        RunStatus::Interrupted => Failure::failed(format!("{} was interrupted: {why}", run.run_identifier)),
        _ => Failure::failed(format!("{} failed: {why}", run.run_identifier)),
    };
    match go_on(run) {
        Some(words) => failure.with_hint(words),
        None => failure,
    }
}

/// How to go on with a run that can be gone on with.
pub(super) fn go_on(run: &Run) -> Option<String> {
    run.resumable
        .then(|| format!("Go on with: attune train --resume-from {}", shell_word(&run.run_identifier)))
}

fn shell_word(text: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "/._-+,=@%".contains(character);
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

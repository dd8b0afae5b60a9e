//! `attune auto-train`: generates examples, and trains on them if that is wanted.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use futures_util::StreamExt;
use serde::Serialize;

use super::client::{Client, Event};
use super::output::{Failure, print, say};
use super::progress::BatchProgress;
use super::report;
use super::surroundings::Surroundings;
use super::train::{Open, see_through};
use super::writers::{self, NamedGenerator};
use crate::api::wire::{
    AutoTrainResult, Batch, BatchRequest, BatchStatus, OwnerKind, Readiness, Run, RunRequest, RunStatus,
    TuningRequest,
};
use crate::server::owner::{self, Entered};

#[derive(Debug, Args)]
pub(super) struct AutoTrainArguments {
    /// How many are attempted, 1 to 500
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    examples: u32,
    /// Genres, separated by commas [default: all]
    #[arg(long, value_delimiter = ',')]
    genres: Vec<String>,
    /// Whose examples they will be [default: me]
    #[arg(long, value_name = "ID")]
    user: Option<String>,
    /// Put what is kept into the memory too
    #[arg(long)]
    store_in_memory: bool,
    /// Go on until so many are kept, with three times as many attempts at most
    #[arg(long)]
    until_kept: bool,
    /// Who writes: base:NAME, adapter:FOLDER or adapter:RUN, endpoint:NAME, or file:PATH of a chat model in GGUF. Several
    /// times: all of them write for each attempt, and the best text is taken [default: the base auto]
    #[arg(long = "generator", value_name = "GENERATOR")]
    generators: Vec<NamedGenerator>,
    /// An endpoint by its name, whose model judges each text too [default: none]
    #[arg(long, value_name = "NAME")]
    judge: Option<String>,
    /// Texts that are written for each attempt; the best is taken, 1 to 8
    #[arg(long, value_name = "NUMBER")]
    candidates: Option<u32>,
    /// The same seed on the same machine gives the same examples [default: another each time]
    #[arg(long)]
    seed: Option<u64>,
    /// What to do with everything that is accepted then
    #[arg(long, value_enum)]
    then: Option<Then>,
    /// Print what came of it as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Then {
    /// Tune a model named zega- and the user
    Train,
}

/// What is printed as JSON.
#[derive(Debug, Serialize)]
struct Told {
    #[serde(flatten)]
    result: AutoTrainResult,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<Run>,
}

pub(super) async fn run(wanted: AutoTrainArguments, surroundings: Surroundings) -> Result<ExitCode, Failure> {
    let (then, json, subject) = (wanted.then, wanted.json, wanted.user.clone());
    let entered = owner::enter(surroundings.clone().into_place(OwnerKind::Command, None)).await?;
    let client = Client(entered.door());
    let outcome = match wanted.into_request(&client).await {
        Ok(request) => generate(&client, request).await,
        Err(failure) => Err(failure),
    };
    let tuning = match &outcome {
        Ok((batch, readiness)) if batch.status == BatchStatus::Completed => {
            match (tuning_of(batch, readiness), then) {
                (Some(run), _) => Some(find_run(&entered, run).await),
                (None, Some(Then::Train)) => Some(begin_tuning(&entered, subject).await),
                (None, None) => None,
            }
        }
        _ => None,
    };
    entered.leave().await;
    let (batch, readiness) = outcome?;
    let result = AutoTrainResult::of(&batch, &readiness);
    if batch.status == BatchStatus::Failed || batch.status == BatchStatus::Interrupted {
        let why = batch.error_message.as_deref().unwrap_or("no reason was given");
        let kept = format!(
            "{} of {} attempts are kept; continue it on the page.",
            batch.tallies.attempts, batch.most_attempts
        );
        return Err(Failure::failed(format!("{} stopped: {why}", batch.id)).with_hint(kept));
    }
    if !json {
        print(&in_words(&batch, &readiness, &result))?;
    }
    let run = match tuning {
        Some(run) => Some(see_tuning(run?, surroundings).await?),
        None => None,
    };
    let is_trained = run.as_ref().is_none_or(|run| run.status == RunStatus::Completed);
    if json {
        let told = Told { result, run: run.clone() };
        print(&serde_json::to_string_pretty(&told).map_err(Failure::internal)?)?;
    }
    match run {
        Some(run) if !is_trained => Err(report::failure(&run)),
        Some(run) if !json => print(&report::completed(&run)).map(|()| ExitCode::SUCCESS),
        _ if batch.status == BatchStatus::Cancelled => {
            Err(Failure::stopped(format!("{} was cancelled", batch.id)))
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

impl AutoTrainArguments {
    async fn into_request(self, client: &Client<'_>) -> Result<BatchRequest, Failure> {
        let (generators, judge) = writers::find(client, self.generators, self.judge).await?;
        Ok(BatchRequest {
            id: Some(attune_engine::BatchId::generate().to_string()),
            subject: self.user,
            genres: self.genres,
            generators,
            judge,
            store_in_memory: self.store_in_memory,
            until_kept: self.until_kept,
            candidates: self.candidates,
            seed: self.seed,
            ..BatchRequest::of(self.examples)
        })
    }
}

/// Begins a batch and shows it until it has ended. The first Ctrl-C cancels it; what is finished is kept.
async fn generate(client: &Client<'_>, request: BatchRequest) -> Result<(Batch, Readiness), Failure> {
    let mut events = client.events().await?;
    let mut batch: Batch = client.post("/api/v1/batches", Some(&request)).await?;
    let mut progress = BatchProgress::new();
    for notice in &batch.notices {
        say(&format!("note: {notice}"));
    }
    let mut is_cancelled = false;
    while batch.status == BatchStatus::Running {
        progress.batch(&batch);
        let event = tokio::select! {
            event = events.next() => event,
            _ = tokio::signal::ctrl_c(), if !is_cancelled => {
                is_cancelled = true;
                say("cancelling; what is finished is kept");
                let told: Result<Batch, Failure> =
                    client.post(&format!("/api/v1/batches/{}/cancel", batch.id), None::<&()>).await;
                // One that has just ended cannot be cancelled; its end is on the way.
                if let Ok(told) = told {
                    batch = told;
                }
                continue;
            }
        };
        match event {
            Some(Ok(Event::Batch(event))) if event.batch.id == batch.id => batch = event.batch,
            Some(Ok(Event::Snapshot(snapshot))) => {
                if let Some(now) = snapshot.batches.into_iter().find(|other| other.id == batch.id) {
                    batch = now;
                }
            }
            Some(Ok(_)) => {}
            Some(Err(failure)) => return Err(failure),
            None => break,
        }
    }
    progress.finish();
    let readiness = client.get(&format!("/api/v1/readiness?subject={}", query_value(&batch.subject))).await?;
    Ok((batch, readiness))
}

/// The run that began by itself when the batch ended, if the settings want that.
fn tuning_of<'r>(batch: &Batch, readiness: &'r Readiness) -> Option<&'r str> {
    let tuning = readiness.last_tuning.as_ref().filter(|tuning| tuning.frozen_at >= batch.created_at)?;
    Some(&tuning.run)
}

async fn find_run(entered: &Entered, run: &str) -> Result<Run, Failure> {
    Client(entered.door()).get(&format!("/api/v1/runs/{run}")).await
}

/// Queues the tuning while this process still stands behind its door.
async fn begin_tuning(entered: &Entered, subject: Option<String>) -> Result<Run, Failure> {
    let request = TuningRequest {
        id: Some(attune_engine::RunId::generate().to_string()),
        subject,
        ..TuningRequest::default()
    };
    Client(entered.door()).post("/api/v1/tuning", Some(&request)).await
}

/// Shows a tuning that was queued until it has ended, whoever owns the folder then: a request with its id finds it.
async fn see_tuning(run: Run, surroundings: Surroundings) -> Result<Run, Failure> {
    let request = RunRequest { id: Some(run.id), dataset: run.dataset, ..RunRequest::default() };
    let (entered, run) = see_through(request, Open::Rows, surroundings).await?;
    entered.leave().await;
    Ok(run)
}

fn in_words(batch: &Batch, readiness: &Readiness, result: &AutoTrainResult) -> String {
    let tallies = &batch.tallies;
    let genres: Vec<String> =
        result.genre_distribution.iter().map(|(genre, kept)| format!("{genre} {kept}")).collect();
    let mean = tallies.mean_quality.map_or(String::new(), |mean| format!(", {:.1} of all", 10.0 * mean));
    let found = result.training_stats.training_examples;
    let next = match (tuning_of(batch, readiness), readiness.until_ready) {
        (Some(run), _) => format!("{} accepted examples; {run} tunes on them.", readiness.accepted),
        (None, 0) => format!(
            "{found} accepted examples. Ready for a tuning: attune auto-train ... --then train, or the Generate page."
        ),
        (None, missing) => format!("{found} accepted examples. {missing} more until a tuning is ready."),
    };
    format!(
        "{} of {} kept in {:.1} s: {} below 7.0, {} twins, {} without a text.\n\
         Average quality {:.1} of 10{mean}.\n\
         Kept by genre: {}.\n\
         {next}",
        tallies.kept,
        tallies.attempts,
        tallies.active_seconds,
        tallies.below_line,
        tallies.twins,
        tallies.without_text,
        result.average_quality,
        if genres.is_empty() { "none".to_owned() } else { genres.join(", ") },
    )
}

/// A value as a query takes it.
fn query_value(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

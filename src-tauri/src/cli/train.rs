//! `attune train`: queue a run, show it, say what came of it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use futures_util::StreamExt;

use super::client::{Client, Event, Events};
use super::output::{Failure, print, say};
use super::progress::RunProgress;
use super::surroundings::Surroundings;
use crate::api::wire::{Method, OwnerKind, Run, RunRequest, RunStatus, Status};
use crate::server::{Entered, owner};

/// What is read if no database is named, as existing scripts expect.
const USUAL_DATABASE: &str = "data/ai_automation.db";

#[derive(Debug, Args)]
pub(super) struct TrainArguments {
    /// Rows to train on: JSON lines, CSV or a SQLite database [default: data/ai_automation.db, if it is there]
    #[arg(long, value_name = "FILE", conflicts_with = "db_path")]
    data: Option<PathBuf>,
    /// Another name for --data, as scripts for Ask AI databases have it
    #[arg(long, value_name = "FILE")]
    db_path: Option<PathBuf>,
    /// Where the run's folder and `latest` go [default: adapters/<source> in the data folder]
    #[arg(long, value_name = "FOLDER")]
    output_dir: Option<PathBuf>,
    /// auto, a name, a hub id or a folder
    #[arg(long, value_name = "BASE")]
    base_model: Option<String>,
    /// What is trained
    #[arg(long, value_enum)]
    method: Option<MethodArgument>,
    /// Your name for the run
    #[arg(long)]
    run_id: Option<String>,
    /// Name of the run's folder in the output folder [default: the run id]
    #[arg(long, value_name = "NAME")]
    run_directory: Option<String>,
    /// Use at most so many rows: the first, of an Ask AI database the newest [default: 2000]
    #[arg(long)]
    max_samples: Option<u32>,
    /// How often each row is seen [default: 3]
    #[arg(long)]
    epochs: Option<u32>,
    /// Rows per step [default: 1 for few rows, up to 8 from 256 rows on]
    #[arg(long)]
    batch_size: Option<u32>,
    /// How far a step goes, at its highest [default: suits the method]
    #[arg(long)]
    learning_rate: Option<f64>,
    /// Tokens of an input that are read [default: 128]
    #[arg(long)]
    source_max_tokens: Option<u32>,
    /// Tokens of an output that are learned [default: 128]
    #[arg(long)]
    target_max_tokens: Option<u32>,
    /// Rank of a LoRA adapter [default: 16]
    #[arg(long)]
    lora_rank: Option<u32>,
    /// Weight of a LoRA adapter [default: twice the rank]
    #[arg(long)]
    lora_alpha: Option<f64>,
    /// Modules of a LoRA adapter, with commas: q, k, v, o, wi_0, wi_1, wo [default: q,v]
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    lora_targets: Option<Vec<String>>,
    /// The same seed on the same machine gives the same adapter [default: 1]
    #[arg(long)]
    seed: Option<u64>,
    /// Print the run as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum MethodArgument {
    SoftPrompt,
    Lora,
}

pub(super) async fn run(wanted: TrainArguments, surroundings: Surroundings) -> Result<ExitCode, Failure> {
    let json = wanted.json;
    let request = wanted.into_request()?;
    let mut said_notices = false;
    // An owner that ends before the run leaves it queued, interrupted, or not made. The request carries the run's
    // id, so it can be repeated to whoever owns the folder then: it makes the run or finds it.
    loop {
        let entered = owner::enter(surroundings.clone().into_place(OwnerKind::Command, None)).await?;
        match attempt(&entered, &request, &mut said_notices).await {
            Ok(run) if is_active(&run) => {}
            Err(failure) if failure.owner_is_gone() => {}
            ended => {
                let reported = ended.and_then(|run| report(&run, json));
                entered.leave().await;
                return reported;
            }
        }
    }
}

/// Makes or finds the run and shows it, until it or its owner has ended.
async fn attempt(entered: &Entered, request: &RunRequest, said_notices: &mut bool) -> Result<Run, Failure> {
    let client = Client(entered.door());
    // The stream is open before the run exists, so that nothing of it is missed.
    let events = client.events().await?;
    let run: Run = client.post("/api/v1/runs", Some(request)).await?;
    if let Entered::Owner { engine, .. } = entered {
        engine.work_off_queue();
    }
    if !*said_notices {
        *said_notices = true;
        for notice in &run.notices {
            say(&format!("note: {notice}"));
        }
        let status: Status = client.get("/api/v1/status").await?;
        if let Some(active) = status.active_run_id.filter(|active| *active != run.id) {
            say(&format!("waiting in the queue until {active} has ended; Ctrl-C cancels"));
        }
    }
    follow(&client, events, run).await
}

/// Shows the run until it or its owner has ended. Ctrl-C cancels it, and its end is awaited all the same.
async fn follow(client: &Client<'_>, mut events: Events, mut run: Run) -> Result<Run, Failure> {
    let mut progress = RunProgress::new();
    progress.run(&run);
    let mut interrupted = false;
    while is_active(&run) {
        let event = tokio::select! {
            event = events.next() => event,
            _ = tokio::signal::ctrl_c(), if !interrupted => {
                interrupted = true;
                let cancelled: Result<Run, Failure> =
                    client.post(&format!("/api/v1/runs/{}/cancel", run.id), None::<&()>).await;
                // A run that has just ended cannot be cancelled; its end is on the way.
                if let Ok(cancelled) = cancelled {
                    run = cancelled;
                }
                continue;
            }
        };
        match event {
            Some(Ok(Event::Run(event))) if event.run.id == run.id => run = event.run,
            Some(Ok(Event::Snapshot(snapshot))) => {
                if let Some(now) = snapshot.runs.into_iter().find(|other| other.id == run.id) {
                    run = now;
                }
            }
            Some(Ok(Event::Point(event))) if event.run_id == run.id => progress.point(&event.point),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => break,
        }
        progress.run(&run);
    }
    progress.finish();
    Ok(run)
}

fn is_active(run: &Run) -> bool {
    matches!(run.status, RunStatus::Queued | RunStatus::Running)
}

fn report(run: &Run, json: bool) -> Result<ExitCode, Failure> {
    if json {
        print(&serde_json::to_string_pretty(run).map_err(Failure::internal)?)?;
    }
    match run.status {
        RunStatus::Completed if json => Ok(ExitCode::SUCCESS),
        RunStatus::Completed => {
            let latest = Path::new(&run.output_dir).join("latest");
            print(&format!(
                "Trained on {} rows with {}: final loss {:.4} after {} steps in {:.1} s.\n\
                 Adapter: {}\n\
                 Ask it:  attune generate --adapter {} \"...\"",
                run.samples_used,
                run.base_model,
                run.final_loss.unwrap_or(f64::NAN),
                run.total_steps,
                run.duration_seconds.unwrap_or(f64::NAN),
                run.run_directory,
                shell_word(&latest),
            ))?;
            Ok(ExitCode::SUCCESS)
        }
        RunStatus::Cancelled => Err(Failure::stopped(format!("{} was cancelled", run.run_identifier))),
        status => {
            let why = run.error_message.as_deref().unwrap_or("no reason was given");
            let how = if status == RunStatus::Interrupted { "was interrupted" } else { "failed" };
            Err(Failure::failed(format!("{} {how}: {why}", run.run_identifier)))
        }
    }
}

impl TrainArguments {
    fn into_request(self) -> Result<RunRequest, Failure> {
        let usual = || Some(PathBuf::from(USUAL_DATABASE)).filter(|usual| usual.is_file());
        let database = if self.data.is_some() { None } else { self.db_path.or_else(usual) };
        if self.data.is_none() && database.is_none() {
            return Err(Failure::unusable("no rows to train on are named")
                .with_hint("Name them with --data FILE, or an Ask AI database with --db-path FILE."));
        }
        Ok(RunRequest {
            id: Some(attune_engine::RunId::generate().to_string()),
            database_path: database.as_deref().map(absolute).transpose()?,
            data_path: self.data.as_deref().map(absolute).transpose()?,
            output_dir: self.output_dir.as_deref().map(absolute).transpose()?,
            base_model: self.base_model.map(base_argument).transpose()?,
            method: self.method.map(|method| match method {
                MethodArgument::SoftPrompt => Method::SoftPrompt,
                MethodArgument::Lora => Method::Lora,
            }),
            run_identifier: self.run_id,
            run_directory: self.run_directory,
            max_samples: self.max_samples,
            epochs: self.epochs,
            batch_size: self.batch_size,
            learning_rate: self.learning_rate,
            source_max_tokens: self.source_max_tokens,
            target_max_tokens: self.target_max_tokens,
            seed: self.seed,
            lora_rank: self.lora_rank,
            lora_alpha: self.lora_alpha,
            lora_targets: self.lora_targets,
            ..RunRequest::default()
        })
    }
}

/// A path as the owner of the data folder, which may run in another folder, understands it.
pub(super) fn absolute(path: &Path) -> Result<String, Failure> {
    let unusable = |why: String| Failure::unusable(format!("{} cannot be used: {why}", path.display()));
    let absolute = std::path::absolute(path).map_err(|error| unusable(error.to_string()))?;
    absolute.into_os_string().into_string().map_err(|_| unusable("the path is not Unicode text".to_owned()))
}

/// A base given as a folder is meant from here; names and hub ids stay as they are.
pub(super) fn base_argument(base: String) -> Result<String, Failure> {
    let path = Path::new(&base);
    if path.is_dir() { absolute(path) } else { Ok(base) }
}

fn shell_word(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |character: char| character.is_ascii_alphanumeric() || "/._-+,=@%".contains(character);
    if text.chars().all(plain) { text.into_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

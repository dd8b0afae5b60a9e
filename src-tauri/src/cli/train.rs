//! `attune train`: queue a run, show it, say what came of it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::client::Client;
use super::follow::{follow, is_active};
use super::origin::Origin;
use super::output::{self, Failure, print, say};
use super::report;
use super::surroundings::Surroundings;
use crate::api::wire::{
    Decay, FirstStart, InitialPrompt, Method, OwnerKind, Precision, Run, RunRequest, RunStatus, Status,
    Stopped,
};
use crate::server::{Entered, owner};

/// What is read if no database is named, as existing scripts expect.
const USUAL_DATABASE: &str = "data/ai_automation.db";

#[derive(Debug, Args)]
pub(super) struct TrainArguments {
    /// Rows to train on: JSON lines, CSV or a SQLite database [default: data/ai_automation.db, if it is there]
    #[arg(long, value_name = "FILE", conflicts_with = "db_path")]
    data: Option<PathBuf>,
    /// Rows that ship with Attune, with settings that suit them: butler
    #[arg(long, value_name = "NAME", conflicts_with_all = ["data", "db_path"])]
    sample: Option<String>,
    /// Examples that were frozen: the id of a dataset
    #[arg(long, value_name = "ID", conflicts_with_all = ["data", "db_path", "sample"])]
    dataset: Option<String>,
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
    /// Go on from a run that was stopped, by its id, name or folder; or begin with the adapter in a folder
    #[arg(long, value_name = "RUN_OR_FOLDER")]
    resume_from: Option<String>,
    /// Rows of a soft prompt [default: 20]
    #[arg(long)]
    prompt_rows: Option<u32>,
    /// Where a soft prompt starts [default: outputs]
    #[arg(long, value_enum)]
    initial_prompt: Option<InitialPromptArgument>,
    /// A few words that say the task, for a soft prompt to start from
    #[arg(long, value_name = "TEXT")]
    initial_text: Option<String>,
    /// Rank of a LoRA adapter [default: 16]
    #[arg(long)]
    lora_rank: Option<u32>,
    /// Weight of a LoRA adapter [default: twice the rank]
    #[arg(long)]
    lora_alpha: Option<f64>,
    /// Modules of a LoRA adapter, with commas: q, k, v, o, wi_0, wi_1, wo [default: q,v]
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    lora_targets: Option<Vec<String>>,
    /// Steps over which the learning rate rises [default: 5]
    #[arg(long)]
    warmup_steps: Option<u32>,
    /// What becomes of the learning rate then [default: linear]
    #[arg(long, value_enum)]
    decay: Option<DecayArgument>,
    /// Batches whose gradients make one step [default: 1]
    #[arg(long)]
    accumulation_steps: Option<u32>,
    /// The most tokens in a batch [default: no limit]
    #[arg(long)]
    batch_tokens: Option<u32>,
    /// The longest a gradient may be, 0 for any length [default: 1]
    #[arg(long)]
    gradient_clip: Option<f64>,
    /// Pull of the values towards zero, 0 to 1 [default: 0]
    #[arg(long)]
    weight_decay: Option<f64>,
    /// Share of values left out of each step by chance, 0 to below 1 [default: 0]
    #[arg(long)]
    dropout: Option<f64>,
    /// The numbers it is computed in; auto takes bf16 where the processor is faster in it and its first steps agree
    /// with those of f32, else f32 [default: auto]
    #[arg(long, value_enum)]
    precision: Option<PrecisionArgument>,
    /// Evaluations without a lower held-out loss after which training ends, 0 for never [default: 3]
    #[arg(long)]
    patience: Option<u32>,
    /// Steps between two evaluations of the rows held out [default: an epoch]
    #[arg(long)]
    validation_steps: Option<u32>,
    /// Do not find out first whether these settings learn anything
    #[arg(long)]
    skip_self_check: bool,
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

#[derive(Debug, Clone, Copy, ValueEnum)]
enum InitialPromptArgument {
    Outputs,
    Text,
    Vocabulary,
    Random,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DecayArgument {
    Linear,
    Cosine,
    Constant,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PrecisionArgument {
    Auto,
    F32,
    Bf16,
}

pub(super) async fn run(wanted: TrainArguments, surroundings: Surroundings) -> Result<ExitCode, Failure> {
    let json = wanted.json;
    let open = wanted.resume_from.clone().map_or(Open::Rows, Open::Origin);
    let (entered, run) = see_through(wanted.into_request()?, open, surroundings).await?;
    let reported = report(&run, json);
    entered.leave().await;
    reported
}

/// What a request leaves open until somebody can be asked.
#[derive(Debug)]
pub(super) enum Open {
    /// What it trains on, if it does not say that.
    Rows,
    /// What it goes on from: something of this name.
    Origin(String),
    /// It trains on the rows of the first start.
    FirstRows,
}

/// Makes a run and shows it until it has ended; it, and the door behind which it did, to be left when nothing more is
/// wanted there.
///
/// An owner that ends before the run leaves it queued, interrupted, or not made. The request carries the run's id, so
/// it can be repeated to whoever owns the folder then: it makes the run or finds it.
pub(super) async fn see_through(
    mut request: RunRequest,
    open: Open,
    surroundings: Surroundings,
) -> Result<(Entered, Run), Failure> {
    let mut open = Some(open);
    let mut said_notices = false;
    loop {
        let entered = owner::enter(surroundings.clone().into_place(OwnerKind::Command, None)).await?;
        if let Some(open) = open.take() {
            let completed = complete(&mut request, open, &Client(entered.door())).await;
            if let Err(failure) = completed {
                entered.leave().await;
                return Err(failure);
            }
        }
        match attempt(&entered, &request, &mut said_notices).await {
            Ok(run) if is_active(&run) => {}
            Err(failure) if failure.owner_is_gone() => {}
            Ok(run) => return Ok((entered, run)),
            Err(failure) => {
                entered.leave().await;
                return Err(failure);
            }
        }
    }
}

/// Finds out what the request leaves open: what the run goes on from, or which rows it trains on.
async fn complete(request: &mut RunRequest, open: Open, client: &Client<'_>) -> Result<(), Failure> {
    match open {
        Open::Origin(name) => Origin::find(client, &name).await?.put_into(request),
        Open::FirstRows => {
            let first: FirstStart = client.get("/api/v1/first-start").await?;
            request.sample = Some(first.sample.name);
        }
        Open::Rows => {}
    }
    let sources =
        [&request.resume_from, &request.data_path, &request.database_path, &request.sample, &request.dataset];
    if sources.into_iter().any(Option::is_some) {
        return Ok(());
    }
    let usual = Path::new(USUAL_DATABASE);
    if !usual.is_file() {
        return Err(Failure::unusable("no rows to train on are named").with_hint(
            "Name them with --data FILE, or an Ask AI database with --db-path FILE. Without rows of \
                        your own, `attune first-model` trains on sample rows.",
        ));
    }
    request.database_path = Some(absolute(usual)?);
    Ok(())
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

fn report(run: &Run, json: bool) -> Result<ExitCode, Failure> {
    if json {
        print(&report::as_json(run)?)?;
    }
    if run.status != RunStatus::Completed {
        return Err(report::failure(run));
    }
    if !json {
        print(&report::completed(run))?;
    }
    Ok(exit_code(run))
}

/// Of a completed run. Whoever chains commands must not take half a training for a whole one.
pub(super) fn exit_code(run: &Run) -> ExitCode {
    if run.stopped == Some(Stopped::Asked) { output::stopped_code() } else { ExitCode::SUCCESS }
}

impl TrainArguments {
    fn into_request(self) -> Result<RunRequest, Failure> {
        Ok(RunRequest {
            id: Some(attune_engine::RunId::generate().to_string()),
            database_path: self.db_path.as_deref().map(absolute).transpose()?,
            data_path: self.data.as_deref().map(absolute).transpose()?,
            sample: self.sample,
            dataset: self.dataset,
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
            prompt_rows: self.prompt_rows,
            initial_prompt: self.initial_prompt.map(|start| match start {
                InitialPromptArgument::Outputs => InitialPrompt::Outputs,
                InitialPromptArgument::Text => InitialPrompt::Text,
                InitialPromptArgument::Vocabulary => InitialPrompt::Vocabulary,
                InitialPromptArgument::Random => InitialPrompt::Random,
            }),
            initial_text: self.initial_text,
            warmup_steps: self.warmup_steps,
            decay: self.decay.map(|decay| match decay {
                DecayArgument::Linear => Decay::Linear,
                DecayArgument::Cosine => Decay::Cosine,
                DecayArgument::Constant => Decay::Constant,
            }),
            accumulation_steps: self.accumulation_steps,
            batch_tokens: self.batch_tokens,
            gradient_clip: self.gradient_clip,
            weight_decay: self.weight_decay,
            dropout: self.dropout,
            precision: self.precision.map(|precision| match precision {
                PrecisionArgument::Auto => Precision::Auto,
                PrecisionArgument::F32 => Precision::F32,
                PrecisionArgument::Bf16 => Precision::Bf16,
            }),
            patience: self.patience,
            validation_steps: self.validation_steps,
            skip_self_check: self.skip_self_check.then_some(true),
            resume_from: None,
            start_from: None,
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

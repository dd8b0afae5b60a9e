//! `attune models`: the base models on this computer, fetching one from the hub and importing a folder.
//!
//! Listing and importing go through the owner of the data folder like every command. A fetch does not: it writes into the
//! shared Hugging Face cache only, and the token and endpoint that count are those of the person's own shell.

use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use attune_engine::{Bases, Error, FetchError, FetchProgress, Hub, Kind};
use clap::{Args, Subcommand};
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::client::Client;
use super::output::{Failure, print, say};
use super::surroundings::Surroundings;
use super::train::absolute;
use crate::api::wire::{Base, ImportRequest, Imported, OwnerKind};
use crate::server::owner;

#[derive(Debug, Subcommand)]
pub(super) enum ModelsCommand {
    /// Name, size and folder of every base model on this computer
    List(ListArguments),
    /// Fetch a base model, or the file of a chat model, into the Hugging Face cache, or what is missing of it
    ///
    /// HF_HOME chooses the cache, HF_ENDPOINT the hub, HF_TOKEN opens private and gated models.
    ///
    /// Ctrl-C stops it; what has arrived is kept, and the next fetch goes on from there.
    Fetch(FetchArguments),
    /// Check the folder of a base model and copy it into the Hugging Face cache, so that it has a name
    Import(ImportArguments),
}

#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// Print the list as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct FetchArguments {
    /// Owner and name, as google/flan-t5-small; for a chat model the file too, as OWNER/NAME/FILE.gguf
    hub_id: String,
    /// Print what was fetched as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ImportArguments {
    /// The folder, with config.json, model.safetensors and tokenizer.json
    folder: PathBuf,
    /// Owner and name [default: the published base whose bytes it has, else imported/<folder>]
    #[arg(long, value_name = "OWNER/NAME")]
    name: Option<String>,
    /// Print what was imported as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(wanted: ModelsCommand, surroundings: Surroundings) -> Result<ExitCode, Failure> {
    match wanted {
        ModelsCommand::List(wanted) => list(wanted, surroundings).await,
        ModelsCommand::Fetch(wanted) => fetch(wanted, surroundings).await,
        ModelsCommand::Import(wanted) => import(wanted, surroundings).await,
    }
}

async fn list(wanted: ListArguments, surroundings: Surroundings) -> Result<ExitCode, Failure> {
    let entered = owner::enter(surroundings.into_place(OwnerKind::Command, None)).await?;
    let bases: Vec<Base> = Client(entered.door()).get("/api/v1/bases").await?;
    if wanted.json {
        print(&serde_json::to_string_pretty(&bases).map_err(Failure::internal)?)?;
    } else {
        print(&table(&bases))?;
        if let Some(chosen) = bases.iter().find(|base| base.chosen_by_auto) {
            say(&format!("`auto` means {}.", chosen.name));
        }
    }
    entered.leave().await;
    Ok(ExitCode::SUCCESS)
}

fn table(bases: &[Base]) -> String {
    let width = bases.iter().map(|base| base.name.len()).chain([4]).max().unwrap_or_default();
    let head = format!("{:width$}  {:>10}  {:>10}  {:19}  FOLDER", "NAME", "PARAMETERS", "SIZE", "STATE");
    let rows = bases.iter().map(|base| {
        let place = if base.bundled { "bundled" } else { "cached" };
        let state = format!("{place}, {}", trust(base.verified));
        let parameters = format!("{:.1} M", base.parameters as f64 / 1e6);
        let size = HumanBytes(base.size_bytes).to_string();
        format!("{:width$}  {parameters:>10}  {size:>10}  {state:19}  {}", base.name, base.path)
    });
    [head].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
}

fn trust(verified: bool) -> &'static str {
    if verified { "verified" } else { "unverified" }
}

async fn fetch(wanted: FetchArguments, surroundings: Surroundings) -> Result<ExitCode, Failure> {
    let place = surroundings.into_place(OwnerKind::Command, None);
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let mut fetching = tokio::task::spawn_blocking(move || {
        let bases = Bases::new(place.resources.models, place.environment.hub_cache());
        let mut progress = Progress::new();
        let fetched = Hub::from_environment(&place.environment).and_then(|hub| {
            bases.fetch(&wanted.hub_id, &hub, &mut |now| {
                progress.show(now);
                if stopped.load(Ordering::Relaxed) {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })
        });
        progress.bar.finish_and_clear();
        fetched
    });
    let ended = loop {
        tokio::select! {
            ended = &mut fetching => break ended,
            // A second Ctrl-C changes nothing: the first is obeyed within a moment.
            _ = tokio::signal::ctrl_c() => stop.store(true, Ordering::Relaxed),
        }
    };
    let fetched = ended.map_err(Failure::internal)?.map_err(failure)?;
    if wanted.json {
        let result = json!({
            "hubId": fetched.name,
            "path": fetched.path,
            "sizeBytes": fetched.size_bytes,
            "receivedBytes": fetched.bytes_received,
            "verified": fetched.verified,
        });
        print(&serde_json::to_string_pretty(&result).map_err(Failure::internal)?)?;
    } else {
        print(&fetched.path.display().to_string())?;
        say(&format!(
            "{}: {}, of which {} came over the network now; {}",
            fetched.name,
            HumanBytes(fetched.size_bytes),
            HumanBytes(fetched.bytes_received),
            if fetched.verified {
                "verified: every file has its published SHA-256"
            } else {
                "unverified: whole as the hub states it, but nobody vouches for this model"
            }
        ));
    }
    Ok(ExitCode::SUCCESS)
}

async fn import(wanted: ImportArguments, surroundings: Surroundings) -> Result<ExitCode, Failure> {
    let request = ImportRequest { path: absolute(&wanted.folder)?, name: wanted.name };
    let entered = owner::enter(surroundings.into_place(OwnerKind::Command, None)).await?;
    let imported: Result<Imported, Failure> =
        Client(entered.door()).post("/api/v1/bases/import", Some(&request)).await;
    entered.leave().await;
    let imported = imported?;
    if wanted.json {
        print(&serde_json::to_string_pretty(&imported).map_err(Failure::internal)?)?;
    } else {
        print(&imported.name)?;
        say(&format!(
            "{} in {}; {}",
            HumanBytes(imported.size_bytes),
            imported.path,
            if imported.verified {
                "verified: every file has its published SHA-256"
            } else {
                "unverified: it can be used, but nobody vouches for this model"
            }
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// A hub out of reach is no failed request of the API, which the log would tell a second time.
fn failure(error: Error) -> Failure {
    if let Error::Fetch(FetchError::Stopped { .. }) = error {
        let failure = Failure::stopped(error.to_string());
        return error.hint().into_iter().fold(failure, Failure::with_hint);
    }
    match error.kind() {
        Kind::Environment => {
            let failure = Failure::environment(attune_engine::with_reasons(&error));
            match error.hint() {
                Some(hint) => failure.with_hint(hint),
                None => failure,
            }
        }
        _ => error.into(),
    }
}

/// A bar on a terminal; elsewhere the size, then a line for each tenth.
struct Progress {
    bar: ProgressBar,
    on_terminal: bool,
    said_tenth: Option<u64>,
}

impl Progress {
    fn new() -> Self {
        let on_terminal = std::io::stderr().is_terminal();
        let target = if on_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let template = "{msg} {wide_bar} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left";
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        Self {
            bar: ProgressBar::with_draw_target(Some(0), target).with_style(style),
            on_terminal,
            said_tenth: None,
        }
    }

    fn show(&mut self, now: &FetchProgress) {
        self.bar.set_message(now.file.clone());
        self.bar.set_length(now.bytes_total);
        self.bar.set_position(now.bytes_done);
        let tenth = 10 * now.bytes_done / now.bytes_total.max(1);
        if !self.on_terminal && self.said_tenth.is_none_or(|said| tenth > said) {
            self.said_tenth = Some(tenth);
            say(&format!("{} of {}: {}", HumanBytes(now.bytes_done), HumanBytes(now.bytes_total), now.file));
        }
    }
}

//! `attune export`: an adapter for other programs.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use indicatif::HumanBytes;

use super::client::Client;
use super::output::{Failure, print, say};
use super::surroundings::Surroundings;
use super::train::{absolute, base_argument};
use crate::api::wire::{ExportRequest, Exported, OwnerKind};
use crate::server::owner;

#[derive(Debug, Args)]
pub(super) struct ExportArguments {
    /// A run folder, `latest` in an output folder, or a folder of PEFT's
    #[arg(long, value_name = "FOLDER")]
    adapter: PathBuf,
    /// Where to: an empty folder, or one that is not there yet
    #[arg(long, value_name = "FOLDER")]
    output: PathBuf,
    /// Write a complete model with the LoRA in its weights, instead of the adapter
    #[arg(long)]
    merged: bool,
    /// The base to merge into [default: the adapter's]
    #[arg(long, value_name = "BASE", requires = "merged")]
    base_model: Option<String>,
    /// Print what was written as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(wanted: ExportArguments, surroundings: Surroundings) -> Result<ExitCode, Failure> {
    let request = ExportRequest {
        run_id: None,
        adapter: Some(absolute(&wanted.adapter)?),
        output: absolute(&wanted.output)?,
        merged: wanted.merged,
        base_model: wanted.base_model.map(base_argument).transpose()?,
    };
    let entered = owner::enter(surroundings.into_place(OwnerKind::Command, None)).await?;
    let exported: Result<Exported, Failure> =
        Client(entered.door()).post("/api/v1/export", Some(&request)).await;
    entered.leave().await;
    let exported = exported?;
    if wanted.json {
        print(&serde_json::to_string_pretty(&exported).map_err(Failure::internal)?)?;
    } else {
        print(&exported.path)?;
        let what =
            exported.base_model.map_or("the adapter".to_owned(), |base| format!("{base} with the adapter"));
        let files = exported.files.join(", ");
        say(&format!("{what} {}: {files}; {}", exported.adapter_digest, HumanBytes(exported.size_bytes)));
    }
    Ok(ExitCode::SUCCESS)
}

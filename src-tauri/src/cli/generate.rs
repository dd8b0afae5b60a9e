//! `attune generate`: one question, one answer.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::client::Client;
use super::output::{Failure, print, say};
use super::surroundings::Surroundings;
use super::train::{absolute, base_argument};
use crate::api::wire::{Generated, GenerationRequest, OwnerKind};
use crate::server::owner;

#[derive(Debug, Args)]
pub(super) struct GenerateArguments {
    /// What to answer
    prompt: String,
    /// An adapter folder, or `latest` in an output folder [default: none, the base answers]
    #[arg(long, value_name = "FOLDER")]
    adapter: Option<PathBuf>,
    /// auto, a name, a hub id or a folder [default: the adapter's base, else auto]
    #[arg(long, value_name = "BASE")]
    base_model: Option<String>,
    /// Longest answer [default: 64]
    #[arg(long)]
    max_new_tokens: Option<u32>,
    /// Print the answer as JSON, with what answered
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(wanted: GenerateArguments, surroundings: Surroundings) -> Result<ExitCode, Failure> {
    let question = GenerationRequest {
        prompt: wanted.prompt,
        run_id: None,
        adapter: wanted.adapter.as_deref().map(absolute).transpose()?,
        base_model: wanted.base_model.map(base_argument).transpose()?,
        max_new_tokens: wanted.max_new_tokens,
    };
    let entered = owner::enter(surroundings.into_place(OwnerKind::Command, None)).await?;
    let answer: Generated = Client(entered.door()).post("/api/v1/generate", Some(&question)).await?;
    if wanted.json {
        print(&serde_json::to_string_pretty(&answer).map_err(Failure::internal)?)?;
    } else {
        print(&answer.text)?;
        let by = answer.adapter_digest.map_or_else(String::new, |digest| format!(" with adapter {digest}"));
        say(&format!(
            "{}{by}, {} tokens in {:.0} ms",
            answer.base_model, answer.new_tokens, answer.milliseconds
        ));
    }
    entered.leave().await;
    Ok(ExitCode::SUCCESS)
}

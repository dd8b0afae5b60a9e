//! `attune first-model`: the first start in a terminal, from nothing to base and tuned beside each other.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::client::Client;
use super::compare;
use super::output::{Failure, print, say};
use super::report;
use super::surroundings::Surroundings;
use super::train::{Open, exit_code, see_through};
use crate::api::wire::{RunRequest, RunStatus};

#[derive(Debug, Args)]
pub(super) struct FirstModelArguments {
    /// Print the run and the comparison as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(
    wanted: FirstModelArguments,
    surroundings: Surroundings,
) -> Result<ExitCode, Failure> {
    say("Training your first model on sample rows: about a minute, and nothing leaves this computer.");
    let request =
        RunRequest { id: Some(attune_engine::RunId::generate().to_string()), ..RunRequest::default() };
    let (entered, run) = see_through(request, Open::FirstRows, surroundings).await?;
    if run.status != RunStatus::Completed {
        entered.leave().await;
        return Err(report::failure(&run));
    }
    let compared = compare::comparison(&Client(entered.door()), &run.id).await;
    entered.leave().await;
    let comparison = compared?;
    if wanted.json {
        let both = json!({ "run": run, "comparison": comparison });
        print(&serde_json::to_string_pretty(&both).map_err(Failure::internal)?)?;
    } else {
        print(&format!("{}\n", report::completed(&run)))?;
        print(&compare::in_words(&comparison, compare::FEW_ROWS))?;
        say(&format!("More rows: attune compare {} --rows 0", run.run_identifier));
    }
    Ok(exit_code(&run))
}

//! `attune stop`: end a run that somebody started, and say what came of it.

use std::process::ExitCode;

use clap::Args;

use super::client::Client;
use super::follow::follow;
use super::origin::find_run;
use super::output::{Failure, print};
use super::report::{self, stopped_words};
use super::surroundings::Surroundings;
use crate::api::wire::{OwnerKind, Run, RunStatus};
use crate::server::owner;

#[derive(Debug, Args)]
pub(super) struct StopArguments {
    /// The id or the name of the run
    #[arg(value_name = "RUN")]
    run: String,
    /// Save nothing; also takes a waiting run out of the queue
    #[arg(long)]
    discard: bool,
    /// Print the run as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(wanted: StopArguments, surroundings: Surroundings) -> Result<ExitCode, Failure> {
    let entered = owner::enter(surroundings.into_place(OwnerKind::Command, None)).await?;
    let stopped = stop(&Client(entered.door()), &wanted).await;
    entered.leave().await;
    let run = stopped?;
    if wanted.json {
        print(&report::as_json(&run)?)?;
    }
    match run.status {
        _ if wanted.json => {}
        RunStatus::Completed => print(&report::completed(&run))?,
        RunStatus::Cancelled => print(&stopped_words(&run))?,
        _ => return Err(report::failure(&run)),
    }
    Ok(ExitCode::SUCCESS)
}

async fn stop(client: &Client<'_>, wanted: &StopArguments) -> Result<Run, Failure> {
    // The stream is open before the run is told, so that its end is not missed.
    let events = client.events().await?;
    let run = find_run(client, &wanted.run).await?;
    let how = if wanted.discard { "cancel" } else { "stop" };
    let told: Run = client.post(&format!("/api/v1/runs/{}/{how}", run.id), None::<&()>).await?;
    follow(client, events, told).await
}

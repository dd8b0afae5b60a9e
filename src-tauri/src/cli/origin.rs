//! What `--resume-from` and `attune stop` mean by a name: a run by its id or identifier, or a folder.

use std::path::Path;

use super::client::Client;
use super::output::Failure;
use super::train::absolute;
use crate::api::wire::{Run, RunRequest};

/// The most runs that are looked through for a name.
const LOOKED_THROUGH: u32 = 1000;

/// What a training begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// A run, by its id: exactly where it stopped.
    Run(String),
    /// An adapter, by its folder.
    Adapter(String),
}

impl Origin {
    /// # Errors
    /// If nothing has that name.
    pub(super) async fn find(client: &Client<'_>, name: &str) -> Result<Self, Failure> {
        let runs = newest(client).await?;
        if let Some(run) = by_name(&runs, name) {
            return Ok(Self::Run(run.id.clone()));
        }
        let folder = Path::new(name);
        if !folder.exists() {
            return Err(unknown(name).with_hint(
                "Give the id or the name of a run that was stopped, or the folder of a run or an adapter.",
            ));
        }
        let path = absolute(folder)?;
        // The same folder may be written in several ways, `latest` among them.
        let meant = folder.canonicalize();
        let is_meant = |run: &&Run| {
            meant.as_ref().is_ok_and(|meant| {
                Path::new(&run.run_directory).canonicalize().is_ok_and(|found| found == *meant)
            })
        };
        Ok(match runs.iter().find(is_meant) {
            Some(run) if run.resumable => Self::Run(run.id.clone()),
            _ => Self::Adapter(path),
        })
    }

    pub(super) fn put_into(self, request: &mut RunRequest) {
        match self {
            Self::Run(id) => request.resume_from = Some(id),
            Self::Adapter(folder) => request.start_from = Some(folder),
        }
    }
}

/// The run of this id, else the newest of this identifier.
///
/// # Errors
/// If there is none.
pub(super) async fn find_run(client: &Client<'_>, name: &str) -> Result<Run, Failure> {
    let runs = newest(client).await?;
    by_name(&runs, name).cloned().ok_or_else(|| unknown(name).with_hint("Give the id or the name of a run."))
}

pub(super) async fn newest(client: &Client<'_>) -> Result<Vec<Run>, Failure> {
    client.get(&format!("/api/v1/runs?limit={LOOKED_THROUGH}")).await
}

pub(super) fn by_name<'r>(runs: &'r [Run], name: &str) -> Option<&'r Run> {
    runs.iter().find(|run| run.id == name).or_else(|| runs.iter().find(|run| run.run_identifier == name))
}

fn unknown(name: &str) -> Failure {
    Failure::unusable(format!("there is no run {name:?}"))
}

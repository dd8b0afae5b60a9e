//! `attune serve`: the page and the API on 127.0.0.1, until it is told to end.

use std::process::ExitCode;

use clap::Args;

use super::client::Client;
use super::output::{Failure, print, say};
use super::surroundings::Surroundings;
use crate::api::wire::{OwnerKind, Status};
use crate::server::{Door, Entered, Place, owner};

#[derive(Debug, Args)]
pub(super) struct ServeArguments {
    /// 0 takes a free port [default: the port of the settings, 7717]
    #[arg(long)]
    port: Option<u16>,
}

pub(super) async fn run(wanted: ServeArguments, surroundings: Surroundings) -> Result<ExitCode, Failure> {
    serve(wanted.port, &[], false, surroundings).await
}

/// Serves on `port`, else on the port of the settings, and where that is taken on the first of `instead` that is not.
/// `offers_first` says how to begin where nothing was trained yet, to a person who wanted no server in particular.
async fn serve(
    port: Option<u16>,
    instead: &[u16],
    offers_first: bool,
    surroundings: Surroundings,
) -> Result<ExitCode, Failure> {
    let place = Place { port, ..surroundings.into_place(OwnerKind::Server, None) };
    match owner::enter(place).await? {
        Entered::Owner { engine, owner, door } => {
            let Door::InMemory(router) = door else {
                return Err(Failure::failed("the owner's own door leads elsewhere"));
            };
            // Before anybody learns that the server is there, and may want its end.
            let told_to_end = told_to_end()?;
            // The engine checks the range of the settings.
            let first = u16::try_from(engine.settings()?.listener_port).unwrap_or_default();
            let mut opened = owner.listener.open(first, router.clone()).await;
            for port in instead {
                if opened.is_err() {
                    opened = owner.listener.open(*port, router.clone()).await;
                }
            }
            let opened = opened.map_err(|error| {
                Failure::environment(format!("could not listen on 127.0.0.1:{first}: {error}"))
                    .with_hint("Choose another port; --port 0 takes a free one.")
            })?;
            print(&format!("Attune serves {}", opened.address))?;
            if offers_first && engine.first_start()?.wanted {
                say("Train your first model there, or here in another terminal: attune first-model");
            }
            engine.work_off_queue();
            told_to_end.await;
            owner.listener.close().await;
            // Waits for the worker, which must not outlive its owner.
            let shut = tokio::task::spawn_blocking(move || engine.shut_down()).await;
            shut.map_err(Failure::internal)?;
            Ok(ExitCode::SUCCESS)
        }
        Entered::Client { door } => {
            let status: Status = Client(&door).get("/api/v1/status").await?;
            let folder = status.data_folder;
            Err(match status.owner.address {
                Some(address) => {
                    Failure::in_the_way(format!("the data folder {folder} is served already at {address}"))
                        .with_hint(format!("Use {address}, or serve another folder with --data-dir."))
                }
                None => Failure::in_the_way(format!(
                    "the data folder {folder} is in use by process {}",
                    status.owner.process_id
                ))
                .with_hint("Close its window, or wait until its command has ended."),
            })
        }
    }
}

/// What a start without arguments does where no window can open: the usual port, or a free one.
pub(super) async fn run_without_display(surroundings: Surroundings) -> Result<ExitCode, Failure> {
    say("No display was found, so Attune serves its page instead of opening a window. Ctrl-C ends it.");
    serve(None, &[0], true, surroundings).await
}

/// Listens for the wish to end from now on; the future comes true when there is one.
fn told_to_end() -> Result<impl Future<Output = ()>, Failure> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupted = signal(SignalKind::interrupt()).map_err(Failure::internal)?;
        let mut terminated = signal(SignalKind::terminate()).map_err(Failure::internal)?;
        Ok(async move {
            tokio::select! {
                _ = interrupted.recv() => {}
                _ = terminated.recv() => {}
            }
        })
    }
    #[cfg(windows)]
    {
        let mut interrupted = tokio::signal::windows::ctrl_c().map_err(Failure::internal)?;
        Ok(async move {
            interrupted.recv().await;
        })
    }
}

//! `attune serve`: the page and the API on 127.0.0.1, until it is told to end.

use std::process::ExitCode;

use clap::Args;

use super::client::Client;
use super::output::{Failure, print, say};
use super::surroundings::Surroundings;
use crate::api::wire::{OwnerKind, Status};
use crate::server::{self, Door, Entered, owner};

const USUAL_PORT: u16 = 7717;

#[derive(Debug, Args)]
pub(super) struct ServeArguments {
    /// 0 takes a free port
    #[arg(long, default_value_t = USUAL_PORT)]
    pub(super) port: u16,
}

pub(super) async fn run(port: u16, surroundings: Surroundings) -> Result<ExitCode, Failure> {
    serve(port, surroundings, false).await
}

/// `offers_first` says how to begin where nothing was trained yet, to a person who wanted no server in particular.
async fn serve(port: u16, surroundings: Surroundings, offers_first: bool) -> Result<ExitCode, Failure> {
    let entered = owner::enter(surroundings.into_place(OwnerKind::Server, None)).await?;
    match entered {
        Entered::Owner { engine, owner, door } => {
            let Door::InMemory(router) = door else {
                return Err(Failure::failed("the owner's own door leads elsewhere"));
            };
            let listening = server::listen(port, router).await.map_err(|error| {
                Failure::environment(format!("could not listen on 127.0.0.1:{port}: {error}"))
                    .with_hint("Choose another port; --port 0 takes a free one.")
            })?;
            // Before anybody learns that the server is there, and may want its end.
            let told_to_end = told_to_end()?;
            // Only this function sets it.
            let _ = owner.address.set(listening.address());
            print(&format!("Attune serves {}", listening.address()))?;
            if offers_first && first_start_is_wanted(&engine).await? {
                say("Train your first model there, or here in another terminal: attune first-model");
            }
            engine.work_off_queue();
            let ended = tokio::select! {
                broken = listening.serve() => broken.map_err(|error| {
                    Failure::environment(format!("the listener on 127.0.0.1 broke: {error}"))
                }),
                () = told_to_end => Ok(()),
            };
            // Waits for the worker, which must not outlive its owner.
            let shut = tokio::task::spawn_blocking(move || engine.shut_down()).await;
            shut.map_err(Failure::internal)?;
            ended.map(|()| ExitCode::SUCCESS)
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
    let taken = tokio::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, USUAL_PORT)).await.is_err();
    serve(if taken { 0 } else { USUAL_PORT }, surroundings, true).await
}

async fn first_start_is_wanted(engine: &attune_engine::Engine) -> Result<bool, Failure> {
    let engine = engine.clone();
    let first = tokio::task::spawn_blocking(move || engine.first_start()).await.map_err(Failure::internal)?;
    Ok(first?.wanted)
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

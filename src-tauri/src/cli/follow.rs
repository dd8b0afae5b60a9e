//! Shows a run until it or its owner has ended, and passes Ctrl-C on.

use futures_util::StreamExt;

use super::client::{Client, Event, Events};
use super::output::{Failure, say};
use super::progress::RunProgress;
use crate::api::wire::{Run, RunStatus};

/// Shows the run until it or its owner has ended.
///
/// The first Ctrl-C stops a running run and saves what it learned, the second throws that away; a run that waits is
/// taken out of the queue. Its end is awaited all the same.
pub(super) async fn follow(client: &Client<'_>, mut events: Events, mut run: Run) -> Result<Run, Failure> {
    let mut progress = RunProgress::new();
    progress.run(&run);
    let mut interrupts = 0;
    while is_active(&run) {
        let event = tokio::select! {
            event = events.next() => event,
            _ = tokio::signal::ctrl_c(), if interrupts < 2 => {
                interrupts += 1;
                let save = interrupts == 1 && run.status == RunStatus::Running;
                if save {
                    say("stopping, and saving what was learned; Ctrl-C again throws it away");
                } else {
                    interrupts = 2;
                }
                let how = if save { "stop" } else { "cancel" };
                let told: Result<Run, Failure> =
                    client.post(&format!("/api/v1/runs/{}/{how}", run.id), None::<&()>).await;
                // A run that has just ended cannot be told anything; its end is on the way.
                if let Ok(told) = told {
                    run = told;
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
            Some(Ok(Event::Validation(event))) if event.run_id == run.id => {
                progress.validation(&event.validation);
            }
            Some(Ok(_)) => {}
            Some(Err(_)) | None => break,
        }
        progress.run(&run);
    }
    progress.finish();
    Ok(run)
}

pub(super) fn is_active(run: &Run) -> bool {
    matches!(run.status, RunStatus::Queued | RunStatus::Running)
}

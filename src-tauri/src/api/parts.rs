//! Answers that are read while they are made, as server-sent events.
//!
//! Invariants: an answer that nobody waits for any more is not made to its end. A stream ends with the whole or a
//! `problem`, unless the reader left; what is wrong before the first part is a status as everywhere.

use std::convert::Infallible;
use std::ops::ControlFlow;

use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use serde::Serialize;
use tokio::sync::mpsc;

use super::Problem;
use super::events::encoded;

/// Parts that wait for a slow reader; then whoever hands them over waits too, and nobody else. A comparison has fewer, so that its reader never holds
/// up another's.
const MOST_WAITING: usize = 1024;

/// Where an answer puts its parts.
pub(super) struct Parts(mpsc::Sender<Part>);

enum Part {
    More(Event),
    Whole(Event),
    Problem(Problem),
}

impl Parts {
    /// Hands a part on; `Break` if nobody reads any more.
    pub(super) fn send(&self, name: &str, data: &impl Serialize) -> ControlFlow<()> {
        flow(self.0.blocking_send(Part::More(encoded(name, data))).is_ok())
    }

    /// Whether anybody reads still.
    pub(super) fn look(&self) -> ControlFlow<()> {
        flow(!self.0.is_closed())
    }
}

fn flow(goes_on: bool) -> ControlFlow<()> {
    if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}

/// Makes an answer on a thread that may wait, and streams its parts. The last event has the name `whole`, or is a
/// `problem`; a maker that gives nothing was left by its reader.
pub(super) async fn stream<T: Serialize>(
    whole: &'static str,
    make: impl FnOnce(&Parts) -> Result<Option<T>, Problem> + Send + 'static,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let (send, mut parts) = mpsc::channel(MOST_WAITING);
    tokio::task::spawn_blocking(move || {
        let parts = Parts(send);
        let last = match make(&parts) {
            Ok(Some(answer)) => Part::Whole(encoded(whole, &answer)),
            Ok(None) => return,
            Err(problem) => Part::Problem(problem),
        };
        // A reader that left is told nothing.
        let _ = parts.0.blocking_send(last);
    });
    // What is wrong with the question comes first, if anything is, and is answered with its status.
    let first = match parts.recv().await.unwrap_or_else(|| Part::Problem(Problem::mistake())) {
        Part::Problem(problem) => return Err(problem),
        first => first,
    };
    let stream = stream::unfold(Some((Some(first), parts)), |state| async move {
        let (first, mut parts) = state?;
        let part = match first {
            Some(first) => first,
            // The thread panicked: the reader must not take the silence for an end.
            None => parts.recv().await.unwrap_or_else(|| Part::Problem(Problem::mistake())),
        };
        Some(match part {
            Part::More(event) => (Ok(event), Some((None, parts))),
            Part::Whole(event) => (Ok(event), None),
            Part::Problem(problem) => (Ok(encoded("problem", &problem)), None),
        })
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()))
}

//! The stream of events: a snapshot, then whole records.
//!
//! Invariant: a reader that fell behind gets a fresh snapshot, never a gap.

use std::convert::Infallible;

use attune_engine::{Engine, Event as EngineEvent, Subscription};
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use serde::Serialize;

use super::body::waiting;
use super::wire::{
    Batch, BatchEvent, BatchRemovedEvent, ExampleEvent, PointEvent, RemovedEvent, Run, RunEvent,
    SnapshotEvent, ValidationEvent,
};
use super::{ApiState, Problem};

/// Runs in the snapshot; a page shows no more at once.
const SNAPSHOT_RUNS: u32 = 50;
const SNAPSHOT_BATCHES: u32 = 20;

/// Server-sent events: `snapshot` first, then `run`, `removed`, `point` and `validation` of runs, `batch`,
/// `batchRemoved` and `example` of batches.
#[utoipa::path(get, path = "/api/v1/events", tag = "system",
    responses((status = 200, content_type = "text/event-stream",
        body = inline(StreamedEvent), description = "one of these as the data of each event")))]
pub(super) async fn events(
    State(state): State<ApiState>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let first = snapshot(&state.engine).await?;
    let stream = stream::unfold(Reader::Begin(state.engine, first), |reader| async move {
        match reader {
            Reader::Begin(engine, (subscription, event)) => {
                Some((Ok(event), Reader::Follow(engine, subscription)))
            }
            Reader::Follow(engine, mut subscription) => match subscription.next().await? {
                Ok(event) => Some((Ok(translate(event)), Reader::Follow(engine, subscription))),
                Err(attune_engine::Behind) => {
                    // A snapshot that cannot be made ends the stream: the reader comes back.
                    let (subscription, event) = snapshot(&engine).await.ok()?;
                    Some((Ok(event), Reader::Follow(engine, subscription)))
                }
            },
        }
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()))
}

/// What may be the data of an event; here only so that the description names the shapes.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "described, never built")]
enum StreamedEvent {
    Snapshot(SnapshotEvent),
    Run(Box<RunEvent>),
    Removed(RemovedEvent),
    Point(PointEvent),
    Validation(ValidationEvent),
    Batch(Box<BatchEvent>),
    BatchRemoved(BatchRemovedEvent),
    Example(Box<ExampleEvent>),
}

enum Reader {
    Begin(Engine, (Subscription, Event)),
    Follow(Engine, Subscription),
}

async fn snapshot(engine: &Engine) -> Result<(Subscription, Event), Problem> {
    // Subscribed before the runs are read, so that nothing falls between the two.
    let subscription = engine.subscribe();
    let reading = engine.clone();
    let (runs, batches) =
        waiting(move || Ok((reading.runs(SNAPSHOT_RUNS, None)?, reading.batches(SNAPSHOT_BATCHES, None)?)))
            .await?;
    let data = SnapshotEvent {
        sequence: subscription.sequence(),
        runs: runs.into_iter().map(Run::from).collect(),
        batches: batches.into_iter().map(Batch::from).collect(),
    };
    Ok((subscription, encoded("snapshot", &data)))
}

fn translate(event: EngineEvent) -> Event {
    match event {
        EngineEvent::Run { sequence, run } => encoded("run", &RunEvent { sequence, run: Run::from(*run) }),
        EngineEvent::Removed { sequence, run } => {
            encoded("removed", &RemovedEvent { sequence, run_id: run.to_string() })
        }
        EngineEvent::Point { sequence, run, point } => {
            encoded("point", &PointEvent { sequence, run_id: run.to_string(), point: point.into() })
        }
        EngineEvent::Validation { sequence, run, validation } => {
            let (run_id, validation) = (run.to_string(), validation.into());
            encoded("validation", &ValidationEvent { sequence, run_id, validation })
        }
        EngineEvent::Batch { sequence, batch } => {
            encoded("batch", &BatchEvent { sequence, batch: (*batch).into() })
        }
        EngineEvent::BatchDiscarded { sequence, batch } => {
            encoded("batchRemoved", &BatchRemovedEvent { sequence, batch_id: batch.to_string() })
        }
        EngineEvent::Example { sequence, example } => {
            encoded("example", &ExampleEvent { sequence, example: (*example).into() })
        }
    }
}

/// An event with this shape as its data.
pub(super) fn encoded(name: &str, data: &impl Serialize) -> Event {
    Event::default().event(name).json_data(data).unwrap_or_else(|error| {
        // Not reachable with the shapes of this module: they hold no maps and no numbers JSON lacks.
        Event::default().event("error").data(error.to_string())
    })
}

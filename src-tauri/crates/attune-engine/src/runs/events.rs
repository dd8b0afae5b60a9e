//! What happens, as it happens: a snapshot first, then whole records with a sequence number.
//!
//! Invariant: a subscriber that applies the snapshot and every event after it is up to date. One that is too
//! slow for that is told so, and takes a new snapshot instead of living with a gap.

use std::sync::{Mutex, PoisonError};

use tokio::sync::broadcast;

use super::{Point, Run, RunId, ValidationPoint};
use crate::generation::{Batch, BatchId, Example};

/// Events that wait for a slow subscriber before it has to start again from a snapshot.
const BACKLOG: usize = 512;

#[derive(Debug, Clone)]
pub enum Event {
    /// A run as it is now.
    Run { sequence: u64, run: Box<Run> },
    /// A run that was deleted.
    Removed { sequence: u64, run: RunId },
    /// A step that a run has taken.
    Point { sequence: u64, run: RunId, point: Point },
    /// An evaluation that a run has made.
    Validation { sequence: u64, run: RunId, validation: ValidationPoint },
    /// A batch of examples as it is now.
    Batch { sequence: u64, batch: Box<Batch> },
    /// A batch that was discarded with its examples.
    BatchDiscarded { sequence: u64, batch: BatchId },
    /// An example as it is now: it was added, or a person said something of it.
    Example { sequence: u64, example: Box<Example> },
}

impl Event {
    fn sequence(&self) -> u64 {
        match self {
            Self::Run { sequence, .. }
            | Self::Removed { sequence, .. }
            | Self::Point { sequence, .. }
            | Self::Validation { sequence, .. }
            | Self::Batch { sequence, .. }
            | Self::BatchDiscarded { sequence, .. }
            | Self::Example { sequence, .. } => *sequence,
        }
    }
}

/// One reader of the events.
#[derive(Debug)]
pub struct Subscription {
    receiver: broadcast::Receiver<Event>,
    /// Events up to here are part of the snapshot.
    since: u64,
}

impl Subscription {
    /// Sequence number of the moment at which the subscription began.
    pub fn sequence(&self) -> u64 {
        self.since
    }

    /// The next event; `None` when the engine has ended.
    ///
    /// # Errors
    /// [`Behind`] if events were lost because they were not read in time: subscribe again.
    pub async fn next(&mut self) -> Option<Result<Event, Behind>> {
        loop {
            match self.receiver.recv().await {
                Ok(event) if event.sequence() <= self.since => {}
                Ok(event) => return Some(Ok(event)),
                Err(broadcast::error::RecvError::Lagged(_)) => return Some(Err(Behind)),
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

/// The subscriber missed events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behind;

#[derive(Debug)]
pub(crate) struct Events {
    sender: broadcast::Sender<Event>,
    sequence: Mutex<u64>,
}

impl Events {
    pub(crate) fn new() -> Self {
        Self { sender: broadcast::channel(BACKLOG).0, sequence: Mutex::new(0) }
    }

    pub(crate) fn run(&self, run: Run) {
        self.publish(|sequence| Event::Run { sequence, run: Box::new(run) });
    }

    pub(crate) fn removed(&self, run: RunId) {
        self.publish(|sequence| Event::Removed { sequence, run });
    }

    pub(crate) fn point(&self, run: RunId, point: Point) {
        self.publish(|sequence| Event::Point { sequence, run, point });
    }

    pub(crate) fn validation(&self, run: RunId, validation: ValidationPoint) {
        self.publish(|sequence| Event::Validation { sequence, run, validation });
    }

    pub(crate) fn batch(&self, batch: Batch) {
        self.publish(|sequence| Event::Batch { sequence, batch: Box::new(batch) });
    }

    pub(crate) fn batch_discarded(&self, batch: BatchId) {
        self.publish(|sequence| Event::BatchDiscarded { sequence, batch });
    }

    pub(crate) fn example(&self, example: Example) {
        self.publish(|sequence| Event::Example { sequence, example: Box::new(example) });
    }

    pub(crate) fn subscribe(&self) -> Subscription {
        let sequence = self.sequence.lock().unwrap_or_else(PoisonError::into_inner);
        Subscription { receiver: self.sender.subscribe(), since: *sequence }
    }

    fn publish(&self, event: impl FnOnce(u64) -> Event) {
        let mut sequence = self.sequence.lock().unwrap_or_else(PoisonError::into_inner);
        *sequence += 1;
        // Nobody listening is no failure.
        let _ = self.sender.send(event(*sequence));
    }
}

//! Listens to a worker and gives it orders until it has ended.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::attend::{Order, note};
use super::dispatcher::Shared;
use super::worker_process::{Heard, WorkerProcess};
use super::{Phase, Point, Progress, Run, metrics};
use crate::store::runs::Runs;
use crate::worker::protocol::{Command, Message};

/// How long a worker may take to obey before it is killed; a step of a large model takes seconds. One that is told to
/// save has the time it needs: it can still be cancelled.
const OBEDIENCE: Duration = Duration::from_secs(5);

/// Whole records of a running run are published at most this often; points always are.
const RECORD_INTERVAL: Duration = Duration::from_millis(250);

/// What was heard of a worker until it ended, and what it had been told.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) asked_to_stop: bool,
    pub(super) cancelled: bool,
    pub(super) shut_down: bool,
    pub(super) last: Option<Message>,
}

/// Follows a worker to its end.
pub(super) fn follow(
    shared: &Shared,
    run: &Run,
    worker: &mut WorkerProcess,
    inbox: &Receiver<Order>,
) -> Told {
    let mut told = Told::default();
    let mut follower = Follower::new(shared, run);
    let mut deadline: Option<Instant> = None;
    loop {
        let order = match deadline {
            None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(deadline) => inbox.recv_timeout(deadline.saturating_duration_since(Instant::now())),
        };
        match order {
            Ok(Order::Heard(Heard::Message(message))) => {
                told.last = follower.hear(message, worker).or(told.last)
            }
            Ok(Order::Heard(Heard::Ended)) | Err(RecvTimeoutError::Disconnected) => return told,
            Ok(Order::Stop) => {
                told.asked_to_stop = true;
                worker.command(Command::StopAndSave);
            }
            Ok(Order::Cancel) => {
                told.cancelled = true;
                worker.command(Command::Discard);
                deadline.get_or_insert(Instant::now() + OBEDIENCE);
            }
            Ok(Order::ShutDown) => {
                told.shut_down = true;
                worker.close_input();
                deadline.get_or_insert(Instant::now() + OBEDIENCE);
            }
            Err(RecvTimeoutError::Timeout) => {
                worker.kill();
                deadline = None;
            }
        }
    }
}

/// What is known of a running run, and who is told.
struct Follower<'f> {
    shared: &'f Shared,
    run: &'f Run,
    progress: Progress,
    published: Instant,
}

impl<'f> Follower<'f> {
    fn new(shared: &'f Shared, run: &'f Run) -> Self {
        // A run that goes on from another begins with that one's curves, and so with its best evaluation.
        let best = metrics::read_whole(&run.folder()).ok().and_then(|curves| curves.best());
        let progress = Progress { best, ..Progress::default() };
        Self { shared, run, progress, published: Instant::now() }
    }

    /// Takes in a message; gives it back if it is the last.
    fn hear(&mut self, message: Message, worker: &mut WorkerProcess) -> Option<Message> {
        match message {
            Message::Phase { phase } => {
                self.progress.phase = Some(phase);
                self.publish(worker);
            }
            Message::Settled { computation } => {
                let kept = Runs(&self.shared.store.connection()).keep_computation(&self.run.id, &computation);
                note(kept, "could not keep what a run is computed in");
                self.publish(worker);
            }
            Message::Checked { found } => {
                let kept = Runs(&self.shared.store.connection()).keep_self_check(&self.run.id, found);
                note(kept, "could not keep what a self-check found");
                self.publish(worker);
            }
            Message::Begun { steps, total_steps, cut_rows } => {
                self.progress = Progress { step: steps, total_steps, ..self.progress };
                if let Some(notice) = self.cut_rows(cut_rows) {
                    let kept = Runs(&self.shared.store.connection()).add_notice(&self.run.id, &notice);
                    note(kept, "could not keep a notice");
                }
                self.publish(worker);
            }
            Message::Step { point, total_steps } => self.step(point, total_steps, worker),
            Message::Validation { point, best } => {
                self.progress.best = Some(best);
                self.shared.events.validation(self.run.id.clone(), point);
                self.publish(worker);
            }
            last @ (Message::Finished { .. } | Message::Stopped | Message::Failed { .. }) => {
                return Some(last);
            }
        }
        None
    }

    fn step(&mut self, point: Point, total_steps: u64, worker: &mut WorkerProcess) {
        let left = (total_steps - point.step.min(total_steps)) as f64;
        self.progress = Progress {
            phase: Some(Phase::Training),
            step: point.step,
            total_steps,
            loss: Some(point.loss),
            tokens_per_second: Some(point.tokens_per_second),
            seconds_left: Some(point.elapsed_seconds / point.step as f64 * left),
            ..self.progress
        };
        self.shared.set_progress(&self.run.id, self.progress);
        self.shared.events.point(self.run.id.clone(), point);
        if self.published.elapsed() >= RECORD_INTERVAL {
            self.publish(worker);
        }
    }

    fn publish(&mut self, worker: &mut WorkerProcess) {
        self.published = Instant::now();
        self.progress.memory_bytes = worker.memory_bytes();
        self.shared.set_progress(&self.run.id, self.progress);
        note(self.shared.publish(&self.run.id), "could not publish a run");
    }

    /// What a person should know of rows that are longer than they may be. One that goes on from another knows it.
    fn cut_rows(&self, rows: u64) -> Option<String> {
        if rows == 0 || self.run.resumed_from.is_some() {
            return None;
        }
        let limits = &self.run.hyperparameters;
        let are = if rows == 1 { "1 row is".to_owned() } else { format!("{rows} rows are") };
        Some(format!(
            "{are} longer than {} tokens of input or {} of output: what comes after that is cut off. \
             sourceMaxTokens and targetMaxTokens raise the limits, to 1024 at most.",
            limits.source_max_tokens, limits.target_max_tokens
        ))
    }
}

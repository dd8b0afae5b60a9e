//! Fetches that were asked for through the API, each on a thread of its own, and how far they are.
//!
//! They live in memory: what a fetch brought lies in the cache, so asking again after a restart goes on there.
//! Invariant: one entry for each hub id, and at most one thread for it.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Bases, FetchError, Fetched, Hub};
use crate::{Environment, Error, Result, with_reasons};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchStatus {
    Fetching,
    Completed,
    Failed,
    /// Somebody stopped it; what has arrived is kept.
    Cancelled,
}

/// One fetch, running or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    pub hub_id: String,
    pub status: FetchStatus,
    /// The file that is being fetched.
    pub file: Option<String>,
    pub bytes_done: u64,
    /// 0 until the hub has said it.
    pub bytes_total: u64,
    /// Of a completed one.
    pub verified: Option<bool>,
    /// Of a completed one: the folder of a base, or the file of a chat model.
    pub path: Option<PathBuf>,
    /// Of a failed one.
    pub error_message: Option<String>,
    pub hint: Option<String>,
}

/// All fetches of an engine. Dropping it tells them to stop; they end after their next piece.
#[derive(Debug)]
pub(crate) struct Fetches {
    bases: Bases,
    environment: Environment,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    list: Mutex<Vec<Entry>>,
}

/// A fetch, and the wish to stop it.
#[derive(Debug)]
struct Entry {
    fetch: Fetch,
    stop: Arc<AtomicBool>,
}

impl Fetches {
    pub(crate) fn new(bases: Bases, environment: Environment) -> Self {
        Self { bases, environment, shared: Arc::default() }
    }

    /// In the order in which they were first asked for.
    pub(crate) fn list(&self) -> Vec<Fetch> {
        self.shared.entries().iter().map(|entry| entry.fetch.clone()).collect()
    }

    /// Tells a fetch to stop; it ends a moment later and keeps what has arrived.
    ///
    /// # Errors
    /// [`FetchError::NotFetching`] if none is at it.
    pub(crate) fn cancel(&self, hub_id: &str) -> Result<Fetch> {
        let entries = self.shared.entries();
        let at_it = entries
            .iter()
            .find(|entry| entry.fetch.hub_id == hub_id && entry.fetch.status == FetchStatus::Fetching);
        let entry =
            at_it.ok_or_else(|| Error::Fetch(FetchError::NotFetching { hub_id: hub_id.to_owned() }))?;
        entry.stop.store(true, Ordering::Relaxed);
        Ok(entry.fetch.clone())
    }

    /// Begins to fetch `hub_id`, or answers with the fetch that is at it.
    ///
    /// # Errors
    /// What [`Hub::from_environment`] says, or [`super::FetchError::NoHubId`].
    pub(crate) fn start(&self, hub_id: &str) -> Result<Fetch> {
        self.bases.repository(hub_id)?;
        let hub = Hub::from_environment(&self.environment)?;
        let fetch = Fetch {
            hub_id: hub_id.to_owned(),
            status: FetchStatus::Fetching,
            file: None,
            bytes_done: 0,
            bytes_total: 0,
            verified: None,
            path: None,
            error_message: None,
            hint: None,
        };
        let stop = Arc::new(AtomicBool::new(false));
        let entry = Entry { fetch: fetch.clone(), stop: Arc::clone(&stop) };
        let mut entries = self.shared.entries();
        match entries.iter_mut().find(|entry| entry.fetch.hub_id == hub_id) {
            Some(at_it) if at_it.fetch.status == FetchStatus::Fetching => return Ok(at_it.fetch.clone()),
            Some(ended) => *ended = entry,
            None => entries.push(entry),
        }
        drop(entries);
        let (bases, shared, hub_id) = (self.bases.clone(), Arc::clone(&self.shared), hub_id.to_owned());
        std::thread::spawn(move || shared.attend(&bases, &hub_id, &hub, &stop));
        Ok(fetch)
    }
}

impl Drop for Fetches {
    fn drop(&mut self) {
        for entry in self.shared.entries().iter() {
            entry.stop.store(true, Ordering::Relaxed);
        }
    }
}

impl Shared {
    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn attend(&self, bases: &Bases, hub_id: &str, hub: &Hub, stop: &AtomicBool) {
        let fetched = bases.fetch(hub_id, hub, &mut |progress| {
            self.change(hub_id, |fetch| {
                fetch.file = Some(progress.file.clone());
                fetch.bytes_done = progress.bytes_done;
                fetch.bytes_total = progress.bytes_total;
            });
            if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        self.change(hub_id, |fetch| {
            fetch.file = None;
            match fetched {
                Ok(Fetched { verified, path, .. }) => {
                    fetch.status = FetchStatus::Completed;
                    fetch.verified = Some(verified);
                    fetch.path = Some(path);
                }
                Err(Error::Fetch(FetchError::Stopped { .. })) => fetch.status = FetchStatus::Cancelled,
                Err(error) => {
                    tracing::warn!(hub_id, error = with_reasons(&error), "a base could not be fetched");
                    fetch.status = FetchStatus::Failed;
                    fetch.error_message = Some(with_reasons(&error));
                    fetch.hint = error.hint();
                }
            }
        });
    }

    fn change(&self, hub_id: &str, change: impl FnOnce(&mut Fetch)) {
        if let Some(entry) = self.entries().iter_mut().find(|entry| entry.fetch.hub_id == hub_id) {
            change(&mut entry.fetch);
        }
    }
}

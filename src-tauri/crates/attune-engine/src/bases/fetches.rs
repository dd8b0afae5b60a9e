//! Fetches that were asked for through the API, each on a thread of its own, and how far they are.
//!
//! They live in memory: what a fetch brought lies in the cache, so asking again after a restart goes on there.
//! Invariant: one entry for each hub id, and at most one thread for it.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Bases, Fetched, Hub};
use crate::{Result, with_reasons};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchStatus {
    Fetching,
    Completed,
    Failed,
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
    /// Of a failed one.
    pub error_message: Option<String>,
    pub hint: Option<String>,
}

/// All fetches of an engine. Dropping it tells them to stop; they end after their next piece.
#[derive(Debug)]
pub(crate) struct Fetches {
    bases: Bases,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    list: Mutex<Vec<Fetch>>,
    stop: AtomicBool,
}

impl Fetches {
    pub(crate) fn new(bases: Bases) -> Self {
        Self { bases, shared: Arc::default() }
    }

    /// In the order in which they were first asked for.
    pub(crate) fn list(&self) -> Vec<Fetch> {
        self.shared.list.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins to fetch `hub_id`, or answers with the fetch that is at it.
    ///
    /// # Errors
    /// What [`Hub::from_environment`] says, or [`super::FetchError::NoHubId`].
    pub(crate) fn start(&self, hub_id: &str) -> Result<Fetch> {
        self.bases.repository(hub_id)?;
        let hub = Hub::from_environment()?;
        let fetch = Fetch {
            hub_id: hub_id.to_owned(),
            status: FetchStatus::Fetching,
            file: None,
            bytes_done: 0,
            bytes_total: 0,
            verified: None,
            error_message: None,
            hint: None,
        };
        let mut list = self.shared.list.lock().unwrap_or_else(PoisonError::into_inner);
        match list.iter_mut().find(|fetch| fetch.hub_id == hub_id) {
            Some(at_it) if at_it.status == FetchStatus::Fetching => return Ok(at_it.clone()),
            Some(ended) => *ended = fetch.clone(),
            None => list.push(fetch.clone()),
        }
        drop(list);
        let (bases, shared, hub_id) = (self.bases.clone(), Arc::clone(&self.shared), hub_id.to_owned());
        std::thread::spawn(move || shared.attend(&bases, &hub_id, &hub));
        Ok(fetch)
    }
}

impl Drop for Fetches {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }
}

impl Shared {
    fn attend(&self, bases: &Bases, hub_id: &str, hub: &Hub) {
        let fetched = bases.fetch(hub_id, hub, &mut |progress| {
            self.change(hub_id, |fetch| {
                fetch.file = Some(progress.file.clone());
                fetch.bytes_done = progress.bytes_done;
                fetch.bytes_total = progress.bytes_total;
            });
            if self.stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        self.change(hub_id, |fetch| {
            fetch.file = None;
            match fetched {
                Ok(Fetched { verified, .. }) => {
                    fetch.status = FetchStatus::Completed;
                    fetch.verified = Some(verified);
                }
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
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(fetch) = list.iter_mut().find(|fetch| fetch.hub_id == hub_id) {
            change(fetch);
        }
    }
}

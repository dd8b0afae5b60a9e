//! The process that owns the data folder, as the API needs to know it: what it is, and what it can be asked for.
//!
//! Not here: how a listener or a window works. The doors hand them in, as the API knows none of them.

use std::io;
use std::sync::{Mutex, PoisonError};

use axum::Router;
use futures_util::future::BoxFuture;

use super::Problem;
use super::wire::OwnerKind;

/// Brings the window to the front.
pub type FocusWindow = Box<dyn Fn() + Send + Sync>;

/// The listener for browsers and scripts, on 127.0.0.1 alone.
pub trait ListenerSwitch: Send + Sync {
    /// Where it is open; `None` while it is closed.
    fn opened(&self) -> Option<Opened>;

    /// Opens it at a port, 0 for a free one, and closes the one that was open then.
    ///
    /// # Errors
    /// [`io::Error`] if the port is taken or not allowed; what was open stays open.
    fn open(&self, port: u16, api: Router) -> BoxFuture<'_, io::Result<Opened>>;

    /// Closes it: the port is free afterwards.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// An open listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The port that was asked for, 0 for any.
    pub port: u16,
    /// For example `http://127.0.0.1:7717`.
    pub address: String,
}

/// The process that owns the data folder.
pub struct Owner {
    pub kind: OwnerKind,
    pub listener: Box<dyn ListenerSwitch>,
    /// Absent where there is no window.
    pub focus: Option<FocusWindow>,
    /// Held while the listener is switched: two requests at once would both find it closed.
    pub(super) switching: tokio::sync::Mutex<()>,
    /// Why the listener is not open although the settings want it.
    pub(super) refused: Mutex<Option<Problem>>,
}

impl Owner {
    pub fn new(kind: OwnerKind, listener: Box<dyn ListenerSwitch>, focus: Option<FocusWindow>) -> Self {
        Self { kind, listener, focus, switching: tokio::sync::Mutex::default(), refused: Mutex::default() }
    }

    pub(super) fn refused(&self) -> Option<Problem> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_refused(&self, problem: Option<Problem>) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = problem;
    }
}

impl std::fmt::Debug for Owner {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let opened = self.listener.opened();
        formatter.debug_struct("Owner").field("kind", &self.kind).field("opened", &opened).finish()
    }
}

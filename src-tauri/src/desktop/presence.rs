//! Where the application is: in sight, in the background, or leaving; and what it says to its page.
//!
//! Not here: when to ask before leaving (`closing`). Invariant: a process without a window stays only while
//! something keeps it: an active run, an icon in the tray, or a notice that waits for an answer.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use attune_engine::Engine;
use serde::Serialize;
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager, WebviewWindow};

use super::MAIN_WINDOW;
use super::tray::Tray;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    InSight,
    Background,
    Leaving,
}

/// What the window says to its page.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum Message {
    /// The person wants to close while a run is active: ask. `tray`: an icon remains if the window goes.
    Closing { tray: bool },
    /// The person chose what to do next with a run that has ended.
    NextStep { step: NextStep, run_id: String },
}

/// What a notice offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum NextStep {
    Compare,
    Export,
    Show,
}

/// The one window of this process and everything that stands for it while it is away.
pub(super) struct Presence {
    /// Absent in a window beside another owner: runs are not ours to end.
    pub(super) engine: Option<Engine>,
    pub(super) tray: Tray,
    application: OnceLock<AppHandle>,
    page: Mutex<Option<Channel<Message>>>,
    place: Mutex<Place>,
    notices: AtomicUsize,
}

impl Presence {
    pub(super) fn new(engine: Option<Engine>) -> Self {
        Self {
            engine,
            tray: Tray::default(),
            application: OnceLock::new(),
            page: Mutex::default(),
            place: Mutex::new(Place::InSight),
            notices: AtomicUsize::new(0),
        }
    }

    /// Set once: set-up runs once.
    pub(super) fn is_that_of(&self, application: &AppHandle) {
        let _ = self.application.set(application.clone());
    }

    /// Says something to the page; `false` if no page listens.
    pub(super) fn tell_page(&self, message: Message) -> bool {
        let page = self.page.lock().unwrap_or_else(PoisonError::into_inner);
        page.as_ref().is_some_and(|page| page.send(message).is_ok())
    }

    /// A reloaded page takes the place of the one before it.
    pub(super) fn page_listens(&self, page: Channel<Message>) {
        *self.page.lock().unwrap_or_else(PoisonError::into_inner) = Some(page);
    }

    pub(super) fn bring_to_front(&self) {
        let Some(window) = self.window() else { return };
        self.set(Place::InSight);
        let shown = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus());
        if let Err(error) = shown {
            tracing::warn!(%error, "the window did not come to the front");
        }
    }

    /// Hides the window: the page stays as it is, with what was typed into it.
    pub(super) fn go_to_background(&self) -> tauri::Result<()> {
        if let Some(window) = self.window() {
            window.hide()?;
        }
        self.set(Place::Background);
        tracing::info!("the window is closed; the process stays in the background");
        Ok(())
    }

    /// Ends the process by way of the event loop, without asking any more.
    pub(super) fn leave(&self) {
        self.set(Place::Leaving);
        if let Some(application) = self.application.get() {
            application.exit(0);
        }
    }

    pub(super) fn is_leaving(&self) -> bool {
        *self.place() == Place::Leaving
    }

    /// Whether the person is looking at the window at this moment.
    pub(super) fn is_looked_at(&self) -> bool {
        *self.place() == Place::InSight
            && self.window().is_some_and(|window| window.is_focused().unwrap_or(false))
    }

    /// A notice is there that may be answered, until the returned value is dropped.
    pub(super) fn notice_is_up(&self) -> NoticeIsUp<'_> {
        self.notices.fetch_add(1, Ordering::SeqCst);
        NoticeIsUp(self)
    }

    /// Ends the process if it is in the background and nothing keeps it there.
    pub(super) async fn leave_if_done(&self) {
        if *self.place() != Place::Background
            || self.tray.is_shown()
            || self.notices.load(Ordering::SeqCst) > 0
        {
            return;
        }
        let Some(engine) = self.engine.clone() else { return self.leave() };
        // A panic of the question is not worth staying for.
        let active = tokio::task::spawn_blocking(move || engine.active_run()).await;
        match active {
            Ok(Ok(Some(_))) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, "could not see whether a run is active; leaving");
                self.leave();
            }
            Ok(Ok(None)) | Err(_) => self.leave(),
        }
    }

    fn window(&self) -> Option<WebviewWindow> {
        self.application.get()?.get_webview_window(MAIN_WINDOW)
    }

    fn set(&self, place: Place) {
        *self.place() = place;
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps a process without a window alive.
pub(super) struct NoticeIsUp<'p>(&'p Presence);

impl Drop for NoticeIsUp<'_> {
    fn drop(&mut self) {
        self.0.notices.fetch_sub(1, Ordering::SeqCst);
    }
}

//! Closing while a run is active: the question, and what each answer does.
//!
//! The page asks, because it has the run's progress and the words for it. A page that does not take the question
//! up in time hangs or was never loaded: then the system's own dialog asks.
//! Invariant: the process ends unasked only if no run of its own ends with it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use attune_engine::{Engine, RunStatus};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde::Deserialize;
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager, State};
use tauri_plugin_dialog::{DialogExt, MessageDialogButtons, MessageDialogKind, MessageDialogResult};
use tokio::sync::oneshot;

use super::presence::{Message, Presence};
use super::words;
use crate::api::Problem;
use crate::server::Door;

/// How long a page may take to show the question. One that works takes milliseconds.
const PAGE_PATIENCE: Duration = Duration::from_secs(2);

/// What a person may want when the window closes on an active run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Answer {
    /// The window goes, the run goes on.
    Background,
    /// The run ends and keeps its adapter, then the process ends.
    Stop,
    /// The run ends without an adapter, then the process ends.
    Discard,
    /// The process ends; a run that is still active becomes interrupted.
    Leave,
}

pub(super) struct Closing {
    door: Door,
    presence: Arc<Presence>,
    /// Told when the page shows the question.
    seen: Mutex<Option<oneshot::Sender<()>>>,
}

impl Closing {
    pub(super) fn new(door: Door, presence: Arc<Presence>) -> Self {
        Self { door, presence, seen: Mutex::default() }
    }

    /// Whether the process may end at once. Otherwise the person is being asked.
    pub(super) fn may_end(self: &Arc<Self>, application: &AppHandle) -> bool {
        let Some(engine) = self.presence.engine.as_ref().filter(|_| !self.presence.is_leaving()) else {
            return true;
        };
        match engine.active_run() {
            Ok(None) => true,
            Ok(Some(_)) => {
                tauri::async_runtime::spawn(Arc::clone(self).ask(application.clone()));
                false
            }
            Err(error) => {
                tracing::warn!(%error, "could not see whether a run is active; closing without a question");
                true
            }
        }
    }

    /// What the tray's "Quit" does.
    pub(super) fn quit(self: &Arc<Self>, application: &AppHandle) {
        if self.may_end(application) {
            self.presence.leave();
        } else {
            self.presence.bring_to_front();
        }
    }

    async fn ask(self: Arc<Self>, application: AppHandle) {
        self.presence.tray.show(&application).await;
        let tray = self.presence.tray.is_shown();
        let (seen, is_seen) = oneshot::channel();
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        let told = self.presence.tell_page(Message::Closing { tray });
        if !told || !matches!(tokio::time::timeout(PAGE_PATIENCE, is_seen).await, Ok(Ok(()))) {
            tracing::warn!(told, "the page does not ask; the system's dialog does");
            self.ask_with_a_dialog(&application);
        }
    }

    fn ask_with_a_dialog(self: &Arc<Self>, application: &AppHandle) {
        let closing = Arc::clone(self);
        let buttons = MessageDialogButtons::YesNoCancelCustom(
            words::KEEP_RUNNING.into(),
            words::INTERRUPT.into(),
            words::DO_NOT_CLOSE.into(),
        );
        application
            .dialog()
            .message(words::A_RUN_IS_ACTIVE)
            .title(words::CLOSE_ATTUNE)
            .kind(MessageDialogKind::Warning)
            .buttons(buttons)
            .show_with_result(move |chosen| {
                let answer = match chosen {
                    MessageDialogResult::Custom(label) if label == words::KEEP_RUNNING => Answer::Background,
                    MessageDialogResult::Custom(label) if label == words::INTERRUPT => Answer::Leave,
                    _ => return,
                };
                tauri::async_runtime::spawn(async move {
                    if let Err(error) = closing.act(answer).await {
                        tracing::error!(error, "closing failed");
                    }
                });
            });
    }

    async fn act(&self, answer: Answer) -> Result<(), String> {
        match answer {
            Answer::Background => {
                self.presence.go_to_background().map_err(|error| error.to_string())?;
                // The run may have ended while the person was thinking.
                self.presence.leave_if_done().await;
                Ok(())
            }
            Answer::Stop => self.end_run_and_leave("stop").await,
            Answer::Discard => self.end_run_and_leave("cancel").await,
            Answer::Leave => {
                self.presence.leave();
                Ok(())
            }
        }
    }

    /// Ends the running run through the same door as everybody, waits for its end, and leaves. The queue is held
    /// meanwhile: the next run would begin only to be interrupted.
    async fn end_run_and_leave(&self, how: &str) -> Result<(), String> {
        if let Some(engine) = self.presence.engine.clone() {
            engine.hold_queue();
            if let Err(error) = self.end_run(&engine, how).await {
                engine.work_off_queue();
                return Err(error);
            }
            // A panic of the wait is not worth staying for.
            let _ = tokio::task::spawn_blocking(move || engine.wait_until_idle()).await;
        }
        self.presence.leave();
        Ok(())
    }

    async fn end_run(&self, engine: &Engine, how: &str) -> Result<(), String> {
        let engine = engine.clone();
        let active = tokio::task::spawn_blocking(move || engine.active_run()).await;
        let active = active.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        let Some(run) = active.filter(|run| run.status == RunStatus::Running) else { return Ok(()) };
        let request = Request::post(format!("/api/v1/runs/{}/{how}", run.id)).body(Body::empty());
        let response = self.door.send(request.map_err(|error| error.to_string())?).await;
        let response = response.map_err(|error| error.to_string())?;
        // A conflict: it has ended by itself meanwhile, which is what was wanted.
        if response.status().is_success() || response.status() == StatusCode::CONFLICT {
            return Ok(());
        }
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
        let problem: Result<Problem, _> = serde_json::from_slice(&body);
        Err(problem
            .map_or_else(|_| format!("the run could not be ended: {status}"), |problem| problem.message))
    }
}

/// The page listens from now on to what the window has to say.
#[tauri::command]
pub(super) fn follow_window(presence: State<'_, Arc<Presence>>, channel: Channel<Message>) {
    presence.page_listens(channel);
}

/// The page shows the question of closing.
#[tauri::command]
pub(super) fn closing_seen(application: AppHandle) {
    let closing = application.state::<Arc<Closing>>();
    let seen = closing.seen.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(seen) = seen {
        // Too late: the dialog asks already.
        let _ = seen.send(());
    }
}

/// Does what the person answered. Resolves when it is done, or to a sentence why it could not be.
#[tauri::command]
pub(super) async fn answer_closing(closing: State<'_, Arc<Closing>>, answer: Answer) -> Result<(), String> {
    closing.act(answer).await
}

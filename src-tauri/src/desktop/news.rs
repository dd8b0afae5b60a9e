//! Follows the runs, through the same events as the page: the tray says what runs, a notice what has ended.
//!
//! Not here: how either is shown. Invariant: a run is announced once, and only if it was seen active before, so
//! that opening a window announces nothing of yesterday.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::StreamExt;

use super::notices;
use super::presence::{Message, Presence};
use super::words;
use crate::api::wire::{Run, RunStatus};
use crate::cli::client::{Client, Event};
use crate::server::Door;

/// Follows until the owner of the data folder is gone.
pub(super) async fn follow(door: Door, presence: Arc<Presence>) {
    let mut events = match Client(&door).events().await {
        Ok(events) => events,
        Err(failure) => return tracing::warn!(?failure, "the window hears nothing of runs"),
    };
    let mut news = News { presence, active: HashMap::new() };
    while let Some(Ok(event)) = events.next().await {
        match event {
            Event::Snapshot(snapshot) => {
                for run in snapshot.runs {
                    news.hear(run);
                }
            }
            Event::Run(event) => news.hear(event.run),
            _ => continue,
        }
        news.tell_tray().await;
    }
}

struct News {
    presence: Arc<Presence>,
    active: HashMap<String, Run>,
}

impl News {
    fn hear(&mut self, run: Run) {
        if matches!(run.status, RunStatus::Queued | RunStatus::Running) {
            self.active.insert(run.id.clone(), run);
        } else if self.active.remove(&run.id).is_some() {
            tauri::async_runtime::spawn(announce(Arc::clone(&self.presence), run));
        }
    }

    async fn tell_tray(&self) {
        let running = self.active.values().find(|run| run.status == RunStatus::Running);
        let shown = running.or_else(|| self.active.values().next());
        self.presence.tray.say(shown.map_or(words::NO_RUN.to_owned(), words::state)).await;
    }
}

/// Raises a notice unless the person sees the end anyway or caused it, and does what the notice is answered with.
async fn announce(presence: Arc<Presence>, run: Run) {
    let is_news = matches!(run.status, RunStatus::Completed | RunStatus::Failed);
    if is_news && !presence.is_looked_at() && !presence.is_leaving() {
        let up = presence.notice_is_up();
        if let Some(step) = notices::raise(&run).await {
            presence.bring_to_front();
            if !presence.tell_page(Message::NextStep { step, run_id: run.id }) {
                tracing::warn!("no page listens to what the person chose in the notice");
            }
        }
        drop(up);
    }
    presence.leave_if_done().await;
}

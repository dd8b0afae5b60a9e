//! Notices on the desktop, by the freedesktop specification over D-Bus.
//!
//! Not here: when one is due (`news`). A desktop without the service is no failure: nothing is shown.
//! Source: Desktop Notifications Specification 1.2, <https://specifications.freedesktop.org/notification-spec/>.

use super::presence::NextStep;
use crate::api::wire::Run;

/// Shows that a run has ended and waits for what the person does with it; `None` if that is nothing.
#[cfg(target_os = "linux")]
pub(super) async fn raise(run: &Run) -> Option<NextStep> {
    // An answer later than this is not waited for: a process without a window must not stay for ever.
    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(600);
    match tokio::time::timeout(PATIENCE, linux::show(run)).await {
        Ok(Ok(step)) => step,
        Ok(Err(error)) => {
            tracing::debug!(%error, "no notice was shown");
            None
        }
        Err(_) => None,
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) async fn raise(_: &Run) -> Option<NextStep> {
    None
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::HashMap;

    use futures_util::StreamExt;
    use zbus::zvariant::Value;

    use super::super::presence::NextStep;
    use super::super::words;
    use crate::api::wire::{Run, RunStatus};

    #[zbus::proxy(
        interface = "org.freedesktop.Notifications",
        default_service = "org.freedesktop.Notifications",
        default_path = "/org/freedesktop/Notifications"
    )]
    trait Notifications {
        #[expect(clippy::too_many_arguments, reason = "the specification's own list")]
        fn notify(
            &self,
            app_name: &str,
            replaces_id: u32,
            app_icon: &str,
            summary: &str,
            body: &str,
            actions: &[&str],
            hints: HashMap<&str, Value<'_>>,
            expire_timeout: i32,
        ) -> zbus::Result<u32>;

        #[zbus(signal)]
        fn action_invoked(&self, id: u32, action_key: &str) -> zbus::Result<()>;

        #[zbus(signal)]
        fn notification_closed(&self, id: u32, reason: u32) -> zbus::Result<()>;
    }

    /// A click on the notice itself.
    const DEFAULT: &str = "default";
    const COMPARE: &str = "compare";
    const EXPORT: &str = "export";
    const AS_LONG_AS_THE_SERVER_LIKES: i32 = -1;

    pub(super) async fn show(run: &Run) -> zbus::Result<Option<NextStep>> {
        let connection = zbus::Connection::session().await?;
        let service = NotificationsProxy::new(&connection).await?;
        // Before the notice: an answer must not be missed.
        let mut invoked = service.receive_action_invoked().await?;
        let mut closed = service.receive_notification_closed().await?;
        let completed = run.status == RunStatus::Completed;
        let actions: &[&str] = if completed {
            &[DEFAULT, words::SHOW, COMPARE, words::COMPARE, EXPORT, words::EXPORT]
        } else {
            &[DEFAULT, words::SHOW]
        };
        let (title, text) = words::ended(run);
        let hints = HashMap::from([("desktop-entry", Value::from(words::NAME))]);
        let shown = service
            .notify(
                words::NAME,
                0,
                "attune",
                &title,
                &escaped(&text),
                actions,
                hints,
                AS_LONG_AS_THE_SERVER_LIKES,
            )
            .await?;
        loop {
            tokio::select! {
                Some(signal) = invoked.next() => {
                    let signal = signal.args()?;
                    if signal.id == shown {
                        return Ok(Some(match signal.action_key {
                            COMPARE => NextStep::Compare,
                            EXPORT => NextStep::Export,
                            _ => NextStep::Show,
                        }));
                    }
                }
                Some(signal) = closed.next() => {
                    if signal.args()?.id == shown {
                        return Ok(None);
                    }
                }
                else => return Ok(None),
            }
        }
    }

    /// The text of a notice may be markup, and an error's sentence may hold any sign.
    fn escaped(text: &str) -> String {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    }
}

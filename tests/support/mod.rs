//! What journeys through the public doors need: the program, an HTTP client, a source database, a display,
//! a driver for the window, and the browser's tests.
//!
//! Only the standard library and what the application itself depends on: a dev-dependency that changes
//! features compiles the application twice. A test that cannot go on panics with a sentence.

mod attune;
mod browser;
mod desktop_bus;
mod display;
mod http;
mod small_disk;
mod source;
mod web_driver;
mod x11;

pub(crate) use attune::{Attune, Finished, Home};
pub(crate) use browser::browser_tests;
pub(crate) use desktop_bus::DesktopBus;
pub(crate) use display::Xvfb;
pub(crate) use http::{Event, Events, Http};
pub(crate) use small_disk::SmallDisk;
pub(crate) use source::{AskAiRow, ask_ai_database};
pub(crate) use web_driver::WebDriver;
pub(crate) use x11::X11;

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How long a journey waits for one thing that normally takes a second or less; generous for a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long it waits for a program to do all its work and end.
pub(crate) const LONG_PATIENCE: Duration = Duration::from_secs(600);
/// How soon something is looked at again that tells nobody when it changes.
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// Tries again until it succeeds or [`PATIENCE`] is at its end; then the last reason.
///
/// Neither WebDriver nor a display tells when something can be seen, so here, and only here, a test waits for time.
pub(crate) async fn until<T, F: Future<Output = Result<T, String>>>(
    attempt: impl Fn() -> F,
) -> Result<T, String> {
    let end = Instant::now() + PATIENCE;
    loop {
        match attempt().await {
            Ok(value) => return Ok(value),
            Err(reason) if Instant::now() > end => return Err(reason),
            Err(_) => sleep(BETWEEN_TRIES).await,
        }
    }
}

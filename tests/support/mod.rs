//! What journeys through the public doors need: the program, an HTTP client, a source database, a display,
//! a driver for the window, and the browser's tests.
//!
//! Only the standard library and what the application itself depends on: a dev-dependency that changes
//! features compiles the application twice. A test that cannot go on panics with a sentence.

mod attune;
mod browser;
mod display;
mod http;
mod small_disk;
mod source;
mod web_driver;

pub(crate) use attune::{Finished, Home};
pub(crate) use browser::browser_tests;
pub(crate) use display::Xvfb;
pub(crate) use http::{Events, Http};
pub(crate) use small_disk::SmallDisk;
pub(crate) use source::{AskAiRow, ask_ai_database};
pub(crate) use web_driver::WebDriver;

use std::time::Duration;

/// How long a journey waits for one thing that normally takes a second or less; generous for a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long it waits for a program to do all its work and end.
const LONG_PATIENCE: Duration = Duration::from_secs(600);

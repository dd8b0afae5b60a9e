//! Attune: one binary, one router, several doors to it.
//!
//! `main -> desktop, server, cli -> api -> attune-engine -> attune-tuning`: each knows only what is right of it.
//! Shells hold no rule of the product; an `if` about the product belongs in the engine.

pub mod api;
pub mod cli;
#[cfg(feature = "desktop")]
mod desktop;
mod logging;
pub mod server;

//! The product's tests, through its public doors: the API over TCP, the command line, the window, the page.
//!
//! One binary, because each further one links the whole application again. Tests of one crate lie in it.

mod api;
mod bridge;
mod cli;
mod contract;
mod package;
mod reliability;
mod support;
mod tidy;

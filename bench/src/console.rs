//! What is said to the person who runs the comparison.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "telling people what was measured is this program's work"
)]

/// Says what is being done, on standard error.
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}

/// Prints a result, on standard output.
pub(crate) fn result(text: &str) {
    println!("{text}");
}

//! What a person sees: the real window over its bridge, and the served page in a browser. Slow, so
//! `cargo xtask test --fast` leaves this module out.

mod browser;
mod closing;
mod first_start;
mod held;
mod listener;
mod window;

fn id(name: &str) -> String {
    format!("[data-testid={name}]")
}

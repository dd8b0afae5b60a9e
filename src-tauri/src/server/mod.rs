//! The doors that other processes use: the local socket of the owner, and the loopback listener.
//!
//! Invariant: nothing here listens on an address that another machine can reach.

pub mod door;
mod guard;
mod listener;
mod local_socket;
pub mod owner;
mod page;

pub use door::Door;
pub use listener::Loopback;
pub use owner::{Entered, Place};

//! Attune: one binary, one router, several doors to it.

pub mod api;

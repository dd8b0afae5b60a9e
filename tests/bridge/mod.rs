//! The window and its bridge.

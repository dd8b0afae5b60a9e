//! The real window, driven as a person would: WebDriver under a display of its own.

//! Where details go: warnings to standard error, everything of the owner to a file of the day in its folder.
//!
//! Invariant: a secret that the environment holds is never written, whoever puts it into a message.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, OnceLock, PoisonError, RwLock};

use attune_engine::{DataFolder, Environment};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Days that are kept.
const KEPT_FILES: usize = 14;

/// What standard error shows unless `ATTUNE_LOG` says otherwise. A failed request is told to whoever asked.
const SHOWN: &str = "warn,attune::api::problem=off";

/// What takes the place of a secret.
const MASK: &[u8] = b"[secret]";

static FILE: LogFile = LogFile(OnceLock::new());

static SECRETS: RwLock<Vec<Vec<u8>>> = RwLock::new(Vec::new());

/// Starts logging. `ATTUNE_LOG` chooses what standard error shows (default: warnings).
pub(crate) fn start() {
    let shown = EnvFilter::try_from_env("ATTUNE_LOG").unwrap_or_else(|_| EnvFilter::new(SHOWN));
    mask(Environment::of_process().secrets());
    let console = Masked { inner: io::stderr };
    let file = Masked { inner: || &FILE };
    tracing_subscriber::registry()
        .with(
            tracing_subscriber::fmt::layer()
                .with_ansi(io::stderr().is_terminal())
                .with_writer(console)
                .with_filter(shown),
        )
        .with(
            tracing_subscriber::fmt::layer()
                .with_ansi(false)
                .with_writer(file)
                .with_filter(EnvFilter::new("info")),
        )
        .init();
}

/// Masks these from now on, in place of those before.
pub(crate) fn mask(secrets: Vec<Vec<u8>>) {
    *SECRETS.write().unwrap_or_else(PoisonError::into_inner) = secrets;
}

/// Begins to write to `logs/attune.DAY.log` of a data folder that this process owns.
pub(crate) fn write_into(folder: &DataFolder) {
    // The appender complains on standard error, by itself, about a folder that is not there yet.
    if let Err(error) = std::fs::create_dir_all(folder.logs()) {
        tracing::warn!(%error, "no log is written: its folder cannot be made");
        return;
    }
    let appender = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("attune")
        .filename_suffix("log")
        .max_log_files(KEPT_FILES)
        .build(folder.logs());
    match appender {
        // A process owns one folder in its life.
        Ok(appender) => drop(FILE.0.set(Mutex::new(appender))),
        Err(error) => tracing::warn!(%error, "no log is written: its folder cannot be used"),
    }
}

/// The file of the day, once there is a data folder to write it in.
struct LogFile(OnceLock<Mutex<RollingFileAppender>>);

impl Write for &LogFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.get() {
            Some(file) => file.lock().unwrap_or_else(PoisonError::into_inner).write(bytes),
            None => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.get() {
            Some(file) => file.lock().unwrap_or_else(PoisonError::into_inner).flush(),
            None => Ok(()),
        }
    }
}

/// Makes writers that put a mask over every secret.
struct Masked<M> {
    inner: M,
}

impl<'w, M: MakeWriter<'w>> MakeWriter<'w> for Masked<M> {
    type Writer = MaskedWriter<M::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        MaskedWriter { inner: self.inner.make_writer() }
    }
}

/// Writes one message at a time, as the formatter hands it over: a secret is never split between two writes.
struct MaskedWriter<W> {
    inner: W,
}

impl<W: Write> Write for MaskedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let secrets = SECRETS.read().unwrap_or_else(PoisonError::into_inner);
        self.inner.write_all(&masked(bytes, &secrets))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn masked(bytes: &[u8], secrets: &[Vec<u8>]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(first) = rest.first() {
        match secrets.iter().find(|secret| rest.starts_with(secret)) {
            Some(secret) => {
                kept.extend_from_slice(MASK);
                rest = &rest[secret.len()..];
            }
            None => {
                kept.push(*first);
                rest = &rest[1..];
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_masked_wherever_it_stands() {
        let secrets = [b"hf_abc".to_vec(), b"s3cret".to_vec()];
        let line = masked(b"Authorization: Bearer hf_abc, then s3crets3cret and hf_ab", &secrets);
        assert_eq!(
            String::from_utf8(line).unwrap(),
            "Authorization: Bearer [secret], then [secret][secret] and hf_ab"
        );
        assert_eq!(masked(b"plain", &[]), b"plain");
    }
}

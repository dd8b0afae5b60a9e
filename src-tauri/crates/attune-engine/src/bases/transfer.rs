//! The bytes of one connection, read on a thread of their own: whoever waits for them can stop waiting, while
//! the connection may be silent for a minute before it counts as lost.
//!
//! Invariant: a dropped transfer writes nothing any more; its thread ends with the next piece or the silence.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use super::hub::Hub;
use super::remote_model::RemoteFile;
use crate::Result;

/// How long a wish to stop may go unnoticed.
const PATIENCE: Duration = Duration::from_millis(200);
const PIECE: usize = 1 << 17;
/// Pieces that wait for a slow disk.
const MOST_WAITING: usize = 4;

/// What came next over a connection.
pub(super) enum Arrival {
    /// The server sends from this byte on; always the first.
    Began(u64),
    Bytes(Vec<u8>),
    /// Nothing yet; a moment to look whether it is still wanted.
    Nothing,
    /// The body ended, or broke off.
    Over(io::Error),
}

/// One connection at work.
pub(super) struct Transfer(Receiver<Result<Arrival>>);

impl Transfer {
    /// Asks for a file from `offset` on.
    pub(super) fn begin(hub: &Hub, hub_id: &str, commit: &str, file: &RemoteFile, offset: u64) -> Self {
        let (send, arrivals) = sync_channel(MOST_WAITING);
        let (hub, hub_id, commit, file) = (hub.clone(), hub_id.to_owned(), commit.to_owned(), file.clone());
        std::thread::spawn(move || match hub.download(&hub_id, &commit, &file, offset) {
            // Where nobody receives any more, the transfer was dropped, and there is nothing left to do.
            Ok(download) => drop(pass_on(download.body, download.offset, &send)),
            Err(error) => drop(send.send(Err(error))),
        });
        Self(arrivals)
    }

    /// What came next, or [`Arrival::Nothing`] after a moment.
    ///
    /// # Errors
    /// What the hub said instead of sending the file.
    pub(super) fn next(&self) -> Result<Arrival> {
        match self.0.recv_timeout(PATIENCE) {
            Ok(arrival) => arrival,
            Err(RecvTimeoutError::Timeout) => Ok(Arrival::Nothing),
            Err(RecvTimeoutError::Disconnected) => Ok(Arrival::Over(io::ErrorKind::UnexpectedEof.into())),
        }
    }
}

/// Sends what the body holds until it ends; an error if nobody receives it.
fn pass_on(
    mut body: Box<dyn Read>,
    offset: u64,
    send: &SyncSender<Result<Arrival>>,
) -> Result<(), std::sync::mpsc::SendError<Result<Arrival>>> {
    send.send(Ok(Arrival::Began(offset)))?;
    let mut buffer = vec![0; PIECE];
    loop {
        let arrival = match body.read(&mut buffer) {
            Ok(0) => Arrival::Over(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => Arrival::Bytes(buffer[..read].to_vec()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Arrival::Over(error),
        };
        let is_over = matches!(arrival, Arrival::Over(_));
        send.send(Ok(arrival))?;
        if is_over {
            return Ok(());
        }
    }
}

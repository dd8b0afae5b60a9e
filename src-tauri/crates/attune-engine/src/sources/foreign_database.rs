//! Opens another program's SQLite database so that nothing about it changes.
//!
//! A read-only connection is not enough: SQLite makes `-wal` and `-shm` files beside a database in write-ahead
//! mode even for reading, and recovers a log that a dead program left. So there are three ways:
//!
//! - no log, no journal: opened as immutable, which makes SQLite touch nothing but the file;
//! - a live log (`-wal` and `-shm` are there): opened read-only, never checkpointed; the log's index serves
//!   readers as it does those of the owning program;
//! - anything a dead program left (a log without its index, a journal): a private copy is opened, and recovers.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::{Error, Result};

/// How long a writer may hold the database before we say that it is locked.
const PATIENCE: Duration = Duration::from_secs(3);

/// A connection for reading; the private copy, if there is one, lives as long as it.
#[derive(Debug)]
pub(crate) struct ForeignDatabase {
    pub(crate) connection: Connection,
    path: PathBuf,
    _copy: Option<tempfile::TempDir>,
}

impl ForeignDatabase {
    /// # Errors
    /// [`Error::SourceMissing`], [`Error::SourceNotAFile`], [`Error::SourceUnreadable`] or
    /// [`Error::SourceNotSqlite`]. A locked or damaged file shows itself at the first query: see
    /// [`explain`](Self::explain).
    pub(crate) fn open(path: &Path) -> Result<Self> {
        check_header(path)?;
        let unreadable = |source| Error::SourceUnreadable { path: path.to_owned(), source };
        let (log, index, journal) = (beside(path, "-wal"), beside(path, "-shm"), beside(path, "-journal"));
        let has_log = fs::metadata(&log).is_ok_and(|file| file.len() > 0);
        let has_journal = fs::metadata(&journal).is_ok_and(|file| file.len() > 0);

        let mut copy = None;
        let location = if has_log && index.exists() {
            uri(path, "mode=ro")
        } else if has_log || (has_journal && !is_being_written(path)) {
            let folder = tempfile::tempdir().map_err(unreadable)?;
            let file = folder.path().join("source.db");
            fs::copy(path, &file).map_err(unreadable)?;
            for (name, found) in [("-wal", has_log), ("-journal", has_journal)] {
                if found {
                    fs::copy(beside(path, name), beside(&file, name)).map_err(unreadable)?;
                }
            }
            let location = uri(&file, "mode=rw");
            copy = Some(folder);
            location
        } else if is_write_ahead(path).map_err(unreadable)? {
            uri(path, "mode=ro&immutable=1")
        } else {
            uri(path, "mode=ro")
        };

        let access =
            if copy.is_some() { OpenFlags::SQLITE_OPEN_READ_WRITE } else { OpenFlags::SQLITE_OPEN_READ_ONLY };
        let opened = Connection::open_with_flags(location, access | OpenFlags::SQLITE_OPEN_URI).and_then(
            |connection| {
                connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
                connection.busy_timeout(PATIENCE)?;
                Ok(connection)
            },
        );
        match opened {
            Ok(connection) => Ok(Self { connection, path: path.to_owned(), _copy: copy }),
            Err(error) => Err(explain(path, error)),
        }
    }

    /// What a failed query says about the file.
    pub(crate) fn explain(&self, error: rusqlite::Error) -> Error {
        explain(&self.path, error)
    }
}

fn explain(path: &Path, error: rusqlite::Error) -> Error {
    let path = path.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::SourceLocked { path },
        Some(ErrorCode::NotADatabase) => Error::SourceNotSqlite { path },
        _ => Error::SourceCorrupt { path, source: error },
    }
}

fn check_header(path: &Path) -> Result<()> {
    let unreadable = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            Error::SourceMissing { path: path.to_owned() }
        }
        _ => Error::SourceUnreadable { path: path.to_owned(), source },
    };
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(Error::SourceNotAFile { path: path.to_owned() });
    }
    let mut header = [0; 16];
    let read = fs::File::open(path).and_then(|mut file| file.read_exact(&mut header));
    match read {
        Ok(()) if &header == b"SQLite format 3\0" => Ok(()),
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(unreadable(error)),
        _ => Err(Error::SourceNotSqlite { path: path.to_owned() }),
    }
}

/// Bytes 18 and 19 of the header are 2 in write-ahead mode (SQLite file format, section 1.3.3).
fn is_write_ahead(path: &Path) -> io::Result<bool> {
    let mut header = [0; 20];
    fs::File::open(path)?.read_exact(&mut header)?;
    Ok(header[18] == 2 || header[19] == 2)
}

/// Whether a journal belongs to a program that is writing now: then SQLite's own locks serve readers well.
fn is_being_written(path: &Path) -> bool {
    let Ok(connection) = Connection::open_with_flags(
        uri(path, "mode=ro"),
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI,
    ) else {
        return false;
    };
    // A left-over journal makes a read-only connection fail, as it may not roll the journal back.
    let read = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
    match read {
        Ok(_) => true,
        Err(error) => {
            matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
        }
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn uri(path: &Path, parameters: &str) -> String {
    let mut text = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                text.push(char::from(*byte));
            }
            other => text.push_str(&format!("%{other:02X}")),
        }
    }
    format!("{text}?{parameters}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| !path.to_string_lossy().ends_with("-shm"))
            .map(|path| (path.clone(), fs::read(path).unwrap()))
            .collect()
    }

    fn count(path: &Path) -> Result<i64> {
        let database = ForeignDatabase::open(path)?;
        database
            .connection
            .query_row("SELECT count(*) FROM t", [], |row| row.get(0))
            .map_err(|error| database.explain(error))
    }

    fn writer(path: &Path, mode: &str) -> Connection {
        let connection = Connection::open(path).unwrap();
        connection.pragma_update(None, "journal_mode", mode).unwrap();
        connection.execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1), (2);").unwrap();
        connection
    }

    #[test]
    fn a_quiet_database_is_read_and_nothing_appears_beside_it() {
        for mode in ["wal", "delete"] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("with space & #.db");
            drop(writer(&path, mode));
            let before = contents(folder.path());
            assert_eq!(count(&path).unwrap(), 2, "{mode}");
            assert_eq!(contents(folder.path()), before, "{mode}");
        }
    }

    #[test]
    fn a_live_log_is_read_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("live.db");
        let live = writer(&path, "wal");
        live.execute("INSERT INTO t VALUES (3)", []).unwrap();
        let before = contents(folder.path());
        assert!(before.len() == 2, "the log is there: {:?}", before.keys());
        assert_eq!(count(&path).unwrap(), 3);
        assert_eq!(contents(folder.path()), before);
        live.execute("INSERT INTO t VALUES (4)", []).unwrap();
    }

    #[test]
    fn what_a_dead_program_left_is_recovered_in_a_copy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("live.db");
        let live = writer(&path, "wal");
        let dead = tempfile::tempdir().unwrap();
        for name in ["live.db", "live.db-wal"] {
            fs::copy(folder.path().join(name), dead.path().join(name)).unwrap();
        }
        drop(live);
        let before = contents(dead.path());
        assert_eq!(count(&dead.path().join("live.db")).unwrap(), 2);
        assert_eq!(contents(dead.path()), before);
        assert!(!dead.path().join("live.db-shm").exists());
    }

    #[test]
    fn a_locked_database_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("locked.db");
        let live = writer(&path, "delete");
        live.execute_batch("BEGIN EXCLUSIVE; INSERT INTO t VALUES (3);").unwrap();
        assert!(matches!(count(&path), Err(Error::SourceLocked { .. })));
    }

    #[test]
    fn files_that_are_no_database_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert!(matches!(count(&path), Err(Error::SourceMissing { .. })));
        assert!(matches!(count(folder.path()), Err(Error::SourceNotAFile { .. })));
        fs::write(&path, "short").unwrap();
        assert!(matches!(count(&path), Err(Error::SourceNotSqlite { .. })));
        let torn = folder.path().join("torn.db");
        drop(writer(&torn, "delete"));
        let bytes = fs::read(&torn).unwrap();
        fs::write(&torn, &bytes[..bytes.len() / 2 - 100]).unwrap();
        assert!(matches!(count(&torn), Err(Error::SourceCorrupt { .. })));
    }
}

//! How much room what Attune keeps takes, by kind, and how much is left.
//!
//! Limits: files are counted by their length; links are counted as links, so what they lead to is counted where it
//! lies. What cannot be looked at counts as nothing and is told.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::{Bases, DataFolder, disk};

/// What takes room, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredKind {
    /// The database, its log and its backups.
    Database,
    /// Rows, orders and checkpoints of runs.
    Runs,
    /// Frozen examples.
    Datasets,
    /// Adapters in the data folder; those in folders of a person's choice are theirs.
    Adapters,
    /// What was written for other programs, where nobody chose another folder.
    Exports,
    Logs,
    /// Whatever else lies in the data folder.
    Other,
    /// Base models in the Hugging Face cache, which other programs share.
    Bases,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub kind: StoredKind,
    pub path: PathBuf,
    pub bytes: u64,
    pub files: u64,
    /// Why the number is too small: the first thing that could not be looked at.
    pub problem: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    pub folder: PathBuf,
    pub stored: Vec<Stored>,
    /// Bytes that may still be written to the disk of the data folder; `None` where the system does not say.
    pub free: Option<u64>,
}

/// Looks at every file. Takes as long as the disk takes, so not on a thread that others wait for.
pub(crate) fn measure(folder: &DataFolder, bases: &Bases) -> Storage {
    let entry = |kind, path: PathBuf| Stored { kind, path, bytes: 0, files: 0, problem: None };
    let mut stored = vec![
        entry(StoredKind::Database, folder.database()),
        entry(StoredKind::Runs, folder.runs()),
        entry(StoredKind::Datasets, folder.datasets()),
        entry(StoredKind::Adapters, folder.adapters()),
        entry(StoredKind::Exports, folder.path().join("exports")),
        entry(StoredKind::Logs, folder.logs()),
        entry(StoredKind::Other, folder.path().to_owned()),
    ];
    match fs::read_dir(folder.path()) {
        Ok(entries) => {
            for found in entries {
                match found {
                    Ok(found) => {
                        let kind = kind_of(&found.file_name().to_string_lossy());
                        if let Some(stored) = stored.iter_mut().find(|stored| stored.kind == kind) {
                            add(stored, &found.path());
                        }
                    }
                    Err(error) => stored.iter_mut().for_each(|stored| fail(stored, folder.path(), &error)),
                }
            }
        }
        Err(error) => stored.iter_mut().for_each(|stored| fail(stored, folder.path(), &error)),
    }
    let mut cached = entry(StoredKind::Bases, bases.cache_folder().to_owned());
    for base in bases.all().into_iter().filter(|base| !base.bundled) {
        let folders = bases.repository_folder(&base.name);
        folders.iter().for_each(|folder| add(&mut cached, folder));
    }
    stored.push(cached);
    Storage { folder: folder.path().to_owned(), stored, free: disk::free(folder.path()) }
}

/// By its name in the data folder.
fn kind_of(name: &str) -> StoredKind {
    match name {
        "runs" => StoredKind::Runs,
        "datasets" => StoredKind::Datasets,
        "adapters" => StoredKind::Adapters,
        "exports" => StoredKind::Exports,
        "logs" => StoredKind::Logs,
        // `attune.db-wal`, `attune.db-shm`, `attune.before-3.db`
        name if name.starts_with("attune.") => StoredKind::Database,
        _ => StoredKind::Other,
    }
}

/// Adds a file, or everything below a folder.
fn add(stored: &mut Stored, path: &Path) {
    let mut waiting = vec![path.to_owned()];
    while let Some(path) = waiting.pop() {
        let metadata = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata,
            // A run that is at work replaces its files.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                fail(stored, &path, &error);
                continue;
            }
        };
        if !metadata.is_dir() {
            stored.bytes += metadata.len();
            stored.files += 1;
            continue;
        }
        match fs::read_dir(&path) {
            Ok(entries) => waiting.extend(entries.filter_map(|entry| Some(entry.ok()?.path()))),
            Err(error) => fail(stored, &path, &error),
        }
    }
}

fn fail(stored: &mut Stored, path: &Path, error: &io::Error) {
    stored.problem.get_or_insert_with(|| format!("{} could not be looked at: {error}", path.display()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Environment;

    #[test]
    fn every_file_counts_once_in_its_kind_and_links_lead_nowhere() {
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("data");
        let write = |path: &str, bytes: usize| {
            let path = data.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, vec![0; bytes]).unwrap();
        };
        write("attune.db", 10);
        write("attune.db-wal", 1);
        write("attune.before-2.db", 2);
        write("runs/run_1/checkpoint", 100);
        write("runs/run_1/dataset.jsonl", 11);
        write("adapters/a/run/adapter_model.safetensors", 1000);
        write("logs/attune.2026-11-21.log", 5);
        write("exports/for-peft/model.safetensors", 70);
        write("notes.txt", 7);
        let outside = home.path().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("large"), vec![0; 5000]).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(&outside, data.join("adapters/link")).unwrap();

        let folder = DataFolder::find(Some(data), &Environment::default()).unwrap();
        let bases = Bases::new(home.path().join("models"), home.path().join("hub"));
        let storage = measure(&folder, &bases);
        let bytes = |kind| storage.stored.iter().find(|stored| stored.kind == kind).unwrap().bytes;
        assert_eq!(bytes(StoredKind::Database), 13);
        assert_eq!(bytes(StoredKind::Runs), 111);
        assert!((1000..2000).contains(&bytes(StoredKind::Adapters)), "{storage:?}");
        assert_eq!(bytes(StoredKind::Logs), 5);
        assert_eq!(bytes(StoredKind::Exports), 70);
        assert_eq!(bytes(StoredKind::Other), 7);
        assert_eq!(bytes(StoredKind::Bases), 0);
        assert!(storage.free.is_some_and(|free| free > 0));
        assert!(storage.stored.iter().all(|stored| stored.problem.is_none()), "{storage:?}");
    }
}

//! Decides from contents, not from times, whether a step has to be done again.
//!
//! Times lie after a checkout, a stash or a copied folder; a few hundred small files are read in milliseconds.

use std::fmt;
use std::path::Path;

use crate::error::{Error, Result};

/// A digest of names and contents (FNV-1a, 64 bits): it tells changes apart, it does not resist an attacker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    pub(crate) fn of_file(path: &Path) -> Result<Self> {
        let mut all = Self::empty();
        all.add(&read(path)?);
        Ok(all)
    }

    /// Everything under `folder` but the folders named in `without`, at any depth, and hidden ones.
    pub(crate) fn of_folder(folder: &Path, without: &[&str]) -> Result<Self> {
        let mut all = Self::empty();
        all.add_folder(folder, without)?;
        Ok(all)
    }

    fn empty() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, bytes: &[u8]) {
        // The length first: without it `ab` + `c` and `a` + `bc` would be the same.
        for byte in (bytes.len() as u64).to_le_bytes().iter().chain(bytes) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn add_folder(&mut self, folder: &Path, without: &[&str]) -> Result<()> {
        let cannot_read = |source| Error::Read { path: folder.to_owned(), source };
        let entries = std::fs::read_dir(folder).map_err(cannot_read)?;
        let mut entries = entries.collect::<std::io::Result<Vec<_>>>().map_err(cannot_read)?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            if path.is_dir() {
                if !without.contains(&name.as_ref()) && !name.starts_with('.') {
                    self.add(name.as_bytes());
                    self.add_folder(&path, without)?;
                }
            } else {
                self.add(name.as_bytes());
                self.add(&read(&path)?);
            }
        }
        Ok(())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Whether a step must be done again: its stamp is missing, or tells of other inputs or another result.
///
/// `result` is `None` when the result itself is missing; then no stamp helps.
pub(crate) fn is_stale(stamp: Option<&str>, inputs: Fingerprint, result: Option<Fingerprint>) -> bool {
    match (stamp, result) {
        (Some(stamp), Some(result)) => stamp.trim() != text(inputs, result),
        _ => true,
    }
}

/// What a stamp file holds after the step was done.
pub(crate) fn text(inputs: Fingerprint, result: Fingerprint) -> String {
    format!("{inputs} {result}")
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Fingerprint {
        let mut all = Fingerprint::empty();
        all.add(text.as_bytes());
        all
    }

    #[test]
    fn a_step_is_done_again_only_when_something_changed() {
        let (inputs, result) = (of("lock"), of("page"));
        let stamp = text(inputs, result);
        assert!(!is_stale(Some(&stamp), inputs, Some(result)));
        assert!(
            !is_stale(Some(&format!("{stamp}\n")), inputs, Some(result)),
            "an editor's last newline is no change"
        );
        assert!(is_stale(None, inputs, Some(result)), "never done");
        assert!(is_stale(Some(""), inputs, Some(result)), "a stamp cut short");
        assert!(is_stale(Some(&stamp), of("another lock"), Some(result)), "inputs changed");
        assert!(is_stale(Some(&stamp), inputs, Some(of("placeholder"))), "somebody replaced the result");
        assert!(is_stale(Some(&stamp), inputs, None), "the result was deleted");
    }

    #[test]
    fn a_folder_changes_with_names_and_contents_but_not_with_left_out_folders() {
        let folder = std::env::temp_dir().join(format!("attune-fingerprint-{}", std::process::id()));
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().expect("has a parent")).expect("temporary folder");
            std::fs::write(path, text).expect("temporary file");
        };
        let now = || Fingerprint::of_folder(&folder, &["node_modules"]).expect("readable");
        write("src/a.ts", "1");
        let first = now();
        write("node_modules/x.js", "1");
        write(".cache/x", "1");
        assert_eq!(now(), first);
        write("src/a.ts", "2");
        let second = now();
        assert_ne!(second, first);
        std::fs::rename(folder.join("src/a.ts"), folder.join("src/b.ts")).expect("renamed");
        assert_ne!(now(), second);
        std::fs::remove_dir_all(&folder).expect("removed");
    }

    #[test]
    fn the_border_between_two_parts_counts() {
        let (mut one, mut other) = (of("ab"), of("a"));
        one.add(b"c");
        other.add(b"bc");
        assert_ne!(one, other);
    }
}

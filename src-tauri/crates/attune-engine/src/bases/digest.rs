//! Digests of files, as the hub states them.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::hexadecimal::hexadecimal;

/// How a file is named by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// Of the bytes: what large files are stored under.
    Sha256,
    /// Git's name of a blob, SHA-1 over its length and its bytes: what small files are stored under.
    GitBlob,
}

/// The digest of the file at `path` in lower-case hexadecimal digits.
///
/// # Errors
/// What the file system said.
pub(crate) fn file_digest(path: &Path, algorithm: Algorithm) -> io::Result<String> {
    let mut file = File::open(path)?;
    match algorithm {
        Algorithm::Sha256 => digest(Sha256::new(), &mut file),
        Algorithm::GitBlob => {
            let header = format!("blob {}\0", file.metadata()?.len());
            digest(Sha1::new_with_prefix(header), &mut file)
        }
    }
}

fn digest(mut digest: impl Digest, file: &mut File) -> io::Result<String> {
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            read => digest.update(&buffer[..read]),
        }
    }
    Ok(hexadecimal(&digest.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_sha256sum_and_git_hash_object() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "hello\n").unwrap();
        assert_eq!(
            file_digest(&path, Algorithm::Sha256).unwrap(),
            "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
        );
        assert_eq!(
            file_digest(&path, Algorithm::GitBlob).unwrap(),
            "ce013625030ba8dba906f756967f9e9ca394464a"
        );
    }
}

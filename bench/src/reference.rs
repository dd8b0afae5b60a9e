//! The Python side: one script for each part, in `bench/reference`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::console::say;
use crate::error::{Error, Result};
use crate::files;

/// The checkout this program was built from.
pub(crate) fn checkout() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}

/// A Python with the packages of `bench/requirements.txt`.
#[derive(Debug)]
pub(crate) struct Python {
    program: PathBuf,
}

impl Python {
    pub(crate) fn new(program: &Path) -> Self {
        Self { program: program.to_owned() }
    }

    /// A script of `bench/reference`, to be started as a contestant.
    pub(crate) fn script(&self, script: &str) -> Command {
        let mut command = Command::new(&self.program);
        // No caches of compiled scripts in the checkout.
        command.arg("-B").arg(checkout().join("bench/reference").join(script));
        command
    }

    /// Runs a script of `bench/reference` and returns what it prints as its result.
    pub(crate) fn run<A: AsRef<OsStr>>(
        &self,
        script: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Vec<u8>> {
        let output = self
            .script(script)
            .args(arguments)
            // Threads that wait for work by spinning take the time of those who have some.
            .env("OMP_WAIT_POLICY", "passive")
            .env("TOKENIZERS_PARALLELISM", "false")
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .map_err(|source| Error::NotStarted { path: self.program.clone(), source })?;
        if !output.status.success() {
            return Err(Error::Script { script: script.to_owned(), status: output.status });
        }
        Ok(output.stdout)
    }

    /// The folder that `PART.py make` fills; it is made while `last`, the file that is written last, is missing.
    pub(crate) fn made(&self, work: &Path, part: &str, last: &str, what: &str) -> Result<PathBuf> {
        let folder = work.join(part);
        files::make_folder(&folder)?;
        if !folder.join(last).exists() {
            say(what);
            self.run(&format!("{part}.py"), ["make".as_ref(), folder.as_os_str()])?;
        }
        Ok(folder)
    }
}

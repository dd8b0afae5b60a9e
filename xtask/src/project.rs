//! Where this checkout is and where its build goes.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

#[derive(Debug, Clone)]
pub(crate) struct Project {
    /// The folder with the root manifest and `tauri.conf.json`.
    pub(crate) root: PathBuf,
    /// Where cargo puts programs: the folder this very program was started from. So `CARGO_TARGET_DIR`
    /// and every other way to move the target directory hold without being read here.
    programs: PathBuf,
}

impl Project {
    /// The checkout that cargo built this program from, or else the one around the current folder.
    pub(crate) fn find() -> Result<Self> {
        let here = match std::env::var_os("CARGO_MANIFEST_DIR") {
            Some(folder) => PathBuf::from(folder),
            None => std::env::current_dir().map_err(|_| Error::NoProject)?,
        };
        let root = here.ancestors().find(|folder| folder.join("tauri.conf.json").is_file());
        let root = root.ok_or(Error::NoProject)?.to_owned();
        let programs = std::env::current_exe()
            .ok()
            .and_then(|program| program.parent().map(Path::to_owned))
            .unwrap_or_else(|| root.join("target/debug"));
        Ok(Self { root, programs })
    }

    /// The page's folder.
    pub(crate) fn page(&self) -> PathBuf {
        self.root.join("ui")
    }

    /// The browser journeys' folder, a package of its own.
    pub(crate) fn journeys(&self) -> PathBuf {
        self.root.join("tests/e2e")
    }

    /// Where cargo puts everything it builds.
    pub(crate) fn target(&self) -> PathBuf {
        self.programs.parent().unwrap_or(&self.programs).to_owned()
    }

    /// The built program.
    pub(crate) fn attune(&self) -> PathBuf {
        self.program("attune")
    }

    /// A built program of any name.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.programs.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }

    /// Where fuzzing keeps what it finds: beside the programs' folder.
    pub(crate) fn fuzzing(&self) -> PathBuf {
        self.programs.with_file_name("fuzz")
    }

    /// Where cargo puts what is built for release.
    pub(crate) fn release(&self) -> PathBuf {
        self.programs.with_file_name("release")
    }

    /// `path` as people write it, relative to the checkout.
    pub(crate) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }
}

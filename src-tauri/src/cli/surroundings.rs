//! What the process finds around itself, once: its folders, its shipped files, its program, its display.

use std::path::{Path, PathBuf};

use attune_engine::{Bases, DataFolder, Resources};

use super::output::Failure;
use crate::api::wire::OwnerKind;
use crate::server::Place;
use crate::server::owner::FocusWindow;

/// Where this process is, before it claims anything.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    pub(crate) folder: DataFolder,
    resources: Resources,
    hub_cache: PathBuf,
    worker_program: PathBuf,
}

impl Surroundings {
    pub(crate) fn find(data_dir: Option<PathBuf>) -> Result<Self, Failure> {
        let data_dir = data_dir.or_else(|| variable("ATTUNE_DATA_DIR"));
        let program = std::env::current_exe().map_err(Failure::internal)?;
        Ok(Self {
            folder: DataFolder::at(data_dir)?,
            resources: resources(&program)?,
            hub_cache: hub_cache(),
            worker_program: worker_program(program),
        })
    }

    pub(crate) fn bases(&self) -> Bases {
        Bases::new(self.resources.models.clone(), self.hub_cache.clone())
    }

    pub(crate) fn into_place(self, kind: OwnerKind, focus: Option<FocusWindow>) -> Place {
        Place {
            folder: self.folder,
            kind,
            resources: self.resources,
            hub_cache: self.hub_cache,
            worker_program: self.worker_program,
            focus,
        }
    }
}

/// Whether a window could open here.
pub(crate) fn has_display() -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    ["WAYLAND_DISPLAY", "DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Shipped files lie beside the program (`../lib/Attune` in a package), or in the checkout it was built in.
fn resources(program: &Path) -> Result<Resources, Failure> {
    let folder = program.parent().unwrap_or(Path::new("/"));
    let packaged = [folder.join("../lib/Attune"), folder.to_owned()];
    // Before the folder of the program: Tauri copies the files beside it when it builds, and a copy grows old.
    let checkout = program.ancestors().skip(1).filter(|folder| folder.join("tauri.conf.json").is_file());
    // A development build may lie outside the checkout (CARGO_TARGET_DIR).
    let development = cfg!(debug_assertions).then(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    checkout
        .map(Path::to_owned)
        .chain(development)
        .chain(packaged)
        .find(|folder| folder.join("models").is_dir())
        .map(|folder| Resources { models: folder.join("models"), content: folder.join("data") })
        .ok_or_else(|| {
            Failure::environment(format!("the files that belong to {} are missing", program.display()))
                .with_hint("Install Attune again.")
        })
}

/// A folder that the environment names; an empty value names none.
fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Where Hugging Face's own tools keep models.
fn hub_cache() -> PathBuf {
    let home = variable("HF_HOME").unwrap_or_else(|| {
        let user = std::env::home_dir().unwrap_or_default();
        user.join(".cache").join("huggingface")
    });
    home.join("hub")
}

/// On Linux the kernel's own link to the running program: an upgrade that replaces the file does no harm.
fn worker_program(program: PathBuf) -> PathBuf {
    let running = PathBuf::from("/proc/self/exe");
    if cfg!(target_os = "linux") && running.exists() { running } else { program }
}

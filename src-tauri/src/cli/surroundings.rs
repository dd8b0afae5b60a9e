//! What the process finds around itself, once: its folders, its shipped files, its program, its display.

use std::path::{Path, PathBuf};

use attune_engine::{Bases, DataFolder, Environment, Resources};

use super::output::Failure;
use crate::api::FocusWindow;
use crate::api::wire::OwnerKind;
use crate::server::Place;

/// Where this process is, before it claims anything.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    pub(crate) folder: DataFolder,
    resources: Resources,
    pub(crate) environment: Environment,
    worker_program: PathBuf,
}

impl Surroundings {
    pub(crate) fn find(data_dir: Option<PathBuf>) -> Result<Self, Failure> {
        let environment = Environment::of_process();
        let folder = DataFolder::find(data_dir, &environment)?;
        let environment = environment.with_file_in(folder.path());
        crate::logging::mask(environment.secrets());
        attune_engine::limit_kernel(&environment);
        let program = std::env::current_exe().map_err(Failure::internal)?;
        Ok(Self {
            folder,
            resources: resources(&program)?,
            environment,
            worker_program: worker_program(program),
        })
    }

    pub(crate) fn bases(&self) -> Bases {
        Bases::new(self.resources.models.clone(), self.environment.hub_cache())
    }

    pub(crate) fn into_place(self, kind: OwnerKind, focus: Option<FocusWindow>) -> Place {
        Place {
            folder: self.folder,
            kind,
            resources: self.resources,
            environment: self.environment,
            port: None,
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

/// On Linux the kernel's own link to the running program: an upgrade that replaces the file does no harm.
fn worker_program(program: PathBuf) -> PathBuf {
    let running = PathBuf::from("/proc/self/exe");
    if cfg!(target_os = "linux") && running.exists() { running } else { program }
}

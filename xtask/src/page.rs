//! The page in `ui/`: its packages and its build, each done again only when its inputs changed.

use std::path::Path;

use crate::console::say;
use crate::error::{Error, Result};
use crate::fingerprint::{Fingerprint, is_stale, text};
use crate::process::Step;
use crate::project::Project;

/// `npm ci` in `folder`, unless its packages are those of its lock file already.
///
/// The stamp lies in `node_modules`, which `npm ci` deletes first: an interrupted install leaves none.
pub(crate) fn install(project: &Project, folder: &Path) -> Result<()> {
    let lock = folder.join("package-lock.json");
    if !lock.is_file() {
        return Err(Error::Incomplete { path: lock, remedy: "check the whole repository out again" });
    }
    let stamp = folder.join("node_modules/.attune-installed");
    let inputs = Fingerprint::of_file(&lock)?;
    // npm keeps its own list of what it installed; without it the packages are not whole.
    let installed = || Fingerprint::of_file(&folder.join("node_modules/.package-lock.json")).ok();
    if !is_stale(read(&stamp).as_deref(), inputs, installed()) {
        say(&format!("      the packages in {} are those of its lock file", project.shown(folder)));
        return Ok(());
    }
    say(&format!("      npm ci in {}; some minutes the first time", project.shown(folder)));
    Step::npm(folder).args(["ci", "--no-audit", "--no-fund"]).run()?;
    if let Some(installed) = installed() {
        write(&stamp, &text(inputs, installed))?;
    }
    Ok(())
}

/// The types and the bundle (`npm run build`), unless `ui/dist` comes from what lies there now.
///
/// The stamp lies in `node_modules` because everything in `ui/dist` is served; it holds the built page's own
/// fingerprint too, so that the placeholder of a build without npm is not taken for the page.
pub(crate) fn build(project: &Project) -> Result<()> {
    let folder = project.page();
    let stamp = folder.join("node_modules/.attune-built");
    let inputs = Fingerprint::of_folder(&folder, &["node_modules", "dist"])?;
    let index = folder.join("dist/index.html");
    let built = || Fingerprint::of_file(&index).ok();
    if !is_stale(read(&stamp).as_deref(), inputs, built()) {
        say("      the built page is up to date");
        return Ok(());
    }
    Step::npm(&folder).args(["run", "build"]).run()?;
    let built = built().ok_or(Error::Incomplete {
        path: index,
        remedy: "`npm run build` in ui/ ended without writing it; look at its settings in ui/vite.config.ts",
    })?;
    write(&stamp, &text(inputs, built))
}

fn read(stamp: &Path) -> Option<String> {
    std::fs::read_to_string(stamp).ok()
}

fn write(stamp: &Path, text: &str) -> Result<()> {
    std::fs::write(stamp, text).map_err(|source| Error::Write { path: stamp.to_owned(), source })
}

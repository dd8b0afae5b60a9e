//! `cargo xtask package`: the release build as a package for Debian and its relatives.
//!
//! Not here: what lies in the package (`bundle` in tauri.conf.json). The Tauri CLI writes it; what it depends on is
//! read from the program itself by Debian's own tool, so that it is right for the system it was built on.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::console::{Stages, result, say};
use crate::error::{Error, Result};
use crate::packages::{For, install_missing};
use crate::process::Step;
use crate::project::Project;
use crate::{expect_only, page, tools};

/// In bytes. What people download at most.
const LARGEST: u64 = 60_000_000;

pub(crate) fn package(project: &Project, arguments: &[String]) -> Result<ExitCode> {
    expect_only("package", arguments, &["--try"])?;
    let try_it = !arguments.is_empty();
    let uses: &[For] =
        if try_it { &[For::Building, For::Packing, For::Testing] } else { &[For::Building, For::Packing] };
    let mut stages = Stages::new(if try_it { 6 } else { 5 });
    stages.stage("Checking Rust, Node and npm", || tools::check(project))?;
    stages.stage("Looking for system packages", || install_missing(project, uses))?;
    stages.stage("Installing the page's packages", || page::install(project, &project.page()))?;
    stages.stage("Building the page", || page::build(project))?;
    let package = stages.stage("Building and packing", || build(project))?;
    if try_it {
        stages.stage("Installing and starting it", || tried(project, &package).run())?;
    }
    result(&package.display().to_string());
    Ok(ExitCode::SUCCESS)
}

/// Builds the program for release and packs it. The page has been built.
fn build(project: &Project) -> Result<PathBuf> {
    Step::cargo(&project.root).args(["build", "--release"]).run()?;
    let depends = depends(project)?;
    say(&format!("      it depends on {}", depends.join(", ")));
    let quoted: Vec<String> = depends.iter().map(|name| format!("\"{name}\"")).collect();
    let settings = format!(r#"{{"bundle":{{"linux":{{"deb":{{"depends":[{}]}}}}}}}}"#, quoted.join(","));
    let folder = project.release().join("bundle/deb");
    // A package of an older version must not be taken for the new one.
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(|source| Error::Write { path: folder.clone(), source })?;
    }
    let cli = project.page().join("node_modules/@tauri-apps/cli/tauri.js");
    let arguments = ["bundle", "--bundles", "deb", "--config", &settings];
    Step::new("node", &project.root).args([cli.to_string_lossy().as_ref()]).args(arguments).run()?;
    let package = the_package_in(&folder)?;
    let bytes = package.metadata().map_err(|source| Error::Read { path: package.clone(), source })?.len();
    if bytes > LARGEST {
        return Err(Error::PackageTooLarge { path: package, bytes, most: LARGEST });
    }
    say(&format!("      {}: {:.1} MB", project.shown(&package), bytes as f64 / 1e6));
    Ok(package)
}

/// The tests that install the package into a folder of their own and start it there.
fn tried(project: &Project, package: &Path) -> Step {
    Step::cargo(&project.root)
        .args(["test", "--test", "attune", "package::"])
        .with("ATTUNE_PACKAGE", package.as_os_str())
}

/// The libraries that the program asks the system's linker for, as Debian packages with their versions.
fn depends(project: &Project) -> Result<Vec<String>> {
    // dpkg-shlibdeps wants to stand in the source of a package.
    let stand_in = project.release().join("bundle/depends");
    let control = stand_in.join("debian/control");
    std::fs::create_dir_all(stand_in.join("debian"))
        .and_then(|()| std::fs::write(&control, "Source: attune\n\nPackage: attune\nArchitecture: any\n"))
        .map_err(|source| Error::Write { path: control, source })?;
    let program = project.release().join("attune");
    let said =
        Step::new("dpkg-shlibdeps", &stand_in).args(["-O", program.to_string_lossy().as_ref()]).output()?;
    let depends = libraries(&said);
    if depends.is_empty() {
        return Err(Error::NoLibraries { program });
    }
    Ok(depends)
}

/// From `shlibs:Depends=libc6 (>= 2.36), libgtk-3-0 (>= 3.21.5)`.
fn libraries(said: &str) -> Vec<String> {
    let list = said.lines().find_map(|line| line.strip_prefix("shlibs:Depends="));
    list.unwrap_or_default()
        .split(", ")
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

fn the_package_in(folder: &Path) -> Result<PathBuf> {
    let entries =
        std::fs::read_dir(folder).map_err(|source| Error::Read { path: folder.to_owned(), source })?;
    let mut packages = entries.filter_map(|entry| Some(entry.ok()?.path()));
    packages.find(|path| path.extension().is_some_and(|extension| extension == "deb")).ok_or(
        Error::Incomplete {
            path: folder.join("*.deb"),
            remedy: "`tauri bundle` ended without writing it; look at `bundle` in tauri.conf.json",
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_read_with_their_versions() {
        let said = "shlibs:Depends=libc6 (>= 2.36), libwebkit2gtk-4.1-0 (>= 2.48.0)\n";
        assert_eq!(libraries(said), ["libc6 (>= 2.36)", "libwebkit2gtk-4.1-0 (>= 2.48.0)"]);
        assert!(libraries("dpkg-shlibdeps: error: no such file\n").is_empty());
    }
}

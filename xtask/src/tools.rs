//! Checks the tools that a person installs: Rust, Node, npm.

use crate::console::say;
use crate::error::{Error, Result};
use crate::process::Step;
use crate::project::Project;
use crate::version::{Version, node_is_enough};

const NODE_REMEDY: &str =
    "install Node 20.19 or newer (of 22: 22.12 or newer) from https://nodejs.org and start again";

/// Rust as the root manifest asks, Node as Vite asks, and npm.
pub(crate) fn check(project: &Project) -> Result<()> {
    let manifest = project.root.join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest)
        .map_err(|source| Error::Read { path: manifest.clone(), source })?;
    let needed =
        rust_version(&text).ok_or(Error::ManifestUnclear { path: manifest, missing: "`rust-version`" })?;
    let rust = version_of(project, "rustc", "Rust", "install it from https://rustup.rs and start again")?;
    if rust < needed {
        return Err(Error::ToolTooOld {
            tool: "Rust",
            found: rust.to_string(),
            needed: needed.to_string(),
            remedy: "run `rustup update stable` and start again".into(),
        });
    }
    let node = version_of(project, "node", "Node", NODE_REMEDY)?;
    if !node_is_enough(node) {
        return Err(Error::ToolTooOld {
            tool: "Node",
            found: node.to_string(),
            needed: "20.19".into(),
            remedy: NODE_REMEDY.into(),
        });
    }
    let npm =
        version_of(project, "npm", "npm", "install it with Node from https://nodejs.org and start again")?;
    say(&format!("      Rust {rust}, Node {node}, npm {npm}"));
    Ok(())
}

/// Rust's formatter and linter, which a minimal installation of Rust leaves out.
pub(crate) fn check_lints(project: &Project) -> Result<()> {
    let missing: Vec<&str> = [("fmt", "rustfmt"), ("clippy", "clippy")]
        .into_iter()
        .filter(|(word, _)| !Step::cargo(&project.root).args([word, "--version"]).succeeds())
        .map(|(_, component)| component)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !crate::process::is_on_path("rustup") {
        return Err(Error::ToolMissing {
            tool: "Rust's formatter or linter",
            remedy: format!("install {} from where your Rust came", missing.join(" and ")),
        });
    }
    say(&format!("      adding {} to Rust", missing.join(" and ")));
    Step::new("rustup", &project.root).args(["component", "add"]).args(missing).run()
}

fn version_of(project: &Project, program: &'static str, tool: &'static str, remedy: &str) -> Result<Version> {
    let missing = || Error::ToolMissing { tool, remedy: remedy.to_owned() };
    let said = Step::new(program, &project.root).args(["--version"]).output().map_err(|_| missing())?;
    Version::first_in(&said).ok_or_else(missing)
}

fn rust_version(manifest: &str) -> Option<Version> {
    manifest.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        if name.trim() != "rust-version" {
            return None;
        }
        Version::first_in(value.trim().trim_matches('"'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_needed_rust_is_read_from_the_manifest() {
        let manifest = "[workspace.package]\nversion = \"0.1.0\"\nrust-version = \"1.95\"\n";
        assert_eq!(rust_version(manifest), Some(Version(1, 95, 0)));
        assert_eq!(rust_version("[package]\nrust-version.workspace = true\n"), None);
    }
}

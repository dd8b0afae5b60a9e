//! `cargo xtask run`: from a clone to a window.

use std::process::ExitCode;

use crate::console::{Stages, say};
use crate::error::Result;
use crate::packages::{For, install_missing};
use crate::process::Step;
use crate::project::Project;
use crate::{page, tools};

pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<ExitCode> {
    let arguments = arguments.strip_prefix(&["--".to_owned()]).unwrap_or(arguments);
    let mut stages = Stages::new(6);
    stages.stage("Checking Rust, Node and npm", || tools::check(project))?;
    stages.stage("Looking for system libraries", || install_missing(project, &[For::Building]))?;
    stages.stage("Installing the page's packages", || page::install(project, &project.page()))?;
    stages.stage("Building the page", || page::build(project))?;
    stages.stage("Building Attune", || build(project))?;
    stages.stage("Starting Attune", || {
        if arguments.is_empty() && !has_display() {
            say("      there is no display: the page is served here; open the address printed below in a browser");
        }
        Ok(())
    })?;
    let attune = Step::new(project.attune(), &project.root).args(arguments);
    become_it(attune)
}

/// The program, as `cargo test` builds it too.
pub(crate) fn build(project: &Project) -> Result<()> {
    if !project.attune().exists() {
        say("      this takes some minutes the first time; later only what changed is compiled");
    }
    Step::cargo(&project.root).args(["build"]).run()
}

fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

#[cfg(unix)]
fn become_it(attune: Step) -> Result<ExitCode> {
    Err(attune.become_it())
}

#[cfg(not(unix))]
fn become_it(attune: Step) -> Result<ExitCode> {
    attune.run().map(|()| ExitCode::SUCCESS)
}

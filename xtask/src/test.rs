//! `cargo xtask test`: sets everything up and passes every test; what CI runs.

use std::process::ExitCode;

use crate::check::{Judge, cargo_judge, drift_judge, judge_all, npm_judge, text_judges};
use crate::console::{Stages, result};
use crate::counts::Counts;
use crate::error::Result;
use crate::fuzz::fuzz_all;
use crate::packages::{For, install_missing};
use crate::project::Project;
use crate::sanitize::sanitize_judge;
use crate::{expect_only, page, tools};

/// One set of features and one target directory: a second one would compile a hundred crates again.
/// The package is tried by `cargo xtask package --try`, which builds it for release.
const ALL: [&str; 6] = ["test", "--workspace", "--no-fail-fast", "--", "--skip", "package::"];
/// Without the tests that need a display or a browser; they live in `tests/bridge`.
const FAST: [&str; 8] =
    ["test", "--workspace", "--no-fail-fast", "--", "--skip", "package::", "--skip", "bridge::"];

pub(crate) fn test(project: &Project, arguments: &[String]) -> Result<ExitCode> {
    expect_only("test", arguments, &["--fast"])?;
    let fast = !arguments.is_empty();
    let mut judges = text_judges(project);
    judges.push(npm_judge(project, "Tests of the page", &["test"]));
    judges.push(cargo_judge(project, "Tests of the program", if fast { &FAST } else { &ALL }));
    judges.push(Judge {
        title: "Readers of foreign files under bytes at random",
        again: "cargo xtask fuzz".into(),
        work: Box::new(|counts| fuzz_all(project, counts)),
    });
    judges.push(sanitize_judge(project));
    judges.push(drift_judge(project));
    let uses: &[For] = if fast { &[For::Building] } else { &[For::Building, For::Testing] };
    let mut stages = Stages::new(judges.len() + 4);
    if let Err(error) = set_up(project, &mut stages, uses, fast) {
        // Readers of the closing lines must not take a broken set-up for "no tests".
        result(&format!("\n{}\n\nerror: {error}", stages.table()));
        result(&Counts { passed: 0, failed: 1 }.line());
        return Ok(ExitCode::FAILURE);
    }
    Ok(judge_all(stages, judges))
}

fn set_up(project: &Project, stages: &mut Stages, uses: &[For], fast: bool) -> Result<()> {
    stages.stage("Checking Rust, Node and npm", || {
        tools::check(project).and_then(|()| tools::check_lints(project))
    })?;
    stages.stage("Looking for system packages", || install_missing(project, uses))?;
    stages.stage("Installing the packages of page and journeys", || {
        page::install(project, &project.page())?;
        if fast { Ok(()) } else { page::install(project, &project.journeys()) }
    })?;
    stages.stage("Types and build of the page", || page::build(project))
}

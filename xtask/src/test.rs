//! `cargo xtask test`: sets everything up and passes every test; what CI runs.

use std::process::ExitCode;

use crate::check::{Judge, cargo_judge, drift_judge, judge_all, npm_judge, text_judges};
use crate::console::{Stages, result};
use crate::counts::Counts;
use crate::error::Result;
use crate::fuzz::fuzz_all;
use crate::packages::{For, install_missing};
use crate::project::Project;
use crate::{expect_only, package, page, tools};

/// One set of features and one target directory: a second one would compile a hundred crates again.
/// The package has a stage of its own, which builds it.
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
    judges.push(drift_judge(project));
    let packs = !fast && std::env::var_os("CI").is_some();
    if packs {
        judges.push(package_judge(project));
    }
    let uses: &[For] = match (fast, packs) {
        (true, _) => &[For::Building],
        (false, true) => &[For::Building, For::Packing, For::Testing],
        (false, false) => &[For::Building, For::Testing],
    };
    let mut stages = Stages::new(judges.len() + 4);
    if let Err(error) = set_up(project, &mut stages, uses, fast) {
        // Readers of the closing lines must not take a broken set-up for "no tests".
        result(&format!("\n{}\n\nerror: {error}", stages.table()));
        result(&Counts { passed: 0, failed: 1 }.line());
        return Ok(ExitCode::FAILURE);
    }
    Ok(judge_all(stages, judges))
}

/// A release build compiles everything a second time, so people ask for it and only CI always does it.
fn package_judge(project: &Project) -> Judge<'_> {
    Judge {
        title: "The package, installed and started",
        again: "cargo xtask package --try".into(),
        work: Box::new(|counts| {
            let package = package::build(project)?;
            package::tried(project, &package).run_counted(counts)
        }),
    }
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

//! `cargo xtask check`: everything that judges the text rather than the behaviour.

use std::process::ExitCode;

use crate::console::{Stages, result, say};
use crate::counts::Counts;
use crate::error::Result;
use crate::packages::{For, install_missing};
use crate::process::Step;
use crate::project::Project;
use crate::{expect_only, generate, page, run, tools};

pub(crate) const FORMAT: [&str; 3] = ["fmt", "--all", "--check"];
pub(crate) const CLIPPY: [&str; 6] = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];

/// A stage that judges: it fails without keeping the others from their turn.
pub(crate) struct Judge<'p> {
    pub(crate) title: &'static str,
    /// How a person repeats only this stage.
    pub(crate) again: String,
    pub(crate) work: Work<'p>,
}

impl Judge<'_> {
    /// Names the command that puts most of what it finds right.
    fn repaired_by(mut self, command: &str) -> Self {
        self.again.push_str(&format!("; put right by: {command}"));
        self
    }
}

/// Does the stage's work and adds the tests it passed.
type Work<'p> = Box<dyn FnOnce(&mut Counts) -> Result<()> + 'p>;

pub(crate) fn check(project: &Project, arguments: &[String]) -> Result<ExitCode> {
    expect_only("check", arguments, &[])?;
    let mut judges = text_judges(project);
    judges.push(cargo_judge(project, "House rules", &["test", "--test", "attune", "tidy::"]));
    judges.push(Judge {
        title: "Types of the page",
        again: "npm --prefix ui exec -- tsc --noEmit".into(),
        work: Box::new(|_| Step::npm(&project.page()).args(["exec", "--", "tsc", "--noEmit"]).run()),
    });
    judges.push(drift_judge(project));
    let mut stages = Stages::new(judges.len() + 3);
    stages.stage("Checking Rust, Node and npm", || {
        tools::check(project).and_then(|()| tools::check_lints(project))
    })?;
    stages.stage("Looking for system libraries", || install_missing(project, &[For::Building]))?;
    stages.stage("Installing the page's packages", || page::install(project, &project.page()))?;
    Ok(judge_all(stages, judges))
}

/// Format and lints of both languages.
pub(crate) fn text_judges(project: &Project) -> Vec<Judge<'_>> {
    let format = cargo_judge(project, "Format of the Rust code", &FORMAT);
    let page = npm_judge(project, "Format and lints of the page", &["run", "lint"]);
    vec![
        format.repaired_by("cargo fmt --all"),
        cargo_judge(project, "Clippy", &CLIPPY),
        page.repaired_by("npm --prefix ui run format"),
        npm_judge(project, "Unused parts of the page", &["run", "knip"]),
    ]
}

pub(crate) fn cargo_judge<'p>(
    project: &'p Project,
    title: &'static str,
    arguments: &'p [&'p str],
) -> Judge<'p> {
    let work = move |counts: &mut Counts| Step::cargo(&project.root).args(arguments).run_counted(counts);
    Judge { title, again: format!("cargo {}", arguments.join(" ")), work: Box::new(work) }
}

pub(crate) fn npm_judge<'p>(
    project: &'p Project,
    title: &'static str,
    arguments: &'p [&'p str],
) -> Judge<'p> {
    let work = move |counts: &mut Counts| Step::npm(&project.page()).args(arguments).run_counted(counts);
    Judge { title, again: format!("npm --prefix ui {}", arguments.join(" ")), work: Box::new(work) }
}

pub(crate) fn drift_judge(project: &Project) -> Judge<'_> {
    Judge {
        title: "Files made from the program",
        again: "cargo xtask generate".into(),
        work: Box::new(|_| run::build(project).and_then(|()| generate::check_drift(project))),
    }
}

/// Gives every judge its turn; then the table, what failed and how to repeat it, and the plain closing line.
pub(crate) fn judge_all(mut stages: Stages, judges: Vec<Judge<'_>>) -> ExitCode {
    let mut counts = Counts::default();
    let mut failures = Vec::new();
    for judge in judges {
        let before = counts;
        let outcome = stages.stage(judge.title, || (judge.work)(&mut counts));
        if let Err(error) = outcome {
            say(&format!("      {error}"));
            // A stage without tests of its own (a lint, a build that broke) still counts as one failure.
            if counts.failed == before.failed {
                counts.failed += 1;
            }
            failures.push(format!("failed: {}; only this again: {}", judge.title, judge.again));
        }
    }
    result(&format!("\n{}\n", stages.table()));
    for failure in &failures {
        result(failure);
    }
    result(&counts.line());
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn judge<'p>(title: &'static str, work: impl FnOnce(&mut Counts) -> Result<()> + 'p) -> Judge<'p> {
        Judge { title, again: String::new(), work: Box::new(work) }
    }

    #[test]
    fn one_failure_does_not_keep_the_others_from_their_turn() {
        let mut turns = Vec::new();
        let turns_of = std::cell::RefCell::new(&mut turns);
        let judges = vec![
            judge("first", |_| Err(Error::NoProject)),
            judge("second", |counts| {
                counts.passed += 1;
                turns_of.borrow_mut().push("second");
                Ok(())
            }),
        ];
        let code = judge_all(Stages::new(2), judges);
        assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::FAILURE));
        assert_eq!(turns, ["second"]);
    }
}

//! `cargo xtask sanitize`: the unsafe code under AddressSanitizer.
//!
//! Only the packages of this workspace are built with its checks (`sanitized-rustc.sh`); everything that they depend
//! on is what every other command uses. Assembly is not seen by it: AMX tiles are loaded and stored unchecked.

use std::process::ExitCode;

use crate::check::{Judge, judge_all};
use crate::console::Stages;
use crate::error::Result;
use crate::expect_only;
use crate::process::Step;
use crate::project::Project;

/// All packages but the program are selected, so that dependencies have the features they have everywhere else.
/// The tests are those of every folder with unsafe code (`tests/tidy/marks.rs`).
const TESTS: [&str; 7] = ["test", "--workspace", "--exclude", "attune", "--lib", "--", "kernels::"];

pub(crate) fn sanitize(project: &Project, arguments: &[String]) -> Result<ExitCode> {
    expect_only("sanitize", arguments, &[])?;
    Ok(judge_all(Stages::new(1), vec![sanitize_judge(project)]))
}

pub(crate) fn sanitize_judge(project: &Project) -> Judge<'_> {
    let step = move || {
        Step::cargo(&project.root)
            .args(TESTS)
            .with("RUSTC_WORKSPACE_WRAPPER", project.root.join("xtask/sanitized-rustc.sh"))
            // Leaks are no unsafe access, and what a process keeps until its end is not lost.
            .with("ASAN_OPTIONS", "detect_leaks=0")
    };
    Judge {
        title: "Unsafe code under AddressSanitizer",
        again: "cargo xtask sanitize".into(),
        work: Box::new(move |counts| step().run_counted(counts)),
    }
}

//! `cargo xtask bench`: Attune beside Hugging Face PEFT, in a Python environment of its own, how fast it generates,
//! and how well it judges.
//!
//! Not here: what is compared and what is allowed (the package `attune-bench`). Continuous integration never comes here:
//! it checks the committed numbers of PEFT's, without Python.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::console::{Stages, say};
use crate::error::{Error, Result};
use crate::fingerprint::{Fingerprint, is_stale, text};
use crate::process::{Step, is_on_path};
use crate::project::Project;

/// The parts, by the flag that asks for each.
const PARTS: [(&str, &str); 9] = [
    ("--parity", "parity"),
    ("--interop", "interop"),
    ("--learning", "learning"),
    ("--speed", "speed"),
    ("--answers", "answers"),
    ("--threads", "threads"),
    ("--generation", "generation"),
    ("--quality", "quality"),
    ("--twins", "twins"),
];
/// Parts that compare with nobody, so that they need no Python.
const WITHOUT_PYTHON: [&str; 3] = ["generation", "quality", "twins"];

/// A person's own Python with the packages of `bench/requirements.txt`.
const OWN_PYTHON: &str = "ATTUNE_BENCH_PYTHON";

const PYTHON_REMEDY: &str = "install Python 3.11 or newer with its venv module (on Debian and Ubuntu \
                             `sudo apt-get install python3-venv`) and start again";

pub(crate) fn bench(project: &Project, arguments: &[String]) -> Result<ExitCode> {
    let (part, rest) = asked_for(arguments)?;
    if WITHOUT_PYTHON.contains(&part) {
        let mut stages = Stages::new(2);
        stages.stage("Building the measurement for speed", || build(project))?;
        let measuring = Step::cargo(&project.root)
            .args(["run", "--quiet", "--release", "-p", "attune-bench", "--", part])
            .args(rest);
        stages.stage("Measuring", || measuring.run())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut stages = Stages::new(3);
    let python = stages.stage("Setting up Python", || python(project))?;
    stages.stage("Building the comparison for speed", || build(project))?;
    stages.stage("Comparing with PEFT", || {
        Step::cargo(&project.root)
            .args(["run", "--quiet", "--release", "-p", "attune-bench", "--", part, "--python"])
            .args([python.display().to_string(), "--work".into(), work(project).display().to_string()])
            .args(rest)
            .run()
    })?;
    Ok(ExitCode::SUCCESS)
}

fn build(project: &Project) -> Result<()> {
    Step::cargo(&project.root).args(["build", "--release", "-p", "attune-bench"]).run()
}

/// The one part that is asked for, and what is handed on to it.
fn asked_for(arguments: &[String]) -> Result<(&'static str, &[String])> {
    let known = PARTS.map(|(flag, _)| flag).to_vec();
    let Some((first, rest)) = arguments.split_first() else {
        return Err(Error::MissingArgument { command: "bench", known });
    };
    match PARTS.iter().find(|(flag, _)| flag == first) {
        Some((_, part)) => Ok((part, rest)),
        None => Err(Error::UnknownArgument { command: "bench", argument: first.clone(), known }),
    }
}

/// Where both sides leave what they hand each other: beside the build, so that git never sees it.
fn work(project: &Project) -> PathBuf {
    project.target().join("bench")
}

/// A Python with the pinned packages: the person's own, or a virtual environment that is made once.
fn python(project: &Project) -> Result<PathBuf> {
    if let Some(python) = std::env::var_os(OWN_PYTHON) {
        let python = PathBuf::from(python);
        say(&format!("      {} is taken, as {OWN_PYTHON} says", python.display()));
        check_versions(project, &python)?;
        return Ok(python);
    }
    let folder = work(project).join("venv");
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let (stamp, requirements) =
        (folder.join("attune-installed"), project.root.join("bench/requirements.txt"));
    let inputs = Fingerprint::of_file(&requirements)?;
    // Written by `python -m venv` itself: without it there is no environment.
    let made = || Fingerprint::of_file(&folder.join("pyvenv.cfg")).ok();
    let stamped = std::fs::read_to_string(&stamp).ok();
    if !is_stale(stamped.as_deref(), inputs, made()) {
        say("      the packages are those of bench/requirements.txt");
        return Ok(python);
    }
    let system = ["python3", "python"].into_iter().find(|program| is_on_path(program));
    let system =
        system.ok_or_else(|| Error::ToolMissing { tool: "Python", remedy: PYTHON_REMEDY.to_owned() })?;
    say(
        "      PyTorch, transformers, PEFT and CTranslate2 into a virtual environment; some minutes the first time",
    );
    Step::new(system, &project.root)
        .args(["-m", "venv", "--clear"])
        .args([folder.display().to_string()])
        .run()?;
    Step::new(&python, &project.root)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
        .args([requirements.display().to_string()])
        .run()?;
    check_versions(project, &python)?;
    if let Some(made) = made() {
        std::fs::write(&stamp, text(inputs, made)).map_err(|source| Error::Write { path: stamp, source })?;
    }
    Ok(python)
}

fn check_versions(project: &Project, python: &Path) -> Result<()> {
    Step::new(python, &project.root).args(["-B", "bench/reference/check_versions.py"]).run()
}

#[cfg(test)]
mod tests {
    use super::asked_for;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn a_part_is_chosen_by_its_flag_and_the_rest_is_handed_on() {
        let arguments = words("--learning --epochs 1");
        let (part, rest) = asked_for(&arguments).expect("a known part");
        assert_eq!((part, rest), ("learning", &words("--epochs 1")[..]));
    }

    #[test]
    fn no_part_and_an_unknown_part_are_answered_with_the_known_ones() {
        for arguments in ["", "--speling", "learning"] {
            let said = asked_for(&words(arguments)).expect_err("no such part").to_string();
            assert!(
                said.contains(
                    "--parity, --interop, --learning, --speed, --answers, --threads, --generation, --quality, --twins"
                ),
                "{said}"
            );
        }
    }
}

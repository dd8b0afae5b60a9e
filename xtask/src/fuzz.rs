//! `cargo xtask fuzz`: every reader of foreign files under bytes that nobody meant for it.
//!
//! The readers are built once more with counters on their branches (`fuzz/instrumented-rustc.sh`), everything
//! that they depend on is what every other command uses. What is found lies in `target/fuzz/READER/`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;

use crate::console::{Stages, result, say};
use crate::counts::Counts;
use crate::error::{Error, Result};
use crate::process::Step;
use crate::project::Project;

/// How long each reader is tried by a person's own test run, and by one that has the time, in seconds.
const SECONDS: u32 = 5;
const SECONDS_IN_CI: u32 = 60;
/// An input that takes a reader longer than so many seconds has hung it.
const LONGEST_READ: u32 = 10;
const MOST_MEBIBYTES: u32 = 1024;
/// The files that readers meet are mostly small; larger ones are cut by libFuzzer.
const MOST_BYTES: u32 = 1 << 17;

pub(crate) fn fuzz(project: &Project, arguments: &[String]) -> Result<ExitCode> {
    let wanted = Wanted::of(arguments, &readers(project)?)?;
    let mut counts = Counts::default();
    let mut stages = Stages::new(1);
    let outcome = stages.stage("Readers of foreign files", || {
        build(project).and_then(|()| run_all(project, &wanted, &mut counts))
    });
    if let Err(error) = outcome {
        say(&format!("      {error}"));
        counts.failed = counts.failed.max(1);
    }
    result(&counts.line());
    Ok(if counts.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Every reader, for as long as suits whoever runs all the tests.
pub(crate) fn fuzz_all(project: &Project, counts: &mut Counts) -> Result<()> {
    let wanted = Wanted { seconds: usual_seconds(), readers: readers(project)? };
    build(project).and_then(|()| run_all(project, &wanted, counts))
}

struct Wanted {
    seconds: u32,
    readers: Vec<String>,
}

impl Wanted {
    fn of(arguments: &[String], known: &[String]) -> Result<Self> {
        let unknown =
            |argument: &str| Error::UnknownReader { argument: argument.to_owned(), known: known.to_vec() };
        let mut wanted = Self { seconds: usual_seconds(), readers: Vec::new() };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            if argument == "--seconds" {
                let seconds = arguments.next().and_then(|number| number.parse().ok());
                wanted.seconds = seconds.filter(|seconds| *seconds > 0).ok_or_else(|| unknown(argument))?;
            } else if known.contains(argument) {
                wanted.readers.push(argument.clone());
            } else {
                return Err(unknown(argument));
            }
        }
        if wanted.readers.is_empty() {
            known.clone_into(&mut wanted.readers);
        }
        Ok(wanted)
    }
}

fn usual_seconds() -> u32 {
    if std::env::var_os("CI").is_some_and(|value| !value.is_empty()) { SECONDS_IN_CI } else { SECONDS }
}

/// Every reader has a folder of seeds.
fn readers(project: &Project) -> Result<Vec<String>> {
    let folder = seeds(project);
    let unreadable = |source| Error::Read { path: folder.clone(), source };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
        names.push(entry.map_err(unreadable)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn seeds(project: &Project) -> PathBuf {
    project.root.join("fuzz/seeds")
}

/// The whole workspace is selected, so that every dependency has the features it has everywhere else.
fn build(project: &Project) -> Result<()> {
    Step::cargo(&project.root)
        .args(["build", "--workspace", "--bin", "readers", "--features", "attune-fuzz/libfuzzer"])
        .with("RUSTC_WORKSPACE_WRAPPER", project.root.join("fuzz/instrumented-rustc.sh"))
        .run()
}

/// As many readers at once as there are processors.
fn run_all(project: &Project, wanted: &Wanted, counts: &mut Counts) -> Result<()> {
    let at_once = std::thread::available_parallelism().map_or(1, usize::from);
    let waiting = Mutex::new(wanted.readers.iter());
    let next = || waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                while let Some(reader) = next() {
                    if let Err(error) = run(project, reader, wanted.seconds) {
                        failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(error);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    counts.failed += failures.len();
    counts.passed += wanted.readers.len() - failures.len();
    failures.into_iter().next().map_or(Ok(()), Err)
}

fn run(project: &Project, reader: &str, seconds: u32) -> Result<()> {
    let folder = project.fuzzing().join(reader);
    // What was found to reach new branches is kept between runs, and never a reason to fail.
    let found = folder.join("corpus");
    std::fs::create_dir_all(&found).map_err(|source| Error::Write { path: found.clone(), source })?;
    let program = project.program("readers");
    let step = Step::new(&program, &folder)
        .args([found.to_string_lossy(), seeds(project).join(reader).to_string_lossy()])
        .args([
            format!("-max_total_time={seconds}"),
            format!("-timeout={LONGEST_READ}"),
            format!("-rss_limit_mb={MOST_MEBIBYTES}"),
            format!("-max_len={MOST_BYTES}"),
            format!("-artifact_prefix={}/", folder.display()),
            "-print_final_stats=1".to_owned(),
        ])
        .with("ATTUNE_FUZZ_READER", reader)
        .with("TMPDIR", fastest_temporary_folder());
    let line = step.line();
    match step.run_caught() {
        Ok(said) => {
            let runs = said.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
            say(&format!("      {reader}: {} inputs", runs.unwrap_or(" some").trim()));
            Ok(())
        }
        Err((error, said)) => {
            say(&last_lines(&said));
            say(&format!("      {reader} broke ({error}); the input lies in {}", folder.display()));
            say(&format!("      with ATTUNE_FUZZ_READER={reader}: {line}"));
            Err(error)
        }
    }
}

/// Most readers read files: in memory they are tried many times as often.
fn fastest_temporary_folder() -> PathBuf {
    let in_memory = PathBuf::from("/dev/shm");
    if in_memory.is_dir() { in_memory } else { std::env::temp_dir() }
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(text: &str) -> Result<Wanted> {
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        Wanted::of(&words, &["checkpoint".to_owned(), "source_text".to_owned()])
    }

    #[test]
    fn all_readers_are_meant_unless_some_are_named() {
        assert_eq!(wanted("--seconds 90").expect("it is known").readers, ["checkpoint", "source_text"]);
        let one = wanted("checkpoint --seconds 90").expect("both are known");
        assert_eq!((one.readers, one.seconds), (vec!["checkpoint".to_owned()], 90));
    }

    #[test]
    fn what_is_no_reader_and_no_number_is_refused_with_the_readers() {
        for text in ["chekpoint", "--seconds", "--seconds 0", "--seconds soon", "--minutes 1"] {
            let said = wanted(text).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(said.contains("checkpoint, source_text"), "{text}: {said}");
        }
    }
}

//! Starting other programs, with their output passing through.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use crate::counts::Counts;
use crate::error::{Error, Result};

/// One command line: a program, its arguments, and the folder it runs in.
#[derive(Debug)]
pub(crate) struct Step {
    command: Command,
    words: Vec<String>,
    folder: PathBuf,
}

impl Step {
    pub(crate) fn new(program: impl AsRef<OsStr>, folder: &Path) -> Self {
        let program = program.as_ref();
        let mut command = Command::new(program);
        command.current_dir(folder);
        Self { command, words: vec![program.to_string_lossy().into_owned()], folder: folder.to_owned() }
    }

    /// The cargo that started this program, without the marks it left in the environment: build scripts
    /// that watch `CARGO_MANIFEST_DIR` and the like would run again at every change between `cargo build`
    /// and `cargo xtask`.
    pub(crate) fn cargo(folder: &Path) -> Self {
        let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut step = Self::new(program, folder);
        "cargo".clone_into(&mut step.words[0]);
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(is_a_mark_of_cargo_run) {
                step.command.env_remove(name);
            }
        }
        step
    }

    pub(crate) fn npm(folder: &Path) -> Self {
        // Browsers come from the system's packages; the end-to-end tests never download one.
        Self::new("npm", folder).with("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
    }

    pub(crate) fn args<A: AsRef<str>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        for argument in arguments {
            self.command.arg(argument.as_ref());
            self.words.push(argument.as_ref().to_owned());
        }
        self
    }

    pub(crate) fn with(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// The command line as a person would type it.
    pub(crate) fn line(&self) -> String {
        self.words.join(" ")
    }

    /// Runs to the end; output passes through, all of it to standard error: standard output belongs to the
    /// result of our own command.
    ///
    /// # Errors
    /// The program cannot be started, or ends with anything but success.
    pub(crate) fn run(mut self) -> Result<()> {
        let status =
            self.command.stdout(std::io::stderr()).status().map_err(|source| self.cannot_start(source))?;
        self.judge(status)
    }

    /// As [`Self::run`], and adds up what test runners print on standard output.
    pub(crate) fn run_counted(self, counts: &mut Counts) -> Result<()> {
        self.run_counted_to(&mut std::io::stdout().lock(), counts)
    }

    fn run_counted_to(mut self, ours: &mut dyn Write, counts: &mut Counts) -> Result<()> {
        let spawned = self.command.stdout(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|source| self.cannot_start(source))?;
        if let Some(output) = child.stdout.take() {
            for line in BufReader::new(output).split(b'\n') {
                let Ok(line) = line else { break };
                // A closed standard output must not end the tests; the exit status still tells.
                let _ =
                    ours.write_all(&line).and_then(|()| ours.write_all(b"\n")).and_then(|()| ours.flush());
                counts.read(&String::from_utf8_lossy(&line));
            }
        }
        let status = child.wait().map_err(|source| self.cannot_start(source))?;
        self.judge(status)
    }

    /// Runs to the end and returns what it printed on standard output.
    pub(crate) fn output(mut self) -> Result<String> {
        let output = self.command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
        let output = output.map_err(|source| self.cannot_start(source))?;
        self.judge(output.status)?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs to the end without a word and returns all it said on standard error, beside the error if it failed.
    pub(crate) fn run_caught(mut self) -> std::result::Result<String, (Error, String)> {
        let output = self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).output();
        let output = output.map_err(|source| (self.cannot_start(source), String::new()))?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        match self.judge(output.status) {
            Ok(()) => Ok(said),
            Err(error) => Err((error, said)),
        }
    }

    /// Whether it starts and succeeds; says nothing.
    pub(crate) fn succeeds(mut self) -> bool {
        let quiet = self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        quiet.status().is_ok_and(|status| status.success())
    }

    /// Becomes the program, so that signals and its exit code go straight to and from it.
    #[cfg(unix)]
    pub(crate) fn become_it(mut self) -> Error {
        use std::os::unix::process::CommandExt;
        let source = self.command.exec();
        self.cannot_start(source)
    }

    fn cannot_start(&self, source: std::io::Error) -> Error {
        Error::Start { program: self.words[0].clone(), source }
    }

    fn judge(&self, status: ExitStatus) -> Result<()> {
        if status.success() {
            return Ok(());
        }
        let ended = match status.code() {
            Some(code) => format!("ended with exit code {code}"),
            None => format!("was ended from outside ({status})"),
        };
        Err(Error::Failed { command: self.line(), folder: self.folder.clone(), ended })
    }
}

/// Whether a program of that name is on the PATH.
pub(crate) fn is_on_path(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|folder| folder.join(program).is_file())
}

fn is_a_mark_of_cargo_run(name: &str) -> bool {
    name.starts_with("CARGO_PKG_")
        || name.starts_with("CARGO_MANIFEST_")
        || matches!(name, "CARGO_CRATE_NAME" | "CARGO_BIN_NAME" | "CARGO_PRIMARY_PACKAGE")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_the_person_reach_the_inner_cargo_and_marks_of_the_outer_do_not() {
        for mark in ["CARGO_PKG_NAME", "CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_CRATE_NAME"] {
            assert!(is_a_mark_of_cargo_run(mark), "{mark}");
        }
        for setting in ["CARGO_TARGET_DIR", "CARGO_HOME", "CARGO_NET_OFFLINE", "CARGO_BUILD_JOBS", "CARGO"] {
            assert!(!is_a_mark_of_cargo_run(setting), "{setting}");
        }
    }

    #[test]
    fn a_failure_names_the_command_and_its_exit_code() {
        let folder = std::env::current_dir().expect("a folder to stand in");
        let said = Step::new("sh", &folder).args(["-c", "exit 3"]).run().expect_err("exit 3").to_string();
        assert!(said.contains("`sh -c exit 3`") && said.contains("exit code 3"), "{said}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let folder = std::env::current_dir().expect("a folder to stand in");
        let said = Step::new("no-such-program", &folder).run().expect_err("missing").to_string();
        assert!(said.contains("`no-such-program` could not be started"), "{said}");
        assert!(!is_on_path("no-such-program") && is_on_path("sh"));
    }

    #[test]
    fn counted_output_is_added_up() {
        let folder = std::env::current_dir().expect("a folder to stand in");
        let mut counts = Counts::default();
        let line = "echo 'test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out'";
        let mut shown = Vec::new();
        Step::new("sh", &folder)
            .args(["-c", line])
            .run_counted_to(&mut shown, &mut counts)
            .expect("echo works");
        assert_eq!(counts, Counts { passed: 2, failed: 0 });
        assert!(shown.starts_with(b"test result: ok. 2 passed"), "passed through as well");
    }
}

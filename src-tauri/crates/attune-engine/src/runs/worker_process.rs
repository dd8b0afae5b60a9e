//! One worker as the owner sees it: started, listened to, stopped.
//!
//! Invariant: a worker never outlives the value. Dropping it closes its input, which ends it, and kills it if
//! that did not help.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command as Program, ExitStatus, Stdio};
use std::sync::mpsc::Sender;
use std::thread::JoinHandle;

use sysinfo::{Pid, Process, ProcessRefreshKind, ProcessesToUpdate, System};

use crate::worker::protocol::{self, Message, VERSION, Versioned};
use crate::{Error, Result};

/// What is kept of a worker's error output, in characters.
const KEPT_ERROR_OUTPUT: usize = 5000;

/// What Rust's standard library says before it gives up for want of memory, and what the C library says.
const REFUSED_MEMORY: [&str; 2] = ["memory allocation of", "annot allocate memory"];

/// What a worker made the owner hear.
#[derive(Debug)]
pub(crate) enum Heard {
    Message(Message),
    /// Nothing more will come.
    Ended,
}

#[derive(Debug)]
pub(crate) struct WorkerProcess {
    child: Child,
    /// Closed by taking it.
    input: Option<ChildStdin>,
    error_output: Option<JoinHandle<String>>,
    kills_for_memory_before: Option<u64>,
    /// Absent where the system shows no processes.
    system: Option<System>,
}

/// How a worker's process ended.
#[derive(Debug)]
pub(crate) struct Exit {
    pub(crate) status: Option<ExitStatus>,
    /// The end of what it wrote to its error output.
    pub(crate) error_output: String,
    /// It was refused memory, or the kernel killed a process for want of it while it ran.
    pub(crate) memory_ran_out: bool,
}

impl WorkerProcess {
    /// Starts `program worker --job job`; what it says goes to `heard`.
    ///
    /// # Errors
    /// [`Error::WorkerStart`] if the program cannot be started.
    pub(crate) fn start<T: From<Heard> + Send + 'static>(
        program: &Path,
        job: &Path,
        heard: Sender<T>,
    ) -> Result<Self> {
        let mut command = Program::new(program);
        command.arg("worker").arg("--job").arg(job);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Its own group: Ctrl-C in a terminal reaches the owner, which decides what becomes of the run.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let kills_for_memory_before = kills_for_memory();
        let mut child =
            command.spawn().map_err(|source| Error::WorkerStart { program: program.to_owned(), source })?;
        let input = child.stdin.take();
        if let Some(output) = child.stdout.take() {
            std::thread::spawn(move || listen(output, &heard));
        }
        let error_output = child.stderr.take().map(|output| std::thread::spawn(move || tail(output)));
        Ok(Self { child, input, error_output, kills_for_memory_before, system: System::new().ok() })
    }

    /// Asks for a command; a worker that ended meanwhile does not hear it, which is fine.
    pub(crate) fn command(&mut self, command: protocol::Command) {
        let line = serde_json::to_string(&Versioned { version: VERSION, body: command });
        if let (Some(input), Ok(line)) = (&mut self.input, line) {
            let told = writeln!(input, "{line}").and_then(|()| input.flush());
            if let Err(error) = told {
                tracing::debug!(%error, "the worker did not take a command");
            }
        }
    }

    /// Closes its input: nobody will command it any more, so it ends by itself.
    pub(crate) fn close_input(&mut self) {
        self.input = None;
    }

    /// Its resident memory; `None` once it is gone.
    pub(crate) fn memory_bytes(&mut self) -> Option<u64> {
        let id = Pid::from_u32(self.child.id());
        let memory = ProcessRefreshKind::nothing().with_memory();
        let system = self.system.as_mut()?;
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[id]), true, memory);
        system.process(id).map(Process::memory)
    }

    pub(crate) fn kill(&mut self) {
        if let Err(error) = self.child.kill() {
            tracing::debug!(%error, "the worker was gone before it could be killed");
        }
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> Exit {
        self.close_input();
        let status = self.child.wait().ok();
        let error_output = self.error_output.take().and_then(|reader| reader.join().ok()).unwrap_or_default();
        let somebody_was_killed = match (self.kills_for_memory_before, kills_for_memory()) {
            (Some(before), Some(after)) => after > before,
            _ => false,
        };
        let was_refused = REFUSED_MEMORY.iter().any(|words| error_output.contains(words));
        let memory_ran_out = somebody_was_killed || was_refused;
        Exit { status, error_output, memory_ran_out }
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.kill();
            let _ = self.child.wait();
        }
    }
}

fn listen<T: From<Heard>>(output: impl Read, heard: &Sender<T>) {
    for line in BufReader::new(output).lines() {
        let Ok(line) = line else { break };
        match serde_json::from_str::<Versioned<Message>>(&line) {
            Ok(Versioned { version: VERSION, body }) => {
                if heard.send(Heard::Message(body).into()).is_err() {
                    return;
                }
            }
            Ok(_) | Err(_) => tracing::warn!(line, "a worker said what is not understood"),
        }
    }
    // The receiver is gone only after the run has ended.
    let _ = heard.send(Heard::Ended.into());
}

/// The last characters of what is read, whatever its length.
fn tail(output: impl Read) -> String {
    let mut kept: Vec<u8> = Vec::new();
    let mut reader = BufReader::new(output);
    let mut line = Vec::new();
    while matches!(reader.read_until(b'\n', &mut line), Ok(read) if read > 0) {
        kept.append(&mut line);
        if kept.len() > 8 * KEPT_ERROR_OUTPUT {
            kept.drain(..kept.len() - 4 * KEPT_ERROR_OUTPUT);
        }
    }
    last_characters(&String::from_utf8_lossy(&kept))
}

pub(crate) fn last_characters(text: &str) -> String {
    let skipped = text.chars().count().saturating_sub(KEPT_ERROR_OUTPUT);
    text.chars().skip(skipped).collect()
}

/// How many processes the kernel has killed for want of memory since it started (Linux, /proc/vmstat).
fn kills_for_memory() -> Option<u64> {
    let counters = std::fs::read_to_string("/proc/vmstat").ok()?;
    counters.lines().find_map(|line| line.strip_prefix("oom_kill ")?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_of_a_long_error_output_is_kept() {
        let text = format!("{}the reason", "é\n".repeat(100_000));
        let kept = tail(text.as_bytes());
        assert_eq!(kept.chars().count(), KEPT_ERROR_OUTPUT);
        assert!(kept.ends_with("the reason"));
    }

    #[cfg(unix)]
    #[test]
    fn a_worker_that_is_refused_memory_is_known_by_its_last_words() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("worker");
        let ends_with = |words: &str| {
            std::fs::write(&program, format!("#!/bin/sh\necho '{words}' >&2\nkill -ABRT $$\n")).unwrap();
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
            let (heard, hear) = std::sync::mpsc::channel::<Heard>();
            let worker = WorkerProcess::start(&program, Path::new("job.json"), heard).unwrap();
            assert!(matches!(hear.recv(), Ok(Heard::Ended)));
            worker.wait()
        };
        let refused = ends_with("memory allocation of 4194304 bytes failed");
        assert!(refused.memory_ran_out && refused.status.is_some_and(|status| !status.success()));
    }
}

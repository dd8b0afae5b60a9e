//! The child process in which a run is computed: a job file in, commands on standard input, JSON lines out.
//!
//! It never opens the database and never moves `latest`: the owner of the data folder does, after it has
//! verified what the worker wrote. So a worker may be killed at any moment.

pub(crate) mod checkpoint_file;
mod chronicle;
mod execute;
pub(crate) mod protocol;
mod record;
mod wishes;

use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use protocol::{Command, Job, Message, VERSION};
use wishes::{Wish, Wishes};

use crate::error::with_reasons;
use crate::{Error, Result};

/// Runs the job in the file `job_path` and reports on standard output. What `attune worker` does.
pub fn main(job_path: &Path) -> ExitCode {
    step_back();
    let wishes = Arc::new(Wishes::default());
    listen(Arc::clone(&wishes));
    let outcome = read_job(job_path).and_then(|job| execute::run(&job, &wishes, &mut send));
    let last = match outcome {
        Ok(message) => message,
        Err(error) => Message::Failed { message: with_reasons(&error), hint: error.hint() },
    };
    let failed = matches!(last, Message::Failed { .. });
    // The owner is gone if nobody reads: then nobody is there to be told.
    if send(&last).is_err() || failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn read_job(path: &Path) -> Result<Job> {
    let text = std::fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    serde_json::from_slice(&text).map_err(|source| Error::Decode { path: path.to_owned(), source })
}

fn send(message: &Message) -> io::Result<()> {
    use io::Write;
    let mut line = serde_json::to_vec(&protocol::Versioned { version: VERSION, body: message })?;
    line.push(b'\n');
    let mut output = io::stdout().lock();
    output.write_all(&line)?;
    output.flush()
}

/// Adds what the owner wants to `wishes`; that it says no more is a wish too.
fn listen(wishes: Arc<Wishes>) {
    std::thread::spawn(move || {
        for line in io::stdin().lines().map_while(io::Result::ok) {
            match serde_json::from_str(&line) {
                Ok(protocol::Versioned { version: VERSION, body }) => wishes.add(match body {
                    Command::StopAndSave => Wish::StopAndSave,
                    Command::Discard => Wish::Discard,
                }),
                Ok(_) | Err(_) => tracing::warn!(line, "the owner said what is not understood"),
            }
        }
        wishes.add(Wish::Interrupt);
    });
}

/// Lets everything else on the machine go first, and be spared first when memory runs out.
fn step_back() {
    // Both are a courtesy: a system that refuses them trains all the same.
    let _ = rustix::process::setpriority_process(None, 10);
    let _ = std::fs::write("/proc/self/oom_score_adj", "500");
}

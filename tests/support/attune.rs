//! The program as people start it: with a data folder of its own and its output caught.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use tempfile::TempDir;

use super::{DesktopBus, Http, LONG_PATIENCE, PATIENCE, Xvfb, until};

/// A person's folders, made for one test and removed after it. Nothing of the machine's own person is seen.
#[derive(Debug)]
pub(crate) struct Home {
    folder: TempDir,
    /// Where the desktop's services are; by default nowhere.
    bus: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        let folder = TempDir::with_prefix("attune-").expect("a temporary folder for the test's person");
        Self { folder, bus: "unix:path=/nonexistent".to_owned() }
    }

    /// The same for a person whose desktop has a tray and shows notices.
    pub(crate) fn with_desktop(bus: &DesktopBus) -> Self {
        Self { bus: bus.address().to_owned(), ..Self::new() }
    }

    /// Attune's data folder. It does not exist until Attune makes it.
    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// A path for anything else of this person.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Attune with these arguments, in this person's folder and environment, without a display.
    pub(crate) fn command<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        self.command_of(Self::program(), arguments)
    }

    /// Any program, in the same folder and environment.
    pub(crate) fn command_of<A: AsRef<OsStr>>(
        &self,
        program: impl AsRef<OsStr>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.folder.path());
        self.dress(&mut command);
        command
    }

    /// The program under test.
    pub(crate) fn program() -> &'static Path {
        Path::new(env!("CARGO_BIN_EXE_attune"))
    }

    /// Gives a command this person's environment: own folders, no display, no keys, no download.
    pub(super) fn dress(&self, command: &mut Command) {
        for inherited in
            ["DISPLAY", "WAYLAND_DISPLAY", "HF_TOKEN", "HF_ENDPOINT", "OPENAI_API_KEY", "CRON_SECRET"]
        {
            command.env_remove(inherited);
        }
        command
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus)
            .env("ATTUNE_DATA_DIR", self.data())
            .env("HF_HOME", self.path("hugging-face"))
            .env("HF_HUB_OFFLINE", "1")
            .env("XDG_DATA_HOME", self.path("share"))
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_CACHE_HOME", self.path("cache"));
    }

    /// Runs Attune to its end.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Finished {
        self.start(arguments).wait()
    }

    /// Starts a command made from [`Self::command`].
    pub(crate) fn start_as(&self, command: Command) -> Attune {
        Attune::start(command)
    }

    /// Starts Attune and leaves it running.
    pub(crate) fn start<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Attune {
        Attune::start(self.command(arguments))
    }

    /// As [`Self::start`], for a person who sits before this display.
    pub(crate) fn start_on<A: AsRef<OsStr>>(
        &self,
        display: &Xvfb,
        arguments: impl IntoIterator<Item = A>,
    ) -> Attune {
        let mut command = self.command(arguments);
        command.env("DISPLAY", display.name());
        Attune::start(command)
    }

    /// Waits until no process owns the data folder any more.
    pub(crate) async fn is_left(&self) {
        let lock = self.data().join("owner.lock");
        let left = until(|| async {
            let file = std::fs::File::open(&lock).map_err(|error| error.to_string())?;
            file.try_lock().map_err(|error| error.to_string())
        });
        left.await.unwrap_or_else(|reason| panic!("somebody still owns the data folder: {reason}"));
    }

    /// The processes that train for this person now.
    pub(crate) fn workers(&self) -> Vec<u32> {
        self.processes(|command| command.contains("worker"))
    }

    /// The processes of this person whose command line is wanted.
    pub(crate) fn processes(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<u32> {
        let folder = self.data().to_string_lossy().into_owned();
        std::fs::read_dir("/proc")
            .expect("Linux shows its processes")
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let command = std::fs::read_to_string(entry.path().join("cmdline")).ok()?;
                let surroundings = std::fs::read(entry.path().join("environ")).ok()?;
                let is_theirs = String::from_utf8_lossy(&surroundings).contains(&folder);
                entry.file_name().to_str().filter(|_| is_theirs && is_wanted(&command))?.parse().ok()
            })
            .collect()
    }

    /// Starts the server on a free port and waits for the line that says where.
    pub(crate) fn serve(&self) -> (Attune, Http) {
        self.serve_as(self.command(["serve", "--port", "0"]))
    }

    /// The same with a command of one's own.
    pub(crate) fn serve_as(&self, command: Command) -> (Attune, Http) {
        let attune = Attune::start(command);
        let http = Http::new(&attune.address());
        (attune, http)
    }
}

/// What a program that ended said and how it ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finished {
    /// `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A running Attune. Only this process is ended when it goes out of scope; its own children end with it.
#[derive(Debug)]
pub(crate) struct Attune {
    child: Child,
    lines: Receiver<String>,
    stdout: Caught,
    stderr: Caught,
}

impl Attune {
    fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program under test starts");
        let (send, lines) = channel();
        let stdout = child.stdout.take().expect("standard output is a pipe");
        let stderr = child.stderr.take().expect("standard error is a pipe");
        let stdout = Caught::new(stdout, move |line| {
            // Nobody waits for lines any more once the test is over.
            let _ = send.send(line.to_owned());
        });
        Self { child, lines, stdout, stderr: Caught::new(stderr, |_| {}) }
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// The address it prints, as `http://127.0.0.1:7717`.
    pub(crate) fn address(&self) -> String {
        let line = self.line_with("http://");
        let start = line.find("http://").expect("the line was chosen for it");
        let address = line[start..].split_whitespace().next().unwrap_or_default();
        address.trim_end_matches(['/', '.', ',', ';']).to_owned()
    }

    /// Waits for the next line on standard output that holds `wanted`.
    pub(crate) fn line_with(&self, wanted: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(wanted) => return line,
                Ok(_) => {}
                Err(why) => {
                    let why = match why {
                        RecvTimeoutError::Timeout => "in time",
                        RecvTimeoutError::Disconnected => "before it ended",
                    };
                    panic!("attune did not print a line with {wanted:?} {why}; it said:\n{}", self.said());
                }
            }
        }
    }

    /// Asks it to end as Ctrl-C does, and waits.
    pub(crate) fn interrupt(self) -> Finished {
        self.signal("INT");
        self.wait()
    }

    /// Sends a signal by name, to this process only.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args([format!("-{name}"), self.process_id().to_string()]).status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "attune could not be sent {name}; it said:\n{}",
            self.said()
        );
    }

    /// Ends it at once, as a power cut would.
    pub(crate) fn kill(mut self) -> Finished {
        self.child.kill().expect("the child is ours to end");
        self.wait()
    }

    /// Waits for its end, which is seen by its closed standard output.
    pub(crate) fn wait(mut self) -> Finished {
        let end = Instant::now() + LONG_PATIENCE;
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    panic!("attune did not end within {LONG_PATIENCE:?}; it said:\n{}", self.said())
                }
            }
        }
        let status = self.child.wait().expect("the child is ours to wait for");
        Finished { code: status.code(), stdout: self.stdout.finish(), stderr: self.stderr.finish() }
    }

    /// All it said so far, for messages.
    pub(crate) fn said(&self) -> String {
        format!("{}{}", self.stdout.so_far(), self.stderr.so_far())
    }
}

impl Drop for Attune {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing else to do about a child that cannot be ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One output of the program, read line by line as it comes.
#[derive(Debug)]
struct Caught {
    text: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Caught {
    fn new(output: impl Read + Send + 'static, each: impl Fn(&str) + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let shared = Arc::clone(&text);
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                let mut text = shared.lock().unwrap_or_else(PoisonError::into_inner);
                text.push_str(&line);
                text.push('\n');
                drop(text);
                each(&line);
            }
        });
        Self { text, reader: Some(reader) }
    }

    fn so_far(&self) -> String {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The whole text, once the program has closed this output.
    fn finish(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("reading the program's output does not panic");
        }
        self.so_far()
    }
}

//! A Hugging Face hub on 127.0.0.1 that can break connections, lie and hold its breath, and remembers what it
//! was asked.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use crate::support::Home;

/// The commit that every model here is at.
pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
pub(crate) const WEIGHTS: &str = "model.safetensors";

/// A model as the hub has it: file names and contents.
pub(crate) type Files = Vec<(&'static str, Vec<u8>)>;

/// What happens to the next request for weights.
pub(crate) enum Fate {
    /// The connection breaks after so many bytes.
    CutAfter(usize),
    /// After so many bytes it says so, and goes on when it is told to, or breaks when nobody is left to tell it.
    HoldAfter(usize, Sender<()>, Receiver<()>),
    Status(u16),
    /// One byte is another.
    Spoil,
    /// Whatever part was asked for, the whole comes.
    IgnoreRange,
    /// The bytes are to be had from another address.
    SendTo(String),
}

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) path: String,
    /// The offset that was asked for.
    pub(crate) from: Option<usize>,
    pub(crate) authorization: Option<String>,
    /// Bytes of content that were sent.
    pub(crate) sent: usize,
}

impl Seen {
    pub(crate) fn is_for_weights(&self) -> bool {
        self.path.ends_with(WEIGHTS)
    }
}

#[derive(Default)]
struct State {
    models: Vec<(String, Files)>,
    fates: VecDeque<Fate>,
    lies: usize,
    claimed: Option<u64>,
    token: Option<String>,
    seen: Vec<Seen>,
    closed: bool,
}

/// The hub; it closes when it goes out of scope.
pub(crate) struct LocalHub {
    address: String,
    state: Arc<Mutex<State>>,
}

impl LocalHub {
    pub(crate) fn start(models: impl IntoIterator<Item = (&'static str, Files)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address").to_string();
        let models = models.into_iter().map(|(id, files)| (id.to_owned(), files)).collect();
        let state = Arc::new(Mutex::new(State { models, ..State::default() }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                if lock(&shared).closed {
                    break;
                }
                let shared = Arc::clone(&shared);
                // A client that goes away in the middle is what these tests are about.
                std::thread::spawn(move || drop(answer(&connection, &shared)));
            }
        });
        Self { address, state }
    }

    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The fates of the next requests for weights, in order; later ones go well.
    pub(crate) fn expect(&self, fates: impl IntoIterator<Item = Fate>) {
        lock(&self.state).fates.extend(fates);
    }

    /// The next statement of digests names another one for the weights.
    pub(crate) fn lie_once(&self) {
        lock(&self.state).lies = 1;
    }

    /// Statements name this size of the weights.
    pub(crate) fn claim_size(&self, bytes: u64) {
        lock(&self.state).claimed = Some(bytes);
    }

    /// Everything is for bearers of this token alone.
    pub(crate) fn require_token(&self, token: &str) {
        lock(&self.state).token = Some(token.to_owned());
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        lock(&self.state).seen.clone()
    }

    /// The requests for weights.
    pub(crate) fn seen_for_weights(&self) -> Vec<Seen> {
        self.seen().into_iter().filter(Seen::is_for_weights).collect()
    }

    /// Attune with these arguments for a person who uses this hub.
    pub(crate) fn command(&self, home: &Home, arguments: &[&str]) -> Command {
        let mut command = home.command(arguments);
        command.env_remove("HF_HUB_OFFLINE").env("HF_ENDPOINT", self.address()).stdin(Stdio::null());
        command
    }

    /// Runs it to its end: exit code, standard output and standard error.
    pub(crate) fn run(&self, home: &Home, arguments: &[&str]) -> (Option<i32>, String, String) {
        finish(&mut self.command(home, arguments))
    }
}

impl Drop for LocalHub {
    fn drop(&mut self) {
        lock(&self.state).closed = true;
        // Wakes the listener, which then sees that it is over.
        let _ = TcpStream::connect(&self.address);
    }
}

/// Runs a command to its end: exit code, standard output and standard error.
pub(crate) fn finish(command: &mut Command) -> (Option<i32>, String, String) {
    let output = command.output().expect("the program under test starts");
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// A small real T5.
pub(crate) fn tiny_t5() -> Files {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny_t5");
    ["config.json", "tokenizer.json", WEIGHTS]
        .map(|name| (name, std::fs::read(folder.join(name)).expect("a fixture of the repository")))
        .into()
}

/// The place of a model in this person's cache.
pub(crate) fn cached(home: &Home, hub_id: &str) -> std::path::PathBuf {
    home.path("hugging-face/hub").join(format!("models--{}", hub_id.replace('/', "--")))
}

/// The channels of [`Fate::HoldAfter`]: the fate, what says that it is reached, and what lets it go on.
pub(crate) fn hold_after(bytes: usize) -> (Fate, Receiver<()>, Sender<()>) {
    let (reached, is_reached) = channel();
    let (go_on, may_go_on) = channel();
    (Fate::HoldAfter(bytes, reached, may_go_on), is_reached, go_on)
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(connection: &TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut lines = BufReader::new(connection).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut from, mut authorization) = (None, None);
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(": ").unwrap_or((&line, ""));
        match name.to_ascii_lowercase().as_str() {
            "range" => {
                from = value.strip_prefix("bytes=").and_then(|range| range.strip_suffix('-')?.parse().ok())
            }
            "authorization" => authorization = Some(value.to_owned()),
            _ => {}
        }
    }
    let mut held = lock(state);
    let index = held.seen.len();
    let allowed = held.token.as_ref().is_none_or(|token| authorization == Some(format!("Bearer {token}")));
    held.seen.push(Seen { path: path.clone(), from, authorization, sent: 0 });
    if !allowed {
        return head(connection, 401, 0, "");
    }
    if let Some(id) = path.strip_prefix("/api/models/").and_then(|rest| rest.split("/revision/").next()) {
        let lie = std::mem::take(&mut held.lies) > 0;
        let Some((_, files)) = held.models.iter().find(|(known, _)| known == id) else {
            return head(connection, 404, 0, "");
        };
        let text = statement(files, lie, held.claimed).to_string();
        drop(held);
        head(connection, 200, text.len(), "")?;
        return (&mut &*connection).write_all(text.as_bytes());
    }
    let content = held.models.iter().find_map(|(id, files)| {
        let name = path.strip_prefix(&format!("/{id}/resolve/"))?.split_once('/')?.1;
        files.iter().find(|(known, _)| *known == name).map(|(_, content)| content.clone())
    });
    let Some(mut content) = content else { return head(connection, 404, 0, "") };
    let fate = if path.ends_with(WEIGHTS) { held.fates.pop_front() } else { None };
    drop(held);
    let from = if matches!(fate, Some(Fate::IgnoreRange)) { None } else { from };
    let start = from.unwrap_or(0);
    if start > 0 && start >= content.len() {
        return head(connection, 416, 0, "");
    }
    match &fate {
        Some(Fate::Status(status)) => return head(connection, *status, 0, ""),
        Some(Fate::SendTo(address)) => {
            return head(connection, 302, 0, &format!("Location: {address}{path}\r\n"));
        }
        Some(Fate::Spoil) => content[start] ^= 1,
        _ => {}
    }
    match from {
        Some(start) => {
            let range = format!("Content-Range: bytes {start}-{}/{}\r\n", content.len() - 1, content.len());
            head(connection, 206, content.len() - start, &range)?;
        }
        None => head(connection, 200, content.len(), "")?,
    }
    let send = |range: std::ops::Range<usize>| {
        lock(state).seen[index].sent += range.len();
        (&mut &*connection).write_all(&content[range])
    };
    match fate {
        Some(Fate::CutAfter(bytes)) => send(start..start + bytes),
        Some(Fate::HoldAfter(bytes, reached, may_go_on)) => {
            send(start..start + bytes)?;
            // The test may have stopped waiting.
            let _ = reached.send(());
            if may_go_on.recv().is_ok() { send(start + bytes..content.len()) } else { Ok(()) }
        }
        _ => send(start..content.len()),
    }
}

fn head(mut connection: &TcpStream, status: u16, length: usize, more: &str) -> std::io::Result<()> {
    write!(connection, "HTTP/1.1 {status} -\r\nContent-Length: {length}\r\nConnection: close\r\n{more}\r\n")
}

/// What the hub says of a model's files: git's names of small ones, SHA-256 of the weights.
fn statement(files: &Files, lie: bool, claimed: Option<u64>) -> Value {
    let siblings: Vec<Value> = files
        .iter()
        .map(|(name, content)| {
            let bytes = content.len();
            let git = digest("git", &["hash-object", "--stdin"], content);
            let mut sibling = json!({"rfilename": name, "size": bytes, "blobId": git});
            if *name == WEIGHTS {
                let sha256 = if lie { "0".repeat(64) } else { digest("sha256sum", &[], content) };
                let size = claimed.unwrap_or(bytes as u64);
                sibling["lfs"] = json!({"sha256": sha256, "size": size, "pointerSize": 134});
            }
            sibling
        })
        .collect();
    json!({"id": "any", "sha": COMMIT, "siblings": siblings})
}

/// By other programs than the one under test.
pub(crate) fn digest(program: &str, arguments: &[&str], content: &[u8]) -> String {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("git and sha256sum are on every machine that builds Attune");
    child.stdin.take().expect("standard input is a pipe").write_all(content).expect("it reads its input");
    let output = child.wait_with_output().expect("the child is ours to wait for");
    let text = String::from_utf8(output.stdout).expect("a digest is text");
    text.split_whitespace().next().expect("a digest").to_owned()
}

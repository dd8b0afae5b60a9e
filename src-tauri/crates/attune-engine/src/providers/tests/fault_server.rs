//! An endpoint on 127.0.0.1 that answers as its script says, and remembers what it was asked.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

/// What happens to one request.
#[derive(Debug, Clone)]
pub(crate) struct Fate {
    head: String,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone)]
pub(crate) enum Piece {
    Bytes(Vec<u8>),
    /// Again and again, until the other side leaves.
    Forever(Vec<u8>),
    /// Nothing, until the other side leaves.
    Silence,
}

impl Fate {
    fn with_head(status: u16, kind: &str) -> Self {
        let head = format!("HTTP/1.1 {status} Words\r\nConnection: close\r\nContent-Type: {kind}\r\n");
        Self { head, pieces: Vec::new() }
    }

    /// A body that is whole when the connection ends.
    pub(crate) fn text(status: u16, kind: &str, body: &str) -> Self {
        let length = body.len();
        Self::with_head(status, kind)
            .header("Content-Length", &length.to_string())
            .then(Piece::Bytes(body.into()))
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::text(status, "application/json", &body.to_string())
    }

    /// A whole answer in one piece.
    pub(crate) fn says(text: &str) -> Self {
        Self::json(200, &answer(json!({"role": "assistant", "content": text}), "stop"))
    }

    /// A failure as OpenAI tells it.
    pub(crate) fn fails(status: u16, code: &str, message: &str) -> Self {
        Self::json(status, &json!({"error": {"message": message, "type": "some_error", "code": code}}))
    }

    /// A stream of these `data` lines, and the connection ends.
    pub(crate) fn stream<T: AsRef<str>>(data: impl IntoIterator<Item = T>) -> Self {
        let events: String = data.into_iter().map(|data| format!("data: {}\n\n", data.as_ref())).collect();
        Self::with_head(200, "text/event-stream").then(Piece::Bytes(events.into_bytes()))
    }

    /// A stream as servers send it, of these pieces of a text.
    pub(crate) fn streams(texts: &[&str]) -> Self {
        let pieces = texts.iter().map(|text| piece(text));
        let end = json!({"choices": [{"delta": {}, "finish_reason": "stop"}]}).to_string();
        let usage = json!({"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": texts.len()}});
        Self::stream(pieces.chain([end, usage.to_string(), "[DONE]".to_owned()]))
    }

    /// The start of a stream; what follows is added with [`Self::then`].
    pub(crate) fn begins(texts: &[&str]) -> Self {
        Self::stream(texts.iter().map(|text| piece(text)))
    }

    /// Not even a status.
    pub(crate) fn nothing() -> Self {
        Self { head: String::new(), pieces: Vec::new() }
    }

    pub(crate) fn raw(bytes: &str) -> Self {
        Self::nothing().then(Piece::Bytes(bytes.into()))
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.head.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    pub(crate) fn then(mut self, piece: Piece) -> Self {
        self.pieces.push(piece);
        self
    }
}

/// One piece of a stream.
pub(crate) fn piece(text: &str) -> String {
    json!({"choices": [{"delta": {"content": text}, "finish_reason": null}]}).to_string()
}

/// A whole answer.
pub(crate) fn answer(message: Value, finish: &str) -> Value {
    json!({
        "choices": [{"message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16}
    })
}

/// A request as it came.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: Value,
}

#[derive(Default)]
struct State {
    fates: VecDeque<Fate>,
    otherwise: Option<Fate>,
    seen: Vec<Seen>,
    open: usize,
    most_open: usize,
    gone: Option<Sender<()>>,
    closed: bool,
}

/// The endpoint; it closes when it goes out of scope.
pub(crate) struct FaultServer {
    address: String,
    state: Arc<Mutex<State>>,
    gone: Receiver<()>,
}

impl FaultServer {
    /// Answers with these in turn; a request too many gets a 418.
    pub(crate) fn start(fates: impl IntoIterator<Item = Fate>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (send, gone) = channel();
        let fates = fates.into_iter().collect();
        let state = Arc::new(Mutex::new(State { fates, gone: Some(send), ..State::default() }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                if lock(&shared).closed {
                    break;
                }
                let shared = Arc::clone(&shared);
                // A client that goes away in the middle is what these tests are about.
                std::thread::spawn(move || drop(attend(&connection, &shared)));
            }
        });
        Self { address, state, gone }
    }

    /// What requests get when the script is at its end.
    pub(crate) fn otherwise(self, fate: Fate) -> Self {
        self.answers_now(fate);
        self
    }

    /// What every request gets for which there is no other answer.
    pub(crate) fn answers_now(&self, fate: Fate) {
        lock(&self.state).otherwise = Some(fate);
    }

    pub(crate) fn base(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        lock(&self.state).seen.clone()
    }

    /// How many requests were being answered at once, at most.
    pub(crate) fn most_at_once(&self) -> usize {
        lock(&self.state).most_open
    }

    /// Waits until a client has left in the middle of an answer.
    pub(crate) fn wait_until_left(&self) {
        self.gone.recv_timeout(std::time::Duration::from_secs(60)).expect("the client closes its connection");
    }
}

impl Drop for FaultServer {
    fn drop(&mut self) {
        lock(&self.state).closed = true;
        // Wakes the listener, which then sees that it is over.
        drop(TcpStream::connect(&self.address));
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn attend(connection: &TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let seen = read(connection)?;
    let fate = {
        let mut state = lock(state);
        state.seen.push(seen);
        state.open += 1;
        state.most_open = state.most_open.max(state.open);
        let next = state.fates.pop_front().or_else(|| state.otherwise.clone());
        next.unwrap_or_else(|| Fate::text(418, "text/plain", "the script is at its end"))
    };
    let sent = send(connection, &fate);
    let mut state = lock(state);
    state.open -= 1;
    if sent.is_err()
        && let Some(gone) = &state.gone
    {
        // Nobody need wait for it.
        let _ = gone.send(());
    }
    sent
}

fn send(mut connection: &TcpStream, fate: &Fate) -> std::io::Result<()> {
    if !fate.head.is_empty() {
        connection.write_all(format!("{}\r\n", fate.head).as_bytes())?;
    }
    for piece in &fate.pieces {
        match piece {
            Piece::Bytes(bytes) => connection.write_all(bytes)?,
            Piece::Forever(bytes) => loop {
                connection.write_all(bytes)?;
            },
            Piece::Silence => {
                connection.flush()?;
                // A client sends nothing more, so this fails when it leaves.
                return connection.read_exact(&mut [0]);
            }
        }
    }
    connection.flush()
}

fn read(connection: &TcpStream) -> std::io::Result<Seen> {
    let mut reader = BufReader::new(connection);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let (mut length, mut authorization) = (0, None);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.trim().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap_or(0),
            "authorization" => authorization = Some(value.to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = serde_json::from_slice(&body).unwrap_or_default();
    Ok(Seen { line: line.trim().trim_end_matches(" HTTP/1.1").to_owned(), authorization, body })
}

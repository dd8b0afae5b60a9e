//! Endpoints that go wrong in every way that servers know, on 127.0.0.1.

mod fault_server;
mod faults;
mod kept;
mod keys;

pub(crate) use fault_server::{Fate, FaultServer, Piece, Seen};

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::key::Key;
use super::{BaseUrl, ChatRequest, Client, Message, Patience, Retries, Role};

/// Waits that were asked for and not made.
pub(crate) type Waits = Arc<Mutex<Vec<Duration>>>;

/// Retries whose waits take no time and are written down.
pub(crate) fn without_waiting() -> (Retries, Waits) {
    let waits = Waits::default();
    let pause = {
        let waits = Arc::clone(&waits);
        move |wait, _: &_| {
            waits.lock().unwrap_or_else(PoisonError::into_inner).push(wait);
            false
        }
    };
    (Retries { pause: Arc::new(pause), ..Retries::default() }, waits)
}

/// Long enough for a busy machine, unless silence is what is waited for.
pub(crate) fn patience() -> Patience {
    let long = Duration::from_secs(60);
    Patience { connection: long, silence: long, answer: long }
}

pub(crate) fn client(address: &str, key: Option<&str>) -> Client {
    let base = BaseUrl::parse(address).unwrap();
    let key = key.map(|key| Key::new(key).unwrap());
    Client::new(base, key, patience(), without_waiting().0).unwrap()
}

/// A request for at most 100 tokens.
fn request(stream: bool) -> ChatRequest {
    ChatRequest {
        model: "small".to_owned(),
        messages: vec![Message { role: Role::User, content: "Write a line.".to_owned() }],
        max_tokens: 100,
        temperature: Some(0.5),
        top_p: None,
        seed: Some(7),
        schema: None,
        stream,
    }
}

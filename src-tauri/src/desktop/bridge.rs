//! How the page in the window reaches the router: one command that carries a request out and an answer back.
//!
//! The answer comes through a channel: its head, then its body as it is produced, so that streams and downloads
//! work as over TCP. Not here: what a request means.
//! Invariant: every exchange ends with exactly one `end` or `failed` frame, unless the page aborted it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Request, Response};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use tauri::ipc::{Channel, InvokeBody, InvokeResponseBody, JavaScriptChannelId};
use tauri::{State, Webview};
use tokio::sync::oneshot;

use crate::server::Door;

/// The door, and the exchanges that the page may still abort.
#[derive(Debug)]
pub(super) struct Bridge {
    door: Door,
    running: Mutex<HashMap<u64, oneshot::Sender<()>>>,
}

impl Bridge {
    pub(super) fn new(door: Door) -> Self {
        Self { door, running: Mutex::default() }
    }

    fn begin(&self, id: u64) -> oneshot::Receiver<()> {
        let (abort, aborted) = oneshot::channel();
        self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(id, abort);
        aborted
    }

    fn end(&self, id: u64) -> Option<oneshot::Sender<()>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&id)
    }
}

/// The head of a request, as the page puts it into one header of its call; the payload of the call is the body.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outgoing {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    request_id: u64,
    channel: String,
}

/// What comes back, beside the bytes of the body.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Frame {
    Head { status: u16, headers: Vec<(String, String)> },
    End,
    Failed { message: String },
}

/// Carries one request to the router. Resolves when the exchange is over, however it ended.
#[tauri::command]
pub(super) async fn api_request(
    bridge: State<'_, Bridge>,
    webview: Webview,
    call: tauri::ipc::Request<'_>,
) -> Result<(), String> {
    let outgoing = read_head(&call)?;
    let channel: JavaScriptChannelId =
        outgoing.channel.parse().map_err(|_| "the call names no channel".to_owned())?;
    let channel: Channel<InvokeResponseBody> = channel.channel_on(webview);
    let body = match call.body() {
        InvokeBody::Raw(bytes) => Body::from(bytes.clone()),
        InvokeBody::Json(_) => Body::empty(),
    };
    let request = build(&outgoing, body)?;
    let aborted = bridge.begin(outgoing.request_id);
    tokio::select! {
        // The page is gone or does not listen any more: nobody is left to be told.
        _ = exchange(&bridge.door, request, &channel) => {}
        // Dropping the exchange drops the request.
        _ = aborted => {}
    }
    bridge.end(outgoing.request_id);
    Ok(())
}

/// Ends an exchange that the page has no more use for.
#[tauri::command]
pub(super) fn abort_request(bridge: State<'_, Bridge>, request_id: u64) {
    if let Some(abort) = bridge.end(request_id) {
        // The exchange may have ended by itself meanwhile.
        let _ = abort.send(());
    }
}

async fn exchange(
    door: &Door,
    request: Request<Body>,
    channel: &Channel<InvokeResponseBody>,
) -> tauri::Result<()> {
    let response = match door.send(request).await {
        Ok(response) => response,
        Err(error) => return send(channel, &Frame::Failed { message: error.to_string() }),
    };
    send(channel, &head(&response))?;
    let mut body = response.into_body().into_data_stream();
    while let Some(chunk) = body.next().await {
        match chunk {
            Ok(bytes) => channel.send(InvokeResponseBody::Raw(bytes.to_vec()))?,
            Err(error) => return send(channel, &Frame::Failed { message: error.to_string() }),
        }
    }
    send(channel, &Frame::End)
}

fn send(channel: &Channel<InvokeResponseBody>, frame: &Frame) -> tauri::Result<()> {
    channel.send(InvokeResponseBody::Json(serde_json::to_string(frame)?))
}

fn head(response: &Response<Body>) -> Frame {
    let headers = response
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    Frame::Head { status: response.status().as_u16(), headers: headers.collect() }
}

fn read_head(call: &tauri::ipc::Request<'_>) -> Result<Outgoing, String> {
    let encoded = call.headers().get("attune-request").and_then(|value| value.to_str().ok());
    let encoded = encoded.ok_or("the call has no head")?;
    let text = percent_decoded(encoded).ok_or("the head of the call is not percent-encoded text")?;
    serde_json::from_str(&text).map_err(|error| format!("the head of the call was not understood: {error}"))
}

fn build(outgoing: &Outgoing, body: Body) -> Result<Request<Body>, String> {
    let method: Method =
        outgoing.method.parse().map_err(|_| format!("{:?} is no method", outgoing.method))?;
    if !outgoing.path.starts_with('/') {
        return Err(format!("{:?} is no path of this application", outgoing.path));
    }
    let mut request = Request::builder().method(method).uri(&outgoing.path);
    for (name, value) in &outgoing.headers {
        let name: HeaderName = name.parse().map_err(|_| format!("{name:?} is no header"))?;
        let value: HeaderValue = value.parse().map_err(|_| format!("{value:?} is no value of a header"))?;
        request = request.header(name, value);
    }
    request.body(body).map_err(|error| error.to_string())
}

/// Undoes `encodeURIComponent` (RFC 3986, section 2.1).
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            let (digits, after) = rest.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = after;
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_page_encodes_is_decoded() {
        assert_eq!(percent_decoded("%7B%22a%22%3A%22%C3%A9%25%22%7D").as_deref(), Some("{\"a\":\"é%\"}"));
        for broken in ["%", "%4", "%zz", "%ff"] {
            assert_eq!(percent_decoded(broken), None, "{broken}");
        }
    }

    #[test]
    fn a_request_stays_within_the_application() {
        let outgoing = |path: &str| Outgoing {
            method: "GET".into(),
            path: path.into(),
            headers: vec![("accept".into(), "application/json".into())],
            request_id: 1,
            channel: String::new(),
        };
        assert!(build(&outgoing("/api/v1/runs?limit=1"), Body::empty()).is_ok());
        assert!(build(&outgoing("http://example.com/"), Body::empty()).is_err());
    }
}

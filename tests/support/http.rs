//! A small HTTP client against one address, a connection for each request.

use bytes::Bytes;
use eventsource_stream::Eventsource;
use futures_util::{Stream, StreamExt};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{HeaderMap, Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::pin::Pin;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::PATIENCE;

/// A client for one server. It sends no header that it was not given, but `host` and the length.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    host: String,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("the answer ({}) is no JSON ({error}): {}", self.status, self.text()),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The JSON of an answer that must have this status.
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "the body was: {}", self.text());
        if self.body.is_empty() { Value::Null } else { self.json() }
    }
}

impl Http {
    /// `address` as the program prints it: `http://127.0.0.1:7717`.
    pub(crate) fn new(address: &str) -> Self {
        let host = address.strip_prefix("http://").unwrap_or(address).trim_end_matches('/');
        Self { host: host.to_owned() }
    }

    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.host)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Bytes::new()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, &[("content-type", "application/json")], body.to_string()).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, &[("content-type", "application/json")], body.to_string()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], Bytes::new()).await
    }

    /// Any request. A `host` among the headers takes the place of the true one.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let what = format!("{method} {path}");
        let exchange = async {
            let (head, body) = self.exchange(method, path, headers, body.into()).await.into_parts();
            let body = match body.collect().await {
                Ok(body) => body.to_bytes(),
                Err(error) => panic!("the body of {what} broke off: {error}"),
            };
            Answer { status: head.status.as_u16(), headers: head.headers, body }
        };
        match timeout(PATIENCE, exchange).await {
            Ok(answer) => answer,
            Err(_) => panic!("{what} was not answered within {PATIENCE:?}"),
        }
    }

    /// A stream of server-sent events.
    pub(crate) async fn events(&self, path: &str) -> Events {
        self.open(Method::GET, path, &[("accept", "text/event-stream")], Bytes::new()).await
    }

    /// The stream of server-sent events that answers a question.
    pub(crate) async fn post_events(&self, path: &str, body: &Value) -> Events {
        let headers = [("accept", "text/event-stream"), ("content-type", "application/json")];
        self.open(Method::POST, path, &headers, body.to_string().into()).await
    }

    async fn open(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Bytes) -> Events {
        let opening = self.exchange(method.clone(), path, headers, body);
        let response = timeout(PATIENCE, opening).await.expect("the event stream opens in time");
        let kind =
            response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        assert!(
            response.status() == 200 && kind.starts_with("text/event-stream"),
            "{method} {path} gave no event stream but {} ({kind})",
            response.status()
        );
        let stream = response.into_body().into_data_stream().eventsource().map(|event| match event {
            Ok(event) => Event { name: event.event, data: event.data },
            Err(error) => panic!("the event stream broke: {error}"),
        });
        Events { stream: Box::pin(stream) }
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Response<Incoming> {
        let stream = match TcpStream::connect(&self.host).await {
            Ok(stream) => stream,
            Err(error) => panic!("nobody listens on {}: {error}", self.host),
        };
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("an HTTP connection");
        // Ends when the answer has been read or dropped; how is seen there.
        tokio::spawn(connection);
        let mut request = Request::builder().method(method.clone()).uri(path);
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            request = request.header("host", &self.host);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body)).expect("the test's own request is well formed");
        match sender.send_request(request).await {
            Ok(response) => response,
            Err(error) => panic!("{method} {path} on {} failed: {error}", self.host),
        }
    }
}

/// One server-sent event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) data: String,
}

impl Event {
    pub(crate) fn json(&self) -> Value {
        match serde_json::from_str(&self.data) {
            Ok(value) => value,
            Err(error) => panic!("the event {} holds no JSON ({error}): {}", self.name, self.data),
        }
    }
}

/// An open stream of events. Dropping it closes the connection.
pub(crate) struct Events {
    stream: Pin<Box<dyn Stream<Item = Event> + Send>>,
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Events")
    }
}

impl Events {
    /// The next event; `None` when the server closed the stream.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        timeout(PATIENCE, self.stream.next()).await.expect("the next event comes in time")
    }

    /// The next event that `is_wanted` accepts.
    pub(crate) async fn next_that(&mut self, is_wanted: impl Fn(&Event) -> bool) -> Event {
        let mut passed = Vec::new();
        while let Some(event) = self.next().await {
            if is_wanted(&event) {
                return event;
            }
            passed.push(event.name);
        }
        panic!("the event stream ended without the wanted event, after {passed:?}")
    }
}

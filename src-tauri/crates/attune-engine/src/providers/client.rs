//! One endpoint over HTTP: its models, and one answer after the other.
//!
//! Not here: whose turn it is and how many requests go out at once (`generation`), what it costs.
//! Invariants:
//! - The key goes to the endpoint's own origin and nowhere else: redirects are reported, not followed.
//! - What may have been paid for is not asked for twice: a request is sent again only if no connection was made or
//!   the server refused it with a status that says so, and never for want of credit.
//! - Every wait and every length has a bound.

use std::fmt;
use std::io::{self, ErrorKind, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use ureq::http::{Response, StatusCode, header};
use ureq::{Agent, Body, Timeout};

use super::chat::{ChatRequest, Said, Usage, reported_failure, sentence_and_code};
use super::events::Events;
use super::failure::Told;
use super::key::Key;
use super::retries::{Retries, retry_after};
use super::{BaseUrl, EndpointError};

/// A list of models, and an answer with all that stands around its text.
const LARGEST_BODY: u64 = 16 << 20;
/// Of what a server says about a failure.
const LARGEST_REFUSAL: u64 = 64 << 10;
const LONGEST_TOLD: usize = 300;
const MOST_MODELS: usize = 10_000;
/// No tokenizer makes more of one token on average; a text of more bytes means that the limit is not kept to.
const MOST_BYTES_FOR_TOKEN: usize = 32;

/// How long to wait for what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    pub(crate) connection: Duration,
    /// Before the first byte of an answer, and between two of its pieces.
    pub(crate) silence: Duration,
    /// For a whole answer.
    pub(crate) answer: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        // A local server may load a model of several gigabytes before it says its first word.
        let silence = Duration::from_secs(180);
        Self { connection: Duration::from_secs(10), silence, answer: Duration::from_secs(600) }
    }
}

/// A model that an endpoint offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointModel {
    pub id: String,
    /// The day it is shut down, where the provider says so (`YYYY-MM-DD`).
    pub shutdown_date: Option<String>,
}

/// A text that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Completed {
    pub(crate) text: String,
    /// Whether it ends because it was as long as it may be.
    pub(crate) by_length: bool,
}

/// What came of one request: a failure can have used tokens too.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) said: Result<Completed, EndpointError>,
    /// `None` where the endpoint does not say.
    pub(crate) usage: Option<Usage>,
}

/// An endpoint, with its key.
#[derive(Clone)]
pub(crate) struct Client {
    base: BaseUrl,
    key: Option<Key>,
    agent: Agent,
    patience: Patience,
    retries: Retries,
}

/// Without the agent: the address of a proxy can hold a password.
impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("base", &self.base)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// A request that failed, and whether it may be sent again, after how long.
struct Failed {
    why: EndpointError,
    again: Again,
}

enum Again {
    Never,
    /// With what the server asks to wait.
    After(Option<Duration>),
}

impl Client {
    /// # Errors
    /// [`EndpointError::KeyInTheOpen`].
    pub(crate) fn new(
        base: BaseUrl,
        key: Option<Key>,
        patience: Patience,
        retries: Retries,
    ) -> Result<Self, EndpointError> {
        if key.is_some() && !base.keeps_secrets() {
            return Err(EndpointError::KeyInTheOpen { endpoint: base.origin() });
        }
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            // A kept connection that the server has closed could not be told from a request that got no answer.
            .max_idle_connections(0)
            .user_agent(concat!("attune/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(patience.connection))
            .timeout_resolve(Some(patience.connection))
            .timeout_recv_response(Some(patience.silence))
            .timeout_per_read(Some(patience.silence))
            .timeout_global(Some(patience.answer));
        let agent = if base.is_on_this_computer() { agent.proxy(None) } else { agent };
        Ok(Self { base, key, agent: agent.build().new_agent(), patience, retries })
    }

    pub(crate) fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// The models that the endpoint offers, in its order.
    ///
    /// # Errors
    /// Everything that can go wrong on the way.
    pub(crate) fn models(&self, stop: &AtomicBool) -> Result<Vec<EndpointModel>, EndpointError> {
        self.with_retries(stop, |attempts| {
            let response = self.send("/models", None, attempts)?;
            self.json(response).and_then(|list| self.read_models(&list)).map_err(Failed::for_good)
        })
    }

    /// One answer.
    pub(crate) fn chat(&self, request: &ChatRequest, stop: &AtomicBool) -> Exchange {
        let body = request.body(&self.base);
        let answered =
            self.with_retries(stop, |attempts| self.send("/chat/completions", Some(&body), attempts));
        let mut said = Said::default();
        let read = answered.and_then(|response| {
            let is_json = content_type(&response).is_some_and(|kind| kind.contains("json"));
            if request.stream && !is_json {
                self.read_stream(response, request, &mut said, stop)
            } else {
                let answer = self.json(response)?;
                self.reported(&answer)?;
                said = Said::whole(&answer).map_err(|reason| self.malformed(reason))?;
                self.within_limit(&said, request)
            }
        });
        Exchange { usage: said.usage, said: read.and_then(|()| self.completed(said)) }
    }

    fn with_retries<T>(
        &self,
        stop: &AtomicBool,
        mut attempt: impl FnMut(u32) -> Result<T, Failed>,
    ) -> Result<T, EndpointError> {
        let mut attempts = 1;
        loop {
            if stop.load(Ordering::Relaxed) {
                return Err(EndpointError::Stopped);
            }
            let failed = match attempt(attempts) {
                Ok(done) => return Ok(done),
                Err(failed) => failed,
            };
            let Again::After(asked) = failed.again else { return Err(failed.why) };
            let Some(wait) = self.retries.wait_after(attempts, asked, rand::random()) else {
                return Err(failed.why);
            };
            tracing::info!(endpoint = %self.base, attempts, wait = wait.as_secs_f64(), "sending a request again: {}", failed.why);
            if (self.retries.pause)(wait, stop) {
                return Err(EndpointError::Stopped);
            }
            attempts += 1;
        }
    }

    fn send(&self, path: &str, body: Option<&Value>, attempts: u32) -> Result<Response<Body>, Failed> {
        let url = self.base.with_path(path);
        let authorization = self.key.as_ref().map(Key::authorization);
        let sent = match body {
            None => {
                let request = self.agent.get(url);
                match &authorization {
                    Some(key) => request.header(header::AUTHORIZATION, key),
                    None => request,
                }
                .call()
            }
            Some(body) => {
                let request = self.agent.post(url).header(header::CONTENT_TYPE, "application/json");
                match &authorization {
                    Some(key) => request.header(header::AUTHORIZATION, key),
                    None => request,
                }
                .send(body.to_string())
            }
        };
        let response = sent.map_err(|source| self.not_sent(source))?;
        let status = response.status();
        if status == StatusCode::OK { Ok(response) } else { Err(self.refused(response, attempts)) }
    }

    /// A request that no status came for.
    fn not_sent(&self, source: ureq::Error) -> Failed {
        let unreachable =
            |reason: String| EndpointError::Unreachable { endpoint: self.base.to_string(), reason };
        match source {
            ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => {
                let seconds = self.patience.connection.as_secs_f64();
                Failed::for_now(unreachable(format!("no connection within {seconds:.0} seconds")), None)
            }
            ureq::Error::HostNotFound => {
                Failed::for_now(unreachable("there is no such host".to_owned()), None)
            }
            ureq::Error::ConnectionFailed => {
                Failed::for_now(unreachable("nobody answers there".to_owned()), None)
            }
            ureq::Error::Io(source)
                if matches!(
                    source.kind(),
                    ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable
                ) =>
            {
                Failed::for_now(unreachable(source.to_string()), None)
            }
            ureq::Error::Io(source) => Failed::for_good(self.broken(&source, 0)),
            ureq::Error::Timeout(Timeout::Global) => Failed::for_good(self.too_slow()),
            ureq::Error::Timeout(_) => Failed::for_good(self.silent("it was to begin its answer")),
            ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) => {
                Failed::for_good(self.malformed("it does not speak HTTP as agreed"))
            }
            other => Failed::for_good(unreachable(other.to_string())),
        }
    }

    /// A request that was answered with another status than 200.
    fn refused(&self, response: Response<Body>, attempts: u32) -> Failed {
        let endpoint = self.base.to_string();
        let status = response.status();
        let asked = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let asked = asked.and_then(|value| retry_after(value, jiff::Timestamp::now()));
        let mut text = Vec::new();
        // What cannot be read of an explanation is no explanation.
        drop(response.into_body().into_reader().take(LARGEST_REFUSAL).read_to_end(&mut text));
        let body: Value = serde_json::from_slice(&text).unwrap_or_default();
        let (sentence, code) = sentence_and_code(&body);
        let told = self.told(sentence);
        let is_spent = status == StatusCode::PAYMENT_REQUIRED
            || code.is_some_and(|code| ["insufficient_quota", "billing_hard_limit_reached"].contains(&code));
        let status = status.as_u16();
        if is_spent {
            return Failed::for_good(EndpointError::CreditSpent { endpoint, told });
        }
        match status {
            300..=399 => Failed::for_good(EndpointError::Redirected { endpoint, status }),
            401 | 407 => Failed::for_good(EndpointError::KeyRefused {
                endpoint,
                status,
                with_key: self.key.is_some(),
                told,
            }),
            403 => Failed::for_good(EndpointError::Forbidden { endpoint, told }),
            404 => {
                let what = "the model or the address".to_owned();
                Failed::for_good(EndpointError::NotFound { endpoint, what, told })
            }
            429 => {
                let asked_to_wait = asked.map(|wait| wait.as_secs_f64());
                let why = EndpointError::RateLimited { endpoint, attempts, asked_to_wait, told };
                Failed::for_now(why, asked)
            }
            500 | 502 | 503 | 504 | 529 => {
                Failed::for_now(EndpointError::ServerFailed { endpoint, status, attempts, told }, asked)
            }
            501..=599 => Failed::for_good(EndpointError::ServerFailed { endpoint, status, attempts, told }),
            _ => Failed::for_good(EndpointError::RequestRefused { endpoint, status, told }),
        }
    }

    fn json(&self, response: Response<Body>) -> Result<Value, EndpointError> {
        let kind = content_type(&response).unwrap_or_else(|| "no type".to_owned());
        let mut text = Vec::new();
        let read = response.into_body().into_reader().take(LARGEST_BODY + 1).read_to_end(&mut text);
        read.map_err(|source| self.broken(&source, 0))?;
        if text.len() as u64 > LARGEST_BODY {
            return Err(self.endless(text.len()));
        }
        serde_json::from_slice(&text).map_err(|_| {
            let kind = clean(&self.without_key(&kind), 60);
            self.malformed(format!("it is no JSON ({kind})"))
        })
    }

    fn read_stream(
        &self,
        response: Response<Body>,
        request: &ChatRequest,
        said: &mut Said,
        stop: &AtomicBool,
    ) -> Result<(), EndpointError> {
        let mut events = Events::new(response.into_body().into_reader().take(LARGEST_BODY));
        loop {
            let event = events.next().map_err(|source| match source.kind() {
                ErrorKind::InvalidData => self.malformed(source.to_string()),
                _ => self.broken(&source, said.text.chars().count()),
            })?;
            // Dropping the connection is what tells the server that nobody listens any more.
            if stop.load(Ordering::Relaxed) {
                return Err(EndpointError::Stopped);
            }
            let Some(event) = event else { break };
            if event.trim() == "[DONE]" {
                said.finish.get_or_insert_with(|| "stop".to_owned());
                break;
            }
            let piece: Value = serde_json::from_str(&event)
                .map_err(|_| self.malformed("a piece of the stream is no JSON"))?;
            self.reported(&piece)?;
            said.take_in(&piece).map_err(|reason| self.malformed(reason))?;
            self.within_limit(said, request)?;
        }
        if said.finish.is_some() {
            Ok(())
        } else if events.bytes() >= LARGEST_BODY {
            Err(self.endless(events.bytes() as usize))
        } else {
            Err(EndpointError::CutOff {
                endpoint: self.base.to_string(),
                characters: said.text.chars().count(),
            })
        }
    }

    fn read_models(&self, list: &Value) -> Result<Vec<EndpointModel>, EndpointError> {
        self.reported(list)?;
        let models = list.get("data").unwrap_or(list).as_array();
        let models = models.ok_or_else(|| self.malformed("it is no list of models"))?;
        let models = models.iter().take(MOST_MODELS).filter_map(|model| {
            let id = model.get("id")?.as_str().filter(|id| !id.is_empty())?;
            let day = model.get("shutdown_date").and_then(Value::as_str);
            let shutdown_date = day.filter(|day| day.parse::<jiff::civil::Date>().is_ok()).map(str::to_owned);
            Some(EndpointModel { id: clean(id, 200), shutdown_date })
        });
        Ok(models.collect())
    }

    fn completed(&self, said: Said) -> Result<Completed, EndpointError> {
        if !said.refusal.trim().is_empty() {
            return Err(EndpointError::Refusal { told: self.told(Some(&said.refusal)) });
        }
        let finish = said.finish.as_deref();
        if finish == Some("content_filter") {
            return Err(EndpointError::Refusal {
                told: self.told(Some("the provider's filter took the answer")),
            });
        }
        let by_length = finish == Some("length");
        if said.text.trim().is_empty() {
            return Err(EndpointError::Empty { endpoint: self.base.to_string(), by_length });
        }
        Ok(Completed { text: said.text, by_length })
    }

    fn within_limit(&self, said: &Said, request: &ChatRequest) -> Result<(), EndpointError> {
        let most = (request.max_tokens as usize).saturating_mul(MOST_BYTES_FOR_TOKEN).saturating_add(1024);
        let bytes = said.text.len() + said.refusal.len();
        if bytes > most { Err(self.endless(bytes)) } else { Ok(()) }
    }

    fn reported(&self, answer: &Value) -> Result<(), EndpointError> {
        let Some(_) = reported_failure(answer) else { return Ok(()) };
        let told = self.told(sentence_and_code(answer).0);
        Err(EndpointError::Reported { endpoint: self.base.to_string(), told })
    }

    /// What the server said, fit to be shown.
    fn told(&self, sentence: Option<&str>) -> Told {
        let told = sentence.map(|sentence| clean(&self.without_key(sentence), LONGEST_TOLD));
        Told(told.filter(|told| !told.is_empty()))
    }

    fn without_key(&self, text: &str) -> String {
        self.key.as_ref().map_or_else(|| text.to_owned(), |key| key.hidden_in(text))
    }

    fn malformed(&self, reason: impl Into<String>) -> EndpointError {
        EndpointError::Malformed { endpoint: self.base.to_string(), reason: reason.into() }
    }

    fn endless(&self, bytes: usize) -> EndpointError {
        EndpointError::Endless { endpoint: self.base.to_string(), bytes }
    }

    fn silent(&self, waiting_for: &'static str) -> EndpointError {
        let seconds = self.patience.silence.as_secs_f64();
        EndpointError::Silent { endpoint: self.base.to_string(), seconds, waiting_for }
    }

    fn too_slow(&self) -> EndpointError {
        EndpointError::TooSlow {
            endpoint: self.base.to_string(),
            seconds: self.patience.answer.as_secs_f64(),
        }
    }

    /// A connection that broke while its answer was read.
    fn broken(&self, source: &io::Error, characters: usize) -> EndpointError {
        let inner = source.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>());
        match inner {
            Some(ureq::Error::Timeout(Timeout::Global)) => self.too_slow(),
            Some(ureq::Error::Timeout(_)) => self.silent("it was to go on with its answer"),
            Some(ureq::Error::Protocol(_)) => self.malformed("it does not speak HTTP as agreed"),
            _ => EndpointError::CutOff { endpoint: self.base.to_string(), characters },
        }
    }
}

impl Failed {
    fn for_good(why: EndpointError) -> Self {
        Self { why, again: Again::Never }
    }

    fn for_now(why: EndpointError, asked: Option<Duration>) -> Self {
        Self { why, again: Again::After(asked) }
    }
}

fn content_type(response: &Response<Body>) -> Option<String> {
    let kind = response.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(kind.to_ascii_lowercase())
}

/// One line of at most `most` characters, without what could act on a terminal.
fn clean(text: &str, most: usize) -> String {
    let mut clean: String = text
        .chars()
        .map(|character| if character.is_whitespace() { ' ' } else { character })
        .filter(|character| !character.is_control())
        .take(most + 1)
        .collect();
    if clean.chars().count() > most {
        clean.pop();
        clean.push('…');
    }
    clean.trim().to_owned()
}

//! Asking a model: one prompt, several, or one whose answer is read while it grows.
//!
//! Invariants: an answer that nobody waits for any more is not computed to its end. A stream ends with an `answer`
//! or a `problem`, unless the reader left; what is wrong before the first piece is a status as everywhere.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use attune_engine::{AdapterChoice, AnswerObserver, Engine, Finish, GenerationRequest as Question, Prompts};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use serde::Serialize;
use tokio::sync::mpsc;

use super::body::{JsonBody, waiting};
use super::events::encoded;
use super::wire::{
    Answering, BatchRequest, Decoding, Generated, GeneratedBatch, GenerationRequest, PieceEvent,
};
use super::{ApiState, Problem};

/// Pieces that wait for a slow reader; then the answer waits too.
const MOST_WAITING: usize = 64;

/// Answers a prompt with a base model or an adapter. The answer says how it was made, so that it can be repeated.
#[utoipa::path(post, path = "/api/v1/generate", request_body = GenerationRequest, tag = "models",
    responses(
        (status = 200, body = Generated),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "the run has no adapter"),
        (status = 422, body = Problem),
    ))]
pub(super) async fn generate(
    State(state): State<ApiState>,
    JsonBody(question): JsonBody<GenerationRequest>,
) -> Result<Json<Generated>, Problem> {
    let (prompt, who, how) = question.into_parts();
    answered(state, Prompts::One(prompt), who, how).await?.into_one().map(Json).ok_or_else(Problem::mistake)
}

/// Answers several prompts together, each as it would be answered alone.
#[utoipa::path(post, path = "/api/v1/generate/batch", request_body = BatchRequest, tag = "models",
    responses(
        (status = 200, body = GeneratedBatch),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "the run has no adapter"),
        (status = 422, body = Problem),
    ))]
pub(super) async fn generate_batch(
    State(state): State<ApiState>,
    JsonBody(question): JsonBody<BatchRequest>,
) -> Result<Json<GeneratedBatch>, Problem> {
    let (prompts, who, how) = question.into_parts();
    Ok(Json(answered(state, Prompts::Several(prompts), who, how).await?))
}

/// Answers a prompt as server-sent events: `piece` for text that is certain, then `answer` with the whole, or
/// `problem` where it failed on the way. Closing the connection ends the answer.
#[utoipa::path(post, path = "/api/v1/generate/stream", request_body = GenerationRequest, tag = "models",
    responses(
        (status = 200, content_type = "text/event-stream",
            body = inline(StreamedAnswer), description = "one of these as the data of each event"),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "the run has no adapter"),
        (status = 422, body = Problem),
    ))]
pub(super) async fn generate_stream(
    State(state): State<ApiState>,
    JsonBody(question): JsonBody<GenerationRequest>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let (prompt, who, how) = question.into_parts();
    let (send, mut parts) = mpsc::channel(MOST_WAITING);
    tokio::task::spawn_blocking(move || {
        let mut pass_on = |text: &str| {
            let nobody_listens = if text.is_empty() {
                send.is_closed()
            } else {
                send.blocking_send(Part::Piece(text.to_owned())).is_err()
            };
            if nobody_listens { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let last = match ask(&state.engine, Prompts::One(prompt), who, how, &mut pass_on) {
            Ok(answer) => answer.into_one().map_or_else(|| Part::Problem(Problem::mistake()), Part::Answer),
            Err(problem) => Part::Problem(problem),
        };
        // A reader that left is told nothing.
        let _ = send.blocking_send(last);
    });
    // What is wrong with the question comes first, if anything is, and is answered with its status.
    let first = match parts.recv().await.unwrap_or_else(|| Part::Problem(Problem::mistake())) {
        Part::Problem(problem) => return Err(problem),
        first => first,
    };
    let stream = stream::unfold(Some((Some(first), parts)), |state| async move {
        let (first, mut parts) = state?;
        let part = match first {
            Some(first) => first,
            // The thread panicked: the reader must not take the silence for an end.
            None => parts.recv().await.unwrap_or_else(|| Part::Problem(Problem::mistake())),
        };
        Some(match part {
            Part::Piece(text) => (Ok(encoded("piece", &PieceEvent { text })), Some((None, parts))),
            Part::Answer(answer) => (Ok(encoded("answer", &answer)), None),
            Part::Problem(problem) => (Ok(encoded("problem", &problem)), None),
        })
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()))
}

/// What a stream is made of.
enum Part {
    Piece(String),
    Answer(Generated),
    Problem(Problem),
}

/// What may be the data of an event; here only so that the description names the shapes.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "described, never built")]
enum StreamedAnswer {
    Piece(PieceEvent),
    Answer(Box<Generated>),
    Problem(Problem),
}

/// Answers, unless the client hangs up before.
async fn answered(
    state: ApiState,
    prompts: Prompts,
    who: Answering,
    how: Decoding,
) -> Result<GeneratedBatch, Problem> {
    let left = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&left);
    let _waits = Waits(left);
    let asked = waiting(move || {
        let mut look = |_: &str| {
            if seen.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        Ok(ask(&state.engine, prompts, who, how, &mut look))
    });
    asked.await?
}

/// Dropped with the request that a client gave up.
struct Waits(Arc<AtomicBool>);

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn ask(
    engine: &Engine,
    prompts: Prompts,
    who: Answering,
    how: Decoding,
    observer: &mut AnswerObserver<'_>,
) -> Result<GeneratedBatch, Problem> {
    let adapter = match (who.run_id, who.adapter) {
        (Some(_), Some(_)) => {
            let message = "runId and adapter both say which adapter answers";
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Err(Problem::new(status, "invalid", message).with_hint("Send one of them."));
        }
        (Some(id), None) => AdapterChoice::At(engine.adapter_of(&id)?),
        (None, Some(Some(path))) => AdapterChoice::At(PathBuf::from(path)),
        (None, Some(None)) => AdapterChoice::Bare,
        (None, None) => AdapterChoice::Settings,
    };
    let question = Question { prompts, adapter, base_model: who.base_model, decoding: how.into() };
    let generated = engine.generate(&question, observer)?;
    if generated.answers.iter().any(|answer| answer.finish == Finish::Stopped) {
        let new_tokens: u64 = generated.answers.iter().map(|answer| answer.new_tokens).sum();
        tracing::info!(new_tokens, "an answer was stopped: nobody waits for it any more");
    }
    Ok(generated.into())
}

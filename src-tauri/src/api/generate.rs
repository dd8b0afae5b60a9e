//! Asking a model: one prompt, several, or one whose answer is read while it grows.

use std::convert::Infallible;
use std::path::PathBuf;

use attune_engine::{AdapterChoice, AnswerObserver, Engine, Finish, GenerationRequest as Question, Prompts};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, Sse};
use futures_util::stream::Stream;
use serde::Serialize;

use super::body::{JsonBody, while_waited_for};
use super::parts;
use super::wire::{
    Answering, Decoding, Generated, GeneratedAnswers, GenerationRequest, PieceEvent, PromptsRequest,
};
use super::{ApiState, Problem};

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
#[utoipa::path(post, path = "/api/v1/generate/batch", request_body = PromptsRequest, tag = "models",
    responses(
        (status = 200, body = GeneratedAnswers),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "the run has no adapter"),
        (status = 422, body = Problem),
    ))]
pub(super) async fn generate_batch(
    State(state): State<ApiState>,
    JsonBody(question): JsonBody<PromptsRequest>,
) -> Result<Json<GeneratedAnswers>, Problem> {
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
    parts::stream("answer", move |parts| {
        let mut pass_on = |text: &str| {
            if text.is_empty() {
                parts.look()
            } else {
                parts.send("piece", &PieceEvent { text: text.to_owned() })
            }
        };
        let answers = ask(&state.engine, Prompts::One(prompt), who, how, &mut pass_on)?;
        answers.into_one().map(Some).ok_or_else(Problem::mistake)
    })
    .await
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
) -> Result<GeneratedAnswers, Problem> {
    let asked = while_waited_for(move |flow| Ok(ask(&state.engine, prompts, who, how, &mut |_| flow())));
    asked.await?
}

fn ask(
    engine: &Engine,
    prompts: Prompts,
    who: Answering,
    how: Decoding,
    observer: &mut AnswerObserver<'_>,
) -> Result<GeneratedAnswers, Problem> {
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

//! Models: what is on this computer, and asking one.

use std::path::PathBuf;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::body::{JsonBody, waiting};
use super::wire::{Base, Fetch, FetchRequest, Generated, GenerationRequest};
use super::{ApiState, Problem};

/// The base models on this computer, the one that `auto` means first.
#[utoipa::path(get, path = "/api/v1/bases", tag = "models", responses((status = 200, body = Vec<Base>)))]
pub(super) async fn list_bases(State(state): State<ApiState>) -> Result<Json<Vec<Base>>, Problem> {
    let bases = waiting(move || state.engine.bases()).await?;
    Ok(Json(bases.into_iter().map(Base::from).collect()))
}

/// Begins to fetch a base model from the hub into the Hugging Face cache; what arrived before is not fetched
/// again. Ask `GET /api/v1/bases/fetches` how far it is.
#[utoipa::path(post, path = "/api/v1/bases/fetch", request_body = FetchRequest, tag = "models",
    responses(
        (status = 202, body = Fetch, description = "the fetch, begun now or before"),
        (status = 422, body = Problem),
        (status = 500, body = Problem, description = "the environment forbids it"),
    ))]
pub(super) async fn fetch_base(
    State(state): State<ApiState>,
    JsonBody(wanted): JsonBody<FetchRequest>,
) -> Result<(StatusCode, Json<Fetch>), Problem> {
    let fetch = waiting(move || state.engine.fetch_base(&wanted.hub_id)).await?;
    Ok((StatusCode::ACCEPTED, Json(fetch.into())))
}

/// The fetches since this process began, one for each model, in the order in which they were first asked for.
#[utoipa::path(get, path = "/api/v1/bases/fetches", tag = "models", responses((status = 200, body = Vec<Fetch>)))]
pub(super) async fn list_fetches(State(state): State<ApiState>) -> Json<Vec<Fetch>> {
    Json(state.engine.fetches().into_iter().map(Fetch::from).collect())
}

/// Answers a prompt greedily with a base model, or with the adapter of a run.
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
    if question.run_id.is_some() && question.adapter.is_some() {
        let message = "runId and adapter both name an adapter";
        return Err(
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", message).with_hint("Send one of them.")
        );
    }
    let answer = waiting(move || {
        let engine = &state.engine;
        let of_run = question.run_id.as_deref().map(|id| engine.adapter_of(id)).transpose()?;
        engine.generate(&attune_engine::GenerationRequest {
            prompt: question.prompt,
            adapter: of_run.or(question.adapter.map(PathBuf::from)),
            base_model: question.base_model,
            max_new_tokens: question.max_new_tokens,
        })
    });
    Ok(Json(answer.await?.into()))
}

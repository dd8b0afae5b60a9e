//! Models: what is on this computer, and asking one.

use std::path::PathBuf;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::body::{JsonBody, waiting};
use super::translate::text;
use super::wire::{Base, Generated, GenerationRequest};
use super::{ApiState, Problem};

/// The base models on this computer, the one that `auto` means first.
#[utoipa::path(get, path = "/api/v1/bases", tag = "models", responses((status = 200, body = Vec<Base>)))]
pub(super) async fn list_bases(State(state): State<ApiState>) -> Result<Json<Vec<Base>>, Problem> {
    let bases = waiting(move || {
        let with_size = |base: attune_engine::Base| Ok((base.parameters()?, base));
        state.engine.bases().into_iter().map(with_size).collect::<attune_engine::Result<Vec<_>>>()
    });
    let described = bases.await?.into_iter().enumerate().map(|(index, (parameters, base))| Base {
        path: text(&base.folder),
        name: base.name,
        parameters,
        bundled: base.bundled,
        chosen_by_auto: index == 0,
    });
    Ok(Json(described.collect()))
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

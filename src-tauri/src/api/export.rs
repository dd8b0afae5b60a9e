//! Taking adapters elsewhere.

use std::path::PathBuf;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::body::{JsonBody, waiting};
use super::wire::{ExportRequest, Exported};
use super::{ApiState, Problem};

/// Writes an adapter as a folder that PEFT loads, or with `merged` its base with the LoRA in the weights as a
/// complete Hugging Face model. Nothing is ever overwritten.
#[utoipa::path(post, path = "/api/v1/export", request_body = ExportRequest, tag = "models",
    responses(
        (status = 200, body = Exported),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "the run has no adapter"),
        (status = 422, body = Problem),
        (status = 500, body = Problem, description = "the disk does not allow it"),
    ))]
pub(super) async fn export(
    State(state): State<ApiState>,
    JsonBody(wanted): JsonBody<ExportRequest>,
) -> Result<Json<Exported>, Problem> {
    let (run, adapter) = match (wanted.run_id, wanted.adapter) {
        (Some(run), None) => (Some(run), PathBuf::new()),
        (None, Some(adapter)) => (None, PathBuf::from(adapter)),
        _ => {
            let message = "either runId or adapter says what is exported";
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Err(Problem::new(status, "invalid", message).with_hint("Send one of them."));
        }
    };
    let exported = waiting(move || {
        state.engine.export(&attune_engine::ExportRequest {
            adapter: run.map_or(Ok(adapter), |id| state.engine.adapter_of(&id))?,
            output: PathBuf::from(wanted.output),
            merged: wanted.merged,
            base_model: wanted.base_model,
        })
    });
    Ok(Json(exported.await?.into()))
}

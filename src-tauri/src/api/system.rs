//! The process itself: who owns the data folder, its window, its description.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::body::waiting;
use super::translate::text;
use super::wire::{OwnerProcess, Status};
use super::{ApiState, Problem};

/// Who owns the data folder, and what it is busy with.
#[utoipa::path(get, path = "/api/v1/status", tag = "system", responses((status = 200, body = Status)))]
pub(super) async fn status(State(state): State<ApiState>) -> Result<Json<Status>, Problem> {
    let engine = state.engine.clone();
    let active = waiting(move || engine.active_run()).await?;
    Ok(Json(Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        owner: OwnerProcess {
            kind: state.owner.kind,
            process_id: std::process::id(),
            address: state.owner.listener.opened().map(|opened| opened.address),
        },
        data_folder: text(state.engine.data_folder().path()),
        active_run_id: active.map(|run| run.id.to_string()),
    }))
}

/// Brings the owner's window to the front: what a second window does instead of opening.
#[utoipa::path(post, path = "/api/v1/window/focus", tag = "system",
    responses((status = 204), (status = 404, body = Problem, description = "the owner has no window")))]
pub(super) async fn focus_window(State(state): State<ApiState>) -> Result<StatusCode, Problem> {
    match &state.owner.focus {
        Some(focus) => {
            focus();
            Ok(StatusCode::NO_CONTENT)
        }
        None => Err(Problem::new(StatusCode::NOT_FOUND, "not_found", "the owner has no window")),
    }
}

/// The description of this contract.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "system",
    responses((status = 200, content_type = "application/json")))]
pub(super) async fn openapi_document() -> Json<utoipa::openapi::OpenApi> {
    Json(super::openapi())
}

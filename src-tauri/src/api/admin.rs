//! The doors that existing schedulers and dashboards know.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::body::{Parameters, waiting};
use super::wire::{Limit, PartOfRuns, Run};
use super::{ApiState, Problem};

/// Recent runs, newest first.
#[utoipa::path(get, path = "/api/v1/admin/training/runs", params(Limit), tag = "admin",
    responses((status = 200, body = Vec<Run>), (status = 422, body = Problem)))]
pub(super) async fn training_runs(
    state: State<ApiState>,
    Parameters(Limit { limit }): Parameters<Limit>,
) -> Result<Json<Vec<Run>>, Problem> {
    super::runs::list_runs(state, Parameters(PartOfRuns { limit, before: None })).await
}

/// Starts a training run from the settings; no body is needed.
#[utoipa::path(post, path = "/api/v1/admin/training/trigger", tag = "admin",
    responses(
        (status = 202, body = Run),
        (status = 409, body = Problem, description = "a run is queued or running"),
        (status = 422, body = Problem, description = "no source is set, or it cannot be used"),
    ))]
pub(super) async fn trigger_training(
    State(state): State<ApiState>,
) -> Result<(StatusCode, Json<Run>), Problem> {
    let run = waiting(move || state.engine.trigger_run()).await?;
    Ok((StatusCode::ACCEPTED, Json(run.into())))
}

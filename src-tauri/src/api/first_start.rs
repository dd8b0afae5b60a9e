//! Sample rows, and the first start that is made of them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::body::{JsonBody, status_of, waiting};
use super::wire::{FirstRunRequest, FirstStart, Run, Sample};
use super::{ApiState, Problem};

/// The rows that ship with Attune; a run names them as its `sample`.
#[utoipa::path(get, path = "/api/v1/samples", tag = "sources", responses((status = 200, body = Vec<Sample>)))]
pub(super) async fn list_samples(State(state): State<ApiState>) -> Result<Json<Vec<Sample>>, Problem> {
    let samples = waiting(move || state.engine.samples()).await?;
    Ok(Json(samples.into_iter().map(Sample::from).collect()))
}

/// Whether to begin with the first start, and which run was started there.
#[utoipa::path(get, path = "/api/v1/first-start", tag = "runs",
    responses((status = 200, body = FirstStart)))]
pub(super) async fn first_start(State(state): State<ApiState>) -> Result<Json<FirstStart>, Problem> {
    Ok(Json(waiting(move || state.engine.first_start()).await?.into()))
}

/// Queues the run of the first start: sample rows, the bundled base, and settings that suit both.
#[utoipa::path(post, path = "/api/v1/first-start/run", request_body = FirstRunRequest, tag = "runs",
    responses(
        (status = 202, body = Run, description = "queued"),
        (status = 200, body = Run, description = "it is queued or running already"),
        (status = 422, body = Problem),
    ))]
pub(super) async fn start_first_run(
    State(state): State<ApiState>,
    JsonBody(wanted): JsonBody<FirstRunRequest>,
) -> Result<(StatusCode, Json<Run>), Problem> {
    let (run, created) = waiting(move || state.engine.start_first_run(wanted.id)).await?;
    Ok((status_of(created, StatusCode::ACCEPTED), Json(run.into())))
}

/// The first start was gone through or skipped: it is not wanted again.
#[utoipa::path(post, path = "/api/v1/first-start/finish", tag = "runs",
    responses((status = 200, body = FirstStart)))]
pub(super) async fn finish_first_start(State(state): State<ApiState>) -> Result<Json<FirstStart>, Problem> {
    Ok(Json(waiting(move || state.engine.finish_first_start()).await?.into()))
}

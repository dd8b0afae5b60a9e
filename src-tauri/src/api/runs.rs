//! Runs: list, queue, read, stop, cancel, delete.

use std::path::PathBuf;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::body::{JsonBody, Parameters, status_of, waiting};
use super::translate::engine_method;
use super::wire::{
    DefaultsQuestion, MemoryPrediction, Metrics, PartOfRuns, Removed, Run, RunDefaults, RunRequest, Space,
};
use super::{ApiState, Problem};

/// The newest runs, newest first, or the newest of those that were made before one of them.
#[utoipa::path(get, path = "/api/v1/runs", params(PartOfRuns), tag = "runs",
    responses(
        (status = 200, body = Vec<Run>),
        (status = 404, body = Problem, description = "there is no run to list those before"),
        (status = 422, body = Problem),
    ))]
pub(super) async fn list_runs(
    State(state): State<ApiState>,
    Parameters(PartOfRuns { limit, before }): Parameters<PartOfRuns>,
) -> Result<Json<Vec<Run>>, Problem> {
    let runs = waiting(move || state.engine.runs(limit.min(1000), before.as_deref())).await?;
    Ok(Json(runs.into_iter().map(Run::from).collect()))
}

/// What a run takes where its request chooses nothing; some of it depends on how many rows there are.
#[utoipa::path(get, path = "/api/v1/runs/defaults", params(DefaultsQuestion), tag = "runs",
    responses((status = 200, body = RunDefaults), (status = 422, body = Problem)))]
pub(super) async fn read_defaults(
    State(state): State<ApiState>,
    Parameters(DefaultsQuestion { method, start_from, rows }): Parameters<DefaultsQuestion>,
) -> Result<Json<RunDefaults>, Problem> {
    let (method, start) = (method.map(engine_method), start_from.map(PathBuf::from));
    let defaults =
        waiting(move || state.engine.default_hyperparameters(method, start, rows as usize)).await?;
    Ok(Json((&defaults).into()))
}

/// How much memory the run of this request would need. Nothing is queued, and its rows are not looked at.
#[utoipa::path(post, path = "/api/v1/runs/memory", request_body = RunRequest, tag = "runs",
    responses((status = 200, body = MemoryPrediction), (status = 422, body = Problem)))]
pub(super) async fn predict_memory(
    State(state): State<ApiState>,
    JsonBody(wanted): JsonBody<RunRequest>,
) -> Result<Json<MemoryPrediction>, Problem> {
    let predicted = waiting(move || state.engine.predict_memory(&wanted.into())).await?;
    Ok(Json(MemoryPrediction { needed_bytes: predicted.needed, free_bytes: predicted.free }))
}

/// Queues a run; it starts when no other is running.
#[utoipa::path(post, path = "/api/v1/runs", request_body = RunRequest, tag = "runs",
    responses(
        (status = 202, body = Run, description = "queued"),
        (status = 200, body = Run, description = "a request with this id made this run before"),
        (status = 404, body = Problem, description = "there is no run to go on from"),
        (status = 409, body = Problem, description = "the run to go on from has no checkpoint, or has not ended"),
        (status = 422, body = Problem),
    ))]
pub(super) async fn create_run(
    State(state): State<ApiState>,
    JsonBody(wanted): JsonBody<RunRequest>,
) -> Result<(StatusCode, Json<Run>), Problem> {
    let (run, created) = waiting(move || state.engine.create_run(wanted.into())).await?;
    Ok((status_of(created, StatusCode::ACCEPTED), Json(run.into())))
}

/// One run as it is now.
#[utoipa::path(get, path = "/api/v1/runs/{id}", params(("id" = String, Path)), tag = "runs",
    responses((status = 200, body = Run), (status = 404, body = Problem)))]
pub(super) async fn read_run(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<Run>, Problem> {
    Ok(Json(waiting(move || state.engine.run(&id)).await?.into()))
}

/// The curves of a run. Those of a run that goes on from another begin with that one's.
#[utoipa::path(get, path = "/api/v1/runs/{id}/metrics", params(("id" = String, Path)), tag = "runs",
    responses((status = 200, body = Metrics), (status = 404, body = Problem)))]
pub(super) async fn read_metrics(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<Metrics>, Problem> {
    let curves = waiting(move || state.engine.curves(&id)).await?;
    Ok(Json(Metrics {
        points: curves.points.into_iter().map(Into::into).collect(),
        validation: curves.validation.into_iter().map(Into::into).collect(),
    }))
}

/// Ends a running run soon, and completes it with the best adapter so far; it can be gone on from later.
#[utoipa::path(post, path = "/api/v1/runs/{id}/stop", params(("id" = String, Path)), tag = "runs",
    responses(
        (status = 202, body = Run),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "the run is not running"),
    ))]
pub(super) async fn stop_run(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Run>), Problem> {
    let run = waiting(move || state.engine.stop_run(&id)).await?;
    Ok((StatusCode::ACCEPTED, Json(run.into())))
}

/// Ends a queued run at once and a running one soon; what it learned is discarded.
#[utoipa::path(post, path = "/api/v1/runs/{id}/cancel", params(("id" = String, Path)), tag = "runs",
    responses((status = 202, body = Run), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn cancel_run(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Run>), Problem> {
    let run = waiting(move || state.engine.cancel_run(&id)).await?;
    Ok((StatusCode::ACCEPTED, Json(run.into())))
}

/// The space on the disk that deleting a run would free.
#[utoipa::path(get, path = "/api/v1/runs/{id}/space", params(("id" = String, Path)), tag = "runs",
    responses((status = 200, body = Space), (status = 404, body = Problem)))]
pub(super) async fn read_space(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<Space>, Problem> {
    Ok(Json(Space { bytes: waiting(move || state.engine.space_of_run(&id)).await? }))
}

/// Deletes a run that has ended, with its adapter and its curve. If `latest` pointed to it, it moves to the newest
/// other adapter of the output folder.
#[utoipa::path(delete, path = "/api/v1/runs/{id}", params(("id" = String, Path)), tag = "runs",
    responses(
        (status = 200, body = Removed),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "the run is queued or running"),
    ))]
pub(super) async fn delete_run(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<Removed>, Problem> {
    let removed = waiting(move || state.engine.delete_run(&id)).await?;
    Ok(Json(Removed { freed_bytes: removed.freed_bytes, latest_moved_to: removed.latest_moved_to }))
}

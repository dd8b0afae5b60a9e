//! Batches of generated examples: what they may be about, how they go, and the tuning on what was accepted.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::body::{JsonBody, Parameters, status_of, until_given_up, waiting};
use super::wire::{
    Batch, BatchEstimate, BatchPreview, BatchRequest, Content, DiscardedBatch, Limit, Readiness, Run,
    SubjectQuestion, TuningRequest,
};
use super::{ApiState, Problem};

/// The most batches that one list has.
const MOST: u32 = 1000;

/// What there is to generate about.
#[utoipa::path(get, path = "/api/v1/generation/content", tag = "generation",
    responses((status = 200, body = Content), (status = 500, body = Problem)))]
pub(super) async fn read_content(State(state): State<ApiState>) -> Result<Json<Content>, Problem> {
    Ok(Json(waiting(move || state.engine.content()).await?.into()))
}

/// Batches, newest first.
#[utoipa::path(get, path = "/api/v1/batches", params(Limit), tag = "generation",
    responses((status = 200, body = [Batch]), (status = 422, body = Problem)))]
pub(super) async fn list_batches(
    State(state): State<ApiState>,
    Parameters(Limit { limit }): Parameters<Limit>,
) -> Result<Json<Vec<Batch>>, Problem> {
    let batches = waiting(move || state.engine.batches(limit.min(MOST), None)).await?;
    Ok(Json(batches.into_iter().map(Batch::from).collect()))
}

/// Begins a batch; it goes on whoever asks or stops asking.
#[utoipa::path(post, path = "/api/v1/batches", request_body = BatchRequest, tag = "generation",
    responses(
        (status = 202, body = Batch),
        (status = 200, body = Batch, description = "a request with this id was made before; this is its batch"),
        (status = 409, body = Problem, description = "another batch is running"),
        (status = 422, body = Problem),
    ))]
pub(super) async fn create_batch(
    State(state): State<ApiState>,
    JsonBody(wanted): JsonBody<BatchRequest>,
) -> Result<(StatusCode, Json<Batch>), Problem> {
    let (batch, created) = waiting(move || state.engine.create_batch(&wanted.into())).await?;
    Ok((status_of(created, StatusCode::ACCEPTED), Json(batch.into())))
}

/// What a batch would take on this computer.
#[utoipa::path(post, path = "/api/v1/batches/estimate", request_body = BatchRequest, tag = "generation",
    responses((status = 200, body = BatchEstimate), (status = 422, body = Problem)))]
pub(super) async fn estimate_batch(
    State(state): State<ApiState>,
    JsonBody(wanted): JsonBody<BatchRequest>,
) -> Result<Json<BatchEstimate>, Problem> {
    Ok(Json(waiting(move || state.engine.estimate(&wanted.into())).await?.into()))
}

/// The first examples that a batch would make, five at most; nothing is kept.
#[utoipa::path(post, path = "/api/v1/batches/preview", request_body = BatchRequest, tag = "generation",
    responses(
        (status = 200, body = BatchPreview),
        (status = 409, body = Problem, description = "a batch is running"),
        (status = 422, body = Problem),
    ))]
pub(super) async fn preview_batch(
    State(state): State<ApiState>,
    JsonBody(wanted): JsonBody<BatchRequest>,
) -> Result<Json<BatchPreview>, Problem> {
    let preview = until_given_up(move |stop| state.engine.preview(&wanted.into(), stop)).await?;
    // Without one the client has gone, and nobody reads this.
    preview.map(|preview| Json(preview.into())).ok_or_else(Problem::closing)
}

#[utoipa::path(get, path = "/api/v1/batches/{id}", params(("id" = String, Path)), tag = "generation",
    responses((status = 200, body = Batch), (status = 404, body = Problem)))]
pub(super) async fn read_batch(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<Batch>, Problem> {
    Ok(Json(waiting(move || state.engine.batch(&id)).await?.into()))
}

/// Ends a batch soon; what is finished is kept.
#[utoipa::path(post, path = "/api/v1/batches/{id}/cancel", params(("id" = String, Path)), tag = "generation",
    responses(
        (status = 202, body = Batch),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "it is not running"),
    ))]
pub(super) async fn cancel_batch(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Batch>), Problem> {
    let batch = waiting(move || state.engine.cancel_batch(&id)).await?;
    Ok((StatusCode::ACCEPTED, Json(batch.into())))
}

/// Makes the attempts that are missing of a batch that ended before its end.
#[utoipa::path(post, path = "/api/v1/batches/{id}/continue", params(("id" = String, Path)), tag = "generation",
    responses(
        (status = 202, body = Batch),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "nothing is missing, or another batch is running"),
    ))]
pub(super) async fn continue_batch(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Batch>), Problem> {
    let batch = waiting(move || state.engine.continue_batch(&id)).await?;
    Ok((StatusCode::ACCEPTED, Json(batch.into())))
}

/// Removes a batch that is not running, with its examples.
#[utoipa::path(delete, path = "/api/v1/batches/{id}", params(("id" = String, Path)), tag = "generation",
    responses(
        (status = 200, body = DiscardedBatch),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "it is running"),
    ))]
pub(super) async fn discard_batch(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<DiscardedBatch>, Problem> {
    Ok(Json(waiting(move || state.engine.discard_batch(&id)).await?.into()))
}

/// How near a person's examples are to a tuning.
#[utoipa::path(get, path = "/api/v1/readiness", params(SubjectQuestion), tag = "generation",
    responses((status = 200, body = Readiness), (status = 422, body = Problem)))]
pub(super) async fn read_readiness(
    State(state): State<ApiState>,
    Parameters(SubjectQuestion { subject }): Parameters<SubjectQuestion>,
) -> Result<Json<Readiness>, Problem> {
    Ok(Json(waiting(move || state.engine.readiness(subject.as_deref())).await?.into()))
}

/// Freezes what a person has accepted and queues a run on it, named `zega-` and the subject.
#[utoipa::path(post, path = "/api/v1/tuning", request_body = TuningRequest, tag = "generation",
    responses(
        (status = 202, body = Run),
        (status = 200, body = Run, description = "a request with this id was made before; this is its run"),
        (status = 409, body = Problem, description = "too few examples are accepted"),
        (status = 422, body = Problem),
    ))]
pub(super) async fn tune(
    State(state): State<ApiState>,
    JsonBody(wanted): JsonBody<TuningRequest>,
) -> Result<(StatusCode, Json<Run>), Problem> {
    let (subject, request) = wanted.into();
    let (run, created) = waiting(move || state.engine.tune(subject.as_deref(), request)).await?;
    Ok((status_of(created, StatusCode::ACCEPTED), Json(run.into())))
}

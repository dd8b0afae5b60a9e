//! What a person thinks of answers: verdicts on one, votes between two.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::body::{JsonBody, Parameters, status_of, waiting};
use super::wire::{Feedback, FeedbackPage, FeedbackRequest, Part, Tally, Vote, VotePage, VoteRequest};
use super::{ApiState, Problem};

/// The most that one part of a list has.
const MOST: u32 = 1000;

/// The verdicts on answers, newest first.
#[utoipa::path(get, path = "/api/v1/feedback", params(Part), tag = "feedback",
    responses((status = 200, body = FeedbackPage), (status = 422, body = Problem)))]
pub(super) async fn list_feedback(
    State(state): State<ApiState>,
    Parameters(Part { limit, before }): Parameters<Part>,
) -> Result<Json<FeedbackPage>, Problem> {
    Ok(Json(waiting(move || state.engine.feedback(before, limit.min(MOST))).await?.into()))
}

/// Keeps a verdict on an answer.
#[utoipa::path(post, path = "/api/v1/feedback", request_body = FeedbackRequest, tag = "feedback",
    responses(
        (status = 201, body = Feedback),
        (status = 200, body = Feedback, description = "a request with this id was kept before, as this"),
        (status = 422, body = Problem),
    ))]
pub(super) async fn keep_feedback(
    State(state): State<ApiState>,
    JsonBody(request): JsonBody<FeedbackRequest>,
) -> Result<(StatusCode, Json<Feedback>), Problem> {
    let (id, said) = request.into();
    let (kept, created) = waiting(move || state.engine.keep_feedback(&id, said)).await?;
    Ok((status_of(created, StatusCode::CREATED), Json(kept.into())))
}

/// Takes a verdict back, and answers with what it was.
#[utoipa::path(delete, path = "/api/v1/feedback/{id}", params(("id" = String, Path)), tag = "feedback",
    responses((status = 200, body = Feedback), (status = 404, body = Problem)))]
pub(super) async fn take_feedback_back(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<Feedback>, Problem> {
    Ok(Json(waiting(move || state.engine.take_feedback_back(&id)).await?.into()))
}

/// The votes between two answers, newest first.
#[utoipa::path(get, path = "/api/v1/votes", params(Part), tag = "feedback",
    responses((status = 200, body = VotePage), (status = 422, body = Problem)))]
pub(super) async fn list_votes(
    State(state): State<ApiState>,
    Parameters(Part { limit, before }): Parameters<Part>,
) -> Result<Json<VotePage>, Problem> {
    Ok(Json(waiting(move || state.engine.votes(before, limit.min(MOST))).await?.into()))
}

/// Keeps a vote between two answers to one prompt.
#[utoipa::path(post, path = "/api/v1/votes", request_body = VoteRequest, tag = "feedback",
    responses(
        (status = 201, body = Vote),
        (status = 200, body = Vote, description = "a request with this id was kept before, as this"),
        (status = 422, body = Problem),
    ))]
pub(super) async fn keep_vote(
    State(state): State<ApiState>,
    JsonBody(request): JsonBody<VoteRequest>,
) -> Result<(StatusCode, Json<Vote>), Problem> {
    let (id, said) = request.into();
    let (kept, created) = waiting(move || state.engine.keep_vote(&id, said)).await?;
    Ok((status_of(created, StatusCode::CREATED), Json(kept.into())))
}

/// Takes a vote back, and answers with what it was.
#[utoipa::path(delete, path = "/api/v1/votes/{id}", params(("id" = String, Path)), tag = "feedback",
    responses((status = 200, body = Vote), (status = 404, body = Problem)))]
pub(super) async fn take_vote_back(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<Vote>, Problem> {
    Ok(Json(waiting(move || state.engine.take_vote_back(&id)).await?.into()))
}

/// How the votes between each two models went, the pair that was voted on last first.
#[utoipa::path(get, path = "/api/v1/votes/tallies", tag = "feedback",
    responses((status = 200, body = Vec<Tally>)))]
pub(super) async fn list_tallies(State(state): State<ApiState>) -> Result<Json<Vec<Tally>>, Problem> {
    let tallies = waiting(move || state.engine.tallies()).await?;
    Ok(Json(tallies.into_iter().map(Tally::from).collect()))
}

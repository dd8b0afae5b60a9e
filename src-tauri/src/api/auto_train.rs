//! The older door for generating examples: one request, one answer when the batch has ended.
//!
//! Invariant: the batch belongs to nobody who asks. A client that hangs up ends its own waiting and nothing else.

use attune_engine::Engine;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;

use super::body::{JsonBody, waiting};
use super::wire::{AutoTrainRequest, AutoTrainResult, Batch, BatchRequest, TrainingGenres};
use super::{ApiState, Problem};

/// Names the batch at once, so that its events can be followed.
const BATCH: &str = "attune-batch";

/// Generates examples and answers when that has ended; the header `attune-batch` comes at once.
#[utoipa::path(post, path = "/auto-train", request_body = AutoTrainRequest, tag = "compatible",
    responses(
        (status = 200, body = AutoTrainResult),
        (status = 409, body = Problem, description = "another batch is running"),
        (status = 422, body = Problem),
    ))]
pub(super) async fn auto_train(
    State(state): State<ApiState>,
    JsonBody(wanted): JsonBody<AutoTrainRequest>,
) -> Result<Response, Problem> {
    let engine = state.engine;
    let creating = engine.clone();
    let (batch, _) = waiting(move || creating.create_batch(&BatchRequest::from(wanted).into())).await?;
    let id = batch.id.to_string();
    let body = stream::once({
        let id = id.clone();
        // What fails here breaks the body off: a client never takes it for a result.
        async move { result(&engine, &id).await.map_err(|problem| std::io::Error::other(problem.message)) }
    });
    Response::builder()
        .header(BATCH, id)
        .header(CONTENT_TYPE, "application/json")
        .body(Body::from_stream(body))
        .map_err(|_| Problem::mistake())
}

/// The genres that examples can be of.
#[utoipa::path(get, path = "/training/genres", tag = "compatible",
    responses((status = 200, body = TrainingGenres), (status = 500, body = Problem)))]
pub(super) async fn training_genres(State(state): State<ApiState>) -> Result<Json<TrainingGenres>, Problem> {
    let content = waiting(move || state.engine.content()).await?;
    let genres: Vec<String> = content.genres.into_iter().map(|genre| genre.name).collect();
    Ok(Json(TrainingGenres { total: genres.len() as u64, genres }))
}

/// What came of a batch, once it has ended.
async fn result(engine: &Engine, id: &str) -> Result<Bytes, Problem> {
    let (engine, id) = (engine.clone(), id.to_owned());
    let (batch, readiness) = waiting(move || {
        let batch = engine.wait_for_batch(&id)?;
        let readiness = engine.readiness(Some(&batch.subject))?;
        Ok((batch, readiness))
    })
    .await?;
    let told = AutoTrainResult::of(&Batch::from(batch), &readiness.into());
    serde_json::to_vec(&told).map(Bytes::from).map_err(|_| Problem::mistake())
}

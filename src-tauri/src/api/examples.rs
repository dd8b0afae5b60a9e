//! Examples: looked for, reviewed, taken back.

use attune_engine::{ExampleFilter, ExampleStatus};
use axum::Json;
use axum::extract::{Path, State};

use super::body::{JsonBody, Parameters, waiting};
use super::translate::batch_id;
use super::wire::{
    AcceptRequest, Changed, Example, ExamplePage, ExampleQuestion, Remembered, Review, SubjectQuestion,
    TwinCluster, TwinsQuestion,
};
use super::{ApiState, Problem};

/// The most that one page has.
const MOST: u32 = 1000;

/// Examples, newest first.
#[utoipa::path(get, path = "/api/v1/examples", params(ExampleQuestion), tag = "generation",
    responses((status = 200, body = ExamplePage), (status = 422, body = Problem)))]
pub(super) async fn list_examples(
    State(state): State<ApiState>,
    Parameters(question): Parameters<ExampleQuestion>,
) -> Result<Json<ExamplePage>, Problem> {
    let (limit, before) = (question.limit.min(MOST), question.before);
    let filter = question.try_into()?;
    Ok(Json(waiting(move || state.engine.examples(&filter, before, limit)).await?.into()))
}

#[utoipa::path(get, path = "/api/v1/examples/{id}", params(("id" = String, Path)), tag = "generation",
    responses((status = 200, body = Example), (status = 404, body = Problem)))]
pub(super) async fn read_example(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<Example>, Problem> {
    Ok(Json(waiting(move || state.engine.example(&id)).await?.into()))
}

/// Accepts, rejects or edits an example.
#[utoipa::path(post, path = "/api/v1/examples/{id}/review", params(("id" = String, Path)),
    request_body = Review, tag = "generation",
    responses((status = 200, body = Example), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub(super) async fn review_example(
    State(state): State<ApiState>,
    Path(id): Path<String>,
    JsonBody(review): JsonBody<Review>,
) -> Result<Json<Example>, Problem> {
    Ok(Json(waiting(move || state.engine.review_example(&id, &review.into())).await?.into()))
}

/// Accepts everything of at least a quality.
#[utoipa::path(post, path = "/api/v1/examples/accept", request_body = AcceptRequest, tag = "generation",
    responses((status = 200, body = Changed), (status = 422, body = Problem)))]
pub(super) async fn accept_examples(
    State(state): State<ApiState>,
    JsonBody(wanted): JsonBody<AcceptRequest>,
) -> Result<Json<Changed>, Problem> {
    let (quality, dry_run) = (wanted.min_quality, wanted.dry_run);
    let filter = wanted.try_into()?;
    let examples = waiting(move || match dry_run {
        true => state.engine.count_acceptable(&filter, quality),
        false => Ok(state.engine.accept_from(&filter, quality)?.examples.len() as u64),
    });
    Ok(Json(Changed { examples: examples.await? }))
}

/// What of a person is in the memory, newest first, at most 1000.
#[utoipa::path(get, path = "/api/v1/memory", params(SubjectQuestion), tag = "generation",
    responses((status = 200, body = [Remembered]), (status = 422, body = Problem)))]
pub(super) async fn list_memory(
    State(state): State<ApiState>,
    Parameters(SubjectQuestion { subject }): Parameters<SubjectQuestion>,
) -> Result<Json<Vec<Remembered>>, Problem> {
    let memory = waiting(move || state.engine.memory(subject.as_deref(), MOST)).await?;
    Ok(Json(memory.into_iter().map(Remembered::from).collect()))
}

/// Takes the last review back, a bulk one as a whole.
#[utoipa::path(post, path = "/api/v1/examples/undo", tag = "generation",
    responses((status = 200, body = Changed), (status = 409, body = Problem, description = "there is none")))]
pub(super) async fn undo_review(State(state): State<ApiState>) -> Result<Json<Changed>, Problem> {
    let reviewed = waiting(move || state.engine.undo_review()).await?;
    Ok(Json(Changed { examples: reviewed.examples.len() as u64 }))
}

/// Accepted examples whose texts are nearly the same.
#[utoipa::path(get, path = "/api/v1/examples/twins", params(TwinsQuestion), tag = "generation",
    responses((status = 200, body = [TwinCluster]), (status = 422, body = Problem)))]
pub(super) async fn list_twins(
    State(state): State<ApiState>,
    Parameters(TwinsQuestion { batch, threshold }): Parameters<TwinsQuestion>,
) -> Result<Json<Vec<TwinCluster>>, Problem> {
    let accepted = Some(ExampleStatus::Accepted);
    let filter = ExampleFilter { batch: batch_id(batch)?, status: accepted, ..ExampleFilter::default() };
    let clusters = waiting(move || state.engine.twin_clusters(&filter, threshold)).await?;
    let told = |cluster: attune_engine::TwinCluster| TwinCluster {
        examples: cluster.examples.iter().map(ToString::to_string).collect(),
    };
    Ok(Json(clusters.into_iter().map(told).collect()))
}

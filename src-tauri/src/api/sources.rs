//! Sources: a look before training.

use std::path::PathBuf;

use axum::Json;
use axum::extract::State;

use super::body::{JsonBody, waiting};
use super::wire::{SourceQuestion, SourceSummary};
use super::{ApiState, Problem};

/// Counts the rows of a file or database and shows the first; nothing is changed.
#[utoipa::path(post, path = "/api/v1/sources/inspect", request_body = SourceQuestion, tag = "sources",
    responses((status = 200, body = SourceSummary), (status = 422, body = Problem)))]
pub(super) async fn inspect_source(
    State(state): State<ApiState>,
    JsonBody(question): JsonBody<SourceQuestion>,
) -> Result<Json<SourceSummary>, Problem> {
    let summary =
        waiting(move || state.engine.inspect_source(PathBuf::from(question.path), question.max_samples));
    Ok(Json(summary.await?.into()))
}

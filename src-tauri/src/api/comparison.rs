//! Base and tuned answers beside each other, on the rows that a run held out.

use std::convert::Infallible;

use attune_engine::ComparisonNews;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::sse::{Event, Sse};
use futures_util::stream::Stream;
use serde::Serialize;

use super::body::while_waited_for;
use super::parts;
use super::wire::{ComparedRow, Comparison, ComparisonBegun};
use super::{ApiState, Problem};

/// What the base and the tuned model of a completed run answer to the rows that it held out. Made once, which takes
/// some seconds, and kept: the next look costs nothing.
#[utoipa::path(post, path = "/api/v1/runs/{id}/comparison", params(("id" = String, Path)), tag = "runs",
    responses(
        (status = 200, body = Comparison),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "the run has no adapter, or no rows that it held out"),
        (status = 422, body = Problem, description = "the base or the adapter cannot be used any more"),
    ))]
pub(super) async fn compare(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<Comparison>, Problem> {
    let run_id = id.clone();
    let comparison = while_waited_for(move |flow| state.engine.compare(&id, &mut |_| flow())).await?;
    // Ended only if nobody waits for it any more.
    comparison.map(|made| Json(Comparison::of(run_id, made))).ok_or_else(Problem::mistake)
}

/// The same as server-sent events: `begun`, a `row` for each row as it is answered, then `comparison` with the whole,
/// or `problem` where it failed on the way. Closing the connection ends it.
#[utoipa::path(post, path = "/api/v1/runs/{id}/comparison/stream", params(("id" = String, Path)), tag = "runs",
    responses(
        (status = 200, content_type = "text/event-stream",
            body = inline(StreamedComparison), description = "one of these as the data of each event"),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "the run has no adapter, or no rows that it held out"),
        (status = 422, body = Problem, description = "the base or the adapter cannot be used any more"),
    ))]
pub(super) async fn stream_comparison(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    parts::stream("comparison", move |parts| {
        let mut pass_on = |news: ComparisonNews<'_>| match news {
            ComparisonNews::Begun(comparison) => {
                parts.send("begun", &ComparisonBegun::of(id.clone(), comparison))
            }
            ComparisonNews::Rows(rows) => rows.iter().try_for_each(|row| {
                let row = ComparedRow::from(row.clone());
                parts.send("row", &row)
            }),
            ComparisonNews::Working => parts.look(),
        };
        let made = state.engine.compare(&id, &mut pass_on)?;
        Ok(made.map(|made| Comparison::of(id.clone(), made)))
    })
    .await
}

/// What may be the data of an event; here only so that the description names the shapes.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "described, never built")]
enum StreamedComparison {
    Begun(ComparisonBegun),
    Row(ComparedRow),
    Comparison(Box<Comparison>),
    Problem(Problem),
}

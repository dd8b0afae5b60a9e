//! Base models: what is on this computer, and bringing more here.

use std::path::Path;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::body::{JsonBody, waiting};
use super::wire::{Base, Fetch, FetchRequest, FetchableBase, ImportRequest, Imported};
use super::{ApiState, Problem};

/// The base models on this computer, the one that `auto` means first.
#[utoipa::path(get, path = "/api/v1/bases", tag = "models", responses((status = 200, body = Vec<Base>)))]
pub(super) async fn list_bases(State(state): State<ApiState>) -> Result<Json<Vec<Base>>, Problem> {
    let bases = waiting(move || state.engine.bases()).await?;
    Ok(Json(bases.into_iter().map(Base::from).collect()))
}

/// The base models that Attune knows and this computer has not, with what fetching them would take.
#[utoipa::path(get, path = "/api/v1/bases/fetchable", tag = "models",
    responses((status = 200, body = Vec<FetchableBase>)))]
pub(super) async fn list_fetchable_bases(
    State(state): State<ApiState>,
) -> Result<Json<Vec<FetchableBase>>, Problem> {
    let bases = waiting(move || state.engine.fetchable_bases()).await?;
    Ok(Json(bases.into_iter().map(FetchableBase::from).collect()))
}

/// Begins to fetch a base model, or the file of a chat model, from the hub into the Hugging Face cache; what arrived before is not fetched
/// again. Ask `GET /api/v1/bases/fetches` how far it is.
#[utoipa::path(post, path = "/api/v1/bases/fetch", request_body = FetchRequest, tag = "models",
    responses(
        (status = 202, body = Fetch, description = "the fetch, begun now or before"),
        (status = 422, body = Problem),
        (status = 500, body = Problem, description = "the environment forbids it"),
    ))]
pub(super) async fn fetch_base(
    State(state): State<ApiState>,
    JsonBody(wanted): JsonBody<FetchRequest>,
) -> Result<(StatusCode, Json<Fetch>), Problem> {
    let fetch = waiting(move || state.engine.fetch_base(&wanted.hub_id)).await?;
    Ok((StatusCode::ACCEPTED, Json(fetch.into())))
}

/// The fetches since this process began, one for each model, in the order in which they were first asked for.
#[utoipa::path(get, path = "/api/v1/bases/fetches", tag = "models", responses((status = 200, body = Vec<Fetch>)))]
pub(super) async fn list_fetches(State(state): State<ApiState>) -> Json<Vec<Fetch>> {
    Json(state.engine.fetches().into_iter().map(Fetch::from).collect())
}

/// Stops a fetch; what has arrived is kept, and fetching again goes on from there.
#[utoipa::path(post, path = "/api/v1/bases/fetches/cancel", request_body = FetchRequest, tag = "models",
    responses(
        (status = 202, body = Fetch, description = "the fetch as it is now; a moment later it is cancelled"),
        (status = 409, body = Problem, description = "it is not being fetched"),
    ))]
pub(super) async fn cancel_fetch(
    State(state): State<ApiState>,
    JsonBody(wanted): JsonBody<FetchRequest>,
) -> Result<(StatusCode, Json<Fetch>), Problem> {
    let fetch = state.engine.cancel_fetch(&wanted.hub_id)?;
    Ok((StatusCode::ACCEPTED, Json(fetch.into())))
}

/// Checks the base model in a folder as a whole and copies it into the Hugging Face cache.
#[utoipa::path(post, path = "/api/v1/bases/import", request_body = ImportRequest, tag = "models",
    responses(
        (status = 200, body = Imported),
        (status = 409, body = Problem, description = "another base has that name"),
        (status = 422, body = Problem),
        (status = 500, body = Problem, description = "the disk does not allow it"),
    ))]
pub(super) async fn import_base(
    State(state): State<ApiState>,
    JsonBody(wanted): JsonBody<ImportRequest>,
) -> Result<Json<Imported>, Problem> {
    let import = move || state.engine.import_base(Path::new(&wanted.path), wanted.name.as_deref());
    Ok(Json(waiting(import).await?.into()))
}

//! Endpoints that a person sets up, and what can be asked of them.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::body::{JsonBody, status_of, waiting};
use super::wire::{
    Endpoint, EndpointAddress, EndpointChange, EndpointCheck, EndpointKey, EndpointKeyState, EndpointModel,
    EndpointRequest, EndpointTrial,
};
use super::{ApiState, Problem};

/// The endpoints, the oldest first.
#[utoipa::path(get, path = "/api/v1/endpoints", tag = "endpoints",
    responses((status = 200, body = Vec<Endpoint>)))]
pub(super) async fn list_endpoints(State(state): State<ApiState>) -> Result<Json<Vec<Endpoint>>, Problem> {
    let endpoints = waiting(move || state.engine.endpoints()).await?;
    Ok(Json(endpoints.into_iter().map(Endpoint::from).collect()))
}

/// Keeps an endpoint. Its server is not asked anything yet.
#[utoipa::path(post, path = "/api/v1/endpoints", request_body = EndpointRequest, tag = "endpoints",
    responses(
        (status = 201, body = Endpoint),
        (status = 200, body = Endpoint, description = "a request with this id was kept before, as this"),
        (status = 409, body = Problem, description = "another endpoint has this name"),
        (status = 422, body = Problem),
    ))]
pub(super) async fn create_endpoint(
    State(state): State<ApiState>,
    JsonBody(request): JsonBody<EndpointRequest>,
) -> Result<(StatusCode, Json<Endpoint>), Problem> {
    let (id, new) = request.into();
    let (kept, created) = waiting(move || state.engine.create_endpoint(&id, &new)).await?;
    Ok((status_of(created, StatusCode::CREATED), Json(kept.into())))
}

/// The models that the server at an address offers; the address need not belong to an endpoint yet.
#[utoipa::path(post, path = "/api/v1/endpoints/models", request_body = EndpointAddress, tag = "endpoints",
    responses(
        (status = 200, body = Vec<EndpointModel>),
        (status = 422, body = Problem),
        (status = 500, body = Problem, description = "the server did not answer, or not as it should"),
    ))]
pub(super) async fn list_endpoint_models(
    State(state): State<ApiState>,
    JsonBody(EndpointAddress { base_url, key }): JsonBody<EndpointAddress>,
) -> Result<Json<Vec<EndpointModel>>, Problem> {
    let models = waiting(move || state.engine.endpoint_models(&base_url, key.as_deref())).await?;
    Ok(Json(models.into_iter().map(EndpointModel::from).collect()))
}

/// Gives an endpoint another name, address or model.
#[utoipa::path(put, path = "/api/v1/endpoints/{id}", params(("id" = String, Path)),
    request_body = EndpointChange, tag = "endpoints",
    responses(
        (status = 200, body = Endpoint),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "another endpoint has this name"),
        (status = 422, body = Problem),
    ))]
pub(super) async fn change_endpoint(
    State(state): State<ApiState>,
    Path(id): Path<String>,
    JsonBody(change): JsonBody<EndpointChange>,
) -> Result<Json<Endpoint>, Problem> {
    Ok(Json(waiting(move || state.engine.change_endpoint(&id, &change.into())).await?.into()))
}

/// Deletes an endpoint, and its key where no other endpoint has the same host.
#[utoipa::path(delete, path = "/api/v1/endpoints/{id}", params(("id" = String, Path)), tag = "endpoints",
    responses((status = 200, body = Endpoint), (status = 404, body = Problem)))]
pub(super) async fn delete_endpoint(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<Endpoint>, Problem> {
    Ok(Json(waiting(move || state.engine.delete_endpoint(&id)).await?.into()))
}

/// Where the key of an endpoint is, if it has one. Its server is not asked; the keychain may ask for its password.
#[utoipa::path(get, path = "/api/v1/endpoints/{id}/key", params(("id" = String, Path)), tag = "endpoints",
    responses((status = 200, body = EndpointKeyState), (status = 404, body = Problem)))]
pub(super) async fn read_endpoint_key(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<EndpointKeyState>, Problem> {
    Ok(Json(waiting(move || state.engine.endpoint_key(&id)).await?.into()))
}

/// Keeps the key of an endpoint's host in the system's keychain, or forgets it. It is never told again.
#[utoipa::path(put, path = "/api/v1/endpoints/{id}/key", params(("id" = String, Path)),
    request_body = EndpointKey, tag = "endpoints",
    responses(
        (status = 204),
        (status = 404, body = Problem),
        (status = 422, body = Problem),
        (status = 500, body = Problem, description = "this computer offers no keychain, or it refused"),
    ))]
pub(super) async fn set_endpoint_key(
    State(state): State<ApiState>,
    Path(id): Path<String>,
    JsonBody(EndpointKey { key }): JsonBody<EndpointKey>,
) -> Result<StatusCode, Problem> {
    waiting(move || state.engine.set_endpoint_key(&id, key.as_deref())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether an endpoint answers, takes its key and has its model. Costs nothing.
#[utoipa::path(post, path = "/api/v1/endpoints/{id}/check", params(("id" = String, Path)), tag = "endpoints",
    responses(
        (status = 200, body = EndpointCheck),
        (status = 404, body = Problem),
        (status = 500, body = Problem, description = "the server did not answer, or not as it should"),
    ))]
pub(super) async fn check_endpoint(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<EndpointCheck>, Problem> {
    Ok(Json(waiting(move || state.engine.check_endpoint(&id)).await?.into()))
}

/// Has the model of an endpoint write one sentence, which costs what a sentence costs there.
#[utoipa::path(post, path = "/api/v1/endpoints/{id}/trial", params(("id" = String, Path)), tag = "endpoints",
    responses(
        (status = 200, body = EndpointTrial),
        (status = 404, body = Problem),
        (status = 500, body = Problem, description = "the server did not answer, or not as it should"),
    ))]
pub(super) async fn try_endpoint(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<EndpointTrial>, Problem> {
    Ok(Json(waiting(move || state.engine.try_endpoint(&id)).await?.into()))
}

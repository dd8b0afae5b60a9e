//! Settings: read and merge.

use axum::Json;
use axum::extract::State;

use super::body::{JsonBody, waiting};
use super::wire::{Settings, SettingsChange};
use super::{ApiState, Problem};

#[utoipa::path(get, path = "/api/v1/settings", tag = "settings", responses((status = 200, body = Settings)))]
pub(super) async fn read_settings(State(state): State<ApiState>) -> Result<Json<Settings>, Problem> {
    Ok(Json(waiting(move || state.engine.settings()).await?.into()))
}

/// Changes the values that are sent and leaves the others.
#[utoipa::path(put, path = "/api/v1/settings", request_body = SettingsChange, tag = "settings",
    responses((status = 200, body = Settings), (status = 422, body = Problem)))]
pub(super) async fn change_settings(
    State(state): State<ApiState>,
    JsonBody(change): JsonBody<SettingsChange>,
) -> Result<Json<Settings>, Problem> {
    Ok(Json(waiting(move || state.engine.change_settings(change.into())).await?.into()))
}

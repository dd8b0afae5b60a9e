//! Settings: read, merge, reset, and say where each value comes from.

use axum::Json;
use axum::extract::{Path, State};

use super::body::{JsonBody, waiting};
use super::wire::{SettingSources, Settings, SettingsChange};
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

/// Drops what is stored for one setting: the environment or the default decides again.
#[utoipa::path(delete, path = "/api/v1/settings/{name}", tag = "settings",
    params(("name" = String, Path, description = "as in the settings, for example `trainingEpochs`")),
    responses(
        (status = 200, body = Settings),
        (status = 404, body = Problem, description = "there is no such setting"),
        (status = 422, body = Problem, description = "the other settings do not allow it"),
    ))]
pub(super) async fn reset_setting(
    State(state): State<ApiState>,
    Path(name): Path<String>,
) -> Result<Json<Settings>, Problem> {
    let engine = state.engine.clone();
    let settings = waiting(move || engine.reset_setting(&name)).await?;
    super::follow_listener(&state).await;
    Ok(Json(settings.into()))
}

/// Every setting with what decides it, and what the surroundings decide.
#[utoipa::path(get, path = "/api/v1/settings/sources", tag = "settings",
    responses((status = 200, body = SettingSources)))]
pub(super) async fn read_sources(State(state): State<ApiState>) -> Result<Json<SettingSources>, Problem> {
    let (settings, surroundings) =
        waiting(move || Ok((state.engine.setting_sources()?, state.engine.surroundings()))).await?;
    Ok(Json(SettingSources {
        settings: settings.into_iter().map(Into::into).collect(),
        surroundings: surroundings.into_iter().map(Into::into).collect(),
    }))
}

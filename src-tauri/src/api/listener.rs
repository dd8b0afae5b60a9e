//! The listener of a window: whether browsers and scripts reach this Attune, and where.
//!
//! `attune serve` is a listener, so there it cannot be switched. Invariant: what is stored was opened before, so a
//! listener that is on opens again with the next start.

use std::io::{self, ErrorKind};

use attune_engine::{Settings, SettingsChange};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::body::{JsonBody, waiting};
use super::wire::{Listener, ListenerChange, OwnerKind};
use super::{ApiState, Problem};

/// Whether browsers and scripts of this computer reach this Attune, and where.
#[utoipa::path(get, path = "/api/v1/listener", tag = "system", responses((status = 200, body = Listener)))]
pub(super) async fn read_listener(State(state): State<ApiState>) -> Result<Json<Listener>, Problem> {
    let engine = state.engine.clone();
    let settings = waiting(move || engine.settings()).await?;
    Ok(Json(described(&state, &settings)))
}

/// Switches the listener of a window on or off, or moves it to another port. It stays so after a restart.
#[utoipa::path(put, path = "/api/v1/listener", request_body = ListenerChange, tag = "system",
    responses(
        (status = 200, body = Listener),
        (status = 409, body = Problem, description = "the port is taken, or this process has no switch"),
        (status = 422, body = Problem),
        (status = 500, body = Problem, description = "the system does not allow it"),
    ))]
pub(super) async fn switch_listener(
    State(state): State<ApiState>,
    JsonBody(wanted): JsonBody<ListenerChange>,
) -> Result<Json<Listener>, Problem> {
    has_switch(state.owner.kind)?;
    let change = SettingsChange {
        listener_enabled: wanted.enabled,
        listener_port: wanted.port,
        ..SettingsChange::default()
    };
    let _switching = state.owner.switching.lock().await;
    let (engine, previewed) = (state.engine.clone(), change.clone());
    let after = waiting(move || engine.preview_settings(previewed)).await?;
    // Before it is stored: what cannot be opened is not wanted at the next start either.
    if after.listener_enabled {
        open(&state, &after).await?;
    }
    let engine = state.engine.clone();
    let stored = waiting(move || engine.change_settings(change)).await?;
    if !stored.listener_enabled {
        state.owner.listener.close().await;
    }
    state.owner.set_refused(None);
    Ok(Json(described(&state, &stored)))
}

/// Makes the listener what the settings want it to be. A failure is told by `GET /api/v1/listener`: it must keep no
/// window from opening.
pub async fn follow(state: &ApiState) {
    if has_switch(state.owner.kind).is_err() {
        return;
    }
    let _switching = state.owner.switching.lock().await;
    let engine = state.engine.clone();
    let followed = match waiting(move || engine.settings()).await {
        Ok(settings) if settings.listener_enabled => open(state, &settings).await,
        Ok(_) => {
            state.owner.listener.close().await;
            Ok(())
        }
        Err(problem) => Err(problem),
    };
    if let Err(problem) = &followed {
        tracing::warn!("{}", problem.message);
    }
    state.owner.set_refused(followed.err());
}

async fn open(state: &ApiState, settings: &Settings) -> Result<(), Problem> {
    // The engine checks the range.
    let port = u16::try_from(settings.listener_port).unwrap_or_default();
    if state.owner.listener.opened().is_some_and(|opened| opened.port == port) {
        return Ok(());
    }
    let opened = state.owner.listener.open(port, super::router(state.clone())).await;
    opened.map(drop).map_err(|error| refusal(port, &error))
}

fn refusal(port: u16, error: &io::Error) -> Problem {
    let (status, code, message, hint) = match error.kind() {
        ErrorKind::AddrInUse => (
            StatusCode::CONFLICT,
            "conflict",
            format!("port {port} is taken by another program"),
            "Choose another port, or 0 for a free one.",
        ),
        ErrorKind::PermissionDenied => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            format!("the system does not let you listen on port {port}"),
            "Choose a port from 1024 on, or 0 for a free one.",
        ),
        _ => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "environment",
            format!("could not listen on 127.0.0.1:{port}: {error}"),
            "Choose another port, or 0 for a free one.",
        ),
    };
    Problem::new(status, code, message).with_hint(hint).in_field("listenerPort")
}

fn has_switch(kind: OwnerKind) -> Result<(), Problem> {
    let why = match kind {
        OwnerKind::Window => return Ok(()),
        OwnerKind::Server => "`attune serve` listens as long as it runs",
        OwnerKind::Command => "a command listens for nobody",
    };
    Err(Problem::new(StatusCode::CONFLICT, "conflict", why)
        .with_hint("Only a window has this switch; `attune serve --port` chooses the port of a server."))
}

fn described(state: &ApiState, settings: &Settings) -> Listener {
    Listener {
        owner: state.owner.kind,
        enabled: settings.listener_enabled,
        port: settings.listener_port,
        address: state.owner.listener.opened().map(|opened| opened.address),
        refused: state.owner.refused(),
    }
}

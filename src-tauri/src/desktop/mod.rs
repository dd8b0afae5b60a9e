//! The window: a shell around the same router that browsers and scripts reach.
//!
//! Not here: any rule of the product, and any contract of its own.

mod bridge;

use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::http::{Request, StatusCode};
use tauri::{AppHandle, Manager, WebviewUrl, WebviewWindowBuilder};

use crate::api::wire::OwnerKind;
use crate::cli::output::Failure;
use crate::cli::surroundings::Surroundings;
use crate::server::{Door, Entered, owner};

const MAIN_WINDOW: &str = "main";

#[expect(clippy::disallowed_methods, reason = "Tauri's macro names std::process::exit where it cannot start")]
fn context() -> tauri::Context {
    tauri::generate_context!()
}

/// Opens the window and stays until it is closed. If another window shows this data folder, that one comes to
/// the front instead.
pub(crate) fn run(
    runtime: &tokio::runtime::Runtime,
    surroundings: Surroundings,
) -> Result<ExitCode, Failure> {
    let application: Arc<OnceLock<AppHandle>> = Arc::default();
    let focus = {
        let application = Arc::clone(&application);
        Box::new(move || {
            if let Some(application) = application.get() {
                bring_to_front(application);
            }
        })
    };
    let entered = runtime.block_on(owner::enter(surroundings.into_place(OwnerKind::Window, Some(focus))))?;
    if let Entered::Client { door } = &entered
        && runtime.block_on(another_window_came_to_front(door))
    {
        return Ok(ExitCode::SUCCESS);
    }
    if let Entered::Owner { engine, .. } = &entered {
        engine.work_off_queue();
    }

    tauri::async_runtime::set(runtime.handle().clone());
    let window = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .manage(bridge::Bridge::new(entered.door().clone()))
        .invoke_handler(tauri::generate_handler![bridge::api_request, bridge::abort_request])
        .setup(move |app| {
            WebviewWindowBuilder::new(app, MAIN_WINDOW, WebviewUrl::default())
                .title("Attune")
                .inner_size(1200.0, 800.0)
                .min_inner_size(800.0, 600.0)
                .build()?;
            // Set once: set-up runs once.
            let _ = application.set(app.handle().clone());
            Ok(())
        })
        .build(context())
        .map_err(|error| Failure::environment(format!("could not open the window: {error}")))?;
    let code = window.run_return(|_, _| {});
    if let Entered::Owner { engine, .. } = entered {
        engine.shut_down();
    }
    Ok(u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from))
}

async fn another_window_came_to_front(door: &Door) -> bool {
    let request = Request::post("/api/v1/window/focus").body(Body::empty());
    match request {
        Ok(request) => door.send(request).await.is_ok_and(|answer| answer.status() == StatusCode::NO_CONTENT),
        Err(_) => false,
    }
}

fn bring_to_front(application: &AppHandle) {
    if let Some(window) = application.get_webview_window(MAIN_WINDOW) {
        let shown = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus());
        if let Err(error) = shown {
            tracing::warn!(%error, "the window did not come to the front");
        }
    }
}

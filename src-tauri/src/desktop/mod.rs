//! The window: a shell around the same router that browsers and scripts reach.
//!
//! Not here: any rule of the product, and any contract of its own. What it adds is the desktop's: closing, tray and
//! notices.

mod bridge;
mod closing;
mod drawing;
mod folder;
mod news;
mod notices;
mod presence;
mod tray;
mod words;

use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::http::{Request, StatusCode};
use tauri::{Manager, WebviewUrl, WebviewWindowBuilder, WindowEvent};

use crate::api::wire::OwnerKind;
use crate::api::{self, ApiState};
use crate::cli::output::Failure;
use crate::cli::surroundings::Surroundings;
use crate::server::{Door, Entered, owner};
use closing::Closing;
use folder::DataFolderPath;
use presence::Presence;

const MAIN_WINDOW: &str = "main";

#[expect(clippy::disallowed_methods, reason = "Tauri's macro names std::process::exit where it cannot start")]
fn context() -> tauri::Context {
    tauri::generate_context!()
}

/// Opens the window and stays until it is closed, or longer if a run goes on in the background. If another window
/// shows this data folder, that one comes to the front instead.
pub(crate) fn run(
    runtime: &tokio::runtime::Runtime,
    surroundings: Surroundings,
) -> Result<ExitCode, Failure> {
    let presence: Arc<OnceLock<Arc<Presence>>> = Arc::default();
    let focus = {
        let presence = Arc::clone(&presence);
        Box::new(move || {
            if let Some(presence) = presence.get() {
                presence.bring_to_front();
            }
        })
    };
    let folder = DataFolderPath(surroundings.folder.path().to_owned());
    let entered = runtime.block_on(owner::enter(surroundings.into_place(OwnerKind::Window, Some(focus))))?;
    if let Entered::Client { door } = &entered
        && runtime.block_on(another_window_came_to_front(door))
    {
        return Ok(ExitCode::SUCCESS);
    }
    let engine = match &entered {
        Entered::Owner { engine, owner, .. } => {
            let state = ApiState { engine: engine.clone(), owner: Arc::clone(owner) };
            runtime.block_on(api::follow_listener(&state));
            engine.work_off_queue();
            Some(engine.clone())
        }
        Entered::Client { .. } => None,
    };
    let presence = Arc::clone(presence.get_or_init(|| Arc::new(Presence::new(engine))));

    tauri::async_runtime::set(runtime.handle().clone());
    let window = build(entered.door(), &presence, folder)?.run_return(|_, _| {});
    if let Entered::Owner { engine, .. } = entered {
        engine.shut_down();
    }
    Ok(u8::try_from(window).map_or(ExitCode::FAILURE, ExitCode::from))
}

fn build(door: &Door, presence: &Arc<Presence>, folder: DataFolderPath) -> Result<tauri::App, Failure> {
    let closing = Arc::new(Closing::new(door.clone(), Arc::clone(presence)));
    let (news_door, present) = (door.clone(), Arc::clone(presence));
    tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .manage(bridge::Bridge::new(door.clone()))
        .manage(Arc::clone(presence))
        .manage(folder)
        .manage(Arc::clone(&closing))
        .invoke_handler(tauri::generate_handler![
            bridge::api_request,
            bridge::abort_request,
            closing::follow_window,
            closing::closing_seen,
            closing::answer_closing,
            folder::open_data_folder,
        ])
        .on_window_event(move |window, event| {
            if let WindowEvent::CloseRequested { api, .. } = event
                && !closing.may_end(window.app_handle())
            {
                api.prevent_close();
            }
        })
        .setup(move |app| {
            let window = WebviewWindowBuilder::new(app, MAIN_WINDOW, WebviewUrl::default())
                .title(words::NAME)
                .inner_size(1200.0, 800.0)
                .min_inner_size(800.0, 600.0)
                .build()?;
            drawing::suit_the_machine(&window)?;
            present.is_that_of(app.handle());
            let application = app.handle().clone();
            tauri::async_runtime::spawn(async move {
                present.tray.show(&application).await;
                news::follow(news_door, present).await;
            });
            Ok(())
        })
        .build(context())
        .map_err(|error| Failure::environment(format!("could not open the window: {error}")))
}

async fn another_window_came_to_front(door: &Door) -> bool {
    let request = Request::post("/api/v1/window/focus").body(Body::empty());
    match request {
        Ok(request) => door.send(request).await.is_ok_and(|answer| answer.status() == StatusCode::NO_CONTENT),
        Err(_) => false,
    }
}

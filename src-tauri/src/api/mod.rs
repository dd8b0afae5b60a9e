//! The one contract of the product: an axum router, described by OpenAPI, behind every door.
//!
//! Handlers translate: they take a request apart, call the engine, and put its answer or error together. Not
//! here: who may call (the guard of each door) and any rule of the product (the engine).
//! Invariant: a failure is never inside a 200; it is a status and a problem document.

mod account;
mod admin;
mod auto_train;
mod batches;
mod body;
mod comparison;
mod endpoints;
mod events;
mod examples;
mod export;
mod feedback;
mod first_start;
mod generate;
mod listener;
mod models;
mod owner;
mod parts;
mod problem;
mod request_log;
mod runs;
mod settings;
mod sources;
mod system;
mod translate;
pub mod wire;

use std::sync::Arc;

use attune_engine::Engine;
use axum::Router;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use listener::follow as follow_listener;
pub use owner::{FocusWindow, ListenerSwitch, Opened, Owner};
pub use problem::Problem;

/// What handlers work with.
#[derive(Debug, Clone)]
pub struct ApiState {
    pub engine: Engine,
    pub owner: Arc<Owner>,
}

/// The router for a door to serve.
pub fn router(state: ApiState) -> Router {
    described()
        .split_for_parts()
        .0
        .fallback(problem::no_such_door)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(axum::middleware::from_fn(request_log::log))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(request_log::Ids))
        .with_state(state)
}

/// The description of the contract; `attune openapi` prints it and the page's client is generated from it.
pub fn openapi() -> utoipa::openapi::OpenApi {
    described().split_for_parts().1
}

#[derive(OpenApi)]
#[openapi(info(
    title = "Attune",
    description = "Train, judge and serve your own small language models on the computer you own.",
    license(name = "Apache-2.0", identifier = "Apache-2.0")
))]
struct Description;

fn described() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(system::status))
        .routes(routes!(system::focus_window))
        .routes(routes!(system::openapi_document))
        .routes(routes!(events::events))
        .routes(routes!(runs::list_runs, runs::create_run))
        .routes(routes!(runs::read_defaults))
        .routes(routes!(runs::predict_memory))
        .routes(routes!(runs::read_run, runs::delete_run))
        .routes(routes!(runs::read_space))
        .routes(routes!(runs::read_metrics))
        .routes(routes!(runs::stop_run))
        .routes(routes!(runs::cancel_run))
        .routes(routes!(comparison::compare))
        .routes(routes!(comparison::stream_comparison))
        .routes(routes!(first_start::first_start))
        .routes(routes!(first_start::start_first_run))
        .routes(routes!(first_start::finish_first_start))
        .routes(routes!(first_start::list_samples))
        .routes(routes!(sources::inspect_source))
        .routes(routes!(batches::read_content))
        .routes(routes!(batches::list_batches, batches::create_batch))
        .routes(routes!(batches::estimate_batch))
        .routes(routes!(batches::preview_batch))
        .routes(routes!(batches::read_batch, batches::discard_batch))
        .routes(routes!(batches::cancel_batch))
        .routes(routes!(batches::continue_batch))
        .routes(routes!(batches::read_readiness))
        .routes(routes!(batches::tune))
        .routes(routes!(examples::list_examples))
        .routes(routes!(examples::accept_examples))
        .routes(routes!(examples::undo_review))
        .routes(routes!(examples::list_memory))
        .routes(routes!(examples::list_twins))
        .routes(routes!(examples::read_example))
        .routes(routes!(examples::review_example))
        .routes(routes!(auto_train::auto_train))
        .routes(routes!(auto_train::training_genres))
        .routes(routes!(models::list_bases))
        .routes(routes!(models::list_fetchable_bases))
        .routes(routes!(models::fetch_base))
        .routes(routes!(models::list_fetches))
        .routes(routes!(models::cancel_fetch))
        .routes(routes!(models::import_base))
        .routes(routes!(generate::generate))
        .routes(routes!(generate::generate_batch))
        .routes(routes!(generate::generate_stream))
        .routes(routes!(endpoints::list_endpoints, endpoints::create_endpoint))
        .routes(routes!(endpoints::list_endpoint_models))
        .routes(routes!(endpoints::change_endpoint, endpoints::delete_endpoint))
        .routes(routes!(endpoints::read_endpoint_key, endpoints::set_endpoint_key))
        .routes(routes!(endpoints::check_endpoint))
        .routes(routes!(endpoints::try_endpoint))
        .routes(routes!(export::export))
        .routes(routes!(feedback::list_feedback, feedback::keep_feedback))
        .routes(routes!(feedback::take_feedback_back))
        .routes(routes!(feedback::list_votes, feedback::keep_vote))
        .routes(routes!(feedback::list_tallies))
        .routes(routes!(feedback::take_vote_back))
        .routes(routes!(settings::read_settings, settings::change_settings))
        .routes(routes!(settings::read_sources))
        .routes(routes!(settings::reset_setting))
        .routes(routes!(listener::read_listener, listener::switch_listener))
        .routes(routes!(account::examine))
        .routes(routes!(account::measure_storage))
        .routes(routes!(account::list_logs))
        .routes(routes!(account::read_log))
        .routes(routes!(admin::training_runs))
        .routes(routes!(admin::trigger_training))
}

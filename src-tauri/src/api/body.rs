//! Request bodies, and work that must not hold up the other requests.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use attune_engine::Created;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;

use super::Problem;

const DESCRIBED: &str = "GET /api/v1/openapi.json describes what can be sent.";

/// A JSON body; what is wrong with it is answered as a problem document.
pub(super) struct JsonBody<T>(pub(super) T);

impl<T, S> FromRequest<S> for JsonBody<T>
where
    axum::Json<T>: FromRequest<S, Rejection = JsonRejection>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(body)) => Ok(Self(body)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "the body is not declared as JSON",
            )
            .with_hint("Send the header content-type: application/json.")),
            Err(rejection) => {
                Err(Problem::new(rejection.status(), "invalid", rejection.body_text()).with_hint(DESCRIBED))
            }
        }
    }
}

/// The parameters of a query; what is wrong with them is answered as a problem document.
pub(super) struct Parameters<T>(pub(super) T);

impl<T: serde::de::DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(parameters)) => Ok(Self(parameters)),
            Err(rejection) => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                Err(Problem::new(status, "invalid", rejection.body_text()).with_hint(DESCRIBED))
            }
        }
    }
}

/// The status of what the client's id made: `new` if it was made now, 200 if it was there before.
pub(super) fn status_of(created: Created, new: StatusCode) -> StatusCode {
    match created {
        Created::Now => new,
        Created::Before => StatusCode::OK,
    }
}

/// Runs the engine's work, which waits for disks and locks, on a thread that may wait.
pub(super) async fn waiting<T: Send + 'static>(
    work: impl FnOnce() -> attune_engine::Result<T> + Send + 'static,
) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(Problem::from),
        // The panic goes on to the layer that answers for panics.
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(Problem::closing()),
        },
    }
}

/// The same for work that may end early: it can ask all the time whether the client waits for it still.
pub(super) async fn while_waited_for<T: Send + 'static>(
    work: impl FnOnce(&dyn Fn() -> ControlFlow<()>) -> attune_engine::Result<T> + Send + 'static,
) -> Result<T, Problem> {
    until_given_up(move |left| {
        work(&|| {
            if left.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
    })
    .await
}

/// The same for work that is told by a flag, which is set when the client has gone.
pub(super) async fn until_given_up<T: Send + 'static>(
    work: impl FnOnce(&AtomicBool) -> attune_engine::Result<T> + Send + 'static,
) -> Result<T, Problem> {
    let left = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&left);
    let _waits = Waits(left);
    waiting(move || work(&seen)).await
}

/// Dropped with the request that a client gave up.
struct Waits(Arc<AtomicBool>);

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

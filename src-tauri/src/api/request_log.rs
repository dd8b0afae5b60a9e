//! One line in the log for each request but those that read it, with an id that the answer carries too.
//!
//! Not logged: headers, queries and bodies, which may hold what a person wrote.

use std::time::Instant;

use axum::extract::Request as AxumRequest;
use axum::http::{HeaderValue, Request};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::request_id::{MakeRequestId, RequestId};
use tracing::Instrument;

/// Where the log itself is read.
const READS_LOG: &str = "/api/v1/logs";

/// Makes an id for each request that brings none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ids;

impl MakeRequestId for Ids {
    fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<RequestId> {
        let id = format!("req_{}", ulid::Ulid::generate());
        HeaderValue::try_from(id).ok().map(RequestId::new)
    }
}

/// The middleware; it stands inside the one that gives the id. Whatever the request says to the log has the id too.
pub(super) async fn log(request: AxumRequest, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>();
    let id = id.and_then(|id| id.header_value().to_str().ok()).unwrap_or_default().to_owned();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let began = Instant::now();
    let span = tracing::info_span!("request", id);
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status().as_u16();
    let milliseconds = (began.elapsed().as_secs_f64() * 10_000.0).round() / 10.0;
    let _entered = span.entered();
    if path.starts_with(READS_LOG) {
        // Whoever follows the log would otherwise read mostly of that.
        tracing::debug!(%method, path, status, milliseconds, "answered");
    } else {
        tracing::info!(%method, path, status, milliseconds, "answered");
    }
    response
}

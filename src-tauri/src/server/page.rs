//! The page, embedded in the binary; a development build reads it from `ui/dist` each time.

use axum::Router;
use axum::body::Body;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// What the page may load and where it may connect: itself. The window has the same in `tauri.conf.json`.
pub(super) const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; \
    form-action 'self'";

/// The built files of `ui/`.
#[derive(Debug, rust_embed::RustEmbed)]
#[folder = "ui/dist"]
pub(crate) struct Page;

pub(super) fn router() -> Router {
    Router::new()
        .route("/", get(|| file("index.html")))
        .route("/assets/{*path}", get(asset))
        .route("/{file}", get(asset))
}

async fn asset(uri: Uri) -> Response {
    file(uri.path().trim_start_matches('/')).await
}

async fn file(path: &str) -> Response {
    match Page::get(path) {
        Some(found) => {
            let media_type = mime_guess::from_path(path).first_or_octet_stream();
            // Names of built files carry a digest, the first page does not.
            let caching =
                if path.starts_with("assets/") { "max-age=31536000, immutable" } else { "no-cache" };
            let headers = [(header::CONTENT_TYPE, media_type.as_ref()), (header::CACHE_CONTROL, caching)];
            (headers, Body::from(found.data)).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

//! Failures as the wire shows them: a status and a small JSON document (media type of RFC 9457).

use std::any::Any;

use attune_engine::{Error, Kind};
use axum::Json;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What went wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// One of a short list that programs may branch on.
    #[schema(example = "conflict")]
    pub code: String,
    /// A sentence for a person.
    pub message: String,
    /// What the person can do next.
    #[schema(required)]
    pub hint: Option<String>,
    /// The field of the request that is to blame.
    #[schema(required)]
    pub field: Option<String>,
    #[serde(skip)]
    pub(crate) status: u16,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            hint: None,
            field: None,
            status: status.as_u16(),
        }
    }

    /// Our own fault, with nothing more to say than that.
    pub(super) fn mistake() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Attune made a mistake while answering")
            .with_hint("Try again; if it stays, report it with the log.")
    }

    pub(super) fn closing() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "environment", "Attune is closing")
    }

    pub(crate) fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    pub(super) fn in_field(self, field: &str) -> Self {
        Self { field: Some(field.to_owned()), ..self }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let (status, code) = match error.kind() {
            Kind::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
            Kind::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            Kind::Conflict => (StatusCode::CONFLICT, "conflict"),
            Kind::Environment => (StatusCode::INTERNAL_SERVER_ERROR, "environment"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        };
        if status.is_server_error() {
            tracing::error!(error = attune_engine::with_reasons(&error), "a request failed");
        }
        Self {
            code: code.to_owned(),
            message: attune_engine::with_reasons(&error),
            hint: error.hint(),
            field: error.field().map(str::to_owned),
            status: status.as_u16(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        let media_type = header::HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, media_type);
        response
    }
}

pub(super) async fn no_such_door(method: Method, uri: Uri) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found", format!("there is nothing at {method} {}", uri.path()))
        .with_hint("GET /api/v1/openapi.json describes every path.")
}

pub(super) async fn no_such_method(method: Method, uri: Uri) -> Problem {
    let message = format!("{} does not answer {method}", uri.path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
        .with_hint("GET /api/v1/openapi.json describes every path.")
}

pub(super) fn panicked(_: Box<dyn Any + Send>) -> Response {
    Problem::mistake().into_response()
}

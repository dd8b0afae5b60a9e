//! A way to the owner's router: in memory for the owner itself, through the local socket for others.

use std::io;
use std::path::PathBuf;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use tower::ServiceExt;

use super::local_socket;

/// Sends requests to the one router of the data folder, wherever it is.
#[derive(Debug, Clone)]
pub enum Door {
    InMemory(Router),
    LocalSocket(PathBuf),
}

impl Door {
    /// The answer, with its body as a stream.
    ///
    /// # Errors
    /// [`io::Error`] if the owner is out of reach; an answer that tells of a failure is no error here.
    pub async fn send(&self, request: Request<Body>) -> io::Result<Response<Body>> {
        match self {
            Self::InMemory(router) => {
                let Ok(response) = router.clone().oneshot(request).await;
                Ok(response)
            }
            Self::LocalSocket(socket) => local_socket::send(socket, request).await,
        }
    }
}

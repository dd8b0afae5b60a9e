//! HTTP over the local socket of a data folder: a Unix socket, or a named pipe on Windows.
//!
//! No guard stands before it: only the person who owns the folder can open the socket.

use std::io;
use std::path::Path;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, header};
use axum::serve::Listener;
use hyper_util::rt::TokioIo;
use interprocess::local_socket::tokio::prelude::*;
use interprocess::local_socket::tokio::{Listener as SocketListener, Stream};
use interprocess::local_socket::{GenericFilePath, GenericNamespaced, ListenerOptions, Name, NameType};

/// Opens the socket and serves `router` on it until the process ends.
///
/// # Errors
/// [`io::Error`] if the socket cannot be opened.
pub(super) fn serve(socket: &Path, router: Router) -> io::Result<()> {
    let listener = ListenerOptions::new().name(name(socket)?).create_tokio()?;
    tokio::spawn(async move {
        if let Err(error) = axum::serve(LocalListener(listener), router).await {
            tracing::error!(%error, "the local socket stopped serving");
        }
    });
    Ok(())
}

/// Sends one request on a connection of its own.
pub(super) async fn send(socket: &Path, mut request: Request<Body>) -> io::Result<Response<Body>> {
    request.headers_mut().entry(header::HOST).or_insert(HeaderValue::from_static("localhost"));
    let stream = Stream::connect(name(socket)?).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to the owner broke");
        }
    });
    let response = sender.send_request(request).await.map_err(io::Error::other)?;
    Ok(response.map(Body::new))
}

fn name(socket: &Path) -> io::Result<Name<'static>> {
    let path = socket.as_os_str().to_owned();
    if GenericNamespaced::is_supported() && !GenericFilePath::is_supported() {
        path.to_ns_name::<GenericNamespaced>()
    } else {
        path.to_fs_name::<GenericFilePath>()
    }
}

struct LocalListener(SocketListener);

impl Listener for LocalListener {
    type Io = Stream;
    type Addr = ();

    async fn accept(&mut self) -> (Stream, ()) {
        loop {
            match self.0.accept().await {
                Ok(stream) => return (stream, ()),
                // Most likely too many open files: give the other connections a moment to end.
                Err(error) => {
                    tracing::error!(%error, "could not accept a local connection");
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<()> {
        Ok(())
    }
}

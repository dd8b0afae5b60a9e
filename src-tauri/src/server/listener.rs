//! The loopback listener: the contract and the page for scripts and browsers of this computer.
//!
//! Invariant: after a listener was closed its port is free, no stream of events goes on through it, and answers that
//! were under way are whole.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::serve::Listener;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tower_http::set_header::SetResponseHeaderLayer;

use super::guard::{self, Guard};
use super::page;
use crate::api::{ListenerSwitch, Opened};

/// The one listener of a process, closed until somebody opens it.
#[derive(Debug, Default)]
pub struct Loopback {
    open: Mutex<Option<Open>>,
}

#[derive(Debug)]
struct Open {
    opened: Opened,
    /// Dropping it ends the listener.
    stop: watch::Sender<()>,
    /// Ends when the port is free.
    gone: oneshot::Receiver<()>,
}

impl ListenerSwitch for Loopback {
    fn opened(&self) -> Option<Opened> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.as_ref().map(|open| open.opened.clone())
    }

    fn open(&self, port: u16, api: Router) -> BoxFuture<'_, io::Result<Opened>> {
        Box::pin(async move {
            let open = listen(port, api).await?;
            let opened = open.opened.clone();
            self.replace(Some(open)).await;
            Ok(opened)
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.replace(None))
    }
}

impl Loopback {
    async fn replace(&self, open: Option<Open>) {
        let before = std::mem::replace(&mut *self.open.lock().unwrap_or_else(PoisonError::into_inner), open);
        if let Some(Open { stop, gone, .. }) = before {
            drop(stop);
            // The other end says nothing, it only goes.
            let _ = gone.await;
        }
    }
}

async fn listen(port: u16, api: Router) -> io::Result<Open> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    let header = |name: &'static str, value: &'static str| {
        SetResponseHeaderLayer::overriding(HeaderName::from_static(name), HeaderValue::from_static(value))
    };
    let guard = Arc::new(Guard::new(address));
    let (stop, mut stopped) = watch::channel(());
    let router = api
        .merge(page::router())
        .layer(middleware::from_fn_with_state(stopped.clone(), end_streams))
        .layer(middleware::from_fn_with_state(guard, guard::check))
        .layer(header("content-security-policy", page::CONTENT_SECURITY_POLICY))
        .layer(header("x-content-type-options", "nosniff"))
        .layer(header("referrer-policy", "no-referrer"))
        .layer(header("cross-origin-resource-policy", "same-origin"));
    let (going, gone) = oneshot::channel();
    let listener = Announced { listener, _going: going };
    let serving = axum::serve(listener, router).with_graceful_shutdown(async move {
        // Nothing is ever sent: it ends with the sender.
        let _ = stopped.changed().await;
    });
    tokio::spawn(serving.into_future());
    let opened = Opened { port, address: format!("http://{address}") };
    Ok(Open { opened, stop, gone })
}

/// A stream of events has no end of its own: it ends with the listener.
async fn end_streams(
    State(mut stopped): State<watch::Receiver<()>>,
    request: Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    let is_stream = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    if !is_stream {
        return response;
    }
    let stopped = async move {
        let _ = stopped.changed().await;
    };
    response.map(|body| Body::from_stream(body.into_data_stream().take_until(Box::pin(stopped))))
}

/// Tells by its end that the port is free.
struct Announced {
    listener: TcpListener,
    _going: oneshot::Sender<()>,
}

impl Listener for Announced {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        Listener::accept(&mut self.listener).await
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

//! The loopback listener: the contract and the page for scripts and browsers of this computer.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware;
use tokio::net::TcpListener;
use tower_http::set_header::SetResponseHeaderLayer;

use super::guard::{self, Guard};
use super::page;

/// An open listener that serves until it is dropped or awaited to its end.
#[derive(Debug)]
pub struct Listening {
    listener: TcpListener,
    router: Router,
    address: SocketAddr,
}

/// Opens 127.0.0.1 at `port`; 0 takes a free one.
///
/// # Errors
/// [`io::Error`] if the port is taken or not allowed.
pub async fn listen(port: u16, api: Router) -> io::Result<Listening> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    let header = |name: &'static str, value: &'static str| {
        SetResponseHeaderLayer::overriding(HeaderName::from_static(name), HeaderValue::from_static(value))
    };
    let guard = Arc::new(Guard::new(address));
    let router = api
        .merge(page::router())
        .layer(middleware::from_fn_with_state(guard, guard::check))
        .layer(header("content-security-policy", page::CONTENT_SECURITY_POLICY))
        .layer(header("x-content-type-options", "nosniff"))
        .layer(header("referrer-policy", "no-referrer"))
        .layer(header("cross-origin-resource-policy", "same-origin"));
    Ok(Listening { listener, router, address })
}

impl Listening {
    /// For example `http://127.0.0.1:7717`.
    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves until the process ends.
    ///
    /// # Errors
    /// [`io::Error`] if the listener breaks.
    pub async fn serve(self) -> io::Result<()> {
        axum::serve(self.listener, self.router).await
    }
}

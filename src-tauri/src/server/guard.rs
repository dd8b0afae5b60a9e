//! Who may call over TCP: programs of this computer, and pages that this server sent. Never another web page.
//!
//! A page of any web site can send requests to 127.0.0.1. It cannot forge `Host`, `Origin` and
//! `Sec-Fetch-Site`: those are checked exactly (DNS rebinding changes `Host`, a foreign page has a foreign
//! `Origin`), and a body must be declared JSON, which a foreign page cannot do without asking first.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::api::Problem;

/// The names under which this server is reached.
#[derive(Debug)]
pub(super) struct Guard {
    hosts: Vec<String>,
}

impl Guard {
    pub(super) fn new(address: SocketAddr) -> Self {
        let port = address.port();
        let names = ["127.0.0.1", "localhost", "[::1]"];
        Self { hosts: names.iter().map(|name| format!("{name}:{port}")).collect() }
    }

    fn refusal(&self, method: &Method, headers: &HeaderMap) -> Option<Problem> {
        let one = |name: HeaderName| {
            let mut values = headers.get_all(name).iter();
            let first = values.next().map(|value| value.to_str().unwrap_or("\u{fffd}"));
            if values.next().is_some() { Some("\u{fffd}") } else { first }
        };
        let forbidden = |message: String| {
            Problem::new(StatusCode::FORBIDDEN, "forbidden", message).with_hint(
                "Only programs of this computer and Attune's own page may call; use the address that \
                 `attune serve` printed.",
            )
        };
        match one(header::HOST) {
            Some(host) if self.hosts.iter().any(|known| known == host) => {}
            host => return Some(forbidden(format!("the host {:?} is not this server", host.unwrap_or("")))),
        }
        if let Some(origin) = one(header::ORIGIN) {
            let ours =
                origin.strip_prefix("http://").is_some_and(|host| self.hosts.iter().any(|h| h == host));
            if !ours {
                return Some(forbidden(format!("the page at {origin:?} may not call this server")));
            }
        }
        if let Some(site) = one(HeaderName::from_static("sec-fetch-site"))
            && !matches!(site, "same-origin" | "none")
        {
            return Some(forbidden(format!("a {site} page may not call this server")));
        }
        let has_body = headers.contains_key(header::TRANSFER_ENCODING)
            || one(header::CONTENT_LENGTH).is_some_and(|length| length != "0");
        if has_body && method != Method::GET && method != Method::HEAD {
            let declared = one(header::CONTENT_TYPE).unwrap_or("");
            let media_type = declared.split(';').next().unwrap_or("").trim();
            if !media_type.eq_ignore_ascii_case("application/json") {
                let message = format!("the body is declared as {declared:?}, not as JSON");
                return Some(
                    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message)
                        .with_hint("Send the header content-type: application/json."),
                );
            }
        }
        None
    }
}

/// The middleware of the listener.
pub(super) async fn check(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    match guard.refusal(request.method(), request.headers()) {
        Some(problem) => problem.into_response(),
        None => next.run(request).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(method: Method, headers: &[(&'static str, &'static str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        Guard::new(([127, 0, 0, 1], 7717).into()).refusal(&method, &map).is_some()
    }

    #[test]
    fn only_the_exact_host_is_answered() {
        for host in ["127.0.0.1:7717", "localhost:7717", "[::1]:7717"] {
            assert!(!refused(Method::GET, &[("host", host)]), "{host}");
        }
        for host in ["127.0.0.1", "127.0.0.1:7718", "attacker.example:7717", "127.0.0.1:7717.example", ""] {
            assert!(refused(Method::GET, &[("host", host)]), "{host}");
        }
        assert!(refused(Method::GET, &[]));
        assert!(refused(Method::GET, &[("host", "localhost:7717"), ("host", "localhost:7717")]));
    }

    #[test]
    fn a_foreign_page_is_refused_by_origin_and_by_site() {
        let host = ("host", "localhost:7717");
        assert!(!refused(Method::POST, &[host, ("origin", "http://localhost:7717")]));
        for origin in [
            "null",
            "https://localhost:7717",
            "http://localhost:5173",
            "http://example.com",
            "tauri://localhost",
        ] {
            assert!(refused(Method::POST, &[host, ("origin", origin)]), "{origin}");
        }
        assert!(!refused(Method::GET, &[host, ("sec-fetch-site", "none")]));
        for site in ["cross-site", "same-site", ""] {
            assert!(refused(Method::GET, &[host, ("sec-fetch-site", site)]), "{site}");
        }
    }

    #[test]
    fn a_body_must_be_declared_as_json() {
        let host = ("host", "localhost:7717");
        let body = ("content-length", "2");
        assert!(!refused(Method::POST, &[host]));
        assert!(!refused(Method::POST, &[host, ("content-length", "0")]));
        assert!(!refused(Method::POST, &[host, body, ("content-type", "application/json; charset=utf-8")]));
        for declared in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
            assert!(refused(Method::POST, &[host, body, ("content-type", declared)]), "{declared}");
        }
        assert!(refused(Method::PUT, &[host, ("transfer-encoding", "chunked")]));
    }
}

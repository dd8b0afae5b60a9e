//! Where an address leads: what a secret may be bound to.

use std::fmt;

use ureq::http::Uri;

/// Scheme, host and port, in small letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    /// `None` where the address names no scheme or no host.
    pub(crate) fn of(uri: &Uri) -> Option<Self> {
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let port = uri.port_u16().unwrap_or_else(|| usual_port(&scheme));
        let host = uri.host().filter(|host| !host.is_empty())?.to_ascii_lowercase();
        Some(Self { scheme, host, port })
    }

    pub(crate) fn is_on_this_computer(&self) -> bool {
        let host = self.host.trim_matches(['[', ']']);
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

/// As `https://api.openai.com` or `http://127.0.0.1:8080`: the port only where it is not the scheme's own.
impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}", self.scheme, self.host)?;
        if self.port == usual_port(&self.scheme) { Ok(()) } else { write!(formatter, ":{}", self.port) }
    }
}

fn usual_port(scheme: &str) -> u16 {
    if scheme == "https" { 443 } else { 80 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Option<Origin> {
        Origin::of(&text.parse().ok()?)
    }

    #[test]
    fn one_place_has_one_spelling() {
        assert_eq!(origin("https://API.example:443/v1"), origin("https://api.example"));
        assert_eq!(origin("https://API.example:443/v1").unwrap().to_string(), "https://api.example");
        assert_eq!(origin("http://[::1]:8080/v1").unwrap().to_string(), "http://[::1]:8080");
        for (one, other) in [
            ("https://api.example", "http://api.example"),
            ("https://api.example", "https://api.example:444"),
            ("https://api.example", "https://api.example.org"),
        ] {
            assert_ne!(origin(one), origin(other));
        }
        assert_eq!((origin("/v1"), origin("api.example")), (None, None));
    }

    #[test]
    fn only_the_loopback_is_this_computer() {
        let here = |text: &str| origin(text).unwrap().is_on_this_computer();
        assert!(here("http://127.0.0.1:1") && here("http://[::1]") && here("http://LocalHost:1/v1"));
        assert!(!here("http://192.168.1.2") && !here("http://localhost.example") && !here("http://0.0.0.0"));
    }
}

//! Where an endpoint is: a base URL as people write it, and whether a key may travel there.
//!
//! Invariant: a [`BaseUrl`] holds no user name, no password, no query, and no slash at its end, so that it may be
//! shown, stored and logged.

use std::fmt;

use ureq::http::Uri;

use super::EndpointError;
use crate::origin::Origin;

const MOST_CHARACTERS: usize = 500;
/// What people copy along with a base URL.
const PATHS: [&str; 3] = ["/chat/completions", "/completions", "/models"];

/// The address that `/chat/completions` and `/models` are appended to, as `http://127.0.0.1:11434/v1`.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    origin: Origin,
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl BaseUrl {
    /// Reads what a person gave; a path that belongs to a single request is left out.
    ///
    /// # Errors
    /// [`EndpointError::Address`], which does not repeat the address: it could hold a password.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let refused = |reason| EndpointError::Address { reason };
        let text = text.trim().trim_end_matches('/');
        let text = PATHS.iter().find_map(|path| text.strip_suffix(path)).unwrap_or(text);
        let text = text.trim_end_matches('/');
        if text.chars().count() > MOST_CHARACTERS {
            return Err(refused("it is longer than 500 characters"));
        }
        let uri: Uri = text.parse().map_err(|_| refused("it is no address"))?;
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(refused("it holds a user name; give the key by itself"));
        }
        if uri.query().is_some() || text.contains('#') {
            return Err(refused("it has a query, which a base URL has not"));
        }
        let origin = Origin::of(&uri).ok_or_else(|| refused("it names no scheme or no host"))?;
        if !["http", "https"].contains(&origin.scheme.as_str()) {
            return Err(refused("it must begin with https:// or http://"));
        }
        Ok(Self { text: format!("{origin}{}", uri.path().trim_end_matches('/')), origin })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port: what a key belongs to, and what it is kept under.
    pub fn origin(&self) -> String {
        self.origin.to_string()
    }

    /// Whether the endpoint runs here, so that nothing leaves the computer and nothing is paid.
    pub fn is_on_this_computer(&self) -> bool {
        self.origin.is_on_this_computer()
    }

    /// How many requests suit it together: a server on this computer shares its cores with us.
    pub(crate) fn at_once(&self) -> usize {
        if self.is_on_this_computer() { 2 } else { 4 }
    }

    /// Whether nobody on the way could read a key.
    pub(super) fn keeps_secrets(&self) -> bool {
        self.origin.scheme == "https" || self.is_on_this_computer()
    }

    /// Whether both lead to the same scheme, host and port.
    pub(super) fn has_origin_of(&self, other: &Self) -> bool {
        self.origin == other.origin
    }

    pub(super) fn with_path(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_read_as_people_copy_it() {
        for (given, read) in [
            ("https://api.openai.com/v1", "https://api.openai.com/v1"),
            (" https://API.openai.com:443/v1/ ", "https://api.openai.com/v1"),
            ("http://localhost:11434/v1/chat/completions", "http://localhost:11434/v1"),
            ("http://127.0.0.1:8080/v1/models/", "http://127.0.0.1:8080/v1"),
            ("http://[::1]:1234", "http://[::1]:1234"),
            ("http://192.168.1.7:11434/v1", "http://192.168.1.7:11434/v1"),
        ] {
            assert_eq!(BaseUrl::parse(given).unwrap().as_str(), read, "{given}");
        }
    }

    #[test]
    fn what_is_no_base_url_is_refused_without_being_repeated() {
        for given in [
            "",
            "api.openai.com/v1",
            "ftp://api.example/v1",
            "https://me:secret@api.example/v1",
            "https://api.example/v1?key=secret",
            "https:///v1",
            "https://api.example/se cret",
            &format!("https://api.example/{}", "secret".repeat(100)),
        ] {
            let refused = BaseUrl::parse(given).unwrap_err();
            assert!(matches!(refused, EndpointError::Address { .. }), "{given}: {refused}");
            assert!(!format!("{refused} {refused:?}").contains("secret"), "{refused}");
        }
    }

    #[test]
    fn a_key_may_travel_where_nobody_can_read_it() {
        let keeps = |text: &str| BaseUrl::parse(text).unwrap().keeps_secrets();
        assert!(keeps("https://api.example/v1") && keeps("http://127.0.0.1:1/v1"));
        assert!(!keeps("http://api.example/v1") && !keeps("http://192.168.1.7/v1"));
    }
}

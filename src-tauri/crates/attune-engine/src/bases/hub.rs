//! Talking to a Hugging Face hub: which files a model has, and one of them from an offset on.
//!
//! Not here: where the bytes go and whether they are the right ones (`fetch`).
//! Invariant: the token is sent to the endpoint alone, never to an address that the endpoint redirects to, and
//! no error or log of this module holds it.

use std::fmt;
use std::io::Read;
use std::time::Duration;

use ureq::http::{Response, StatusCode, Uri, header};
use ureq::{Agent, Body};

use super::FetchError;
use super::remote_model::{RemoteFile, RemoteModel};
use crate::environment::{Environment, HF_ENDPOINT, HF_HUB_OFFLINE, HF_TOKEN};
use crate::origin::Origin;
use crate::{Error, Result};

pub(crate) const PUBLIC_HUB: &str = "https://huggingface.co";
const CONNECT: Duration = Duration::from_secs(20);
/// A connection that stays silent for this long is lost.
const SILENCE: Duration = Duration::from_secs(60);
const MOST_REDIRECTS: usize = 5;

/// A hub, and what it may know of us.
#[derive(Clone)]
pub struct Hub {
    /// Without a slash at its end.
    endpoint: String,
    origin: Origin,
    token: Option<String>,
    agent: Agent,
}

impl fmt::Debug for Hub {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = self.token.as_ref().map(|_| "hidden");
        formatter.debug_struct("Hub").field("endpoint", &self.endpoint).field("token", &token).finish()
    }
}

/// The rest of a file, and the offset that it really begins at.
pub(super) struct Download {
    pub(super) offset: u64,
    pub(super) body: Box<dyn Read>,
}

impl Hub {
    /// The hub that `HF_ENDPOINT` names, else the public one, with `HF_TOKEN` where it is set.
    ///
    /// # Errors
    /// [`FetchError::Offline`] if `HF_HUB_OFFLINE` says so, [`FetchError::Endpoint`] for an address that is
    /// neither https nor on this computer, [`FetchError::Token`] for a token that no header can carry.
    pub fn from_environment(environment: &Environment) -> Result<Self> {
        let yes = |value: &str| ["1", "on", "yes", "true"].contains(&value.to_ascii_lowercase().as_str());
        if environment.text(HF_HUB_OFFLINE).is_some_and(yes) {
            return Err(Error::Fetch(FetchError::Offline));
        }
        let endpoint = environment.text(HF_ENDPOINT).unwrap_or(PUBLIC_HUB);
        Self::new(endpoint, environment.text(HF_TOKEN).map(str::to_owned))
    }

    /// The hub at `endpoint`, as `https://huggingface.co`.
    ///
    /// # Errors
    /// [`FetchError::Endpoint`] and [`FetchError::Token`] as for [`Self::from_environment`].
    pub fn new(endpoint: &str, token: Option<String>) -> Result<Self> {
        let refused = |reason| Error::Fetch(FetchError::Endpoint { reason });
        let endpoint = endpoint.trim_end_matches('/');
        let uri: Uri = endpoint.parse().map_err(|_| refused("it is no address"))?;
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(refused("it holds a user name; set HF_TOKEN instead"));
        }
        let origin = Origin::of(&uri).ok_or_else(|| refused("it names no scheme or no host"))?;
        let local = origin.is_on_this_computer();
        if origin.scheme != "https" && !(origin.scheme == "http" && local) {
            return Err(refused("it must begin with https:// (http:// only on this computer)"));
        }
        if token.as_deref().is_some_and(|token| !token.bytes().all(|byte| byte.is_ascii_graphic())) {
            return Err(Error::Fetch(FetchError::Token));
        }
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            // Followed here, where it is decided who gets the token.
            .max_redirects(0)
            .accept_encoding("identity")
            .user_agent(concat!("attune/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(SILENCE))
            .timeout_per_read(Some(SILENCE));
        let agent = if local { agent.proxy(None) } else { agent };
        Ok(Self { endpoint: endpoint.to_owned(), origin, token, agent: agent.build().new_agent() })
    }

    /// The files of a model at a revision (a commit, or `main`).
    ///
    /// # Errors
    /// [`FetchError::Unreachable`], [`FetchError::Refused`], or [`FetchError::Answer`] for an answer that makes no sense.
    pub(super) fn model(&self, hub_id: &str, revision: &str) -> Result<RemoteModel> {
        let url = format!("{}/api/models/{hub_id}/revision/{revision}?blobs=true", self.endpoint);
        let mut response = self.get(hub_id, &url, 0)?;
        self.require(hub_id, response.status(), &[StatusCode::OK])?;
        let text = response.body_mut().read_to_vec().map_err(|source| self.unreachable(source))?;
        RemoteModel::from_json(hub_id, &text)
    }

    /// The bytes of a file from `offset` on, or from the start where the server cannot begin in the middle.
    ///
    /// # Errors
    /// As [`Self::model`].
    pub(super) fn download(
        &self,
        hub_id: &str,
        commit: &str,
        file: &RemoteFile,
        offset: u64,
    ) -> Result<Download> {
        let url = format!("{}/{hub_id}/resolve/{commit}/{}", self.endpoint, file.name);
        let response = self.get(hub_id, &url, offset)?;
        self.require(hub_id, response.status(), &[StatusCode::OK, StatusCode::PARTIAL_CONTENT])?;
        let offset = if response.status() == StatusCode::OK {
            0
        } else {
            let begins = response.headers().get(header::CONTENT_RANGE).and_then(|range| range.to_str().ok());
            if !begins.is_some_and(|range| range.starts_with(&format!("bytes {offset}-"))) {
                let reason = format!("asked for {} from byte {offset} on, it sent another part", file.name);
                return Err(Error::Fetch(FetchError::Answer { hub_id: hub_id.to_owned(), reason }));
            }
            offset
        };
        Ok(Download { offset, body: Box::new(response.into_body().into_reader()) })
    }

    fn get(&self, hub_id: &str, url: &str, offset: u64) -> Result<Response<Body>> {
        let senseless = |reason: &str| {
            Error::Fetch(FetchError::Answer { hub_id: hub_id.to_owned(), reason: reason.to_owned() })
        };
        let mut uri: Uri = url.parse().map_err(|_| senseless("it needs an address that is none"))?;
        for _ in 0..=MOST_REDIRECTS {
            let origin = Origin::of(&uri).ok_or_else(|| senseless("it redirects to no address"))?;
            let to_endpoint = origin == self.origin;
            let local_to_local = self.origin.is_on_this_computer() && origin.is_on_this_computer();
            if origin.scheme != "https" && !to_endpoint && !local_to_local {
                return Err(senseless("it redirects to an address that is not https"));
            }
            let mut request = self.agent.get(uri.clone());
            if let Some(token) = self.token.as_ref().filter(|_| to_endpoint) {
                request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
            }
            if offset > 0 {
                request = request.header(header::RANGE, format!("bytes={offset}-"));
            }
            let response = request.call().map_err(|source| self.unreachable(source))?;
            if !response.status().is_redirection() {
                return Ok(response);
            }
            let location = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
            let location = location.and_then(|to| to.parse().ok());
            uri = location
                .and_then(|to| absolute(&uri, to))
                .ok_or_else(|| senseless("it redirects to no address"))?;
        }
        Err(senseless("it redirects in circles"))
    }

    fn require(&self, hub_id: &str, found: StatusCode, wanted: &[StatusCode]) -> Result<()> {
        if wanted.contains(&found) {
            return Ok(());
        }
        Err(Error::Fetch(FetchError::Refused {
            hub_id: hub_id.to_owned(),
            endpoint: self.endpoint.clone(),
            status: found.as_u16(),
            with_token: self.token.is_some(),
        }))
    }

    fn unreachable(&self, source: ureq::Error) -> Error {
        Error::Fetch(FetchError::Unreachable { endpoint: self.endpoint.clone(), source: Box::new(source) })
    }
}

/// `to`, which may leave out scheme and host, as seen from `from`.
fn absolute(from: &Uri, to: Uri) -> Option<Uri> {
    if to.scheme().is_some() {
        return Some(to);
    }
    let mut parts = from.clone().into_parts();
    if let Some(authority) = to.authority() {
        parts.authority = Some(authority.clone());
    }
    parts.path_and_query = Some(to.path_and_query()?.clone());
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_this_computer_are_endpoints() {
        for endpoint in
            ["https://huggingface.co/", "http://127.0.0.1:8080", "http://[::1]:1", "http://localhost"]
        {
            Hub::new(endpoint, None).unwrap();
        }
        for endpoint in [
            "http://huggingface.co",
            "ftp://127.0.0.1",
            "huggingface.co",
            "https://me:secret@hub.example",
            "",
        ] {
            let refused = Hub::new(endpoint, None).unwrap_err();
            assert!(matches!(refused, Error::Fetch(FetchError::Endpoint { .. })), "{endpoint}: {refused}");
            assert!(!crate::with_reasons(&refused).contains("secret"));
        }
    }

    #[test]
    fn the_token_is_in_no_text_about_the_hub() {
        let hub = Hub::new("https://hub.example", Some("hf_secret".to_owned())).unwrap();
        assert!(!format!("{hub:?}").contains("hf_secret"), "{hub:?}");
        let refused = Hub::new("https://hub.example", Some("hf_secret\nx: y".to_owned())).unwrap_err();
        assert!(
            matches!(refused, Error::Fetch(FetchError::Token))
                && !format!("{refused:?} {refused}").contains("hf_secret")
        );
    }

    #[test]
    fn a_redirect_without_a_host_stays_where_it_is() {
        let from: Uri = "https://hub.example/a/b".parse().unwrap();
        let seen = |to: &str| absolute(&from, to.parse().unwrap()).unwrap().to_string();
        assert_eq!(seen("/c?d=1"), "https://hub.example/c?d=1");
        assert_eq!(seen("https://other.example/c"), "https://other.example/c");
    }
}

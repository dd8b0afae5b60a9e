//! What can go wrong between this computer and a hub, with the way out.
//!
//! Invariant: no sentence holds the token, nor an address that could hold one.

use std::io;

use crate::Kind;

/// Why a base could not be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    #[error("{file} of {hub_id} is refused: expected {expected}, found {found}")]
    Mismatch { hub_id: String, file: String, expected: String, found: String },

    #[error("{name:?} is no name of a model on a hub")]
    NoHubId { name: String },
    #[error("{hub_id} has no file {file}; chat models there: {}", listed(.files))]
    NoSuchFile { hub_id: String, file: String, files: Vec<String> },
    #[error("{hub_id} is no base to train on, but has chat models: {}", listed(.files))]
    ChatFilesOnly { hub_id: String, files: Vec<String> },
    #[error("nothing is fetched while HF_HUB_OFFLINE is set")]
    Offline,
    #[error("HF_ENDPOINT names no hub to fetch from: {reason}")]
    Endpoint { reason: &'static str },
    #[error("HF_TOKEN holds characters that no token has")]
    Token,
    #[error("could not reach the hub {endpoint}")]
    Unreachable {
        endpoint: String,
        #[source]
        source: Box<ureq::Error>,
    },
    #[error("the hub {endpoint} answered {status} when asked for {hub_id}")]
    Refused { hub_id: String, endpoint: String, status: u16, with_token: bool },
    #[error("the hub's answer about {hub_id} cannot be used: {reason}")]
    Answer { hub_id: String, reason: String },
    #[error("the connection was lost after {done} of {bytes} bytes of {file} of {hub_id}")]
    CutOff {
        hub_id: String,
        file: String,
        done: u64,
        bytes: u64,
        #[source]
        source: io::Error,
    },
    #[error("another program is fetching {hub_id}")]
    Busy { hub_id: String },
    #[error("fetching {hub_id} was stopped")]
    Stopped { hub_id: String },
    #[error("{hub_id} is not being fetched")]
    NotFetching { hub_id: String },
}

impl FetchError {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::NoHubId { .. }
            | Self::NoSuchFile { .. }
            | Self::ChatFilesOnly { .. }
            | Self::Endpoint { .. }
            | Self::Token
            | Self::Refused { .. }
            | Self::Mismatch { .. } => Kind::Invalid,
            Self::Busy { .. } | Self::NotFetching { .. } => Kind::Conflict,
            Self::Offline
            | Self::Unreachable { .. }
            | Self::Answer { .. }
            | Self::CutOff { .. }
            | Self::Stopped { .. } => Kind::Environment,
        }
    }

    pub(crate) fn field(&self) -> Option<&'static str> {
        matches!(self, Self::NoHubId { .. } | Self::NoSuchFile { .. } | Self::ChatFilesOnly { .. })
            .then_some("hubId")
    }

    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::Mismatch { .. } => {
                "The bad file was not kept. Fetch it again; if that fails too, something between you and the hub \
                 changes the files: check HF_ENDPOINT and your proxy."
            }
            Self::NoHubId { .. } => {
                "Give its owner and its name, as google/flan-t5-small; for a chat model the file too, as \
                 OWNER/NAME/FILE.gguf."
            }
            Self::NoSuchFile { .. } | Self::ChatFilesOnly { .. } => {
                "Name one of them, as OWNER/NAME/FILE.gguf: it can write examples, and is not trained."
            }
            Self::Offline => {
                "Unset HF_HUB_OFFLINE, or copy the model's folder here and name it with --base-model FOLDER."
            }
            Self::Endpoint { .. } => {
                "Unset HF_ENDPOINT, or set it to an address such as https://huggingface.co."
            }
            Self::Token => "Set HF_TOKEN to the token alone, without quotes and line ends.",
            Self::Unreachable { .. } => {
                "Check the connection, the proxy and HF_ENDPOINT, then fetch again: what has arrived is kept. \
                 Without a network, copy the model's folder here and name it with --base-model FOLDER."
            }
            Self::Refused { status: 401 | 403, with_token, .. } => {
                if *with_token {
                    "Check the name; the token in HF_TOKEN may not read it, or the model's terms must be accepted \
                     on its page first."
                } else {
                    "Check the name; for a private or gated model set HF_TOKEN."
                }
            }
            Self::Refused { status: 404, .. } => "Check the name: the hub has no such model.",
            Self::Refused { .. } => "Try again later; what has arrived is kept.",
            Self::Answer { .. } => "Check that HF_ENDPOINT is the address of a Hugging Face hub.",
            Self::CutOff { .. } | Self::Stopped { .. } => "Fetch it again: it goes on from there.",
            Self::Busy { .. } => "Wait until it has ended.",
            Self::NotFetching { .. } => "GET /api/v1/bases/fetches lists the fetches and how they ended.",
        }
    }
}

/// The first of these names, and how many more there are.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 8;
    match names.len().checked_sub(SHOWN) {
        _ if names.is_empty() => "none".to_owned(),
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {more} more", names[..SHOWN].join(", ")),
    }
}

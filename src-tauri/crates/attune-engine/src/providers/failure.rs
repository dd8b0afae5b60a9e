//! What can go wrong between this computer and an endpoint, as types with a name to count them by and a way out.
//!
//! Invariant: no sentence, field or `Debug` output holds a key; what a server says is shortened, freed of control
//! characters and searched for the key before it gets in here.

use crate::Kind;

/// Why an endpoint gave no answer that can be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    #[error("this is no base URL of an endpoint: {reason}")]
    Address { reason: &'static str },
    #[error("there is no endpoint {id:?}")]
    Unknown { id: String },
    #[error("there is another endpoint of the name {name:?} already")]
    NameTaken { name: String },

    #[error("this cannot be a key: {reason}")]
    KeyForm { reason: &'static str },
    #[error("no key is sent to {endpoint}: the connection is not encrypted, so others could read it")]
    KeyInTheOpen { endpoint: String },
    #[error("this computer offers no keychain to keep a key in: {reason}")]
    NoKeychain { reason: String },
    #[error("the keychain did not answer within {seconds} seconds")]
    KeychainSilent { seconds: u64 },
    #[error("the keychain refused: {reason}")]
    KeychainRefused { reason: String },

    #[error("could not reach {endpoint}: {reason}")]
    Unreachable { endpoint: String, reason: String },
    #[error("{endpoint} was silent for {seconds:.0} seconds while {waiting_for}")]
    Silent { endpoint: String, seconds: f64, waiting_for: &'static str },
    #[error("{endpoint} took longer than {seconds:.0} seconds for one answer")]
    TooSlow { endpoint: String, seconds: f64 },
    #[error("{endpoint} sends to another address ({status}), where the key does not belong")]
    Redirected { endpoint: String, status: u16 },

    #[error("{endpoint} did not accept {} ({status}){told}", if *with_key { "the key" } else { "a request without a key" })]
    KeyRefused { endpoint: String, status: u16, with_key: bool, told: Told },
    #[error("{endpoint} does not allow this (403){told}")]
    Forbidden { endpoint: String, told: Told },
    #[error("{endpoint} does not know {what} (404){told}")]
    NotFound { endpoint: String, what: String, told: Told },
    #[error("{endpoint} says that the credit is spent{told}")]
    CreditSpent { endpoint: String, told: Told },
    #[error("{endpoint} takes no more requests now, after {attempts} of them{}{told}", match asked_to_wait {
        Some(seconds) => format!(" (it asks to wait {seconds:.0} seconds)"),
        None => String::new(),
    })]
    RateLimited { endpoint: String, attempts: u32, asked_to_wait: Option<f64>, told: Told },
    #[error("{endpoint} failed ({status}), after {attempts} {}{told}", if *attempts == 1 { "request" } else { "requests" })]
    ServerFailed { endpoint: String, status: u16, attempts: u32, told: Told },
    #[error("{endpoint} refused the request ({status}){told}")]
    RequestRefused { endpoint: String, status: u16, told: Told },
    #[error("{endpoint} reported a failure in the place of an answer{told}")]
    Reported { endpoint: String, told: Told },

    #[error("the answer of {endpoint} cannot be read: {reason}")]
    Malformed { endpoint: String, reason: String },
    #[error(
        "the connection to {endpoint} broke off in the middle of the answer, after {characters} characters"
    )]
    CutOff { endpoint: String, characters: usize },
    #[error("{endpoint} did not end its answer: it was cut after {bytes} bytes")]
    Endless { endpoint: String, bytes: usize },
    #[error("{endpoint} gave an empty answer{}", if *by_length { ": all its tokens went into something else" } else { "" })]
    Empty { endpoint: String, by_length: bool },
    #[error("the model refused to answer{told}")]
    Refusal { told: Told },
    #[error("the judge's answer breaks its schema: {reason}")]
    NoVerdict { reason: String },
    #[error("stopped")]
    Stopped,
}

/// What a server said about it: at most a sentence or two, or nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told(pub(super) Option<String>);

impl std::fmt::Display for Told {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Some(told) => write!(formatter, ": {told:?}"),
            None => Ok(()),
        }
    }
}

impl EndpointError {
    /// One word for each way to fail, which failures are counted by.
    pub fn counted_as(&self) -> &'static str {
        match self {
            Self::Address { .. } | Self::Unknown { .. } | Self::NameTaken { .. } => "endpoint",
            Self::KeyForm { .. } | Self::KeyInTheOpen { .. } | Self::KeyRefused { .. } => "key",
            Self::NoKeychain { .. } | Self::KeychainSilent { .. } | Self::KeychainRefused { .. } => {
                "keychain"
            }
            Self::Unreachable { .. } => "unreachable",
            Self::Silent { .. } | Self::TooSlow { .. } => "timeout",
            Self::Redirected { .. } => "redirected",
            Self::Forbidden { .. } => "forbidden",
            Self::NotFound { .. } => "not_found",
            Self::CreditSpent { .. } => "credit_spent",
            Self::RateLimited { .. } => "rate_limited",
            Self::ServerFailed { .. } => "server_failed",
            Self::RequestRefused { .. } => "request_refused",
            Self::Reported { .. } => "reported",
            Self::Malformed { .. } => "malformed",
            Self::CutOff { .. } => "cut_off",
            Self::Endless { .. } => "endless",
            Self::Empty { .. } => "empty",
            Self::Refusal { .. } => "refusal",
            Self::NoVerdict { .. } => "no_verdict",
            Self::Stopped => "stopped",
        }
    }

    /// Whether every further request would fail alike, so that whoever has many better ends.
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            Self::KeyRefused { .. }
                | Self::Forbidden { .. }
                | Self::NotFound { .. }
                | Self::CreditSpent { .. }
                | Self::Redirected { .. }
                | Self::KeyInTheOpen { .. }
                | Self::Unreachable { .. }
        )
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Address { .. } | Self::KeyForm { .. } | Self::KeyInTheOpen { .. } => Kind::Invalid,
            Self::Unknown { .. } => Kind::NotFound,
            Self::NameTaken { .. } => Kind::Conflict,
            _ => Kind::Environment,
        }
    }

    pub(crate) fn field(&self) -> Option<&'static str> {
        match self {
            Self::Address { .. } => Some("baseUrl"),
            Self::KeyForm { .. } | Self::KeyInTheOpen { .. } => Some("key"),
            Self::NameTaken { .. } => Some("name"),
            _ => None,
        }
    }

    /// The way out.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Address { .. } => {
                "Give an address such as http://127.0.0.1:11434/v1 (Ollama) or https://api.openai.com/v1."
            }
            Self::Unknown { .. } => "Look which endpoints there are; it may have been deleted.",
            Self::NameTaken { .. } => "Give it another name, or delete the other one first.",
            Self::KeyForm { .. } => "Give the key alone, without quotes and line ends.",
            Self::KeyInTheOpen { .. } => "Use an https:// address, or leave the key out.",
            Self::NoKeychain { .. } | Self::KeychainSilent { .. } | Self::KeychainRefused { .. } => {
                "Start or unlock the keychain (on Linux a secret service such as GNOME Keyring or KWallet) and then \
                 Attune again, or set OPENAI_API_KEY, and OPENAI_BASE_URL where the key is not for OpenAI."
            }
            Self::Unreachable { .. } => {
                "Check that the server runs, and the address and port of the endpoint."
            }
            Self::Silent { .. } | Self::TooSlow { .. } => {
                "A model that has to be loaded first can take minutes: try again, or use a smaller one."
            }
            Self::Redirected { .. } => "Give the endpoint the address that it sends to, if you trust it.",
            Self::KeyRefused { with_key: true, .. } => "Set the key of the endpoint again.",
            Self::KeyRefused { .. } => {
                "Set a key for the endpoint, or OPENAI_API_KEY, which is for OpenAI or for the host in OPENAI_BASE_URL."
            }
            Self::Forbidden { .. } => "The account may not use this model here; choose another one.",
            Self::NotFound { .. } => {
                "Choose a model from the endpoint's list, and check that its address ends as the server's \
                 documentation says, mostly in /v1."
            }
            Self::CreditSpent { .. } => "Add credit at the provider, or use a model on this computer.",
            Self::RateLimited { .. } => "Wait a while, or ask for less at once.",
            Self::ServerFailed { .. } | Self::CutOff { .. } | Self::Reported { .. } => "Try again later.",
            Self::RequestRefused { .. } => "Choose another model, or ask for less in one answer.",
            Self::Malformed { .. } => "Check that the address is that of an OpenAI-compatible endpoint.",
            Self::Endless { .. } => "Use another model: this one, or its server, does not keep to a limit.",
            Self::Empty { by_length: true, .. } => {
                "Models that think first need more tokens; allow more, or choose one that does not."
            }
            Self::Empty { .. } | Self::Refusal { .. } => "Choose another model or other genres.",
            Self::NoVerdict { .. } => "Choose a judge that keeps to a JSON schema.",
            Self::Stopped => "Start again when you like.",
        }
    }
}

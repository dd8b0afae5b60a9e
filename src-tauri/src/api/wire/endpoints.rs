//! Endpoints: what is told of them, which is never their key.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An endpoint to keep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndpointRequest {
    /// `end_` and a ULID, made by the client: repeating the request does not keep it twice.
    pub id: String,
    /// What the person calls it; no two have the same.
    pub name: String,
    /// What `/chat/completions` is appended to, as `http://127.0.0.1:11434/v1`.
    pub base_url: String,
    /// What the server calls its model.
    pub model: String,
}

/// What an endpoint shall be from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndpointChange {
    pub name: String,
    /// With another scheme, host or port it has the key of that, or none.
    pub base_url: String,
    pub model: String,
}

/// A server that answers as OpenAI's chat completions do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    pub id: String,
    pub name: String,
    pub base_url: String,
    pub model: String,
    /// Whether it runs on this computer: then nothing leaves it and nothing is paid.
    pub local: bool,
    pub created_at: String,
}

/// A server to look at.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndpointAddress {
    /// As of an endpoint.
    pub base_url: String,
    /// Used for this alone and kept nowhere; none: the key that is kept for the address, if any.
    pub key: Option<String>,
}

impl fmt::Debug for EndpointAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("EndpointAddress").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// The key of an endpoint, on its way to the keychain.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointKey {
    /// Null forgets it.
    #[schema(required)]
    pub key: Option<String>,
}

impl fmt::Debug for EndpointKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("EndpointKey").finish_non_exhaustive()
    }
}

/// A model that a server offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndpointModel {
    pub id: String,
    /// The day it is shut down (`YYYY-MM-DD`); null where the provider says nothing of it.
    #[schema(required)]
    pub shutdown_date: Option<String>,
}

/// Where the key of an endpoint is. What it is, is never told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EndpointKeyState {
    /// Null where there is none.
    #[schema(required)]
    pub source: Option<EndpointKeySource>,
    /// Why the keychain could not be asked; null where it could.
    #[schema(required)]
    pub problem: Option<String>,
}

/// Where a key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum EndpointKeySource {
    Keychain,
    /// `OPENAI_API_KEY`.
    Environment,
}

/// What a look at an endpoint found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndpointCheck {
    /// How many models it offers.
    pub models: u64,
    /// Whether its own is among them. Some servers answer for models that they do not list.
    pub lists_the_model: bool,
    /// The day on which that model is shut down; null where the provider says nothing of it.
    #[schema(required)]
    pub shutdown_date: Option<String>,
    /// Null where it was asked without a key.
    #[schema(required)]
    pub key: Option<EndpointKeySource>,
    /// Why the keychain could not be asked; null where it could.
    #[schema(required)]
    pub keychain_problem: Option<String>,
}

/// What an endpoint's model said when it was tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndpointTrial {
    pub text: String,
    /// From the request to the end of the answer.
    pub seconds: f64,
    /// Tokens of the answer; null where the server does not say.
    #[schema(required)]
    pub tokens: Option<u32>,
}

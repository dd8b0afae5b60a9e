//! Endpoints: servers that speak as OpenAI's chat completions do, on this computer or elsewhere.
//!
//! An endpoint is a row (`store/endpoints.rs`): name, base URL, model. Its key is in the operating system's keychain,
//! under the origin of its address (`keychain`), and in no file of ours.
//! Not here: what is asked of a model and what becomes of its answer (`generation`), money (an endpoint on this
//! computer costs nothing; what another one costs is not known here).
//! Invariants: a key reaches its own origin alone, and no log, error, database or `Debug` output; every failure has
//! a type, a name to count it by, and a way out.

mod address;
mod chat;
mod client;
mod endpoints;
mod events;
mod failure;
mod key;
mod keychain;
mod many;
mod retries;
#[cfg(test)]
pub(crate) mod tests;

pub use address::BaseUrl;
pub use chat::Usage;
pub use client::EndpointModel;
pub use endpoints::{Endpoint, EndpointCheck, EndpointKeyState, EndpointTrial, NewEndpoint};
pub use failure::EndpointError;
pub use keychain::KeySource;

pub(crate) use chat::{ChatRequest, Message, Role};
pub(crate) use client::{Client, Exchange};
pub(crate) use endpoints::Endpoints;
pub(crate) use keychain::Keys;
pub(crate) use many::chat_all;

use client::Patience;
use retries::Retries;

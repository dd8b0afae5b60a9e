//! Endpoints that a person sets up: keep them, look at them, give them a key.

use super::{Created, Engine};
use crate::Result;
use crate::providers::{
    Endpoint, EndpointCheck, EndpointKeyState, EndpointModel, EndpointTrial, Endpoints, NewEndpoint,
};

impl Engine {
    /// The endpoints, the oldest first.
    ///
    /// # Errors
    /// The database's.
    pub fn endpoints(&self) -> Result<Vec<Endpoint>> {
        self.own_endpoints().all()
    }

    /// Keeps an endpoint. A request that repeats an id gets what the first one kept.
    ///
    /// # Errors
    /// [`crate::Error::InvalidField`] or [`crate::Error::Endpoint`] for what cannot be one.
    pub fn create_endpoint(&self, id: &str, new: &NewEndpoint) -> Result<(Endpoint, Created)> {
        self.own_endpoints().create(id, new)
    }

    /// Gives an endpoint another name, address or model. With another origin it has the key of that, if there is one.
    ///
    /// # Errors
    /// As [`Self::create_endpoint`], and [`crate::Error::Endpoint`] if there is none.
    pub fn change_endpoint(&self, id: &str, new: &NewEndpoint) -> Result<Endpoint> {
        self.own_endpoints().change(id, new)
    }

    /// Deletes an endpoint, and its key where no other endpoint has the same origin.
    ///
    /// # Errors
    /// [`crate::Error::Endpoint`] if there is none.
    pub fn delete_endpoint(&self, id: &str) -> Result<Endpoint> {
        self.own_endpoints().delete(id)
    }

    /// Where the key of an endpoint is, if it has one. The keychain may ask the person for its password.
    ///
    /// # Errors
    /// [`crate::Error::Endpoint`] if there is no such endpoint.
    pub fn endpoint_key(&self, id: &str) -> Result<EndpointKeyState> {
        self.own_endpoints().key(id)
    }

    /// Keeps the key of an endpoint in the operating system's keychain, under its origin; `None` forgets it.
    ///
    /// # Errors
    /// [`crate::Error::Endpoint`] if there is no such endpoint or no keychain, or the key may not be sent there.
    pub fn set_endpoint_key(&self, id: &str, key: Option<&str>) -> Result<()> {
        self.own_endpoints().set_key(id, key)
    }

    /// The models that an address offers; it need not belong to an endpoint yet. A key that is named is used for this
    /// alone.
    ///
    /// # Errors
    /// [`crate::Error::Endpoint`] for everything that can go wrong on the way.
    pub fn endpoint_models(&self, base_url: &str, key: Option<&str>) -> Result<Vec<EndpointModel>> {
        self.own_endpoints().models(base_url, key)
    }

    /// Whether an endpoint answers, takes its key and has its model. Costs nothing.
    ///
    /// # Errors
    /// [`crate::Error::Endpoint`] for everything that can go wrong on the way.
    pub fn check_endpoint(&self, id: &str) -> Result<EndpointCheck> {
        self.own_endpoints().check(id)
    }

    /// Has the model of an endpoint write one sentence. Costs what a sentence costs there.
    ///
    /// # Errors
    /// [`crate::Error::Endpoint`] for everything that can go wrong on the way.
    pub fn try_endpoint(&self, id: &str) -> Result<EndpointTrial> {
        self.own_endpoints().try_out(id)
    }

    pub(super) fn own_endpoints(&self) -> Endpoints<'_> {
        Endpoints { store: &self.0.shared.store, keys: &self.0.keys }
    }
}

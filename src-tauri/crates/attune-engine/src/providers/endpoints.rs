//! The endpoints that a person has set up: kept, looked at, and taken away again.
//!
//! Invariant: what is kept of one in the database is not worth stealing.

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use super::client::EndpointModel;
use super::key::Key;
use super::keychain::FoundKey;
use super::{
    BaseUrl, ChatRequest, Client, EndpointError, Exchange, KeySource, Keys, Message, Patience, Retries, Role,
    Usage,
};
use crate::limits::check_text;
use crate::store::Store;
use crate::store::endpoints::EndpointsTable;
use crate::{Created, Error, Result};

pub(crate) const PREFIX: &str = "end_";
const LONGEST_NAME: usize = 80;
const LONGEST_MODEL: usize = 200;
/// Room for a model that thinks first.
const TRIAL_TOKENS: u32 = 500;

/// An endpoint as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub id: String,
    /// What the person calls it.
    pub name: String,
    pub base_url: BaseUrl,
    /// What the endpoint calls its model.
    pub model: String,
    pub created_at: String,
}

/// What a person says of one, when it is set up and whenever it is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEndpoint {
    pub name: String,
    pub base_url: String,
    pub model: String,
}

/// What a look at an endpoint found; it costs nothing, for no model is asked anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointCheck {
    /// How many models it offers.
    pub models: usize,
    /// Whether the endpoint's own is among them. Some servers answer for models that they do not list.
    pub lists_the_model: bool,
    /// The day on which that model is shut down, where the provider says so.
    pub shutdown_date: Option<String>,
    /// Where the key that was accepted came from; `None` if it was asked without one.
    pub key: Option<KeySource>,
    /// Why the keychain could not be asked, in words.
    pub keychain_problem: Option<String>,
}

/// Where the key of an endpoint is, never the key itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointKeyState {
    /// `None` where there is none.
    pub source: Option<KeySource>,
    /// Why the keychain could not be asked, in words.
    pub problem: Option<String>,
}

/// What an endpoint's model said when it was tried.
#[derive(Debug, Clone, PartialEq)]
pub struct EndpointTrial {
    pub text: String,
    /// From the request to the end of the answer.
    pub seconds: f64,
    /// `None` where the endpoint does not say.
    pub usage: Option<Usage>,
}

/// The endpoints of a data folder, and the keys of this computer.
#[derive(Debug)]
pub(crate) struct Endpoints<'e> {
    pub(crate) store: &'e Store,
    pub(crate) keys: &'e Keys,
}

impl Endpoints<'_> {
    /// The oldest first.
    pub(crate) fn all(&self) -> Result<Vec<Endpoint>> {
        EndpointsTable(&self.store.connection()).all()
    }

    /// # Errors
    /// [`EndpointError::Unknown`].
    pub(crate) fn find(&self, id: &str) -> Result<Endpoint> {
        let found = EndpointsTable(&self.store.connection()).find(id)?;
        found.ok_or_else(|| EndpointError::Unknown { id: id.to_owned() }.into())
    }

    /// Keeps a new one. A request that repeats an id gets what the first one kept.
    ///
    /// # Errors
    /// [`Error::InvalidField`], [`EndpointError::Address`] or [`EndpointError::NameTaken`].
    pub(crate) fn create(&self, id: &str, new: &NewEndpoint) -> Result<(Endpoint, Created)> {
        check_id(id)?;
        let endpoint = new.checked(id, crate::clock::now())?;
        self.store.exclusively(|transaction| {
            let table = EndpointsTable(transaction);
            if let Some(before) = table.find(id)? {
                return Ok((before, Created::Before));
            }
            endpoint.check_name(&table.all()?)?;
            table.insert(&endpoint)?;
            Ok((endpoint, Created::Now))
        })
    }

    /// Gives one another name, address or model. A key stays with the address it was for, and goes where that has no
    /// other endpoint.
    ///
    /// # Errors
    /// As [`Self::create`], and [`EndpointError::Unknown`].
    pub(crate) fn change(&self, id: &str, new: &NewEndpoint) -> Result<Endpoint> {
        let (before, changed, others) = self.store.exclusively(|transaction| {
            let table = EndpointsTable(transaction);
            let before = table.find(id)?.ok_or_else(|| EndpointError::Unknown { id: id.to_owned() })?;
            let changed = new.checked(id, before.created_at.clone())?;
            changed.check_name(&table.all()?)?;
            table.update(&changed)?;
            Ok((before, changed, table.all()?))
        })?;
        self.forget_key_of_nobody(&before, &others);
        Ok(changed)
    }

    /// Takes one away, and its key where no other endpoint has the same origin.
    ///
    /// # Errors
    /// [`EndpointError::Unknown`]. A keychain that does not answer is no reason to keep the endpoint: it is told in
    /// the log.
    pub(crate) fn delete(&self, id: &str) -> Result<Endpoint> {
        let (deleted, others) = self.store.exclusively(|transaction| {
            let table = EndpointsTable(transaction);
            let found = table.find(id)?.ok_or_else(|| EndpointError::Unknown { id: id.to_owned() })?;
            table.delete(id)?;
            Ok((found, table.all()?))
        })?;
        self.forget_key_of_nobody(&deleted, &others);
        Ok(deleted)
    }

    /// Forgets the key of the origin that an endpoint had, if no endpoint is left there.
    fn forget_key_of_nobody(&self, before: &Endpoint, left: &[Endpoint]) {
        let is_used = left.iter().any(|other| other.base_url.has_origin_of(&before.base_url));
        if !is_used && let Err(why) = self.keys.remove(&before.base_url) {
            tracing::warn!(endpoint = %before.base_url, "a key may be left in the keychain: {why}");
        }
    }

    /// Where the key of an endpoint is. Only the keychain is asked.
    ///
    /// # Errors
    /// [`EndpointError::Unknown`].
    pub(crate) fn key(&self, id: &str) -> Result<EndpointKeyState> {
        Ok(EndpointKeyState::of(&self.keys.find(&self.find(id)?.base_url)))
    }

    /// Keeps the key of an endpoint's origin in the keychain, or forgets it.
    ///
    /// # Errors
    /// [`EndpointError::Unknown`], [`EndpointError::KeyForm`], [`EndpointError::KeyInTheOpen`] or the keychain's.
    pub(crate) fn set_key(&self, id: &str, key: Option<&str>) -> Result<()> {
        let endpoint = self.find(id)?;
        match key {
            Some(key) => self.keys.set(&endpoint.base_url, &Key::new(key)?)?,
            None => drop(self.keys.remove(&endpoint.base_url)?),
        }
        Ok(())
    }

    /// The models that an address offers, before or after there is an endpoint for it. A `key` that is named is used
    /// instead of what is kept for the address, and kept nowhere.
    ///
    /// # Errors
    /// [`EndpointError`].
    pub(crate) fn models(&self, base_url: &str, key: Option<&str>) -> Result<Vec<EndpointModel>> {
        let base = BaseUrl::parse(base_url)?;
        let client = match key {
            Some(key) => Client::new(base, Some(Key::new(key)?), Patience::default(), Retries::default())?,
            None => self.client(base)?.0,
        };
        Ok(client.models(&AtomicBool::new(false))?)
    }

    /// Whether an endpoint answers, takes the key and has the model.
    ///
    /// # Errors
    /// [`EndpointError`].
    pub(crate) fn check(&self, id: &str) -> Result<EndpointCheck> {
        let endpoint = self.find(id)?;
        let (client, found) = self.client(endpoint.base_url)?;
        let models = client.models(&AtomicBool::new(false))?;
        let own = models.iter().find(|model| model.id == endpoint.model);
        Ok(EndpointCheck {
            models: models.len(),
            lists_the_model: own.is_some(),
            shutdown_date: own.and_then(|model| model.shutdown_date.clone()),
            key: found.source,
            keychain_problem: found.problem,
        })
    }

    /// Has an endpoint's model write one sentence, which costs what a sentence costs there.
    ///
    /// # Errors
    /// [`EndpointError`].
    pub(crate) fn try_out(&self, id: &str) -> Result<EndpointTrial> {
        let (client, model) = self.open(id)?;
        let rule = "Answer with one sentence and nothing else.".to_owned();
        let wish = "Write the first sentence of a story.".to_owned();
        let request = ChatRequest {
            model,
            messages: vec![
                Message { role: Role::System, content: rule },
                Message { role: Role::User, content: wish },
            ],
            max_tokens: TRIAL_TOKENS,
            temperature: None,
            top_p: None,
            seed: None,
            schema: None,
            stream: true,
        };
        let began = Instant::now();
        let Exchange { said, usage } = client.chat(&request, &AtomicBool::new(false));
        let text = said?.text;
        Ok(EndpointTrial { text: text.trim().to_owned(), seconds: began.elapsed().as_secs_f64(), usage })
    }

    /// A client for an endpoint, and its model.
    ///
    /// # Errors
    /// [`EndpointError`].
    pub(crate) fn open(&self, id: &str) -> Result<(Client, String)> {
        let endpoint = self.find(id)?;
        Ok((self.client(endpoint.base_url)?.0, endpoint.model))
    }

    /// A client for an address, with the key that belongs there.
    ///
    /// # Errors
    /// [`EndpointError`].
    fn client(&self, base: BaseUrl) -> Result<(Client, EndpointKeyState)> {
        let found = self.keys.find(&base);
        let state = EndpointKeyState::of(&found);
        if let Some(problem) = state.problem.as_deref().filter(|_| !base.is_on_this_computer()) {
            tracing::warn!(endpoint = %base, "asking without a key: {problem}");
        }
        let client = Client::new(base, found.key, Patience::default(), Retries::default())?;
        Ok((client, state))
    }
}

impl NewEndpoint {
    fn checked(&self, id: &str, created_at: String) -> Result<Endpoint> {
        check_text("name", &self.name, 1, LONGEST_NAME)?;
        check_text("model", &self.model, 1, LONGEST_MODEL)?;
        Ok(Endpoint {
            id: id.to_owned(),
            name: self.name.trim().to_owned(),
            base_url: BaseUrl::parse(&self.base_url)?,
            model: self.model.trim().to_owned(),
            created_at,
        })
    }
}

impl Endpoint {
    /// Refuses a name that another one has.
    fn check_name(&self, all: &[Self]) -> Result<()> {
        if all.iter().any(|other| other.name == self.name && other.id != self.id) {
            return Err(EndpointError::NameTaken { name: self.name.clone() }.into());
        }
        Ok(())
    }
}

impl EndpointKeyState {
    fn of(found: &FoundKey) -> Self {
        let problem = found.problem.as_ref().map(ToString::to_string);
        Self { source: found.source, problem }
    }
}

fn check_id(id: &str) -> Result<()> {
    let ulid = id.strip_prefix(PREFIX).and_then(|rest| ulid::Ulid::from_string(rest).ok());
    if ulid.is_some_and(|ulid| id == format!("{PREFIX}{ulid}")) {
        return Ok(());
    }
    let reason = "an id is end_ followed by a ULID";
    Err(Error::InvalidField { field: "id", value: format!("{id:?}"), reason })
}

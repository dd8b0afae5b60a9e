//! Where keys of endpoints are: the operating system's keychain, and the environment in its stead.
//!
//! A key belongs to one origin (scheme, host and port) and is found by that alone: an endpoint whose address is
//! changed has no key until a person gives one. `OPENAI_API_KEY` counts where the keychain holds none, and only for
//! OpenAI, or for the origin of `OPENAI_BASE_URL` where that is set.
//!
//! Not here: files. A key is never written in plain text, the keychain's absence included.
//! Invariant: a keychain that hangs, for example because it waits for a password, holds nobody up for ever.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use super::key::Key;
use super::{BaseUrl, EndpointError};
use crate::Environment;
use crate::environment::{OPENAI_API_KEY, OPENAI_BASE_URL};

const OPENAI: &str = "https://api.openai.com";
/// What the keychain shows people as the owner of a key.
const SERVICE: &str = "Attune";
/// As long as a person may need to type the password of the keychain.
const PATIENCE: Duration = Duration::from_secs(60);

/// Secrets by the origin they belong to.
pub(super) trait Keychain: Send + Sync {
    fn get(&self, origin: &str) -> Result<Option<Key>, EndpointError>;
    fn set(&self, origin: &str, key: &Key) -> Result<(), EndpointError>;
    /// Whether there was one.
    fn remove(&self, origin: &str) -> Result<bool, EndpointError>;
}

/// Where the key of an endpoint came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySource {
    Keychain,
    /// `OPENAI_API_KEY`.
    Environment,
}

/// What is known of an endpoint's key.
#[derive(Debug)]
pub(crate) struct FoundKey {
    pub(crate) key: Option<Key>,
    pub(crate) source: Option<KeySource>,
    /// Why the keychain could not be asked; no error as long as no key is needed.
    pub(crate) problem: Option<EndpointError>,
}

/// The keys of this computer.
#[derive(Clone)]
pub(crate) struct Keys {
    keychain: Arc<dyn Keychain>,
    environment: Environment,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Keys").finish_non_exhaustive()
    }
}

impl Keys {
    pub(crate) fn new(environment: Environment) -> Self {
        Self { keychain: Arc::new(SystemKeychain), environment }
    }

    #[cfg(test)]
    pub(super) fn with(keychain: Arc<dyn Keychain>, environment: Environment) -> Self {
        Self { keychain, environment }
    }

    /// The key for an address, if there is one.
    pub(crate) fn find(&self, base: &BaseUrl) -> FoundKey {
        let (key, problem) = match self.keychain.get(&base.origin()) {
            Ok(key) => (key, None),
            Err(problem) => (None, Some(problem)),
        };
        if key.is_some() {
            return FoundKey { key, source: Some(KeySource::Keychain), problem };
        }
        match self.of_environment(base) {
            Ok(Some(key)) => FoundKey { key: Some(key), source: Some(KeySource::Environment), problem: None },
            Ok(None) => FoundKey { key: None, source: None, problem },
            Err(refused) => FoundKey { key: None, source: None, problem: Some(refused) },
        }
    }

    /// # Errors
    /// [`EndpointError::KeyInTheOpen`], or the keychain's.
    pub(crate) fn set(&self, base: &BaseUrl, key: &Key) -> Result<(), EndpointError> {
        if !base.keeps_secrets() {
            return Err(EndpointError::KeyInTheOpen { endpoint: base.origin() });
        }
        self.keychain.set(&base.origin(), key)
    }

    /// Forgets the key of an origin; says whether there was one.
    ///
    /// # Errors
    /// The keychain's.
    pub(crate) fn remove(&self, base: &BaseUrl) -> Result<bool, EndpointError> {
        self.keychain.remove(&base.origin())
    }

    fn of_environment(&self, base: &BaseUrl) -> Result<Option<Key>, EndpointError> {
        let Some(key) = self.environment.text(OPENAI_API_KEY) else { return Ok(None) };
        let belongs_to = self.environment.text(OPENAI_BASE_URL).unwrap_or(OPENAI);
        // A base URL that is none belongs to nobody.
        let belongs_here = BaseUrl::parse(belongs_to).is_ok_and(|owner| owner.has_origin_of(base));
        if belongs_here && base.keeps_secrets() { Key::new(key).map(Some) } else { Ok(None) }
    }
}

/// The operating system's own.
struct SystemKeychain;

impl Keychain for SystemKeychain {
    fn get(&self, origin: &str) -> Result<Option<Key>, EndpointError> {
        let found = ask(origin, |entry| match entry.get_password() {
            Err(keyring::Error::NoEntry) => Ok(None),
            found => found.map(Some),
        })?;
        found.as_deref().map(Key::new).transpose()
    }

    fn set(&self, origin: &str, key: &Key) -> Result<(), EndpointError> {
        let key = key.clone();
        ask(origin, move |entry| entry.set_password(key.reveal()))
    }

    fn remove(&self, origin: &str) -> Result<bool, EndpointError> {
        ask(origin, |entry| match entry.delete_credential() {
            Err(keyring::Error::NoEntry) => Ok(false),
            removed => removed.map(|()| true),
        })
    }
}

/// Asks the keychain on a thread of its own: it may wait for a person, and its library must not be called from a
/// thread that runs asynchronous work.
fn ask<T: Send + 'static>(
    origin: &str,
    question: impl FnOnce(&keyring::Entry) -> keyring::Result<T> + Send + 'static,
) -> Result<T, EndpointError> {
    let (send, answer) = channel();
    let origin = origin.to_owned();
    std::thread::spawn(move || {
        let answered = match keyring::Entry::store_status() {
            Err(keyring::Error::PlatformFailure(why) | keyring::Error::NoStorageAccess(why)) => {
                Err(EndpointError::NoKeychain { reason: why.to_string() })
            }
            Err(why) => Err(EndpointError::NoKeychain { reason: why.to_string() }),
            Ok(()) => {
                keyring::Entry::new(SERVICE, &origin).and_then(|entry| question(&entry)).map_err(refused)
            }
        };
        // Nobody waits for it any more.
        drop(send.send(answered));
    });
    match answer.recv_timeout(PATIENCE) {
        Ok(answered) => answered,
        Err(RecvTimeoutError::Timeout) => Err(EndpointError::KeychainSilent { seconds: PATIENCE.as_secs() }),
        Err(RecvTimeoutError::Disconnected) => {
            Err(EndpointError::KeychainRefused { reason: "it ended without a word".to_owned() })
        }
    }
}

/// Some of the library's errors carry what is kept, so only those that cannot are repeated.
fn refused(why: keyring::Error) -> EndpointError {
    let reason = match why {
        keyring::Error::NoDefaultStore => {
            return EndpointError::NoKeychain { reason: "there is none".to_owned() };
        }
        keyring::Error::PlatformFailure(why) | keyring::Error::NoStorageAccess(why) => why.to_string(),
        keyring::Error::BadEncoding(_) | keyring::Error::BadDataFormat(..) => {
            "what it keeps there is no text".to_owned()
        }
        keyring::Error::Ambiguous(found) => format!("it keeps {} keys there", found.len()),
        _ => "it does not keep such a key".to_owned(),
    };
    EndpointError::KeychainRefused { reason }
}

#[cfg(test)]
pub(super) mod memory {
    //! A keychain for tests, which can be missing.

    use std::collections::BTreeMap;
    use std::sync::{Mutex, PoisonError};

    use super::{EndpointError, Key, Keychain};

    #[derive(Default)]
    pub(crate) struct MemoryKeychain {
        pub(crate) kept: Mutex<BTreeMap<String, Key>>,
        pub(crate) is_missing: bool,
    }

    impl MemoryKeychain {
        fn open(&self) -> Result<std::sync::MutexGuard<'_, BTreeMap<String, Key>>, EndpointError> {
            if self.is_missing {
                return Err(EndpointError::NoKeychain { reason: "no bus".to_owned() });
            }
            Ok(self.kept.lock().unwrap_or_else(PoisonError::into_inner))
        }
    }

    impl Keychain for MemoryKeychain {
        fn get(&self, origin: &str) -> Result<Option<Key>, EndpointError> {
            Ok(self.open()?.get(origin).cloned())
        }

        fn set(&self, origin: &str, key: &Key) -> Result<(), EndpointError> {
            self.open()?.insert(origin.to_owned(), key.clone());
            Ok(())
        }

        fn remove(&self, origin: &str) -> Result<bool, EndpointError> {
            Ok(self.open()?.remove(origin).is_some())
        }
    }
}

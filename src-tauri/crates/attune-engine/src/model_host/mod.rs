//! The model that answers: one loaded base for all doors, with the adapter that a request names.
//! Requests on it are answered together, whatever adapters they name (`answerer`).
//!
//! A name such as `latest` may mean another adapter from one request to the next; each request asks anew.
//! Invariant: an answer comes from one adapter, read and verified as a whole before the first token, and
//! carries the digest of exactly that adapter. A broken adapter never takes the place of a good one.

mod answer;
mod answerer;
mod decoding;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use attune_tuning::{Adapter, ReadyAdapter};

use crate::artifacts::{FoundAdapter, Written};
use crate::bases::{Base, BaseFiles};
use crate::{AdapterDigest, Bases, Error, Result};

pub use answer::{
    AdapterChoice, AnswerObserver, Answered, AnsweringAdapter, Finish, Generated, GenerationRequest, Prompts,
};
pub(crate) use answerer::Answerer;
pub use decoding::{AnswerPrecision, Decoding};

/// What the adapters that are kept in memory may take together: hundreds of small ones, but a program could ask for
/// thousands by name.
const MOST_SERVED_BYTES: usize = 256 << 20;

/// Keeps the base that was used last, and the adapters that were asked for by name.
#[derive(Debug)]
pub(crate) struct ModelHost {
    bases: Bases,
    loaded: Mutex<Option<Loaded>>,
    served: Mutex<HashMap<Asked, Served>>,
}

/// A base in memory.
#[derive(Debug, Clone)]
struct Loaded {
    folder: PathBuf,
    answerer: Arc<Answerer>,
    weights_digest: String,
}

/// What a request names: an adapter by its path, on a base if it says which.
type Asked = (PathBuf, Option<String>);

/// The adapter that answers to a name, and how to see that the name means another by now.
#[derive(Debug, Clone)]
struct Served {
    version: Version,
    model: Arc<Model>,
}

/// A base with or without an adapter: all that an answer needs. Whoever holds it keeps it whole.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) base_name: String,
    pub(crate) base_digest: String,
    pub(crate) answerer: Arc<Answerer>,
    pub(crate) adapter: Option<(ReadyAdapter, AnsweringAdapter)>,
}

/// A base and an adapter that fits it, with what each is. Whoever holds it keeps it whole.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) answerer: Arc<Answerer>,
    pub(crate) base_digest: String,
    pub(crate) adapter: ReadyAdapter,
    pub(crate) adapter_digest: AdapterDigest,
}

impl ModelHost {
    pub(crate) fn new(bases: Bases) -> Self {
        Self { bases, loaded: Mutex::new(None), served: Mutex::default() }
    }

    /// The base, with the adapter that the path means now if there is one.
    ///
    /// # Errors
    /// What is wrong with either.
    pub(crate) fn model(&self, adapter: Option<&Path>, base_model: Option<&str>) -> Result<Arc<Model>> {
        if let Some(adapter) = adapter {
            return self.with_adapter(adapter, base_model);
        }
        let resolved = self.bases.resolve(base_model.unwrap_or("auto"))?;
        let loaded = self.load(&resolved.folder)?;
        let (answerer, base_digest) = (loaded.answerer, loaded.weights_digest);
        Ok(Arc::new(Model { base_name: resolved.name, base_digest, answerer, adapter: None }))
    }

    /// What [`Self::model`] would give, by name: the base, and the folder that the adapter's path means now. Nothing is
    /// loaded.
    ///
    /// # Errors
    /// There is no such base, or no adapter there.
    pub(crate) fn name_of(&self, adapter: Option<&Path>, base_model: Option<&str>) -> Result<String> {
        let Some(adapter) = adapter else {
            return Ok(self.bases.resolve(base_model.unwrap_or("auto"))?.name);
        };
        let found = FoundAdapter::open(adapter)?;
        let base = found.resolve_base(&self.bases, base_model)?;
        Ok(format!("{} + {}", base.name, found.digest()))
    }

    /// The model with the adapter that `path` means now. If that one is broken and another answered to the same
    /// name before, that one goes on answering.
    fn with_adapter(&self, path: &Path, base_model: Option<&str>) -> Result<Arc<Model>> {
        let asked = (path.to_owned(), base_model.map(str::to_owned));
        let before = self.served.lock().unwrap_or_else(PoisonError::into_inner).get(&asked).cloned();
        let version = Version::of(path);
        if let (Some(served), Ok(version)) = (&before, &version)
            && served.version == *version
        {
            return Ok(Arc::clone(&served.model));
        }
        let fresh = version.and_then(|version| {
            // The folder that the name meant when its version was read, though the name may move meanwhile.
            let model = Arc::new(self.read_adapter(&version.folder, base_model)?);
            Ok(Served { version, model })
        });
        match (fresh, before) {
            (Ok(fresh), _) => {
                let model = Arc::clone(&fresh.model);
                let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
                let kept: usize = served.values().map(|served| served.model.adapter_bytes()).sum();
                if kept + model.adapter_bytes() > MOST_SERVED_BYTES && !served.contains_key(&asked) {
                    served.clear();
                }
                served.insert(asked, fresh);
                Ok(model)
            }
            (Err(error), Some(before)) => {
                let error = crate::with_reasons(&error);
                tracing::warn!(path = %path.display(), error, "an adapter is refused; the one before it stays");
                Ok(before.model)
            }
            (Err(error), None) => Err(error),
        }
    }

    fn read_adapter(&self, folder: &Path, base_model: Option<&str>) -> Result<Model> {
        let found = FoundAdapter::open(folder)?;
        let base = found.resolve_base(&self.bases, base_model)?;
        let loaded = self.load(&base.folder)?;
        let adapter = loaded.ready(&found, &base)?;
        let answering = AnsweringAdapter { digest: found.digest(), verified: found.record().is_some() };
        Ok(Model {
            base_name: base.name,
            base_digest: loaded.weights_digest,
            answerer: loaded.answerer,
            adapter: Some((adapter, answering)),
        })
    }

    /// A base and an adapter on it, for answers beside each other. The adapter is the one that lies there, never one
    /// that answered to the same name before.
    ///
    /// # Errors
    /// What is wrong with either.
    pub(crate) fn pair(&self, base: &Base, adapter: &Path) -> Result<Pair> {
        let found = FoundAdapter::open(adapter)?;
        let loaded = self.load(&base.folder)?;
        let adapter = loaded.ready(&found, base)?;
        Ok(Pair {
            answerer: loaded.answerer,
            base_digest: loaded.weights_digest,
            adapter,
            adapter_digest: found.digest(),
        })
    }

    /// The base in `folder`; two requests that come at once load it once.
    fn load(&self, folder: &Path) -> Result<Loaded> {
        let mut slot = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = slot.as_ref().filter(|loaded| loaded.folder == folder) {
            return Ok(loaded.clone());
        }
        // The old base is let go first, so that two do not lie in memory because of a change.
        *slot = None;
        self.served.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let files = BaseFiles::open(folder)?;
        let loaded = Loaded {
            folder: folder.to_owned(),
            answerer: Arc::new(Answerer::new(files.load_and_digest(folder)?)),
            weights_digest: files.weights_digest()?,
        };
        *slot = Some(loaded.clone());
        Ok(loaded)
    }
}

impl Model {
    fn adapter_bytes(&self) -> usize {
        self.adapter.as_ref().map_or(0, |(adapter, _)| adapter.bytes())
    }
}

impl Loaded {
    /// An adapter, verified and in memory.
    fn ready(&self, found: &FoundAdapter, base: &Base) -> Result<ReadyAdapter> {
        let adapter: Adapter = found.decode(&base.name, self.answerer.base(), &self.weights_digest)?;
        ReadyAdapter::new(self.answerer.base(), &adapter).map_err(|source| Error::Generation { source })
    }
}

/// Which adapter a path means: the folder it leads to, and when its files were written last.
///
/// It is looked up at every request rather than watched: a lookup costs microseconds and misses nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Version {
    folder: PathBuf,
    written: Written,
}

impl Version {
    fn of(path: &Path) -> Result<Self> {
        let folder = crate::artifacts::resolve(path)?;
        Ok(Self { written: Written::of(&folder), folder })
    }
}

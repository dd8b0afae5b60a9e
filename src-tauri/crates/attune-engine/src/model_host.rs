//! The model that answers: one loaded base for all doors, with the adapter that a request names.
//!
//! A name such as `latest` may mean another adapter from one request to the next; each request asks anew.
//! Invariant: an answer comes from one adapter, read and verified as a whole before the first token, and
//! carries the digest of exactly that adapter. A broken adapter never takes the place of a good one.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use attune_tuning::{Adapter, BaseModel, peft};

use crate::bases::BaseFiles;
use crate::limits::check_new_tokens;
use crate::{AdapterDigest, AdapterFolder, Bases, Error, Result};

const DEFAULT_NEW_TOKENS: u32 = 64;

/// Adapters that are kept in memory; each is small, but a program could ask for thousands by name.
const MOST_SERVED: usize = 64;

/// A question to a base model, with an adapter or without.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GenerationRequest {
    pub prompt: String,
    /// A run folder, or `latest`.
    pub adapter: Option<PathBuf>,
    /// Default: the adapter's base, else `auto`.
    pub base_model: Option<String>,
    pub max_new_tokens: Option<u32>,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    EndOfSequence,
    Length,
}

/// An answer, and what answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Generated {
    pub text: String,
    pub base_model: String,
    pub adapter_digest: Option<AdapterDigest>,
    pub new_tokens: u64,
    pub finish: Finish,
    pub duration: Duration,
}

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
    base: Arc<BaseModel>,
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
struct Model {
    base_name: String,
    base: Arc<BaseModel>,
    adapter: Option<(Adapter, AdapterDigest)>,
}

impl ModelHost {
    pub(crate) fn new(bases: Bases) -> Self {
        Self { bases, loaded: Mutex::new(None), served: Mutex::default() }
    }

    /// Answers greedily: the likeliest token at each place.
    ///
    /// # Errors
    /// What is wrong with the adapter or the base, or [`Error::InvalidField`] for an empty prompt.
    pub(crate) fn generate(&self, request: &GenerationRequest) -> Result<Generated> {
        if request.prompt.trim().is_empty() {
            return Err(Error::InvalidField {
                field: "prompt",
                value: "empty".to_owned(),
                reason: "there must be something to answer",
            });
        }
        let max_new_tokens = request.max_new_tokens.unwrap_or(DEFAULT_NEW_TOKENS);
        check_new_tokens(max_new_tokens)?;
        let began = Instant::now();
        let model = match &request.adapter {
            Some(adapter) => self.with_adapter(adapter, request.base_model.as_deref())?,
            None => {
                let base = self.bases.resolve(request.base_model.as_deref().unwrap_or("auto"))?;
                let loaded = self.load(&base.folder)?;
                Arc::new(Model { base_name: base.name, base: loaded.base, adapter: None })
            }
        };
        let answer = attune_tuning::generate_greedy(
            &model.base,
            model.adapter.as_ref().map(|(adapter, _)| adapter),
            &request.prompt,
            max_new_tokens as usize,
            &mut |_| ControlFlow::Continue(()),
        )
        .map_err(|source| Error::Generation { source })?;
        Ok(Generated {
            text: answer.text,
            base_model: model.base_name.clone(),
            adapter_digest: model.adapter.as_ref().map(|(_, digest)| digest.clone()),
            new_tokens: answer.tokens.len() as u64,
            finish: match answer.finish {
                attune_tuning::Finish::EndOfSequence => Finish::EndOfSequence,
                _ => Finish::Length,
            },
            duration: began.elapsed(),
        })
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
                if served.len() >= MOST_SERVED && !served.contains_key(&asked) {
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
        let adapter = AdapterFolder::open(folder)?;
        let base = self.bases.resolve(base_model.unwrap_or(&adapter.record().base_model))?;
        let loaded = self.load(&base.folder)?;
        if adapter.record().base_model_digest != loaded.weights_digest {
            return Err(Error::AdapterOfAnotherBase {
                path: adapter.path().to_owned(),
                trained_on: adapter.record().base_model.clone(),
                base: base.name,
            });
        }
        let decoded = peft::decode(adapter.peft(), &loaded.base)
            .map_err(|source| Error::AdapterRefused { path: adapter.path().to_owned(), source })?;
        Ok(Model { base_name: base.name, base: loaded.base, adapter: Some((decoded, adapter.digest())) })
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
        let files = BaseFiles::read(folder)?;
        let loaded = Loaded {
            folder: folder.to_owned(),
            base: Arc::new(files.load(folder)?),
            weights_digest: files.weights_digest(),
        };
        *slot = Some(loaded.clone());
        Ok(loaded)
    }
}

/// Which adapter a path means: the folder it leads to and the record that was written there last.
///
/// It is looked up at every request rather than watched: a lookup costs microseconds and misses nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Version {
    folder: PathBuf,
    record_written: Option<SystemTime>,
}

impl Version {
    fn of(path: &Path) -> Result<Self> {
        let folder = crate::artifacts::resolve(path)?;
        let record_written = crate::artifacts::record_written(&folder);
        Ok(Self { folder, record_written })
    }
}

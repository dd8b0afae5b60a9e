//! The model that answers: one loaded base for all doors, with the adapter that a request names.
//!
//! Invariant: an answer comes from one adapter, read and verified as a whole before the first token, and
//! carries the digest of exactly that adapter.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use attune_tuning::{BaseModel, peft};

use crate::bases::BaseFiles;
use crate::runs::request::check_new_tokens;
use crate::{AdapterDigest, AdapterFolder, Bases, Error, Result};

const DEFAULT_NEW_TOKENS: u32 = 64;

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

/// Keeps the base that was used last.
#[derive(Debug)]
pub(crate) struct ModelHost {
    bases: Bases,
    loaded: Mutex<Option<Loaded>>,
}

#[derive(Debug, Clone)]
struct Loaded {
    folder: PathBuf,
    base: Arc<BaseModel>,
    weights_digest: String,
}

impl ModelHost {
    pub(crate) fn new(bases: Bases) -> Self {
        Self { bases, loaded: Mutex::new(None) }
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
        let adapter = request.adapter.as_deref().map(AdapterFolder::open).transpose()?;
        let trained_on = adapter.as_ref().map(|adapter| adapter.record().base_model.as_str());
        let wanted = request.base_model.as_deref().or(trained_on).unwrap_or("auto");
        let base = self.bases.resolve(wanted)?;
        let loaded = self.load(&base.folder)?;
        if let Some(adapter) = &adapter
            && adapter.record().base_model_digest != loaded.weights_digest
        {
            return Err(Error::AdapterOfAnotherBase {
                path: adapter.path().to_owned(),
                trained_on: adapter.record().base_model.clone(),
                base: base.name,
            });
        }
        let prompt = match &adapter {
            Some(folder) => {
                let decoded = peft::decode(folder.peft(), &loaded.base);
                Some(
                    decoded
                        .map_err(|source| Error::AdapterRefused { path: folder.path().to_owned(), source })?,
                )
            }
            None => None,
        };
        let answer = attune_tuning::generate_greedy(
            &loaded.base,
            prompt.as_ref(),
            &request.prompt,
            max_new_tokens as usize,
            &mut |_| ControlFlow::Continue(()),
        )
        .map_err(|source| Error::Generation { source })?;
        Ok(Generated {
            text: answer.text,
            base_model: base.name,
            adapter_digest: adapter.as_ref().map(AdapterFolder::digest),
            new_tokens: answer.tokens.len() as u64,
            finish: match answer.finish {
                attune_tuning::Finish::EndOfSequence => Finish::EndOfSequence,
                _ => Finish::Length,
            },
            duration: began.elapsed(),
        })
    }

    /// The base in `folder`; two requests that come at once load it once.
    fn load(&self, folder: &Path) -> Result<Loaded> {
        let mut slot = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = slot.as_ref().filter(|loaded| loaded.folder == folder) {
            return Ok(loaded.clone());
        }
        // The old base is let go first, so that two never lie in memory because of a change.
        *slot = None;
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

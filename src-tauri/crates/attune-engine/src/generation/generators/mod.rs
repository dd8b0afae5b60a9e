//! What writes texts: one trait, and a door that opens whichever is named.
//!
//! Not here: which of several texts is taken (`ensemble`) and whether it is good enough (`judging`).
//! Invariant: a generator keeps no rows and no counters; whatever it is asked again with the same seed on the same
//! machine it answers in the same way, as far as it is on this machine.

mod chat_model;
mod endpoint;
mod local_t5;
mod story_chat;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use attune_tuning::BaseModel;

use super::{GeneratorChoice, GeneratorName};
use crate::content::Reference;
use crate::generation::judge::Judge;
use crate::limits::require_absolute;
use crate::model_host::ModelHost;
use crate::providers::{Endpoints, Keys};
use crate::runs::dispatcher::Shared;
use crate::{Decoding, Result};

pub(crate) use chat_model::ChatWriter;
pub(crate) use endpoint::EndpointWriter;
pub(crate) use local_t5::LocalT5;

/// One text that is wanted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ask {
    /// As a prompt says it, such as "science fiction".
    pub(crate) genre: String,
    /// The first sentence, without a full stop.
    pub(crate) prompt: String,
    pub(crate) style: Option<String>,
    /// All of it in the form that the bundled base knows.
    pub(crate) input: String,
    /// Texts of the genre to go by.
    pub(crate) references: Vec<Reference>,
    pub(crate) seed: u64,
    pub(crate) max_new_tokens: usize,
}

/// A text that a generator wrote.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) text: String,
    pub(crate) tokens: u32,
    /// The very prompt that was sent.
    pub(crate) sent: String,
    /// In millionths of a dollar; none where nobody knows its price.
    pub(crate) cost_micro_dollars: Option<u64>,
}

/// What came of one ask.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    Text(Candidate),
    /// This one failed; others need not.
    Failed(Failure),
    /// It was ended before it was done: because of `stop`, or because nothing can come any more.
    Stopped,
}

/// Why there is no text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Under which word such failures are counted together: `empty`, `refusal`, `rate_limited`.
    pub(crate) counted_as: &'static str,
    /// The reason, such as `its text was empty`.
    pub(crate) words: String,
}

/// Something that writes texts.
pub(crate) trait Generator: Send {
    fn named(&self) -> GeneratorName;

    /// How many asks it likes together.
    fn at_once(&self) -> usize;

    /// How it draws tokens, but for the seed, as far as it can say so.
    fn decoding(&self) -> Option<Decoding>;

    /// The base on this computer that it writes with, and the SHA-256 of its weights.
    fn base(&self) -> Option<(Arc<BaseModel>, String)>;

    /// Whether it can use texts to go by.
    fn takes_references(&self) -> bool;

    /// Whether it answers the same ask in the same way again, for nothing. What another one wrote is never dropped: it
    /// may have been paid for.
    fn repeats_itself(&self) -> bool;

    /// One outcome for each ask, in their order. It looks at `stop` now and then and ends soon after it is set.
    ///
    /// # Errors
    /// Why it cannot go on at all.
    fn generate(&mut self, asks: &[Ask], stop: &AtomicBool) -> Result<Vec<Outcome>>;
}

/// Opens generators.
#[derive(Debug)]
pub(crate) struct Generators {
    host: Arc<ModelHost>,
    shared: Arc<Shared>,
    keys: Keys,
}

impl Generators {
    pub(crate) fn new(host: Arc<ModelHost>, shared: Arc<Shared>, keys: Keys) -> Self {
        Self { host, shared, keys }
    }

    /// The generator that is meant, ready to write.
    ///
    /// # Errors
    /// What is wrong with the model that it names.
    pub(crate) fn open(&self, choice: &GeneratorChoice) -> Result<Box<dyn Generator>> {
        match choice {
            GeneratorChoice::LocalT5 { base_model, adapter } => {
                Ok(Box::new(LocalT5::open(&self.host, base_model.as_deref(), adapter.as_deref())?))
            }
            GeneratorChoice::Endpoint { endpoint } => {
                let (client, model) = self.endpoints().open(endpoint)?;
                Ok(Box::new(EndpointWriter::new(client, model)))
            }
            GeneratorChoice::LocalChat { file } => Ok(Box::new(ChatWriter::open(file)?)),
        }
    }

    /// The base "auto", and the SHA-256 of its weights.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn default_base(&self) -> Result<(Arc<BaseModel>, String)> {
        let model = self.host.model(None, None)?;
        Ok((Arc::clone(model.answerer.base()), model.base_digest.clone()))
    }

    /// The generator by a name under which its speed is remembered. Nothing is loaded.
    ///
    /// # Errors
    /// What is wrong with the model that it names.
    pub(crate) fn short_name(&self, choice: &GeneratorChoice) -> Result<String> {
        match choice {
            GeneratorChoice::LocalT5 { base_model, adapter } => {
                self.host.name_of(adapter.as_deref(), base_model.as_deref())
            }
            GeneratorChoice::Endpoint { endpoint } => {
                let endpoint = self.endpoints().find(endpoint)?;
                // A comma stands between the names of generators.
                Ok(format!("{} at {}", endpoint.model.replace(',', " "), endpoint.base_url.origin()))
            }
            GeneratorChoice::LocalChat { file } => {
                require_absolute("file", file)?;
                Ok(chat_model::file_name(file).replace(',', " "))
            }
        }
    }

    /// The judge that an endpoint's model is; none where no endpoint is named.
    ///
    /// # Errors
    /// What is wrong with the endpoint.
    pub(crate) fn judge(&self, endpoint: Option<&str>) -> Result<Option<Judge>> {
        let Some(endpoint) = endpoint else { return Ok(None) };
        let (client, model) = self.endpoints().open(endpoint)?;
        Ok(Some(Judge::new(client, model)))
    }

    fn endpoints(&self) -> Endpoints<'_> {
        Endpoints { store: &self.shared.store, keys: &self.keys }
    }
}

/// How many texts these generators write for an attempt where nobody says so.
pub(crate) fn default_candidates(generators: &[GeneratorChoice]) -> u32 {
    let local = |choice: &GeneratorChoice| matches!(choice, GeneratorChoice::LocalT5 { .. });
    if generators.iter().all(local) { local_t5::DEFAULT_CANDIDATES } else { 1 }
}

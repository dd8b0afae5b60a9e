//! Everything that can go wrong in this crate, as sentences a person can act on.
//!
//! Not here: paths, run ids and database rows. The caller knows them and adds them; this crate sees bytes.

use std::fmt;
use std::sync::Arc;

use crate::AdapterKind;

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Which number stopped being a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// The mean cross-entropy of a batch.
    Loss,
    /// The gradient of the adapter.
    Gradient,
    /// The adapter's values after an optimiser step.
    Adapter,
}

impl fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Loss => "loss",
            Self::Gradient => "gradient",
            Self::Adapter => "adapter",
        })
    }
}

/// What went wrong, with which thing, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("the kernel could not be limited: something has been computed in this process already")]
    KernelInUse,
    #[error("the chat model cannot be used: {0}")]
    Chat(#[from] crate::ChatError),
    #[error(
        "could not read the base model's config.json as a T5 configuration; fetch the model's folder again"
    )]
    ConfigUnreadable {
        #[source]
        source: serde_json::Error,
    },
    #[error(
        "the base model is not a T5 v1.1: config.json says {field} = {found}, needed is {needed}; \
         choose a model of the google/flan-t5 or google/t5-v1_1 kind"
    )]
    UnsupportedArchitecture { field: &'static str, found: String, needed: &'static str },
    #[error("could not read the base model's model.safetensors, it is cut short or damaged; fetch it again")]
    WeightsUnreadable {
        #[source]
        source: safetensors::SafeTensorError,
    },
    #[error(
        "could not read the base model's model.safetensors; see that its disk is there, and load it again"
    )]
    WeightsNotRead {
        #[source]
        source: std::io::Error,
    },
    #[error(
        "the base model's weights have no tensor {name}, which its config.json implies; \
         the two files do not belong together or the model is not a T5 v1.1 with its own output head"
    )]
    MissingTensor { name: String },
    #[error(
        "tensor {name} of the base model has the shape {found:?}, its config.json implies {expected:?}; \
         take both files from the same model"
    )]
    TensorShape { name: String, found: Vec<usize>, expected: Vec<usize> },
    #[error(
        "tensor {name} is stored as {found}; only F32, F16 and BF16 can be read, so convert the file first"
    )]
    TensorType { name: String, found: String },
    #[error(
        "tensor {name} of the base model holds values that are not finite numbers; fetch the model again"
    )]
    TensorNotFinite { name: String },

    #[error("could not read the base model's tokenizer.json; fetch the model's folder again")]
    TokenizerUnreadable {
        #[source]
        source: tokenizers::Error,
    },
    #[error(
        "the tokenizer knows token {token}, but the base model embeds only {vocabulary} tokens; \
         take tokenizer.json and model.safetensors from the same model"
    )]
    TokenizerBeyondEmbedding { token: u32, vocabulary: usize },
    #[error("could not turn a text of {characters} characters into tokens; check it for damaged characters")]
    Encode {
        characters: usize,
        #[source]
        source: tokenizers::Error,
    },
    #[error("could not turn {tokens} tokens into text; do they come from the same base model?")]
    Decode {
        tokens: usize,
        #[source]
        source: tokenizers::Error,
    },
    #[error("the prompt has {tokens} tokens, at most {limit} can be read; shorten it")]
    PromptTooLong { tokens: usize, limit: usize },
    #[error(
        "the token {token} is outside the base model's vocabulary of {vocabulary}; encode with its own tokenizer"
    )]
    TokenOutsideVocabulary { token: u32, vocabulary: usize },

    #[error("a batch needs at least one example")]
    EmptyBatch,
    #[error(
        "the {side} of row {row} of the batch has no token; every sequence ends with end-of-sequence at least"
    )]
    EmptySequence { row: usize, side: &'static str },
    #[error("there are no examples to train on; choose a dataset with at least one row")]
    NoExamples,
    #[error("the setting {field} is {found}; it must be {needed}")]
    InvalidSetting { field: &'static str, found: String, needed: &'static str },
    #[error(
        "there is no text to start a soft prompt from; write a few words that say the task, \
         or check that the examples have outputs"
    )]
    EmptyInitialText,
    #[error(
        "the base model's tokenizer has no ordinary token to start a soft prompt from; take an initial text"
    )]
    NoOrdinaryToken,
    #[error(
        "the training should go on from an adapter of the kind {found:?}, its settings say {needed:?}; \
         take the settings of that adapter, or start afresh"
    )]
    StartOfAnotherKind { found: Box<AdapterKind>, needed: Box<AdapterKind> },
    #[error("{what} has {found} values where {expected} are needed; it belongs to another adapter layout")]
    Length { what: &'static str, found: usize, expected: usize },
    #[error(
        "training left the numbers at step {step}: the {quantity} is not finite at learning rate {learning_rate}; \
         lower the learning rate or set gradient_clip to 1.0"
    )]
    Diverged { step: usize, quantity: Quantity, learning_rate: f64 },
    #[error(
        "the answer could not be computed: the model's output is not finite at new token {position}; \
         the adapter is damaged, train it again"
    )]
    OutputNotFinite { position: usize },
    #[error(
        "the settings forbid every token at new token {position}; \
         raise no_repeat_ngram_size or lower min_new_tokens"
    )]
    NoTokenLeft { position: usize },
    #[error(
        "the adapter was made for a base model of width {found}, this one has width {expected}; \
         load it together with its own base model"
    )]
    AdapterWidth { found: usize, expected: usize },
    #[error(
        "the LoRA adapter was made for another base model: its tensor {name} has the shape {shape:?}, \
         this one needs {needed} of the shape {needed_shape:?}; load it together with its own base model"
    )]
    LoraOfAnotherBase { name: String, shape: Vec<usize>, needed: String, needed_shape: Vec<usize> },
    /// What ended several requests at once.
    #[error(transparent)]
    Step(Arc<Error>),
    #[error("the adapter was made ready for a base model of other dimensions; make it ready for this one")]
    AdapterOfAnotherBase,

    #[error("could not read the adapter's adapter_config.json; it is not a PEFT configuration")]
    PeftConfigUnreadable {
        #[source]
        source: serde_json::Error,
    },
    #[error("could not write the adapter's adapter_config.json")]
    PeftConfigUnwritable {
        #[source]
        source: serde_json::Error,
    },
    #[error("adapter_config.json says {field} = {found}; only {needed} adapters can be read")]
    PeftUnsupported { field: &'static str, found: String, needed: &'static str },
    #[error(
        "adapter_config.json says {field} = {found}, which Attune does not know how to honour and would answer \
         wrongly without; train or export the adapter without it"
    )]
    PeftSetting { field: String, found: String },
    #[error("could not read adapter_model.safetensors, it is cut short or damaged; export the adapter again")]
    PeftWeightsUnreadable {
        #[source]
        source: safetensors::SafeTensorError,
    },
    #[error("could not write adapter_model.safetensors")]
    PeftWeightsUnwritable {
        #[source]
        source: safetensors::SafeTensorError,
    },
    #[error(
        "adapter_model.safetensors has no tensor {name}, which adapter_config.json implies; export it again"
    )]
    PeftMissingTensor { name: String },
    #[error(
        "adapter_model.safetensors has the tensor {name}, for which adapter_config.json gives no reason; \
         the two files do not belong together, or it is another kind of adapter"
    )]
    PeftForeignTensor { name: String },
    #[error(
        "the adapter's tensor {name} has the shape {found:?}, its configuration and the base model imply \
         {expected:?}; load it together with its own base model"
    )]
    PeftTensorShape { name: String, found: Vec<usize>, expected: Vec<usize> },
    #[error(
        "the soft prompt's tensor has the shape {found:?}, its configuration of {rows} virtual tokens implies \
         [{rows}, width] or [{}, width]; the two files do not belong together", rows * 2
    )]
    PeftRows { found: Vec<usize>, rows: usize },
    #[error(
        "the soft prompt holds values that are not finite numbers; its training had failed, train it again"
    )]
    SoftPromptNotFinite,
    #[error(
        "the LoRA adapter's tensor {name} holds values that are not finite numbers; \
         its training had failed, train it again"
    )]
    LoraNotFinite { name: String },

    #[error(
        "could not read the checkpoint, it is cut short or damaged; resume from an earlier one or start the run again"
    )]
    CheckpointUnreadable {
        #[source]
        source: safetensors::SafeTensorError,
    },
    #[error("could not read the checkpoint's state; resume from an earlier one or start the run again")]
    CheckpointStateUnreadable {
        #[source]
        source: serde_json::Error,
    },
    #[error(
        "the checkpoint's {part} is missing, damaged or of another version of Attune; \
         resume from an earlier one or start the run again"
    )]
    CheckpointDamaged { part: &'static str },
    #[error(
        "the checkpoint belongs to a run with other settings, examples or base model; \
         resume with exactly those of that run, or start a new one"
    )]
    CheckpointOfAnotherRun,
    #[error("could not write a checkpoint")]
    CheckpointUnwritable {
        #[source]
        source: safetensors::SafeTensorError,
    },
    #[error("could not write a checkpoint's state")]
    CheckpointStateUnwritable {
        #[source]
        source: serde_json::Error,
    },
    #[error(
        "the self-check changed nothing: after {steps} steps at learning rate {learning_rate} the adapter has the \
         values it started with; raise the learning rate"
    )]
    NothingChanged { steps: usize, learning_rate: f64 },
    #[error(
        "the self-check learned nothing: {steps} steps on one batch took the loss from {loss_before:.4} to \
         {loss_after:.4}, it should fall by 1 % at least at learning rate {learning_rate}; try another learning \
         rate or start, and look whether the outputs belong to their inputs"
    )]
    NothingLearned { steps: usize, loss_before: f64, loss_after: f64, learning_rate: f64 },

    #[error("could not start a thread to train with; close other programs and try again")]
    NoThread {
        #[source]
        source: rayon::ThreadPoolBuildError,
    },
    #[error("could not compute while {doing}; this is a fault in Attune, please report it with these words")]
    Computation {
        doing: &'static str,
        #[source]
        source: Box<candle_core::Error>,
    },
}

/// Names what was being done when candle refused.
pub(crate) trait WhileDoing<T> {
    fn while_doing(self, doing: &'static str) -> Result<T>;
}

impl<T> WhileDoing<T> for candle_core::Result<T> {
    fn while_doing(self, doing: &'static str) -> Result<T> {
        self.map_err(|source| Error::Computation { doing, source: Box::new(source) })
    }
}

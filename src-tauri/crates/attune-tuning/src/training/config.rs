//! What a training run is told: every number of it, and the refusal of impossible ones.
//!
//! Not here: defaults of the product's presets (the engine's), and the examples.

use std::f64::consts::PI;

use crate::{
    Adapter, AdapterKind, BaseModel, Error, Example, Lora, LoraSettings, Precision, Result, SoftPrompt,
};

/// Where a soft prompt starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InitialPrompt {
    /// From the outputs of the examples; see [`SoftPrompt::from_outputs`].
    Outputs,
    /// From the embeddings of a text that says the task; see [`SoftPrompt::from_text`].
    Text(String),
    /// From tokens drawn with the run's seed; see [`SoftPrompt::from_vocabulary`].
    Vocabulary,
    /// From normal numbers drawn with the run's seed; see [`SoftPrompt::from_seed`].
    Random,
}

/// What becomes of the learning rate while the run goes on; the warm-up is multiplied onto it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decay {
    /// It falls to zero in a line.
    Linear,
    /// It falls to zero in half a wave of the cosine: slowly, faster, slowly.
    Cosine,
    /// It stays.
    Constant,
}

/// What is trained, and where it starts.
#[derive(Debug, Clone, PartialEq)]
pub enum Method {
    /// Rows before the source.
    SoftPrompt {
        /// Rows of the soft prompt.
        rows: usize,
        /// Where they start.
        initial: InitialPrompt,
    },
    /// A low-rank share of chosen products; see [`Lora::from_seed`] for its start.
    Lora(LoraSettings),
}

impl Method {
    /// What kind of adapter comes of it.
    pub fn kind(&self) -> AdapterKind {
        match self {
            Self::SoftPrompt { rows, .. } => AdapterKind::SoftPrompt { rows: *rows },
            Self::Lora(settings) => AdapterKind::Lora(settings.clone()),
        }
    }
}

/// The settings of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingConfig {
    /// How often every example is seen.
    pub epochs: usize,
    /// The most examples in a batch.
    pub batch_size: usize,
    /// The most source and target tokens in a batch; an example that has more is a batch of its own.
    pub batch_tokens: Option<usize>,
    /// Batches in a step. Its gradient is the mean over all their target tokens, as if they were one batch.
    pub accumulation_steps: usize,
    /// The highest learning rate of the run.
    pub learning_rate: f64,
    /// Steps over which the learning rate rises to its highest; 0 starts there.
    pub warmup_steps: usize,
    /// What becomes of it then.
    pub decay: Decay,
    /// AdamW's decoupled weight decay.
    pub weight_decay: f64,
    /// The longest a gradient may be (L2); longer ones are shortened to it.
    pub gradient_clip: Option<f64>,
    /// The share of values left out of a step's computation at each place where transformers' T5 does (see
    /// [`Dropout`](crate::Dropout)), 0 to below 1. Evaluations and the self-check leave nothing out.
    pub dropout: f64,
    /// What is trained.
    pub method: Method,
    /// The numbers it is computed in.
    pub precision: Precision,
    /// Inputs are cut to this many tokens.
    pub source_max_tokens: usize,
    /// Outputs are cut to this many tokens.
    pub target_max_tokens: usize,
    /// Steps between two evaluations of the held-out examples; none evaluates them after each epoch. After the
    /// last step they are evaluated in any case.
    pub validation_steps: Option<usize>,
    /// Evaluations in a row without a lower loss after which the run ends; none goes on to the last step.
    pub patience: Option<usize>,
    /// Decides the order of the examples, what dropout leaves out and, where it is drawn, the start.
    pub seed: u64,
}

/// Measured on the bundled base: a start from outputs and a rate of 0.5 to 1 come near one sentence from nineteen
/// rows in three epochs and do not diverge on eight hundred; a random start or a rate of 0.3 come nowhere near.
impl Default for TrainingConfig {
    fn default() -> Self {
        Self {
            epochs: 3,
            batch_size: LARGEST_BATCH,
            batch_tokens: None,
            accumulation_steps: 1,
            learning_rate: 0.5,
            warmup_steps: 5,
            decay: Decay::Linear,
            weight_decay: 0.0,
            gradient_clip: Some(1.0),
            dropout: 0.0,
            method: Method::SoftPrompt { rows: 20, initial: InitialPrompt::Outputs },
            precision: Precision::F32,
            source_max_tokens: 128,
            target_max_tokens: 128,
            validation_steps: None,
            patience: None,
            seed: 1,
        }
    }
}

/// Larger batches leave a small dataset too few steps and save nothing where rows are computed one by one.
const LARGEST_BATCH: usize = 8;
/// Batches an epoch should have at least, or three epochs are too few steps to learn even one sentence.
const BATCHES_AN_EPOCH: usize = 32;

/// Nineteen rows, three epochs, six seeds: at this rate half learned their sentence but for a word at most, at the
/// default none. Measured in `docs/decisions`.
const FEW_EXAMPLES_LEARNING_RATE: f64 = 1.0;

/// The rate at which PEFT's LoRA learns the bundled base a thousand commands; a handful of rows learn at it too.
const LORA_LEARNING_RATE: f64 = 3e-3;

impl TrainingConfig {
    /// The defaults for this many examples: few examples are taken one by one and at a higher rate, so that
    /// three epochs go far enough; from 256 on a batch holds eight.
    pub fn for_examples(examples: usize) -> Self {
        let batch_size = (examples / BATCHES_AN_EPOCH).clamp(1, LARGEST_BATCH);
        let default = Self::default();
        let learning_rate = if batch_size == 1 { FEW_EXAMPLES_LEARNING_RATE } else { default.learning_rate };
        Self { batch_size, learning_rate, ..default }
    }

    /// The defaults for LoRA on this many examples: those of a soft prompt but for the learning rate, of which
    /// LoRA takes a hundredth.
    pub fn for_lora(examples: usize, settings: LoraSettings) -> Self {
        Self {
            learning_rate: LORA_LEARNING_RATE,
            method: Method::Lora(settings),
            ..Self::for_examples(examples)
        }
    }

    /// Refuses values no run can have.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] with the field's name, or [`Error::EmptyInitialText`].
    pub fn validate(&self) -> Result<()> {
        let counts = [
            ("epochs", self.epochs),
            ("batch_size", self.batch_size),
            ("batch_tokens", self.batch_tokens.unwrap_or(1)),
            ("accumulation_steps", self.accumulation_steps),
            ("validation_steps", self.validation_steps.unwrap_or(1)),
            ("patience", self.patience.unwrap_or(1)),
            ("source_max_tokens", self.source_max_tokens),
            ("target_max_tokens", self.target_max_tokens),
        ];
        for (field, count) in counts {
            if count == 0 {
                return Err(invalid(field, count, "1 or more"));
            }
        }
        if !(self.learning_rate.is_finite() && self.learning_rate > 0.0) {
            return Err(invalid("learning_rate", self.learning_rate, "a number above 0, such as 0.3"));
        }
        if !(self.weight_decay.is_finite() && self.weight_decay >= 0.0) {
            return Err(invalid("weight_decay", self.weight_decay, "0 or a small number above it"));
        }
        if let Some(clip) = self.gradient_clip.filter(|clip| !(clip.is_finite() && *clip > 0.0)) {
            return Err(invalid("gradient_clip", clip, "a number above 0, or none"));
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return Err(invalid("dropout", self.dropout, "0 or a share below 1, such as 0.1"));
        }
        match &self.method {
            Method::SoftPrompt { initial: InitialPrompt::Text(text), .. } if text.trim().is_empty() => {
                Err(Error::EmptyInitialText)
            }
            method => method.kind().validate(),
        }
    }

    /// The learning rate of a step (counted from 0) of a run: it rises over the warm-up while it decays.
    pub(super) fn learning_rate_at(&self, step: usize, total_steps: usize) -> f64 {
        let warmup = if self.warmup_steps == 0 {
            1.0
        } else {
            ((step + 1) as f64 / self.warmup_steps as f64).min(1.0)
        };
        let progress = step as f64 / total_steps as f64;
        let decay = match self.decay {
            Decay::Linear => 1.0 - progress,
            Decay::Cosine => 0.5 * (1.0 + (PI * progress).cos()),
            Decay::Constant => 1.0,
        };
        self.learning_rate * warmup * decay
    }

    /// The adapter before the first step.
    pub(super) fn start(&self, base: &BaseModel, examples: &[Example]) -> Result<Adapter> {
        let (rows, initial) = match &self.method {
            Method::SoftPrompt { rows, initial } => (*rows, initial),
            Method::Lora(settings) => {
                return Lora::from_seed(base, settings.clone(), self.seed).map(Adapter::Lora);
            }
        };
        let prompt = match initial {
            InitialPrompt::Outputs => {
                let outputs = examples.iter().map(|example| example.output.as_str());
                SoftPrompt::from_outputs(base, outputs, rows)
            }
            InitialPrompt::Text(text) => SoftPrompt::from_text(base, text, rows),
            InitialPrompt::Vocabulary => SoftPrompt::from_vocabulary(base, rows, self.seed),
            InitialPrompt::Random => SoftPrompt::from_seed(base, rows, self.seed),
        };
        prompt.map(Adapter::SoftPrompt)
    }
}

fn invalid(field: &'static str, found: impl ToString, needed: &'static str) -> Error {
    Error::InvalidSetting { field, found: found.to_string(), needed }
}

//! Everything that decides what a training computes.
//!
//! Not here: how it is chosen (`choices`).
//! Invariant: what is stored is complete. A value that a later Attune chooses otherwise stays what it was, so that
//! a run can be gone on from.

use attune_tuning::{LoraSettings, LoraTarget, TrainingConfig};
use serde::{Deserialize, Serialize};

use super::{Decay, InitialPrompt, Method, Precision};

/// Everything that decides what a training computes; frozen when the run is created.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hyperparameters {
    pub epochs: u32,
    pub batch_size: u32,
    pub learning_rate: f64,
    /// Tokens of an input that are read, the end of sequence included.
    pub source_max_tokens: u32,
    /// Tokens of an output that are learned, the end of sequence included.
    pub target_max_tokens: u32,
    pub seed: u64,
    /// Dimensions of a LoRA adapter; absent for a soft prompt.
    #[serde(default)]
    pub lora: Option<LoraDimensions>,
    /// Of a soft prompt; unused for LoRA.
    #[serde(default)]
    pub prompt: PromptDimensions,
    #[serde(flatten, default)]
    pub course: Course,
}

/// How a training goes about it. The defaults are also what runs were made with before each could be chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Course {
    /// Steps over which the learning rate rises.
    pub warmup_steps: u32,
    pub decay: Decay,
    /// Batches in a step.
    pub accumulation_steps: u32,
    /// The most source and target tokens in a batch.
    pub batch_tokens: Option<u32>,
    /// The longest a gradient may be; 0 leaves gradients as they are.
    pub gradient_clip: f64,
    pub weight_decay: f64,
    pub dropout: f64,
    /// As it was asked for; what the run is computed in is in its computation.
    pub precision: Precision,
    /// Evaluations without a lower validation loss after which the run ends; 0 never ends it early.
    pub patience: u32,
    /// Steps between two evaluations; none evaluates after each epoch.
    pub validation_steps: Option<u32>,
    /// The most rows that were wanted; not known of runs that were made before it was kept.
    pub max_samples: Option<u32>,
    pub skip_self_check: bool,
}

impl Default for Course {
    fn default() -> Self {
        Self {
            warmup_steps: 5,
            decay: Decay::Linear,
            accumulation_steps: 1,
            batch_tokens: None,
            gradient_clip: 1.0,
            weight_decay: 0.0,
            dropout: 0.0,
            precision: Precision::Auto,
            patience: 0,
            validation_steps: None,
            max_samples: None,
            skip_self_check: false,
        }
    }
}

/// The dimensions of a soft prompt, and where it starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromptDimensions {
    pub rows: u32,
    pub initial: InitialPrompt,
    /// What it starts from, if that is a text.
    #[serde(default)]
    pub text: Option<String>,
}

impl Default for PromptDimensions {
    fn default() -> Self {
        Self { rows: 20, initial: InitialPrompt::Outputs, text: None }
    }
}

/// The dimensions of a LoRA adapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoraDimensions {
    pub rank: u32,
    /// What is learned is multiplied by `alpha / rank`.
    pub alpha: f64,
    /// Modules by their last name, in every layer: q, k, v, o, wi_0, wi_1, wo.
    pub targets: Vec<String>,
}

impl Hyperparameters {
    /// The same as the trainer is told it.
    pub(crate) fn training_config(&self) -> TrainingConfig {
        let course = &self.course;
        let some = |count: u32| (count > 0).then_some(count as usize);
        TrainingConfig {
            epochs: self.epochs as usize,
            batch_size: self.batch_size as usize,
            batch_tokens: course.batch_tokens.map(|tokens| tokens as usize),
            accumulation_steps: course.accumulation_steps as usize,
            learning_rate: self.learning_rate,
            warmup_steps: course.warmup_steps as usize,
            decay: match course.decay {
                Decay::Linear => attune_tuning::Decay::Linear,
                Decay::Cosine => attune_tuning::Decay::Cosine,
                Decay::Constant => attune_tuning::Decay::Constant,
            },
            weight_decay: course.weight_decay,
            gradient_clip: (course.gradient_clip > 0.0).then_some(course.gradient_clip),
            dropout: course.dropout,
            method: self.trained(),
            precision: course.precision.into(),
            source_max_tokens: self.source_max_tokens as usize,
            target_max_tokens: self.target_max_tokens as usize,
            validation_steps: course.validation_steps.and_then(some),
            patience: some(course.patience),
            seed: self.seed,
        }
    }

    fn trained(&self) -> attune_tuning::Method {
        if let Some(lora) = &self.lora {
            return attune_tuning::Method::Lora(LoraSettings {
                rank: lora.rank as usize,
                alpha: lora.alpha,
                // Names were checked when the run was created.
                targets: lora.targets.iter().filter_map(|name| LoraTarget::from_name(name)).collect(),
            });
        }
        attune_tuning::Method::SoftPrompt {
            rows: self.prompt.rows as usize,
            initial: match self.prompt.initial {
                InitialPrompt::Outputs => attune_tuning::InitialPrompt::Outputs,
                InitialPrompt::Text => {
                    attune_tuning::InitialPrompt::Text(self.prompt.text.clone().unwrap_or_default())
                }
                InitialPrompt::Vocabulary => attune_tuning::InitialPrompt::Vocabulary,
                InitialPrompt::Random => attune_tuning::InitialPrompt::Random,
            },
        }
    }

    /// The method that these are of.
    pub fn method(&self) -> Method {
        if self.lora.is_some() { Method::Lora } else { Method::SoftPrompt }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hyperparameters_of_an_older_attune_are_read_with_what_it_did() {
        let text = r#"{"epochs":3,"batch_size":1,"learning_rate":0.5,"source_max_tokens":128,
            "target_max_tokens":128,"seed":1}"#;
        let read: Hyperparameters = serde_json::from_str(text).unwrap();
        assert_eq!((read.course, read.prompt), (Course::default(), PromptDimensions::default()));
    }
}

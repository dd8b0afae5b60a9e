//! The mathematics of Attune: T5 v1.1, soft prompts, LoRA, training and generation on the CPU.
//!
//! Bytes, token ids, a configuration and a seed go in; a value or an [`Error`] comes out. Nothing here
//! touches the disk, the network, a clock or the environment, and nothing prints: whoever calls owns those.
//! The same seed on the same machine gives the same bits.
//!
//! The way through the crate: [`BaseModel`] holds the frozen weights, an [`Adapter`] the few values that are
//! trained, [`train`] makes one from [`Example`]s by way of a [`TrainingPass`], [`generate`] answers
//! with it, and [`peft`] exchanges it with Hugging Face PEFT.

#[cfg(test)]
extern crate self as attune_tuning;

mod adamw;
mod adapter;
mod answer_network;
mod architecture;
mod autograd;
mod base_model;
mod batch;
mod chat;
mod dropout;
mod embedding;
mod error;
mod evaluation;
#[cfg(test)]
#[path = "../tests/tuning/fixtures.rs"]
mod fixtures;
mod generation;
mod kernels;
mod lora;
mod network;
mod packed;
mod pass;
pub mod peft;
mod placed;
mod precision;
mod ready;
mod soft_prompt;
mod tokenizer;
mod training;
mod vectors;
mod weights;

pub use adamw::{AdamW, AdamWState};
pub use adapter::{Adapter, AdapterKind, AdapterLayout, AdapterTensor};
pub use answer_network::answer_log_likelihoods;
pub use architecture::Architecture;
pub use autograd::AutogradPass;
pub use base_model::{BaseModel, BaseModelFiles};
pub use batch::{EncodedExample, Example, PackedBatch};
pub use chat::{ChatAnswer, ChatError, ChatFile, ChatModel, Speaker, Turn};
pub use dropout::{Dropout, DropoutMask, DropoutPlace, RowDropout, Stack};
pub use embedding::embedding;
pub use error::{Error, Quantity, Result};
pub use evaluation::{evaluate, log_likelihoods, logits};
pub use generation::{
    Answer, Answering, Ask, Beams, EarlyStopping, Ended, Finish, GenerationConfig, LONGEST_PROMPT, Observer,
    Piece, Questions, Sampling, Search, Stop, Ticket, answer, generate, generate_greedy, generate_seeded,
};
pub use kernels::{
    Choice, Int8Choice, Int8Instructions, Kernel, PeakProduct, chosen, chosen_for_int8, limit_kernel,
};
pub use lora::{Lora, LoraSettings, LoraTarget};
pub use packed::PackedPass;
pub use pass::{Loss, TrainingPass};
pub use precision::{AnswerPrecision, Precision};
pub use ready::ReadyAdapter;
pub use soft_prompt::{PROMPT_TENSOR, SoftPrompt};
pub use tokenizer::Tokenizer;
pub use training::{
    Checkpoint, Computation, Decay, InitialPrompt, Method, Progress, SelfCheck, StepReport, TrainedAdapter,
    Training, TrainingConfig, TrainingEvent, TrainingOutcome, Validated, ValidationReport, self_check, train,
    training_memory,
};
pub use weights::WeightsFile;

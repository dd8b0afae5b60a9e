//! attune-tuning through its public doors, against numbers made by transformers and PEFT.

// clippy.toml allows this in test functions only; their helpers are tests as well.
#![allow(clippy::unwrap_used)]

mod answer_precision;
mod answering;
mod base_model;
mod bf16;
mod chat;
mod dropout;
mod fixtures;
mod generation;
mod generation_settings;
mod gradient;
mod kernels;
mod lora;
mod loss;
mod packed;
mod peft;
mod resume;
mod tokenizer;
mod training;
mod validation;

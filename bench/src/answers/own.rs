//! Attune as a contestant: a process that answers as the product does whenever it is told to.

use std::io::BufRead;
use std::ops::ControlFlow;
use std::path::PathBuf;

use attune_tuning::{
    Adapter, AnswerPrecision, Answering as Batch, Ask, BaseModel, GenerationConfig, Lora, LoraSettings,
    Questions, ReadyAdapter, SoftPrompt,
};
use clap::{Args, ValueEnum};
use serde_json::json;

use super::TOKENS;
use crate::console::result as say;
use crate::error::{Error, Result};
use crate::files::{read_base, read_json};
use crate::own_process::{Stopwatch, most_resident_kibibytes};

/// What Attune answers in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Own {
    F32,
    Bf16,
    Int8,
}

impl Own {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::F32 => "Attune, f32",
            Self::Bf16 => "Attune, bf16",
            Self::Int8 => "Attune, int8",
        }
    }

    /// As this program's own option says it.
    pub(crate) fn precision(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::Int8 => "int8",
        }
    }

    fn in_words_of_the_mathematics(self) -> AnswerPrecision {
        match self {
            Self::F32 => AnswerPrecision::F32,
            Self::Bf16 => AnswerPrecision::Bf16,
            Self::Int8 => AnswerPrecision::Int8,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// A soft prompt of 20 rows.
    Prompt,
    /// LoRA of rank 16 on q and v.
    Lora,
}

#[derive(Debug, Args)]
pub(crate) struct Answering {
    /// What `answers.py make` made.
    folder: PathBuf,
    #[arg(long, value_enum)]
    precision: Own,
    /// How many adapters are in memory, of which each call has another.
    #[arg(long, default_value_t = 0)]
    adapters: usize,
    #[arg(long, value_enum, default_value = "prompt")]
    kind: Kind,
}

/// Answers as many prompts as each line of standard input says.
pub(crate) fn answer(wanted: &Answering) -> Result<bool> {
    let prompts: Vec<String> = read_json::<Vec<Vec<u32>>>(&wanted.folder.join("prompts.json"))?
        .into_iter()
        .map(|tokens| tokens.iter().map(|token| format!("<{token}>")).collect::<Vec<_>>().join(" "))
        .collect();
    let base = read_base(&wanted.folder.join("base"))?;
    let adapters: Vec<ReadyAdapter> =
        (0..wanted.adapters as u64).map(|seed| adapter(&base, wanted.kind, seed)).collect::<Result<_>>()?;
    let config = GenerationConfig {
        max_new_tokens: TOKENS,
        min_new_tokens: TOKENS,
        precision: wanted.precision.in_words_of_the_mathematics(),
        ..GenerationConfig::default()
    };
    say(&json!({ "ready": true }).to_string());
    let mut place = 0;
    for (call, line) in std::io::stdin().lock().lines().enumerate() {
        let unreadable = |source| Error::Read { path: PathBuf::from("standard input"), source };
        let count: usize = line.map_err(unreadable)?.trim().parse().map_err(|_| Error::NoNumber)?;
        let adapter = adapters.get(call % adapters.len().max(1));
        let asks: Vec<Ask<'_>> = (place..place + count)
            .map(|number| Ask { prompt: &prompts[number % prompts.len()], adapter, seed: None })
            .collect();
        place += count;
        let stopwatch = Stopwatch::start();
        let mut batch = Batch::new(&base);
        batch.join(Questions::new(&base, &asks, &config)?.without_pieces());
        while !batch.is_idle() {
            for ended in batch.step(&mut |_, _| ControlFlow::Continue(())) {
                ended.answers?;
            }
        }
        let taken = json!({ "seconds": stopwatch.seconds(), "processor": stopwatch.processor_seconds() });
        say(&taken.to_string());
    }
    say(&json!({ "peak_kib": most_resident_kibibytes() }).to_string());
    Ok(true)
}

fn adapter(base: &BaseModel, kind: Kind, seed: u64) -> Result<ReadyAdapter> {
    let adapter: Adapter = match kind {
        Kind::Prompt => SoftPrompt::from_vocabulary(base, 20, seed)?.into(),
        Kind::Lora => Lora::from_seed(base, LoraSettings::default(), seed)?.into(),
    };
    Ok(ReadyAdapter::new(base, &adapter)?)
}

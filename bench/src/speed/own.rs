//! Attune as a contestant: a process that trains with the product's pass and optimiser whenever it is told to.

use std::io::BufRead;
use std::path::PathBuf;

use attune_tuning::{
    AdamW, AdapterKind, EncodedExample, Kernel, LoraSettings, PackedBatch, PackedPass, Precision,
    TrainingPass, limit_kernel,
};
use clap::{Args, ValueEnum};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use super::Kind;
use super::rows::read_rows;
use crate::console::result as say;
use crate::error::{Error, Result};
use crate::files::read_base;
use crate::own_process::{Stopwatch, most_resident_kibibytes};

const BATCH: usize = 8;

/// What Attune trains in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Own {
    F32,
    Bf16,
}

impl Own {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::F32 => "Attune, f32",
            Self::Bf16 => "Attune, bf16",
        }
    }

    /// What training a soft prompt may hold at once.
    pub(super) fn most_mebibytes(self) -> u64 {
        match self {
            Self::F32 => 700,
            Self::Bf16 => 350,
        }
    }

    /// As this program's own option says it.
    pub(crate) fn precision(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Training {
    /// What `speed.py make` made.
    folder: PathBuf,
    #[arg(long, value_enum)]
    kind: Kind,
    #[arg(long, value_enum)]
    precision: Own,
    /// The best kernel that may be used.
    #[arg(long, value_parser = kernel)]
    kernel: Option<Kernel>,
}

/// A kernel by the name that `ATTUNE_KERNEL` takes.
pub(crate) fn kernel(name: &str) -> std::result::Result<Kernel, String> {
    let names = || Kernel::ALL.map(Kernel::name).join(", ");
    Kernel::by_name(name).ok_or_else(|| format!("there are {}", names()))
}

/// Trains as many rows as each line of standard input says.
pub(crate) fn train(wanted: &Training) -> Result<bool> {
    wanted.kernel.map_or(Ok(()), limit_kernel)?;
    let rows: Vec<EncodedExample> = read_rows(&wanted.folder)?
        .into_iter()
        .map(|row| EncodedExample { source: row.source, target: row.target })
        .collect();
    let base = read_base(&wanted.folder.join("base"))?;
    let kind = match wanted.kind {
        Kind::Prompt => AdapterKind::SoftPrompt { rows: 20 },
        Kind::Lora => AdapterKind::Lora(LoraSettings { rank: 16, alpha: 32.0, ..LoraSettings::default() }),
    };
    let precision = match wanted.precision {
        Own::F32 => Precision::F32,
        Own::Bf16 => Precision::Bf16,
    };
    let mut pass = PackedPass::new(&base, kind, precision)?;
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut adapter: Vec<f32> =
        (0..pass.layout().parameters()).map(|_| random.random_range(-0.02..0.02)).collect();
    let mut gradient = vec![0.0; adapter.len()];
    let mut optimizer = AdamW::new(adapter.len(), 0.0);
    say(&json!({ "ready": true }).to_string());
    let mut place = 0;
    for line in std::io::stdin().lock().lines() {
        let unreadable = |source| Error::Read { path: PathBuf::from("standard input"), source };
        let count: usize = line.map_err(unreadable)?.trim().parse().map_err(|_| Error::NoNumber)?;
        let stopwatch = Stopwatch::start();
        for first in (place..place + count).step_by(BATCH) {
            let taken: Vec<EncodedExample> =
                (first..first + BATCH).map(|number| rows[number % rows.len()].clone()).collect();
            pass.loss_and_gradient(&adapter, &PackedBatch::pack(&taken)?, &mut gradient)?;
            optimizer.step(&mut adapter, &gradient, 1e-3)?;
        }
        place += count;
        let taken = json!({ "seconds": stopwatch.seconds(), "processor": stopwatch.processor_seconds() });
        say(&taken.to_string());
    }
    say(&json!({ "peak_kib": most_resident_kibibytes() }).to_string());
    Ok(true)
}

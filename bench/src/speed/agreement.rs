//! How near the losses of a training in bf16 stay to those in f32: the same batch, forty steps, three seeds, on the random
//! base of the speed comparison and on the bundled one.
//!
//! Steps of AdamW are long at first and go by the signs of slopes, so two trainings part whatever rounds them
//! differently, and on the bundled base one in f32 parts from itself. So there is a yardstick: f32 from a start whose
//! values were rounded to bf16 once. What is judged is how far losses lie apart over all steps and seeds.

use std::fmt;
use std::path::Path;

use attune_tuning::{
    AdamW, AdapterKind, BaseModel, EncodedExample, PackedBatch, PackedPass, Precision, SoftPrompt,
    TrainingPass,
};

use serde::Deserialize;

use super::rows::read_rows;
use crate::console::result as tell;
use crate::error::{Error, Result};
use crate::files::read_base;
use crate::judgement::{Judgement, report};
use crate::reference::checkout;

const BATCH: usize = 8;
const STEPS: usize = 40;
const SEEDS: [u64; 3] = [1, 2, 3];
const PROMPT_ROWS: usize = 20;
/// What PEFT's examples of prompt tuning take.
const RATE: f64 = 0.3;
/// Of a source and of a target.
const MOST_TOKENS: usize = 128;
/// By this share of f32's losses those in bf16 may lie apart on the random base, as a mean over steps and seeds. On the
/// bundled one f32 lies as far from itself.
const ALLOWED: f64 = 0.01;

/// Whether it stays as near as it must.
pub(super) fn compare(folder: &Path) -> Result<bool> {
    let random = read_base(&folder.join("base"))?;
    let rows: Vec<EncodedExample> = read_rows(folder)?
        .into_iter()
        .map(|row| EncodedExample { source: row.source, target: row.target })
        .collect();
    let of_random = of_base("random base", &random, &rows)?;
    let bundled = read_base(&checkout().join("models/attune-mini"))?;
    let path = checkout().join("data/samples/butler.jsonl");
    let text = std::fs::read_to_string(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
    let rows = text.lines().map(|line| {
        let row: Row =
            serde_json::from_str(line).map_err(|source| Error::Json { path: path.clone(), source })?;
        let encode = |text: &str| bundled.tokenizer().encode(text, MOST_TOKENS);
        Ok(EncodedExample { source: encode(&row.input)?, target: encode(&row.output)? })
    });
    of_base("attune-mini", &bundled, &rows.collect::<Result<Vec<_>>>()?)?;
    Ok(report(&[Judgement::new(format!("random base, over {STEPS} steps"), of_random, ALLOWED)]))
}

#[derive(Deserialize)]
struct Row {
    input: String,
    output: String,
}

/// How far losses in bf16 lie apart.
fn of_base(name: &str, base: &BaseModel, rows: &[EncodedExample]) -> Result<f64> {
    let (mut near_apart, mut rounded_apart) = (0.0, 0.0);
    for seed in SEEDS {
        let first = seed as usize * BATCH;
        let batch = PackedBatch::pack(&rows[first..first + BATCH])?;
        let start = SoftPrompt::from_vocabulary(base, PROMPT_ROWS, seed)?.values().to_vec();
        let rounded = start.iter().map(|value| rounded_to_bf16(*value)).collect();
        let exact = losses(base, &batch, Precision::F32, start.clone())?;
        let near = Apart::of(&losses(base, &batch, Precision::Bf16, start)?, &exact);
        let rounded = Apart::of(&losses(base, &batch, Precision::F32, rounded)?, &exact);
        tell(&format!(
            "{name}, seed {seed}: f32 from {:.4} to {:.4}; bf16 lies {near} apart, f32 from the rounded start {rounded}",
            exact[0], exact[STEPS],
        ));
        near_apart += near.mean / SEEDS.len() as f64;
        rounded_apart += rounded.mean / SEEDS.len() as f64;
    }
    tell(&format!(
        "{name}, over {STEPS} steps and {} seeds: bf16 {:.2} %, f32 from rounded starts {:.2} %",
        SEEDS.len(),
        100.0 * near_apart,
        100.0 * rounded_apart,
    ));
    Ok(near_apart)
}

/// How far losses lie from those of f32, as shares of these.
struct Apart {
    mean: f64,
    /// With its sign.
    end: f64,
}

impl Apart {
    fn of(losses: &[f64], exact: &[f64]) -> Self {
        let apart: Vec<f64> = losses.iter().zip(exact).map(|(loss, exact)| (loss - exact) / exact).collect();
        let mean = apart.iter().map(|apart| apart.abs()).sum::<f64>() / apart.len() as f64;
        Self { mean, end: apart[STEPS] }
    }
}

impl fmt::Display for Apart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.2} % (at the end {:+.2} %)", 100.0 * self.mean, 100.0 * self.end)
    }
}

/// To the nearest; ties away from zero, which hardly a value meets.
fn rounded_to_bf16(value: f32) -> f32 {
    f32::from_bits((value.to_bits() + 0x8000) & 0xffff_0000)
}

/// Before each step and after the last.
fn losses(
    base: &BaseModel,
    batch: &PackedBatch,
    precision: Precision,
    mut values: Vec<f32>,
) -> Result<Vec<f64>> {
    let mut pass = PackedPass::new(base, AdapterKind::SoftPrompt { rows: PROMPT_ROWS }, precision)?;
    let mut optimizer = AdamW::new(values.len(), 0.0);
    let mut gradient = vec![0.0; values.len()];
    let mut losses = Vec::with_capacity(STEPS + 1);
    for _ in 0..STEPS {
        losses.push(pass.loss_and_gradient(&values, batch, &mut gradient)?.mean);
        optimizer.step(&mut values, &gradient, RATE)?;
    }
    losses.push(pass.loss(&values, batch)?.mean);
    Ok(losses)
}

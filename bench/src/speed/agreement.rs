//! How near the losses of a training in bf16 stay to those in f32: the same batch, forty steps, three seeds, on the random
//! base of the speed comparison and on the bundled one.
//!
//! Steps of AdamW are long at first and go by the signs of slopes, so two trainings part a little whatever rounds them
//! differently; what is judged is how far the losses lie apart over all steps, and the last ones are told.

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
/// By this share of f32's losses those in bf16 may lie apart, as a mean over the steps.
const ALLOWED: f64 = 0.01;

/// Whether it stays as near as it must.
pub(super) fn compare(folder: &Path) -> Result<bool> {
    let random = read_base(&folder.join("base"))?;
    let rows: Vec<EncodedExample> = read_rows(folder)?
        .into_iter()
        .map(|row| EncodedExample { source: row.source, target: row.target })
        .collect();
    let mut judgements = of_base("random base", &random, &rows)?;
    let bundled = read_base(&checkout().join("models/attune-mini"))?;
    let path = checkout().join("data/samples/butler.jsonl");
    let text = std::fs::read_to_string(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
    let rows = text.lines().map(|line| {
        let row: Row =
            serde_json::from_str(line).map_err(|source| Error::Json { path: path.clone(), source })?;
        let encode = |text: &str| bundled.tokenizer().encode(text, MOST_TOKENS);
        Ok(EncodedExample { source: encode(&row.input)?, target: encode(&row.output)? })
    });
    judgements.extend(of_base("attune-mini", &bundled, &rows.collect::<Result<Vec<_>>>()?)?);
    Ok(report(&judgements))
}

#[derive(Deserialize)]
struct Row {
    input: String,
    output: String,
}

fn of_base(name: &str, base: &BaseModel, rows: &[EncodedExample]) -> Result<Vec<Judgement>> {
    let mut judgements = Vec::new();
    for seed in SEEDS {
        let first = seed as usize * BATCH;
        let batch = PackedBatch::pack(&rows[first..first + BATCH])?;
        let exact = losses(base, &batch, Precision::F32, seed)?;
        let near = losses(base, &batch, Precision::Bf16, seed)?;
        let apart: Vec<f64> =
            exact.iter().zip(&near).map(|(exact, near)| (near - exact).abs() / exact).collect();
        let mean = apart.iter().sum::<f64>() / apart.len() as f64;
        tell(&format!(
            "{name}, seed {seed}: f32 {:.4} to {:.4}, bf16 {:.4} to {:.4}; {:.2} % apart on average, {:.2} % at most, \
             {:.2} % at the end",
            exact[0],
            exact[STEPS],
            near[0],
            near[STEPS],
            100.0 * mean,
            100.0 * apart.iter().fold(0.0_f64, |most, apart| most.max(*apart)),
            100.0 * apart[STEPS],
        ));
        judgements.push(Judgement::new(format!("{name}, seed {seed}, over {STEPS} steps"), mean, ALLOWED));
    }
    Ok(judgements)
}

/// Before each step and after the last.
fn losses(base: &BaseModel, batch: &PackedBatch, precision: Precision, seed: u64) -> Result<Vec<f64>> {
    let mut pass = PackedPass::new(base, AdapterKind::SoftPrompt { rows: PROMPT_ROWS }, precision)?;
    let mut values = SoftPrompt::from_vocabulary(base, PROMPT_ROWS, seed)?.values().to_vec();
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

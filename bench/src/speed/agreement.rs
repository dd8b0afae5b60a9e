//! How near the losses of a training in bf16 stay to those in f32: the same batch, forty steps, three seeds.

use std::path::Path;

use attune_tuning::{
    AdamW, AdapterKind, BaseModel, EncodedExample, PackedBatch, PackedPass, Precision, SoftPrompt,
    TrainingPass,
};

use super::rows::read_rows;
use crate::console::result as tell;
use crate::error::Result;
use crate::files::read_base;
use crate::judgement::{Judgement, report};

const BATCH: usize = 8;
const STEPS: usize = 40;
const SEEDS: [u64; 3] = [1, 2, 3];
const PROMPT_ROWS: usize = 20;
/// What PEFT's examples of prompt tuning take.
const LEARNING_RATE: f64 = 0.3;
/// By this share of f32's loss bf16 may lie apart at the end.
const ALLOWED: f64 = 0.01;

/// Whether it stays as near as it must, on the random base of the speed comparison.
pub(super) fn compare(folder: &Path) -> Result<bool> {
    let base = read_base(&folder.join("base"))?;
    let rows = read_rows(folder)?;
    let mut judgements = Vec::new();
    for seed in SEEDS {
        let first = seed as usize * BATCH;
        let batch: Vec<EncodedExample> = rows[first..first + BATCH]
            .iter()
            .map(|row| EncodedExample { source: row.source.clone(), target: row.target.clone() })
            .collect();
        let batch = PackedBatch::pack(&batch)?;
        let exact = losses(&base, &batch, Precision::F32, seed)?;
        let near = losses(&base, &batch, Precision::Bf16, seed)?;
        let apart: Vec<f64> =
            exact.iter().zip(&near).map(|(exact, near)| (near - exact).abs() / exact).collect();
        let mean = apart.iter().sum::<f64>() / apart.len() as f64;
        tell(&format!(
            "seed {seed}: f32 {:.4} to {:.4}, bf16 {:.4} to {:.4}; {:.3} % apart on average, {:.3} % at most",
            exact[0],
            exact[STEPS],
            near[0],
            near[STEPS],
            100.0 * mean,
            100.0 * apart.iter().fold(0.0_f64, |most, apart| most.max(*apart)),
        ));
        judgements.push(Judgement::new(format!("seed {seed}, after {STEPS} steps"), apart[STEPS], ALLOWED));
    }
    Ok(report(&judgements))
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
        optimizer.step(&mut values, &gradient, LEARNING_RATE)?;
    }
    losses.push(pass.loss(&values, batch)?.mean);
    Ok(losses)
}

//! The same steps as PEFT from the same start: losses, the first gradient, and the adapter after some steps.
//!
//! A pass and AdamW are driven directly, so that the batches are exactly those of the reference. Not here: the trainer's
//! order, warm-up, decay and clipping, which attune-tuning's own tests compare with PEFT.
//! Adapters are compared by the length of their difference: Adam's first steps are almost the sign of the gradient,
//! which rounding flips where it is tiny, so single values may differ by whole steps.

use std::path::Path;

use attune_tuning::{
    AdamW, AdapterKind, AdapterLayout, AutogradPass, BaseModel, EncodedExample, Kernel, LoraSettings,
    LoraTarget, PackedBatch, PackedPass, Precision, TrainingPass, limit_kernel,
};
use clap::Args;
use serde::Deserialize;

use crate::console;
use crate::error::Result;
use crate::files::{Tensors, read_base, read_json};
use crate::judgement::{Judgement, relative_difference, report};
use crate::reference::Python;
use crate::speed::kernel;

/// Relative error of every step's loss.
const LOSS: f64 = 3e-4;
/// Relative L2 difference of the first gradient.
const GRADIENT: f64 = 1e-4;
/// Relative L2 difference of the adapter after `snapshot` steps.
const ADAPTER: f64 = 5e-3;

#[derive(Debug, Args)]
pub(crate) struct Wanted {
    /// Follow the steps that PEFT took the last time, rather than let it take them again.
    #[arg(long)]
    keep: bool,
    /// Follow with the readable pass, which the one that trains is tested against.
    #[arg(long)]
    readable: bool,
    /// The best kernel that Attune may use.
    #[arg(long, value_name = "NAME", value_parser = kernel)]
    kernel: Option<Kernel>,
}

/// What computes losses and gradients.
#[derive(Debug, Clone, Copy)]
enum Pass {
    /// The one that trains.
    Packed,
    /// candle's autograd.
    Readable,
}

/// What `bench/reference/parity.py` writes.
#[derive(Deserialize)]
struct Reference {
    batch_size: usize,
    snapshot: usize,
    prompt_rows: usize,
    lora: Lora,
    rows: Vec<Row>,
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Lora {
    rank: usize,
    alpha: f64,
    targets: Vec<String>,
}

#[derive(Deserialize)]
struct Row {
    source: Vec<u32>,
    target: Vec<u32>,
}

#[derive(Deserialize)]
struct Run {
    name: String,
    kind: String,
    fixed: bool,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    learning_rate: f64,
    loss: f64,
}

/// Lets PEFT train a random base in the shape of flan-t5-small, follows it, and says whether everything holds.
pub(crate) fn compare(python: &Python, work: &Path, wanted: &Wanted) -> Result<bool> {
    let folder = work.join("parity");
    wanted.kernel.map_or(Ok(()), limit_kernel)?;
    if !wanted.keep {
        console::say("PEFT takes its steps on a random base in the shape of flan-t5-small");
        python.run("parity.py", ["--out".as_ref(), folder.as_os_str()])?;
    }
    console::say("Attune follows");
    let base = read_base(&folder.join("base"))?;
    let pass = if wanted.readable { Pass::Readable } else { Pass::Packed };
    Ok(report(&follow(&base, pass, &folder)?))
}

/// Takes the steps of every run in a reference folder on its base.
fn follow(base: &BaseModel, pass: Pass, folder: &Path) -> Result<Vec<Judgement>> {
    let reference: Reference = read_json(&folder.join("reference.json"))?;
    let tensors = Tensors::read(&folder.join("reference.safetensors"))?;
    let mut judgements = Vec::new();
    for run in &reference.runs {
        let kind = reference.kind(run);
        let layout = kind.layout(base)?;
        judgements.extend(match pass {
            Pass::Packed => {
                reference.follow(run, &mut PackedPass::new(base, kind, Precision::F32)?, &layout, &tensors)?
            }
            Pass::Readable => {
                reference.follow(run, &mut AutogradPass::new(base, kind)?, &layout, &tensors)?
            }
        });
    }
    Ok(judgements)
}

impl Reference {
    fn kind(&self, run: &Run) -> AdapterKind {
        if run.kind == "prompt" {
            return AdapterKind::SoftPrompt { rows: self.prompt_rows };
        }
        let Lora { rank, alpha, targets } = &self.lora;
        let targets = targets.iter().filter_map(|name| LoraTarget::from_name(name)).collect();
        AdapterKind::Lora(LoraSettings { rank: *rank, alpha: *alpha, targets })
    }

    fn batch(&self, run: &Run, step: usize) -> Result<PackedBatch> {
        let first = if run.fixed { 0 } else { step * self.batch_size };
        let rows = self.rows.iter().skip(first).take(self.batch_size);
        let rows: Vec<EncodedExample> = rows
            .map(|row| EncodedExample { source: row.source.clone(), target: row.target.clone() })
            .collect();
        Ok(PackedBatch::pack(&rows)?)
    }

    fn follow(
        &self,
        run: &Run,
        pass: &mut dyn TrainingPass,
        layout: &AdapterLayout,
        tensors: &Tensors,
    ) -> Result<Vec<Judgement>> {
        let name = &run.name;
        let vector = |part: &str| tensors.vector(&format!("{name}.{part}"), layout);
        let mut adapter = vector("start")?;
        let mut gradient = vec![0.0; adapter.len()];
        let mut optimizer = AdamW::new(adapter.len(), 0.0);
        let mut judgements = Vec::new();
        let mut worst_loss = 0.0_f64;
        for (step, Step { learning_rate, loss: expected }) in run.steps.iter().enumerate() {
            let loss = pass.loss_and_gradient(&adapter, &self.batch(run, step)?, &mut gradient)?.mean;
            let error = (loss - expected).abs() / expected;
            worst_loss = if error.is_nan() { f64::INFINITY } else { worst_loss.max(error) };
            if step == 0 {
                let difference = relative_difference(&gradient, &vector("gradient")?);
                judgements.push(Judgement::new(format!("{name}: first gradient"), difference, GRADIENT));
            }
            optimizer.step(&mut adapter, &gradient, *learning_rate)?;
            if step + 1 == self.snapshot {
                let difference = relative_difference(&adapter, &vector("snapshot")?);
                let what = format!("{name}: adapter after {} steps", self.snapshot);
                judgements.push(Judgement::new(what, difference, ADAPTER));
            }
        }
        let what = format!("{name}: loss over {} steps", run.steps.len());
        judgements.push(Judgement::new(what, worst_loss, LOSS));
        Ok(judgements)
    }
}

#[cfg(test)]
mod tests {
    use super::{Pass, follow};
    use crate::files::read_base;
    use crate::judgement::report;
    use crate::reference::checkout;

    /// The recipe of `cargo xtask bench --parity` on a base of 57 thousand parameters. The reference was made by
    /// `bench/reference/parity.py --base tests/fixtures/tiny_t5 --out tests/fixtures/parity`.
    #[test]
    fn twenty_steps_over_changing_batches_and_on_one_follow_those_of_peft() {
        let fixtures = checkout().join("tests/fixtures");
        let base = read_base(&fixtures.join("tiny_t5")).expect("the tiny base");
        for pass in [Pass::Packed, Pass::Readable] {
            let judgements = follow(&base, pass, &fixtures.join("parity")).expect("the reference's steps");
            // Two kinds of adapter, shuffled and fixed; gradient, adapter and loss of each.
            assert_eq!(judgements.len(), 12);
            assert!(report(&judgements), "{pass:?}: {judgements:#?}");
        }
    }
}

//! How the time of a step grows with rows, with their length, and with the rows of a prompt.

use std::path::Path;

use attune_tuning::{
    AdapterKind, BaseModel, EncodedExample, PackedBatch, PackedPass, Precision, TrainingPass,
};

use crate::console::{result as tell, say};
use crate::error::{Error, Result};
use crate::files::read_base;
use crate::judgement::median;
use crate::own_process::Stopwatch;
use crate::plot::{Panel, Plot, Series};

const TIMES: usize = 5;
const USUAL: Step = Step { rows: 8, source: 64, prompt: 20 };
/// A line through both ends may be missed by this share of its height: what grows faster than linearly misses it.
const BENDS: f64 = 0.25;

/// A step to time; targets are three quarters as long as sources.
#[derive(Debug, Clone, Copy)]
struct Step {
    rows: usize,
    source: usize,
    prompt: usize,
}

/// What is varied, over what, and how many of it a step has.
type Varied = (&'static str, &'static [usize], fn(usize) -> Step);

const VARIED: [Varied; 3] = [
    ("rows of a batch", &[2, 4, 8, 16, 32, 64], |rows| Step { rows, ..USUAL }),
    ("tokens of a source", &[16, 32, 64, 128, 256, 384], |source| Step { source, ..USUAL }),
    ("rows of a prompt", &[1, 20, 50, 100, 150, 200], |prompt| Step { prompt, ..USUAL }),
];

/// Times steps on the random base, and draws them.
pub(super) fn measure(folder: &Path) -> Result<bool> {
    let base = read_base(&folder.join("base"))?;
    let mut panels = Vec::new();
    let mut is_linear = true;
    for (name, values, step) in VARIED {
        say(&format!("time is measured over {name}"));
        let mut panel = Panel { name, unit: "seconds a step", series: Vec::new() };
        for (label, precision) in [("f32", Precision::F32), ("bf16", Precision::Bf16)] {
            let mut points = Vec::new();
            for value in values {
                points.push((*value as f64, seconds(&base, step(*value), precision)?));
            }
            let bend = bend(&points);
            is_linear &= bend <= BENDS;
            let written: Vec<String> =
                points.iter().map(|(value, seconds)| format!("{value}: {seconds:.3}")).collect();
            tell(&format!(
                "{name}, {label}: {} s; above the line between its ends by {:.0} %",
                written.join(", "),
                100.0 * bend
            ));
            panel.series.push(Series { name: label, points });
        }
        panels.push(panel);
    }
    let path = folder.join("growth.svg");
    std::fs::write(&path, Plot { panels }.svg())
        .map_err(|source| Error::Write { path: path.clone(), source })?;
    tell(&format!("drawn in {}", path.display()));
    Ok(is_linear)
}

fn seconds(base: &BaseModel, step: Step, precision: Precision) -> Result<f64> {
    let row = |number: usize| {
        let tokens = |count: usize, salt: usize| -> Vec<u32> {
            (0..count).map(|place| ((number * 31 + place * 7 + salt) % 30_000 + 2) as u32).collect()
        };
        EncodedExample { source: tokens(step.source, 1), target: tokens(step.source * 3 / 4, 2) }
    };
    let batch = PackedBatch::pack(&(0..step.rows).map(row).collect::<Vec<_>>())?;
    let mut pass = PackedPass::new(base, AdapterKind::SoftPrompt { rows: step.prompt }, precision)?;
    let values = vec![0.01; pass.layout().parameters()];
    let mut gradient = vec![0.0; values.len()];
    let mut taken = Vec::with_capacity(TIMES);
    for time in 0..=TIMES {
        let stopwatch = Stopwatch::start();
        pass.loss_and_gradient(&values, &batch, &mut gradient)?;
        // In the first, buffers grow.
        if time > 0 {
            taken.push(stopwatch.seconds());
        }
    }
    Ok(median(taken))
}

/// By how much of the last point's height the line from the first to the last is missed from below at most, which is how
/// far growth is from linear where it is faster.
fn bend(points: &[(f64, f64)]) -> f64 {
    let ([first, ..], [.., last]) = (points, points) else { return f64::NAN };
    let on_line = |place: f64| first.1 + (place - first.0) / (last.0 - first.0) * (last.1 - first.1);
    points.iter().map(|(place, seconds)| (on_line(*place) - seconds) / last.1).fold(0.0, f64::max)
}

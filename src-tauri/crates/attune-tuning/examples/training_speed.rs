//! Seconds a training step takes: the packed pass beside the readable one, on real rows and on a larger base.
//!
//! `cargo run --release -p attune-tuning --example training_speed -- ROWS.jsonl [REPEATS]`, where each line of the
//! file is an object with `input` and `output`. Passes take turns, medians are printed: other programs disturb both.

use std::error::Error;
use std::io::{self, Write};
use std::time::Instant;

use attune_tuning::{
    AdapterKind, AutogradPass, BaseModel, EncodedExample, LoraSettings, PackedBatch, PackedPass, TrainingPass,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

#[path = "../tests/tuning/fixtures.rs"]
mod fixtures;

/// The dimensions of google/flan-t5-small.
const FLAN_T5_SMALL: fixtures::RandomBase = fixtures::RandomBase {
    width: 512,
    head_width: 64,
    heads: 6,
    feed_forward_width: 1024,
    encoder_layers: 8,
    decoder_layers: 8,
    vocabulary: 32_128,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let rows = std::fs::read_to_string(arguments.next().ok_or("name a file of rows")?)?;
    let repeats = arguments.next().map_or(Ok(5), |count| count.parse())?;
    let kinds = [AdapterKind::SoftPrompt { rows: 20 }, AdapterKind::Lora(LoraSettings::default())];

    let base = fixtures::attune_mini();
    let batches = batches_of(base, &rows, 16)?;
    for kind in &kinds {
        measure("attune-mini, rows of the file, 16 a batch", base, kind, &batches[..8], repeats)?;
    }
    let base = FLAN_T5_SMALL.load(0);
    let batches = random_batches(8, 4)?;
    for kind in &kinds {
        measure("flan-t5-small's size, random rows, 8 a batch", &base, kind, &batches, repeats)?;
    }
    Ok(())
}

fn batches_of(base: &BaseModel, rows: &str, size: usize) -> Result<Vec<PackedBatch>, Box<dyn Error>> {
    let mut examples = Vec::new();
    for line in rows.lines().filter(|line| !line.trim().is_empty()) {
        let row: serde_json::Value = serde_json::from_str(line)?;
        let encode = |field: &str| -> Result<Vec<u32>, Box<dyn Error>> {
            let text = row[field].as_str().ok_or_else(|| format!("a row without {field}"))?;
            Ok(base.tokenizer().encode(text.trim(), 128)?)
        };
        examples.push(EncodedExample { source: encode("input")?, target: encode("output")? });
    }
    examples.chunks(size).map(|rows| Ok(PackedBatch::pack(rows)?)).collect()
}

/// Lengths as in ordinary instructions: lognormal around 60 source and 40 target tokens, from 16 to 128.
fn random_batches(size: usize, count: usize) -> Result<Vec<PackedBatch>, Box<dyn Error>> {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut side = |middle: f64| -> Vec<u32> {
        // The sum of twelve uniform numbers is near a normal one of deviation 1 around 6.
        let normal = (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0;
        let length = (middle * (0.5 * normal).exp()).clamp(16.0, 128.0) as usize;
        (0..length).map(|_| random.random_range(3..32_000)).collect()
    };
    let examples: Vec<EncodedExample> =
        (0..size * count).map(|_| EncodedExample { source: side(60.0), target: side(40.0) }).collect();
    examples.chunks(size).map(|rows| Ok(PackedBatch::pack(rows)?)).collect()
}

fn measure(
    what: &str,
    base: &BaseModel,
    kind: &AdapterKind,
    batches: &[PackedBatch],
    repeats: usize,
) -> Result<(), Box<dyn Error>> {
    let values = vec![0.01; kind.layout(base)?.parameters()];
    let mut gradient = vec![0.0; values.len()];
    let mut autograd = AutogradPass::new(base, kind.clone())?;
    let mut packed = PackedPass::new(base, kind.clone())?;
    let passes: [(&str, &mut dyn TrainingPass); 2] = [("autograd", &mut autograd), ("packed", &mut packed)];
    let mut seconds = [const { Vec::new() }; 2];
    let mut passes = passes;
    for (_, pass) in &mut passes {
        pass.loss_and_gradient(&values, &batches[0], &mut gradient)?;
    }
    for _ in 0..repeats {
        for ((_, pass), seconds) in passes.iter_mut().zip(&mut seconds) {
            let start = Instant::now();
            for batch in batches {
                pass.loss_and_gradient(&values, batch, &mut gradient)?;
            }
            seconds.push(start.elapsed().as_secs_f64() / batches.len() as f64);
        }
    }
    let tokens = batches.iter().map(PackedBatch::tokens).sum::<usize>() as f64 / batches.len() as f64;
    let method = match kind {
        AdapterKind::SoftPrompt { rows } => format!("soft prompt of {rows} rows"),
        AdapterKind::Lora(settings) => format!("LoRA of rank {} on q and v", settings.rank),
    };
    writeln!(io::stdout(), "{what}, {method}; {tokens:.0} source and target tokens a step")?;
    for ((name, _), seconds) in passes.iter().zip(&mut seconds) {
        seconds.sort_by(f64::total_cmp);
        let median = seconds[seconds.len() / 2];
        writeln!(io::stdout(), "  {name:<9} {median:.4} s a step, {:.0} tokens a second", tokens / median)?;
    }
    Ok(())
}

//! What a training step takes, pass by pass: seconds of the clock and of the processor, and real tokens a second.
//!
//! `cargo run --release -p attune-tuning --example training_speed -- [--rounds 5] [--passes f32,bf16,readable]
//! [--methods prompt,lora] [ROWS.jsonl]`. Measured are random rows on a base of flan-t5-small's shape; with a file,
//! whose lines are objects with `input` and `output`, its rows on the bundled base instead. Passes take turns, medians
//! are printed: other programs disturb all of them. Seconds of the processor mind neighbours least, and are known on
//! Linux only.

use std::error::Error;
use std::io::{self, Write};

use attune_tuning::{
    AdapterKind, AutogradPass, BaseModel, EncodedExample, LoraSettings, PackedBatch, PackedPass, Precision,
    TrainingPass, chosen,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

#[path = "../tests/tuning/fixtures.rs"]
mod fixtures;
mod timing;

use timing::{FLAN_T5_SMALL, Taken, medians, timed};

fn main() -> Result<(), Box<dyn Error>> {
    let (mut rounds, mut passes, mut methods, mut rows) =
        (5, "f32,bf16".to_owned(), "prompt,lora".to_owned(), None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} takes a value"));
        match argument.as_str() {
            "--rounds" => rounds = value()?.parse()?,
            "--passes" => passes = value()?,
            "--methods" => methods = value()?,
            file => rows = Some(std::fs::read_to_string(file)?),
        }
    }
    let choice = chosen();
    writeln!(io::stdout(), "the best kernel is {}: {}", choice.kernel, choice.why)?;
    let random;
    let (what, base, batches) = match rows {
        Some(rows) => {
            let base = fixtures::attune_mini();
            let batches = batches_of(base, &rows, 16)?.into_iter().take(8).collect();
            ("attune-mini, rows of the file, 16 a batch", base, batches)
        }
        None => {
            random = FLAN_T5_SMALL.load_smooth(0);
            ("flan-t5-small's shape, random rows, 8 a batch", &random, random_batches(8, 4)?)
        }
    };
    for method in methods.split(',') {
        let kind = match method {
            "prompt" => AdapterKind::SoftPrompt { rows: 20 },
            "lora" => AdapterKind::Lora(LoraSettings::default()),
            other => return Err(format!("{other} is no method").into()),
        };
        Measured { what, base, kind, batches: &batches }.measure(rounds, &passes)?;
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

/// What all passes compute in turn.
struct Measured<'m> {
    what: &'static str,
    base: &'m BaseModel,
    kind: AdapterKind,
    batches: &'m [PackedBatch],
}

impl Measured<'_> {
    fn measure(&self, rounds: usize, passes: &str) -> Result<(), Box<dyn Error>> {
        let Self { what, base, kind, batches } = self;
        let values = vec![0.01; kind.layout(base)?.parameters()];
        let mut gradient = vec![0.0; values.len()];
        let pass = |name| -> Result<(_, Box<dyn TrainingPass>), Box<dyn Error>> {
            let packed = |precision| PackedPass::new(base, kind.clone(), precision);
            Ok((
                name,
                match name {
                    "f32" => Box::new(packed(Precision::F32)?),
                    "bf16" => Box::new(packed(Precision::Bf16)?),
                    "readable" => Box::new(AutogradPass::new(base, kind.clone())?),
                    other => return Err(format!("{other} is no pass").into()),
                },
            ))
        };
        let mut passes = passes.split(',').map(pass).collect::<Result<Vec<_>, _>>()?;
        let mut taken: Vec<Vec<Taken>> = passes.iter().map(|_| Vec::new()).collect();
        let mut first: Vec<(f64, Vec<f32>)> = Vec::new();
        for (_, pass) in &mut passes {
            let loss = pass.loss_and_gradient(&values, &batches[0], &mut gradient)?;
            first.push((loss.mean, gradient.clone()));
        }
        for _ in 0..rounds {
            for ((_, pass), taken) in passes.iter_mut().zip(&mut taken) {
                taken.push(timed(|| {
                    batches
                        .iter()
                        .try_for_each(|batch| pass.loss_and_gradient(&values, batch, &mut gradient).map(drop))
                })?);
            }
        }
        let tokens = batches.iter().map(PackedBatch::tokens).sum::<usize>() as f64 / batches.len() as f64;
        let method = match kind {
            AdapterKind::SoftPrompt { rows } => format!("soft prompt of {rows} rows"),
            AdapterKind::Lora(settings) => format!("LoRA of rank {} on q and v", settings.rank),
        };
        writeln!(io::stdout(), "{what}, {method}; {tokens:.0} source and target tokens a step")?;
        for (((name, _), taken), (loss, slope)) in passes.iter().zip(&taken).zip(&first) {
            let steps = batches.len() as f64;
            let Taken { clock, processor } = medians(taken);
            let (clock, processor) = (clock / steps, processor / steps);
            writeln!(
                io::stdout(),
                "  {name:<8} {clock:.4} s a step, {processor:.4} s of a processor, {:.0} tokens a second, {:.0} \
                 a second of a processor; loss {loss:.5}, gradient {:.1e} from the first pass's",
                tokens / clock,
                tokens / processor,
                fixtures::relative_difference(slope, &first[0].1)
            )?;
        }
        Ok(())
    }
}

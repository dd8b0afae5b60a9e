//! How fast answers are, precision by precision: new tokens a second of the clock and of the processor.
//!
//! `cargo run --release -p attune-tuning --example answer_speed -- [--rounds 5] [--batches 1,8,16]
//! [--precisions f32,bf16,int8] [--tokens 64] [--source 66]`. Measured is greedy search on random weights of
//! flan-t5-small's shape, without an end of sequence, the reading of the prompts included. Precisions take turns, medians
//! are printed: other programs disturb all of them. `RAYON_NUM_THREADS` decides how many threads there are.

use std::error::Error;
use std::io::{self, Write};

use attune_tuning::{AnswerPrecision, BaseModel, GenerationConfig, chosen, chosen_for_int8, generate_seeded};

#[path = "../tests/tuning/fixtures.rs"]
mod fixtures;
mod timing;

use timing::{FLAN_T5_SMALL, Taken, medians, timed};

struct Wanted {
    rounds: usize,
    batches: Vec<usize>,
    precisions: Vec<(String, AnswerPrecision)>,
    tokens: usize,
    source: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let wanted = wanted()?;
    let (plain, int8) = (chosen(), chosen_for_int8());
    writeln!(io::stdout(), "the best kernel is {}: {}", plain.kernel, plain.why)?;
    writeln!(io::stdout(), "for int8 it is {}: {}", int8.instructions, int8.why)?;
    let base = FLAN_T5_SMALL.load_smooth(0);
    for &batch in &wanted.batches {
        let mut taken: Vec<Vec<Taken>> = wanted.precisions.iter().map(|_| Vec::new()).collect();
        // The first round packs weights and lets memory grow.
        for round in 0..=wanted.rounds {
            for ((_, precision), taken) in wanted.precisions.iter().zip(&mut taken) {
                let found = answer(&base, *precision, batch, &wanted)?;
                if round > 0 {
                    taken.push(found);
                }
            }
        }
        for ((name, _), taken) in wanted.precisions.iter().zip(&taken) {
            let Taken { clock, processor } = medians(taken);
            let count = (batch * wanted.tokens) as f64;
            writeln!(
                io::stdout(),
                "batch {batch:>3}, {name:<5} {:>7.0} new tokens/s, {:>7.0} a second of the processor",
                count / clock,
                count / processor,
            )?;
        }
    }
    Ok(())
}

fn wanted() -> Result<Wanted, Box<dyn Error>> {
    let mut wanted =
        Wanted { rounds: 5, batches: vec![1, 8, 16], precisions: Vec::new(), tokens: 64, source: 66 };
    let mut precisions = "f32,bf16,int8".to_owned();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{argument} takes a value"))?;
        match argument.as_str() {
            "--rounds" => wanted.rounds = value.parse()?,
            "--batches" => wanted.batches = value.split(',').map(str::parse).collect::<Result<_, _>>()?,
            "--precisions" => precisions = value,
            "--tokens" => wanted.tokens = value.parse()?,
            "--source" => wanted.source = value.parse()?,
            _ => return Err(format!("{argument} is no option").into()),
        }
    }
    for name in precisions.split(',') {
        let precision = match name {
            "f32" => AnswerPrecision::F32,
            "bf16" => AnswerPrecision::Bf16,
            "int8" => AnswerPrecision::Int8,
            _ => return Err(format!("{name} is no precision").into()),
        };
        wanted.precisions.push((name.to_owned(), precision));
    }
    Ok(wanted)
}

fn answer(
    base: &BaseModel,
    precision: AnswerPrecision,
    batch: usize,
    wanted: &Wanted,
) -> Result<Taken, Box<dyn Error>> {
    let prompt = vec!["ba"; wanted.source - 1].join(" ");
    let prompts: Vec<(&str, u64)> = (0..batch as u64).map(|seed| (prompt.as_str(), seed)).collect();
    let config = GenerationConfig {
        max_new_tokens: wanted.tokens,
        min_new_tokens: wanted.tokens,
        precision,
        ..GenerationConfig::default()
    };
    timed(|| Ok(generate_seeded(base, None, &prompts, &config, &mut || true).map(drop)?))
}

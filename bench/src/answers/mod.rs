//! How fast answers are beside those of CTranslate2 and of transformers: the same prompts on the same base, in turns.
//!
//! Greedy search with 64 new tokens for each prompt and no end of sequence; the encoder's reading is included, loading is
//! not. Each contestant is a process of its own that waits while the others compute. CTranslate2 takes part with one
//! thread and with all, and whichever is faster counts.
//! Not here: how good the answers are, which random weights cannot tell (the tests of `attune-tuning`).

mod own;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use crate::console::{result as tell, say};
use crate::contestant::{Contestant, Round, own_program};
use crate::error::Result;
use crate::judgement::median;
use crate::reference::Python;

pub(crate) use own::{Answering, Own, answer};

/// New tokens of each answer.
const TOKENS: usize = 64;
/// Rounds before those that count.
const WARM_UP: usize = 1;

#[derive(Debug, Args)]
pub(crate) struct Wanted {
    /// How many prompts are answered at once.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 16])]
    batches: Vec<usize>,
    /// How often everybody takes turns.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

/// How many times as fast Attune must be in int8 as CTranslate2 in int8 and as transformers in f32, and in f32 as
/// transformers in f32.
const LEAST: [(usize, [Option<f64>; 3]); 3] = [
    (1, [Some(1.5), Some(5.0), Some(1.2)]),
    (8, [Some(2.0), Some(7.0), Some(1.3)]),
    (16, [Some(2.0), None, None]),
];
/// What a hundred adapters in memory may cost beside one.
const MOST_TIME: f64 = 1.01;
const MOST_MEMORY: u64 = 50;

/// Lets everybody take turns, and says whether Attune is as much faster as it must be.
pub(crate) fn compare(python: &Python, work: &Path, wanted: &Wanted) -> Result<bool> {
    let folder = folder(python, work)?;
    let mut is_enough = true;
    for &batch in &wanted.batches {
        is_enough &= compare_batch(python, &folder, batch, wanted.rounds)?;
    }
    is_enough &= compare_adapters(&folder)?;
    Ok(is_enough)
}

/// Where the random base and the prompts lie; they are made if they are missing.
pub(crate) fn folder(python: &Python, work: &Path) -> Result<PathBuf> {
    let made = "a random base in the shape of flan-t5-small is made, and converted for CTranslate2";
    python.made(work, "answers", "prompts.json", made)
}

fn compare_batch(python: &Python, folder: &Path, batch: usize, rounds: usize) -> Result<bool> {
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get).to_string();
    let rival = |name, engine: &str, threads: &str| {
        let mut command = python.script("answers.py");
        command.arg("answer").arg(folder).args(["--engine", engine, "--threads", threads]);
        Contestant::start(name, &mut command)
    };
    say(&format!("batches of {batch}: everybody gets ready"));
    let mut all = vec![
        rival("CTranslate2, int8, one thread", "ctranslate2", "1")?,
        rival("CTranslate2, int8, all threads", "ctranslate2", &threads)?,
        rival("transformers, f32", "transformers", &threads)?,
    ];
    for own in [Own::F32, Own::Bf16, Own::Int8] {
        all.push(start_own(folder, own.name(), own, &[])?);
    }
    let taken = take_turns(&mut all, batch, rounds)?;
    report(&mut all, &taken, batch)?;
    let [one_thread, all_threads, transformers, in_f32, _, in_int8] = &taken[..] else { return Ok(false) };
    let seconds = |rounds: &[Round]| median(rounds.iter().map(|round| round.seconds));
    let ctranslate2 = if seconds(one_thread) < seconds(all_threads) { one_thread } else { all_threads };
    let least = LEAST.iter().find(|(of, _)| *of == batch).map_or([None; 3], |(_, least)| *least);
    let pairs = [
        (Own::Int8, in_int8, "CTranslate2, int8", ctranslate2),
        (Own::Int8, in_int8, "transformers, f32", transformers),
        (Own::F32, in_f32, "transformers, f32", transformers),
    ];
    let mut is_enough = true;
    for ((own, ours, name, theirs), least) in pairs.into_iter().zip(least) {
        let ratio = ratio(theirs, ours);
        let asked = least.map_or(String::new(), |least| format!(" (at least {least})"));
        tell(&format!("  {} is {ratio:.1} times as fast as {name}{asked}", own.name()));
        is_enough &= least.is_none_or(|least| ratio >= least);
    }
    Ok(is_enough)
}

/// One adapter in memory beside a hundred, of which each answers in its turn.
fn compare_adapters(folder: &Path) -> Result<bool> {
    const BATCH: usize = 8;
    /// A call takes a fifth of a second, and one per cent is to be told.
    const ROUNDS: usize = 100;
    let mut all = Vec::new();
    for (kind, one, hundred) in [
        ("prompt", "Attune, int8, one soft prompt", "Attune, int8, 100 soft prompts"),
        ("lora", "Attune, int8, one LoRA", "Attune, int8, 100 LoRA"),
    ] {
        for (name, count) in [(one, "1"), (hundred, "100")] {
            all.push(start_own(folder, name, Own::Int8, &["--kind", kind, "--adapters", count])?);
        }
    }
    let taken = take_turns(&mut all, BATCH, ROUNDS)?;
    let peaks = report(&mut all, &taken, BATCH)?;
    let [one_prompt, hundred_prompts, one_lora, hundred_lora] = &taken[..] else { return Ok(false) };
    let time = ratio(hundred_prompts, one_prompt);
    let memory = peaks[1].saturating_sub(peaks[0]);
    tell(&format!(
        "  100 soft prompts take {:.1} % more time than one (at most {:.0}) and {memory} MiB more (at most {MOST_MEMORY})",
        (time - 1.0) * 100.0,
        (MOST_TIME - 1.0) * 100.0,
    ));
    // Their own values are what takes memory, in f32 as they are stored.
    tell(&format!(
        "  100 LoRA of rank 16 on q and v take {:.1} % more time than one and {} MiB more",
        (ratio(hundred_lora, one_lora) - 1.0) * 100.0,
        peaks[3].saturating_sub(peaks[2]),
    ));
    Ok(time <= MOST_TIME && memory <= MOST_MEMORY)
}

fn start_own(folder: &Path, name: &'static str, own: Own, arguments: &[&str]) -> Result<Contestant> {
    let mut command = Command::new(own_program()?);
    command.arg("answer").arg(folder).args(["--precision", own.precision()]).args(arguments);
    Contestant::start(name, &mut command)
}

/// The rounds of each contestant that count.
fn take_turns(all: &mut [Contestant], batch: usize, rounds: usize) -> Result<Vec<Vec<Round>>> {
    let mut taken: Vec<Vec<Round>> = all.iter().map(|_| Vec::new()).collect();
    for round in 0..WARM_UP + rounds {
        for (contestant, taken) in all.iter_mut().zip(&mut taken) {
            let found = contestant.take(batch)?;
            if round >= WARM_UP {
                taken.push(found);
            }
        }
    }
    Ok(taken)
}

/// Ends the contestants; the most memory of each in MiB.
fn report(all: &mut [Contestant], taken: &[Vec<Round>], batch: usize) -> Result<Vec<u64>> {
    let tokens = (batch * TOKENS) as f64;
    let mut peaks = Vec::new();
    for (contestant, rounds) in all.iter_mut().zip(taken) {
        let peak = contestant.end()?;
        let seconds = median(rounds.iter().map(|round| round.seconds));
        let processor = median(rounds.iter().map(|round| round.processor));
        tell(&format!(
            "batch {batch:>2}  {:<32} {:>6.0} new tokens/s, {:>6.0} a second of a processor; ready after {:>4.1} s; \
             at most {peak} MiB",
            contestant.name,
            tokens / seconds,
            tokens / processor,
            contestant.ready_after,
        ));
        peaks.push(peak);
    }
    Ok(peaks)
}

/// How many times as long the first took, within a round, so that what else the machine had to do is in both.
fn ratio(theirs: &[Round], ours: &[Round]) -> f64 {
    median(theirs.iter().zip(ours).map(|(theirs, ours)| theirs.seconds / ours.seconds))
}

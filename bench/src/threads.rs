//! What all cores bring beside one: Attune trains and answers on one and on all of them, in turns.
//!
//! Each contestant is a process of its own, of which one is kept to a single core by `taskset`. The product decides
//! itself how many threads it uses there.
//! Not here: how fast others are (`speed`, `answers`).

use std::path::Path;
use std::process::Command;

use clap::Args;

use crate::console::{result as tell, say};
use crate::contestant::{Contestant, own_program};
use crate::error::Result;
use crate::judgement::median;
use crate::reference::Python;
use crate::{answers, speed};

/// How many prompts are answered at once.
const BATCHES: [usize; 5] = [1, 2, 4, 8, 16];
/// Two processes that do the same differ by as much.
const LEAST: f64 = 0.97;

#[derive(Debug, Args)]
pub(crate) struct Wanted {
    /// How often both take turns.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

/// Whether all cores are nowhere slower than one.
pub(crate) fn compare(python: &Python, work: &Path, wanted: &Wanted) -> Result<bool> {
    let (base, prompts) = (speed::folder(python, work)?, answers::folder(python, work)?);
    let mut is_enough = true;
    say("training takes turns");
    for own in [speed::Own::F32, speed::Own::Bf16] {
        let start = |command: &mut Command| {
            command.arg("train").arg(&base).args(["--kind", "prompt", "--precision", own.precision()]);
            Contestant::start(own.name(), command)
        };
        let mut both = [start(&mut on_one_core()?)?, start(&mut on_all_cores()?)?];
        is_enough &= race(&mut both, "training", speed::ROWS, wanted.rounds)?;
    }
    for own in [answers::Own::F32, answers::Own::Bf16, answers::Own::Int8] {
        say(&format!("answers of {} take turns", own.name()));
        let start = |command: &mut Command| {
            command.arg("answer").arg(&prompts).args(["--precision", own.precision()]);
            Contestant::start(own.name(), command)
        };
        let mut both = [start(&mut on_one_core()?)?, start(&mut on_all_cores()?)?];
        for batch in BATCHES {
            is_enough &= race(&mut both, &format!("{batch:>2} answers"), batch, wanted.rounds)?;
        }
    }
    Ok(is_enough)
}

fn on_all_cores() -> Result<Command> {
    Ok(Command::new(own_program()?))
}

fn on_one_core() -> Result<Command> {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", "0"]).arg(own_program()?);
    Ok(command)
}

/// The first of both is kept to one core.
fn race(both: &mut [Contestant; 2], what: &str, count: usize, rounds: usize) -> Result<bool> {
    let [one, all] = both;
    // The first time memory grows and weights are packed.
    one.take(count)?;
    all.take(count)?;
    let mut ratios = Vec::new();
    for _ in 0..rounds {
        ratios.push(one.take(count)?.seconds / all.take(count)?.seconds);
    }
    let ratio = median(ratios);
    tell(&format!("{:<14} {what:<10} all cores are {ratio:.2} times as fast as one", all.name));
    Ok(ratio >= LEAST)
}

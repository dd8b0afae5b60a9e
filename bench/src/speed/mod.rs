//! How fast training is beside PEFT's: the same rows on the same base, one after the other in turns.
//!
//! Each contestant is a process of its own that waits while the others compute, so that memory and threads are its
//! own and whatever disturbs the machine disturbs all. What is compared is the time of a round: rows in batches, forward,
//! backward and the optimiser's step; loading and the first steps are not counted.
//! Not here: whether both compute the same (`parity`).

mod agreement;
mod growth;
mod own;
mod rows;

use std::path::{Path, PathBuf};
use std::process::Command;

use attune_tuning::Kernel;
use clap::{Args, ValueEnum};

use crate::console::{result as tell, say};
use crate::contestant::{Contestant, Round, own_program};
use crate::error::Result;
use crate::judgement::median;
use crate::reference::Python;

pub(crate) use own::{Own, Training, kernel, train};

/// Rows of a round; every contestant's batch divides it.
pub(crate) const ROWS: usize = 32;
/// Seconds from the start of a process until it can take its first step, at most.
const MOST_SECONDS_TO_BEGIN: f64 = 0.6;
/// Starts of which the median counts.
const STARTS: usize = 5;
/// Rounds before those that count: buffers grow, and weights come into the caches.
const WARM_UP: usize = 1;

#[derive(Debug, Args)]
pub(crate) struct Wanted {
    /// What is trained.
    #[arg(long, value_enum, default_value_t = Kind::Prompt)]
    kind: Kind,
    /// How often everybody takes turns.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Also the way in which the scripts that Attune unites trained: one row at a time, padded to 384 tokens.
    #[arg(long)]
    padded: bool,
    /// The best kernel that both sides may use; what computes no bf16 is left out of the comparison in it.
    #[arg(long, value_name = "NAME", value_parser = kernel)]
    kernel: Option<Kernel>,
    /// Compare with nobody, but bf16 with f32: how far the losses of forty steps lie apart.
    #[arg(long, conflicts_with = "growth")]
    agreement: bool,
    /// Compare with nobody, but time how a step grows with rows, lengths and prompts, and draw it.
    #[arg(long)]
    growth: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// A soft prompt of 20 rows.
    Prompt,
    /// LoRA of rank 16 on q and v.
    Lora,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Lora => "lora",
        }
    }
}

/// One that Attune must be faster than.
struct Rival {
    name: &'static str,
    arguments: &'static [&'static str],
    /// How many times as fast a soft prompt in bf16 must be.
    least_bf16: f64,
    least_f32: Option<f64>,
    /// The same where both sides are limited to AVX2.
    least_avx2: Option<f64>,
    /// LoRA in bf16.
    least_lora: Option<f64>,
}

impl Rival {
    fn is_bf16(&self) -> bool {
        self.arguments.contains(&"--bf16")
    }

    /// How many times as fast Attune must be in these numbers.
    fn least(&self, own: Own, wanted: &Wanted) -> Option<f64> {
        match (wanted.kind, own, wanted.kernel) {
            (Kind::Prompt, Own::F32, None) => self.least_f32,
            (Kind::Prompt, Own::F32, Some(Kernel::Avx2)) => self.least_avx2,
            (Kind::Prompt, Own::Bf16, None) => Some(self.least_bf16),
            (Kind::Lora, Own::Bf16, None) => self.least_lora,
            _ => None,
        }
    }
}

const RIVALS: [Rival; 3] = [
    Rival {
        name: "PEFT, f32, dropout 0.1",
        arguments: &["--dropout", "0.1"],
        least_bf16: 12.0,
        least_f32: Some(2.3),
        least_avx2: Some(1.8),
        least_lora: Some(8.0),
    },
    Rival {
        name: "PEFT, f32",
        arguments: &[],
        least_bf16: 9.0,
        least_f32: Some(1.75),
        least_avx2: Some(1.4),
        least_lora: None,
    },
    Rival {
        name: "PEFT, bf16 autocast",
        arguments: &["--bf16"],
        least_bf16: 7.0,
        least_f32: None,
        least_avx2: None,
        least_lora: None,
    },
];
const ONE_ROW_PADDED: Rival = Rival {
    name: "PEFT, one row padded to 384",
    arguments: &["--dropout", "0.1", "--batch", "1", "--pad", "384"],
    least_bf16: 40.0,
    least_f32: None,
    least_avx2: None,
    least_lora: Some(40.0),
};

/// Lets everybody take turns, and says whether Attune is as much faster as it must be.
pub(crate) fn compare(python: &Python, work: &Path, wanted: &Wanted) -> Result<bool> {
    let folder = folder(python, work)?;
    if wanted.agreement {
        return agreement::compare(&folder);
    }
    if wanted.growth {
        return growth::measure(&folder);
    }
    let with_bf16 = wanted.kernel.is_none_or(Kernel::has_bf16);
    let mut rivals: Vec<&Rival> = RIVALS.iter().filter(|rival| with_bf16 || !rival.is_bf16()).collect();
    if wanted.padded {
        rivals.push(&ONE_ROW_PADDED);
    }
    let mut all = Vec::new();
    for rival in &rivals {
        say(&format!("{} gets ready", rival.name));
        all.push(start_peft(python, &folder, wanted, rival)?);
    }
    let own_ones: &[Own] = if with_bf16 { &[Own::F32, Own::Bf16] } else { &[Own::F32] };
    for own in own_ones {
        say(&format!("{} gets ready", own.name()));
        all.push(start_own(&folder, wanted, *own)?);
    }
    for _ in 0..WARM_UP {
        for contestant in &mut all {
            contestant.take(ROWS)?;
        }
    }
    let mut rounds: Vec<Vec<Round>> = all.iter().map(|_| Vec::new()).collect();
    for number in 1..=wanted.rounds {
        say(&format!("round {number} of {}", wanted.rounds));
        for (contestant, rounds) in all.iter_mut().zip(&mut rounds) {
            rounds.push(contestant.take(ROWS)?);
        }
    }
    let mut is_enough = true;
    let tokens = rows::tokens_a_round(&folder, ROWS, WARM_UP, wanted.rounds)?;
    for (contestant, rounds) in all.iter_mut().zip(&rounds) {
        let peak = contestant.end()?;
        let rate = median(rounds.iter().zip(&tokens).map(|(round, tokens)| tokens / round.seconds));
        let seconds = median(rounds.iter().map(|round| round.seconds));
        let processor = median(rounds.iter().map(|round| round.processor));
        tell(&format!(
            "{:<28} {rate:>6.0} tokens/s; {ROWS} rows in {seconds:>6.3} s, {processor:>6.3} s of a processor; ready after {:>5.2} s; \
             at most {peak} MiB",
            contestant.name, contestant.ready_after,
        ));
        if let Some(most) = contestant.most_mebibytes {
            is_enough &= peak <= most && contestant.ready_after <= MOST_SECONDS_TO_BEGIN;
        }
    }
    let (rivals_rounds, own_rounds) = rounds.split_at(rivals.len());
    for (rival, rounds) in rivals.iter().zip(rivals_rounds) {
        for (own, own_rounds) in own_ones.iter().zip(own_rounds) {
            let least = rival.least(*own, wanted);
            // Within a round, so that what else the machine had to do is in both.
            let ratio =
                median(rounds.iter().zip(own_rounds).map(|(theirs, ours)| theirs.seconds / ours.seconds));
            let asked = least.map_or(String::new(), |least| format!(" (at least {least})"));
            tell(&format!("{} is {ratio:.1} times as fast as {}{asked}", own.name(), rival.name));
            is_enough &= least.is_none_or(|least| ratio >= least);
        }
    }
    Ok(is_enough)
}

/// Where the random base and its rows lie; they are made if they are missing.
pub(crate) fn folder(python: &Python, work: &Path) -> Result<PathBuf> {
    let made = "a random base in the shape of flan-t5-small is made";
    python.made(work, "speed", "rows.json", made)
}

fn start_peft(python: &Python, folder: &Path, wanted: &Wanted, rival: &Rival) -> Result<Contestant> {
    let mut command = python.script("speed.py");
    command.arg("train").arg(folder).args(["--kind", wanted.kind.name()]);
    command.envs(wanted.kernel.map(limits_of_torch).into_iter().flatten());
    Contestant::start(rival.name, command.args(rival.arguments))
}

fn start_own(folder: &Path, wanted: &Wanted, own: Own) -> Result<Contestant> {
    let mut command = Command::new(own_program()?);
    command.arg("train").arg(folder).args(["--kind", wanted.kind.name(), "--precision", own.precision()]);
    command.args(wanted.kernel.into_iter().flat_map(|kernel| ["--kernel", kernel.name()]));
    let mut seconds = Vec::new();
    // The last of them stays.
    let mut contestant = loop {
        let mut started = Contestant::start(own.name(), &mut command)?;
        seconds.push(started.ready_after);
        if seconds.len() == STARTS {
            break started;
        }
        started.end()?;
    };
    contestant.ready_after = median(seconds);
    contestant.most_mebibytes = Some(own.most_mebibytes());
    Ok(contestant)
}

/// What limits torch's own loops, oneDNN and MKL to about the instructions of a kernel.
fn limits_of_torch(kernel: Kernel) -> [(&'static str, &'static str); 3] {
    let [aten, onednn, mkl] = match kernel {
        Kernel::Portable => ["default", "SSE41", "SSE4_2"],
        Kernel::Avx2 => ["avx2", "AVX2", "AVX2"],
        Kernel::Avx512 => ["avx512", "AVX512_CORE", "AVX512"],
        Kernel::Avx512Bf16 => ["avx512", "AVX512_CORE_BF16", "AVX512"],
        _ => ["avx512", "DEFAULT", "AVX512"],
    };
    [("ATEN_CPU_CAPABILITY", aten), ("ONEDNN_MAX_CPU_ISA", onednn), ("MKL_ENABLE_INSTRUCTIONS", mkl)]
}

//! Attune's mathematics beside Hugging Face PEFT's, and how fast it generates examples: `cargo xtask bench` starts this
//! program.
//!
//! Not here: the Python side (`bench/reference`), and what of this continuous integration checks without Python (the
//! tests of each part, on committed fixtures). It computes with `attune-tuning` as the product does and writes nothing
//! but into its work folder.

mod answers;
mod console;
mod contestant;
mod error;
mod files;
mod generation;
mod interop;
mod judgement;
mod learning;
mod own_process;
mod parity;
mod plot;
mod quality;
mod reference;
mod speed;
mod threads;
mod together;
mod twins;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use error::Result;
use reference::Python;

/// Compares Attune with Hugging Face PEFT. Run it by `cargo xtask bench`, which sets Python up.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    part: Part,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// Take the same steps as PEFT from the same start, and compare losses, gradient and adapter.
    Parity {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        wanted: parity::Wanted,
    },
    /// Exchange adapter folders with PEFT in both directions, and compare the logits.
    Interop(Place),
    /// Learn spoken commands on the bundled base, and compare with what PEFT reaches.
    Learning {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        wanted: learning::Wanted,
    },
    /// Train the same rows as PEFT in turns, and compare the time.
    Speed {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        wanted: speed::Wanted,
    },
    /// Attune's side of `speed`, a process of its own.
    #[command(hide = true)]
    Train(speed::Training),
    /// Answer the same prompts as CTranslate2 and transformers in turns, and compare the time.
    Answers {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        wanted: answers::Wanted,
    },
    /// Attune's side of `answers`, a process of its own.
    #[command(hide = true)]
    Answer(answers::Answering),
    /// Train and answer on one core and on all in turns, and compare the time.
    Threads {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        wanted: threads::Wanted,
    },
    /// Generate examples as the product does, and measure how long that takes. Needs no Python.
    Generation(generation::Wanted),
    /// Judge passages, broken text and what attune-mini writes, and compare with what is wanted.
    Quality(quality::Wanted),
    /// Find near-twins among very many rows, and time it.
    Twins(twins::Wanted),
}

/// Where Python is and where files may be written.
#[derive(Debug, Args)]
struct Place {
    /// A Python with the packages of bench/requirements.txt.
    #[arg(long)]
    python: PathBuf,
    /// A folder for what the two sides hand each other.
    #[arg(long)]
    work: PathBuf,
}

fn main() -> ExitCode {
    match act(Arguments::parse().part) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            console::say(&format!("error: {error}"));
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                console::say(&format!("  because: {cause}"));
                source = cause.source();
            }
            ExitCode::FAILURE
        }
    }
}

/// Whether everything was within what is allowed.
fn act(part: Part) -> Result<bool> {
    match part {
        Part::Parity { place, wanted } => parity::compare(&place.python()?, &place.work, &wanted),
        Part::Interop(place) => interop::compare(&place.python()?, &place.work),
        Part::Learning { place, wanted } => learning::compare(&place.python()?, &place.work, &wanted),
        Part::Speed { place, wanted } => speed::compare(&place.python()?, &place.work, &wanted),
        Part::Train(wanted) => speed::train(&wanted),
        Part::Answers { place, wanted } => answers::compare(&place.python()?, &place.work, &wanted),
        Part::Answer(wanted) => answers::answer(&wanted),
        Part::Threads { place, wanted } => threads::compare(&place.python()?, &place.work, &wanted),
        Part::Generation(wanted) => generation::measure(&wanted),
        Part::Quality(wanted) => quality::measure(&wanted),
        Part::Twins(wanted) => twins::measure(&wanted),
    }
}

impl Place {
    fn python(&self) -> Result<Python> {
        files::make_folder(&self.work)?;
        Ok(Python::new(&self.python))
    }
}

//! What training reaches on the bundled base: held-out loss and exact matches, beside what PEFT reaches.
//!
//! Rows with index % 5 == 4 are held out; loss is the mean over all their target tokens, exact match greedy with at most
//! 48 new tokens, both stripped. Training is the product's own, by its door [`Training`]; the held-out rows take no part
//! in it. Not here: PEFT's side (`bench/reference/learning.py`), and what is made of both (`reached`).

mod reached;

use std::io::BufRead;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use attune_tuning::{
    Adapter, BaseModel, EncodedExample, Example, GenerationConfig, InitialPrompt, LoraSettings, Method,
    PackedBatch, Training, TrainingConfig, TrainingEvent, TrainingOutcome, evaluate, generate,
};
use clap::{Args, ValueEnum};
use serde::Deserialize;

use reached::{Kind, Quality, Reached, Run, Settings, report};

use crate::console;
use crate::error::{Error, Result};
use crate::files::{read, read_base, read_json, write};
use crate::reference::{Python, checkout};

const NEW_TOKENS: usize = 48;
/// No row of the data is longer; one that were would be cut by Attune and not by PEFT.
const MOST_TOKENS: usize = 512;
/// What is to be learned, and how long.
#[derive(Debug, Args)]
pub(crate) struct Wanted {
    /// A JSON lines file with `input` and `output`.
    #[arg(long)]
    data: PathBuf,
    #[arg(long, value_delimiter = ',', default_value = "lora,prompt")]
    methods: Vec<Kind>,
    #[arg(long, default_value_t = 20)]
    epochs: usize,
    #[arg(long, value_delimiter = ',', default_value = "1")]
    seeds: Vec<u64>,
    /// Use only the first rows of the file.
    #[arg(long)]
    rows: Option<usize>,
    /// Let PEFT learn the same now, instead of comparing with what it reached in 20 epochs on all rows.
    #[arg(long)]
    with_peft: bool,
}

/// Rows to learn and rows that are held out.
struct Split {
    train: Vec<Example>,
    held_out: Vec<Example>,
}

/// Learns with every method and seed, prints both sides, writes ours to `learning.json`, and says whether it is near PEFT.
pub(crate) fn compare(python: &Python, work: &Path, wanted: &Wanted) -> Result<bool> {
    let base_folder = checkout().join("models/attune-mini");
    let base = read_base(&base_folder)?;
    let split = Split::read(&wanted.data, wanted.rows)?;
    let settings = Settings { epochs: wanted.epochs, batch_size: 16, warmup_steps: 50, rows: wanted.rows };
    let theirs: Reached = if wanted.with_peft {
        console::say("PEFT learns");
        let path = work.join("learning_peft.json");
        write(&path, &python.run("learning.py", settings.for_python(&base_folder, wanted))?)?;
        read_json(&path)?
    } else {
        read_json(&checkout().join("bench/reference/learning.json"))?
    };

    console::say(&format!("Attune learns {} rows; {} are held out", split.train.len(), split.held_out.len()));
    let mut ours = Reached {
        settings,
        held_out: split.held_out.len(),
        base: quality(&base, None, &split, true)?,
        runs: Vec::new(),
    };
    for method in &wanted.methods {
        for seed in &wanted.seeds {
            ours.runs.push(learn(&base, &split, *method, *seed, settings, true)?);
        }
    }
    let path = work.join("learning.json");
    let text =
        serde_json::to_vec_pretty(&ours).map_err(|source| Error::Json { path: path.clone(), source })?;
    write(&path, &text)?;
    let good = report(&ours, &theirs);
    console::result(&format!("written to {}", path.display()));
    Ok(good)
}

impl Split {
    fn read(path: &Path, rows: Option<usize>) -> Result<Self> {
        if !path.is_file() {
            return Err(Error::NoData { path: path.to_owned() });
        }
        #[derive(Deserialize)]
        struct Row {
            input: String,
            output: String,
        }
        let mut split = Self { train: Vec::new(), held_out: Vec::new() };
        for (place, line) in read(path)?.lines().take(rows.unwrap_or(usize::MAX)).enumerate() {
            let line = line.map_err(|source| Error::Read { path: path.to_owned(), source })?;
            let row: Row = serde_json::from_str(&line)
                .map_err(|source| Error::Json { path: path.to_owned(), source })?;
            let example = Example { input: row.input.trim().into(), output: row.output.trim().into() };
            if place % 5 == 4 { &mut split.held_out } else { &mut split.train }.push(example);
        }
        Ok(split)
    }
}

impl Settings {
    fn training(self, method: Kind, seed: u64) -> TrainingConfig {
        let (learning_rate, method) = match method {
            Kind::Prompt => (0.3, Method::SoftPrompt { rows: 20, initial: InitialPrompt::Vocabulary }),
            Kind::Lora => {
                let LoraSettings { targets, .. } = LoraSettings::default();
                (3e-3, Method::Lora(LoraSettings { rank: 16, alpha: 32.0, targets }))
            }
        };
        TrainingConfig {
            epochs: self.epochs,
            batch_size: self.batch_size,
            warmup_steps: self.warmup_steps,
            learning_rate,
            method,
            source_max_tokens: MOST_TOKENS,
            target_max_tokens: MOST_TOKENS,
            seed,
            ..TrainingConfig::default()
        }
    }

    fn for_python(self, base: &Path, wanted: &Wanted) -> Vec<std::ffi::OsString> {
        let list = |items: Vec<String>| items.join(",");
        let methods = wanted.methods.iter().filter_map(|method| method.to_possible_value());
        let mut arguments: Vec<std::ffi::OsString> = vec![
            "--base".into(),
            base.into(),
            "--data".into(),
            wanted.data.clone().into(),
            "--methods".into(),
            list(methods.map(|method| method.get_name().to_owned()).collect()).into(),
            "--seeds".into(),
            list(wanted.seeds.iter().map(u64::to_string).collect()).into(),
            "--epochs".into(),
            self.epochs.to_string().into(),
        ];
        if let Some(rows) = self.rows {
            arguments.extend(["--rows".into(), rows.to_string().into()]);
        }
        arguments
    }
}

fn learn(
    base: &BaseModel,
    split: &Split,
    method: Kind,
    seed: u64,
    settings: Settings,
    answers: bool,
) -> Result<Run> {
    let config = settings.training(method, seed);
    let (start, mut last_training_loss) = (Instant::now(), f64::NAN);
    let outcome = Training::new(base, &split.train, &config).run(&mut |progress| {
        if let TrainingEvent::Step(report) = progress.event {
            last_training_loss = report.loss;
            if report.step % 50 == 0 {
                let (step, all, loss) = (report.step, report.total_steps, report.loss);
                console::say(&format!("{method:?}, seed {seed}: step {step} of {all}, loss {loss:.3}"));
            }
        }
        ControlFlow::Continue(())
    })?;
    let (TrainingOutcome::Finished(trained) | TrainingOutcome::Cancelled { trained, .. }) = outcome;
    let seconds = Some(start.elapsed().as_secs_f64());
    let quality = quality(base, Some(&trained.adapter), split, answers)?;
    Ok(Run { method, seed, steps: trained.steps, seconds, last_training_loss, quality })
}

/// Of the held-out rows: their loss and, if asked for, the share of answers that are equal.
fn quality(base: &BaseModel, adapter: Option<&Adapter>, split: &Split, answers: bool) -> Result<Quality> {
    let tokens = |text: &str| base.tokenizer().encode(text, MOST_TOKENS);
    let encode = |row: &Example| -> Result<EncodedExample> {
        Ok(EncodedExample { source: tokens(&row.input)?, target: tokens(&row.output)? })
    };
    let rows = split.held_out.iter().map(encode).collect::<Result<Vec<_>>>()?;
    let loss = evaluate(base, adapter, &PackedBatch::pack(&rows)?)?.mean;
    if !answers {
        return Ok(Quality { loss, exact_match: None });
    }
    let prompts: Vec<&str> = split.held_out.iter().map(|row| row.input.as_str()).collect();
    let greedy = GenerationConfig { max_new_tokens: NEW_TOKENS, ..GenerationConfig::default() };
    let answers = generate(base, adapter, &prompts, &greedy, &mut |_| ControlFlow::Continue(()))?;
    let equal = answers.iter().zip(&split.held_out).filter(|(answer, row)| answer.text.trim() == row.output);
    Ok(Quality { loss, exact_match: Some(equal.count() as f64 / split.held_out.len() as f64) })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{Split, learn, quality};
    use crate::files::{read_base, read_json};
    use crate::learning::reached::{Kind, Reached, judged};
    use crate::reference::checkout;

    /// One epoch of 384 commands, 24 steps, against what PEFT reached with the same settings over three seeds:
    /// `bench/reference/learning.py --rows 480 --epochs 1 --warmup-steps 5 --seeds 1,2,3 --without-answers`.
    #[test]
    fn in_a_few_steps_both_methods_learn_what_peft_learns() {
        let shared =
            std::env::var_os("ATTUNE_SHARED_DIR").map_or_else(|| checkout().join("../shared"), PathBuf::from);
        let data = shared.join("data/home_assistant/commands_en.jsonl");
        if !data.exists() {
            let data = data.display();
            crate::console::say(&format!(
                "SKIPPED: no commands at {data}; set ATTUNE_SHARED_DIR to the folder with data/"
            ));
            return;
        }
        let theirs: Reached =
            read_json(&checkout().join("tests/fixtures/learning/peft.json")).expect("PEFT's numbers");
        let split = Split::read(&data, theirs.settings.rows).expect("commands");
        assert_eq!((split.train.len(), split.held_out.len()), (384, theirs.held_out));
        let base = read_base(&checkout().join("models/attune-mini")).expect("the bundled base");
        let untrained = quality(&base, None, &split, false).expect("a loss");
        assert!(
            (untrained.loss - theirs.base.loss).abs() < 1e-3,
            "{} and {}",
            untrained.loss,
            theirs.base.loss
        );
        let mut ours = Reached {
            settings: theirs.settings,
            held_out: theirs.held_out,
            base: untrained,
            runs: Vec::new(),
        };
        for (method, seeds) in [(Kind::Lora, &[1][..]), (Kind::Prompt, &[1, 2])] {
            for seed in seeds {
                let run = learn(&base, &split, method, *seed, theirs.settings, false).expect("a training");
                assert_eq!(run.steps, 24);
                ours.runs.push(run);
            }
            judged(method, &ours, &theirs).expect("as near to PEFT as is allowed");
        }
    }
}

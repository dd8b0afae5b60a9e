//! How fast examples are generated: a batch as the product makes it, the tokens of its generator one prompt at a time
//! beside many together, and what it brings to answer together (`together`).
//!
//! Not here: whether what is generated is any good (the quality benchmark of the engine's tests).

use std::path::{Path, PathBuf};

use attune_engine::{
    Batch, BatchRequest, Claim, DataFolder, Engine, EngineOptions, Environment, GeneratorChoice, Resources,
};
use attune_tuning::{GenerationConfig, Sampling, Search, generate_seeded};
use clap::Args;

use crate::console::result as say;
use crate::error::{Error, Result};
use crate::files;
use crate::judgement::median;
use crate::own_process::{Stopwatch, most_resident_kibibytes};
use crate::together;

/// Seconds that this many examples may take on two cores.
const ALLOWED: [(u32, f64); 2] = [(50, 15.0), (500, 150.0)];
/// Tokens a second of many together by those of one at a time.
const LEAST_RATIO: f64 = 3.0;
/// Prompts that are answered one at a time in a round.
const ALONE: usize = 4;
const TOGETHER: usize = 64;
const ROUNDS: usize = 5;

/// What is measured.
#[derive(Debug, Args)]
pub(crate) struct Wanted {
    /// How many examples a batch has.
    #[arg(long, default_values_t = [50, 500])]
    pub(crate) examples: Vec<u32>,
    /// Texts for each example, of which the best is taken; without it as the product does.
    #[arg(long)]
    pub(crate) candidates: Option<u32>,
    /// Decides every draw.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Print so many of the texts, too.
    #[arg(long, default_value_t = 0)]
    pub(crate) show: u32,
    #[arg(long, default_value = "attune-mini")]
    pub(crate) base_model: String,
}

/// Whether everything was as fast as it must be.
pub(crate) fn measure(wanted: &Wanted) -> Result<bool> {
    let root = &Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = tempfile::tempdir().map_err(|source| Error::Write { path: std::env::temp_dir(), source })?;
    let base = root.join("models").join(&wanted.base_model);
    let tokens = tokens_a_second(&base)? & together::measure(&base)?;
    let engine = open(root, folder.path())?;
    let mut fast_enough = tokens;
    for examples in &wanted.examples {
        fast_enough &= batch(&engine, *examples, wanted)?;
    }
    engine.shut_down();
    Ok(fast_enough)
}

fn tokens_a_second(base: &Path) -> Result<bool> {
    let base = files::read_base(base)?;
    let prompts: Vec<String> = (0..TOGETHER)
        .map(|number| {
            let kind = ["fantasy", "mystery", "horror", "romance"][number % 4];
            let first = ["A key turns in an old door", "The boat comes home alone"][number / 4 % 2];
            format!("Write a {kind} story: {first}. Use vivid sensory details.")
        })
        .collect();
    let prompts: Vec<(&str, u64)> = prompts.iter().map(String::as_str).zip(1..).collect();
    // Every text is equally long, so that both ways do the same work for each.
    let config = GenerationConfig {
        max_new_tokens: 128,
        min_new_tokens: 128,
        search: Search::Sampling(Sampling { temperature: 0.8, top_p: 0.9, ..Sampling::default() }),
        ..GenerationConfig::default()
    };
    let rate = |prompts: &[(&str, u64)], at_once: usize| -> Result<Rate> {
        let stopwatch = Stopwatch::start();
        let mut tokens = 0;
        for prompts in prompts.chunks(at_once) {
            let answers = generate_seeded(&base, None, prompts, &config, &mut || true)?;
            tokens += answers.iter().map(|answer| answer.tokens.len()).sum::<usize>();
        }
        let tokens = tokens as f64;
        let a_processor_second = tokens / stopwatch.processor_seconds();
        Ok(Rate { a_second: tokens / stopwatch.seconds(), a_processor_second })
    };
    // Both take turns: what else the machine has to do disturbs both.
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        rates.push((rate(&prompts[..ALONE], 1)?, rate(&prompts, TOGETHER)?));
    }
    let ratio = median(rates.iter().map(|(alone, together)| together.a_second / alone.a_second));
    let (alone, together): (Vec<Rate>, Vec<Rate>) = rates.into_iter().unzip();
    for (what, rates) in [("one at a time", alone), ("64 together", together)] {
        let a_second = median(rates.iter().map(|rate| rate.a_second));
        let a_processor_second = median(rates.iter().map(|rate| rate.a_processor_second));
        say(&format!(
            "{what:<14} {a_second:>6.0} tokens/s, {a_processor_second:>6.0} a second of a processor"
        ));
    }
    say(&format!("together {ratio:.1} times as many (at least {LEAST_RATIO})"));
    Ok(ratio >= LEAST_RATIO)
}

/// Tokens a second; NaN for the processor where the system does not say what it spent.
struct Rate {
    a_second: f64,
    a_processor_second: f64,
}

fn open(root: &Path, data_folder: &Path) -> Result<Engine> {
    let environment = Environment::default();
    let claim = DataFolder::find(Some(data_folder.to_owned()), &environment)?.claim()?;
    let Claim::Owned(data_folder) = claim else {
        return Err(Error::FolderTaken { path: data_folder.to_owned() });
    };
    let resources = Resources { models: root.join("models"), content: root.join("data") };
    // No run is started here, so no worker either.
    let worker_program = PathBuf::new();
    Ok(Engine::open(EngineOptions { data_folder, resources, environment, port: None, worker_program })?)
}

fn batch(engine: &Engine, examples: u32, wanted: &Wanted) -> Result<bool> {
    let request = BatchRequest {
        num_examples: examples,
        candidates: wanted.candidates,
        seed: Some(wanted.seed),
        subject: Some(format!("bench {examples}")),
        generators: vec![GeneratorChoice::LocalT5 {
            base_model: Some(wanted.base_model.clone()),
            adapter: None,
        }],
        ..BatchRequest::default()
    };
    let stopwatch = Stopwatch::start();
    let (begun, _) = engine.create_batch(&request)?;
    let ended = engine.wait_for_batch(begun.id.as_str())?;
    let seconds = stopwatch.seconds();
    let allowed = ALLOWED.iter().find(|(count, _)| *count == examples).map(|(_, seconds)| *seconds);
    tell(&ended, seconds, allowed, stopwatch.processor_seconds());
    if let Some(kibibytes) = most_resident_kibibytes() {
        say(&format!("  most memory so far: {} MiB resident", kibibytes / 1024));
    }
    for example in engine.examples(&attune_engine::ExampleFilter::default(), None, wanted.show)?.examples {
        say(&format!("  {:?} {:?} {}", example.quality, example.rejection.map(|r| r.words), example.output));
    }
    Ok(allowed.is_none_or(|allowed| seconds <= allowed) && ended.error_message.is_none())
}

fn tell(batch: &Batch, seconds: f64, allowed: Option<f64>, spent: f64) {
    let tallies = &batch.tallies;
    let percent = |share: Option<f64>| share.unwrap_or_default() * 100.0;
    let ten = |quality: Option<f64>| quality.unwrap_or_default() * 10.0;
    let allowed = allowed.map(|allowed| format!(" (at most {allowed})")).unwrap_or_default();
    say(&format!(
        "{} examples of {} texts: {seconds:.1} s{allowed}, {:.0} tokens/s with quality and twins; \
         {spent:.1} s of a processor",
        tallies.attempts,
        tallies.candidates,
        tallies.tokens as f64 / seconds,
    ));
    say(&format!(
        "  kept {} ({:.0} %), below the line {}, twins {}, without text {}; quality {:.1}, of the kept {:.1}",
        tallies.kept,
        percent(tallies.kept_share()),
        tallies.below_line,
        tallies.twins,
        tallies.without_text,
        ten(tallies.mean_quality()),
        ten(tallies.mean_kept_quality()),
    ));
    if let Some(error) = &batch.error_message {
        say(&format!("  {}: {error}", batch.status));
    }
}

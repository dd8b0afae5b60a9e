//! What it brings to answer together: answers of mixed lengths, of many adapters, and of several requests at once.
//!
//! Each is measured beside the way without: groups that wait for their slowest, one adapter after the other, requests
//! that compute side by side. Both ways give the very same answers, which is checked.
//! Not here: how fast one group is (`generation`).

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;

use attune_tuning::{
    AdapterKind, Answer, Answering, Ask, BaseModel, GenerationConfig, LoraSettings, LoraTarget, Questions,
    ReadyAdapter, Sampling, Search,
};

use crate::console::result as say;
use crate::error::Result;
use crate::files;
use crate::judgement::median;
use crate::own_process::Stopwatch;

const ROUNDS: usize = 5;
/// How many are decoded together at most.
const GROUP: usize = 64;
const PROMPTS: usize = 256;
const ADAPTERS: usize = 16;
const REQUESTS: usize = 8;

/// Answers a second of the clock, and of a processor.
struct Rate {
    clock: f64,
    processor: f64,
}

/// Whether both ways gave the same answers throughout.
pub(crate) fn measure(base: &Path) -> Result<bool> {
    let base = files::read_base(base)?;
    let prompts = prompts();
    let adapters = adapters(&base)?;
    let mixed: Vec<Ask<'_>> = prompts.iter().zip(0..).map(|(prompt, seed)| ask(prompt, None, seed)).collect();
    let adapted: Vec<Ask<'_>> = prompts[..GROUP]
        .iter()
        .zip(0..)
        .map(|(prompt, seed)| ask(prompt, Some(&adapters[seed as usize % ADAPTERS]), seed))
        .collect();
    let same = [
        compare("mixed lengths, in groups of 64", "all at once", &base, &mixed, in_groups, at_once)?,
        compare("16 adapters, one after the other", "in one batch", &base, &adapted, by_adapter, at_once)?,
        compare("8 requests, side by side", "in one batch", &base, &mixed[..GROUP], side_by_side, joined)?,
    ];
    Ok(same.iter().all(|same| *same))
}

type Way = fn(&BaseModel, &[Ask<'_>], &GenerationConfig) -> attune_tuning::Result<Vec<Answer>>;

fn compare(
    before: &str,
    after: &str,
    base: &BaseModel,
    asks: &[Ask<'_>],
    apart: Way,
    together: Way,
) -> Result<bool> {
    let config = GenerationConfig {
        max_new_tokens: 160,
        search: Search::Sampling(Sampling { temperature: 0.7, top_p: 0.9, ..Sampling::default() }),
        ..GenerationConfig::default()
    };
    let rate = |way: Way| -> Result<(Rate, Vec<Answer>)> {
        let stopwatch = Stopwatch::start();
        let answers = way(base, asks, &config)?;
        let count = answers.len() as f64;
        let rate =
            Rate { clock: count / stopwatch.seconds(), processor: count / stopwatch.processor_seconds() };
        Ok((rate, answers))
    };
    let (mut rates, mut same) = (Vec::new(), true);
    // Both take turns: what else the machine has to do disturbs both.
    for _ in 0..ROUNDS {
        let ((apart, expected), (together, answers)) = (rate(apart)?, rate(together)?);
        same &= expected == answers;
        rates.push((apart, together));
    }
    let of = |take: fn(&(Rate, Rate)) -> f64| median(rates.iter().map(take));
    say(&format!(
        "{before}: {:.1} answers/s, {:.1} a second of a processor; {after}: {:.1}, {:.1}; {:.2} and {:.2} times as \
         many{}",
        of(|(apart, _)| apart.clock),
        of(|(apart, _)| apart.processor),
        of(|(_, together)| together.clock),
        of(|(_, together)| together.processor),
        of(|(apart, together)| together.clock / apart.clock),
        of(|(apart, together)| together.processor / apart.processor),
        if same { "" } else { ", and other answers" },
    ));
    Ok(same)
}

fn in_groups(
    base: &BaseModel,
    asks: &[Ask<'_>],
    config: &GenerationConfig,
) -> attune_tuning::Result<Vec<Answer>> {
    let groups = asks.chunks(GROUP).map(|asks| at_once(base, asks, config));
    Ok(groups.collect::<attune_tuning::Result<Vec<_>>>()?.concat())
}

fn at_once(
    base: &BaseModel,
    asks: &[Ask<'_>],
    config: &GenerationConfig,
) -> attune_tuning::Result<Vec<Answer>> {
    in_one_batch(base, [asks], config)
}

/// The asks of each adapter by themselves; `asks` go round the adapters.
fn by_adapter(
    base: &BaseModel,
    asks: &[Ask<'_>],
    config: &GenerationConfig,
) -> attune_tuning::Result<Vec<Answer>> {
    let mut answers: Vec<(usize, Answer)> = Vec::new();
    for adapter in 0..ADAPTERS {
        let (places, own): (Vec<usize>, Vec<Ask<'_>>) =
            asks.iter().copied().enumerate().skip(adapter).step_by(ADAPTERS).unzip();
        answers.extend(places.into_iter().zip(at_once(base, &own, config)?));
    }
    answers.sort_by_key(|(place, _)| *place);
    Ok(answers.into_iter().map(|(_, answer)| answer).collect())
}

/// Requests that know nothing of each other, each on a thread of its own.
fn side_by_side(
    base: &BaseModel,
    asks: &[Ask<'_>],
    config: &GenerationConfig,
) -> attune_tuning::Result<Vec<Answer>> {
    let answers = std::thread::scope(|scope| {
        let requests: Vec<_> = asks
            .chunks(asks.len() / REQUESTS)
            .map(|asks| scope.spawn(move || at_once(base, asks, config)))
            .collect();
        let answers = requests.into_iter().map(|request| match request.join() {
            Ok(answers) => answers,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        answers.collect::<attune_tuning::Result<Vec<_>>>()
    })?;
    Ok(answers.concat())
}

/// The same requests in one batch, as the product answers them.
fn joined(
    base: &BaseModel,
    asks: &[Ask<'_>],
    config: &GenerationConfig,
) -> attune_tuning::Result<Vec<Answer>> {
    in_one_batch(base, asks.chunks(asks.len() / REQUESTS), config)
}

fn in_one_batch<'a>(
    base: &BaseModel,
    requests: impl IntoIterator<Item = &'a [Ask<'a>]>,
    config: &GenerationConfig,
) -> attune_tuning::Result<Vec<Answer>> {
    let mut answering = Answering::new(base);
    let tickets = requests
        .into_iter()
        .map(|asks| Ok(answering.join(Questions::new(base, asks, config)?.without_pieces())))
        .collect::<attune_tuning::Result<Vec<_>>>()?;
    let mut answers = vec![Vec::new(); tickets.len()];
    while !answering.is_idle() {
        for ended in answering.step(&mut |_, _| ControlFlow::Continue(())) {
            let place = tickets.iter().position(|ticket| *ticket == ended.ticket);
            answers[place.unwrap_or_default()] = ended.answers?;
        }
    }
    Ok(answers.concat())
}

fn ask<'a>(prompt: &'a str, adapter: Option<&'a ReadyAdapter>, seed: u64) -> Ask<'a> {
    Ask { prompt, adapter, seed: Some(seed) }
}

/// Forms that the bundled base knows: of eight answers one is as long as it may be, the others are a sentence.
fn prompts() -> Vec<String> {
    let things = ["lamp", "boat", "garden", "key", "letter", "bridge", "winter", "horse"];
    let form = |number: usize| {
        let thing = things[number / 8 % things.len()];
        match number % 8 {
            0 => format!("Write a mystery story: A {thing} is found at dawn. Use vivid sensory details."),
            1..4 => format!("Repeat: the {thing} is on number {number}"),
            _ => format!("Reply: Could you bring the {thing} on Friday evening?"),
        }
    };
    (0..PROMPTS).map(form).collect()
}

/// LoRA of small values, each of other ones.
fn adapters(base: &BaseModel) -> Result<Vec<ReadyAdapter>> {
    let settings =
        LoraSettings { targets: BTreeSet::from([LoraTarget::Q, LoraTarget::V]), ..LoraSettings::default() };
    let adapter = |number: usize| {
        let count = AdapterKind::Lora(settings.clone()).layout(base)?.parameters();
        let values = (0..count).map(|place| ((place * 31 + number * 7) % 13) as f32 * 1e-3 - 6e-3).collect();
        ReadyAdapter::new(base, &AdapterKind::Lora(settings.clone()).adapter(base, values)?)
    };
    Ok((0..ADAPTERS).map(adapter).collect::<attune_tuning::Result<_>>()?)
}

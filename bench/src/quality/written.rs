//! What attune-mini writes, beside what people wrote.
//!
//! Not here: how the product asks a base and which candidate it keeps (the engine's batches). Each text is drawn once, in
//! the form "Write a horror story: First sentence. Style.", so that the share that is kept is that of single candidates.

use std::ops::ControlFlow;

use attune_engine::quality::{FluencyMeter, Judged, Quality};
use attune_tuning::{BaseModel, GenerationConfig, Sampling, Search, generate};

use super::figures::{area_under_curve, kept, wholes};
use crate::console;
use crate::error::Result;

/// First sentences of stories with their genres, of our own; styles follow in turn.
const BEGINNINGS: &str = include_str!("beginnings.txt");
const STYLES: [&str; 4] = [
    "Make it atmospheric and descriptive.",
    "Focus on character emotions.",
    "Use vivid sensory details.",
    "Create tension and suspense.",
];
/// Temperatures and shares of probability (`top_p`) that are tried.
const DRAWN: [(f32, f32); 4] = [(0.5, 0.9), (0.7, 0.9), (0.8, 0.95), (1.0, 1.0)];
const NEW_TOKENS: usize = 160;

/// Prints for each way of drawing how much is kept and how well it is told from the passages.
pub(super) fn compare(
    base: &BaseModel,
    meter: &FluencyMeter,
    passages: &[Quality],
    count: usize,
) -> Result<()> {
    console::result(
        "attune-mini writes   texts     kept   whole   seconds to write and to judge   weakest parts",
    );
    for (temperature, top_p) in DRAWN {
        let asked: Vec<(&str, &str, &str)> = BEGINNINGS
            .lines()
            .filter_map(|line| line.split_once(": "))
            .cycle()
            .zip(STYLES.iter().cycle())
            .take(count)
            .map(|((genre, beginning), style)| (genre, beginning, *style))
            .collect();
        let prompts: Vec<String> = asked
            .iter()
            .map(|(genre, beginning, style)| format!("Write a {genre} story: {beginning}. {style}"))
            .collect();
        let prompts: Vec<&str> = prompts.iter().map(String::as_str).collect();
        let sampling = Sampling { temperature, top_p, seed: 1, ..Sampling::default() };
        let config = GenerationConfig {
            max_new_tokens: NEW_TOKENS,
            search: Search::Sampling(sampling),
            ..GenerationConfig::default()
        };
        let start = std::time::Instant::now();
        let answers = generate(base, None, &prompts, &config, &mut |_| ControlFlow::Continue(()))?;
        let writing = start.elapsed();
        let judged = asked.iter().zip(&answers).map(|((genre, prompt, style), answer)| Judged {
            genre,
            prompt,
            style: Some(style),
            text: &answer.text,
            judge: None,
        });
        let start = std::time::Instant::now();
        let qualities = meter.qualities(&judged.collect::<Vec<_>>())?;
        let judging = start.elapsed();
        console::result(&format!(
            "{:<19}{:>7}{:>8.1}%{:>8.3}{:>15.2}{:>8.2}          {}",
            format!("at {temperature}, top_p {top_p}"),
            qualities.len(),
            100.0 * kept(&qualities),
            area_under_curve(&wholes(passages), &wholes(&qualities)),
            writing.as_secs_f64(),
            judging.as_secs_f64(),
            weakest(&qualities)
        ));
    }
    Ok(())
}

/// How often each part speaks most against a text that is not kept.
fn weakest(qualities: &[Quality]) -> String {
    let mut counts = std::collections::BTreeMap::new();
    for quality in qualities.iter().filter(|quality| !quality.is_kept()) {
        *counts.entry(quality.weakest().0).or_insert(0) += 1;
    }
    let named = counts.iter().map(|(name, count)| format!("{name} {count}"));
    named.collect::<Vec<_>>().join(", ")
}

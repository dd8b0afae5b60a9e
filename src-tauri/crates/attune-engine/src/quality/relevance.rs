//! Relevance: whether a text is about what was asked for.
//!
//! The telling words of the prompt are looked for in the text, by their stems. There are two kinds of prompt. One that
//! says what a story is **about** ("about lamp, cellar, rain") wants its words taken up; what counts is not their share
//! but how unlikely it is to meet so many by chance. Any other is the **beginning** of a story, and what goes on need
//! not name it again: of passages parted behind their first sentence 53 % take up no word of it. So a beginning can
//! speak for a text and hardly against it, and a text that was written for another one is recognised badly
//! (docs/benchmarks.md, "Quality").
//! Not here: a text that answers in other words. It is not recognised; a judge would.

use std::collections::HashSet;

use super::part::{Part, ramp};
use super::prose::{PlainWords, Prose, stem};

/// How a prompt begins that says what a story is about.
const ABOUT: &str = "about ";
/// The chance that a telling word of some prompt stands in a hundred words of a text about something else: 0.5 to 1.7 %
/// on the tuning half, and more where words are commoner.
const CHANCE_IN_A_HUNDRED_WORDS: f64 = 0.03;
/// A long text has met every word some time.
const MOST_CHANCE: f64 = 0.5;
/// How unlikely, in nats, the words that were found are by chance: not at all, and surely no chance.
const SURPRISE: [f64; 2] = [0.0, 4.5];
/// Of a text that goes on from a beginning and takes up none of its words, one, two or more.
const OF_A_BEGINNING: [f64; 3] = [0.85, 0.95, 1.0];
/// Words that are named to a person.
const NAMED: usize = 6;

pub(super) fn relevance(prompt: &str, text: &Prose) -> Part {
    let is_about = prompt.trim_start().to_lowercase().starts_with(ABOUT);
    let prompt = Prose::of(prompt);
    let mut named = HashSet::new();
    let telling = prompt.words().iter().filter(|word| !PlainWords::get().contains(word));
    let asked: Vec<&str> = telling.map(String::as_str).filter(|word| named.insert(stem(word))).collect();
    if asked.is_empty() {
        return Part::new(1.0, "the prompt names nothing that could be missing");
    }
    let stems = text.stems();
    let (found, missing): (Vec<&str>, Vec<&str>) =
        asked.iter().copied().partition(|word| stems.contains(stem(word)));
    let chance = (CHANCE_IN_A_HUNDRED_WORDS * text.words().len() as f64 / 100.0).min(MOST_CHANCE);
    let value = if is_about {
        ramp(surprise(found.len(), asked.len(), chance), SURPRISE[0], SURPRISE[1])
    } else {
        OF_A_BEGINNING[found.len().min(OF_A_BEGINNING.len() - 1)]
    };
    let said = match (found.len(), missing.len()) {
        (0, _) => format!("takes up nothing of the prompt: {}", listed(&missing)),
        (_, 0) => format!("takes up all that the prompt names: {}", listed(&found)),
        (some, _) => format!("takes up {some} of {} words of the prompt: {}", asked.len(), listed(&found)),
    };
    Part::new(value, said)
}

/// The negative logarithm of the probability to meet `found` or more of `asked` words where each is met by `chance`,
/// in nats.
fn surprise(found: usize, asked: usize, chance: f64) -> f64 {
    // The binomial probability of exactly 0, 1, ... words, each from the one before.
    let mut exactly = (1.0 - chance).powi(asked as i32);
    let mut fewer = 0.0;
    for count in 0..found {
        fewer += exactly;
        exactly *= (asked - count) as f64 / (count + 1) as f64 * chance / (1.0 - chance);
    }
    -(1.0 - fewer).max(1e-9).ln()
}

fn listed(words: &[&str]) -> String {
    let named = words.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if words.len() > NAMED { format!("{named}, ...") } else { named }
}

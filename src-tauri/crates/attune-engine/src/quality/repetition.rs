//! Repetition: how much of a text it has said before.
//!
//! A small model's commonest failure is to go round in circles, with every sentence in order. Two measures, the worse
//! counts: the share of words that stand in a run of three that came before, and the share of different words and pairs
//! of words in a stretch of fixed length (distinct-n).
//!
//! Source of distinct-n: Li, Galley, Brockett, Gao, Dolan 2016, "A Diversity-Promoting Objective Function for Neural
//! Conversation Models"; over a fixed length, because the share falls with the length of any text.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::part::{Part, ramp};
use super::prose::Prose;

/// The words of a run that counts as said before.
const RUN: usize = 3;
/// Words of a stretch for distinct-n.
const STRETCH: usize = 100;
/// The longest phrase that is looked for to be named.
const LONGEST_PHRASE: usize = 12;
/// Words among which it is looked for.
const NAMED_AMONG: usize = 2000;
/// Shares of repeated words: usual in prose, and as good as nothing new.
const REPEATED: [f64; 2] = [0.10, 0.30];
/// Shares of different words and of different pairs in a stretch: too few, and usual.
const DISTINCT_WORDS: [f64; 2] = [0.30, 0.50];
const DISTINCT_PAIRS: [f64; 2] = [0.60, 0.85];

pub(super) fn repetition(prose: &Prose) -> Part {
    let words = numbered(prose.words());
    if words.is_empty() {
        return Part::new(0.0, "there are no words");
    }
    let repeated = repeated_share(&words);
    let (singles, pairs) = (distinct_share(&words, 1), distinct_share(&words, 2));
    let value = ramp(repeated, REPEATED[1], REPEATED[0])
        .min(ramp(singles, DISTINCT_WORDS[0], DISTINCT_WORDS[1]))
        .min(ramp(pairs, DISTINCT_PAIRS[0], DISTINCT_PAIRS[1]));
    let said = match loudest(&words).filter(|_| value < 0.95) {
        Some((phrase, times)) => {
            let phrase = prose.words()[phrase].join(" ");
            format!("repeats “{phrase}” {times} times")
        }
        None => format!("{:.0} % of its words are said anew", (1.0 - repeated) * 100.0),
    };
    Part::new(value, said)
}

/// Equal words have equal numbers.
fn numbered(words: &[String]) -> Vec<u32> {
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let number = |word| {
        let next = numbers.len() as u32;
        *numbers.entry(word).or_insert(next)
    };
    words.iter().map(String::as_str).map(number).collect()
}

/// The share of words that stand in a run of [`RUN`] words that came before.
fn repeated_share(words: &[u32]) -> f64 {
    let mut seen = HashSet::new();
    let mut said_before = 0;
    let mut counted = 0;
    for (start, run) in words.windows(RUN).enumerate() {
        if !seen.insert(run) {
            let end = start + RUN;
            said_before += end - counted.max(start);
            counted = end;
        }
    }
    said_before as f64 / words.len() as f64
}

/// The share of different runs of `size` words in a stretch, on the average of all whole stretches; of a shorter text in
/// all of it.
fn distinct_share(words: &[u32], size: usize) -> f64 {
    let share = |stretch: &[u32]| {
        let runs = stretch.windows(size);
        let all = runs.len().max(1);
        runs.collect::<HashSet<_>>().len() as f64 / all as f64
    };
    if words.len() < size + 1 {
        return 1.0;
    }
    let whole = words.chunks_exact(STRETCH);
    match whole.len() {
        0 => share(words),
        stretches => whole.map(share).sum::<f64>() / stretches as f64,
    }
}

/// The phrase that takes up most of the text by standing there more than once, and how often it does without overlap.
/// Among equals the shortest, and of these the first, so that the same text gets the same words.
fn loudest(words: &[u32]) -> Option<(Range<usize>, usize)> {
    let words = &words[..words.len().min(NAMED_AMONG)];
    let mut best: Option<(usize, Range<usize>, usize)> = None;
    for size in 1..=LONGEST_PHRASE {
        let mut phrases: HashMap<&[u32], Phrase> = HashMap::new();
        for (start, phrase) in words.windows(size).enumerate() {
            let phrase = phrases.entry(phrase).or_insert(Phrase { start, free_from: start, times: 0 });
            if start >= phrase.free_from {
                *phrase = Phrase { free_from: start + size, times: phrase.times + 1, ..*phrase };
            }
        }
        // Single words come again in every text.
        let least = if size == 1 { words.len() / 4 } else { 1 };
        let again = phrases.into_values().filter(|phrase| phrase.times > least.max(1));
        let loudest = again.max_by_key(|phrase| (phrase.times, std::cmp::Reverse(phrase.start)));
        if let Some(Phrase { start, times, .. }) = loudest
            && best.as_ref().is_none_or(|(covered, ..)| times * size > *covered)
        {
            best = Some((times * size, start..start + size, times));
        }
    }
    best.map(|(_, place, times)| (place, times))
}

/// Where a phrase stands first, from where on it does not overlap with itself, and how often it stands so.
#[derive(Debug, Clone, Copy)]
struct Phrase {
    start: usize,
    free_from: usize,
    times: usize,
}

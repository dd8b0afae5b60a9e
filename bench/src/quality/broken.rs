//! Texts that are broken on purpose, each in one way.
//!
//! Invariant: everything but the one thing is as in the passage, so that it is that thing which is recognised. What is
//! shuffled or repeated ends with a full stop, so that no end gives it away.

use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::passages::{Asked, Half};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Shuffled,
    Repeated,
    Truncated,
    OffTopic,
    WrongLanguage,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] =
        [Self::Shuffled, Self::Repeated, Self::Truncated, Self::OffTopic, Self::WrongLanguage];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Shuffled => "shuffled",
            Self::Repeated => "repeated",
            Self::Truncated => "truncated",
            Self::OffTopic => "off-topic",
            Self::WrongLanguage => "wrong language",
        }
    }

    /// The broken versions of every `every`th passage of a half.
    pub(crate) fn make(self, half: &Half, every: usize) -> Vec<Asked> {
        let mut random = ChaCha8Rng::seed_from_u64(self as u64);
        let passages: Vec<&Asked> = half.passages.iter().step_by(every).collect();
        if self == Self::WrongLanguage {
            let asked = passages.iter().cycle().zip(&half.foreign);
            return asked.map(|(asked, text)| Asked { text: text.clone(), ..(*asked).clone() }).collect();
        }
        passages
            .iter()
            .enumerate()
            .map(|(place, asked)| {
                let text = match self {
                    Self::Shuffled => shuffled(&asked.text, &mut random),
                    Self::Repeated => repeated(&asked.text, place, &mut random),
                    Self::Truncated => truncated(&asked.text, &mut random),
                    Self::OffTopic | Self::WrongLanguage => return off_topic(asked, half, &mut random),
                };
                Asked { text, ..(*asked).clone() }
            })
            .collect()
    }
}

/// Every word in a place that chance gives it.
fn shuffled(text: &str, random: &mut ChaCha8Rng) -> String {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    words.shuffle(random);
    ended(&words.join(" "))
}

/// As long as the passage or twice as long: one sentence again and again, each sentence twice, or a beginning that goes
/// round in circles.
fn repeated(text: &str, place: usize, random: &mut ChaCha8Rng) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    match place % 3 {
        0 => {
            let sentence = sentences(text).swap_remove(0);
            let sentence: Vec<&str> = sentence.split_whitespace().collect();
            let times = (words.len() / sentence.len()).max(3);
            ended(&again(&sentence, sentence.len() * times).join(" "))
        }
        1 => {
            let doubled: Vec<&str> =
                sentences(text).into_iter().flat_map(|sentence| [sentence, sentence]).collect();
            ended(&doubled.join(" "))
        }
        _ => {
            let beginning = &words[..words.len() / 2];
            let phrase = &beginning[beginning.len() - random.random_range(2..=8)..];
            ended(&[beginning, &again(phrase, words.len() - beginning.len())].concat().join(" "))
        }
    }
}

/// A third to nine tenths of the words, ending where no sentence does.
fn truncated(text: &str, random: &mut ChaCha8Rng) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let inside: Vec<usize> = (words.len() / 3..words.len() * 9 / 10)
        .filter(|end| words[end - 1].ends_with(char::is_alphanumeric))
        .collect();
    let end = inside.choose(random).copied().unwrap_or(words.len() / 2);
    words[..end].join(" ")
}

/// The passage as the answer to what the passage of another author was asked for.
fn off_topic(asked: &Asked, half: &Half, random: &mut ChaCha8Rng) -> Asked {
    let others: Vec<&Asked> = half.passages.iter().filter(|other| other.author != asked.author).collect();
    let other = others.choose(random).copied().unwrap_or(asked);
    Asked { text: asked.text.clone(), ..other.clone() }
}

fn again<'t>(phrase: &[&'t str], length: usize) -> Vec<&'t str> {
    phrase.iter().copied().cycle().take(length).collect()
}

/// The sentences of a text, as far as their ends are plain.
pub(super) fn sentences(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut start = 0;
    for (end, _) in text.match_indices([' ']) {
        let before = text[..end].trim_end_matches(['"', '\'']);
        if before.ends_with(['.', '!', '?']) && end > start {
            sentences.push(&text[start..end]);
            start = end + 1;
        }
    }
    sentences.push(&text[start..]);
    sentences
}

fn ended(text: &str) -> String {
    format!("{}.", text.trim_end_matches(|character: char| !character.is_alphanumeric()))
}

//! Genre and style: whether a text has the words and the shape that readers know them by.
//!
//! A story of a genre need not name its usual furniture, so that a text without any of it keeps most of the part, and
//! the part counts little. Genres and styles that are not in the list are not judged.
//! Invariant: the part alone puts no text below the line.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::Judged;
use super::part::{Part, ramp};
use super::prose::{Prose, stem};

/// Lines of a name and its words; the words of a style are looked for in the sentence that asks for it.
const WORDS: &str = include_str!("genre_words.txt");
/// Of a text without any word of its genre.
const LEAST: f64 = 0.7;
/// The share of a genre's words in a text that is full of them.
const FULL: f64 = 0.04;

type Lists = HashMap<&'static str, Vec<&'static str>>;

static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    let lists = WORDS.lines().filter_map(|line| line.split_once(':'));
    lists.map(|(name, words)| (name, words.split_whitespace().map(stem).collect())).collect()
});

pub(super) fn fit(judged: &Judged<'_>, prose: &Prose) -> Part {
    let genre = LISTS.get(judged.genre.replace('_', " ").as_str());
    let style = judged.style.and_then(Style::of);
    let mut value = 1.0_f64;
    let mut said = Vec::new();
    match genre {
        Some(list) => {
            let (share, named) = share(list, prose);
            value = value.min(LEAST + (1.0 - LEAST) * ramp(share, 0.0, FULL));
            said.push(match named.is_empty() {
                true => format!("no word that is usual for {}", judged.genre),
                false => format!("{}: {}", judged.genre, named.join(", ")),
            });
        }
        None => said.push(format!("what is usual for {} is not known", judged.genre)),
    }
    if let Some(style) = style {
        let (share, words) = style.measure(judged.text, prose);
        value = value.min(LEAST + (1.0 - LEAST) * share);
        said.push(words);
    }
    Part::new(value, said.join("; "))
}

/// The share of words that are in the list, and the first of them.
fn share(list: &[&str], prose: &Prose) -> (f64, Vec<String>) {
    let mut named: Vec<String> = Vec::new();
    let mut count = 0;
    for word in prose.words().iter().filter(|word| list.contains(&stem(word))) {
        count += 1;
        if named.len() < 4 && !named.contains(word) {
            named.push(word.clone());
        }
    }
    (count as f64 / prose.words().len().max(1) as f64, named)
}

/// What a sentence about style asks for, as far as it can be measured.
#[derive(Debug, Clone, Copy)]
enum Style {
    Dialogue,
    ShortSentences,
    Words(&'static str),
}

impl Style {
    fn of(sentence: &str) -> Option<Self> {
        let sentence = sentence.to_lowercase();
        let asks = |words: &[&str]| words.iter().any(|word| sentence.contains(word));
        Some(match () {
            () if asks(&["dialog"]) => Self::Dialogue,
            () if asks(&["short", "plain sentence"]) => Self::ShortSentences,
            () if asks(&["atmospher", "descriptive", "mood", "surroundings"]) => Self::Words("atmosphere"),
            () if asks(&["emotion", "feeling"]) => Self::Words("emotions"),
            () if asks(&["sensory", "senses"]) => Self::Words("senses"),
            () if asks(&["tension", "suspense"]) => Self::Words("suspense"),
            () => return None,
        })
    }

    /// How much of it there is, 0 to 1, and what was found.
    fn measure(self, text: &str, prose: &Prose) -> (f64, String) {
        match self {
            Self::Dialogue => {
                let quotes = text.matches(['"', '“', '”']).count();
                (ramp(quotes as f64, 0.0, 4.0), format!("{} spoken lines", quotes.div_ceil(2)))
            }
            Self::ShortSentences => {
                let sentences = text.matches(['.', '!', '?']).count().max(1);
                let words = prose.words().len() as f64 / sentences as f64;
                (ramp(words, 30.0, 15.0), format!("{words:.0} words a sentence"))
            }
            Self::Words(name) => {
                let (share, named) = LISTS.get(name).map(|list| share(list, prose)).unwrap_or_default();
                let said = if named.is_empty() { "none".to_owned() } else { named.join(", ") };
                (ramp(share, 0.0, FULL), format!("words of {name}: {said}"))
            }
        }
    }
}

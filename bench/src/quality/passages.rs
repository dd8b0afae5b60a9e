//! Passages that people wrote, each with a prompt, and the halves they are split into by their authors.
//!
//! Nobody asked the authors for anything, so the prompts are made: three or four telling words of the passage, a form
//! that attune-mini knows ("Write a horror story about lamp, cellar, rain."). A telling word is one that few passages
//! have. That a passage has all of its own prompt's words is therefore so by its making; what the figures show is how
//! well a text is told from one that was asked for something else.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use attune_engine::quality::Judged;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::broken::sentences;
use crate::error::{Error, Result};
use crate::files::read;

/// Words of a prompt, in turn.
const TELLING: [usize; 2] = [3, 4];
/// Words of which one tells nothing about a subject have fewer letters.
const LEAST_LETTERS: usize = 4;
/// Words that are left of a passage behind its first sentence.
const LEAST_REST: usize = 30;

/// One passage of a book.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Passage {
    pub(crate) genre: String,
    pub(crate) author: String,
    pub(crate) text: String,
}

/// A text in another language than English.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Foreign {
    pub(crate) text: String,
}

/// A text and what it is judged as the answer to.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) author: String,
    pub(crate) genre: String,
    pub(crate) prompt: String,
    pub(crate) text: String,
}

impl Asked {
    pub(crate) fn judged(&self) -> Judged<'_> {
        Judged { genre: &self.genre, prompt: &self.prompt, style: None, text: &self.text, judge: None }
    }
}

/// One half: no author of it is in the other.
#[derive(Debug)]
pub(crate) struct Half {
    pub(crate) passages: Vec<Asked>,
    pub(crate) foreign: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// On which numbers may be chosen.
    Tuning,
    /// On which nothing is chosen.
    Test,
}

impl Half {
    /// Reads one half of the passages in `folder`: of the authors by genre and alphabet every second one.
    pub(crate) fn read(folder: &Path, which: Which) -> Result<Self> {
        let all: Vec<Passage> = rows(&folder.join("english.jsonl"))?;
        let mut authors: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for passage in &all {
            authors.entry(&passage.genre).or_default().insert(&passage.author);
        }
        let own = |place: usize| (place % 2 == 1) == (which == Which::Test);
        let authors = authors.values().flatten().enumerate();
        let of_half: BTreeSet<&str> =
            authors.filter(|(place, _)| own(*place)).map(|(_, name)| *name).collect();
        let passages: Vec<&Passage> =
            all.iter().filter(|passage| of_half.contains(passage.author.as_str())).collect();
        let foreign: Vec<Foreign> = rows(&folder.join("other_languages.jsonl"))?;
        let foreign =
            foreign.into_iter().enumerate().filter(|(place, _)| own(*place)).map(|(_, row)| row.text);
        Ok(Self { passages: with_prompts(&passages), foreign: foreign.collect() })
    }
}

impl Half {
    /// The passages parted behind their first sentence, as the answers to it and to that of another author.
    pub(crate) fn beginnings(&self) -> (Vec<Asked>, Vec<Asked>) {
        let part = |asked: &Asked| {
            let beginning = sentences(&asked.text).swap_remove(0);
            let rest = asked.text[beginning.len()..].trim();
            (rest.split_whitespace().count() >= LEAST_REST).then(|| Asked {
                prompt: beginning.to_owned(),
                text: rest.to_owned(),
                ..asked.clone()
            })
        };
        let own: Vec<Asked> = self.passages.iter().filter_map(part).collect();
        let other = |(place, asked): (usize, &Asked)| {
            let mut others = own.iter().cycle().skip(place + own.len() / 2).take(own.len());
            let other = others.find(|other| other.author != asked.author)?;
            Some(Asked { text: asked.text.clone(), ..other.clone() })
        };
        let others = own.iter().enumerate().filter_map(other).collect();
        (own, others)
    }
}

fn rows<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    if !path.is_file() {
        return Err(Error::NoPassages { path: path.to_owned() });
    }
    let text = String::from_utf8_lossy(&read(path)?).into_owned();
    let row =
        |line| serde_json::from_str(line).map_err(|source| Error::Json { path: path.to_owned(), source });
    text.lines().filter(|line| !line.trim().is_empty()).map(row).collect()
}

fn with_prompts(passages: &[&Passage]) -> Vec<Asked> {
    let mut passages_with: HashMap<&str, usize> = HashMap::new();
    for passage in passages {
        let words: BTreeSet<&str> = ordinary_words(&passage.text).collect();
        words.into_iter().for_each(|word| *passages_with.entry(word).or_default() += 1);
    }
    let prompted = |(place, passage): (usize, &&Passage)| {
        // The rarest words first; among equals in the order of the text.
        let mut words: Vec<&str> = Vec::new();
        for word in ordinary_words(&passage.text) {
            if !words.contains(&word) {
                words.push(word);
            }
        }
        words.sort_by_key(|word| passages_with.get(word));
        words.truncate(TELLING[place % TELLING.len()]);
        Asked {
            author: passage.author.clone(),
            genre: passage.genre.clone(),
            prompt: format!("about {}", words.join(", ")),
            text: passage.text.clone(),
        }
    };
    passages.iter().enumerate().map(prompted).collect()
}

/// Words in small letters, so that names are left out.
fn ordinary_words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphabetic())
        .filter(|word| word.chars().count() >= LEAST_LETTERS && word.chars().all(char::is_lowercase))
}

//! Language: whether a text is in English, which is what prompts, bases and measures here are made for.
//!
//! About every second word of English is one of a hundred; that is counted first, since it is quick and works on one
//! sentence. Only a text that has few of them is asked which language it is in, so that a person can be told.

use super::part::{Part, ramp};
use super::prose::{PlainWords, Prose};

/// The share of plain words: in other languages, and in the plainest-spoken English that was met.
const PLAIN_SHARE: [f64; 2] = [0.20, 0.38];
/// Words that are looked at; a language does not change in a text.
const WORDS: usize = 400;
/// Characters that a language is told from.
const CHARACTERS: usize = 1000;

pub(super) fn language(text: &str, prose: &Prose) -> Part {
    let words = &prose.words()[..prose.words().len().min(WORDS)];
    if words.is_empty() {
        return Part::new(0.0, "there are no words");
    }
    let plain = words.iter().filter(|word| PlainWords::get().contains(word)).count();
    let value = ramp(plain as f64 / words.len() as f64, PLAIN_SHARE[0], PLAIN_SHARE[1]);
    if value >= 1.0 {
        return Part::new(value, "English");
    }
    let beginning: String = text.chars().take(CHARACTERS).collect();
    let told = whatlang::detect(&beginning).filter(whatlang::Info::is_reliable);
    match told.map(|info| info.lang()) {
        Some(whatlang::Lang::Eng) => Part::new(value, "English, with few of its plain words"),
        Some(language) => Part::new(value.min(0.1), format!("written in {}", language.eng_name())),
        None => Part::new(value, "hardly English"),
    }
}

//! Text as words: what is a word, which of them tell something, and which mean the same.
//!
//! Not here: what follows from them. Everything is done in one walk over the text.

use std::collections::HashSet;

/// The words of English that say nothing about a text's subject: articles, pronouns, auxiliaries, and what every story
/// has. In running English about every second word is one of the first two lines.
const PLAIN: &str = include_str!("plain_words.txt");

/// A text, word by word.
#[derive(Debug)]
pub(super) struct Prose {
    /// In lower case, without the marks around them.
    words: Vec<String>,
}

impl Prose {
    pub(super) fn of(text: &str) -> Self {
        let marks = |character: char| !character.is_alphanumeric();
        let words =
            text.split(|character: char| character.is_whitespace() || matches!(character, '-' | '—' | '–'));
        let words = words.map(|word| word.trim_matches(marks)).filter(|word| !word.is_empty());
        Self { words: words.map(|word| word.to_lowercase().replace('’', "'")).collect() }
    }

    pub(super) fn words(&self) -> &[String] {
        &self.words
    }

    /// The stems of its words.
    pub(super) fn stems(&self) -> HashSet<&str> {
        self.words.iter().map(|word| stem(word)).collect()
    }
}

/// Which words say nothing about a subject.
#[derive(Debug)]
pub(super) struct PlainWords(HashSet<&'static str>);

impl PlainWords {
    pub(super) fn get() -> &'static Self {
        static WORDS: std::sync::LazyLock<PlainWords> =
            std::sync::LazyLock::new(|| PlainWords(PLAIN.split_whitespace().collect()));
        &WORDS
    }

    pub(super) fn contains(&self, word: &str) -> bool {
        self.0.contains(word)
    }
}

/// What is left of a word in lower case without the common endings of English, so that "discovers" and "discovered" are
/// the same. Crude on purpose: both sides of a comparison are cut alike.
pub(super) fn stem(word: &str) -> &str {
    const ENDINGS: [&str; 12] = ["'s", "ings", "ing", "edly", "ied", "ies", "ed", "ly", "es", "s", "e", "y"];
    let left = |ending: &&str| word.strip_suffix(ending).filter(|rest| rest.chars().count() >= 3);
    ENDINGS.iter().find_map(left).unwrap_or(word)
}

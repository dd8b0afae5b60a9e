//! Length and completeness: whether a text is long enough to teach anything, and ends where a sentence ends.

use super::part::{Part, ramp};
use super::prose::Prose;

/// So short a text teaches nothing.
const TOO_SHORT: f64 = 6.0;
/// Two sentences, or what attune-mini writes at least of a paragraph.
const LONG_ENOUGH: f64 = 24.0;
/// Of a text that breaks off, whatever its length.
const BROKEN_OFF: f64 = 0.15;
/// Letters of the longest words that people write; more is a row of signs.
const LONGEST_WORD: usize = 40;
/// Titles end with a full stop and no sentence with them.
const TITLES: [&str; 6] = ["mr", "mrs", "dr", "st", "prof", "rev"];

pub(super) fn length(text: &str, prose: &Prose) -> Part {
    let text = text.trim();
    let words = prose.words();
    if words.is_empty() {
        return Part::new(0.0, if text.is_empty() { "there is no text" } else { "there are no words" });
    }
    let ordinary = words.iter().filter(|word| word.chars().count() <= LONGEST_WORD).count();
    if ordinary * 2 < words.len() {
        return Part::new(0.0, "rows of signs rather than words");
    }
    let count = if ordinary == 1 { "one word".to_owned() } else { format!("{ordinary} words") };
    let long_enough = ramp(ordinary as f64, TOO_SHORT, LONG_ENOUGH);
    let short = if long_enough < 1.0 { format!("only {count}") } else { count };
    match end(text, prose) {
        End::Sentence => Part::new(long_enough, short),
        End::Inside => {
            Part::new(long_enough * BROKEN_OFF, format!("ends in the middle of a sentence; {short}"))
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Sentence,
    Inside,
}

fn end(text: &str, prose: &Prose) -> End {
    let closing = |character: char| matches!(character, '"' | '\'' | '”' | '’' | ')' | ']' | '»' | '*' | '_');
    let text = text.trim_end_matches(|character: char| closing(character) || character.is_whitespace());
    if !text.ends_with(['.', '!', '?', '…']) {
        return End::Inside;
    }
    match prose.words().last() {
        Some(word) if TITLES.contains(&word.as_str()) => End::Inside,
        _ => End::Sentence,
    }
}

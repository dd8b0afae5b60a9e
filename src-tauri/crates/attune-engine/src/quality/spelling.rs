//! Spelling: whether a text is made of words that exist.
//!
//! A base that puts words together from pieces makes new ones, and finds them as likely as any: its fluency cannot tell.
//! Words that begin with a capital are taken for names and not looked at, nor are words with an apostrophe, as dialects
//! have them. A few unknown words are usual: people coin some.

use std::sync::LazyLock;

use super::part::{Part, ramp};

/// A word a line, ascending, behind a notice; words that the lists below lead back to another one are left out.
/// Source and making: `english_words.py`.
const WORDS: &str = include_str!("english_words.txt");
/// Endings, and what stood in their place; the same as in `english_words.py`.
const ENDINGS: [(&str, &str); 29] = [
    ("s", ""),
    ("es", ""),
    ("d", ""),
    ("ed", ""),
    ("ing", ""),
    ("ing", "e"),
    ("ly", ""),
    ("er", ""),
    ("r", ""),
    ("ness", ""),
    ("ied", "y"),
    ("ies", "y"),
    ("ily", "y"),
    ("iness", "y"),
    ("ier", "y"),
    ("ers", ""),
    ("rs", ""),
    ("ings", ""),
    ("est", ""),
    ("st", ""),
    ("iest", "y"),
    ("ful", ""),
    ("less", ""),
    ("able", ""),
    ("able", "e"),
    ("ment", ""),
    ("ments", ""),
    ("fully", ""),
    ("y", "e"),
];
/// Endings that may double the letter before them: "stopped".
const DOUBLING: [&str; 5] = ["ed", "ing", "er", "ers", "est"];
const BEGINNINGS: [&str; 12] =
    ["un", "re", "dis", "over", "out", "fore", "mis", "in", "non", "under", "inter", "up"];
/// British spellings and how Americans write them: "colour", "realise", "travelled".
const BRITISH: [(&str, &str); 9] = [
    ("our", "or"),
    ("is", "iz"),
    ("ys", "yz"),
    ("ll", "l"),
    ("re", "er"),
    ("ence", "ense"),
    ("ae", "e"),
    ("oe", "e"),
    ("ogue", "og"),
];
/// Letters of a stem at least.
const STEM: usize = 3;
/// Shorter words are not looked at.
const LEAST_LETTERS: usize = 3;
/// Words that are looked at; more say nothing new.
const MOST_WORDS: usize = 1000;
/// A text of fewer words is judged as if it had so many, so that one coined word does not condemn a sentence.
const LEAST_WORDS: usize = 20;
/// The share of unknown words: of 99 in 100 passages at most 0.03, of attune-mini's texts 0.02 to 0.04 on the average.
const UNKNOWN: [f64; 2] = [0.08, 0.015];
/// Unknown words that are named.
const NAMED: usize = 4;

static KNOWN: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| WORDS.lines().filter(|line| !line.starts_with('#')).collect());

pub(super) fn spelling(text: &str) -> Part {
    let mut looked_at = 0;
    let mut unknown: Vec<&str> = Vec::new();
    for word in ordinary_words(text).take(MOST_WORDS) {
        looked_at += 1;
        if !is_known(word) {
            unknown.push(word);
        }
    }
    let share = unknown.len() as f64 / looked_at.max(LEAST_WORDS) as f64;
    let value = ramp(share, UNKNOWN[0], UNKNOWN[1]);
    unknown.dedup();
    let words = match &unknown[..] {
        [] => "all words are known".to_owned(),
        few if few.len() <= NAMED => format!("unknown words: {}", few.join(", ")),
        many => format!("{} unknown words: {}, ...", many.len(), many[..NAMED].join(", ")),
    };
    Part::new(value, words)
}

/// Words in small letters of the Latin alphabet, without apostrophes.
fn ordinary_words(text: &str) -> impl Iterator<Item = &str> {
    let apart = |character: char| character.is_whitespace() || matches!(character, '-' | '—' | '–' | '/');
    let marks = |character: char| !character.is_alphanumeric() && !matches!(character, '\'' | '’');
    text.split(apart)
        .map(move |word| word.trim_matches(marks))
        .filter(|word| word.len() >= LEAST_LETTERS && word.bytes().all(|byte| byte.is_ascii_lowercase()))
}

fn is_known(word: &str) -> bool {
    is_form_of_a_word(word) || {
        let mut spellings = BRITISH.iter().flat_map(|(british, american)| {
            word.match_indices(british)
                .map(move |(place, _)| [&word[..place], american, &word[place + british.len()..]].concat())
        });
        spellings.any(|word| is_form_of_a_word(&word))
    }
}

fn is_form_of_a_word(word: &str) -> bool {
    if is_listed(word) {
        return true;
    }
    let by_ending = ENDINGS.iter().any(|(ending, instead)| {
        let Some(stem) = word.strip_suffix(ending).filter(|stem| stem.len() >= STEM) else { return false };
        let (before, last) = stem.split_at(stem.len() - 1);
        let doubled = DOUBLING.contains(ending) && stem.len() > STEM && before.ends_with(last);
        is_listed(&[stem, instead].concat()) || (doubled && is_listed(before))
    });
    by_ending
        || BEGINNINGS.iter().any(|beginning| {
            word.strip_prefix(beginning).is_some_and(|rest| rest.len() >= STEM && is_listed(rest))
        })
}

fn is_listed(word: &str) -> bool {
    KNOWN.binary_search(&word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{KNOWN, is_known, spelling};

    #[test]
    fn every_listed_word_is_found() {
        assert!(KNOWN.len() > 50_000, "{}", KNOWN.len());
        assert!(KNOWN.is_sorted());
    }

    #[test]
    fn forms_of_words_and_british_spellings_are_known_and_coined_words_are_not() {
        let known =
            "refused into amongst stopped houses unhappily colours realised travelled wives goes thinking";
        for word in known.split(' ') {
            assert!(is_known(word), "{word}");
        }
        for word in "slucked prophety sensue swarranted instructance gulfy".split(' ') {
            assert!(!is_known(word), "{word}");
        }
    }

    #[test]
    fn unknown_words_are_named_and_names_are_none() {
        let part = spelling(
            "The old man slucked his prophety, said Zorblat, and it was sensue that he didn't know.",
        );
        assert_eq!(part.words, "unknown words: slucked, prophety, sensue");
        assert!(part.value < 0.1, "{}", part.value);
        assert_eq!(spelling("Zorblat went home.").value, 1.0);
    }
}

//! A text as the set of its pairs of neighbouring words.
//!
//! Pairs rather than single words, because stories of one genre share those; pairs rather than triples, because one
//! word in ten that was changed breaks every third triple and only every fifth pair.

/// Words that make one shingle.
const WORDS: usize = 2;

/// The shingles of a text, each as a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shingles {
    /// Ascending, each once.
    numbers: Vec<u32>,
    all_words: u64,
}

impl Shingles {
    pub(super) fn of(text: &str) -> Self {
        let words: Vec<u64> = normal_words(text).collect();
        let mut numbers: Vec<u32> = words
            .windows(WORDS.min(words.len().max(1)))
            .map(|shingle| shingle.iter().fold(0, |before, word| mixed(before ^ word)) as u32)
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        let all_words = words.iter().fold(words.len() as u64, |before, word| mixed(before ^ word));
        Self { numbers, all_words }
    }

    pub(super) fn numbers(&self) -> &[u32] {
        &self.numbers
    }

    /// The same for texts with the same words in the same order; two others share it with a chance of 2⁻⁶⁴.
    pub(super) fn all_words(&self) -> u64 {
        self.all_words
    }

    /// The Jaccard index: shingles of both by shingles of either; 0 where neither has any.
    pub(super) fn similarity(&self, other: &Self) -> f64 {
        let (mut one, mut two, mut both) = (&self.numbers[..], &other.numbers[..], 0);
        while let ([first, ..], [second, ..]) = (one, two) {
            if first <= second {
                one = &one[1..];
            }
            if second <= first {
                two = &two[1..];
            }
            both += usize::from(first == second);
        }
        let either = self.numbers.len() + other.numbers.len() - both;
        if either == 0 { 0.0 } else { both as f64 / either as f64 }
    }
}

/// Each word in lower case as a number; what is neither letter nor digit parts words, apostrophes inside do not.
fn normal_words(text: &str) -> impl Iterator<Item = u64> {
    text.split(|character: char| !character.is_alphanumeric() && !matches!(character, '\'' | '’')).filter_map(
        |word| {
            let letters = word.chars().filter(|character| character.is_alphanumeric());
            let mut letters = letters.flat_map(char::to_lowercase).peekable();
            letters.peek()?;
            Some(letters.fold(0, |before, letter| mixed(before ^ u64::from(letter))))
        },
    )
}

/// A number whose every bit depends on every bit of what is given.
///
/// Source: the finaliser of Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators".
pub(super) fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

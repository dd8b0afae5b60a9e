//! How far the accepted examples of a person reach for a tuning.
//!
//! Invariant: only what was accepted since the last tuning counts towards the next.

use crate::runs::RunId;

/// Below this many no remote provider tunes.
const REMOTE_FLOOR: u64 = 10;
/// From here on a tuning is worth it.
const READY: u64 = 50;
/// From here on it is very good.
const EXCELLENT: u64 = 100;

/// The marks, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReadinessMark {
    /// Fewer than 10.
    Collecting,
    /// 10: the least that a remote provider takes.
    RemoteFloor,
    /// 50: ready.
    Ready,
    /// 100: excellent.
    Excellent,
}

/// A run on what was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tuning {
    pub run: RunId,
    /// When its examples were taken; what is accepted later counts towards the next.
    pub frozen_at: String,
}

/// How far a person's examples reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    pub subject: String,
    /// Accepted examples since the last tuning.
    pub accepted: u64,
    /// Accepted examples, those of earlier tunings too.
    pub accepted_in_all: u64,
    /// The newest one on these.
    pub last_tuning: Option<Tuning>,
    pub mark: ReadinessMark,
    /// How many are missing for a first tuning; 0 once it is ready.
    pub until_ready: u64,
    /// In words for the person.
    pub words: String,
}

impl Readiness {
    pub(crate) fn of(
        subject: String,
        accepted: u64,
        accepted_in_all: u64,
        last_tuning: Option<Tuning>,
    ) -> Self {
        let mark = match accepted {
            EXCELLENT.. => ReadinessMark::Excellent,
            READY.. => ReadinessMark::Ready,
            REMOTE_FLOOR.. => ReadinessMark::RemoteFloor,
            _ => ReadinessMark::Collecting,
        };
        let until_ready = READY.saturating_sub(accepted);
        let words = match mark {
            ReadinessMark::Excellent => format!("{accepted} examples: excellent training data"),
            ReadinessMark::Ready => format!("{accepted} examples: ready for a tuning"),
            _ => {
                let which = if last_tuning.is_some() { "the next" } else { "a first" };
                format!("{accepted} of {READY}: {} more for {which} tuning", counted(until_ready))
            }
        };
        Self { subject, accepted, accepted_in_all, last_tuning, mark, until_ready, words }
    }

    pub fn is_ready(&self) -> bool {
        self.mark >= ReadinessMark::Ready
    }
}

/// Small numbers as words.
fn counted(number: u64) -> String {
    const WORDS: [&str; 13] = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve",
    ];
    let word = usize::try_from(number).ok().and_then(|number| WORDS.get(number));
    word.map_or_else(|| number.to_string(), |word| (*word).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marks_are_at_ten_fifty_and_a_hundred() {
        let of = |accepted| Readiness::of("me".to_owned(), accepted, accepted, None);
        let expected = [
            (0, ReadinessMark::Collecting, "0 of 50: 50 more for a first tuning"),
            (9, ReadinessMark::Collecting, "9 of 50: 41 more for a first tuning"),
            (10, ReadinessMark::RemoteFloor, "10 of 50: 40 more for a first tuning"),
            (48, ReadinessMark::RemoteFloor, "48 of 50: two more for a first tuning"),
            (50, ReadinessMark::Ready, "50 examples: ready for a tuning"),
            (99, ReadinessMark::Ready, "99 examples: ready for a tuning"),
            (100, ReadinessMark::Excellent, "100 examples: excellent training data"),
        ];
        for (accepted, mark, words) in expected {
            let found = of(accepted);
            assert_eq!((found.mark, found.words.as_str()), (mark, words));
            assert_eq!(
                (found.is_ready(), found.until_ready),
                (accepted >= 50, 50_u64.saturating_sub(accepted))
            );
        }
        let tuning = Tuning { run: RunId::generate(), frozen_at: "2026-11-21T12:00:00.000Z".to_owned() };
        let again = Readiness::of("me".to_owned(), 49, 149, Some(tuning));
        assert_eq!(again.words, "49 of 50: one more for the next tuning");
    }
}

//! What a person thinks of answers: a verdict on one, a vote between two.
//!
//! Not here: where they are kept (`store::feedback`, `store::votes`), and what is learned from them.
//! Invariants: what is kept names who really answered, by digest; an act that is sent twice is kept once.

use crate::limits::check_text;
use crate::model_host::Decoding;
use crate::runs::words;
use crate::{Error, Result};

/// Characters of a prompt or an answer. The longest answer has far fewer.
const LONGEST_TEXT: usize = 100_000;
/// Characters of a name; a folder that is asked is named by its path.
const LONGEST_NAME: usize = 4096;

words! {
    /// What a person made of one answer.
    Verdict {
        Approved = "approved",
        Rejected = "rejected",
        /// Put right by hand; the better answer is kept beside it.
        Edited = "edited",
        /// Another answer was asked for in its place.
        Regenerated = "regenerated",
    }
}

words! {
    /// Which of two answers is better, by the side on which it stood.
    Choice {
        Left = "left",
        Right = "right",
        Tie = "tie",
        BothBad = "both_bad",
    }
}

/// Who answered, as the answer itself said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answerer {
    /// How the person knew it: a run's identifier, a base's name, a folder.
    pub model: String,
    pub base_model: String,
    /// SHA-256 of the base's weights.
    pub base_digest: String,
    /// SHA-256 of the adapter's weights; none where the base answered alone.
    pub adapter_digest: Option<String>,
}

/// A verdict on one answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Feedback {
    pub verdict: Verdict,
    pub prompt: String,
    /// As it was given, often empty.
    pub answer: String,
    /// What it should have been; there if and only if the verdict is [`Verdict::Edited`].
    pub edited_answer: Option<String>,
    pub answerer: Answerer,
    /// How the answer was made, a drawn seed included.
    pub decoding: Decoding,
}

/// One of the two answers of a vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    pub answerer: Answerer,
    pub answer: String,
}

/// A choice between two answers to one prompt, made without knowing who gave them.
#[derive(Debug, Clone, PartialEq)]
pub struct Vote {
    pub choice: Choice,
    pub prompt: String,
    pub left: Judged,
    pub right: Judged,
    /// How both answers were made.
    pub decoding: Decoding,
}

/// Something that a person said, as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept<T> {
    /// Made by the client.
    pub id: String,
    pub created_at: String,
    pub said: T,
}

/// A part of what is kept, the newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    pub kept: Vec<Kept<T>>,
    /// Of all parts together.
    pub total: u64,
    /// Where the next part begins; none after the last.
    pub next: Option<u64>,
}

/// How the votes between two models went, whichever side each stood on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    pub first: Answerer,
    pub second: Answerer,
    pub first_wins: u64,
    pub second_wins: u64,
    pub ties: u64,
    pub both_bad: u64,
}

impl Feedback {
    /// # Errors
    /// [`Error::InvalidField`] for the first value that breaks a rule.
    pub(crate) fn check(&self) -> Result<()> {
        check_text("prompt", &self.prompt, 1, LONGEST_TEXT)?;
        check_text("answer", &self.answer, 0, LONGEST_TEXT)?;
        match (&self.edited_answer, self.verdict) {
            (Some(edited), Verdict::Edited) => {
                check_text("editedAnswer", edited, 1, LONGEST_TEXT)?;
                if *edited == self.answer {
                    let reason = "it is the answer as it was given; approve that one";
                    return Err(refused("editedAnswer", "the same", reason));
                }
            }
            (None, Verdict::Edited) => {
                return Err(refused(
                    "editedAnswer",
                    "absent",
                    "an edited answer is kept with what it became",
                ));
            }
            (Some(_), _) => {
                return Err(refused("editedAnswer", "given", "only the verdict edited has one"));
            }
            (None, _) => {}
        }
        self.answerer.check()?;
        self.decoding.settled().map(drop)
    }
}

impl Vote {
    /// # Errors
    /// [`Error::InvalidField`] for the first value that breaks a rule, in `left` or `right` where it stands there.
    pub(crate) fn check(&self) -> Result<()> {
        check_text("prompt", &self.prompt, 1, LONGEST_TEXT)?;
        for (side, judged) in [("left", &self.left), ("right", &self.right)] {
            check_text("answer", &judged.answer, 0, LONGEST_TEXT)
                .and_then(|()| judged.answerer.check())
                .map_err(|source| Error::InField { field: side, source: Box::new(source) })?;
        }
        self.decoding.settled().map(drop)
    }
}

impl Answerer {
    fn check(&self) -> Result<()> {
        check_text("model", &self.model, 1, LONGEST_NAME)?;
        check_text("baseModel", &self.base_model, 1, LONGEST_NAME)?;
        check_digest("baseDigest", &self.base_digest)?;
        self.adapter_digest.as_deref().map_or(Ok(()), |digest| check_digest("adapterDigest", digest))
    }

    /// Which weights answered; names change, these do not.
    pub(crate) fn weights(&self) -> (&str, Option<&str>) {
        (&self.base_digest, self.adapter_digest.as_deref())
    }
}

impl Tally {
    /// Sums up votes, given as who stood left, who stood right, what was chosen, and how often. The pair that comes
    /// first is first in the result.
    pub(crate) fn of(counted: impl IntoIterator<Item = (Answerer, Answerer, Choice, u64)>) -> Vec<Self> {
        let mut tallies: Vec<Self> = Vec::new();
        for (left, right, choice, count) in counted {
            let is_same = |tally: &Self| {
                let pair = (tally.first.weights(), tally.second.weights());
                pair == (left.weights(), right.weights()) || pair == (right.weights(), left.weights())
            };
            let place = tallies.iter().position(is_same).unwrap_or_else(|| {
                tallies.push(Self::none(left.clone(), right.clone()));
                tallies.len() - 1
            });
            tallies[place].count(&left, choice, count);
        }
        tallies
    }

    /// Whoever has an adapter comes first, so that a pair reads the same whatever the last vote was.
    fn none(left: Answerer, right: Answerer) -> Self {
        let (first, second) =
            if right.weights().1 > left.weights().1 { (right, left) } else { (left, right) };
        Self { first, second, first_wins: 0, second_wins: 0, ties: 0, both_bad: 0 }
    }

    fn count(&mut self, left: &Answerer, choice: Choice, count: u64) {
        let left_is_first = self.first.weights() == left.weights();
        let counter = match (choice, left_is_first) {
            (Choice::Left, true) | (Choice::Right, false) => &mut self.first_wins,
            (Choice::Left, false) | (Choice::Right, true) => &mut self.second_wins,
            (Choice::Tie, _) => &mut self.ties,
            (Choice::BothBad, _) => &mut self.both_bad,
        };
        *counter += count;
    }
}

/// Refuses an id that is not the prefix and a ULID in its usual spelling.
pub(crate) fn check_id(id: &str, prefix: &str) -> Result<()> {
    let ulid = id.strip_prefix(prefix).and_then(|rest| ulid::Ulid::from_string(rest).ok());
    if ulid.is_some_and(|ulid| id == format!("{prefix}{ulid}")) {
        return Ok(());
    }
    let reason = match prefix {
        VOTE_PREFIX => "an id is vote_ followed by a ULID",
        _ => "an id is feedback_ followed by a ULID",
    };
    Err(refused("id", id, reason))
}

pub(crate) const FEEDBACK_PREFIX: &str = "feedback_";
pub(crate) const VOTE_PREFIX: &str = "vote_";

fn check_digest(field: &'static str, digest: &str) -> Result<()> {
    let digits = digest.strip_prefix("sha256:").unwrap_or_default();
    if digits.len() == 64 && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
        return Ok(());
    }
    Err(refused(field, digest, "a digest is sha256: and 64 hexadecimal digits"))
}

fn refused(field: &'static str, value: &str, reason: &'static str) -> Error {
    Error::InvalidField { field, value: value.to_owned(), reason }
}

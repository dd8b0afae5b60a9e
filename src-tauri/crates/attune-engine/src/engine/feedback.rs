//! What a person thinks of answers: keep it, show it, take it back.

use super::{Created, Engine};
use crate::feedback::{FEEDBACK_PREFIX, Feedback, Kept, Page, Tally, VOTE_PREFIX, Vote, check_id};
use crate::store::feedback::FeedbackTable;
use crate::store::votes::Votes;
use crate::{Error, Result};

impl Engine {
    /// Keeps a verdict. A request that repeats an id gets what the first one kept.
    ///
    /// # Errors
    /// [`Error::InvalidField`] for the first value that breaks a rule.
    pub fn keep_feedback(&self, id: &str, said: Feedback) -> Result<(Kept<Feedback>, Created)> {
        check_id(id, FEEDBACK_PREFIX)?;
        said.check()?;
        self.0.shared.store.exclusively(|transaction| {
            let table = FeedbackTable(transaction);
            if let Some(before) = table.find(id)? {
                return Ok((before, Created::Before));
            }
            let kept = Kept { id: id.to_owned(), created_at: crate::clock::now(), said };
            table.insert(&kept)?;
            Ok((kept, Created::Now))
        })
    }

    /// The newest verdicts, or those before a number that an earlier page named.
    pub fn feedback(&self, before: Option<u64>, limit: u32) -> Result<Page<Feedback>> {
        FeedbackTable(&self.0.shared.store.connection()).page(before, limit)
    }

    /// Takes a verdict back.
    ///
    /// # Errors
    /// [`Error::UnknownFeedback`].
    pub fn take_feedback_back(&self, id: &str) -> Result<Kept<Feedback>> {
        self.0.shared.store.exclusively(|transaction| {
            let table = FeedbackTable(transaction);
            let kept = table.find(id)?.ok_or_else(|| Error::UnknownFeedback { id: id.to_owned() })?;
            table.delete(id)?;
            Ok(kept)
        })
    }

    /// Keeps a vote. A request that repeats an id gets what the first one kept.
    ///
    /// # Errors
    /// [`Error::InvalidField`] for the first value that breaks a rule; [`Error::InField`] for one of a side.
    pub fn keep_vote(&self, id: &str, said: Vote) -> Result<(Kept<Vote>, Created)> {
        check_id(id, VOTE_PREFIX)?;
        said.check()?;
        self.0.shared.store.exclusively(|transaction| {
            let table = Votes(transaction);
            if let Some(before) = table.find(id)? {
                return Ok((before, Created::Before));
            }
            let kept = Kept { id: id.to_owned(), created_at: crate::clock::now(), said };
            table.insert(&kept)?;
            Ok((kept, Created::Now))
        })
    }

    /// The newest votes, or those before a number that an earlier page named.
    pub fn votes(&self, before: Option<u64>, limit: u32) -> Result<Page<Vote>> {
        Votes(&self.0.shared.store.connection()).page(before, limit)
    }

    /// How the votes between each two models went, the pair that was voted on last first.
    pub fn tallies(&self) -> Result<Vec<Tally>> {
        Votes(&self.0.shared.store.connection()).tallies()
    }

    /// Takes a vote back.
    ///
    /// # Errors
    /// [`Error::UnknownFeedback`].
    pub fn take_vote_back(&self, id: &str) -> Result<Kept<Vote>> {
        self.0.shared.store.exclusively(|transaction| {
            let table = Votes(transaction);
            let kept = table.find(id)?.ok_or_else(|| Error::UnknownFeedback { id: id.to_owned() })?;
            table.delete(id)?;
            Ok(kept)
        })
    }
}

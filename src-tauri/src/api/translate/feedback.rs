//! Verdicts and votes.

use attune_engine as engine;

use crate::api::wire;

impl From<wire::FeedbackRequest> for (String, engine::Feedback) {
    fn from(request: wire::FeedbackRequest) -> Self {
        let said = engine::Feedback {
            verdict: match request.verdict {
                wire::Verdict::Approved => engine::Verdict::Approved,
                wire::Verdict::Rejected => engine::Verdict::Rejected,
                wire::Verdict::Edited => engine::Verdict::Edited,
                wire::Verdict::Regenerated => engine::Verdict::Regenerated,
            },
            prompt: request.prompt,
            answer: request.answer,
            edited_answer: request.edited_answer,
            answerer: request.answerer.into(),
            decoding: request.decoding.into(),
        };
        (request.id, said)
    }
}

impl From<engine::Kept<engine::Feedback>> for wire::Feedback {
    fn from(engine::Kept { id, created_at, said }: engine::Kept<engine::Feedback>) -> Self {
        Self {
            id,
            created_at,
            verdict: match said.verdict {
                engine::Verdict::Approved => wire::Verdict::Approved,
                engine::Verdict::Rejected => wire::Verdict::Rejected,
                engine::Verdict::Edited => wire::Verdict::Edited,
                engine::Verdict::Regenerated => wire::Verdict::Regenerated,
            },
            prompt: said.prompt,
            answer: said.answer,
            edited_answer: said.edited_answer,
            answerer: said.answerer.into(),
            decoding: said.decoding.into(),
        }
    }
}

impl From<engine::Page<engine::Feedback>> for wire::FeedbackPage {
    fn from(page: engine::Page<engine::Feedback>) -> Self {
        let feedback = page.kept.into_iter().map(wire::Feedback::from).collect();
        Self { feedback, total: page.total, next: page.next }
    }
}

impl From<wire::VoteRequest> for (String, engine::Vote) {
    fn from(request: wire::VoteRequest) -> Self {
        let said = engine::Vote {
            choice: match request.choice {
                wire::Choice::Left => engine::Choice::Left,
                wire::Choice::Right => engine::Choice::Right,
                wire::Choice::Tie => engine::Choice::Tie,
                wire::Choice::BothBad => engine::Choice::BothBad,
            },
            prompt: request.prompt,
            left: request.left.into(),
            right: request.right.into(),
            decoding: request.decoding.into(),
        };
        (request.id, said)
    }
}

impl From<engine::Kept<engine::Vote>> for wire::Vote {
    fn from(engine::Kept { id, created_at, said }: engine::Kept<engine::Vote>) -> Self {
        Self {
            id,
            created_at,
            choice: match said.choice {
                engine::Choice::Left => wire::Choice::Left,
                engine::Choice::Right => wire::Choice::Right,
                engine::Choice::Tie => wire::Choice::Tie,
                engine::Choice::BothBad => wire::Choice::BothBad,
            },
            prompt: said.prompt,
            left: said.left.into(),
            right: said.right.into(),
            decoding: said.decoding.into(),
        }
    }
}

impl From<engine::Page<engine::Vote>> for wire::VotePage {
    fn from(page: engine::Page<engine::Vote>) -> Self {
        let votes = page.kept.into_iter().map(wire::Vote::from).collect();
        Self { votes, total: page.total, next: page.next }
    }
}

impl From<engine::Tally> for wire::Tally {
    fn from(tally: engine::Tally) -> Self {
        Self {
            first: tally.first.into(),
            second: tally.second.into(),
            first_wins: tally.first_wins,
            second_wins: tally.second_wins,
            ties: tally.ties,
            both_bad: tally.both_bad,
        }
    }
}

impl From<wire::Judged> for engine::Judged {
    fn from(judged: wire::Judged) -> Self {
        Self { answerer: judged.answerer.into(), answer: judged.answer }
    }
}

impl From<engine::Judged> for wire::Judged {
    fn from(judged: engine::Judged) -> Self {
        Self { answerer: judged.answerer.into(), answer: judged.answer }
    }
}

impl From<wire::Answerer> for engine::Answerer {
    fn from(answerer: wire::Answerer) -> Self {
        Self {
            model: answerer.model,
            base_model: answerer.base_model,
            base_digest: answerer.base_digest,
            adapter_digest: answerer.adapter_digest,
        }
    }
}

impl From<engine::Answerer> for wire::Answerer {
    fn from(answerer: engine::Answerer) -> Self {
        Self {
            model: answerer.model,
            base_model: answerer.base_model,
            base_digest: answerer.base_digest,
            adapter_digest: answerer.adapter_digest,
        }
    }
}

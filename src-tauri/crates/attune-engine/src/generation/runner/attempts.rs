//! From what was written for an attempt to the example it becomes, and how it is counted.
//!
//! Invariant: every attempt becomes one example, whatever came of it; the best candidate by quality is taken, among
//! equals the first.

use crate::Result;
use crate::generation::ensemble::{Ensemble, Written, WrittenText};
use crate::generation::judging::{Judge, Judgement, KEPT_FROM, Text, Twins};
use crate::generation::{
    BatchId, Example, ExampleId, ExampleSource, ExampleStatus, Rejection, RejectionKind, Tallies,
};

/// Likeness from which on a twin is called exact; rounding keeps it from 1.
const EXACT: f64 = 1.0 - 1e-9;

/// What was written for an attempt, judged.
pub(super) struct JudgedAttempt {
    pub(super) written: Written,
    judgements: Vec<Judgement>,
}

/// Judges everything that was written, all at once.
pub(super) fn judged(written: Vec<Written>, judge: &mut dyn Judge) -> Result<Vec<JudgedAttempt>> {
    let texts: Vec<Text<'_>> = written
        .iter()
        .flat_map(|written| written.texts.iter().map(move |text| (&written.attempt, text)))
        .map(|(attempt, text)| Text {
            genre: &attempt.spoken,
            prompt: &attempt.prompt,
            style: attempt.style.as_deref(),
            text: &text.candidate.text,
        })
        .collect();
    let mut judgements = judge.judge(&texts)?.into_iter();
    let of_its_texts = |written: Written| {
        let judgements = judgements.by_ref().take(written.texts.len()).collect();
        JudgedAttempt { written, judgements }
    };
    Ok(written.into_iter().map(of_its_texts).collect())
}

impl JudgedAttempt {
    /// The example that the attempt becomes. Twins are looked for among what is known now.
    pub(super) fn example(
        &self,
        batch: Option<&BatchId>,
        subject: &str,
        ensemble: &Ensemble,
        twins: &dyn Twins,
        twin_threshold: f64,
    ) -> Example {
        let attempt = &self.written.attempt;
        let best = self.best();
        let rejection = match best {
            None => Some(without_text(&self.written.failures)),
            Some((_, judgement)) if judgement.quality < KEPT_FROM => Some(below_line(judgement)),
            Some((text, _)) => twins
                .nearest(&text.candidate.text)
                .filter(|(_, likeness)| *likeness >= twin_threshold)
                .map(|(of, likeness)| twin(of, likeness)),
        };
        let now = crate::clock::now();
        Example {
            id: ExampleId::generate(),
            batch: batch.cloned(),
            attempt: batch.map(|_| attempt.number),
            input: attempt.input(),
            output: best.map_or_else(String::new, |(text, _)| text.candidate.text.clone()),
            original_output: None,
            quality: best.map(|(_, judgement)| judgement.quality),
            parts: best.map_or_else(Vec::new, |(_, judgement)| judgement.parts.clone()),
            source: ExampleSource::Generated,
            genre: Some(attempt.genre.clone()),
            style: attempt.style.clone(),
            subject: subject.to_owned(),
            status: if rejection.is_some() { ExampleStatus::Rejected } else { ExampleStatus::Accepted },
            accepted_at: rejection.is_none().then(|| now.clone()),
            rejection,
            provenance: best.map(|(text, _)| ensemble.provenance(&self.written, text)),
            created_at: now,
            reviewed_at: None,
        }
    }

    /// Counts the example that the attempt became.
    pub(super) fn count(&self, example: &Example, tallies: &mut Tallies) {
        tallies.attempts += 1;
        match example.rejection.as_ref().map(|rejection| rejection.kind) {
            None => tallies.kept += 1,
            Some(RejectionKind::ExactTwin | RejectionKind::NearTwin) => tallies.twins += 1,
            Some(RejectionKind::WithoutText) => tallies.without_text += 1,
            Some(RejectionKind::BelowLine | RejectionKind::Person) => tallies.below_line += 1,
        }
        let kept = example.status == ExampleStatus::Accepted;
        if let Some(quality) = example.quality {
            tallies.quality_sum += quality;
            tallies.kept_quality_sum += if kept { quality } else { 0.0 };
            let bins = tallies.histogram.len();
            if let Some(bin) = tallies.histogram.get_mut(((quality * bins as f64) as usize).min(bins - 1)) {
                *bin += 1;
            }
        }
        if let Some(genre) = tallies.genres.iter_mut().find(|tally| tally.genre == self.written.attempt.genre)
        {
            genre.attempts += 1;
            genre.kept += u32::from(kept);
        }
        for text in &self.written.texts {
            tallies.candidates += 1;
            tallies.tokens += u64::from(text.candidate.tokens);
            tallies.cost_micro_dollars += text.candidate.cost_micro_dollars;
        }
    }

    fn best(&self) -> Option<(&WrittenText, &Judgement)> {
        let judged = self.written.texts.iter().zip(&self.judgements);
        let judged = judged.filter(|(text, _)| !text.candidate.text.trim().is_empty());
        judged.reduce(|best, next| if next.1.quality > best.1.quality { next } else { best })
    }
}

fn without_text(failures: &[String]) -> Rejection {
    let words = match failures.first() {
        Some(why) => format!("No generator gave a text: {why}"),
        None => "The text was empty.".to_owned(),
    };
    Rejection { kind: RejectionKind::WithoutText, words, twin_of: None }
}

fn below_line(judgement: &Judgement) -> Rejection {
    let ten = |value: f64| (value * 100.0).floor() / 10.0;
    let weakest = judgement.parts.iter().min_by(|a, b| a.value.total_cmp(&b.value));
    let weakest = weakest
        .map(|part| format!("; weakest is {} with {:.1}", part.name, ten(part.value)))
        .unwrap_or_default();
    let words = format!("{:.1} of 10 is below {:.1}{weakest}.", ten(judgement.quality), ten(KEPT_FROM));
    Rejection { kind: RejectionKind::BelowLine, words, twin_of: None }
}

fn twin(of: ExampleId, likeness: f64) -> Rejection {
    let (kind, words) = if likeness >= EXACT {
        (RejectionKind::ExactTwin, "An accepted example has the same text.".to_owned())
    } else {
        let words = format!("An accepted example has nearly the same text: {:.0} % alike.", likeness * 100.0);
        (RejectionKind::NearTwin, words)
    };
    Rejection { kind, words, twin_of: Some(of) }
}

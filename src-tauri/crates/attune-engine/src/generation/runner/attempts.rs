//! From what was written for an attempt to the example it becomes, and how it is counted.
//!
//! Invariant: every attempt becomes one example, whatever came of it; the best candidate by quality is taken, among
//! equals the first.

use std::sync::atomic::AtomicBool;

use crate::Result;
use crate::generation::ensemble::{Ensemble, Written, WrittenText};
use crate::generation::generators::Failure;
use crate::generation::judge::{Judge, Judged as ToJudge, Verdict};
use crate::generation::plan::Attempt;
use crate::generation::{
    BatchId, Example, ExampleId, ExampleSource, ExampleStatus, Rejection, RejectionKind, Tallies,
};
use crate::providers::EndpointError;
use crate::quality::{FluencyMeter, Judged, Quality};
use crate::twins::{Twin, TwinIndex};

/// What was written for an attempt, judged.
pub(super) struct JudgedAttempt {
    pub(super) written: Written,
    qualities: Vec<JudgedText>,
}

struct JudgedText {
    quality: Quality,
    /// Under which word the judge's failure is counted, where one was asked and gave no verdict.
    judge_failed: Option<&'static str>,
    /// Whether its judgement has a price that nobody knows.
    unpriced: bool,
}

/// Who judges the texts of a batch.
pub(super) struct Judging {
    pub(super) meter: FluencyMeter,
    pub(super) judge: Option<Judge>,
}

impl Judging {
    /// Judges everything that was written, all at once. A judge that gives no verdict on a text leaves its quality to
    /// the other parts.
    pub(super) fn judged(&self, written: Vec<Written>, stop: &AtomicBool) -> Result<Vec<JudgedAttempt>> {
        let each =
            || written.iter().flat_map(|written| written.texts.iter().map(move |text| (written, text)));
        let verdicts = self.verdicts(each().map(|(written, text)| (&written.attempt, text)), stop);
        let texts: Vec<Judged<'_>> = each()
            .enumerate()
            .map(|(place, (Written { attempt, .. }, text))| Judged {
                genre: &attempt.spoken,
                prompt: &attempt.prompt,
                style: attempt.style.as_deref(),
                text: &text.candidate.text,
                judge: verdicts.get(place).and_then(|verdict| Some(verdict.as_ref().ok()?.score)),
            })
            .collect();
        let unpriced = self.judge.as_ref().is_some_and(|judge| !judge.is_free());
        let mut verdicts = verdicts.into_iter();
        let mut judged = self.meter.qualities(&texts)?.into_iter().map(|mut quality| {
            let verdict = verdicts.next();
            if let (Some(Ok(verdict)), Some(part)) = (&verdict, &mut quality.parts.judge) {
                part.words = verdict.reasons.join(" ");
            }
            let judge_failed = verdict.and_then(Result::err).map(|why| why.counted_as());
            JudgedText { quality, judge_failed, unpriced }
        });
        let of_its_texts = |written: Written| {
            let qualities = judged.by_ref().take(written.texts.len()).collect();
            JudgedAttempt { written, qualities }
        };
        Ok(written.into_iter().map(of_its_texts).collect())
    }

    /// One for each text, or none at all where nobody is asked.
    fn verdicts<'w>(
        &self,
        texts: impl Iterator<Item = (&'w Attempt, &'w WrittenText)>,
        stop: &AtomicBool,
    ) -> Vec<Result<Verdict, EndpointError>> {
        let Some(judge) = &self.judge else { return Vec::new() };
        let inputs: Vec<_> = texts.map(|(attempt, text)| (attempt.input(), &text.candidate.text)).collect();
        let texts: Vec<_> = inputs.iter().map(|(wanted, text)| ToJudge { wanted, text }).collect();
        judge.judge(&texts, stop)
    }
}

impl JudgedAttempt {
    /// The example that the attempt becomes. Twins are looked for among what is known now.
    pub(super) fn example(
        &self,
        batch: Option<&BatchId>,
        subject: &str,
        ensemble: &Ensemble,
        twins: &TwinIndex,
        twin_threshold: f64,
    ) -> Example {
        let attempt = &self.written.attempt;
        let best = self.best();
        let rejection = match best {
            None => Some(without_text(&self.written.failures)),
            Some((_, quality)) if !quality.is_kept() => Some(below_line(quality)),
            Some((text, _)) => twins
                .nearest(&text.candidate.text)
                .filter(|near| near.similarity >= twin_threshold)
                .map(|near| twin(&near)),
        };
        let now = crate::clock::now();
        Example {
            id: ExampleId::generate(),
            batch: batch.cloned(),
            attempt: batch.map(|_| attempt.number),
            input: attempt.input(),
            output: best.map_or_else(String::new, |(text, _)| text.candidate.text.clone()),
            original_output: None,
            quality: best.map(|(_, quality)| quality.whole),
            parts: best.map(|(_, quality)| quality.parts.clone()),
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
        for JudgedText { judge_failed, unpriced, .. } in &self.qualities {
            tallies.unpriced += u64::from(*unpriced);
            if let Some(counted_as) = judge_failed {
                *tallies.failures.entry(format!("judge_{counted_as}")).or_default() += 1;
            }
        }
        for text in &self.written.texts {
            tallies.candidates += 1;
            tallies.tokens += u64::from(text.candidate.tokens);
            match text.candidate.cost_micro_dollars {
                Some(cost) => tallies.cost_micro_dollars += cost,
                None => tallies.unpriced += 1,
            }
        }
        for failure in &self.written.failures {
            *tallies.failures.entry(failure.counted_as.to_owned()).or_default() += 1;
        }
    }

    fn best(&self) -> Option<(&WrittenText, &Quality)> {
        let judged = self.written.texts.iter().zip(self.qualities.iter().map(|judged| &judged.quality));
        let judged = judged.filter(|(text, _)| !text.candidate.text.trim().is_empty());
        judged.reduce(|best, next| if next.1.whole > best.1.whole { next } else { best })
    }
}

fn without_text(failures: &[Failure]) -> Rejection {
    let words = match failures.first() {
        Some(failure) => format!("No generator gave a text: {}.", failure.words),
        None => "The text was empty.".to_owned(),
    };
    Rejection { kind: RejectionKind::WithoutText, words, twin_of: None }
}

fn below_line(quality: &Quality) -> Rejection {
    // Down, so that nothing below the line reads like the line.
    let ten = |value: f64| (value * 100.0).floor() / 10.0;
    let (name, part) = quality.weakest();
    let words = format!(
        "{:.1} of 10 is below {:.1}; weakest is {name} with {:.1}: {}.",
        ten(quality.whole),
        Quality::KEEP * 10.0,
        ten(part.value),
        part.words
    );
    Rejection { kind: RejectionKind::BelowLine, words, twin_of: None }
}

fn twin(near: &Twin<'_>) -> Rejection {
    let (kind, words) = if near.exact {
        (RejectionKind::ExactTwin, "An accepted example has the same text.".to_owned())
    } else {
        let percent = near.similarity * 100.0;
        let words = format!("An accepted example has nearly the same text: {percent:.0} % alike.");
        (RejectionKind::NearTwin, words)
    };
    // Ids of the index are those of examples.
    Rejection { kind, words, twin_of: ExampleId::parse(near.id).ok() }
}

//! Several generators and candidates: the best is taken, and one that fails fails alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use attune_tuning::BaseModel;

use crate::generation::ensemble::{Ensemble, Round};
use crate::generation::generators::{Ask, Candidate, Failure, Generator, Outcome};
use crate::generation::plan::Attempt;
use crate::generation::{BatchSettings, GeneratorChoice, GeneratorKind, GeneratorName, PlannedGenre};
use crate::{Decoding, Error, Result};

struct Scripted {
    name: &'static str,
    at_once: usize,
    does: Does,
}

#[derive(Clone, Copy)]
enum Does {
    /// Says its name, the seed and the prompt.
    Writes,
    Fails,
    /// It cannot go on.
    Ends,
}

impl Generator for Scripted {
    fn named(&self) -> GeneratorName {
        GeneratorName {
            kind: GeneratorKind::Endpoint,
            name: self.name.to_owned(),
            base_digest: None,
            adapter_digest: None,
        }
    }

    fn at_once(&self) -> usize {
        self.at_once
    }

    fn decoding(&self) -> Option<Decoding> {
        None
    }

    fn base(&self) -> Option<(Arc<BaseModel>, String)> {
        None
    }

    fn takes_references(&self) -> bool {
        true
    }

    fn repeats_itself(&self) -> bool {
        false
    }

    fn generate(&mut self, asks: &[Ask], stop: &AtomicBool) -> Result<Vec<Outcome>> {
        let outcome = |ask: &Ask| match self.does {
            Does::Ends => Err(Error::GeneratorPanicked),
            _ if stop.load(Ordering::Relaxed) => Ok(Outcome::Stopped),
            Does::Fails => {
                Ok(Outcome::Failed(Failure { counted_as: "refusal", words: "it refused".to_owned() }))
            }
            Does::Writes => Ok(Outcome::Text(Candidate {
                text: format!("{} {} {}", self.name, ask.seed, ask.input),
                tokens: 3,
                sent: ask.input.clone(),
                cost_micro_dollars: None,
            })),
        };
        asks.iter().map(outcome).collect()
    }
}

fn scripted(name: &'static str, at_once: usize, does: Does) -> Box<dyn Generator> {
    Box::new(Scripted { name, at_once, does })
}

fn attempts(count: u32) -> Vec<Attempt> {
    let genre = PlannedGenre {
        name: "fantasy".to_owned(),
        spoken: "fantasy".to_owned(),
        prompts: vec!["A door".to_owned()],
        references: Vec::new(),
    };
    let settings = BatchSettings {
        num_examples: count,
        genres: vec![genre],
        styles: Vec::new(),
        generators: vec![GeneratorChoice::local()],
        candidates: 2,
        until_kept: false,
        judge: None,
        store_in_memory: false,
        seed: 1,
        max_new_tokens: 16,
        twin_threshold: 0.5,
    };
    (0..count).map(|number| Attempt::of(&settings, number)).collect()
}

#[test]
fn every_generator_writes_its_candidates_for_every_attempt_each_with_its_own_seed() {
    let mut ensemble =
        Ensemble::new(vec![scripted("one", 8, Does::Writes), scripted("two", 3, Does::Writes)], 2, 16);
    assert_eq!(ensemble.at_once(), 1, "three asks are one attempt of two candidates");
    let Round { written, .. } = ensemble.write(attempts(3), &AtomicBool::new(false));
    for (number, written) in written.iter().enumerate() {
        assert_eq!(written.attempt.number, number as u32);
        let names: Vec<&str> =
            written.texts.iter().map(|text| text.candidate.text.split(' ').next().unwrap()).collect();
        assert_eq!(names, ["one", "one", "two", "two"]);
        for text in &written.texts {
            assert!(text.candidate.text.contains(&text.seed.to_string()), "{text:?}");
            let provenance = ensemble.provenance(written, text);
            assert!(text.candidate.text.starts_with(&provenance.generator.name));
            assert_eq!((provenance.candidates, provenance.seed), (4, text.seed));
        }
    }
}

#[test]
fn one_generator_that_fails_leaves_the_texts_of_the_other() {
    let mut ensemble =
        Ensemble::new(vec![scripted("one", 8, Does::Fails), scripted("two", 8, Does::Writes)], 1, 16);
    let Round { written, end } = ensemble.write(attempts(2), &AtomicBool::new(false));
    assert!(end.is_none() && written.len() == 2);
    for written in written {
        assert_eq!((written.texts.len(), written.failures.len()), (1, 1));
        assert_eq!(written.failures[0].counted_as, "refusal");
    }
    let Round { written, end } = ensemble.write(attempts(1), &AtomicBool::new(true));
    assert!(end.is_none() && written.is_empty(), "what was ended before it was done is asked for again");
}

#[test]
fn what_was_paid_for_is_taken_though_another_generator_cannot_go_on() {
    let mut ensemble =
        Ensemble::new(vec![scripted("spent", 8, Does::Ends), scripted("two", 8, Does::Writes)], 1, 16);
    let Round { written, end } = ensemble.write(attempts(2), &AtomicBool::new(false));
    assert!(matches!(end, Some(Error::GeneratorPanicked)), "{end:?}");
    let texts: Vec<usize> = written.iter().map(|written| written.texts.len()).collect();
    assert_eq!(texts, [1, 1]);
}

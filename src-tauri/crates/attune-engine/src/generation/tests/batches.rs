//! Batches: begin, go on, end, and what they say of themselves.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;

use super::*;
use crate::engine::Created;
use crate::{Error, Kind};

#[test]
fn every_attempt_becomes_one_example_and_is_counted() {
    let place = Place::new();
    let engine = place.open();
    let batch = finished(&engine, &full(7));
    assert_eq!((batch.status, batch.error_message.as_deref()), (BatchStatus::Completed, None));
    let rows = rows(&engine, &batch);
    assert_eq!(rows.iter().map(|row| row.attempt).collect::<Vec<_>>(), (0..7).map(Some).collect::<Vec<_>>());
    let tallies = &batch.tallies;
    let kept = rows.iter().filter(|row| row.status == ExampleStatus::Accepted).count() as u32;
    assert!(kept > 0, "{rows:?}");
    assert_eq!((tallies.attempts, tallies.kept), (7, kept));
    assert_eq!(tallies.kept + tallies.below_line + tallies.twins + tallies.without_text, 7);
    assert_eq!(tallies.histogram.iter().sum::<u32>(), 7 - tallies.without_text);
    let by_genre: HashMap<&str, u32> =
        tallies.genres.iter().map(|tally| (tally.genre.as_str(), tally.attempts)).collect();
    assert!(by_genre.values().all(|attempts| (2..=3).contains(attempts)), "{by_genre:?}");
    let tokens: u64 =
        rows.iter().filter_map(|row| row.provenance.as_ref()).map(|p| u64::from(p.tokens)).sum();
    assert_eq!((tallies.candidates, tallies.tokens), (7, tokens));
    for row in &rows {
        assert_eq!(row.rejection.is_some(), row.status == ExampleStatus::Rejected);
        assert_eq!((row.subject.as_str(), row.source), ("me", ExampleSource::Generated));
        let provenance = row.provenance.as_ref().unwrap();
        assert_eq!(provenance.generator, batch.generators[0]);
        assert_eq!((&provenance.prompt, &provenance.style), (&row.input, &row.style));
        let decoding = provenance.decoding.as_ref().unwrap();
        assert_eq!((decoding.seed, decoding.max_new_tokens), (Some(provenance.seed), Some(160)));
        assert!(row.input.starts_with("Write a ") && row.quality.is_some() && row.parts.is_some(), "{row:?}");
    }
}

#[test]
fn an_example_can_be_made_again_by_what_it_says_of_itself() {
    let place = Place::new();
    let engine = place.open();
    let batch = finished(&engine, &small(2));
    for row in rows(&engine, &batch) {
        let provenance = row.provenance.unwrap();
        let request = crate::GenerationRequest {
            prompts: crate::Prompts::One(provenance.prompt),
            adapter: crate::AdapterChoice::Bare,
            base_model: Some(provenance.generator.name),
            decoding: provenance.decoding.unwrap(),
        };
        let again = engine.generate(&request, &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
        assert_eq!(again.answers[0].text, row.output);
    }
}

#[test]
fn a_seed_decides_every_row_whatever_stands_beside_it_and_a_preview_shows_the_first() {
    let place = Place::new();
    let engine = place.open();
    let preview = engine.preview(&full(40), &AtomicBool::new(false)).unwrap().unwrap();
    assert_eq!(
        engine.examples(&ExampleFilter::default(), None, 10).unwrap().total,
        0,
        "a preview keeps nothing"
    );
    let batch = finished(&engine, &full(40));
    let other = BatchRequest { subject: Some("anna".to_owned()), ..full(6) };
    let other = finished(&engine, &other);
    let (first, second) = (essence(&rows(&engine, &batch)), essence(&rows(&engine, &other)));
    assert_eq!(first[..6], second[..]);
    let texts = |rows: &[Example]| -> Vec<(String, String)> {
        rows.iter().map(|row| (row.input.clone(), row.output.clone())).collect()
    };
    assert_eq!(texts(&preview.examples), texts(&rows(&engine, &batch)[..5]));
    let another = BatchRequest { seed: None, subject: Some("bob".to_owned()), ..small(1) };
    assert_ne!(finished(&engine, &another).settings.seed, 7, "no seed is another seed each time");
}

#[test]
fn the_same_batch_again_is_all_twins() {
    let place = Place::new();
    let engine = place.open();
    let first = finished(&engine, &full(4));
    let again = finished(&engine, &full(4));
    assert_eq!((again.tallies.kept, again.tallies.twins), (0, first.tallies.kept));
    let accepted: Vec<ExampleId> = rows(&engine, &first).into_iter().map(|row| row.id).collect();
    for row in rows(&engine, &again) {
        let rejection = row.rejection.unwrap();
        if rejection.kind == RejectionKind::ExactTwin {
            assert!(accepted.contains(&rejection.twin_of.unwrap()));
        }
    }
    let clusters = engine.twin_clusters(&ExampleFilter::default(), 0.5).unwrap();
    assert_eq!(clusters.len() as u32, 4, "{clusters:?}");
    assert!(clusters.iter().all(|cluster| cluster.examples.len() == 2));
}

#[test]
fn one_batch_runs_at_a_time_and_a_repeated_request_is_the_same_batch() {
    let place = Place::new();
    let engine = place.open();
    let id = BatchId::generate();
    let request = BatchRequest { id: Some(id.to_string()), ..small(200) };
    let (batch, created) = engine.create_batch(&request).unwrap();
    assert_eq!((&batch.id, created), (&id, Created::Now));
    let (same, created) = engine.create_batch(&request).unwrap();
    assert_eq!((&same.id, created), (&id, Created::Before));
    let refused = engine.create_batch(&small(1)).unwrap_err();
    assert!(matches!(refused, Error::Batch(BatchError::Active { .. })) && refused.kind() == Kind::Conflict);
    let refused = engine.preview(&small(1), &AtomicBool::new(false)).unwrap_err();
    assert!(matches!(refused, Error::Batch(BatchError::Active { .. })), "{refused}");
    let refused = engine.discard_batch(id.as_str()).unwrap_err();
    assert!(matches!(refused, Error::Batch(BatchError::WrongStatus { .. })), "{refused}");
    engine.cancel_batch(id.as_str()).unwrap();
    engine.wait_for_batch(id.as_str()).unwrap();
}

#[test]
fn a_cancelled_batch_keeps_what_is_finished_and_goes_on_with_exactly_what_is_missing() {
    let place = Place::new();
    let engine = place.open();
    let mut events = engine.subscribe();
    let request = small(80);
    let (batch, _) = engine.create_batch(&request).unwrap();
    first_example(&mut events);
    engine.cancel_batch(batch.id.as_str()).unwrap();
    let cancelled = engine.wait_for_batch(batch.id.as_str()).unwrap();
    let before = rows(&engine, &cancelled);
    assert_eq!(cancelled.status, BatchStatus::Cancelled);
    assert!(!before.is_empty() && before.len() < 80, "{}", before.len());
    assert_eq!(cancelled.tallies.attempts as usize, before.len());

    engine.continue_batch(batch.id.as_str()).unwrap();
    let whole = engine.wait_for_batch(batch.id.as_str()).unwrap();
    let after = rows(&engine, &whole);
    assert_eq!((whole.status, whole.finished_at.is_some()), (BatchStatus::Completed, true));
    assert_eq!(after[..before.len()], before[..], "what was there is as it was");
    let in_one_go = finished(&engine, &BatchRequest { subject: Some("anna".to_owned()), ..request });
    assert_eq!(essence(&after), essence(&rows(&engine, &in_one_go)));
    let without_time = |tallies: &Tallies| Tallies { active_seconds: 0.0, ..tallies.clone() };
    assert_eq!(without_time(&whole.tallies), without_time(&in_one_go.tallies));
    let refused = engine.continue_batch(batch.id.as_str()).unwrap_err();
    assert!(matches!(refused, Error::Batch(BatchError::WrongStatus { .. })), "{refused}");
}

#[test]
fn an_engine_that_ends_leaves_an_interrupted_batch_that_the_next_one_continues_or_discards() {
    let place = Place::new();
    let engine = place.open();
    let mut events = engine.subscribe();
    let (batch, _) = engine.create_batch(&small(80)).unwrap();
    first_example(&mut events);
    engine.shut_down();
    let refused = engine.create_batch(&small(1)).unwrap_err();
    assert!(matches!(refused, Error::Batch(BatchError::Ending)), "{refused}");
    drop(engine);

    let engine = place.open();
    let left = engine.batch(batch.id.as_str()).unwrap();
    assert_eq!(left.status, BatchStatus::Interrupted);
    assert!(left.error_message.is_some() && left.tallies.attempts > 0);
    engine.continue_batch(batch.id.as_str()).unwrap();
    let whole = engine.wait_for_batch(batch.id.as_str()).unwrap();
    assert_eq!((whole.status, rows(&engine, &whole).len()), (BatchStatus::Completed, 80));
    assert_eq!(whole.error_message, None);

    let discarded = engine.discard_batch(batch.id.as_str()).unwrap();
    assert_eq!(discarded, Discarded { batch: batch.id.clone(), examples: 80 });
    assert_eq!(engine.examples(&ExampleFilter::default(), None, 10).unwrap().total, 0);
    let gone = engine.batch(batch.id.as_str()).unwrap_err();
    assert_eq!(gone.kind(), Kind::NotFound);
}

#[test]
fn a_batch_that_is_continued_asks_for_what_it_would_have_asked_for_whatever_was_edited_meanwhile() {
    let place = Place::new();
    let own = place.0.path().join("content");
    std::fs::create_dir(&own).unwrap();
    let write = |prompt: &str| {
        let text = format!("[[genre]]\nname = \"own\"\nprompts = [\"{prompt}\"]\n");
        std::fs::write(own.join("own.toml"), text).unwrap();
    };
    write("The first idea");
    let engine = place.open();
    let mut events = engine.subscribe();
    let request = BatchRequest { genres: vec!["own".to_owned()], ..small(80) };
    let (batch, _) = engine.create_batch(&request).unwrap();
    first_example(&mut events);
    engine.cancel_batch(batch.id.as_str()).unwrap();
    let cancelled = engine.wait_for_batch(batch.id.as_str()).unwrap();
    assert!(cancelled.tallies.attempts < 80);
    write("Another idea");
    engine.continue_batch(batch.id.as_str()).unwrap();
    let whole = engine.wait_for_batch(batch.id.as_str()).unwrap();
    let rows = rows(&engine, &whole);
    assert!(rows.len() == 80 && rows.iter().all(|row| row.input.contains("The first idea")));
}

#[test]
fn until_kept_ends_with_as_many_as_were_wanted_or_after_three_attempts_for_each() {
    let place = Place::new();
    let engine = place.open();
    let batch = finished(&engine, &BatchRequest { until_kept: true, ..full(6) });
    assert_eq!((batch.status, batch.tallies.kept), (BatchStatus::Completed, 6));
    let hopeless = BatchRequest { until_kept: true, max_new_tokens: Some(16), ..small(5) };
    let hopeless = finished(&engine, &hopeless);
    assert_eq!((hopeless.tallies.attempts, hopeless.status), (15, BatchStatus::Completed));
    assert!(hopeless.tallies.kept < 5, "texts of 16 tokens break off: {:?}", hopeless.tallies);
}

#[test]
fn events_tell_whole_records_and_the_last_ones_are_what_is_stored() {
    let place = Place::new();
    let engine = place.open();
    let mut events = engine.subscribe();
    let (batch, _) = engine.create_batch(&small(5)).unwrap();
    let (mut told, mut counted) = (Vec::new(), 0);
    let last = event(&mut events, |event| match event {
        Event::Example { example, .. } => {
            told.push(*example);
            None
        }
        Event::Batch { batch, .. } => {
            assert!(batch.tallies.attempts >= counted, "counters only grow");
            counted = batch.tallies.attempts;
            (batch.status != BatchStatus::Running).then_some(*batch)
        }
        _ => None,
    });
    assert_eq!(told, rows(&engine, &batch));
    assert_eq!(last, engine.batch(batch.id.as_str()).unwrap());
}

#[test]
fn nothing_is_predicted_before_it_was_measured_and_afterwards_by_that() {
    let place = Place::new();
    let engine = place.open();
    let before = engine.estimate(&small(100)).unwrap();
    assert_eq!((before.seconds, before.kept, before.measured), (None, None, None));
    assert_eq!((before.cost_micro_dollars, before.generators[0].name.as_str()), (Some(0), "attune-mini"));
    let batch = finished(&engine, &small(10));
    let after = engine.estimate(&small(100)).unwrap();
    let measured = after.measured.unwrap();
    assert_eq!((measured.attempts, measured.kept), (10.0, f64::from(batch.tallies.kept)));
    let expected = batch.tallies.active_seconds * 10.0;
    assert!((after.seconds.unwrap() - expected).abs() < 1e-6 * expected, "{after:?}");
    let other = engine.estimate(&BatchRequest { candidates: Some(2), ..small(100) }).unwrap();
    assert_eq!(other.seconds, None, "twice the texts were not measured");
}

#[test]
fn what_cannot_be_meant_is_refused_by_its_field_before_there_is_a_row() {
    let place = Place::new();
    let engine = place.open();
    let request = || small(10);
    let choice = |base: &str| GeneratorChoice::LocalT5 { base_model: Some(base.to_owned()), adapter: None };
    for (request, field) in [
        (BatchRequest { num_examples: 0, ..request() }, "numExamples"),
        (BatchRequest { num_examples: 501, ..request() }, "numExamples"),
        (BatchRequest { num_examples: 10_000, ..request() }, "numExamples"),
        (BatchRequest { genres: vec!["western".to_owned()], ..request() }, "genres"),
        (BatchRequest { styles: Some(vec!["Shout".to_owned()]), ..request() }, "styles"),
        (BatchRequest { candidates: Some(9), ..request() }, "candidates"),
        (BatchRequest { candidates: Some(0), ..request() }, "candidates"),
        (BatchRequest { references: 6, ..request() }, "references"),
        (BatchRequest { max_new_tokens: Some(15), ..request() }, "maxNewTokens"),
        (BatchRequest { twin_threshold: Some(0.0), ..request() }, "twinThreshold"),
        (BatchRequest { twin_threshold: Some(f64::NAN), ..request() }, "twinThreshold"),
        (BatchRequest { seed: Some(u64::MAX), ..request() }, "seed"),
        (BatchRequest { subject: Some(" ".to_owned()), ..request() }, "subject"),
        (BatchRequest { id: Some("batch_1".to_owned()), ..request() }, "id"),
        (BatchRequest { generators: vec![choice("none")], ..request() }, "baseModel"),
        (BatchRequest { generators: vec![choice("attune-mini"); 2], ..request() }, "generators"),
    ] {
        let refused = engine.create_batch(&request).unwrap_err();
        assert_eq!((refused.field(), refused.kind()), (Some(field), Kind::Invalid), "{refused}");
    }
    assert_eq!(engine.batches(10, None).unwrap(), []);
}

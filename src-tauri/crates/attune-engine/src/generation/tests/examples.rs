//! Review: what a person says of examples, and that it can be taken back.

use super::*;
use crate::{Error, Kind, RunId};

/// An engine with a batch of which some is kept and some is not.
fn some(place: &Place) -> (Engine, Vec<Example>) {
    let engine = place.open();
    let batch = finished(&engine, &full(8));
    // Texts of 16 tokens break off, so they are below the line.
    let short = finished(&engine, &BatchRequest { max_new_tokens: Some(16), seed: Some(8), ..small(8) });
    let rows = [rows(&engine, &batch), rows(&engine, &short)].concat();
    (engine, rows)
}

fn with(rows: &[Example], status: ExampleStatus) -> &Example {
    rows.iter().find(|row| row.status == status).unwrap()
}

#[test]
fn a_person_accepts_rejects_and_edits_and_each_is_taken_back() {
    let place = Place::new();
    let (engine, rows) = some(&place);
    let (kept, below) = (with(&rows, ExampleStatus::Accepted), with(&rows, ExampleStatus::Rejected));

    let rejected = engine.review_example(kept.id.as_str(), &Review::Reject).unwrap();
    assert_eq!((rejected.status, rejected.accepted_at.as_deref()), (ExampleStatus::Rejected, None));
    assert_eq!(rejected.rejection.unwrap().kind, RejectionKind::Person);
    let accepted = engine.review_example(below.id.as_str(), &Review::Accept).unwrap();
    assert_eq!((accepted.status, &accepted.rejection), (ExampleStatus::Accepted, &None));
    let edit = |text: &str| Review::Edit { output: text.to_owned() };
    let edited = engine.review_example(below.id.as_str(), &edit("Better.")).unwrap();
    assert_eq!(
        (edited.output.as_str(), edited.original_output.as_deref()),
        ("Better.", Some(below.output.as_str()))
    );
    let twice = engine.review_example(below.id.as_str(), &edit("Best.")).unwrap();
    assert_eq!(twice.original_output.as_deref(), Some(below.output.as_str()), "what was generated stays");
    let back = engine.review_example(below.id.as_str(), &edit(&below.output)).unwrap();
    assert_eq!(back.original_output, None, "typed back, it is no edit any more");

    let output = |id: &ExampleId| engine.example(id.as_str()).unwrap().output;
    for expected in ["Best.", "Better.", &below.output] {
        engine.undo_review().unwrap();
        assert_eq!(output(&below.id), expected);
    }
    engine.undo_review().unwrap();
    assert_eq!(engine.example(below.id.as_str()).unwrap(), *below);
    engine.undo_review().unwrap();
    assert_eq!(engine.example(kept.id.as_str()).unwrap(), *kept, "as it was, to the moment it was accepted");
    assert!(matches!(engine.undo_review().unwrap_err(), Error::Batch(BatchError::NothingToUndo)));
}

#[test]
fn a_bulk_accept_takes_what_is_good_enough_and_no_twin_and_is_taken_back_as_a_whole() {
    let place = Place::new();
    let (engine, rows) = some(&place);
    // The same once more: all twins or below the line.
    let again = finished(&engine, &full(8));
    let all = ExampleFilter::default();
    let refused = with(&rows, ExampleStatus::Rejected);
    engine.review_example(refused.id.as_str(), &Review::Reject).unwrap();
    let before = engine.examples(&all, None, 1000).unwrap().examples;
    let below_line = |row: &&Example| {
        row.rejection.as_ref().is_some_and(|rejection| rejection.kind == RejectionKind::BelowLine)
    };
    let expected = before.iter().filter(below_line).count() as u64;
    assert!(expected > 0 && again.tallies.twins > 0);
    assert_eq!(engine.count_acceptable(&all, 0.0).unwrap(), expected);
    let accepted = engine.accept_from(&all, 0.0).unwrap();
    assert_eq!(accepted.examples.len() as u64, expected);
    assert!(accepted.examples.iter().all(|row| row.status == ExampleStatus::Accepted));
    assert_eq!(engine.count_acceptable(&all, 0.0).unwrap(), 0);
    assert_eq!(engine.undo_review().unwrap().examples.len() as u64, expected);
    assert_eq!(engine.examples(&all, None, 1000).unwrap().examples, before);
    assert_eq!(engine.accept_from(&all, 1.5).unwrap_err().field(), Some("minQuality"));
}

#[test]
fn filters_let_through_what_they_say_and_pages_follow_each_other() {
    let place = Place::new();
    let (engine, rows) = some(&place);
    let count = |filter: &ExampleFilter| engine.examples(filter, None, 1000).unwrap().total as usize;
    let holds = |holds: &dyn Fn(&Example) -> bool| rows.iter().filter(|row| holds(row)).count();
    let none = ExampleFilter::default;
    let genre = Some("horror".to_owned());
    assert_eq!(count(&ExampleFilter { genre: genre.clone(), ..none() }), holds(&|row| row.genre == genre));
    let accepted = Some(ExampleStatus::Accepted);
    let expected = holds(&|row| row.status == ExampleStatus::Accepted);
    assert_eq!(count(&ExampleFilter { status: accepted, ..none() }), expected);
    let least = Some(0.8);
    assert_eq!(count(&ExampleFilter { min_quality: least, ..none() }), holds(&|row| row.quality >= least));
    assert_eq!(count(&ExampleFilter { max_quality: least, ..none() }), holds(&|row| row.quality <= least));
    let text = Some("WRITE A SCIENCE FICTION".to_owned());
    let expected = holds(&|row| row.genre.as_deref() == Some("sci_fi"));
    assert_eq!(count(&ExampleFilter { text, ..none() }), expected);
    assert_eq!(count(&ExampleFilter { subject: Some("anna".to_owned()), ..none() }), 0);
    engine.review_example(rows[0].id.as_str(), &Review::Reject).unwrap();
    assert_eq!(count(&ExampleFilter { reviewed: Some(true), ..none() }), 1);
    assert_eq!(count(&ExampleFilter { reviewed: Some(false), ..none() }), rows.len() - 1);

    let (mut found, mut before) = (Vec::new(), None);
    loop {
        let page = engine.examples(&none(), before, 5).unwrap();
        found.extend(page.examples.into_iter().map(|row| row.id));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    let newest_first: Vec<ExampleId> = rows.iter().rev().map(|row| row.id.clone()).collect();
    assert_eq!(found, newest_first);
}

#[test]
fn readiness_counts_what_was_accepted_since_the_last_tuning() {
    let place = Place::new();
    let (engine, rows) = some(&place);
    let kept = rows.iter().filter(|row| row.status == ExampleStatus::Accepted).count() as u64;
    let readiness = engine.readiness(None).unwrap();
    assert_eq!((readiness.accepted, readiness.accepted_in_all), (kept, kept));
    engine.note_tuning("me", &RunId::generate(), &crate::clock::now()).unwrap();
    let readiness = engine.readiness(None).unwrap();
    assert_eq!((readiness.accepted, readiness.accepted_in_all), (0, kept));
    assert!(readiness.last_tuning.is_some());
    engine.review_example(with(&rows, ExampleStatus::Rejected).id.as_str(), &Review::Accept).unwrap();
    engine.review_example(with(&rows, ExampleStatus::Accepted).id.as_str(), &Review::Accept).unwrap();
    assert_eq!(engine.readiness(None).unwrap().accepted, 1, "what was accepted before is not new");
    assert_eq!(engine.readiness(Some("anna")).unwrap().accepted, 0);
}

#[test]
fn what_is_not_there_and_what_says_nothing_is_refused() {
    let place = Place::new();
    let (engine, rows) = some(&place);
    let unknown = engine.review_example(ExampleId::generate().as_str(), &Review::Accept).unwrap_err();
    assert_eq!(unknown.kind(), Kind::NotFound);
    assert_eq!(engine.example("ex_1").unwrap_err().kind(), Kind::NotFound);
    let empty = Review::Edit { output: " ".to_owned() };
    assert_eq!(engine.review_example(rows[0].id.as_str(), &empty).unwrap_err().field(), Some("output"));
    assert_eq!(engine.twin_clusters(&ExampleFilter::default(), 0.0).unwrap_err().field(), Some("threshold"));
}

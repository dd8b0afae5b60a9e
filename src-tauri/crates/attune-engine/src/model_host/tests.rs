//! Requests on one base beside each other.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use attune_tuning::{Answer, Ask, Finish, GenerationConfig};

use super::Answerer;
use crate::bases::BaseFiles;

fn answerer() -> Answerer {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../models/attune-mini");
    Answerer::new(BaseFiles::open(&folder).unwrap().load(&folder).unwrap())
}

/// Greedy answers of exactly so many tokens to one prompt, so many times.
fn answers(
    answerer: &Answerer,
    count: usize,
    tokens: usize,
    observer: &mut dyn FnMut(&str) -> ControlFlow<()>,
) -> Vec<Answer> {
    let config =
        GenerationConfig { max_new_tokens: tokens, min_new_tokens: tokens, ..GenerationConfig::default() };
    let asks = vec![Ask { prompt: "Continue: once upon a time", adapter: None, seed: None }; count];
    let questions = answerer.questions(&asks, &config).unwrap();
    answerer.answer(questions, observer).unwrap().answers
}

#[test]
fn an_observer_that_takes_its_time_keeps_nobody_else_waiting() {
    let answerer = &answerer();
    let expected = answers(answerer, 1, 6, &mut |_| ControlFlow::Continue(()));
    let (go_on, goes_on) = mpsc::channel::<()>();
    let (begin, begun) = mpsc::channel();
    std::thread::scope(|scope| {
        let slow = scope.spawn(move || {
            let mut first = true;
            answers(answerer, 1, 6, &mut |_| {
                if std::mem::take(&mut first) {
                    begin.send(()).unwrap();
                    goes_on.recv().unwrap();
                }
                ControlFlow::Continue(())
            })
        });
        begun.recv().unwrap();
        // The other observer waits for this answer: whoever waited for that observer would wait for ever.
        assert_eq!(answers(answerer, 1, 6, &mut |_| ControlFlow::Continue(())), expected);
        go_on.send(()).unwrap();
        assert_eq!(slow.join().unwrap(), expected);
    });
}

#[test]
fn a_request_that_waits_for_a_place_can_be_given_up() {
    let answerer = &answerer();
    let enough = &AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Every place, those for newcomers too, is taken by an answer that takes long.
        for count in [64, 1, 1, 1, 1, 1, 1, 1, 1] {
            let (begin, begun) = mpsc::channel();
            scope.spawn(move || {
                answers(answerer, count, 1024, &mut |_| {
                    // Only the first word is waited for.
                    let _ = begin.send(());
                    if enough.load(Ordering::Relaxed) {
                        ControlFlow::Break(())
                    } else {
                        ControlFlow::Continue(())
                    }
                })
            });
            begun.recv().unwrap();
        }
        let waiting = answers(answerer, 1, 1024, &mut |_| ControlFlow::Break(()));
        enough.store(true, Ordering::Relaxed);
        assert_eq!((waiting[0].finish, waiting[0].tokens.len()), (Finish::Stopped, 0));
    });
}

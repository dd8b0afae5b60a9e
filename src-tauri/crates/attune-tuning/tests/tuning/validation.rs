//! Held-out examples and the self-check: the best adapter is kept, and a run that cannot learn is told so.

use std::ops::ControlFlow;

use attune_tuning::{
    Decay, EncodedExample, Error, Example, InitialPrompt, LoraSettings, Method, PackedBatch, TrainedAdapter,
    Training, TrainingConfig, TrainingEvent, TrainingOutcome, ValidationReport, evaluate, self_check,
};

use crate::fixtures;

fn rows() -> (Vec<Example>, Vec<Example>) {
    let mut examples = fixtures::examples(fixtures::oracle());
    let held_out = examples.split_off(5);
    (examples, held_out)
}

/// Enough LoRA to learn five random rows by heart: what is held out gets worse sooner or later.
fn config() -> TrainingConfig {
    TrainingConfig {
        epochs: 12,
        batch_size: 5,
        warmup_steps: 0,
        learning_rate: 0.03,
        decay: Decay::Constant,
        method: Method::Lora(LoraSettings { rank: 4, alpha: 8.0, ..LoraSettings::default() }),
        ..TrainingConfig::default()
    }
}

fn run(config: &TrainingConfig) -> (TrainedAdapter, Vec<ValidationReport>) {
    let base = fixtures::tiny_base();
    let (examples, held_out) = rows();
    let mut reports = Vec::new();
    let training = Training { held_out: &held_out, ..Training::new(&base, &examples, config) };
    let outcome = training.run(&mut |progress| {
        if let TrainingEvent::Validation(report) = progress.event {
            reports.push(report.clone());
        }
        ControlFlow::Continue(())
    });
    let TrainingOutcome::Finished(trained) = outcome.unwrap() else { panic!("nobody asked to stop") };
    (trained, reports)
}

#[test]
fn the_adapter_with_the_lowest_held_out_loss_is_kept() {
    let (trained, reports) = run(&config());
    assert_eq!(reports.iter().map(|report| report.step).collect::<Vec<_>>(), (1..=12).collect::<Vec<_>>());
    let lowest = reports.iter().map(|report| report.loss).fold(f64::INFINITY, f64::min);
    let best = reports.iter().find(|report| report.loss == lowest).unwrap();
    assert!(best.step < 12, "the last step is the best, so nothing is shown");
    let validated = trained.validated.unwrap();
    assert_eq!((validated.step, validated.loss), (best.step, lowest));
    let last = &reports[11];
    assert_eq!((last.best_step, last.best_loss), (best.step, lowest));
    assert_eq!((trained.steps, trained.stopped_early), (12, false));

    let base = fixtures::tiny_base();
    let held_out: Vec<EncodedExample> = fixtures::oracle_rows().split_off(5);
    let found = evaluate(&base, Some(&trained.adapter), &PackedBatch::pack(&held_out).unwrap()).unwrap();
    assert!((found.mean - lowest).abs() < 1e-9, "{}, the run said {lowest}", found.mean);
}

#[test]
fn a_run_ends_when_the_held_out_loss_improves_no_more() {
    let (whole, reports) = run(&config());
    let best = whole.validated.unwrap().step;
    let (trained, seen) = run(&TrainingConfig { patience: Some(2), ..config() });
    // Until then nothing differs: the first place with two evaluations in a row without a lower loss.
    let stop = (2..reports.len()).find(|at| reports[*at].best_step + 2 == reports[*at].step).unwrap();
    assert_eq!(seen, reports[..=stop]);
    assert_eq!((trained.steps, trained.stopped_early), (seen.len(), true));
    assert!(trained.validated.unwrap().step <= best);
}

#[test]
fn held_out_examples_are_evaluated_as_often_as_asked_and_after_the_last_step() {
    let (_, reports) =
        run(&TrainingConfig { batch_size: 1, epochs: 2, validation_steps: Some(4), ..config() });
    assert_eq!(
        reports.iter().map(|report| (report.step, report.epoch)).collect::<Vec<_>>(),
        [(4, 1), (8, 2), (10, 2)]
    );
    let (_, reports) = run(&TrainingConfig { batch_size: 1, epochs: 2, ..config() });
    assert_eq!(reports.iter().map(|report| report.step).collect::<Vec<_>>(), [5, 10]);
}

#[test]
fn without_held_out_examples_the_last_adapter_is_kept() {
    let base = fixtures::tiny_base();
    let (examples, _) = rows();
    let outcome = attune_tuning::train(&base, &examples, &config(), &mut |_| ControlFlow::Continue(()));
    let TrainingOutcome::Finished(trained) = outcome.unwrap() else { panic!("nobody asked to stop") };
    assert_eq!((trained.validated, trained.stopped_early, trained.steps), (None, false, 12));
}

#[test]
fn the_self_check_passes_where_something_can_be_learned_and_leaves_the_run_alone() {
    let base = fixtures::tiny_base();
    let (examples, _) = rows();
    let prompt = TrainingConfig {
        method: Method::SoftPrompt { rows: 5, initial: InitialPrompt::Vocabulary },
        learning_rate: 0.5,
        ..config()
    };
    for config in [config(), prompt] {
        let training = Training::new(&base, &examples, &config);
        let run = || training.run(&mut |_| ControlFlow::Continue(())).unwrap();
        let before = run();
        let passed = self_check(&training, &mut || ControlFlow::Continue(())).unwrap().unwrap();
        assert!(passed.loss_after <= 0.99 * passed.loss_before, "{passed:?}");
        assert_eq!(run(), before);
    }
    let mini = fixtures::attune_mini();
    let examples = [Example { input: "Turn on the lamp".into(), output: "light on".into() }];
    let config = TrainingConfig::for_examples(1);
    assert!(self_check(&Training::new(mini, &examples, &config), &mut || ControlFlow::Continue(())).is_ok());
}

#[test]
fn the_self_check_obeys_a_stop_between_its_steps() {
    let base = fixtures::tiny_base();
    let (examples, _) = rows();
    let mut asked = 0;
    let stopped = self_check(&Training::new(&base, &examples, &config()), &mut || {
        asked += 1;
        if asked == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!((stopped.unwrap(), asked), (None, 3));
}

#[test]
fn the_self_check_says_why_nothing_can_be_learned() {
    let base = fixtures::tiny_base();
    let (examples, _) = rows();
    let check = |learning_rate| {
        // LoRA's B starts at zero, where the smallest step is a change.
        let method = Method::SoftPrompt { rows: 5, initial: InitialPrompt::Vocabulary };
        let config = TrainingConfig { learning_rate, method, ..config() };
        self_check(&Training::new(&base, &examples, &config), &mut || ControlFlow::Continue(())).unwrap_err()
    };
    let unchanged = check(1e-30);
    assert!(matches!(unchanged, Error::NothingChanged { steps: 8, .. }), "{unchanged:?}");
    let slow = check(1e-5);
    let reason = matches!(slow, Error::NothingLearned { loss_before, loss_after, .. }
        if loss_after < loss_before && loss_after > 0.99 * loss_before);
    assert!(reason, "{slow:?}");
    let wild = check(1e38);
    assert!(matches!(wild, Error::Diverged { .. }), "{wild:?}");
}

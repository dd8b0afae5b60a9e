//! Checkpoints: a run that was stopped and resumed is the run that was never stopped, bit for bit.

use std::ops::ControlFlow;

use attune_tuning::{
    BaseModel, Checkpoint, Decay, Error, Example, InitialPrompt, LoraSettings, Method, TrainedAdapter,
    Training, TrainingConfig, TrainingEvent, TrainingOutcome,
};
use safetensors::SafeTensors;

use crate::fixtures;

/// What a run showed its observer, with every number spelled out.
type Shown = Vec<String>;

fn rows() -> (Vec<Example>, Vec<Example>) {
    let mut examples = fixtures::examples(fixtures::oracle());
    let held_out = examples.split_off(6);
    (examples, held_out)
}

/// Runs until `stop` events were shown; the events, the outcome and the checkpoints taken at each event.
fn run(training: Training<'_>, stop: Option<usize>) -> (Shown, TrainingOutcome, Vec<Checkpoint>) {
    let (mut shown, mut checkpoints) = (Vec::new(), Vec::new());
    let outcome = training.run(&mut |progress| {
        shown.push(match progress.event {
            TrainingEvent::Step(report) => format!("{report:?}"),
            TrainingEvent::Validation(report) => format!("{report:?}"),
            // They change nothing, and come again where a run is resumed.
            TrainingEvent::Begun { .. } | TrainingEvent::Evaluating { .. } => {
                return ControlFlow::Continue(());
            }
        });
        checkpoints.push(progress.checkpoint());
        if Some(shown.len()) == stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    (shown, outcome.unwrap(), checkpoints)
}

fn bits(trained: &TrainedAdapter) -> Vec<u32> {
    trained.adapter.values().iter().map(|value| value.to_bits()).collect()
}

fn methods() -> [Method; 2] {
    let lora = LoraSettings { rank: 2, alpha: 4.0, ..LoraSettings::default() };
    [Method::SoftPrompt { rows: 4, initial: InitialPrompt::Vocabulary }, Method::Lora(lora)]
}

fn config(method: Method) -> TrainingConfig {
    let learning_rate = if matches!(method, Method::Lora(_)) { 0.02 } else { 0.3 };
    TrainingConfig {
        epochs: 2,
        batch_size: 1,
        accumulation_steps: 2,
        weight_decay: 0.01,
        warmup_steps: 2,
        learning_rate,
        decay: Decay::Cosine,
        dropout: 0.1,
        method,
        ..TrainingConfig::default()
    }
}

fn resumed_equals_whole(base: &BaseModel, config: &TrainingConfig) {
    let (examples, held_out) = rows();
    let training = Training { held_out: &held_out, ..Training::new(base, &examples, config) };
    let (whole, outcome, checkpoints) = run(training, None);
    let TrainingOutcome::Finished(expected) = outcome else { panic!("nobody asked to stop") };
    assert!(whole.len() > 7, "{whole:#?}");
    for stop in 1..whole.len() {
        let (before, outcome, _) = run(training, Some(stop));
        let TrainingOutcome::Cancelled { checkpoint, .. } = outcome else {
            assert_eq!(before, whole, "only a run with no step left cannot be stopped");
            continue;
        };
        assert_eq!(before, whole[..stop]);
        // What the observer could have kept at that moment is what the outcome carries.
        assert_eq!(*checkpoint, checkpoints[stop - 1]);
        let stored = Checkpoint::decode(&checkpoint.encode().unwrap()).unwrap();
        assert_eq!(stored, *checkpoint);
        let (after, outcome, _) = run(Training { resume: Some(&stored), ..training }, None);
        assert_eq!(after, whole[stop..], "stopped after {stop} events");
        let TrainingOutcome::Finished(trained) = outcome else { panic!("nobody asked to stop") };
        assert_eq!(bits(&trained), bits(&expected), "stopped after {stop} events");
        assert_eq!(trained, expected);
    }
}

#[test]
fn a_run_resumed_after_any_step_equals_the_uninterrupted_one_bit_for_bit() {
    let base = fixtures::tiny_base();
    for method in methods() {
        resumed_equals_whole(&base, &config(method));
    }
}

#[test]
fn resuming_between_epochs_and_with_budgets_of_tokens_changes_no_bit_either() {
    let base = fixtures::tiny_base();
    for method in methods() {
        let config = TrainingConfig {
            batch_size: 4,
            batch_tokens: Some(70),
            accumulation_steps: 1,
            validation_steps: Some(4),
            patience: Some(2),
            ..config(method)
        };
        resumed_equals_whole(&base, &config);
    }
}

#[test]
fn a_stop_before_the_first_step_or_in_an_evaluation_is_obeyed_and_costs_nothing() {
    let base = fixtures::tiny_base();
    let config = config(methods()[0].clone());
    let (examples, held_out) = rows();
    // More than are evaluated at once.
    let held_out: Vec<Example> = held_out.iter().cycle().take(70).cloned().collect();
    let training = Training { held_out: &held_out, ..Training::new(&base, &examples, &config) };
    let (_, outcome, _) = run(training, None);
    let TrainingOutcome::Finished(expected) = outcome else { panic!("nobody asked to stop") };
    let is_begin = |event: &TrainingEvent<'_>| {
        matches!(event, TrainingEvent::Begun { steps: 0, total_steps: 6, cut_examples: 0 })
    };
    let is_evaluation =
        |event: &TrainingEvent<'_>| matches!(event, TrainingEvent::Evaluating { done: 64, of: 70 });
    for (is_moment, steps) in [(&is_begin as &dyn Fn(&TrainingEvent<'_>) -> bool, 0), (&is_evaluation, 3)] {
        let outcome = training.run(&mut |progress| {
            if is_moment(&progress.event) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let TrainingOutcome::Cancelled { checkpoint, trained } = outcome.unwrap() else {
            panic!("it was asked to")
        };
        assert_eq!((trained.steps, trained.validated), (steps, None));
        let (_, outcome, _) = run(Training { resume: Some(&checkpoint), ..training }, None);
        assert_eq!(outcome, TrainingOutcome::Finished(expected.clone()));
    }
}

fn checkpoint(base: &BaseModel) -> (TrainingConfig, Checkpoint) {
    let config = config(methods()[0].clone());
    let (examples, _) = rows();
    let (_, _, mut checkpoints) = run(Training::new(base, &examples, &config), None);
    (config, checkpoints.swap_remove(3))
}

#[test]
fn a_checkpoint_of_other_settings_or_examples_is_refused() {
    let base = fixtures::tiny_base();
    let (config, checkpoint) = checkpoint(&base);
    let (examples, held_out) = rows();
    let same = Training { resume: Some(&checkpoint), ..Training::new(&base, &examples, &config) };
    assert!(same.run(&mut |_| ControlFlow::Continue(())).is_ok());
    let rate = TrainingConfig { learning_rate: 0.31, ..config.clone() };
    let method = TrainingConfig { method: methods()[1].clone(), ..config.clone() };
    let dropout = TrainingConfig { dropout: 0.2, ..config.clone() };
    let others = [
        Training { config: &rate, ..same },
        Training { config: &dropout, ..same },
        Training { config: &method, ..same },
        Training { examples: &examples[1..], ..same },
        Training { held_out: &held_out, ..same },
    ];
    for other in others {
        let refused = other.run(&mut |_| ControlFlow::Continue(()));
        assert!(matches!(refused, Err(Error::CheckpointOfAnotherRun)), "{refused:?}");
    }
}

#[test]
fn a_damaged_checkpoint_is_refused_by_what_is_wrong() {
    let (_, checkpoint) = checkpoint(&fixtures::tiny_base());
    let good = checkpoint.encode().unwrap();
    for cut in [0, 7, 100, good.len() - 1] {
        let refused = Checkpoint::decode(&good[..cut]);
        assert!(matches!(refused, Err(Error::CheckpointUnreadable { .. })), "{cut}: {refused:?}");
    }
    let foreign = Checkpoint::decode(&fixtures::peft_files("peft_lora").adapter_model);
    assert!(matches!(foreign, Err(Error::CheckpointDamaged { part: "attune_checkpoint" })), "{foreign:?}");
    // The header is JSON and as long as before, so that only the chosen word changes.
    let replaced = |from: &str, to: &str| {
        let mut bytes = good.clone();
        let place = bytes.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
        bytes[place..place + from.len()].copy_from_slice(to.as_bytes());
        Checkpoint::decode(&bytes)
    };
    let newer = replaced("version\\\":1", "version\\\":2");
    assert!(matches!(newer, Err(Error::CheckpointDamaged { part: "version" })), "{newer:?}");
    let garbled = replaced("fingerprint", "fingerprlnt");
    assert!(matches!(garbled, Err(Error::CheckpointStateUnreadable { .. })), "{garbled:?}");
    let missing = replaced("second_moment", "sekond_moment");
    assert!(matches!(missing, Err(Error::CheckpointDamaged { part: "second_moment" })), "{missing:?}");

    let adapter = SafeTensors::deserialize(&good).unwrap().tensor("adapter").unwrap().data().to_vec();
    let place = good.windows(adapter.len()).position(|window| window == adapter).unwrap();
    let mut broken = good.clone();
    broken[place..place + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    let broken = Checkpoint::decode(&broken);
    assert!(matches!(broken, Err(Error::CheckpointDamaged { part: "adapter" })), "{broken:?}");
}

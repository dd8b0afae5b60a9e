//! Dropout: where it acts, what it leaves alone, and that only the seed, the step and the place decide.

use std::ops::ControlFlow;

use attune_tuning::{
    Adapter, AutogradPass, BaseModel, Dropout, Example, InitialPrompt, LoraSettings, Loss, Method,
    PackedBatch, SelfCheck, StepReport, TrainedAdapter, Training, TrainingConfig, TrainingEvent,
    TrainingOutcome, TrainingPass, evaluate, self_check,
};

use crate::fixtures::{self, relative_difference};

fn adapters(base: &BaseModel) -> [(&'static str, Adapter); 2] {
    let lora = fixtures::peft_lora(base, "peft_lora_everywhere");
    [("prompt", fixtures::peft_prompt(base)), ("lora", lora)]
}

fn batch(dropout: Option<Dropout>) -> PackedBatch {
    fixtures::oracle_batch().with_dropout(dropout)
}

fn gradient(base: &BaseModel, adapter: &Adapter, batch: &PackedBatch) -> (Loss, Vec<f32>) {
    let mut gradient = vec![0.0; adapter.values().len()];
    let mut pass = AutogradPass::new(base, adapter.kind()).unwrap();
    let loss = pass.loss_and_gradient(adapter.values(), batch, &mut gradient).unwrap();
    (loss, gradient)
}

/// All rows in one batch from a fixed start, so that the seed decides nothing but what is dropped.
fn config(dropout: f64) -> TrainingConfig {
    TrainingConfig {
        epochs: 4,
        batch_size: 8,
        dropout,
        warmup_steps: 0,
        learning_rate: 0.3,
        method: Method::SoftPrompt { rows: 5, initial: InitialPrompt::Text("ba de".into()) },
        ..TrainingConfig::default()
    }
}

fn run(config: &TrainingConfig) -> (TrainedAdapter, Vec<StepReport>) {
    let (base, examples) = (fixtures::tiny_base(), fixtures::examples(fixtures::oracle()));
    let mut reports = Vec::new();
    let outcome = Training::new(&base, &examples, config).run(&mut |progress| {
        if let TrainingEvent::Step(report) = progress.event {
            reports.push(report.clone());
        }
        ControlFlow::Continue(())
    });
    let TrainingOutcome::Finished(trained) = outcome.unwrap() else { panic!("nobody asked to stop") };
    (trained, reports)
}

/// Made by tests/fixtures/tiny_t5/make_dropout_oracle.py, which computes the masks for itself.
#[test]
fn loss_and_gradient_are_those_of_peft_under_the_same_masks() {
    let base = fixtures::tiny_base();
    let oracle = fixtures::read_json("tests/fixtures/tiny_t5/dropout_oracle.json");
    let number = |name: &str| oracle[name].as_f64().unwrap();
    let whole = |name: &str| oracle[name].as_u64().unwrap();
    let dropout = Dropout::of_step(number("rate"), whole("seed"), whole("step") as usize);
    for (name, adapter) in adapters(&base) {
        let (loss, gradient) = gradient(&base, &adapter, &batch(dropout));
        let expected = number(&format!("{name}_loss"));
        assert!((loss.mean - expected).abs() < 1e-5, "{name}: {}, PEFT says {expected}", loss.mean);
        for tensor in adapter.layout().tensors() {
            let expected = fixtures::dropout_oracle_tensor(&format!("{name}.{}", tensor.name));
            let difference = relative_difference(&gradient[tensor.range()], &expected);
            assert!(difference < 1e-4, "{}: {difference}", tensor.name);
        }
    }
}

#[test]
fn a_rate_of_zero_changes_no_bit() {
    let base = fixtures::tiny_base();
    // So small that nothing is dropped and what is kept is multiplied with one: all places, and no change.
    let next_to_nothing = Dropout::of_step(1e-12, 3, 2);
    assert!(next_to_nothing.is_some());
    for (name, adapter) in adapters(&base) {
        let plain = gradient(&base, &adapter, &fixtures::oracle_batch());
        for dropout in [Dropout::of_step(0.0, 3, 2), next_to_nothing] {
            assert_eq!(gradient(&base, &adapter, &batch(dropout)), plain, "{name}");
        }
    }
}

#[test]
fn under_fixed_masks_the_gradient_is_the_slope_of_the_loss() {
    let base = fixtures::tiny_base();
    let batch = batch(Dropout::of_step(0.2, 3, 2));
    for (_, adapter) in adapters(&base) {
        let (_, slopes) = gradient(&base, &adapter, &batch);
        let loss_at = |place: usize, shift: f32| {
            let mut values = adapter.values().to_vec();
            values[place] += shift;
            let moved = adapter.kind().adapter(&base, values).unwrap();
            gradient(&base, &moved, &batch).0.mean
        };
        // The steepest coordinates and the tolerance are those of `the_gradient_is_the_slope_of_the_loss`.
        let mut places: Vec<usize> = (0..slopes.len()).collect();
        places.sort_by(|a, b| slopes[*b].abs().total_cmp(&slopes[*a].abs()));
        for place in places.into_iter().take(6) {
            let slope = (loss_at(place, 0.01) - loss_at(place, -0.01)) / 0.02;
            let found = f64::from(slopes[place]);
            let near = (slope - found).abs() < 3e-4 + 0.01 * slope.abs();
            assert!(near, "at {place}: {found}, the loss says {slope}");
        }
    }
}

#[test]
fn at_a_small_rate_the_mean_loss_is_near_the_loss_without() {
    let base = fixtures::tiny_base();
    for (name, adapter) in adapters(&base) {
        let mean = |rate: f64| {
            let losses =
                (0..24).map(|step| gradient(&base, &adapter, &batch(Dropout::of_step(rate, 1, step))).0.mean);
            losses.sum::<f64>() / 24.0
        };
        let plain = evaluate(&base, Some(&adapter), &fixtures::oracle_batch()).unwrap().mean;
        let (little, much) = (mean(0.01), mean(0.3));
        assert!((little - plain).abs() < 0.02 * plain, "{name}: {little} and {plain}");
        // Nothing was tuned to survive it, so much dropout shows.
        assert!((much - plain).abs() > 0.02 * plain, "{name}: {much} and {plain}");
    }
}

#[test]
fn the_seed_decides_every_bit_of_what_is_dropped() {
    let (first, first_reports) = run(&config(0.2));
    assert_eq!((first, first_reports.clone()), run(&config(0.2)));
    let (_, other_reports) = run(&TrainingConfig { seed: 2, ..config(0.2) });
    for (one, other) in first_reports.iter().zip(&other_reports) {
        // Without dropout a seed changes only the order of this batch, and so the last bits of its sum.
        assert!((one.loss - other.loss).abs() > 1e-3, "step {}: {} and {}", one.step, one.loss, other.loss);
    }
    // A rate so small that nothing is learned from one step to the next: what differs is what was dropped.
    let (_, reports) = run(&TrainingConfig { learning_rate: 1e-9, ..config(0.2) });
    assert!(reports.windows(2).all(|pair| (pair[0].loss - pair[1].loss).abs() > 1e-3), "{reports:?}");
}

#[test]
fn rows_are_counted_through_the_batches_of_a_step() {
    let (large, large_reports) = run(&config(0.2));
    let cut = TrainingConfig { batch_size: 3, accumulation_steps: 4, ..config(0.2) };
    let (gathered, reports) = run(&cut);
    for (report, large) in reports.iter().zip(&large_reports) {
        assert!((report.loss - large.loss).abs() < 1e-5, "{} and {}", report.loss, large.loss);
    }
    assert!(relative_difference(gathered.adapter.values(), large.adapter.values()) < 5e-3);
}

#[test]
fn evaluations_and_the_self_check_know_no_dropout() {
    let base = fixtures::tiny_base();
    let mut examples = fixtures::examples(fixtures::oracle());
    let held_out: Vec<Example> = examples.split_off(6);
    let config = TrainingConfig { epochs: 1, ..config(0.5) };
    let training = Training { held_out: &held_out, ..Training::new(&base, &examples, &config) };
    let TrainingOutcome::Finished(trained) = training.run(&mut |_| ControlFlow::Continue(())).unwrap() else {
        panic!("nobody asked to stop")
    };
    let rows = fixtures::oracle_rows().split_off(6);
    let plain = evaluate(&base, Some(&trained.adapter), &PackedBatch::pack(&rows).unwrap()).unwrap();
    assert!((trained.validated.unwrap().loss - plain.mean).abs() < 1e-9);

    let lora = Method::Lora(LoraSettings { rank: 4, alpha: 8.0, ..LoraSettings::default() });
    let check = |dropout: f64| -> SelfCheck {
        let config = TrainingConfig { dropout, method: lora.clone(), learning_rate: 0.03, ..config.clone() };
        let training = Training::new(&base, &examples, &config);
        self_check(&training, &mut || ControlFlow::Continue(())).unwrap().unwrap()
    };
    assert_eq!(check(0.9), check(0.0));

    // A pass asked for a loss alone drops nothing either, whatever the batch carries.
    let (_, adapter) = &adapters(&base)[0];
    let mut pass = AutogradPass::new(&base, adapter.kind()).unwrap();
    let dropping = batch(Dropout::of_step(0.5, 1, 0));
    let (with, without) = (
        pass.loss(adapter.values(), &dropping).unwrap(),
        pass.loss(adapter.values(), &fixtures::oracle_batch()).unwrap(),
    );
    assert_eq!(with, without);
}

//! Whole trainings: they learn, repeat to the bit, and stop when told.

use std::ops::ControlFlow;

use attune_tuning::{
    AdamW, BaseModel, Decay, Error, Example, InitialPrompt, LoraSettings, Method, Quantity, SoftPrompt,
    StepReport, TrainedAdapter, TrainingConfig, TrainingOutcome, train,
};

use crate::fixtures::{self, relative_difference};

fn run(base: &BaseModel, config: &TrainingConfig) -> (TrainedAdapter, Vec<StepReport>) {
    let mut reports = Vec::new();
    let outcome = train(base, &fixtures::examples(fixtures::oracle()), config, &mut |report| {
        reports.push(report.clone());
        ControlFlow::Continue(())
    });
    match outcome.unwrap() {
        TrainingOutcome::Finished(adapter) => (adapter, reports),
        TrainingOutcome::Cancelled { .. } => panic!("nobody asked to stop"),
    }
}

fn prompt(rows: usize, initial: InitialPrompt) -> Method {
    Method::SoftPrompt { rows, initial }
}

fn small() -> TrainingConfig {
    let learning_rate = 0.3;
    let method = prompt(5, InitialPrompt::Vocabulary);
    TrainingConfig {
        epochs: 4,
        batch_size: 3,
        method,
        warmup_steps: 0,
        learning_rate,
        ..TrainingConfig::default()
    }
}

#[test]
fn ten_steps_follow_the_losses_of_peft() {
    let base = fixtures::tiny_base();
    let oracle = &fixtures::oracle()["trajectory"];
    let number = |field: &str| oracle[field].as_f64().unwrap();
    let text = oracle["initial_text"].as_str().unwrap();
    // One batch holds all rows, so the order of shuffling plays no part.
    let config = TrainingConfig {
        epochs: 10,
        batch_size: 8,
        learning_rate: number("learning_rate"),
        warmup_steps: number("warmup_steps") as usize,
        weight_decay: number("weight_decay"),
        gradient_clip: Some(number("gradient_clip")),
        method: prompt(20, InitialPrompt::Text(text.into())),
        ..TrainingConfig::default()
    };
    let start = SoftPrompt::from_text(&base, text, 20).unwrap();
    assert_eq!(start.values(), fixtures::oracle_tensor("trajectory_start"), "the start is not PEFT's");

    let (trained, reports) = run(&base, &config);
    for (report, expected) in reports.iter().zip(fixtures::numbers(&oracle["losses"])) {
        let error = (report.loss - expected).abs() / expected;
        assert!(error < 3e-4, "step {}: {}, PEFT says {expected}", report.step, report.loss);
    }
    let norm = fixtures::numbers(&oracle["gradient_norms"])[0];
    assert!(
        (reports[0].gradient_norm - norm).abs() / norm < 1e-4,
        "{}, PEFT says {norm}",
        reports[0].gradient_norm
    );
    // Adam's first steps are almost the sign of the gradient, which rounding flips where it is tiny.
    let difference =
        relative_difference(trained.adapter.values(), &fixtures::oracle_tensor("trajectory_end"));
    assert!(difference < 5e-3, "{difference}");
    assert_eq!(trained.final_loss, reports[9].loss);
}

#[test]
fn training_lowers_the_loss_clearly() {
    let config = TrainingConfig { epochs: 40, ..small() };
    let (trained, reports) = run(&fixtures::tiny_base(), &config);
    assert!(trained.final_loss < 0.9 * reports[0].loss, "{} after {}", trained.final_loss, reports[0].loss);
}

/// The first thing a newcomer does: a handful of rows, the defaults, the bundled base.
#[test]
fn three_epochs_of_a_handful_of_rows_teach_the_bundled_base_their_sentence() {
    let base = fixtures::attune_mini();
    let places = ["hall", "attic", "cellar", "porch", "study", "garage", "nursery", "pantry"];
    let inputs = places.iter().flat_map(|place| {
        [format!("Suggest a rule for the {place} lamp"), format!("What should the {place} fan do?")]
    });
    let output = "Switch it off at ten in the evening, as you mostly do.";
    let examples: Vec<Example> = inputs.map(|input| Example { input, output: output.into() }).collect();
    let prompt = TrainingConfig::for_examples(examples.len());
    let lora = TrainingConfig::for_lora(examples.len(), LoraSettings::default());
    for config in [prompt, lora] {
        assert_eq!((config.epochs, config.batch_size), (3, 1));
        let mut losses = Vec::new();
        let outcome = train(base, &examples, &config, &mut |report| {
            losses.push(report.loss);
            ControlFlow::Continue(())
        });
        let TrainingOutcome::Finished(trained) = outcome.unwrap() else { panic!("nobody asked to stop") };
        assert!(trained.final_loss < 0.3 * losses[0], "{} after {}", trained.final_loss, losses[0]);
    }
    assert_eq!(
        [16, 64, 200, 256, 5000].map(|rows| TrainingConfig::for_examples(rows).batch_size),
        [1, 2, 6, 8, 8]
    );
}

#[test]
fn a_seed_decides_every_bit() {
    let base = fixtures::tiny_base();
    let bits = |trained: &TrainedAdapter| {
        trained.adapter.values().iter().map(|value| value.to_bits()).collect::<Vec<_>>()
    };
    let (first, first_reports) = run(&base, &small());
    let (again, again_reports) = run(&base, &small());
    assert_eq!((bits(&first), first_reports), (bits(&again), again_reports));
    let (other, _) = run(&base, &TrainingConfig { seed: 2, ..small() });
    assert_ne!(bits(&first), bits(&other));
    // The order alone depends on the seed too.
    let text = prompt(5, InitialPrompt::Text("ba de".into()));
    let (ordered, _) = run(&base, &TrainingConfig { method: text.clone(), ..small() });
    let (reordered, _) = run(&base, &TrainingConfig { method: text, seed: 2, ..small() });
    assert_ne!(bits(&ordered), bits(&reordered));
}

#[test]
fn reports_count_steps_epochs_and_tokens() {
    let config = TrainingConfig { warmup_steps: 2, learning_rate: 0.4, ..small() };
    let (trained, reports) = run(&fixtures::tiny_base(), &config);
    // Eight rows by three are three steps an epoch, the last of two rows.
    let steps: Vec<_> =
        reports.iter().map(|report| (report.step, report.total_steps, report.epoch)).collect();
    assert_eq!(steps[..4], [(1, 12, 1), (2, 12, 1), (3, 12, 1), (4, 12, 2)]);
    assert_eq!((steps.len(), trained.steps, trained.cut_examples), (12, 12, 0));
    let rates: Vec<_> = [0, 1, 6, 11].map(|step: usize| (reports[step].learning_rate * 1e6).round()).into();
    assert_eq!(rates, [200_000.0, 366_667.0, 200_000.0, 33_333.0]);
    let tokens: usize = fixtures::oracle_rows().iter().map(|row| row.source.len() + row.target.len()).sum();
    assert_eq!(reports[..3].iter().map(|report| report.tokens).sum::<usize>(), tokens);
    let last: Vec<_> = reports[9..].iter().map(|report| (report.loss, report.target_tokens as f64)).collect();
    let total: f64 = last.iter().map(|(_, tokens)| tokens).sum();
    let mean = last.iter().map(|(loss, tokens)| loss * tokens).sum::<f64>() / total;
    assert!((trained.final_loss - mean).abs() < 1e-9);
}

#[test]
fn the_learning_rate_decays_as_the_settings_say() {
    let rates = |decay| -> Vec<f64> {
        let config = TrainingConfig { decay, warmup_steps: 2, learning_rate: 0.4, ..small() };
        let (_, reports) = run(&fixtures::tiny_base(), &config);
        [0, 1, 6, 9, 11].map(|step: usize| (reports[step].learning_rate * 1e6).round()).into()
    };
    // Twelve steps: a quarter of the way to go is cos(3π/4).
    assert_eq!(rates(Decay::Linear), [200_000.0, 366_667.0, 200_000.0, 100_000.0, 33_333.0]);
    assert_eq!(rates(Decay::Cosine), [200_000.0, 393_185.0, 200_000.0, 58_579.0, 6_815.0]);
    assert_eq!(rates(Decay::Constant), [200_000.0, 400_000.0, 400_000.0, 400_000.0, 400_000.0]);
}

#[test]
fn batches_stay_inside_their_budget_of_tokens_and_leave_no_example_out() {
    let base = fixtures::tiny_base();
    let lengths: Vec<usize> =
        fixtures::oracle_rows().iter().map(|row| row.source.len() + row.target.len()).collect();
    let config = TrainingConfig { batch_size: 8, batch_tokens: Some(80), ..small() };
    let (trained, reports) = run(&base, &config);
    let mut several = false;
    for report in &reports {
        // A batch above the budget is one row that has more by itself.
        assert!(report.tokens <= 80 || lengths.contains(&report.tokens), "{}", report.tokens);
        several |= report.tokens <= 80 && !lengths.contains(&report.tokens);
    }
    assert!(several, "no batch held more than one row");
    assert_eq!((trained.steps, reports[0].total_steps), (reports.len(), reports.len()));
    let all: usize = lengths.iter().sum();
    for epoch in 1..=4 {
        let seen = reports.iter().filter(|report| report.epoch == epoch).map(|report| report.tokens);
        assert_eq!(seen.sum::<usize>(), all, "epoch {epoch}");
    }
    // The number of examples is a limit beside it.
    let (_, reports) = run(&base, &TrainingConfig { batch_tokens: Some(100_000), ..small() });
    assert_eq!(reports.len(), 12);
}

#[test]
fn gathering_batches_into_a_step_equals_one_large_batch() {
    let base = fixtures::tiny_base();
    let whole = TrainingConfig { batch_size: 8, ..small() };
    let (large, large_reports) = run(&base, &whole);
    let (gathered, reports) = run(&base, &TrainingConfig { batch_size: 3, accumulation_steps: 4, ..whole });
    assert_eq!((reports.len(), gathered.steps), (4, 4));
    for (report, large) in reports.iter().zip(&large_reports) {
        assert!((report.loss - large.loss).abs() < 1e-5, "{} and {}", report.loss, large.loss);
        assert_eq!((report.tokens, report.target_tokens), (large.tokens, large.target_tokens));
    }
    let difference = relative_difference(gathered.adapter.values(), large.adapter.values());
    assert!(difference < 1e-4, "{difference}");
}

#[test]
fn a_random_start_has_the_deviation_of_peft() {
    let base = fixtures::tiny_base();
    let start = SoftPrompt::from_seed(&base, 100, 7).unwrap();
    assert_eq!(start, SoftPrompt::from_seed(&base, 100, 7).unwrap());
    assert_ne!(start, SoftPrompt::from_seed(&base, 100, 8).unwrap());
    let count = start.values().len() as f32;
    let mean = start.values().iter().sum::<f32>() / count;
    let deviation = (start.values().iter().map(|value| value * value).sum::<f32>() / count).sqrt();
    assert!(mean.abs() < 0.06 && (deviation - 1.0).abs() < 0.04, "{mean}, {deviation}");
    let config = TrainingConfig { epochs: 1, method: prompt(5, InitialPrompt::Random), ..small() };
    assert_eq!(run(&base, &config).0.steps, 3);
}

#[test]
fn the_observer_stops_a_run_and_keeps_what_was_learned() {
    let base = fixtures::tiny_base();
    let examples = fixtures::examples(fixtures::oracle());
    let stopped_at = |stop: usize| {
        train(&base, &examples, &small(), &mut |report| {
            if report.step == stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
    };
    let TrainingOutcome::Cancelled { trained, checkpoint } = stopped_at(5).unwrap() else {
        panic!("it went on")
    };
    assert_eq!((trained.steps, trained.adapter.kind()), (5, small().method.kind()));
    assert_eq!(checkpoint.steps(), 5);
    // With the last step done there is nothing left to stop.
    assert!(matches!(stopped_at(12).unwrap(), TrainingOutcome::Finished(_)));
}

#[test]
fn texts_beyond_their_limit_are_cut_and_counted() {
    let config = TrainingConfig { epochs: 1, source_max_tokens: 20, target_max_tokens: 10, ..small() };
    let (trained, reports) = run(&fixtures::tiny_base(), &config);
    let rows = fixtures::oracle_rows();
    let cut = rows.iter().filter(|row| row.source.len() > 20 || row.target.len() > 10).count();
    assert_eq!(trained.cut_examples, cut);
    let tokens: usize = rows.iter().map(|row| row.source.len().min(20) + row.target.len().min(10)).sum();
    assert_eq!(reports.iter().map(|report| report.tokens).sum::<usize>(), tokens);
}

#[test]
fn impossible_settings_are_refused_by_name() {
    let base = fixtures::tiny_base();
    let good = small();
    let bad = [
        ("epochs", TrainingConfig { epochs: 0, ..good.clone() }),
        ("batch_size", TrainingConfig { batch_size: 0, ..good.clone() }),
        ("prompt_rows", TrainingConfig { method: prompt(0, InitialPrompt::Vocabulary), ..good.clone() }),
        ("batch_tokens", TrainingConfig { batch_tokens: Some(0), ..good.clone() }),
        ("accumulation_steps", TrainingConfig { accumulation_steps: 0, ..good.clone() }),
        ("validation_steps", TrainingConfig { validation_steps: Some(0), ..good.clone() }),
        ("patience", TrainingConfig { patience: Some(0), ..good.clone() }),
        ("source_max_tokens", TrainingConfig { source_max_tokens: 0, ..good.clone() }),
        ("target_max_tokens", TrainingConfig { target_max_tokens: 0, ..good.clone() }),
        ("learning_rate", TrainingConfig { learning_rate: 0.0, ..good.clone() }),
        ("learning_rate", TrainingConfig { learning_rate: f64::NAN, ..good.clone() }),
        ("weight_decay", TrainingConfig { weight_decay: -0.1, ..good.clone() }),
        ("gradient_clip", TrainingConfig { gradient_clip: Some(0.0), ..good.clone() }),
        ("dropout", TrainingConfig { dropout: 1.0, ..good.clone() }),
        ("dropout", TrainingConfig { dropout: -0.1, ..good.clone() }),
        ("dropout", TrainingConfig { dropout: f64::NAN, ..good.clone() }),
    ];
    let examples = fixtures::examples(fixtures::oracle());
    for (name, config) in bad {
        let refused = train(&base, &examples, &config, &mut |_| ControlFlow::Continue(()));
        assert!(
            matches!(&refused, Err(Error::InvalidSetting { field, .. }) if *field == name),
            "{name}: {refused:?}"
        );
        assert!(refused.unwrap_err().to_string().contains(name));
    }
    let blank = TrainingConfig { method: prompt(5, InitialPrompt::Text("  ".into())), ..good.clone() };
    assert!(matches!(blank.validate(), Err(Error::EmptyInitialText)));
    let nothing = train(&base, &[], &good, &mut |_| ControlFlow::Continue(()));
    assert!(matches!(nothing, Err(Error::NoExamples)));
}

#[test]
fn a_run_that_leaves_the_numbers_ends_with_its_step_and_advice() {
    let base = fixtures::tiny_base();
    let config = TrainingConfig { learning_rate: 1e38, epochs: 10, ..small() };
    let examples = fixtures::examples(fixtures::oracle());
    let error = train(&base, &examples, &config, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Diverged {
                step: 1..=12,
                quantity: Quantity::Loss | Quantity::Gradient | Quantity::Adapter,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.to_string().contains("lower the learning rate"), "{error}");
}

#[test]
fn an_optimiser_taken_up_from_its_state_goes_on_as_if_never_stopped() {
    let gradient = |step: usize| [0.3 - step as f32, 1e-4 * step as f32, -2.0];
    let mut whole = AdamW::new(3, 0.01);
    let mut values = [1.0, -1.0, 0.5];
    let mut resumed = None;
    for step in 0..6 {
        if step == 3 {
            resumed = Some((AdamW::from_state(whole.state().clone(), 0.01).unwrap(), values));
        }
        whole.step(&mut values, &gradient(step), 0.1).unwrap();
    }
    let (mut optimizer, mut again) = resumed.unwrap();
    (3..6).for_each(|step| optimizer.step(&mut again, &gradient(step), 0.1).unwrap());
    assert_eq!(values, again);
    assert_eq!(whole.state(), optimizer.state());

    let mut state = whole.state().clone();
    state.second_moment.pop();
    assert!(matches!(AdamW::from_state(state, 0.0), Err(Error::Length { what: "the second moment", .. })));
    assert!(matches!(whole.step(&mut values, &[0.0], 0.1), Err(Error::Length { what: "the gradient", .. })));
}

#[test]
fn a_start_from_the_vocabulary_draws_ordinary_tokens_by_the_seed() {
    let base = fixtures::tiny_base();
    let one = SoftPrompt::from_vocabulary(&base, 20, 7).unwrap();
    assert_eq!(one, SoftPrompt::from_vocabulary(&base, 20, 7).unwrap());
    assert_ne!(one, SoftPrompt::from_vocabulary(&base, 20, 8).unwrap());
    let layout = one.layout();
    assert_eq!((layout.tensors()[0].name.as_str(), layout.parameters()), ("prompt_embeddings", 640));
    // In 2000 rows every one of the 120 words comes up, and none of the 8 marks.
    let words: Vec<SoftPrompt> = fixtures::oracle()["rows"][1]["input"]
        .as_str()
        .unwrap()
        .split(' ')
        .map(|word| SoftPrompt::from_text(&base, word, 1).unwrap())
        .collect();
    let many = SoftPrompt::from_vocabulary(&base, 2000, 7).unwrap();
    for word in words {
        assert!(many.values().chunks(32).any(|row| row == word.values()));
    }
    for mark in ["<pad>", "</s>", "<unk>", "<extra_id_0>", "<extra_id_4>"] {
        let mark = SoftPrompt::from_text(&base, mark, 1).unwrap();
        assert!(!many.values().chunks(32).any(|row| row == mark.values()));
    }
    assert!(matches!(
        SoftPrompt::from_vocabulary(&base, 0, 7),
        Err(Error::InvalidSetting { field: "prompt_rows", .. })
    ));
}

#[test]
fn a_start_from_outputs_takes_the_most_frequent_first_and_fills_the_rows() {
    let base = fixtures::tiny_base();
    let outputs = ["go hu", "ba", " ba ", "", "de fi"];
    let start = SoftPrompt::from_outputs(&base, outputs, 9).unwrap();
    let row = |text: &str| SoftPrompt::from_text(&base, text, 1).unwrap().values().to_vec();
    let expected: Vec<f32> = ["ba", "</s>", "go", "hu", "</s>", "de", "fi", "</s>", "ba"]
        .iter()
        .flat_map(|text| row(text))
        .collect();
    assert_eq!(start.values(), expected);
    assert!(matches!(SoftPrompt::from_outputs(&base, ["", " "], 9), Err(Error::EmptyInitialText)));
    assert!(matches!(SoftPrompt::from_outputs(&base, outputs, 0), Err(Error::InvalidSetting { .. })));
}

#[test]
fn one_step_changes_the_adapter_and_nothing_else() {
    let base = fixtures::tiny_base();
    let example = Example { input: "ba de".into(), output: "fi".into() };
    let answer = |base: &BaseModel| attune_tuning::evaluate(base, None, &fixtures::oracle_batch()).unwrap();
    let before = answer(&base);
    let config = TrainingConfig { epochs: 1, ..small() };
    let outcome = train(&base, &[example], &config, &mut |_| ControlFlow::Continue(())).unwrap();
    let TrainingOutcome::Finished(trained) = outcome else { panic!("nobody asked to stop") };
    let start = SoftPrompt::from_vocabulary(&base, 5, config.seed).unwrap();
    assert_ne!(trained.adapter, start.into());
    assert_eq!(answer(&base), before);
}

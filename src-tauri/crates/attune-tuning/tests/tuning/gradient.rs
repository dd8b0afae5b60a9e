//! Gradients: against PEFT's and by finite differences.

use attune_tuning::{AutogradPass, EncodedExample, Error, PackedBatch, SoftPrompt, TrainingPass, evaluate};

use crate::fixtures::{self, relative_difference};

#[test]
fn the_gradient_of_a_batch_equals_that_of_peft() {
    let base = fixtures::tiny_base();
    let prompt = fixtures::peft_prompt(&base);
    // Overwritten, not added to: what was there before must not matter.
    let mut gradient = vec![f32::NAN; prompt.values().len()];
    let mut pass = AutogradPass::new(&base, prompt.rows()).unwrap();
    let loss = pass.loss_and_gradient(prompt.values(), &fixtures::oracle_batch(), &mut gradient).unwrap();
    let expected = fixtures::oracle()["batch_loss"].as_f64().unwrap();
    assert!((loss.mean - expected).abs() < 1e-5, "{}, PEFT says {expected}", loss.mean);
    let difference = relative_difference(&gradient, &fixtures::oracle_tensor("gradient"));
    assert!(difference < 1e-4, "{difference}");
}

#[test]
fn the_gradient_is_the_slope_of_the_loss() {
    let base = fixtures::tiny_base();
    let prompt = fixtures::peft_prompt(&base);
    let batch = fixtures::oracle_batch();
    let mut gradient = vec![0.0; prompt.values().len()];
    let mut pass = AutogradPass::new(&base, prompt.rows()).unwrap();
    pass.loss_and_gradient(prompt.values(), &batch, &mut gradient).unwrap();
    let loss_at = |place: usize, shift: f32| {
        let mut values = prompt.values().to_vec();
        values[place] += shift;
        let moved = SoftPrompt::new(prompt.rows(), prompt.width(), values).unwrap();
        evaluate(&base, Some(&moved), &batch).unwrap().mean
    };
    // The steepest coordinates: the loss (about 7) carries an f32 error of some 1e-6, which by a step of
    // 2 * 0.01 is 1e-4 of slope; the curvature's share at this step is of the same size.
    let mut places: Vec<usize> = (0..gradient.len()).collect();
    places.sort_by(|a, b| gradient[*b].abs().total_cmp(&gradient[*a].abs()));
    for place in places.into_iter().take(8) {
        let slope = (loss_at(place, 0.01) - loss_at(place, -0.01)) / 0.02;
        let found = f64::from(gradient[place]);
        assert!(
            (slope - found).abs() < 3e-4 + 0.01 * slope.abs(),
            "at {place}: {found}, the loss says {slope}"
        );
    }
}

#[test]
fn packing_rows_gives_the_token_weighted_mean_of_their_own_gradients() {
    let base = fixtures::tiny_base();
    let prompt = fixtures::peft_prompt(&base);
    let mut pass = AutogradPass::new(&base, prompt.rows()).unwrap();
    let mut gradient_of = |rows: &[EncodedExample]| {
        let mut gradient = vec![0.0; prompt.values().len()];
        let batch = PackedBatch::pack(rows).unwrap();
        let loss = pass.loss_and_gradient(prompt.values(), &batch, &mut gradient).unwrap();
        (loss, gradient)
    };
    let rows = fixtures::oracle_rows();
    let (together, packed) = gradient_of(&rows);
    let (mut loss_sum, mut sum) = (0.0, vec![0.0_f32; packed.len()]);
    for row in &rows {
        let (loss, gradient) = gradient_of(std::slice::from_ref(row));
        let share = loss.target_tokens as f64 / together.target_tokens as f64;
        loss_sum += loss.mean * share;
        sum.iter_mut().zip(gradient).for_each(|(sum, slope)| *sum += slope * share as f32);
    }
    assert!((together.mean - loss_sum).abs() < 1e-6, "{} and {loss_sum}", together.mean);
    assert!(relative_difference(&packed, &sum) < 1e-6);
}

#[test]
fn an_adapter_or_gradient_of_another_length_is_refused() {
    let base = fixtures::tiny_base();
    let mut pass = AutogradPass::new(&base, 2).unwrap();
    assert_eq!(pass.layout().parameters(), 64);
    let batch = fixtures::oracle_batch();
    let refused = pass.loss_and_gradient(&[0.0; 63], &batch, &mut [0.0; 64]);
    assert!(
        matches!(refused, Err(Error::Length { what: "the adapter", found: 63, expected: 64 })),
        "{refused:?}"
    );
    let refused = pass.loss_and_gradient(&[0.0; 64], &batch, &mut [0.0; 65]);
    assert!(
        matches!(refused, Err(Error::Length { what: "the gradient", found: 65, expected: 64 })),
        "{refused:?}"
    );
    assert!(matches!(AutogradPass::new(&base, 0), Err(Error::InvalidSetting { field: "prompt_rows", .. })));
}

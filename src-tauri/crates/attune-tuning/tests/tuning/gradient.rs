//! Gradients: against PEFT's and by finite differences.

use attune_tuning::{
    Adapter, AdapterKind, AutogradPass, BaseModel, EncodedExample, Error, LoraSettings, PackedBatch,
    PackedPass, Precision, evaluate,
};

use crate::fixtures::{self, relative_difference};

fn adapters(base: &BaseModel) -> [Adapter; 2] {
    [fixtures::peft_prompt(base), fixtures::peft_lora(base, "peft_lora_everywhere")]
}

#[test]
fn the_gradient_of_a_batch_equals_that_of_peft() {
    let base = fixtures::tiny_base();
    let [prompt, lora] = adapters(&base);
    let lora_gradient = fixtures::lora_oracle_vector("gradient", &lora.layout());
    let cases = [
        (prompt, fixtures::oracle()["batch_loss"].as_f64().unwrap(), fixtures::oracle_tensor("gradient")),
        (lora, fixtures::lora_oracle()["batch_loss"].as_f64().unwrap(), lora_gradient),
    ];
    for (adapter, expected_loss, expected) in cases {
        for (name, mut pass) in fixtures::passes(&base, &adapter.kind()) {
            // Overwritten, not added to: what was there before must not matter.
            let mut gradient = vec![f32::NAN; adapter.values().len()];
            let loss =
                pass.loss_and_gradient(adapter.values(), &fixtures::oracle_batch(), &mut gradient).unwrap();
            let found = loss.mean;
            assert!((found - expected_loss).abs() < 1e-5, "{name}: {found}, PEFT says {expected_loss}");
            // Tensor by tensor, so that a small one cannot be wrong behind a large one.
            for tensor in adapter.layout().tensors() {
                let difference = relative_difference(&gradient[tensor.range()], &expected[tensor.range()]);
                assert!(difference < 1e-4, "{name}, {}: {difference}", tensor.name);
            }
        }
    }
}

#[test]
fn the_gradient_is_the_slope_of_the_loss() {
    let base = fixtures::tiny_base();
    let batch = fixtures::oracle_batch();
    for adapter in adapters(&base) {
        let loss_at = |place: usize, shift: f32| {
            let mut values = adapter.values().to_vec();
            values[place] += shift;
            let moved = adapter.kind().adapter(&base, values).unwrap();
            evaluate(&base, Some(&moved), &batch).unwrap().mean
        };
        // The steepest coordinates: the loss (about 7) carries an f32 error of some 1e-6, which by a step of
        // 2 * 0.01 is 1e-4 of slope; the curvature's share at this step is of the same size.
        for (name, mut pass) in fixtures::passes(&base, &adapter.kind()) {
            let mut gradient = vec![0.0; adapter.values().len()];
            pass.loss_and_gradient(adapter.values(), &batch, &mut gradient).unwrap();
            let mut places: Vec<usize> = (0..gradient.len()).collect();
            places.sort_by(|a, b| gradient[*b].abs().total_cmp(&gradient[*a].abs()));
            for place in places.into_iter().take(8) {
                let slope = (loss_at(place, 0.01) - loss_at(place, -0.01)) / 0.02;
                let found = f64::from(gradient[place]);
                assert!(
                    (slope - found).abs() < 3e-4 + 0.01 * slope.abs(),
                    "{name} at {place}: {found}, the loss says {slope}"
                );
            }
        }
    }
}

#[test]
fn packing_rows_gives_the_token_weighted_mean_of_their_own_gradients() {
    let base = fixtures::tiny_base();
    let prompt = fixtures::peft_prompt(&base);
    for (name, mut pass) in fixtures::passes(&base, &prompt.kind()) {
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
        assert!((together.mean - loss_sum).abs() < 1e-6, "{name}: {} and {loss_sum}", together.mean);
        assert!(relative_difference(&packed, &sum) < 1e-6, "{name}");
    }
}

#[test]
fn an_adapter_or_gradient_of_another_length_is_refused() {
    let base = fixtures::tiny_base();
    let kind = AdapterKind::SoftPrompt { rows: 2 };
    let batch = fixtures::oracle_batch();
    for (name, mut pass) in fixtures::passes(&base, &kind) {
        let refused = pass.loss_and_gradient(&[0.0; 63], &batch, &mut [0.0; 64]);
        assert!(
            matches!(refused, Err(Error::Length { what: "the adapter", found: 63, expected: 64 })),
            "{name}: {refused:?}"
        );
        let refused = pass.loss_and_gradient(&[0.0; 64], &batch, &mut [0.0; 65]);
        assert!(
            matches!(refused, Err(Error::Length { what: "the gradient", found: 65, expected: 64 })),
            "{name}: {refused:?}"
        );
        let unknown = EncodedExample { source: vec![4, 128, 1], target: vec![1] };
        let unknown = PackedBatch::pack([&unknown]).unwrap();
        let refused = pass.loss_and_gradient(&[0.0; 64], &unknown, &mut [0.0; 64]);
        assert!(
            matches!(refused, Err(Error::TokenOutsideVocabulary { token: 128, vocabulary: 128 })),
            "{name}: {refused:?}"
        );
    }
    let impossible = [
        ("prompt_rows", AdapterKind::SoftPrompt { rows: 0 }),
        ("lora_rank", AdapterKind::Lora(LoraSettings { rank: 0, ..LoraSettings::default() })),
        ("lora_alpha", AdapterKind::Lora(LoraSettings { alpha: 0.0, ..LoraSettings::default() })),
        ("lora_targets", AdapterKind::Lora(LoraSettings { targets: [].into(), ..LoraSettings::default() })),
    ];
    for (name, kind) in impossible {
        let autograd = AutogradPass::new(&base, kind.clone()).map(|_| ());
        for refused in [autograd, PackedPass::new(&base, kind, Precision::F32).map(|_| ())] {
            assert!(
                matches!(&refused, Err(Error::InvalidSetting { field, .. }) if *field == name),
                "{refused:?}"
            );
        }
    }
}

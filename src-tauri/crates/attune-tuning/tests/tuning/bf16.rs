//! The pass in bf16 against the one in f32. On machines without instructions for it, plain code computes the same.

use std::ops::ControlFlow;

use attune_tuning::{
    AdamW, AdapterKind, BaseModel, Computation, Dropout, Example, LoraSettings, LoraTarget, PackedBatch,
    PackedPass, Precision, SoftPrompt, Training, TrainingConfig, TrainingPass, chosen,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::fixtures::{self, RandomBase, relative_difference};
use crate::packed::{lora, random_base, random_batch, random_values};

/// Both passes, f32 first.
fn passes<'m>(base: &'m BaseModel, kind: &AdapterKind) -> [PackedPass<'m>; 2] {
    [Precision::F32, Precision::Bf16].map(|precision| PackedPass::new(base, kind.clone(), precision).unwrap())
}

/// Losses of so many steps of AdamW on one batch, and the first gradient.
fn learn(
    pass: &mut PackedPass<'_>,
    start: &[f32],
    batch: &PackedBatch,
    rate: f64,
    steps: usize,
) -> (Vec<f64>, Vec<f32>) {
    let mut values = start.to_vec();
    let mut optimizer = AdamW::new(values.len(), 0.0);
    let mut gradient = vec![0.0; values.len()];
    let mut first = Vec::new();
    let losses = (0..steps).map(|step| {
        let loss = pass.loss_and_gradient(&values, batch, &mut gradient).unwrap();
        if step == 0 {
            first = gradient.clone();
        }
        optimizer.step(&mut values, &gradient, rate).unwrap();
        loss.mean
    });
    (losses.collect(), first)
}

#[test]
fn in_bf16_forty_losses_and_the_first_gradient_are_near_those_in_f32() {
    let base = fixtures::attune_mini();
    let rows: Vec<_> = [
        ("Turn on the light in the kitchen.", "light.turn_on kitchen"),
        ("Write a fantasy story: The door was never locked.", "Nobody came through it until the snow fell."),
        ("What is the weather like tomorrow in the mountains?", "weather.forecast mountains tomorrow"),
        ("Close all the blinds, please, and lock the front door.", "cover.close all; lock.lock front_door"),
    ]
    .into_iter()
    .map(|(input, output)| {
        let encode = |text: &str| base.tokenizer().encode(text, 64).unwrap();
        attune_tuning::EncodedExample { source: encode(input), target: encode(output) }
    })
    .collect();
    let batch = PackedBatch::pack(&rows).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(21);
    let prompt = SoftPrompt::from_vocabulary(base, 8, 1).unwrap().values().to_vec();
    let lora = AdapterKind::Lora(LoraSettings::default());
    let count = lora.layout(base).unwrap().parameters();
    let low_rank = (0..count).map(|_| random.random_range(-0.02..0.02)).collect();
    for (kind, start, rate) in [(AdapterKind::SoftPrompt { rows: 8 }, prompt, 0.1), (lora, low_rank, 0.0005)]
    {
        let [exact, near] = passes(base, &kind).each_mut().map(|pass| learn(pass, &start, &batch, rate, 40));
        let difference = relative_difference(&near.1, &exact.1);
        assert!(difference < 0.15, "{kind:?}: the first gradient is off by {difference}");
        assert!(difference > 0.0, "{kind:?}: both passes are the same");
        assert!(exact.0[39] < 0.8 * exact.0[0], "{kind:?}: nothing was learned, so nothing is shown");
        for (step, (exact, near)) in exact.0.iter().zip(&near.0).enumerate() {
            let allowed = if step < 20 { 0.01 } else { 0.02 };
            assert!((near - exact).abs() < allowed * exact, "{kind:?}, step {step}: {near} for {exact}");
        }
    }
}

#[test]
fn in_bf16_every_shape_has_about_the_loss_and_gradient_of_f32() {
    let mut random = ChaCha8Rng::seed_from_u64(22);
    for case in 0..24 {
        let shape = random_base(&mut random);
        // In a few dimensions most of a slope lies along the state, where a norm takes it away, and what is left is
        // rounding.
        let shape = RandomBase { width: shape.width.max(8), ..shape };
        let base = shape.load_smooth(case);
        let dropout = if case % 4 < 2 { None } else { Dropout::of_step(0.2, case, 3) };
        let batch = random_batch(&mut random, shape.vocabulary).with_dropout(dropout);
        let kind = if case % 2 == 0 {
            AdapterKind::SoftPrompt { rows: random.random_range(1..9) }
        } else {
            lora(LoraTarget::ALL, random.random_range(1..6))
        };
        let mut values = random_values(&mut random, &base, &kind);
        values.iter_mut().for_each(|value| *value *= 0.3);
        let [exact, near] = passes(&base, &kind).map(|mut pass| {
            let mut gradient = vec![f32::NAN; values.len()];
            let loss = pass.loss_and_gradient(&values, &batch, &mut gradient).unwrap();
            (loss.mean, gradient)
        });
        let what = format!("case {case}, {shape:?}, {kind:?}, {dropout:?}");
        let difference = relative_difference(&near.1, &exact.1);
        let off = (near.0 - exact.0).abs();
        assert!(off < 1e-3 * exact.0, "{what}: {} for {}", near.0, exact.0);
        assert!(difference < 0.15, "{what}: {difference}");
    }
}

#[test]
fn in_bf16_a_pass_gives_the_same_bits_whatever_it_computed_before() {
    let mut random = ChaCha8Rng::seed_from_u64(23);
    let base = fixtures::tiny_base();
    for kind in [AdapterKind::SoftPrompt { rows: 4 }, lora(LoraTarget::ALL, 2)] {
        let values = random_values(&mut random, &base, &kind);
        let [_, mut used] = passes(&base, &kind);
        for _ in 0..4 {
            let batch = random_batch(&mut random, 128);
            let [_, mut fresh] = passes(&base, &kind);
            let [used, fresh] = [&mut used, &mut fresh].map(|pass| {
                let mut gradient = vec![0.0; values.len()];
                let loss = pass.loss_and_gradient(&values, &batch, &mut gradient).unwrap();
                // The loss alone is the same number.
                assert_eq!(pass.loss(&values, &batch).unwrap(), loss);
                (loss, gradient)
            });
            assert_eq!(used, fresh);
        }
    }
}

#[test]
fn in_bf16_a_loss_that_is_no_number_stays_one() {
    let base = fixtures::tiny_base();
    let kind = AdapterKind::SoftPrompt { rows: 2 };
    for bad in [f32::NAN, f32::INFINITY] {
        let mut values = vec![0.1; kind.layout(&base).unwrap().parameters()];
        values[7] = bad;
        let [_, mut pass] = passes(&base, &kind);
        let mut gradient = vec![0.0; values.len()];
        let loss = pass.loss_and_gradient(&values, &fixtures::oracle_batch(), &mut gradient).unwrap();
        assert!(!loss.mean.is_finite(), "{bad} went unnoticed");
        assert!(!gradient.iter().all(|slope| slope.is_finite()), "{bad} went unnoticed in the gradient");
    }
}

fn settled(base: &BaseModel, precision: Precision) -> Computation {
    let examples: Vec<Example> = (0..4)
        .map(|row| Example { input: format!("Turn on lamp {row}."), output: format!("light.on {row}") })
        .collect();
    let config = TrainingConfig { precision, ..TrainingConfig::default() };
    let training = Training::new(base, &examples, &config);
    Computation::settle(&training, &mut || ControlFlow::Continue(())).unwrap().unwrap()
}

#[test]
fn auto_becomes_bf16_only_where_that_is_faster_and_its_first_losses_are_those_of_f32() {
    let base = fixtures::attune_mini();
    for asked in [Precision::F32, Precision::Bf16] {
        assert_eq!(settled(base, asked).precision, asked);
    }
    let found = settled(base, Precision::Auto);
    if !chosen().kernel.has_bf16() {
        println!("SKIPPED in part: this machine computes bf16 no faster than f32");
        assert_eq!((found.precision, found.why), (Precision::F32, chosen().why.clone()));
        return;
    }
    assert_eq!((found.precision, found.kernel), (Precision::Bf16, chosen().kernel), "{}", found.why);
    println!("attune-mini: {}", found.why);
    // Attention that is this sharp does not bear it that weights are rounded.
    let shape = RandomBase {
        width: 64,
        head_width: 16,
        heads: 4,
        feed_forward_width: 128,
        encoder_layers: 3,
        decoder_layers: 3,
        vocabulary: 128,
    };
    let sharp = shape.load_sharp(3);
    let found = settled(&sharp, Precision::Auto);
    assert_eq!(found.precision, Precision::F32, "{}", found.why);
    assert!(found.why.contains("from those of f32") && !found.kernel.has_bf16(), "{}", found.why);
}

#[test]
fn settling_ends_when_nobody_wants_it_any_more() {
    let base = fixtures::tiny_base();
    let examples = [Example { input: "a".into(), output: "b".into() }];
    let config = TrainingConfig { precision: Precision::Auto, ..TrainingConfig::default() };
    let training = Training::new(&base, &examples, &config);
    let found = Computation::settle(&training, &mut || ControlFlow::Break(())).unwrap();
    assert_eq!(found.is_none(), chosen().kernel.has_bf16());
}

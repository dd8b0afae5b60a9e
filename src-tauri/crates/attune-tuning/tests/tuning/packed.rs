//! The packed pass against the readable one, on shapes that nothing is aligned to.

use std::collections::BTreeSet;

use attune_tuning::{
    AdapterKind, BaseModel, Dropout, EncodedExample, LoraSettings, LoraTarget, PackedBatch, PackedPass,
    Precision, TrainingPass, evaluate,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::fixtures::{self, RandomBase, relative_difference};

pub(crate) fn random_base(random: &mut ChaCha8Rng) -> RandomBase {
    RandomBase {
        width: random.random_range(3..50),
        head_width: random.random_range(1..20),
        heads: random.random_range(1..5),
        feed_forward_width: random.random_range(1..70),
        encoder_layers: random.random_range(1..4),
        decoder_layers: random.random_range(1..4),
        // Above a block of the head now and then.
        vocabulary: random.random_range(128..1200),
    }
}

/// Rows of all lengths from 1, one of them always beyond the exact position buckets.
pub(crate) fn random_batch(random: &mut ChaCha8Rng, vocabulary: usize) -> PackedBatch {
    let rows = random.random_range(1..7);
    let examples: Vec<EncodedExample> = (0..rows)
        .map(|row| {
            let mut side = || {
                let length = if row == 0 { random.random_range(30..60) } else { random.random_range(1..25) };
                (0..length).map(|_| random.random_range(0..vocabulary as u32)).collect()
            };
            EncodedExample { source: side(), target: side() }
        })
        .collect();
    PackedBatch::pack(&examples).unwrap()
}

pub(crate) fn random_values(random: &mut ChaCha8Rng, base: &BaseModel, kind: &AdapterKind) -> Vec<f32> {
    let count = kind.layout(base).unwrap().parameters();
    (0..count).map(|_| random.random_range(-0.5..0.5)).collect()
}

pub(crate) fn lora(targets: impl IntoIterator<Item = LoraTarget>, rank: usize) -> AdapterKind {
    AdapterKind::Lora(LoraSettings { rank, alpha: 1.5, targets: targets.into_iter().collect() })
}

/// Loss and gradient of both passes agree, tensor by tensor.
fn passes_agree(base: &BaseModel, kind: &AdapterKind, values: &[f32], batch: &PackedBatch, what: &str) {
    let [(loss, gradient), (packed_loss, packed)] = fixtures::passes(base, kind).map(|(_, mut pass)| {
        // Overwritten, not added to: what was there before must not matter.
        let mut gradient = vec![f32::NAN; values.len()];
        let loss = pass.loss_and_gradient(values, batch, &mut gradient).unwrap();
        (loss.mean, gradient)
    });
    assert!((packed_loss - loss).abs() < 1e-6 * loss, "{what}: {packed_loss}, autograd says {loss}");
    for tensor in kind.layout(base).unwrap().tensors() {
        let difference = relative_difference(&packed[tensor.range()], &gradient[tensor.range()]);
        assert!(difference < 1e-4, "{what}, {}: {difference}", tensor.name);
    }
}

#[test]
fn the_packed_pass_computes_what_autograd_does_on_every_shape_with_and_without_dropout() {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    for case in 0..40 {
        let shape = random_base(&mut random);
        let base = shape.load(case);
        let dropout = if case % 4 < 2 { None } else { Dropout::of_step(0.2, case, 3) };
        let batch = random_batch(&mut random, shape.vocabulary).with_dropout(dropout);
        let kind = if case % 2 == 0 {
            AdapterKind::SoftPrompt { rows: random.random_range(1..9) }
        } else {
            let some: BTreeSet<_> = LoraTarget::ALL.into_iter().filter(|_| random.random_bool(0.5)).collect();
            let targets = if some.is_empty() { LoraTarget::ALL.into() } else { some };
            lora(targets, random.random_range(1..6))
        };
        let values = random_values(&mut random, &base, &kind);
        passes_agree(
            &base,
            &kind,
            &values,
            &batch,
            &format!("case {case}, {shape:?}, {kind:?}, {dropout:?}"),
        );
    }
}

#[test]
fn each_target_of_lora_alone_has_the_gradient_of_autograd() {
    let mut random = ChaCha8Rng::seed_from_u64(12);
    let shape = RandomBase { encoder_layers: 2, decoder_layers: 2, ..random_base(&mut random) };
    let base = shape.load(5);
    for target in LoraTarget::ALL {
        let kind = lora([target], 3);
        let values = random_values(&mut random, &base, &kind);
        let batch = random_batch(&mut random, shape.vocabulary);
        passes_agree(&base, &kind, &values, &batch, &format!("{target} of {shape:?}"));
    }
}

#[test]
fn a_pass_gives_the_same_bits_whatever_it_computed_before() {
    let mut random = ChaCha8Rng::seed_from_u64(13);
    let base = fixtures::tiny_base();
    for kind in [AdapterKind::SoftPrompt { rows: 4 }, lora(LoraTarget::ALL, 2)] {
        let values = random_values(&mut random, &base, &kind);
        let batches: Vec<_> = (0..6).map(|_| random_batch(&mut random, 128)).collect();
        let mut used = PackedPass::new(&base, kind.clone(), Precision::F32).unwrap();
        for batch in &batches {
            let mut gradients = [vec![0.0; values.len()], vec![0.0; values.len()]];
            let mut fresh = PackedPass::new(&base, kind.clone(), Precision::F32).unwrap();
            let losses = [
                used.loss_and_gradient(&values, batch, &mut gradients[0]).unwrap(),
                fresh.loss_and_gradient(&values, batch, &mut gradients[1]).unwrap(),
            ];
            assert_eq!(losses[0], losses[1]);
            assert_eq!(gradients[0], gradients[1]);
            // The loss alone is the same number, and so is what answers are judged by.
            assert_eq!(used.loss(&values, batch).unwrap(), losses[0]);
            let adapter = kind.adapter(&base, values.clone()).unwrap();
            assert_eq!(evaluate(&base, Some(&adapter), batch).unwrap(), losses[0]);
        }
    }
}

#[test]
fn a_loss_that_is_no_number_stays_one() {
    let base = fixtures::tiny_base();
    let kind = AdapterKind::SoftPrompt { rows: 2 };
    for bad in [f32::NAN, f32::INFINITY] {
        let mut values = vec![0.1; kind.layout(&base).unwrap().parameters()];
        values[7] = bad;
        let [autograd, packed] = fixtures::passes(&base, &kind).map(|(_, mut pass)| {
            let mut gradient = vec![0.0; values.len()];
            let loss = pass.loss_and_gradient(&values, &fixtures::oracle_batch(), &mut gradient).unwrap();
            (loss.mean.is_finite(), gradient.iter().all(|slope| slope.is_finite()))
        });
        assert_eq!(packed, (false, false), "{bad} went unnoticed");
        assert_eq!(autograd, packed, "{bad}");
    }
}

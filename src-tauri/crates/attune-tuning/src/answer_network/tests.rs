//! The network that answers against the one that is held to transformers.

use std::sync::Arc;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{AnswerNetwork, Numbers, Sequence};
use crate::evaluation::teacher_forced_logits;
use crate::fixtures::{self, largest_difference, oracle_row};
use crate::placed::Placed;
use crate::{Adapter, BaseModel, ReadyAdapter};

fn packed(base: &BaseModel, numbers: Numbers) -> &AnswerNetwork {
    base.answering(numbers).unwrap()
}

/// None, a soft prompt, LoRA on everything, LoRA on q and v.
fn adapters(base: &BaseModel) -> [Option<Adapter>; 4] {
    let lora = |name| Some(fixtures::peft_lora(base, name));
    [None, Some(fixtures::peft_prompt(base)), lora("peft_lora_everywhere"), lora("peft_lora")]
}

/// What follows each token of the target, read one by one without company.
fn alone(
    base: &BaseModel,
    network: &AnswerNetwork,
    adapter: Option<&ReadyAdapter>,
    source: &[u32],
    target: &[u32],
) -> Vec<Vec<f32>> {
    let source = network.read_source(adapter, source).unwrap();
    let mut sequence = Sequence::new(Arc::new(source));
    let start = base.architecture().decoder_start;
    let read = std::iter::once(start).chain(target.iter().copied()).take(target.len());
    let next = |token| network.decode_next(&[token], &mut [&mut sequence], &mut Vec::new()).unwrap().to_vec();
    read.map(next).collect()
}

#[test]
fn in_f32_each_token_has_the_logits_of_reading_all_at_once() {
    let base = fixtures::tiny_base();
    let network = packed(&base, Numbers::F32);
    let (_, target) = oracle_row();
    for (number, adapter) in adapters(&base).iter().enumerate() {
        let ready = adapter.as_ref().map(|adapter| ReadyAdapter::new(&base, adapter).unwrap());
        let placed = Placed::new(&base, adapter.as_ref()).unwrap();
        for row in fixtures::oracle_rows() {
            let expected = teacher_forced_logits(&placed, &row.source, &target, None).unwrap();
            let expected = expected.to_vec2::<f32>().unwrap();
            let found = alone(&base, network, ready.as_ref(), &row.source, &target);
            for (position, (found, expected)) in found.iter().zip(&expected).enumerate() {
                let difference = largest_difference(found, expected);
                let limit = if number < 2 { 1e-5 } else { 1e-4 };
                assert!(difference < limit, "adapter {number}, position {position}: {difference}");
            }
        }
    }
}

/// What one sequence of the test is: the answer to a row with one of the adapters.
struct Followed {
    row: usize,
    adapter: usize,
    read: usize,
    sequence: Sequence,
}

#[test]
fn a_sequence_has_the_same_logits_whatever_its_company_in_all_numbers() {
    let base = fixtures::tiny_base();
    let (_, target) = oracle_row();
    let target = &target[..20];
    let rows = fixtures::oracle_rows();
    let ready =
        adapters(&base).map(|adapter| adapter.map(|adapter| ReadyAdapter::new(&base, &adapter).unwrap()));
    let width = base.architecture().vocabulary;
    for numbers in [Numbers::F32, Numbers::Bf16, Numbers::Int8] {
        let network = packed(&base, numbers);
        let all = (0..ready.len()).flat_map(|adapter| (0..rows.len()).map(move |row| (adapter, row)));
        let expected: Vec<Vec<Vec<f32>>> = all
            .clone()
            .map(|(adapter, row)| alone(&base, network, ready[adapter].as_ref(), &rows[row].source, target))
            .collect();
        // They come one after the other, leave when they are through, and now and then one goes on twice.
        let mut random = ChaCha8Rng::seed_from_u64(9);
        let mut waiting = all.peekable();
        let mut open: Vec<Followed> = Vec::new();
        let mut kept = Vec::new();
        while !open.is_empty() || waiting.peek().is_some() {
            let entering = waiting.by_ref().take(random.random_range(0..6)).map(|(adapter, row)| {
                let adapted = ready[adapter].as_ref();
                let source = network.read_source(adapted, &rows[row].source).unwrap();
                Followed { row, adapter, read: 0, sequence: Sequence::new(Arc::new(source)) }
            });
            open.extend(entering);
            if let Some(twin) = open.get(random.random_range(0..8)) {
                open.push(Followed { sequence: twin.sequence.clone(), ..*twin });
            }
            let token = |followed: &Followed| match followed.read {
                0 => base.architecture().decoder_start,
                read => target[read - 1],
            };
            let tokens: Vec<u32> = open.iter().map(token).collect();
            let mut sequences: Vec<&mut Sequence> =
                open.iter_mut().map(|followed| &mut followed.sequence).collect();
            let logits = network.decode_next(&tokens, &mut sequences, &mut kept).unwrap();
            for (followed, logits) in open.iter_mut().zip(logits.chunks_exact(width)) {
                let expected = &expected[followed.adapter * rows.len() + followed.row][followed.read];
                assert!(
                    logits == expected,
                    "{numbers:?}: row {}, adapter {}",
                    followed.row,
                    followed.adapter
                );
                followed.read += 1;
            }
            open.retain(|followed| followed.read < target.len());
        }
    }
}

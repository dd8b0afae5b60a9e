//! The network against transformers, inside and out. Made by tests/fixtures/tiny_t5/make_fixtures.py.

use std::sync::Arc;

use super::{DecoderMemory, Sequence};
use crate::evaluation::teacher_forced_logits;
use crate::fixtures::{self, largest_difference, oracle_row};
use crate::placed::Placed;
use crate::{Adapter, ReadyAdapter};

#[test]
fn the_encoder_gives_what_transformers_gives() {
    let base = fixtures::tiny_base();
    let (source, _) = oracle_row();
    let output =
        base.readable().unwrap().encode(&base.readable().unwrap().embed(&source).unwrap(), None).unwrap();
    let output: Vec<f32> = output.flatten_all().unwrap().to_vec1().unwrap();
    let difference = largest_difference(&output, &fixtures::oracle_tensor("encoder_output"));
    assert!(difference < 1e-5, "{difference}");
}

#[test]
fn the_decoder_gives_the_logits_of_transformers_at_every_position() {
    let base = fixtures::tiny_base();
    let (source, target) = oracle_row();
    assert!(source.len() > 40 && target.len() > 30, "too short to leave the exact position buckets");
    let oracle = fixtures::oracle_tensor;
    let (prompt, lora) = (fixtures::peft_prompt(&base), fixtures::peft_lora(&base, "peft_lora_everywhere"));
    let cases = [
        (None, oracle("logits"), 1e-5),
        (Some(&prompt), oracle("prompted_logits"), 1e-5),
        // This much of LoRA enlarges rounding: PEFT in f32 is as far from itself in f64.
        (Some(&lora), fixtures::lora_oracle_tensor("logits"), 1e-4),
    ];
    for (adapter, expected, limit) in cases {
        let placed = Placed::new(&base, adapter).unwrap();
        let logits = teacher_forced_logits(&placed, &source, &target, None).unwrap();
        let logits: Vec<f32> = logits.flatten_all().unwrap().to_vec1().unwrap();
        let difference = largest_difference(&logits, &expected);
        assert!(difference < limit, "{:?}: {difference}", adapter.map(Adapter::kind));
    }
}

#[test]
fn reading_token_by_token_gives_the_logits_of_reading_all_at_once() {
    let base = fixtures::tiny_base();
    let network = base.readable().unwrap();
    let (source, target) = oracle_row();
    let encoded = network.prepare(&network.encode(&network.embed(&source).unwrap(), None).unwrap()).unwrap();
    let at_once = network
        .decode(&target, &encoded, &mut DecoderMemory::default(), None)
        .unwrap()
        .to_vec2::<f32>()
        .unwrap();
    let mut memory = DecoderMemory::default();
    for (position, token) in target.iter().enumerate() {
        let alone = network.decode(&[*token], &encoded, &mut memory, None).unwrap();
        let alone: Vec<f32> = alone.flatten_all().unwrap().to_vec1().unwrap();
        let difference = largest_difference(&alone, &at_once[position]);
        assert!(difference < 1e-5, "position {position}: {difference}");
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
fn sequences_have_the_logits_of_reading_all_at_once_whatever_their_company() {
    let base = fixtures::tiny_base();
    let network = base.readable().unwrap();
    let lora = |name| Some(fixtures::peft_lora(&base, name));
    let adapters =
        [None, Some(fixtures::peft_prompt(&base)), lora("peft_lora_everywhere"), lora("peft_lora")];
    let ready: Vec<Option<ReadyAdapter>> = adapters
        .iter()
        .map(|adapter| adapter.as_ref().map(|adapter| ReadyAdapter::new(&base, adapter).unwrap()))
        .collect();
    let rows = fixtures::oracle_rows();
    let (_, target) = oracle_row();
    let begun = |row: usize, adapter: usize| {
        let source = network.read_source(ready[adapter].as_ref(), &rows[row].source).unwrap();
        Followed { row, adapter, read: 0, sequence: Sequence::new(Arc::new(source)) }
    };
    // Every adapter with every row: read at once, and one token at a time without company.
    let at_once = |row: usize, adapter: usize| -> Vec<Vec<f32>> {
        let placed = Placed::new(&base, adapters[adapter].as_ref()).unwrap();
        let logits = teacher_forced_logits(&placed, &rows[row].source, &target, None).unwrap();
        logits.to_vec2().unwrap()
    };
    let alone: Vec<Vec<Vec<f32>>> = (0..rows.len() * adapters.len())
        .map(|place| {
            let mut followed = begun(place % rows.len(), place / rows.len());
            let expected = at_once(followed.row, followed.adapter);
            let start = base.architecture().decoder_start;
            let read = std::iter::once(start).chain(target.iter().copied()).take(target.len());
            let logits: Vec<Vec<f32>> = read
                .map(|token| network.decode_next(&[token], &mut [&mut followed.sequence]).unwrap())
                .collect();
            for (position, (found, expected)) in logits.iter().zip(&expected).enumerate() {
                let difference = largest_difference(found, expected);
                let limit = if followed.adapter < 2 { 1e-5 } else { 1e-4 };
                assert!(difference < limit, "{place}, position {position}: {difference}");
            }
            logits
        })
        .collect();
    // Together they come one after the other, and every third goes on twice.
    let width = base.architecture().vocabulary;
    let (mut open, mut waiting): (Vec<Followed>, Vec<usize>) = (Vec::new(), (0..alone.len()).rev().collect());
    let mut steps = 0;
    while !open.is_empty() || !waiting.is_empty() {
        let next = waiting.split_off(waiting.len().saturating_sub(3));
        open.extend(next.into_iter().map(|place| begun(place % rows.len(), place / rows.len())));
        if steps % 5 == 4 {
            let twin = &open[0];
            let twin = Followed { sequence: twin.sequence.clone(), ..*twin };
            open.push(twin);
        }
        let token = |followed: &Followed| match followed.read {
            0 => base.architecture().decoder_start,
            read => target[read - 1],
        };
        let tokens: Vec<u32> = open.iter().map(token).collect();
        let mut sequences: Vec<&mut Sequence> =
            open.iter_mut().map(|followed| &mut followed.sequence).collect();
        let logits = network.decode_next(&tokens, &mut sequences).unwrap();
        for (followed, logits) in open.iter_mut().zip(logits.chunks_exact(width)) {
            let expected = &alone[followed.adapter * rows.len() + followed.row][followed.read];
            assert_eq!(logits, expected, "row {} with adapter {}", followed.row, followed.adapter);
            followed.read += 1;
        }
        open.retain(|followed| followed.read < target.len());
        steps += 1;
    }
}

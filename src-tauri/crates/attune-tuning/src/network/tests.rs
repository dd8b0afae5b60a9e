//! The network against transformers, inside and out. Made by tests/fixtures/tiny_t5/make_fixtures.py.

use std::sync::Arc;

use super::{DecoderMemory, Sequences};
use crate::Adapter;
use crate::evaluation::teacher_forced_logits;
use crate::fixtures::{self, largest_difference, oracle_row};
use crate::placed::Placed;

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

#[test]
fn sequences_in_step_have_the_logits_of_reading_all_at_once_whatever_their_company() {
    let base = fixtures::tiny_base();
    in_step(&Placed::new(&base, None).unwrap(), 1e-5);
    let lora = fixtures::peft_lora(&base, "peft_lora_everywhere");
    in_step(&Placed::new(&base, Some(&lora)).unwrap(), 1e-4);
}

fn in_step(placed: &Placed<'_>, limit: f32) {
    let network = placed.network();
    let rows = fixtures::oracle_rows();
    let sources: Vec<_> = rows
        .iter()
        .map(|row| network.encode(&network.embed(&row.source).unwrap(), None).unwrap())
        .map(|output| {
            (network.prepare(&output).unwrap(), Arc::new(network.remember_source(&output).unwrap()))
        })
        .collect();
    let remembered = |count: usize| sources.iter().take(count).map(|(_, memory)| Arc::clone(memory));
    let mut together = Sequences::new(remembered(rows.len()));
    let mut alone = Sequences::new(remembered(1));
    let (_, target) = oracle_row();
    let width = placed.base().architecture().vocabulary;
    let at_once: Vec<_> = sources
        .iter()
        .map(|(encoded, _)| network.decode(&target, encoded, &mut DecoderMemory::default(), None).unwrap())
        .map(|logits| logits.to_vec2::<f32>().unwrap())
        .collect();
    // The order of the sequences changes on the way, and some are read twice.
    let mut order: Vec<usize> = (0..rows.len()).collect();
    for (position, &token) in target.iter().enumerate() {
        let logits = network.decode_next(&vec![token; order.len()], &mut together).unwrap();
        for (place, logits) in logits.chunks_exact(width).enumerate() {
            let difference = largest_difference(logits, &at_once[order[place]][position]);
            assert!(difference < limit, "position {position}, row {}: {difference}", order[place]);
        }
        let single = network.decode_next(&[token], &mut alone).unwrap();
        let first = order.iter().position(|&row| row == 0).unwrap();
        assert_eq!(single, logits[first * width..][..width], "position {position}");
        if position == 9 {
            let places = [3, 0, 0, 7, 5];
            together.select(&places);
            order = places.map(|place| order[place]).to_vec();
        }
    }
}

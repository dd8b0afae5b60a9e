//! The network against transformers, inside and out. Made by tests/fixtures/tiny_t5/make_fixtures.py.

use std::sync::Arc;

use super::{DecoderMemory, Sequences};
use crate::evaluation::{prompt_tensor, teacher_forced_logits};
use crate::fixtures::{self, largest_difference, oracle_row};

#[test]
fn the_encoder_gives_what_transformers_gives() {
    let base = fixtures::tiny_base();
    let (source, _) = oracle_row();
    let output = base.network().encode(&base.network().embed(&source).unwrap()).unwrap();
    let output: Vec<f32> = output.flatten_all().unwrap().to_vec1().unwrap();
    let difference = largest_difference(&output, &fixtures::oracle_tensor("encoder_output"));
    assert!(difference < 1e-5, "{difference}");
}

#[test]
fn the_decoder_gives_the_logits_of_transformers_at_every_position() {
    let base = fixtures::tiny_base();
    let (source, target) = oracle_row();
    assert!(source.len() > 40 && target.len() > 30, "too short to leave the exact position buckets");
    let prompt = prompt_tensor(&fixtures::peft_prompt(&base)).unwrap();
    for (name, prompt) in [("logits", None), ("prompted_logits", Some(&prompt))] {
        let logits = teacher_forced_logits(&base, prompt, &source, &target).unwrap();
        let logits: Vec<f32> = logits.flatten_all().unwrap().to_vec1().unwrap();
        let difference = largest_difference(&logits, &fixtures::oracle_tensor(name));
        assert!(difference < 1e-5, "{name}: {difference}");
    }
}

#[test]
fn reading_token_by_token_gives_the_logits_of_reading_all_at_once() {
    let base = fixtures::tiny_base();
    let network = base.network();
    let (source, target) = oracle_row();
    let encoded = network.prepare(&network.encode(&network.embed(&source).unwrap()).unwrap()).unwrap();
    let at_once =
        network.decode(&target, &encoded, &mut DecoderMemory::default()).unwrap().to_vec2::<f32>().unwrap();
    let mut memory = DecoderMemory::default();
    for (position, token) in target.iter().enumerate() {
        let alone = network.decode(&[*token], &encoded, &mut memory).unwrap();
        let alone: Vec<f32> = alone.flatten_all().unwrap().to_vec1().unwrap();
        let difference = largest_difference(&alone, &at_once[position]);
        assert!(difference < 1e-5, "position {position}: {difference}");
    }
}

#[test]
fn sequences_in_step_have_the_logits_of_reading_all_at_once_whatever_their_company() {
    let base = fixtures::tiny_base();
    let network = base.network();
    let rows = fixtures::oracle_rows();
    let sources: Vec<_> = rows
        .iter()
        .map(|row| network.encode(&network.embed(&row.source).unwrap()).unwrap())
        .map(|output| {
            (network.prepare(&output).unwrap(), Arc::new(network.remember_source(&output).unwrap()))
        })
        .collect();
    let remembered = |count: usize| sources.iter().take(count).map(|(_, memory)| Arc::clone(memory));
    let mut together = Sequences::new(remembered(rows.len()));
    let mut alone = Sequences::new(remembered(1));
    let (_, target) = oracle_row();
    let width = base.architecture().vocabulary;
    let at_once: Vec<_> = sources
        .iter()
        .map(|(encoded, _)| network.decode(&target, encoded, &mut DecoderMemory::default()).unwrap())
        .map(|logits| logits.to_vec2::<f32>().unwrap())
        .collect();
    // The order of the sequences changes on the way, and some are read twice.
    let mut order: Vec<usize> = (0..rows.len()).collect();
    for (position, &token) in target.iter().enumerate() {
        let logits = network.decode_next(&vec![token; order.len()], &mut together).unwrap();
        for (place, logits) in logits.chunks_exact(width).enumerate() {
            let difference = largest_difference(logits, &at_once[order[place]][position]);
            assert!(difference < 1e-5, "position {position}, row {}: {difference}", order[place]);
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

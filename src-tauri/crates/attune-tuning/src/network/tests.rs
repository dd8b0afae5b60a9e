//! The network against transformers, inside and out. Made by tests/fixtures/tiny_t5/make_fixtures.py.

use super::DecoderMemory;
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

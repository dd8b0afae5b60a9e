//! Answers in bf16 and int8 beside those in f32. What no kernel of this machine makes fast, plain code computes to the
//! same bits.

use std::path::PathBuf;

use attune_tuning::{
    AnswerPrecision, BaseModel, EncodedExample, GenerationConfig, PackedBatch, ReadyAdapter, SoftPrompt,
    answer_log_likelihoods, chosen_for_int8, generate, log_likelihoods,
};
use serde_json::Value;

use crate::fixtures;

/// The mean loss of all target tokens.
fn mean(likelihoods: &[Vec<f32>]) -> f64 {
    let tokens = likelihoods.iter().flatten();
    -tokens.clone().map(|likelihood| f64::from(*likelihood)).sum::<f64>() / tokens.count() as f64
}

fn encoded(base: &BaseModel, input: &str, output: &str) -> EncodedExample {
    let encode = |text: &str| base.tokenizer().encode(text, 128).unwrap();
    EncodedExample { source: encode(input), target: encode(output) }
}

/// Rows of JSON lines that nothing was trained on, every so many of them.
fn rows(base: &BaseModel, lines: &str, every: usize, fields: [&str; 2]) -> Vec<EncodedExample> {
    let values = lines.lines().step_by(every).map(|line| serde_json::from_str::<Value>(line).unwrap());
    values
        .map(|row| encoded(base, row[fields[0]].as_str().unwrap(), row[fields[1]].as_str().unwrap()))
        .collect()
}

/// How much larger the loss is than in f32, as a share of it.
fn loss_difference(
    base: &BaseModel,
    adapter: Option<&ReadyAdapter>,
    rows: &[EncodedExample],
    precision: AnswerPrecision,
) -> f64 {
    let batch = PackedBatch::pack(rows).unwrap();
    let [exact, found] = [AnswerPrecision::F32, precision]
        .map(|precision| mean(&answer_log_likelihoods(base, adapter, &batch, precision).unwrap()));
    assert!(exact != found, "{precision:?} is f32 by another name");
    found / exact - 1.0
}

#[test]
fn in_f32_answers_have_the_likelihoods_of_the_packed_pass() {
    let base = fixtures::tiny_base();
    let batch = fixtures::oracle_batch();
    for adapter in [None, Some(fixtures::peft_prompt(&base)), Some(fixtures::peft_lora(&base, "peft_lora"))] {
        let ready = adapter.as_ref().map(|adapter| ReadyAdapter::new(&base, adapter).unwrap());
        let found = answer_log_likelihoods(&base, ready.as_ref(), &batch, AnswerPrecision::F32).unwrap();
        let expected = log_likelihoods(&base, adapter.as_ref(), &batch).unwrap();
        for (found, expected) in found.iter().zip(&expected) {
            let difference = fixtures::largest_difference(found, expected);
            assert!(difference < 1e-4, "{difference}");
        }
    }
}

#[test]
fn in_bf16_and_in_int8_the_loss_of_held_out_rows_is_within_a_percent_of_that_in_f32() {
    let base = fixtures::attune_mini();
    let butler = String::from_utf8(fixtures::read("data/samples/butler.jsonl")).unwrap();
    let rows = rows(base, &butler, 6, ["input", "output"]);
    assert!(rows.len() > 40, "{} rows say little", rows.len());
    let prompt = SoftPrompt::from_vocabulary(base, 8, 1).unwrap().into();
    let prompt = ReadyAdapter::new(base, &prompt).unwrap();
    for precision in [AnswerPrecision::Bf16, AnswerPrecision::Int8] {
        for adapter in [None, Some(&prompt)] {
            let difference = loss_difference(base, adapter, &rows, precision);
            println!("{precision:?}, {:?}: {:+.3} %", adapter.map(ReadyAdapter::kind), difference * 100.0);
            assert!(difference.abs() < 0.01, "{precision:?}: {difference}");
        }
    }
}

#[test]
fn the_loss_of_passages_by_people_is_within_a_percent_of_that_in_f32() {
    let Some(shared) = std::env::var_os("ATTUNE_SHARED_DIR") else {
        println!("skipped: ATTUNE_SHARED_DIR names no folder with data/passages");
        return;
    };
    let path = PathBuf::from(shared).join("data/passages/english.jsonl");
    let lines = std::fs::read_to_string(&path).unwrap();
    let base = fixtures::attune_mini();
    // The second half of a passage is told after its first.
    let every = lines.lines().count() / 40;
    let halves = lines.lines().step_by(every).map(|line| {
        let passage: Value = serde_json::from_str(line).unwrap();
        let words: Vec<&str> = passage["text"].as_str().unwrap().split_whitespace().take(120).collect();
        let (told, rest) = words.split_at(words.len() / 2);
        encoded(base, &told.join(" "), &rest.join(" "))
    });
    let rows: Vec<EncodedExample> = halves.collect();
    for precision in [AnswerPrecision::Bf16, AnswerPrecision::Int8] {
        let difference = loss_difference(base, None, &rows, precision);
        println!("{precision:?}, {} passages: {:+.3} %", rows.len(), difference * 100.0);
        assert!(difference.abs() < 0.01, "{precision:?}: {difference}");
    }
}

#[test]
fn auto_answers_as_the_faster_of_int8_and_f32_does() {
    let base = fixtures::attune_mini();
    let prompts = ["Turn on the light in the kitchen.", "Reply: Could you book a table for four people?"];
    let answers = |precision| {
        let config = GenerationConfig { max_new_tokens: 24, precision, ..GenerationConfig::default() };
        generate(base, None, &prompts, &config, &mut |_| std::ops::ControlFlow::Continue(())).unwrap()
    };
    let fast = chosen_for_int8().instructions.is_fast();
    let expected = if fast { AnswerPrecision::Int8 } else { AnswerPrecision::F32 };
    assert_eq!(answers(AnswerPrecision::Auto), answers(expected));
}

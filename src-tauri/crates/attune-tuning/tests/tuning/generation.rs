//! Greedy answers, equal to transformers' own.

use std::ops::ControlFlow;

use attune_tuning::{Adapter, Answer, BaseModel, Error, Finish, LONGEST_PROMPT, SoftPrompt, generate_greedy};
use serde_json::Value;

use crate::fixtures;

fn answer(base: &BaseModel, adapter: Option<&Adapter>, prompt: &str, max_new_tokens: usize) -> Answer {
    generate_greedy(base, adapter, prompt, max_new_tokens, &mut |_| ControlFlow::Continue(())).unwrap()
}

fn equals_oracle(base: &BaseModel, adapter: Option<&Adapter>, expected: &Value, max_new_tokens: usize) {
    for expected in expected.as_array().unwrap() {
        let prompt = expected["input"].as_str().unwrap();
        let found = answer(base, adapter, prompt, max_new_tokens);
        assert_eq!(found.tokens, fixtures::tokens(&expected["tokens"]), "{prompt}");
        assert_eq!(found.text, expected["text"].as_str().unwrap(), "{prompt}");
        assert_eq!(found.finish == Finish::EndOfSequence, expected["ended"].as_bool().unwrap(), "{prompt}");
    }
}

#[test]
fn greedy_answers_equal_those_of_transformers_with_and_without_a_soft_prompt() {
    let base = fixtures::tiny_base();
    equals_oracle(&base, None, &fixtures::oracle()["greedy"], 40);
    let prompt = fixtures::peft_prompt(&base);
    equals_oracle(&base, Some(&prompt), &fixtures::oracle()["prompted_greedy"], 40);
}

#[test]
fn greedy_answers_with_lora_equal_those_of_peft() {
    let base = fixtures::tiny_base();
    let lora = fixtures::peft_lora(&base, "peft_lora_everywhere");
    equals_oracle(&base, Some(&lora), &fixtures::lora_oracle()["greedy"], 40);
}

#[test]
fn greedy_answers_of_the_bundled_base_equal_those_of_transformers() {
    let oracle = fixtures::read_json("tests/fixtures/attune_mini/oracle.json");
    equals_oracle(fixtures::attune_mini(), None, &oracle["greedy"], 48);
}

#[test]
fn the_observer_sees_every_token_and_can_stop() {
    let base = fixtures::attune_mini();
    let prompt = "Reply: Could you book a table for four people on Friday evening?";
    let whole = answer(base, None, prompt, 48);
    let mut seen = Vec::new();
    let stopped = generate_greedy(base, None, prompt, 48, &mut |token| {
        seen.push(token);
        if seen.len() == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let stopped = stopped.unwrap();
    assert_eq!((stopped.finish, &stopped.tokens), (Finish::Stopped, &seen));
    assert_eq!(seen, whole.tokens[..3]);
    let cut = answer(base, None, prompt, 3);
    assert_eq!((cut.finish, cut.tokens), (Finish::Length, seen));
    assert_eq!(whole.prompt_tokens, base.tokenizer().encode(prompt, 128).unwrap().len());
}

#[test]
fn white_space_around_a_prompt_changes_nothing() {
    let base = fixtures::attune_mini();
    assert_eq!(
        answer(base, None, "Repeat: A cup of tea.", 16),
        answer(base, None, " Repeat: A cup of tea. \n", 16)
    );
}

#[test]
fn an_adapter_of_another_base_model_and_a_prompt_without_end_are_refused() {
    let base = fixtures::tiny_base();
    let wide = SoftPrompt::new(2, 64, vec![0.0; 128]).unwrap().into();
    let refused = generate_greedy(&base, Some(&wide), "ba", 4, &mut |_| ControlFlow::Continue(()));
    assert!(matches!(refused, Err(Error::AdapterWidth { found: 64, expected: 32 })), "{refused:?}");
    let refused =
        generate_greedy(&base, None, &"ba ".repeat(LONGEST_PROMPT), 4, &mut |_| ControlFlow::Continue(()));
    assert!(matches!(refused, Err(Error::PromptTooLong { tokens: 2049, limit: 2048 })), "{refused:?}");
}

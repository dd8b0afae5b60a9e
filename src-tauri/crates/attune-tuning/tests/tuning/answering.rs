//! Several requests in one batch: each gets what it gets alone, and none is in the way of another.

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;

use attune_tuning::{
    AdapterKind, Answer, AnswerPrecision, Answering, Ask, BaseModel, Beams, Ended, Error, Finish,
    GenerationConfig, LoraSettings, LoraTarget, Questions, ReadyAdapter, Result, Sampling, Search, Ticket,
    answer,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::fixtures;

/// An adapter of random values up to this size; soft prompts and LoRA take turns.
fn adapter(base: &BaseModel, number: u64, size: f32) -> ReadyAdapter {
    let kind = match number % 2 {
        0 => AdapterKind::SoftPrompt { rows: 2 + number as usize % 5 },
        _ => AdapterKind::Lora(LoraSettings {
            rank: 2,
            alpha: 4.0,
            targets: BTreeSet::from([LoraTarget::Q, LoraTarget::V, LoraTarget::Wo]),
        }),
    };
    let mut random = ChaCha8Rng::seed_from_u64(number);
    let count = kind.layout(base).unwrap().parameters();
    let values = (0..count).map(|_| random.random_range(-size..size)).collect();
    ReadyAdapter::new(base, &kind.adapter(base, values).unwrap()).unwrap()
}

fn ask<'a>(prompt: &'a str, adapter: Option<&'a ReadyAdapter>, seed: u64) -> Ask<'a> {
    Ask { prompt, adapter, seed: Some(seed) }
}

fn config(max_new_tokens: usize, search: Search) -> GenerationConfig {
    GenerationConfig { max_new_tokens, search, ..GenerationConfig::default() }
}

fn alone(base: &BaseModel, ask: Ask<'_>, config: &GenerationConfig) -> Vec<Answer> {
    answer(base, &[ask], config, &mut |_| ControlFlow::Continue(())).unwrap()
}

fn step(answering: &mut Answering<'_>) -> Vec<Ended> {
    answering.step(&mut |_, _| ControlFlow::Continue(()))
}

/// Steps until nothing is left: what became of each request, and after how many steps.
fn worked_off(answering: &mut Answering<'_>) -> HashMap<Ticket, (usize, Result<Vec<Answer>>)> {
    let mut ended = HashMap::new();
    let mut steps = 0;
    while !answering.is_idle() {
        steps += 1;
        ended.extend(step(answering).into_iter().map(|one| (one.ticket, (steps, one.answers))));
    }
    ended
}

#[test]
fn adapters_settings_lengths_and_seeds_beside_it_change_no_token_of_an_answer() {
    let base = fixtures::tiny_base();
    let adapters =
        [None, Some(adapter(&base, 1, 0.4)), Some(adapter(&base, 2, 2.0)), Some(adapter(&base, 3, 0.4))];
    let sampling = |num_return| Sampling { temperature: 1.2, top_p: 0.9, num_return, ..Sampling::default() };
    let beams = Beams { num_beams: 3, ..Beams::default() };
    let configs = [
        config(20, Search::Greedy),
        config(31, Search::Sampling(sampling(1))),
        config(9, Search::Sampling(sampling(3))),
        config(14, Search::Beams(beams)),
        GenerationConfig { no_repeat_ngram_size: Some(2), ..config(25, Search::Greedy) },
    ];
    let long = "la de le li ba ".repeat(12);
    let prompts = ["ba", "la le li de ba", &long, "de de", "li la ba de le la"];
    let asks: Vec<Ask<'_>> = (0..18)
        .map(|number| ask(prompts[number % 5], adapters[number % 4].as_ref(), number as u64 / 3))
        .collect();
    let mut answering = Answering::new(&base);
    let mut joined = Vec::new();
    let mut ended = HashMap::new();
    for (number, config) in configs.iter().enumerate() {
        // Prompts of one request have different adapters, and requests come while others are at work.
        let asks = &asks[number..number + 14];
        joined.push((answering.join(Questions::new(&base, asks, config).unwrap()), asks, config));
        for _ in 0..3 {
            ended.extend(step(&mut answering).into_iter().map(|one| (one.ticket, (0, one.answers))));
        }
    }
    ended.extend(worked_off(&mut answering));
    let mut different = BTreeSet::new();
    for (ticket, asks, config) in joined {
        let (_, answers) = ended.remove(&ticket).unwrap();
        let expected: Vec<Answer> = asks.iter().flat_map(|ask| alone(&base, *ask, config)).collect();
        assert_eq!(answers.unwrap(), expected, "{config:?}");
        different.extend(expected.into_iter().map(|answer| answer.tokens));
    }
    assert!(different.len() > 40, "only {} different answers", different.len());
}

#[test]
fn a_place_that_frees_is_taken_in_the_next_step() {
    let base = fixtures::tiny_base();
    let prompts: Vec<String> =
        (0..160).map(|number| ["ba", "la", "de", "li"][number % 4].repeat(1 + number / 40)).collect();
    // Where chance has it, an answer ends early.
    let sampling = Sampling { temperature: 1.5, ..Sampling::default() };
    let stop = ["li", "ba", "de"].map(str::to_owned).to_vec();
    let config = GenerationConfig { stop, ..config(60, Search::Sampling(sampling)) };
    let asks: Vec<Ask<'_>> = prompts.iter().zip(0..).map(|(prompt, seed)| ask(prompt, None, seed)).collect();
    let mut answering = Answering::new(&base);
    answering.join(Questions::new(&base, &asks, &config).unwrap());
    let (steps, answers) = worked_off(&mut answering).into_values().next().unwrap();
    // The end-of-sequence token takes a step too.
    let lengths: Vec<usize> = answers
        .unwrap()
        .iter()
        .map(|answer| answer.tokens.len() + usize::from(answer.finish == Finish::EndOfSequence))
        .collect();
    let in_groups: usize = lengths.chunks(64).filter_map(|group| group.iter().max()).sum();
    let (sum, longest) = (lengths.iter().sum::<usize>(), lengths.iter().max().unwrap());
    assert!(sum < 160 * 40 && *longest == 60, "the answers are not of mixed lengths: {lengths:?}");
    assert!(steps < in_groups * 2 / 3, "{steps} steps, in groups {in_groups}");
    // No schedule of 64 places that keeps the order does with fewer: each place takes the next as soon as it is free.
    let mut free_at = vec![0; 64];
    for length in lengths {
        let earliest = free_at.iter_mut().min().unwrap();
        *earliest += length;
    }
    assert_eq!(Some(&steps), free_at.iter().max());
}

#[test]
fn one_prompt_does_not_wait_for_a_batch_of_many_and_two_batches_share() {
    let base = fixtures::tiny_base();
    let greedy = GenerationConfig { min_new_tokens: 30, ..config(30, Search::Greedy) };
    let many = vec![ask("ba de la", None, 0); 200];
    let mut answering = Answering::new(&base);
    let long = answering.join(Questions::new(&base, &many, &greedy).unwrap());
    assert!(step(&mut answering).is_empty());
    let short = answering.join(Questions::new(&base, &many[..1], &greedy).unwrap());
    let other = answering.join(Questions::new(&base, &many[..70], &greedy).unwrap());
    let ended = worked_off(&mut answering);
    assert_eq!(ended[&short].0, 30, "the one prompt waited");
    let (long, other) = (ended[&long].0, ended[&other].0);
    // Alone the second batch would need two rounds of 64; the first, which came before, does not make it wait.
    assert!(other < 4 * 30 && long > other, "the batches of 200 and 70 took {long} and {other} steps");
}

#[test]
fn who_leaves_takes_nothing_from_the_others() {
    let base = fixtures::tiny_base();
    let greedy = config(30, Search::Greedy);
    let prompts = ["ba", "la le", "de li ba"];
    let asks: Vec<Ask<'_>> = (0..90).map(|number| ask(prompts[number % 3], None, 0)).collect();
    let mut answering = Answering::new(&base);
    let leaves = answering.join(Questions::new(&base, &asks, &greedy).unwrap());
    let stays = answering.join(Questions::new(&base, &asks[..6], &greedy).unwrap());
    for _ in 0..4 {
        assert!(step(&mut answering).is_empty());
    }
    answering.stop(leaves);
    let left = step(&mut answering).pop().unwrap();
    assert_eq!(left.ticket, leaves);
    let left = left.answers.unwrap();
    assert_eq!(left.len(), 90);
    assert!(left.iter().all(|answer| answer.finish == Finish::Stopped));
    let expected: Vec<Answer> = asks[..6].iter().flat_map(|ask| alone(&base, *ask, &greedy)).collect();
    assert_eq!((left[0].tokens.len(), &left[0].tokens[..]), (4, &expected[0].tokens[..4]));
    assert_eq!((left[89].tokens.len(), left[89].prompt_tokens > 0), (0, true));
    assert_eq!(worked_off(&mut answering).remove(&stays).unwrap().1.unwrap(), expected);
}

#[test]
fn what_fails_ends_its_own_request_alone() {
    let base = fixtures::tiny_base();
    let (sound, broken) = (adapter(&base, 3, 0.4), adapter(&base, 5, 1e30));
    let greedy = config(12, Search::Greedy);
    let no_token = GenerationConfig {
        min_new_tokens: 200,
        no_repeat_ngram_size: Some(1),
        ..config(200, Search::Greedy)
    };
    let sound_asks = vec![ask("ba de", Some(&sound), 0); 3];
    let broken_asks = [ask("ba de", Some(&sound), 0), ask("ba de", Some(&broken), 0)];
    let mut answering = Answering::new(&base);
    let before = answering.join(Questions::new(&base, &sound_asks, &greedy).unwrap());
    let overflows = answering.join(Questions::new(&base, &broken_asks, &greedy).unwrap());
    let ends = answering.join(Questions::new(&base, &sound_asks, &no_token).unwrap());
    let after = answering.join(Questions::new(&base, &sound_asks, &greedy).unwrap());
    let mut told = HashMap::new();
    let mut ended = HashMap::new();
    while !answering.is_idle() {
        let now = answering.step(&mut |ticket, _| {
            *told.entry(ticket).or_insert(0) += 1;
            ControlFlow::Continue(())
        });
        ended.extend(now.into_iter().map(|one| (one.ticket, one.answers)));
    }
    let expected = alone(&base, sound_asks[0], &greedy);
    for ticket in [before, after] {
        assert_eq!(*ended[&ticket].as_ref().unwrap(), vec![expected[0].clone(); 3]);
    }
    assert!(
        matches!(ended[&overflows], Err(Error::OutputNotFinite { position: 0 })),
        "{:?}",
        ended[&overflows]
    );
    assert!(matches!(ended[&ends], Err(Error::NoTokenLeft { .. })), "{:?}", ended[&ends]);
    assert_eq!(told.get(&overflows), None, "a row was shown of a request that failed in its first step");
}

#[test]
fn an_adapter_that_overflows_is_an_error_in_every_precision_and_never_an_empty_answer() {
    let base = fixtures::tiny_base();
    let kinds = [4, 5];
    let sizes = [1e20, 1e30, 1e38];
    for (kind, size) in kinds.into_iter().flat_map(|kind| sizes.map(|size| (kind, size))) {
        let broken = adapter(&base, kind, size);
        for precision in [AnswerPrecision::F32, AnswerPrecision::Bf16, AnswerPrecision::Int8] {
            let asked = GenerationConfig { precision, ..config(12, Search::Greedy) };
            let ask = ask("ba de", Some(&broken), 0);
            let answers = answer(&base, &[ask], &asked, &mut |_| ControlFlow::Continue(()));
            assert!(
                matches!(answers, Err(Error::OutputNotFinite { position: 0 })),
                "adapter {kind} of {size} in {precision:?}: {answers:?}"
            );
        }
    }
}

#[test]
fn a_hundred_adapters_answer_in_one_batch_as_each_does_alone() {
    let base = fixtures::tiny_base();
    let adapters: Vec<ReadyAdapter> = (0..100).map(|number| adapter(&base, number, 0.8)).collect();
    let greedy = config(10, Search::Greedy);
    let asks: Vec<Ask<'_>> = adapters.iter().map(|adapter| ask("ba de la", Some(adapter), 0)).collect();
    let together = answer(&base, &asks, &greedy, &mut |_| ControlFlow::Continue(())).unwrap();
    for (number, (ask, together)) in asks.iter().zip(&together).enumerate() {
        assert_eq!(alone(&base, *ask, &greedy).first(), Some(together), "adapter {number}");
    }
    let different: BTreeSet<&Vec<u32>> = together.iter().map(|answer| &answer.tokens).collect();
    assert!(different.len() > 50, "only {} different answers", different.len());
}

#[test]
fn an_adapter_that_was_made_ready_for_another_base_is_refused() {
    let tiny = fixtures::tiny_base();
    let ready = adapter(&tiny, 1, 0.1);
    let refused =
        Questions::new(fixtures::attune_mini(), &[ask("ba", Some(&ready), 0)], &config(4, Search::Greedy));
    assert!(matches!(refused, Err(Error::AdapterOfAnotherBase)), "{refused:?}");
}

//! Beams, sampling, control of repetition, stop strings, batches and streaming.
//! Expected tokens were made by tests/fixtures/decoding/make_oracle.py.

use std::ops::ControlFlow;

use attune_tuning::{
    Answer, BaseModel, Beams, EarlyStopping, Error, Finish, GenerationConfig, Piece, Sampling, Search, Stop,
    generate,
};
use serde_json::Value;

use crate::fixtures;

const PROMPTS: [&str; 4] = [
    "Reply: Could you book a table for four people on Friday evening?",
    "Repeat: The blue door at the end of the garden is never locked.",
    "Intent: I would like to hear some quiet music while I cook.",
    "Write a simple story about boat, rain.",
];

fn answers(base: &BaseModel, prompts: &[&str], config: &GenerationConfig) -> Vec<Answer> {
    generate(base, None, prompts, config, &mut |_| ControlFlow::Continue(())).unwrap()
}

fn sampling(seed: u64, num_return: usize) -> GenerationConfig {
    let sampling = Sampling { temperature: 1.3, top_k: Some(200), top_p: 0.95, seed, num_return };
    GenerationConfig { max_new_tokens: 24, search: Search::Sampling(sampling), ..GenerationConfig::default() }
}

fn beams(num_beams: usize) -> GenerationConfig {
    let search = Search::Beams(Beams { num_beams, ..Beams::default() });
    GenerationConfig { max_new_tokens: 24, search, ..GenerationConfig::default() }
}

/// The settings of a row of the oracle.
fn settings(row: &Value) -> GenerationConfig {
    let real = |name: &str| row[name].as_f64().map_or(1.0, |value| value as f32);
    let count = |name: &str| row[name].as_u64().map(|value| value as usize);
    let search = match count("num_beams").unwrap() {
        1 => Search::Greedy,
        num_beams => Search::Beams(Beams {
            num_beams,
            length_penalty: real("length_penalty"),
            early_stopping: match row["early_stopping"].as_str() {
                Some("when_full") => EarlyStopping::WhenFull,
                Some("exhaustive") => EarlyStopping::Exhaustive,
                _ => EarlyStopping::Heuristic,
            },
        }),
    };
    GenerationConfig {
        max_new_tokens: 24,
        min_new_tokens: count("min_new_tokens").unwrap_or(0),
        repetition_penalty: real("repetition_penalty"),
        no_repeat_ngram_size: count("no_repeat_ngram_size"),
        stop: Vec::new(),
        search,
        ..GenerationConfig::default()
    }
}

fn equal_the_oracle(base: &BaseModel, rows: &Value) {
    let rows = rows.as_array().unwrap();
    assert!(rows.len() > 40);
    for row in rows {
        let found = answers(base, &[row["prompt"].as_str().unwrap()], &settings(row)).remove(0);
        assert_eq!(found.tokens, fixtures::tokens(&row["tokens"]), "{row}");
        assert_eq!(found.finish == Finish::EndOfSequence, row["ended"].as_bool().unwrap(), "{row}");
    }
}

#[test]
fn greedy_and_beam_answers_of_the_tiny_model_equal_those_of_transformers() {
    let oracle = fixtures::read_json("tests/fixtures/decoding/answers.json");
    equal_the_oracle(&fixtures::tiny_base(), &oracle["tiny_t5"]);
}

#[test]
fn greedy_and_beam_answers_of_the_bundled_base_equal_those_of_transformers() {
    let oracle = fixtures::read_json("tests/fixtures/decoding/answers.json");
    equal_the_oracle(fixtures::attune_mini(), &oracle["attune_mini"]);
}

#[test]
fn an_answer_is_the_same_alone_and_in_a_batch() {
    let base = fixtures::attune_mini();
    let many: Vec<&str> = PROMPTS.iter().copied().cycle().take(35).collect();
    let greedy = GenerationConfig::default();
    for config in [greedy, sampling(3, 2), beams(3)] {
        let config = GenerationConfig { max_new_tokens: 12, ..config };
        let together = answers(base, &many, &config);
        let alone: Vec<Answer> =
            PROMPTS.iter().flat_map(|prompt| answers(base, &[prompt], &config)).collect();
        assert_eq!(together.len(), many.len() * alone.len() / PROMPTS.len());
        for (place, answer) in together.iter().enumerate() {
            assert_eq!(*answer, alone[place % alone.len()], "answer {place} of {config:?}");
        }
    }
    assert_eq!(answers(base, &[], &beams(2)), []);
}

#[test]
fn a_seed_decides_the_draws() {
    let base = fixtures::attune_mini();
    let first = answers(base, &PROMPTS[3..], &sampling(1, 4));
    assert_eq!(first, answers(base, &PROMPTS[3..], &sampling(1, 4)));
    assert_ne!(first, answers(base, &PROMPTS[3..], &sampling(2, 4)));
    assert!((1..4).all(|number| first[number] != first[0]), "{first:?}");
    // Fewer answers are the first of more.
    assert_eq!(first[..2], answers(base, &PROMPTS[3..], &sampling(1, 2)));
}

#[test]
fn sampling_from_the_likeliest_token_alone_is_greedy() {
    let base = fixtures::attune_mini();
    let config = GenerationConfig { max_new_tokens: 24, ..GenerationConfig::default() };
    let greedy = answers(base, &PROMPTS, &config);
    for sampling in [
        Sampling { top_k: Some(1), ..Sampling::default() },
        Sampling { top_p: 1e-6, ..Sampling::default() },
        Sampling { temperature: 1e-4, ..Sampling::default() },
    ] {
        let search = Search::Sampling(sampling);
        assert_eq!(answers(base, &PROMPTS, &GenerationConfig { search, ..config.clone() }), greedy);
    }
}

#[test]
fn nothing_repeats_and_nothing_ends_early_where_that_is_forbidden() {
    let base = fixtures::tiny_base();
    for search in [Search::Greedy, beams(3).search, sampling(5, 3).search] {
        let config = GenerationConfig {
            max_new_tokens: 40,
            min_new_tokens: 30,
            no_repeat_ngram_size: Some(2),
            search,
            ..GenerationConfig::default()
        };
        for answer in answers(&base, &["ba de", "la le li"], &config) {
            assert!(answer.tokens.len() >= 30, "{answer:?}");
            let mut pairs: Vec<_> = answer.tokens.windows(2).collect();
            pairs.sort_unstable();
            assert!(pairs.windows(2).all(|pair| pair[0] != pair[1]), "{answer:?}");
        }
    }
    let repeats = |repetition_penalty| {
        let config = GenerationConfig {
            max_new_tokens: 60,
            min_new_tokens: 60,
            repetition_penalty,
            ..GenerationConfig::default()
        };
        let mut tokens = answers(&base, &["ba de"], &config).remove(0).tokens;
        tokens.sort_unstable();
        tokens.windows(2).filter(|pair| pair[0] == pair[1]).count()
    };
    assert!(
        repeats(1.5) < repeats(1.0),
        "{} repetitions, {} without the penalty",
        repeats(1.5),
        repeats(1.0)
    );
}

#[test]
fn settings_that_leave_no_token_are_an_error_that_says_so() {
    let base = fixtures::tiny_base();
    for search in [Search::Greedy, beams(2).search, sampling(1, 1).search] {
        let config = GenerationConfig {
            max_new_tokens: 200,
            min_new_tokens: 200,
            no_repeat_ngram_size: Some(1),
            search,
            ..GenerationConfig::default()
        };
        let refused = generate(&base, None, &["ba"], &config, &mut |_| ControlFlow::Continue(()));
        // 128 tokens without the start token and the end.
        assert!(matches!(refused, Err(Error::NoTokenLeft { position: 126 })), "{refused:?}");
    }
}

/// What an observer was shown of one row: its tokens and its text.
#[derive(Default, Clone, Debug, PartialEq)]
struct Shown {
    tokens: Vec<u32>,
    text: String,
}

fn watched(
    base: &BaseModel,
    prompts: &[&str],
    config: &GenerationConfig,
    mut stop: impl FnMut(Piece<'_>) -> ControlFlow<Stop>,
) -> (Vec<Answer>, Vec<Shown>) {
    let mut shown = Vec::new();
    let answers = generate(base, None, prompts, config, &mut |progress| {
        if shown.len() <= progress.row {
            shown.resize(progress.row + 1, Shown::default());
        }
        shown[progress.row].tokens.extend(progress.token);
        shown[progress.row].text.push_str(progress.text);
        stop(progress)
    });
    (answers.unwrap(), shown)
}

#[test]
fn pieces_one_after_the_other_are_the_text() {
    let base = fixtures::attune_mini();
    let stop = vec!["garden".to_owned(), ", and the".to_owned()];
    let greedy = GenerationConfig { max_new_tokens: 40, stop, ..GenerationConfig::default() };
    for config in [greedy, sampling(9, 2)] {
        let mut pieces = 0;
        let (answers, shown) = watched(base, &PROMPTS, &config, |progress| {
            pieces += usize::from(!progress.text.is_empty());
            ControlFlow::Continue(())
        });
        assert!(pieces > 8 * answers.len(), "only {pieces} pieces came");
        for (answer, shown) in answers.into_iter().zip(shown) {
            assert_eq!(Shown { tokens: answer.tokens, text: answer.text }, shown);
        }
    }
    let (answers, shown) = watched(base, &PROMPTS, &beams(2), |_| ControlFlow::Continue(()));
    assert!(answers.iter().zip(&shown).all(|(answer, shown)| answer.text == shown.text), "{shown:?}");
}

#[test]
fn a_stop_string_cuts_the_text_and_ends_the_row_wherever_token_borders_are() {
    let base = fixtures::attune_mini();
    let tokenizer = base.tokenizer();
    let config = GenerationConfig { max_new_tokens: 40, ..GenerationConfig::default() };
    let whole = answers(base, &PROMPTS[..1], &config).remove(0);
    assert_eq!(whole.finish, Finish::EndOfSequence);
    let mut over_a_border = 0;
    for length in [1, 4, 9] {
        for start in whole.text.char_indices().map(|(start, _)| start).skip(1).step_by(3) {
            let Some(stop) = whole.text.get(start..start + length) else { continue };
            let place = whole.text.find(stop).unwrap();
            for search in
                [Search::Greedy, Search::Sampling(Sampling { top_k: Some(1), ..Sampling::default() })]
            {
                let config = GenerationConfig {
                    stop: vec!["never said".to_owned(), stop.to_owned()],
                    search,
                    ..config.clone()
                };
                let (found, shown) = watched(base, &PROMPTS[..1], &config, |_| ControlFlow::Continue(()));
                assert_eq!(found[0].finish, Finish::StopString, "{stop:?}");
                assert_eq!(found[0].text, whole.text[..place].trim_end(), "{stop:?}");
                assert_eq!(shown[0].text, found[0].text, "{stop:?}");
                let before = &found[0].tokens[..found[0].tokens.len() - 1];
                assert!(!tokenizer.decode(before).unwrap().contains(stop), "{stop:?} came a token earlier");
                let last = tokenizer.decode(&found[0].tokens[before.len()..]).unwrap();
                over_a_border += usize::from(!last.contains(stop.trim()));
            }
        }
    }
    assert!(over_a_border > 15, "only {over_a_border} stop strings went over a border");
    let stop = vec![whole.text[10..14].to_owned()];
    let beam = answers(base, &PROMPTS[..1], &GenerationConfig { stop: stop.clone(), ..beams(2) }).remove(0);
    assert!(!beam.text.contains(&stop[0]), "{beam:?}");
}

#[test]
fn one_row_or_all_can_be_stopped_in_the_middle() {
    let base = fixtures::attune_mini();
    let config = GenerationConfig { max_new_tokens: 40, ..GenerationConfig::default() };
    let whole = answers(base, &PROMPTS, &config);
    let mut seen = 0;
    let (one, _) = watched(base, &PROMPTS, &config, |progress| {
        seen += usize::from(progress.row == 1);
        if progress.row == 1 && seen == 3 { ControlFlow::Break(Stop::Row) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(seen, 3);
    assert_eq!((one[1].finish, &one[1].tokens[..]), (Finish::Stopped, &whole[1].tokens[..3]));
    assert!(whole[1].text.starts_with(&one[1].text) && !one[1].text.is_empty(), "{:?}", one[1].text);
    assert!([0, 2, 3].iter().all(|&row| one[row] == whole[row]));

    // More prompts than are decoded at once: what has not begun is stopped too.
    let many: Vec<&str> = PROMPTS.iter().copied().cycle().take(72).collect();
    let mut calls = 0;
    let (all, _) = watched(base, &many, &config, |progress| {
        calls += 1;
        let enough = progress.row == 2 && calls > 2 * 64;
        if enough { ControlFlow::Break(Stop::All) } else { ControlFlow::Continue(()) }
    });
    assert_eq!((all.len(), calls), (72, 2 * 64 + 3));
    assert!(all.iter().all(|answer| answer.finish == Finish::Stopped && answer.prompt_tokens > 0));
    let lengths: Vec<usize> = all.iter().map(|answer| answer.tokens.len()).collect();
    assert_eq!((&lengths[..4], &lengths[62..66]), (&[3, 3, 3, 2][..], &[2, 2, 0, 0][..]));

    let mut steps = 0;
    let (best, shown) = watched(base, &PROMPTS[..1], &beams(2), |_| {
        steps += 1;
        if steps == 5 { ControlFlow::Break(Stop::All) } else { ControlFlow::Continue(()) }
    });
    assert_eq!((best[0].finish, best[0].tokens.len(), shown[0].text.as_str()), (Finish::Stopped, 5, ""));
}

#[test]
fn impossible_settings_are_refused_by_their_name() {
    let base = fixtures::tiny_base();
    let plain = GenerationConfig::default;
    let drawn = |sampling| GenerationConfig { search: Search::Sampling(sampling), ..plain() };
    let beam = |beams| GenerationConfig { search: Search::Beams(beams), ..plain() };
    let cases = [
        ("max_new_tokens", GenerationConfig { max_new_tokens: 0, ..plain() }),
        ("min_new_tokens", GenerationConfig { min_new_tokens: 65, ..plain() }),
        ("repetition_penalty", GenerationConfig { repetition_penalty: 0.0, ..plain() }),
        ("repetition_penalty", GenerationConfig { repetition_penalty: f32::NAN, ..plain() }),
        ("no_repeat_ngram_size", GenerationConfig { no_repeat_ngram_size: Some(0), ..plain() }),
        ("stop", GenerationConfig { stop: vec![String::new()], ..plain() }),
        ("temperature", drawn(Sampling { temperature: 0.0, ..Sampling::default() })),
        ("temperature", drawn(Sampling { temperature: f32::INFINITY, ..Sampling::default() })),
        ("top_k", drawn(Sampling { top_k: Some(0), ..Sampling::default() })),
        ("top_p", drawn(Sampling { top_p: 0.0, ..Sampling::default() })),
        ("top_p", drawn(Sampling { top_p: 1.01, ..Sampling::default() })),
        ("top_p", drawn(Sampling { top_p: f32::NAN, ..Sampling::default() })),
        ("num_return", drawn(Sampling { num_return: 0, ..Sampling::default() })),
        ("num_beams", beam(Beams { num_beams: 1, ..Beams::default() })),
        ("num_return", drawn(Sampling { num_return: usize::MAX, ..Sampling::default() })),
        ("num_beams", beam(Beams { num_beams: usize::MAX, ..Beams::default() })),
        ("length_penalty", beam(Beams { length_penalty: f32::NAN, ..Beams::default() })),
    ];
    for (name, config) in cases {
        let refused = generate(&base, None, &["ba"], &config, &mut |_| ControlFlow::Continue(()));
        let named = matches!(&refused, Err(Error::InvalidSetting { field, .. }) if *field == name);
        assert!(named, "{name}: {refused:?}");
    }
}

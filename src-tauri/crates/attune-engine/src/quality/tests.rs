//! Each fault is found by its part and named, nothing leaves the scale, and a base cannot praise its own habits.
//!
//! On texts of our own; how well quality tells many passages from their broken versions is measured in `bench`.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use attune_tuning::BaseModel;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Calibration, FluencyMeter, Judged, PartName, Quality, quality};
use crate::bases::BaseFiles;

const STORY: &str = "The ferry was late again, and the woman with the basket had stopped looking at the clock. She had \
    brought bread for the journey and eaten most of it. When the boat came round the bend at last, the boy beside her \
    cheered, and she gave him the rest.";
/// Nothing depends on it where no fluency was measured.
const ANY: Calibration = Calibration { text: -4.0, shuffled: -6.0 };

fn asked<'t>(prompt: &'t str, text: &'t str) -> Judged<'t> {
    Judged { genre: "adventure", prompt, style: None, text, judge: None }
}

fn judged(prompt: &str, text: &str) -> Quality {
    quality(&asked(prompt, text), None, &ANY)
}

fn load(folder: &str) -> Arc<BaseModel> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..").join(folder);
    Arc::new(BaseFiles::open(&folder).unwrap().load(&folder).unwrap())
}

fn attune_mini() -> Arc<BaseModel> {
    static BASE: OnceLock<Arc<BaseModel>> = OnceLock::new();
    Arc::clone(BASE.get_or_init(|| load("models/attune-mini")))
}

fn shuffled(text: &str) -> String {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    words.shuffle(&mut ChaCha8Rng::seed_from_u64(7));
    words.join(" ")
}

#[test]
fn a_whole_story_is_kept() {
    let quality = judged("about ferry, basket, bread", STORY);
    assert!(quality.is_kept(), "{quality:?}");
    assert_eq!(quality.parts.relevance.words, "takes up all that the prompt names: ferry, basket, bread");
}

#[test]
fn each_fault_puts_a_text_below_the_line_and_is_named() {
    let looped = format!("{STORY} {}", "The king said no and the queen said yes. ".repeat(6));
    let german = "Die Fähre kam wieder zu spät, und die Frau mit dem Korb hatte aufgehört, auf die Uhr zu sehen. Sie \
        hatte Brot für die Reise mitgebracht und das meiste davon gegessen, und den Rest gab sie dem Jungen.";
    let coined = "The ferry was slucked again, and the woman with the basket had stopped prophetying at the swarrant. \
        She had brought bread for the sensue and eaten most of it, and the gulfy boat came round.";
    let other = "about dragon, sword, castle";
    let cut = STORY.split_at(STORY.len() - 30).0;
    for (prompt, text, part, words) in [
        ("", "", PartName::Length, "there is no text"),
        ("", "!!! ??? ...", PartName::Length, "there are no words"),
        ("", "She went home at last.", PartName::Length, "only 5 words"),
        ("", cut, PartName::Length, "ends in the middle of a sentence"),
        ("", &looped, PartName::Repetition, "repeats “the king said no and the queen said yes” 6 times"),
        ("", german, PartName::Language, "written in German"),
        ("", coined, PartName::Spelling, "unknown words: slucked"),
        (other, STORY, PartName::Relevance, "takes up nothing of the prompt: dragon, sword, castle"),
    ] {
        let quality = judged(prompt, text);
        let (name, found) = quality.weakest();
        assert!(!quality.is_kept(), "{text}: {quality:?}");
        assert_eq!(name, part, "{text}: {quality:?}");
        assert!(found.words.contains(words), "{text}: {}", found.words);
    }
}

#[test]
fn what_goes_on_from_a_beginning_need_not_name_it_again() {
    let beginning = "A messenger must cross the mountains before the first snow";
    assert!(judged(beginning, STORY).is_kept());
    assert!(judged("The ferry brought no bread", STORY).whole > judged(beginning, STORY).whole);
}

#[test]
fn genre_and_style_are_named_and_alone_refuse_nothing() {
    let style = |style| quality(&Judged { style: Some(style), ..asked("", STORY) }, None, &ANY);
    let dialogue = style("Write it with lively dialogue");
    assert!(dialogue.parts.fit.words.contains("0 spoken lines"), "{}", dialogue.parts.fit.words);
    assert!(dialogue.is_kept(), "{dialogue:?}");
    let unknown = quality(&Judged { genre: "western", ..asked("", STORY) }, None, &ANY);
    assert_eq!(
        (unknown.parts.fit.value, &*unknown.parts.fit.words),
        (1.0, "what is usual for western is not known")
    );
}

#[test]
fn a_judge_counts_where_one_was_asked() {
    let low = quality(&Judged { judge: Some(0.3), ..asked("", STORY) }, None, &ANY);
    assert_eq!(low.weakest().0, PartName::Judge);
    assert!(!low.is_kept());
}

#[test]
fn any_text_has_a_quality_from_0_to_1_and_parts_too() {
    let meter = FluencyMeter::new(attune_mini(), "").unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let mut texts: Vec<String> =
        ["", " \n\t ", "🙂🙂🙂🙂", "a", "\u{0}\u{feff}", "...", "\"", "ß İ ǅ", "日本語の文章です。"]
            .map(str::to_owned)
            .to_vec();
    texts.extend([STORY.repeat(400), "a".repeat(100_000), "a b ".repeat(25_000), "\n".repeat(100_000)]);
    texts.extend((0..100).map(|_| {
        let letters = (0..random.random_range(0..400)).map(|_| random.random::<char>());
        letters.collect()
    }));
    let judged: Vec<Judged<'_>> =
        texts.iter().map(|text| Judged { judge: Some(f64::NAN), ..asked(text, text) }).collect();
    for (text, quality) in texts.iter().zip(meter.qualities(&judged).unwrap()) {
        let beginning: String = text.chars().take(40).collect();
        for value in quality.parts.iter().map(|(_, part)| part.value).chain([quality.whole]) {
            assert!((0.0..=1.0).contains(&value), "{beginning:?}: {quality:?}");
        }
    }
}

#[test]
fn shuffled_words_are_not_fluent_and_a_loop_is_no_more_fluent_than_what_it_repeats() {
    let meter = FluencyMeter::new(attune_mini(), "").unwrap();
    let sentence =
        "The dog knew the way better than the soldiers did, and it ran ahead of them to the old bridge.";
    let (shuffled, looped) = (shuffled(STORY), [sentence; 6].join(" "));
    let texts = [STORY, &shuffled, sentence, &looped].map(|text| asked("", text));
    let qualities = meter.qualities(&texts).unwrap();
    let fluency = |place: usize| qualities[place].parts.fluency.as_ref().unwrap().value;
    assert!(fluency(0) > 0.9 && fluency(1) < 0.3, "{} and {}", fluency(0), fluency(1));
    assert!(!qualities[1].is_kept());
    let measured = meter.measure(&texts).unwrap();
    assert!(measured[3].mean() < measured[2].mean() + 0.1, "{measured:?}");
}

#[test]
fn a_text_has_the_fluency_that_it_has_alone() {
    let meter = FluencyMeter::new(attune_mini(), "").unwrap();
    let shuffled = shuffled(STORY);
    let texts: Vec<Judged<'_>> =
        (0..70).map(|place| asked("", if place % 2 == 0 { STORY } else { &shuffled })).collect();
    let alone = [meter.measure(&texts[..1]).unwrap()[0], meter.measure(&texts[1..2]).unwrap()[0]];
    for (place, together) in meter.measure(&texts).unwrap().iter().enumerate() {
        assert!((together.mean() - alone[place % 2].mean()).abs() < 1e-4);
    }
}

/// The tiny T5 has random weights: it cannot tell text from shuffled words, so it says nothing of fluency.
#[test]
fn a_base_that_cannot_tell_judges_no_fluency() {
    let meter = FluencyMeter::new(load("tests/fixtures/tiny_t5"), "").unwrap();
    let quality = &meter.qualities(&[asked("", STORY)]).unwrap()[0];
    assert_eq!(quality.parts.fluency, None);
    assert!(quality.is_kept());
}

#[test]
fn the_anchors_of_the_bundled_base_are_known_by_its_digest_and_near_those_of_the_reference_texts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../models/attune-mini");
    let digest = BaseFiles::open(&folder).unwrap().weights_digest().unwrap();
    let (known, measured) =
        (FluencyMeter::new(attune_mini(), &digest).unwrap(), FluencyMeter::new(attune_mini(), "").unwrap());
    let (known, measured) = (*known.calibration(), *measured.calibration());
    assert_ne!(known, measured, "the digest is not that of the bundled base");
    assert!((known.text - measured.text).abs() < 0.2, "{known:?} {measured:?}");
    assert!((known.shuffled - measured.shuffled).abs() < 0.4, "{known:?} {measured:?}");
}

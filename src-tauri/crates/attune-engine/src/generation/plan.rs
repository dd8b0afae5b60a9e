//! What each attempt of a batch asks for: genre, prompt, style and seed.
//!
//! Invariants: attempt number i is a function of the settings and i alone, so attempts can be made in any company and
//! a batch can be continued; after any number of attempts the genres differ by one at most; a genre's prompts and
//! styles come together twice only when every pair of them has come once.

use super::BatchSettings;
use super::request::LARGEST_SEED;
use crate::content::Reference;

/// What one attempt asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Attempt {
    pub(crate) number: u32,
    pub(crate) genre: String,
    /// As a prompt says it.
    pub(crate) spoken: String,
    /// The first sentence, without a full stop.
    pub(crate) prompt: String,
    pub(crate) style: Option<String>,
    pub(crate) references: Vec<Reference>,
    /// Of the attempt; each candidate has one of its own.
    seed: u64,
}

impl Attempt {
    /// # Panics
    /// Never: settings have a genre, and a genre a prompt.
    pub(crate) fn of(settings: &BatchSettings, number: u32) -> Self {
        let count = settings.genres.len();
        let (round, place) = (number as usize / count, number as usize % count);
        // Each round takes every genre once, in an order of its own.
        let order = shuffled(count, mixed(settings.seed, &[1, round as u64]));
        let place = order[place];
        let genre = &settings.genres[place];
        // The round is also how often this genre has come before.
        let (cycle, turn) = (round / genre.prompts.len(), round % genre.prompts.len());
        let order = shuffled(genre.prompts.len(), mixed(settings.seed, &[2, place as u64, cycle as u64]));
        let prompt = order[turn];
        let style = (!settings.styles.is_empty()).then(|| {
            let styles = settings.styles.len();
            let order = shuffled(styles, mixed(settings.seed, &[3, place as u64, prompt as u64]));
            settings.styles[order[cycle % styles]].clone()
        });
        Self {
            number,
            genre: genre.name.clone(),
            spoken: genre.spoken.clone(),
            prompt: genre.prompts[prompt].clone(),
            style,
            references: genre.references.clone(),
            seed: mixed(settings.seed, &[4, u64::from(number)]),
        }
    }

    /// What a model will be asked, the same for every generator: the form that the bundled base knows.
    pub(crate) fn input(&self) -> String {
        story_input(&self.spoken, &self.prompt, self.style.as_deref())
    }

    /// The seed of a candidate, by the places of its generator and of itself; fits into 53 bits.
    pub(crate) fn seed(&self, generator: usize, candidate: u32) -> u64 {
        mixed(self.seed, &[generator as u64, u64::from(candidate)]) & LARGEST_SEED
    }
}

/// The form in which a story is asked for.
pub(super) fn story_input(spoken: &str, prompt: &str, style: Option<&str>) -> String {
    let article = if spoken.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    match style {
        Some(style) => format!("Write {article} {spoken} story: {} {}", ended(prompt), ended(style)),
        None => format!("Write {article} {spoken} story: {}", ended(prompt)),
    }
}

fn ended(sentence: &str) -> String {
    if sentence.ends_with(['.', '!', '?', '"']) { sentence.to_owned() } else { format!("{sentence}.") }
}

/// The numbers below `count` in an order that the seed decides (Fisher and Yates).
fn shuffled(count: usize, seed: u64) -> Vec<usize> {
    let mut numbers: Vec<usize> = (0..count).collect();
    let mut state = seed;
    for place in (1..count).rev() {
        state = next(state);
        numbers.swap(place, (state % (place as u64 + 1)) as usize);
    }
    numbers
}

/// A number that depends on every bit of the seed and the parts.
fn mixed(seed: u64, parts: &[u64]) -> u64 {
    parts.iter().fold(next(seed), |state, part| next(state ^ part.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}

/// Source: Steele, Lea, Flood 2014, "Fast Splittable Pseudorandom Number Generators" (SplitMix64).
fn next(state: u64) -> u64 {
    let mixed = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;
    use crate::generation::{GeneratorChoice, PlannedGenre};

    fn settings(genres: usize, seed: u64) -> BatchSettings {
        let genre = |number: usize| PlannedGenre {
            name: format!("genre_{number}"),
            spoken: if number == 0 { "adventure".to_owned() } else { format!("genre {number}") },
            prompts: (0..10).map(|prompt| format!("Prompt {number} {prompt}")).collect(),
            references: Vec::new(),
        };
        BatchSettings {
            num_examples: 500,
            genres: (0..genres).map(genre).collect(),
            styles: (0..10).map(|style| format!("Style {style}")).collect(),
            generators: vec![GeneratorChoice::local()],
            candidates: 2,
            until_kept: false,
            judge: None,
            store_in_memory: false,
            seed,
            max_new_tokens: 64,
            twin_threshold: 0.7,
        }
    }

    fn attempts(settings: &BatchSettings, count: u32) -> Vec<Attempt> {
        (0..count).map(|number| Attempt::of(settings, number)).collect()
    }

    #[test]
    fn after_any_number_of_attempts_the_genres_differ_by_one_at_most() {
        for genres in [1, 2, 3, 7, 8] {
            let settings = settings(genres, 5);
            let mut counts: HashMap<String, u32> =
                settings.genres.iter().map(|genre| (genre.name.clone(), 0)).collect();
            for attempt in attempts(&settings, 500) {
                *counts.entry(attempt.genre).or_default() += 1;
                let (least, most) = (counts.values().min(), counts.values().max());
                assert!(most.unwrap() - least.unwrap() <= 1, "{counts:?}");
            }
        }
    }

    #[test]
    fn prompt_and_style_meet_again_only_after_every_pair_has_come() {
        let settings = settings(2, 9);
        for genre in &settings.genres {
            let all = attempts(&settings, 500);
            let pairs: Vec<(String, Option<String>)> = all
                .into_iter()
                .filter(|attempt| attempt.genre == genre.name)
                .map(|attempt| (attempt.prompt, attempt.style))
                .collect();
            let first: HashSet<_> = pairs[..100].iter().collect();
            assert_eq!(first.len(), 100);
            let prompts: HashSet<_> = pairs[..10].iter().map(|(prompt, _)| prompt).collect();
            assert_eq!(prompts.len(), 10, "every prompt comes before one comes again");
        }
    }

    #[test]
    fn a_seed_decides_everything_and_another_seed_something_else() {
        let (one, same, other) = (settings(8, 1), settings(8, 1), settings(8, 2));
        assert_eq!(attempts(&one, 50), attempts(&same, 50));
        let prompts = |settings| attempts(settings, 50).into_iter().map(|a| a.prompt).collect::<Vec<_>>();
        assert_ne!(prompts(&one), prompts(&other));
    }

    #[test]
    fn every_candidate_has_a_seed_of_its_own_that_json_can_hold() {
        let settings = settings(8, 3);
        let mut seeds = HashSet::new();
        for attempt in attempts(&settings, 500) {
            for generator in 0..4 {
                for candidate in 0..8 {
                    let seed = attempt.seed(generator, candidate);
                    assert!(seed <= LARGEST_SEED && seeds.insert(seed), "{seed} came twice");
                }
            }
        }
    }

    #[test]
    fn the_input_is_the_form_that_the_bundled_base_knows() {
        let mut attempt = Attempt::of(&settings(1, 0), 0);
        attempt.prompt = "Who knocks?".to_owned();
        attempt.style = Some("Be brief".to_owned());
        assert_eq!(attempt.input(), "Write an adventure story: Who knocks? Be brief.");
        attempt.spoken = "science fiction".to_owned();
        attempt.style = None;
        assert_eq!(attempt.input(), "Write a science fiction story: Who knocks?");
    }
}

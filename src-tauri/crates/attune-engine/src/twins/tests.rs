//! What is found, and what is not. On passages that ship as reference texts.

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{TwinIndex, clusters};

/// Passages of eleven authors.
const PASSAGES: &str = include_str!("../quality/reference_texts.txt");
/// From here on the product speaks of twins.
const THRESHOLD: f64 = 0.5;

/// The text with one word in ten replaced by another of its words.
fn edited(text: &str, random: &mut ChaCha8Rng) -> String {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    for place in rand::seq::index::sample(random, words.len(), words.len() / 10) {
        words[place] = words.choose(random).unwrap();
    }
    words.join(" ")
}

#[test]
fn a_copy_is_found_as_exact_whatever_its_case_and_marks() {
    let mut index = TwinIndex::new();
    assert_eq!(index.nearest("The king rode out."), None);
    index.insert("ex_1", "The king rode out. He didn't come back.");
    index.insert("ex_2", "the king rode out he didn’t come back");
    let twin = index.nearest("THE KING rode out; he didn't come back!").unwrap();
    assert_eq!((twin.id, twin.similarity, twin.exact), ("ex_1", 1.0, true));
}

#[test]
fn copies_with_one_word_in_ten_changed_are_found() {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let mut index = TwinIndex::new();
    for (place, passage) in PASSAGES.lines().enumerate() {
        index.insert(format!("ex_{place}"), passage);
    }
    let (mut asked, mut found) = (0, 0);
    for _ in 0..20 {
        for (place, passage) in PASSAGES.lines().enumerate() {
            let copy = edited(passage, &mut random);
            let twin = index.nearest(&copy);
            asked += 1;
            found += usize::from(twin.is_some_and(|twin| {
                twin.id == format!("ex_{place}") && twin.similarity >= THRESHOLD && !twin.exact
            }));
        }
    }
    assert!(found * 100 >= asked * 98, "{found} of {asked}");
}

#[test]
fn different_stories_are_no_twins() {
    let mut index = TwinIndex::new();
    for passage in PASSAGES.lines() {
        let similarity = index.nearest(passage).map_or(0.0, |twin| twin.similarity);
        assert!(similarity < 0.1, "{similarity}: {passage}");
        index.insert("ex", passage);
    }
}

/// As many rows as make the tables grow several times.
#[test]
fn an_index_finds_the_same_however_large_it_has_grown_and_however_often_it_is_asked() {
    let mut random = ChaCha8Rng::seed_from_u64(6);
    let words: Vec<&str> = PASSAGES.split_whitespace().collect();
    let story = |random: &mut ChaCha8Rng| {
        let length = random.random_range(20..60);
        (0..length).map(|_| *words.choose(random).unwrap()).collect::<Vec<_>>().join(" ")
    };
    let mut index = TwinIndex::new();
    let stories: Vec<String> = (0..1500).map(|_| story(&mut random)).collect();
    for (place, story) in stories.iter().enumerate() {
        index.insert(format!("ex_{place}"), story);
    }
    assert_eq!(index.len(), stories.len());
    for (place, story) in stories.iter().enumerate().step_by(50) {
        let longer = format!("{story} and then");
        let twin = index.nearest(&longer).unwrap();
        assert_eq!(twin.id, format!("ex_{place}"));
        assert!(twin.similarity > 0.8 && !twin.exact);
        assert_eq!(index.nearest(&longer), Some(twin));
    }
}

#[test]
fn clusters_join_what_is_similar_through_others() {
    let texts = ["a b c d e f", "x y z", "a b c d e g", "A, b c d e f!", "q", "", " "];
    assert_eq!(clusters(texts, 0.5), [vec![0, 2, 3], vec![5, 6]]);
    assert_eq!(clusters(texts, 0.9), [vec![0, 3], vec![5, 6]]);
    assert_eq!(clusters([], 0.5), [] as [Vec<usize>; 0]);
}

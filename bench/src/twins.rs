//! How long near-twins take to be found among very many rows, and which of them are found.
//!
//! Rows are made of the shared passages: runs of six words from all of them, drawn anew for each row, so that many rows
//! have some pairs of words in common and none are twins. Not here: how twins are found (`attune_engine::twins`).

use std::path::PathBuf;
use std::time::{Duration, Instant};

use attune_engine::twins::{TwinIndex, clusters};
use clap::Args;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::console;
use crate::error::Result;
use crate::quality::passages::{Half, Which};

/// From here on a pair counts as found.
const THRESHOLD: f64 = 0.5;
/// Words of a row, and of a run.
const WORDS: usize = 84;
const RUN: usize = 6;
/// Texts that are looked for.
const ASKED: usize = 1000;
/// Rows whose clusters are made.
const CLUSTERED: usize = 10_000;

#[derive(Debug, Args)]
pub(crate) struct Wanted {
    /// The folder with english.jsonl and other_languages.jsonl.
    #[arg(long)]
    data: PathBuf,
    #[arg(long, default_value_t = 100_000)]
    rows: usize,
}

/// Fills an index, looks for edited copies and for new texts in it, and prints the times and what was found.
pub(crate) fn measure(wanted: &Wanted) -> Result<bool> {
    let mut passages = Half::read(&wanted.data, Which::Tuning)?.passages;
    passages.extend(Half::read(&wanted.data, Which::Test)?.passages);
    let all: Vec<&str> = passages.iter().flat_map(|asked| asked.text.split_whitespace()).collect();
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let mut story = || {
        let runs = (0..WORDS / RUN).map(|_| random.random_range(0..all.len() - RUN));
        runs.map(|start| all[start..start + RUN].join(" ")).collect::<Vec<_>>().join(" ")
    };
    let rows: Vec<String> = (0..wanted.rows).map(|_| story()).collect();
    let new: Vec<String> = (0..ASKED).map(|_| story()).collect();
    let mut random = ChaCha8Rng::seed_from_u64(12);
    let copies: Vec<(usize, String)> = (0..ASKED.min(rows.len()))
        .map(|_| {
            let row = random.random_range(0..rows.len());
            (row, edited(&rows[row], &mut random))
        })
        .collect();

    let mut index = TwinIndex::new();
    let start = Instant::now();
    for (row, text) in rows.iter().enumerate() {
        index.insert(row.to_string(), text);
    }
    let inserting = start.elapsed();
    console::result(&format!(
        "{} rows inserted in {:.2} s, {:.0} µs each",
        rows.len(),
        inserting.as_secs_f64(),
        inserting.as_secs_f64() * 1e6 / rows.len() as f64
    ));
    let mut found = 0;
    let looked = times(copies.iter(), |(row, copy)| {
        let twin = index.nearest(copy).filter(|twin| twin.similarity >= THRESHOLD);
        found += usize::from(twin.is_some_and(|twin| twin.id == row.to_string()));
    });
    console::result(&format!(
        "copies with one word in ten changed: {found} of {} found; {looked}",
        copies.len()
    ));
    let mut alarms = 0;
    let looked = times(new.iter(), |text| {
        alarms += usize::from(index.nearest(text).is_some_and(|twin| twin.similarity >= THRESHOLD));
    });
    console::result(&format!("new texts: {alarms} of {} taken for twins; {looked}", new.len()));
    let start = Instant::now();
    let few = rows.iter().take(CLUSTERED).map(String::as_str);
    let count = few.len();
    let groups = clusters(few, THRESHOLD).len();
    console::result(&format!(
        "clusters of {count} rows: {groups}, in {:.2} s",
        start.elapsed().as_secs_f64()
    ));
    Ok(found * 100 >= copies.len() * 98)
}

/// One word in ten replaced by another of the text.
fn edited(text: &str, random: &mut ChaCha8Rng) -> String {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    for place in rand::seq::index::sample(random, words.len(), words.len() / 10) {
        words[place] = words.choose(random).copied().unwrap_or_default();
    }
    words.join(" ")
}

/// The mean and the longest time of each.
fn times<T>(items: impl Iterator<Item = T>, mut act: impl FnMut(T)) -> String {
    let (mut all, mut longest, mut count) = (Duration::ZERO, Duration::ZERO, 0_u32);
    for item in items {
        let start = Instant::now();
        act(item);
        let taken = start.elapsed();
        (all, longest, count) = (all + taken, longest.max(taken), count + 1);
    }
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    format!(
        "{:.2} ms on the average, {:.2} ms at most",
        milliseconds(all / count.max(1)),
        milliseconds(longest)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::shared_passages;

    #[test]
    fn no_passage_is_taken_for_another_of_its_genre_and_edited_ones_are_found() {
        let Some(folder) = shared_passages() else { return };
        let mut random = ChaCha8Rng::seed_from_u64(13);
        let mut index = TwinIndex::new();
        let (mut highest, mut lowest) = (0.0_f64, 1.0_f64);
        let mut found = 0;
        for which in [Which::Tuning, Which::Test] {
            for asked in Half::read(&folder, which).expect("passages").passages {
                let nearest = index.nearest(&asked.text).map_or(0.0, |twin| twin.similarity);
                highest = highest.max(nearest);
                index.insert(asked.text.clone(), &asked.text);
                let copy = edited(&asked.text, &mut random);
                let twin = index.nearest(&copy).filter(|twin| twin.id == asked.text);
                let similarity = twin.map_or(0.0, |twin| twin.similarity);
                lowest = lowest.min(similarity);
                found += usize::from(similarity >= THRESHOLD);
            }
        }
        console::say(&format!("different passages at most {highest:.3}, edited copies at least {lowest:.3}"));
        assert!(highest < 0.2, "{highest}");
        assert!(found * 100 >= index.len() * 98, "{found} of {}", index.len());
    }
}

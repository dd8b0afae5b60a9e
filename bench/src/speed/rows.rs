//! The rows that everybody trains.

use std::path::Path;

use serde::Deserialize;

use crate::error::Result;
use crate::files::read_json;

#[derive(Deserialize)]
pub(super) struct Row {
    pub(super) source: Vec<u32>,
    pub(super) target: Vec<u32>,
}

pub(super) fn read_rows(folder: &Path) -> Result<Vec<Row>> {
    read_json(&folder.join("rows.json"))
}

/// Source and target tokens of each round that counts, padding and prompt left out.
pub(super) fn tokens_a_round(folder: &Path, rows: usize, warm_up: usize, rounds: usize) -> Result<Vec<f64>> {
    let all = read_rows(folder)?;
    let tokens = |number: usize| {
        let row = &all[number % all.len()];
        row.source.len() + row.target.len()
    };
    let first = |round: usize| (warm_up + round) * rows;
    let of = |round: usize| (first(round)..first(round) + rows).map(tokens).sum::<usize>() as f64;
    Ok((0..rounds).map(of).collect())
}

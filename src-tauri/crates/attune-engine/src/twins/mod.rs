//! Near-twins: texts that say the same in almost the same words.
//!
//! Two texts are as similar as the Jaccard index of their pairs of neighbouring words, letters and digits alone, in
//! lower case. MinHash finds who could be similar without comparing everybody; the similarity itself is then computed
//! exactly. Not here: which similarity is too much (the caller's), and what becomes of a twin.
//! Invariants: the same texts in the same order give the same answers, on every machine; an exact copy is always found,
//! a pair of similarity 0.5 with a probability of 0.995, and one of 0.6 or more as good as always.
//!
//! Source: Broder 1997, "On the resemblance and containment of documents"; the bands are those of Leskovec, Rajaraman,
//! Ullman 2014, "Mining of Massive Datasets", 3.4.

mod bands;
mod clusters;
mod shingles;

use std::collections::HashMap;

use bands::Bands;
use shingles::Shingles;

pub use clusters::clusters;

/// The most similar text of an index.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Twin<'i> {
    pub id: &'i str,
    /// 0 to 1.
    pub similarity: f64,
    /// Whether both have the same words in the same order.
    pub exact: bool,
}

/// Texts by what they are similar to.
#[derive(Debug, Default)]
pub struct TwinIndex {
    rows: Vec<(String, Shingles)>,
    /// The first row of each text.
    by_words: HashMap<u64, u32>,
    bands: Bands,
}

impl TwinIndex {
    pub fn new() -> Self {
        Self::default()
    }

    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds a text. One that is there already is found by its first id.
    pub fn insert(&mut self, id: impl Into<String>, text: &str) {
        let shingles = Shingles::of(text);
        let row = self.rows.len() as u32;
        self.by_words.entry(shingles.all_words()).or_insert(row);
        self.bands.push(&shingles);
        self.rows.push((id.into(), shingles));
    }

    /// The text that is most like this one, among equals the one inserted first. None if nothing is like it.
    pub fn nearest(&self, text: &str) -> Option<Twin<'_>> {
        let shingles = Shingles::of(text);
        if let Some(row) = self.by_words.get(&shingles.all_words()) {
            return Some(Twin { id: &self.rows[*row as usize].0, similarity: 1.0, exact: true });
        }
        let mut best: Option<(f64, u32)> = None;
        for row in self.bands.candidates(&shingles) {
            let similarity = shingles.similarity(&self.rows[row as usize].1);
            let nearer = best
                .is_none_or(|(so_far, first)| similarity > so_far || (similarity == so_far && row < first));
            if similarity > 0.0 && nearer {
                best = Some((similarity, row));
            }
        }
        best.map(|(similarity, row)| Twin { id: &self.rows[row as usize].0, similarity, exact: false })
    }
}

#[cfg(test)]
mod tests;

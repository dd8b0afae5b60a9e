//! Who could be similar: rows that share a band of their MinHash signatures.
//!
//! A signature has [`BANDS`] times [`ROWS`] values, each the smallest that a function of its own makes of the shingles;
//! two texts share one with the probability of their similarity s, and at least one whole band with 1 - (1 - s³)⁴⁰:
//! 0.93 at 0.4, 0.995 at 0.5, 0.9999 at 0.6, and 0.001 at 0.03, as different stories have it.
//! Invariant: a bucket may hold rows that share only its number; who asks compares.

use super::shingles::{Shingles, mixed};

const BANDS: usize = 40;
const ROWS: usize = 3;
/// No row.
const NONE: u32 = u32::MAX;

/// The number of each band of a text.
type Keys = [u32; BANDS];

/// Chains of rows: for each band a table of buckets with the newest row, and for each row the one before it.
#[derive(Debug, Default)]
pub(super) struct Bands {
    keys: Vec<Keys>,
    before: Vec<Keys>,
    /// `BANDS` tables of a power of two, one after the other.
    newest: Vec<u32>,
}

impl Bands {
    /// Adds the next row.
    pub(super) fn push(&mut self, shingles: &Shingles) {
        self.keys.push(keys(shingles));
        self.before.push([NONE; BANDS]);
        if self.keys.len() * BANDS > self.newest.len() {
            let buckets = self.keys.len().next_power_of_two().max(64) * 2;
            self.newest = vec![NONE; buckets * BANDS];
            (0..self.keys.len()).for_each(|row| self.link(row));
        } else {
            self.link(self.keys.len() - 1);
        }
    }

    /// The rows that share a bucket with this text, each once, ascending.
    pub(super) fn candidates(&self, shingles: &Shingles) -> Vec<u32> {
        let mut found = Vec::new();
        if self.keys.is_empty() || shingles.numbers().is_empty() {
            return found;
        }
        for (band, key) in keys(shingles).into_iter().enumerate() {
            let mut row = self.newest[self.bucket(band, key)];
            while row != NONE {
                if self.keys[row as usize][band] == key {
                    found.push(row);
                }
                row = self.before[row as usize][band];
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn link(&mut self, row: usize) {
        for band in 0..BANDS {
            let bucket = self.bucket(band, self.keys[row][band]);
            self.before[row][band] = std::mem::replace(&mut self.newest[bucket], row as u32);
        }
    }

    fn bucket(&self, band: usize, key: u32) -> usize {
        let buckets = self.newest.len() / BANDS;
        band * buckets + (key as usize & (buckets - 1))
    }
}

fn keys(shingles: &Shingles) -> Keys {
    let mut least = [[u32::MAX; ROWS]; BANDS];
    for number in shingles.numbers() {
        let mut state = u64::from(*number);
        for least in least.as_flattened_mut() {
            // Each function is the next number of a generator that the shingle seeds.
            state = mixed(state);
            *least = (*least).min(state as u32);
        }
    }
    least.map(|band| band.into_iter().fold(0, |before, value| mixed(before ^ u64::from(value))) as u32)
}

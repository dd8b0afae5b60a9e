//! Texts that are twins of each other, for a view.

use std::collections::BTreeMap;

use super::bands::Bands;
use super::shingles::Shingles;

/// Groups of two or more texts of which each is at least so similar to another of its group. Groups and places in them
/// ascend.
pub fn clusters<'t>(texts: impl IntoIterator<Item = &'t str>, threshold: f64) -> Vec<Vec<usize>> {
    let mut groups = Groups::default();
    let mut bands = Bands::default();
    let mut distinct: Vec<(usize, Shingles)> = Vec::new();
    let mut first_of: BTreeMap<u64, usize> = BTreeMap::new();
    for (place, text) in texts.into_iter().enumerate() {
        groups.push();
        let shingles = Shingles::of(text);
        // Copies are joined here; a thousand of them would otherwise be compared a million times.
        if let Some(first) = first_of.get(&shingles.all_words()) {
            groups.join(place, *first);
            continue;
        }
        first_of.insert(shingles.all_words(), place);
        for row in bands.candidates(&shingles) {
            let (other, similar) = &distinct[row as usize];
            if shingles.similarity(similar) >= threshold {
                groups.join(place, *other);
            }
        }
        bands.push(&shingles);
        distinct.push((place, shingles));
    }
    groups.of_two_or_more()
}

/// Which places belong together: each points at an earlier one of its group, the first at itself.
#[derive(Debug, Default)]
struct Groups {
    earlier: Vec<usize>,
}

impl Groups {
    fn push(&mut self) {
        self.earlier.push(self.earlier.len());
    }

    fn first(&mut self, mut place: usize) -> usize {
        while self.earlier[place] != place {
            self.earlier[place] = self.earlier[self.earlier[place]];
            place = self.earlier[place];
        }
        place
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.first(one), self.first(other));
        self.earlier[one.max(other)] = one.min(other);
    }

    fn of_two_or_more(mut self) -> Vec<Vec<usize>> {
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for place in 0..self.earlier.len() {
            groups.entry(self.first(place)).or_default().push(place);
        }
        groups.into_values().filter(|group| group.len() > 1).collect()
    }
}

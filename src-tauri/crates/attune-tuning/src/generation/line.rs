//! Who enters the batch next: places, and a fair order between requests.
//!
//! Not here: what a request is and what is done with a place (`answering`).
//! Invariants: what lies in memory is bounded whatever is asked; a request that has nothing open waits for no other
//! request to end, as long as a place is left; among the others, who has least open goes first.

/// Sequences that are decoded together, of every kind of search. A search of more beams runs as the only one of its
/// kind.
const PLACES: usize = 64;

/// Places beyond those, for requests that have nothing open: a short one need not wait for a row of a long one to end.
const PLACES_FOR_NEWCOMERS: usize = 8;

/// Searches that have places of their own, so that one kind never waits for room that suits the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Greedy search and sampling: a place for each answer.
    Rows,
    /// Beam search: a place for each beam.
    Beams,
}

/// How a request stands in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) kind: Kind,
    /// Places that each of its answers takes.
    pub(super) size: usize,
    /// Places that it has taken.
    pub(super) taken: usize,
    /// Whether it has more to answer.
    pub(super) waits: bool,
    /// When one of its answers entered last, counted in entries; 0 for never.
    pub(super) entered: u64,
}

/// The place of the request in `line`, the oldest first, whose next answer enters now.
pub(super) fn next(line: &[Standing]) -> Option<usize> {
    let next = [Kind::Rows, Kind::Beams].into_iter().filter_map(|kind| next_of(line, kind));
    next.min_by_key(|place| (line[*place].taken, line[*place].entered))
}

fn next_of(line: &[Standing], kind: Kind) -> Option<usize> {
    let of_kind = || line.iter().enumerate().filter(|(_, one)| one.kind == kind);
    let taken: usize = of_kind().map(|(_, one)| one.taken).sum();
    let waiting = of_kind().filter(|(_, one)| one.waits);
    // Nobody overtakes the one whose turn it is, else a large search would wait for ever.
    let (place, first) = waiting.min_by_key(|(_, one)| (one.taken, one.entered))?;
    let places = if first.taken == 0 { PLACES + PLACES_FOR_NEWCOMERS } else { PLACES };
    (taken == 0 || taken + first.size <= places).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::{Kind, Standing, next};

    fn standing(size: usize, taken: usize, entered: u64) -> Standing {
        Standing { kind: Kind::Rows, size, taken, waits: true, entered }
    }

    #[test]
    fn who_has_least_open_goes_first_and_then_who_waits_longest() {
        assert_eq!(next(&[standing(1, 5, 1), standing(1, 2, 9), standing(1, 3, 0)]), Some(1));
        assert_eq!(next(&[standing(1, 2, 8), standing(1, 2, 7)]), Some(1));
        assert_eq!(next(&[standing(1, 0, 0), standing(1, 0, 0)]), Some(0));
        assert_eq!(next(&[Standing { waits: false, ..standing(1, 0, 0) }]), None);
    }

    #[test]
    fn the_last_places_are_for_those_who_have_none() {
        assert_eq!(next(&[standing(1, 63, 1)]), Some(0));
        assert_eq!(next(&[standing(1, 64, 1)]), None);
        assert_eq!(next(&[standing(1, 64, 1), standing(1, 0, 0)]), Some(1));
        let mut full: Vec<Standing> = vec![standing(1, 64, 1)];
        full.extend([standing(1, 1, 2); 8]);
        full.push(standing(1, 0, 0));
        assert_eq!(next(&full), None);
    }

    #[test]
    fn a_search_of_many_beams_runs_alone_and_is_not_overtaken_nor_in_the_way_of_rows() {
        let beams = |size, taken, entered| Standing { kind: Kind::Beams, ..standing(size, taken, entered) };
        assert_eq!(next(&[beams(256, 0, 0)]), Some(0));
        assert_eq!(next(&[beams(4, 64, 3), beams(256, 0, 0), beams(2, 0, 0)]), None);
        assert_eq!(next(&[beams(256, 256, 3), standing(1, 0, 0)]), Some(1));
        assert_eq!(next(&[standing(1, 9, 2), beams(4, 0, 0)]), Some(1), "neither kind goes before the other");
    }
}

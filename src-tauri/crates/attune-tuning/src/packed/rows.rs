//! Where the rows of a share lie among its packed positions, and how a batch is shared out.
//!
//! Invariant: the shares depend on the batch and the model alone, never on the number of cores.

use std::ops::Range;

/// Rows one after the other, without padding.
#[derive(Debug, Default)]
pub(super) struct Rows {
    ends: Vec<usize>,
}

impl Rows {
    /// Forgets all rows and takes rows of these lengths.
    pub(super) fn refill(&mut self, lengths: impl IntoIterator<Item = usize>) {
        self.ends.clear();
        let mut end = 0;
        self.ends.extend(lengths.into_iter().map(|length| {
            end += length;
            end
        }));
    }

    /// All positions together.
    pub(super) fn positions(&self) -> usize {
        self.ends.last().copied().unwrap_or_default()
    }

    /// The positions of each row.
    pub(super) fn iter(&self) -> impl Iterator<Item = Range<usize>> {
        self.ends.iter().scan(0, |start, end| Some(std::mem::replace(start, *end)..*end))
    }
}

/// What a row costs, for sharing out evenly.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowCost {
    /// Positions of the encoder and the decoder together.
    pub(super) positions: usize,
    /// Multiplications, up to a common factor.
    pub(super) work: usize,
}

/// The rows of each share of at most about this many positions, in rising order. There are a power of two of them where there are rows enough, so that
/// the usual numbers of cores have equally much to do; each row goes to the share with the least work so far, the
/// most expensive first.
pub(super) fn shares(rows: &[RowCost], positions_a_share: usize) -> Vec<Vec<usize>> {
    let positions: usize = rows.iter().map(|row| row.positions).sum();
    let count = positions.div_ceil(positions_a_share).next_power_of_two().min(rows.len());
    let mut by_work: Vec<usize> = (0..rows.len()).collect();
    by_work.sort_by_key(|row| std::cmp::Reverse(rows[*row].work));
    let mut shares = vec![(0, Vec::new()); count];
    for row in by_work {
        if let Some((work, share)) = shares.iter_mut().min_by_key(|(work, _)| *work) {
            *work += rows[row].work;
            share.push(row);
        }
    }
    shares
        .into_iter()
        .map(|(_, mut share)| {
            share.sort_unstable();
            share
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{RowCost, Rows, shares};

    #[test]
    fn every_row_is_in_one_share_and_shares_have_about_the_same_work() {
        let rows: Vec<RowCost> =
            (0..37).map(|row| RowCost { positions: 40 + row * 3, work: 100 + row * 7 }).collect();
        let shares = shares(&rows, 384);
        assert_eq!(shares.len(), 16);
        let mut all: Vec<usize> = shares.iter().flatten().copied().collect();
        all.sort_unstable();
        assert_eq!(all, (0..37).collect::<Vec<_>>());
        let work = |share: &Vec<usize>| share.iter().map(|row| rows[*row].work).sum::<usize>();
        let (least, most) = (shares.iter().map(work).min(), shares.iter().map(work).max());
        assert!(most < least.map(|least| least * 2), "{least:?} to {most:?}");
    }

    #[test]
    fn one_long_row_is_one_share() {
        assert_eq!(shares(&[RowCost { positions: 5000, work: 1 }], 384), [vec![0]]);
    }

    #[test]
    fn rows_lie_one_after_the_other() {
        let mut rows = Rows::default();
        rows.refill([9]);
        rows.refill([3, 1, 4]);
        assert_eq!(rows.iter().collect::<Vec<_>>(), [0..3, 3..4, 4..8]);
        assert_eq!(rows.positions(), 8);
    }
}

//! What the owner wants of its worker. The strongest wish holds; a weaker one that comes later changes nothing.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU8, Ordering};

/// The weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    GoOn,
    /// End, and write the best adapter so far.
    StopAndSave,
    /// End, and leave what the run can be gone on from. Nobody is left to say anything else.
    Interrupt,
    /// End, and leave nothing.
    Discard,
}

const BY_STRENGTH: [Wish; 4] = [Wish::GoOn, Wish::StopAndSave, Wish::Interrupt, Wish::Discard];

#[derive(Debug, Default)]
pub(super) struct Wishes(AtomicU8);

impl Wishes {
    pub(super) fn add(&self, wish: Wish) {
        self.0.fetch_max(wish as u8, Ordering::Relaxed);
    }

    pub(super) fn strongest(&self) -> Wish {
        BY_STRENGTH[usize::from(self.0.load(Ordering::Relaxed))]
    }

    /// For whoever can only go on or stop.
    pub(super) fn flow(&self) -> ControlFlow<()> {
        if self.strongest() == Wish::GoOn { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_wish_holds() {
        let wishes = Wishes::default();
        assert_eq!((wishes.strongest(), wishes.flow()), (Wish::GoOn, ControlFlow::Continue(())));
        for (wish, strongest) in [
            (Wish::StopAndSave, Wish::StopAndSave),
            (Wish::Discard, Wish::Discard),
            (Wish::Interrupt, Wish::Discard),
        ] {
            wishes.add(wish);
            assert_eq!((wishes.strongest(), wishes.flow()), (strongest, ControlFlow::Break(())));
        }
    }
}

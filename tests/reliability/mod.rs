//! What a kill may cost: the work since the last save, and nothing else.

mod kills;
mod swaps;

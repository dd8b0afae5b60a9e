//! What a kill may cost: the work since the last save, and nothing else.

mod hub;
mod hub_stops;
mod kills;
pub(crate) mod local_hub;
mod swaps;

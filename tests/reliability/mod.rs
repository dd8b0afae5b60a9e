//! What a kill may cost: the work since the last save, and nothing else.

mod failpoints;
mod full_disk;
mod hub;
mod hub_stops;
mod kills;
pub(crate) mod local_hub;
mod swaps;
mod tiny;

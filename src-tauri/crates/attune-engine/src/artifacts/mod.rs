//! Adapter folders on disk: written completely or not at all, verified before they are used.
//!
//! Not here: what the tensors mean (`attune_tuning::peft`) and which run made them (`runs`).
//! Invariant: `training_run.json` is written last and names the digest of every other file, so a folder that
//! has it is complete, and `latest` only ever moves to such a folder.

mod adapter_folder;
pub(crate) mod durable_writer;
mod found_adapter;
mod latest;

pub use adapter_folder::{AdapterDigest, AdapterFolder, TrainingRecord};
pub(crate) use adapter_folder::{DigestWriter, NewAdapter, RECORD, digest_of, files_of};
pub(crate) use found_adapter::{CONFIG, FoundAdapter, WEIGHTS, Written};
pub(crate) use latest::{check_latest_can_move, forget_latest, latest_means, move_latest, resolve};

//! Checkpoints: all that a run needs to go on as if it had never stopped.
//!
//! Not here: where they are kept and how they are written safely (the engine's), and the examples and settings,
//! which the caller brings again.
//! Invariants: a run resumed from a checkpoint takes the same steps to the bit; a checkpoint of other settings or
//! examples is refused. Numbers of 64 bits are stored as their bits, because decimals need not come back the same.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};
use serde::{Deserialize, Serialize};

use super::run::{Best, MeanLoss, RunState};
use crate::weights::read_floats;
use crate::{AdamW, AdamWState, Error, Result};

const VERSION: u32 = 1;
const STATE: &str = "attune_checkpoint";
const ADAPTER: &str = "adapter";
const FIRST_MOMENT: &str = "first_moment";
const SECOND_MOMENT: &str = "second_moment";
const BEST: &str = "best_adapter";

/// A run between two steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint(pub(super) RunState);

#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    fingerprint: u64,
    steps: u64,
    weight_decay_bits: u64,
    epoch: usize,
    steps_in_epoch: usize,
    epoch_loss_bits: u64,
    epoch_target_tokens: usize,
    validated_at: usize,
    best: Option<StoredBest>,
}

#[derive(Serialize, Deserialize)]
struct StoredBest {
    step: usize,
    loss_bits: u64,
    evaluations_since: usize,
}

impl Checkpoint {
    /// Steps done when it was taken.
    pub fn steps(&self) -> usize {
        self.0.steps()
    }

    /// The checkpoint as a safetensors file.
    ///
    /// # Errors
    /// Only if a serialiser refuses, which no checkpoint is known to cause.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let state = &self.0;
        let moments = state.optimizer.state();
        let stored = Stored {
            version: VERSION,
            fingerprint: state.fingerprint,
            steps: moments.step,
            weight_decay_bits: state.optimizer.weight_decay().to_bits(),
            epoch: state.epoch,
            steps_in_epoch: state.steps_in_epoch,
            epoch_loss_bits: state.epoch_loss.sum.to_bits(),
            epoch_target_tokens: state.epoch_loss.target_tokens,
            validated_at: state.validated_at,
            best: state.best.as_ref().map(|best| StoredBest {
                step: best.step,
                loss_bits: best.loss.to_bits(),
                evaluations_since: best.evaluations_since,
            }),
        };
        let stored =
            serde_json::to_string(&stored).map_err(|source| Error::CheckpointStateUnwritable { source })?;
        let mut vectors = vec![
            (ADAPTER, &state.adapter),
            (FIRST_MOMENT, &moments.first_moment),
            (SECOND_MOMENT, &moments.second_moment),
        ];
        vectors.extend(state.best.as_ref().map(|best| (BEST, &best.adapter)));
        let bytes: Vec<(&str, Vec<u8>)> = vectors
            .into_iter()
            .map(|(name, values)| (name, values.iter().flat_map(|value| value.to_le_bytes()).collect()))
            .collect();
        let unwritable = |source| Error::CheckpointUnwritable { source };
        let views = bytes
            .iter()
            .map(|(name, data)| {
                Ok((*name, TensorView::new(Dtype::F32, vec![data.len() / size_of::<f32>()], data)?))
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(unwritable)?;
        serialize(views, Some(HashMap::from([(STATE.to_owned(), stored)]))).map_err(unwritable)
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// If the file is cut short, of another version, or its parts do not fit each other.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let unreadable = |source| Error::CheckpointUnreadable { source };
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(unreadable)?;
        let file = SafeTensors::deserialize(bytes).map_err(unreadable)?;
        let damaged = |part| Error::CheckpointDamaged { part };
        let stored = metadata.metadata().as_ref().and_then(|fields| fields.get(STATE));
        let stored: Stored = serde_json::from_str(stored.ok_or_else(|| damaged(STATE))?)
            .map_err(|source| Error::CheckpointStateUnreadable { source })?;
        if stored.version != VERSION {
            return Err(damaged("version"));
        }
        let vector = |name: &'static str| -> Result<Vec<f32>> {
            let values = read_floats(name, &file.tensor(name).map_err(|_| damaged(name))?)?;
            if values.iter().any(|value| !value.is_finite()) {
                return Err(damaged(name));
            }
            Ok(values)
        };
        let adapter = vector(ADAPTER)?;
        let same_length = |name: &'static str| {
            let values = vector(name)?;
            if values.len() == adapter.len() { Ok(values) } else { Err(damaged(name)) }
        };
        let moments = AdamWState {
            step: stored.steps,
            first_moment: same_length(FIRST_MOMENT)?,
            second_moment: same_length(SECOND_MOMENT)?,
        };
        let best = stored
            .best
            .map(|best| {
                Ok::<_, Error>(Best {
                    step: best.step,
                    loss: f64::from_bits(best.loss_bits),
                    evaluations_since: best.evaluations_since,
                    adapter: same_length(BEST)?,
                })
            })
            .transpose()?;
        Ok(Self(RunState {
            fingerprint: stored.fingerprint,
            optimizer: AdamW::from_state(moments, f64::from_bits(stored.weight_decay_bits))?,
            adapter,
            epoch: stored.epoch,
            steps_in_epoch: stored.steps_in_epoch,
            epoch_loss: MeanLoss {
                sum: f64::from_bits(stored.epoch_loss_bits),
                target_tokens: stored.epoch_target_tokens,
            },
            validated_at: stored.validated_at,
            best,
        }))
    }
}

//! What can go wrong with batches and examples, with the way out.

use super::{BatchId, BatchStatus, ExampleId};
use crate::Kind;

/// Why something cannot be done with a batch or an example.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    #[error("a batch is running: {batch}")]
    Active { batch: BatchId },
    #[error("there is no batch {id:?}")]
    UnknownBatch { id: String },
    #[error("batch {batch} is {status}, so it cannot be {doing}")]
    WrongStatus { batch: BatchId, status: BatchStatus, doing: &'static str },
    #[error("batch {batch} has every attempt that was asked for")]
    NothingMissing { batch: BatchId },
    #[error("the generator {name} is not what it was when batch {batch} began: {what}")]
    GeneratorChanged { batch: BatchId, name: String, what: &'static str },
    #[error("none of the last {attempts} attempts gave a text; the last failed because {why}")]
    GeneratorGaveUp { attempts: u32, why: String },
    #[error("there is no example {id:?}")]
    UnknownExample { id: String },
    #[error("example {example} has no text to accept")]
    NoText { example: ExampleId },
    #[error("there is no review to take back")]
    NothingToUndo,
    #[error("a preview is being made")]
    Previewing,
    #[error("Attune is ending, so no batch can begin")]
    Ending,
}

impl BatchError {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Active { .. }
            | Self::WrongStatus { .. }
            | Self::NothingMissing { .. }
            | Self::GeneratorChanged { .. }
            | Self::NoText { .. }
            | Self::NothingToUndo
            | Self::Previewing
            | Self::Ending => Kind::Conflict,
            Self::UnknownBatch { .. } | Self::UnknownExample { .. } => Kind::NotFound,
            Self::GeneratorGaveUp { .. } => Kind::Environment,
        }
    }

    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::Active { .. } => "Wait until it has ended, or cancel it; what is finished is kept.",
            Self::UnknownBatch { .. } => {
                "It may have been discarded; the list of batches shows what is there."
            }
            Self::WrongStatus { status: BatchStatus::Running, .. } => "Cancel it first.",
            Self::WrongStatus { .. } | Self::NothingMissing { .. } => "Start a new batch.",
            Self::GeneratorChanged { .. } => {
                "Put that model back, or keep what is there and start a new batch with the one you have."
            }
            Self::GeneratorGaveUp { .. } => {
                "See to the reason and continue the batch: it goes on where it stopped, and nothing is lost."
            }
            Self::UnknownExample { .. } => "It may have been discarded with its batch.",
            Self::NoText { .. } => "Write the answer yourself: an edit accepts it.",
            Self::NothingToUndo => "Only what was accepted, rejected or edited here can be taken back.",
            Self::Previewing => "Wait until it is there.",
            Self::Ending => "Start Attune again.",
        }
    }
}

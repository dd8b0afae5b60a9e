//! An adapter that was looked at once and is ready to answer, beside any others on the same base.
//!
//! Not here: what a row of it adds while it is decoded (`network`), and adapters that are trained (`placed`).
//! Invariant: it holds the adapter's own values and nothing of the base, so a hundred take the room of a hundred
//! adapters.

use std::fmt;
use std::sync::Arc;

use candle_core::{Device, Result as CandleResult, Tensor};

use crate::error::WhileDoing;
use crate::network::LowRanks;
use crate::{Adapter, AdapterKind, Architecture, BaseModel, Error, Result};

/// An adapter ready to answer on the base that it was made ready for. Clones share their values.
#[derive(Clone)]
pub struct ReadyAdapter(Arc<Parts>);

struct Parts {
    kind: AdapterKind,
    architecture: Architecture,
    /// The soft prompt's rows, `[rows, width]`.
    prompt: Option<Tensor>,
    low_ranks: Option<Arc<LowRanks>>,
}

impl ReadyAdapter {
    /// Copies the adapter's values.
    ///
    /// # Errors
    /// [`Error::AdapterWidth`] or [`Error::LoraOfAnotherBase`] if the adapter is for another base model.
    pub fn new(base: &BaseModel, adapter: &Adapter) -> Result<Self> {
        adapter.refuse_other_base(base)?;
        let tensors = tensors(adapter).while_doing("making an adapter ready to answer")?;
        let kind = adapter.kind();
        let (prompt, low_ranks) = match &kind {
            AdapterKind::SoftPrompt { .. } => (tensors.into_iter().next(), None),
            AdapterKind::Lora(settings) => {
                (None, Some(Arc::new(LowRanks::new(base.network(), settings, &tensors))))
            }
        };
        Ok(Self(Arc::new(Parts { kind, architecture: base.architecture().clone(), prompt, low_ranks })))
    }

    /// What it is, without its values.
    pub fn kind(&self) -> &AdapterKind {
        &self.0.kind
    }

    /// How much memory its values take.
    pub fn bytes(&self) -> usize {
        let prompt = self.0.prompt.as_ref().map_or(0, |prompt| prompt.elem_count() * size_of::<f32>());
        prompt + self.0.low_ranks.as_ref().map_or(0, |low_ranks| low_ranks.bytes())
    }

    /// Refuses a base in which its values would not fit.
    pub(crate) fn refuse_other_base(&self, base: &BaseModel) -> Result<()> {
        if self.0.architecture == *base.architecture() { Ok(()) } else { Err(Error::AdapterOfAnotherBase) }
    }

    /// How many rows stand before every source.
    pub(crate) fn rows(&self) -> usize {
        match self.kind() {
            AdapterKind::SoftPrompt { rows } => *rows,
            AdapterKind::Lora(_) => 0,
        }
    }

    /// The rows that stand before every source, `[rows, width]`.
    pub(crate) fn prompt(&self) -> Option<&Tensor> {
        self.0.prompt.as_ref()
    }

    /// What it adds to the network's products.
    pub(crate) fn low_ranks(&self) -> Option<&Arc<LowRanks>> {
        self.0.low_ranks.as_ref()
    }
}

impl fmt::Debug for ReadyAdapter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ReadyAdapter").field("kind", self.kind()).finish_non_exhaustive()
    }
}

/// The adapter's tensors as constants, in the order of its layout.
pub(crate) fn tensors(adapter: &Adapter) -> CandleResult<Vec<Tensor>> {
    let layout = adapter.layout();
    let tensor = |tensor: &crate::AdapterTensor| {
        Tensor::from_slice(&adapter.values()[tensor.range()], tensor.shape.as_slice(), &Device::Cpu)
    };
    layout.tensors().iter().map(tensor).collect()
}

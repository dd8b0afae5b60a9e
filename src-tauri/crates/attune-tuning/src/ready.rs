//! An adapter that was looked at once and is ready to answer, beside any others on the same base.
//!
//! Not here: how its share is computed (`answer_network`), and adapters that are trained (`placed`).
//! Invariant: it holds the adapter's own values and nothing of the base, so a hundred take the room of a hundred
//! adapters.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::{Adapter, AdapterKind, Architecture, BaseModel, Error, Result};

/// An adapter ready to answer on the base that it was made ready for. Clones share their values.
#[derive(Clone)]
pub struct ReadyAdapter(Arc<Parts>);

struct Parts {
    kind: AdapterKind,
    architecture: Architecture,
    values: Vec<f32>,
    low_ranks: Option<LowRanks>,
}

/// Where LoRA's parts of each of the network's products lie among the values.
struct LowRanks {
    rank: usize,
    scale: f32,
    /// A and B, by the product's number in the network's order.
    places: Vec<Option<[Range<usize>; 2]>>,
}

/// What LoRA adds to one product: `scale · x · Aᵀ · Bᵀ`.
///
/// Source: Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models".
#[derive(Debug, Clone, Copy)]
pub(crate) struct LowRank<'a> {
    /// A, `[rank, inputs]`.
    pub(crate) a: &'a [f32],
    /// B, `[outputs, rank]`.
    pub(crate) b: &'a [f32],
    pub(crate) rank: usize,
    /// Alpha by rank.
    pub(crate) scale: f32,
}

impl ReadyAdapter {
    /// Copies the adapter's values.
    ///
    /// # Errors
    /// [`Error::AdapterWidth`] or [`Error::LoraOfAnotherBase`] if the adapter is for another base model.
    pub fn new(base: &BaseModel, adapter: &Adapter) -> Result<Self> {
        adapter.refuse_other_base(base)?;
        let kind = adapter.kind();
        let low_ranks = match &kind {
            AdapterKind::SoftPrompt { .. } => None,
            AdapterKind::Lora(settings) => {
                let layout = adapter.layout();
                let mut pairs = layout.tensors().as_chunks::<2>().0.iter();
                let places = base.network().linears().map(|linear| {
                    let [a, b] = settings.reaches(&linear.name).then(|| pairs.next()).flatten()?;
                    Some([a.range(), b.range()])
                });
                let places = places.collect();
                Some(LowRanks { rank: settings.rank, scale: settings.scale() as f32, places })
            }
        };
        let architecture = base.architecture().clone();
        Ok(Self(Arc::new(Parts { kind, architecture, values: adapter.values().to_vec(), low_ranks })))
    }

    /// What it is, without its values.
    pub fn kind(&self) -> &AdapterKind {
        &self.0.kind
    }

    /// How much memory its values take.
    pub fn bytes(&self) -> usize {
        size_of_val(&self.0.values[..])
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
    pub(crate) fn prompt(&self) -> &[f32] {
        match &self.0.kind {
            AdapterKind::SoftPrompt { .. } => &self.0.values,
            AdapterKind::Lora(_) => &[],
        }
    }

    /// Whether it adds anything to the network's products.
    pub(crate) fn is_low_rank(&self) -> bool {
        self.0.low_ranks.is_some()
    }

    /// What it adds to the product of this number in the network's order.
    pub(crate) fn low_rank(&self, product: usize) -> Option<LowRank<'_>> {
        let LowRanks { rank, scale, places } = self.0.low_ranks.as_ref()?;
        let [a, b] = places.get(product)?.clone()?;
        let values = &self.0.values;
        Some(LowRank { a: &values[a], b: &values[b], rank: *rank, scale: *scale })
    }

    /// Whether both share their values.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for ReadyAdapter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ReadyAdapter").field("kind", self.kind()).finish_non_exhaustive()
    }
}

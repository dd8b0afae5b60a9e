//! What a sequence remembers: keys and values of its source and of the tokens it has read.
//!
//! Keys lie in blocks of 16 positions, a dimension's 16 next to each other, so that a query meets 16 of them at once and
//! no sum runs across a register; values lie position by position. What a block has beyond its positions is zero.

use std::sync::Arc;

use half::bf16;

use crate::ReadyAdapter;
use crate::kernels::Value;

/// Positions of a block of keys.
pub(super) const BLOCK: usize = 16;
/// Positions for which there is room at once when a sequence begins; more is doubled.
const FIRST_ROOM: usize = 64;

/// Keys and values of an attention, of all its heads.
#[derive(Debug, Clone)]
pub(super) struct Seen<V> {
    /// `[blocks, width, BLOCK]`, with all heads' dimensions as the width.
    pub(super) keys: Vec<V>,
    /// `[positions, width]`.
    pub(super) values: Vec<V>,
    pub(super) positions: usize,
}

impl<V: Value> Seen<V> {
    pub(super) fn with_room_for(positions: usize, width: usize) -> Self {
        Self {
            keys: Vec::with_capacity(positions.next_multiple_of(BLOCK) * width),
            values: Vec::with_capacity(positions * width),
            positions: 0,
        }
    }

    /// What is there is forgotten; `rows` are the keys and values of each position, side by side.
    fn fill(&mut self, rows: &[f32], width: usize) {
        self.keys.clear();
        self.values.clear();
        self.positions = rows.len() / (2 * width);
        for rows in rows.chunks(BLOCK * 2 * width) {
            for dimension in 0..width {
                let keys = rows.iter().skip(dimension).step_by(2 * width);
                let end = self.keys.len() + BLOCK;
                self.keys.extend(keys.map(|key| V::narrow(*key)));
                self.keys.resize(end, V::default());
            }
            for row in rows.chunks_exact(2 * width) {
                self.values.extend(row[width..].iter().map(|value| V::narrow(*value)));
            }
        }
    }

    /// One more position's.
    pub(super) fn push(&mut self, keys: &[f32], values: &[f32]) {
        let (width, place) = (keys.len(), self.positions % BLOCK);
        if place == 0 {
            self.keys.resize(self.keys.len() + width * BLOCK, V::default());
        }
        let block = self.keys.len() - width * BLOCK;
        for (kept, key) in self.keys[block..].chunks_exact_mut(BLOCK).zip(keys) {
            kept[place] = V::narrow(*key);
        }
        self.values.extend(values.iter().map(|value| V::narrow(*value)));
        self.positions += 1;
    }
}

/// The attentions of all layers, in f32 where everything is, else in bf16.
#[derive(Debug, Clone)]
pub(super) enum Layers {
    Wide(Vec<Seen<f32>>),
    Narrow(Vec<Seen<bf16>>),
}

impl Layers {
    pub(super) fn new(is_wide: bool, layers: usize, positions: usize, width: usize) -> Self {
        if is_wide {
            Self::Wide((0..layers).map(|_| Seen::with_room_for(positions, width)).collect())
        } else {
            Self::Narrow((0..layers).map(|_| Seen::with_room_for(positions, width)).collect())
        }
    }

    /// All positions' keys and values in this layer, side by side.
    pub(super) fn fill(&mut self, layer: usize, rows: &[f32], width: usize) {
        match self {
            Self::Wide(layers) => layers[layer].fill(rows, width),
            Self::Narrow(layers) => layers[layer].fill(rows, width),
        }
    }

    /// One more position's keys and values in this layer.
    pub(super) fn push(&mut self, layer: usize, keys: &[f32], values: &[f32]) {
        match self {
            Self::Wide(layers) => layers[layer].push(keys, values),
            Self::Narrow(layers) => layers[layer].push(keys, values),
        }
    }
}

/// What every decoder layer's cross-attention sees of one source, and the adapter that it was read with.
#[derive(Debug)]
pub(crate) struct SourceMemory {
    pub(super) layers: Layers,
    /// Where it adds to the decoder's products.
    pub(super) adapter: Option<ReadyAdapter>,
    pub(super) width: usize,
}

/// An answer in the making: its source, and what it has read. A clone goes on by itself.
#[derive(Debug, Clone)]
pub(crate) struct Sequence {
    pub(super) tokens: usize,
    pub(super) source: Arc<SourceMemory>,
    pub(super) layers: Layers,
}

impl Sequence {
    /// Nothing is read yet.
    pub(crate) fn new(source: Arc<SourceMemory>) -> Self {
        let (is_wide, layers) = match &source.layers {
            Layers::Wide(layers) => (true, layers.len()),
            Layers::Narrow(layers) => (false, layers.len()),
        };
        let layers = Layers::new(is_wide, layers, FIRST_ROOM, source.width);
        Self { tokens: 0, source, layers }
    }
}

//! Decoding sequences one token at a time, keys and values kept.
//!
//! The same mathematics as [`ReadableNetwork::decode`], which training uses; a test holds the two together. Sequences may have
//! read differently many tokens, and have different adapters or none: what is shared between them is only the reading
//! of the frozen weights. Each thread decodes a share of them.
//! Not here: which token comes next (`generation`).
//! Invariant: the logits of a sequence are the same bits whatever else is decoded with it.

use std::sync::Arc;

use candle_core::{Result as CandleResult, Tensor};
use rayon::prelude::*;

use super::ReadableNetwork;
use super::adapted::{AdaptedRows, LowRanks};
use super::attention::KeysAndValues;
use super::products::products;
use crate::ReadyAdapter;
use crate::vectors::{GatedGelu, Kernel, add, exponentials, largest, vectorised};

/// What every decoder layer's cross-attention sees of one source, and the adapter that it was read with.
pub(crate) struct SourceMemory {
    layers: Vec<HeadMemories>,
    low_ranks: Option<Arc<LowRanks>>,
}

/// The tokens of one answer as far as they were read. A clone goes on by itself.
#[derive(Clone)]
pub(crate) struct Sequence {
    tokens: usize,
    source: Arc<SourceMemory>,
    layers: Vec<HeadMemories>,
}

/// One attention's keys and values, head by head.
type HeadMemories = Vec<HeadMemory>;

/// Row-major `[positions, head_width]`.
#[derive(Debug, Clone, Default)]
struct HeadMemory {
    keys: Vec<f32>,
    values: Vec<f32>,
}

impl Sequence {
    /// An answer to this source, nothing read yet.
    pub(crate) fn new(source: Arc<SourceMemory>) -> Self {
        let layers = source.layers.iter().map(|heads| vec![HeadMemory::default(); heads.len()]);
        Self { tokens: 0, layers: layers.collect(), source }
    }
}

/// The decoder's relative bias for every distance back that occurs.
struct Bias {
    /// `[heads, 2 * longest - 1]`, for key - query from `1 - longest` on.
    by_distance: Vec<f32>,
    longest: usize,
}

impl Bias {
    /// Of one head, for a query that comes after `before` keys and sees itself: `[before + 1]`.
    fn of(&self, head: usize, before: usize) -> &[f32] {
        let last = head * (2 * self.longest - 1) + self.longest;
        &self.by_distance[last - before - 1..last]
    }
}

impl ReadableNetwork {
    /// What the decoder sees of a source of these tokens, read with an adapter or without.
    pub(crate) fn read_source(
        &self,
        adapter: Option<&ReadyAdapter>,
        tokens: &[u32],
    ) -> CandleResult<SourceMemory> {
        let embeddings = self.embed(tokens)?;
        let input = match adapter.and_then(ReadyAdapter::prompt) {
            Some(prompt) => Tensor::cat(&[prompt, &embeddings], 0)?,
            None => embeddings,
        };
        match adapter.and_then(ReadyAdapter::low_ranks) {
            // Only reading makes a copy, which has no weight of its own and ends with it.
            Some(low_ranks) => low_ranks.placed_in(self).remember(&input, Some(Arc::clone(low_ranks))),
            None => self.remember(&input, None),
        }
    }

    fn remember(&self, input: &Tensor, low_ranks: Option<Arc<LowRanks>>) -> CandleResult<SourceMemory> {
        let output = self.encode(input, None)?;
        let layers = self
            .decoder
            .iter()
            .map(|layer| {
                let attention = &layer.cross_attention;
                split_heads(&attention.keys_and_values(&output)?, attention.heads)
            })
            .collect::<CandleResult<_>>()?;
        Ok(SourceMemory { layers, low_ranks })
    }

    /// Reads one more token of each sequence; logits of shape `[sequences, vocabulary]`, row-major, for what
    /// follows it.
    pub(crate) fn decode_next(
        &self,
        tokens: &[u32],
        sequences: &mut [&mut Sequence],
    ) -> CandleResult<Vec<f32>> {
        let longest = sequences.iter().map(|sequence| sequence.tokens + 1).max().unwrap_or(1);
        let bias = Bias { by_distance: self.decoder_bias.by_distance(longest), longest };
        let share = tokens.len().div_ceil(rayon::current_num_threads()).max(1);
        let logits = tokens
            .par_chunks(share)
            .zip(sequences.par_chunks_mut(share))
            .map(|(tokens, sequences)| self.decode_share(tokens, sequences, &bias))
            .collect::<CandleResult<Vec<_>>>()?;
        Ok(logits.concat())
    }

    /// [`Self::decode_next`] of some of the sequences, on one thread.
    fn decode_share(
        &self,
        tokens: &[u32],
        sequences: &mut [&mut Sequence],
        bias: &Bias,
    ) -> CandleResult<Vec<f32>> {
        let sources: Vec<Arc<SourceMemory>> =
            sequences.iter().map(|sequence| Arc::clone(&sequence.source)).collect();
        let adapted = by_adapter(&sources);
        let mut state: Vec<f32> = self.embed(tokens)?.flatten_all()?.to_vec1()?;
        for (index, layer) in self.decoder.iter().enumerate() {
            let (attention, normed) = (&layer.attention, layer.attention_norm.forward_rows(&state));
            let queries = attention.query.forward_rows(&normed, &adapted)?;
            let keys = attention.key.forward_rows(&normed, &adapted)?;
            let values = attention.value.forward_rows(&normed, &adapted)?;
            let width = queries.len() / tokens.len();
            let mut seen = vec![0.0; queries.len()];
            for (row, (sequence, seen)) in sequences.iter_mut().zip(seen.chunks_exact_mut(width)).enumerate()
            {
                let (before, heads) = (sequence.tokens, &mut sequence.layers[index]);
                let row = row * width..(row + 1) * width;
                remember(heads, &keys[row.clone()], &values[row.clone()]);
                attend(&queries[row], heads, Some((bias, before)), seen);
            }
            add(&mut state, &attention.output.forward_rows(&seen, &adapted)?);

            let attention = &layer.cross_attention;
            let normed = layer.cross_attention_norm.forward_rows(&state);
            let queries = attention.query.forward_rows(&normed, &adapted)?;
            let parts = queries.chunks_exact(width).zip(seen.chunks_exact_mut(width));
            for ((query, seen), source) in parts.zip(&sources) {
                attend(query, &source.layers[index], None, seen);
            }
            add(&mut state, &attention.output.forward_rows(&seen, &adapted)?);

            let part = &layer.feed_forward;
            let normed = part.norm.forward_rows(&state);
            let gate = part.gate.forward_rows(&normed, &adapted)?;
            let up = part.up.forward_rows(&normed, &adapted)?;
            let mut inner = vec![0.0; gate.len()];
            vectorised(GatedGelu { gate: &gate, up: &up, inner: &mut inner });
            add(&mut state, &part.down.forward_rows(&inner, &adapted)?);
        }
        sequences.iter_mut().for_each(|sequence| sequence.tokens += 1);
        self.head.forward_rows(&self.decoder_norm.forward_rows(&state), &[])
    }
}

/// The rows of each LoRA.
fn by_adapter(sources: &[Arc<SourceMemory>]) -> Vec<AdaptedRows<'_>> {
    let mut groups: Vec<AdaptedRows<'_>> = Vec::new();
    for (row, source) in sources.iter().enumerate() {
        let Some(low_ranks) = source.low_ranks.as_deref() else { continue };
        match groups.iter_mut().find(|group| std::ptr::eq(group.low_ranks, low_ranks)) {
            Some(group) => group.rows.push(row),
            None => groups.push(AdaptedRows { low_ranks, rows: vec![row] }),
        }
    }
    groups
}

/// One query of all heads over their keys; what it takes from the values is written over `seen`. A bias comes with the
/// number of keys before the query's own.
fn attend(query: &[f32], heads: &[HeadMemory], bias: Option<(&Bias, usize)>, seen: &mut [f32]) {
    let head_width = query.len() / heads.len();
    let parts = query.chunks_exact(head_width).zip(seen.chunks_exact_mut(head_width));
    for (head, (query, seen)) in parts.enumerate() {
        let memory = &heads[head];
        let mut weights = products(&memory.keys, query, head_width);
        if let Some((bias, before)) = bias {
            let bias = bias.of(head, before);
            weights.iter_mut().zip(bias).for_each(|(score, bias)| *score += bias);
        }
        vectorised(Take { weights: &mut weights, values: &memory.values, seen });
    }
}

/// Makes scores weights that add up to one, and takes that much of each value.
struct Take<'a> {
    weights: &'a mut [f32],
    /// `[positions, head_width]`.
    values: &'a [f32],
    /// `[head_width]`.
    seen: &'a mut [f32],
}

impl Kernel for Take<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let shift = largest(self.weights);
        let sum = exponentials(self.weights, shift);
        self.seen.fill(0.0);
        let width = self.seen.len();
        for (weight, values) in self.weights.iter().zip(self.values.chunks_exact(width)) {
            let weight = weight / sum;
            for (seen, value) in self.seen.iter_mut().zip(values) {
                *seen += weight * value;
            }
        }
    }
}

fn remember(heads: &mut [HeadMemory], keys: &[f32], values: &[f32]) {
    let head_width = keys.len() / heads.len();
    let parts = keys.chunks_exact(head_width).zip(values.chunks_exact(head_width));
    for (head, (keys, values)) in heads.iter_mut().zip(parts) {
        head.keys.extend_from_slice(keys);
        head.values.extend_from_slice(values);
    }
}

fn split_heads(seen: &KeysAndValues, heads: usize) -> CandleResult<HeadMemories> {
    let [keys, values] = seen.rows()?;
    let mut memories = vec![HeadMemory::default(); heads];
    keys.iter().zip(&values).for_each(|(keys, values)| remember(&mut memories, keys, values));
    Ok(memories)
}

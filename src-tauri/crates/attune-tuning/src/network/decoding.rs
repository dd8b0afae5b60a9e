//! Decoding several sequences in step, one token at a time, keys and values kept.
//!
//! The same mathematics as [`ReadableNetwork::decode`], which training uses; a test holds the two together. What is
//! shared between sequences is only the reading of the weights. Each thread decodes a share of the sequences.
//! Not here: which token comes next (`generation`).
//! Invariant: the logits of a sequence are the same bits whatever else is decoded with it.

use std::sync::Arc;

use candle_core::{Result as CandleResult, Tensor};
use rayon::prelude::*;

use super::ReadableNetwork;
use super::attention::KeysAndValues;
use super::products::products;
use crate::vectors::{GatedGelu, Kernel, add, exponentials, largest, vectorised};

/// What every decoder layer's cross-attention sees of one source.
#[derive(Debug)]
pub(crate) struct SourceMemory {
    layers: Vec<HeadMemories>,
}

/// Sequences that have read equally many tokens.
#[derive(Debug)]
pub(crate) struct Sequences {
    tokens: usize,
    rows: Vec<SequenceMemory>,
}

#[derive(Debug, Clone)]
struct SequenceMemory {
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

impl Sequences {
    /// A sequence for each source, nothing read yet.
    pub(crate) fn new(sources: impl IntoIterator<Item = Arc<SourceMemory>>) -> Self {
        let rows = sources
            .into_iter()
            .map(|source| {
                let layers = source.layers.iter().map(|heads| vec![HeadMemory::default(); heads.len()]);
                SequenceMemory { layers: layers.collect(), source }
            })
            .collect();
        Self { tokens: 0, rows }
    }

    /// Goes on with the sequences at these places, in this order; one may be taken several times, or never.
    pub(crate) fn select(&mut self, places: &[usize]) {
        let mut uses = vec![0; self.rows.len()];
        places.iter().for_each(|&place| uses[place] += 1);
        let mut old: Vec<_> = std::mem::take(&mut self.rows).into_iter().map(Some).collect();
        for &place in places {
            uses[place] -= 1;
            // The last use takes the memory, the others copy it.
            let row = if uses[place] == 0 { old[place].take() } else { old[place].clone() };
            self.rows.extend(row);
        }
    }
}

impl ReadableNetwork {
    /// What the decoder sees of an encoder output of shape `[positions, width]`.
    pub(crate) fn remember_source(&self, encoder_output: &Tensor) -> CandleResult<SourceMemory> {
        let layers = self
            .decoder
            .iter()
            .map(|layer| {
                let attention = &layer.cross_attention;
                split_heads(&attention.keys_and_values(encoder_output)?, attention.heads)
            })
            .collect::<CandleResult<_>>()?;
        Ok(SourceMemory { layers })
    }

    /// Reads one more token of each sequence; logits of shape `[sequences, vocabulary]`, row-major, for what
    /// follows it.
    pub(crate) fn decode_next(&self, tokens: &[u32], sequences: &mut Sequences) -> CandleResult<Vec<f32>> {
        let position = sequences.tokens;
        sequences.tokens += 1;
        let bias: Vec<f32> =
            self.decoder_bias.scores(position..position + 1, position + 1)?.flatten_all()?.to_vec1()?;
        let share = tokens.len().div_ceil(rayon::current_num_threads());
        let logits = tokens
            .par_chunks(share)
            .zip(sequences.rows.par_chunks_mut(share))
            .map(|(tokens, rows)| self.decode_share(tokens, rows, &bias))
            .collect::<CandleResult<Vec<_>>>()?;
        Ok(logits.concat())
    }

    /// [`Self::decode_next`] of some of the sequences, on one thread.
    fn decode_share(
        &self,
        tokens: &[u32],
        rows: &mut [SequenceMemory],
        bias: &[f32],
    ) -> CandleResult<Vec<f32>> {
        let mut state: Vec<f32> = self.embed(tokens)?.flatten_all()?.to_vec1()?;
        for (index, layer) in self.decoder.iter().enumerate() {
            let (attention, normed) = (&layer.attention, layer.attention_norm.forward_rows(&state));
            let queries = attention.query.forward_rows(&normed)?;
            let keys = attention.key.forward_rows(&normed)?;
            let values = attention.value.forward_rows(&normed)?;
            let width = queries.len() / tokens.len();
            let mut seen = vec![0.0; queries.len()];
            for (row, (sequence, seen)) in rows.iter_mut().zip(seen.chunks_exact_mut(width)).enumerate() {
                let heads = &mut sequence.layers[index];
                let row = row * width..(row + 1) * width;
                remember(heads, &keys[row.clone()], &values[row.clone()]);
                attend(&queries[row], heads, Some(bias), seen);
            }
            add(&mut state, &attention.output.forward_rows(&seen)?);

            let attention = &layer.cross_attention;
            let queries = attention.query.forward_rows(&layer.cross_attention_norm.forward_rows(&state))?;
            let parts = queries.chunks_exact(width).zip(seen.chunks_exact_mut(width));
            for ((query, seen), sequence) in parts.zip(&*rows) {
                attend(query, &sequence.source.layers[index], None, seen);
            }
            add(&mut state, &attention.output.forward_rows(&seen)?);

            let part = &layer.feed_forward;
            let normed = part.norm.forward_rows(&state);
            let (gate, up) = (part.gate.forward_rows(&normed)?, part.up.forward_rows(&normed)?);
            let mut inner = vec![0.0; gate.len()];
            vectorised(GatedGelu { gate: &gate, up: &up, inner: &mut inner });
            add(&mut state, &part.down.forward_rows(&inner)?);
        }
        self.head.forward_rows(&self.decoder_norm.forward_rows(&state))
    }
}

/// One query of all heads over their keys; what it takes from the values is written over `seen`.
/// `bias` has the shape `[heads, keys]`.
fn attend(query: &[f32], heads: &[HeadMemory], bias: Option<&[f32]>, seen: &mut [f32]) {
    let head_width = query.len() / heads.len();
    let parts = query.chunks_exact(head_width).zip(seen.chunks_exact_mut(head_width));
    for (head, (query, seen)) in parts.enumerate() {
        let memory = &heads[head];
        let mut weights = products(&memory.keys, query, head_width);
        if let Some(bias) = bias {
            let bias = &bias[head * weights.len()..];
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

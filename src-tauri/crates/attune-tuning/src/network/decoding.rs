//! Decoding several sequences in step, one token at a time, keys and values kept.
//!
//! The same mathematics as [`Network::decode`], which training uses; a test holds the two together. What is
//! shared between sequences is only the reading of the weights. Each thread decodes a share of the sequences.
//! Not here: which token comes next (`generation`).
//! Invariant: the logits of a sequence are the same bits whatever else is decoded with it.

use std::sync::Arc;

use candle_core::{Device, Result as CandleResult, Tensor};
use rayon::prelude::*;

use super::Network;
use super::activation::gated_gelu;
use super::adapted::AdaptedLinear;
use super::attention::KeysAndValues;
use super::products::{products, row_products};

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

impl Network {
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
        let mut state = self.embed(tokens)?;
        for (index, layer) in self.decoder.iter().enumerate() {
            let (attention, normed) = (&layer.attention, layer.attention_norm.forward(&state)?);
            let queries = project(&attention.query, &normed)?;
            let keys = project(&attention.key, &normed)?;
            let values = project(&attention.value, &normed)?;
            let width = queries.len() / tokens.len();
            let mut seen = Vec::with_capacity(queries.len());
            for (row, sequence) in rows.iter_mut().enumerate() {
                let heads = &mut sequence.layers[index];
                let row = row * width..(row + 1) * width;
                remember(heads, &keys[row.clone()], &values[row.clone()]);
                attend(&queries[row], heads, Some(bias), &mut seen);
            }
            state = (state + forward(&attention.output, &tensor(seen, tokens.len())?)?)?;

            let (attention, normed) = (&layer.cross_attention, layer.cross_attention_norm.forward(&state)?);
            let queries = project(&attention.query, &normed)?;
            let mut seen = Vec::with_capacity(queries.len());
            for (query, sequence) in queries.chunks_exact(width).zip(&*rows) {
                attend(query, &sequence.source.layers[index], None, &mut seen);
            }
            state = (state + forward(&attention.output, &tensor(seen, tokens.len())?)?)?;

            let part = &layer.feed_forward;
            let normed = part.norm.forward(&state)?;
            let inner = gated_gelu(&forward(&part.gate, &normed)?, &forward(&part.up, &normed)?)?;
            state = (state + forward(&part.down, &inner)?)?;
        }
        let normed = self.decoder_norm.forward(&state)?;
        row_products(self.head.weight(), &normed.flatten_all()?.to_vec1::<f32>()?)
    }
}

/// One query of all heads over their keys, what it takes from the values put after `seen`.
/// `bias` has the shape `[heads, keys]`.
fn attend(query: &[f32], heads: &[HeadMemory], bias: Option<&[f32]>, seen: &mut Vec<f32>) {
    let head_width = query.len() / heads.len();
    for (head, query) in query.chunks_exact(head_width).enumerate() {
        let memory = &heads[head];
        let mut weights = products(&memory.keys, query, head_width);
        if let Some(bias) = bias {
            let bias = &bias[head * weights.len()..];
            weights.iter_mut().zip(bias).for_each(|(score, bias)| *score += bias);
        }
        let largest = weights.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        weights.iter_mut().for_each(|weight| *weight = (*weight - largest).exp());
        let sum: f32 = weights.iter().sum();
        let start = seen.len();
        seen.resize(start + head_width, 0.0);
        for (weight, values) in weights.iter().zip(memory.values.chunks_exact(head_width)) {
            let weight = weight / sum;
            seen[start..].iter_mut().zip(values).for_each(|(seen, value)| *seen += weight * value);
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

/// `[rows, inputs]` to `[rows, outputs]`, each row as if it were alone.
fn forward(linear: &AdaptedLinear, input: &Tensor) -> CandleResult<Tensor> {
    tensor(project(linear, input)?, input.dim(0)?)
}

fn project(linear: &AdaptedLinear, input: &Tensor) -> CandleResult<Vec<f32>> {
    linear.forward_rows(&input.flatten_all()?.to_vec1::<f32>()?)
}

fn tensor(values: Vec<f32>, rows: usize) -> CandleResult<Tensor> {
    let width = values.len() / rows;
    Tensor::from_vec(values, (rows, width), &Device::Cpu)
}

//! The decoder of the Llama and Qwen families over quantised weights.
//!
//! Not here: batches (a row is answered alone) and gradients (nothing is trained).
//! Invariant: every tensor has the shape that the file's description implies, or the network is not made; so no later
//! step can go beyond one.
//!
//! Sources: Touvron et al. 2023, "LLaMA", section 2.2; Su et al. 2021, "RoFormer"; Ainslie et al. 2023, "GQA".

use std::io::{Read, Seek};

use candle_core::quantized::QMatMul;
use candle_core::quantized::gguf_file::TensorInfo;
use candle_core::{Device, Module, Tensor};
use rayon::prelude::*;

use super::ChatError;
use super::header::Header;
use super::shape::{Rotation, Shape};
use crate::error::WhileDoing;
use crate::vectors::inverse_root;
use crate::{Error, Result};

const ANSWERING: &str = "answering with a chat model";

/// `x · Wᵀ + b` over a quantised `W` of shape `[outputs, inputs]`.
#[derive(Debug, Clone)]
struct Linear {
    weight: QMatMul,
    bias: Option<Vec<f32>>,
    inputs: usize,
}

#[derive(Debug, Clone)]
struct Layer {
    attention_norm: Vec<f32>,
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    /// Of each head's width, where queries and keys are normalised.
    query_norm: Option<Vec<f32>>,
    key_norm: Option<Vec<f32>>,
    inner_norm: Vec<f32>,
    gate: Linear,
    up: Linear,
    down: Linear,
}

/// The weights of a chat model.
#[derive(Debug, Clone)]
pub(super) struct Network {
    shape: Shape,
    embedding: QMatMul,
    layers: Vec<Layer>,
    norm: Vec<f32>,
    head: Linear,
    /// For each pair of a head's values, the angle by which one position turns it.
    angles: Vec<f32>,
    /// Rows of the embedding.
    pub(super) vocabulary: usize,
}

/// Keys and values of what was read so far, for each layer, token after token.
#[derive(Debug, Clone)]
pub(super) struct Memory {
    keys: Vec<Vec<f32>>,
    values: Vec<Vec<f32>>,
    tokens: usize,
}

impl Memory {
    pub(super) fn of(shape: &Shape) -> Self {
        Self { keys: vec![Vec::new(); shape.layers], values: vec![Vec::new(); shape.layers], tokens: 0 }
    }
}

impl Network {
    /// Reads every tensor that the shape implies; others are left alone.
    pub(super) fn load(shape: Shape, header: &Header, reader: &mut (impl Read + Seek)) -> Result<Self> {
        let vocabulary = header
            .tensors
            .get("token_embd.weight")
            .and_then(|place| usize::try_from(*place.dimensions.first()?).ok())
            .ok_or_else(|| ChatError::NoTensor { name: "token_embd.weight".to_owned() })?;
        let mut tensors = Tensors { header, reader };
        let (width, inner, queries, keys) =
            (shape.width, shape.inner, shape.query_width(), shape.key_width());
        let embedding = tensors.matrix("token_embd.weight", vocabulary, width)?;
        let layers = (0..shape.layers).map(|layer| {
            let name = |part: &str| format!("blk.{layer}.{part}");
            let heads_norm = |part: &str, tensors: &mut Tensors<'_, _>| {
                shape.normalised_heads.then(|| tensors.vector(&name(part), shape.head_width)).transpose()
            };
            Ok(Layer {
                attention_norm: tensors.vector(&name("attn_norm.weight"), width)?,
                query: tensors.linear(&name("attn_q"), queries, width, shape.biases)?,
                key: tensors.linear(&name("attn_k"), keys, width, shape.biases)?,
                value: tensors.linear(&name("attn_v"), keys, width, shape.biases)?,
                output: tensors.linear(&name("attn_output"), width, queries, false)?,
                query_norm: heads_norm("attn_q_norm.weight", &mut tensors)?,
                key_norm: heads_norm("attn_k_norm.weight", &mut tensors)?,
                inner_norm: tensors.vector(&name("ffn_norm.weight"), width)?,
                gate: tensors.linear(&name("ffn_gate"), inner, width, false)?,
                up: tensors.linear(&name("ffn_up"), inner, width, false)?,
                down: tensors.linear(&name("ffn_down"), width, inner, false)?,
            })
        });
        let layers = layers.collect::<Result<Vec<_>>>()?;
        let norm = tensors.vector("output_norm.weight", width)?;
        // Without a head of its own the embedding serves as one.
        let head = if header.tensors.contains_key("output.weight") {
            tensors.linear("output", vocabulary, width, false)?
        } else {
            Linear { weight: embedding.clone(), bias: None, inputs: width }
        };
        let pairs = shape.head_width / 2;
        // Llama 3.1 and later stretch the slow rotations.
        let stretch = match header.tensors.contains_key("rope_freqs.weight") {
            true => tensors.vector("rope_freqs.weight", pairs)?,
            false => vec![1.0; pairs],
        };
        let angle = |(pair, stretch): (usize, &f32)| {
            shape.rotation_base.powf(-2.0 * pair as f32 / shape.head_width as f32) / stretch
        };
        let angles = stretch.iter().enumerate().map(angle).collect();
        Ok(Self { shape, embedding, layers, norm, head, angles, vocabulary })
    }

    pub(super) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Reads tokens after those in `memory`, and gives the logits `[tokens, vocabulary]` of what follows each of the
    /// last `wanted`.
    ///
    /// # Errors
    /// If a computation fails, for want of memory for example.
    pub(super) fn read(&self, tokens: &[u32], memory: &mut Memory, wanted: usize) -> Result<Vec<f32>> {
        let Shape { width, epsilon, .. } = self.shape;
        let ids = Tensor::new(tokens, &Device::Cpu).while_doing(ANSWERING)?;
        let mut rows = values(&self.embedding.embedding(&ids).while_doing(ANSWERING)?)?;
        let turns = self.turns(memory.tokens, tokens.len());
        for (layer, weights) in self.layers.iter().enumerate() {
            let normal = normalised(&rows, &weights.attention_norm, epsilon);
            let mixed = self.attend(weights, layer, &normal, &turns, memory)?;
            add(&mut rows, &weights.output.forward(&mixed)?);
            let normal = normalised(&rows, &weights.inner_norm, epsilon);
            let mut gated = weights.gate.forward(&normal)?;
            let up = weights.up.forward(&normal)?;
            // SwiGLU; Shazeer 2020, "GLU Variants Improve Transformer".
            gated.iter_mut().zip(&up).for_each(|(gate, up)| *gate *= up / (1.0 + (-*gate).exp()));
            add(&mut rows, &weights.down.forward(&gated)?);
        }
        memory.tokens += tokens.len();
        let last = &rows[rows.len() - wanted.min(tokens.len()) * width..];
        self.head.forward(&normalised(last, &self.norm, epsilon))
    }

    /// Cosine and sine for each of `count` positions from `first` on and each pair.
    fn turns(&self, first: usize, count: usize) -> Vec<(f32, f32)> {
        let positions = (first..first + count).flat_map(|position| {
            self.angles.iter().map(move |angle| {
                let (sine, cosine) = (position as f32 * angle).sin_cos();
                (cosine, sine)
            })
        });
        positions.collect()
    }

    /// `[tokens, width]` to what each head found, `[tokens, heads * head_width]`.
    fn attend(
        &self,
        weights: &Layer,
        layer: usize,
        normal: &[f32],
        turns: &[(f32, f32)],
        memory: &mut Memory,
    ) -> Result<Vec<f32>> {
        let Shape { heads, key_heads, head_width, epsilon, .. } = self.shape;
        let mut queries = weights.query.forward(normal)?;
        let mut keys = weights.key.forward(normal)?;
        if let Some(norm) = &weights.query_norm {
            queries = normalised(&queries, norm, epsilon);
        }
        if let Some(norm) = &weights.key_norm {
            keys = normalised(&keys, norm, epsilon);
        }
        self.turn(&mut queries, heads, turns);
        self.turn(&mut keys, key_heads, turns);
        memory.keys[layer].extend(keys);
        memory.values[layer].extend(weights.value.forward(normal)?);
        let (keys, values) = (&memory.keys[layer], &memory.values[layer]);
        let (before, key_width) = (memory.tokens, key_heads * head_width);
        let scale = (head_width as f32).sqrt().recip();
        let mut mixed = vec![0.0; queries.len()];
        mixed.par_chunks_mut(head_width).zip(queries.par_chunks(head_width)).enumerate().for_each(
            |(place, (mixed, query))| {
                let (row, head) = (place / heads, place % heads);
                let from = (head / (heads / key_heads)) * head_width;
                let seen = before + row + 1;
                let of = |all: &'_ [f32], token: usize| {
                    token * key_width + from..token * key_width + from + head_width.min(all.len())
                };
                let mut scores: Vec<f32> =
                    (0..seen).map(|token| scale * dot(query, &keys[of(keys, token)])).collect();
                softmax(&mut scores);
                for (token, weight) in scores.iter().enumerate() {
                    let value = &values[of(values, token)];
                    mixed.iter_mut().zip(value).for_each(|(mixed, value)| *mixed += weight * value);
                }
            },
        );
        Ok(mixed)
    }

    /// Turns each head of each token by its position.
    fn turn(&self, rows: &mut [f32], heads: usize, turns: &[(f32, f32)]) {
        let half = self.shape.head_width / 2;
        let tokens = rows.chunks_exact_mut(heads * self.shape.head_width).zip(turns.chunks_exact(half));
        for (token, turns) in tokens {
            for head in token.chunks_exact_mut(self.shape.head_width) {
                for (pair, (cosine, sine)) in turns.iter().enumerate() {
                    let (first, second) = match self.shape.rotation {
                        Rotation::Neighbours => (2 * pair, 2 * pair + 1),
                        Rotation::Halves => (pair, pair + half),
                    };
                    let (x, y) = (head[first], head[second]);
                    head[first] = x * cosine - y * sine;
                    head[second] = x * sine + y * cosine;
                }
            }
        }
    }
}

impl Linear {
    /// `[rows, inputs]` to `[rows, outputs]`.
    fn forward(&self, rows: &[f32]) -> Result<Vec<f32>> {
        let count = rows.len() / self.inputs;
        let product = Tensor::from_slice(rows, (count, self.inputs), &Device::Cpu)
            .and_then(|rows| self.weight.forward(&rows))
            .while_doing(ANSWERING)?;
        let mut product = values(&product)?;
        if let Some(bias) = &self.bias {
            product.chunks_exact_mut(bias.len()).for_each(|row| add(row, bias));
        }
        Ok(product)
    }
}

/// The tensors of a file, each of the shape that is expected.
struct Tensors<'h, R> {
    header: &'h Header,
    reader: &'h mut R,
}

impl<R: Read + Seek> Tensors<'_, R> {
    fn linear(&mut self, name: &str, outputs: usize, inputs: usize, biased: bool) -> Result<Linear> {
        let weight = self.matrix(&format!("{name}.weight"), outputs, inputs)?;
        let bias = biased.then(|| self.vector(&format!("{name}.bias"), outputs)).transpose()?;
        Ok(Linear { weight, bias, inputs })
    }

    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<QMatMul> {
        let tensor = self.read(name, &[rows, columns])?;
        QMatMul::from_qtensor(tensor).while_doing("placing a chat model's weights")
    }

    fn vector(&mut self, name: &str, length: usize) -> Result<Vec<f32>> {
        let tensor = self.read(name, &[length])?;
        let vector = tensor.dequantize(&Device::Cpu).while_doing("placing a chat model's weights")?;
        values(&vector)
    }

    fn read(&mut self, name: &str, shape: &[usize]) -> Result<candle_core::quantized::QTensor> {
        let place = self.header.tensors.get(name);
        let place = place.ok_or_else(|| ChatError::NoTensor { name: name.to_owned() })?;
        if !place.dimensions.iter().copied().eq(shape.iter().map(|dimension| *dimension as u64)) {
            let (found, expected) = (place.dimensions.clone(), shape.to_vec());
            return Err(ChatError::TensorShape { name: name.to_owned(), found, expected }.into());
        }
        let unread = || ChatError::TensorKind { name: name.to_owned(), found: place.kind };
        let info = TensorInfo {
            ggml_dtype: place.dtype().ok_or_else(unread)?,
            shape: shape.to_vec().into(),
            offset: place.offset,
        };
        let read = info.read(self.reader, self.header.data, &Device::Cpu);
        read.map_err(|source| Error::Computation {
            doing: "reading a chat model's weights",
            source: source.into(),
        })
    }
}

fn values(tensor: &Tensor) -> Result<Vec<f32>> {
    tensor.flatten_all().and_then(|flat| flat.to_vec1()).while_doing(ANSWERING)
}

/// Each row of the weight's width, divided by the root of its mean square.
fn normalised(rows: &[f32], weight: &[f32], epsilon: f32) -> Vec<f32> {
    let mut normal = rows.to_vec();
    for row in normal.chunks_exact_mut(weight.len()) {
        let mean_square = row.iter().map(|value| value * value).sum::<f32>() / row.len() as f32;
        let scale = inverse_root(mean_square, epsilon);
        row.iter_mut().zip(weight).for_each(|(value, weight)| *value *= scale * weight);
    }
    normal
}

fn add(to: &mut [f32], other: &[f32]) {
    to.iter_mut().zip(other).for_each(|(to, other)| *to += other);
}

fn dot(left: &[f32], right: &[f32]) -> f32 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

fn softmax(scores: &mut [f32]) {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    scores.iter_mut().for_each(|score| *score = (*score - largest).exp());
    let sum: f32 = scores.iter().sum();
    scores.iter_mut().for_each(|score| *score /= sum);
}

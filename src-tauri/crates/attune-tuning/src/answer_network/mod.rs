//! The network that answers: the encoder reads a prompt once, the decoder one token of many sequences at a time.
//!
//! The mathematics of [`Network`], over weights that are packed once for it, in f32, bf16 or int8: those that share their
//! input are one product, keys and values are kept, and what an adapter adds comes to the frozen product in f32, so that
//! any number of adapters are at work on one base.
//! In f32 it is held by tests to the readable network; in int8 a weight has a scale for each output and a row of
//! activations one of its own, and the loss that costs is held to a limit.
//! Not here: which token comes next and who is answered when (`generation`); dropout, gradients (`packed`, `autograd`).
//! Invariants: the logits of a sequence are the same bits whatever else is decoded with it, and however many threads
//! share the work; after the first steps nothing is allocated for a token but its logits and, now and then, room for
//! more of them.

mod attention;
mod decoder;
mod encoder;
mod likelihood;
mod memory;
mod products;
mod rows;
#[cfg(test)]
mod tests;
mod weights;

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

pub use likelihood::answer_log_likelihoods;
pub(crate) use memory::{Sequence, SourceMemory};
use products::{Adapted, Products};
use weights::PackedLayers;

use crate::network::{Embedding, Network, Product, RelativeBias};
use crate::weights::Weights;
use crate::{Architecture, ReadyAdapter, Result};

/// What weights are kept in and products computed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbers {
    F32,
    Bf16,
    Int8,
}

impl Numbers {
    pub(crate) const ALL: [Self; 3] = [Self::F32, Self::Bf16, Self::Int8];
}

/// The weights of a base, packed for answers.
#[derive(Debug)]
pub(crate) struct AnswerNetwork {
    packed: PackedLayers,
    embedding: Embedding,
    encoder_bias: RelativeBias,
    /// Whether keys and values are kept in f32.
    is_wide: bool,
    width: usize,
    vocabulary: usize,
    /// Of all heads together.
    inner: usize,
    heads: usize,
    /// Those that no thread works with just now.
    workspaces: Mutex<Vec<(Vec<f32>, Workspace)>>,
}

/// What one thread computes with; its memory is kept.
#[derive(Debug)]
struct Workspace {
    products: Products,
    adapted: Adapted,
    normed: Vec<f32>,
    /// What comes out of a stack.
    wide: Vec<f32>,
    /// What attention takes from values, and the inner values of a feed-forward part.
    taken: Vec<f32>,
    scores: Vec<f32>,
}

impl AnswerNetwork {
    /// Reads the products and packs them.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(crate) fn read_from(
        weights: &Weights,
        network: &Network<Product>,
        architecture: &Architecture,
        numbers: Numbers,
    ) -> Result<Self> {
        Ok(Self {
            packed: PackedLayers::read(network, architecture, weights, numbers)?,
            embedding: network.embedding.clone(),
            encoder_bias: network.encoder_bias.clone(),
            is_wide: numbers == Numbers::F32,
            width: architecture.width,
            vocabulary: architecture.vocabulary,
            inner: architecture.attention_width(),
            heads: architecture.heads,
            workspaces: Mutex::default(),
        })
    }

    /// The encoder's reading of a source, with an adapter or without.
    ///
    /// # Errors
    /// [`Error::TokenOutsideVocabulary`](crate::Error::TokenOutsideVocabulary) if a token has no embedding, or if it
    /// cannot be read from the file.
    pub(crate) fn read_source(&self, adapter: Option<&ReadyAdapter>, tokens: &[u32]) -> Result<SourceMemory> {
        self.with_workspace(|_, workspace| self.read(adapter, tokens, workspace))
    }

    /// Reads one more token of each sequence, of which each may have read another number of them and have an adapter of
    /// its own; logits of shape `[sequences, vocabulary]`, row-major, for what follows it. They lie in the memory that is
    /// given, which grows where it is too short.
    ///
    /// # Errors
    /// [`Error::TokenOutsideVocabulary`](crate::Error::TokenOutsideVocabulary) if a token has no embedding, or if it
    /// cannot be read from the file.
    ///
    /// # Panics
    /// If there are not as many tokens as sequences, which is a fault of the caller.
    pub(crate) fn decode_next<'l>(
        &self,
        tokens: &[u32],
        sequences: &mut [&mut Sequence],
        logits: &'l mut Vec<f32>,
    ) -> Result<&'l mut [f32]> {
        assert_eq!(tokens.len(), sequences.len(), "tokens of sequences");
        let length = tokens.len() * self.vocabulary;
        if logits.len() < length {
            logits.resize(length, 0.0);
        }
        let logits = &mut logits[..length];
        let threads = threads(tokens.len());
        let share = tokens.len().div_ceil(threads).max(1);
        let step = |tokens: &[u32], sequences: &mut [&mut Sequence], logits: &mut [f32]| {
            self.with_workspace(|state, workspace| self.step(tokens, sequences, logits, state, workspace))
        };
        if threads == 1 {
            let mut alone = || step(tokens, sequences, logits);
            let shares_products = self.packed.store.wide.len() >= LARGE;
            if shares_products { rayon::scope(|_| alone()) } else { alone() }?;
            return Ok(logits);
        }
        tokens
            .par_chunks(share)
            .zip(sequences.par_chunks_mut(share))
            .zip(logits.par_chunks_mut(share * self.vocabulary))
            .try_for_each(|((tokens, sequences), logits)| step(tokens, sequences, logits))?;
        Ok(logits)
    }

    /// Appends the embeddings of tokens.
    fn embed(&self, tokens: &[u32], rows: &mut Vec<f32>) -> Result<()> {
        self.embedding.fetch(tokens)?;
        for &token in tokens {
            rows.extend_from_slice(self.embedding.row(token).unwrap_or_default());
        }
        Ok(())
    }

    /// Works with the memory that a thread left, or with new one.
    fn with_workspace<T>(&self, work: impl FnOnce(&mut Vec<f32>, &mut Workspace) -> T) -> T {
        let left = || self.workspaces.lock().unwrap_or_else(PoisonError::into_inner);
        let found = left().pop();
        let (mut state, mut workspace) = found.unwrap_or_else(|| (Vec::new(), Workspace::new()));
        let result = work(&mut state, &mut workspace);
        left().push((state, workspace));
        result
    }
}

impl Workspace {
    fn new() -> Self {
        Self {
            products: Products::new(),
            adapted: Adapted::default(),
            normed: Vec::new(),
            wide: Vec::new(),
            taken: Vec::new(),
            scores: Vec::new(),
        }
    }
}

/// Values in f32 from which threads share the products of a lone sequence (`rows`): calling them takes a tenth of a
/// millisecond, and a token reads a good half of all values.
const LARGE: usize = 1 << 24;

/// How many threads share the sequences of a step, each of which reads all weights for its own.
///
/// Two are faster than one from two sequences on, in all numbers (`bench --threads`). Further ones share the same way to
/// memory, so each of these is to have more than one sequence; on more than two cores nothing was measured.
fn threads(sequences: usize) -> usize {
    let wanted = (sequences / 2).max(sequences.min(2));
    rayon::current_num_threads().min(wanted).max(1)
}

//! The base model: frozen weights, their tokenizer and the network over them.
//!
//! Not here: where the files come from, their hashes, and how long a model stays in memory (the engine's).
//! Invariant: nothing changes a base model after it was read; adapters are passed in beside it.

use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::kernels::{Kernels, Panels};
use crate::network::Network;
use crate::packed::packed;
use crate::weights::Weights;
use crate::{Architecture, Result, Tokenizer};

/// The three files of a base model's folder, as bytes.
#[derive(Debug, Clone, Copy)]
pub struct BaseModelFiles<'a> {
    /// `config.json`.
    pub config: &'a [u8],
    /// `model.safetensors`.
    pub weights: &'a [u8],
    /// `tokenizer.json`.
    pub tokenizer: &'a [u8],
}

/// A T5 v1.1 with frozen weights, in f32. Share it in an `Arc`: it is never changed.
pub struct BaseModel {
    architecture: Architecture,
    tokenizer: Tokenizer,
    network: Network,
    parameters: usize,
    /// Packed when a pass needs them first.
    panels: OnceLock<Arc<Panels<f32>>>,
    #[cfg(test)]
    weights: Weights,
}

impl BaseModel {
    /// Reads a base model. Weights may be stored as F32, F16 or BF16.
    ///
    /// # Errors
    /// Names what does not fit: a configuration other than T5 v1.1, a damaged file, a missing tensor, a wrong
    /// shape or type, or a tokenizer whose tokens reach beyond the embedding.
    pub fn from_bytes(files: BaseModelFiles<'_>) -> Result<Self> {
        let architecture = Architecture::from_config(files.config)?;
        let tokenizer = Tokenizer::from_json(files.tokenizer, &architecture)?;
        let weights = Weights::from_safetensors(files.weights)?;
        Ok(Self {
            network: Network::new(&architecture, &weights)?,
            parameters: weights.parameters(),
            panels: OnceLock::new(),
            architecture,
            tokenizer,
            #[cfg(test)]
            weights,
        })
    }

    /// The network's dimensions.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// The tokenizer the weights were trained with.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// How many values the weights hold together.
    pub fn parameters(&self) -> usize {
        self.parameters
    }

    pub(crate) fn network(&self) -> &Network {
        &self.network
    }

    /// The weights of all products, the head being the last, in f32; packed once for all passes.
    pub(crate) fn panels(&self, kernels: Kernels) -> Result<Arc<Panels<f32>>> {
        if let Some(panels) = self.panels.get() {
            return Ok(Arc::clone(panels));
        }
        let panels = Arc::new(packed(self, kernels.f32)?);
        Ok(Arc::clone(self.panels.get_or_init(|| panels)))
    }

    #[cfg(test)]
    pub(crate) fn weights(&self) -> &Weights {
        &self.weights
    }
}

impl fmt::Debug for BaseModel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("BaseModel")
            .field("architecture", &self.architecture)
            .field("parameters", &self.parameters)
            .finish_non_exhaustive()
    }
}

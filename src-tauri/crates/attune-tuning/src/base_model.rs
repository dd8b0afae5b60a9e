//! The base model: frozen weights, their tokenizer and the network over them.
//!
//! The products of the network stay in their file until somebody computes with them, and are then kept in the layout
//! that is computed with: each layout is made once, when it is first wanted.
//! Not here: where the files come from, their hashes, and how long a model stays in memory (the engine's).
//! Invariant: nothing changes a base model after it was read; adapters are passed in beside it.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use half::bf16;

use crate::answer_network::{AnswerNetwork, Numbers};
use crate::kernels::{Blocked, Kernels, Panels};
use crate::network::{Embedding, Network, Product, ReadableNetwork};
use crate::weights::{Weights, WeightsFile};
use crate::{Architecture, Result, Tokenizer};

/// The three files of a base model's folder.
pub struct BaseModelFiles<'a> {
    /// `config.json`.
    pub config: &'a [u8],
    /// `model.safetensors`. It is read again whenever a layout of the weights is made that was not wanted before.
    pub weights: Arc<dyn WeightsFile>,
    /// `tokenizer.json`.
    pub tokenizer: &'a [u8],
}

/// A T5 v1.1 with frozen weights. Share it in an `Arc`: it is never changed.
pub struct BaseModel {
    architecture: Architecture,
    tokenizer: Arc<Tokenizer>,
    weights: Weights,
    network: Network<Product>,
    readable: Kept<ReadableNetwork>,
    in_f32: Kept<Panels<f32>>,
    in_bf16: Kept<Panels<bf16>>,
    answering: [Kept<AnswerNetwork>; 3],
}

/// A layout of the weights, made when it is first wanted.
struct Kept<T> {
    value: OnceLock<T>,
    making: Mutex<()>,
}

impl<T> Kept<T> {
    fn nothing() -> Self {
        Self { value: OnceLock::new(), making: Mutex::new(()) }
    }

    /// Two who want it at once have it made once.
    fn get_or_make(&self, make: impl FnOnce() -> Result<T>) -> Result<&T> {
        if let Some(value) = self.value.get() {
            return Ok(value);
        }
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = self.value.get() {
            return Ok(value);
        }
        let made = make()?;
        Ok(self.value.get_or_init(|| made))
    }
}

impl BaseModel {
    /// Reads a base model. Weights may be stored as F32, F16 or BF16.
    ///
    /// # Errors
    /// Names what does not fit: a configuration other than T5 v1.1, a damaged file, a missing tensor, a wrong
    /// shape or type, a value that is no finite number, or a tokenizer whose tokens reach beyond the embedding.
    pub fn open(files: BaseModelFiles<'_>) -> Result<Self> {
        let architecture = Architecture::from_config(files.config)?;
        let tokenizer = Tokenizer::from_json(files.tokenizer, &architecture)?;
        let weights = Weights::open(files.weights)?;
        Ok(Self {
            network: Network::read(&architecture, &weights)?,
            architecture,
            tokenizer: Arc::new(tokenizer),
            weights,
            readable: Kept::nothing(),
            in_f32: Kept::nothing(),
            in_bf16: Kept::nothing(),
            answering: [(); 3].map(|()| Kept::nothing()),
        })
    }

    /// The same base without what was packed for others: whatever is packed for this one goes with it.
    pub(crate) fn apart(&self) -> Self {
        Self {
            architecture: self.architecture.clone(),
            tokenizer: Arc::clone(&self.tokenizer),
            weights: self.weights.clone(),
            network: self.network.clone(),
            readable: Kept::nothing(),
            in_f32: Kept::nothing(),
            in_bf16: Kept::nothing(),
            answering: [(); 3].map(|()| Kept::nothing()),
        }
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
        self.weights.parameters()
    }

    /// The network, its products by name.
    pub(crate) fn network(&self) -> &Network<Product> {
        &self.network
    }

    /// A row for each token.
    pub(crate) fn embedding(&self) -> &Embedding {
        &self.network.embedding
    }

    /// The network over candle's tensors.
    ///
    /// # Errors
    /// If the file cannot be read any more, as in the layouts that follow.
    pub(crate) fn readable(&self) -> Result<&ReadableNetwork> {
        self.readable.get_or_make(|| ReadableNetwork::new(&self.network, &self.weights))
    }

    /// The products in f32, in blocks; all kernels pack the same.
    pub(crate) fn in_f32(&self, kernels: Kernels) -> Result<&Panels<f32>> {
        self.in_f32.get_or_make(|| self.packed(kernels.f32))
    }

    /// The products in bf16, in blocks; all kernels pack the same.
    pub(crate) fn in_bf16(&self, kernels: Kernels) -> Result<&Panels<bf16>> {
        self.in_bf16.get_or_make(|| self.packed(kernels.bf16))
    }

    fn packed<V: Blocked>(&self, kernel: V::Kernel) -> Result<Panels<V>> {
        let mut panels = Panels::with_room_for(self.network.products().map(Product::shape));
        let mut values = Vec::new();
        for product in self.network.products() {
            values.clear();
            product.read_after(&self.weights, &mut values)?;
            panels.push(kernel, &values, product.inputs);
        }
        Ok(panels)
    }

    /// The network that answers, in these numbers.
    pub(crate) fn answering(&self, numbers: Numbers) -> Result<&AnswerNetwork> {
        let [in_f32, in_bf16, in_int8] = &self.answering;
        let kept = match numbers {
            Numbers::F32 => in_f32,
            Numbers::Bf16 => in_bf16,
            Numbers::Int8 => in_int8,
        };
        kept.get_or_make(|| {
            AnswerNetwork::read_from(&self.weights, &self.network, &self.architecture, numbers)
        })
    }
}

impl fmt::Debug for BaseModelFiles<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("BaseModelFiles")
            .field("weights", &self.weights.size())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for BaseModel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("BaseModel")
            .field("architecture", &self.architecture)
            .field("parameters", &self.parameters())
            .finish_non_exhaustive()
    }
}

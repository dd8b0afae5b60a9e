//! What a T5 v1.1 network is made of, whatever its frozen products are held as.
//!
//! Embeddings are looked up row by row, norms and tables of positions are small, and both the same for everybody. The products
//! are large: candle's tensors for the readable pass, packed blocks elsewhere. So the network is generic over them, and
//! is read once from the names and shapes in the file ([`Product`]) before anybody holds a value of theirs.
//! Not here: what is computed.
//! Invariant: products are met in one order everywhere: the encoder layer by layer, the decoder, and the head last.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::frozen::FrozenRmsNorm;
use super::position::{Direction, RelativeBias};
use crate::weights::Weights;
use crate::{Architecture, Error, Result};

/// A T5 v1.1 whose frozen products are held as `L`.
#[derive(Debug, Clone)]
pub(crate) struct Network<L> {
    pub(crate) embedding: Embedding,
    pub(crate) encoder: Vec<EncoderLayer<L>>,
    pub(crate) encoder_bias: RelativeBias,
    pub(crate) encoder_norm: FrozenRmsNorm,
    pub(crate) decoder: Vec<DecoderLayer<L>>,
    pub(crate) decoder_bias: RelativeBias,
    pub(crate) decoder_norm: FrozenRmsNorm,
    pub(crate) head: L,
}

#[derive(Debug, Clone)]
pub(crate) struct EncoderLayer<L> {
    pub(crate) attention_norm: FrozenRmsNorm,
    pub(crate) attention: Attention<L>,
    pub(crate) feed_forward: FeedForward<L>,
}

#[derive(Debug, Clone)]
pub(crate) struct DecoderLayer<L> {
    pub(crate) attention_norm: FrozenRmsNorm,
    pub(crate) attention: Attention<L>,
    pub(crate) cross_attention_norm: FrozenRmsNorm,
    pub(crate) cross_attention: Attention<L>,
    pub(crate) feed_forward: FeedForward<L>,
}

#[derive(Debug, Clone)]
pub(crate) struct Attention<L> {
    pub(crate) query: L,
    pub(crate) key: L,
    pub(crate) value: L,
    pub(crate) output: L,
    pub(crate) heads: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct FeedForward<L> {
    pub(crate) norm: FrozenRmsNorm,
    pub(crate) gate: L,
    pub(crate) up: L,
    pub(crate) down: L,
}

/// A frozen product that is still in the file.
#[derive(Debug, Clone)]
pub(crate) struct Product {
    /// The module's name in transformers, such as `encoder.block.0.layer.0.SelfAttention.q`.
    pub(crate) name: Arc<str>,
    pub(crate) outputs: usize,
    pub(crate) inputs: usize,
    /// How many are met before it.
    pub(crate) number: usize,
}

/// A row for each token of the vocabulary, in memory once it was asked for: a dataset has few of all tokens.
#[derive(Clone)]
pub(crate) struct Embedding {
    weights: Weights,
    rows: Arc<[OnceLock<Box<[f32]>>]>,
    width: usize,
}

impl Embedding {
    const TENSOR: &str = "shared.weight";

    fn new(weights: &Weights, vocabulary: usize, width: usize) -> Result<Self> {
        weights.require(Self::TENSOR, &[vocabulary, width])?;
        let rows = std::iter::repeat_with(OnceLock::new).take(vocabulary).collect();
        Ok(Self { weights: weights.clone(), rows, width })
    }

    /// Brings the rows of these tokens into memory.
    ///
    /// # Errors
    /// [`Error::TokenOutsideVocabulary`] with the first token that has none, [`Error::WeightsNotRead`] if the file
    /// cannot be read any more.
    pub(crate) fn fetch(&self, tokens: &[u32]) -> Result<()> {
        for &token in tokens {
            let vocabulary = self.rows.len();
            let row = self.rows.get(token as usize);
            let row = row.ok_or(Error::TokenOutsideVocabulary { token, vocabulary })?;
            if row.get().is_none() {
                let first = token as usize * self.width;
                let values = self.weights.read_part(Self::TENSOR, first..first + self.width)?;
                // Somebody else may have read the same meanwhile.
                let _ = row.set(values.into_boxed_slice());
            }
        }
        Ok(())
    }

    /// The row of a token that was fetched.
    pub(crate) fn row(&self, token: u32) -> Option<&[f32]> {
        self.rows.get(token as usize)?.get().map(|row| &row[..])
    }

    /// The rows of these tokens, one after the other.
    ///
    /// # Errors
    /// As [`Self::fetch`].
    pub(crate) fn rows(&self, tokens: &[u32]) -> Result<Vec<f32>> {
        self.fetch(tokens)?;
        Ok(tokens.iter().filter_map(|token| self.row(*token)).flatten().copied().collect())
    }
}

impl fmt::Debug for Embedding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Embedding").field("width", &self.width).finish_non_exhaustive()
    }
}

impl Product {
    /// Its values, `[outputs, inputs]`, row-major, out of the file.
    pub(crate) fn read(&self, weights: &Weights) -> Result<Vec<f32>> {
        weights.read(&self.tensor(), &self.shape())
    }

    /// As [`Self::read`], behind what is in `values` already.
    pub(crate) fn read_after(&self, weights: &Weights, values: &mut Vec<f32>) -> Result<()> {
        weights.read_after(&self.tensor(), &self.shape(), values)
    }

    /// `[outputs, inputs]`.
    pub(crate) fn shape(&self) -> [usize; 2] {
        [self.outputs, self.inputs]
    }

    fn tensor(&self) -> String {
        format!("{}.weight", self.name)
    }
}

impl Network<Product> {
    /// Takes the tensors it needs, by the names transformers gives them; the products stay in the file.
    ///
    /// # Errors
    /// The first tensor that is missing or of another shape.
    pub(crate) fn read(architecture: &Architecture, weights: &Weights) -> Result<Self> {
        let (width, vocabulary) = (architecture.width, architecture.vocabulary);
        let mut read = Reader { architecture, weights, met: 0 };
        Ok(Self {
            embedding: Embedding::new(weights, vocabulary, width)?,
            encoder: (0..architecture.encoder_layers)
                .map(|layer| read.encoder_layer(layer))
                .collect::<Result<_>>()?,
            encoder_bias: read.relative_bias("encoder", Direction::Both)?,
            encoder_norm: read.norm("encoder.final_layer_norm")?,
            decoder: (0..architecture.decoder_layers)
                .map(|layer| read.decoder_layer(layer))
                .collect::<Result<_>>()?,
            decoder_bias: read.relative_bias("decoder", Direction::Backward)?,
            decoder_norm: read.norm("decoder.final_layer_norm")?,
            head: read.product("lm_head", vocabulary, width)?,
        })
    }
}

impl<L> Network<L> {
    /// The products an adapter can add to: all but the head.
    pub(crate) fn linears(&self) -> impl Iterator<Item = &L> + Clone {
        let encoder = self
            .encoder
            .iter()
            .flat_map(|layer| layer.attention.linears().into_iter().chain(layer.feed_forward.linears()));
        let decoder = self.decoder.iter().flat_map(|layer| {
            let own = layer.attention.linears().into_iter();
            own.chain(layer.cross_attention.linears()).chain(layer.feed_forward.linears())
        });
        encoder.chain(decoder)
    }

    /// As [`Self::linears`], to change them.
    pub(crate) fn linears_mut(&mut self) -> impl Iterator<Item = &mut L> {
        let encoder = self.encoder.iter_mut().flat_map(|layer| {
            layer.attention.linears_mut().into_iter().chain(layer.feed_forward.linears_mut())
        });
        let decoder = self.decoder.iter_mut().flat_map(|layer| {
            let own = layer.attention.linears_mut().into_iter();
            own.chain(layer.cross_attention.linears_mut()).chain(layer.feed_forward.linears_mut())
        });
        encoder.chain(decoder)
    }

    /// All products, the head last.
    pub(crate) fn products(&self) -> impl Iterator<Item = &L> + Clone {
        self.linears().chain([&self.head])
    }

    /// The same network with its products held in another way; they are asked for in their order.
    pub(crate) fn hold<M>(&self, mut with: impl FnMut(&L) -> Result<M>) -> Result<Network<M>> {
        let encoder = self.encoder.iter().map(|layer| {
            Ok(EncoderLayer {
                attention_norm: layer.attention_norm.clone(),
                attention: layer.attention.hold(&mut with)?,
                feed_forward: layer.feed_forward.hold(&mut with)?,
            })
        });
        let encoder = encoder.collect::<Result<_>>()?;
        let decoder = self.decoder.iter().map(|layer| {
            Ok(DecoderLayer {
                attention_norm: layer.attention_norm.clone(),
                attention: layer.attention.hold(&mut with)?,
                cross_attention_norm: layer.cross_attention_norm.clone(),
                cross_attention: layer.cross_attention.hold(&mut with)?,
                feed_forward: layer.feed_forward.hold(&mut with)?,
            })
        });
        Ok(Network {
            embedding: self.embedding.clone(),
            encoder,
            encoder_bias: self.encoder_bias.clone(),
            encoder_norm: self.encoder_norm.clone(),
            decoder: decoder.collect::<Result<_>>()?,
            decoder_bias: self.decoder_bias.clone(),
            decoder_norm: self.decoder_norm.clone(),
            head: with(&self.head)?,
        })
    }
}

impl<L> Attention<L> {
    /// Its products, in the order q, k, v, o.
    fn linears(&self) -> [&L; 4] {
        [&self.query, &self.key, &self.value, &self.output]
    }

    /// As [`Self::linears`], to change them.
    fn linears_mut(&mut self) -> [&mut L; 4] {
        [&mut self.query, &mut self.key, &mut self.value, &mut self.output]
    }

    fn hold<M>(&self, with: &mut impl FnMut(&L) -> Result<M>) -> Result<Attention<M>> {
        Ok(Attention {
            query: with(&self.query)?,
            key: with(&self.key)?,
            value: with(&self.value)?,
            output: with(&self.output)?,
            heads: self.heads,
        })
    }
}

impl<L> FeedForward<L> {
    /// Its products, in the order wi_0, wi_1, wo.
    fn linears(&self) -> [&L; 3] {
        [&self.gate, &self.up, &self.down]
    }

    /// As [`Self::linears`], to change them.
    fn linears_mut(&mut self) -> [&mut L; 3] {
        [&mut self.gate, &mut self.up, &mut self.down]
    }

    fn hold<M>(&self, with: &mut impl FnMut(&L) -> Result<M>) -> Result<FeedForward<M>> {
        let norm = self.norm.clone();
        Ok(FeedForward { norm, gate: with(&self.gate)?, up: with(&self.up)?, down: with(&self.down)? })
    }
}

/// Finds a network's tensors by name and checks their shapes.
struct Reader<'a> {
    architecture: &'a Architecture,
    weights: &'a Weights,
    /// Products so far.
    met: usize,
}

impl Reader<'_> {
    fn encoder_layer(&mut self, layer: usize) -> Result<EncoderLayer<Product>> {
        let name = format!("encoder.block.{layer}.layer");
        Ok(EncoderLayer {
            attention_norm: self.norm(&format!("{name}.0.layer_norm"))?,
            attention: self.attention(&format!("{name}.0.SelfAttention"))?,
            feed_forward: self.feed_forward(&format!("{name}.1"))?,
        })
    }

    fn decoder_layer(&mut self, layer: usize) -> Result<DecoderLayer<Product>> {
        let name = format!("decoder.block.{layer}.layer");
        Ok(DecoderLayer {
            attention_norm: self.norm(&format!("{name}.0.layer_norm"))?,
            attention: self.attention(&format!("{name}.0.SelfAttention"))?,
            cross_attention_norm: self.norm(&format!("{name}.1.layer_norm"))?,
            cross_attention: self.attention(&format!("{name}.1.EncDecAttention"))?,
            feed_forward: self.feed_forward(&format!("{name}.2"))?,
        })
    }

    fn attention(&mut self, name: &str) -> Result<Attention<Product>> {
        let (width, inner) = (self.architecture.width, self.architecture.attention_width());
        Ok(Attention {
            query: self.product(&format!("{name}.q"), inner, width)?,
            key: self.product(&format!("{name}.k"), inner, width)?,
            value: self.product(&format!("{name}.v"), inner, width)?,
            output: self.product(&format!("{name}.o"), width, inner)?,
            heads: self.architecture.heads,
        })
    }

    fn feed_forward(&mut self, name: &str) -> Result<FeedForward<Product>> {
        let (width, inner) = (self.architecture.width, self.architecture.feed_forward_width);
        Ok(FeedForward {
            norm: self.norm(&format!("{name}.layer_norm"))?,
            gate: self.product(&format!("{name}.DenseReluDense.wi_0"), inner, width)?,
            up: self.product(&format!("{name}.DenseReluDense.wi_1"), inner, width)?,
            down: self.product(&format!("{name}.DenseReluDense.wo"), width, inner)?,
        })
    }

    fn relative_bias(&self, stack: &str, direction: Direction) -> Result<RelativeBias> {
        let name = format!("{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight");
        let (buckets, heads) = (self.architecture.position_buckets, self.architecture.heads);
        let table = self.weights.read(&name, &[buckets, heads])?;
        Ok(RelativeBias::new(&table, heads, direction, self.architecture.position_max_distance))
    }

    fn product(&mut self, name: &str, outputs: usize, inputs: usize) -> Result<Product> {
        let product = Product { name: name.into(), outputs, inputs, number: self.met };
        self.weights.require(&product.tensor(), &product.shape())?;
        self.met += 1;
        Ok(product)
    }

    fn norm(&self, name: &str) -> Result<FrozenRmsNorm> {
        let weight = self.weights.read(&format!("{name}.weight"), &[self.architecture.width])?;
        Ok(FrozenRmsNorm::new(weight, self.architecture.norm_epsilon))
    }
}

//! The shape of a T5 v1.1 network, read from `config.json`.
//!
//! Not here: the weights themselves (`weights`). Refuses rather than guesses: T5 1.0 (ReLU, tied head),
//! UL2 variants and mT5-like changes load without an error elsewhere and then answer wrongly.

use serde::Deserialize;

use crate::{Error, Result};

/// The dimensions of a T5 v1.1 network.
///
/// Source: Raffel et al. 2020, "Exploring the Limits of Transfer Learning", and the v1.1 release notes
/// (gated GELU, output head of its own, no scaling of attention scores).
#[derive(Debug, Clone, PartialEq)]
pub struct Architecture {
    /// Width of the embeddings and of the residual stream (`d_model`).
    pub width: usize,
    /// Width of one attention head (`d_kv`).
    pub head_width: usize,
    /// Heads in every attention (`num_heads`).
    pub heads: usize,
    /// Width of the feed-forward part (`d_ff`).
    pub feed_forward_width: usize,
    /// Encoder layers.
    pub encoder_layers: usize,
    /// Decoder layers.
    pub decoder_layers: usize,
    /// Rows of the embedding and of the output head.
    pub vocabulary: usize,
    /// Relative position buckets of each stack.
    pub position_buckets: usize,
    /// Distance from which all positions share the last bucket.
    pub position_max_distance: usize,
    /// Added to the mean square before the root of each normalisation.
    pub norm_epsilon: f32,
    /// The token that ends a sequence.
    pub end_of_sequence: u32,
    /// The token the decoder starts from.
    pub decoder_start: u32,
}

#[derive(Deserialize)]
struct ConfigFile {
    model_type: Option<String>,
    d_model: usize,
    d_kv: usize,
    d_ff: usize,
    num_heads: usize,
    num_layers: usize,
    num_decoder_layers: Option<usize>,
    vocab_size: usize,
    #[serde(default = "default_buckets")]
    relative_attention_num_buckets: usize,
    #[serde(default = "default_max_distance")]
    relative_attention_max_distance: usize,
    #[serde(default = "default_epsilon")]
    layer_norm_epsilon: f32,
    feed_forward_proj: Option<String>,
    tie_word_embeddings: Option<bool>,
    scale_decoder_outputs: Option<bool>,
    #[serde(default = "default_end_of_sequence")]
    eos_token_id: u32,
    #[serde(default)]
    pad_token_id: u32,
    decoder_start_token_id: Option<u32>,
}

fn default_buckets() -> usize {
    32
}

fn default_max_distance() -> usize {
    128
}

fn default_epsilon() -> f32 {
    1e-6
}

fn default_end_of_sequence() -> u32 {
    1
}

impl Architecture {
    /// Reads `config.json`; values it leaves out take the defaults of transformers' `T5Config`.
    ///
    /// # Errors
    /// [`Error::ConfigUnreadable`] if it is not JSON of a T5, [`Error::UnsupportedArchitecture`] if it
    /// describes anything but a T5 v1.1 with an output head of its own.
    pub fn from_config(config: &[u8]) -> Result<Self> {
        let file: ConfigFile =
            serde_json::from_slice(config).map_err(|source| Error::ConfigUnreadable { source })?;
        file.refuse_other_models()?;
        let architecture = Self {
            width: file.d_model,
            head_width: file.d_kv,
            heads: file.num_heads,
            feed_forward_width: file.d_ff,
            encoder_layers: file.num_layers,
            decoder_layers: file.num_decoder_layers.unwrap_or(file.num_layers),
            vocabulary: file.vocab_size,
            position_buckets: file.relative_attention_num_buckets,
            position_max_distance: file.relative_attention_max_distance,
            norm_epsilon: file.layer_norm_epsilon,
            end_of_sequence: file.eos_token_id,
            decoder_start: file.decoder_start_token_id.unwrap_or(file.pad_token_id),
        };
        architecture.refuse_impossible_sizes()?;
        Ok(architecture)
    }

    /// Width of all heads of an attention together.
    pub(crate) fn attention_width(&self) -> usize {
        self.heads * self.head_width
    }

    fn refuse_impossible_sizes(&self) -> Result<()> {
        let sizes = [
            ("d_model", self.width),
            ("d_kv", self.head_width),
            ("num_heads", self.heads),
            ("d_ff", self.feed_forward_width),
            ("num_layers", self.encoder_layers),
            ("num_decoder_layers", self.decoder_layers),
            ("vocab_size", self.vocabulary),
        ];
        if let Some((field, found)) = sizes.into_iter().find(|(_, size)| *size == 0) {
            return Err(unsupported(field, found, "more than 0"));
        }
        // A quarter of the buckets holds exact distances in the encoder; the rest divides by its logarithm.
        if self.position_buckets < 4 || !self.position_buckets.is_multiple_of(2) {
            let field = "relative_attention_num_buckets";
            return Err(unsupported(field, self.position_buckets, "an even number from 4"));
        }
        if self.position_max_distance <= self.position_buckets / 2 {
            let field = "relative_attention_max_distance";
            return Err(unsupported(field, self.position_max_distance, "more than half the buckets"));
        }
        if !(self.norm_epsilon.is_finite() && self.norm_epsilon > 0.0) {
            return Err(unsupported("layer_norm_epsilon", self.norm_epsilon, "a small positive number"));
        }
        for (field, token) in
            [("eos_token_id", self.end_of_sequence), ("decoder_start_token_id", self.decoder_start)]
        {
            if token as usize >= self.vocabulary {
                return Err(unsupported(field, token, "a token below vocab_size"));
            }
        }
        Ok(())
    }
}

impl ConfigFile {
    fn refuse_other_models(&self) -> Result<()> {
        if self.model_type.as_deref() != Some("t5") {
            let found = self.model_type.as_deref().unwrap_or("nothing");
            return Err(unsupported("model_type", found, "t5"));
        }
        if self.feed_forward_proj.as_deref() != Some("gated-gelu") {
            let found = self.feed_forward_proj.as_deref().unwrap_or("nothing (relu, so T5 1.0)");
            return Err(unsupported("feed_forward_proj", found, "gated-gelu"));
        }
        // transformers 5 writes tie_word_embeddings = true for every T5 and keeps what was meant, an
        // unscaled head, in scale_decoder_outputs; whether the head exists then shows in the weights.
        match (self.scale_decoder_outputs, self.tie_word_embeddings) {
            (Some(false), _) | (None, Some(false)) => Ok(()),
            (Some(true), _) => Err(unsupported("scale_decoder_outputs", true, "false")),
            (None, found) => {
                let found = if found.is_some() { "true" } else { "nothing (true by default)" };
                Err(unsupported("tie_word_embeddings", found, "false, an output head of its own"))
            }
        }
    }
}

fn unsupported(field: &'static str, found: impl ToString, needed: &'static str) -> Error {
    Error::UnsupportedArchitecture { field, found: found.to_string(), needed }
}

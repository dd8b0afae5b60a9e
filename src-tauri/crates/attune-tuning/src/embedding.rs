//! What a text means to a base, as one vector.
//!
//! The mean of the encoder's output over the text's tokens, scaled to length 1: the usual pooling where a model has no
//! token made for it (Reimers and Gurevych, Sentence-BERT, 2019, compare it with others). Not here: which texts are
//! alike enough for what.
//! Invariant: the text and the base alone decide; vectors of different bases cannot be compared.

use crate::error::WhileDoing;
use crate::{BaseModel, Result};

/// A unit vector as wide as the base, of at most the first `most_tokens` tokens of a text.
///
/// # Errors
/// [`Error::Encode`](crate::Error::Encode) if the tokenizer refuses the text, and
/// [`Error::InvalidSetting`](crate::Error::InvalidSetting) if `most_tokens` is 0.
pub fn embedding(base: &BaseModel, text: &str, most_tokens: usize) -> Result<Vec<f32>> {
    let tokens = base.tokenizer().encode(text, most_tokens)?;
    let network = base.readable()?;
    let mean: Vec<f32> = network
        .embed(&tokens)
        .and_then(|embeddings| network.encode(&embeddings, None)?.mean(0)?.to_vec1())
        .while_doing("embedding a text")?;
    let length = mean.iter().map(|value| value * value).sum::<f32>().sqrt();
    Ok(mean.iter().map(|value| value / length.max(f32::MIN_POSITIVE)).collect())
}

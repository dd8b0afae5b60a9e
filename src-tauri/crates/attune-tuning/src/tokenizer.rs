//! Text to token ids and back, with the base model's own `tokenizer.json`.
//!
//! Not here: padding (batches are packed) and chat templates. Invariant: text is trimmed before it is encoded,
//! in training and in serving alike; otherwise the JSON pipeline leaves a lone `▁` where SentencePiece
//! leaves nothing, and the model sees a token it was never trained on.

use std::collections::BTreeSet;

use tokenizers::Tokenizer as JsonTokenizer;

use crate::{Architecture, Error, Result};

/// The base model's tokenizer.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    json: JsonTokenizer,
    end_of_sequence: u32,
    special: BTreeSet<u32>,
    ordinary: Vec<u32>,
}

impl Tokenizer {
    /// Reads `tokenizer.json`.
    ///
    /// # Errors
    /// [`Error::TokenizerUnreadable`], or [`Error::TokenizerBeyondEmbedding`] if it can produce a token the
    /// network has no embedding for.
    pub(crate) fn from_json(json: &[u8], architecture: &Architecture) -> Result<Self> {
        let unreadable = |source| Error::TokenizerUnreadable { source };
        let mut json = contained(|| JsonTokenizer::from_bytes(json)).map_err(unreadable)?;
        // A file may carry the padding and the cut of whoever saved it.
        json.with_padding(None).with_truncation(None).map_err(unreadable)?;

        let tokens: BTreeSet<u32> = json.get_vocab(true).into_values().collect();
        let vocabulary = architecture.vocabulary;
        if let Some(&token) = tokens.last().filter(|&&last| last as usize >= vocabulary) {
            return Err(Error::TokenizerBeyondEmbedding { token, vocabulary });
        }
        let added = json.get_added_tokens_decoder();
        let mut special: BTreeSet<u32> =
            added.iter().filter(|(_, token)| token.special).map(|(id, _)| *id).collect();
        special.extend([architecture.end_of_sequence, architecture.decoder_start]);
        let ordinary = tokens.difference(&special).copied().collect();
        Ok(Self { json, end_of_sequence: architecture.end_of_sequence, special, ordinary })
    }

    /// The tokens of the trimmed text, at most `max_tokens` with the end-of-sequence token they end with.
    ///
    /// # Errors
    /// [`Error::Encode`] if the tokenizer refuses the text, [`Error::InvalidSetting`] if `max_tokens` is 0.
    pub fn encode(&self, text: &str, max_tokens: usize) -> Result<Vec<u32>> {
        let mut tokens = self.encode_whole(text)?;
        self.shorten(&mut tokens, max_tokens)?;
        Ok(tokens)
    }

    /// The text of `tokens`, without special tokens and without white space around it.
    ///
    /// # Errors
    /// [`Error::Decode`] if the tokenizer refuses the tokens.
    pub fn decode(&self, tokens: &[u32]) -> Result<String> {
        Ok(self.decode_untrimmed(tokens)?.trim().to_owned())
    }

    /// [`Self::decode`] with the white space around it.
    pub(crate) fn decode_untrimmed(&self, tokens: &[u32]) -> Result<String> {
        self.decode_where(tokens, true)
    }

    /// The text of `tokens` with every special token spelled out, as it is.
    ///
    /// # Errors
    /// [`Error::Decode`] if the tokenizer refuses the tokens.
    pub fn decode_with_special_tokens(&self, tokens: &[u32]) -> Result<String> {
        self.decode_where(tokens, false)
    }

    /// Whether `token` is a mark (padding, end of sequence, sentinel) rather than text.
    pub fn is_special(&self, token: u32) -> bool {
        self.special.contains(&token)
    }

    /// Every token that stands for text, ascending.
    pub(crate) fn ordinary_tokens(&self) -> &[u32] {
        &self.ordinary
    }

    pub(crate) fn encode_whole(&self, text: &str) -> Result<Vec<u32>> {
        let text = text.trim();
        let encoding = contained(|| self.json.encode_fast(text, false))
            .map_err(|source| Error::Encode { characters: text.chars().count(), source })?;
        let mut tokens = encoding.get_ids().to_vec();
        tokens.push(self.end_of_sequence);
        Ok(tokens)
    }

    /// Cuts `tokens` to the limit, end-of-sequence kept; says whether anything was lost.
    pub(crate) fn shorten(&self, tokens: &mut Vec<u32>, max_tokens: usize) -> Result<bool> {
        let Some(text_tokens) = max_tokens.checked_sub(1) else {
            return Err(Error::InvalidSetting {
                field: "max_tokens",
                found: "0".into(),
                needed: "1 or more",
            });
        };
        if tokens.len() <= max_tokens {
            return Ok(false);
        }
        tokens.truncate(text_tokens);
        tokens.push(self.end_of_sequence);
        Ok(true)
    }

    fn decode_where(&self, tokens: &[u32], skip_special: bool) -> Result<String> {
        contained(|| self.json.decode(tokens, skip_special))
            .map_err(|source| Error::Decode { tokens: tokens.len(), source })
    }
}

/// What the tokenizers crate answers. It panics on some files that are no good; here that is one more error.
pub(crate) fn contained<T>(work: impl FnOnce() -> tokenizers::Result<T>) -> tokenizers::Result<T> {
    // What it was changing when it panicked is thrown away, or was only read.
    let answered = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    answered.unwrap_or_else(|_| Err("the file makes its reader fail".into()))
}

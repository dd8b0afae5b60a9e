//! Chat models out of GGUF files, which write and are not trained: decoders of the Llama (SmolLM too) and Qwen families,
//! with candle's quantised products, the file's own vocabulary and its own chat template.
//!
//! A file is foreign: [`ChatFile`] reads what it says of itself, within bounds and without its weights, so that whoever
//! opens it can compare what it will need with what there is; only then come the weights.
//! Not here: where the file is (`attune-engine` opens it), batches, training.
//! Invariant: the same file, conversation, settings and seed give the same answer.

mod error;
mod header;
mod network;
mod shape;
mod template;
mod vocabulary;

use std::io::{Read, Seek};
use std::ops::ControlFlow;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::generation::scores::{draw, most_likely, narrow};
use crate::{Error, Finish, Result, Sampling};
use header::{Entry, Header};
use network::{Memory, Network};
use shape::Shape;
use template::ChatTemplate;
use vocabulary::Vocabulary;

pub use error::ChatError;
pub use template::{Speaker, Turn};

/// Tokens of a conversation and its answer at most, whatever a model was made for: memory grows with them.
const MOST_TOKENS: usize = 8192;
/// Tokens of a prompt that are read together; more would only need more memory at once.
const READ_TOGETHER: usize = 256;

/// What a GGUF file says of itself; its weights are still in the file.
#[derive(Debug, Clone)]
pub struct ChatFile {
    header: Header,
    shape: Shape,
    vocabulary: Vocabulary,
    template: ChatTemplate,
}

impl ChatFile {
    /// Reads the description, and checks that it is one of a chat model that can be used.
    ///
    /// # Errors
    /// [`ChatError`] for everything that is wrong with the file. Reading takes memory in proportion to what was read of
    /// the file, never to what the file claims.
    pub fn read(reader: &mut (impl Read + Seek)) -> Result<Self> {
        let header = Header::read(reader)?;
        let shape = Shape::of(&header)?;
        let vocabulary = Vocabulary::of(&header)?;
        let template = ChatTemplate::new(header.text("tokenizer.chat_template")?)?;
        Ok(Self { header, shape, vocabulary, template })
    }

    /// What the file calls its model, where it says so.
    pub fn name(&self) -> Option<&str> {
        match self.header.entries.get("general.name") {
            Some(Entry::Text(name)) if !name.trim().is_empty() => Some(name.trim()),
            _ => None,
        }
    }

    /// Bytes that the model will need at most: its weights, those stored as floats once more, and what it remembers of
    /// a conversation.
    pub fn memory(&self) -> u64 {
        let is_float = |kind: u32| matches!(kind, 0 | 1 | 30);
        let floats = self.header.tensors.values().filter(|place| is_float(place.kind));
        let floats: u64 = floats.filter_map(|place| place.elements()).map(|elements| 4 * elements).sum();
        let remembered = 8 * (self.shape.layers * self.shape.key_width() * self.most_tokens()) as u64;
        self.header.bytes.saturating_add(floats).saturating_add(remembered)
    }

    fn most_tokens(&self) -> usize {
        self.shape.context.min(MOST_TOKENS)
    }

    /// Reads the weights.
    ///
    /// # Errors
    /// [`ChatError`] if a tensor is missing or not of the shape that the description implies.
    pub fn load(self, reader: &mut (impl Read + Seek)) -> Result<ChatModel> {
        let most_tokens = self.most_tokens();
        let network = Network::load(self.shape, &self.header, reader)?;
        if self.vocabulary.size > network.vocabulary {
            let reason = format!(
                "it has {} tokens, and there are embeddings for {}",
                self.vocabulary.size, network.vocabulary
            );
            return Err(ChatError::Vocabulary { reason }.into());
        }
        Ok(ChatModel { network, vocabulary: self.vocabulary, template: self.template, most_tokens })
    }
}

/// A chat model that can answer.
#[derive(Debug, Clone)]
pub struct ChatModel {
    network: Network,
    vocabulary: Vocabulary,
    template: ChatTemplate,
    most_tokens: usize,
}

/// What a chat model answered.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatAnswer {
    pub text: String,
    /// Tokens of the answer, without the mark that ended it.
    pub tokens: Vec<u32>,
    pub finish: Finish,
    /// The conversation as the model read it.
    pub prompt: String,
    pub prompt_tokens: usize,
}

impl ChatModel {
    /// Answers a conversation with at most `max_new_tokens` tokens, drawn as `sampling` says (its `num_return` counts for
    /// nothing), or the likeliest each time where it says nothing. `look` is asked before each token whether to go on.
    ///
    /// # Errors
    /// [`ChatError::TooLong`], or if the template refuses the conversation.
    pub fn answer(
        &self,
        turns: &[Turn<'_>],
        sampling: Option<&Sampling>,
        max_new_tokens: usize,
        look: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<ChatAnswer> {
        let prompt = self.template.render(turns, &self.vocabulary)?;
        let read = self.vocabulary.encode(&prompt)?;
        if read.is_empty() || read.len().saturating_add(max_new_tokens) > self.most_tokens {
            let (answer, most) = (max_new_tokens, self.most_tokens);
            return Err(ChatError::TooLong { tokens: read.len(), answer, most }.into());
        }
        let mut random = sampling.map(|sampling| ChaCha8Rng::seed_from_u64(sampling.seed));
        let mut memory = Memory::of(self.network.shape());
        let mut logits = Vec::new();
        let mut tokens = Vec::new();
        let mut finish = Finish::Length;
        for piece in read.chunks(READ_TOGETHER) {
            if look().is_break() {
                finish = Finish::Stopped;
                break;
            }
            logits = self.network.read(piece, &mut memory, 1)?;
        }
        while finish == Finish::Length && tokens.len() < max_new_tokens {
            if look().is_break() {
                finish = Finish::Stopped;
                break;
            }
            // Embeddings may be padded beyond the vocabulary.
            logits.truncate(self.vocabulary.size);
            let chosen = match (sampling, &mut random) {
                (Some(sampling), Some(random)) => {
                    narrow(&mut logits, sampling);
                    draw(&logits, random)
                }
                _ => most_likely(&logits),
            };
            let token = chosen.ok_or(Error::NoTokenLeft { position: tokens.len() })?;
            if self.vocabulary.ends.contains(&token) {
                finish = Finish::EndOfSequence;
                break;
            }
            tokens.push(token);
            if tokens.len() < max_new_tokens {
                logits = self.network.read(&[token], &mut memory, 1)?;
            }
        }
        let text = self.vocabulary.decode(&tokens)?;
        Ok(ChatAnswer { text, tokens, finish, prompt, prompt_tokens: read.len() })
    }

    /// The logits `[tokens, vocabulary]` after each of these tokens, for comparing with other programs.
    ///
    /// # Errors
    /// If there are no tokens, or one is not in the vocabulary.
    pub fn logits(&self, tokens: &[u32]) -> Result<Vec<f32>> {
        let unknown = tokens.iter().find(|token| **token as usize >= self.network.vocabulary);
        if let Some(token) = unknown {
            return Err(ChatError::Vocabulary { reason: format!("it has no token {token}") }.into());
        }
        if tokens.is_empty() || tokens.len() > self.most_tokens {
            return Err(ChatError::TooLong { tokens: tokens.len(), answer: 0, most: self.most_tokens }.into());
        }
        self.network.read(tokens, &mut Memory::of(self.network.shape()), tokens.len())
    }

    /// The tokens of a text in which marks count as marks.
    ///
    /// # Errors
    /// [`ChatError::Vocabulary`].
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        Ok(self.vocabulary.encode(text)?)
    }
}

//! A chat model's tokenizer, made of the vocabulary in its own file: byte-level BPE, as the Llama 3, SmolLM and Qwen
//! families have it.
//!
//! Not here: SentencePiece vocabularies (Llama 2). They and unknown ways to cut a text are refused by name: a text that is
//! cut otherwise than in training is answered badly without a word.

use std::collections::BTreeSet;

use tokenizers::decoders::byte_level::ByteLevel as ByteLevelDecoder;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::unicode::NFC;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{AddedToken, SplitDelimiterBehavior, Tokenizer};

use super::ChatError;
use super::header::{Entry, Header};
use crate::tokenizer::contained;

/// Kinds of tokens in `tokenizer.ggml.token_type`: marks of the model's, and those of whoever adapted it.
const CONTROL: f64 = 3.0;
const USER_DEFINED: f64 = 4.0;
/// Marks that end an answer, besides the one that the file names.
const ENDS: [&str; 5] = ["<|im_end|>", "<|eot_id|>", "<|end_of_text|>", "<|endoftext|>", "<|eom_id|>"];

/// How GPT-4's tokenizer cuts a text; Llama 3 took it over, Qwen with single digits.
const LLAMA_3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN_2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// Text to tokens and back.
#[derive(Debug, Clone)]
pub(super) struct Vocabulary {
    bpe: Tokenizer,
    /// How many tokens there are.
    pub(super) size: usize,
    /// Tokens that end an answer.
    pub(super) ends: BTreeSet<u32>,
    /// Marks as they are spelled; text that a person wrote must not hold them.
    marks: Vec<String>,
    pub(super) beginning: Option<String>,
    pub(super) end: Option<String>,
}

impl Vocabulary {
    pub(super) fn of(header: &Header) -> Result<Self, ChatError> {
        let model = header.text("tokenizer.ggml.model")?;
        if model != "gpt2" {
            return Err(unsupported("tokenizer.ggml.model", model, "gpt2, the byte-level kind"));
        }
        let tokens = header.texts("tokenizer.ggml.tokens")?;
        let vocabulary: Vocab =
            tokens.iter().zip(0_u32..).map(|(token, place)| (token.clone(), place)).collect();
        if vocabulary.len() != tokens.len() || tokens.is_empty() {
            return Err(refused("a token stands in it twice, or none at all"));
        }
        let merges = header.texts("tokenizer.ggml.merges")?.iter().map(|merge| {
            let parts = merge.split_once(' ').map(|(left, right)| (left.to_owned(), right.to_owned()));
            parts.ok_or_else(|| refused("one of its merges has no two parts"))
        });
        let merges = merges.collect::<Result<Vec<_>, _>>()?;
        let pre = header.text("tokenizer.ggml.pre")?;
        let is_whole = matches!(pre, "llama-bpe" | "llama3");
        let made = contained(|| {
            let model =
                BPE::builder().vocab_and_merges(vocabulary, merges).ignore_merges(is_whole).build()?;
            Ok(Tokenizer::new(model))
        });
        let mut bpe = made.map_err(|why| refused(&why.to_string()))?;
        bpe.with_pre_tokenizer(Some(way_to_cut(pre)?));
        if pre == "qwen2" {
            bpe.with_normalizer(Some(NFC)).map_err(|why| refused(&why.to_string()))?;
        }
        bpe.with_decoder(Some(ByteLevelDecoder::default()));
        let marks = marks(header, tokens);
        let added = marks.iter().map(|mark| AddedToken::from(mark.clone(), true).normalized(false));
        let added = added.collect::<Vec<_>>();
        contained(|| bpe.add_special_tokens(added)).map_err(|why| refused(&why.to_string()))?;
        let named = |key: &str| -> Result<Option<u32>, ChatError> {
            let key = format!("tokenizer.ggml.{key}");
            match header.number(&key)? {
                None => Ok(None),
                Some(_) => header.count(&key, 0, tokens.len() - 1).map(|token| Some(token as u32)),
            }
        };
        let (beginning, end) = (named("bos_token_id")?, named("eos_token_id")?);
        let spelled = |token: Option<u32>| token.map(|token| tokens[token as usize].clone());
        let ends = ENDS.iter().filter(|end| marks.iter().any(|mark| mark == *end));
        Ok(Self {
            size: tokens.len(),
            ends: ends.filter_map(|end| bpe.token_to_id(end)).chain(end).collect(),
            beginning: spelled(beginning),
            end: spelled(end),
            marks,
            bpe,
        })
    }

    /// The tokens of a text in which marks count as marks.
    pub(super) fn encode(&self, text: &str) -> Result<Vec<u32>, ChatError> {
        let encoded = contained(|| self.bpe.encode_fast(text, false));
        encoded.map(|encoded| encoded.get_ids().to_vec()).map_err(|why| refused(&why.to_string()))
    }

    /// The text of tokens, without marks.
    pub(super) fn decode(&self, tokens: &[u32]) -> Result<String, ChatError> {
        contained(|| self.bpe.decode(tokens, true)).map_err(|why| refused(&why.to_string()))
    }

    /// A text of somebody's without the marks that it may hold, so that it cannot speak for another.
    pub(super) fn without_marks(&self, text: &str) -> String {
        let mut clean = text.to_owned();
        // Taking one out can put another together.
        while let Some(mark) = self.marks.iter().find(|mark| clean.contains(mark.as_str())) {
            clean = clean.replace(mark.as_str(), "");
        }
        clean
    }
}

fn marks(header: &Header, tokens: &[String]) -> Vec<String> {
    let Some(Entry::Numbers(kinds)) = header.entries.get("tokenizer.ggml.token_type") else {
        return Vec::new();
    };
    let is_mark = |kind: &f64| *kind == CONTROL || *kind == USER_DEFINED;
    let marks = tokens.iter().zip(kinds).filter(|(token, kind)| is_mark(kind) && !token.is_empty());
    marks.map(|(token, _)| token.clone()).collect()
}

/// How a text is cut before merges, by the name that llama.cpp has for it.
fn way_to_cut(pre: &str) -> Result<PreTokenizerWrapper, ChatError> {
    let by = |pattern: &str| {
        let pattern = SplitPattern::Regex(pattern.to_owned());
        let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false);
        split.map_err(|why| refused(&why.to_string()))
    };
    let bytes = |cuts| ByteLevel::new(false, true, cuts);
    Ok(match pre {
        "llama-bpe" | "llama3" | "smaug-bpe" => {
            Sequence::new(vec![by(LLAMA_3)?.into(), bytes(false).into()]).into()
        }
        "qwen2" => Sequence::new(vec![by(QWEN_2)?.into(), bytes(false).into()]).into(),
        "smollm" => Sequence::new(vec![Digits::new(true).into(), bytes(true).into()]).into(),
        "gpt-2" | "gpt2" => bytes(true).into(),
        found => {
            return Err(unsupported("tokenizer.ggml.pre", found, "llama-bpe, qwen2, smollm or gpt-2"));
        }
    })
}

fn unsupported(key: &str, found: &str, needed: &'static str) -> ChatError {
    ChatError::Unsupported { key: key.to_owned(), found: format!("{found:?}"), needed }
}

fn refused(reason: &str) -> ChatError {
    ChatError::Vocabulary { reason: reason.to_owned() }
}

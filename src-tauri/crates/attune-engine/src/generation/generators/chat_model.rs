//! A chat model on this computer writes, from a GGUF file that the person has picked.
//!
//! Not here: the network (`attune_tuning::ChatModel`), the words of the conversation (`story_chat`). Nothing is fetched.
//! Invariants: no file is loaded that needs more memory than is free; a text depends on its ask, its seed and the file
//! alone.

use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use attune_tuning::{BaseModel, ChatFile, ChatModel, Finish, Sampling, Speaker, Turn};

use super::story_chat::{is_refusal, messages, story};
use super::{Ask, Candidate, Failure, Generator, Outcome};
use crate::bases::{Algorithm, file_digest};
use crate::doctor::free_memory;
use crate::generation::{GeneratorKind, GeneratorName};
use crate::providers::Role;
use crate::{Decoding, Error, Result};

const TEMPERATURE: f32 = 0.8;
const TOP_P: f32 = 0.95;
/// Beyond these a token is rarely meant; fewer to sort, too.
const TOP_K: usize = 50;
/// A text takes seconds, so a wish to stop is looked for in between.
const AT_ONCE: usize = 2;

pub(crate) struct ChatWriter {
    model: ChatModel,
    name: String,
    digest: String,
}

impl ChatWriter {
    /// # Errors
    /// [`Error::ChatFile`] for a file that is no chat model, [`Error::ChatMemory`] for one that is too large for what is
    /// free, [`Error::Read`].
    pub(super) fn open(path: &Path) -> Result<Self> {
        let read = |source| Error::Read { path: path.to_owned(), source };
        let refused = |source| Error::ChatFile { path: path.to_owned(), source: Box::new(source) };
        let mut file = File::open(path).map_err(read)?;
        let described = ChatFile::read(&mut file).map_err(refused)?;
        // Where the system does not say, nothing is refused.
        let (needed, free) = (described.memory(), free_memory().unwrap_or(u64::MAX));
        if needed > free {
            return Err(Error::ChatMemory { path: path.to_owned(), needed, free });
        }
        let name = described.name().map_or_else(|| file_name(path), str::to_owned);
        let model = described.load(&mut file).map_err(refused)?;
        let digest = format!("sha256:{}", file_digest(path, Algorithm::Sha256).map_err(read)?);
        Ok(Self { model, name, digest })
    }

    fn write(&self, ask: &Ask, stop: &AtomicBool) -> Outcome {
        let messages = messages(ask);
        let turns: Vec<Turn<'_>> = messages
            .iter()
            .map(|message| Turn {
                speaker: match message.role {
                    Role::System => Speaker::System,
                    Role::User => Speaker::User,
                    Role::Assistant => Speaker::Assistant,
                },
                text: &message.content,
            })
            .collect();
        let sampling = Sampling {
            temperature: TEMPERATURE,
            top_k: Some(TOP_K),
            top_p: TOP_P,
            seed: ask.seed,
            num_return: 1,
        };
        let mut look = || match stop.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let answer = match self.model.answer(&turns, Some(&sampling), ask.max_new_tokens, &mut look) {
            Ok(answer) => answer,
            Err(why) => return failed("chat_model", crate::with_reasons(&why)),
        };
        let by_length = match answer.finish {
            Finish::Stopped => return Outcome::Stopped,
            finish => finish == Finish::Length,
        };
        let text = story(&answer.text, by_length);
        if text.is_empty() {
            return failed("empty", "its text was empty".to_owned());
        }
        if is_refusal(&text) {
            return failed("refusal", format!("the model refused: {text:?}"));
        }
        Outcome::Text(Candidate {
            text,
            tokens: u32::try_from(answer.tokens.len()).unwrap_or(u32::MAX),
            sent: answer.prompt,
            cost_micro_dollars: Some(0),
        })
    }
}

impl Generator for ChatWriter {
    fn named(&self) -> GeneratorName {
        GeneratorName {
            kind: GeneratorKind::LocalChat,
            name: self.name.clone(),
            base_digest: Some(self.digest.clone()),
            adapter_digest: None,
        }
    }

    fn at_once(&self) -> usize {
        AT_ONCE
    }

    fn decoding(&self) -> Option<Decoding> {
        Some(Decoding {
            temperature: Some(f64::from(TEMPERATURE)),
            top_k: Some(TOP_K as u32),
            top_p: Some(f64::from(TOP_P)),
            ..Decoding::default()
        })
    }

    /// It is no T5, which is what measures fluency.
    fn base(&self) -> Option<(Arc<BaseModel>, String)> {
        None
    }

    fn takes_references(&self) -> bool {
        true
    }

    fn repeats_itself(&self) -> bool {
        true
    }

    fn generate(&mut self, asks: &[Ask], stop: &AtomicBool) -> Result<Vec<Outcome>> {
        Ok(asks.iter().map(|ask| self.write(ask, stop)).collect())
    }
}

/// As it is shown where the file itself names nothing.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn failed(counted_as: &'static str, words: String) -> Outcome {
    Outcome::Failed(Failure { counted_as, words })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    fn fixture(name: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/fixtures/chat_models").join(name)
    }

    fn ask(seed: u64) -> Ask {
        Ask {
            genre: "mystery".to_owned(),
            prompt: "A door".to_owned(),
            style: None,
            input: "it".to_owned(),
            references: Vec::new(),
            seed,
            max_new_tokens: 8,
        }
    }

    #[test]
    fn what_is_no_chat_model_or_not_there_is_refused_before_anything_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.gguf");
        let refused = ChatWriter::open(&path).err().unwrap();
        assert!(matches!(refused, Error::Read { .. }), "{refused}");
        let whole = std::fs::read(fixture("tiny_qwen2.gguf")).unwrap();
        for bytes in [&b"no model"[..], &whole[..whole.len() / 2]] {
            std::fs::write(&path, bytes).unwrap();
            let refused = ChatWriter::open(&path).err().unwrap();
            assert!(matches!(refused, Error::ChatFile { .. }), "{refused}");
            assert_eq!((refused.kind(), refused.field()), (Kind::Invalid, Some("file")));
            assert!(refused.hint().is_some());
        }
    }

    /// The tiny model's context is smaller than the conversation: a failure of this text, told by its reason.
    #[test]
    fn a_conversation_that_does_not_fit_is_a_counted_failure() {
        let mut writer = ChatWriter::open(&fixture("tiny_llama.gguf")).unwrap();
        assert_eq!(writer.named().name, "tiny llama");
        assert!(writer.named().base_digest.is_some_and(|digest| digest.starts_with("sha256:")));
        let outcomes = writer.generate(&[ask(1)], &AtomicBool::new(false)).unwrap();
        let Outcome::Failed(failure) = &outcomes[0] else { panic!("{outcomes:?}") };
        assert!(failure.words.contains("there is room for 256"), "{}", failure.words);
    }
}

//! A conversation as the text that the model was trained on, by the template in its own file.
//!
//! Invariant: a template is a program from elsewhere; it may use so many steps and reach nothing but what it is given.

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, Value, context};

use super::ChatError;
use super::vocabulary::Vocabulary;

/// Steps of a template; real ones need some hundred for each message.
const MOST_STEPS: u64 = 200_000;
/// Characters of a conversation.
const LONGEST: usize = 1 << 20;
const NAME: &str = "chat";

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    System,
    User,
    Assistant,
}

/// What somebody says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn<'a> {
    pub speaker: Speaker,
    pub text: &'a str,
}

/// The template of a chat model.
#[derive(Debug, Clone)]
pub(super) struct ChatTemplate {
    environment: Environment<'static>,
}

impl ChatTemplate {
    pub(super) fn new(source: &str) -> Result<Self, ChatError> {
        let mut environment = Environment::new();
        environment.set_fuel(Some(MOST_STEPS));
        // As transformers sets it.
        environment.set_syntax(
            SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().map_err(refused)?,
        );
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |why: String| -> Result<Value, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, why))
        });
        // Templates of Llama 3 print the date; an answer must not depend on the day.
        environment.add_function("strftime_now", |_: String| "26 Jul 2024");
        environment.add_template_owned(NAME, source.to_owned()).map_err(refused)?;
        Ok(Self { environment })
    }

    /// The conversation up to where the model's answer begins.
    pub(super) fn render(&self, turns: &[Turn<'_>], vocabulary: &Vocabulary) -> Result<String, ChatError> {
        let messages: Vec<Value> = turns
            .iter()
            .map(|turn| {
                let role = match turn.speaker {
                    Speaker::System => "system",
                    Speaker::User => "user",
                    Speaker::Assistant => "assistant",
                };
                context! { role => role, content => vocabulary.without_marks(turn.text) }
            })
            .collect();
        let text = self.environment.get_template(NAME).and_then(|template| {
            template.render(context! {
                messages => messages,
                add_generation_prompt => true,
                // What Qwen 3 thinks first is no part of an answer, and costs more than the answer.
                enable_thinking => false,
                bos_token => vocabulary.beginning.as_deref(),
                eos_token => vocabulary.end.as_deref(),
            })
        });
        let text = text.map_err(refused)?;
        if text.len() > LONGEST {
            let why = "it makes more than a mebibyte of a conversation";
            return Err(refused(Error::new(ErrorKind::InvalidOperation, why)));
        }
        Ok(text)
    }
}

fn refused(source: Error) -> ChatError {
    ChatError::Template { source: Box::new(source) }
}

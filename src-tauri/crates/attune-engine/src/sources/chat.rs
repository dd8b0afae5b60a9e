//! Chat conversations, as OpenAI's fine-tuning files hold them, as one input and one output.
//!
//! The output is the last message of the assistant; what follows it is not read. The input is the conversation
//! before it: system messages first, a line each, then the turns. A single turn of the user stands as it is, so
//! that a model is trained on the very words that it will be asked with; several turns are lines that begin
//! with `User:`, `Assistant:` or `Tool:`. `docs/guide/own-data.md` shows the form.

use serde_json::Value;

use super::{Fault, example};
use attune_tuning::Example;

/// What a message says, by who said it.
struct Message {
    speaker: Speaker,
    text: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Speaker {
    System,
    User,
    Assistant,
    Tool,
}

pub(super) fn example_of(messages: &Value) -> Result<Example, Fault> {
    let Value::Array(messages) = messages else {
        return Err(Fault::Malformed("messages is not a list".into()));
    };
    let mut messages = messages.iter().map(message).collect::<Result<Vec<_>, _>>()?;
    let last = messages.iter().rposition(|message| message.speaker == Speaker::Assistant);
    let Some(last) = last else { return Err(Fault::MissingField("no message of the assistant".into())) };
    messages.truncate(last + 1);
    let Some(answer) = messages.pop() else { return Err(Fault::EmptyText) };

    // A message without words is a call of a tool, which a model of text cannot learn from.
    messages.retain(|message| !message.text.is_empty());
    let (system, turns): (Vec<_>, Vec<_>) =
        messages.into_iter().partition(|message| message.speaker == Speaker::System);
    let mut lines: Vec<String> = system.into_iter().map(|message| message.text).collect();
    match turns.as_slice() {
        [only] if only.speaker == Speaker::User => lines.push(only.text.clone()),
        turns => lines.extend(turns.iter().map(|turn| format!("{}: {}", label(turn.speaker), turn.text))),
    }
    // Without a turn there is nothing that the answer answers.
    if turns.is_empty() {
        return Err(Fault::EmptyText);
    }
    example(&lines.join("\n"), &answer.text)
}

fn message(message: &Value) -> Result<Message, Fault> {
    let malformed = |why: &'static str| Fault::Malformed(why.into());
    let speaker = match message.get("role").and_then(Value::as_str) {
        Some("system" | "developer") => Speaker::System,
        Some("user") => Speaker::User,
        Some("assistant") => Speaker::Assistant,
        Some("tool" | "function") => Speaker::Tool,
        Some(_) => return Err(malformed("a message of an unknown role")),
        None => return Err(malformed("a message without a role")),
    };
    let text = match message.get("content") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let texts: Option<Vec<&str>> =
                parts.iter().map(|part| part.get("text").and_then(Value::as_str)).collect();
            texts.ok_or_else(|| malformed("a message that is not only text"))?.concat()
        }
        Some(_) => return Err(malformed("a message whose content is not text")),
    };
    Ok(Message { speaker, text: text.trim().to_owned() })
}

fn label(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::System => "System",
        Speaker::User => "User",
        Speaker::Assistant => "Assistant",
        Speaker::Tool => "Tool",
    }
}

//! Chat completions as OpenAI-compatible servers speak them: what is asked, and what an answer says.
//!
//! Servers differ and lie: usage may be missing, content may be a text, a list of parts or null, and fields may be of
//! any kind. What is not needed is not looked at; what is needed and wrong is an error with its reason.
//! Not here: connections (`client`).

use serde_json::{Map, Value, json};

use super::BaseUrl;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    System,
    User,
    Assistant,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) role: Role,
    pub(crate) content: String,
}

/// What is asked of a model.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ChatRequest {
    pub(crate) model: String,
    pub(crate) messages: Vec<Message>,
    /// Tokens of the answer at most; 1 or more.
    pub(crate) max_tokens: u32,
    pub(crate) temperature: Option<f32>,
    pub(crate) top_p: Option<f32>,
    pub(crate) seed: Option<u32>,
    /// A JSON schema that the answer must keep to, by name.
    pub(crate) schema: Option<(&'static str, Value)>,
    /// Whether the answer comes in pieces, so that it can be cut.
    pub(crate) stream: bool,
}

impl ChatRequest {
    pub(super) fn body(&self, base: &BaseUrl) -> Value {
        let messages: Vec<Value> = self
            .messages
            .iter()
            .map(|message| {
                let role = match message.role {
                    Role::System => "system",
                    Role::User => "user",
                    Role::Assistant => "assistant",
                };
                json!({"role": role, "content": message.content})
            })
            .collect();
        let mut body = Map::new();
        body.insert("model".to_owned(), json!(self.model));
        body.insert("messages".to_owned(), json!(messages));
        // OpenAI's newer models refuse the old name; most other servers know no other.
        let limit = if base.as_str().starts_with("https://api.openai.com") {
            "max_completion_tokens"
        } else {
            "max_tokens"
        };
        body.insert(limit.to_owned(), json!(self.max_tokens));
        let settings = [
            ("temperature", self.temperature.map(|value| json!(value))),
            ("top_p", self.top_p.map(|value| json!(value))),
            ("seed", self.seed.map(|value| json!(value))),
        ];
        body.extend(settings.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        if let Some((name, schema)) = &self.schema {
            let schema = json!({"name": name, "strict": true, "schema": schema});
            body.insert("response_format".to_owned(), json!({"type": "json_schema", "json_schema": schema}));
        }
        body.insert("stream".to_owned(), json!(self.stream));
        if self.stream {
            body.insert("stream_options".to_owned(), json!({"include_usage": true}));
        }
        Value::Object(body)
    }
}

/// Tokens as the endpoint counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    pub prompt_tokens: u32,
    pub completion_tokens: u32,
}

/// What an answer, or the pieces of one, have said so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) text: String,
    pub(super) refusal: String,
    /// Why it ended; `None` as long as it has not.
    pub(super) finish: Option<String>,
    pub(super) usage: Option<Usage>,
}

impl Said {
    /// Reads a whole answer.
    ///
    /// # Errors
    /// Why it is none, in words.
    pub(super) fn whole(answer: &Value) -> Result<Self, String> {
        let mut said = Self::default();
        let choice = first_choice(answer)?.ok_or("it holds no choice")?;
        said.add(choice.get("message").ok_or("its choice holds no message")?)?;
        // Servers that name no reason ended by themselves.
        said.finish = Some(finish(choice)?.unwrap_or("stop").to_owned());
        said.usage = usage(answer);
        Ok(said)
    }

    /// Adds a piece of a stream.
    ///
    /// # Errors
    /// Why it is none, in words.
    pub(super) fn take_in(&mut self, piece: &Value) -> Result<(), String> {
        if let Some(usage) = usage(piece) {
            self.usage = Some(usage);
        }
        // The piece with the usage has no choice.
        let Some(choice) = first_choice(piece)? else { return Ok(()) };
        if let Some(delta) = choice.get("delta").filter(|delta| !delta.is_null()) {
            self.add(delta)?;
        }
        if let Some(reason) = finish(choice)? {
            self.finish = Some(reason.to_owned());
        }
        Ok(())
    }

    fn add(&mut self, message: &Value) -> Result<(), String> {
        let message = message.as_object().ok_or("its message is no object")?;
        match message.get("content") {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => self.text.push_str(text),
            Some(Value::Array(parts)) => {
                let texts = parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str));
                self.text.extend(texts);
            }
            Some(_) => return Err("its content is no text".to_owned()),
        }
        if let Some(refusal) = message.get("refusal").and_then(Value::as_str) {
            self.refusal.push_str(refusal);
        }
        Ok(())
    }
}

/// The failure that an answer with status 200 reports, as some proxies do.
pub(super) fn reported_failure(answer: &Value) -> Option<&Value> {
    answer.get("error").filter(|error| !error.is_null())
}

/// The sentence and the code of a reported failure, in any of the shapes that servers give it.
pub(super) fn sentence_and_code(body: &Value) -> (Option<&str>, Option<&str>) {
    let error = body.get("error").unwrap_or(body);
    let text = |name: &str| error.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let sentence = error.as_str().or_else(|| text("message")).or_else(|| text("detail"));
    (sentence, text("code").or_else(|| text("type")))
}

fn first_choice(answer: &Value) -> Result<Option<&Value>, String> {
    let answer = answer.as_object().ok_or("it is no object")?;
    let choices = answer.get("choices").ok_or("it holds no choices")?;
    // Some servers send null beside the usage.
    if choices.is_null() {
        return Ok(None);
    }
    let first = choices.as_array().ok_or("its choices are no list")?.first();
    if first.is_some_and(|choice| !choice.is_object()) {
        return Err("its choice is no object".to_owned());
    }
    Ok(first)
}

fn finish(choice: &Value) -> Result<Option<&str>, String> {
    match choice.get("finish_reason") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(reason)) => {
            Ok(Some(reason).filter(|reason| !reason.is_empty()).map(String::as_str))
        }
        Some(_) => Err("its finish_reason is no text".to_owned()),
    }
}

/// Absent where it is missing or senseless: an answer is none the worse for that.
fn usage(answer: &Value) -> Option<Usage> {
    let usage = answer.get("usage")?;
    let count = |name: &str| u32::try_from(usage.get(name)?.as_u64()?).ok();
    Some(Usage { prompt_tokens: count("prompt_tokens")?, completion_tokens: count("completion_tokens")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_as_servers_differ() {
        let whole = |message: Value| {
            Said::whole(&json!({"choices": [{"message": message}]})).map(|said| (said.text, said.refusal))
        };
        assert_eq!(whole(json!({"content": "a"})).unwrap().0, "a");
        assert_eq!(
            whole(json!({"content": [{"type": "text", "text": "a"}, {"text": "b"}, 7]})).unwrap().0,
            "ab"
        );
        assert_eq!(
            whole(json!({"content": null, "refusal": "no"})).unwrap(),
            (String::new(), "no".to_owned())
        );
        whole(json!({"content": 7})).unwrap_err();
        whole(json!("a")).unwrap_err();
        for lie in [
            json!(null),
            json!([]),
            json!({}),
            json!({"choices": 1}),
            json!({"choices": []}),
            json!({"choices": [1]}),
        ] {
            Said::whole(&lie).unwrap_err();
        }
    }

    #[test]
    fn senseless_usage_is_no_usage() {
        for senseless in
            [json!(null), json!({}), json!({"prompt_tokens": -1, "completion_tokens": 2}), json!(7)]
        {
            assert_eq!(usage(&json!({"usage": senseless})), None);
        }
        let counted =
            usage(&json!({"usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": "x"}}));
        assert_eq!(counted, Some(Usage { prompt_tokens: 1, completion_tokens: 2 }));
    }

    #[test]
    fn the_limit_has_the_name_that_the_server_knows() {
        let request = ChatRequest {
            model: "m".to_owned(),
            messages: vec![Message { role: Role::User, content: "hello".to_owned() }],
            max_tokens: 9,
            temperature: None,
            top_p: None,
            seed: None,
            schema: None,
            stream: false,
        };
        let body = |base: &str| request.body(&BaseUrl::parse(base).unwrap());
        assert_eq!(body("https://api.openai.com/v1")["max_completion_tokens"], 9);
        let local = body("http://127.0.0.1:1/v1");
        assert_eq!((&local["max_tokens"], local.get("temperature")), (&json!(9), None));
        assert_eq!(local["messages"], json!([{"role": "user", "content": "hello"}]));
    }
}

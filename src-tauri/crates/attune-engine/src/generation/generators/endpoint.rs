//! A chat model at an endpoint writes, a few texts at once.
//!
//! Not here: connections, keys and retries (`providers`), the words of the conversation (`story_chat`).
//! Invariants: a text that did not come is a failure with a name to count it by; as soon as nothing can come any
//! more, the writer asks for nothing further, gives what had come, and says so when it is asked again.

use std::sync::atomic::AtomicBool;

use serde_json::json;

use super::story_chat::{is_refusal, messages, story};
use super::{Ask, Candidate, Failure, Generator, Outcome};
use crate::generation::{GeneratorKind, GeneratorName};
use crate::providers::{ChatRequest, Client, EndpointError, Exchange, Message, Role, chat_all};
use crate::{Decoding, Error, Result};

/// Lively, as stories should be; providers take no value beyond.
const TEMPERATURE: f32 = 0.9;
const TOP_P: f32 = 0.95;
/// What waits while others are being answered, so that a slow answer holds up few.
const WAITING_FOR_EACH: usize = 2;

pub(crate) struct EndpointWriter {
    client: Client,
    model: String,
}

impl EndpointWriter {
    pub(super) fn new(client: Client, model: String) -> Self {
        Self { client, model }
    }

    fn request(&self, ask: &Ask, messages: Vec<Message>) -> ChatRequest {
        ChatRequest {
            model: self.model.clone(),
            messages,
            max_tokens: u32::try_from(ask.max_new_tokens).unwrap_or(u32::MAX),
            temperature: Some(TEMPERATURE),
            top_p: Some(TOP_P),
            // Servers differ in how large a seed may be; this fits all.
            seed: Some((ask.seed & 0x7fff_ffff) as u32),
            schema: None,
            // A stream can be cut when it goes too far or is not wanted any more.
            stream: true,
        }
    }

    fn outcome(&self, exchange: Exchange, sent: String) -> Outcome {
        let completed = match exchange.said {
            Ok(completed) => completed,
            Err(why) if why.is_final() || why == EndpointError::Stopped => return Outcome::Stopped,
            Err(why) => return Outcome::Failed(failure(&why)),
        };
        let text = story(&completed.text, completed.by_length);
        if text.is_empty() {
            let by_length = completed.by_length;
            let why = EndpointError::Empty { endpoint: self.client.base().to_string(), by_length };
            return Outcome::Failed(failure(&why));
        }
        if is_refusal(&text) {
            return Outcome::Failed(Failure {
                counted_as: "refusal",
                words: format!("the model refused: {text:?}"),
            });
        }
        Outcome::Text(Candidate {
            text,
            tokens: exchange.usage.map_or(0, |usage| usage.completion_tokens),
            sent,
            cost_micro_dollars: self.client.base().is_on_this_computer().then_some(0),
        })
    }
}

impl Generator for EndpointWriter {
    fn named(&self) -> GeneratorName {
        GeneratorName {
            kind: GeneratorKind::Endpoint,
            name: format!("{} at {}", self.model, self.client.base().origin()),
            base_digest: None,
            adapter_digest: None,
        }
    }

    fn at_once(&self) -> usize {
        self.client.base().at_once() * WAITING_FOR_EACH
    }

    fn decoding(&self) -> Option<Decoding> {
        Some(Decoding {
            temperature: Some(f64::from(TEMPERATURE)),
            top_p: Some(f64::from(TOP_P)),
            ..Decoding::default()
        })
    }

    fn base(&self) -> Option<(std::sync::Arc<attune_tuning::BaseModel>, String)> {
        None
    }

    fn takes_references(&self) -> bool {
        true
    }

    fn repeats_itself(&self) -> bool {
        false
    }

    fn generate(&mut self, asks: &[Ask], stop: &AtomicBool) -> Result<Vec<Outcome>> {
        let conversations: Vec<Vec<Message>> = asks.iter().map(messages).collect();
        let sent: Vec<String> = conversations.iter().map(|messages| as_sent(messages)).collect();
        let requests =
            asks.iter().zip(conversations).map(|(ask, messages)| self.request(ask, messages)).collect();
        let exchanges = chat_all(&self.client, requests, self.client.base().at_once(), stop);
        let nothing_came = exchanges.iter().all(|exchange| exchange.said.is_err());
        let last_word =
            exchanges.iter().find_map(|exchange| exchange.said.as_ref().err().filter(|why| why.is_final()));
        if let Some(why) = last_word.filter(|_| nothing_came) {
            return Err(Error::Endpoint(why.clone()));
        }
        Ok(exchanges.into_iter().zip(sent).map(|(exchange, sent)| self.outcome(exchange, sent)).collect())
    }
}

/// The conversation as it is kept with the text that came of it.
fn as_sent(messages: &[Message]) -> String {
    let role = |message: &Message| match message.role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    };
    let messages: Vec<_> =
        messages.iter().map(|message| json!({"role": role(message), "content": message.content})).collect();
    json!(messages).to_string()
}

fn failure(why: &EndpointError) -> Failure {
    Failure { counted_as: why.counted_as(), words: why.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::Reference;
    use crate::providers::tests::{Fate, FaultServer, Piece, client};

    fn writer(server: &FaultServer) -> EndpointWriter {
        EndpointWriter::new(client(&server.base(), None), "small".to_owned())
    }

    fn ask(number: u64) -> Ask {
        Ask {
            genre: "dark fantasy".to_owned(),
            prompt: format!("Prompt {number}"),
            style: None,
            input: format!("Write a dark fantasy story: Prompt {number}."),
            references: Vec::new(),
            seed: (1 << 40) + number,
            max_new_tokens: 100,
        }
    }

    fn asks(count: u64) -> Vec<Ask> {
        (0..count).map(ask).collect()
    }

    fn write(server: &FaultServer, count: u64) -> Result<Vec<Outcome>> {
        writer(server).generate(&asks(count), &AtomicBool::new(false))
    }

    /// What each outcome is counted as.
    fn counted(outcomes: &[Outcome]) -> Vec<&'static str> {
        outcomes
            .iter()
            .map(|outcome| match outcome {
                Outcome::Text(_) => "text",
                Outcome::Failed(failure) => failure.counted_as,
                Outcome::Stopped => "stopped",
            })
            .collect()
    }

    #[test]
    fn a_text_comes_with_its_tokens_and_the_very_conversation_that_asked_for_it() {
        let server = FaultServer::start([Fate::streams(&["It ", "rained."])]);
        let references = vec![Reference {
            category: "dark_fantasy".into(),
            prompt: "A crypt".into(),
            text: "Dust.".into(),
        }];
        let ask = Ask { references, ..ask(3) };
        let outcomes = writer(&server).generate(&[ask], &AtomicBool::new(false)).unwrap();
        let Outcome::Text(candidate) = &outcomes[0] else { panic!("{outcomes:?}") };
        assert_eq!((candidate.text.as_str(), candidate.tokens), ("It rained.", 2));
        assert_eq!(candidate.cost_micro_dollars, Some(0));
        let body = &server.seen()[0].body;
        assert_eq!(serde_json::from_str::<serde_json::Value>(&candidate.sent).unwrap(), body["messages"]);
        let said: Vec<&str> =
            (1..4).map(|place| body["messages"][place]["content"].as_str().unwrap()).collect();
        assert_eq!(
            said,
            ["Write a dark fantasy story: A crypt.", "Dust.", "Write a dark fantasy story: Prompt 3."]
        );
        assert_eq!(
            (&body["seed"], &body["model"], &body["max_tokens"]),
            (&json!(3), &json!("small"), &json!(100))
        );
    }

    #[test]
    fn failures_are_counted_by_kind_and_take_no_text_from_others() {
        let server = FaultServer::start([
            Fate::streams(&["I'm sorry, but I can't help with that."]),
            Fate::streams(&[]),
            Fate::stream(["{garbage"]),
            Fate::begins(&["half"]),
            Fate::fails(400, "x", "y"),
            Fate::streams(&["<think>Hm.</think>"]),
        ])
        .otherwise(Fate::streams(&["A story."]));
        let mut kinds = counted(&write(&server, 8).unwrap());
        kinds.sort_unstable();
        let expected =
            ["cut_off", "empty", "empty", "malformed", "refusal", "request_refused", "text", "text"];
        assert_eq!(kinds, expected);
        assert_eq!(server.seen().len(), 8);
    }

    #[test]
    fn each_text_stands_where_it_was_asked_for_and_few_are_asked_for_at_once() {
        let server = FaultServer::start([]).otherwise(Fate::streams(&["A story."]));
        let outcomes = write(&server, 20).unwrap();
        for (number, outcome) in outcomes.iter().enumerate() {
            let Outcome::Text(candidate) = outcome else { panic!("{outcome:?}") };
            assert!(candidate.sent.contains(&format!("Prompt {number}.")), "{number}: {}", candidate.sent);
        }
        assert!(server.most_at_once() <= 2, "{}", server.most_at_once());
        assert_eq!(server.seen().len(), 20);
    }

    #[test]
    fn a_refused_key_and_spent_credit_end_the_writing_with_their_sentence() {
        for (status, code, counted_as) in
            [(401, "invalid_api_key", "key"), (429, "insufficient_quota", "credit_spent")]
        {
            let server = FaultServer::start([]).otherwise(Fate::fails(status, code, "No"));
            let failed = write(&server, 20).unwrap_err();
            assert!(matches!(&failed, Error::Endpoint(why) if why.counted_as() == counted_as), "{failed}");
            // As many as were under way; none after the first answer.
            assert!(server.seen().len() <= 4, "{}", server.seen().len());
        }
    }

    #[test]
    fn what_was_written_before_the_credit_was_spent_is_kept() {
        let spent = Fate::fails(429, "insufficient_quota", "Pay first");
        let server = FaultServer::start([Fate::streams(&["A story."])]).otherwise(spent);
        let kinds = counted(&write(&server, 6).unwrap());
        assert_eq!(kinds.iter().filter(|kind| **kind == "text").count(), 1, "{kinds:?}");
        assert_eq!(kinds.iter().filter(|kind| **kind == "stopped").count(), 5, "{kinds:?}");
    }

    #[test]
    fn a_wish_to_stop_keeps_what_has_arrived_and_waits_for_no_silent_server() {
        let server = FaultServer::start([Fate::streams(&["A story."])])
            .otherwise(Fate::nothing().then(Piece::Silence));
        let stop = AtomicBool::new(false);
        let mut writer = writer(&server);
        let outcomes = std::thread::scope(|scope| {
            let writing = scope.spawn(|| writer.generate(&asks(4), &stop));
            while server.seen().len() < 3 {
                std::thread::yield_now();
            }
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
            writing.join().unwrap().unwrap()
        });
        let kinds = counted(&outcomes);
        assert_eq!(kinds.iter().filter(|kind| **kind == "text").count(), 1, "{kinds:?}");
        assert_eq!(kinds.iter().filter(|kind| **kind == "stopped").count(), 3, "{kinds:?}");
    }
}

//! A story that is wanted, as a conversation with a chat model, and its answer as a story.
//!
//! Not here: T5's form of it, which is the user's message as it stands.
//! Invariants: texts to go by are shown as earlier answers and never as instructions; what is returned of an answer
//! is the model's own words, with at most its ends taken off.

use super::Ask;
use crate::generation::plan::story_input;
use crate::providers::{Message, Role};

/// A refusal is short; a story that begins alike is not.
const LONGEST_REFUSAL: usize = 400;

/// A text to go by, and what it would have been asked for.
#[derive(Debug, Clone, Copy)]
struct Shown<'a> {
    input: &'a str,
    text: &'a str,
}

/// The conversation that asks for what is wanted, its texts to go by shown.
pub(super) fn messages(ask: &Ask) -> Vec<Message> {
    let inputs: Vec<String> =
        ask.references.iter().map(|reference| story_input(&ask.genre, &reference.prompt, None)).collect();
    let shown: Vec<Shown<'_>> = inputs
        .iter()
        .zip(&ask.references)
        .map(|(input, reference)| Shown { input, text: &reference.text })
        .collect();
    conversation(&ask.input, &shown, ask.max_new_tokens)
}

/// The conversation that asks for a text of at most `max_new_tokens`.
fn conversation(input: &str, shown: &[Shown<'_>], max_new_tokens: usize) -> Vec<Message> {
    // English has about three words in four tokens; the rest is room for an ending.
    let words = (max_new_tokens * 3 / 5).max(20);
    let system = format!(
        "You write short stories that another model will learn from. Answer with the story alone, in plain English \
         prose: no title, no heading, no list, no remark before or after it. Use at most {words} words, and bring \
         it to an end. Earlier stories in this conversation show form and tone; never copy them."
    );
    let mut messages = vec![Message { role: Role::System, content: system }];
    for shown in shown {
        messages.push(Message { role: Role::User, content: shown.input.to_owned() });
        messages.push(Message { role: Role::Assistant, content: shown.text.to_owned() });
    }
    messages.push(Message { role: Role::User, content: input.to_owned() });
    messages
}

/// The story in an answer: without what a model thought first, and, where it was cut for its length, without the
/// sentence that was begun.
pub(super) fn story(answer: &str, by_length: bool) -> String {
    let text = without_thoughts(answer).trim();
    if !by_length {
        return text.to_owned();
    }
    let end = text.char_indices().rev().find(|(_, character)| ['.', '!', '?', '…'].contains(character));
    let Some((place, character)) = end else { return text.to_owned() };
    let mut whole = place + character.len_utf8();
    whole += text[whole..]
        .chars()
        .take_while(|next| ['"', '”', '’', '\''].contains(next))
        .map(char::len_utf8)
        .sum::<usize>();
    // A text of one long sentence is shown as it is; quality says what it thinks of it.
    if whole * 2 >= text.len() { text[..whole].to_owned() } else { text.to_owned() }
}

/// Whether an answer says that there will be none.
pub(super) fn is_refusal(text: &str) -> bool {
    if text.chars().count() > LONGEST_REFUSAL {
        return false;
    }
    let text = text.to_lowercase().replace('’', "'");
    let opens = [
        "i'm sorry",
        "i am sorry",
        "sorry,",
        "i apologize",
        "as an ai",
        "i can't",
        "i cannot",
        "i'm unable",
        "i am unable",
        "i won't",
        "i'm not able",
        "i am not able",
    ];
    let will_not = ["can't", "cannot", "can not", "unable to", "not able to", "won't", "will not"];
    let what = [
        "assist",
        "help with",
        "help you",
        "comply",
        "fulfill",
        "fulfil",
        "provide",
        "write",
        "create",
        "generate",
        "continue with",
        "produce",
        "discuss",
    ];
    let has = |words: &[&str]| words.iter().any(|words| text.contains(words));
    let begins = opens.iter().any(|open| text.trim_start_matches(['"', ' ']).starts_with(open));
    begins && has(&will_not) && has(&what)
}

/// What models think is in a block at the start, which servers should take out and some do not.
fn without_thoughts(answer: &str) -> &str {
    let text = answer.trim_start();
    match text.strip_prefix("<think>") {
        // A thought that was not finished is no story.
        Some(thoughts) => thoughts.split_once("</think>").map_or("", |(_, story)| story),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_to_go_by_are_earlier_answers_and_the_wish_comes_last() {
        let shown = [Shown { input: "Write a horror story: A door.", text: "It opened." }];
        let messages = conversation("Write a horror story: A lamp.", &shown, 100);
        let roles: Vec<Role> = messages.iter().map(|message| message.role).collect();
        assert_eq!(roles, [Role::System, Role::User, Role::Assistant, Role::User]);
        assert_eq!(messages[2].content, "It opened.");
        assert_eq!(messages[3].content, "Write a horror story: A lamp.");
        assert!(messages[0].content.contains("at most 60 words"), "{}", messages[0].content);
    }

    #[test]
    fn a_story_has_no_thoughts_and_no_half_sentence() {
        assert_eq!(story("<think>Hm.\nWhat?</think>\n\nIt rained. ", false), "It rained.");
        assert_eq!(story("<think>Hm. What", true), "");
        assert_eq!(story("It rained. She said: “Go!” Then she we", true), "It rained. She said: “Go!”");
        let mostly_unfinished = "It rained. Then she went on and on and on and on and o";
        assert_eq!(story(mostly_unfinished, true), mostly_unfinished);
        assert_eq!(story("It rained. Then she we", false), "It rained. Then she we");
        assert_eq!(story("Ein Wort", true), "Ein Wort");
    }

    #[test]
    fn a_refusal_is_told_from_a_story_that_begins_alike() {
        for refusal in [
            "I'm sorry, but I can't assist with that request.",
            "I’m sorry, I cannot write that story.",
            "As an AI language model, I am unable to provide violent content.",
            "I won't continue with this.",
        ] {
            assert!(is_refusal(refusal), "{refusal}");
        }
        for story in [
            "I'm sorry, Captain, she said, and closed the hatch. The stars went out one by one.",
            "I cannot remember when the rain began. It fell on the roofs and on the river.",
            "The robot could not help with the harvest, so it wrote a song.",
            &format!("I'm sorry, but I can't write to you any more. {}", "The letter went on. ".repeat(30)),
        ] {
            assert!(!is_refusal(story), "{story}");
        }
    }
}

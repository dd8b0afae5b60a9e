//! Files of one JSON object per line: `input` and `output`, `prompt` and `completion`, or chat `messages`.

use std::io::{self, Read};

use serde_json::Value;

use super::lines::{Lines, NOT_UTF8, TOO_LONG};
use super::{Fault, SourceRows, chat, example};
use attune_tuning::Example;

/// Adds the rows of `text` until `found` is full. Empty lines are no rows.
pub(super) fn read_json_lines(text: impl Read, found: &mut SourceRows) -> io::Result<()> {
    let mut lines = Lines::new(text);
    while !found.is_full() {
        let Some((number, line)) = lines.next()? else { break };
        let row = match line {
            Some(line) if line.trim_ascii().is_empty() => continue,
            Some(line) => row(line),
            None => Err(Fault::Malformed(TOO_LONG.into())),
        };
        found.add(("line", number), row);
    }
    Ok(())
}

fn row(line: &[u8]) -> Result<Example, Fault> {
    let malformed = |why: &'static str| Fault::Malformed(why.into());
    let text = std::str::from_utf8(line).map_err(|_| malformed(NOT_UTF8))?;
    // Nesting is limited by serde_json, so a hostile line cannot exhaust the stack.
    let row: Value = serde_json::from_str(text).map_err(|_| malformed("not JSON"))?;
    let Value::Object(fields) = &row else { return Err(malformed("not a JSON object")) };
    for (input, output) in super::COLUMNS {
        match (fields.get(input), fields.get(output)) {
            (Some(asked), Some(answered)) => return example(words(input, asked)?, words(output, answered)?),
            (Some(_), None) => return Err(Fault::MissingField(format!("no {output}").into())),
            (None, Some(_)) => return Err(Fault::MissingField(format!("no {input}").into())),
            (None, None) => {}
        }
    }
    match fields.get("messages") {
        Some(messages) => chat::example_of(messages),
        None => Err(Fault::MissingField("no input and output, prompt and completion, or messages".into())),
    }
}

fn words<'v>(field: &str, value: &'v Value) -> Result<&'v str, Fault> {
    match value {
        Value::String(text) => Ok(text),
        Value::Null => Err(Fault::MissingField(format!("no {field}").into())),
        _ => Err(Fault::Malformed(format!("{field} is not text").into())),
    }
}

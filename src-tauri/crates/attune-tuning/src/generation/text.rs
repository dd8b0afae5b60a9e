//! The text of an answer as it grows: stop strings, and pieces that can be shown at once.
//!
//! Invariant: the pieces of an answer, one after the other, are its text. So what may still be taken back
//! waits: white space that may be trimmed, the beginning of a stop string, a character whose bytes are
//! not complete. Where a decoder takes back more, what was shown stays.

use crate::{Result, Tokenizer};

/// What the decoder puts for bytes that are no character yet.
const INCOMPLETE: char = '\u{FFFD}';

/// The text of one answer while it is made.
#[derive(Debug, Default)]
pub(super) struct GrowingText {
    /// Without the white space before it.
    text: String,
    shown: String,
}

impl GrowingText {
    /// Takes the answer's tokens up to now; says whether a stop string ended the text.
    pub(super) fn grow(&mut self, tokenizer: &Tokenizer, tokens: &[u32], stop: &[String]) -> Result<bool> {
        let text = tokenizer.decode_untrimmed(tokens)?;
        let cut = stop_place(&text, stop);
        let text = &text[..cut.unwrap_or(text.len())];
        self.text.clear();
        self.text.push_str(text.trim_start());
        Ok(cut.is_some())
    }

    /// What can be shown since the last time and will not be taken back.
    pub(super) fn piece(&mut self, stop: &[String]) -> &str {
        let whole = self.text.trim_end_matches(INCOMPLETE);
        let sure = whole[..whole.len() - begun_stop(whole, stop)].trim_end();
        // A decoder of bytes gives up a whole run of characters while one of them is not complete.
        let new = sure.strip_prefix(self.shown.as_str()).unwrap_or("");
        self.shown.push_str(new);
        &self.shown[self.shown.len() - new.len()..]
    }

    /// The rest of a text that will not grow any more.
    pub(super) fn last_piece(&mut self) -> &str {
        let whole = self.text.trim_end();
        let new = whole.strip_prefix(self.shown.as_str()).unwrap_or("");
        self.shown.push_str(new);
        &self.shown[self.shown.len() - new.len()..]
    }

    /// All pieces together.
    pub(super) fn into_shown(self) -> String {
        self.shown
    }
}

/// Where the first stop string in the text begins.
fn stop_place(text: &str, stop: &[String]) -> Option<usize> {
    stop.iter().filter_map(|stop| text.find(stop.as_str())).min()
}

/// How many bytes at the end of the text may be the beginning of a stop string.
fn begun_stop(text: &str, stop: &[String]) -> usize {
    let begun = |stop: &String| {
        stop.char_indices().map(|(bytes, _)| bytes).rev().find(|&bytes| text.ends_with(&stop[..bytes]))
    };
    stop.iter().filter_map(begun).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{GrowingText, begun_stop};
    use crate::{Tokenizer, fixtures};

    fn grown(text: &str) -> GrowingText {
        GrowingText { text: text.to_owned(), shown: String::new() }
    }

    #[test]
    fn what_may_be_taken_back_waits() {
        let stop = ["END".to_owned(), "ö!".to_owned()];
        for (text, sure) in [
            ("a cup ", "a cup"),
            ("a cup of E", "a cup of"),
            ("a cup of EN", "a cup of"),
            ("a cup of ENx", "a cup of ENx"),
            ("schö", "sch"),
            ("caf\u{FFFD}\u{FFFD}", "caf"),
            ("E\u{FFFD}", ""),
        ] {
            assert_eq!(grown(text).piece(&stop), sure, "{text:?}");
        }
        assert_eq!(begun_stop("aab", &["abc".to_owned(), "b".to_owned()]), 2);
        assert_eq!(grown("caf\u{FFFD} ").last_piece(), "caf\u{FFFD}");
    }

    #[test]
    fn a_character_of_several_tokens_comes_whole() {
        let json = fixtures::read("tests/fixtures/decoding/byte_tokenizer.json");
        let tokenizer = Tokenizer::from_json(&json, fixtures::attune_mini().architecture()).unwrap();
        let whole = "naïve 日本 🦀";
        let tokens = tokenizer.encode_whole(whole).unwrap();
        let tokens = &tokens[..tokens.len() - 1];
        assert!(tokens.len() > whole.chars().count(), "some characters must take several tokens");
        let (mut text, mut shown) = (GrowingText::default(), Vec::new());
        for end in 1..=tokens.len() {
            text.grow(&tokenizer, &tokens[..end], &[]).unwrap();
            shown.push(text.piece(&[]).to_owned());
        }
        shown.push(text.last_piece().to_owned());
        assert_eq!(shown.concat(), whole);
        assert!(shown.iter().all(|piece| !piece.contains('\u{FFFD}')), "{shown:?}");
        assert_eq!(text.into_shown(), whole);

        // Cut in the middle of a character, the whole characters that were shown stay.
        let cut = tokens.len() - 2;
        let (mut text, mut shown) = (GrowingText::default(), String::new());
        for end in 1..=cut {
            text.grow(&tokenizer, &tokens[..end], &[]).unwrap();
            shown.push_str(text.piece(&[]));
        }
        shown.push_str(text.last_piece());
        assert_eq!(text.into_shown(), shown);
    }
}

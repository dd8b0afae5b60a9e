//! The text of an answer as it grows: stop strings, and pieces that can be shown at once.
//!
//! Invariant: the pieces of an answer, one after the other, are its text. So what may still be taken back
//! waits: white space that may be trimmed, the beginning of a stop string, a character whose bytes are
//! not complete. It rests on decoders that only append, as all of T5's do.

use crate::{Result, Tokenizer};

/// What the decoder puts for bytes that are no character yet.
const INCOMPLETE: char = '\u{FFFD}';

/// The text of one answer while it is made.
#[derive(Debug, Default)]
pub(super) struct GrowingText {
    /// Without the white space before it.
    text: String,
    /// How many bytes of it were handed out.
    shown: usize,
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
        let sure = whole[..whole.len() - begun_stop(whole, stop)].trim_end().len();
        self.show(sure)
    }

    /// The rest of a text that will not grow any more.
    pub(super) fn last_piece(&mut self) -> &str {
        let end = self.text.trim_end().len();
        self.text.truncate(end);
        self.show(end)
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// What was handed out, where no more may follow.
    pub(super) fn into_shown(mut self) -> String {
        self.text.truncate(self.shown);
        self.text
    }

    fn show(&mut self, end: usize) -> &str {
        let start = self.shown.min(end);
        self.shown = end.max(start);
        self.text.get(start..end).unwrap_or("")
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
    use crate::fixtures;

    fn grown(text: &str) -> GrowingText {
        GrowingText { text: text.to_owned(), shown: 0 }
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
        let tokenizer = fixtures::byte_tokenizer();
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
        assert_eq!(text.into_text(), whole);
    }
}

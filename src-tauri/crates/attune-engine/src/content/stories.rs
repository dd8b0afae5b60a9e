//! Reads one file of genres and styles; see `data/generation/stories.toml` for the form.
//!
//! Invariant: what is wrong in one place is told with its line and costs that place alone, unless the file as a whole
//! cannot be understood.

use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::{ContentProblem, Genre, unreadable};

/// Bytes of a file; thousands of prompts have fewer.
const LARGEST_FILE: u64 = 1 << 20;
/// Characters of a name, a title or a prompt. A prompt must fit what a model reads.
const LONGEST_NAME: usize = 40;
const LONGEST_PROMPT: usize = 500;

/// What could be read of a file.
#[derive(Debug, Default)]
pub(super) struct StoryFile {
    pub(super) genres: Vec<WrittenGenre>,
    pub(super) styles: Vec<String>,
    pub(super) replace_styles: bool,
    pub(super) problems: Vec<ContentProblem>,
}

/// A genre as a file has it.
#[derive(Debug)]
pub(super) struct WrittenGenre {
    /// Where it begins.
    pub(super) line: usize,
    pub(super) replace: bool,
    /// Whether the file says a title.
    pub(super) title: bool,
    /// Whether the file says how it is spoken of.
    pub(super) spoken: bool,
    pub(super) genre: Genre,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    styles: Vec<Spanned<String>>,
    #[serde(default)]
    replace_styles: bool,
    #[serde(default)]
    genre: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Spanned<String>,
    title: Option<Spanned<String>>,
    spoken: Option<Spanned<String>>,
    #[serde(default)]
    prompts: Vec<Spanned<String>>,
    #[serde(default)]
    replace: bool,
}

pub(super) fn read(path: &Path) -> StoryFile {
    match text_of(path) {
        Ok(text) => Reading { path, text: &text, problems: Vec::new() }.all(),
        Err(what) => {
            StoryFile { problems: vec![ContentProblem::of(path, None, what)], ..StoryFile::default() }
        }
    }
}

fn text_of(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| unreadable(&error))?.len();
    if size > LARGEST_FILE {
        return Err("it is larger than 1 MiB".to_owned());
    }
    let bytes = std::fs::read(path).map_err(|error| unreadable(&error))?;
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())
}

struct Reading<'f> {
    path: &'f Path,
    text: &'f str,
    problems: Vec<ContentProblem>,
}

impl Reading<'_> {
    fn all(mut self) -> StoryFile {
        let document: Document = match toml::from_str(self.text) {
            Ok(document) => document,
            Err(error) => {
                let what = error.message().lines().next().unwrap_or("it is not TOML").to_owned();
                self.problem(error.span(), what);
                return StoryFile { problems: self.problems, ..StoryFile::default() };
            }
        };
        let mut genres: Vec<WrittenGenre> = Vec::new();
        for entry in document.genre {
            let Some(written) = self.genre(entry) else { continue };
            match genres.iter().find(|other| other.genre.name == written.genre.name) {
                None => genres.push(written),
                Some(other) => {
                    let what =
                        format!("the genre {:?} stands in line {} already", other.genre.name, other.line);
                    self.problems.push(ContentProblem::of(self.path, Some(written.line), what));
                }
            }
        }
        let styles = self.sentences("style", document.styles);
        StoryFile { genres, styles, replace_styles: document.replace_styles, problems: self.problems }
    }

    fn genre(&mut self, entry: Spanned<Entry>) -> Option<WrittenGenre> {
        let span = entry.span();
        let line = self.line(span.start);
        let Entry { name, title, spoken, prompts, replace } = entry.into_inner();
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
        let is_name = name.get_ref().starts_with(|first: char| first.is_ascii_lowercase())
            && name.get_ref().chars().all(plain)
            && name.get_ref().len() <= LONGEST_NAME;
        if !is_name {
            let what = format!(
                "the name {:?} is not small letters, digits and _, 40 at most, a letter first",
                name.get_ref()
            );
            self.problem(Some(name.span()), what);
            return None;
        }
        let name = name.into_inner();
        let by_name = name.replace('_', " ");
        let (has_title, has_spoken) = (title.is_some(), spoken.is_some());
        let title = title.and_then(|title| self.sentence("title", title, LONGEST_NAME));
        let spoken = spoken.and_then(|spoken| self.sentence("spoken form", spoken, LONGEST_NAME));
        let prompts = self.sentences("prompt", prompts);
        if prompts.is_empty() {
            self.problem(Some(span), format!("the genre {name:?} has no prompt"));
            return None;
        }
        let genre = Genre {
            title: title.unwrap_or_else(|| capitalised(&by_name)),
            spoken: spoken.unwrap_or(by_name),
            name,
            prompts,
            own: false,
        };
        Some(WrittenGenre { line, replace, title: has_title, spoken: has_spoken, genre })
    }

    /// Those that can be used, each once.
    fn sentences(&mut self, kind: &str, all: Vec<Spanned<String>>) -> Vec<String> {
        let mut kept: Vec<String> = Vec::new();
        for sentence in all {
            let span = sentence.span();
            let Some(sentence) = self.sentence(kind, sentence, LONGEST_PROMPT) else { continue };
            if kept.contains(&sentence) {
                self.problem(Some(span), format!("the {kind} {sentence:?} stands there twice"));
            } else {
                kept.push(sentence);
            }
        }
        kept
    }

    /// One line of text without a full stop at its end, which prompts put there themselves.
    fn sentence(&mut self, kind: &str, sentence: Spanned<String>, longest: usize) -> Option<String> {
        let text = sentence.get_ref().trim().trim_end_matches('.').trim_end();
        let what = if text.is_empty() {
            format!("a {kind} is empty")
        } else if text.chars().any(char::is_control) {
            format!("a {kind} has a line break or another control character in it")
        } else if text.chars().count() > longest {
            format!("a {kind} has more than {longest} characters")
        } else {
            return Some(text.to_owned());
        };
        self.problem(Some(sentence.span()), what);
        None
    }

    fn problem(&mut self, span: Option<Range<usize>>, what: String) {
        let line = span.map(|span| self.line(span.start));
        self.problems.push(ContentProblem::of(self.path, line, what));
    }

    /// The line in which this byte stands, counted from 1.
    fn line(&self, place: usize) -> usize {
        let before = self.text.as_bytes().get(..place).unwrap_or(self.text.as_bytes());
        1 + before.iter().filter(|byte| **byte == b'\n').count()
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

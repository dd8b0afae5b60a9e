//! What is generated about: genres with their prompts, styles, and texts to go by.
//!
//! It comes from `generation/` in the shipped content and from `content/` in the data folder, where a person's own
//! files extend or replace it. Not here: which prompt an attempt gets (`generation::plan`).
//! Invariants: every genre has a prompt; a file of a person's that cannot be used is told with its line and takes
//! nothing away from what ships; what ships must be whole, as it belongs to the program.

mod references;
mod stories;

use std::path::{Path, PathBuf};

use stories::{StoryFile, WrittenGenre};

use crate::limits::check_range;
use crate::{Error, Result};

pub use references::Reference;

/// What there is to generate about.
#[derive(Debug, Clone, PartialEq)]
pub struct Content {
    /// Those that ship first, then a person's own.
    pub genres: Vec<Genre>,
    /// Sentences that may follow a prompt, without a full stop.
    pub styles: Vec<String>,
    /// Texts that show a generator how it is done.
    pub references: Vec<Reference>,
    /// What of a person's own files could not be used.
    pub problems: Vec<ContentProblem>,
}

/// A kind of story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Genre {
    /// As requests and examples say it: small letters, digits and `_`.
    pub name: String,
    /// As it is shown.
    pub title: String,
    /// As a prompt says it: "Write a science fiction story".
    pub spoken: String,
    /// First sentences of stories, without a full stop; at least one.
    pub prompts: Vec<String>,
    /// Whether a person's own file has added to it or made it.
    pub own: bool,
}

/// Something in a file of content that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentProblem {
    pub path: PathBuf,
    /// Counted from 1; none where the file as a whole is meant.
    pub line: Option<usize>,
    /// A sentence without a full stop.
    pub what: String,
}

impl std::fmt::Display for ContentProblem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(formatter, "{}, line {line}: {}", self.path.display(), self.what),
            None => write!(formatter, "{}: {}", self.path.display(), self.what),
        }
    }
}

/// Where content lies.
#[derive(Debug, Clone)]
pub(crate) struct ContentFolders {
    /// `generation/` of what ships.
    shipped: PathBuf,
    /// `content/` in the data folder; it need not be there.
    own: PathBuf,
}

impl ContentFolders {
    pub(crate) fn new(shipped: &Path, data_folder: &Path) -> Self {
        Self { shipped: shipped.join("generation"), own: data_folder.join("content") }
    }

    /// Reads everything anew: a person edits these files while Attune runs.
    ///
    /// # Errors
    /// [`Error::ContentRefused`] if something that ships is missing or torn.
    pub(crate) fn load(&self) -> Result<Content> {
        let mut content =
            Content { genres: Vec::new(), styles: Vec::new(), references: Vec::new(), problems: Vec::new() };
        content.add_stories(&self.shipped.join("stories.toml"), false);
        content.add_references(&self.shipped.join("references.csv"));
        if content.genres.is_empty() && content.problems.is_empty() {
            content.problems.push(ContentProblem::of(&self.shipped, None, "it has no genre"));
        }
        if !content.problems.is_empty() {
            let problem = content.problems.remove(0);
            return Err(Error::ContentRefused { problem });
        }
        let own = match files_in(&self.own) {
            Ok(files) => files,
            Err(error) => {
                content.problems.push(ContentProblem::of(&self.own, None, unreadable(&error)));
                Vec::new()
            }
        };
        for path in own {
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("toml") => content.add_stories(&path, true),
                Some("csv") => content.add_references(&path),
                // A note of the person's, or a copy that an editor left.
                _ => {}
            }
        }
        Ok(content)
    }
}

impl Content {
    /// The genres of these names, in their order; of no name, all.
    ///
    /// # Errors
    /// [`Error::UnknownGenre`] with those there are, or [`Error::InvalidField`] for a name that comes twice.
    pub(crate) fn chosen(&self, names: &[String]) -> Result<Vec<&Genre>> {
        if names.is_empty() {
            return Ok(self.genres.iter().collect());
        }
        check_range("genres", u32::try_from(names.len()).unwrap_or(u32::MAX), 1, 100, "that is too many")?;
        names
            .iter()
            .enumerate()
            .map(|(place, name)| {
                if names[..place].contains(name) {
                    let reason = "each genre is named once";
                    return Err(Error::InvalidField { field: "genres", value: format!("{name:?}"), reason });
                }
                self.genres.iter().find(|genre| genre.name == *name).ok_or_else(|| Error::UnknownGenre {
                    name: name.clone(),
                    known: self.genres.iter().map(|genre| genre.name.clone()).collect(),
                })
            })
            .collect()
    }

    fn add_stories(&mut self, path: &Path, own: bool) {
        let StoryFile { genres, styles, replace_styles, problems } = stories::read(path);
        self.problems.extend(problems);
        genres.into_iter().for_each(|genre| self.add_genre(path, genre, own));
        if replace_styles && !styles.is_empty() {
            self.styles.clear();
        }
        for style in styles {
            if !self.styles.contains(&style) {
                self.styles.push(style);
            }
        }
    }

    fn add_genre(&mut self, path: &Path, written: WrittenGenre, own: bool) {
        let WrittenGenre { line, replace, title, spoken, genre } = written;
        let Some(known) = self.genres.iter_mut().find(|known| known.name == genre.name) else {
            self.genres.push(Genre { own, ..genre });
            return;
        };
        if !own {
            let what = format!("the genre {:?} is there already", genre.name);
            self.problems.push(ContentProblem::of(path, Some(line), what));
            return;
        }
        known.own = true;
        if replace {
            known.prompts.clear();
        }
        // What the person leaves out stays as it was.
        if title {
            known.title = genre.title;
        }
        if spoken {
            known.spoken = genre.spoken;
        }
        for prompt in genre.prompts {
            if !known.prompts.contains(&prompt) {
                known.prompts.push(prompt);
            }
        }
    }

    fn add_references(&mut self, path: &Path) {
        let (references, problems) = references::read(path);
        self.references.extend(references);
        self.problems.extend(problems);
    }
}

impl ContentProblem {
    fn of(path: &Path, line: Option<usize>, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }
}

/// The files of a folder by name, so that the same files always give the same content. None without a folder.
fn files_in(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut files = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .filter(|path| path.as_ref().map_or(true, |path| path.is_file()))
        .collect::<std::io::Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

fn unreadable(error: &std::io::Error) -> String {
    format!("it could not be read: {error}")
}

#[cfg(test)]
mod tests;

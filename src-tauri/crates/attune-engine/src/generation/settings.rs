//! Everything that decides what the attempts of a batch ask for, frozen when it is created.
//!
//! Invariant: prompts, styles and references are in it as they were then, so that a batch that is continued after the
//! files of content were edited still asks for what it would have asked for.

use serde::{Deserialize, Serialize};

use super::GeneratorChoice;
use crate::content::{Content, Genre, Reference};

/// How often an attempt is made for each example that shall be kept, at most.
const ATTEMPTS_FOR_EACH: u32 = 3;

/// What a batch was asked for, every default filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchSettings {
    pub num_examples: u32,
    pub genres: Vec<PlannedGenre>,
    pub styles: Vec<String>,
    pub generators: Vec<GeneratorChoice>,
    /// Texts of each generator for an attempt.
    pub candidates: u32,
    pub until_kept: bool,
    /// The endpoint whose model judges each text.
    #[serde(default)]
    pub judge: Option<String>,
    pub store_in_memory: bool,
    pub seed: u64,
    pub max_new_tokens: u32,
    pub twin_threshold: f64,
}

/// A genre as it was when the batch was created.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedGenre {
    pub name: String,
    pub spoken: String,
    pub prompts: Vec<String>,
    pub references: Vec<Reference>,
}

impl PlannedGenre {
    pub(crate) fn of(genre: &Genre, content: &Content, references: usize) -> Self {
        let of_category = content.references.iter().filter(|reference| reference.category == genre.name);
        Self {
            name: genre.name.clone(),
            spoken: genre.spoken.clone(),
            prompts: genre.prompts.clone(),
            references: of_category.take(references).cloned().collect(),
        }
    }
}

impl BatchSettings {
    pub(crate) fn most_attempts(&self) -> u32 {
        if self.until_kept { self.num_examples * ATTEMPTS_FOR_EACH } else { self.num_examples }
    }
}

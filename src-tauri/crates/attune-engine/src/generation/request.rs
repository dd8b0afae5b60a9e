//! What somebody asks a batch for, checked, with every default filled in.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{BatchId, BatchSettings, DEFAULT_SUBJECT, PlannedGenre};
use crate::content::Content;
use crate::limits::{check_new_tokens, check_number, check_range, check_text};
use crate::{Error, Result};

/// Examples of a batch.
const MOST_EXAMPLES: u32 = 500;
/// Candidates for an attempt from each generator.
const MOST_CANDIDATES: u32 = 8;
const MOST_GENERATORS: u32 = 4;
/// Texts to go by in one prompt; more would leave little room for an answer.
const MOST_REFERENCES: u32 = 5;
const LONGEST_SUBJECT: usize = 200;
/// Seeds stay exact in every program that reads JSON.
pub(crate) const LARGEST_SEED: u64 = (1 << 53) - 1;
/// Answers of attune-mini were up to 160 tokens long when it was trained.
const DEFAULT_NEW_TOKENS: u32 = 160;
/// From here on two texts are twins; `docs/concepts/examples.md` says what that means.
const DEFAULT_TWIN_THRESHOLD: f64 = 0.5;

/// A batch that somebody wants; what is none takes its default.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BatchRequest {
    /// Made by the client, so that a repeated request is recognised.
    pub id: Option<String>,
    /// The person whose examples they will be; default `me`.
    pub subject: Option<String>,
    /// Attempts, 1 to 500; with `until_kept` examples that are kept.
    pub num_examples: u32,
    /// None named: all.
    pub genres: Vec<String>,
    /// Default: all there are. An empty list is no style at all.
    pub styles: Option<Vec<String>>,
    /// Default: the base "auto" on this computer, without an adapter.
    pub generators: Vec<GeneratorChoice>,
    /// How many texts each generator writes for an attempt; the best is taken. 1 to 8; default: what suits the
    /// generators.
    pub candidates: Option<u32>,
    /// Goes on until so many are kept, with three times as many attempts at most.
    pub until_kept: bool,
    /// How many texts of the genre's category are shown to generators that can use them; 0 to 5.
    pub references: u32,
    /// The id of an endpoint whose model judges each text; default: none is asked.
    pub judge: Option<String>,
    /// Puts what is kept into the memory too.
    pub store_in_memory: bool,
    /// Decides every choice and draw; default: another one each time.
    pub seed: Option<u64>,
    /// 16 to 1024; default 160.
    pub max_new_tokens: Option<u32>,
    /// From which likeness on, 0 to 1, two texts are twins; default 0.5.
    pub twin_threshold: Option<f64>,
}

/// Something that writes texts, as somebody names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GeneratorChoice {
    /// A T5 on this computer.
    LocalT5 {
        /// Default: the adapter's base, else `auto`.
        base_model: Option<String>,
        /// The folder of an adapter, or `latest` in an output folder; none: the base alone.
        adapter: Option<PathBuf>,
    },
    /// A model at an endpoint that the person has set up.
    Endpoint {
        /// Its id.
        endpoint: String,
    },
    /// A chat model on this computer.
    LocalChat {
        /// Its GGUF file.
        file: PathBuf,
    },
}

impl GeneratorChoice {
    /// What is taken where nothing is said: the base "auto", alone.
    pub fn local() -> Self {
        Self::LocalT5 { base_model: None, adapter: None }
    }
}

impl BatchRequest {
    pub(crate) fn parsed_id(&self) -> Result<Option<BatchId>> {
        self.id.as_deref().map(BatchId::parse).transpose()
    }

    pub(crate) fn checked_subject(&self) -> Result<String> {
        checked_subject(self.subject.as_deref())
    }

    /// Everything that decides what is asked for.
    ///
    /// # Errors
    /// [`Error::InvalidField`] for the first value that breaks a rule, or [`Error::UnknownGenre`].
    pub(crate) fn settled(&self, content: &Content) -> Result<BatchSettings> {
        let most = MOST_EXAMPLES;
        check_range("numExamples", self.num_examples, 1, most, "a batch has 1 to 500 examples")?;
        let genres = content.chosen(&self.genres)?;
        let styles = self.chosen_styles(content)?;
        let generators =
            if self.generators.is_empty() { vec![GeneratorChoice::local()] } else { self.generators.clone() };
        let count = u32::try_from(generators.len()).unwrap_or(u32::MAX);
        check_range("generators", count, 1, MOST_GENERATORS, "at most 4 write together")?;
        let repeated = (1..generators.len()).find(|place| generators[..*place].contains(&generators[*place]));
        if repeated.is_some() {
            let reason = "each generator is named once; candidates says how many texts it writes";
            return Err(Error::InvalidField { field: "generators", value: "the same twice".into(), reason });
        }
        let candidates =
            self.candidates.unwrap_or_else(|| super::generators::default_candidates(&generators));
        check_range("candidates", candidates, 1, MOST_CANDIDATES, "1 to 8 texts are compared")?;
        let reason = "at most 5 are shown";
        check_range("references", self.references, 0, MOST_REFERENCES, reason)?;
        let seed = self.seed.unwrap_or_else(drawn_seed);
        if seed > LARGEST_SEED {
            let reason = "a seed is at most 2 to the power of 53, less 1";
            return Err(Error::InvalidField { field: "seed", value: seed.to_string(), reason });
        }
        let max_new_tokens = self.max_new_tokens.unwrap_or(DEFAULT_NEW_TOKENS);
        check_new_tokens(max_new_tokens)?;
        check_range("maxNewTokens", max_new_tokens, 16, 1024, "a text has 16 tokens or more")?;
        let twin_threshold = self.twin_threshold.unwrap_or(DEFAULT_TWIN_THRESHOLD);
        let in_bounds = (0.0..=1.0).contains(&twin_threshold) && twin_threshold > 0.0;
        check_number("twinThreshold", twin_threshold, in_bounds, "it is above 0 and at most 1")?;
        let references = self.references as usize;
        Ok(BatchSettings {
            num_examples: self.num_examples,
            genres: genres.into_iter().map(|genre| PlannedGenre::of(genre, content, references)).collect(),
            styles,
            generators,
            candidates,
            until_kept: self.until_kept,
            judge: self.judge.clone(),
            store_in_memory: self.store_in_memory,
            seed,
            max_new_tokens,
            twin_threshold,
        })
    }

    fn chosen_styles(&self, content: &Content) -> Result<Vec<String>> {
        let Some(styles) = &self.styles else { return Ok(content.styles.clone()) };
        let known = |style: &String| match content.styles.contains(style) {
            true => Ok(style.clone()),
            false => Err(Error::InvalidField {
                field: "styles",
                value: format!("{style:?}"),
                reason: "there is no such style; a file in the folder content of the data folder can add it",
            }),
        };
        let mut chosen: Vec<String> = styles.iter().map(known).collect::<Result<_>>()?;
        chosen.sort();
        chosen.dedup();
        Ok(chosen)
    }
}

/// The subject that is named, else the default.
pub(crate) fn checked_subject(named: Option<&str>) -> Result<String> {
    let subject = named.unwrap_or(DEFAULT_SUBJECT);
    check_text("subject", subject, 1, LONGEST_SUBJECT)?;
    if subject.chars().any(char::is_control) || subject.trim() != subject {
        let reason = "it has no white space around it and no control characters";
        return Err(Error::InvalidField { field: "subject", value: format!("{subject:?}"), reason });
    }
    Ok(subject.to_owned())
}

/// Short enough to be typed again.
fn drawn_seed() -> u64 {
    u64::from(ulid::Ulid::generate().random() as u32)
}

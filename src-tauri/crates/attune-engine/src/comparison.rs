//! Base and tuned answers beside each other, on the rows that a run held out.
//!
//! Not here: how answers are computed (`attune_tuning`), and questions that a person thinks of (`model_host`).
//! Invariants: no row that was trained on is ever compared; both answers to a row are greedy and as long as each
//! other may be; what is kept names the digests of base and adapter that gave it, and is complete.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::Path;

use attune_tuning::{AnswerPrecision, Ask, Example, Finish, GenerationConfig, LONGEST_PROMPT};
use serde::{Deserialize, Serialize};

use crate::artifacts::durable_writer;
use crate::bases::Base;
use crate::model_host::Pair;
use crate::runs::Run;
use crate::runs::kept_files::KeptFiles;
use crate::sources::{is_held_out, read_frozen};
use crate::{AdapterDigest, Error, Result};

/// Rows that are compared at most: the first of those held out. More would take long and show nothing new.
const MOST_ROWS: usize = 500;
/// Rows that are answered together and shown together.
const ROWS_AT_ONCE: usize = 16;
/// The longest answer that is waited for, in tokens.
const MOST_NEW_TOKENS: usize = 1024;

/// What a base and its tuned model answer to rows that neither was trained on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    pub base_model: String,
    /// SHA-256 of the base's weights.
    pub base_digest: String,
    pub adapter_digest: AdapterDigest,
    /// Rows that the run held out; more than are compared where there are very many, or where some are too long.
    pub held_out: u64,
    /// Rows that are compared in the end.
    pub total: u64,
    /// The longest that an answer may be, in tokens.
    pub max_new_tokens: u64,
    /// Plain sentences about what the comparison does not cover; the page and the terminal show them as they are.
    pub notices: Vec<String>,
    /// In the order of the source.
    pub rows: Vec<ComparedRow>,
}

/// One held-out row with both answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparedRow {
    pub input: String,
    pub expected: String,
    pub base: String,
    pub tuned: String,
}

impl ComparedRow {
    pub fn base_is_exact(&self) -> bool {
        self.base == self.expected
    }

    pub fn tuned_is_exact(&self) -> bool {
        self.tuned == self.expected
    }
}

/// What somebody who waits for a comparison is told.
#[derive(Debug)]
pub enum ComparisonNews<'c> {
    /// It begins: everything but the rows.
    Begun(&'c Comparison),
    /// The next rows are there.
    Rows(&'c [ComparedRow]),
    /// Nothing new; whoever does not want to wait any more can say so.
    Working,
}

/// Told what comes; `Break` ends the comparison, and nothing of it is kept.
pub type ComparisonObserver<'o> = dyn FnMut(ComparisonNews<'_>) -> ControlFlow<()> + 'o;

/// The comparison that was made before, or a new one, which is kept. `None` if the observer ended it.
///
/// # Errors
/// [`Error::NothingHeldOut`], [`Error::HeldOutMissing`] or [`Error::HeldOutChanged`] if there is nothing to compare
/// on; what is wrong with the base or the adapter; [`Error::Generation`].
pub(crate) fn compare(
    run: &Run,
    files: &KeptFiles,
    load: impl FnOnce(&Base, &Path) -> Result<Pair>,
    observer: &mut ComparisonObserver<'_>,
) -> Result<Option<Comparison>> {
    if let Some(kept) = kept(run, files) {
        let told = observer(ComparisonNews::Begun(&kept)).is_continue()
            && observer(ComparisonNews::Rows(&kept.rows)).is_continue();
        return Ok(told.then_some(kept));
    }
    let rows = held_out_rows(run, files)?;
    let base = Base { name: run.base_model.clone(), folder: run.base_folder.clone(), bundled: false };
    let pair = load(&base, &run.folder())?;
    let held_out = rows.len() as u64;
    let rows = answerable(&pair, rows)?;
    let config = GenerationConfig {
        // As much as it learned to say, with the end of sequence.
        max_new_tokens: (run.hyperparameters.target_max_tokens as usize).min(MOST_NEW_TOKENS),
        // As the Playground answers.
        precision: AnswerPrecision::Auto,
        ..GenerationConfig::default()
    };
    let mut comparison = Comparison {
        base_model: run.base_model.clone(),
        base_digest: pair.base_digest.clone(),
        adapter_digest: pair.adapter_digest.clone(),
        held_out,
        total: rows.len() as u64,
        max_new_tokens: config.max_new_tokens as u64,
        notices: notices(run, rows.len()),
        rows: Vec::with_capacity(rows.len()),
    };
    if observer(ComparisonNews::Begun(&comparison)).is_break() {
        return Ok(None);
    }
    for examples in rows.chunks(ROWS_AT_ONCE) {
        let Some(compared) = answer(&pair, examples, &config, observer)? else { return Ok(None) };
        if observer(ComparisonNews::Rows(&compared)).is_break() {
            return Ok(None);
        }
        comparison.rows.extend(compared);
    }
    if let Err(error) = keep(&comparison, files) {
        // It is as true as if it were kept, and can be made again.
        let error = crate::with_reasons(&error);
        tracing::warn!(run = %run.id, error, "a comparison could not be kept");
    }
    Ok(Some(comparison))
}

fn notices(run: &Run, compared: usize) -> Vec<String> {
    let some = (compared as u64) < run.held_out;
    let some = some.then(|| format!("{compared} of the {} rows held out are compared.", run.held_out));
    let began = run.started_from.is_some().then(|| {
        "The run began with another adapter, which may have been trained on these rows before.".to_owned()
    });
    some.into_iter().chain(began).collect()
}

/// Both answers to each row, all in one batch; `None` if the observer wants no more.
fn answer(
    pair: &Pair,
    examples: &[Example],
    config: &GenerationConfig,
    observer: &mut ComparisonObserver<'_>,
) -> Result<Option<Vec<ComparedRow>>> {
    let asks =
        |adapter| examples.iter().map(move |example| Ask { prompt: &example.input, adapter, seed: None });
    let asks: Vec<Ask<'_>> = asks(None).chain(asks(Some(&pair.adapter))).collect();
    let questions = pair.answerer.questions(&asks, config)?.without_pieces();
    let given = pair.answerer.answer(questions, &mut |_| observer(ComparisonNews::Working))?;
    if given.answers.iter().any(|answer| answer.finish == Finish::Stopped) {
        return Ok(None);
    }
    let mut base: Vec<String> = given.answers.into_iter().map(|answer| answer.text).collect();
    let tuned = base.split_off(examples.len());
    let rows = examples.iter().zip(base).zip(tuned).map(|((example, base), tuned)| ComparedRow {
        input: example.input.clone(),
        expected: example.output.clone(),
        base,
        tuned,
    });
    Ok(Some(rows.collect()))
}

/// The rows that the run held out, if they are what they were and none of them was trained on.
fn held_out_rows(run: &Run, files: &KeptFiles) -> Result<Vec<Example>> {
    if run.held_out == 0 {
        return Err(Error::NothingHeldOut { run: run.id.clone() });
    }
    let [path, trained] = [files.held_out(), files.rows()];
    if let Some(missing) = [&path, &trained].into_iter().find(|path| !path.is_file()) {
        return Err(Error::HeldOutMissing { run: run.id.clone(), path: missing.clone() });
    }
    let changed = || Error::HeldOutChanged { run: run.id.clone(), path: path.clone() };
    let read = |path: &Path| match read_frozen(path) {
        Err(Error::Decode { .. }) => Err(changed()),
        other => other,
    };
    let (rows, trained) = (read(&path)?, read(&trained)?);
    let trained: HashSet<&str> = trained.iter().map(|example| example.input.as_str()).collect();
    let as_they_were = rows.len() as u64 == run.held_out
        // What decided about the rows of a dataset are their prompts, which are not among the run's files.
        && rows.iter().all(|row| run.dataset.is_some() || is_held_out(&row.input))
        && rows.iter().all(|row| !trained.contains(row.input.as_str()));
    if as_they_were { Ok(rows) } else { Err(changed()) }
}

/// The first rows whose question the base can read as a whole.
fn answerable(pair: &Pair, rows: Vec<Example>) -> Result<Vec<Example>> {
    let tokenizer = pair.answerer.base().tokenizer();
    let mut answerable = Vec::new();
    for row in rows {
        let tokens = tokenizer.encode(&row.input, LONGEST_PROMPT + 1);
        let tokens = tokens.map_err(|source| Error::Generation { source })?;
        if tokens.len() <= LONGEST_PROMPT {
            answerable.push(row);
        }
        if answerable.len() == MOST_ROWS {
            break;
        }
    }
    Ok(answerable)
}

/// What was kept of the run's own adapter, if it can be read.
fn kept(run: &Run, files: &KeptFiles) -> Option<Comparison> {
    let text = std::fs::read(files.comparison()).ok()?;
    let kept: Comparison = serde_json::from_slice(&text).ok()?;
    (run.adapter_digest.as_ref() == Some(&kept.adapter_digest)).then_some(kept)
}

fn keep(comparison: &Comparison, files: &KeptFiles) -> Result<()> {
    let path = files.comparison();
    let text = serde_json::to_vec(comparison).map_err(Error::Encode)?;
    durable_writer::write(&path, &text).map_err(|source| Error::Write { path, source })
}

//! Everything that can go wrong, as types: what was being done, with which thing, and why it failed.
//!
//! The sentence is the error's display; the way out is its [`hint`](Error::hint), so that a terminal and a page
//! can show both in their own way. A [`Kind`] exists only if somebody acts on it.

mod hint;

use std::io;
use std::path::PathBuf;

use crate::bases::FetchError;
use crate::content::ContentProblem;
use crate::datasets::DatasetId;
use crate::generation::BatchError;
use crate::providers::EndpointError;
use crate::runs::{RunId, RunStatus};
use crate::sources::SkippedRows;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What the window and scripts may branch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A value that was given cannot be used; [`Error::field`] names it.
    Invalid,
    /// The thing that was asked for is not there.
    NotFound,
    /// A run is in the way, or the run is not in the state that the request needs.
    Conflict,
    /// The disk, the folder or the machine does not allow it.
    Environment,
    /// Our own fault; the log has the details.
    Internal,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("{path} does not exist")]
    SourceMissing { path: PathBuf },
    #[error("{path} is not a file")]
    SourceNotAFile { path: PathBuf },
    #[error("could not read the source database {path}")]
    SourceUnreadable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{path} is not a SQLite database")]
    SourceNotSqlite { path: PathBuf },
    #[error("{path} is locked by another program")]
    SourceLocked { path: PathBuf },
    #[error("{path} is damaged: SQLite could not read it")]
    SourceCorrupt {
        path: PathBuf,
        #[source]
        source: rusqlite::Error,
    },
    #[error("{path} has no table ask_ai_queries")]
    NoAskAiTable { path: PathBuf },
    #[error("the table ask_ai_queries of {path} has no column {column}")]
    NoAskAiColumn { path: PathBuf, column: &'static str },
    #[error("none of the {rows} rows in {path} is usable ({skipped})")]
    NoUsableRow { path: PathBuf, rows: u64, skipped: SkippedRows },
    #[error("there are no sample rows {name:?}")]
    UnknownSample { name: String, known: Vec<String> },
    #[error("no source database is set")]
    NoSourceChosen,
    #[error("could not read {path}")]
    DataUnreadable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("there is no row in {path}")]
    SourceEmpty { path: PathBuf },
    #[error("{path} is {found}")]
    SourceRefused { path: PathBuf, found: &'static str, way_out: &'static str },
    #[error("{path} has neither one JSON object per line nor two columns")]
    NoTwoColumns { path: PathBuf },
    #[error("{path} has {columns} columns, and no header names the two that are meant")]
    TooManyColumns { path: PathBuf, columns: usize },
    #[error(
        "{path} has no table ask_ai_queries, and no table with input and output or prompt and completion"
    )]
    NoExampleTable { path: PathBuf },
    #[error("none of the {rows} rows in {path} is usable ({why})")]
    NoUsableExample { path: PathBuf, rows: u64, why: String },
    /// A failure whose field depends on the request: a source has two names on the wire.
    #[error("{source}")]
    InField { field: &'static str, source: Box<Error> },

    #[error("there is no base model {name:?} on this computer")]
    UnknownBase { name: String, known: Vec<String> },
    #[error("could not read the base model file {path}")]
    BaseUnreadable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the base model in {path} cannot be used: {source}")]
    BaseRefused {
        path: PathBuf,
        #[source]
        source: attune_tuning::Error,
    },

    #[error("the base model {name} has no {file}")]
    BaseIncomplete { name: String, file: &'static str },
    #[error(
        "the base model {name} has its weights only as {file}, which is refused: reading such a file can run \
         foreign code or needs another framework"
    )]
    BaseWithForeignWeights { name: String, file: &'static str },
    #[error(
        "the base model {name} has its weights in several pieces; only a single model.safetensors is read"
    )]
    BaseInPieces { name: String },
    #[error("the folder does not hold {name}: its {file} is not the published one")]
    BaseNotPublished { name: String, file: String },
    #[error("there is another base model of the name {name} already")]
    BaseNameTaken { name: String },
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    #[error("{path} cannot be used: {source}")]
    ChatFile {
        path: PathBuf,
        #[source]
        source: Box<attune_tuning::Error>,
    },
    #[error("the chat model {path} needs {} of memory, {} are free", mebibytes(needed), mebibytes(free))]
    ChatMemory { path: PathBuf, needed: u64, free: u64 },
    #[error(transparent)]
    Batch(#[from] BatchError),
    #[error("the content that ships with Attune cannot be used: {problem}")]
    ContentRefused { problem: ContentProblem },
    #[error("there is no genre {name:?}")]
    UnknownGenre { name: String, known: Vec<String> },
    #[error("a generator failed for a reason of Attune's own")]
    GeneratorPanicked,

    #[error("no adapter at {path}")]
    AdapterMissing { path: PathBuf },
    #[error("the adapter in {path} is incomplete: {file} is missing")]
    AdapterIncomplete { path: PathBuf, file: String },
    #[error("the adapter in {path} is damaged: {file}: {reason}")]
    AdapterDamaged { path: PathBuf, file: String, reason: String },
    #[error("the adapter in {path} cannot be used: {source}")]
    AdapterRefused {
        path: PathBuf,
        #[source]
        source: attune_tuning::Error,
    },
    #[error(
        "the adapter in {path} has its weights only as {file}, which is refused: reading such a file can run \
         foreign code"
    )]
    AdapterPickled { path: PathBuf, file: &'static str },
    #[error("the adapter in {path} names {}", match named {
        Some(base) => format!("the base model {base:?}, which is not on this computer"),
        None => "no base model".to_owned(),
    })]
    AdapterBaseMissing { path: PathBuf, named: Option<String> },
    #[error("the adapter that the settings serve cannot answer: {source}")]
    ServedAdapter { source: Box<Error> },
    #[error("the adapter in {path} was trained on another base model ({trained_on}) than {base}")]
    AdapterOfAnotherBase { path: PathBuf, trained_on: String, base: String },
    #[error("the model could not answer: {source}")]
    Generation {
        #[source]
        source: attune_tuning::Error,
    },
    #[error("could not start the thread that answers")]
    AnswererStart {
        #[source]
        source: io::Error,
    },
    #[error("the answer ended for a reason of Attune's own")]
    AnswererPanicked,

    #[error("{path} is not empty")]
    ExportFolderTaken { path: PathBuf },
    #[error(
        "a soft prompt cannot be merged: it is rows before the question, not a change of the base's weights"
    )]
    SoftPromptNotMerged { path: PathBuf },
    #[error("could not merge the adapter in {path} into its base: {source}")]
    Merge {
        path: PathBuf,
        #[source]
        source: attune_tuning::Error,
    },
    #[error("{path} has too little room: {} are needed, {} are free", mebibytes(needed), mebibytes(free))]
    NoRoom { path: PathBuf, needed: u64, free: u64 },
    #[error("could not write to the output folder {path}")]
    OutputUnwritable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the run folder {path} exists already")]
    RunDirectoryTaken { path: PathBuf },
    #[error("{path} is a folder, so it cannot become the link to the newest adapter")]
    LatestIsNotOurs { path: PathBuf },

    #[error("a run is active: {run} is {status}")]
    RunActive { run: RunId, status: RunStatus },
    #[error("there is no run {id:?}")]
    UnknownRun { id: String },
    #[error("run {run} is {status}, so it cannot be {doing}")]
    RunNotActive { run: RunId, status: RunStatus, doing: &'static str },
    #[error("run {run} waits in the queue, so there is nothing to save yet")]
    RunStillQueued { run: RunId },
    #[error("run {run} is {status}, so it cannot be deleted")]
    RunStillActive { run: RunId, status: RunStatus },
    #[error("run {run} is {status} and has no checkpoint, so nothing can go on from it")]
    NothingToResume { run: RunId, status: RunStatus },
    #[error("the base model in {path} is not the one that the run was trained on any more")]
    BaseChanged { path: PathBuf },
    #[error("the checkpoint {path} cannot be used: {source}")]
    CheckpointRefused {
        path: PathBuf,
        #[source]
        source: attune_tuning::Error,
    },
    #[error("run {run} has no adapter: it is {status}")]
    RunHasNoAdapter { run: RunId, status: RunStatus },
    #[error("there is no log of {day:?}")]
    UnknownLogDay { day: String },
    #[error("there is no setting {name:?}")]
    UnknownSetting { name: String },
    #[error("run {run} held no rows out, so there is nothing to compare on")]
    NothingHeldOut { run: RunId },
    #[error("the rows that run {run} held out are gone: {path} is not there any more")]
    HeldOutMissing { run: RunId, path: PathBuf },
    #[error("{path} does not hold the rows that run {run} held out any more")]
    HeldOutChanged { run: RunId, path: PathBuf },
    #[error("a tuning takes {fewest} accepted examples or more, and there are {found}")]
    TooFewExamples { found: usize, fewest: usize },
    #[error("there is no dataset {id:?}")]
    UnknownDataset { id: String },
    #[error("{path} does not hold the rows of dataset {dataset} any more")]
    DatasetChanged { dataset: DatasetId, path: PathBuf },
    #[error("there is no feedback {id:?}")]
    UnknownFeedback { id: String },
    #[error("{field} cannot be {value}: {reason}")]
    InvalidField { field: &'static str, value: String, reason: &'static str },

    #[error("this system names no folder for application data")]
    NoHomeFolder,
    #[error("could not use the data folder {path}")]
    DataFolder {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the database {path} was written by a newer Attune (version {found}, this one knows {known})")]
    DatabaseNewer { path: PathBuf, found: usize, known: usize },
    #[error("could not upgrade the database {path}")]
    Migration {
        path: PathBuf,
        #[source]
        source: rusqlite_migration::Error,
    },
    #[error("the database failed while {doing}")]
    Database {
        doing: &'static str,
        #[source]
        source: rusqlite::Error,
    },

    #[error("could not read {path}")]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("could not remove {path}")]
    Remove {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("could not write {path}")]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("could not encode a record")]
    Encode(#[source] serde_json::Error),
    #[error("{path} does not hold what Attune wrote there")]
    Decode {
        path: PathBuf,
        #[source]
        source: serde_json::Error,
    },
    #[error("could not start the worker {program}")]
    WorkerStart {
        program: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("training stopped: {source}")]
    Training {
        #[source]
        source: attune_tuning::Error,
    },
}

impl Error {
    pub fn kind(&self) -> Kind {
        match self {
            Self::SourceMissing { .. }
            | Self::SourceNotAFile { .. }
            | Self::SourceUnreadable { .. }
            | Self::SourceNotSqlite { .. }
            | Self::SourceLocked { .. }
            | Self::SourceCorrupt { .. }
            | Self::NoAskAiTable { .. }
            | Self::NoAskAiColumn { .. }
            | Self::NoUsableRow { .. }
            | Self::UnknownSample { .. }
            | Self::NoSourceChosen
            | Self::DataUnreadable { .. }
            | Self::SourceEmpty { .. }
            | Self::SourceRefused { .. }
            | Self::NoTwoColumns { .. }
            | Self::TooManyColumns { .. }
            | Self::NoExampleTable { .. }
            | Self::NoUsableExample { .. }
            | Self::UnknownBase { .. }
            | Self::BaseUnreadable { .. }
            | Self::BaseRefused { .. }
            | Self::BaseIncomplete { .. }
            | Self::BaseWithForeignWeights { .. }
            | Self::BaseInPieces { .. }
            | Self::AdapterMissing { .. }
            | Self::AdapterIncomplete { .. }
            | Self::AdapterDamaged { .. }
            | Self::AdapterRefused { .. }
            | Self::AdapterOfAnotherBase { .. }
            | Self::AdapterPickled { .. }
            | Self::AdapterBaseMissing { .. }
            | Self::BaseNotPublished { .. }
            | Self::SoftPromptNotMerged { .. }
            | Self::ExportFolderTaken { .. }
            | Self::OutputUnwritable { .. }
            | Self::RunDirectoryTaken { .. }
            | Self::LatestIsNotOurs { .. }
            | Self::BaseChanged { .. }
            | Self::ChatFile { .. }
            | Self::InvalidField { .. } => Kind::Invalid,
            Self::InField { source, .. } | Self::ServedAdapter { source } => source.kind(),
            Self::Generation {
                source: attune_tuning::Error::PromptTooLong { .. } | attune_tuning::Error::NoTokenLeft { .. },
            } => Kind::Invalid,
            Self::UnknownRun { .. }
            | Self::UnknownSetting { .. }
            | Self::UnknownLogDay { .. }
            | Self::UnknownDataset { .. }
            | Self::UnknownFeedback { .. } => Kind::NotFound,
            Self::Fetch(error) => error.kind(),
            Self::Endpoint(error) => error.kind(),
            Self::Batch(error) => error.kind(),
            Self::UnknownGenre { .. } => Kind::Invalid,
            Self::ContentRefused { .. } => Kind::Environment,
            Self::BaseNameTaken { .. }
            | Self::RunActive { .. }
            | Self::RunNotActive { .. }
            | Self::RunStillQueued { .. }
            | Self::NothingToResume { .. }
            | Self::RunStillActive { .. }
            | Self::TooFewExamples { .. }
            | Self::DatasetChanged { .. }
            | Self::NothingHeldOut { .. }
            | Self::HeldOutMissing { .. }
            | Self::HeldOutChanged { .. }
            | Self::RunHasNoAdapter { .. } => Kind::Conflict,
            Self::NoHomeFolder
            | Self::NoRoom { .. }
            | Self::ChatMemory { .. }
            | Self::DataFolder { .. }
            | Self::DatabaseNewer { .. }
            | Self::Migration { .. }
            | Self::Read { .. }
            | Self::Remove { .. }
            | Self::Write { .. }
            | Self::AnswererStart { .. }
            | Self::WorkerStart { .. } => Kind::Environment,
            Self::Generation { .. }
            | Self::GeneratorPanicked
            | Self::AnswererPanicked
            | Self::Merge { .. }
            | Self::Training { .. }
            | Self::CheckpointRefused { .. }
            | Self::Database { .. }
            | Self::Encode(_)
            | Self::Decode { .. } => Kind::Internal,
        }
    }

    /// The field of a request that is to blame, by its name on the wire.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::SourceMissing { .. }
            | Self::SourceNotAFile { .. }
            | Self::SourceUnreadable { .. }
            | Self::SourceNotSqlite { .. }
            | Self::SourceLocked { .. }
            | Self::SourceCorrupt { .. }
            | Self::NoAskAiTable { .. }
            | Self::NoAskAiColumn { .. }
            | Self::NoUsableRow { .. }
            | Self::NoSourceChosen
            | Self::DataUnreadable { .. }
            | Self::SourceEmpty { .. }
            | Self::SourceRefused { .. }
            | Self::NoTwoColumns { .. }
            | Self::TooManyColumns { .. }
            | Self::NoExampleTable { .. }
            | Self::NoUsableExample { .. } => Some("databasePath"),
            Self::UnknownSample { .. } => Some("sample"),
            Self::InField { field, .. } => Some(field),
            Self::UnknownBase { .. }
            | Self::BaseUnreadable { .. }
            | Self::BaseRefused { .. }
            | Self::BaseIncomplete { .. }
            | Self::BaseWithForeignWeights { .. }
            | Self::BaseInPieces { .. } => Some("baseModel"),
            Self::OutputUnwritable { .. } | Self::LatestIsNotOurs { .. } => Some("outputDir"),
            Self::RunDirectoryTaken { .. } => Some("runDirectory"),
            Self::AdapterMissing { .. }
            | Self::AdapterIncomplete { .. }
            | Self::AdapterDamaged { .. }
            | Self::AdapterRefused { .. }
            | Self::AdapterOfAnotherBase { .. }
            | Self::AdapterPickled { .. } => Some("adapter"),
            Self::AdapterBaseMissing { .. } => Some("baseModel"),
            Self::ServedAdapter { .. } => Some("softPromptModelDir"),
            Self::BaseNotPublished { .. } | Self::BaseNameTaken { .. } => Some("name"),
            Self::ExportFolderTaken { .. } => Some("output"),
            Self::SoftPromptNotMerged { .. } => Some("merged"),
            Self::Generation { source: attune_tuning::Error::PromptTooLong { .. } } => Some("prompt"),
            Self::Generation { source: attune_tuning::Error::NoTokenLeft { .. } } => {
                Some("noRepeatNgramSize")
            }
            Self::Fetch(error) => error.field(),
            Self::Endpoint(error) => error.field(),
            Self::ChatFile { .. } | Self::ChatMemory { .. } => Some("file"),
            Self::UnknownGenre { .. } => Some("genres"),
            Self::InvalidField { field, .. } => Some(field),
            _ => None,
        }
    }
}

fn mebibytes(bytes: &u64) -> String {
    format!("{:.1} MiB", *bytes as f64 / f64::from(1 << 20))
}

/// An error with the reasons behind it, for a log or a terminal: `what: why: why`.
pub fn with_reasons(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut reason = error.source();
    while let Some(cause) = reason {
        let cause_text = cause.to_string();
        // Some errors already show their cause in their own sentence.
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        reason = cause.source();
    }
    text
}

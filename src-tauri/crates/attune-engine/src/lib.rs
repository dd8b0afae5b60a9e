//! The product rules of Attune, without a window and without HTTP.
//!
//! This crate owns files, the database, threads, child processes and time. It does not know axum or
//! Tauri: shells translate requests into calls of [`Engine`] and its errors into their own.
//!
//! Invariant: a run or a batch is a row before it is work, and one process owns a data folder at a time.

mod artifacts;
mod bases;
mod clock;
mod comparison;
mod content;
mod data_folder;
mod datasets;
mod disk;
pub mod doctor;
mod engine;
mod environment;
mod error;
mod export;
mod failpoints;
mod feedback;
mod generation;
mod hexadecimal;
mod ids;
mod kernel;
mod limits;
mod logs;
mod memory;
mod model_host;
mod origin;
mod providers;
pub mod quality;
mod runs;
mod samples;
mod settings;
mod sources;
mod storage;
mod store;
pub mod twins;
pub mod worker;

pub use artifacts::{AdapterDigest, AdapterFolder, TrainingRecord};
pub use bases::{
    Base, BaseSummary, Bases, Fetch, FetchError, FetchObserver, FetchProgress, FetchStatus, FetchableBase,
    Fetched, Hub, Imported, RemoteModel, WeightsOnDisk,
};
pub use comparison::{ComparedRow, Comparison, ComparisonNews, ComparisonObserver};
pub use content::{Content, ContentProblem, Genre, Reference};
pub use data_folder::{Claim, DataFolder, OwnedDataFolder};
pub use datasets::{Dataset, DatasetId};
pub use engine::{Created, Engine, EngineOptions, FirstStart, Resources};
pub use environment::Environment;
pub use error::{Error, Kind, Result, with_reasons};
pub use export::{ExportRequest, Exported};
pub use feedback::{Answerer, Choice, Feedback, Judged, Kept, Page, Tally, Verdict, Vote};
pub use generation::{
    Batch, BatchError, BatchId, BatchProgress, BatchRequest, BatchSettings, BatchStatus, Discarded, Estimate,
    Example, ExampleFilter, ExampleId, ExamplePage, ExampleSource, ExampleStatus, GeneratorChoice,
    GeneratorEstimate, GeneratorKind, GeneratorName, GenreTally, Measured, PlannedGenre, Preview, Provenance,
    Readiness, ReadinessMark, Rejection, RejectionKind, Review, Reviewed, Tallies, Tuning, TwinCluster,
};
pub use kernel::limit_kernel;
pub use logs::{LogDay, LogEntry, LogLevel, LogPage, LogQuery};
pub use memory::Remembered;
pub use model_host::{
    AdapterChoice, AnswerObserver, AnswerPrecision, Answered, AnsweringAdapter, Decoding, Finish, Generated,
    GenerationRequest, Prompts,
};
pub use providers::{
    BaseUrl, Endpoint, EndpointCheck, EndpointError, EndpointKeyState, EndpointModel, EndpointTrial,
    KeySource, NewEndpoint, Usage,
};
pub use runs::events::{Behind, Event, Subscription};
pub use runs::removal::Removed;
pub use runs::request::RunRequest;
pub use runs::{
    Best, Computation, Course, Curves, Decay, Hyperparameters, InitialPrompt, LoraDimensions,
    MemoryPrediction, Method, Phase, Point, Precision, Progress, PromptDimensions, Run, RunId, RunStatus,
    SelfCheck, Stopped, ValidationPoint,
};
pub use samples::Sample;
pub use settings::{SettingSource, Settings, SettingsChange, Source, Surrounding};
pub use sources::{SkippedRows, SourceKind, SourceSummary, inspect_source};
pub use storage::{Storage, Stored, StoredKind};

//! What can keep a comparison from being made. A comparison that was made and is off is a result, not an error.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the engine could not do its part")]
    Engine(#[from] attune_engine::Error),
    #[error("another program has taken {path}")]
    FolderTaken { path: PathBuf },
    #[error("could not read {path}; run `cargo xtask bench` in a checkout of Attune")]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("could not write {path}; check the space on the disk and the rights on the folder")]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{path} is not the JSON that the reference scripts write; delete its folder and start again")]
    Json {
        path: PathBuf,
        #[source]
        source: serde_json::Error,
    },
    #[error("could not read or write tensors in {path}; delete its folder and start again")]
    Tensors {
        path: PathBuf,
        #[source]
        source: safetensors::SafeTensorError,
    },
    #[error("{path} holds no {what}; delete its folder and start again")]
    Lacks { path: PathBuf, what: String },
    #[error(
        "could not start {path}; Python is set up by `cargo xtask bench`, and `taskset` is a part of Linux"
    )]
    NotStarted {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{script} ended with {status}; its own words are above")]
    Script { script: String, status: ExitStatus },
    #[error("{name} said nothing or something else than it should; its own words are above")]
    Silent { name: &'static str },
    #[error("a line of standard input is no number of rows")]
    NoNumber,
    #[error("there is no data at {path}; name a JSON lines file with `input` and `output` by --data")]
    NoData { path: PathBuf },
    #[error(
        "there are no passages at {path}; name the folder with english.jsonl and other_languages.jsonl by --data"
    )]
    NoPassages { path: PathBuf },
    #[error("Attune could not do its part")]
    Tuning {
        #[from]
        source: attune_tuning::Error,
    },
}

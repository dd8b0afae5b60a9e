//! What can stop a command, each as a sentence that names the thing and the way out.

use std::fmt;
use std::io;
use std::path::PathBuf;

pub(crate) type Result<T> = std::result::Result<T, Error>;

#[derive(Debug)]
pub(crate) enum Error {
    UnknownWord { word: String, known: Vec<&'static str> },
    UnknownArgument { command: &'static str, argument: String, known: Vec<&'static str> },
    UnknownReader { argument: String, known: Vec<String> },
    MissingArgument { command: &'static str, known: Vec<&'static str> },
    NoProject,
    ToolMissing { tool: &'static str, remedy: String },
    ToolTooOld { tool: &'static str, found: String, needed: String, remedy: String },
    ManifestUnclear { path: PathBuf, missing: &'static str },
    PackagesByHand { why: String, command: String },
    PackagesStillMissing { packages: Vec<String>, command: String },
    Incomplete { path: PathBuf, remedy: &'static str },
    Start { program: String, source: io::Error },
    Failed { command: String, folder: PathBuf, ended: String },
    Read { path: PathBuf, source: io::Error },
    Write { path: PathBuf, source: io::Error },
    NotADocument { command: String, start: String },
    Drifted { files: Vec<String> },
    NoLibraries { program: PathBuf },
    PackageTooLarge { path: PathBuf, bytes: u64, most: u64 },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownWord { word, known } => {
                write!(
                    f,
                    "there is no command `{word}`; choose one of {}, see `cargo xtask help`",
                    known.join(", ")
                )
            }
            Self::UnknownArgument { command, argument, known } if known.is_empty() => {
                write!(f, "`cargo xtask {command}` takes no arguments, but got `{argument}`; leave it out")
            }
            Self::UnknownArgument { command, argument, known } => {
                write!(f, "`cargo xtask {command}` does not know `{argument}`; it takes {}", known.join(", "))
            }
            Self::UnknownReader { argument, known } => write!(
                f,
                "`cargo xtask fuzz` takes --seconds and a number above 0, and names of readers; `{argument}` is neither; \
                 the readers are {}",
                known.join(", ")
            ),
            Self::MissingArgument { command, known } => {
                write!(f, "`cargo xtask {command}` does one thing at a time; say which: {}", known.join(", "))
            }
            Self::NoProject => {
                write!(
                    f,
                    "no tauri.conf.json was found here or in a folder above; run this inside a checkout of Attune"
                )
            }
            Self::ToolMissing { tool, remedy } => write!(f, "{tool} was not found; {remedy}"),
            Self::ToolTooOld { tool, found, needed, remedy } => {
                write!(f, "{tool} {found} was found, but {needed} is needed; {remedy}")
            }
            Self::ManifestUnclear { path, missing } => {
                write!(f, "{} has no {missing}; take the file from the repository again", path.display())
            }
            Self::PackagesByHand { why, command } => {
                write!(
                    f,
                    "system packages are missing and {why}; install them, then start again:\n\n    {command}\n"
                )
            }
            Self::PackagesStillMissing { packages, command } => write!(
                f,
                "apt-get ended without an error, but {} cannot be found yet; look at what this says:\n\n    {command}\n",
                packages.join(", ")
            ),
            Self::Incomplete { path, remedy } => write!(f, "{} is missing; {remedy}", path.display()),
            Self::Start { program, source } => {
                write!(
                    f,
                    "`{program}` could not be started ({source}); check that it is installed and on the PATH"
                )
            }
            Self::Failed { command, folder, ended } => write!(
                f,
                "`{command}` {ended}; its own words are above, and that command alone repeats the step (in {})",
                folder.display()
            ),
            Self::Read { path, source } => {
                write!(
                    f,
                    "{} could not be read ({source}); check that it exists and is yours to read",
                    path.display()
                )
            }
            Self::Write { path, source } => write!(
                f,
                "{} could not be written ({source}); check the space on the disk and the rights on the folder",
                path.display()
            ),
            Self::NotADocument { command, start } => write!(
                f,
                "`{command}` did not print an OpenAPI document but {start:?}; run it by hand and repair the program first"
            ),
            Self::Drifted { files } => write!(
                f,
                "{} did not match the program and is written anew now; read the difference and commit it",
                files.join(" and ")
            ),
            Self::NoLibraries { program } => write!(
                f,
                "dpkg-shlibdeps named no library of {}; is it built with the feature desktop?",
                program.display()
            ),
            Self::PackageTooLarge { path, bytes, most } => write!(
                f,
                "{} has {bytes} bytes, at most {most} are wanted; see what grew with `dpkg-deb --contents`",
                path.display()
            ),
        }
    }
}

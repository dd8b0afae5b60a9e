//! What the person or script reads: results on standard output, everything else on standard error.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::api::Problem;
use crate::server::owner::EnterError;

/// Why a command did not do what it was told, and what the process ends with.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    hint: Option<String>,
    code: u8,
    owner_is_gone: bool,
}

/// The exit codes that `attune --help` documents.
mod code {
    pub(super) const FAILED: u8 = 1;
    pub(super) const ARGUMENTS: u8 = 2;
    pub(super) const UNUSABLE_INPUT: u8 = 3;
    pub(super) const IN_THE_WAY: u8 = 4;
    pub(super) const ENVIRONMENT: u8 = 5;
    pub(super) const STOPPED: u8 = 130;
}

impl Failure {
    fn new(code: u8, message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, code, owner_is_gone: false }
    }

    pub(crate) fn internal(error: impl std::fmt::Display) -> Self {
        Self::new(code::FAILED, error.to_string())
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(code::FAILED, message)
    }

    pub(crate) fn unusable(message: impl Into<String>) -> Self {
        Self::new(code::UNUSABLE_INPUT, message)
    }

    pub(crate) fn in_the_way(message: impl Into<String>) -> Self {
        Self::new(code::IN_THE_WAY, message)
    }

    pub(crate) fn environment(message: impl Into<String>) -> Self {
        Self::new(code::ENVIRONMENT, message)
    }

    /// The process that owns the data folder ended in the middle of an exchange.
    pub(crate) fn owner_gone(error: impl std::fmt::Display) -> Self {
        let message = format!("the process that owns the data folder is out of reach: {error}");
        let hint = Some("Run the command again.".to_owned());
        Self { message, hint, code: code::ENVIRONMENT, owner_is_gone: true }
    }

    pub(crate) fn owner_is_gone(&self) -> bool {
        self.owner_is_gone
    }

    pub(crate) fn stopped(message: impl Into<String>) -> Self {
        Self::new(code::STOPPED, message)
    }

    pub(crate) fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    pub(crate) fn report(&self) -> ExitCode {
        say(&format!("error: {}", self.message));
        if let Some(hint) = &self.hint {
            say(&format!("hint: {hint}"));
        }
        ExitCode::from(self.code)
    }
}

/// What a command ends with that a person stopped, though it has a result.
pub(super) fn stopped_code() -> ExitCode {
    ExitCode::from(code::STOPPED)
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let code = match problem.code.as_str() {
            "invalid" | "not_found" => code::UNUSABLE_INPUT,
            "conflict" => code::IN_THE_WAY,
            "environment" => code::ENVIRONMENT,
            _ => code::FAILED,
        };
        let message = match problem.field.as_deref() {
            Some(field) => problem.message.replacen(
                &format!("{field} cannot be"),
                &format!("{} cannot be", option(field)),
                1,
            ),
            None => problem.message,
        };
        Self { message, hint: problem.hint, code, owner_is_gone: false }
    }
}

/// The option of a command that sets a field of the contract.
fn option(field: &str) -> String {
    match field {
        "prompt" => "the prompt".to_owned(),
        "databasePath" => "--db-path".to_owned(),
        "dataPath" => "--data".to_owned(),
        "runIdentifier" => "--run-id".to_owned(),
        "path" => "the folder".to_owned(),
        "file" => "the file".to_owned(),
        "startFrom" => "--resume-from".to_owned(),
        _ => {
            let mut option = String::from("--");
            for character in field.chars() {
                if character.is_ascii_uppercase() {
                    option.push('-');
                }
                option.push(character.to_ascii_lowercase());
            }
            option
        }
    }
}

impl From<attune_engine::Error> for Failure {
    fn from(error: attune_engine::Error) -> Self {
        Self::from(Problem::from(error))
    }
}

impl From<EnterError> for Failure {
    fn from(error: EnterError) -> Self {
        match error {
            EnterError::Engine(error) => error.into(),
            EnterError::SilentOwner { .. } => Self::in_the_way(attune_engine::with_reasons(&error))
                .with_hint("End that process, or choose another folder with --data-dir."),
            other => Self::environment(attune_engine::with_reasons(&other)),
        }
    }
}

/// Prints a result with a line end. A closed pipe is somebody's wish to read no more.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    print_piece(&format!("{text}\n"))
}

/// Prints a piece of a result that goes on.
pub(crate) fn print_piece(text: &str) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    match write!(output, "{text}").and_then(|()| output.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::environment(format!("could not write the result: {error}")))
        }
        _ => Ok(()),
    }
}

/// Says something beside the result.
pub(crate) fn say(text: &str) {
    // Nobody is left to be told that standard error is closed.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Prints clap's answer: help and version are results, the rest is a mistake.
pub(super) fn refuse_arguments(error: &clap::Error) -> ExitCode {
    // clap chooses the stream; a closed one is nobody's loss.
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(code::ARGUMENTS) } else { ExitCode::SUCCESS }
}

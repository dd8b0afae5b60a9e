//! The command line: one binary for the window, the server, the commands and the worker.
//!
//! Every command speaks the same contract as the page: in memory where this process owns the data folder, over
//! the local socket where another one does. Not here: any rule of the product.

mod auto_train;
pub(crate) mod client;
mod compare;
mod doctor;
mod export;
mod first_model;
mod follow;
mod generate;
mod models;
mod origin;
pub(crate) mod output;
mod progress;
mod reference;
mod report;
mod serve;
mod stop;
pub(crate) mod surroundings;
mod train;
mod writers;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use output::Failure;
use surroundings::Surroundings;

/// Train, judge and serve your own small language models on the computer you own.
///
/// Without a command it opens the window; without a display it serves the same page on 127.0.0.1.
#[derive(Debug, Parser)]
#[command(name = "attune", version, after_help = EXIT_CODES)]
struct Arguments {
    /// The folder that holds everything Attune keeps [default: ATTUNE_DATA_DIR, else the system's place for
    /// application data]
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong arguments, 3 unusable input, 4 something is \
    in the way (a run is active, the folder is served already), 5 the disk or system does not allow it, \
    130 stopped by the person";

#[derive(Debug, Subcommand)]
enum Command {
    /// Train on sample rows for about a minute, and see base and tuned beside each other
    FirstModel(first_model::FirstModelArguments),
    /// Tune a base model on your rows
    Train(Box<train::TrainArguments>),
    /// Generate examples, and train on them if that is wanted
    AutoTrain(auto_train::AutoTrainArguments),
    /// End a run that is running or waiting
    Stop(stop::StopArguments),
    /// Show base and tuned beside each other on the rows that a run held out
    Compare(compare::CompareArguments),
    /// Ask a model one question, or many
    Generate(Box<generate::GenerateArguments>),
    /// Write an adapter for other programs: as a PEFT folder, or merged into its base
    Export(export::ExportArguments),
    /// Show the base models on this computer, fetch or import more
    #[command(subcommand)]
    Models(models::ModelsCommand),
    /// Serve the page and the API on 127.0.0.1
    Serve(serve::ServeArguments),
    /// Look at folders, disk, memory, processor and base models
    Doctor(doctor::DoctorArguments),
    /// Compute one run; started by the owner of a data folder
    #[command(hide = true)]
    Worker {
        #[arg(long)]
        job: PathBuf,
    },
    /// Print the description of the API
    #[command(hide = true)]
    Openapi,
    /// Print the page of the guide that describes the command line
    #[command(hide = true)]
    Reference,
}

/// Reads the arguments, does what they say, and answers with the exit code.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return output::refuse_arguments(&error),
    };
    crate::logging::start();
    match run(arguments) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    match arguments.command {
        Some(Command::Worker { job }) => return Ok(attune_engine::worker::main(&job)),
        Some(Command::Openapi) => {
            let document = crate::api::openapi().to_pretty_json().map_err(Failure::internal)?;
            output::print(&document)?;
            return Ok(ExitCode::SUCCESS);
        }
        Some(Command::Reference) => {
            output::print(&reference::markdown(Arguments::command()))?;
            return Ok(ExitCode::SUCCESS);
        }
        _ => {}
    }
    let surroundings = Surroundings::find(arguments.data_dir)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::internal)?;
    match arguments.command {
        Some(Command::FirstModel(wanted)) => runtime.block_on(first_model::run(wanted, surroundings)),
        Some(Command::Compare(wanted)) => runtime.block_on(compare::run(wanted, surroundings)),
        Some(Command::Train(wanted)) => runtime.block_on(train::run(*wanted, surroundings)),
        Some(Command::AutoTrain(wanted)) => runtime.block_on(auto_train::run(wanted, surroundings)),
        Some(Command::Stop(wanted)) => runtime.block_on(stop::run(wanted, surroundings)),
        Some(Command::Generate(wanted)) => runtime.block_on(generate::run(*wanted, surroundings)),
        Some(Command::Export(wanted)) => runtime.block_on(export::run(wanted, surroundings)),
        Some(Command::Models(wanted)) => runtime.block_on(models::run(wanted, surroundings)),
        Some(Command::Serve(wanted)) => runtime.block_on(serve::run(wanted, surroundings)),
        Some(Command::Doctor(wanted)) => runtime.block_on(doctor::run(wanted, surroundings)),
        Some(Command::Worker { .. } | Command::Openapi | Command::Reference) => Ok(ExitCode::SUCCESS),
        #[cfg(feature = "desktop")]
        None if surroundings::has_display() => crate::desktop::run(&runtime, surroundings),
        None => runtime.block_on(serve::run_without_display(surroundings)),
    }
}

//! What `--generator` and `--judge` name: a base, an adapter, an endpoint, a chat model's file.
//!
//! Not here: whether what is named can write; the engine says so when the batch begins.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::client::Client;
use super::origin::{by_name, newest};
use super::output::{Failure, say};
use super::train::{absolute, base_argument};
use crate::api::wire::{Endpoint, GeneratorChoice, RunStatus};

/// Names of runs that a hint repeats.
const NAMES_TOLD: usize = 5;

/// A generator as a command names it, its kind first, so that nothing has to be guessed from a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NamedGenerator {
    Base(String),
    /// The folder of an adapter, or the run that made it.
    Adapter(String),
    Endpoint(String),
    File(PathBuf),
}

impl FromStr for NamedGenerator {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || {
            "give base:NAME, adapter:FOLDER or adapter:RUN, endpoint:NAME, or file:PATH of a GGUF file"
                .to_owned()
        };
        let (kind, name) = text.split_once(':').ok_or_else(unknown)?;
        if name.trim().is_empty() {
            return Err(unknown());
        }
        let name = name.to_owned();
        match kind {
            "base" => Ok(Self::Base(name)),
            "adapter" => Ok(Self::Adapter(name)),
            "endpoint" => Ok(Self::Endpoint(name)),
            "file" => Ok(Self::File(name.into())),
            _ => Err(unknown()),
        }
    }
}

/// Who writes and who judges, as a request names them. What goes to another computer is said.
///
/// # Errors
/// If nothing has such a name, with the names that there are.
pub(super) async fn find(
    client: &Client<'_>,
    generators: Vec<NamedGenerator>,
    judge: Option<String>,
) -> Result<(Vec<GeneratorChoice>, Option<String>), Failure> {
    let asks_endpoints =
        judge.is_some() || generators.iter().any(|one| matches!(one, NamedGenerator::Endpoint(_)));
    let endpoints: Vec<Endpoint> =
        if asks_endpoints { client.get("/api/v1/endpoints").await? } else { Vec::new() };
    let mut asked = Vec::new();
    let mut choices = Vec::new();
    for generator in generators {
        choices.push(match generator {
            NamedGenerator::Base(name) => {
                GeneratorChoice::LocalT5 { base_model: Some(base_argument(name)?), adapter: None }
            }
            NamedGenerator::Adapter(name) => {
                GeneratorChoice::LocalT5 { base_model: None, adapter: Some(adapter(client, &name).await?) }
            }
            NamedGenerator::Endpoint(name) => {
                let found = endpoint(&endpoints, &name)?;
                asked.push(found);
                GeneratorChoice::Endpoint { endpoint: found.id.clone() }
            }
            NamedGenerator::File(path) => GeneratorChoice::LocalChat { file: absolute(&path)? },
        });
    }
    let judge = judge.map(|name| endpoint(&endpoints, &name)).transpose()?;
    asked.extend(judge);
    for Endpoint { name, base_url, .. } in endpoints.iter().filter(|one| !one.local && asked.contains(one)) {
        say(&format!(
            "note: {name} is not on this computer: what is asked goes to {base_url}, and what it costs is not known here"
        ));
    }
    Ok((choices, judge.map(|found| found.id.clone())))
}

/// The endpoint of this name, else of this id.
fn endpoint<'e>(endpoints: &'e [Endpoint], name: &str) -> Result<&'e Endpoint, Failure> {
    let named = endpoints.iter().find(|one| one.name == name);
    named.or_else(|| endpoints.iter().find(|one| one.id == name)).ok_or_else(|| {
        let names: Vec<&str> = endpoints.iter().map(|one| one.name.as_str()).collect();
        let hint = match names.as_slice() {
            [] => "None is set up: do so in the window, under Settings, Endpoints.".to_owned(),
            names => format!("There are: {}.", names.join(", ")),
        };
        Failure::unusable(format!("there is no endpoint {name:?}")).with_hint(hint)
    })
}

/// The folder of an adapter that is named by its run or by itself.
async fn adapter(client: &Client<'_>, name: &str) -> Result<String, Failure> {
    let runs = newest(client).await?;
    if let Some(run) = by_name(&runs, name) {
        return Ok(run.run_directory.clone());
    }
    if Path::new(name).exists() {
        return absolute(Path::new(name));
    }
    let completed = runs.iter().filter(|run| run.status == RunStatus::Completed);
    let names: Vec<&str> = completed.take(NAMES_TOLD).map(|run| run.run_identifier.as_str()).collect();
    let hint = match names.as_slice() {
        [] => "Nothing was trained yet; give the folder of an adapter.".to_owned(),
        names => format!("The newest runs with an adapter: {}. Or give a folder.", names.join(", ")),
    };
    Err(Failure::unusable(format!("there is no run and no folder {name:?}")).with_hint(hint))
}

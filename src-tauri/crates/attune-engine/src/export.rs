//! Taking an adapter elsewhere: as a folder that PEFT loads, or as a base model that has it in its weights.
//!
//! Invariant: an export is written whole beside its place and then renamed, so the folder of an export is complete
//! or not there; a folder that holds anything is never touched.

use std::path::{Path, PathBuf};

use attune_tuning::Adapter;
use attune_tuning::peft::{StoredAs, merge};

use crate::artifacts::{CONFIG, FoundAdapter, RECORD, WEIGHTS, durable_writer, files_of};
use crate::bases::{BaseFiles, TOKENIZER_FILES};
use crate::disk::require_room;
use crate::limits::require_absolute;
use crate::{AdapterDigest, Bases, Error, Result};

/// Read by transformers beside a base, where the base has it.
const GENERATION_CONFIG: &str = "generation_config.json";

/// An adapter to take elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportRequest {
    /// A run folder, `latest` of an output folder, or a folder of PEFT's.
    pub adapter: PathBuf,
    /// An empty folder, or one that is not there yet.
    pub output: PathBuf,
    /// The base's weights with the LoRA in them, instead of the adapter itself.
    pub merged: bool,
    /// Only with `merged`; default: the adapter's base.
    pub base_model: Option<String>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    pub folder: PathBuf,
    pub files: Vec<String>,
    pub size_bytes: u64,
    pub adapter_digest: AdapterDigest,
    /// Of a merged one.
    pub base_model: Option<String>,
}

/// Name and content of the files of an export.
type Files = Vec<(String, Vec<u8>)>;

/// Writes what is asked for.
///
/// # Errors
/// What is wrong with the adapter or its base; [`Error::SoftPromptNotMerged`]; [`Error::ExportFolderTaken`];
/// [`Error::NoRoom`]; [`Error::Write`].
pub(crate) fn export(bases: &Bases, request: &ExportRequest) -> Result<Exported> {
    require_absolute("adapter", &request.adapter)?;
    require_absolute("output", &request.output)?;
    refuse_taken(&request.output)?;
    if !request.merged && request.base_model.is_some() {
        let reason = "only a merged export has a base in it";
        return Err(Error::InvalidField { field: "baseModel", value: "set".to_owned(), reason });
    }
    let found = FoundAdapter::open(&request.adapter)?;
    let (files, base_model) = if request.merged {
        let (files, base) = merged(bases, &found, request.base_model.as_deref())?;
        (files, Some(base))
    } else {
        (adapter_files(&found)?, None)
    };
    write(&request.output, &files)?;
    Ok(Exported {
        folder: request.output.clone(),
        size_bytes: files.iter().map(|(_, content)| content.len() as u64).sum(),
        files: files.into_iter().map(|(name, _)| name).collect(),
        adapter_digest: found.digest(),
        base_model,
    })
}

/// The files of the adapter as they are, its tokenizer and its record among them where it has one.
fn adapter_files(found: &FoundAdapter) -> Result<Files> {
    let names = match found.record() {
        Some(_) => files_of(found.path()).into_iter().chain([RECORD.to_owned()]).collect(),
        None => {
            let there = |name: &&str| found.path().join(name).is_file();
            let tokenizer = TOKENIZER_FILES.into_iter().filter(there);
            [CONFIG, WEIGHTS].into_iter().chain(tokenizer).map(str::to_owned).collect::<Vec<_>>()
        }
    };
    names
        .into_iter()
        .map(|name| {
            let content = match name.as_str() {
                // The bytes that were verified, and whose digest the answer tells.
                CONFIG => found.peft().adapter_config.clone(),
                WEIGHTS => found.peft().adapter_model.clone(),
                _ => {
                    let path = found.path().join(&name);
                    std::fs::read(&path).map_err(|source| Error::Read { path, source })?
                }
            };
            Ok((name, content))
        })
        .collect()
}

/// A complete base model with the adapter in its weights, and the name of the base.
fn merged(bases: &Bases, found: &FoundAdapter, base_model: Option<&str>) -> Result<(Files, String)> {
    let base = found.resolve_base(bases, base_model)?;
    let files = BaseFiles::open(&base.folder)?;
    let loaded = files.load(&base.folder)?;
    let Adapter::Lora(lora) = found.decode(&base.name, &loaded, &files.weights_digest()?)? else {
        return Err(Error::SoftPromptNotMerged { path: found.path().to_owned() });
    };
    let failed = |source| Error::Merge { path: found.path().to_owned(), source };
    // Rounded to 16 bits the merged base would answer differently than base and adapter do.
    let weights = merge(&loaded, &files.weights()?, &lora, StoredAs::F32).map_err(failed)?;
    let mut merged = vec![
        ("config.json".to_owned(), config_in_f32(&base.folder, files.config())?),
        ("model.safetensors".to_owned(), weights),
    ];
    merged.extend(files.tokenizer_files.iter().cloned());
    let generation = base.folder.join(GENERATION_CONFIG);
    if generation.is_file() {
        let content =
            std::fs::read(&generation).map_err(|source| Error::Read { path: generation.clone(), source })?;
        merged.push((GENERATION_CONFIG.to_owned(), content));
    }
    Ok((merged, base.name))
}

/// The base's configuration, saying how the merged weights are stored: transformers converts to what it says.
fn config_in_f32(folder: &Path, config: &[u8]) -> Result<Vec<u8>> {
    let decode = |source| Error::Decode { path: folder.join("config.json"), source };
    let mut config: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(config).map_err(decode)?;
    for name in ["torch_dtype", "dtype"] {
        if let Some(stored) = config.get_mut(name) {
            *stored = "float32".into();
        }
    }
    let mut text = serde_json::to_vec_pretty(&config).map_err(Error::Encode)?;
    text.push(b'\n');
    Ok(text)
}

fn refuse_taken(output: &Path) -> Result<()> {
    let taken = || Error::ExportFolderTaken { path: output.to_owned() };
    match std::fs::read_dir(output) {
        Ok(mut entries) => {
            if entries.next().is_none() {
                Ok(())
            } else {
                Err(taken())
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => Err(taken()),
        Err(source) => Err(Error::Read { path: output.to_owned(), source }),
    }
}

/// Writes all files into a folder beside `output`, which then takes its place.
fn write(output: &Path, files: &Files) -> Result<()> {
    let unwritable = |source| Error::Write { path: output.to_owned(), source };
    let parent = output.parent().ok_or_else(|| Error::ExportFolderTaken { path: output.to_owned() })?;
    require_room(parent, files.iter().map(|(_, content)| content.len() as u64).sum())?;
    std::fs::create_dir_all(parent).map_err(unwritable)?;
    let beside = tempfile::Builder::new().prefix(".exporting-").tempdir_in(parent).map_err(unwritable)?;
    for (name, content) in files {
        durable_writer::write(&beside.path().join(name), content).map_err(unwritable)?;
    }
    #[cfg(unix)]
    let readable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    #[cfg(unix)]
    std::fs::set_permissions(beside.path(), readable).map_err(unwritable)?;
    // Takes the place of an empty folder, and refuses where something appeared in it meanwhile.
    std::fs::rename(beside.path(), output).map_err(unwritable)?;
    // Renamed away: nothing is left that could be removed.
    let _ = beside.keep();
    durable_writer::sync_folder(parent).map_err(unwritable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_takes_the_place_of_an_empty_folder_and_of_no_other() {
        let home = tempfile::tempdir().unwrap();
        let files = vec![("config.json".to_owned(), b"{}".to_vec())];
        for folder in ["new/deep", "empty"] {
            let output = home.path().join(folder);
            if folder == "empty" {
                std::fs::create_dir(&output).unwrap();
            }
            refuse_taken(&output).unwrap();
            write(&output, &files).unwrap();
            assert_eq!(std::fs::read(output.join("config.json")).unwrap(), b"{}");
            assert!(matches!(refuse_taken(&output), Err(Error::ExportFolderTaken { .. })));
            assert!(write(&output, &files).is_err(), "not even behind the back of the first look");
        }
        let names: Vec<_> =
            std::fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "nothing is left beside them: {names:?}");
    }

    #[test]
    fn a_configuration_says_how_the_merged_weights_are_stored() {
        let said = config_in_f32(Path::new("/b"), br#"{"d_model": 8, "torch_dtype": "bfloat16"}"#).unwrap();
        let said: serde_json::Value = serde_json::from_slice(&said).unwrap();
        assert_eq!(said, serde_json::json!({"d_model": 8, "torch_dtype": "float32"}));
    }
}

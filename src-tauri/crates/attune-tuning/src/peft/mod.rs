//! Adapters in the form of Hugging Face PEFT: `adapter_config.json` and `adapter_model.safetensors`.
//!
//! Not here: folders and files. Each kind of adapter has its own module; this one tells them apart.
//! Invariants: what is written here is read by PEFT and gives the same answers there; what is read here and
//! could not be honoured is refused by name, never ignored.

mod lora;
mod merge;
mod soft_prompt;

use std::collections::HashMap;

use safetensors::serialize;
use safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};

pub use merge::{StoredAs, merge};

use crate::{Adapter, AdapterKind, BaseModel, Error, Result};

const PROMPT_TUNING: &str = "PROMPT_TUNING";
const LORA: &str = "LORA";
const SEQUENCE_TO_SEQUENCE: &str = "SEQ_2_SEQ_LM";

/// The two files of a PEFT adapter's folder, as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeftFiles {
    /// `adapter_config.json`.
    pub adapter_config: Vec<u8>,
    /// `adapter_model.safetensors`.
    pub adapter_model: Vec<u8>,
}

#[derive(Deserialize)]
struct Kind {
    peft_type: Option<String>,
    task_type: Option<String>,
}

/// The kinds of adapter that are read.
enum Known {
    PromptTuning,
    Lora,
}

/// Writes an adapter for PEFT, trained on the base model of this name.
///
/// # Errors
/// Only if a serialiser refuses, which no adapter is known to cause.
pub fn encode(adapter: &Adapter, base_model_name: &str) -> Result<PeftFiles> {
    let adapter_config = match adapter {
        Adapter::SoftPrompt(prompt) => to_json(&soft_prompt::config(prompt, base_model_name)),
        Adapter::Lora(lora) => to_json(&lora::config(lora, base_model_name)),
    }?;
    let bytes: Vec<u8> = adapter.values().iter().flat_map(|value| value.to_le_bytes()).collect();
    let unwritable = |source| Error::PeftWeightsUnwritable { source };
    let layout = adapter.layout();
    let views = layout
        .tensors()
        .iter()
        .map(|tensor| {
            let range = tensor.range();
            let data = &bytes[range.start * size_of::<f32>()..range.end * size_of::<f32>()];
            Ok((tensor.name.as_str(), TensorView::new(Dtype::F32, tensor.shape.clone(), data)?))
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(unwritable)?;
    let adapter_model = serialize(views, Some(framework())).map_err(unwritable)?;
    Ok(PeftFiles { adapter_config, adapter_model })
}

/// Reads an adapter PEFT or [`encode`] wrote, for this base model.
///
/// # Errors
/// Another kind of adapter or a setting that cannot be honoured, by its name; damaged files; missing or
/// foreign tensors; shapes that do not fit the configuration or the base model; values that are not finite.
pub fn decode(files: &PeftFiles, base: &BaseModel) -> Result<Adapter> {
    match known(&files.adapter_config)? {
        Known::PromptTuning => soft_prompt::decode(files, base).map(Adapter::SoftPrompt),
        Known::Lora => lora::decode(files, base).map(Adapter::Lora),
    }
}

/// What an `adapter_config.json` is the configuration of, without its weights and its base model.
///
/// # Errors
/// Another kind of adapter or a setting that cannot be honoured, by its name.
pub fn kind(adapter_config: &[u8]) -> Result<AdapterKind> {
    match known(adapter_config)? {
        Known::PromptTuning => Ok(AdapterKind::SoftPrompt { rows: soft_prompt::rows(adapter_config)? }),
        Known::Lora => lora::settings(adapter_config).map(AdapterKind::Lora),
    }
}

fn known(adapter_config: &[u8]) -> Result<Known> {
    let kind: Kind = from_json(adapter_config)?;
    if kind.task_type.as_deref() != Some(SEQUENCE_TO_SEQUENCE) {
        return Err(unsupported("task_type", kind.task_type, SEQUENCE_TO_SEQUENCE));
    }
    match kind.peft_type.as_deref() {
        Some(PROMPT_TUNING) => Ok(Known::PromptTuning),
        Some(LORA) => Ok(Known::Lora),
        _ => Err(unsupported("peft_type", kind.peft_type, "PROMPT_TUNING and LORA")),
    }
}

fn to_json(config: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec_pretty(config).map_err(|source| Error::PeftConfigUnwritable { source })
}

fn from_json<'f, T: Deserialize<'f>>(config: &'f [u8]) -> Result<T> {
    serde_json::from_slice(config).map_err(|source| Error::PeftConfigUnreadable { source })
}

fn unsupported(field: &'static str, found: Option<String>, needed: &'static str) -> Error {
    Error::PeftUnsupported { field, found: found.unwrap_or_else(|| "nothing".into()), needed }
}

/// transformers and PEFT refuse a safetensors file that does not name its framework.
fn framework() -> HashMap<String, String> {
    HashMap::from([("format".to_owned(), "pt".to_owned())])
}

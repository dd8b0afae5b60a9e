//! Soft prompts in the form of Hugging Face PEFT: `adapter_config.json` and `adapter_model.safetensors`.
//!
//! Not here: folders and files. PEFT's default for sequence-to-sequence models stores twice the rows and uses
//! only the first half, before the encoder; so `k` and `2k` rows are read, and `k` are written together with
//! `num_transformer_submodules: 1`, which PEFT loads.
//! Invariant: what is written here is read by PEFT and gives the same answers there.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};
use serde::{Deserialize, Serialize};

use crate::weights::read_floats;
use crate::{BaseModel, Error, PROMPT_TENSOR, Result, SoftPrompt};

const PROMPT_TUNING: &str = "PROMPT_TUNING";
const SEQUENCE_TO_SEQUENCE: &str = "SEQ_2_SEQ_LM";

/// The two files of a PEFT adapter's folder, as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeftFiles {
    /// `adapter_config.json`.
    pub adapter_config: Vec<u8>,
    /// `adapter_model.safetensors`.
    pub adapter_model: Vec<u8>,
}

#[derive(Serialize)]
struct WrittenConfig<'a> {
    peft_type: &'a str,
    task_type: &'a str,
    base_model_name_or_path: &'a str,
    inference_mode: bool,
    num_virtual_tokens: usize,
    token_dim: usize,
    num_transformer_submodules: usize,
    // How a prompt starts matters to training only; RANDOM is the one start PEFT makes without a text.
    prompt_tuning_init: &'a str,
}

#[derive(Deserialize)]
struct ReadConfig {
    peft_type: Option<String>,
    task_type: Option<String>,
    num_virtual_tokens: Option<usize>,
}

/// Writes a soft prompt for PEFT, trained before the base model of this name.
///
/// # Errors
/// Only if a serialiser refuses, which no soft prompt is known to cause.
pub fn encode(prompt: &SoftPrompt, base_model_name: &str) -> Result<PeftFiles> {
    let config = WrittenConfig {
        peft_type: PROMPT_TUNING,
        task_type: SEQUENCE_TO_SEQUENCE,
        base_model_name_or_path: base_model_name,
        inference_mode: true,
        num_virtual_tokens: prompt.rows(),
        token_dim: prompt.width(),
        num_transformer_submodules: 1,
        prompt_tuning_init: "RANDOM",
    };
    let adapter_config =
        serde_json::to_vec_pretty(&config).map_err(|source| Error::PeftConfigUnwritable { source })?;

    let bytes: Vec<u8> = prompt.values().iter().flat_map(|value| value.to_le_bytes()).collect();
    let unwritable = |source| Error::PeftWeightsUnwritable { source };
    let view =
        TensorView::new(Dtype::F32, vec![prompt.rows(), prompt.width()], &bytes).map_err(unwritable)?;
    // transformers and PEFT refuse a safetensors file that does not name its framework.
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let adapter_model = serialize([(PROMPT_TENSOR, view)], Some(metadata)).map_err(unwritable)?;
    Ok(PeftFiles { adapter_config, adapter_model })
}

/// Reads a soft prompt PEFT or [`encode`] wrote, for this base model.
///
/// # Errors
/// Another kind of adapter by its name, damaged files, rows that do not fit the configuration, another width
/// than the base model's, or values that are not finite.
pub fn decode(files: &PeftFiles, base: &BaseModel) -> Result<SoftPrompt> {
    let config: ReadConfig = serde_json::from_slice(&files.adapter_config)
        .map_err(|source| Error::PeftConfigUnreadable { source })?;
    refuse_other("peft_type", config.peft_type.as_deref(), PROMPT_TUNING)?;
    refuse_other("task_type", config.task_type.as_deref(), SEQUENCE_TO_SEQUENCE)?;
    let Some(rows) = config.num_virtual_tokens.filter(|rows| *rows > 0) else {
        let found = config.num_virtual_tokens.map_or("nothing".to_owned(), |rows| rows.to_string());
        return Err(Error::InvalidSetting { field: "num_virtual_tokens", found, needed: "1 or more" });
    };

    let file = SafeTensors::deserialize(&files.adapter_model)
        .map_err(|source| Error::PeftWeightsUnreadable { source })?;
    let view = file.tensor(PROMPT_TENSOR).map_err(|_| Error::PeftMissingTensor { name: PROMPT_TENSOR })?;
    let mut values = read_floats(PROMPT_TENSOR, &view)?;
    let width = match *view.shape() {
        [stored, width] if stored == rows || Some(stored) == rows.checked_mul(2) => width,
        _ => return Err(Error::PeftRows { found: view.shape().to_vec(), rows }),
    };
    values.truncate(rows * width);
    let expected = base.architecture().width;
    if width != expected {
        return Err(Error::AdapterWidth { found: width, expected });
    }
    SoftPrompt::new(rows, width, values)
}

fn refuse_other(field: &'static str, found: Option<&str>, needed: &'static str) -> Result<()> {
    if found == Some(needed) {
        return Ok(());
    }
    let found = found.unwrap_or("nothing").to_owned();
    Err(Error::PeftUnsupported { field, found, needed })
}

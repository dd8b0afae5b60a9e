//! PEFT's prompt tuning.
//!
//! PEFT's default for sequence-to-sequence models stores twice the rows and uses only the first half, before the
//! encoder; so `k` and `2k` rows are read, and `k` are written together with `num_transformer_submodules: 1`,
//! which PEFT loads.
//! Not here: how prompts start; that matters to training only.

use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};

use super::{PROMPT_TUNING, PeftFiles, SEQUENCE_TO_SEQUENCE, from_json};
use crate::weights::read_floats;
use crate::{BaseModel, Error, PROMPT_TENSOR, Result, SoftPrompt};

#[derive(Serialize)]
pub(super) struct WrittenConfig<'a> {
    peft_type: &'a str,
    task_type: &'a str,
    base_model_name_or_path: &'a str,
    inference_mode: bool,
    num_virtual_tokens: usize,
    token_dim: usize,
    num_transformer_submodules: usize,
    // RANDOM is the one start PEFT makes without a text.
    prompt_tuning_init: &'a str,
}

#[derive(Deserialize)]
struct ReadConfig {
    num_virtual_tokens: Option<usize>,
}

pub(super) fn config<'a>(prompt: &SoftPrompt, base_model_name: &'a str) -> WrittenConfig<'a> {
    WrittenConfig {
        peft_type: PROMPT_TUNING,
        task_type: SEQUENCE_TO_SEQUENCE,
        base_model_name_or_path: base_model_name,
        inference_mode: true,
        num_virtual_tokens: prompt.rows(),
        token_dim: prompt.width(),
        num_transformer_submodules: 1,
        prompt_tuning_init: "RANDOM",
    }
}

/// The rows that a configuration says.
pub(super) fn rows(adapter_config: &[u8]) -> Result<usize> {
    let config: ReadConfig = from_json(adapter_config)?;
    config.num_virtual_tokens.filter(|rows| *rows > 0).ok_or_else(|| {
        let found = config.num_virtual_tokens.map_or("nothing".to_owned(), |rows| rows.to_string());
        Error::InvalidSetting { field: "num_virtual_tokens", found, needed: "1 or more" }
    })
}

pub(super) fn decode(files: &PeftFiles, base: &BaseModel) -> Result<SoftPrompt> {
    let rows = rows(&files.adapter_config)?;
    let file = SafeTensors::deserialize(&files.adapter_model)
        .map_err(|source| Error::PeftWeightsUnreadable { source })?;
    let missing = |_| Error::PeftMissingTensor { name: PROMPT_TENSOR.to_owned() };
    let view = file.tensor(PROMPT_TENSOR).map_err(missing)?;
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

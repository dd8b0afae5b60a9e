//! PEFT's LoRA.
//!
//! Invariant: a setting this module does not know is refused unless it is off (null, false, "none" or empty),
//! so that a variant of LoRA that PEFT learns later cannot be read as plain LoRA and answer wrongly.

use std::collections::BTreeSet;

use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{LORA, PeftFiles, SEQUENCE_TO_SEQUENCE, from_json};
use crate::weights::read_floats;
use crate::{BaseModel, Error, Lora, LoraSettings, LoraTarget, Result};

/// What is read from a configuration, or changes no answer whatever it says.
const KNOWN: [&str; 14] = [
    "peft_type",
    "task_type",
    "r",
    "lora_alpha",
    "target_modules",
    "init_lora_weights",
    "lora_dropout",
    "base_model_name_or_path",
    "inference_mode",
    "revision",
    "peft_version",
    "auto_mapping",
    "megatron_core",
    "qalora_group_size",
];

#[derive(Serialize)]
pub(super) struct WrittenConfig<'a> {
    peft_type: &'a str,
    task_type: &'a str,
    base_model_name_or_path: &'a str,
    inference_mode: bool,
    r: usize,
    lora_alpha: Value,
    target_modules: Vec<&'a str>,
    lora_dropout: f64,
    bias: &'a str,
    fan_in_fan_out: bool,
    use_rslora: bool,
    use_dora: bool,
    modules_to_save: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct ReadConfig {
    r: usize,
    lora_alpha: f64,
    target_modules: Value,
    #[serde(default)]
    init_lora_weights: Value,
    #[serde(flatten)]
    others: Map<String, Value>,
}

pub(super) fn config<'a>(lora: &Lora, base_model_name: &'a str) -> WrittenConfig<'a> {
    let settings = lora.settings();
    let alpha = settings.alpha;
    // PEFT writes whole numbers, and so does a configuration that is to look like its own.
    let whole = alpha.fract() == 0.0 && alpha <= f64::from(u32::MAX);
    WrittenConfig {
        peft_type: LORA,
        task_type: SEQUENCE_TO_SEQUENCE,
        base_model_name_or_path: base_model_name,
        inference_mode: true,
        r: settings.rank,
        lora_alpha: if whole { Value::from(alpha as u64) } else { Value::from(alpha) },
        target_modules: settings.targets.iter().map(|target| target.name()).collect(),
        lora_dropout: 0.0,
        bias: "none",
        fan_in_fan_out: false,
        use_rslora: false,
        use_dora: false,
        modules_to_save: None,
    }
}

/// The dimensions that a configuration says.
pub(super) fn settings(adapter_config: &[u8]) -> Result<LoraSettings> {
    let config: ReadConfig = from_json(adapter_config)?;
    config.refuse_other_variants()?;
    let settings =
        LoraSettings { rank: config.r, alpha: config.lora_alpha, targets: targets(&config.target_modules)? };
    settings.validate()?;
    Ok(settings)
}

pub(super) fn decode(files: &PeftFiles, base: &BaseModel) -> Result<Lora> {
    let settings = settings(&files.adapter_config)?;
    let file = SafeTensors::deserialize(&files.adapter_model)
        .map_err(|source| Error::PeftWeightsUnreadable { source })?;
    let layout = settings.layout(base);
    let expected: BTreeSet<_> = layout.tensors().iter().map(|tensor| tensor.name.as_str()).collect();
    if let Some(name) = file.names().into_iter().filter(|name| !expected.contains(name)).min() {
        return Err(Error::PeftForeignTensor { name: name.to_owned() });
    }
    let mut values = Vec::with_capacity(layout.parameters());
    for tensor in layout.tensors() {
        let missing = |_| Error::PeftMissingTensor { name: tensor.name.clone() };
        let view = file.tensor(&tensor.name).map_err(missing)?;
        if view.shape() != tensor.shape {
            let (found, expected) = (view.shape().to_vec(), tensor.shape.clone());
            return Err(Error::PeftTensorShape { name: tensor.name.clone(), found, expected });
        }
        values.extend(read_floats(&tensor.name, &view)?);
    }
    Lora::new(base, settings, values)
}

impl ReadConfig {
    fn refuse_other_variants(&self) -> Result<()> {
        // Starts such as PiSSA change the base model's weights too, so A and B alone are not the adapter.
        let plain_start = match &self.init_lora_weights {
            Value::Null | Value::Bool(_) => true,
            Value::String(start) => start == "gaussian",
            _ => false,
        };
        if !plain_start {
            return Err(refused("init_lora_weights", &self.init_lora_weights));
        }
        let foreign = |(name, value): &(&String, &Value)| !KNOWN.contains(&name.as_str()) && !is_off(value);
        self.others.iter().find(foreign).map_or(Ok(()), |(name, value)| Err(refused(name, value)))
    }
}

fn targets(names: &Value) -> Result<BTreeSet<LoraTarget>> {
    let Value::Array(names) = names else { return Err(refused("target_modules", names)) };
    names
        .iter()
        .map(|name| {
            let target = name.as_str().and_then(LoraTarget::from_name);
            target.ok_or_else(|| refused("target_modules", name))
        })
        .collect()
}

fn is_off(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text == "none",
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

fn refused(field: &str, found: &Value) -> Error {
    Error::PeftSetting { field: field.to_owned(), found: found.to_string() }
}

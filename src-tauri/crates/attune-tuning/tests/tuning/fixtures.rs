//! Reads the fixtures of the repository: the tiny T5, the bundled base and the oracle's numbers.
//!
//! Used by the unit tests too, so what is not needed by both is allowed to be unused.
#![allow(dead_code, clippy::unwrap_used)]

use std::path::PathBuf;
use std::sync::OnceLock;

use attune_tuning::peft::{self, PeftFiles};
use attune_tuning::{
    Adapter, AdapterLayout, BaseModel, BaseModelFiles, EncodedExample, Example, PackedBatch,
};
use safetensors::SafeTensors;
use serde_json::Value;

pub(crate) struct BaseFiles {
    pub config: Vec<u8>,
    pub weights: Vec<u8>,
    pub tokenizer: Vec<u8>,
}

impl BaseFiles {
    pub(crate) fn tiny() -> Self {
        Self::read("tests/fixtures/tiny_t5")
    }

    pub(crate) fn read(folder: &str) -> Self {
        let file = |name: &str| read(&format!("{folder}/{name}"));
        Self {
            config: file("config.json"),
            weights: file("model.safetensors"),
            tokenizer: file("tokenizer.json"),
        }
    }

    pub(crate) fn load(&self) -> attune_tuning::Result<BaseModel> {
        let Self { config, weights, tokenizer } = self;
        BaseModel::from_bytes(BaseModelFiles { config, weights, tokenizer })
    }
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

pub(crate) fn read(path: &str) -> Vec<u8> {
    let path = root().join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn read_json(path: &str) -> Value {
    serde_json::from_slice(&read(path)).unwrap()
}

pub(crate) fn tiny_base() -> BaseModel {
    BaseFiles::tiny().load().unwrap()
}

pub(crate) fn attune_mini() -> &'static BaseModel {
    static BASE: OnceLock<BaseModel> = OnceLock::new();
    BASE.get_or_init(|| BaseFiles::read("models/attune-mini").load().unwrap())
}

pub(crate) fn oracle() -> &'static Value {
    static ORACLE: OnceLock<Value> = OnceLock::new();
    ORACLE.get_or_init(|| read_json("tests/fixtures/tiny_t5/oracle.json"))
}

pub(crate) fn lora_oracle() -> Value {
    read_json("tests/fixtures/tiny_t5/lora_oracle.json")
}

pub(crate) fn oracle_tensor(name: &str) -> Vec<f32> {
    tensor_of("oracle.safetensors", name)
}

pub(crate) fn lora_oracle_tensor(name: &str) -> Vec<f32> {
    tensor_of("lora_oracle.safetensors", name)
}

pub(crate) fn dropout_oracle_tensor(name: &str) -> Vec<f32> {
    tensor_of("dropout_oracle.safetensors", name)
}

/// The oracle's tensors `kind.<name>` as a flat vector of this layout.
pub(crate) fn lora_oracle_vector(kind: &str, layout: &AdapterLayout) -> Vec<f32> {
    layout
        .tensors()
        .iter()
        .flat_map(|tensor| lora_oracle_tensor(&format!("{kind}.{}", tensor.name)))
        .collect()
}

fn tensor_of(file: &str, name: &str) -> Vec<f32> {
    let bytes = read(&format!("tests/fixtures/tiny_t5/{file}"));
    let file = SafeTensors::deserialize(&bytes).unwrap();
    file.tensor(name).unwrap().data().as_chunks().0.iter().map(|raw| f32::from_le_bytes(*raw)).collect()
}

/// The row the oracle's tensors were made from: longer than the exact position buckets on both sides.
pub(crate) fn oracle_row() -> (Vec<u32>, Vec<u32>) {
    let row = &oracle()["rows"][oracle()["tensor_row"].as_u64().unwrap() as usize];
    (tokens(&row["source"]), tokens(&row["target"]))
}

pub(crate) fn oracle_rows() -> Vec<EncodedExample> {
    let rows = oracle()["rows"].as_array().unwrap();
    rows.iter()
        .map(|row| EncodedExample { source: tokens(&row["source"]), target: tokens(&row["target"]) })
        .collect()
}

pub(crate) fn oracle_batch() -> PackedBatch {
    PackedBatch::pack(&oracle_rows()).unwrap()
}

pub(crate) fn examples(oracle: &Value) -> Vec<Example> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = oracle["rows"].as_array().unwrap();
    rows.iter().map(|row| Example { input: text(&row["input"]), output: text(&row["output"]) }).collect()
}

pub(crate) fn tokens(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|token| token.as_u64().unwrap() as u32).collect()
}

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

pub(crate) fn peft_files(folder: &str) -> PeftFiles {
    let file = |name: &str| read(&format!("tests/fixtures/tiny_t5/{folder}/{name}"));
    PeftFiles {
        adapter_config: file("adapter_config.json"),
        adapter_model: file("adapter_model.safetensors"),
    }
}

/// The soft prompt behind every number of the oracle that is called prompted.
pub(crate) fn peft_prompt(base: &BaseModel) -> Adapter {
    peft::decode(&peft_files("peft_twice_the_rows"), base).unwrap()
}

/// `peft_lora` (rank 4 on q and v) or `peft_lora_everywhere` (rank 2 on all modules; the oracle's).
pub(crate) fn peft_lora(base: &BaseModel, folder: &str) -> Adapter {
    peft::decode(&peft_files(folder), base).unwrap()
}

pub(crate) fn largest_difference(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    found.iter().zip(expected).map(|(found, expected)| (found - expected).abs()).fold(0.0, f32::max)
}

/// Length of the difference by the length of what was expected.
pub(crate) fn relative_difference(found: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let length = |values: &mut dyn Iterator<Item = f32>| {
        values.map(|value| f64::from(value).powi(2)).sum::<f64>().sqrt()
    };
    let difference = length(&mut found.iter().zip(expected).map(|(found, expected)| found - expected));
    difference / length(&mut expected.iter().copied())
}

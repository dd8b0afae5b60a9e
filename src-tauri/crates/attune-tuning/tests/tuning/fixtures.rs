//! Reads the fixtures of the repository: the tiny T5, the bundled base and the oracle's numbers.
//!
//! Used by the unit tests too, so what is not needed by both is allowed to be unused.
#![allow(dead_code, clippy::unwrap_used)]

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use attune_tuning::peft::{self, PeftFiles};
use attune_tuning::{
    Adapter, AdapterKind, AdapterLayout, AutogradPass, BaseModel, BaseModelFiles, EncodedExample, Example,
    PackedBatch, PackedPass, Precision, TrainingPass,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};
use serde_json::{Value, json};

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
        BaseModel::open(BaseModelFiles { config, weights: Arc::new(weights.clone()), tokenizer })
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

/// The passes that must compute the same, by their names.
pub(crate) fn passes<'m>(
    base: &'m BaseModel,
    kind: &AdapterKind,
) -> [(&'static str, Box<dyn TrainingPass + 'm>); 2] {
    [
        ("autograd", Box::new(AutogradPass::new(base, kind.clone()).unwrap())),
        ("packed", Box::new(PackedPass::new(base, kind.clone(), Precision::F32).unwrap())),
    ]
}

/// The dimensions of a base model of random weights.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RandomBase {
    pub width: usize,
    pub head_width: usize,
    pub heads: usize,
    pub feed_forward_width: usize,
    pub encoder_layers: usize,
    pub decoder_layers: usize,
    /// From 128, the size of the tiny tokenizer.
    pub vocabulary: usize,
}

impl RandomBase {
    pub(crate) fn load(self, seed: u64) -> BaseModel {
        self.load_with(seed, |_| 1.0)
    }

    /// With attention that looks at everything a little and logits near each other, as trained weights have it: else
    /// rounding the weights alone changes half of a gradient.
    pub(crate) fn load_smooth(self, seed: u64) -> BaseModel {
        let is_sharp = |name: &str| name.ends_with("Attention.q.weight") || name == "lm_head.weight";
        self.load_with(seed, |name| if is_sharp(name) { 0.1 } else { 1.0 })
    }

    /// With attention that looks at one place only, and at another if a weight is rounded.
    pub(crate) fn load_sharp(self, seed: u64) -> BaseModel {
        self.load_with(seed, |name| if name.ends_with("Attention.q.weight") { 8.0 } else { 1.0 })
    }

    fn load_with(self, seed: u64, scale: impl Fn(&str) -> f32) -> BaseModel {
        let Self { width, head_width, heads, feed_forward_width, vocabulary, .. } = self;
        let attention_width = heads * head_width;
        let mut tensors: Vec<(String, Vec<usize>)> = vec![
            ("shared.weight".into(), vec![vocabulary, width]),
            ("lm_head.weight".into(), vec![vocabulary, width]),
        ];
        for (stack, layers) in [("encoder", self.encoder_layers), ("decoder", self.decoder_layers)] {
            let bias = "block.0.layer.0.SelfAttention.relative_attention_bias.weight";
            tensors.push((format!("{stack}.{bias}"), vec![32, heads]));
            tensors.push((format!("{stack}.final_layer_norm.weight"), vec![width]));
            for layer in 0..layers {
                let name = format!("{stack}.block.{layer}.layer");
                let mut linear = |name: String, outputs, inputs| tensors.push((name, vec![outputs, inputs]));
                let mut attentions = vec![format!("{name}.0.SelfAttention")];
                attentions.extend((stack == "decoder").then(|| format!("{name}.1.EncDecAttention")));
                for attention in &attentions {
                    for projection in ["q", "k", "v"] {
                        linear(format!("{attention}.{projection}.weight"), attention_width, width);
                    }
                    linear(format!("{attention}.o.weight"), width, attention_width);
                }
                let last = attentions.len();
                let part = format!("{name}.{last}.DenseReluDense");
                linear(format!("{part}.wi_0.weight"), feed_forward_width, width);
                linear(format!("{part}.wi_1.weight"), feed_forward_width, width);
                linear(format!("{part}.wo.weight"), width, feed_forward_width);
                for norm in 0..=last {
                    tensors.push((format!("{name}.{norm}.layer_norm.weight"), vec![width]));
                }
            }
        }
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let values: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
            .into_iter()
            .map(|(name, shape)| {
                // Norms around one; the rest so that what goes in has about the size of what comes out.
                let (middle, reach) = match shape[..] {
                    [_] => (1.0, 0.5),
                    [_, inputs] if name.contains("layer") => (0.0, (3.0 / inputs as f32).sqrt()),
                    _ => (0.0, 1.0),
                };
                let count = shape.iter().product::<usize>();
                let scale = scale(&name);
                let draw = |_| (scale * (middle + random.random_range(-reach..=reach))).to_le_bytes();
                let bytes = (0..count).flat_map(draw).collect();
                (name, shape, bytes)
            })
            .collect();
        let views: HashMap<&str, TensorView<'_>> = values
            .iter()
            .map(|(name, shape, bytes)| {
                (name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap())
            })
            .collect();
        let config = json!({
            "model_type": "t5", "d_model": width, "d_kv": head_width, "d_ff": feed_forward_width,
            "num_heads": heads, "num_layers": self.encoder_layers,
            "num_decoder_layers": self.decoder_layers, "vocab_size": vocabulary,
            "feed_forward_proj": "gated-gelu", "tie_word_embeddings": false,
        });
        let files = BaseFiles {
            config: serde_json::to_vec(&config).unwrap(),
            weights: serialize(views, None).unwrap(),
            tokenizer: BaseFiles::tiny().tokenizer,
        };
        files.load().unwrap()
    }
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

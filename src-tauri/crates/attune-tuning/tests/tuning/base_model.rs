//! The base: what is refused, and by which name.

use std::sync::Arc;

use attune_tuning::{BaseModel, Error, evaluate};
use half::f16;
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};
use serde_json::{Value, json};

use crate::fixtures::{self, BaseFiles};

/// The tiny model's tensors, changed one by one; an emptied shape leaves the tensor out.
pub(crate) fn change_weights(change: impl FnMut(&str, &mut Vec<usize>, &mut Vec<u8>)) -> Vec<u8> {
    change_weights_to(Dtype::F16, change)
}

fn change_weights_to(dtype: Dtype, mut change: impl FnMut(&str, &mut Vec<usize>, &mut Vec<u8>)) -> Vec<u8> {
    let bytes = BaseFiles::tiny().weights;
    let mut tensors = Vec::new();
    for (name, view) in SafeTensors::deserialize(&bytes).unwrap().iter() {
        let (mut shape, mut data) = (view.shape().to_vec(), view.data().to_vec());
        change(name, &mut shape, &mut data);
        if !shape.is_empty() {
            tensors.push((name.to_owned(), shape, data));
        }
    }
    let views = tensors
        .iter()
        .map(|(name, shape, data)| (name, TensorView::new(dtype, shape.clone(), data).unwrap()));
    serialize(views, None).unwrap()
}

fn floats(data: &[u8]) -> impl Iterator<Item = f32> {
    data.chunks_exact(2).map(|raw| f16::from_le_bytes([raw[0], raw[1]]).to_f32())
}

fn with_config(change: impl Fn(&mut Value)) -> attune_tuning::Result<BaseModel> {
    let mut files = BaseFiles::tiny();
    let mut config = serde_json::from_slice(&files.config).unwrap();
    change(&mut config);
    files.config = serde_json::to_vec(&config).unwrap();
    files.load()
}

fn with_weights(weights: Vec<u8>) -> attune_tuning::Result<BaseModel> {
    BaseFiles { weights, ..BaseFiles::tiny() }.load()
}

#[test]
fn a_base_model_is_shared_between_threads() {
    let base = Arc::new(fixtures::tiny_base());
    let there = Arc::clone(&base);
    let loss = std::thread::spawn(move || evaluate(&there, None, &fixtures::oracle_batch()).unwrap())
        .join()
        .unwrap();
    assert_eq!(loss, evaluate(&base, None, &fixtures::oracle_batch()).unwrap());
    assert_eq!((base.architecture().width, base.architecture().vocabulary), (32, 128));
    assert_eq!(fixtures::attune_mini().parameters(), 9_180_928);
}

#[test]
fn weights_may_be_stored_in_three_types() {
    let expected = evaluate(&fixtures::tiny_base(), None, &fixtures::oracle_batch()).unwrap();
    let single =
        change_weights_to(Dtype::F32, |_, _, data| *data = floats(data).flat_map(f32::to_le_bytes).collect());
    assert_eq!(evaluate(&with_weights(single).unwrap(), None, &fixtures::oracle_batch()).unwrap(), expected);
    // bfloat16 holds fewer digits: near, not equal.
    let brain = change_weights_to(Dtype::BF16, |_, _, data| {
        *data = floats(data).flat_map(|value| half::bf16::from_f32(value).to_le_bytes()).collect();
    });
    let loss = evaluate(&with_weights(brain).unwrap(), None, &fixtures::oracle_batch()).unwrap();
    assert!((loss.mean - expected.mean).abs() < 0.05 && loss != expected, "{loss:?}, {expected:?}");
}

#[test]
fn configurations_of_other_models_are_refused_by_the_field_that_says_so() {
    let cases = [
        ("feed_forward_proj", json!("relu")),
        ("feed_forward_proj", json!("gated-silu")),
        ("feed_forward_proj", Value::Null),
        ("tie_word_embeddings", json!(true)),
        ("tie_word_embeddings", Value::Null),
        ("model_type", json!("mt5")),
        ("num_heads", json!(0)),
        ("relative_attention_num_buckets", json!(2)),
        ("relative_attention_max_distance", json!(16)),
        ("layer_norm_epsilon", json!(0.0)),
        ("eos_token_id", json!(128)),
    ];
    for (name, value) in cases {
        let refused = with_config(|config| config[name] = value.clone());
        let named = matches!(&refused, Err(Error::UnsupportedArchitecture { field, .. }) if *field == name);
        assert!(named, "{name} = {value}: {refused:?}");
        assert!(refused.unwrap_err().to_string().contains(name));
    }
    let missing = with_config(|config| drop(config.as_object_mut().unwrap().remove("d_model")));
    assert!(matches!(missing, Err(Error::ConfigUnreadable { .. })), "{missing:?}");
}

#[test]
fn a_configuration_saved_by_transformers_5_is_understood() {
    let base = with_config(|config| {
        config["tie_word_embeddings"] = json!(true);
        config["scale_decoder_outputs"] = json!(false);
    });
    assert!(base.is_ok(), "{base:?}");
    let scaled = with_config(|config| config["scale_decoder_outputs"] = json!(true));
    assert!(matches!(scaled, Err(Error::UnsupportedArchitecture { field: "scale_decoder_outputs", .. })));
}

#[test]
fn damaged_or_foreign_weights_are_refused_by_the_tensor() {
    let mut cut = BaseFiles::tiny().weights;
    cut.truncate(cut.len() - 100);
    assert!(matches!(with_weights(cut), Err(Error::WeightsUnreadable { .. })));
    assert!(matches!(with_weights(Vec::new()), Err(Error::WeightsUnreadable { .. })));

    let headless = with_weights(change_weights(|name, shape, _| {
        if name == "lm_head.weight" {
            shape.clear();
        }
    }));
    assert!(
        matches!(&headless, Err(Error::MissingTensor { name }) if name == "lm_head.weight"),
        "{headless:?}"
    );

    let turned = with_weights(change_weights(|name, shape, _| {
        if name == "encoder.block.1.layer.1.DenseReluDense.wi_0.weight" {
            shape.reverse();
        }
    }));
    let named = matches!(&turned, Err(Error::TensorShape { found, expected, .. }) if found == &[32, 64] && expected == &[64, 32]);
    assert!(named, "{turned:?}");

    let whole = with_weights(change_weights_to(Dtype::I16, |_, _, _| ()));
    assert!(matches!(&whole, Err(Error::TensorType { found, .. }) if found == "I16"), "{whole:?}");

    let broken = with_weights(change_weights(|name, _, data| {
        if name == "decoder.final_layer_norm.weight" {
            data[..2].copy_from_slice(&f16::NAN.to_le_bytes());
        }
    }));
    assert!(
        matches!(&broken, Err(Error::TensorNotFinite { name }) if name.starts_with("decoder")),
        "{broken:?}"
    );
}

#[test]
fn a_tokenizer_that_does_not_belong_is_refused() {
    let unreadable = BaseFiles { tokenizer: b"{}".to_vec(), ..BaseFiles::tiny() }.load();
    assert!(matches!(unreadable, Err(Error::TokenizerUnreadable { .. })));
    let tokenizer = fixtures::read("models/attune-mini/tokenizer.json");
    let beyond = BaseFiles { tokenizer, ..BaseFiles::tiny() }.load();
    assert!(
        matches!(beyond, Err(Error::TokenizerBeyondEmbedding { token: 4095, vocabulary: 128 })),
        "{beyond:?}"
    );
}

//! LoRA: its start, its training against PEFT's, its folders and its merged weights.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use attune_tuning::peft::{self, PeftFiles, StoredAs, decode, encode, merge};
use attune_tuning::{
    Adapter, BaseModel, Error, Lora, LoraSettings, LoraTarget, Method, SoftPrompt, Training, TrainingConfig,
    TrainingEvent, TrainingOutcome, evaluate,
};
use safetensors::tensor::TensorView;
use safetensors::{SafeTensors, serialize};
use serde_json::{Value, json};

use crate::fixtures::{self, BaseFiles, relative_difference};

fn lora(adapter: Adapter) -> Lora {
    match adapter {
        Adapter::Lora(lora) => lora,
        Adapter::SoftPrompt(_) => panic!("a soft prompt was read"),
    }
}

#[test]
fn a_start_is_small_and_uniform_in_a_and_zero_in_b_and_answers_as_the_base() {
    let base = fixtures::tiny_base();
    let start = Lora::from_seed(&base, LoraSettings::default(), 7).unwrap();
    assert_eq!(start, Lora::from_seed(&base, LoraSettings::default(), 7).unwrap());
    assert_ne!(start, Lora::from_seed(&base, LoraSettings::default(), 8).unwrap());
    // q and v of two encoder layers, and of self- and cross-attention in two decoder layers.
    assert_eq!(start.layout().tensors().len(), 2 * 2 * (2 + 4));
    for (place, tensor) in start.layout().tensors().iter().enumerate() {
        let values = &start.values()[tensor.range()];
        if place % 2 == 1 {
            assert!(values.iter().all(|value| *value == 0.0), "{} is not zero", tensor.name);
            continue;
        }
        // Uniform within 1/√32 = 0.1768 has the deviation 0.1021.
        let deviation = (values.iter().map(|value| value * value).sum::<f32>() / values.len() as f32).sqrt();
        assert!((0.09..0.115).contains(&deviation), "{}: {deviation}", tensor.name);
        assert!(values.iter().all(|value| value.abs() <= 32_f32.sqrt().recip()));
    }
    let batch = fixtures::oracle_batch();
    let plain = evaluate(&base, None, &batch).unwrap();
    assert_eq!(evaluate(&base, Some(&start.into()), &batch).unwrap(), plain);
}

#[test]
fn ten_steps_of_lora_follow_the_losses_of_peft() {
    let base = fixtures::tiny_base();
    let start = fixtures::peft_lora(&base, "peft_lora");
    let oracle = fixtures::lora_oracle();
    let number = |field: &str| oracle["trajectory"][field].as_f64().unwrap();
    let config = TrainingConfig {
        epochs: 10,
        batch_size: 8,
        learning_rate: number("learning_rate"),
        warmup_steps: number("warmup_steps") as usize,
        weight_decay: number("weight_decay"),
        gradient_clip: Some(number("gradient_clip")),
        method: Method::Lora(lora(start.clone()).settings().clone()),
        ..TrainingConfig::default()
    };
    let before = evaluate(&base, None, &fixtures::oracle_batch()).unwrap();
    let mut reports = Vec::new();
    let examples = fixtures::examples(fixtures::oracle());
    let training = Training { start: Some(&start), ..Training::new(&base, &examples, &config) };
    let outcome = training.run(&mut |progress| {
        if let TrainingEvent::Step(report) = progress.event {
            reports.push(report.clone());
        }
        ControlFlow::Continue(())
    });
    let TrainingOutcome::Finished(trained) = outcome.unwrap() else { panic!("nobody asked to stop") };
    for (report, expected) in reports.iter().zip(fixtures::numbers(&oracle["trajectory"]["losses"])) {
        let error = (report.loss - expected).abs() / expected;
        assert!(error < 3e-4, "step {}: {}, PEFT says {expected}", report.step, report.loss);
    }
    let norms = fixtures::numbers(&oracle["trajectory"]["gradient_norms"]);
    assert!((reports[0].gradient_norm - norms[0]).abs() / norms[0] < 1e-4);
    let end = fixtures::lora_oracle_vector("trajectory_end", &trained.adapter.layout());
    let difference = relative_difference(trained.adapter.values(), &end);
    assert!(difference < 5e-3, "{difference}");
    assert_eq!(evaluate(&base, None, &fixtures::oracle_batch()).unwrap(), before, "the base was changed");
}

#[test]
fn a_training_goes_on_only_from_an_adapter_of_its_own_kind() {
    let base = fixtures::tiny_base();
    let start = SoftPrompt::from_vocabulary(&base, 5, 1).unwrap().into();
    let config =
        TrainingConfig { method: Method::Lora(LoraSettings::default()), ..TrainingConfig::default() };
    let examples = fixtures::examples(fixtures::oracle());
    let training = Training { start: Some(&start), ..Training::new(&base, &examples, &config) };
    let refused = training.run(&mut |_| ControlFlow::Continue(()));
    assert!(matches!(refused, Err(Error::StartOfAnotherKind { .. })), "{refused:?}");
}

#[test]
fn lora_written_for_peft_is_read_back_bit_for_bit() {
    let base = fixtures::tiny_base();
    let targets = BTreeSet::from([LoraTarget::Wo, LoraTarget::K]);
    let settings = LoraSettings { rank: 3, alpha: 4.5, targets };
    let written = Lora::from_seed(&base, settings, 5).unwrap();
    let files = encode(&written.clone().into(), "google/flan-t5-small").unwrap();
    assert_eq!(lora(decode(&files, &base).unwrap()), written);
    let config: Value = serde_json::from_slice(&files.adapter_config).unwrap();
    assert_eq!((&config["peft_type"], &config["task_type"]), (&json!("LORA"), &json!("SEQ_2_SEQ_LM")));
    assert_eq!((&config["target_modules"], &config["r"]), (&json!(["k", "wo"]), &json!(3)));
    assert_eq!((&config["lora_alpha"], &config["bias"]), (&json!(4.5), &json!("none")));
}

#[test]
fn a_folder_of_peft_is_written_again_with_the_same_tensors() {
    let base = fixtures::tiny_base();
    for folder in ["peft_lora", "peft_lora_everywhere"] {
        let theirs = fixtures::peft_files(folder);
        let ours = encode(&decode(&theirs, &base).unwrap(), "tiny_t5").unwrap();
        let theirs_read = SafeTensors::deserialize(&theirs.adapter_model).unwrap();
        let ours_read = SafeTensors::deserialize(&ours.adapter_model).unwrap();
        assert_eq!(ours_read.len(), theirs_read.len());
        for (name, view) in theirs_read.iter() {
            assert_eq!(ours_read.tensor(name).unwrap(), view, "{name}");
        }
        // Every field we write says what PEFT's own file says.
        let theirs: Value = serde_json::from_slice(&theirs.adapter_config).unwrap();
        let ours: Value = serde_json::from_slice(&ours.adapter_config).unwrap();
        for (field, value) in ours.as_object().unwrap() {
            let same = match field.as_str() {
                // PEFT keeps a set, in an order of its own.
                "target_modules" => sorted(value) == sorted(&theirs[field]),
                _ => *value == theirs[field],
            };
            assert!(same, "{field}: {value}, PEFT says {}", theirs[field]);
        }
    }
}

fn sorted(names: &Value) -> Vec<&str> {
    let mut names: Vec<_> = names.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

fn with_config(change: impl Fn(&mut Value)) -> PeftFiles {
    let mut files = fixtures::peft_files("peft_lora");
    let mut config = serde_json::from_slice(&files.adapter_config).unwrap();
    change(&mut config);
    files.adapter_config = serde_json::to_vec(&config).unwrap();
    files
}

#[test]
fn variants_of_lora_that_cannot_be_honoured_are_refused_by_name() {
    let base = fixtures::tiny_base();
    let variants = [
        ("use_dora", json!(true)),
        ("use_rslora", json!(true)),
        ("use_qalora", json!(true)),
        ("lora_bias", json!(true)),
        ("fan_in_fan_out", json!(true)),
        ("bias", json!("lora_only")),
        ("modules_to_save", json!(["lm_head"])),
        ("rank_pattern", json!({"q": 8})),
        ("alpha_pattern", json!({"q": 8})),
        ("layers_to_transform", json!([0])),
        ("target_parameters", json!(["shared"])),
        ("trainable_token_indices", json!([5])),
        ("init_lora_weights", json!("pissa")),
        ("target_modules", json!(["q", "lm_head"])),
        ("target_modules", json!("all-linear")),
        ("a_field_of_the_future", json!(2)),
    ];
    for (name, value) in variants {
        let refused = decode(&with_config(|config| config[name] = value.clone()), &base);
        let named = matches!(&refused, Err(Error::PeftSetting { field, .. }) if field == name);
        assert!(named, "{name} = {value}: {refused:?}");
        assert!(refused.unwrap_err().to_string().contains(name));
    }
    // What changes no answer is read whatever it says.
    for (name, value) in [("lora_dropout", json!(0.1)), ("init_lora_weights", json!("gaussian"))] {
        assert!(decode(&with_config(|config| config[name] = value.clone()), &base).is_ok(), "{name}");
    }
    let rankless = decode(&with_config(|config| config["r"] = json!(0)), &base);
    assert!(matches!(rankless, Err(Error::InvalidSetting { field: "lora_rank", .. })), "{rankless:?}");
}

/// The tensors of `peft_lora`, changed one by one; an emptied name leaves the tensor out.
fn with_tensors(change: impl Fn(&mut String, &mut Vec<usize>, &mut Vec<u8>)) -> PeftFiles {
    let mut files = fixtures::peft_files("peft_lora");
    let read = SafeTensors::deserialize(&files.adapter_model).unwrap();
    let mut tensors = Vec::new();
    for (name, view) in read.iter() {
        let (mut name, mut shape, mut data) = (name.to_owned(), view.shape().to_vec(), view.data().to_vec());
        change(&mut name, &mut shape, &mut data);
        if !name.is_empty() {
            tensors.push((name, shape, data));
        }
    }
    let views = tensors.iter().map(|(name, shape, data)| {
        (name, TensorView::new(safetensors::Dtype::F32, shape.clone(), data).unwrap())
    });
    files.adapter_model = serialize(views, None).unwrap();
    files
}

#[test]
fn missing_foreign_misshapen_and_broken_tensors_are_refused_by_name() {
    let base = fixtures::tiny_base();
    let chosen = "base_model.model.decoder.block.1.layer.1.EncDecAttention.v.lora_B.weight";
    let missing = decode(
        &with_tensors(|name, _, _| {
            if name == chosen {
                name.clear();
            }
        }),
        &base,
    );
    assert!(matches!(&missing, Err(Error::PeftMissingTensor { name }) if name == chosen), "{missing:?}");
    let foreign = decode(
        &with_tensors(|name, _, _| {
            if name == chosen {
                *name = name.replace("lora_B.weight", "lora_magnitude_vector");
            }
        }),
        &base,
    );
    assert!(
        matches!(&foreign, Err(Error::PeftForeignTensor { name }) if name.ends_with("lora_magnitude_vector")),
        "{foreign:?}"
    );
    let turned = decode(
        &with_tensors(|name, shape, _| {
            if name == chosen {
                shape.reverse();
            }
        }),
        &base,
    );
    assert!(
        matches!(&turned, Err(Error::PeftTensorShape { found, expected, .. }) if found == &[4, 32] && expected == &[32, 4]),
        "{turned:?}"
    );
    let broken = decode(
        &with_tensors(|name, _, data| {
            if name == chosen {
                data[..4].copy_from_slice(&f32::NAN.to_le_bytes());
            }
        }),
        &base,
    );
    assert!(matches!(&broken, Err(Error::LoraNotFinite { name }) if name == chosen), "{broken:?}");

    let mut files = fixtures::peft_files("peft_lora");
    files.adapter_model.truncate(files.adapter_model.len() / 2);
    assert!(matches!(decode(&files, &base), Err(Error::PeftWeightsUnreadable { .. })));
}

#[test]
fn lora_of_another_base_model_is_refused() {
    let (base, other) = (fixtures::tiny_base(), fixtures::attune_mini());
    let adapter = fixtures::peft_lora(&base, "peft_lora");
    let refused = evaluate(other, Some(&adapter), &fixtures::oracle_batch());
    assert!(matches!(refused, Err(Error::LoraOfAnotherBase { .. })), "{refused:?}");
    let refused = decode(&fixtures::peft_files("peft_lora"), other);
    assert!(matches!(refused, Err(Error::PeftTensorShape { .. })), "{refused:?}");
}

fn merged(base: &BaseModel, lora: &Lora, stored: StoredAs) -> BaseModel {
    let files = BaseFiles::tiny();
    let weights = merge(base, &files.weights, lora, stored).unwrap();
    BaseFiles { weights, ..files }.load().unwrap()
}

#[test]
fn merged_weights_answer_as_base_and_adapter_do() {
    let base = fixtures::tiny_base();
    let adapter = fixtures::peft_lora(&base, "peft_lora_everywhere");
    let batch = fixtures::oracle_batch();
    let expected = evaluate(&base, Some(&adapter), &batch).unwrap().mean;
    let plain = evaluate(&base, None, &batch).unwrap().mean;
    assert!((plain - expected).abs() > 0.05, "the adapter changes too little to show a fault");
    let lora = lora(adapter);
    let exact = evaluate(&merged(&base, &lora, StoredAs::F32), None, &batch).unwrap().mean;
    assert!((exact - expected).abs() < 1e-5, "{exact}, base and adapter say {expected}");
    // Half precision rounds the sum: near, not equal.
    let rounded = evaluate(&merged(&base, &lora, StoredAs::InTheFile), None, &batch).unwrap().mean;
    assert!((rounded - expected).abs() < 5e-3, "{rounded}, base and adapter say {expected}");

    let half = merge(&base, &BaseFiles::tiny().weights, &lora, StoredAs::InTheFile).unwrap();
    let half = SafeTensors::deserialize(&half).unwrap();
    let plain = BaseFiles::tiny().weights;
    let plain = SafeTensors::deserialize(&plain).unwrap();
    assert_eq!(half.len(), plain.len());
    for (name, view) in plain.iter() {
        let there = half.tensor(name).unwrap();
        assert_eq!((there.dtype(), there.shape()), (view.dtype(), view.shape()), "{name}");
        let module = name.trim_end_matches(".weight");
        let reached = LoraTarget::ALL.iter().any(|target| module.ends_with(&format!(".{target}")));
        assert_eq!(there.data() != view.data(), reached, "{name}");
    }
}

#[test]
fn weights_that_cannot_take_the_adapter_are_refused() {
    let base = fixtures::tiny_base();
    let lora_of = |values: f32| {
        let settings = lora(fixtures::peft_lora(&base, "peft_lora")).settings().clone();
        let parameters =
            attune_tuning::AdapterKind::Lora(settings.clone()).layout(&base).unwrap().parameters();
        Lora::new(&base, settings, vec![values; parameters]).unwrap()
    };
    let weights = BaseFiles::tiny().weights;
    let beyond = peft::merge(&base, &weights, &lora_of(1000.0), StoredAs::InTheFile);
    assert!(
        matches!(&beyond, Err(Error::TensorNotFinite { name }) if name.ends_with(".q.weight") || name.ends_with(".v.weight")),
        "{beyond:?}"
    );
    let other = BaseFiles::read("models/attune-mini").weights;
    let refused = peft::merge(&base, &other, &lora_of(1.0), StoredAs::F32);
    assert!(matches!(refused, Err(Error::TensorShape { .. } | Error::MissingTensor { .. })), "{refused:?}");
}

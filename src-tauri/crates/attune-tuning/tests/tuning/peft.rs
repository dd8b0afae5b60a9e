//! PEFT folders, ours and its own.

use attune_tuning::peft::{PeftFiles, decode, encode};
use attune_tuning::{AdapterLayout, Error, PackedBatch, SoftPrompt, evaluate};
use serde_json::{Value, json};

use crate::fixtures;

#[test]
fn a_soft_prompt_written_for_peft_is_read_back_bit_for_bit() {
    let base = fixtures::tiny_base();
    let prompt = SoftPrompt::from_vocabulary(&base, 7, 3).unwrap().into();
    let files = encode(&prompt, "google/flan-t5-small").unwrap();
    assert_eq!(decode(&files, &base).unwrap(), prompt);
    let config: Value = serde_json::from_slice(&files.adapter_config).unwrap();
    assert_eq!(config["peft_type"], "PROMPT_TUNING");
    assert_eq!(config["task_type"], "SEQ_2_SEQ_LM");
    assert_eq!(config["base_model_name_or_path"], "google/flan-t5-small");
    // PEFT would otherwise expect twice the rows.
    assert_eq!(
        (&config["num_transformer_submodules"], &config["num_virtual_tokens"]),
        (&json!(1), &json!(7))
    );
}

#[test]
fn folders_of_peft_are_read_with_once_and_with_twice_the_rows() {
    let base = fixtures::tiny_base();
    let expected = fixtures::numbers(&fixtures::oracle()["prompted_losses"]);
    for folder in ["peft_the_rows", "peft_twice_the_rows"] {
        let prompt = decode(&fixtures::peft_files(folder), &base).unwrap();
        assert_eq!(prompt.layout(), AdapterLayout::default().with("prompt_embeddings", &[20, 32]));
        for (row, expected) in fixtures::oracle_rows().iter().zip(&expected) {
            let loss = evaluate(&base, Some(&prompt), &PackedBatch::pack([row]).unwrap()).unwrap().mean;
            assert!((loss - expected).abs() < 1e-5, "{folder}: {loss}, PEFT says {expected}");
        }
    }
}

fn with_config(change: impl Fn(&mut Value)) -> PeftFiles {
    let mut files = fixtures::peft_files("peft_the_rows");
    let mut config = serde_json::from_slice(&files.adapter_config).unwrap();
    change(&mut config);
    files.adapter_config = serde_json::to_vec(&config).unwrap();
    files
}

#[test]
fn other_adapters_are_refused_by_name() {
    let base = fixtures::tiny_base();
    let other = decode(&with_config(|config| config["peft_type"] = json!("IA3")), &base).unwrap_err();
    assert!(
        matches!(&other, Error::PeftUnsupported { field: "peft_type", found, .. } if found == "IA3"),
        "{other:?}"
    );
    assert!(other.to_string().contains("IA3") && other.to_string().contains("PROMPT_TUNING"), "{other}");
    let causal = decode(&with_config(|config| config["task_type"] = json!("CAUSAL_LM")), &base).unwrap_err();
    assert!(matches!(causal, Error::PeftUnsupported { field: "task_type", .. }), "{causal:?}");
    let nameless = decode(&with_config(|config| config["peft_type"] = Value::Null), &base).unwrap_err();
    assert!(matches!(nameless, Error::PeftUnsupported { .. }), "{nameless:?}");
    let none = decode(&with_config(|config| config["num_virtual_tokens"] = json!(0)), &base).unwrap_err();
    assert!(matches!(none, Error::InvalidSetting { field: "num_virtual_tokens", .. }), "{none:?}");
}

#[test]
fn damaged_and_unfitting_adapters_are_refused_by_what_is_wrong() {
    let base = fixtures::tiny_base();
    let rows = decode(&with_config(|config| config["num_virtual_tokens"] = json!(15)), &base).unwrap_err();
    assert!(matches!(&rows, Error::PeftRows { rows: 15, found } if found == &[20, 32]), "{rows:?}");

    let mut files = fixtures::peft_files("peft_the_rows");
    files.adapter_config = b"[".to_vec();
    assert!(matches!(decode(&files, &base), Err(Error::PeftConfigUnreadable { .. })));

    let mut files = fixtures::peft_files("peft_the_rows");
    files.adapter_model.truncate(files.adapter_model.len() / 2);
    assert!(matches!(decode(&files, &base), Err(Error::PeftWeightsUnreadable { .. })));

    let mut files = fixtures::peft_files("peft_the_rows");
    files.adapter_model = fixtures::BaseFiles::tiny().weights;
    let missing = decode(&files, &base).unwrap_err();
    assert!(
        matches!(&missing, Error::PeftMissingTensor { name } if name == "prompt_embeddings"),
        "{missing:?}"
    );

    let mut files = fixtures::peft_files("peft_the_rows");
    let end = files.adapter_model.len();
    files.adapter_model[end - 4..].copy_from_slice(&f32::INFINITY.to_le_bytes());
    assert!(matches!(decode(&files, &base), Err(Error::SoftPromptNotFinite)));

    let wide = encode(&SoftPrompt::new(2, 64, vec![0.0; 128]).unwrap().into(), "another").unwrap();
    assert!(matches!(decode(&wide, &base), Err(Error::AdapterWidth { found: 64, expected: 32 })));
}

//! Token ids and texts, against the official vectors.

use std::path::PathBuf;

use attune_tuning::Error;
use serde_json::Value;

use crate::fixtures;

#[test]
fn a_text_is_trimmed_and_ends_with_end_of_sequence_inside_its_limit() {
    let base = fixtures::attune_mini();
    let tokenizer = base.tokenizer();
    let whole = tokenizer.encode("The blue door is locked.", 64).unwrap();
    assert_eq!(whole.last(), Some(&1));
    assert_eq!(tokenizer.encode("  The blue door is locked. \n", 64).unwrap(), whole);
    let cut = tokenizer.encode("The blue door is locked.", 4).unwrap();
    assert_eq!(cut, [&whole[..3], &[1]].concat());
    assert_eq!(tokenizer.encode("The blue door is locked.", whole.len()).unwrap(), whole);
    assert_eq!(tokenizer.encode("anything", 1).unwrap(), [1]);
    assert_eq!(tokenizer.encode("", 8).unwrap(), [1]);
    assert!(matches!(tokenizer.encode("a", 0), Err(Error::InvalidSetting { field: "max_tokens", .. })));
    assert_eq!(tokenizer.decode(&whole).unwrap(), "The blue door is locked.");
    assert_eq!(tokenizer.decode_with_special_tokens(&whole).unwrap(), "The blue door is locked.</s>");
    assert!(tokenizer.is_special(1) && tokenizer.is_special(0) && !tokenizer.is_special(whole[0]));
}

/// 1995 texts of many languages with the ids and the decoded text of the official vocabulary.
#[test]
fn the_tokenizer_of_flan_agrees_with_the_official_vocabulary() {
    let shared = std::env::var_os("ATTUNE_SHARED_DIR")
        .map_or_else(|| fixtures::root().join("../shared"), PathBuf::from);
    let folder = shared.join("data/tokenizer");
    let (Ok(vectors), Ok(tokenizer)) = (
        std::fs::read(folder.join("t5-encode-decode-vectors.json")),
        std::fs::read(folder.join("flan-t5-small/tokenizer.json")),
    ) else {
        eprintln!(
            "SKIPPED: no tokenizer vectors in {}; set ATTUNE_SHARED_DIR to the folder with data/",
            folder.display()
        );
        return;
    };
    // The tokenizer of the real model before weights of its vocabulary in the smallest network there is.
    let base = base_with_vocabulary(32128, tokenizer);
    let vectors: Vec<(String, Vec<u32>, String)> = serde_json::from_slice(&vectors).unwrap();
    assert_eq!(vectors.len(), 1995);
    for (text, ids, decoded) in vectors {
        assert_eq!(base.tokenizer().encode(&text, usize::MAX).unwrap(), ids, "{text:?}");
        let found = base.tokenizer().decode_with_special_tokens(&ids).unwrap();
        assert_eq!(as_the_vectors_write(&found), as_the_vectors_write(&decoded), "{text:?}");
    }
}

/// The vectors' texts went through the old clean-up of transformers, which takes white space before punctuation
/// away, and through a tokenizer that writes white space after an unknown piece. Attune does neither: an
/// answer is what the tokens say.
fn as_the_vectors_write(text: &str) -> String {
    let cleaned =
        [" .", " ?", " !", " ,"].iter().fold(text.to_owned(), |text, mark| text.replace(mark, mark.trim()));
    let cleaned = cleaned.replace(" ' ", "'");
    let cleaned = [" n't", " 'm", " 's", " 've", " 're"]
        .iter()
        .fold(cleaned, |text, mark| text.replace(mark, mark.trim()));
    cleaned.replace("<unk> ", "<unk>")
}

fn base_with_vocabulary(vocabulary: usize, tokenizer: Vec<u8>) -> attune_tuning::BaseModel {
    let mut files = fixtures::BaseFiles::tiny();
    let mut config: Value = serde_json::from_slice(&files.config).unwrap();
    config["vocab_size"] = vocabulary.into();
    files.config = serde_json::to_vec(&config).unwrap();
    files.tokenizer = tokenizer;
    files.weights = crate::base_model::change_weights(|name, shape, bytes| {
        if matches!(name, "shared.weight" | "lm_head.weight") {
            shape[0] = vocabulary;
            bytes.resize(vocabulary * shape[1] * 2, 0);
        }
    });
    files.load().unwrap()
}

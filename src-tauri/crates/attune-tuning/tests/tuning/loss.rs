//! Losses and logits: against transformers' numbers.

use attune_tuning::{EncodedExample, Error, PackedBatch, evaluate, log_likelihoods, logits};

use crate::fixtures;

#[test]
fn the_loss_of_every_row_equals_that_of_transformers_with_and_without_an_adapter() {
    let base = fixtures::tiny_base();
    let prompt = fixtures::peft_prompt(&base);
    let lora = fixtures::peft_lora(&base, "peft_lora_everywhere");
    let (oracle, lora_oracle) = (fixtures::oracle(), fixtures::lora_oracle());
    let cases = [
        ("losses", None, &oracle["losses"]),
        ("prompted_losses", Some(&prompt), &oracle["prompted_losses"]),
        ("LoRA's losses", Some(&lora), &lora_oracle["losses"]),
    ];
    for (name, adapter, expected) in cases {
        let expected = fixtures::numbers(expected);
        for (row, (example, expected)) in fixtures::oracle_rows().iter().zip(expected).enumerate() {
            let loss = evaluate(&base, adapter, &PackedBatch::pack([example]).unwrap()).unwrap().mean;
            assert!(
                (loss - expected).abs() < 1e-5,
                "{name} of row {row}: {loss}, transformers says {expected}"
            );
        }
    }
}

#[test]
fn a_packed_batch_has_the_mean_over_all_target_tokens_not_over_rows() {
    let base = fixtures::tiny_base();
    let prompt = fixtures::peft_prompt(&base);
    let loss = evaluate(&base, Some(&prompt), &fixtures::oracle_batch()).unwrap();
    let expected = fixtures::oracle()["batch_loss"].as_f64().unwrap();
    assert!((loss.mean - expected).abs() < 1e-5, "{}, transformers says {expected}", loss.mean);
    assert_eq!(loss.target_tokens, fixtures::oracle_rows().iter().map(|row| row.target.len()).sum::<usize>());
}

/// Enough rows for several shares, so that each row's tokens have to find their way back to it.
#[test]
fn every_token_has_the_likelihood_that_its_logits_give_it_in_whatever_batch_it_stands() {
    let base = fixtures::tiny_base();
    let lora = fixtures::peft_lora(&base, "peft_lora_everywhere");
    let mut rows = fixtures::oracle_rows();
    rows.extend((0..60).map(|row| {
        let tokens =
            |count: usize| (0..count).map(|place| ((row * 7 + place * 5) % 120 + 3) as u32).collect();
        EncodedExample { source: tokens(3 + row % 11), target: tokens(1 + row % 17) }
    }));
    for adapter in [None, Some(&lora)] {
        let together = log_likelihoods(&base, adapter, &PackedBatch::pack(&rows).unwrap()).unwrap();
        assert_eq!(together.len(), rows.len());
        for (row, found) in rows.iter().zip(together) {
            assert_eq!(found.len(), row.target.len());
            let logits = logits(&base, adapter, row).unwrap();
            let vocabulary = base.architecture().vocabulary;
            for ((logits, token), found) in logits.chunks(vocabulary).zip(&row.target).zip(found) {
                let sum: f64 = logits.iter().map(|logit| f64::from(*logit).exp()).sum();
                let expected = f64::from(logits[*token as usize]) - sum.ln();
                assert!((f64::from(found) - expected).abs() < 1e-4, "{found}, by the logits {expected}");
            }
        }
    }
}

#[test]
fn ten_rows_on_the_bundled_base_have_the_loss_of_transformers() {
    let base = fixtures::attune_mini();
    let oracle = fixtures::read_json("tests/fixtures/attune_mini/oracle.json");
    let encode = |text: &str| base.tokenizer().encode(text, 128).unwrap();
    let rows: Vec<EncodedExample> = fixtures::examples(&oracle)
        .iter()
        .map(|row| EncodedExample { source: encode(&row.input), target: encode(&row.output) })
        .collect();
    assert_eq!(rows.len(), 10);
    for (row, expected) in rows.iter().zip(fixtures::numbers(&oracle["losses"])) {
        let loss = evaluate(base, None, &PackedBatch::pack([row]).unwrap()).unwrap().mean;
        assert!((loss - expected).abs() < 1e-3, "{loss}, transformers says {expected}");
    }
    let loss = evaluate(base, None, &PackedBatch::pack(&rows).unwrap()).unwrap().mean;
    let expected = oracle["batch_loss"].as_f64().unwrap();
    assert!((loss - expected).abs() < 1e-3, "{loss}, transformers says {expected}");
}

#[test]
fn a_batch_knows_its_rows_and_refuses_empty_ones() {
    let rows = [
        EncodedExample { source: vec![4, 1], target: vec![5, 6, 1] },
        EncodedExample { source: vec![7, 8, 9, 1], target: vec![1] },
    ];
    let batch = PackedBatch::pack(&rows).unwrap();
    let unpacked: Vec<_> = batch.rows().map(|(source, target)| (source.to_vec(), target.to_vec())).collect();
    assert_eq!(unpacked, rows.clone().map(|row| (row.source, row.target)));
    assert_eq!((batch.len(), batch.target_tokens(), batch.tokens()), (2, 4, 10));

    assert!(matches!(PackedBatch::pack([]), Err(Error::EmptyBatch)));
    let blank = EncodedExample { source: vec![1], target: vec![] };
    assert!(matches!(
        PackedBatch::pack([&rows[0], &blank]),
        Err(Error::EmptySequence { row: 1, side: "target" })
    ));
}

#[test]
fn a_token_without_an_embedding_is_refused_by_its_number() {
    let base = fixtures::tiny_base();
    let row = EncodedExample { source: vec![4, 128, 1], target: vec![1] };
    let refused = evaluate(&base, None, &PackedBatch::pack([&row]).unwrap());
    assert!(
        matches!(refused, Err(Error::TokenOutsideVocabulary { token: 128, vocabulary: 128 })),
        "{refused:?}"
    );
}

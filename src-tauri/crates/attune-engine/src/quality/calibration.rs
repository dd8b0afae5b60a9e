//! What is usual for a base: how likely it finds text, and how likely the same words in disorder.
//!
//! The two are anchors, so that a fluency means the same under any base: 0 where shuffled words are, 1 where text is.
//! Those of attune-mini were measured on many passages; another base reads a few reference texts when it is loaded.
//! Invariant: a base that tells text from shuffled words badly, or not at all, judges no fluency.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::part::{Part, ramp};
use super::{Fluency, Judged};
use crate::Result;

/// SHA-256 of the weights of attune-mini.
const ATTUNE_MINI: &str = "sha256:8750965409b795f9f5ea380bf2e449562b206d026466fde6d6966d54154f12f2";
/// Means over the tuning half of the passages: `attune-bench quality --fit`.
const OF_ATTUNE_MINI: Calibration = Calibration { text: -4.296, shuffled: -6.586 };
/// Passages of the tuning half, one a line; their authors died before 1956.
const REFERENCE_TEXTS: &str = include_str!("reference_texts.txt");
/// The least distance of the anchors, in nats a token.
const LEAST_DISTANCE: f64 = 0.3;
/// Where fluency begins and where it is complete, between the anchors.
const FLUENT: [f64; 2] = [0.35, 0.65];

/// The two anchors, each a mean log likelihood in nats a token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// Of text.
    pub text: f64,
    /// Of the same texts with their words shuffled.
    pub shuffled: f64,
}

impl Calibration {
    pub(super) fn known(weights_digest: &str) -> Option<Self> {
        (weights_digest == ATTUNE_MINI).then_some(OF_ATTUNE_MINI)
    }

    /// The anchors by the reference texts, as `measure` finds them.
    pub(super) fn measured(measure: impl Fn(&[Judged<'_>]) -> Result<Vec<Fluency>>) -> Result<Self> {
        let texts: Vec<&str> = REFERENCE_TEXTS.lines().filter(|line| !line.is_empty()).collect();
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let shuffled: Vec<String> = texts
            .iter()
            .map(|text| {
                let mut words: Vec<&str> = text.split_whitespace().collect();
                words.shuffle(&mut random);
                words.join(" ")
            })
            .collect();
        let mean = |texts: &mut dyn Iterator<Item = &str>| -> Result<f64> {
            let judged =
                texts.map(|text| Judged { genre: "fantasy", prompt: "", style: None, text, judge: None });
            let measured = measure(&judged.collect::<Vec<_>>())?;
            Ok(measured.iter().map(Fluency::mean).sum::<f64>() / measured.len() as f64)
        };
        Ok(Self {
            text: mean(&mut texts.iter().copied())?,
            shuffled: mean(&mut shuffled.iter().map(String::as_str))?,
        })
    }

    pub(super) fn judge(&self, fluency: &Fluency) -> Option<Part> {
        let distance = self.text - self.shuffled;
        if distance.is_nan() || distance < LEAST_DISTANCE {
            return None;
        }
        let place = (fluency.mean() - self.shuffled) / distance;
        let value = ramp(place, FLUENT[0], FLUENT[1]);
        let words = match value {
            0.9.. => "reads like text",
            0.5.. => "reads a little strangely",
            _ => "reads like words in a row",
        };
        Some(Part::new(value, words))
    }
}

//! What the settings make of the scores of the next token, and the choice among them.
//!
//! Not here: which scores come in. Greedy and sampling hand in logits, beam search log-probabilities.
//! Invariant: order and meaning are those of transformers' `generate` (`_get_logits_processor`): repetition
//! penalty, repeated n-grams, the early end, then for sampling temperature, top-k, top-p. `history` begins
//! with the decoder's start token, which counts like any other.

use rand::Rng;

use super::config::{GenerationConfig, Sampling};
use crate::vectors::{Kernel, exponentials, first_of_largest, vectorised};

/// Changes the scores as every search wants it; a forbidden token gets minus infinity.
pub(super) fn control(scores: &mut [f32], history: &[u32], end_of_sequence: u32, config: &GenerationConfig) {
    if config.repetition_penalty != 1.0 {
        penalize_repetition(scores, history, config.repetition_penalty);
    }
    if let Some(size) = config.no_repeat_ngram_size {
        forbid_repeated_ngrams(scores, history, size);
    }
    if history.len() <= config.min_new_tokens {
        scores[end_of_sequence as usize] = f32::NEG_INFINITY;
    }
}

/// Changes the scores as sampling wants it.
pub(crate) fn narrow(scores: &mut [f32], sampling: &Sampling) {
    if sampling.temperature != 1.0 {
        scores.iter_mut().for_each(|score| *score /= sampling.temperature);
    }
    if let Some(count) = sampling.top_k {
        keep_top_k(scores, count);
    }
    if sampling.top_p < 1.0 {
        keep_top_p(scores, sampling.top_p);
    }
}

/// Divides the scores of seen tokens above zero and multiplies those below (`RepetitionPenaltyLogitsProcessor`).
fn penalize_repetition(scores: &mut [f32], history: &[u32], penalty: f32) {
    for (place, &token) in history.iter().enumerate() {
        if history[..place].contains(&token) {
            continue;
        }
        let score = &mut scores[token as usize];
        *score = if *score < 0.0 { *score * penalty } else { *score / penalty };
    }
}

/// Forbids what would end a run of `size` tokens that was there before (`NoRepeatNGramLogitsProcessor`).
fn forbid_repeated_ngrams(scores: &mut [f32], history: &[u32], size: usize) {
    let Some(start) = (history.len() + 1).checked_sub(size) else { return };
    let begun = &history[start..];
    for run in history.windows(size) {
        if let Some((&last, before)) = run.split_last()
            && before == begun
        {
            scores[last as usize] = f32::NEG_INFINITY;
        }
    }
}

/// Keeps the `count` largest and what equals the last of them (`TopKLogitsWarper`).
fn keep_top_k(scores: &mut [f32], count: usize) {
    if count >= scores.len() {
        return;
    }
    let mut sorted = scores.to_vec();
    let (_, least, _) = sorted.select_nth_unstable_by(count - 1, |a, b| b.total_cmp(a));
    let least = *least;
    scores.iter_mut().filter(|score| **score < least).for_each(|score| *score = f32::NEG_INFINITY);
}

/// Takes away the least likely as long as they have at most `1 - top_p` together (`TopPLogitsWarper`).
fn keep_top_p(scores: &mut [f32], top_p: f32) {
    let mut weights = scores.to_vec();
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    vectorised(Exponentials { values: &mut weights, shift: largest });
    let total: f64 = weights.iter().map(|weight| f64::from(*weight)).sum();
    let most = total * (1.0 - f64::from(top_p));
    // All that are lighter than this go, as together they have less than may go; only the others need an order.
    let surely = most / scores.len() as f64;
    let mut sum = 0.0;
    let mut others = Vec::new();
    for (token, weight) in weights.iter().enumerate() {
        if f64::from(*weight) < surely {
            sum += f64::from(*weight);
            scores[token] = f32::NEG_INFINITY;
        } else {
            others.push(token);
        }
    }
    // Among equals the lower token goes first, as with torch's stable sort.
    others.sort_unstable_by(|&a, &b| scores[a].total_cmp(&scores[b]).then(a.cmp(&b)));
    others.pop();
    for token in others {
        sum += f64::from(weights[token]);
        if sum > most {
            break;
        }
        scores[token] = f32::NEG_INFINITY;
    }
}

struct Exponentials<'v> {
    values: &'v mut [f32],
    shift: f32,
}

impl Kernel for Exponentials<'_> {
    type Output = f32;

    #[inline(always)]
    fn run(self) -> f32 {
        exponentials(self.values, self.shift)
    }
}

/// The log-probabilities of logits.
pub(super) fn log_softmax(logits: &mut [f32]) {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|logit| f64::from(logit - largest).exp()).sum();
    let log_sum = sum.ln() as f32;
    logits.iter_mut().for_each(|logit| *logit = (*logit - largest) - log_sum);
}

/// The first of the largest scores; none if all tokens are forbidden.
pub(crate) fn most_likely(scores: &[f32]) -> Option<u32> {
    first_of_largest(scores).map(|token| token as u32)
}

/// A token by its probability, with one number of `random`; none if all tokens are forbidden.
pub(crate) fn draw(scores: &[f32], random: &mut impl Rng) -> Option<u32> {
    let likeliest = most_likely(scores)?;
    let weights = weights(scores);
    let mut left = random.random::<f64>() * weights.iter().map(|(_, weight)| weight).sum::<f64>();
    for (token, weight) in weights {
        left -= weight;
        if left < 0.0 {
            return Some(token);
        }
    }
    // Only rounding leads here.
    Some(likeliest)
}

/// Probabilities of the tokens that are not forbidden times a common factor, the largest 1.
fn weights(scores: &[f32]) -> Vec<(u32, f64)> {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let allowed = (0..).zip(scores).filter(|(_, score)| **score > f32::NEG_INFINITY);
    allowed.map(|(token, score)| (token, f64::from(score - largest).exp())).collect()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use safetensors::SafeTensors;
    use serde_json::Value;

    use super::{control, draw, log_softmax, narrow};
    use crate::fixtures;
    use crate::generation::config::{GenerationConfig, Sampling};

    const VOCABULARY: usize = 64;

    fn tensor(file: &[u8], name: &str) -> Vec<f32> {
        let file = SafeTensors::deserialize(file).unwrap();
        let raw = file.tensor(name).unwrap();
        raw.data().as_chunks().0.iter().map(|raw| f32::from_le_bytes(*raw)).collect()
    }

    fn settings(oracle: &Value) -> (GenerationConfig, Sampling) {
        let real = |name: &str| oracle[name].as_f64().map_or(1.0, |value| value as f32);
        let count = |name: &str| oracle[name].as_u64().map(|value| value as usize);
        let config = GenerationConfig {
            repetition_penalty: real("repetition_penalty"),
            no_repeat_ngram_size: count("no_repeat_ngram_size"),
            min_new_tokens: count("min_new_tokens").unwrap_or(0),
            ..GenerationConfig::default()
        };
        let sampling = Sampling {
            temperature: real("temperature"),
            top_k: count("top_k"),
            top_p: real("top_p"),
            ..Sampling::default()
        };
        (config, sampling)
    }

    /// The fixed logits of a history after these settings.
    fn processed(row: usize, history: &[u32], oracle: &Value) -> Vec<f32> {
        let file = fixtures::read("tests/fixtures/decoding/scores.safetensors");
        let mut scores = tensor(&file, "logits")[row * VOCABULARY..][..VOCABULARY].to_vec();
        let (config, sampling) = settings(oracle);
        control(&mut scores, history, 1, &config);
        narrow(&mut scores, &sampling);
        scores
    }

    #[test]
    fn scores_are_processed_as_transformers_does_it() {
        let oracle = fixtures::read_json("tests/fixtures/decoding/scores.json");
        let file = fixtures::read("tests/fixtures/decoding/scores.safetensors");
        for (index, settings) in oracle["settings"].as_array().unwrap().iter().enumerate() {
            let expected = tensor(&file, &format!("processed_{index}"));
            for (row, history) in oracle["histories"].as_array().unwrap().iter().enumerate() {
                let found = processed(row, &fixtures::tokens(history), settings);
                for (token, (found, expected)) in
                    found.iter().zip(&expected[row * VOCABULARY..][..VOCABULARY]).enumerate()
                {
                    let near = found == expected || (found - expected).abs() <= 1e-6 * expected.abs();
                    assert!(near, "{settings}, row {row}, token {token}: {found} for {expected}");
                }
            }
        }
    }

    #[test]
    fn tokens_are_drawn_as_often_as_they_are_probable() {
        let oracle = fixtures::read_json("tests/fixtures/decoding/scores.json");
        let settings = oracle["settings"].as_array().unwrap();
        for settings in [&settings[6], &settings[7], &settings[14]] {
            let scores = processed(1, &[0, 5, 9, 5, 9, 5], settings);
            let mut weights = vec![0.0; VOCABULARY];
            super::weights(&scores).into_iter().for_each(|(token, weight)| weights[token as usize] = weight);
            let total: f64 = weights.iter().sum();
            let (draws, mut random) = (200_000_u32, ChaCha8Rng::seed_from_u64(11));
            let mut counts = vec![0.0; VOCABULARY];
            for _ in 0..draws {
                counts[draw(&scores, &mut random).unwrap() as usize] += 1.0;
            }
            let (mut chi_square, mut freedom) = (0.0, -1.0);
            for (weight, count) in weights.iter().zip(counts) {
                let expected = weight / total * f64::from(draws);
                if *weight == 0.0 {
                    assert_eq!(count, 0.0, "a forbidden token was drawn");
                } else if expected >= 5.0 {
                    chi_square += (count - expected).powi(2) / expected;
                    freedom += 1.0;
                }
            }
            // Wilson and Hilferty's approximation of the 99.9 % point.
            let spread = 2.0 / (9.0 * freedom);
            let limit = freedom * (1.0 - spread + 3.09 * f64::sqrt(spread)).powi(3);
            assert!(freedom >= 3.0 && chi_square < limit, "{settings}: {chi_square} of {limit}, {freedom}");
        }
    }

    #[test]
    fn large_scores_and_forbidden_ones_leave_probabilities_finite() {
        let mut logits = vec![1e30, 1e30, -1e30, 3e38];
        log_softmax(&mut logits);
        assert_eq!(logits[3], 0.0);
        assert!(logits.iter().all(|score| !score.is_nan()), "{logits:?}");
        let mut random = ChaCha8Rng::seed_from_u64(0);
        assert_eq!(draw(&[f32::NEG_INFINITY, 1e38, f32::NEG_INFINITY], &mut random), Some(1));
        assert_eq!(draw(&[f32::NEG_INFINITY; 3], &mut random), None);
    }
}

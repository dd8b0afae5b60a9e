//! How much memory a training will need, before anything of it is loaded.
//!
//! What is counted: the frozen products in the layout that is computed with, what each core keeps of its share of a batch
//! for the way back, and the adapter with its optimiser. How long the rows really are is not known yet, so a share is
//! taken to be as large as it may become; short rows need less.
//! Invariant: the sizes follow the buffers in `packed`; a test compares them with what a process really takes.

use std::num::NonZeroUsize;

use super::TrainingConfig;
use super::computation::ROWS;
use crate::kernels::chosen;
use crate::packed::positions_a_share;
use crate::{AdapterKind, Architecture, Precision};

/// The program, the tokenizer, and what the system's allocator keeps back.
const BESIDE: usize = 56 << 20;
/// The adapter, its gradients, the optimiser's two moments, the best adapter so far and a checkpoint on its way.
const ADAPTER_COPIES: usize = 9;
/// Different tokens whose embeddings are met in a dataset, at most about.
const TOKENS_MET: usize = 8000;

/// Bytes that a training on a base of this shape will hold at most at once, to about a quarter.
pub fn training_memory(architecture: &Architecture, config: &TrainingConfig) -> u64 {
    let in_f32 = || whole(architecture, config, 4, positions_a_share(false), usize::MAX);
    let in_bf16 = || whole(architecture, config, 2, positions_a_share(true), usize::MAX);
    let bytes = match config.precision {
        Precision::F32 => in_f32(),
        Precision::Bf16 => in_bf16(),
        Precision::Auto if !chosen().kernel.has_bf16() => in_f32(),
        // It may turn out to be either; f32 is looked at with a few rows at least.
        Precision::Auto => in_bf16().max(whole(architecture, config, 4, positions_a_share(false), ROWS)),
    };
    bytes as u64
}

fn whole(
    architecture: &Architecture,
    config: &TrainingConfig,
    bytes_a_value: usize,
    positions_a_share: usize,
    most_rows: usize,
) -> usize {
    let kind = config.method.kind();
    let prompt_rows = match kind {
        AdapterKind::SoftPrompt { rows } => rows,
        AdapterKind::Lora(_) => 0,
    };
    let longest_row = prompt_rows + config.source_max_tokens + config.target_max_tokens;
    let rows = config.batch_size.min(most_rows);
    let share = positions_a_share.min(rows * longest_row).max(longest_row);
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(rows);
    BESIDE
        + products(architecture) * bytes_a_value
        + TOKENS_MET.min(architecture.vocabulary) * architecture.width * 4
        + cores * share * kept_a_position(architecture, bytes_a_value, longest_row)
        + ADAPTER_COPIES * adapter(architecture, &kind) * 4
}

/// Values of all products.
fn products(architecture: &Architecture) -> usize {
    let Architecture { width, feed_forward_width, encoder_layers, decoder_layers, vocabulary, .. } =
        architecture;
    let attention = 4 * width * architecture.attention_width();
    let feed_forward = 3 * width * feed_forward_width;
    encoder_layers * (attention + feed_forward)
        + decoder_layers * (2 * attention + feed_forward)
        + vocabulary * width
}

/// Bytes that a position of the stack that keeps more of it costs.
fn kept_a_position(architecture: &Architecture, bytes_a_value: usize, longest_row: usize) -> usize {
    let Architecture { width, feed_forward_width, heads, encoder_layers, decoder_layers, .. } = *architecture;
    let attention = architecture.attention_width();
    let weights = heads * longest_row;
    let inner = 2 * feed_forward_width;
    // Norms keep what goes in and what comes out; keys and values of the cross-attention lie at the encoder's positions.
    let encoder =
        encoder_layers * (4 * width + 3 * attention + weights + inner) + decoder_layers * 2 * attention;
    let decoder = decoder_layers * (6 * width + 4 * attention + 2 * weights + inner);
    // Slopes and sums on their way, most of them in f32.
    let passing = 4 * (8 * width + 4 * attention + 3 * feed_forward_width + 512);
    encoder.max(decoder) * bytes_a_value + passing
}

fn adapter(architecture: &Architecture, kind: &AdapterKind) -> usize {
    match kind {
        AdapterKind::SoftPrompt { rows } => rows * architecture.width,
        AdapterKind::Lora(settings) => {
            let (width, inner) = (architecture.width, architecture.feed_forward_width);
            let attentions = architecture.encoder_layers + 2 * architecture.decoder_layers;
            let layers = architecture.encoder_layers + architecture.decoder_layers;
            let sides = |name: &str| match name.starts_with("wi") || name == "wo" {
                true => layers * (width + inner),
                false => attentions * (width + architecture.attention_width()),
            };
            settings.rank * settings.targets.iter().map(|target| sides(target.name())).sum::<usize>()
        }
    }
}

//! What a training step allocates once its buffers have grown: nothing that its work needs.
//!
//! A test binary of its own, as what is counted is the whole process. Invariant: one test at a time.

// clippy.toml allows this in test functions only; their helpers are tests as well.
#![allow(clippy::unwrap_used)]

#[path = "../tuning/fixtures.rs"]
mod fixtures;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use attune_tuning::{
    AdapterKind, Dropout, EncodedExample, LoraSettings, PackedBatch, PackedPass, Precision, TrainingPass,
};

/// A step lists its layers, rows and shares, selects the biases of positions and tells the threads of the pool: not
/// more than this for the model and the batches here, whose values take megabytes.
const BYTES_OF_A_STEP: usize = 24 << 10;
const CALLS_OF_A_STEP: usize = 60;

#[global_allocator]
static COUNTING: Counting = Counting;

static BYTES: AtomicUsize = AtomicUsize::new(0);
static CALLS: AtomicUsize = AtomicUsize::new(0);

struct Counting;

#[allow(unsafe_code, reason = "an allocator cannot be written otherwise")]
// SAFETY: all calls are those of the system's allocator, with what they were given.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.fetch_add(layout.size(), Ordering::Relaxed);
        CALLS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps what the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        BYTES.fetch_add(size, Ordering::Relaxed);
        CALLS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Bytes and calls.
fn counted(work: impl FnOnce()) -> [usize; 2] {
    let before = [&BYTES, &CALLS].map(|counter| counter.load(Ordering::Relaxed));
    work();
    let after = [&BYTES, &CALLS].map(|counter| counter.load(Ordering::Relaxed));
    [after[0] - before[0], after[1] - before[1]]
}

/// Eight rows of this length on both sides.
fn batch(length: u32, dropout: Option<Dropout>) -> PackedBatch {
    let tokens = |row: u32| (0..length).map(|place| (row * 31 + place * 7) % 200).collect();
    let rows: Vec<_> =
        (0..8).map(|row| EncodedExample { source: tokens(row), target: tokens(row + 3) }).collect();
    PackedBatch::pack(&rows).unwrap().with_dropout(dropout)
}

#[test]
fn after_two_steps_a_step_allocates_nothing_that_its_work_needs() {
    let shape = fixtures::RandomBase {
        width: 64,
        head_width: 16,
        heads: 4,
        feed_forward_width: 128,
        encoder_layers: 2,
        decoder_layers: 2,
        vocabulary: 2000,
    };
    let base = shape.load_smooth(1);
    let kinds = [
        AdapterKind::SoftPrompt { rows: 5 },
        AdapterKind::Lora(LoraSettings { rank: 4, ..LoraSettings::default() }),
    ];
    for (kind, precision) in kinds.iter().flat_map(|kind| [(kind, Precision::F32), (kind, Precision::Bf16)]) {
        for dropout in [None, Dropout::of_step(0.1, 1, 0)] {
            let mut pass = PackedPass::new(&base, kind.clone(), precision).unwrap();
            let adapter = vec![0.01; pass.layout().parameters()];
            let mut gradient = vec![0.0; adapter.len()];
            for length in [20, 60] {
                let batch = batch(length, dropout);
                let mut step = || {
                    pass.loss_and_gradient(&adapter, &batch, &mut gradient).unwrap();
                };
                let first = counted(&mut step);
                // Which thread takes which share is chance, and each has buffers of its own.
                for _ in 0..20 {
                    step();
                }
                let [bytes, calls] = (0..5).map(|_| counted(&mut step)).min().unwrap();
                let what = format!(
                    "{kind:?}, {precision:?}, {dropout:?}, rows of {length}: {bytes} bytes in {calls} calls"
                );
                assert!(bytes <= BYTES_OF_A_STEP && calls <= CALLS_OF_A_STEP, "{what}");
                assert!(first[0] > 20 * bytes, "{what}, the first step {first:?}");
            }
        }
    }
}

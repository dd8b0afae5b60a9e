//! libFuzzer on one reader, the one that `ATTUNE_FUZZ_READER` names. Started by `cargo xtask fuzz`.

#![no_main]

use std::alloc::System;
use std::sync::LazyLock;

use attune_fuzz::Reader;
use cap::Cap;
use libfuzzer_sys::fuzz_target;

/// The files are a few kilobytes: whoever asks for this much takes memory out of proportion, and is stopped.
const MOST_BYTES: usize = 256 << 20;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, MOST_BYTES);

static READER: LazyLock<&Reader> = LazyLock::new(|| {
    let name = std::env::var("ATTUNE_FUZZ_READER").unwrap_or_default();
    match Reader::named(&name) {
        Some(reader) => reader,
        None => {
            panic!("ATTUNE_FUZZ_READER is {name:?}, which is no reader; start this with `cargo xtask fuzz`")
        }
    }
});

fuzz_target!(
    // libFuzzer's own hook ends the process at a panic that a reader contains; one that it does not ends it too.
    init: drop(std::panic::take_hook()),
    |bytes: &[u8]| {
        // What it says does not matter here, only that it says something.
        let _ = (READER.read)(bytes);
    }
);

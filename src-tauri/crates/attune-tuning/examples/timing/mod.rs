//! What examples measure with, and the size of the base that they measure on.

use std::time::Instant;

use crate::fixtures::RandomBase;

/// The dimensions of google/flan-t5-small.
pub(crate) const FLAN_T5_SMALL: RandomBase = RandomBase {
    width: 512,
    head_width: 64,
    heads: 6,
    feed_forward_width: 1024,
    encoder_layers: 8,
    decoder_layers: 8,
    vocabulary: 32_128,
};

/// Seconds that some work took.
pub(crate) struct Taken {
    pub(crate) clock: f64,
    /// Of all threads of this process; NaN where the system does not say it.
    pub(crate) processor: f64,
}

/// Takes the time of some work.
pub(crate) fn timed<E>(work: impl FnOnce() -> Result<(), E>) -> Result<Taken, E> {
    let (clock, processor) = (Instant::now(), processor_seconds());
    work()?;
    Ok(Taken { clock: clock.elapsed().as_secs_f64(), processor: processor_seconds() - processor })
}

fn processor_seconds() -> f64 {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else { return f64::NAN };
    let of_thread = |path: std::path::PathBuf| -> Option<f64> {
        let text = std::fs::read_to_string(path.join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<f64>().ok()
    };
    threads.flatten().filter_map(|thread| of_thread(thread.path())).sum::<f64>() / 1e9
}

/// Medians of the clock and of the processor.
pub(crate) fn medians(taken: &[Taken]) -> Taken {
    let median = |part: fn(&Taken) -> f64| {
        let mut values: Vec<f64> = taken.iter().map(part).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    };
    Taken { clock: median(|taken| taken.clock), processor: median(|taken| taken.processor) }
}

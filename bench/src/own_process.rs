//! What this process has spent and held so far, as the system counts it.

use std::time::Instant;

/// What a stretch of work takes.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    began: Instant,
    spent_before: Option<f64>,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self { began: Instant::now(), spent_before: processor_seconds() }
    }

    /// Of the clock.
    pub(crate) fn seconds(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    /// Of a processor, over all threads of this process; NaN where the system does not say it.
    pub(crate) fn processor_seconds(&self) -> f64 {
        processor_seconds().zip(self.spent_before).map_or(f64::NAN, |(after, before)| after - before)
    }
}

/// Seconds of a processor that all threads have spent. It tells of the work whatever else the machine has to do.
fn processor_seconds() -> Option<f64> {
    /// Of every Linux, whatever its kernel was built with.
    const TICKS_A_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program, in parentheses, may hold spaces; user and system time are 12 and 13 fields after it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |place: usize| fields.get(place)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / TICKS_A_SECOND)
}

/// The most memory that was held at once, in KiB.
pub(crate) fn most_resident_kibibytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

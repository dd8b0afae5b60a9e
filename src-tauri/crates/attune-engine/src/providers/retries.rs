//! When a failed request is sent again, and after how long.
//!
//! What a server asks for with `Retry-After` counts, in seconds or as a date; without it the wait doubles. Both get
//! some chance, so that requests which failed together do not come back together.
//! Not here: which failures may be repeated at all (`client`): never what may have been paid for already.
//! Invariant: a request is sent a bounded number of times, and a wish to stop is noticed while it waits.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How often and how patiently.
#[derive(Clone)]
pub(crate) struct Retries {
    /// Requests for one answer at most, the first one counted.
    pub(crate) most_attempts: u32,
    /// The wait after the first failure where the server names none.
    pub(crate) first_wait: Duration,
    pub(crate) longest_wait: Duration,
    /// A server that asks for more than this is not waited for.
    pub(crate) longest_asked: Duration,
    /// Waits, and says whether it was told to stop meanwhile.
    pub(crate) pause: Pause,
}

type Pause = Arc<dyn Fn(Duration, &AtomicBool) -> Stopped + Send + Sync>;
pub(crate) type Stopped = bool;

impl fmt::Debug for Retries {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Retries").field("most_attempts", &self.most_attempts).finish_non_exhaustive()
    }
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            most_attempts: 4,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(8),
            longest_asked: Duration::from_secs(60),
            pause: Arc::new(pause),
        }
    }
}

impl Retries {
    /// How long to wait after the `attempts`-th failure, or `None` for not again. `chance` is from 0 to 1.
    pub(super) fn wait_after(&self, attempts: u32, asked: Option<Duration>, chance: f64) -> Option<Duration> {
        if attempts >= self.most_attempts {
            return None;
        }
        match asked {
            Some(asked) if asked > self.longest_asked => None,
            // Never sooner than asked for; up to a quarter later.
            Some(asked) => Some(asked + asked.mul_f64(0.25 * chance)),
            None => {
                let doubled = self.first_wait.saturating_mul(1 << (attempts.saturating_sub(1)).min(16));
                Some(doubled.min(self.longest_wait).mul_f64(0.5 + 0.5 * chance))
            }
        }
    }
}

/// What `Retry-After` asks for: whole seconds, or a date, seen from `now`. `None` where it says neither.
pub(super) fn retry_after(value: &str, now: jiff::Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
    // A date that has passed asks for no wait.
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

/// Waits in pieces that are short enough for a wish to stop.
fn pause(wait: Duration, stop: &AtomicBool) -> Stopped {
    const PIECE: Duration = Duration::from_millis(100);
    let never = (Mutex::new(()), Condvar::new());
    let mut left = wait;
    while !stop.load(Ordering::Relaxed) {
        if left.is_zero() {
            return false;
        }
        let piece = left.min(PIECE);
        let guard = never.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(never.1.wait_timeout(guard, piece));
        left -= piece;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_seconds_and_as_a_date() {
        let now: jiff::Timestamp = "1994-11-06T08:49:07Z".parse().unwrap();
        let seconds = |value: &str| retry_after(value, now).map(|wait| wait.as_secs_f64());
        assert_eq!(seconds(" 3 "), Some(3.0));
        assert_eq!(seconds("0.5"), Some(0.5));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(30.0));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:00 GMT"), Some(0.0));
        for senseless in ["", "soon", "-1", "NaN", "inf", "1e999", "Sun, 99 Nov 1994 08:49:37 GMT"] {
            assert_eq!(seconds(senseless), None, "{senseless:?}");
        }
    }

    #[test]
    fn a_wait_is_never_sooner_than_asked_for_and_never_without_bound() {
        let retries = Retries::default();
        let seconds = |wait: Option<Duration>| wait.map(|wait| wait.as_secs_f64());
        let asked = |asked, chance| seconds(retries.wait_after(1, Some(Duration::from_secs(asked)), chance));
        assert_eq!((asked(2, 0.0), asked(2, 1.0)), (Some(2.0), Some(2.5)));
        assert_eq!((asked(60, 0.0), asked(61, 0.0), asked(u64::MAX, 1.0)), (Some(60.0), None, None));
        let unasked = |attempts, chance| seconds(retries.wait_after(attempts, None, chance));
        assert_eq!((unasked(1, 0.0), unasked(1, 1.0)), (Some(0.25), Some(0.5)));
        assert_eq!((unasked(2, 1.0), unasked(3, 1.0), unasked(4, 1.0)), (Some(1.0), Some(2.0), None));
        let patient = Retries { most_attempts: 100, ..retries };
        assert_eq!(seconds(patient.wait_after(99, None, 1.0)), Some(8.0));
    }

    #[test]
    fn a_wish_to_stop_ends_a_wait() {
        assert!(pause(Duration::from_secs(3600), &AtomicBool::new(true)));
        assert!(!pause(Duration::from_millis(1), &AtomicBool::new(false)));
    }
}

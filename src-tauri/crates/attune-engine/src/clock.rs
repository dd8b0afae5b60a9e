//! The one clock of the product: every stored or shown moment comes from here.

/// The present moment as RFC 3339 in UTC with milliseconds, for example `2026-11-21T01:18:51.250Z`.
///
/// The text sorts as the moments do, so the database compares it without parsing.
pub(crate) fn now() -> String {
    stamp(jiff::Timestamp::now())
}

/// The present moment for a folder name, for example `20261121_011851`.
pub(crate) fn folder_stamp() -> String {
    jiff::Timestamp::now().strftime("%Y%m%d_%H%M%S").to_string()
}

/// Seconds between two stored moments, never below 0, as a clock can be set back between them; `None` where one of
/// them is not a moment.
pub(crate) fn seconds_between(earlier: &str, later: &str) -> Option<f64> {
    let earlier: jiff::Timestamp = earlier.parse().ok()?;
    let later: jiff::Timestamp = later.parse().ok()?;
    Some(((later.as_millisecond() - earlier.as_millisecond()) as f64 / 1000.0).max(0.0))
}

fn stamp(moment: jiff::Timestamp) -> String {
    format!("{moment:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_moments_sort_as_text() {
        let earlier = stamp(jiff::Timestamp::from_millisecond(1_000).unwrap());
        let later = stamp(jiff::Timestamp::from_millisecond(1_010).unwrap());
        assert_eq!(earlier, "1970-01-01T00:00:01.000Z");
        assert!(earlier < later);
        assert_eq!(seconds_between(&earlier, &later), Some(0.01));
    }

    #[test]
    fn a_clock_that_was_set_back_makes_no_negative_duration() {
        assert_eq!(seconds_between("2026-11-21T02:00:00.000Z", "2026-11-21T01:00:00.000Z"), Some(0.0));
        assert_eq!(seconds_between("yesterday", "2026-11-21T01:00:00.000Z"), None);
    }
}

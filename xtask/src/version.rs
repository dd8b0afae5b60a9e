//! Version numbers as the tools print them.

use std::fmt;

/// Major, minor, patch; what follows (`-nightly`, a commit) does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(pub(crate) u32, pub(crate) u32, pub(crate) u32);

impl Version {
    /// The first version in `text`: `rustc 1.95.0 (…)`, `v20.20.2`, `1.95`.
    pub(crate) fn first_in(text: &str) -> Option<Self> {
        text.split_whitespace().find_map(Self::parse)
    }

    fn parse(word: &str) -> Option<Self> {
        let word = word.trim_start_matches('v');
        let number = word.split(|c: char| !(c.is_ascii_digit() || c == '.')).next()?;
        let mut parts = number.split('.').map(str::parse::<u32>);
        let (major, minor) = (parts.next()?.ok()?, parts.next()?.ok()?);
        let patch = parts.next().and_then(std::result::Result::ok).unwrap_or(0);
        Some(Self(major, minor, patch))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// What Vite accepts: 20.19 and later 20, 22.12 and later; odd 21 and early 22 lack what it needs.
pub(crate) fn node_is_enough(node: Version) -> bool {
    match node.0 {
        20 => node >= Version(20, 19, 0),
        22 => node >= Version(22, 12, 0),
        major => major > 22,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_tools_print_them() {
        let read = Version::first_in;
        assert_eq!(read("rustc 1.95.0 (59807616e 2026-04-14)"), Some(Version(1, 95, 0)));
        assert_eq!(read("rustc 1.97.0-nightly (abc 2026-06-01)"), Some(Version(1, 97, 0)));
        assert_eq!(read("v20.20.2\n"), Some(Version(20, 20, 2)));
        assert_eq!(read("1.95"), Some(Version(1, 95, 0)));
        assert_eq!(read("no version here"), None);
        assert_eq!(read(""), None);
    }

    #[test]
    fn versions_compare_as_numbers_not_as_text() {
        assert!(Version(1, 100, 0) > Version(1, 95, 9));
        assert!(Version(1, 95, 0) >= Version(1, 95, 0));
        assert!(Version(1, 94, 1) < Version(1, 95, 0));
    }

    #[test]
    fn node_is_judged_by_what_vite_accepts() {
        for enough in [Version(20, 19, 0), Version(20, 20, 2), Version(22, 12, 0), Version(24, 0, 0)] {
            assert!(node_is_enough(enough), "{enough}");
        }
        for too_old in [Version(18, 20, 0), Version(20, 18, 9), Version(21, 7, 0), Version(22, 11, 0)] {
            assert!(!node_is_enough(too_old), "{too_old}");
        }
    }
}

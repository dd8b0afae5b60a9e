//! Adds up what the test runners say at their end.

/// Tests passed and failed, over all runners.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

impl Counts {
    /// Takes one line of a runner's output into account; any other line changes nothing.
    ///
    /// - cargo: `test result: ok. 12 passed; 0 failed; 0 ignored; …`, once for each test program
    /// - node: `# pass 3` and `# fail 0`, or with `ℹ` in place of `#`
    /// - Vitest: `Tests  1 failed | 11 passed (12)`
    pub(crate) fn read(&mut self, line: &str) {
        let line = without_colours(line);
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("test result:") {
            self.add(rest, &[';', '.']);
        } else if let Some(rest) = line.strip_prefix("Tests  ") {
            self.add(rest, &['|', '(']);
        } else if let Some(rest) = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ ")) {
            match rest.split_once(' ').map(|(word, number)| (word, number.trim().parse::<usize>())) {
                Some(("pass", Ok(number))) => self.passed += number,
                Some(("fail", Ok(number))) => self.failed += number,
                _ => {}
            }
        }
    }

    fn add(&mut self, text: &str, separators: &[char]) {
        for part in text.split(separators) {
            match part.trim().split_once(' ').map(|(number, word)| (number.parse::<usize>(), word.trim())) {
                Some((Ok(number), "passed")) => self.passed += number,
                Some((Ok(number), "failed")) => self.failed += number,
                _ => {}
            }
        }
    }

    /// The closing line that other programs recognise.
    pub(crate) fn line(self) -> String {
        format!("{} passed, {} failed", self.passed, self.failed)
    }
}

fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            // An escape sequence ends with its first letter.
            characters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(text: &str) -> Counts {
        let mut counts = Counts::default();
        text.lines().for_each(|line| counts.read(line));
        counts
    }

    #[test]
    fn cargo_counts_each_test_program() {
        let text = "
test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.01s
test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s";
        assert_eq!(counted(text), Counts { passed: 15, failed: 2 });
    }

    #[test]
    fn node_counts_in_both_of_its_styles() {
        assert_eq!(counted("# tests 5\n# suites 1\n# pass 4\n# fail 1"), Counts { passed: 4, failed: 1 });
        assert_eq!(counted("ℹ tests 5\nℹ pass 5\nℹ fail 0"), Counts { passed: 5, failed: 0 });
    }

    #[test]
    fn vitest_counts_tests_and_not_files() {
        let text = " Test Files  1 failed | 2 passed (3)\n      Tests  1 failed | 11 passed (12)\n";
        assert_eq!(counted(text), Counts { passed: 11, failed: 1 });
        let coloured = "\u{1b}[2m      Tests \u{1b}[22m \u{1b}[1m\u{1b}[32m7 passed\u{1b}[39m\u{1b}[22m\u{1b}[90m (7)\u{1b}[39m";
        assert_eq!(counted(coloured), Counts { passed: 7, failed: 0 });
    }

    #[test]
    fn ordinary_lines_count_nothing() {
        assert_eq!(
            counted("running 12 tests\n# Subtest: 3 passed\n3 passed\ntest a ... ok"),
            Counts::default()
        );
    }

    #[test]
    fn the_closing_line_is_plain() {
        assert_eq!(Counts { passed: 3, failed: 0 }.line(), "3 passed, 0 failed");
    }
}

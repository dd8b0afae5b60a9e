//! Reads Rust just far enough to see what a file names: comments and literals blanked, paths spelled out.

/// The source with comments, strings and characters blanked, line breaks kept.
pub(super) fn without_comments_and_literals(source: &str) -> String {
    let text: Vec<char> = source.chars().collect();
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    while at < text.len() {
        let end = match text[at] {
            '/' if text.get(at + 1) == Some(&'/') => find(&text, at, |rest| rest[0] == '\n'),
            '/' if text.get(at + 1) == Some(&'*') => end_of_block_comment(&text, at),
            '"' => end_of_string(&text, at),
            'r' if !follows_a_name(&text, at) => end_of_raw_string(&text, at),
            '\'' => end_of_character(&text, at),
            _ => at,
        };
        if end == at {
            out.push(text[at]);
            at += 1;
        } else {
            out.extend(text[at..end].iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out
}

/// Where the predicate first holds from `from` on, or the end.
fn find(text: &[char], from: usize, holds: impl Fn(&[char]) -> bool) -> usize {
    (from..text.len()).find(|&at| holds(&text[at..])).unwrap_or(text.len())
}

fn end_of_block_comment(text: &[char], start: usize) -> usize {
    let (mut depth, mut at) = (0_usize, start);
    while at < text.len() {
        match (text[at], text.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) if depth == 1 => return at + 2,
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    text.len()
}

fn end_of_string(text: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while at < text.len() {
        match text[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

fn end_of_raw_string(text: &[char], start: usize) -> usize {
    let hashes = text[start + 1..].iter().take_while(|c| **c == '#').count();
    let open = start + 1 + hashes;
    if text.get(open) != Some(&'"') {
        return start;
    }
    let close: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    (find(text, open + 1, |rest| rest.starts_with(&close)) + close.len()).min(text.len())
}

/// A lifetime (`'a`) is no character.
fn end_of_character(text: &[char], start: usize) -> usize {
    match (text.get(start + 1), text.get(start + 2)) {
        (Some('\\'), _) => (find(text, start + 3, |rest| rest[0] == '\'') + 1).min(text.len()),
        (Some(_), Some('\'')) => start + 3,
        _ => start,
    }
}

fn follows_a_name(text: &[char], at: usize) -> bool {
    // The `b` of a raw byte string is no name.
    let before = at.checked_sub(1).map(|before| text[before]);
    match before {
        Some('b') => at.checked_sub(2).is_some_and(|before| is_of_a_name(text[before])),
        Some(character) => is_of_a_name(character),
        None => false,
    }
}

fn is_of_a_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Every path that the code names, with its line: `use` trees spelled out, and paths in expressions and types.
///
/// The tests at the end of a file (`#[cfg(test)] mod …`) are left out: they may read clocks and files.
pub(super) fn paths(source: &str) -> Vec<(usize, String)> {
    let code = without_comments_and_literals(source);
    let code = code.find("#[cfg(test)]\nmod ").map_or(code.as_str(), |start| &code[..start]);
    let mut paths = Vec::new();
    let text: Vec<char> = code.chars().collect();
    let (mut at, mut line) = (0, 1);
    while at < text.len() {
        let starts_a_name = (text[at].is_alphabetic() || text[at] == '_')
            && !at.checked_sub(1).is_some_and(|before| is_of_a_name(text[before]));
        if starts_a_name {
            let start_line = line;
            let mut tree = Tree { text: &text, at, line, found: &mut paths };
            tree.path(start_line, "");
            (at, line) = (tree.at, tree.line);
        } else {
            line += usize::from(text[at] == '\n');
            at += 1;
        }
    }
    paths
}

/// Reads `a::b::{c, d::e}` from `at` on.
struct Tree<'t> {
    text: &'t [char],
    at: usize,
    line: usize,
    found: &'t mut Vec<(usize, String)>,
}

impl Tree<'_> {
    fn path(&mut self, line: usize, prefix: &str) {
        let mut path = prefix.to_owned();
        loop {
            let start = self.at;
            while self.at < self.text.len() && is_of_a_name(self.text[self.at]) {
                self.at += 1;
            }
            path.extend(&self.text[start..self.at]);
            if !self.text[self.at..].starts_with(&[':', ':']) {
                break;
            }
            self.at += 2;
            path.push_str("::");
            if self.text.get(self.at) == Some(&'{') {
                self.group(&path);
                return;
            }
        }
        self.found.push((line, path));
    }

    fn group(&mut self, prefix: &str) {
        self.at += 1;
        while let Some(&character) = self.text.get(self.at) {
            match character {
                '}' => {
                    self.at += 1;
                    return;
                }
                '\n' => (self.line, self.at) = (self.line + 1, self.at + 1),
                _ if is_of_a_name(character) => self.path(self.line, prefix),
                _ => self.at += 1,
            }
        }
    }
}

/// Whether `path` is `prefix` or lies below it.
pub(super) fn is_below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(source: &str) -> Vec<String> {
        paths(source).into_iter().map(|(_, path)| path).filter(|path| path.contains("::")).collect()
    }

    #[test]
    fn trees_are_spelled_out() {
        let source = "use std::{collections::HashMap,\n    fs::{self, File}};\nlet x = std::env::var(1);";
        assert_eq!(
            named(source),
            ["std::collections::HashMap", "std::fs::self", "std::fs::File", "std::env::var"]
        );
        let lines: Vec<usize> =
            paths("a();\nuse x::{\n    y,\n    z};\n").into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [1, 2, 3, 4]);
    }

    #[test]
    fn comments_and_literals_name_nothing() {
        let source = r###"
            //! std::fs
            /* std::fs /* nested std::fs */ std::fs */
            let a = "std::fs \" std::fs"; let b = r#"std::fs " std::fs"#; let c = br"std::fs";
            let d = '"'; let e = '\''; let f: &'static str = x::y;
        "###;
        assert_eq!(named(source), ["x::y"]);
        assert_eq!(without_comments_and_literals(source).lines().count(), source.lines().count());
    }

    #[test]
    fn tests_at_the_end_of_a_file_name_nothing() {
        assert_eq!(named("use a::b;\n#[cfg(test)]\nmod tests {\n    use std::fs::read;\n}\n"), ["a::b"]);
    }

    #[test]
    fn below_means_the_whole_name() {
        assert!(is_below("std::fs", "std::fs") && is_below("std::fs::read", "std::fs"));
        assert!(!is_below("std::fsx::read", "std::fs") && !is_below("candle_core::Tensor", "candle"));
    }
}

//! The examples of the guide are read as the guide says.

use super::*;

/// The fenced blocks of the guide, as (language, content).
fn blocks(guide: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in guide.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => open = Some((language.to_owned(), String::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some((_, content)), None) => *content += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    blocks
}

#[test]
fn every_example_of_the_guide_gives_the_rows_that_are_shown_after_it() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/guide/own-data.md");
    let blocks = blocks(&std::fs::read_to_string(path).unwrap());
    let mut kinds = Vec::new();
    for (source, shown) in blocks.iter().zip(blocks.iter().skip(1)) {
        let (language, content) = source;
        let folder = Folder::new();
        let path = match language.as_str() {
            "jsonl" | "csv" => folder.file("rows", content),
            "sql" => {
                let path = folder.0.path().join("rows.sqlite");
                rusqlite::Connection::open(&path).unwrap().execute_batch(content).unwrap();
                path
            }
            _ => continue,
        };
        let found = read_source(&path, MOST).unwrap();
        let mut read = Vec::new();
        super::super::write_frozen(&found.examples, &mut read).unwrap();
        let read = String::from_utf8(read).unwrap();
        assert_eq!(shown.0, "json", "each example is followed by what is read from it: {content}");
        assert_eq!(read, shown.1, "{content}");
        kinds.push(found.kind);
    }
    for kind in [SourceKind::AskAi, SourceKind::JsonLines, SourceKind::Csv, SourceKind::SqliteTable] {
        assert!(kinds.contains(&kind), "the guide has no example of {kind:?}");
    }
}

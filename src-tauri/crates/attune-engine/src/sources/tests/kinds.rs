//! What each kind of text file may look like.

use super::*;

#[test]
fn json_lines_hold_pairs_under_either_name_and_chats() {
    let found = read(concat!(
        "{\"input\": \" a \", \"output\": \"b\", \"score\": 3}\n",
        "\n",
        "{\"completion\": \" d\", \"prompt\": \"c\"}\r\n",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"e\"}, {\"role\": \"assistant\", \"content\": \"f\"}]}",
    ))
    .unwrap();
    assert_eq!(found.kind, SourceKind::JsonLines);
    assert_eq!(pairs(&found), [("a", "b"), ("c", "d"), ("e", "f")]);
    assert_eq!((found.rows, found.skipped), (3, SkippedRows::default()));
}

#[test]
fn a_chat_becomes_what_was_said_before_the_last_answer() {
    let cases = [
        // A system message comes first wherever it stands, and what follows the last answer is not read.
        (
            r#"[{"role":"user","content":"q"},{"role":"system","content":"Be brief."},
                {"role":"assistant","content":"a"},{"role":"user","content":"unanswered"}]"#,
            "Be brief.\nq",
            "a",
        ),
        (
            r#"[{"role":"developer","content":"Be kind."},{"role":"user","content":"q"},
                {"role":"assistant","content":"a"},{"role":"user","content":"r"},{"role":"assistant","content":"b"}]"#,
            "Be kind.\nUser: q\nAssistant: a\nUser: r",
            "b",
        ),
        (
            r#"[{"role":"user","content":[{"type":"text","text":"in "},{"type":"text","text":"parts"}]},
                {"role":"assistant","content":null,"tool_calls":[]},{"role":"tool","content":"21 degrees"},
                {"role":"assistant","content":"warm"}]"#,
            "User: in parts\nTool: 21 degrees",
            "warm",
        ),
    ];
    for (messages, input, output) in cases {
        let line = format!("{{\"messages\":{}}}", messages.replace('\n', ""));
        assert_eq!(pairs(&read(&line).unwrap()), [(input, output)]);
    }
}

#[test]
fn every_unusable_line_is_counted_with_its_reason_and_its_number() {
    let cases: &[(&[u8], &str)] = &[
        (b"{\"input\": \"a\"", "not JSON"),
        (b"not json at all", "not JSON"),
        (b"[1]", "not a JSON object"),
        (b"{\"input\": \"\xFF\", \"output\": \"b\"}", "not UTF-8 text"),
        (b"{\"input\": 3, \"output\": \"b\"}", "input is not text"),
        (b"{\"prompt\": \"a\", \"completion\": [\"b\"]}", "completion is not text"),
        (b"{\"input\": \"a\"}", "no output"),
        (b"{\"completion\": \"a\"}", "no prompt"),
        (b"{\"input\": null, \"output\": \"b\"}", "no input"),
        (b"{\"question\": \"a\", \"answer\": \"b\"}", "no input and output"),
        (b"{\"messages\": {}}", "messages is not a list"),
        (b"{\"messages\": [{\"content\": \"a\"}]}", "without a role"),
        (b"{\"messages\": [{\"role\": \"poet\", \"content\": \"a\"}]}", "unknown role"),
        (b"{\"messages\": [{\"role\": \"user\", \"content\": 1}]}", "not text"),
        (
            b"{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\"}]}]}",
            "not only text",
        ),
        (b"{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}", "no message of the assistant"),
    ];
    for (line, why) in cases {
        let text =
            [b"{\"input\": \"a\", \"output\": \"b\"}\n", *line, b"\n{\"input\": \"c\", \"output\": \"d\"}"];
        let found = read(text.concat()).unwrap();
        assert_eq!((found.rows, found.examples.len(), found.skipped.total()), (3, 2, 1), "{why}");
        let notices = found.summary().notices;
        assert!(notices[0].contains("line 2: ") && notices[0].contains(why), "{why}: {notices:?}");
    }
    for line in [
        "{\"input\": \" \", \"output\": \"b\"}",
        "{\"input\": \"a\", \"output\": \"\\n\"}",
        "{\"messages\": [{\"role\": \"assistant\", \"content\": \"a\"}]}",
        "{\"messages\": [{\"role\": \"system\", \"content\": \"s\"}, {\"role\": \"assistant\", \"content\": \"a\"}]}",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"q\"}, {\"role\": \"assistant\"}]}",
    ] {
        let found = read(format!("{{\"input\": \"a\", \"output\": \"b\"}}\n{line}\n")).unwrap();
        assert_eq!(found.skipped, SkippedRows { empty_text: 1, ..SkippedRows::default() }, "{line}");
    }
}

#[test]
fn csv_is_read_with_any_separator_header_and_line_end() {
    for text in [
        "input,output\na,b\nc,d\n",
        "Output , INPUT\nb,a\nd,c",
        "prompt;completion\r\na;b\r\nc;d\r\n",
        "id\tCompletion\tnote\tPrompt\n1\tb\t\ta\n2\td\t\tc\n",
        "a,b\nc,d\n",
        "a;b\n\nc;d\n",
        "a\tb\nc\td\n",
        "\"a\",\"b\"\n\"c\",\"d\"\n",
        "\u{feff}input,output\na,b\nc,d\n",
        "\u{feff}\"a\",b\nc,d\n",
        " a , b \n c , d \n",
    ] {
        let found = read(text).unwrap();
        assert_eq!(found.kind, SourceKind::Csv, "{text:?}");
        assert_eq!(pairs(&found), [("a", "b"), ("c", "d")], "{text:?}");
        assert_eq!(found.skipped.total(), 0, "{text:?}");
    }
}

#[test]
fn quoted_texts_may_hold_separators_quotes_and_lines() {
    let found = read("input,output\n\"a, \"\"b\"\"\r\nc\",\"d;e\"\n\"f\n\ng\",h\n").unwrap();
    assert_eq!(pairs(&found), [("a, \"b\"\nc", "d;e"), ("f\n\ng", "h")]);
    let found = read("Hello, you;good day, you\nBye;see you").unwrap();
    assert_eq!(pairs(&found), [("Hello, you", "good day, you"), ("Bye", "see you")]);
}

#[test]
fn a_csv_row_that_does_not_fit_is_counted_with_the_number_of_its_line() {
    let mut text = b"input,output\n\"two\nlines\",b\none\na,b,c\na,\xFF\n,b\nlast,row\n".to_vec();
    // Near the beginning a NUL byte says that this is no text at all; far in it is one bad row.
    text.extend_from_slice("filler,row\n".repeat(7000).as_bytes());
    text.extend_from_slice(b"a,\0b\n");
    let folder = Folder::new();
    let found = read_source(&folder.file("rows.csv", text), 100_000).unwrap();
    assert_eq!(pairs(&found)[..3], [("two\nlines", "b"), ("last", "row"), ("filler", "row")]);
    assert_eq!((found.skipped.malformed, found.skipped.empty_text), (4, 1));
    assert_eq!(
        found.faults,
        [
            "line 4: 1 columns instead of 2",
            "line 5: 3 columns instead of 2",
            "line 6: not UTF-8 text",
            "line 7009: a NUL byte"
        ]
    );
}

#[test]
fn content_goes_before_the_name() {
    let folder = Folder::new();
    let csv = folder.file("rows.jsonl.csv", "{\"input\": \"a\", \"output\": \"b\"}\n");
    assert_eq!(read_source(&csv, MOST).unwrap().kind, SourceKind::JsonLines);
    let broken = folder.file("rows.jsonl", "oops, a title\n{\"input\": \"a\", \"output\": \"b\"}\n");
    let found = read_source(&broken, MOST).unwrap();
    assert_eq!(
        (found.kind, found.faults.as_slice()),
        (SourceKind::JsonLines, ["line 1: not JSON".to_owned()].as_slice())
    );
}

#[test]
fn rows_come_in_the_order_of_the_file_and_no_more_than_are_wanted() {
    let folder = Folder::new();
    let lines: String =
        (0..10).map(|row| format!("{{\"input\": \"q{row}\", \"output\": \"a{row}\"}}\n")).collect();
    let csv: String = (0..10).map(|row| format!("q{row},a{row}\n")).collect();
    for path in [folder.file("a", lines), folder.file("b", csv)] {
        let found = read_source(&path, 3).unwrap();
        assert_eq!(pairs(&found), [("q0", "a0"), ("q1", "a1"), ("q2", "a2")]);
        assert_eq!(found.rows, 3);
    }
}

#[test]
fn a_file_that_is_no_source_is_refused_by_name_with_the_way_out() {
    let folder = Folder::new();
    let utf16: Vec<u8> = "\u{feff}input,output\na,b\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: Vec<(PathBuf, &str, &str)> = vec![
        (folder.0.path().join("missing.csv"), "does not exist", "path"),
        (folder.0.path().to_owned(), "not a file", "file"),
        (folder.file("empty.csv", ""), "no row", "rows"),
        (folder.file("blank.jsonl", " \n\n"), "no row", "rows"),
        (folder.file("header.csv", "input,output\n"), "no row", "rows"),
        (folder.file("excel.csv", utf16), "UTF-16", "UTF-8"),
        (folder.file("sheet.xlsx", b"PK\x03\x04rest"), "spreadsheet", "CSV"),
        (folder.file("rows.gz", b"\x1F\x8Brest"), "gzip", "gunzip"),
        (folder.file("photo.csv", b"\x89PNG\r\n\x1a\n\0\0"), "neither text", "CSV"),
        (folder.file("list.json", "[\n {\"input\": \"a\", \"output\": \"b\"}\n]"), "JSON list", "jq"),
        (folder.file("prose.txt", "Once upon a time\nthere was"), "nor two columns", "input,output"),
        (folder.file("wide.csv", "id,question,answer\n1,a,b\n"), "3 columns", "header"),
        (folder.file("bad.jsonl", "{\n\"input\": \"a\"\n}\n"), "line 1: not JSON", "input and an output"),
        (folder.file("blank.csv", "a,\n,b\n"), "2 with an empty", "input and an output"),
    ];
    for (path, words, way_out) in cases {
        let error = refused(&path);
        let sentence = error.to_string();
        assert!(sentence.contains(words) && sentence.contains(&path.display().to_string()), "{sentence}");
        assert!(error.hint().is_some_and(|hint| hint.contains(way_out)), "{sentence}: {:?}", error.hint());
        assert_eq!(error.kind(), crate::Kind::Invalid, "{sentence}");
    }
}

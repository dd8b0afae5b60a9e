//! What is said about rows that can be used.

use super::*;

fn notices(rows: &[(&str, &str)]) -> Vec<String> {
    let lines: String = rows
        .iter()
        .map(|(input, output)| format!("{}\n", serde_json::json!({ "input": input, "output": output })))
        .collect();
    read(lines).unwrap().summary().notices
}

#[test]
fn good_rows_need_no_words() {
    assert_eq!(notices(&[("a", "b"), ("c", "d")]), Vec::<String>::new());
}

#[test]
fn exact_duplicates_are_counted() {
    let once = notices(&[("a", "b"), ("c", "d"), (" a", "b")]);
    assert_eq!(once, ["1 row is an exact duplicate of another."]);
    let often = notices(&[("a", "b"), ("a", "b"), ("a", "b"), ("c", "d"), ("c", "d")]);
    assert_eq!(often, ["3 rows are exact duplicates of others."]);
}

#[test]
fn one_input_with_different_outputs_is_a_conflict() {
    let one = notices(&[("x", "y"), ("a", "b"), ("a", "c")]);
    assert!(one.len() == 1 && one[0].starts_with("1 input has different outputs"), "{one:?}");
    assert!(one[0].contains("\u{201c}a\u{201d}"), "{one:?}");
    let two = notices(&[("x", "y"), ("x", "z"), ("a", "b"), ("a", "c"), ("a", "b")]);
    assert_eq!(two.len(), 2, "{two:?}");
    assert!(two[1].starts_with("2 inputs have") && two[1].contains("\u{201c}x\u{201d}"), "{two:?}");
}

#[test]
fn unusable_rows_are_told_first_with_at_most_five_places() {
    let text = format!("{{\"input\": \"a\", \"output\": \"b\"}}\n{}", "oops\n".repeat(100));
    let notices = read(text).unwrap().summary().notices;
    assert_eq!(
        notices,
        ["100 of 101 rows cannot be used: 100 malformed. The first: line 2: not JSON; line 3: not JSON; \
          line 4: not JSON; line 5: not JSON; line 6: not JSON."]
    );
}

#[test]
fn a_csv_without_a_header_says_how_it_was_read() {
    let found = read("question,answer\na,b\n").unwrap();
    assert_eq!(found.examples.len(), 2);
    assert!(found.summary().notices.iter().any(|notice| notice.contains("No header")));
}

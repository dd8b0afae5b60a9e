//! Databases: Ask AI where its table is, else a table with fitting columns.

use rusqlite::Connection;

use super::*;

fn database(folder: &Folder, name: &str, sql: &str) -> PathBuf {
    let path = folder.0.path().join(name);
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    path
}

#[test]
fn any_table_with_two_fitting_columns_is_read_in_its_own_order() {
    let folder = Folder::new();
    let path = database(
        &folder,
        "rows.sqlite",
        "CREATE TABLE other (x); CREATE VIEW input (input, output) AS SELECT 1, 2;
         CREATE TABLE \"my \"\"rows\"\" [1]\" (id INTEGER PRIMARY KEY, Output, INPUT);
         CREATE INDEX covering ON \"my \"\"rows\"\" [1]\" (INPUT, Output);
         INSERT INTO \"my \"\"rows\"\" [1]\" (INPUT, Output) VALUES ('z', 'first'), ('a', 'second'), (NULL, 'c'),
             ('d', 4), ('e', x'FF'), ('f', ' '), ('g', CAST('blob' AS BLOB));",
    );
    let before = std::fs::read(&path).unwrap();
    let found = read_source(&path, MOST).unwrap();
    assert_eq!(found.kind, SourceKind::SqliteTable);
    assert_eq!(pairs(&found), [("z", "first"), ("a", "second"), ("g", "blob")]);
    let expected = SkippedRows { malformed: 2, missing_field: 1, empty_text: 1, ..SkippedRows::default() };
    assert_eq!(found.skipped, expected);
    assert_eq!(found.faults, ["row 3: no INPUT", "row 4: Output is not text", "row 5: not UTF-8 text"]);
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert_eq!(read_source(&path, 1).unwrap().rows, 1);
}

#[test]
fn an_ask_ai_table_goes_before_any_other() {
    let folder = Folder::new();
    let sql = "CREATE TABLE rows (prompt, completion); INSERT INTO rows VALUES ('a', 'b');
         CREATE TABLE ask_ai_queries (original_query, suggestions);
         INSERT INTO ask_ai_queries VALUES ('q', '[{\"description\": \"d\"}]'), ('r', 'no list');";
    let found = read_source(&database(&folder, "both", sql), MOST).unwrap();
    assert_eq!((found.kind, pairs(&found)), (SourceKind::AskAi, vec![("q", "d")]));
    assert_eq!(found.faults, ["row 2: its suggestions are not JSON"]);
}

#[test]
fn a_second_fitting_table_is_named_and_none_is_refused() {
    let folder = Folder::new();
    let two = "CREATE TABLE a (prompt, completion); CREATE TABLE b (input, output); INSERT INTO a VALUES ('q', 'd');";
    let found = read_source(&database(&folder, "two", two), MOST).unwrap();
    assert!(found.summary().notices.iter().any(|notice| notice.contains("table a; not read: b")));
    let error = refused(&database(&folder, "none", "CREATE TABLE a (input, completion)"));
    assert!(error.to_string().contains("no table ask_ai_queries"), "{error}");
    let error = refused(&database(&folder, "empty", "CREATE TABLE a (input, output)"));
    assert!(matches!(error, Error::SourceEmpty { .. }), "{error}");
}

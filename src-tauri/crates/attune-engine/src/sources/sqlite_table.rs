//! Tables of any SQLite database with columns `input` and `output`, or `prompt` and `completion`.

use rusqlite::types::ValueRef;

use super::foreign_database::ForeignDatabase;
use super::lines::{LONGEST_ROW, NOT_UTF8, TOO_LONG};
use super::{COLUMNS, Fault, SourceRows, example};
use crate::{Error, Result};

/// A table that holds examples, with the names of its columns as they are written there.
struct ExampleTable {
    name: String,
    input: String,
    output: String,
}

/// Adds the rows of the first such table, in the table's own order, until `found` is full.
///
/// # Errors
/// [`Error::NoExampleTable`], or what SQLite says about the file.
pub(super) fn read_table(database: &ForeignDatabase, found: &mut SourceRows) -> Result<()> {
    let explain = |error| database.explain(error);
    let tables = example_tables(database)?;
    let Some(table) = tables.first() else {
        return Err(Error::NoExampleTable { path: found.path.clone() });
    };
    if tables.len() > 1 {
        let others: Vec<&str> = tables[1..].iter().map(|table| table.name.as_str()).collect();
        found.remarks.push(format!(
            "The rows come from the table {}; not read: {}.",
            table.name,
            others.join(", ")
        ));
    }
    // Through an index the rows would come in its order.
    let sql = format!(
        "SELECT {}, {} FROM {} NOT INDEXED",
        quoted(&table.input),
        quoted(&table.output),
        quoted(&table.name)
    );
    let mut query = database.connection.prepare(&sql).map_err(explain)?;
    let mut rows = query.query([]).map_err(explain)?;
    while !found.is_full() {
        let Some(row) = rows.next().map_err(explain)? else { break };
        let input = words(&table.input, row.get_ref(0).map_err(explain)?);
        let output = words(&table.output, row.get_ref(1).map_err(explain)?);
        found.add(("row", found.rows + 1), input.and_then(|input| example(input, output?)));
    }
    Ok(())
}

fn example_tables(database: &ForeignDatabase) -> Result<Vec<ExampleTable>> {
    let explain = |error| database.explain(error);
    let mut query = database
        .connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid")
        .map_err(explain)?;
    let names: Vec<String> =
        query.query_map([], |row| row.get(0)).and_then(Iterator::collect).map_err(explain)?;
    let mut tables = Vec::new();
    for name in names {
        let columns: Vec<String> = database
            .connection
            .prepare("SELECT name FROM pragma_table_info(?1)")
            .and_then(|mut query| query.query_map([&name], |row| row.get(0))?.collect())
            .map_err(explain)?;
        let column =
            |wanted: &str| columns.iter().find(|column| column.eq_ignore_ascii_case(wanted)).cloned();
        let pair = COLUMNS.iter().find_map(|(input, output)| column(input).zip(column(output)));
        if let Some((input, output)) = pair {
            tables.push(ExampleTable { name, input, output });
        }
    }
    Ok(tables)
}

fn words<'v>(column: &str, value: ValueRef<'v>) -> Result<&'v str, Fault> {
    match value {
        ValueRef::Null => Err(Fault::MissingField(format!("no {column}").into())),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) if bytes.len() > LONGEST_ROW => {
            Err(Fault::Malformed(TOO_LONG.into()))
        }
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            std::str::from_utf8(bytes).map_err(|_| Fault::Malformed(NOT_UTF8.into()))
        }
        ValueRef::Integer(_) | ValueRef::Real(_) => {
            Err(Fault::Malformed(format!("{column} is not text").into()))
        }
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

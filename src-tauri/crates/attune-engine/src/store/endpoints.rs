//! Endpoints: a row for each, until it is deleted.
//!
//! Invariants: an id and a name have one row at most; no row holds a key.

use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use crate::providers::{BaseUrl, Endpoint};
use crate::{Error, Result};

pub(crate) const MIGRATION: &str = "
CREATE TABLE endpoints (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    base_url   TEXT NOT NULL,
    model      TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
";

/// The table; a transaction serves as its connection where several statements belong together.
pub(crate) struct EndpointsTable<'c>(pub(crate) &'c Connection);

impl EndpointsTable<'_> {
    pub(crate) fn insert(&self, endpoint: &Endpoint) -> Result<()> {
        let inserted = self.0.execute(
            "INSERT INTO endpoints (id, name, base_url, model, created_at)
             VALUES (:id, :name, :base_url, :model, :created_at)",
            named_params! {
                ":id": endpoint.id,
                ":name": endpoint.name,
                ":base_url": endpoint.base_url.as_str(),
                ":model": endpoint.model,
                ":created_at": endpoint.created_at,
            },
        );
        inserted.map(drop).map_err(|source| Error::Database { doing: "keeping an endpoint", source })
    }

    /// Everything but its id and when it was created.
    pub(crate) fn update(&self, endpoint: &Endpoint) -> Result<()> {
        let updated = self.0.execute(
            "UPDATE endpoints SET name = :name, base_url = :base_url, model = :model WHERE id = :id",
            named_params! {
                ":id": endpoint.id,
                ":name": endpoint.name,
                ":base_url": endpoint.base_url.as_str(),
                ":model": endpoint.model,
            },
        );
        updated.map(drop).map_err(|source| Error::Database { doing: "changing an endpoint", source })
    }

    pub(crate) fn find(&self, id: &str) -> Result<Option<Endpoint>> {
        let found = self.0.query_row("SELECT * FROM endpoints WHERE id = ?1", params![id], endpoint);
        found.optional().map_err(reading)
    }

    /// The oldest first.
    pub(crate) fn all(&self) -> Result<Vec<Endpoint>> {
        let mut query =
            self.0.prepare_cached("SELECT * FROM endpoints ORDER BY created_at, id").map_err(reading)?;
        let rows = query.query_map([], endpoint).and_then(Iterator::collect);
        rows.map_err(reading)
    }

    pub(crate) fn delete(&self, id: &str) -> Result<()> {
        let deleted = self.0.execute("DELETE FROM endpoints WHERE id = ?1", params![id]);
        deleted.map(drop).map_err(|source| Error::Database { doing: "deleting an endpoint", source })
    }
}

fn endpoint(row: &Row<'_>) -> rusqlite::Result<Endpoint> {
    let address: String = row.get("base_url")?;
    let base_url = BaseUrl::parse(&address).map_err(|refused| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(refused))
    })?;
    Ok(Endpoint {
        id: row.get("id")?,
        name: row.get("name")?,
        base_url,
        model: row.get("model")?,
        created_at: row.get("created_at")?,
    })
}

fn reading(source: rusqlite::Error) -> Error {
    Error::Database { doing: "reading the endpoints", source }
}

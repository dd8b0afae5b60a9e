//! Training runs: a row before the work, never after it.
//!
//! Invariants: at most one run is `running` (a unique partial index, not a lock in memory); a row that ended
//! is never changed again (every update asks for the status it leaves).

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::columns::{absent_or, encoded, json, json_text};
use crate::runs::{
    Best, Computation, Hyperparameters, Method, Progress, Run, RunId, RunStatus, SelfCheck, Stopped,
};
use crate::{AdapterDigest, DatasetId, Error, Result};

pub(crate) const MIGRATION: &str = "
CREATE TABLE runs (
    id                TEXT PRIMARY KEY,
    run_identifier    TEXT NOT NULL,
    status            TEXT NOT NULL CHECK (status IN ('queued','running','completed','failed','cancelled','interrupted')),
    base_model        TEXT NOT NULL,
    base_folder       TEXT NOT NULL,
    method            TEXT NOT NULL,
    source_path       TEXT NOT NULL,
    dataset_hash      TEXT NOT NULL,
    samples_used      INTEGER NOT NULL,
    samples_skipped   INTEGER NOT NULL,
    notices           TEXT NOT NULL,
    hyperparameters   TEXT NOT NULL,
    step              INTEGER NOT NULL DEFAULT 0,
    total_steps       INTEGER NOT NULL DEFAULT 0,
    final_loss        REAL,
    error_message     TEXT,
    run_directory     TEXT NOT NULL,
    output_folder     TEXT NOT NULL,
    adapter_digest    TEXT,
    created_at        TEXT NOT NULL,
    started_at        TEXT,
    finished_at       TEXT
) STRICT;
CREATE UNIQUE INDEX one_running_run ON runs (status) WHERE status = 'running';
CREATE INDEX active_runs ON runs (status) WHERE status IN ('queued','running');
";

/// Validation, the self-check, and runs that are stopped and gone on from.
pub(crate) const VALIDATION_MIGRATION: &str = "
ALTER TABLE runs ADD COLUMN held_out INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN best TEXT;
ALTER TABLE runs ADD COLUMN self_check TEXT;
ALTER TABLE runs ADD COLUMN stopped TEXT;
ALTER TABLE runs ADD COLUMN resumed_from TEXT;
ALTER TABLE runs ADD COLUMN started_from TEXT;
";

/// Which dataset a run trains on.
pub(crate) const DATASET_MIGRATION: &str = "
ALTER TABLE runs ADD COLUMN dataset TEXT;
";

/// What a run is computed in.
pub(crate) const COMPUTATION_MIGRATION: &str = "
ALTER TABLE runs ADD COLUMN computation TEXT;
";

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ending<'a> {
    pub(crate) status: RunStatus,
    pub(crate) error_message: Option<&'a str>,
    pub(crate) final_loss: Option<f64>,
    pub(crate) best: Option<Best>,
    pub(crate) stopped: Option<Stopped>,
    pub(crate) adapter_digest: Option<&'a AdapterDigest>,
    pub(crate) step: u64,
    pub(crate) total_steps: u64,
}

impl Ending<'_> {
    /// An end of which there is nothing more to say.
    pub(crate) fn of(status: RunStatus) -> Self {
        Self {
            status,
            error_message: None,
            final_loss: None,
            best: None,
            stopped: None,
            adapter_digest: None,
            step: 0,
            total_steps: 0,
        }
    }
}

/// The table; a transaction serves as its connection where several statements belong together.
pub(crate) struct Runs<'c>(pub(crate) &'c Connection);

impl Runs<'_> {
    /// Adds a queued run.
    pub(crate) fn insert(&self, run: &Run) -> Result<()> {
        let notices = serde_json::to_string(&run.notices).map_err(Error::Encode)?;
        let hyperparameters = serde_json::to_string(&run.hyperparameters).map_err(Error::Encode)?;
        self.0
            .execute(
                "INSERT INTO runs (id, run_identifier, status, base_model, base_folder, method, source_path,
                    dataset_hash, samples_used, held_out, samples_skipped, notices, hyperparameters,
                    computation, self_check, resumed_from, started_from, dataset, run_directory, output_folder, created_at)
                 VALUES (:id, :run_identifier, :status, :base_model, :base_folder, :method, :source_path,
                    :dataset_hash, :samples_used, :held_out, :samples_skipped, :notices, :hyperparameters,
                    :computation, :self_check, :resumed_from, :started_from, :dataset, :run_directory, :output_folder, :created_at)",
                named_params! {
                    ":id": run.id.as_str(),
                    ":run_identifier": run.run_identifier,
                    ":status": run.status.as_str(),
                    ":base_model": run.base_model,
                    ":base_folder": text(&run.base_folder),
                    ":method": run.method.as_str(),
                    ":source_path": text(&run.source_path),
                    ":dataset_hash": run.dataset_hash,
                    ":samples_used": run.samples_used as i64,
                    ":held_out": run.held_out as i64,
                    ":samples_skipped": run.samples_skipped as i64,
                    ":notices": notices,
                    ":hyperparameters": hyperparameters,
                    ":computation": encoded(run.computation.as_ref())?,
                    ":self_check": encoded(run.self_check.as_ref())?,
                    ":resumed_from": run.resumed_from.as_ref().map(RunId::as_str),
                    ":started_from": run.started_from.as_deref().map(text),
                    ":dataset": run.dataset.as_ref().map(DatasetId::as_str),
                    ":run_directory": run.run_directory,
                    ":output_folder": text(&run.output_folder),
                    ":created_at": run.created_at,
                },
            )
            .map_err(|source| Error::Database { doing: "adding a run", source })?;
        Ok(())
    }

    pub(crate) fn find(&self, id: &RunId) -> Result<Option<Run>> {
        self.one("SELECT * FROM runs WHERE id = ?1", params![id.as_str()])
    }

    /// The newest runs, or the newest of those made before one, newest first. Of a run that is not there: none.
    pub(crate) fn newest(&self, limit: u32, before: Option<&RunId>) -> Result<Vec<Run>> {
        let Some(before) = before else {
            return self.many("SELECT * FROM runs ORDER BY rowid DESC LIMIT ?1", params![limit]);
        };
        self.many(
            "SELECT * FROM runs WHERE rowid < (SELECT rowid FROM runs WHERE id = ?2)
             ORDER BY rowid DESC LIMIT ?1",
            params![limit, before.as_str()],
        )
    }

    /// Every run that writes into an output folder, newest first.
    pub(crate) fn of_output_folder(&self, output_folder: &Path) -> Result<Vec<Run>> {
        self.many(
            "SELECT * FROM runs WHERE output_folder = ?1 ORDER BY rowid DESC",
            params![text(output_folder)],
        )
    }

    /// Takes the row of a run that has ended away.
    pub(crate) fn delete(&self, id: &RunId) -> Result<()> {
        let sql = "DELETE FROM runs WHERE id = ?1 AND status NOT IN ('queued','running')";
        let deleted = self.0.execute(sql, params![id.as_str()]);
        deleted.map(drop).map_err(|source| Error::Database { doing: "deleting a run", source })
    }

    /// The run that is in the way of another one: the running one, else the one that waits longest.
    pub(crate) fn active(&self) -> Result<Option<Run>> {
        self.one(
            "SELECT * FROM runs WHERE status IN ('queued','running') ORDER BY status DESC, rowid LIMIT 1",
            [],
        )
    }

    pub(crate) fn next_queued(&self) -> Result<Option<Run>> {
        self.one("SELECT * FROM runs WHERE status = 'queued' ORDER BY rowid LIMIT 1", [])
    }

    /// Whether an active run will write, or writes, into this folder.
    pub(crate) fn claims(&self, output_folder: &Path, run_directory: &str) -> Result<bool> {
        self.0
            .query_row(
                "SELECT EXISTS (SELECT 1 FROM runs
                 WHERE status IN ('queued','running') AND output_folder = ?1 AND run_directory = ?2)",
                params![text(output_folder), run_directory],
                |row| row.get(0),
            )
            .map_err(|source| Error::Database { doing: "looking for a run's folder", source })
    }

    /// Marks a queued run as running; `false` if it is not queued any more.
    pub(crate) fn start(&self, id: &RunId) -> Result<bool> {
        let changed = self.0.execute(
            "UPDATE runs SET status = 'running', started_at = ?2 WHERE id = ?1 AND status = 'queued'",
            params![id.as_str(), crate::clock::now()],
        );
        Ok(changed.map_err(|source| Error::Database { doing: "starting a run", source })? == 1)
    }

    /// Ends an active run; `false` if it had ended already.
    pub(crate) fn end(&self, id: &RunId, ending: &Ending<'_>) -> Result<bool> {
        let changed = self.0.execute(
            "UPDATE runs SET status = ?2, error_message = ?3, final_loss = ?4, adapter_digest = ?5,
                step = ?6, total_steps = ?7, finished_at = ?8, best = ?9, stopped = ?10
             WHERE id = ?1 AND status IN ('queued','running')",
            params![
                id.as_str(),
                ending.status.as_str(),
                ending.error_message,
                ending.final_loss,
                ending.adapter_digest.map(AdapterDigest::as_str),
                ending.step as i64,
                ending.total_steps as i64,
                crate::clock::now(),
                encoded(ending.best.as_ref())?,
                ending.stopped.map(Stopped::as_str),
            ],
        );
        Ok(changed.map_err(|source| Error::Database { doing: "ending a run", source })? == 1)
    }

    /// Keeps what a running run is computed in.
    pub(crate) fn keep_computation(&self, id: &RunId, computation: &Computation) -> Result<()> {
        let sql = "UPDATE runs SET computation = ?2 WHERE id = ?1 AND status = 'running'";
        let changed = self.0.execute(sql, params![id.as_str(), encoded(Some(computation))?]);
        changed.map(drop).map_err(|source| Error::Database { doing: "keeping a run's computation", source })
    }

    /// Keeps what the self-check of a running run found.
    pub(crate) fn keep_self_check(&self, id: &RunId, found: SelfCheck) -> Result<()> {
        let sql = "UPDATE runs SET self_check = ?2 WHERE id = ?1 AND status = 'running'";
        let changed = self.0.execute(sql, params![id.as_str(), encoded(Some(&found))?]);
        changed.map(drop).map_err(|source| Error::Database { doing: "keeping a self-check", source })
    }

    /// Tells a person of a running run something more.
    pub(crate) fn add_notice(&self, id: &RunId, notice: &str) -> Result<()> {
        let sql =
            "UPDATE runs SET notices = json_insert(notices, '$[#]', ?2) WHERE id = ?1 AND status = 'running'";
        let changed = self.0.execute(sql, params![id.as_str(), notice]);
        changed.map(drop).map_err(|source| Error::Database { doing: "adding a notice", source })
    }

    pub(crate) fn running(&self) -> Result<Option<Run>> {
        self.one("SELECT * FROM runs WHERE status = 'running'", [])
    }

    fn one(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<Option<Run>> {
        let row =
            self.0.prepare_cached(sql).and_then(|mut query| query.query_row(parameters, run).optional());
        row.map_err(|source| Error::Database { doing: "reading a run", source })
    }

    fn many(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<Vec<Run>> {
        self.0
            .prepare_cached(sql)
            .and_then(|mut query| query.query_map(parameters, run)?.collect())
            .map_err(|source| Error::Database { doing: "listing runs", source })
    }
}

fn run(row: &Row<'_>) -> rusqlite::Result<Run> {
    let count = |name: &str| row.get::<_, i64>(name).map(|number| number.unsigned_abs());
    Ok(Run {
        id: json_text(row, "id")?,
        run_identifier: row.get("run_identifier")?,
        status: json_text(row, "status")?,
        progress: Progress {
            step: count("step")?,
            total_steps: count("total_steps")?,
            ..Progress::default()
        },
        base_model: row.get("base_model")?,
        base_folder: PathBuf::from(row.get::<_, String>("base_folder")?),
        method: json_text::<Method>(row, "method")?,
        source_path: PathBuf::from(row.get::<_, String>("source_path")?),
        dataset_hash: row.get("dataset_hash")?,
        samples_used: count("samples_used")?,
        held_out: count("held_out")?,
        samples_skipped: count("samples_skipped")?,
        notices: json(row, "notices")?,
        hyperparameters: json::<Hyperparameters>(row, "hyperparameters")?,
        final_loss: row.get("final_loss")?,
        best: absent_or(row, "best", json)?,
        computation: absent_or(row, "computation", json)?,
        self_check: absent_or(row, "self_check", json)?,
        stopped: absent_or(row, "stopped", json_text)?,
        resumable: false,
        resumed_from: absent_or(row, "resumed_from", json_text)?,
        started_from: row.get::<_, Option<String>>("started_from")?.map(PathBuf::from),
        dataset: absent_or(row, "dataset", json_text)?,
        error_message: row.get("error_message")?,
        run_directory: row.get("run_directory")?,
        output_folder: PathBuf::from(row.get::<_, String>("output_folder")?),
        adapter_digest: absent_or(row, "adapter_digest", json_text)?,
        created_at: row.get("created_at")?,
        started_at: row.get("started_at")?,
        finished_at: row.get("finished_at")?,
    })
}

/// Paths are stored as text; one that is not Unicode was refused when the run was created.
fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

//! What this Attune tells of itself and of the computer: findings, room, log.

use attune_engine::doctor::Verdict as Found;
use attune_engine::{LogLevel as Level, LogQuery as Query, StoredKind as Kind};
use axum::Json;
use axum::extract::{Path, State};

use super::body::{Parameters, waiting};
use super::translate::text;
use super::wire::{
    Finding, LogDay, LogEntry, LogLevel, LogPage, LogQuery, OwnerKind, Soundness, Storage, Stored, StoredKind,
};
use super::{ApiState, Problem};

/// What `attune doctor` says: folders, database, disk, memory, processor, base models, variables, owner. Every
/// request looks anew.
#[utoipa::path(get, path = "/api/v1/doctor", tag = "system", responses((status = 200, body = Vec<Finding>)))]
pub(super) async fn examine(State(state): State<ApiState>) -> Result<Json<Vec<Finding>>, Problem> {
    let owner = owner_finding(state.owner.kind, state.owner.listener.opened().map(|opened| opened.address));
    let findings = waiting(move || Ok(state.engine.examine())).await?;
    Ok(Json(findings.into_iter().map(Finding::from).chain([owner]).collect()))
}

fn owner_finding(kind: OwnerKind, address: Option<String>) -> Finding {
    Finding {
        check: "owner".to_owned(),
        verdict: Soundness::Good,
        found: kind.described(std::process::id(), address.as_deref()),
        advice: None,
    }
}

/// How much room what Attune keeps takes, by kind. Every file is looked at, so it takes as long as the disk takes.
#[utoipa::path(get, path = "/api/v1/storage", tag = "system", responses((status = 200, body = Storage)))]
pub(super) async fn measure_storage(State(state): State<ApiState>) -> Result<Json<Storage>, Problem> {
    let storage = waiting(move || Ok(state.engine.storage())).await?;
    Ok(Json(Storage {
        folder: text(&storage.folder),
        free_bytes: storage.free,
        stored: storage.stored.into_iter().map(Stored::from).collect(),
    }))
}

/// The days that have a log, the newest first.
#[utoipa::path(get, path = "/api/v1/logs", tag = "system", responses((status = 200, body = Vec<LogDay>)))]
pub(super) async fn list_logs(State(state): State<ApiState>) -> Result<Json<Vec<LogDay>>, Problem> {
    let days = waiting(move || state.engine.log_days()).await?;
    Ok(Json(days.into_iter().map(|day| LogDay { day: day.day, bytes: day.bytes }).collect()))
}

/// A page of the log of a day, the newest entries first. Secrets were masked when it was written.
#[utoipa::path(get, path = "/api/v1/logs/{day}", tag = "system",
    params(("day" = String, Path, description = "as `GET /api/v1/logs` names it: `2026-11-21`, in UTC"), LogQuery),
    responses(
        (status = 200, body = LogPage),
        (status = 404, body = Problem, description = "there is no log of that day"),
        (status = 422, body = Problem),
    ))]
pub(super) async fn read_log(
    State(state): State<ApiState>,
    Path(day): Path<String>,
    Parameters(wanted): Parameters<LogQuery>,
) -> Result<Json<LogPage>, Problem> {
    let query = Query {
        level: wanted.level.map(|level| match level {
            LogLevel::Error => Level::Error,
            LogLevel::Warning => Level::Warning,
            LogLevel::Info => Level::Info,
            LogLevel::Debug => Level::Debug,
        }),
        text: wanted.text,
        request_id: wanted.request_id,
        before: wanted.before,
        limit: wanted.limit,
    };
    let page = waiting(move || state.engine.log(&day, &query)).await?;
    Ok(Json(LogPage { entries: page.entries.into_iter().map(LogEntry::from).collect(), next: page.next }))
}

impl From<attune_engine::doctor::Finding> for Finding {
    fn from(finding: attune_engine::doctor::Finding) -> Self {
        Self {
            check: finding.check.to_owned(),
            verdict: match finding.verdict {
                Found::Good => Soundness::Good,
                Found::Warning => Soundness::Warning,
                Found::Failure => Soundness::Failure,
            },
            found: finding.found,
            advice: finding.advice.map(str::to_owned),
        }
    }
}

impl From<attune_engine::Stored> for Stored {
    fn from(stored: attune_engine::Stored) -> Self {
        Self {
            kind: match stored.kind {
                Kind::Database => StoredKind::Database,
                Kind::Runs => StoredKind::Runs,
                Kind::Datasets => StoredKind::Datasets,
                Kind::Adapters => StoredKind::Adapters,
                Kind::Exports => StoredKind::Exports,
                Kind::Logs => StoredKind::Logs,
                Kind::Other => StoredKind::Other,
                Kind::Bases => StoredKind::Bases,
            },
            path: text(&stored.path),
            bytes: stored.bytes,
            files: stored.files,
            problem: stored.problem,
        }
    }
}

impl From<attune_engine::LogEntry> for LogEntry {
    fn from(entry: attune_engine::LogEntry) -> Self {
        Self {
            position: entry.position,
            at: entry.at,
            level: match entry.level {
                Level::Error => LogLevel::Error,
                Level::Warning => LogLevel::Warning,
                Level::Info => LogLevel::Info,
                Level::Debug => LogLevel::Debug,
            },
            request_id: entry.request_id,
            text: entry.text,
        }
    }
}

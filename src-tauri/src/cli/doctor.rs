//! `attune doctor`: what this computer offers a training, and what is in its way.

use std::process::ExitCode;

use attune_engine::doctor::{Finding, Verdict, examine};
use axum::body::Body;
use axum::http::Request;
use clap::Args;
use http_body_util::BodyExt;

use super::output::{Failure, print};
use super::surroundings::Surroundings;
use crate::api::wire::Status;
use crate::server::Door;

#[derive(Debug, Args)]
pub(super) struct DoctorArguments {
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(wanted: DoctorArguments, surroundings: Surroundings) -> Result<ExitCode, Failure> {
    let mut findings = examine(&surroundings.folder, &surroundings.environment, &surroundings.bases());
    findings.push(owner(&surroundings).await);
    let text = if wanted.json { as_json(&findings)? } else { as_text(&findings) };
    print(&text)?;
    let failed: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Failure)
        .map(|finding| finding.check)
        .collect();
    if failed.is_empty() {
        Ok(ExitCode::SUCCESS)
    } else {
        Err(Failure::environment(format!("Attune cannot work so: {}", failed.join(", "))))
    }
}

/// Who owns the data folder now, and where it listens. Nobody is an answer too.
async fn owner(surroundings: &Surroundings) -> Finding {
    let door = Door::LocalSocket(surroundings.folder.socket());
    let found = match status(&door).await {
        Some(Status { owner, .. }) => owner.kind.described(owner.process_id, owner.address.as_deref()),
        None => "nobody has the data folder open".to_owned(),
    };
    Finding { check: "owner", verdict: Verdict::Good, found, advice: None }
}

async fn status(door: &Door) -> Option<Status> {
    let request = Request::get("/api/v1/status").body(Body::empty()).ok()?;
    let body = door.send(request).await.ok()?.into_body().collect().await.ok()?;
    serde_json::from_slice(&body.to_bytes()).ok()
}

fn as_text(findings: &[Finding]) -> String {
    let lines = findings.iter().map(|finding| {
        let mark = word(finding.verdict);
        let advice = finding.advice.map_or_else(String::new, |advice| format!("\n{:23}{advice}", ""));
        format!("{mark:<9}{:<14}{}{advice}", finding.check, finding.found)
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn as_json(findings: &[Finding]) -> Result<String, Failure> {
    let findings: Vec<_> = findings
        .iter()
        .map(|finding| {
            serde_json::json!({
                "check": finding.check,
                "verdict": word(finding.verdict),
                "found": finding.found,
                "advice": finding.advice,
            })
        })
        .collect();
    serde_json::to_string_pretty(&findings).map_err(Failure::internal)
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Good => "good",
        Verdict::Warning => "warning",
        Verdict::Failure => "failure",
    }
}

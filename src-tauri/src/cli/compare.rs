//! `attune compare`: base and tuned beside each other, on the rows that a run held out.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Args;
use futures_util::StreamExt;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::client::{Client, ComparisonPart};
use super::origin::find_run;
use super::output::{Failure, print, say};
use super::surroundings::Surroundings;
use crate::api::wire::{ComparedRow, Comparison, OwnerKind};
use crate::server::owner;

/// Rows that are shown if nobody says how many.
pub(super) const FEW_ROWS: usize = 6;

#[derive(Debug, Args)]
pub(super) struct CompareArguments {
    /// A completed run, by its id or its name
    run: String,
    /// Show so many rows, 0 for all; all of them count
    #[arg(long, default_value_t = FEW_ROWS, value_name = "N")]
    rows: usize,
    /// Print all rows as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(wanted: CompareArguments, surroundings: Surroundings) -> Result<ExitCode, Failure> {
    let entered = owner::enter(surroundings.into_place(OwnerKind::Command, None)).await?;
    let client = Client(entered.door());
    let compared = async {
        let run = find_run(&client, &wanted.run).await?;
        comparison(&client, &run.id).await
    }
    .await;
    entered.leave().await;
    let comparison = compared?;
    let text = if wanted.json {
        serde_json::to_string_pretty(&comparison).map_err(Failure::internal)?
    } else {
        let rows = if wanted.rows == 0 { comparison.rows.len() } else { wanted.rows };
        in_words(&comparison, rows)
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Makes the comparison, or gets the one that was made before: a bar on a terminal, one line elsewhere.
pub(super) async fn comparison(client: &Client<'_>, run_id: &str) -> Result<Comparison, Failure> {
    let on_terminal = std::io::stderr().is_terminal();
    let target = if on_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} rows")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::with_draw_target(Some(0), target).with_style(style);
    let mut parts = client.comparison(run_id).await?;
    while let Some(part) = parts.next().await {
        match part? {
            ComparisonPart::Begun(begun) => {
                let words = "comparing base and tuned";
                bar.set_length(begun.total);
                bar.set_message(words);
                if !on_terminal {
                    say(&format!("{words} on {} rows held out", begun.total));
                }
            }
            ComparisonPart::Row => bar.inc(1),
            ComparisonPart::Whole(comparison) => {
                bar.finish_and_clear();
                return Ok(comparison);
            }
        }
    }
    Err(Failure::owner_gone("the comparison broke off"))
}

/// The first rows with both answers, and how many answers of all rows are exactly as expected.
pub(super) fn in_words(comparison: &Comparison, rows: usize) -> String {
    let begun = &comparison.begun;
    let mut lines = vec![format!(
        "Base and tuned on {} that the training never saw (= exactly as expected, x not):",
        counted(begun.total, "row")
    )];
    for row in comparison.rows.iter().take(rows) {
        lines.push(String::new());
        lines.extend(row_in_words(row));
    }
    let left = comparison.rows.len().saturating_sub(rows);
    if left > 0 {
        lines.extend([String::new(), format!("... and {}.", counted(left as u64, "more row"))]);
    }
    let share = |exact: u64| format!("{exact} of {} ({} %)", begun.total, 100 * exact / begun.total.max(1));
    lines.extend([
        String::new(),
        format!(
            "Exact match: base {}, tuned {}",
            share(comparison.base_exact),
            share(comparison.tuned_exact)
        ),
        begun.notices.iter().map(|notice| format!("Note: {notice}\n")).collect::<String>()
            + &format!("Base:    {} {}", begun.base_model, begun.base_digest),
        format!("Adapter: {}", begun.adapter_digest),
    ]);
    lines.join("\n")
}

fn row_in_words(row: &ComparedRow) -> [String; 4] {
    let mark = |is_exact| if is_exact { '=' } else { 'x' };
    let one_line = |text: &str| text.replace('\n', "\n             ");
    [
        format!("  {}", row.input.replace('\n', "\n  ")),
        format!("    expected   {}", one_line(&row.expected)),
        format!("    base     {} {}", mark(row.base_is_exact), one_line(&row.base)),
        format!("    tuned    {} {}", mark(row.tuned_is_exact), one_line(&row.tuned)),
    ]
}

fn counted(count: u64, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

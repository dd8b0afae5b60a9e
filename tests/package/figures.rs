//! What the installed program takes while nobody asks anything of it, in the figures of docs/benchmarks.md.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Installed, NOTHING, package};
use crate::support::{Home, WebDriver, Xvfb, until};

/// Proportional set size of the window with its WebKit processes, and of the server, in bytes: well above the figures,
/// because what WebKit takes differs between machines, and below what a leak or a base loaded too early would take.
const MOST_FOR_THE_WINDOW: u64 = 500_000_000;
const MOST_FOR_THE_SERVER: u64 = 110_000_000;
/// A system counts the age of a process in these.
const TICKS_PER_SECOND: f64 = 100.0;

#[tokio::test]
async fn an_idle_window_and_an_idle_server_take_little_memory() {
    let Some(package) = package() else { return };
    let home = Home::new();
    let installed = Installed::new(&home, &package);

    let (server, http) = home.serve_as(home.command_of(installed.program(), ["serve", "--port", "0"]));
    http.get("/api/v1/status").await.expect(200);
    let served = memory(server.process_id());
    server.interrupt();

    let display = Xvfb::start();
    let window = WebDriver::open(&home, &display, &installed.program(), &NOTHING).await;
    window.text_that("footer", |text| text.contains("Connected")).await;
    let process = process_of(&installed.program());
    // The page may know what it shows before it has painted it.
    let painted = until(|| async {
        let script = "return performance.timeOrigin
            + performance.getEntriesByName('first-contentful-paint')[0]?.startTime";
        window.execute(script, &[]).await.as_f64().ok_or_else(|| "nothing is painted".to_owned())
    });
    let painted = painted.await.expect("the page is painted");
    let now = window.execute("return Date.now()", &[]).await.as_f64().expect("a time");
    let shown_after = age(process) - (now - painted) / 1000.0;
    let worked = busy(process);
    // What an idle window takes is what it takes after its start has been digested.
    tokio::time::sleep(Duration::from_secs(10)).await;
    let shown = memory(process);
    window.close().await;

    println!(
        "page painted {shown_after:.2} s after the process began, for {worked:.2} s of the processor until now"
    );
    println!("memory (PSS): window {:.0} MB, server {:.0} MB", shown as f64 / 1e6, served as f64 / 1e6);
    assert!(shown < MOST_FOR_THE_WINDOW, "an idle window takes {shown} bytes");
    assert!(served < MOST_FOR_THE_SERVER, "an idle server takes {served} bytes");
}

fn process_of(program: &Path) -> u32 {
    let is_it =
        |process: &u32| std::fs::read_link(format!("/proc/{process}/exe")).is_ok_and(|exe| exe == program);
    processes().find(is_it).expect("the window's process runs")
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = std::fs::read_dir("/proc").expect("Linux lists its processes");
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// Seconds since a process began.
fn age(process: u32) -> f64 {
    let uptime = std::fs::read_to_string("/proc/uptime").expect("Linux tells its uptime");
    let uptime: f64 = uptime.split(' ').next().and_then(|text| text.parse().ok()).expect("in seconds");
    uptime
        - after_name(process).get(19).and_then(|text| text.parse::<f64>().ok()).expect("a start")
            / TICKS_PER_SECOND
}

/// Bytes of a process and all below it, what several share counted by parts (PSS).
fn memory(process: u32) -> u64 {
    family(process).into_iter().map(proportional_set).sum()
}

/// Seconds that a process and all below it kept processors busy; unlike the clock it does not count others' work.
fn busy(process: u32) -> f64 {
    let ticks = |process: u32| -> f64 {
        let fields = after_name(process);
        // User and system time.
        fields.iter().skip(11).take(2).filter_map(|text| text.parse::<f64>().ok()).sum()
    };
    family(process).into_iter().map(ticks).sum::<f64>() / TICKS_PER_SECOND
}

/// A process and all below it.
fn family(process: u32) -> HashSet<u32> {
    let mut family = HashSet::from([process]);
    loop {
        let more: Vec<u32> = processes()
            .filter(|other| {
                !family.contains(other) && parent(*other).is_some_and(|parent| family.contains(&parent))
            })
            .collect();
        if more.is_empty() {
            return family;
        }
        family.extend(more);
    }
}

fn proportional_set(process: u32) -> u64 {
    let path = PathBuf::from(format!("/proc/{process}/smaps_rollup"));
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    1024 * kilobytes.unwrap_or_default()
}

fn parent(process: u32) -> Option<u32> {
    after_name(process).get(1)?.parse().ok()
}

/// The fields of `/proc/N/stat` after the name, which may hold any sign.
fn after_name(process: u32) -> Vec<String> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let rest = text.rsplit_once(") ").map(|(_, rest)| rest).unwrap_or_default();
    rest.split(' ').map(str::to_owned).collect()
}

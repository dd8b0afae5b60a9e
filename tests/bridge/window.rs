//! The real window, driven as a person would: WebDriver under a display of its own.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::id;
use crate::api::small_source;
use crate::support::{Home, WebDriver, Xvfb};

const NOTHING: [&str; 0] = [];

#[tokio::test]
async fn the_main_job_runs_in_the_window() {
    let home = Home::new();
    let source = small_source(&home);
    let display = Xvfb::start();
    let window = window_with_rows(&home, &display, &source).await;
    assert_eq!(window.execute("return location.href", &[]).await, "tauri://localhost");
    window.type_text(&id("parameter-epochs"), "40").await;
    window.click(&id("start")).await;

    // The curve grows while the run is at work: the bridge hands the stream on as it comes.
    window.text_that(&id("run-phase"), |phase| phase.contains("raining")).await;
    let early = points_of(&window, |points| points >= 2).await;
    let later = points_of(&window, |points| points > early).await;
    assert!(later < 160, "the curve was seen before its end: {later} points");
    window.text_that(&id("run-status"), |status| status == "Completed").await;

    window.type_text(&id("prompt"), "Light for the office?").await;
    window.click(&id("ask")).await;
    let answer = format!("{} {}", id("answer-tuned"), id("answer-text"));
    window.text_that(&answer, |text| text.contains("light")).await;
    if let Some(folder) = std::env::var_os("ATTUNE_SCREENSHOTS") {
        window.screenshot(&PathBuf::from(folder).join("window.png")).await;
    }

    // Beside its base, and what the person thinks of it is kept.
    window.execute("location.hash = 'playground'", &[]).await;
    window.find(&id("model-2")).await;
    window.type_text(&id("prompt"), "Light for the office?").await;
    window.click(&id("ask")).await;
    for place in [1, 2] {
        let answered = format!("{}:nth-of-type({place})[data-state=answered]", id("answer"));
        window.text_that(&answered, |text| text.contains("tokens/s")).await;
    }
    window.click(&format!("{} [role=group] button", id("answer"))).await;
    window.text_that(&id("saved-feedback"), |text| text.to_lowercase().starts_with("approved")).await;
    window.close().await;
}

#[tokio::test]
async fn examples_are_generated_reviewed_and_tuned_on_in_the_window() {
    const HOME: &str = "\u{e011}";
    const ARROW_RIGHT: &str = "\u{e014}";
    let home = Home::new();
    let display = Xvfb::start();
    let window = WebDriver::open(&home, &display, Home::program(), &NOTHING).await;
    window.execute("location.hash = 'generate'", &[]).await;
    let slider = "[role=slider][aria-label='How many examples']";
    window.press(slider, &format!("{HOME}{}", ARROW_RIGHT.repeat(11))).await;
    for genre in [1, 5] {
        window.click(&format!("{} > :nth-child({genre}) label", id("genres"))).await;
    }
    window.text_that(&id("genres-chosen"), |chosen| chosen.starts_with('2')).await;
    window.text_that(&id("generate"), |button| button == "Generate 12 examples").await;
    window.click(&id("generate")).await;
    window.find("[data-testid=batch][data-status=completed]").await;

    window.click(&id("review-these")).await;
    // The list of these takes the place of that of all, and then the focus.
    window.press("[role=listbox]:focus", &"a".repeat(12)).await;
    window.text_that(&id("readiness"), |words| words.starts_with("12 of 50")).await;
    if let Some(folder) = std::env::var_os("ATTUNE_SCREENSHOTS") {
        window.screenshot(&PathBuf::from(folder).join("window-generate.png")).await;
    }
    window.click(&id("tune")).await;
    window.click(&id("tuning-run")).await;
    window.text_that(&id("run-status"), |status| status == "Completed").await;
    window.close().await;
}

#[tokio::test]
async fn beside_a_window_another_one_gives_way_and_a_command_is_its_client() {
    let home = Home::new();
    let source = small_source(&home);
    let display = Xvfb::start();
    let window = WebDriver::open(&home, &display, Home::program(), &NOTHING).await;
    window.find(&id("database-path")).await;

    let second = home.start_on(&display, NOTHING).wait();
    assert_eq!((second.code, second.stdout.as_str()), (Some(0), ""), "{second:?}");
    let served = home.run(["serve", "--port", "0"]);
    assert_eq!(served.code, Some(4), "{served:?}");

    let arguments = ["train", "--db-path", &source, "--epochs", "1", "--run-id", "from-a-terminal", "--json"];
    let trained = home.run(arguments);
    assert_eq!(trained.code, Some(0), "{trained:?}");
    let run: Value = serde_json::from_str(&trained.stdout).unwrap();
    assert_eq!(run["status"], "completed");
    window.text_that(&id("history-row"), |row| row.contains("from-a-terminal")).await;
    window.close().await;
}

#[tokio::test]
async fn a_hundred_quick_clicks_on_start_make_one_run() {
    let home = Home::new();
    let source = small_source(&home);
    let display = Xvfb::start();
    let window = window_with_rows(&home, &display, &source).await;
    let clicks = "for (let click = 0; click < 100; click += 1) document.querySelector(arguments[0]).click()";
    window.execute(clicks, &[json!(id("start"))]).await;
    window.text_that(&id("run-status"), |status| status == "Completed").await;
    let row = json!(id("history-row"));
    let rows = window.execute("return document.querySelectorAll(arguments[0]).length", &[row]).await;
    assert_eq!(rows, json!(1));
    window.close().await;
}

/// A window in which a source of four rows was chosen and checked.
async fn window_with_rows(home: &Home, display: &Xvfb, source: &str) -> WebDriver {
    let window = WebDriver::open(home, display, Home::program(), &NOTHING).await;
    window.type_text(&id("database-path"), &format!("{source}\u{e007}")).await;
    window.text_that(&id("source-report"), |text| text.contains('4')).await;
    window
}

/// Waits until the curve has as many points as wanted.
async fn points_of(window: &WebDriver, is_enough: impl Fn(u64) -> bool) -> u64 {
    let points = |text: &str| text.parse::<u64>().unwrap_or(0);
    let found = window.attribute_that(&id("curve"), "data-points", |text| is_enough(points(text))).await;
    points(&found)
}

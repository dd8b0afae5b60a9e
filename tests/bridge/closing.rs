//! Closing the window: what is asked while a run is active, and that each answer does what it says.

use serde_json::{Value, json};

use super::held::Held;
use super::id;
use crate::api::{ended, small_source};
use crate::support::{Attune, DesktopBus, Home, WebDriver, X11, Xvfb, until};

const NOTHING: [&str; 0] = [];
const TITLE: &str = "Attune";

#[tokio::test]
async fn a_window_without_a_run_closes_unasked() {
    let desk = Desk::new(Home::new()).await;
    desk.close();
    desk.home.is_left().await;
}

#[tokio::test]
async fn closing_on_an_active_run_asks_and_staying_changes_nothing() {
    let desk = Desk::new(Home::new()).await;
    let command = desk.train("long", 400).await;
    let held = Held::worker(&desk.home);
    desk.close();
    desk.window.text_that(&id("closing-question"), |text| text.contains("no tray")).await;
    desk.window.click(&id("closing-stay")).await;
    desk.window.text_that("footer", |text| text.contains("Training")).await;
    assert!(desk.is_seen(), "the window stays where it is");

    desk.close();
    desk.window.text_that(&id("closing-question"), |text| text.contains("no tray")).await;
    drop(held);
    desk.window.click_away(&id("closing-discard")).await;
    assert_eq!(command.wait().code, Some(130), "the command that waited for the run is told of its end");
    desk.home.is_left().await;
    let run = only_run(&desk.home).await;
    assert_eq!((&run["status"], &run["adapterDigest"]), (&json!("cancelled"), &Value::Null), "{run}");
}

#[tokio::test]
async fn stopping_saves_the_adapter_and_closes() {
    let desk = Desk::new(Home::new()).await;
    let command = desk.train("stopped", 400).await;
    let held = Held::worker(&desk.home);
    desk.close();
    desk.window.text_that(&id("closing-question"), |text| text.contains("no tray")).await;
    drop(held);
    desk.window.click_away(&id("closing-stop")).await;
    // A command that waited looks at the folder itself once the window is gone.
    command.wait();
    desk.home.is_left().await;
    let run = only_run(&desk.home).await;
    assert_eq!((&run["status"], &run["stopped"]), (&json!("completed"), &json!("asked")), "{run}");
    assert!(run["adapterDigest"].is_string(), "{run}");
}

#[tokio::test]
async fn a_run_in_the_queue_does_not_begin_while_the_one_before_it_is_discarded() {
    let desk = Desk::new(Home::new()).await;
    let first = desk.train("first", 400).await;
    let held = Held::worker(&desk.home);
    let source = desk.home.path("source.db").display().to_string();
    let second = desk.home.start(["train", "--db-path", &source, "--epochs", "1", "--run-id", "second"]);
    desk.window.text_that(&id("history-row"), |row| row.contains("second")).await;
    // The run is in the queue; a command that waits for it would take the folder over and begin it.
    second.kill();
    desk.close();
    desk.window.text_that(&id("closing-question"), |text| text.contains("waits in the queue")).await;
    drop(held);
    desk.window.click_away(&id("closing-discard")).await;
    first.wait();
    desk.home.is_left().await;

    let (_server, http) = desk.home.serve();
    let runs = http.get("/api/v1/runs").await.expect(200);
    let mut events = http.events("/api/v1/events").await;
    let run = ended(&mut events, runs[0]["id"].as_str().expect("a run has an id")).await;
    assert_eq!(run["status"], "completed", "it begins with the next start, and was not interrupted");
}

#[tokio::test]
async fn without_a_tray_a_run_is_finished_in_the_background_and_a_second_start_brings_the_window_back() {
    let desk = Desk::new(Home::new()).await;
    let command = desk.train("background", 400).await;
    let held = Held::worker(&desk.home);
    desk.close();
    desk.window.click_away(&id("closing-background")).await;
    desk.goes_out_of_sight().await;

    let second = desk.home.start_on(&desk.display, NOTHING).wait();
    assert_eq!(second.code, Some(0), "{second:?}");
    desk.comes_into_sight().await;

    desk.close();
    desk.window.click_away(&id("closing-background")).await;
    desk.goes_out_of_sight().await;
    drop(held);
    assert_eq!(command.wait().code, Some(0));
    desk.home.is_left().await;
    assert_eq!(only_run(&desk.home).await["status"], "completed");
}

#[tokio::test]
async fn with_a_tray_the_icon_keeps_the_run_and_its_end_is_told_with_two_next_steps() {
    let bus = DesktopBus::start().await;
    let desk = Desk::new(Home::with_desktop(&bus)).await;
    let command = desk.train("in-the-tray", 400).await;
    let held = Held::worker(&desk.home);
    desk.close();
    desk.window.text_that(&id("closing-question"), |text| text.contains("stays in the tray")).await;
    desk.window.click_away(&id("closing-background")).await;
    desk.goes_out_of_sight().await;
    bus.tray_entry(|label| label.starts_with("Training in-the-tray: ")).await;
    drop(held);
    assert_eq!(command.wait().code, Some(0));

    let notice = bus.notice().await;
    assert_eq!(notice.title, "Run in-the-tray is done");
    assert!(notice.text.contains("1600 of 1600 steps"), "{notice:?}");
    for step in ["compare", "export"] {
        assert!(notice.actions.iter().any(|action| action == step), "{notice:?} offers no {step}");
    }
    bus.tray_entry(|label| label == "No active run").await;
    bus.press("export").await;
    desk.comes_into_sight().await;
    desk.window.click(&id("export-write")).await;
    desk.window.text_that(&id("export"), |text| text.contains("PeftModel.from_pretrained")).await;
    let exported = desk.home.data().join("exports/in-the-tray/adapter_model.safetensors");
    assert!(exported.is_file(), "{} is missing", exported.display());

    bus.choose("Quit").await;
    desk.home.is_left().await;
}

#[tokio::test]
async fn the_system_asks_in_place_of_a_page_that_hangs() {
    let desk = Desk::new(Home::new()).await;
    let _command = desk.train("long", 400).await;
    let _held = Held::worker(&desk.home);
    let page = Held::page(&desk.home);
    desk.close();
    let asked = until(|| async { desk.sees("Close Attune?").then_some(()).ok_or_else(String::new) });
    asked.await.expect("a dialog of the system asks");
    // As the cross in the dialog's corner does: the window stays.
    X11::connect(&desk.display).close("Close Attune?");
    drop(page);
    desk.window.text_that("footer", |text| text.contains("Training")).await;
    assert!(desk.is_seen(), "the window stays where it is");
}

/// A person with an open window.
struct Desk {
    home: Home,
    display: Xvfb,
    window: WebDriver,
}

impl Desk {
    async fn new(home: Home) -> Self {
        let display = Xvfb::start();
        let window = WebDriver::open(&home, &display, Home::program(), &NOTHING).await;
        window.text_that("footer", |text| text.contains("No active run")).await;
        Self { home, display, window }
    }

    /// Starts a run in the window's process and waits until it trains.
    async fn train(&self, name: &str, epochs: u32) -> Attune {
        let (source, epochs) = (small_source(&self.home), epochs.to_string());
        let arguments =
            ["train", "--db-path", &source, "--epochs", &epochs, "--batch-size", "1", "--run-id", name];
        let command = self.home.start(arguments);
        self.window
            .text_that("footer", |text| text.contains("Training") && !text.contains("Training 0"))
            .await;
        command
    }

    fn close(&self) {
        X11::connect(&self.display).close(TITLE);
    }

    fn sees(&self, title: &str) -> bool {
        X11::connect(&self.display).shows(title)
    }

    fn is_seen(&self) -> bool {
        self.sees(TITLE)
    }

    async fn goes_out_of_sight(&self) {
        let gone = until(|| async { (!self.is_seen()).then_some(()).ok_or_else(String::new) });
        gone.await.expect("the window goes out of sight");
    }

    async fn comes_into_sight(&self) {
        let back = until(|| async { self.is_seen().then_some(()).ok_or_else(String::new) });
        back.await.expect("the window comes into sight");
    }
}

/// The run that the next owner of the data folder finds.
async fn only_run(home: &Home) -> Value {
    let (_server, http) = home.serve();
    let runs = http.get("/api/v1/runs").await.expect(200);
    assert_eq!(runs.as_array().map(Vec::len), Some(1), "{runs}");
    runs[0].clone()
}

//! The switch of the local web address: a window opens, moves and closes its listener, and remembers.

use std::net::TcpListener;

use serde_json::json;
use tokio::net::TcpStream;

use super::id;
use crate::support::{Home, Http, WebDriver, Xvfb, until};

const NOTHING: [&str; 0] = [];
const SWITCH: &str = "[data-testid=listener-switch]";
const PORT: &str = "[data-testid=listener-port]";

#[tokio::test]
async fn the_local_address_is_switched_on_survives_a_restart_and_is_switched_off() {
    let home = Home::new();
    let display = Xvfb::start();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port of the test's own");
    let taken_port = taken.local_addr().expect("a bound listener has an address").port();
    let window = settings_of(&home, &display).await;

    // A taken port is said at its field, with the way out, and nothing is switched.
    window.type_text(PORT, &taken_port.to_string()).await;
    window.click(SWITCH).await;
    let wrong = format!("port {taken_port} is taken");
    window.text_that("main", |page| page.contains(&wrong) && page.contains("Choose another port")).await;
    assert_eq!(is_on(&window).await, json!(false));

    drop(taken);
    window.click(SWITCH).await;
    let address = window.text_that(&id("address"), |address| address.starts_with("http://127.0.0.1:")).await;
    assert_eq!(address, format!("http://127.0.0.1:{taken_port}"));
    let http = Http::new(&address);
    assert_eq!(http.get("/api/v1/status").await.expect(200)["owner"]["kind"], "window");
    let mut events = http.events("/api/v1/events").await;
    events.next_that(|event| event.name == "snapshot").await;
    let foreign = [("host", "attacker.example")];
    http.send("GET".parse().unwrap(), "/api/v1/status", &foreign, "").await.expect(403);
    window.close().await;
    home.is_left().await;

    let window = settings_of(&home, &display).await;
    let again = window.text_that(&id("address"), |address| !address.is_empty()).await;
    assert_eq!(again, address, "it was left on");
    let mut events = http.events("/api/v1/events").await;
    events.next_that(|event| event.name == "snapshot").await;
    window.click(SWITCH).await;
    while events.next().await.is_some() {}
    let closed = until(|| async {
        match TcpStream::connect(("127.0.0.1", taken_port)).await {
            Ok(_) => Err("somebody still listens".to_owned()),
            Err(_) => Ok(()),
        }
    });
    closed.await.expect("switched off, nobody listens");
    window.text_that("main", |page| page.contains("It does not listen.")).await;
    window.close().await;
    home.is_left().await;

    let window = settings_of(&home, &display).await;
    window.text_that("main", |page| page.contains("It does not listen.")).await;
    window.close().await;
}

#[tokio::test]
async fn a_window_opens_although_its_port_is_taken_and_says_why_it_does_not_listen() {
    let home = Home::new();
    let display = Xvfb::start();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port of the test's own");
    let port = taken.local_addr().expect("a bound listener has an address").port();
    std::fs::create_dir(home.data()).expect("the data folder is the test's own");
    let variables = format!("ATTUNE_LISTENER_ENABLED=on\nATTUNE_LISTENER_PORT={port}\n");
    std::fs::write(home.data().join(".env.local"), variables).expect("a file in the test's own folder");
    let window = settings_of(&home, &display).await;
    let said = format!("port {port} is taken by another program");
    window.text_that("main [role=alert]", |alert| alert.contains(&said)).await;
    window.close().await;
}

async fn settings_of(home: &Home, display: &Xvfb) -> WebDriver {
    let window = WebDriver::open(home, display, Home::program(), &NOTHING).await;
    window.click("a[href='#settings']").await;
    window.find(SWITCH).await;
    window
}

async fn is_on(window: &WebDriver) -> serde_json::Value {
    window.execute("return document.querySelector(arguments[0]).checked", &[json!(SWITCH)]).await
}

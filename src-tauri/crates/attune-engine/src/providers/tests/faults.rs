//! Each way to fail is a type with its count, and the requests behind it are as many as they should be.

use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::fault_server::{answer, piece};
use super::{Fate, FaultServer, Piece, client, patience, request, without_waiting};
use crate::providers::client::{Completed, Exchange};
use crate::providers::{BaseUrl, Client, EndpointError, Patience, Usage};

fn ask(server: &FaultServer, stream: bool) -> Exchange {
    client(&server.base(), None).chat(&request(stream), &AtomicBool::new(false))
}

/// The failure of a first request that gets this fate, and how many requests were sent.
fn failure(fate: Fate, stream: bool) -> (EndpointError, usize) {
    let server = FaultServer::start([fate.clone()]).otherwise(fate);
    let failed = ask(&server, stream).said.unwrap_err();
    (failed, server.seen().len())
}

#[test]
fn an_answer_is_the_same_whole_and_in_pieces() {
    for (fate, stream) in [(Fate::says("A line."), false), (Fate::streams(&["A ", "", "line", "."]), true)] {
        let server = FaultServer::start([fate]);
        let exchange = ask(&server, stream);
        let completed = Completed { text: "A line.".to_owned(), by_length: false };
        assert_eq!(exchange.said.unwrap(), completed);
        assert_eq!(exchange.usage.unwrap().prompt_tokens, 11);
        let seen = &server.seen()[0];
        assert_eq!(seen.line, "POST /v1/chat/completions");
        assert_eq!((&seen.body["model"], &seen.body["stream"]), (&json!("small"), &json!(stream)));
        assert_eq!((&seen.body["max_tokens"], &seen.body["seed"]), (&json!(100), &json!(7)));
    }
}

#[test]
fn servers_that_leave_things_out_are_understood() {
    let without_end = Fate::stream([piece("A"), json!({"choices": [{"finish_reason": "stop"}]}).to_string()]);
    let without_reason = Fate::stream([piece("A"), "[DONE]".to_owned()]);
    let no_stream_at_all = Fate::says("A");
    let alive = Fate::begins(&["A"]).then(Piece::Bytes(b": alive\r\n\r\ndata: [DONE]\r\n\r\n".to_vec()));
    for fate in [without_end, without_reason, no_stream_at_all, alive] {
        let server = FaultServer::start([fate.clone()]);
        assert_eq!(ask(&server, true).said.unwrap().text, "A", "{fate:?}");
    }
    let server = FaultServer::start([Fate::json(200, &json!({"choices": [{"message": {"content": "A"}}]}))]);
    let exchange = ask(&server, false);
    assert_eq!((exchange.said.unwrap().text.as_str(), exchange.usage), ("A", None));
}

#[test]
fn each_status_is_a_failure_of_its_own_and_only_some_are_tried_again() {
    for (fate, counted_as, requests) in [
        (Fate::fails(401, "invalid_api_key", "Wrong key"), "key", 1),
        (Fate::fails(403, "training_not_available", "Not you"), "forbidden", 1),
        (Fate::fails(404, "model_not_found", "No such model"), "not_found", 1),
        (Fate::fails(429, "rate_limit_exceeded", "Slow down"), "rate_limited", 4),
        (Fate::fails(429, "insufficient_quota", "Pay first"), "credit_spent", 1),
        (Fate::fails(402, "x", "Pay first"), "credit_spent", 1),
        (Fate::fails(500, "server_error", "Oops"), "server_failed", 4),
        (Fate::fails(503, "overloaded", "Busy"), "server_failed", 4),
        (Fate::fails(501, "x", "Never"), "server_failed", 1),
        (Fate::fails(400, "context_length_exceeded", "Too long"), "request_refused", 1),
        (Fate::text(500, "text/html", "<html>Oops</html>"), "server_failed", 4),
        (Fate::json(302, &Value::Null).header("Location", "http://127.0.0.1:1/v1"), "redirected", 1),
    ] {
        for stream in [false, true] {
            let (failed, sent) = failure(fate.clone(), stream);
            assert_eq!((failed.counted_as(), sent), (counted_as, requests), "{fate:?}: {failed}");
            assert!(!failed.hint().is_empty());
        }
    }
    let (failed, _) = failure(Fate::fails(429, "insufficient_quota", "Pay\u{1b}[2J first\nplease"), false);
    assert!(failed.to_string().ends_with("the credit is spent: \"Pay[2J first please\""), "{failed}");
}

#[test]
fn a_server_that_recovers_is_asked_again_after_what_it_asked_for() {
    let busy =
        |after: &str| Fate::fails(429, "rate_limit_exceeded", "Slow down").header("Retry-After", after);
    let server =
        FaultServer::start([busy("0"), busy("1"), Fate::fails(503, "x", "x"), Fate::streams(&["A"])]);
    let (retries, waits) = without_waiting();
    let client = Client::new(BaseUrl::parse(&server.base()).unwrap(), None, patience(), retries).unwrap();
    let exchange = client.chat(&request(true), &AtomicBool::new(false));
    assert_eq!(exchange.said.unwrap().text, "A");
    let waits = waits.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert_eq!((waits.len(), waits[0]), (3, Duration::ZERO));
    assert!(waits[1] >= Duration::from_secs(1) && waits[1] <= Duration::from_millis(1250), "{waits:?}");
}

#[test]
fn a_server_that_asks_for_an_hour_is_not_waited_for() {
    let (failed, sent) = failure(Fate::fails(429, "x", "Later").header("Retry-After", "3600"), false);
    assert!(matches!(failed, EndpointError::RateLimited { asked_to_wait: Some(3600.0), attempts: 1, .. }));
    assert_eq!(sent, 1);
    let past = Fate::fails(503, "x", "Now").header("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT");
    let server = FaultServer::start([past, Fate::says("A")]);
    assert_eq!(ask(&server, false).said.unwrap().text, "A");
}

#[test]
fn what_may_have_been_paid_for_is_asked_for_once() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream\r\n\r\n";
    let half_a_chunk = format!("{chunked}40\r\ndata: {}", piece("A"));
    let torn = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{\"a\": 1";
    for (fate, stream, counted_as) in [
        (Fate::nothing(), true, "cut_off"),
        (Fate::begins(&["A ", "half"]), true, "cut_off"),
        (Fate::raw(&half_a_chunk), true, "cut_off"),
        (Fate::raw(torn), false, "cut_off"),
        (Fate::text(200, "application/json", "{\"choices\": ["), false, "malformed"),
        (Fate::raw("SSH-2.0-OpenSSH\r\n\r\n"), true, "malformed"),
    ] {
        let (failed, sent) = failure(fate.clone(), stream);
        assert_eq!((failed.counted_as(), sent), (counted_as, 1), "{fate:?}: {failed}");
    }
    let (failed, _) = failure(Fate::begins(&["A ", "half"]), true);
    assert!(matches!(failed, EndpointError::CutOff { characters: 6, .. }), "{failed}");
}

#[test]
fn lies_and_garbage_are_counted_and_no_answer() {
    let whole = |body: Value| (Fate::json(200, &body), false);
    let pieces = |data: &[&str]| (Fate::stream(data), true);
    let good = piece("A");
    for ((fate, stream), counted_as) in [
        (whole(json!({})), "malformed"),
        (whole(json!([1, 2])), "malformed"),
        (whole(json!({"choices": []})), "malformed"),
        (whole(json!({"choices": [{"message": {"content": {"a": 1}}}]})), "malformed"),
        (whole(json!({"error": {"message": "Oops"}})), "reported"),
        (whole(json!({"error": "Oops"})), "reported"),
        ((Fate::text(200, "application/json", "<html>not JSON</html>"), false), "malformed"),
        ((Fate::text(200, "text/html", "<html>a login page</html>"), false), "malformed"),
        ((Fate::text(200, "text/html", "<html>a login page</html>"), true), "cut_off"),
        (pieces(&[&good, "{garbage"]), "malformed"),
        (pieces(&[&good, "7"]), "malformed"),
        (pieces(&[&good, "{\"choices\": 7}"]), "malformed"),
        (pieces(&[&good, "{\"error\": {\"message\": \"Out of memory\"}}"]), "reported"),
        ((Fate::begins(&["A"]).then(Piece::Bytes(b"data: \xff\xfe\n\n".to_vec())), true), "malformed"),
        (pieces(&[]), "cut_off"),
    ] {
        let (failed, sent) = failure(fate.clone(), stream);
        assert_eq!((failed.counted_as(), sent), (counted_as, 1), "{fate:?}: {failed}");
    }
}

#[test]
fn refusals_and_empty_texts_are_counted_with_the_tokens_they_used() {
    let refusal = json!({"content": null, "refusal": "I cannot help with that."});
    for (fate, counted_as) in [
        (Fate::json(200, &answer(refusal, "stop")), "refusal"),
        (Fate::json(200, &answer(json!({"content": "A"}), "content_filter")), "refusal"),
        (Fate::says(""), "empty"),
        (Fate::says(" \n\t"), "empty"),
        (Fate::json(200, &answer(json!({"content": null, "reasoning_content": "Hm"}), "length")), "empty"),
    ] {
        let server = FaultServer::start([fate.clone()]);
        let exchange = ask(&server, false);
        let failed = exchange.said.unwrap_err();
        assert_eq!(failed.counted_as(), counted_as, "{fate:?}: {failed}");
        assert_eq!(exchange.usage, Some(Usage { prompt_tokens: 11, completion_tokens: 5 }));
    }
    let streamed = Fate::stream([
        json!({"choices": [{"delta": {"refusal": "No."}, "finish_reason": "stop"}]}).to_string(),
    ]);
    assert_eq!(failure(streamed, true).0.counted_as(), "refusal");
    assert_eq!(failure(Fate::streams(&[]), true).0.counted_as(), "empty");
}

#[test]
fn an_endless_answer_is_cut_and_its_connection_closed() {
    let endless = |bytes: Vec<u8>| Fate::begins(&["A"]).then(Piece::Forever(bytes));
    for fate in [
        endless(format!("data: {}\n\n", piece(&"word ".repeat(20))).into_bytes()),
        endless(b": nothing but comments\n".repeat(1000)),
    ] {
        let server = FaultServer::start([fate]);
        let failed = ask(&server, true).said.unwrap_err();
        assert_eq!(failed.counted_as(), "endless", "{failed}");
        server.wait_until_left();
    }
    let (failed, _) = failure(Fate::says(&"word ".repeat(10_000)), false);
    assert_eq!(failed.counted_as(), "endless", "{failed}");
    let (failed, _) = failure(endless(b"x".repeat(1000)), true);
    assert_eq!(failed.counted_as(), "malformed", "{failed}");
}

#[test]
fn silence_and_slowness_end_after_their_time() {
    let short = Duration::from_millis(150);
    let long = Duration::from_secs(60);
    let ask = |fate: Fate, patience: Patience, stream: bool| {
        let server = FaultServer::start([fate]);
        let base = BaseUrl::parse(&server.base()).unwrap();
        let client = Client::new(base, None, patience, without_waiting().0).unwrap();
        let failed = client.chat(&request(stream), &AtomicBool::new(false)).said.unwrap_err();
        assert_eq!((failed.counted_as(), server.seen().len()), ("timeout", 1), "{failed}");
        server.wait_until_left();
        failed
    };
    let silence = Patience { connection: long, silence: short, answer: long };
    let first = ask(Fate::nothing().then(Piece::Silence), silence, true);
    assert!(
        matches!(first, EndpointError::Silent { waiting_for: "it was to begin its answer", .. }),
        "{first}"
    );
    let later = ask(Fate::begins(&["A"]).then(Piece::Silence), silence, true);
    assert!(
        matches!(later, EndpointError::Silent { waiting_for: "it was to go on with its answer", .. }),
        "{later}"
    );
    let whole = Patience { connection: long, silence: long, answer: short };
    for stream in [true, false] {
        let slow = ask(Fate::begins(&["A"]).then(Piece::Silence), whole, stream);
        assert!(matches!(slow, EndpointError::TooSlow { .. }), "{slow}");
    }
}

#[test]
fn a_server_that_is_not_there_is_tried_a_few_times() {
    let address = FaultServer::start([]).base();
    let (retries, waits) = without_waiting();
    let client = Client::new(BaseUrl::parse(&address).unwrap(), None, patience(), retries).unwrap();
    let failed = client.chat(&request(true), &AtomicBool::new(false)).said.unwrap_err();
    // Who connects while the listener is closing may still be let in and dropped.
    assert!(["unreachable", "cut_off"].contains(&failed.counted_as()), "{failed}");
    let failed = client.models(&AtomicBool::new(false)).unwrap_err();
    assert!(matches!(failed, EndpointError::Unreachable { .. }), "{failed}");
    assert!(waits.lock().unwrap_or_else(PoisonError::into_inner).len() >= 3);
}

#[test]
fn a_wish_to_stop_closes_the_connection_with_the_next_piece_and_sends_nothing_more() {
    let stop = AtomicBool::new(false);
    let server = FaultServer::start([
        Fate::begins(&["A"]).then(Piece::Forever(format!("data: {}\n\n", piece("")).into_bytes()))
    ]);
    let client = client(&server.base(), None);
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| client.chat(&request(true), &stop).said);
        while server.seen().is_empty() {
            std::thread::yield_now();
        }
        stop.store(true, Ordering::Relaxed);
        assert!(matches!(asking.join().unwrap(), Err(EndpointError::Stopped)));
    });
    server.wait_until_left();
    assert!(matches!(client.chat(&request(true), &stop).said, Err(EndpointError::Stopped)));
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn models_are_listed_in_the_shapes_that_servers_give_them() {
    let model = |id: &str| json!({"id": id, "object": "model"});
    for list in [
        json!({"object": "list", "data": [model("b"), model("a")]}),
        json!([model("b"), {"name": "no id"}, {"id": ""}, 7, model("a")]),
    ] {
        let server = FaultServer::start([Fate::json(200, &list)]);
        let models = client(&server.base(), None).models(&AtomicBool::new(false)).unwrap();
        assert_eq!(models.iter().map(|model| model.id.as_str()).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(server.seen()[0].line, "GET /v1/models");
    }
    let dated = json!({"data": [
        {"id": "a", "shutdown_date": "2027-01-14"}, {"id": "b", "shutdown_date": "soon"}, {"id": "c", "shutdown_date": null}
    ]});
    let server = FaultServer::start([Fate::json(200, &dated)]);
    let days = client(&server.base(), None).models(&AtomicBool::new(false)).unwrap();
    let days: Vec<_> = days.into_iter().map(|model| model.shutdown_date).collect();
    assert_eq!(days, [Some("2027-01-14".to_owned()), None, None]);
    for lie in [json!({"data": 7}), json!("a"), json!({"error": {"message": "Oops"}})] {
        let server = FaultServer::start([Fate::json(200, &lie)]);
        client(&server.base(), None).models(&AtomicBool::new(false)).unwrap_err();
    }
}

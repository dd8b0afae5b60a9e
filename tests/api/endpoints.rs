//! Endpoints through the API: set up, looked at, written with, and deleted.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use serde_json::{Value, json};

use crate::support::{Home, Http};

const STORY: &str =
    "The lighthouse keeper found the old map. She followed it to the sea, and the sea answered.";
/// What the server asks for.
pub(crate) const KEY: &str = "sk-canary-0123456789";

/// A server on 127.0.0.1 that has one model and answers every conversation with [`STORY`], for bearers of [`KEY`].
pub(crate) fn endpoint() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}/v1", listener.local_addr().expect("a bound socket has an address"));
    std::thread::spawn(move || {
        for connection in listener.incoming().map_while(Result::ok) {
            // A client that leaves is none of these tests' business.
            std::thread::spawn(move || drop(answer(&connection)));
        }
    });
    address
}

fn answer(mut connection: &TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    reader.read_exact(&mut vec![0; length])?;
    let (status, kind, body) = if !head.contains(&format!("Bearer {KEY}")) {
        let refusal = json!({"error": {"message": "You did not provide a key", "code": "invalid_api_key"}});
        (401, "application/json", refusal.to_string())
    } else if head.starts_with("GET /v1/models ") {
        (200, "application/json", json!({"data": [{"id": "small"}]}).to_string())
    } else {
        let delta = json!({"choices": [{"delta": {"content": STORY}, "finish_reason": "stop"}]});
        let usage = json!({"choices": [], "usage": {"prompt_tokens": 50, "completion_tokens": 20}});
        (200, "text/event-stream", format!("data: {delta}\n\ndata: {usage}\n\ndata: [DONE]\n\n"))
    };
    let length = body.len();
    write!(
        connection,
        "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

fn new(name: &str, base_url: &str) -> Value {
    let id = format!("end_{}", ulid::Ulid::generate());
    json!({"id": id, "name": name, "baseUrl": base_url, "model": "small"})
}

#[tokio::test]
async fn an_endpoint_is_set_up_looked_at_tried_and_deleted() {
    let home = Home::new();
    let base_url = endpoint();
    std::fs::create_dir_all(home.data()).expect("a data folder");
    let variables = format!("OPENAI_API_KEY={KEY}\nOPENAI_BASE_URL={base_url}\n");
    std::fs::write(home.data().join(".env.local"), variables).expect("variables");
    let (_attune, http) = home.serve();

    let wanted = new("Mine", &format!("{base_url}/"));
    let kept = http.post("/api/v1/endpoints", &wanted).await.expect(201);
    assert_eq!((&kept["baseUrl"], &kept["local"]), (&json!(base_url), &json!(true)));
    assert_eq!(http.post("/api/v1/endpoints", &wanted).await.expect(200), kept);
    let refused = http.post("/api/v1/endpoints", &new("Mine", &base_url)).await.expect(409);
    assert_eq!(refused["field"], "name");
    let refused = http.post("/api/v1/endpoints", &new("Other", "nowhere")).await.expect(422);
    assert_eq!(refused["field"], "baseUrl");
    assert_eq!(http.get("/api/v1/endpoints").await.expect(200), json!([kept]));

    let models = http.post("/api/v1/endpoints/models", &json!({"baseUrl": base_url})).await.expect(200);
    assert_eq!(models, json!([{"id": "small", "shutdownDate": null}]));
    let path = format!("/api/v1/endpoints/{}", kept["id"].as_str().expect("an id"));
    let key = http.get(&format!("{path}/key")).await.expect(200);
    assert_eq!(key, json!({"source": "environment", "problem": null}));
    let check = http.post(&format!("{path}/check"), &json!({})).await.expect(200);
    assert_eq!((&check["listsTheModel"], &check["key"]), (&json!(true), &json!("environment")));
    let trial = http.post(&format!("{path}/trial"), &json!({})).await.expect(200);
    assert_eq!((&trial["text"], &trial["tokens"]), (&json!(STORY), &json!(20)));

    // It writes a batch, and the key is in nothing that is told.
    let generator = json!({"kind": "endpoint", "endpoint": kept["id"]});
    let wanted = json!({"numExamples": 1, "genres": ["mystery"], "generators": [generator]});
    let preview = http.post("/api/v1/batches/preview", &wanted).await.expect(200);
    assert_eq!(preview["examples"][0]["output"], STORY);
    assert!(!preview.to_string().contains(KEY), "{preview}");

    assert_eq!(cost(&http, &wanted).await, json!(0), "what runs here is free");
    let elsewhere = json!({"name": "Yours", "baseUrl": "https://api.example/v1", "model": "large"});
    let changed = http.put(&path, &elsewhere).await.expect(200);
    assert_eq!((&changed["id"], &changed["local"]), (&kept["id"], &json!(false)));
    assert_eq!(http.get("/api/v1/endpoints").await.expect(200), json!([changed]));
    assert_eq!(cost(&http, &wanted).await, Value::Null, "nobody knows what another takes for it");
    let key = http.get(&format!("{path}/key")).await.expect(200);
    assert_eq!(key["source"], Value::Null, "the key is for another address");

    http.delete(&path).await.expect(200);
    http.put(&path, &elsewhere).await.expect(404);
    http.delete(&path).await.expect(404);
    assert_eq!(http.get("/api/v1/endpoints").await.expect(200), json!([]));
}

async fn cost(http: &Http, wanted: &Value) -> Value {
    http.post("/api/v1/batches/estimate", wanted).await.expect(200)["costMicroDollars"].clone()
}

#[tokio::test]
async fn a_server_that_refuses_and_one_that_is_not_there_are_problems_with_a_way_out() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    // Its key is nobody's here.
    let base_url = endpoint();
    let ask = async |wanted: Value| http.post("/api/v1/endpoints/models", &wanted).await;
    let refused = ask(json!({"baseUrl": base_url})).await.expect(500);
    assert!(refused["message"].as_str().is_some_and(|why| why.contains("(401)")), "{refused}");
    assert!(refused["hint"].as_str().is_some_and(|hint| hint.contains("OPENAI_API_KEY")), "{refused}");
    let models = ask(json!({"baseUrl": base_url, "key": KEY})).await.expect(200);
    assert_eq!(models[0]["id"], "small", "a key that is typed looks before it is kept");
    let refused = ask(json!({"baseUrl": "http://me:word@x/v1"})).await.expect(422);
    assert_eq!(refused["field"], "baseUrl");
    http.post("/api/v1/endpoints/end_none/check", &json!({})).await.expect(404);
}

//! The listener: it answers this computer's programs and its own page, and nobody else.

use serde_json::json;

use crate::support::Home;

#[tokio::test]
async fn a_foreign_page_gets_nothing() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let own = http.address();
    let foreign: [&[(&str, &str)]; 5] = [
        &[("host", "attacker.example")],
        &[("origin", "https://attacker.example")],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
    ];
    for headers in foreign {
        for path in ["/api/v1/status", "/", "/api/v1/events"] {
            let answer = http.send("GET".parse().unwrap(), path, headers, "").await;
            assert_eq!(answer.expect(403)["code"], "forbidden", "{headers:?} {path}");
        }
    }
    let page = [("origin", own.as_str()), ("sec-fetch-site", "same-origin")];
    http.send("GET".parse().unwrap(), "/api/v1/status", &page, "").await.expect(200);
}

#[tokio::test]
async fn a_body_that_is_not_declared_as_json_is_refused() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    for declared in ["text/plain", "application/x-www-form-urlencoded"] {
        let headers = [("content-type", declared)];
        let answer =
            http.send("POST".parse().unwrap(), "/api/v1/generate", &headers, "{\"prompt\":\"a\"}").await;
        assert_eq!(answer.expect(415)["code"], "unsupported_media_type");
    }
    let headers = [("content-type", "application/json")];
    let broken = http.send("POST".parse().unwrap(), "/api/v1/generate", &headers, "{\"prompt\":").await;
    assert_eq!(broken.expect(400)["code"], "invalid");
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems_too() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let missing = http.get("/api/v1/nothing").await;
    assert_eq!(missing.header("content-type"), Some("application/problem+json"));
    assert_eq!(missing.expect(404)["code"], "not_found");
    for query in ["limit=many", "limt=3"] {
        let parameters = http.get(&format!("/api/v1/runs?{query}")).await;
        assert_eq!(parameters.expect(422)["code"], "invalid", "{query}");
    }
    let method = http.send("DELETE".parse().unwrap(), "/api/v1/status", &[], "").await;
    assert_eq!(method.expect(405)["code"], "method_not_allowed");
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_confine_the_page() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let page = http.get("/").await;
    assert_eq!(page.status, 200);
    // Written down a second time: what the page may load is widened on purpose or not at all.
    let policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                  font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; \
                  form-action 'self'";
    assert_eq!(page.header("content-security-policy"), Some(policy));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(http.get("/api/v1/status").await.expect(200)["owner"]["address"], json!(http.address()));
}

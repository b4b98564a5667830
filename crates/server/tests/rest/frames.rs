//! A call button in a frame: which pages may show it, and what may be done from inside.

use reqwest::Method;
use serde_json::json;

use crate::support::{TestServer, send};

/// Status, policy and body of a frame.
async fn frame(server: &TestServer, path: &str, dest: &str) -> (u16, String, String) {
    let request = server
        .request(Method::GET, path)
        .header("sec-fetch-dest", dest);
    let answer = request.send().await.unwrap();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("permissions-policy").starts_with("microphone=(self), camera=(self)"));
    let policy = header("content-security-policy");
    (
        answer.status().as_u16(),
        policy,
        answer.text().await.unwrap(),
    )
}

async fn button(server: &TestServer, origins: &[&str]) -> (String, String) {
    let name = format!("Button {}", origins.join(" "));
    server
        .button(json!({"name": name, "destination": "/public/network-test", "allowed_origins": origins}))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_button_s_pages_may_show_its_frame() {
    let server = TestServer::start().await;
    let (_, token) = button(
        &server,
        &["https://shop.example.com", "https://*.example.org"],
    )
    .await;
    let path = format!("/embed/{token}?label=Talk%20to%20%3Cus%3E&audio-only&scheme=dark");
    let (status, policy, body) = frame(&server, &path, "iframe").await;
    assert_eq!(status, 200);
    assert!(
        policy.ends_with("frame-ancestors https://shop.example.com https://*.example.org"),
        "{policy}"
    );
    assert!(
        policy.contains("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'"),
        "{policy}"
    );
    assert!(
        body.contains(&format!(
            "token=\"{token}\" heading=\"Talk to &lt;us&gt;\" audio-only"
        )),
        "{body}"
    );
    assert!(body.contains("data-theme=\"dark\""), "{body}");
    // Opened by itself it would be a page for everybody.
    assert_eq!(frame(&server, &path, "document").await.0, 403);

    let (_, anywhere) = button(&server, &["*"]).await;
    let path = format!("/embed/{anywhere}");
    let (status, policy, _) = frame(&server, &path, "document").await;
    assert_eq!(status, 200);
    assert!(policy.ends_with("frame-ancestors *"), "{policy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_disabled_buttons_have_no_frame() {
    let server = TestServer::start().await;
    let (id, token) = button(&server, &["*"]).await;
    let path = format!("/api/fabric/resources/click_to_call/{id}");
    let (status, _) = server
        .backend(Method::PATCH, &path, json!({"enabled": false}))
        .await;
    assert_eq!(status, 200);
    for token in [
        token.as_str(),
        "c2c_00000000000000000000000000000000",
        "x",
        "%3Cscript%3E",
    ] {
        let (status, _, body) = frame(&server, &format!("/embed/{token}"), "iframe").await;
        assert_eq!(status, 404, "{token}");
        assert!(
            body.contains("not active any more") && !body.contains("<script>"),
            "{body}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_frame_itself_may_exchange_whatever_the_origins_and_no_other_page_may() {
    let server = TestServer::start().await;
    let (_, token) = button(&server, &["https://shop.example.com"]).await;
    let own = server.server.ready().http.replace("127.0.0.1", "localhost");
    for (origin, expected) in [
        (own.as_str(), 201),
        ("https://shop.example.com", 201),
        ("https://elsewhere.example.com", 403),
        ("null", 403),
    ] {
        let request = server
            .request(Method::POST, "/api/fabric/embeds/tokens")
            .header("origin", origin);
        let (status, body) = send(request, json!({ "token": token })).await;
        assert_eq!(status, expected, "{origin}: {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_are_limited_by_network() {
    let server = TestServer::start_with(|settings| settings.exchanges_per_minute = Some(2)).await;
    let (_, token) = button(&server, &["*"]).await;
    let mut answers = Vec::new();
    for _ in 0..3 {
        let request = server.request(Method::GET, &format!("/embed/{token}"));
        answers.push(request.send().await.unwrap().status().as_u16());
    }
    assert_eq!(answers, [200, 200, 429]);
}

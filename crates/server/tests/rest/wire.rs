//! What holds for every request: cross-origin headers, limits, refusals, health, metrics.

use offhook_proto::limits;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::TestServer;

#[tokio::test(flavor = "multi_thread")]
async fn preflights_are_answered_for_every_path() {
    let server = TestServer::start().await;
    for path in [
        "/api/fabric/subscriber/info",
        "/api/fabric/embeds/tokens",
        "/api/fabric/addresses/x",
        "/js/offhook.mjs",
        "/nowhere",
    ] {
        let request = server
            .request(Method::OPTIONS, path)
            .header("origin", "https://shop.example.com");
        let request = request
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 204, "{path}");
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("access-control-allow-origin"), "*");
        for method in ["GET", "POST", "OPTIONS"] {
            assert!(header("access-control-allow-methods").contains(method));
        }
        for name in ["authorization", "content-type", "accept"] {
            assert!(header("access-control-allow-headers").contains(name));
        }
        assert!(header("access-control-max-age").parse::<u64>().unwrap() > 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_can_be_read_by_every_origin_and_refusals_are_json() {
    let server = TestServer::start().await;
    for (method, path, status, error) in [
        (
            Method::GET,
            "/api/fabric/subscriber/info",
            401,
            "Unauthorized",
        ),
        (
            Method::POST,
            "/api/fabric/guests/tokens",
            401,
            "Unauthorized",
        ),
        (Method::GET, "/api/fabric/nowhere", 404, "Not Found"),
        (Method::GET, "/api/", 404, "Not Found"),
        (Method::GET, "/demo/config.json", 404, "Not Found"),
        (
            Method::DELETE,
            "/api/fabric/subscriber/info",
            405,
            "Method Not Allowed",
        ),
        (
            Method::PATCH,
            "/api/fabric/embeds/tokens",
            405,
            "Method Not Allowed",
        ),
        (Method::POST, "/js/offhook.mjs", 405, "Method Not Allowed"),
        (
            Method::OPTIONS,
            "/api/fabric/subscriber/info",
            405,
            "Method Not Allowed",
        ),
    ] {
        let response = server
            .request(method.clone(), path)
            .header("origin", "https://a.example")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status().as_u16(), status, "{method} {path}");
        assert_eq!(
            response.headers()["access-control-allow-origin"],
            "*",
            "{method} {path}"
        );
        assert!(
            response.headers()["access-control-expose-headers"]
                .to_str()
                .unwrap()
                .contains("date")
        );
        assert_eq!(
            response.json::<Value>().await.unwrap()["error"],
            error,
            "{method} {path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_too_long_or_no_json_are_refused() {
    let server = TestServer::start().await;
    let post = async |body: Vec<u8>| {
        let request = server
            .request(Method::POST, "/api/fabric/subscribers/tokens")
            .basic_auth(&server.project_id, Some(&server.api_token));
        let response = request.body(body).send().await.unwrap();
        (
            response.status().as_u16(),
            response.json::<Value>().await.unwrap(),
        )
    };
    let long = format!("{{\"reference\":\"{}\"}}", "x".repeat(limits::BODY_BYTES));
    let (status, body) = post(long.into_bytes()).await;
    assert_eq!((status, &body["error"]), (413, &json!("Payload Too Large")));
    for body in [
        &b"{"[..],
        b"[]",
        b"5",
        b"null",
        b"\"x\"",
        b"{\"reference\":\"\xff\"}",
        b"\0",
        "[".repeat(100_000).as_bytes(),
        b"{\"reference\":1e999}",
    ] {
        let (status, answer) = post(body.to_vec()).await;
        assert_eq!(
            (status, &answer["error"]),
            (400, &json!("Bad Request")),
            "{:?}",
            &body[..body.len().min(20)]
        );
        assert!(answer["message"].is_string());
    }
    assert_eq!(post(Vec::new()).await.0, 422);
    assert_eq!(post(b"{\"reference\":\"a\\u0000b\"}".to_vec()).await.0, 422);
    let (status, _) = post(b"{\"reference\":\"ok\"}".to_vec()).await;
    assert_eq!(status, 200, "the server is still there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_unknown_length_has_the_same_limit() {
    let server = TestServer::start().await;
    let mut stream = TcpStream::connect(server.base.trim_start_matches("http://"))
        .await
        .unwrap();
    stream.write_all(b"POST /api/fabric/embeds/tokens HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n").await.unwrap();
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    // The server may close while we are still sending.
    for _ in 0..8 {
        if stream.write_all(chunk.as_bytes()).await.is_err() {
            break;
        }
    }
    let mut answer = vec![0; 64];
    let count = stream.read(&mut answer).await.unwrap_or(0);
    let answer = String::from_utf8_lossy(&answer[..count]);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_without_end_is_refused() {
    let server = TestServer::start().await;
    let mut stream = TcpStream::connect(server.base.trim_start_matches("http://"))
        .await
        .unwrap();
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\n")
        .await
        .unwrap();
    for number in 0..10_000 {
        if stream
            .write_all(format!("x-{number}: {}\r\n", "y".repeat(100)).as_bytes())
            .await
            .is_err()
        {
            break;
        }
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer);
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431"),
        "{answer}"
    );
    assert_eq!(
        server
            .request(Method::GET, "/healthz")
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn health_readiness_and_metrics() {
    let server = TestServer::start().await;
    server.subscriber("a").await;
    for (path, body) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let response = server.request(Method::GET, path).send().await.unwrap();
        assert_eq!(
            (
                response.status().as_u16(),
                response.text().await.unwrap().as_str()
            ),
            (200, body)
        );
    }
    let response = server
        .request(Method::GET, "/metrics")
        .send()
        .await
        .unwrap();
    assert!(
        response.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/plain; version=0.0.4")
    );
    let page = response.text().await.unwrap();
    for line in [
        "# TYPE offhook_http_requests_total counter",
        "offhook_http_requests_total{route=\"/api/fabric/subscribers/tokens\",method=\"POST\",status=\"200\"} 1",
        "offhook_tokens_issued_total{kind=\"subscriber\"} 1",
        "# TYPE offhook_http_request_seconds histogram",
    ] {
        assert!(
            page.lines().any(|found| found == line),
            "{line} is not in\n{page}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_for_this_machine_unless_opened() {
    let from_afar = async |server: &TestServer| {
        let request = server
            .request(Method::GET, "/metrics")
            .header("x-forwarded-for", "203.0.113.9");
        request.send().await.unwrap().status().as_u16()
    };
    let closed = TestServer::start_with(|settings| settings.trust_proxy = Some(true)).await;
    assert_eq!(from_afar(&closed).await, 403);
    let open = TestServer::start_with(|settings| {
        settings.trust_proxy = Some(true);
        settings.metrics_public = Some(true);
    })
    .await;
    assert_eq!(from_afar(&open).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_token_without_proof_is_accepted_on_ordinary_calls_and_counted() {
    let server = TestServer::start().await;
    let bound = server.sealed(|claims| claims.cnf_jkt = Some("A".repeat(43)));
    assert_eq!(
        server.holder(&bound, "/api/fabric/subscriber/info").await.0,
        200
    );
    let page = server
        .request(Method::GET, "/metrics")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        page.contains("offhook_unproven_bound_tokens_total 1\n"),
        "{page}"
    );
}

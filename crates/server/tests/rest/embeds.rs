//! The exchange of public tokens (wire-protocol.md 2.4.5).

use offhook_server::clock::now_s;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestServer, fault, faults, send, text};

const EXCHANGE: &str = "/api/fabric/embeds/tokens";
const INFO: &str = "/api/fabric/subscriber/info";

async fn exchange_from(server: &TestServer, token: &str, origin: &str) -> Answer {
    send(
        server
            .request(Method::POST, EXCHANGE)
            .header("origin", origin),
        json!({ "token": token }),
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_s_token_is_pinned_to_the_destination() {
    let server = TestServer::start().await;
    server.subscriber("agent@example.com").await;
    server.room("attic").await;
    let (_, token) = server.button(json!({"name": "Shop", "destination": "/private/agent?channel=audio", "expires_in": 600})).await;
    assert!(token.starts_with("c2c_") && token.len() == 36, "{token}");
    let (status, visitor) = server.anybody(EXCHANGE, json!({ "token": token })).await;
    assert_eq!(status, 201, "{visitor}");
    assert_eq!(visitor["expires_in"], 600);
    assert!(
        visitor["expires_at"]
            .as_u64()
            .unwrap()
            .abs_diff(now_s() + 600)
            <= 2
    );
    let sat = text(&visitor, "/token");
    let (_, list) = server.holder(&sat, "/api/fabric/addresses").await;
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    assert_eq!(list["data"][0]["name"], "/private/agent");
    let id = server.holder(&sat, INFO).await.1["id"].clone();
    assert_eq!(server.holder(&sat, INFO).await.1["id"], id);
    let (_, another) = server.anybody(EXCHANGE, json!({ "token": token })).await;
    assert_ne!(
        server.holder(&text(&another, "/token"), INFO).await.1["id"],
        id,
        "each visitor is somebody else"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_s_token_is_bound_to_the_key_it_was_asked_for_with() {
    let server = TestServer::start().await;
    server.subscriber("agent@example.com").await;
    let (_, token) = server
        .button(json!({"name": "Shop", "destination": "/private/agent"}))
        .await;
    let thumbprint = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    let exchange = async |fingerprint: &str| {
        let body = json!({"token": token, "fingerprint": fingerprint});
        server.anybody(EXCHANGE, body).await
    };
    let (status, visitor) = exchange(thumbprint).await;
    assert_eq!(status, 201, "{visitor}");
    let (_, user) = server.holder(&text(&visitor, "/token"), INFO).await;
    assert_eq!(user["sat_claims"]["cnf"]["jkt"], thumbprint);
    assert_eq!(
        faults(&exchange("short").await),
        fault("fingerprint", "invalid_parameter_value")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_malformed_embed_tokens_are_refused() {
    let server = TestServer::start().await;
    for token in [
        "c2c_00000000000000000000000000000000",
        "c2c_",
        "c2t_7acc0e5e968706a032983cd80cdca219",
        "SAT",
        "c2c_7ACC0E5E968706A032983CD80CDCA219",
    ] {
        let (status, body) = server.anybody(EXCHANGE, json!({ "token": token })).await;
        assert_eq!(
            (status, &body["error"]),
            (401, &json!("Unauthorized")),
            "{token}"
        );
    }
    let missing = server.anybody(EXCHANGE, json!({})).await;
    assert_eq!(
        faults(&missing),
        fault("token", "missing_required_parameter")
    );
    assert_eq!(missing.1["errors"][0]["message"], "token is required");
    assert_eq!(
        faults(&server.anybody(EXCHANGE, json!({"token": 5})).await)[0].0,
        "token"
    );
    assert_eq!(server.anybody(EXCHANGE, Value::Null).await.0, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_pages_of_the_allowed_origins_may_exchange() {
    let server = TestServer::start().await;
    let (_, token) = server
        .button(json!({"name": "Shop", "destination": "/public/network-test", "allowed_origins": ["https://shop.example.com", "https://*.example.org"]}))
        .await;
    for (origin, status) in [
        ("https://shop.example.com", 201),
        ("https://a.example.org", 201),
        ("http://shop.example.com", 403),
        ("https://shop.example.com.evil.test", 403),
        ("https://example.org", 403),
        ("null", 403),
    ] {
        let (found, body) = exchange_from(&server, &token, origin).await;
        assert_eq!(found, status, "{origin}: {body}");
        if status == 403 {
            assert_eq!(
                (&body["error"], &body["code"]),
                (&json!("Forbidden"), &json!("origin_not_allowed"))
            );
        }
    }
    assert_eq!(
        server.anybody(EXCHANGE, json!({ "token": token })).await.0,
        201,
        "programs send no Origin"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_may_insist_on_an_origin() {
    let server = TestServer::start_with(|settings| settings.require_origin = Some(true)).await;
    let (_, token) = server
        .button(json!({"name": "Shop", "destination": "network-test"}))
        .await;
    let (status, body) = server.anybody(EXCHANGE, json!({ "token": token })).await;
    assert_eq!((status, &body["code"]), (403, &json!("origin_missing")));
    assert_eq!(
        exchange_from(&server, &token, "https://any.example")
            .await
            .0,
        201
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_button_takes_its_tokens_with_it() {
    let server = TestServer::start().await;
    let (id, token) = server
        .button(json!({"name": "Shop", "destination": "/public/network-test"}))
        .await;
    let (_, visitor) = server.anybody(EXCHANGE, json!({ "token": token })).await;
    let sat = text(&visitor, "/token");
    assert_eq!(server.holder(&sat, INFO).await.0, 200);
    assert_eq!(
        server
            .delete(&format!("/api/fabric/resources/click_to_call/{id}"))
            .await
            .0,
        204
    );
    assert_eq!(
        server.anybody(EXCHANGE, json!({ "token": token })).await.0,
        401
    );
    assert_eq!(server.holder(&sat, INFO).await.0, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_whose_destination_is_gone_says_so() {
    let server = TestServer::start().await;
    let (room, _) = server.room("lobby").await;
    let (_, token) = server
        .button(json!({"name": "Shop", "destination": "/public/lobby"}))
        .await;
    server
        .delete(&format!("/api/fabric/resources/{room}"))
        .await;
    let (status, body) = server.anybody(EXCHANGE, json!({ "token": token })).await;
    assert_eq!((status, &body["error"]), (404, &json!("Not Found")));
}

#[tokio::test(flavor = "multi_thread")]
async fn exchanges_are_limited_by_network_before_anything_is_looked_up() {
    let server = TestServer::start_with(|settings| settings.exchanges_per_minute = Some(3)).await;
    for _ in 0..3 {
        assert_eq!(
            server
                .anybody(EXCHANGE, json!({"token": "c2c_unknown"}))
                .await
                .0,
            401
        );
    }
    let response = server
        .request(Method::POST, EXCHANGE)
        .body("not even JSON")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 429);
    let wait: u64 = response.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=21).contains(&wait), "{wait}");
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    assert_eq!(
        response.json::<Value>().await.unwrap()["code"],
        "rate_limited"
    );
    let metrics = server
        .request(Method::GET, "/metrics")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        metrics.contains("offhook_rate_limited_total{what=\"exchange\"} 1"),
        "{metrics}"
    );
}

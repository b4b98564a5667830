//! What is revoked is dead at once.

use offhook_server::clock::now_s;
use serde_json::json;

use crate::proof::Key;
use crate::support::{TestServer, fault, faults, send, text};
use reqwest::Method;

const REVOKE: &str = "/api/offhook/revocations";
const INFO: &str = "/api/fabric/subscriber/info";

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_revocation_kills_its_tokens_and_no_others() {
    let server = TestServer::start().await;
    let (alice, token) = server.subscriber("alice").await;
    let (_, other) = server.subscriber("alice").await;
    let (_, bob) = server.subscriber("bob").await;

    let (status, answer) = server.post(REVOKE, json!({"token": token})).await;
    assert_eq!(
        (status, &answer["sessions_ended"]),
        (200, &json!(0)),
        "{answer}"
    );
    let dead = server.holder(&token, INFO).await;
    assert_eq!(
        (dead.0, dead.1["code"].as_str()),
        (401, Some("token_revoked"))
    );
    assert_eq!(server.holder(&other, INFO).await.0, 200);

    assert_eq!(
        server.post(REVOKE, json!({"subscriber_id": alice})).await.0,
        200
    );
    assert_eq!(server.holder(&other, INFO).await.0, 401);
    assert_eq!(server.holder(&bob, INFO).await.0, 200);
    // What is issued afterwards is not meant.
    let (_, again) = server.subscriber("alice").await;
    assert_eq!(server.holder(&again, INFO).await.0, 200);

    assert_eq!(server.post(REVOKE, json!({"project": true})).await.0, 200);
    for token in [&again, &bob] {
        assert_eq!(server.holder(token, INFO).await.0, 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_embed_token_was_exchanged_for_can_be_revoked() {
    let server = TestServer::start().await;
    server.room("lobby").await;
    let (_, embed) = server
        .button(json!({"name": "b", "destination": "/public/lobby"}))
        .await;
    let exchange = || server.anybody("/api/fabric/embeds/tokens", json!({"token": embed}));
    let (_, visitor) = exchange().await;
    let visitor = text(&visitor, "/token");
    assert_eq!(server.holder(&visitor, INFO).await.0, 200);
    assert_eq!(
        server.post(REVOKE, json!({"embed_token": embed})).await.0,
        200
    );
    assert_eq!(server.holder(&visitor, INFO).await.0, 401);
    let (status, _) = exchange().await;
    assert_eq!(status, 201, "the button itself is not disabled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_is_neither_refreshed_nor_bound() {
    let server = TestServer::start().await;
    let body = json!({"reference": "alice", "scope": "sat:refresh"});
    let (_, pair) = server.post("/api/fabric/subscribers/tokens", body).await;
    let id = text(&pair, "/subscriber_id");
    assert_eq!(
        server.post(REVOKE, json!({"subscriber_id": id})).await.0,
        200
    );
    let refresh = json!({"refresh_token": text(&pair, "/refresh_token")});
    let answer = server
        .post("/api/fabric/subscribers/tokens/refresh", refresh)
        .await;
    assert_eq!(
        faults(&answer),
        fault("refresh_token", "invalid_parameter_value")
    );

    let token = server.sealed(|claims| {
        claims.jti = "bound-later".into();
        claims.scope = vec!["sat:refresh".into()];
        claims.expires_at = now_s() + 60;
    });
    assert_eq!(server.post(REVOKE, json!({"token": token})).await.0, 200);
    let path = "/api/fabric/subscriber/devices/token";
    let proof = Key::p256().prove("POST", &format!("{}{path}", server.base), &token);
    let request = server.request(Method::POST, path).bearer_auth(&token);
    let answer = send(request.header("DPoP", proof), json!({})).await;
    assert_eq!(
        (answer.0, answer.1["code"].as_str()),
        (401, Some("token_revoked"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_ones_own_can_be_revoked_and_one_thing_at_a_time() {
    let server = TestServer::start().await;
    let (alice, token) = server.subscriber("alice").await;
    for (body, attribute, code) in [
        (json!({}), "token", "invalid_parameter_value"),
        (
            json!({"token": token, "subscriber_id": alice}),
            "token",
            "invalid_parameter_value",
        ),
        (
            json!({"subscriber_id": "nobody"}),
            "subscriber_id",
            "must_belong_to_project",
        ),
        (
            json!({"embed_token": "c2c_x"}),
            "embed_token",
            "must_belong_to_project",
        ),
        (
            json!({"resource_id": "none"}),
            "resource_id",
            "must_belong_to_project",
        ),
    ] {
        let answer = server.post(REVOKE, body).await;
        assert_eq!(faults(&answer), fault(attribute, code));
    }
    let foreign = server.sealed(|claims| claims.project_id = "another".into());
    let answer = server.post(REVOKE, json!({"token": foreign})).await;
    assert_eq!(faults(&answer), fault("token", "must_belong_to_project"));
    assert_eq!(server.holder(&token, INFO).await.0, 200);
}

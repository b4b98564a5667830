//! Changing call buttons.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::support::{TestServer, fault, faults, send, text};
use crate::{device, online};

const BUTTONS: &str = "/api/fabric/resources/click_to_call";
const EXCHANGE: &str = "/api/fabric/embeds/tokens";

#[tokio::test(flavor = "multi_thread")]
async fn a_button_is_changed_and_keeps_its_token_and_what_is_not_named() {
    let server = TestServer::start().await;
    server.room("lobby").await;
    let body = json!({"name": "Shop", "destination": "/public/network-test", "expires_in": 600, "proof_of_work": 1,
        "allowed_origins": ["https://shop.example.com"]});
    let (id, token) = server.button(body).await;
    let path = format!("{BUTTONS}/{id}");
    let (_, before) = server.get(&path).await;
    assert_eq!(before["click_to_call"]["enabled"], true);

    let change = json!({"destination": "/public/lobby?channel=audio", "allowed_origins": ["https://*.example.org"],
        "budget": {"calls_per_hour": 7}, "proof_of_work": 0, "name": "Store"});
    let (status, changed) = server.backend(Method::PUT, &path, change).await;
    assert_eq!(status, 200, "{changed}");
    let button = &changed["click_to_call"];
    assert_eq!(button["destination"], "/public/lobby?channel=audio");
    assert_eq!(button["allowed_origins"], json!(["https://*.example.org"]));
    assert_eq!(button["budget"], json!({"calls_per_hour": 7}));
    assert_eq!(
        (&button["expires_in"], &button["name"], &button["enabled"]),
        (&json!(600), &json!("Store"), &json!(true))
    );
    assert_eq!(changed["display_name"], "Store");
    assert!(button.get("proof_of_work").is_none());
    assert!(button.get("token").is_none());
    assert_eq!(server.get(&path).await, (200, changed));

    // The changed settings are those that count, from the next request on.
    for (origin, expected) in [
        ("https://shop.example.com", 403),
        ("https://a.example.org", 201),
    ] {
        let request = server
            .request(Method::POST, EXCHANGE)
            .header("origin", origin);
        let (status, body) = send(request, json!({ "token": token })).await;
        assert_eq!(status, expected, "{body}");
        if status == 201 {
            let (_, list) = server
                .holder(&text(&body, "/token"), "/api/fabric/addresses")
                .await;
            assert_eq!(list["data"][0]["name"], "/public/lobby");
        }
    }
    let (_, usage) = server
        .get(&format!("/api/offhook/click_to_call/{id}/usage"))
        .await;
    assert_eq!(usage["token"]["limits"]["calls_per_hour"], 7, "{usage}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_that_is_switched_off_ends_its_sessions_and_calls_at_once() {
    let server = TestServer::start().await;
    let mut agent = online(&server, "agent").await;
    let (id, token) = server
        .button(json!({"name": "Shop", "destination": "/private/agent"}))
        .await;
    let (_, visitor) = server.anybody(EXCHANGE, json!({ "token": token })).await;
    let sat = text(&visitor, "/token");
    let mut page = device(&server, &sat).await;
    let call = page.dial("/private/agent").await;
    let ringing = agent.ringing().await;
    let mut answered = agent.accept(&ringing).await;
    page.answered(&call).await;
    answered.connected().await;

    let path = format!("{BUTTONS}/{id}");
    let (status, off) = server
        .backend(Method::PATCH, &path, json!({"enabled": false}))
        .await;
    assert_eq!(
        (status, &off["click_to_call"]["enabled"]),
        (200, &json!(false))
    );
    // Without waiting for the visitor to come back, as after a lost connection.
    tokio::time::timeout(Duration::from_secs(5), async {
        agent.bye(&answered.id).await;
        page.closed().await;
    })
    .await
    .expect("ended at once");
    let (status, refused) = server.anybody(EXCHANGE, json!({ "token": token })).await;
    assert_eq!(
        (status, refused["code"].as_str()),
        (403, Some("embed_token_disabled"))
    );
    let info = "/api/fabric/subscriber/info";
    assert_eq!(server.holder(&sat, info).await.0, 401);

    let (status, _) = server
        .backend(Method::PATCH, &path, json!({"enabled": true}))
        .await;
    assert_eq!(status, 200);
    assert_eq!(
        server.anybody(EXCHANGE, json!({ "token": token })).await.0,
        201,
        "it works again with the same public token"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_changes_are_refused_and_change_nothing() {
    let server = TestServer::start().await;
    server
        .button(json!({"name": "Other", "destination": "network-test"}))
        .await;
    let (id, _) = server
        .button(json!({"name": "Shop", "destination": "network-test"}))
        .await;
    let path = format!("{BUTTONS}/{id}");
    let (_, before) = server.get(&path).await;
    for (change, attribute, code) in [
        (json!({"enabled": "no"}), "enabled", "invalid_parameter"),
        (
            json!({"destination": " "}),
            "destination",
            "invalid_parameter_value",
        ),
        (
            json!({"destination": "/public/nowhere"}),
            "destination",
            "must_belong_to_project",
        ),
        (
            json!({"allowed_origins": []}),
            "allowed_origins",
            "invalid_parameter_value",
        ),
        (
            json!({"budget": {"calls": 1}}),
            "budget",
            "invalid_parameter_value",
        ),
        (
            json!({"proof_of_work": 99}),
            "proof_of_work",
            "invalid_parameter_value",
        ),
        (
            json!({"expires_in": 1}),
            "expires_in",
            "invalid_parameter_value",
        ),
        (json!({"name": "Other"}), "name", "already_taken"),
    ] {
        let answer = server.backend(Method::PUT, &path, change).await;
        assert_eq!(faults(&answer), fault(attribute, code), "{}", answer.1);
    }
    assert_eq!(server.get(&path).await, (200, before));
    let nobody = server
        .backend(Method::PUT, &format!("{BUTTONS}/none"), json!({"name": 5}))
        .await;
    assert_eq!((nobody.0, &nobody.1["error"]), (404, &json!("Not Found")));
    assert_eq!(
        server.get(&format!("{path}/addresses")).await.1["data"],
        json!([])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_switched_off_is_not_switched_on_by_another_change_at_the_same_time() {
    let server = TestServer::start().await;
    let (id, _) = server
        .button(json!({"name": "Shop", "destination": "network-test"}))
        .await;
    let path = format!("{BUTTONS}/{id}");
    for round in 0..8 {
        let life = json!({"expires_in": 100 + round});
        let (off, other) = tokio::join!(
            server.backend(Method::PATCH, &path, json!({"enabled": false})),
            server.backend(Method::PATCH, &path, life.clone()),
        );
        assert_eq!((off.0, other.0), (200, 200));
        let (_, now) = server.get(&path).await;
        assert_eq!(now["click_to_call"]["enabled"], false);
        assert_eq!(now["click_to_call"]["expires_in"], life["expires_in"]);
        server
            .backend(Method::PATCH, &path, json!({"enabled": true}))
            .await;
    }
}

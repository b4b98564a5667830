//! Scripts are kept and listed; nothing runs them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::device;
use crate::support::{TestServer, fault, faults, text};

const SCRIPTS: &str = "/api/fabric/resources/swml_scripts";

fn document(verb: &str) -> Value {
    json!({"version": "1.0.0", "sections": {"main": [verb]}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_is_kept_shown_changed_listed_and_deleted() {
    let server = TestServer::start().await;
    let body = json!({"name": "Front desk", "contents": document("answer"), "status_callback_url": "https://backend.example.com/status"});
    let (status, made) = server.post(SCRIPTS, body).await;
    assert_eq!(status, 200, "{made}");
    assert_eq!(made["type"], "swml_script");
    let script = &made["swml_script"];
    assert_eq!(script["contents"], document("answer"));
    assert_eq!(
        (
            &script["script_type"],
            &script["display_name"],
            &script["status_callback_method"]
        ),
        (&json!("calling"), &json!("Front desk"), &json!("POST"))
    );
    let path = format!("{SCRIPTS}/{}", text(&made, "/id"));
    assert_eq!(server.get(&path).await, (200, made.clone()));
    assert!(text(script, "/request_url").ends_with(&path));

    // As text, too.
    let text_of_it = document("hangup").to_string();
    let change =
        json!({"contents": text_of_it, "display_name": "Desk", "script_type": "messaging"});
    let (status, changed) = server.backend(Method::PUT, &path, change).await;
    assert_eq!(status, 200, "{changed}");
    let script = &changed["swml_script"];
    assert_eq!(script["contents"], document("hangup"));
    assert_eq!(
        (&script["script_type"], &script["display_name"]),
        (&json!("messaging"), &json!("Desk"))
    );
    assert_eq!(
        script["status_callback_url"],
        "https://backend.example.com/status"
    );
    let (_, addresses) = server.get(&format!("{path}/addresses")).await;
    let address = &addresses["data"][0];
    assert_eq!(
        (&address["name"], &address["type"], &address["display_name"]),
        (&json!("/public/Front-desk"), &json!("app"), &json!("Desk"))
    );
    assert_eq!(
        address["channels"],
        json!({"audio": "/public/Front-desk?channel=audio"})
    );
    assert_eq!(
        server.get(SCRIPTS).await.1["data"],
        json!([changed]),
        "an ordinary page"
    );
    let (_, all) = server.get("/api/fabric/resources").await;
    assert!(
        all["data"]
            .as_array()
            .unwrap()
            .iter()
            .any(|r| r["type"] == "swml_script")
    );

    assert_eq!(server.delete(&path).await, (204, Value::Null));
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let (status, body) = server.backend(method, &path, json!({})).await;
        assert_eq!((status, &body["error"]), (404, &json!("Not Found")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_scripts_are_refused() {
    let server = TestServer::start().await;
    let missing = server.post(SCRIPTS, json!({"name": "x"})).await;
    assert_eq!(
        faults(&missing),
        fault("contents", "missing_required_parameter")
    );
    assert_eq!(missing.1["errors"][0]["message"], "contents is required");
    for contents in [
        json!("not JSON"),
        json!([]),
        json!({}),
        json!({"sections": {}}),
        json!({"sections": {"main": {}}}),
        json!({"sections": {"main": ["x".repeat(50_000)]}}),
    ] {
        let answer = server
            .post(SCRIPTS, json!({"name": "x", "contents": contents}))
            .await;
        assert_eq!(
            faults(&answer),
            fault("contents", "invalid_parameter_value")
        );
    }
    let answer = server
        .post(
            SCRIPTS,
            json!({"contents": "no", "script_type": "other", "status_callback_url": "ftp://x"}),
        )
        .await;
    let mut wrong: Vec<_> = faults(&answer).into_iter().map(|(name, _)| name).collect();
    wrong.sort();
    assert_eq!(
        wrong,
        ["contents", "name", "script_type", "status_callback_url"]
    );
    let body = json!({"name": "x", "contents": document("answer")});
    assert_eq!(server.post(SCRIPTS, body.clone()).await.0, 200);
    assert_eq!(
        faults(&server.post(SCRIPTS, body).await),
        fault("name", "already_taken")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_cannot_be_called_yet() {
    let server = TestServer::start().await;
    let body = json!({"name": "desk", "contents": document("answer")});
    server.post(SCRIPTS, body).await;
    let (_, token) = server.subscriber("alice").await;
    let mut alice = device(&server, &token).await;
    let error = alice.dial_err("/public/desk").await;
    assert_eq!(error["message"], "INVALID_DESTINATION", "{error}");
}

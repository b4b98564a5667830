//! How much may be done with a public token, and work before its exchange.

use offhook_auth::work::solve;
use offhook_proto::rest::Budget;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestServer, fault, faults, send, text};

const EXCHANGE: &str = "/api/fabric/embeds/tokens";
const BUTTONS: &str = "/api/fabric/resources/click_to_call";
const ECHO: &str = "/public/network-test";

async fn exchange_from(server: &TestServer, token: &str, origin: &str) -> reqwest::Response {
    let request = server.request(Method::POST, EXCHANGE);
    let request = request
        .header("origin", origin)
        .json(&json!({"token": token}));
    request.send().await.unwrap()
}

fn limits(text: &str) -> Option<Budget> {
    Some(text.parse().unwrap())
}

async fn usage(server: &TestServer, id: &str) -> Value {
    let path = format!("/api/offhook/click_to_call/{id}/usage");
    let (status, body) = server.get(&path).await;
    assert_eq!(status, 200, "{body}");
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exchanges_of_a_token_run_out_and_the_owner_sees_the_counts() {
    let server = TestServer::start().await;
    let (id, token) = server
        .button(json!({"name": "Shop", "destination": ECHO, "budget": {"exchanges_per_minute": 2}}))
        .await;
    let (other_id, other) = server
        .button(json!({"name": "B", "destination": ECHO}))
        .await;
    for _ in 0..2 {
        assert_eq!(
            exchange_from(&server, &token, "https://a.example")
                .await
                .status(),
            201
        );
    }
    let refused = exchange_from(&server, &token, "https://b.example").await;
    assert_eq!(refused.status(), 429);
    let wait: u64 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=120).contains(&wait), "{wait}");
    assert_eq!(
        exchange_from(&server, &other, "https://a.example")
            .await
            .status(),
        201
    );

    let seen = usage(&server, &id).await;
    assert_eq!(seen["resource_id"], json!(id));
    let token_use = &seen["token"];
    assert_eq!(
        (&token_use["exchanges_last_minute"], &token_use["refused"]),
        (&json!(2), &json!(1)),
        "{seen}"
    );
    assert_eq!(token_use["limits"]["exchanges_per_minute"], 2);
    assert_eq!(seen["destination"]["exchanges_last_minute"], 3);
    assert_eq!(
        usage(&server, &other_id).await["token"]["exchanges_last_minute"],
        1
    );
    let metrics = server
        .request(Method::GET, "/metrics")
        .send()
        .await
        .unwrap();
    let metrics = metrics.text().await.unwrap();
    let line = "offhook_budget_refusals_total{limit=\"exchanges_per_minute\",scope=\"token\"} 1";
    let swapped = "offhook_budget_refusals_total{scope=\"token\",limit=\"exchanges_per_minute\"} 1";
    assert!(
        metrics.contains(line) || metrics.contains(swapped),
        "{metrics}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn origins_networks_and_destinations_run_out_too() {
    let one = "exchanges_per_minute=1";
    for scope in ["origin", "network", "destination"] {
        let server = TestServer::start_with(|settings| match scope {
            "origin" => settings.budget_origin = limits(one),
            "network" => settings.budget_network = limits(one),
            _ => settings.budget_destination = limits(one),
        })
        .await;
        let (_, first) = server
            .button(json!({"name": "A", "destination": ECHO}))
            .await;
        let (_, second) = server
            .button(json!({"name": "B", "destination": ECHO}))
            .await;
        let a = "https://a.example";
        assert_eq!(
            exchange_from(&server, &first, a).await.status(),
            201,
            "{scope}"
        );
        // The second button's destination is known only when it has been looked up once.
        let status = exchange_from(&server, &second, a).await.status();
        assert_eq!(
            status,
            if scope == "destination" { 201 } else { 429 },
            "{scope}"
        );
        let elsewhere = exchange_from(&server, &second, "https://b.example")
            .await
            .status();
        assert_eq!(
            elsewhere,
            if scope == "origin" { 201 } else { 429 },
            "{scope}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_that_are_none_are_refused() {
    let server = TestServer::start().await;
    for wrong in [
        json!({"calls": 1}),
        json!({"calls_at_once": -1}),
        json!({"calls_at_once": "5"}),
    ] {
        let body = json!({"name": "A", "destination": ECHO, "budget": wrong});
        let answer = server.post(BUTTONS, body).await;
        assert_eq!(faults(&answer), fault("budget", "invalid_parameter_value"));
    }
    for wrong in [0, 25] {
        let body = json!({"name": "A", "destination": ECHO, "proof_of_work": wrong});
        let answer = server.post(BUTTONS, body).await;
        assert_eq!(
            faults(&answer),
            fault("proof_of_work", "invalid_parameter_value")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_counts_are_for_the_owner_only() {
    let server = TestServer::start().await;
    let (id, _) = server
        .button(json!({"name": "A", "destination": ECHO}))
        .await;
    let path = format!("/api/offhook/click_to_call/{id}/usage");
    let nobody = server.request(Method::GET, &path).send().await.unwrap();
    assert_eq!(nobody.status(), 401);
    let store = &server.server.mint().store;
    let (project, key) = store.create_project("Other", 0).await.unwrap();
    let request = server.request(Method::GET, &path);
    let request = request.basic_auth(&project.id, Some(key.expose()));
    assert_eq!(send(request, Value::Null).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn work_comes_before_the_exchange_where_the_owner_asks_for_it() {
    let server = TestServer::start().await;
    let (_, token) = server
        .button(json!({"name": "A", "destination": ECHO, "proof_of_work": 8}))
        .await;
    let asked =
        |work: Value| server.anybody(EXCHANGE, json!({"token": token, "proof_of_work": work}));
    let needed = |answer: &Answer, code: &str| {
        let (status, body) = answer;
        assert_eq!((*status, &body["code"]), (428, &json!(code)), "{body}");
        assert_eq!(body["error"], "Precondition Required");
        let work = &body["proof_of_work"];
        assert_eq!(
            (&work["algorithm"], &work["bits"]),
            (&json!("sha-256"), &json!(8))
        );
        assert!((1..=120).contains(&work["expires_in"].as_u64().unwrap()));
        text(body, "/proof_of_work/challenge")
    };
    let challenge = needed(&asked(Value::Null).await, "work_needed");
    let solved = json!({"challenge": challenge, "solution": solve(&challenge, 8)});
    let (status, body) = asked(solved.clone()).await;
    assert_eq!(status, 201, "{body}");
    assert!(body["token"].is_string());
    // Each challenge is good once, for its own token, and the work must have been done.
    let next = needed(&asked(solved).await, "work_used");
    let wrong = json!({"challenge": next, "solution": "not a solution".repeat(9)});
    needed(&asked(wrong).await, "work_malformed");
    let answer = asked(json!({"challenge": next})).await;
    assert_eq!(faults(&answer), fault("proof_of_work", "invalid_parameter"));

    let body = json!({"name": "B", "destination": ECHO, "proof_of_work": 8});
    let (_, other) = server.button(body).await;
    let work = json!({"challenge": next, "solution": solve(&next, 8)});
    let answer = server
        .anybody(EXCHANGE, json!({"token": other, "proof_of_work": work}))
        .await;
    needed(&answer, "work_foreign");
}

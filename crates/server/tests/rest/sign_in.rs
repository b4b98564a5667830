//! Sign-in with a password.

use serde_json::{Value, json};

use crate::support::{TestServer, fault, faults, text};

const SIGN_IN: &str = "/api/offhook/sign-in";
const REFRESH: &str = "/api/offhook/sign-in/refresh";

async fn with_agent(server: &TestServer) -> String {
    let body =
        json!({"email": "Agent@example.com", "password": "correct horse", "display_name": "Agent"});
    let (status, agent) = server.post("/api/fabric/resources/subscribers", body).await;
    assert_eq!(status, 201, "{agent}");
    text(&agent, "/id")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_password_gives_tokens_that_can_be_renewed() {
    let server = TestServer::start().await;
    let id = with_agent(&server).await;
    let (status, first) = server
        .anybody(
            SIGN_IN,
            json!({"email": "agent@EXAMPLE.com", "password": "correct horse"}),
        )
        .await;
    assert_eq!(status, 201, "{first}");
    assert_eq!(first["subscriber_id"], id);
    let info = server
        .holder(&text(&first, "/token"), "/api/fabric/subscriber/info")
        .await
        .1;
    assert_eq!(
        (&info["id"], &info["sat_claims"]["expires_at"]),
        (&first["subscriber_id"], &first["expires_at"])
    );
    let (status, second) = server
        .anybody(REFRESH, json!({"refresh_token": first["refresh_token"]}))
        .await;
    assert_eq!((status, &second["subscriber_id"]), (201, &json!(id)));
    assert_eq!(
        server
            .holder(&text(&second, "/token"), "/api/fabric/subscriber/info")
            .await
            .0,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_and_unknown_names_look_the_same() {
    let server = TestServer::start().await;
    with_agent(&server).await;
    server.subscriber("nopassword@example.com").await;
    let mut answers = Vec::new();
    for (email, password) in [
        ("agent@example.com", "incorrect horse"),
        ("nobody@example.com", "correct horse"),
        ("nopassword@example.com", "correct horse"),
    ] {
        let (status, body) = server
            .anybody(SIGN_IN, json!({"email": email, "password": password}))
            .await;
        assert_eq!((status, &body["error"]), (401, &json!("Unauthorized")));
        answers.push(body);
    }
    assert!(
        answers.windows(2).all(|pair| pair[0] == pair[1]),
        "{answers:?}"
    );
    let missing = faults(&server.anybody(SIGN_IN, json!({})).await);
    assert_eq!(
        missing
            .iter()
            .map(|(attribute, _)| attribute.as_str())
            .collect::<Vec<_>>(),
        ["email", "password"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_s_refresh_token_is_no_sign_in_and_the_other_way_round() {
    let server = TestServer::start().await;
    with_agent(&server).await;
    let (_, backend) = server
        .post("/api/fabric/subscribers/tokens", json!({"reference": "b"}))
        .await;
    let crossed = server
        .anybody(REFRESH, json!({"refresh_token": backend["refresh_token"]}))
        .await;
    assert_eq!(
        faults(&crossed),
        fault("refresh_token", "invalid_parameter_value")
    );
    let (_, own) = server
        .anybody(
            SIGN_IN,
            json!({"email": "agent@example.com", "password": "correct horse"}),
        )
        .await;
    let crossed = server
        .post(
            "/api/fabric/subscribers/tokens/refresh",
            json!({"refresh_token": own["refresh_token"]}),
        )
        .await;
    assert_eq!(
        faults(&crossed),
        fault("refresh_token", "invalid_parameter_value")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_slowed() {
    let server = TestServer::start_with(|settings| settings.sign_ins_per_minute = Some(2)).await;
    let guess = json!({"email": "nobody@example.com", "password": "guess"});
    for _ in 0..2 {
        assert_eq!(server.anybody(SIGN_IN, guess.clone()).await.0, 401);
    }
    let response = server
        .request(reqwest::Method::POST, SIGN_IN)
        .json(&guess)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 429);
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(
        response.json::<Value>().await.unwrap()["error"],
        "Too Many Requests"
    );
}

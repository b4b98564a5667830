//! Client-bound tokens and proofs over HTTP: the lines of the security checklist, by name (wire-protocol.md 2.4.6, 2.4.7, 2.5).

use offhook_server::clock::now_s;
use reqwest::Method;
use serde_json::{Value, json};

use crate::proof::{Key, claims};
use crate::support::{Answer, TestServer, send, text};

const TOKEN: &str = "/api/fabric/subscriber/devices/token";
const REFRESH: &str = "/api/fabric/subscriber/devices/refresh";
const INFO: &str = "/api/fabric/subscriber/info";

/// A token that may renew itself, unbound.
async fn scoped(server: &TestServer) -> String {
    let body = json!({"reference": "alice", "scope": "sat:refresh"});
    let (status, answer) = server.post("/api/fabric/subscribers/tokens", body).await;
    assert_eq!(status, 200, "{answer}");
    text(&answer, "/token")
}

/// As our own client does: proof in the header, absolute target, hash.
async fn ours(server: &TestServer, key: &Key, path: &str, token: &str) -> Answer {
    let proof = key.prove("POST", &format!("{}{path}", server.base), token);
    let request = server.request(Method::POST, path).bearer_auth(token);
    send(request.header("DPoP", proof), json!({"expire_in": 900})).await
}

/// As the official client does: proof in the body, target a path; no hash when a token is bound.
async fn official(server: &TestServer, key: &Key, path: &str, token: &str) -> Answer {
    let hashed = (path == REFRESH).then_some(token);
    let proof = key.sign(&claims("POST", path, hashed));
    let request = server.request(Method::POST, path).bearer_auth(token);
    send(request, json!({"dpop_token": proof, "expire_in": 900})).await
}

async fn with_body(server: &TestServer, path: &str, token: &str, body: Value) -> Answer {
    send(server.request(Method::POST, path).bearer_auth(token), body).await
}

async fn metric(server: &TestServer, line: &str) -> bool {
    let text = server
        .request(Method::GET, "/metrics")
        .send()
        .await
        .unwrap();
    text.text()
        .await
        .unwrap()
        .lines()
        .any(|found| found == line)
}

fn code(answer: &Answer) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn both_clients_bind_and_renew_their_tokens() {
    let server = TestServer::start().await;
    let (ours_key, theirs) = (Key::p256(), Key::rsa());
    let mut token = scoped(&server).await;
    for path in [TOKEN, REFRESH, REFRESH] {
        let (status, answer) = ours(&server, &ours_key, path, &token).await;
        assert_eq!(status, 200, "{path}: {answer}");
        assert_eq!(answer["expires_in"], 900);
        assert!(
            answer["expires_at"]
                .as_u64()
                .unwrap()
                .abs_diff(now_s() + 900)
                <= 2
        );
        token = text(&answer, "/token");
        let (status, info) = server.holder(&token, INFO).await;
        assert_eq!(status, 200);
        assert_eq!(info["sat_claims"]["cnf"]["jkt"], ours_key.thumbprint());
        assert_eq!(info["sat_claims"]["scope"], json!(["sat:refresh"]));
    }
    let mut token = scoped(&server).await;
    for path in [TOKEN, REFRESH, REFRESH] {
        let (status, answer) = official(&server, &theirs, path, &token).await;
        assert_eq!(status, 200, "{path}: {answer}");
        token = text(&answer, "/token");
    }
    for (exception, times) in [("in_body", 3), ("relative_htu", 3), ("no_ath", 1)] {
        let line = format!("offhook_proof_exceptions_total{{exception=\"{exception}\"}} {times}");
        assert!(metric(&server, &line).await, "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unbound_token_that_may_refresh_itself_lives_a_minute_at_most() {
    let server = TestServer::start().await;
    let token = scoped(&server).await;
    let (_, info) = server.holder(&token, INFO).await;
    let left = info["sat_claims"]["expires_at"].as_u64().unwrap() - now_s();
    assert!((58..=60).contains(&left), "{left}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scope_is_needed() {
    let server = TestServer::start().await;
    let (_, plain) = server.subscriber("bob").await;
    let answer = ours(&server, &Key::p256(), TOKEN, &plain).await;
    assert_eq!(code(&answer), (403, "scope_missing"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_proofs_none_and_bad_ones_are_refused() {
    let server = TestServer::start().await;
    let key = Key::p256();
    let token = scoped(&server).await;
    let at = format!("{}{TOKEN}", server.base);
    let post = || server.request(Method::POST, TOKEN).bearer_auth(&token);

    let both = post().header("DPoP", key.prove("POST", &at, &token));
    let both = send(both, json!({"dpop_token": key.prove("POST", &at, &token)})).await;
    assert_eq!(code(&both), (400, "bad_request"));
    let twice = post()
        .header("DPoP", key.prove("POST", &at, &token))
        .header("DPoP", key.prove("POST", &at, &token));
    assert_eq!(code(&send(twice, json!({})).await), (400, "bad_request"));
    assert_eq!(code(&send(post(), json!({})).await), (401, "proof_missing"));

    let mut stale = claims("POST", TOKEN, None);
    stale["iat"] = json!(now_s() - 301);
    let elsewhere = claims(
        "POST",
        "https://elsewhere.example/api/fabric/subscriber/devices/token",
        None,
    );
    let mut forged = key.sign(&claims("POST", TOKEN, None));
    forged.pop();
    forged.push(if forged.ends_with('A') { 'B' } else { 'A' });
    for (proof, expected) in [
        ("nonsense".to_owned(), "proof_malformed"),
        (key.sign(&claims("GET", TOKEN, None)), "proof_mismatch"),
        (key.sign(&claims("POST", REFRESH, None)), "proof_mismatch"),
        (key.sign(&elsewhere), "proof_mismatch"),
        (
            key.sign(&claims("POST", TOKEN, Some("another token"))),
            "proof_mismatch",
        ),
        (key.sign(&stale), "proof_stale"),
    ] {
        let answer = with_body(&server, TOKEN, &token, json!({"dpop_token": proof})).await;
        assert_eq!(code(&answer), (401, expected));
        // Whoever has a wrong clock learns the right time.
        assert!(answer.1["server_time"].as_u64().unwrap().abs_diff(now_s()) <= 2);
    }
    let hashless = key.sign(&claims("POST", REFRESH, None));
    let (_, bound) = ours(&server, &key, TOKEN, &token).await;
    let bound = text(&bound, "/token");
    let answer = with_body(&server, REFRESH, &bound, json!({"dpop_token": hashless})).await;
    assert_eq!(code(&answer), (401, "proof_malformed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_bound_to_the_first_key_and_no_other() {
    let server = TestServer::start().await;
    let (owner, thief) = (Key::p256(), Key::p256());
    let token = scoped(&server).await;
    let (status, answer) = ours(&server, &owner, TOKEN, &token).await;
    assert_eq!(status, 200);
    // The unbound token is of no use to who comes second, the bound one to nobody else.
    let late = ours(&server, &thief, TOKEN, &token).await;
    assert_eq!(code(&late), (401, "proof_other_key"));
    let bound = text(&answer, "/token");
    for path in [TOKEN, REFRESH] {
        let stolen = ours(&server, &thief, path, &bound).await;
        assert_eq!(code(&stolen), (401, "proof_other_key"));
    }
    // An unbound one cannot be refreshed, only bound.
    let fresh = scoped(&server).await;
    let unbound = ours(&server, &owner, REFRESH, &fresh).await;
    assert_eq!(code(&unbound), (401, "token_unbound"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_made_with_a_fingerprint_is_bound_from_the_beginning() {
    let server = TestServer::start().await;
    let (owner, thief) = (Key::p256(), Key::p256());
    let body =
        json!({"reference": "carol", "scope": ["sat:refresh"], "fingerprint": owner.thumbprint()});
    let (status, answer) = server.post("/api/fabric/subscribers/tokens", body).await;
    assert_eq!(status, 200, "{answer}");
    let token = text(&answer, "/token");
    assert_eq!(
        code(&ours(&server, &thief, TOKEN, &token).await),
        (401, "proof_other_key")
    );
    let (status, answer) = ours(&server, &owner, TOKEN, &token).await;
    assert_eq!(status, 200);
    // Two hours were granted: a refresh never shortens a life.
    assert!(answer["expires_in"].as_u64().unwrap() > 7_000, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_is_good_once_and_a_lost_answer_is_given_again() {
    let server = TestServer::start().await;
    let key = Key::p256();
    let token = scoped(&server).await;
    let proof = key.sign(&claims("POST", TOKEN, None));
    let body = json!({"dpop_token": proof, "expire_in": 900});
    let first = with_body(&server, TOKEN, &token, body.clone()).await;
    assert_eq!(first.0, 200);
    // The same request to the letter: the client did not hear the answer.
    let again = with_body(&server, TOKEN, &token, body).await;
    assert_eq!(again, first);
    // The same proof in another request is a replay.
    let other = json!({"dpop_token": proof, "expire_in": 60});
    let replay = with_body(&server, TOKEN, &token, other).await;
    assert_eq!(code(&replay), (401, "proof_replayed"));
    assert!(
        metric(
            &server,
            "offhook_proofs_refused_total{code=\"proof_replayed\"} 1"
        )
        .await
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_seen_by_one_server_is_refused_by_the_next_on_the_same_store() {
    let first = TestServer::start_with(|settings| settings.shared_store = Some(true)).await;
    let data = first.data.path().to_owned();
    let second = crate::support::settings(&data);
    let second = offhook_server::serve::Server::start(
        offhook_server::config::Settings {
            shared_store: Some(true),
            ..second
        }
        .settle()
        .unwrap(),
    )
    .await
    .unwrap();
    let key = Key::p256();
    let token = scoped(&first).await;
    let proof = key.sign(&claims("POST", TOKEN, None));
    let (status, _) = with_body(&first, TOKEN, &token, json!({"dpop_token": proof})).await;
    assert_eq!(status, 200);
    let there = format!("{}{TOKEN}", second.ready().http);
    let answer = with_body(&first, &there, &token, json!({"dpop_token": proof})).await;
    assert_eq!(code(&answer), (401, "proof_replayed"));
    second.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ordinary_requests_with_a_bound_token_need_a_proof_in_strict_mode_only() {
    for strict in [false, true] {
        let server = TestServer::start_with(|settings| settings.strict_proofs = Some(strict)).await;
        let key = Key::p256();
        let token = scoped(&server).await;
        let (status, answer) = ours(&server, &key, TOKEN, &token).await;
        assert_eq!(status, 200, "{answer}");
        let bound = text(&answer, "/token");
        let bare = server.holder(&bound, INFO).await;
        let expected = if strict {
            (401, "proof_missing")
        } else {
            (200, "")
        };
        assert_eq!(code(&bare), expected);

        let at = format!("{}{INFO}", server.base);
        let get = |proof: String| {
            let request = server.request(Method::GET, INFO).bearer_auth(&bound);
            send(request.header("DPoP", proof), Value::Null)
        };
        let proof = key.prove("GET", &at, &bound);
        assert_eq!(get(proof.clone()).await.0, 200);
        assert_eq!(code(&get(proof).await), (401, "proof_replayed"));
        // The exceptions hold at two addresses and nowhere else.
        let relative = key.prove("GET", INFO, &bound);
        assert_eq!(code(&get(relative).await), (401, "proof_mismatch"));
        let stolen = Key::p256().prove("GET", &at, &bound);
        assert_eq!(code(&get(stolen).await), (401, "proof_other_key"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strict_mode_takes_nothing_that_rfc_9449_does_not() {
    let server = TestServer::start_with(|settings| settings.strict_proofs = Some(true)).await;
    let key = Key::p256();
    let token = scoped(&server).await;
    let in_body = official(&server, &key, TOKEN, &token).await;
    assert_eq!(code(&in_body), (401, "proof_missing"));
    let said = in_body.1["message"].as_str().unwrap();
    assert!(said.contains("DPoP header"), "{said}");
    let at = format!("{}{TOKEN}", server.base);
    for (proof, expected) in [
        (
            key.sign(&claims("POST", TOKEN, Some(&token))),
            "proof_mismatch",
        ),
        (key.sign(&claims("POST", &at, None)), "proof_malformed"),
    ] {
        let request = server.request(Method::POST, TOKEN).bearer_auth(&token);
        let answer = send(request.header("DPoP", proof), json!({})).await;
        assert_eq!(code(&answer), (401, expected));
    }
    assert_eq!(ours(&server, &key, TOKEN, &token).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_nonces_the_first_proof_is_answered_with_one() {
    let server = TestServer::start_with(|settings| settings.proof_nonces = Some(true)).await;
    let key = Key::p256();
    let token = scoped(&server).await;
    let at = format!("{}{TOKEN}", server.base);
    let request = || server.request(Method::POST, TOKEN).bearer_auth(&token);
    let refused = request()
        .header("DPoP", key.prove("POST", &at, &token))
        .json(&json!({}))
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 401);
    let challenge = refused.headers()["www-authenticate"].to_str().unwrap();
    assert!(challenge.contains("use_dpop_nonce"), "{challenge}");
    let exposed = refused.headers()["access-control-expose-headers"]
        .to_str()
        .unwrap();
    assert!(exposed.contains("dpop-nonce"));
    let nonce = refused.headers()["dpop-nonce"].to_str().unwrap().to_owned();
    let mut with_nonce = claims("POST", &at, Some(&token));
    with_nonce["nonce"] = json!(nonce);
    let answer = send(request().header("DPoP", key.sign(&with_nonce)), json!({})).await;
    assert_eq!(answer.0, 200, "{}", answer.1);
    // The official client knows none.
    let fresh = scoped(&server).await;
    assert_eq!(official(&server, &Key::rsa(), TOKEN, &fresh).await.0, 200);
    assert!(
        metric(
            &server,
            "offhook_proof_exceptions_total{exception=\"no_nonce\"} 1"
        )
        .await
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_comes_before_anything_that_costs() {
    let server =
        TestServer::start_with(|settings| settings.device_tokens_per_minute = Some(3)).await;
    for _ in 0..3 {
        let answer = with_body(
            &server,
            TOKEN,
            "no token at all",
            json!({"dpop_token": "x"}),
        )
        .await;
        assert_eq!(answer.0, 401);
    }
    let token = scoped(&server).await;
    let limited = ours(&server, &Key::p256(), TOKEN, &token).await;
    assert_eq!(code(&limited), (429, "rate_limited"));
}

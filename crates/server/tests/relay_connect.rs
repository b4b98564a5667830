//! Getting in: fresh connects, proofs, origins, reauthentication, and every way to be refused.

mod relay_support;

use std::time::{Duration, Instant};

use offhook_auth::{SatClaims, SatKind};
use offhook_proto::limits;
use offhook_server::clock::now_s;
use offhook_server::mint::TokenWish;
use relay_support::{Client, TestServer};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite;

#[tokio::test]
async fn a_fresh_connect_gets_everything_the_official_client_needs() {
    let server = TestServer::start().await;
    let token = server.token("alice").await;
    let mut client = server.client().await;
    let result = client
        .ok("signalwire.connect", Client::connect_params(&token))
        .await;
    let protocol = result["protocol"].as_str().unwrap();
    let authorization = &result["authorization"];
    let subscriber = &authorization["fabric_subscriber"];
    let subscriber_id = subscriber["subscriber_id"].as_str().unwrap();
    assert_eq!(result["identity"], format!("{subscriber_id}@{protocol}"));
    assert!(authorization["jti"].is_string());
    assert_eq!(authorization["project_id"], server.project.as_str());
    assert!(authorization["scope"].is_array());
    assert!(authorization.get("cnf").is_none(), "the token is not bound");
    assert_eq!(subscriber["project_id"], server.project.as_str());
    let expires_at = subscriber["expires_at"].as_u64().unwrap();
    assert!(expires_at.abs_diff(now_s() + limits::SAT_TTL_S) < 5);
    assert!(result["ice_servers"].is_array());

    client.protocol = protocol.to_owned();
    let envelope = client.envelope("signalwire.authorization.state").await;
    assert!(
        !envelope["params"]["authorization_state"]
            .as_str()
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        envelope.as_object().unwrap().len(),
        2,
        "nothing but type and payload: {envelope}"
    );
    assert_eq!(server.relay.connected_sessions(), 1);
}

#[tokio::test]
async fn frames_before_connect_are_held_and_then_handled_in_order() {
    let server = TestServer::start().await;
    let token = server.token("alice").await;
    let mut client = server.client().await;
    let online = client.send("subscriber.online", json!({})).await;
    let unknown = client.send("no.such.method", json!({})).await;
    let connect = client
        .send("signalwire.connect", Client::connect_params(&token))
        .await;
    let result = client.response(&connect).await;
    client.protocol = result["result"]["protocol"].as_str().unwrap().to_owned();
    assert_eq!(client.response(&online).await["result"], json!({}));
    assert_eq!(client.response(&unknown).await["error"]["code"], -32601);
    assert_eq!(server.relay.online_subscribers(), 1);
}

#[tokio::test]
async fn too_many_frames_before_connect_are_refused_without_harm() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let mut ids = Vec::new();
    for _ in 0..limits::HELD_FRAMES + 1 {
        ids.push(client.send("call.mute", json!({})).await);
    }
    let response = client.response(ids.last().unwrap()).await;
    assert_eq!(response["error"]["code"], -32002);
    client.connect(&server.token("alice").await).await;
    // The held ones are answered too.
    assert_eq!(client.response(&ids[0]).await["error"]["code"], -32602);
}

#[tokio::test]
async fn refused_authentication_answers_and_keeps_the_socket_for_a_while() {
    let server =
        TestServer::with(|config| config.timing.refused_linger = Duration::from_millis(400)).await;
    let started = Instant::now();
    let mut client = server.client().await;
    let held = client.send("subscriber.online", json!({})).await;
    let error = client
        .err("signalwire.connect", Client::connect_params("not.a.token"))
        .await;
    assert_eq!(error["code"], -32002);
    assert_eq!(client.response(&held).await["error"]["code"], -32002);
    let error = client.err("subscriber.online", json!({})).await;
    assert_eq!(error["code"], -32002);
    client.closed().await;
    assert!(started.elapsed() >= Duration::from_millis(400));
    // The next one from the same address waits longer.
    let started = Instant::now();
    let mut client = server.client().await;
    client
        .err("signalwire.connect", Client::connect_params("not.a.token"))
        .await;
    client.closed().await;
    assert!(started.elapsed() >= Duration::from_millis(800));
}

#[tokio::test]
async fn a_socket_that_never_connects_is_closed() {
    let server =
        TestServer::with(|config| config.timing.connect_deadline = Duration::from_millis(200))
            .await;
    let mut client = server.client().await;
    client.closed().await;
}

#[tokio::test]
async fn bad_tokens_and_states_are_refused_with_their_codes() {
    let server = TestServer::start().await;
    let good = server.connected("alice").await;
    let bob = server.token("bob").await;
    let expired = {
        let claims = claims(&server, SatKind::Subscriber);
        server.mint.keys.seal_sat(
            &SatClaims {
                expires_at: now_s() - 1,
                ..claims
            },
            &server.mint.issuer,
        )
    };
    let unknown_subscriber = server
        .mint
        .keys
        .seal_sat(&claims(&server, SatKind::Subscriber), &server.mint.issuer);
    let cases: Vec<(&str, Value, i64)> = vec![
        ("empty token", Client::connect_params(""), -32002),
        ("expired", Client::connect_params(&expired), -32002),
        (
            "deleted subscriber",
            Client::connect_params(&unknown_subscriber),
            -32002,
        ),
        (
            "a resume state as token",
            Client::connect_params(&good.state),
            -32002,
        ),
        ("no token", json!({"authentication": {}}), -32602),
        ("no params", json!({}), -32602),
        (
            "garbled state",
            Client::resume_params(&good.token, &good.protocol, "x.y.z"),
            -32003,
        ),
        (
            "another protocol",
            Client::resume_params(&good.token, "offhook_other", &good.state),
            -32003,
        ),
        (
            "another's token",
            Client::resume_params(&bob, &good.protocol, &good.state),
            -32003,
        ),
        (
            "a token as state",
            Client::resume_params(&good.token, &good.protocol, &good.token),
            -32003,
        ),
        (
            "garbled proof",
            with(Client::connect_params(&bob), "dpop_token", "a.b.c"),
            -32002,
        ),
    ];
    for (what, params, code) in cases {
        let mut client = server.client().await;
        let error = client.err("signalwire.connect", params).await;
        assert_eq!(error["code"], code, "{what}: {error}");
        assert!(!error.to_string().contains(&good.token), "{what}");
    }
    assert_eq!(server.relay.connected_sessions(), 1);
}

#[tokio::test]
async fn a_bound_token_needs_a_proof_to_connect_but_not_to_resume() {
    let server = TestServer::start().await;
    let key = Key::new();
    let wish = TokenWish {
        fingerprint: Some(key.thumbprint()),
        ..TokenWish::default()
    };
    let token = server.token_with("alice", wish).await;

    let mut client = server.client().await;
    let error = client
        .err("signalwire.connect", Client::connect_params(&token))
        .await;
    assert_eq!(
        (error["code"].as_i64(), error["data"]["reason"].as_str()),
        (Some(-32002), Some("proof_missing"))
    );
    let other = Key::new().proof("signalwire.connect");
    let error = client
        .err(
            "signalwire.connect",
            with(Client::connect_params(&token), "dpop_token", &other),
        )
        .await;
    assert_eq!(error["data"]["reason"], "proof_other_key");
    let wrong_method = key.proof("signalwire.reauthenticate");
    let params = with(Client::connect_params(&token), "dpop_token", &wrong_method);
    assert_eq!(
        client.err("signalwire.connect", params).await["code"],
        -32002
    );

    let proof = key.proof("signalwire.connect");
    let params = with(Client::connect_params(&token), "dpop_token", &proof);
    let result = client.ok("signalwire.connect", params.clone()).await;
    assert_eq!(result["authorization"]["cnf"]["jkt"], key.thumbprint());
    client.protocol = result["protocol"].as_str().unwrap().to_owned();
    client.event("signalwire.authorization.state").await;
    client.token = token.clone();

    let mut thief = server.client().await;
    let error = thief.err("signalwire.connect", params).await;
    assert_eq!(error["data"]["reason"], "proof_replayed");

    // A page that was loaded again has no proof yet.
    let mut client = client.resumed(server.address).await;
    let params = json!({"authentication": {"project": server.project, "jwt_token": token}});
    let error = client
        .err("signalwire.reauthenticate", params.clone())
        .await;
    assert_eq!(error["code"], -32002);
    client.sync().await;
    let proof = key.proof("signalwire.reauthenticate");
    client
        .ok(
            "signalwire.reauthenticate",
            with(params, "dpop_token", &proof),
        )
        .await;
    let state = client.state.clone();
    client.event("signalwire.authorization.state").await;
    assert_ne!(client.state, state);
}

#[tokio::test]
async fn a_proof_with_an_unbound_token_is_checked_but_binds_nothing() {
    let server = TestServer::start().await;
    let token = server.token("alice").await;
    let mut client = server.client().await;
    let proof = Key::new().proof("signalwire.connect");
    let result = client
        .ok(
            "signalwire.connect",
            with(Client::connect_params(&token), "dpop_token", &proof),
        )
        .await;
    assert!(result["authorization"].get("cnf").is_none());
}

#[tokio::test]
async fn a_proof_by_a_wrong_clock_proves_nothing_and_keeps_nobody_out_who_needs_none() {
    let server = TestServer::start().await;
    let key = Key::new();
    let free = server.token("alice").await;
    let wish = TokenWish {
        fingerprint: Some(key.thumbprint()),
        ..TokenWish::default()
    };
    let bound = server.token_with("bob", wish).await;
    for iat in [now_s() - 18_000, now_s() + 18_000] {
        let mut client = server.client().await;
        let connect = |token: &str| {
            let proof = key.proof_at("signalwire.connect", iat);
            with(Client::connect_params(token), "dpop_token", &proof)
        };
        let error = client.err("signalwire.connect", connect(&bound)).await;
        assert_eq!(error["data"]["reason"], "proof_stale");
        let mut client = server.client().await;
        client.ok("signalwire.connect", connect(&free)).await;
        let proof = key.proof_at("signalwire.reauthenticate", iat);
        let again = json!({"authentication": {"project": server.project, "jwt_token": free}});
        let again = with(again, "dpop_token", &proof);
        client.ok("signalwire.reauthenticate", again).await;
    }
}

#[tokio::test]
async fn a_refused_reauthentication_leaves_the_session_as_it_was() {
    let server = TestServer::start().await;
    let mut client = server.connected("alice").await;
    for token in [server.token("bob").await, "x".to_owned()] {
        let params = json!({"authentication": {"project": "", "jwt_token": token}});
        assert_eq!(
            client.err("signalwire.reauthenticate", params).await["code"],
            -32002
        );
    }
    assert_eq!(
        client.err("signalwire.reauthenticate", json!({})).await["code"],
        -32602
    );
    client.ok("subscriber.online", json!({})).await;
    client.nothing("signalwire.authorization.state").await;
    let own = json!({"authentication": {"project": server.project, "jwt_token": server.token("alice").await}});
    // What is in force now, for clients of ours; others read nothing of it.
    let result = client.ok("signalwire.reauthenticate", own).await;
    let told = &result["authorization"]["fabric_subscriber"]["expires_at"];
    assert!(
        told.is_u64() && result["offhook"]["server_time_ms"].is_u64(),
        "{result}"
    );
    client.event("signalwire.authorization.state").await;
    client.resumed(server.address).await;
}

#[tokio::test]
async fn origins_are_checked_at_the_upgrade_and_for_embed_tokens_at_connect() {
    let server =
        TestServer::with(|config| config.allowed_origins = vec!["https://shop.example".into()])
            .await;
    let refused = Client::open(server.address, Some("https://evil.example")).await;
    match refused.map(|_| ()) {
        Err(tungstenite::Error::Http(response)) => assert_eq!(response.status(), 403),
        other => panic!("{other:?}"),
    }
    Client::open(server.address, Some("https://shop.example"))
        .await
        .unwrap();
    Client::open(server.address, None).await.unwrap();

    let server = TestServer::start().await;
    server.room("lobby", None).await;
    let token = server
        .embed_token("/public/lobby", &["https://shop.example"])
        .await;
    let mut evil = Client::open(server.address, Some("https://evil.example"))
        .await
        .unwrap();
    let error = evil
        .err("signalwire.connect", Client::connect_params(&token))
        .await;
    assert_eq!(error["data"]["reason"], "origin_not_allowed");
    let mut shop = Client::open(server.address, Some("https://shop.example"))
        .await
        .unwrap();
    shop.connect(&token).await;
}

fn claims(server: &TestServer, kind: SatKind) -> SatClaims {
    SatClaims {
        jti: relay_support::uuid(),
        project_id: server.project.clone(),
        subscriber_id: relay_support::uuid(),
        kind,
        scope: Vec::new(),
        cnf_jkt: None,
        issued_at: now_s(),
        expires_at: now_s() + 100,
        allowed: None,
        resource_id: None,
        display_name: None,
    }
}

fn with(mut params: Value, name: &str, value: &str) -> Value {
    params[name] = value.into();
    params
}

/// A client's key.
struct Key(aws_lc_rs::signature::EcdsaKeyPair);

impl Key {
    fn new() -> Self {
        let algorithm = &aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
        Self(aws_lc_rs::signature::EcdsaKeyPair::generate(algorithm).unwrap())
    }

    fn jwk(&self) -> Value {
        use aws_lc_rs::signature::KeyPair as _;
        let point = self.0.public_key().as_ref();
        json!({"kty": "EC", "crv": "P-256", "x": base64url(&point[1..33]), "y": base64url(&point[33..])})
    }

    fn thumbprint(&self) -> String {
        offhook_auth::jwk::PublicKey::from_jwk(&self.jwk().to_string())
            .unwrap()
            .thumbprint()
    }

    fn proof(&self, method: &str) -> String {
        self.proof_at(method, now_s())
    }

    fn proof_at(&self, method: &str, iat: u64) -> String {
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk()});
        let payload =
            json!({"jti": relay_support::uuid(), "rpc": "request", "mth": method, "iat": iat});
        let signed = format!(
            "{}.{}",
            base64url(header.to_string().as_bytes()),
            base64url(payload.to_string().as_bytes())
        );
        let signature = self
            .0
            .sign(&aws_lc_rs::rand::SystemRandom::new(), signed.as_bytes())
            .unwrap();
        format!("{signed}.{}", base64url(signature.as_ref()))
    }
}

fn base64url(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

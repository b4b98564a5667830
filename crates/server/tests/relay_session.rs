//! Sessions: connect, resume, redelivery, restart, reauthenticate, and every way to be refused.

mod relay_support;

use std::time::{Duration, Instant};

use offhook_auth::{SatClaims, SatKind};
use offhook_proto::limits;
use offhook_server::clock::now_s;
use offhook_server::mint::TokenWish;
use relay_support::{Client, PATIENCE, TestServer, until};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{self, Message};

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
async fn a_resume_keeps_the_protocol_and_gives_a_new_state() {
    let server = TestServer::start().await;
    let client = server.connected("alice").await;
    let (protocol, state) = (client.protocol.clone(), client.state.clone());
    let client = client.resumed(server.address).await;
    assert_eq!(client.protocol, protocol);
    assert_ne!(client.state, state);
}

#[tokio::test]
async fn the_latest_and_the_previous_state_are_good_and_older_ones_are_not() {
    let server = TestServer::start().await;
    let first = server.connected("alice").await;
    let oldest = first.state.clone();
    let second = first.resumed(server.address).await;
    let (token, protocol) = (second.token.clone(), second.protocol.clone());
    second.vanish().await;

    // The newest was lost on the way.
    let mut third = server.client().await;
    third.protocol = protocol.clone();
    third
        .ok(
            "signalwire.connect",
            Client::resume_params(&token, &protocol, &oldest),
        )
        .await;
    third.event("signalwire.authorization.state").await;
    third.vanish().await;

    let mut fourth = server.client().await;
    let error = fourth
        .err(
            "signalwire.connect",
            Client::resume_params(&token, &protocol, &oldest),
        )
        .await;
    assert_eq!(error["code"], -32003);
    // The same socket may connect fresh.
    fourth.connect(&token).await;
}

#[tokio::test]
async fn a_session_survives_a_restart_of_the_server_under_its_protocol() {
    let server = TestServer::start().await;
    let mut client = server.connected("alice").await;
    let (token, protocol, state) = (
        client.token.clone(),
        client.protocol.clone(),
        client.state.clone(),
    );
    let server = {
        let restart = tokio::spawn(server.restart());
        client.event("disconnect").await;
        client.closed().await;
        restart.await.unwrap()
    };
    let mut client = server.client().await;
    client.protocol = protocol.clone();
    let result = client
        .ok(
            "signalwire.connect",
            Client::resume_params(&token, &protocol, &state),
        )
        .await;
    assert_eq!(result["protocol"], protocol.as_str());
    client.event("signalwire.authorization.state").await;
    assert_ne!(client.state, state);
    client.ok("subscriber.online", json!({})).await;
    assert_eq!(server.relay.online_subscribers(), 1);
}

#[tokio::test]
async fn a_resume_works_with_an_expired_token_and_adopts_a_newer_one() {
    let server = TestServer::start().await;
    let wish = TokenWish {
        expires_at: Some(now_s() + 1),
        ..TokenWish::default()
    };
    let short = server.token_with("alice", wish).await;
    let mut client = server.client().await;
    client.connect(&short).await;
    while server.mint.keys.open_sat(&short, now_s()).is_ok() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut client = client.resumed(server.address).await;
    let newer = server.token("alice").await;
    client.token = newer.clone();
    let (protocol, state) = (client.protocol.clone(), client.state.clone());
    client.vanish().await;
    let mut client = server.client().await;
    client.protocol = protocol.clone();
    let result = client
        .ok(
            "signalwire.connect",
            Client::resume_params(&newer, &protocol, &state),
        )
        .await;
    let expires_at = result["authorization"]["fabric_subscriber"]["expires_at"]
        .as_u64()
        .unwrap();
    assert!(expires_at > now_s() + 60, "the newer token is in force");
}

#[tokio::test]
async fn a_token_that_expires_costs_the_socket_and_later_the_session() {
    let server = TestServer::with(|config| {
        config.timing.expiry_grace = Duration::from_millis(300);
        config.timing.resume = Duration::from_secs(2);
    })
    .await;
    let expires_at = now_s() + 1;
    let wish = TokenWish {
        expires_at: Some(expires_at),
        ..TokenWish::default()
    };
    let token = server.token_with("alice", wish).await;
    let mut client = server.client().await;
    client.connect(&token).await;
    client.closed().await;
    assert!(now_s() >= expires_at);
    // It may come back with the dead token for a while, and is sent away again each time.
    let error = loop {
        let mut next = server.client().await;
        next.protocol = client.protocol.clone();
        let params = Client::resume_params(&token, &client.protocol, &client.state);
        let response = next.request("signalwire.connect", params).await;
        if let Some(error) = response.get("error") {
            break error.clone();
        }
        next.event("signalwire.authorization.state").await;
        next.closed().await;
        client = next;
    };
    assert_eq!(
        (error["code"].as_i64(), error["data"]["reason"].as_str()),
        (Some(-32002), Some("token_expired"))
    );
    assert!(now_s() >= expires_at + 2);
}

#[tokio::test]
async fn a_session_nobody_resumes_is_over() {
    let server = TestServer::with(|config| config.timing.resume = Duration::from_millis(200)).await;
    // A state written in the second in which the server began could be of the server before it.
    let began = now_s();
    until(|| now_s() > began).await;
    let client = server.online("alice").await;
    assert_eq!(server.relay.online_subscribers(), 1);
    let params = Client::resume_params(&client.token, &client.protocol, &client.state);
    client.vanish().await;
    let sessions = server.metrics.gauge(
        "offhook_relay_sessions",
        "Sessions, with or without a socket.",
        &[],
    );
    until(|| sessions.value() == 0).await;
    assert_eq!(server.relay.online_subscribers(), 0);
    let error = server
        .client()
        .await
        .err("signalwire.connect", params)
        .await;
    assert_eq!(
        (error["code"].as_i64(), error["data"]["reason"].as_str()),
        (Some(-32003), Some("the session has expired"))
    );
}

#[tokio::test]
async fn unacknowledged_events_come_again_in_order_with_their_ids() {
    let server = TestServer::start().await;
    server.room("lobby", None).await;
    let mut bob = server.connected("bob").await;
    let mut alice = server.connected("alice").await;
    let _call = alice.dial("/public/lobby").await;
    alice.event("layout.changed").await;
    alice.acks = false;
    let mut seen = alice.event_ids.len();
    let bobs = bob.dial("/public/lobby").await;
    alice.event("member.joined").await;
    alice.event("layout.changed").await;
    bob.hang_up(&bobs).await;
    alice.event("member.left").await;
    alice.event("layout.changed").await;
    let unacked: Vec<String> = alice.event_ids.split_off(seen);
    assert_eq!(unacked.len(), 4);

    let mut alice = alice.resumed(server.address).await;
    alice.event("member.joined").await;
    alice.event("member.left").await;
    alice.event("layout.changed").await;
    // The first layout had been superseded by the second.
    let again: Vec<&String> = alice
        .event_ids
        .iter()
        .filter(|id| unacked.contains(id))
        .collect();
    assert_eq!(again, [&unacked[0], &unacked[2], &unacked[3]]);
    alice.sync().await;

    // Now they are acknowledged.
    seen = alice.event_ids.len();
    assert!(seen >= 4);
    let mut alice = alice.resumed(server.address).await;
    alice.sync().await;
    assert!(
        !alice.event_ids.iter().any(|id| unacked.contains(id)),
        "{:?}",
        alice.pending()
    );
}

#[tokio::test]
async fn acks_that_come_before_the_resume_count() {
    let server = TestServer::start().await;
    server.room("lobby", None).await;
    let mut alice = server.connected("alice").await;
    alice.acks = false;
    let _call = alice.dial("/public/lobby").await;
    alice.event("layout.changed").await;
    let ids = alice.event_ids.clone();
    let (token, protocol, state) = (
        alice.token.clone(),
        alice.protocol.clone(),
        alice.state.clone(),
    );
    alice.vanish().await;
    // The official client sends what it queued while it was offline before it authenticates.
    let mut alice = server.client().await;
    alice.protocol = protocol.clone();
    for id in &ids {
        alice
            .send_text(json!({"jsonrpc": "2.0", "id": id, "result": {}}).to_string())
            .await;
    }
    alice
        .ok(
            "signalwire.connect",
            Client::resume_params(&token, &protocol, &state),
        )
        .await;
    alice.event("signalwire.authorization.state").await;
    alice.sync().await;
    assert_eq!(
        alice.event_ids.len(),
        1,
        "nothing but the new state: {:?}",
        alice.pending()
    );
}

#[tokio::test]
async fn sessions_that_wait_for_a_socket_are_bounded() {
    let server = TestServer::start().await;
    let sessions = server.metrics.gauge(
        "offhook_relay_sessions",
        "Sessions, with or without a socket.",
        &[],
    );
    let attached = server.connected("alice").await;
    for _ in 0..limits::WAITING_SESSIONS + 8 {
        server.connected("alice").await.vanish().await;
        until(|| server.relay.connected_sessions() == 1).await;
    }
    let last = server.connected("alice").await;
    until(|| sessions.value() == limits::WAITING_SESSIONS as i64 + 2).await;
    for mut client in [attached, last] {
        client.sync().await;
    }
}

#[tokio::test]
async fn events_of_the_time_without_a_socket_are_delivered_on_resume() {
    let server = TestServer::start().await;
    server.room("lobby", None).await;
    let mut alice = server.connected("alice").await;
    let _call = alice.dial("/public/lobby").await;
    alice.event("layout.changed").await;
    alice.sync().await;
    let (token, protocol, state) = (
        alice.token.clone(),
        alice.protocol.clone(),
        alice.state.clone(),
    );
    alice.vanish().await;
    until(|| server.relay.connected_sessions() == 0).await;
    let mut bob = server.connected("bob").await;
    let _bobs = bob.dial("/public/lobby").await;
    bob.event("layout.changed").await;
    let mut alice = server.client().await;
    alice.protocol = protocol.clone();
    alice
        .ok(
            "signalwire.connect",
            Client::resume_params(&token, &protocol, &state),
        )
        .await;
    let joined = alice.event("member.joined").await;
    assert_eq!(joined["member"]["name"], "bob Example");
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
    assert_eq!(client.ok("signalwire.reauthenticate", own).await, json!({}));
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

#[tokio::test]
async fn registration_is_a_no_op_for_guests_and_follows_the_session_for_subscribers() {
    let server = TestServer::start().await;
    server.room("lobby", None).await;
    let mut guest = server.client().await;
    guest
        .connect(&server.guest_token(&["/public/lobby"]).await)
        .await;
    assert_eq!(guest.ok("subscriber.online", json!({})).await, json!({}));
    assert_eq!(server.relay.online_subscribers(), 0);

    let mut alice = server.online("alice").await;
    alice.ok("subscriber.online", json!({})).await;
    assert_eq!(server.relay.online_subscribers(), 1);
    // It survives a lost socket …
    let mut alice = alice.resumed(server.address).await;
    assert_eq!(server.relay.online_subscribers(), 1);
    // … and ends when asked to.
    alice.ok("subscriber.offline", json!({})).await;
    assert_eq!(server.relay.online_subscribers(), 0);
    // A fresh connect of the same person takes the place of a session that has no socket.
    alice.ok("subscriber.online", json!({})).await;
    alice.vanish().await;
    until(|| server.relay.connected_sessions() == 1).await;
    let _fresh = server.connected("alice").await;
    until(|| server.relay.online_subscribers() == 0).await;
}

#[tokio::test]
async fn pings_come_and_a_silent_client_is_dropped_but_can_resume() {
    let server = TestServer::with(|config| {
        config.timing.ping_interval = Duration::from_millis(100);
        config.timing.idle = Duration::from_millis(500);
    })
    .await;
    let mut client = server.connected("alice").await;
    let started = Instant::now();
    while client.pings < 10 {
        client.sync().await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(started.elapsed() >= Duration::from_millis(900));
    client.pongs = false;
    let pings = client.pings;
    client.closed().await;
    assert!(client.pings > pings);
    let (token, protocol, state) = (
        client.token.clone(),
        client.protocol.clone(),
        client.state.clone(),
    );
    let mut client = server.client().await;
    client.protocol = protocol.clone();
    client
        .ok(
            "signalwire.connect",
            Client::resume_params(&token, &protocol, &state),
        )
        .await;
}

#[tokio::test]
async fn a_second_socket_for_a_session_takes_the_place_of_the_first() {
    let server = TestServer::start().await;
    let mut first = server.connected("alice").await;
    let mut second = server.client().await;
    second.protocol = first.protocol.clone();
    let params = Client::resume_params(&first.token, &first.protocol, &first.state);
    second.ok("signalwire.connect", params).await;
    first.closed().await;
    second.sync().await;
    assert_eq!(server.relay.connected_sessions(), 1);
    let error = second
        .err(
            "signalwire.connect",
            Client::connect_params(&second.token.clone()),
        )
        .await;
    assert_eq!(error["code"], -32600);
}

#[tokio::test]
async fn defects_of_frames_are_answered_precisely_and_cost_nothing_else() {
    let server = TestServer::start().await;
    let mut client = server.connected("alice").await;
    for (text, code) in [
        ("{", -32700),
        ("", -32700),
        ("[1,2]", -32600),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"subscriber.online"}"#,
            -32600,
        ),
        (r#"{"jsonrpc":"2.0","method":"subscriber.online"}"#, -32600),
    ] {
        client.send_text(text).await;
        assert_eq!(
            client.response_without_id().await["error"]["code"],
            code,
            "{text}"
        );
    }
    client
        .send_message(Message::Binary(vec![1, 2, 3].into()))
        .await;
    assert_eq!(client.response_without_id().await["error"]["code"], -32700);
    client
        .send_text(r#"{"id":"x","method":"subscriber.online"}"#)
        .await;
    assert_eq!(client.response("x").await["error"]["code"], -32600);
    let long = format!(
        r#"{{"jsonrpc":"2.0","id":"long","method":"x","params":"{}"}}"#,
        "x".repeat(limits::FRAME_BYTES)
    );
    client.send_text(long).await;
    assert_eq!(client.response_without_id().await["error"]["code"], -32600);
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":"deep","method":"x","params":{}{}}}"#,
        "[".repeat(99),
        "]".repeat(99)
    );
    client.send_text(deep).await;
    assert_eq!(client.response_without_id().await["error"]["code"], -32600);
    for (method, params, code) in [
        ("no.such", json!({}), -32601),
        ("call.fly", json!({}), -32601),
        ("webrtc.verto", json!({}), -32602),
        ("webrtc.verto", json!([1]), -32602),
        ("call.mute", json!({"self": 5}), -32602),
        ("call.mute", json!({"self": {"call_id": "none"}}), -32602),
    ] {
        let error = client.err(method, params.clone()).await;
        assert_eq!(error["code"], code, "{method} {params}");
    }
    client.ok("subscriber.online", json!({})).await;
}

#[tokio::test]
async fn a_frame_far_too_long_closes_the_socket() {
    let server = TestServer::start().await;
    let mut client = server.connected("alice").await;
    client.send_text("x".repeat(3 * limits::FRAME_BYTES)).await;
    client.closed().await;
}

#[tokio::test]
async fn too_many_requests_are_refused_and_a_flood_is_closed() {
    let server = TestServer::start().await;
    let mut client = server.connected("alice").await;
    let mut ids = Vec::new();
    for _ in 0..limits::FRAMES_BURST + 40 {
        ids.push(client.send("no.such", json!({})).await);
    }
    let response = client.response(ids.last().unwrap()).await;
    assert_eq!(
        response["error"]["code"], -32602,
        "a code that ends no call"
    );
    assert_eq!(response["error"]["data"]["cause"], "RATE_LIMITED");
    for _ in 0..3 * limits::FRAMES_BURST {
        client.send("no.such", json!({})).await;
    }
    client.closed().await;
    // Another session is not concerned.
    server.connected("bob").await.sync().await;
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_dropped_and_the_others_go_on() {
    let server =
        TestServer::with(|config| config.timing.send_stall = Duration::from_millis(300)).await;
    server.room("lobby", None).await;
    let mut slow = server.connected("alice").await;
    let _slow_call = slow.dial("/public/lobby").await;
    // Each change of this member is an event of 40 KB to everybody.
    let mut loud = server.connected("mallory").await;
    server.rename("mallory", 40_000).await;
    let call = loud.dial("/public/lobby").await;
    loud.event("layout.changed").await;
    let dropped = server.metrics.counter(
        "offhook_relay_slow_readers_total",
        "Sockets dropped for not reading.",
        &[],
    );
    let started = Instant::now();
    while dropped.value() == 0 {
        assert!(
            started.elapsed() < PATIENCE * 3,
            "the slow reader is still there"
        );
        loud.call_method(&call, "call.mute", json!({"channels": ["audio"]}))
            .await;
        loud.event("member.updated").await;
        // Not faster than the rate limit lets it.
        tokio::time::sleep(Duration::from_millis(
            1000 / u64::from(limits::FRAMES_PER_SECOND),
        ))
        .await;
    }
    until(|| server.relay.connected_sessions() == 1).await;
    loud.sync().await;
}

#[tokio::test]
async fn a_draining_server_says_so_closes_sockets_and_takes_no_new_ones() {
    let server = TestServer::start().await;
    let mut client = server.connected("alice").await;
    let relay = server.relay.clone();
    let drained = tokio::spawn(async move { relay.drain(PATIENCE).await });
    client.event("disconnect").await;
    client.closed().await;
    drained.await.unwrap();
    match Client::open(server.address, None).await.map(|_| ()) {
        Err(tungstenite::Error::Http(response)) => assert_eq!(response.status(), 503),
        other => panic!("{other:?}"),
    }
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
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk()});
        let payload =
            json!({"jti": relay_support::uuid(), "rpc": "request", "mth": method, "iat": now_s()});
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

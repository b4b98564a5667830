//! Sessions: resume, redelivery, restart, expiry, registration.

mod relay_support;

use std::time::Duration;

use offhook_server::clock::now_s;
use offhook_server::mint::TokenWish;
use relay_support::{Client, TestServer, until};
use serde_json::json;

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

/// Alice and Bob talk; what the test does is done by Alice.
async fn talking(server: &TestServer) -> (Client, Client, String) {
    let mut bob = server.online("bob").await;
    let mut alice = server.online("alice").await;
    alice.dial("/private/bob").await;
    let invite = bob.ringing().await;
    bob.accept(&invite).await;
    alice.event("call.joined").await;
    let call_id = invite["callID"].as_str().unwrap().to_owned();
    (alice, bob, call_id)
}

#[tokio::test]
async fn a_page_that_said_it_may_leave_and_went_has_hung_up() {
    let server = TestServer::start().await;
    let (mut alice, mut bob, call_id) = talking(&server).await;
    alice.ok("subscriber.leaving", json!({})).await;
    alice.go_away().await;
    assert_eq!(bob.bye(&call_id).await, "NORMAL_CLEARING");
    until(|| server.relay.online_subscribers() == 1).await;
}

#[tokio::test]
async fn a_page_that_only_lost_its_socket_or_stayed_keeps_its_call() {
    let server = TestServer::start().await;
    // Without a word, by a lost connection after it, and after something else was asked for.
    for (word, stays, away) in [
        (false, false, true),
        (true, false, false),
        (true, true, true),
    ] {
        let (mut alice, mut bob, _) = talking(&server).await;
        if word {
            alice.ok("subscriber.leaving", json!({})).await;
        }
        if stays {
            alice.ok("signalwire.ping", json!({})).await;
        }
        let sessions = server.relay.connected_sessions();
        match away {
            true => alice.go_away().await,
            false => alice.vanish().await,
        }
        until(|| server.relay.connected_sessions() == sessions - 1).await;
        bob.nothing("verto.bye").await;
        assert_eq!(server.relay.online_subscribers(), 2);
        bob.go_away().await;
        until(|| server.relay.connected_sessions() == sessions - 2).await;
    }
}

#[tokio::test]
async fn a_page_that_came_back_after_its_word_has_stayed() {
    let server = TestServer::start().await;
    let (mut alice, mut bob, _) = talking(&server).await;
    alice.ok("subscriber.leaving", json!({})).await;
    let alice = alice.resumed(server.address).await;
    alice.go_away().await;
    until(|| server.relay.connected_sessions() == 1).await;
    bob.nothing("verto.bye").await;
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

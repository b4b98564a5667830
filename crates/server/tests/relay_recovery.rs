//! Calls whose socket, session, page or media goes away, and who may take them up.

mod relay_support;

use std::time::Duration;

use offhook_server::mint::TokenWish;
use relay_support::{Call, Client, TestServer, until};
use serde_json::json;

#[tokio::test]
async fn a_call_outlives_its_socket_and_the_resumed_session_goes_on_with_it() {
    let server = TestServer::start().await;
    let mut bob = server.online("bob").await;
    let mut alice = server.connected("alice").await;
    let call = alice.dial("/private/bob").await;
    let ringing = bob.ringing().await;
    let callee = bob.accept(&ringing).await;
    alice.answered(&call).await;
    alice.event("layout.changed").await;
    let mut alice = alice.resumed(server.address).await;
    alice.settle(&call).await;
    bob.nothing("member.left").await;
    let muted = alice
        .call_method(&call, "call.mute", json!({"channels": ["audio"]}))
        .await;
    assert_eq!(muted["result"]["code"], "200");
    bob.event("member.updated").await;
    bob.hang_up(&callee).await;
    assert_eq!(alice.bye(&call.id).await, "NORMAL_CLEARING");
}

#[tokio::test]
async fn an_invite_that_rang_while_the_socket_was_down_rings_after_the_resume() {
    let server = TestServer::start().await;
    let mut bob = server.online("bob").await;
    bob.sync().await;
    let (token, protocol, state) = (bob.token.clone(), bob.protocol.clone(), bob.state.clone());
    bob.vanish().await;
    until(|| server.relay.connected_sessions() == 0).await;
    let mut alice = server.connected("alice").await;
    let call = alice.dial("/private/bob").await;
    let mut bob = server.client().await;
    bob.protocol = protocol.clone();
    bob.ok(
        "signalwire.connect",
        Client::resume_params(&token, &protocol, &state),
    )
    .await;
    let invite = bob.ringing().await;
    bob.accept(&invite).await;
    alice.answered(&call).await;
}

#[tokio::test]
async fn a_call_that_ended_while_the_socket_was_down_does_not_ring_after_the_resume() {
    let server = TestServer::start().await;
    let mut bob = server.online("bob").await;
    bob.sync().await;
    let (token, protocol, state) = (bob.token.clone(), bob.protocol.clone(), bob.state.clone());
    bob.vanish().await;
    until(|| server.relay.connected_sessions() == 0).await;
    let mut alice = server.connected("alice").await;
    let call = alice.dial("/private/bob").await;
    alice.hang_up(&call).await;
    until(|| server.relay.active_calls() == 0).await;
    let mut bob = server.client().await;
    bob.protocol = protocol.clone();
    bob.ok(
        "signalwire.connect",
        Client::resume_params(&token, &protocol, &state),
    )
    .await;
    bob.verto_event("verto.bye").await;
    bob.nothing("verto.invite").await;
}

#[tokio::test]
async fn a_fresh_session_of_the_same_subscriber_adopts_the_call_by_speaking_of_it() {
    let server = TestServer::start().await;
    let mut bob = server.online("bob").await;
    let mut alice = server.connected("alice").await;
    let call = alice.dial("/private/bob").await;
    let ringing = bob.ringing().await;
    let callee = bob.accept(&ringing).await;
    alice.answered(&call).await;
    alice.vanish().await;
    let mut alice = server.connected("alice").await;
    alice
        .verto_ok(
            "verto.pong",
            &call.id,
            json!({"dialogParams": {"callID": call.id}}),
        )
        .await;
    let joined = alice.event("call.joined").await;
    assert_eq!(
        joined["member_id"],
        call.member.as_str(),
        "still the same member"
    );
    bob.hang_up(&callee).await;
    assert_eq!(alice.bye(&call.id).await, "NORMAL_CLEARING");
}

#[tokio::test]
async fn nobody_else_can_touch_a_call() {
    let server = TestServer::start().await;
    server.room("lobby", None).await;
    let mut alice = server.connected("alice").await;
    let call = alice.dial("/public/lobby").await;
    alice.event("layout.changed").await;
    let mut mallory = server.connected("mallory").await;
    let dialog = json!({"dialogParams": {"callID": call.id}});
    // To mallory no such call exists, so hanging it up "succeeds" and changes nothing.
    mallory
        .verto_ok("verto.bye", &call.id, dialog.clone())
        .await;
    let hold = json!({"dialogParams": {"callID": call.id}, "action": "hold"});
    assert_eq!(
        mallory.verto_err("verto.modify", &call.id, hold).await["code"],
        -32602
    );
    let stolen = mallory
        .call_method(&call, "call.mute", json!({"channels": ["audio"]}))
        .await;
    assert_eq!(stolen["error"]["code"], -32602);
    // The same id, chosen by mallory, is another dialog.
    let own = Call::new(&call.id).await;
    mallory
        .verto_ok("verto.invite", &own.id, own.invite("/public/lobby").await)
        .await;
    alice.event("member.joined").await;
    mallory.verto_ok("verto.bye", &call.id, dialog).await;
    alice.event("member.left").await;
    alice.settle(&call).await;
    alice.nothing("verto.bye").await;
}

#[tokio::test]
async fn a_page_that_was_loaded_again_re_attaches_and_stays_the_same_member() {
    let server = TestServer::start().await;
    let mut bob = server.online("bob").await;
    let mut alice = server.connected("alice").await;
    let mut call = alice.dial("/private/bob").await;
    let ringing = bob.ringing().await;
    let _callee = bob.accept(&ringing).await;
    alice.answered(&call).await;
    call.connected().await;
    alice.event("layout.changed").await;
    let mut alice = alice.resumed(server.address).await;
    call.endpoint.close().await.unwrap();

    let mut again = Call::new(&call.id).await;
    let sdp = again.offer().await;
    let params = json!({"dialogParams": {"callID": call.id, "destination_number": "/private/bob",
        "attach": true, "reattaching": true}, "sdp": sdp});
    let result = alice.verto_ok("verto.invite", &call.id, params).await;
    assert_eq!(
        (result["message"].as_str(), result["memberID"].as_str()),
        (Some("CALL CREATED"), Some(call.member.as_str()))
    );
    alice.answered(&again).await;
    again.connected().await;
    let joined = alice.event("call.joined").await;
    assert_eq!(joined["member_id"], call.member.as_str());
    assert_eq!(
        joined["room_session"]["members"].as_array().unwrap().len(),
        2
    );
    alice.event("layout.changed").await;
    alice.settle(&call).await;
    bob.nothing("member.left").await;
}

#[tokio::test]
async fn a_leg_that_never_connects_its_media_is_released() {
    let server =
        TestServer::with(|config| config.timing.media_connect = Duration::from_millis(300)).await;
    let mut alice = server.connected("alice").await;
    // The answer is never applied.
    let call = alice.dial("/public/network-test").await;
    assert_eq!(alice.bye(&call.id).await, "MEDIA_TIMEOUT");
    until(|| server.relay.active_calls() == 0).await;
}

#[tokio::test]
async fn a_client_that_closes_its_peer_connection_without_a_word_has_hung_up() {
    let server =
        TestServer::with(|config| config.timing.silent_hangup = Duration::from_millis(200)).await;
    let mut bob = server.online("bob").await;
    let mut alice = server.connected("alice").await;
    let mut call = alice.dial("/private/bob").await;
    let ringing = bob.ringing().await;
    let mut callee = bob.accept(&ringing).await;
    alice.answered(&call).await;
    call.connected().await;
    callee.connected().await;
    call.endpoint.close().await.unwrap();
    assert_eq!(bob.bye(&callee.id).await, "NORMAL_CLEARING");
}

#[tokio::test]
async fn calls_go_on_when_the_token_of_one_side_expires() {
    let server = TestServer::with(|config| {
        config.timing.expiry_grace = Duration::from_millis(100);
        config.timing.call_grace = Duration::from_millis(100);
    })
    .await;
    let mut bob = server.online("bob").await;
    let expires_at = Some(offhook_server::clock::now_s() + 1);
    let token = server
        .token_with(
            "alice",
            TokenWish {
                expires_at,
                ..TokenWish::default()
            },
        )
        .await;
    let mut alice = server.client().await;
    alice.connect(&token).await;
    let call = alice.dial("/private/bob").await;
    let ringing = bob.ringing().await;
    let _callee = bob.accept(&ringing).await;
    alice.answered(&call).await;
    alice.sync().await;
    alice.closed().await;
    let newer = server.token("alice").await;
    let mut again = server.client().await;
    again.protocol = alice.protocol.clone();
    again
        .ok(
            "signalwire.connect",
            Client::resume_params(&newer, &alice.protocol, &alice.state),
        )
        .await;
    bob.nothing("member.left").await;
    let muted = again
        .call_method(&call, "call.mute", json!({"channels": ["audio"]}))
        .await;
    assert_eq!(muted["result"]["code"], "200");
}

#[tokio::test]
async fn a_session_is_told_before_its_token_expires_and_with_calls_it_has_a_longer_grace() {
    let server = TestServer::with(|config| {
        config.timing.expiry_grace = Duration::from_millis(100);
        config.timing.call_grace = Duration::from_secs(2);
    })
    .await;
    let mut bob = server.online("bob").await;
    let end = offhook_server::clock::now_s() + 2;
    let wish = TokenWish {
        expires_at: Some(end),
        ..TokenWish::default()
    };
    let token = server.token_with("alice", wish).await;
    let mut alice = server.client().await;
    alice.connect(&token).await;
    let call = alice.dial("/private/bob").await;
    let ringing = bob.ringing().await;
    let _callee = bob.accept(&ringing).await;
    alice.answered(&call).await;
    let notice = alice.event("offhook.session.expiring").await;
    assert_eq!(notice["expires_at"], end);
    alice.closed().await;
    // Without the call it would have closed a tenth of a second after the end.
    assert!(offhook_server::clock::now_s() > end);
    bob.nothing("member.left").await;
}

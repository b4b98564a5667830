//! Calls that go on over a restart of the server: clients come back with a re-attach, or with the renegotiation by which
//! their recovery begins (wire-protocol.md 10.3, 10.6).

mod relay_support;

use std::time::{Duration, Instant};

use offhook_media::endpoint::AudioSource;
use offhook_media::tone::ToneBursts;
use relay_support::{Call, Client, PATIENCE, TestServer};
use serde_json::{Value, json};

/// Waits until the store has so many legs.
async fn noted(server: &TestServer, legs: u64) {
    let started = Instant::now();
    while server.mint.store.live_calls().await.unwrap() != legs {
        assert!(started.elapsed() < PATIENCE, "{legs} legs in the store");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn attach(call: &Call, sdp: &str) -> Value {
    json!({"dialogParams": {"callID": call.id, "destination_number": "/private/bob",
        "attach": true, "reattaching": true}, "sdp": sdp})
}

async fn reattach(client: &mut Client, before: &Call) -> Call {
    let mut again = Call::new(&before.id).await;
    let params = attach(before, &again.offer().await);
    let result = client.verto_ok("verto.invite", &before.id, params).await;
    again.member = result["memberID"].as_str().unwrap().to_owned();
    client.answered(&again).await;
    again
}

#[tokio::test]
async fn both_sides_of_a_call_find_each_other_after_a_restart() {
    let server = TestServer::start().await;
    let mut bob = server.online("bob").await;
    let mut alice = server.connected("alice").await;
    let a = alice.dial("/private/bob").await;
    let invite = bob.ringing().await;
    let mut b = bob.accept(&invite).await;
    alice.answered(&a).await;
    b.member = bob.event("call.joined").await["member_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let session = alice.event("call.joined").await["room_session_id"].clone();
    alice.call_method(&a, "call.raisehand", json!({})).await;
    bob.event("member.updated").await;
    noted(&server, 2).await;

    let server = server.restart().await;
    let mut alice = alice.resumed(server.address).await;
    let mut bob = bob.resumed(server.address).await;
    // A page that was loaded again; and one that lives on and renegotiates.
    let mut a2 = reattach(&mut alice, &a).await;
    assert_eq!(a2.member, a.member, "still the same member");
    let joined = alice.event("call.joined").await;
    assert_eq!(joined["room_session_id"], session);
    assert_eq!(joined["room_session"]["members"][0]["handraised"], true);
    let mut b2 = Call::new(&b.id).await;
    let params =
        json!({"dialogParams": {"callID": b.id}, "action": "updateMedia", "sdp": b2.offer().await});
    let result = bob.verto_ok("verto.modify", &b.id, params).await;
    assert_eq!(
        (result["action"].as_str(), result["callID"].as_str()),
        (Some("updateMedia"), Some(b.id.as_str()))
    );
    b2.endpoint
        .apply_answer(result["sdp"].as_str().unwrap())
        .await
        .unwrap();
    let joined = bob.event("call.joined").await;
    assert_eq!(joined["member_id"], b.member.as_str());
    assert_eq!(
        joined["room_session"]["members"].as_array().unwrap().len(),
        2
    );
    a2.connected().await;
    b2.connected().await;
    // Two-way audio again.
    for (speaker, listener) in [(&a2, &b2), (&b2, &a2)] {
        listener
            .endpoint
            .set_source(AudioSource::Silence)
            .await
            .unwrap();
        let tone = AudioSource::Tone(ToneBursts::steady(700.0));
        speaker.endpoint.set_source(tone).await.unwrap();
        listener.level("two-way audio", |level| level > -50.0).await;
    }
    bob.hang_up(&b2).await;
    assert_eq!(alice.bye(&a.id).await, "NORMAL_CLEARING");
    noted(&server, 0).await;
}

#[tokio::test]
async fn who_comes_back_alone_is_told_in_the_end() {
    let server = TestServer::with(|config| config.timing.orphan = Duration::from_millis(400)).await;
    let mut bob = server.online("bob").await;
    let mut alice = server.connected("alice").await;
    let mut a = alice.dial("/private/bob").await;
    let invite = bob.ringing().await;
    let mut b = bob.accept(&invite).await;
    alice.answered(&a).await;
    a.connected().await;
    b.connected().await;
    noted(&server, 2).await;
    let server = server.restart().await;
    let mut alice = alice.resumed(server.address).await;
    reattach(&mut alice, &a).await;
    assert_eq!(alice.bye(&a.id).await, "NORMAL_CLEARING");
}

#[tokio::test]
async fn a_conference_fills_again_after_a_restart() {
    let server = TestServer::start().await;
    server.room("lobby", None).await;
    let (mut alice, mut guest) = (server.connected("alice").await, server.client().await);
    guest
        .connect(&server.guest_token(&["/public/lobby"]).await)
        .await;
    let a = alice.dial("/public/lobby").await;
    alice.answered(&a).await;
    let g = guest.dial("/public/lobby").await;
    guest.answered(&g).await;
    guest.event("call.joined").await;
    noted(&server, 2).await;
    let server = server.restart().await;
    let mut alice = alice.resumed(server.address).await;
    let mut guest = guest.resumed(server.address).await;
    let again = reattach(&mut guest, &g).await;
    assert_eq!(again.member, g.member);
    let joined = guest.event("call.joined").await;
    assert_eq!(
        joined["capabilities"],
        json!(["self", "digit", "screenshare", "device"]),
        "no more than before"
    );
    reattach(&mut alice, &a).await;
    let came = guest.event("member.joined").await;
    assert_eq!(came["member"]["member_id"], a.member.as_str());
}

#[tokio::test]
async fn only_what_went_on_is_taken_up_and_only_by_its_owner() {
    let server = TestServer::start().await;
    server.room("lobby", None).await;
    let mut alice = server.connected("alice").await;
    let ended = alice.dial("/public/lobby").await;
    alice.answered(&ended).await;
    alice.hang_up(&ended).await;
    let call = alice.dial("/public/lobby").await;
    alice.answered(&call).await;
    noted(&server, 1).await;
    let server = server.restart().await;
    let mut alice = alice.resumed(server.address).await;
    let mut mallory = server.connected("mallory").await;
    for (client, call) in [(&mut alice, &ended), (&mut mallory, &call)] {
        let sdp = Call::new(&call.id).await.offer().await;
        let error = client
            .verto_err("verto.invite", &call.id, attach(call, &sdp))
            .await;
        assert_eq!(error["message"], "INVALID_CALL_REFERENCE");
        let params =
            json!({"dialogParams": {"callID": call.id}, "action": "updateMedia", "sdp": sdp});
        let error = client.verto_err("verto.modify", &call.id, params).await;
        assert_eq!(error["code"], -32602);
    }
    // A description that makes no sense costs nothing: the next attempt finds the call.
    let error = alice
        .verto_err("verto.invite", &call.id, attach(&call, "v=0\r\n"))
        .await;
    assert_eq!(error["code"], -32602);
    reattach(&mut alice, &call).await;
}

#[tokio::test]
async fn who_is_back_and_does_not_take_the_call_up_is_told_that_it_is_over() {
    let server = TestServer::with(|config| config.timing.orphan = Duration::from_millis(900)).await;
    server.room("lobby", None).await;
    let (mut alice, mut bob) = (
        server.connected("alice").await,
        server.connected("bob").await,
    );
    let a = alice.dial("/public/lobby").await;
    alice.answered(&a).await;
    let b = bob.dial("/public/lobby").await;
    bob.answered(&b).await;
    noted(&server, 2).await;
    let server = server.restart().await;
    let mut alice = alice.resumed(server.address).await;
    let mut bob = bob.resumed(server.address).await;
    reattach(&mut bob, &b).await;
    assert_eq!(alice.bye(&a.id).await, "MEDIA_TIMEOUT");
    bob.nothing("verto.bye").await;
    noted(&server, 1).await;
    // An offer that comes later learns why there is nothing to take up.
    let sdp = Call::new(&a.id).await.offer().await;
    let params = json!({"dialogParams": {"callID": a.id}, "action": "updateMedia", "sdp": sdp});
    let error = alice.verto_err("verto.modify", &a.id, params).await;
    assert_eq!(error["code"], -32602);
    assert!(error["data"]["cause"].is_string(), "{error}");
}

#[tokio::test]
async fn each_life_of_the_server_has_a_name_of_its_own() {
    let server = TestServer::start().await;
    let name = |result: &Value| result["offhook"]["run"].as_str().unwrap().to_owned();
    let token = server.connected("alice").await.token.clone();
    let mut connects = Vec::new();
    let connect = json!({"authentication": {"jwt_token": token}, "version": {"major": 4, "minor": 0, "revision": 0}});
    for _ in 0..2 {
        let mut client = server.client().await;
        connects.push(name(
            &client.ok("signalwire.connect", connect.clone()).await,
        ));
    }
    assert_eq!(connects[0], connects[1]);
    // A client that doubts its socket asks.
    let mut client = server.connected("alice").await;
    client.ok("signalwire.ping", json!({})).await;
    let server = server.restart().await;
    let mut client = server.client().await;
    let later = name(&client.ok("signalwire.connect", connect).await);
    assert_ne!(later, connects[0]);
}

//! Calls that the server ended since their media was lost, and clients that do not leave it at that (wire-protocol.md 10.8).

mod relay_support;

use std::time::Duration;

use offhook_media::endpoint::AudioSource;
use offhook_media::tone::ToneBursts;
use relay_support::{Call, Client, TestServer};
use serde_json::{Value, json};

/// A server that gives media little time.
async fn server() -> TestServer {
    TestServer::with(|config| {
        config.timing.media_connect = Duration::from_secs(2);
        config.timing.second_thoughts = Duration::from_secs(3);
    })
    .await
}

/// Two who were in a call until the server ended it.
async fn lost(server: &TestServer) -> [(Client, Call); 2] {
    let mut bob = server.online("bob").await;
    let mut alice = server.connected("alice").await;
    // The answer is never applied.
    let a = alice.dial("/private/bob").await;
    let invite = bob.ringing().await;
    let b = bob.accept(&invite).await;
    assert_eq!(alice.bye(&a.id).await, "MEDIA_TIMEOUT");
    assert_eq!(bob.bye(&b.id).await, "MEDIA_TIMEOUT");
    [(alice, a), (bob, b)]
}

async fn offer_again(call: &Call) -> (Call, Value) {
    let again = Call::new(&call.id).await;
    let sdp = again.offer().await;
    let params = json!({"dialogParams": {"callID": call.id}, "action": "updateMedia", "sdp": sdp});
    (again, params)
}

/// Comes back to a call with another offer.
async fn back(client: &mut Client, call: &Call) -> Call {
    let (mut again, params) = offer_again(call).await;
    let result = client.verto_ok("verto.modify", &call.id, params).await;
    let answer = result["sdp"].as_str().unwrap();
    again.endpoint.apply_answer(answer).await.unwrap();
    again.connected().await;
    again.member = call.member.clone();
    again
}

async fn hear_each_other(a: &Call, b: &Call) {
    for (speaker, listener) in [(a, b), (b, a)] {
        let [silence, tone] = [
            AudioSource::Silence,
            AudioSource::Tone(ToneBursts::steady(700.0)),
        ];
        listener.endpoint.set_source(silence).await.unwrap();
        speaker.endpoint.set_source(tone).await.unwrap();
        listener.level("two-way audio", |level| level > -50.0).await;
    }
}

#[tokio::test]
async fn both_sides_of_a_call_whose_media_was_lost_find_each_other_again() {
    let server = server().await;
    let [(mut alice, a), (mut bob, b)] = lost(&server).await;
    let a = back(&mut alice, &a).await;
    let b = back(&mut bob, &b).await;
    hear_each_other(&a, &b).await;
    bob.hang_up(&b).await;
    assert_eq!(alice.bye(&a.id).await, "NORMAL_CLEARING");
}

#[tokio::test]
async fn who_comes_back_alone_is_told_soon_that_the_other_does_not() {
    let server = server().await;
    let [(mut alice, a), (mut bob, b)] = lost(&server).await;
    // He agrees with the end, and cannot change his mind.
    bob.hang_up(&b).await;
    let (_again, params) = offer_again(&b).await;
    let refused = bob.verto_err("verto.modify", &b.id, params).await;
    assert_eq!(refused["data"]["cause"], "MEDIA_TIMEOUT");
    let a = back(&mut alice, &a).await;
    assert_eq!(alice.bye(&a.id).await, "NORMAL_CLEARING");
}

#[tokio::test]
async fn a_member_of_a_conference_whose_media_was_lost_is_the_same_member_again() {
    let server = server().await;
    server.room("standup", None).await;
    let mut bob = server.connected("bob").await;
    let mut b = bob.dial("/public/standup").await;
    bob.answered(&b).await;
    b.connected().await;
    let mut alice = server.connected("alice").await;
    let a = alice.dial("/public/standup").await;
    alice.event("call.joined").await;
    bob.event("member.joined").await;
    alice.call_method(&a, "call.raisehand", json!({})).await;
    bob.event("member.updated").await;
    assert_eq!(alice.bye(&a.id).await, "MEDIA_TIMEOUT");
    assert_eq!(
        bob.event("member.left").await["member"]["member_id"],
        a.member.as_str()
    );
    let a = back(&mut alice, &a).await;
    let joined = bob.event("member.joined").await;
    assert_eq!(joined["member"]["member_id"], a.member.as_str());
    assert_eq!(joined["member"]["handraised"], true);
    hear_each_other(&a, &b).await;
}

//! Hold with music, and handing calls over: to a room, to somebody else, into another call (wire-protocol.md 5.10.6,
//! 5.10.10).

mod relay_support;

use std::time::Duration;

use offhook_media::endpoint::AudioSource;
use offhook_media::tone::ToneBursts;
use relay_support::{Call, Client, TestServer};
use serde_json::{Value, json};

/// Somebody with a call.
struct Side {
    client: Client,
    call: Call,
}

/// A call between two whose media is up.
async fn connected(server: &TestServer, caller: &str, callee: &str) -> (Side, Side) {
    let (alice, bob) = (server.connected(caller).await, server.online(callee).await);
    connect(alice, bob, callee).await
}

async fn connect(mut alice: Client, mut bob: Client, callee: &str) -> (Side, Side) {
    let mut a = alice.dial(&format!("/private/{callee}")).await;
    let invite = bob.ringing().await;
    let mut b = bob.accept(&invite).await;
    alice.answered(&a).await;
    a.connected().await;
    b.connected().await;
    b.member = bob.event("call.joined").await["member_id"]
        .as_str()
        .unwrap()
        .to_owned();
    alice.event("call.joined").await;
    for call in [&a, &b] {
        call.endpoint
            .set_source(AudioSource::Silence)
            .await
            .unwrap();
    }
    (
        Side {
            client: alice,
            call: a,
        },
        Side {
            client: bob,
            call: b,
        },
    )
}

impl Side {
    async fn modify(&mut self, action: &str) -> Value {
        let params = json!({"sessid": self.call.id, "dialogParams": {"callID": self.call.id}, "action": action});
        self.client
            .verto_ok("verto.modify", &self.call.id, params)
            .await
    }

    fn transfer_params(&self, destination: &str) -> Value {
        json!({"destination": destination, "dialogParams": {"callID": self.call.id}, "action": "transfer"})
    }

    async fn transfer(&mut self, destination: &str) {
        let params = self.transfer_params(destination);
        let result = self
            .client
            .verto_ok("verto.modify", &self.call.id, params)
            .await;
        assert_eq!(
            result,
            json!({"action": "transfer", "callID": self.call.id})
        );
    }

    async fn speak(&self) {
        let tone = AudioSource::Tone(ToneBursts::steady(700.0));
        self.call.endpoint.set_source(tone).await.unwrap();
    }

    async fn hears(&self) {
        self.call.level("hears", |level| level > -50.0).await;
    }

    async fn hears_nothing(&self) {
        self.call.level("silence", |level| level < -60.0).await;
    }
}

#[tokio::test]
async fn the_held_hear_music_and_the_holder_nothing() {
    let server = TestServer::start().await;
    let (mut alice, mut bob) = connected(&server, "alice", "bob").await;
    bob.speak().await;
    alice.hears().await;
    bob.hears_nothing().await;
    assert_eq!(alice.modify("hold").await["holdState"], "held");
    for side in [&mut alice, &mut bob] {
        let updated = side.client.event("member.updated").await;
        assert_eq!(updated["member"]["held"], true);
        assert_eq!(updated["member"]["updated"], json!(["held"]));
    }
    alice.hears_nothing().await;
    bob.hears().await;
    assert_eq!(alice.modify("unhold").await["holdState"], "active");
    assert_eq!(
        bob.client.event("member.updated").await["member"]["held"],
        false
    );
    alice.hears().await;
    bob.hears_nothing().await;
}

#[tokio::test]
async fn the_held_hear_silence_where_the_owner_wants_that() {
    let server = TestServer::with(|config| config.hold_music = false).await;
    let (mut alice, bob) = connected(&server, "alice", "bob").await;
    alice.speak().await;
    bob.hears().await;
    alice.modify("hold").await;
    bob.hears_nothing().await;
}

#[tokio::test]
async fn a_call_is_handed_over_to_a_room() {
    let server = TestServer::start().await;
    server.room("lobby", None).await;
    let (mut alice, mut bob) = connected(&server, "alice", "bob").await;
    let mut carol = server.connected("carol").await;
    let mut c = carol.dial("/public/lobby").await;
    carol.answered(&c).await;
    c.connected().await;
    // On hold first, as people do: the music must end.
    alice.modify("hold").await;
    bob.hears().await;
    alice.transfer("/public/lobby").await;
    assert_eq!(alice.client.bye(&alice.call.id).await, "NORMAL_CLEARING");
    let left = bob.client.event("member.left").await;
    assert_eq!(
        (
            left["reason"].as_str(),
            left["member"]["member_id"].as_str()
        ),
        (Some("transferred"), Some(alice.call.member.as_str()))
    );
    let joined = bob.client.event("call.joined").await;
    assert_eq!(joined["call_id"], bob.call.id.as_str());
    assert_eq!(
        joined["member_id"],
        bob.call.member.as_str(),
        "the same member"
    );
    assert_eq!(
        joined["room_session"]["members"].as_array().unwrap().len(),
        2
    );
    let came = carol.event("member.joined").await;
    assert_eq!(came["member"]["member_id"], bob.call.member.as_str());
    c.endpoint.set_source(AudioSource::Silence).await.unwrap();
    bob.hears_nothing().await;
    let carol = Side {
        client: carol,
        call: c,
    };
    carol.speak().await;
    bob.hears().await;
    // It is a dialog as any other from now on.
    bob.client.hang_up(&bob.call).await;
    let mut carol = carol;
    carol.client.event("member.left").await;
}

#[tokio::test]
async fn a_call_is_handed_over_to_somebody_else_with_music_while_they_ring() {
    let server = TestServer::start().await;
    let mut carol = server.online("carol").await;
    let (mut alice, mut bob) = connected(&server, "alice", "bob").await;
    alice.transfer("/private/carol").await;
    alice.client.bye(&alice.call.id).await;
    let invite = carol.ringing().await;
    assert_eq!(
        invite["caller_id_number"], "/private/bob",
        "who is really there"
    );
    bob.hears().await;
    let mut c = carol.accept(&invite).await;
    c.endpoint.set_source(AudioSource::Silence).await.unwrap();
    c.connected().await;
    let joined = bob.client.event("call.joined").await;
    assert_eq!(
        joined["room_session"]["members"].as_array().unwrap().len(),
        2
    );
    bob.hears_nothing().await;
    let carol = Side {
        client: carol,
        call: c,
    };
    carol.speak().await;
    bob.hears().await;
    // Longer than a leg may take to connect: it is connected already.
    bob.client.hang_up(&bob.call).await;
    let mut carol = carol;
    carol.client.bye(&carol.call.id).await;
}

#[tokio::test]
async fn nobody_there_answers_and_the_one_handed_over_is_told() {
    let server = TestServer::with(|config| config.timing.ring = Duration::from_millis(300)).await;
    let mut carol = server.online("carol").await;
    let (mut alice, mut bob) = connected(&server, "alice", "bob").await;
    alice.transfer("/private/carol").await;
    let invite = carol.ringing().await;
    assert_eq!(bob.client.bye(&bob.call.id).await, "NO_ANSWER");
    assert_eq!(
        carol.bye(invite["callID"].as_str().unwrap()).await,
        "NO_ANSWER"
    );
}

#[tokio::test]
async fn two_calls_become_one() {
    let server = TestServer::start().await;
    let (mut alice, mut bob) = connected(&server, "alice", "bob").await;
    alice.modify("hold").await;
    // Alice asks Carol in a second call of the same session.
    let mut carol = server.online("carol").await;
    let mut second = alice.client.dial("/private/carol").await;
    let invite = carol.ringing().await;
    let mut c = carol.accept(&invite).await;
    alice.client.answered(&second).await;
    second.connected().await;
    c.connected().await;
    alice.transfer(&second.id).await;
    let mut ended = [
        alice.client.verto_event("verto.bye").await,
        alice.client.verto_event("verto.bye").await,
    ]
    .map(|bye| bye["callID"].as_str().unwrap().to_owned());
    ended.sort();
    let mut expected = [alice.call.id.clone(), second.id.clone()];
    expected.sort();
    assert_eq!(ended, expected, "both of her calls are over");
    bob.client.event("call.joined").await;
    let connect = bob
        .client
        .envelope_where(
            |e| {
                e["event_type"] == "call.connect" && e["params"]["peer"]["call_id"] == c.id.as_str()
            },
            "connected with carol",
        )
        .await;
    assert_eq!(connect["params"]["call_id"], bob.call.id.as_str());
    let carol = Side {
        client: carol,
        call: c,
    };
    carol.speak().await;
    bob.hears().await;
}

#[tokio::test]
async fn what_cannot_be_transferred_goes_on() {
    let server = TestServer::start().await;
    server.room("lobby", Some(1)).await;
    let (mut alice, bob) = connected(&server, "alice", "bob").await;
    let mut full = server.connected("full").await;
    let f = full.dial("/public/lobby").await;
    full.answered(&f).await;
    for (destination, message) in [
        ("/public/nowhere", "INVALID_DESTINATION"),
        ("/public/lobby", "ROOM_FULL"),
    ] {
        let params = alice.transfer_params(destination);
        let error = alice
            .client
            .verto_err("verto.modify", &alice.call.id, params)
            .await;
        assert_eq!(error["message"], message);
    }
    server.token("away").await;
    let params = alice.transfer_params("/private/away");
    let error = alice
        .client
        .verto_err("verto.modify", &alice.call.id, params)
        .await;
    assert_eq!(error["message"], "USER_NOT_REGISTERED");
    let params = json!({"destination": "/private/bob", "dialogParams": {"callID": f.id}, "action": "transfer"});
    let error = full.verto_err("verto.modify", &f.id, params).await;
    assert_eq!(error["code"], -32602, "a conference has no other side");
    alice.speak().await;
    bob.hears().await;
}

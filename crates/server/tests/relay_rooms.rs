//! Conferences: who is told what, in which order, and who may come in.

mod relay_support;

use std::time::Duration;

use offhook_media::endpoint::AudioSource;
use offhook_media::tone::ToneBursts;
use relay_support::{Call, Client, TestServer, until};
use serde_json::{Value, json};

#[tokio::test]
async fn three_members_learn_of_each_other_in_order() {
    let server = TestServer::start().await;
    server.room("lobby", None).await;
    let mut alice = server.connected("alice").await;
    let mut bob = server.connected("bob").await;
    let mut carol = server.client().await;
    carol
        .connect(&server.guest_token(&["/public/lobby"]).await)
        .await;

    let a = enter(&mut alice).await;
    let first = alice.event("call.joined").await;
    assert_eq!(members(&first), ["alice Example"]);
    assert_own_member(&first, &a);
    let b = enter(&mut bob).await;
    let second = bob.event("call.joined").await;
    assert_eq!(members(&second), ["alice Example", "bob Example"]);
    assert_own_member(&second, &b);
    let c = enter(&mut carol).await;
    let third = carol.event("call.joined").await;
    assert_eq!(members(&third), ["alice Example", "bob Example", "Guest"]);
    assert_own_member(&third, &c);
    for joined in [&second, &third] {
        assert_eq!(joined["room_session_id"], first["room_session_id"]);
        assert_eq!(joined["room_id"], first["room_id"]);
    }

    let layout = carol.event("layout.changed").await;
    assert_eq!(layout["layout"]["id"], "grid-responsive");
    assert_eq!(layout["layout"]["name"], "grid-responsive");
    assert_eq!(layout["layout"]["layers"].as_array().unwrap().len(), 3);

    carol.hang_up(&c).await;
    let left = carol.event("call.left").await;
    assert_eq!(left["member_id"], c.member.as_str());
    bob.envelope_where(|e| e["event_type"] == "member.left", "member.left")
        .await;
    alice.settle(&a).await;
    assert_eq!(
        alice.event_types().await,
        [
            "call.state created",
            "call.state answered",
            "layout.changed",
            "member.joined",
            "layout.changed",
            "member.joined",
            "layout.changed",
            "member.left",
            "layout.changed",
        ]
    );
    bob.settle(&b).await;
    carol.nothing("verto.bye").await;
}

#[tokio::test]
async fn a_full_member_is_sent_and_left_says_why() {
    let server = TestServer::start().await;
    server.room("lobby", None).await;
    let mut alice = server.connected("alice").await;
    enter(&mut alice).await;
    alice.event("layout.changed").await;
    let mut bob = server.connected("bob").await;
    let b = enter(&mut bob).await;
    let envelope = alice.envelope("member.joined").await;
    assert!(envelope["timestamp"].is_f64() && envelope["project_id"].is_string());
    let joined = &envelope["params"];
    for field in [
        "room_session_id",
        "room_id",
        "member_id",
        "call_id",
        "node_id",
        "name",
        "type",
        "requested_position",
        "subscriber_id",
        "address_id",
    ] {
        assert!(joined["member"][field].is_string(), "{field}: {joined}");
    }
    for field in [
        "handraised",
        "visible",
        "audio_muted",
        "video_muted",
        "deaf",
        "echo_cancellation",
        "isAudience",
    ] {
        assert!(joined["member"][field].is_boolean(), "{field}: {joined}");
    }
    assert_eq!(joined["member"]["call_id"], b.id.as_str());
    assert_eq!(
        joined["room_session_id"],
        joined["member"]["room_session_id"]
    );
    bob.hang_up(&b).await;
    let left = alice.event("member.left").await;
    assert_eq!(
        (
            left["reason"].as_str(),
            left["member"]["member_id"].as_str()
        ),
        (Some("hangup"), Some(b.member.as_str()))
    );
}

#[tokio::test]
async fn muting_oneself_is_told_to_all_and_muting_others_is_not_allowed() {
    let server = TestServer::start().await;
    server.room("lobby", None).await;
    let (mut alice, mut bob) = (
        server.connected("alice").await,
        server.connected("bob").await,
    );
    let a = enter(&mut alice).await;
    let b = enter(&mut bob).await;
    for (method, channel, field, value) in [
        ("call.mute", "audio", "audio_muted", true),
        ("call.mute", "video", "video_muted", true),
        ("call.unmute", "audio", "audio_muted", false),
        ("call.unmute", "video", "video_muted", false),
    ] {
        let response = alice
            .call_method(&a, method, json!({"channels": [channel]}))
            .await;
        assert_eq!(
            response["result"],
            json!({"code": "200", "message": "OK"}),
            "a code that is a string"
        );
        for client in [&mut alice, &mut bob] {
            let updated = client.event("member.updated").await;
            assert_eq!(updated["member"]["member_id"], a.member.as_str());
            assert_eq!(updated["member"][field], value);
            assert_eq!(updated["member"]["updated"], json!([field]));
            assert!(updated["member"].get("talking").is_none());
            assert!(updated.get("capabilities").is_none() && updated.get("layout").is_none());
        }
    }
    let target = json!({"node_id": "", "call_id": a.id, "member_id": b.member});
    let response = alice
        .call_method(
            &a,
            "call.mute",
            json!({"channels": ["audio"], "target": target}),
        )
        .await;
    assert_eq!(response["result"]["code"], "403");
    let target = json!({"node_id": "", "call_id": a.id, "member_id": "nobody"});
    let response = alice
        .call_method(
            &a,
            "call.mute",
            json!({"channels": ["audio"], "target": target}),
        )
        .await;
    assert_eq!(response["result"]["code"], "404");
    for wrong in [
        json!({"channels": []}),
        json!({}),
        json!({"channels": ["smell"]}),
    ] {
        assert_eq!(
            alice.call_method(&a, "call.mute", wrong).await["error"]["code"],
            -32602
        );
    }
    bob.settle(&b).await;
    bob.nothing("member.updated").await;
    let layouts = alice.call_method(&a, "call.layout.list", json!({})).await;
    assert_eq!(layouts["result"]["layouts"][0], "grid-responsive");
    assert_eq!(layouts["result"]["layouts"].as_array().unwrap().len(), 13);
}

#[tokio::test]
async fn a_room_takes_no_more_than_its_limit() {
    let server = TestServer::start().await;
    server.room("lobby", Some(2)).await;
    let (mut alice, mut bob, mut carol) = (
        server.connected("alice").await,
        server.connected("bob").await,
        server.connected("carol").await,
    );
    enter(&mut alice).await;
    let b = enter(&mut bob).await;
    assert_eq!(
        carol.dial_err("/public/lobby").await["message"],
        "ROOM_FULL"
    );
    bob.hang_up(&b).await;
    alice.event("member.left").await;
    enter(&mut carol).await;
}

#[tokio::test]
async fn a_room_begins_anew_when_everybody_has_left() {
    let server = TestServer::start().await;
    server.room("lobby", None).await;
    let mut alice = server.connected("alice").await;
    let a = enter(&mut alice).await;
    let first = alice.event("call.joined").await;
    alice.hang_up(&a).await;
    // At once: the room may be ending in this moment.
    enter(&mut alice).await;
    let second = alice.event("call.joined").await;
    assert_ne!(first["room_session_id"], second["room_session_id"]);
    assert_eq!(first["room_id"], second["room_id"]);
    until(|| server.relay.active_calls() == 1).await;
}

#[tokio::test]
async fn people_hear_each_other_and_talking_is_told() {
    let server = TestServer::start().await;
    server.room("lobby", None).await;
    let (mut alice, mut bob) = (
        server.connected("alice").await,
        server.connected("bob").await,
    );
    let mut a = enter(&mut alice).await;
    let mut b = enter(&mut bob).await;
    a.connected().await;
    b.connected().await;
    a.endpoint
        .set_source(AudioSource::Tone(ToneBursts::new(700.0)))
        .await
        .unwrap();
    let talking = bob.event("member.talking").await;
    assert_eq!(talking["member"]["member_id"], a.member.as_str());
    assert_eq!(talking["member"]["talking"], true);
    assert!(talking["room_id"].is_string());
    wait_for_level(&b, |level| level > -40.0).await;
    // A muted member is not heard, and does not talk.
    alice
        .call_method(&a, "call.mute", json!({"channels": ["audio"]}))
        .await;
    bob.envelope_where(
        |e| e["event_type"] == "member.talking" && e["params"]["member"]["talking"] == false,
        "silence",
    )
    .await;
}

#[tokio::test]
async fn the_echo_destination_sends_back_what_it_hears() {
    let server = TestServer::start().await;
    let mut alice = server.connected("alice").await;
    let mut call = alice.dial("/public/network-test").await;
    alice.answered(&call).await;
    call.connected().await;
    call.endpoint
        .set_source(AudioSource::Tone(ToneBursts::new(700.0)))
        .await
        .unwrap();
    wait_for_level(&call, |level| level > -40.0).await;
}

#[tokio::test]
async fn a_page_that_went_away_leaves_the_room_after_a_while() {
    let server = TestServer::with(|config| {
        config.timing.resume = Duration::from_millis(100);
        config.timing.orphan = Duration::from_millis(200);
    })
    .await;
    server.room("lobby", None).await;
    let (mut alice, mut bob) = (
        server.connected("alice").await,
        server.connected("bob").await,
    );
    enter(&mut alice).await;
    let mut b = enter(&mut bob).await;
    b.connected().await;
    // Its media goes on for a while: the session is over, nobody adopts the call.
    bob.vanish().await;
    let left = alice.event("member.left").await;
    assert_eq!(
        (
            left["reason"].as_str(),
            left["member"]["member_id"].as_str()
        ),
        (Some("timeout"), Some(b.member.as_str()))
    );
}

async fn enter(client: &mut Client) -> Call {
    let call = client.dial("/public/lobby").await;
    client.answered(&call).await;
    call
}

fn members(joined: &Value) -> Vec<&str> {
    let members = joined["room_session"]["members"].as_array().unwrap();
    members
        .iter()
        .map(|m| m["name"].as_str().unwrap())
        .collect()
}

fn assert_own_member(joined: &Value, call: &Call) {
    assert_eq!(
        (joined["call_id"].as_str(), joined["member_id"].as_str()),
        (Some(call.id.as_str()), Some(call.member.as_str()))
    );
    let members = joined["room_session"]["members"].as_array().unwrap();
    let own = members
        .iter()
        .find(|m| m["member_id"] == call.member.as_str())
        .unwrap();
    assert_eq!(own["call_id"], call.id.as_str());
    let capabilities = joined["capabilities"].as_array().unwrap();
    assert!(capabilities.contains(&json!("self")) && capabilities.contains(&json!("digit")));
    for flag in ["recording", "streaming", "prioritize_handraise", "locked"] {
        assert!(joined["room_session"][flag].is_boolean());
    }
}

async fn wait_for_level(call: &Call, wanted: impl Fn(f64) -> bool) {
    let started = std::time::Instant::now();
    loop {
        let stats = call.endpoint.stats().await.unwrap();
        if stats.level_received_dbfs.is_some_and(&wanted) {
            return;
        }
        assert!(started.elapsed() < relay_support::PATIENCE, "{stats:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

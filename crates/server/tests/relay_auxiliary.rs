//! Shared screens and further devices: legs that hang on a call (wire-protocol.md 5.8, 5.10.8).

mod relay_support;

use offhook_media::endpoint::AudioSource;
use offhook_media::tone::ToneBursts;
use offhook_server::mint::TokenWish;
use relay_support::{Call, Client, TestServer, until, uuid};
use serde_json::{Value, json};

async fn enter(client: &mut Client) -> Call {
    let call = client.dial("/public/lobby").await;
    client.answered(&call).await;
    client.event("call.joined").await;
    call
}

/// A browser's offer of a screen: one video section that only sends.
fn screen_offer() -> String {
    let fingerprint = vec!["AB"; 32].join(":");
    format!(
        "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
         m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendonly\r\na=rtcp-mux\r\n\
         a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=fingerprint:sha-256 {fingerprint}\r\n\
         a=setup:actpass\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n\
         a=rtcp-fb:96 ccm fir\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=ssrc:5 cname:x\r\n"
    )
}

fn share(id: &str, main: &str, kind: &str, sdp: &str) -> Value {
    json!({"dialogParams": {"callID": id, "destination_number": "/public/lobby", kind: true,
        "userVariables": {"memberCallId": main}}, "sdp": sdp})
}

#[tokio::test]
async fn a_shared_screen_is_a_member_of_its_own_whose_end_is_not_the_calls() {
    let server = TestServer::start().await;
    server.room("lobby", None).await;
    let (mut alice, mut bob) = (
        server.connected("alice").await,
        server.connected("bob").await,
    );
    let a = enter(&mut alice).await;
    let b = enter(&mut bob).await;
    let leg = uuid();
    let params = share(&leg, &a.id, "screenShare", &screen_offer());
    let result = alice.verto_ok("verto.invite", &leg, params).await;
    assert_eq!(
        (result["callID"].as_str(), result["message"].as_str()),
        (Some(leg.as_str()), Some("CALL CREATED"))
    );
    let answer = alice.verto_event("verto.answer").await;
    assert_eq!(answer["callID"], leg.as_str());
    let sdp = answer["sdp"].as_str().unwrap();
    assert!(
        sdp.contains("a=recvonly") && sdp.contains("a=rtcp-fb:96 nack pli"),
        "{sdp}"
    );
    for client in [&mut alice, &mut bob] {
        let screen = |e: &Value| {
            e["event_type"] == "member.joined" && e["params"]["member"]["type"] == "screen"
        };
        let came = client.envelope_where(screen, "the screen").await;
        let member = &came["params"]["member"];
        assert_eq!(member["parent_id"], a.member.as_str());
        assert_eq!(member["member_id"], result["memberID"]);
        let three = |e: &Value| {
            e["event_type"] == "layout.changed"
                && e["params"]["layout"]["layers"]
                    .as_array()
                    .is_some_and(|l| l.len() == 3)
        };
        client
            .envelope_where(three, "a layout with the screen")
            .await;
    }
    // Requests may name the screen as oneself (5.8).
    let own = json!({"node_id": "", "call_id": a.id, "member_id": result["memberID"]});
    let done = alice
        .call_method(
            &a,
            "call.mute",
            json!({"channels": ["video"], "target": own}),
        )
        .await;
    assert_eq!(done["result"]["code"], "200");
    let muted = bob.event("member.updated").await;
    assert_eq!(
        (
            &muted["member"]["member_id"],
            &muted["member"]["video_muted"]
        ),
        (&result["memberID"], &json!(true))
    );
    // The envelope names the main call, the inner id the leg that ends.
    let bye = json!({"dialogParams": {"callID": leg}});
    alice.verto_ok("verto.bye", &a.id, bye).await;
    let left = bob.event("member.left").await;
    assert_eq!(left["member"]["member_id"], result["memberID"]);
    alice.settle(&a).await;
    alice.nothing("verto.bye").await;
    alice.nothing("call.left").await;
    bob.hang_up(&b).await;
    assert_eq!(
        alice
            .envelope_where(
                |e| e["event_type"] == "member.left"
                    && e["params"]["member"]["member_id"] == b.member.as_str(),
                "bob"
            )
            .await["params"]["reason"],
        "hangup"
    );
}

#[tokio::test]
async fn the_end_of_a_call_ends_what_hangs_on_it() {
    let server = TestServer::start().await;
    server.room("lobby", None).await;
    let (mut alice, mut bob) = (
        server.connected("alice").await,
        server.connected("bob").await,
    );
    let a = enter(&mut alice).await;
    enter(&mut bob).await;
    for _ in 0..2 {
        let leg = uuid();
        alice
            .verto_ok(
                "verto.invite",
                &leg,
                share(&leg, &a.id, "screenShare", &screen_offer()),
            )
            .await;
    }
    alice.hang_up(&a).await;
    for _ in 0..3 {
        bob.event("member.left").await;
    }
    until(|| server.relay.active_calls() == 1).await;
}

#[tokio::test]
async fn a_moderator_stops_a_share_without_ending_the_call() {
    let server = TestServer::start().await;
    server.room("lobby", None).await;
    let wish = TokenWish {
        scope: vec!["room:moderate".into()],
        ..TokenWish::default()
    };
    let token = server.token_with("chair", wish).await;
    let (mut alice, mut chair) = (server.connected("alice").await, server.client().await);
    chair.connect(&token).await;
    let a = enter(&mut alice).await;
    let c = enter(&mut chair).await;
    let leg = uuid();
    let params = share(&leg, &a.id, "screenShare", &screen_offer());
    let result = alice.verto_ok("verto.invite", &leg, params).await;
    let targets =
        json!({"targets": [{"member_id": result["memberID"], "call_id": leg, "node_id": ""}]});
    let done = chair.call_method(&c, "call.member.remove", targets).await;
    assert_eq!(done["result"]["code"], "200");
    let left = alice.event("member.left").await;
    assert_eq!(
        (left["reason"].as_str(), &left["member"]["member_id"]),
        (Some("removed"), &result["memberID"])
    );
    alice.settle(&a).await;
    alice.nothing("verto.bye").await;
    // The client ends it when it notices.
    alice
        .verto_ok("verto.bye", &a.id, json!({"dialogParams": {"callID": leg}}))
        .await;
}

#[tokio::test]
async fn a_further_microphone_is_heard_by_the_others_and_not_by_its_owner() {
    let server = TestServer::start().await;
    server.room("lobby", None).await;
    let (mut alice, mut bob) = (
        server.connected("alice").await,
        server.connected("bob").await,
    );
    let mut a = enter(&mut alice).await;
    let mut b = enter(&mut bob).await;
    for call in [&mut a, &mut b] {
        call.endpoint
            .set_source(AudioSource::Silence)
            .await
            .unwrap();
        call.connected().await;
    }
    let mut device = Call::new(&uuid()).await;
    let params = share(&device.id, &a.id, "additionalDevice", &device.offer().await);
    alice.verto_ok("verto.invite", &device.id, params).await;
    alice.answered(&device).await;
    device.connected().await;
    let tone = AudioSource::Tone(ToneBursts::steady(700.0));
    device.endpoint.set_source(tone).await.unwrap();
    b.level("hears the device", |level| level > -50.0).await;
    a.level("does not hear it", |level| level < -60.0).await;
}

#[tokio::test]
async fn what_hangs_on_nothing_is_refused_without_ending_a_call() {
    let server = TestServer::start().await;
    server.room("lobby", None).await;
    let (mut alice, mut bob) = (
        server.connected("alice").await,
        server.connected("bob").await,
    );
    let a = enter(&mut alice).await;
    let b = enter(&mut bob).await;
    let refused = async |client: &mut Client, main: &str, sdp: &str| {
        let leg = uuid();
        let params = share(&leg, main, "screenShare", sdp);
        client.verto_err("verto.invite", &leg, params).await["code"].clone()
    };
    assert_eq!(refused(&mut alice, "", &screen_offer()).await, -32602);
    assert_eq!(
        refused(&mut alice, &b.id, &screen_offer()).await,
        -32602,
        "somebody else's call"
    );
    assert_eq!(refused(&mut alice, &a.id, "v=0\r\n").await, -32602);
    alice.settle(&a).await;
}

//! Every `call.*` method: who may call it, what it answers, which events follow (wire-protocol.md section 7).

mod relay_support;

use offhook_server::mint::TokenWish;
use relay_support::{Call, Client, TestServer};
use serde_json::{Value, json};

/// A conference with a moderator, a subscriber and a guest.
struct Conference {
    server: TestServer,
    chair: Client,
    c: Call,
    bob: Client,
    b: Call,
    guest: Client,
    g: Call,
}

impl Conference {
    async fn start() -> Self {
        let server = TestServer::start().await;
        server.room("lobby", None).await;
        let (mut chair, mut bob, mut guest) = (
            moderator(&server, "chair").await,
            server.connected("bob").await,
            server.client().await,
        );
        guest
            .connect(&server.guest_token(&["/public/lobby"]).await)
            .await;
        let c = enter(&mut chair).await;
        let b = enter(&mut bob).await;
        let g = enter(&mut guest).await;
        for client in [&mut chair, &mut bob, &mut guest] {
            layers(client, 3).await;
        }
        Self {
            server,
            chair,
            c,
            bob,
            b,
            guest,
            g,
        }
    }
}

async fn moderator(server: &TestServer, name: &str) -> Client {
    let wish = TokenWish {
        scope: vec!["room:moderate".into()],
        ..TokenWish::default()
    };
    let token = server.token_with(name, wish).await;
    let mut client = server.client().await;
    client.connect(&token).await;
    client
}

async fn enter(client: &mut Client) -> Call {
    let call = client.dial("/public/lobby").await;
    client.answered(&call).await;
    call
}

/// Waits for a layout with so many members in it.
async fn layers(client: &mut Client, members: usize) -> Value {
    let wanted = |e: &Value| {
        let layers = e["params"]["layout"]["layers"].as_array();
        e["event_type"] == "layout.changed"
            && layers.is_some_and(|layers| {
                layers.iter().filter(|l| l["member_id"].is_string()).count() == members
            })
    };
    client.envelope_where(wanted, "the layout").await["params"]["layout"].clone()
}

fn target(call: &Call, member: &Call) -> Value {
    json!({"node_id": "", "call_id": call.id, "member_id": member.member})
}

async fn code(client: &mut Client, call: &Call, method: &str, params: Value) -> Value {
    let response = client.call_method(call, method, params).await;
    match response.get("error") {
        Some(error) => error["code"].clone(),
        None => response["result"]["code"].clone(),
    }
}

/// Methods about a member, the field they change, and its value.
fn member_methods() -> Vec<(&'static str, Value, &'static str, Value)> {
    vec![
        (
            "call.mute",
            json!({"channels": ["audio"]}),
            "audio_muted",
            json!(true),
        ),
        (
            "call.unmute",
            json!({"channels": ["audio"]}),
            "audio_muted",
            json!(false),
        ),
        (
            "call.mute",
            json!({"channels": ["video"]}),
            "video_muted",
            json!(true),
        ),
        (
            "call.unmute",
            json!({"channels": ["video"]}),
            "video_muted",
            json!(false),
        ),
        ("call.deaf", json!({}), "deaf", json!(true)),
        ("call.undeaf", json!({}), "deaf", json!(false)),
        ("call.raisehand", json!({}), "handraised", json!(true)),
        ("call.lowerhand", json!({}), "handraised", json!(false)),
        (
            "call.lowbitrate.set",
            json!({"lowbitrate": true}),
            "lowbitrate",
            json!(true),
        ),
        (
            "call.microphone.volume.set",
            json!({"volume": 45}),
            "input_volume",
            json!(45.0),
        ),
        (
            "call.speaker.volume.set",
            json!({"volume": 40}),
            "output_volume",
            json!(40.0),
        ),
        (
            "call.microphone.sensitivity.set",
            json!({"sensitivity": 50}),
            "input_sensitivity",
            json!(50.0),
        ),
        (
            "call.member.set_meta",
            json!({"meta": {"a": 1}}),
            "meta",
            json!({"a": 1}),
        ),
        (
            "call.member.update_meta",
            json!({"meta": {"b": 2}}),
            "meta",
            json!({"a": 1, "b": 2}),
        ),
        (
            "call.audioflags.set",
            json!({"echo_cancellation": false, "auto_gain": true, "noise_suppression": false}),
            "echo_cancellation",
            json!(false),
        ),
    ]
}

#[tokio::test]
async fn every_member_method_works_on_oneself_and_by_a_moderator_and_by_nobody_else() {
    let mut f = Conference::start().await;
    for (method, params, field, value) in member_methods() {
        let done = f.bob.call_method(&f.b, method, params.clone()).await;
        assert_eq!(
            done["result"],
            json!({"code": "200", "message": "OK"}),
            "{method}"
        );
        for client in [&mut f.chair, &mut f.bob, &mut f.guest] {
            let updated = client.event("member.updated").await;
            assert_eq!(updated["member"]["member_id"], f.b.member.as_str());
            assert_eq!(updated["member"][field], value, "{method}");
            let names = updated["member"]["updated"].as_array().unwrap();
            assert!(names.contains(&json!(field)), "{method}: {names:?}");
        }
        let mut others = params.clone();
        others["target"] = target(&f.b, &f.g);
        assert_eq!(
            code(&mut f.bob, &f.b, method, others.clone()).await,
            "403",
            "{method}"
        );
        assert_eq!(
            code(&mut f.guest, &f.g, method, {
                let mut chair = params.clone();
                chair["target"] = target(&f.g, &f.c);
                chair
            })
            .await,
            "403",
            "{method}"
        );
        let mut moderated = params;
        moderated["target"] = target(&f.c, &f.g);
        assert_eq!(
            code(&mut f.chair, &f.c, method, moderated).await,
            "200",
            "{method}"
        );
        for client in [&mut f.chair, &mut f.bob, &mut f.guest] {
            let updated = client.event("member.updated").await;
            assert_eq!(updated["member"]["member_id"], f.g.member.as_str());
            assert_eq!(updated["member"][field], value, "{method}");
        }
    }
    // The browser is told how to capture (7.3).
    let pushed = f.guest.verto_event("verto.mediaParams").await;
    assert_eq!(pushed["callID"], f.g.id.as_str());
    assert_eq!(
        pushed["mediaParams"]["audio"],
        json!({"autoGainControl": true, "echoCancellation": false, "noiseSuppression": false})
    );
}

#[tokio::test]
async fn capabilities_are_those_of_the_token() {
    let f = Conference::start().await;
    let (mut late, mut direct) = (
        moderator(&f.server, "late").await,
        f.server.connected("dora").await,
    );
    enter(&mut late).await;
    let joined = late.event("call.joined").await;
    let capabilities = joined["capabilities"].as_array().unwrap();
    for wanted in [
        "self",
        "member",
        "vmuted",
        "layout",
        "digit",
        "screenshare",
        "device",
        "lock",
        "end",
    ] {
        assert!(capabilities.contains(&json!(wanted)), "{wanted}");
    }
    enter(&mut direct).await;
    let joined = direct.event("call.joined").await;
    assert_eq!(
        joined["capabilities"],
        json!(["self", "digit", "screenshare", "device", "layout"])
    );
}

#[tokio::test]
async fn only_a_moderator_locks_and_nobody_comes_into_a_locked_room() {
    let mut f = Conference::start().await;
    assert_eq!(code(&mut f.bob, &f.b, "call.lock", json!({})).await, "403");
    assert_eq!(
        code(&mut f.chair, &f.c, "call.lock", json!({})).await,
        "200"
    );
    for client in [&mut f.chair, &mut f.bob, &mut f.guest] {
        let updated = client.event("call.updated").await;
        assert_eq!(updated["room_session"]["locked"], true);
        for flag in [
            "recording",
            "recordings",
            "streaming",
            "streams",
            "playbacks",
            "prioritize_handraise",
            "meta",
        ] {
            assert!(!updated["room_session"][flag].is_null(), "{flag}");
        }
    }
    let mut late = f.server.connected("late").await;
    assert_eq!(
        late.dial_err("/public/lobby").await["message"],
        "ROOM_LOCKED"
    );
    assert_eq!(
        code(&mut f.chair, &f.c, "call.unlock", json!({})).await,
        "200"
    );
    f.bob.event("call.updated").await;
    enter(&mut late).await;
}

#[tokio::test]
async fn layouts_and_positions_are_told_with_their_geometry() {
    let mut f = Conference::start().await;
    assert_eq!(
        code(
            &mut f.guest,
            &f.g,
            "call.layout.set",
            json!({"layout": "5up"})
        )
        .await,
        "403"
    );
    assert_eq!(
        code(
            &mut f.bob,
            &f.b,
            "call.layout.set",
            json!({"layout": "none"})
        )
        .await,
        -32602
    );
    assert_eq!(
        code(
            &mut f.bob,
            &f.b,
            "call.layout.set",
            json!({"layout": "5up"})
        )
        .await,
        "200"
    );
    let layout = layers(&mut f.guest, 3).await;
    assert_eq!(
        (layout["id"].as_str(), layout["name"].as_str()),
        (Some("5up"), Some("5up"))
    );
    assert_eq!(layout["layers"][0]["position"], "reserved-1");
    assert_eq!(
        (
            layout["layers"][0]["width"].as_f64(),
            layout["layers"][0]["height"].as_f64()
        ),
        (Some(75.0), Some(100.0))
    );
    let wish = |member: &Call, position: &str| {
        json!({"targets": [{"target":
        {"member_id": member.member, "call_id": member.id, "node_id": ""}, "position": position}]})
    };
    assert_eq!(
        code(
            &mut f.chair,
            &f.c,
            "call.member.position.set",
            json!({"position": "nowhere"})
        )
        .await,
        -32602
    );
    assert_eq!(
        code(
            &mut f.bob,
            &f.b,
            "call.member.position.set",
            wish(&f.g, "reserved-1")
        )
        .await,
        "403"
    );
    assert_eq!(
        // One member, as the official client's betas name it.
        code(
            &mut f.chair,
            &f.c,
            "call.member.position.set",
            json!({"position": "reserved-1", "target": {"member_id": f.g.member}})
        )
        .await,
        "200"
    );
    let updated = f.bob.event("member.updated").await;
    assert_eq!(updated["member"]["requested_position"], "reserved-1");
    let by_guest = |e: &Value| {
        e["event_type"] == "layout.changed"
            && e["params"]["layout"]["layers"][0]["member_id"] == f.g.member.as_str()
    };
    f.bob
        .envelope_where(by_guest, "the guest in the large place")
        .await;
    assert_eq!(
        code(
            &mut f.bob,
            &f.b,
            "call.member.position.set",
            wish(&f.b, "off-canvas")
        )
        .await,
        "200"
    );
    layers(&mut f.chair, 2).await;
    let hidden = f
        .chair
        .envelope_where(
            |e| {
                e["event_type"] == "member.updated"
                    && e["params"]["member"]["updated"] == json!(["visible"])
            },
            "out of sight",
        )
        .await;
    assert_eq!(hidden["params"]["member"]["visible"], false);
    assert_eq!(hidden["params"]["member"]["member_id"], f.b.member.as_str());
}

#[tokio::test]
async fn hands_come_first_and_the_muted_are_hidden_when_a_moderator_says_so() {
    let mut f = Conference::start().await;
    let first = json!({"prioritize_handraise": true});
    assert_eq!(
        code(
            &mut f.guest,
            &f.g,
            "call.prioritize_handraise.set",
            first.clone()
        )
        .await,
        "403"
    );
    assert_eq!(
        code(&mut f.chair, &f.c, "call.prioritize_handraise.set", first).await,
        "200"
    );
    assert_eq!(
        f.guest.event("call.updated").await["room_session"]["prioritize_handraise"],
        true
    );
    assert_eq!(
        code(&mut f.guest, &f.g, "call.raisehand", json!({})).await,
        "200"
    );
    let by_guest = |e: &Value| {
        e["event_type"] == "layout.changed"
            && e["params"]["layout"]["layers"][0]["member_id"] == f.g.member.as_str()
    };
    f.bob
        .envelope_where(by_guest, "the raised hand first")
        .await;
    let hide = json!({"hide_video_muted": true});
    assert_eq!(
        code(&mut f.bob, &f.b, "call.vmuted.hide.set", hide.clone()).await,
        "403"
    );
    assert_eq!(
        code(&mut f.chair, &f.c, "call.vmuted.hide.set", hide).await,
        "200"
    );
    assert_eq!(
        code(
            &mut f.bob,
            &f.b,
            "call.mute",
            json!({"channels": ["video"]})
        )
        .await,
        "200"
    );
    layers(&mut f.guest, 2).await;
    assert_eq!(
        code(
            &mut f.bob,
            &f.b,
            "call.unmute",
            json!({"channels": ["video"]})
        )
        .await,
        "200"
    );
    layers(&mut f.guest, 3).await;
}

#[tokio::test]
async fn a_moderator_removes_and_ends_others_and_they_are_told_so() {
    let mut f = Conference::start().await;
    let remove = |member: &Call| {
        json!({"targets":
        [{"member_id": member.member, "call_id": member.id, "node_id": ""}]})
    };
    assert_eq!(
        code(&mut f.bob, &f.b, "call.member.remove", remove(&f.g)).await,
        "403"
    );
    assert_eq!(code(&mut f.bob, &f.b, "call.end", json!({})).await, "403");
    assert_eq!(
        code(&mut f.chair, &f.c, "call.member.remove", remove(&f.g)).await,
        "200"
    );
    assert_eq!(f.guest.event("call.left").await["reason"], "removed");
    assert_eq!(f.guest.bye(&f.g.id).await, "NORMAL_CLEARING");
    let left = f.bob.event("member.left").await;
    assert_eq!(
        (
            left["reason"].as_str(),
            left["member"]["member_id"].as_str()
        ),
        (Some("removed"), Some(f.g.member.as_str()))
    );
    assert_eq!(
        code(&mut f.chair, &f.c, "call.member.remove", remove(&f.g)).await,
        "404"
    );
    let end = json!({"target": target(&f.c, &f.b)});
    assert_eq!(code(&mut f.chair, &f.c, "call.end", end).await, "200");
    f.bob.bye(&f.b.id).await;
    assert_eq!(code(&mut f.chair, &f.c, "call.end", json!({})).await, "200");
    f.chair.bye(&f.c.id).await;
}

#[tokio::test]
async fn notes_about_the_call_are_kept_and_shown_to_those_who_come_later() {
    let mut f = Conference::start().await;
    let meta = |value: Value| json!({"meta": value});
    assert_eq!(
        code(&mut f.bob, &f.b, "call.set_meta", meta(json!({"x": 1}))).await,
        "403"
    );
    assert_eq!(
        code(&mut f.chair, &f.c, "call.set_meta", meta(json!({"x": 1}))).await,
        "200"
    );
    assert_eq!(
        f.bob.event("call.updated").await["room_session"]["meta"],
        json!({"x": 1})
    );
    assert_eq!(
        code(
            &mut f.chair,
            &f.c,
            "call.update_meta",
            meta(json!({"y": 2}))
        )
        .await,
        "200"
    );
    let mut late = f.server.connected("late").await;
    enter(&mut late).await;
    let joined = late.event("call.joined").await;
    assert_eq!(joined["room_session"]["meta"], json!({"x": 1, "y": 2}));
    let big = "z".repeat(9_000);
    assert_eq!(
        code(
            &mut f.chair,
            &f.c,
            "call.update_meta",
            meta(json!({"a": big}))
        )
        .await,
        "200"
    );
    assert_eq!(
        code(
            &mut f.chair,
            &f.c,
            "call.update_meta",
            meta(json!({"b": big}))
        )
        .await,
        "413"
    );
}

#[tokio::test]
async fn what_this_server_does_not_do_is_an_unknown_method() {
    let mut f = Conference::start().await;
    for method in [
        "call.record.start",
        "call.stream.start",
        "call.denoise",
        "call.fly",
    ] {
        assert_eq!(
            code(&mut f.chair, &f.c, method, json!({})).await,
            -32601,
            "{method}"
        );
    }
    // A call that is not one's own, and members of nobody's.
    let stranger = json!({"node_id": "", "call_id": f.b.id, "member_id": f.b.member});
    let params = json!({"self": stranger, "channels": ["audio"]});
    let refused = f.guest.err("call.mute", params).await;
    assert_eq!(refused["code"], -32602);
}

#[tokio::test]
async fn custom_event_types_are_accepted() {
    let mut f = Conference::start().await;
    let params = json!({"sessid": f.b.id, "eventChannel": ["my.custom.event"]});
    let result = f.bob.verto_ok("verto.subscribe", &f.b.id, params).await;
    assert_eq!(result, json!({}));
}

//! Calls between two: ringing, answering, cancelling, rejecting, and what is asked of them while they go on.

mod relay_support;

use std::time::Duration;

use relay_support::{Call, Client, TestServer, until, uuid};
use serde_json::json;

#[tokio::test]
async fn a_call_to_a_subscriber_rings_is_answered_and_connects_both_ways() {
    let server = TestServer::start().await;
    let mut bob = server.online("bob").await;
    let mut alice = server.connected("alice").await;
    let mut call = alice.dial("/private/bob?channel=audio").await;
    let created = alice.event("call.state").await;
    assert_eq!(created["call_state"], "created");
    assert_eq!(
        (created["direction"].as_str(), created["call_id"].as_str()),
        (Some("outbound"), Some(call.id.as_str()))
    );
    assert_eq!(alice.event("call.state").await["call_state"], "ringing");
    alice.nothing("verto.answer").await;

    let invite = bob.ringing().await;
    assert_ne!(
        invite["callID"],
        call.id.as_str(),
        "each leg has an id of its own"
    );
    assert_eq!(invite["callee_id_number"], "/private/bob");
    assert_eq!(invite["caller_id_number"], "/private/alice");
    assert_eq!(invite["caller_id_name"], "alice Example");
    assert_eq!(invite["display_direction"], "inbound");
    assert_eq!(
        invite["userVariables"],
        json!({"plan": "gold"}),
        "the caller's ids are not passed on"
    );
    assert!(!invite["sdp"].as_str().unwrap().contains("m=video"));
    let mut callee = bob.accept(&invite).await;

    alice.answered(&call).await;
    let joined = alice.event("call.joined").await;
    assert_eq!(joined["member_id"], call.member.as_str());
    assert_eq!(joined["call_id"], call.id.as_str());
    let session = &joined["room_session"];
    assert_eq!(joined["room_session_id"], session["room_session_id"]);
    let members = session["members"].as_array().unwrap();
    assert_eq!(members.len(), 2);
    let own = members
        .iter()
        .find(|m| m["member_id"] == call.member.as_str())
        .unwrap();
    assert_eq!(own["call_id"], call.id.as_str());
    assert!(own["node_id"].is_string());
    let theirs = bob.event("call.joined").await;
    assert_eq!(theirs["call_id"], callee.id.as_str());
    assert_eq!(theirs["room_session_id"], joined["room_session_id"]);
    alice.event("layout.changed").await;
    bob.event("layout.changed").await;
    for client in [&mut alice, &mut bob] {
        let connect = client.event("call.connect").await;
        assert_eq!(connect["connect_state"], "connected");
        assert!(connect["peer"]["call_id"].is_string() && connect["segment_id"].is_string());
        let answered = client
            .envelope_where(
                |e| e["event_type"] == "call.state" && e["params"]["call_state"] == "answered",
                "answered",
            )
            .await;
        assert!(answered["params"]["answer_time"].is_u64());
    }
    call.connected().await;
    callee.connected().await;
    assert_eq!(server.relay.active_calls(), 1);

    let result = alice.hang_up(&call).await;
    assert_eq!(result["message"], "CALL ENDED");
    assert_eq!(bob.bye(&callee.id).await, "NORMAL_CLEARING");
    until(|| server.relay.active_calls() == 0).await;
    // Hanging up what is gone succeeds.
    bob.hang_up(&callee).await;
    alice.hang_up(&call).await;
}

#[tokio::test]
async fn events_of_a_call_come_in_the_order_clients_rely_on() {
    let server = TestServer::start().await;
    let mut bob = server.online("bob").await;
    let mut alice = server.connected("alice").await;
    let _call = alice.dial("/private/bob").await;
    let invite = bob.ringing().await;
    bob.event("call.state").await;
    let callee = bob.accept(&invite).await;
    alice
        .envelope_where(|e| e["event_type"] == "call.connect", "call.connect")
        .await;
    bob.envelope_where(|e| e["event_type"] == "call.connect", "call.connect")
        .await;
    assert_eq!(
        alice.event_types().await,
        [
            "call.state created",
            "call.state ringing",
            "verto.answer",
            "call.state answered",
            "call.joined",
            "layout.changed"
        ]
    );
    assert_eq!(
        bob.event_types().await,
        ["call.state answered", "call.joined", "layout.changed"]
    );
    bob.hang_up(&callee).await;
    alice
        .envelope_where(|e| e["params"]["method"] == "verto.bye", "bye")
        .await;
    assert_eq!(
        alice.event_types().await,
        [
            "member.left",
            "layout.changed",
            "call.state ended",
            "call.left"
        ]
    );
}

#[tokio::test]
async fn every_session_rings_and_the_first_answer_wins() {
    let server =
        TestServer::with(|config| config.timing.repeat_bye = Duration::from_millis(200)).await;
    let (mut desk, mut phone) = (server.online("bob").await, server.online("bob").await);
    let mut alice = server.connected("alice").await;
    let mut call = alice.dial("/private/bob").await;
    let (at_desk, at_phone) = (desk.ringing().await, phone.ringing().await);
    assert_ne!(at_desk["callID"], at_phone["callID"]);
    let mut answered = phone.accept(&at_phone).await;
    let loser = at_desk["callID"].as_str().unwrap();
    assert_eq!(desk.bye(loser).await, "LOSE_RACE");
    alice.answered(&call).await;
    call.connected().await;
    answered.connected().await;
    // The bye may have come before that client had its call: it comes once more.
    assert_eq!(desk.bye(loser).await, "LOSE_RACE");

    // A late answer ends the call that still rings there, with a code that does.
    let late = Call::new(loser).await;
    let sdp = late
        .endpoint
        .accept_offer(at_desk["sdp"].as_str().unwrap())
        .await
        .unwrap();
    let error = desk
        .verto_err(
            "verto.answer",
            loser,
            json!({"dialogParams": {"callID": loser}, "sdp": sdp}),
        )
        .await;
    assert_eq!(
        (error["code"].as_i64(), error["data"]["cause"].as_str()),
        (Some(-32000), Some("LOSE_RACE"))
    );
    // And the call that goes on does not notice.
    let answer = alice
        .call_method(&call, "call.mute", json!({"channels": ["audio"]}))
        .await;
    assert_eq!(answer["result"]["code"], "200");
    phone.event("member.updated").await;
}

#[tokio::test]
async fn one_rejection_does_not_stop_the_others_and_all_of_them_are_busy() {
    let server = TestServer::start().await;
    let (mut desk, mut phone) = (server.online("bob").await, server.online("bob").await);
    let mut alice = server.connected("alice").await;
    let call = alice.dial("/private/bob").await;
    let (at_desk, at_phone) = (desk.ringing().await, phone.ringing().await);
    reject(&mut desk, &at_desk).await;
    alice.settle(&call).await;
    alice.nothing("verto.bye").await;
    phone.nothing("verto.bye").await;
    reject(&mut phone, &at_phone).await;
    assert_eq!(alice.bye(&call.id).await, "USER_BUSY");
    until(|| server.relay.active_calls() == 0).await;

    let _call = alice.dial("/private/bob").await;
    let (at_desk, at_phone) = (desk.ringing().await, phone.ringing().await);
    reject(&mut desk, &at_desk).await;
    phone.accept(&at_phone).await;
    alice.event("call.joined").await;
}

#[tokio::test]
async fn a_caller_who_gives_up_stops_the_ringing() {
    let server =
        TestServer::with(|config| config.timing.repeat_bye = Duration::from_millis(100)).await;
    let mut bob = server.online("bob").await;
    let mut alice = server.connected("alice").await;
    let call = alice.dial("/private/bob").await;
    let invite = bob.ringing().await;
    let call_id = invite["callID"].as_str().unwrap();
    alice.hang_up(&call).await;
    assert_eq!(bob.bye(call_id).await, "ORIGINATOR_CANCEL");
    assert_eq!(
        bob.bye(call_id).await,
        "ORIGINATOR_CANCEL",
        "once more, for a client that was not ready"
    );
    until(|| server.relay.active_calls() == 0).await;
    bob.nothing("verto.bye").await;
}

#[tokio::test]
async fn nobody_answers() {
    let server = TestServer::with(|config| config.timing.ring = Duration::from_millis(300)).await;
    let mut bob = server.online("bob").await;
    let mut alice = server.connected("alice").await;
    let call = alice.dial("/private/bob").await;
    let invite = bob.ringing().await;
    assert_eq!(alice.bye(&call.id).await, "NO_ANSWER");
    assert_eq!(
        bob.bye(invite["callID"].as_str().unwrap()).await,
        "NO_ANSWER"
    );
}

#[tokio::test]
async fn a_device_that_comes_online_rings_too() {
    let server = TestServer::start().await;
    let mut desk = server.online("bob").await;
    let mut alice = server.connected("alice").await;
    let call = alice.dial("/private/bob").await;
    let at_desk = desk.ringing().await;
    let mut phone = server.online("bob").await;
    let invite = phone.ringing().await;
    phone.accept(&invite).await;
    alice.answered(&call).await;
    assert_eq!(
        desk.bye(at_desk["callID"].as_str().unwrap()).await,
        "LOSE_RACE"
    );
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_ends_that_device_only() {
    let server = TestServer::start().await;
    let (mut desk, mut phone) = (server.online("bob").await, server.online("bob").await);
    let mut alice = server.connected("alice").await;
    let call = alice.dial("/private/bob").await;
    let (at_desk, at_phone) = (desk.ringing().await, phone.ringing().await);
    let id = at_desk["callID"].as_str().unwrap();
    let params = json!({"dialogParams": {"callID": id}, "sdp": "v=0\r\nnonsense\r\n"});
    assert_eq!(
        desk.verto_err("verto.answer", id, params).await["code"],
        -32000
    );
    phone.accept(&at_phone).await;
    alice.answered(&call).await;
}

#[tokio::test]
async fn destinations_fail_as_the_reference_says() {
    let server = TestServer::start().await;
    server.room("lobby", None).await;
    server.room("other", None).await;
    server.token("bob").await;
    let mut alice = server.connected("alice").await;
    for (destination, message, code) in [
        ("/public/nowhere", "INVALID_DESTINATION", "1"),
        ("+15551234567", "INVALID_DESTINATION", "1"),
        ("", "INVALID_DESTINATION", "1"),
        ("/private/bob", "USER_NOT_REGISTERED", "606"),
        // Her own session does not ring for her.
        ("/private/alice", "USER_NOT_REGISTERED", "606"),
    ] {
        let error = alice.dial_err(destination).await;
        assert_eq!(error["message"], message, "{destination}");
        assert_eq!(error["data"], json!({"cause": message, "causeCode": code}));
    }
    let mut guest = server.client().await;
    guest
        .connect(&server.guest_token(&["/public/lobby"]).await)
        .await;
    assert_eq!(
        guest.dial_err("/public/other").await["message"],
        "NOT_PERMITTED"
    );
    assert_eq!(
        guest.dial_err("/private/bob").await["message"],
        "NOT_PERMITTED"
    );
    guest.dial("/public/lobby").await;

    let mut visitor = server.client().await;
    visitor
        .connect(
            &server
                .embed_token("/public/lobby?channel=audio", &["*"])
                .await,
        )
        .await;
    for elsewhere in ["/public/other", "/public/nowhere", "/private/bob"] {
        assert_eq!(
            visitor.dial_err(elsewhere).await["message"],
            "NOT_PERMITTED",
            "{elsewhere}"
        );
    }
    for pinned in ["", "/public/lobby", "lobby?channel=audio"] {
        visitor.dial(pinned).await;
    }
}

#[tokio::test]
async fn a_visitor_calls_the_agent_under_the_name_the_token_carries() {
    let server = TestServer::start().await;
    let mut agent = server.online("agent").await;
    let mut visitor = server.client().await;
    visitor
        .connect(&server.embed_token("/private/agent", &["*"]).await)
        .await;
    let call = visitor.dial("").await;
    let invite = agent.ringing().await;
    assert_eq!(invite["caller_id_name"], "A visitor");
    agent.accept(&invite).await;
    visitor.answered(&call).await;
}

#[tokio::test]
async fn a_repeated_invite_replaces_the_pending_offer() {
    let server = TestServer::start().await;
    let mut bob = server.online("bob").await;
    let mut alice = server.connected("alice").await;
    let first = alice.dial("/private/bob").await;
    let mut second = Call::new(&first.id).await;
    let invite = second.invite("/private/bob").await;
    let result = alice.verto_ok("verto.invite", &first.id, invite).await;
    assert_eq!(
        (result["message"].as_str(), result["memberID"].as_str()),
        (Some("CALL CREATED"), Some(first.member.as_str()))
    );
    let ringing = bob.ringing().await;
    let mut callee = bob.accept(&ringing).await;
    bob.nothing("verto.invite").await;
    alice.answered(&second).await;
    second.connected().await;
    callee.connected().await;
    alice.nothing("verto.answer").await;
    let again = second.invite_with("/private/bob", &Call::new("x").await.offer().await);
    assert_eq!(
        alice.verto_err("verto.invite", &first.id, again).await["code"],
        -32602,
        "it has been answered"
    );
}

#[tokio::test]
async fn hold_dtmf_ping_and_re_offers_have_their_results() {
    let server = TestServer::start().await;
    let mut alice = server.connected("alice").await;
    let mut call = alice.dial("/public/network-test").await;
    alice.answered(&call).await;
    call.connected().await;
    let dialog = json!({"callID": call.id});
    for (action, state) in [("hold", "held"), ("unhold", "active")] {
        let params = json!({"sessid": call.id, "dialogParams": dialog, "action": action});
        let result = alice.verto_ok("verto.modify", &call.id, params).await;
        assert_eq!(
            (result["action"].as_str(), result["holdState"].as_str()),
            (Some(action), Some(state))
        );
        assert_eq!(result["callID"], call.id.as_str());
    }
    let offer = call.endpoint.create_offer(true).await.unwrap();
    let params = json!({"dialogParams": dialog, "sdp": offer, "action": "updateMedia"});
    let result = alice.verto_ok("verto.modify", &call.id, params).await;
    assert_eq!(
        (result["action"].as_str(), result["holdState"].as_str()),
        (Some("updateMedia"), Some("active"))
    );
    assert!(result["node_id"].is_string());
    call.endpoint
        .apply_answer(result["sdp"].as_str().unwrap())
        .await
        .unwrap();

    let digits = |digits: &str| json!({"sessid": call.id, "dialogParams": {"callID": call.id}, "dtmf": digits});
    alice
        .verto_ok("verto.info", &call.id, digits("12w*#A,W"))
        .await;
    for wrong in ["", "x", "1 2"] {
        assert_eq!(
            alice.verto_err("verto.info", &call.id, digits(wrong)).await["code"],
            -32602
        );
    }
    alice
        .verto_ok(
            "verto.pong",
            &call.id,
            json!({"callID": call.id, "dialogParams": dialog}),
        )
        .await;
    let subscribe = json!({"sessid": call.id, "eventChannel": ["ai.completion"]});
    alice.verto_ok("verto.subscribe", &call.id, subscribe).await;
    let transfer =
        json!({"destination": "/private/bob", "dialogParams": dialog, "action": "transfer"});
    assert!(alice.verto_err("verto.modify", &call.id, transfer).await["code"].is_i64());
    let bad = json!({"dialogParams": dialog, "sdp": "v=0\r\n", "action": "updateMedia"});
    assert_eq!(
        alice.verto_err("verto.modify", &call.id, bad).await["code"],
        -32602,
        "a code that ends no call"
    );
    alice.hang_up(&call).await;
}

#[tokio::test]
async fn dialogs_are_pinged() {
    let server =
        TestServer::with(|config| config.timing.dialog_ping = Duration::from_millis(100)).await;
    let mut alice = server.connected("alice").await;
    let call = alice.dial("/public/network-test").await;
    let ping = alice.verto_event("verto.ping").await;
    assert_eq!(
        (&ping["callID"], &ping["dialogParams"]["callID"]),
        (&json!(call.id), &json!(call.id))
    );
    alice.verto_event("verto.ping").await;
}

#[tokio::test]
async fn requests_about_calls_that_do_not_exist_end_nothing() {
    let server = TestServer::start().await;
    let mut alice = server.connected("alice").await;
    let id = uuid();
    let dialog = json!({"callID": id});
    let offer = Call::new(&id).await.offer().await;
    for (method, params, code) in [
        (
            "verto.modify",
            json!({"dialogParams": dialog, "action": "hold"}),
            Some(-32602),
        ),
        (
            "verto.modify",
            json!({"dialogParams": dialog, "action": "updateMedia", "sdp": offer}),
            Some(-32602),
        ),
        (
            "verto.info",
            json!({"dialogParams": dialog, "dtmf": "1"}),
            Some(-32602),
        ),
        (
            "verto.answer",
            json!({"dialogParams": dialog, "sdp": offer}),
            Some(-32000),
        ),
        ("verto.bye", json!({"dialogParams": dialog}), None),
        ("verto.pong", json!({"dialogParams": dialog}), None),
    ] {
        let response = alice.verto(method, &id, params).await;
        assert_eq!(
            response["error"]["code"].as_i64(),
            code,
            "{method}: {response}"
        );
    }
    let attach =
        json!({"dialogParams": {"callID": id, "attach": true, "reattaching": true}, "sdp": offer});
    assert_eq!(
        alice.verto_err("verto.invite", &id, attach).await["message"],
        "INVALID_CALL_REFERENCE"
    );
    let share = json!({"dialogParams": {"callID": id, "screenShare": true}, "sdp": offer});
    assert_eq!(
        alice.verto_err("verto.invite", &id, share).await["code"],
        -32602
    );
}

#[tokio::test]
async fn a_session_has_so_many_calls_and_no_more() {
    let server = TestServer::start().await;
    let mut alice = server.connected("alice").await;
    let first = Call::new(&uuid()).await;
    let offer = first.offer().await;
    let mut ids = Vec::new();
    for _ in 0..offhook_proto::limits::LEGS_PER_SESSION {
        let call = Call {
            id: uuid(),
            ..Call::new("x").await
        };
        alice
            .verto_ok(
                "verto.invite",
                &call.id,
                call.invite_with("/public/network-test", &offer),
            )
            .await;
        ids.push(call.id);
    }
    let more = Call {
        id: uuid(),
        ..Call::new("x").await
    };
    let error = alice
        .verto_err(
            "verto.invite",
            &more.id,
            more.invite_with("/public/network-test", &offer),
        )
        .await;
    assert_eq!(error["message"], "TOO_MANY_CALLS");
    alice
        .verto_ok(
            "verto.bye",
            &ids[0],
            json!({"dialogParams": {"callID": ids[0]}}),
        )
        .await;
    alice
        .verto_ok(
            "verto.invite",
            &more.id,
            more.invite_with("/public/network-test", &offer),
        )
        .await;
}

async fn reject(client: &mut Client, invite: &serde_json::Value) {
    let id = invite["callID"].as_str().unwrap();
    let params = json!({"cause": "USER_BUSY", "causeCode": "17", "dialogParams": {"callID": id}});
    client.verto_ok("verto.bye", id, params).await;
}

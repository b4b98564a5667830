//! A backend commands calls.

use offhook_media::endpoint::AudioSource;
use offhook_media::tone::ToneBursts;
use reqwest::Method;
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::relay_support::{Call, Client};
use crate::support::{Answer, TestServer, fault, faults, send, text};
use crate::{device, online};

const CALLS: &str = "/api/calling/calls";

async fn command(server: &TestServer, command: &str, id: &str, params: Value) -> Answer {
    let body = json!({"command": command, "id": id, "params": params});
    server.post(CALLS, body).await
}

async fn dial(server: &TestServer, to: &str, then: &str) -> Answer {
    let swml = json!({"sections": {"main": ["answer", {"connect": {"to": then}}]}});
    let params = json!({"from": "Shop", "to": to, "swml": swml, "custom_variables": {"order": 7}});
    server
        .post(CALLS, json!({"command": "dial", "params": params}))
        .await
}

/// Lets one end of a call be heard.
async fn sounds(call: &Call) {
    let tone = AudioSource::Tone(ToneBursts::steady(700.0));
    call.endpoint.set_source(tone).await.unwrap();
}

/// Places a call; gives its id.
async fn placed(server: &TestServer, to: &str, then: &str) -> String {
    let (status, answer) = dial(server, to, then).await;
    assert_eq!(
        (status, &answer["status"]),
        (200, &json!("ringing")),
        "{answer}"
    );
    assert_eq!(
        (&answer["from"], &answer["to"]),
        (&json!("Shop"), &json!(to))
    );
    text(&answer, "/id")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_is_called_into_a_room() {
    let server = TestServer::start().await;
    server.room("lobby").await;
    let (mut desk, mut phone) = (
        online(&server, "alice").await,
        online(&server, "alice").await,
    );
    let mut guest = online(&server, "guest").await;
    let there = guest.dial("/public/lobby").await;
    guest.answered(&there).await;
    guest.event("call.joined").await;
    let id = placed(&server, "/private/alice", "/public/lobby").await;
    let ringing = desk.ringing().await;
    assert_eq!(
        (&ringing["caller_id_name"], &ringing["caller_id_number"]),
        (&json!("Shop"), &json!("Shop"))
    );
    assert_eq!(ringing["userVariables"], json!({"order": 7}));
    let other = phone.ringing().await;
    let mut call = desk.accept(&ringing).await;
    let joined = desk.event("call.joined").await;
    assert_eq!(joined["room_session"]["name"], "lobby");
    assert_eq!(
        joined["room_session"]["members"].as_array().unwrap().len(),
        2
    );
    call.connected().await;
    let came = guest.event("member.joined").await;
    assert_eq!(
        came["member"]["subscriber_id"],
        joined["room_session"]["members"][1]["subscriber_id"]
    );
    let bye = phone.verto_event("verto.bye").await;
    assert_eq!(
        (&bye["callID"], &bye["cause"]),
        (&other["callID"], &json!("LOSE_RACE"))
    );

    // The call is known by the name it was given, and by its dialog's.
    for (n, id) in [&id, &call.id].into_iter().enumerate() {
        let event = json!({"type": "display_content", "content": "# Menu", "n": n, "call_id": "not yours to say"});
        let (status, answer) =
            command(&server, "calling.user_event", id, json!({"event": event})).await;
        assert_eq!(
            (status, &answer["status"]),
            (200, &json!("sent")),
            "{answer}"
        );
        let told = desk.event("user_event").await;
        assert_eq!(
            (&told["content"], &told["n"]),
            (&json!("# Menu"), &json!(n))
        );
        assert_eq!(told["call_id"], call.id.as_str());
        assert_eq!(
            told["room_session_id"],
            joined["room_session"]["room_session_id"]
        );
    }
    guest.nothing("user_event").await;

    let (status, answer) = command(&server, "calling.end", &id, json!({"reason": "hangup"})).await;
    assert_eq!(
        (status, &answer["status"]),
        (200, &json!("ended")),
        "{answer}"
    );
    let bye = desk.verto_event("verto.bye").await;
    assert_eq!(
        (&bye["callID"], &bye["cause"]),
        (&json!(call.id), &json!("NORMAL_CLEARING"))
    );
    assert_eq!(command(&server, "calling.end", &id, json!({})).await.0, 404);
    assert_eq!(
        command(&server, "calling.end", &call.id, json!({})).await.0,
        404
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_subscribers_are_connected_and_hear_each_other() {
    let server = TestServer::start().await;
    let (mut agent, mut customer) = (
        online(&server, "agent").await,
        online(&server, "customer").await,
    );
    let id = placed(&server, "/private/agent", "/private/customer").await;
    let ringing = agent.ringing().await;
    customer.nothing("verto.invite").await;
    let mut first = agent.accept(&ringing).await;
    let ringing = customer.ringing().await;
    assert_eq!(ringing["caller_id_number"], "/private/agent");
    let mut second = customer.accept(&ringing).await;
    first.connected().await;
    second.connected().await;
    let connect = agent.event("call.connect").await;
    assert_eq!(connect["peer"]["call_id"], second.id.as_str());
    sounds(&first).await;
    sounds(&second).await;
    first
        .level("the customer's tone", |level| level > -40.0)
        .await;
    second
        .level("the agent's tone", |level| level > -40.0)
        .await;
    let (status, _) = command(&server, "update", &id, json!({"status": "completed"})).await;
    assert_eq!(status, 200);
    agent.bye(&first.id).await;
    customer.bye(&second.id).await;
    // It is recorded as the agent's call to the customer.
    let record = loop {
        let (_, page) = server.get("/api/offhook/call_records").await;
        if let Some(record) = page["data"].get(0) {
            break record.clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_eq!(
        (
            &record["from"]["number"],
            &record["to"]["number"],
            &record["status"]
        ),
        (
            &json!("/private/agent"),
            &json!("/private/customer"),
            &json!("answered")
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_placed_is_rejected_cancelled_or_not_answered() {
    let server = TestServer::start_with(|settings| {
        settings.webhook_allowed_networks = Some(vec!["127.0.0.0/8".parse().unwrap()]);
    })
    .await;
    server.room("lobby").await;
    let mut receiver = Receiver::open().await;
    let hook = json!({"name": "hook", "url": receiver.url(), "events": ["call.ended"]});
    server.post("/api/offhook/webhooks", hook).await;
    let mut alice = online(&server, "alice").await;

    let id = placed(&server, "/private/alice", "/public/lobby").await;
    let ringing = alice.ringing().await;
    let again = dial(&server, "/private/alice", "/public/lobby").await;
    assert_eq!(
        faults(&again),
        fault("to", "invalid_parameter_value"),
        "it rings already"
    );
    let call = ringing["callID"].as_str().unwrap();
    alice
        .verto_ok(
            "verto.bye",
            call,
            json!({"dialogParams": {"callID": call}, "cause": "USER_BUSY", "causeCode": "17"}),
        )
        .await;
    let ended = receiver.hit().await.body;
    assert_eq!(
        (&ended["data"]["dial_id"], &ended["data"]["cause"]),
        (&json!(id), &json!("USER_BUSY"))
    );
    assert_eq!(command(&server, "calling.end", &id, json!({})).await.0, 404);

    let id = placed(&server, "/private/alice", "/public/lobby").await;
    let ringing = alice.ringing().await;
    let (status, _) = command(
        &server,
        "update",
        "",
        json!({"id": id, "status": "canceled"}),
    )
    .await;
    assert_eq!(status, 422, "an empty id is none");
    let body = json!({"command": "update", "params": {"id": id, "status": "canceled"}});
    assert_eq!(server.post(CALLS, body).await.0, 200);
    let bye = alice.verto_event("verto.bye").await;
    assert_eq!(
        (&bye["callID"], &bye["cause"]),
        (&ringing["callID"], &json!("ORIGINATOR_CANCEL"))
    );
    receiver.hit().await;

    let swml = json!({"sections": {"main": [{"connect": {"to": "/public/lobby"}}]}}).to_string();
    let params = json!({"from": "/private/alice", "to": "/private/alice", "swml": swml, "timeout": 1, "caller_id": "+1 555"});
    let (_, answer) = server
        .post(CALLS, json!({"command": "dial", "params": params}))
        .await;
    let ringing = alice.ringing().await;
    assert_eq!(
        (&ringing["caller_id_name"], &ringing["caller_id_number"]),
        (&json!("alice"), &json!("+1 555"))
    );
    let ended = receiver.hit().await.body;
    assert_eq!(
        (&ended["data"]["dial_id"], &ended["data"]["cause"]),
        (&answer["id"], &json!("NO_ANSWER"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_comes_online_rings_too_and_a_room_can_be_called() {
    let server = TestServer::start().await;
    server.room("lobby").await;
    let _desk = online(&server, "alice").await;
    // The other way round: the room is called, and connected to somebody.
    placed(&server, "/public/lobby", "/private/alice").await;
    let mut phone = online(&server, "alice").await;
    let ringing = phone.ringing().await;
    phone.accept(&ringing).await;
    let joined = phone.event("call.joined").await;
    assert_eq!(joined["room_session"]["name"], "lobby");
    // To the echo, too.
    let mut bob = online(&server, "bob").await;
    placed(&server, "/private/bob", "/public/network-test").await;
    let ringing = bob.ringing().await;
    let mut call = bob.accept(&ringing).await;
    call.connected().await;
    sounds(&call).await;
    call.level("the echo", |level| level > -40.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_side_of_a_call_is_handed_over() {
    let server = TestServer::start().await;
    server.room("lobby").await;
    let mut bob = online(&server, "bob").await;
    let (_, token) = server.subscriber("alice").await;
    let mut alice: Client = device(&server, &token).await;
    let call = alice.dial("/private/bob").await;
    let ringing = bob.ringing().await;
    let answered = bob.accept(&ringing).await;
    alice.answered(&call).await;
    alice.event("call.connect").await;
    bob.event("call.connect").await;
    for (dest, id, attribute) in [
        ("+15551234567", call.id.as_str(), "dest"),
        ("sip:bob@example.com", &call.id, "dest"),
        ("/public/nowhere", &call.id, "dest"),
        ("/public/network-test", &call.id, "dest"),
    ] {
        let answer = command(&server, "calling.transfer", id, json!({"dest": dest})).await;
        assert_eq!(
            faults(&answer),
            fault(attribute, "invalid_parameter_value"),
            "{dest}"
        );
    }
    let dest = json!({"dest": "/public/lobby"});
    let (status, answer) = command(&server, "calling.transfer", &call.id, dest.clone()).await;
    assert_eq!(
        (status, &answer["status"]),
        (200, &json!("transferred")),
        "{answer}"
    );
    alice.bye(&call.id).await;
    let joined = bob.event("call.joined").await;
    let joined = match joined["room_session"]["name"].as_str() {
        Some("lobby") => joined,
        _ => bob.event("call.joined").await,
    };
    assert_eq!(joined["room_session"]["name"], "lobby");
    // In a conference there is no other side.
    let answer = command(&server, "calling.transfer", &answered.id, dest).await;
    assert_eq!(faults(&answer), fault("id", "invalid_parameter_value"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_refused_with_the_reason() {
    let server = TestServer::start().await;
    server.room("lobby").await;
    let (_, token) = server.subscriber("offline").await;
    let _alice = online(&server, "alice").await;
    let connect = |to: &str| json!({"sections": {"main": [{"connect": {"to": to}}]}});
    let good = json!({"from": "x", "to": "/private/alice", "swml": connect("/public/lobby")});
    let with = |name: &str, value: Value| {
        let mut params = good.clone();
        params[name] = value;
        json!({"command": "dial", "params": params})
    };
    let invalid = "invalid_parameter_value";
    for (body, attribute, code) in [
        (json!({}), "command", "missing_required_parameter"),
        (
            json!({"command": "calling.play", "id": "x"}),
            "command",
            invalid,
        ),
        (
            json!({"command": "calling.end"}),
            "id",
            "missing_required_parameter",
        ),
        (
            json!({"command": "calling.end", "id": 5}),
            "id",
            "invalid_parameter",
        ),
        (
            json!({"command": "calling.end", "id": "x", "params": 5}),
            "params",
            "invalid_parameter",
        ),
        (
            json!({"command": "calling.end", "id": "x", "params": {"reason": "y"}}),
            "reason",
            invalid,
        ),
        (
            json!({"command": "calling.user_event", "id": "x"}),
            "event",
            "missing_required_parameter",
        ),
        (
            json!({"command": "calling.user_event", "id": "x", "params": {"event": []}}),
            "event",
            "invalid_parameter",
        ),
        (
            json!({"command": "calling.user_event", "id": "x", "params": {"event": {"a": "x".repeat(20_000)}}}),
            "event",
            invalid,
        ),
        (
            json!({"command": "update", "id": "x", "params": {"swml": {}}}),
            "swml",
            invalid,
        ),
        (
            json!({"command": "update", "id": "x", "params": {}}),
            "status",
            "missing_required_parameter",
        ),
        (
            with("from", Value::Null),
            "from",
            "missing_required_parameter",
        ),
        (with("to", Value::Null), "to", "missing_required_parameter"),
        (with("to", json!("+15551234567")), "to", invalid),
        (with("to", json!("sip:a@b")), "to", invalid),
        (with("to", json!("/private/nobody")), "to", invalid),
        (with("to", json!("/private/offline")), "to", invalid),
        (with("to", json!("/public/lobby")), "swml", invalid),
        (
            with("swml", Value::Null),
            "swml",
            "missing_required_parameter",
        ),
        (
            with("swml", json!({"sections": {"main": [{"play": {}}]}})),
            "swml",
            invalid,
        ),
        (with("swml", connect("/public/nowhere")), "swml", invalid),
        (with("swml", connect("/private/alice")), "swml", invalid),
        (
            with("url", json!("https://example.com/swml")),
            "url",
            invalid,
        ),
        (
            with("status_url", json!("https://example.com/")),
            "status_url",
            invalid,
        ),
        (with("timeout", json!(601)), "timeout", invalid),
        (
            with("custom_variables", json!({"a": "x".repeat(20_000)})),
            "custom_variables",
            invalid,
        ),
    ] {
        let answer = server.post(CALLS, body.clone()).await;
        assert_eq!(
            faults(&answer),
            fault(attribute, code),
            "{body}: {}",
            answer.1
        );
    }
    for name in ["calling.end", "calling.transfer", "calling.user_event"] {
        let params = json!({"dest": "/public/lobby", "event": {}});
        assert_eq!(
            command(&server, name, "none", params).await.0,
            404,
            "{name}"
        );
    }
    // Another project's calls are not there.
    let mut caller = device(&server, &token).await;
    let call = caller.dial("/public/lobby").await;
    let store = &server.server.mint().store;
    let (other, key) = store.create_project("Other", 1).await.unwrap();
    let request = server.request(Method::POST, CALLS);
    let request = request.basic_auth(&other.id, Some(key.expose()));
    let body = json!({"command": "calling.end", "id": call.id});
    assert_eq!(send(request, body).await.0, 404);
}

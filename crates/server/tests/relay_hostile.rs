//! Bad input while a call runs: clear errors, and the call does not notice.

mod relay_support;

use std::time::Duration;

use relay_support::{Call, Client, TestServer, uuid};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn a_call_does_not_notice_what_hostile_clients_send() {
    let server =
        TestServer::with(|config| config.timing.refused_linger = Duration::from_millis(50)).await;
    server.room("lobby", None).await;
    let mut bob = server.online("bob").await;
    let mut alice = server.connected("alice").await;
    let mut call = alice.dial("/private/bob").await;
    let ringing = bob.ringing().await;
    let mut callee = bob.accept(&ringing).await;
    alice.answered(&call).await;
    call.connected().await;
    callee.connected().await;
    let before = call.endpoint.stats().await.unwrap();

    garbage_without_authentication(&server).await;
    garbage_frames(&server).await;
    garbage_calls(&server, &call).await;
    mutated_invites(&server).await;

    let response = alice
        .call_method(&call, "call.mute", json!({"channels": ["audio"]}))
        .await;
    assert_eq!(response["result"]["code"], "200");
    bob.event("member.updated").await;
    let after = call.endpoint.stats().await.unwrap();
    assert!(after.connected && after.packets_received > before.packets_received);
    for (client, call) in [(&mut alice, &call), (&mut bob, &callee)] {
        client.settle(call).await;
        client.nothing("verto.bye").await;
    }
}

async fn garbage_without_authentication(server: &TestServer) {
    for text in [
        "",
        "\0",
        "null",
        "\"",
        &"[".repeat(10_000),
        &"{\"a\":".repeat(10_000),
    ] {
        let mut client = server.client().await;
        client.send_text(text).await;
        assert!(client.response_without_id().await["error"]["code"].is_i64());
    }
    let mut client = server.client().await;
    client
        .send_message(Message::Ping(vec![0; 100].into()))
        .await;
    client.send_message(Message::Close(None)).await;
    client.closed().await;
}

async fn garbage_frames(server: &TestServer) {
    let mut mallory = server.connected("mallory").await;
    let parameters = [
        json!(null),
        json!([]),
        json!(5),
        json!("x"),
        json!({"message": 5}),
        json!({"message": {"jsonrpc": "2.0"}}),
    ];
    for method in [
        "webrtc.verto",
        "signalwire.reauthenticate",
        "call.mute",
        "call.layout.list",
    ] {
        for params in &parameters {
            let error = mallory.err(method, params.clone()).await;
            assert_eq!(error["code"], -32602, "{method} {params}");
            assert!(!error["message"].as_str().unwrap().is_empty());
        }
    }
    // An answer to nothing, and acks of nothing.
    for id in ["", "e1", "ping-99"] {
        mallory
            .send_text(json!({"jsonrpc": "2.0", "id": id, "result": {}}).to_string())
            .await;
    }
    mallory.sync().await;
}

async fn garbage_calls(server: &TestServer, victim: &Call) {
    let mut mallory = server.connected("mallory").await;
    let long = "x".repeat(500);
    let dialogs = [
        json!({}),
        json!({"callID": 5}),
        json!({"callID": ""}),
        json!({"callID": "with space"}),
        json!({"callID": long}),
        json!({"callID": "c", "userVariables": 5}),
        json!({"callID": "c", "userVariables": {"x": "y".repeat(20_000)}}),
        json!({"callID": "c", "screenShare": "yes"}),
    ];
    for dialog in dialogs {
        let params = json!({"dialogParams": dialog, "sdp": "v=0\r\n"});
        let response = mallory.verto("verto.invite", "", params).await;
        assert_eq!(response["error"]["code"], -32602, "{dialog}");
    }
    for sdp in [
        "v=0",
        "\r\n\r\n",
        "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n",
        &"a=x\r\n".repeat(20_000),
    ] {
        let params = json!({"dialogParams": {"callID": uuid(), "destination_number": "/public/lobby"}, "sdp": sdp});
        let error = mallory.verto_err("verto.invite", "", params).await;
        assert_eq!(error["code"], -32602, "{error}");
    }
    for destination in [
        "/",
        "//",
        "/public/",
        "/public/../private/bob",
        "%00",
        "' OR 1=1 --",
        "\u{1F4A3}",
    ] {
        assert_eq!(
            mallory.dial_err(destination).await["message"],
            "INVALID_DESTINATION",
            "{destination}"
        );
    }
    // Somebody else's call.
    for method in ["verto.modify", "verto.info", "verto.answer"] {
        let params = json!({"dialogParams": {"callID": victim.id}, "action": "hold", "dtmf": "1", "sdp": "v=0\r\n"});
        mallory.verto_err(method, &victim.id, params).await;
    }
    mallory
        .verto_ok(
            "verto.bye",
            &victim.id,
            json!({"dialogParams": {"callID": victim.id}}),
        )
        .await;
}

/// Offers with lines cut, doubled and scrambled: taken or refused, never fatal.
async fn mutated_invites(server: &TestServer) {
    let offer = Call::new("x").await.offer().await;
    let lines: Vec<&str> = offer.lines().collect();
    let mut mallory = server.connected("mallory").await;
    for seed in 0..lines.len() * 3 {
        let (index, kind) = (seed / 3, seed % 3);
        let mut mutated: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
        match kind {
            0 => drop(mutated.remove(index)),
            1 => mutated.insert(index, lines[(index * 7 + 3) % lines.len()].to_owned()),
            _ => mutated[index] = mutated[index].chars().rev().collect(),
        }
        let sdp = mutated.join("\r\n") + "\r\n";
        let id = uuid();
        let params = json!({"dialogParams": {"callID": id, "destination_number": "/public/lobby"}, "sdp": sdp});
        let response = invite_whatever_happens(server, &mut mallory, &id, params).await;
        if response.get("result").is_some() {
            mallory
                .verto_ok("verto.bye", &id, json!({"dialogParams": {"callID": id}}))
                .await;
        }
    }
}

/// Sends an invite; a client that has used up its rate comes back as another session.
async fn invite_whatever_happens(
    server: &TestServer,
    client: &mut Client,
    id: &str,
    params: Value,
) -> Value {
    let response = client.verto("verto.invite", id, params.clone()).await;
    if response["error"]["data"]["cause"] == "RATE_LIMITED" {
        *client = server.connected("mallory").await;
        return client.verto("verto.invite", id, params).await;
    }
    response
}

//! What a socket may send and must read, and when it is closed.

mod relay_support;

use std::time::{Duration, Instant};

use offhook_proto::limits;
use relay_support::{Client, PATIENCE, TestServer, until};
use serde_json::json;
use tokio_tungstenite::tungstenite::{self, Message};

#[tokio::test]
async fn sessions_that_wait_for_a_socket_are_bounded() {
    let server = TestServer::start().await;
    let sessions = server.metrics.gauge(
        "offhook_relay_sessions",
        "Sessions, with or without a socket.",
        &[],
    );
    let attached = server.connected("alice").await;
    for _ in 0..limits::WAITING_SESSIONS + 8 {
        server.connected("alice").await.vanish().await;
        until(|| server.relay.connected_sessions() == 1).await;
    }
    let last = server.connected("alice").await;
    until(|| sessions.value() == limits::WAITING_SESSIONS as i64 + 2).await;
    for mut client in [attached, last] {
        client.sync().await;
    }
}

#[tokio::test]
async fn pings_come_and_a_silent_client_is_dropped_but_can_resume() {
    let server = TestServer::with(|config| {
        config.timing.ping_interval = Duration::from_millis(100);
        config.timing.idle = Duration::from_millis(500);
    })
    .await;
    let mut client = server.connected("alice").await;
    let started = Instant::now();
    while client.pings < 10 {
        client.sync().await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(started.elapsed() >= Duration::from_millis(900));
    client.pongs = false;
    let pings = client.pings;
    client.closed().await;
    assert!(client.pings > pings);
    let (token, protocol, state) = (
        client.token.clone(),
        client.protocol.clone(),
        client.state.clone(),
    );
    let mut client = server.client().await;
    client.protocol = protocol.clone();
    client
        .ok(
            "signalwire.connect",
            Client::resume_params(&token, &protocol, &state),
        )
        .await;
}

#[tokio::test]
async fn defects_of_frames_are_answered_precisely_and_cost_nothing_else() {
    let server = TestServer::start().await;
    let mut client = server.connected("alice").await;
    for (text, code) in [
        ("{", -32700),
        ("", -32700),
        ("[1,2]", -32600),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"subscriber.online"}"#,
            -32600,
        ),
        (r#"{"jsonrpc":"2.0","method":"subscriber.online"}"#, -32600),
    ] {
        client.send_text(text).await;
        assert_eq!(
            client.response_without_id().await["error"]["code"],
            code,
            "{text}"
        );
    }
    client
        .send_message(Message::Binary(vec![1, 2, 3].into()))
        .await;
    assert_eq!(client.response_without_id().await["error"]["code"], -32700);
    client
        .send_text(r#"{"id":"x","method":"subscriber.online"}"#)
        .await;
    assert_eq!(client.response("x").await["error"]["code"], -32600);
    let long = format!(
        r#"{{"jsonrpc":"2.0","id":"long","method":"x","params":"{}"}}"#,
        "x".repeat(limits::FRAME_BYTES)
    );
    client.send_text(long).await;
    assert_eq!(client.response_without_id().await["error"]["code"], -32600);
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":"deep","method":"x","params":{}{}}}"#,
        "[".repeat(99),
        "]".repeat(99)
    );
    client.send_text(deep).await;
    assert_eq!(client.response_without_id().await["error"]["code"], -32600);
    for (method, params, code) in [
        ("no.such", json!({}), -32601),
        ("call.fly", json!({}), -32601),
        ("webrtc.verto", json!({}), -32602),
        ("webrtc.verto", json!([1]), -32602),
        ("call.mute", json!({"self": 5}), -32602),
        ("call.mute", json!({"self": {"call_id": "none"}}), -32602),
    ] {
        let error = client.err(method, params.clone()).await;
        assert_eq!(error["code"], code, "{method} {params}");
    }
    client.ok("subscriber.online", json!({})).await;
}

#[tokio::test]
async fn a_frame_far_too_long_closes_the_socket() {
    let server = TestServer::start().await;
    let mut client = server.connected("alice").await;
    client.send_text("x".repeat(3 * limits::FRAME_BYTES)).await;
    client.closed().await;
}

#[tokio::test]
async fn too_many_requests_are_refused_and_a_flood_is_closed() {
    let server = TestServer::start().await;
    let mut client = server.connected("alice").await;
    let mut ids = Vec::new();
    for _ in 0..limits::FRAMES_BURST + 40 {
        ids.push(client.send("no.such", json!({})).await);
    }
    let response = client.response(ids.last().unwrap()).await;
    assert_eq!(
        response["error"]["code"], -32602,
        "a code that ends no call"
    );
    assert_eq!(response["error"]["data"]["cause"], "RATE_LIMITED");
    for _ in 0..3 * limits::FRAMES_BURST {
        client.send("no.such", json!({})).await;
    }
    client.closed().await;
    // Another session is not concerned.
    server.connected("bob").await.sync().await;
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_dropped_and_the_others_go_on() {
    let server =
        TestServer::with(|config| config.timing.send_stall = Duration::from_millis(300)).await;
    server.room("lobby", None).await;
    let mut slow = server.connected("alice").await;
    let _slow_call = slow.dial("/public/lobby").await;
    // Each change of this member is an event of 40 KB to everybody.
    let mut loud = server.connected("mallory").await;
    server.rename("mallory", 40_000).await;
    let call = loud.dial("/public/lobby").await;
    loud.event("layout.changed").await;
    let dropped = server.metrics.counter(
        "offhook_relay_slow_readers_total",
        "Sockets dropped for not reading.",
        &[],
    );
    let started = Instant::now();
    while dropped.value() == 0 {
        assert!(
            started.elapsed() < PATIENCE * 3,
            "the slow reader is still there"
        );
        loud.call_method(&call, "call.mute", json!({"channels": ["audio"]}))
            .await;
        loud.event("member.updated").await;
        // Not faster than the rate limit lets it.
        tokio::time::sleep(Duration::from_millis(
            1000 / u64::from(limits::FRAMES_PER_SECOND),
        ))
        .await;
    }
    until(|| server.relay.connected_sessions() == 1).await;
    loud.sync().await;
}

#[tokio::test]
async fn a_draining_server_says_so_closes_sockets_and_takes_no_new_ones() {
    let server = TestServer::start().await;
    let mut client = server.connected("alice").await;
    let relay = server.relay.clone();
    let drained = tokio::spawn(async move { relay.drain(PATIENCE).await });
    client.event("disconnect").await;
    client.closed().await;
    drained.await.unwrap();
    match Client::open(server.address, None).await.map(|_| ()) {
        Err(tungstenite::Error::Http(response)) => assert_eq!(response.status(), 503),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn another_socket_is_no_new_allowance() {
    let server = TestServer::start().await;
    let mut client = server.connected("alice").await;
    // As soon as one is refused, as many more as leave two seconds of debt.
    while client.request("no.such", json!({})).await["error"]["code"] == -32601 {
        for _ in 0..20 {
            client.send("no.such", json!({})).await;
        }
    }
    for _ in 0..2 * limits::FRAMES_PER_SECOND {
        client.send("no.such", json!({})).await;
    }
    let mut client = client.resumed(server.address).await;
    let error = client.err("no.such", json!({})).await;
    assert_eq!(error["data"]["cause"], "RATE_LIMITED");
}

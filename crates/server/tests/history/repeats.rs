//! Clients repeat requests whose answers they never had (wire-protocol.md 8.4, 8.5).

use std::time::Instant;

use serde_json::json;
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::people::Person;
use crate::relay_support::PATIENCE;
use crate::support::TestServer;

/// Keeps the server from writing.
async fn hold_the_store(server: &TestServer) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(server.data.path().join("offhook.db"));
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE")
        .execute(&mut connection)
        .await
        .unwrap();
    connection
}

/// Waits until a metric has the value.
async fn metric(server: &TestServer, name: &str, wanted: u64) {
    let began = Instant::now();
    loop {
        let response = server.client.get(format!("{}/metrics", server.base));
        let metrics = response.send().await.unwrap().text().await.unwrap();
        if metrics.contains(&format!("\n{name} {wanted}\n")) {
            return;
        }
        assert!(
            began.elapsed() < PATIENCE,
            "{name} is not {wanted}: {metrics}"
        );
    }
}

/// Sends a message, and closes the connection when it is on its way and not yet answered.
async fn say_and_vanish(server: &TestServer, person: &Person<'_>, group: &str, text: &str) {
    let host = server.base.trim_start_matches("http://");
    let body = json!({ "group_id": group, "from_fabric_address_id": person.address, "text": text });
    let body = body.to_string();
    let request = format!(
        "POST /api/fabric/messages HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        person.token,
        body.len()
    );
    let mut socket = TcpStream::connect(host).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    metric(server, "offhook_messages_waiting", 1).await;
    drop(socket);
    metric(server, "offhook_messages_unanswered_total", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_answer_never_left_is_not_said_twice() {
    let server = TestServer::start().await;
    let alice = Person::subscriber(&server, "alice").await;
    let bob = Person::subscriber(&server, "bob").await;
    let group = alice.join(&[&bob.address]).await;
    let mut device = bob.device().await;

    let mut held = hold_the_store(&server).await;
    say_and_vanish(&server, &alice, &group, "once").await;
    sqlx::query("ROLLBACK").execute(&mut held).await.unwrap();

    // As the client repeats it: the same message.
    let again = alice.say(&group, "once").await;
    assert_eq!(device.event("conversation.message").await, again);
    assert_eq!(alice.history(&group).await, [again]);
    // Now it has been answered, and whoever says it again says it again.
    alice.say(&group, "once").await;
    assert_eq!(alice.texts(&group).await, ["once", "once"]);
    device.event("conversation.message").await;
    device.nothing("conversation.message").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_messages_at_once_are_two() {
    let server = TestServer::start().await;
    let alice = Person::subscriber(&server, "alice").await;
    let bob = Person::subscriber(&server, "bob").await;
    let group = alice.join(&[&bob.address]).await;
    let (first, second) = tokio::join!(alice.say(&group, "ha"), alice.say(&group, "ha"));
    assert_ne!(first["id"], second["id"]);
    assert_eq!(alice.texts(&group).await, ["ha", "ha"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_with_a_name_is_said_once_however_often_it_is_sent() {
    let server = TestServer::start().await;
    let alice = Person::subscriber(&server, "alice").await;
    let bob = Person::subscriber(&server, "bob").await;
    let group = alice.join(&[&bob.address]).await;
    let mut device = bob.device().await;
    let said = |id: &'static str, text: &'static str| {
        let body = json!({ "group_id": group, "from_fabric_address_id": alice.address, "text": text, "id": id });
        let alice = &alice;
        async move { alice.post("/api/fabric/messages", body).await }
    };
    let (first, second) = tokio::join!(said("m1", "hello"), said("m1", "hello"));
    assert_eq!((first.0, &first.1), (200, &second.1));
    assert_eq!(said("m1", "hello").await, first);
    assert_ne!(said("m2", "hello").await.1["id"], first.1["id"]);
    // Somebody else's names are their own.
    let body = json!({ "group_id": group, "from_fabric_address_id": bob.address, "text": "hi", "id": "m1" });
    assert_eq!(bob.post("/api/fabric/messages", body).await.1["text"], "hi");
    assert_eq!(alice.texts(&group).await, ["hi", "hello", "hello"]);
    for _ in 0..3 {
        device.event("conversation.message").await;
    }
    device.nothing("conversation.message").await;
}

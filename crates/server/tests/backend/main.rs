//! What a project's backend manages and commands: a real server, real HTTP and real WebSockets.
#[path = "../relay_support/mod.rs"]
mod relay_support;
#[allow(dead_code, reason = "the other tests use the rest of it")]
#[path = "../rest/support.rs"]
mod support;

mod buttons;
mod calling;
mod kept;
mod killed;
mod openapi;
mod receiver;
mod scripts;
mod webhooks;

use relay_support::Client;
use serde_json::json;
use support::TestServer;

/// A device with this token.
async fn device(server: &TestServer, token: &str) -> Client {
    let address = server.base.trim_start_matches("http://").parse().unwrap();
    let mut client = Client::open(address, None).await.unwrap();
    client.connect(token).await;
    client
}

/// A device of the subscriber that rings.
async fn online(server: &TestServer, reference: &str) -> Client {
    let (_, token) = server.subscriber(reference).await;
    let mut client = device(server, &token).await;
    client.ok("subscriber.online", json!({})).await;
    client
}

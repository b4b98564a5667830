//! What can be dialled, as it changes (wire-protocol.md 8.2).

use offhook_server::clock::now_s;
use offhook_server::mint::TokenWish;
use offhook_server::store::SubscriberChange;
use reqwest::Method;
use serde_json::{Value, json};

use crate::people::Person;
use crate::support::{TestServer, send};

const CHANGED: &str = "offhook.address.changed";
const REMOVED: &str = "offhook.address.removed";

#[tokio::test(flavor = "multi_thread")]
async fn who_sees_an_address_is_told_how_it_changes_and_nobody_else() {
    let server = TestServer::start().await;
    let alice = Person::subscriber(&server, "alice").await;
    let (room, room_address) = server.room("lobby").await;
    let guest = Person::guest(&server, &[&room_address]).await;
    let stranger = Person::guest(&server, &[&alice.address]).await;
    let (mut a, mut g, mut s) = (
        alice.device().await,
        guest.device().await,
        stranger.device().await,
    );

    // Somebody is new: those who see everybody are told.
    let bob = Person::subscriber(&server, "bob").await;
    let told = a.event(CHANGED).await;
    let (_, shown) = alice
        .get(&format!("/api/fabric/addresses/{}", bob.address))
        .await;
    assert_eq!(told["address"], shown);
    // A token made again is no change, a new name is.
    server.subscriber("bob").await;
    let path = format!("/api/fabric/resources/subscribers/{}", bob.id);
    let body = json!({ "display_name": "Robert" });
    server.backend(Method::PUT, &path, body).await;
    assert_eq!(a.event(CHANGED).await["address"]["display_name"], "Robert");
    g.nothing(CHANGED).await;

    let path = format!("/api/fabric/resources/conference_rooms/{room}");
    let body = json!({ "display_name": "Main hall" });
    server.backend(Method::PUT, &path, body).await;
    for client in [&mut a, &mut g] {
        let told = client.event(CHANGED).await;
        assert_eq!(told["address"]["id"], room_address.as_str());
        assert_eq!(told["address"]["display_name"], "Main hall");
    }
    assert_eq!(server.delete(&path).await.0, 204);
    for client in [&mut a, &mut g] {
        assert_eq!(
            client.event(REMOVED).await,
            json!({ "address_id": room_address })
        );
    }
    s.nothing(CHANGED).await;
    s.nothing(REMOVED).await;
    a.nothing(CHANGED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_project_is_another_world() {
    let server = TestServer::start().await;
    let alice = Person::subscriber(&server, "alice").await;
    let mut a = alice.device().await;
    let store = &server.server.mint().store;
    let (other, token) = store.create_project("Other", 1).await.unwrap();
    let request = server.request(Method::POST, "/api/fabric/subscribers/tokens");
    let request = request.basic_auth(&other.id, Some(token.expose()));
    assert_eq!(send(request, json!({ "reference": "eve" })).await.0, 200);
    // Told after it, and heard before it.
    server.subscriber("bob").await;
    assert_eq!(a.event(CHANGED).await["address"]["name"], "/private/bob");
    a.nothing(CHANGED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_room_shows_as_locked_until_it_opens_or_ends() {
    let server = TestServer::start().await;
    let wish = TokenWish {
        scope: vec!["room:moderate".to_owned()],
        ..TokenWish::default()
    };
    let mint = server.server.mint();
    let change = SubscriberChange::default();
    let (moderator, minted) = mint
        .subscriber(&server.project_id, "mod", &change, wish, now_s())
        .await
        .unwrap();
    let moderator = Person::with(&server, moderator.id, minted.token).await;
    let alice = Person::subscriber(&server, "alice").await;
    let (_, room) = server.room("lobby").await;
    let (mut m, mut a) = (moderator.device().await, alice.device().await);
    let path = format!("/api/fabric/addresses/{room}");
    let locked = async || alice.get(&path).await.1["locked"].clone();

    let call = m.dial("/public/lobby").await;
    m.answered(&call).await;
    for (method, now) in [
        ("call.lock", true),
        ("call.unlock", false),
        ("call.lock", true),
    ] {
        m.call_method(&call, method, json!({})).await;
        assert_eq!(a.event(CHANGED).await["address"]["locked"], now);
        assert_eq!(locked().await, now);
    }
    let (_, list) = alice.get("/api/fabric/addresses?name=lobby").await;
    assert_eq!(list["data"][0]["locked"], Value::Bool(true));
    m.hang_up(&call).await;
    assert_eq!(a.event(CHANGED).await["address"]["locked"], false);
    assert_eq!(locked().await, false);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_can_be_written_to_and_rooms_and_programs_cannot() {
    let server = TestServer::start().await;
    let alice = Person::subscriber(&server, "alice").await;
    server.room("lobby").await;
    let (_, page) = alice.get("/api/fabric/addresses").await;
    let channels: Vec<Value> = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|address| json!([address["type"], address["channels"]]))
        .collect();
    let dial = |name: &str, kinds: &[&str]| -> Value {
        let channels = kinds.iter();
        channels
            .map(|kind| ((*kind).to_owned(), json!(format!("{name}?channel={kind}"))))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    assert_eq!(
        channels,
        [
            json!([
                "subscriber",
                dial("/private/alice", &["audio", "video", "messaging"])
            ]),
            json!(["room", dial("/public/lobby", &["audio", "video"])]),
            json!(["app", dial("/public/network-test", &["audio"])]),
        ]
    );
}

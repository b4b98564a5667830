//! Conversations and messages (wire-protocol.md 6.9, 8.4).

use std::collections::HashSet;

use offhook_proto::limits;
use serde_json::{Value, json};

use crate::people::Person;
use crate::support::{TestServer, fault, faults, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_reaches_every_device_of_both_and_nobody_else() {
    let server = TestServer::start().await;
    let alice = Person::subscriber(&server, "alice").await;
    let bob = Person::subscriber(&server, "bob").await;
    let carol = Person::subscriber(&server, "carol").await;
    let group = alice.join(&[&bob.address]).await;
    assert_eq!(bob.join(&[&alice.address]).await, group);
    let (mut a1, mut a2) = (alice.device().await, alice.device().await);
    let (mut b, mut c) = (bob.device().await, carol.device().await);

    let said = alice.say(&group, "Hello\nBob 👋").await;
    for client in [&mut a1, &mut a2, &mut b] {
        let envelope = client.envelope("conversation.message").await;
        assert_eq!(envelope["is_author"], false);
        assert!(envelope["timestamp"].is_string(), "{envelope}");
        assert_eq!(envelope["project_id"], server.project_id.as_str());
        let message = &envelope["params"];
        assert_eq!(*message, said);
        let expected = json!({
            "id": said["id"], "type": "message", "subtype": "chat", "kind": "chat", "hidden": false, "group_id": group,
            "from_fabric_address_id": alice.address, "ts": said["ts"], "metadata": {}, "details": {},
            "text": "Hello\nBob 👋", "conversation_name": "alice", "user_name": "alice",
        });
        assert_eq!(*message, expected);
    }
    c.nothing("conversation.message").await;
    // The same from the history, on a device that was not there.
    assert_eq!(bob.history(&group).await, [said]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_was_away_hears_what_it_missed() {
    let server = TestServer::start().await;
    let alice = Person::subscriber(&server, "alice").await;
    let bob = Person::subscriber(&server, "bob").await;
    let group = alice.join(&[&bob.address]).await;
    let device = bob.device().await;
    let address = server.base.trim_start_matches("http://").parse().unwrap();
    let (protocol, state) = (device.protocol.clone(), device.state.clone());
    device.vanish().await;
    alice.say(&group, "while you were away").await;
    let mut back = crate::relay_support::Client::open(address, None)
        .await
        .unwrap();
    back.protocol = protocol.clone();
    let params = crate::relay_support::Client::resume_params(&bob.token, &protocol, &state);
    back.ok("signalwire.connect", params).await;
    let message = back.event("conversation.message").await;
    assert_eq!(message["text"], "while you were away");
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_told_in_the_order_that_is_kept() {
    let server = TestServer::start().await;
    let alice = Person::subscriber(&server, "alice").await;
    let bob = Person::subscriber(&server, "bob").await;
    let group = alice.join(&[&bob.address]).await;
    let (mut a, mut b) = (alice.device().await, bob.device().await);
    let count = 20;
    // All at once, from both sides.
    let sends = (0..count).map(|number| {
        let (person, group) = (if number % 2 == 0 { &alice } else { &bob }, &group);
        async move { person.say(group, &format!("{number}")).await }
    });
    futures_util::future::join_all(sends).await;
    let mut heard: Vec<Vec<Value>> = Vec::new();
    for client in [&mut a, &mut b] {
        let mut messages = Vec::new();
        for _ in 0..count {
            messages.push(client.event("conversation.message").await);
        }
        heard.push(messages);
    }
    assert_eq!(heard[0], heard[1]);
    let times: Vec<u64> = heard[0].iter().map(|m| m["ts"].as_u64().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a < b), "{times:?}");
    let mut kept = alice.history(&group).await;
    kept.reverse();
    assert_eq!(kept, heard[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn history_comes_in_pages_from_the_newest_and_is_not_disturbed_by_what_is_said_meanwhile() {
    let server = TestServer::start().await;
    let alice = Person::subscriber(&server, "alice").await;
    let bob = Person::subscriber(&server, "bob").await;
    let group = alice.join(&[&bob.address]).await;
    for number in 0..7 {
        alice.say(&group, &number.to_string()).await;
    }
    let texts = |page: &Value| -> Vec<String> {
        let items = page["data"].as_array().unwrap().iter();
        items.map(|message| text(message, "/text")).collect()
    };
    let path = format!("/api/fabric/conversations/{group}/messages?page_size=3");
    let (_, first) = bob.get(&path).await;
    assert_eq!(texts(&first), ["6", "5", "4"]);
    alice.say(&group, "new").await;
    let (_, second) = bob.get(&text(&first, "/links/next")).await;
    assert_eq!(texts(&second), ["3", "2", "1"]);
    let (_, third) = bob.get(&text(&second, "/links/next")).await;
    assert_eq!(texts(&third), ["0"]);
    assert!(third["links"].get("next").is_none());
    let (_, back) = bob.get(&text(&third, "/links/prev")).await;
    assert_eq!(texts(&back), texts(&second));
    let (_, oldest) = bob.get(&format!("{path}&sort_order=asc")).await;
    assert_eq!(texts(&oldest), ["0", "1", "2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_are_not_in_a_conversation_find_none() {
    let server = TestServer::start().await;
    let alice = Person::subscriber(&server, "alice").await;
    let bob = Person::subscriber(&server, "bob").await;
    let carol = Person::subscriber(&server, "carol").await;
    let group = alice.join(&[&bob.address]).await;
    alice.say(&group, "between us").await;
    let path = format!("/api/fabric/conversations/{group}/messages");
    for group in [group.as_str(), "nothing"] {
        let path = format!("/api/fabric/conversations/{group}/messages");
        assert_eq!(carol.get(&path).await.0, 404);
        assert_eq!(carol.try_say(group, "me too").await.0, 404);
    }
    let (_, list) = carol.get("/api/fabric/conversations").await;
    assert_eq!(list["data"], json!([]));
    // Nobody speaks for somebody else, or brings two others together.
    let body = json!({ "from_fabric_address_id": alice.address, "fabric_address_ids": [alice.address, bob.address] });
    let answer = carol.post("/api/fabric/conversations/join", body).await;
    assert_eq!(
        faults(&answer),
        fault("from_fabric_address_id", "invalid_parameter_value")
    );
    let body =
        json!({ "group_id": group, "from_fabric_address_id": bob.address, "text": "I am Bob" });
    let answer = alice.post("/api/fabric/messages", body).await;
    assert_eq!(
        faults(&answer),
        fault("from_fabric_address_id", "invalid_parameter_value")
    );
    assert_eq!(server.holder("nonsense", &path).await.0, 401);
    assert_eq!(bob.texts(&group).await, ["between us"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_shows_the_conversation_with_the_newest_message_first() {
    let server = TestServer::start().await;
    let alice = Person::subscriber(&server, "alice").await;
    let mut groups = Vec::new();
    for name in ["bob", "carol", "dave"] {
        let other = Person::subscriber(&server, name).await;
        groups.push((alice.join(&[&other.address]).await, other.address));
    }
    let said = alice.say(&groups[1].0, "hello").await;
    let (status, list) = alice.get("/api/fabric/conversations?page_size=2").await;
    assert_eq!(status, 200);
    let first = &list["data"][0];
    assert_eq!(first["id"], groups[1].0.as_str());
    assert_eq!(first["group_id"], first["id"]);
    assert_eq!(first["from_fabric_address_id"], alice.address.as_str());
    assert_eq!(first["last_message_at"], said["ts"]);
    let ids: HashSet<&str> = first["fabric_address_ids"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap())
        .collect();
    assert_eq!(ids, [alice.address.as_str(), &groups[1].1].into());
    let (_, rest) = alice.get(&text(&list, "/links/next")).await;
    let seen: HashSet<&str> = [&list, &rest]
        .into_iter()
        .flat_map(|page| page["data"].as_array().unwrap())
        .map(|item| item["group_id"].as_str().unwrap())
        .collect();
    assert_eq!(
        seen,
        groups.iter().map(|(group, _)| group.as_str()).collect()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_converses_with_those_its_token_reaches_only() {
    let server = TestServer::start().await;
    let bob = Person::subscriber(&server, "bob").await;
    let carol = Person::subscriber(&server, "carol").await;
    let guest = Person::guest(&server, &[&bob.address]).await;
    let group = guest.join(&[&bob.address]).await;
    let (mut g, mut b) = (guest.device().await, bob.device().await);
    guest.say(&group, "is anybody there?").await;
    let heard = b.event("conversation.message").await;
    assert_eq!(
        (&heard["from_fabric_address_id"], &heard["user_name"]),
        (&json!(""), &json!("Guest"))
    );
    assert_eq!(g.event("conversation.message").await, heard);
    bob.say(&group, "yes").await;
    assert_eq!(g.event("conversation.message").await["text"], "yes");
    assert_eq!(guest.texts(&group).await, ["yes", "is anybody there?"]);

    let answer = guest.try_join(&[&carol.address]).await;
    assert_eq!(
        faults(&answer),
        fault("fabric_address_ids", "invalid_parameter")
    );
    let subscribers = bob.join(&[&carol.address]).await;
    let path = format!("/api/fabric/conversations/{subscribers}/messages");
    assert_eq!(guest.get(&path).await.0, 404);
    // Another guest is somebody else.
    let other = Person::guest(&server, &[&bob.address]).await;
    let path = format!("/api/fabric/conversations/{group}/messages");
    assert_eq!(other.get(&path).await.0, 404);
    assert_ne!(other.join(&[&bob.address]).await, group);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_of_a_page_sends_no_messages() {
    let server = TestServer::start().await;
    let bob = Person::subscriber(&server, "bob").await;
    let (_, public) = server
        .button(json!({ "name": "Shop", "destination": "/private/bob" }))
        .await;
    let (status, answer) = server
        .anybody("/api/fabric/embeds/tokens", json!({ "token": public }))
        .await;
    assert!((200..300).contains(&status), "{answer}");
    let embedded = Person::with(&server, String::new(), text(&answer, "/token")).await;
    let (status, body) = embedded.try_join(&[&bob.address]).await;
    assert_eq!((status, &body["code"]), (403, &json!("not_for_visitors")));
    assert_eq!(embedded.try_say("any", "spam").await.0, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_reads_no_messages() {
    let server = TestServer::start().await;
    let alice = Person::subscriber(&server, "alice").await;
    let (_, room) = server.room("lobby").await;
    // Joining gives the history of calls.
    let group = alice.join(&[&room]).await;
    assert!(alice.history(&group).await.is_empty());
    let answer = alice.try_say(&group, "anybody?").await;
    assert_eq!(
        faults(&answer),
        fault("group_id", "invalid_parameter_value")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn several_people_share_one_conversation() {
    let server = TestServer::start().await;
    let alice = Person::subscriber(&server, "alice").await;
    let bob = Person::subscriber(&server, "bob").await;
    let carol = Person::subscriber(&server, "carol").await;
    let group = alice.join(&[&bob.address, &carol.address]).await;
    assert_eq!(carol.join(&[&alice.address, &bob.address]).await, group);
    assert_ne!(alice.join(&[&bob.address]).await, group);
    let mut device = bob.device().await;
    carol.say(&group, "hello, both").await;
    assert_eq!(
        device.event("conversation.message").await["text"],
        "hello, both"
    );
    assert_eq!(alice.texts(&group).await, ["hello, both"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_attributes_are_named() {
    let server = TestServer::start().await;
    let alice = Person::subscriber(&server, "alice").await;
    let bob = Person::subscriber(&server, "bob").await;
    let group = alice.join(&[&bob.address]).await;
    let join = "/api/fabric/conversations/join";
    for (ids, code) in [
        (json!([alice.address]), "invalid_parameter_value"),
        (json!([]), "invalid_parameter_value"),
        (json!(["nobody"]), "invalid_parameter"),
        (json!("text"), "invalid_parameter"),
        (
            json!(vec!["x"; limits::CONVERSATION_MEMBERS + 1]),
            "invalid_parameter_value",
        ),
        (Value::Null, "missing_required_parameter"),
    ] {
        let body = json!({ "from_fabric_address_id": alice.address, "fabric_address_ids": ids });
        let answer = alice.post(join, body).await;
        assert_eq!(faults(&answer), fault("fabric_address_ids", code), "{ids}");
    }
    let long = "é".repeat(limits::MESSAGE_CHARS);
    assert_eq!(alice.try_say(&group, &long).await.0, 200);
    for (text, code) in [
        (format!("{long}x"), "invalid_parameter_value"),
        (" \n".to_owned(), "missing_required_parameter"),
        ("a\0b".to_owned(), "invalid_parameter_value"),
    ] {
        assert_eq!(
            faults(&alice.try_say(&group, &text).await),
            fault("text", code)
        );
    }
    assert_eq!(alice.history(&group).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_limited_by_person() {
    let server = TestServer::start_with(|settings| settings.messages_per_minute = Some(4)).await;
    let alice = Person::subscriber(&server, "alice").await;
    let bob = Person::subscriber(&server, "bob").await;
    let group = alice.join(&[&bob.address]).await;
    for _ in 0..3 {
        alice.say(&group, "spam").await;
    }
    let (status, body) = alice.try_say(&group, "spam").await;
    assert_eq!((status, &body["code"]), (429, &json!("rate_limited")));
    bob.say(&group, "please stop").await;
    assert_eq!(alice.history(&group).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_stays_when_the_other_is_deleted() {
    let server = TestServer::start().await;
    let alice = Person::subscriber(&server, "alice").await;
    let bob = Person::subscriber(&server, "bob").await;
    let group = alice.join(&[&bob.address]).await;
    bob.say(&group, "goodbye").await;
    let path = format!("/api/fabric/resources/subscribers/{}", bob.id);
    assert_eq!(server.delete(&path).await.0, 204);
    assert_eq!(alice.texts(&group).await, ["goodbye"]);
    assert_eq!(bob.try_say(&group, "still here").await.0, 401);
}

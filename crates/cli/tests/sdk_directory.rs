//! The directory and messages of the SDK against a server.

mod support;

use std::pin::pin;

use futures_util::{StreamExt as _, TryStreamExt as _};
use offhook::{Address, CallStatus, Client, DialOptions, Error, ResourceType, TextMessage};
use support::place::{Place, in_time, until};

async fn address(client: &Client, name: &str) -> Address {
    let found = client.directory().find_by_uri(name).await.unwrap();
    found.unwrap_or_else(|| panic!("there is no {name}"))
}

/// Waits until a collection holds these texts, in this order.
async fn texts(address: &Address, wanted: &[&str]) {
    let messages = address.text_messages().await.unwrap();
    let mut values = messages.values();
    let all = values.wait_for(|values| {
        let texts: Vec<&str> = values.iter().map(|message| message.text.as_str()).collect();
        texts == wanted
    });
    assert!(in_time("the messages", all).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_are_found_by_page_by_id_and_by_name() {
    let place = Place::start().await;
    for number in 0..60 {
        place.room(&format!("room-{number:02}")).await;
    }
    let alice = place.client("alice").await;
    let user = alice.user().borrow().clone().unwrap();
    assert_eq!(user.addresses[0].name, "/private/alice");

    let directory = alice.directory();
    assert!(directory.addresses().borrow().is_empty() && *directory.has_more().borrow());
    let all: Vec<Address> = directory.all().try_collect().await.unwrap();
    assert!(!*directory.has_more().borrow() && !*directory.loading().borrow());
    let names: Vec<String> = all.iter().map(|address| address.now().name).collect();
    assert!(names.is_sorted(), "{names:?}");
    let rooms = names
        .iter()
        .filter(|name| name.starts_with("/public/room-"));
    assert_eq!(rooms.count(), 60);
    assert_eq!(directory.addresses().borrow().len(), all.len());

    let room = address(&alice, "/public/room-07").await;
    let record = room.now();
    assert_eq!(record.kind, ResourceType::Room);
    assert_eq!(
        record.default_channel(),
        Some("/public/room-07?channel=video")
    );
    // Another client knows nothing yet: it asks.
    let bob = place.client("bob").await;
    let directory = bob.directory();
    let same = directory.get(room.id()).await.unwrap().unwrap();
    assert_eq!(same.now(), record);
    let id = directory.find_address_id_by_uri("/public/room-08").await;
    assert!(id.unwrap().is_some());
    assert_eq!(directory.addresses().borrow().len(), 2);
    assert!(directory.get("nothing").await.unwrap().is_none());
    let nowhere = directory.find_address_id_by_uri("/public/nowhere").await;
    assert_eq!(nowhere.unwrap(), None);

    let mut activity = pin!(room.watch_activity());
    assert_eq!(activity.next().await.map(|calls| calls.len()), Some(0));
    let call = alice.dial("/public/room-07", DialOptions::default());
    let call = call.await.unwrap();
    assert_eq!(call.address().map(Address::id), Some(room.id()));
    let up = in_time("the call", activity.next()).await.unwrap();
    assert_eq!((up.len(), up[0].id()), (1, call.id()));
    let elsewhere = alice
        .dial("/public/room-08", DialOptions::default())
        .await
        .unwrap();
    until(&elsewhere, CallStatus::Connected).await;
    call.hangup().await.unwrap();
    let up = in_time("its end", activity.next()).await.unwrap();
    assert!(up.is_empty() && room.activity().is_empty());
    assert_eq!(alice.calls().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_reach_every_device_of_both_sides_and_are_kept() {
    let place = Place::start().await;
    let (alice, bob) = (place.client("alice").await, place.client("bob").await);
    let to_bob = address(&alice, "/private/bob").await;
    to_bob.send_text("Are you there?").await.unwrap();
    let to_alice = address(&bob, "/private/alice").await;
    texts(&to_alice, &["Are you there?"]).await;
    to_alice.send_text("Yes.").await.unwrap();
    texts(&to_bob, &["Are you there?", "Yes."]).await;
    texts(&to_alice, &["Are you there?", "Yes."]).await;

    let other_device = place.client("bob").await;
    let to_alice = address(&other_device, "/private/alice").await;
    texts(&to_alice, &["Are you there?", "Yes."]).await;
    to_bob.send_text("Good.").await.unwrap();
    texts(&to_alice, &["Are you there?", "Yes.", "Good."]).await;

    let messages = to_alice.text_messages().await.unwrap();
    let said = |wanted: &'static str| move |message: &TextMessage| message.text == wanted;
    let yes = messages.find(said("Yes.")).await.unwrap().unwrap();
    assert_eq!(messages.get(&yes.id).as_ref(), Some(&yes));
    let user = bob.user().borrow().clone().unwrap();
    assert_eq!(yes.from_address_id.as_deref(), Some(&*user.addresses[0].id));
    assert_eq!(messages.find(said("No.")).await.unwrap(), None);

    // Nobody writes to themselves.
    let own = address(&bob, "/private/bob").await;
    let refused = own.send_text("Hm.").await;
    assert!(
        matches!(refused, Err(Error::Refused { code: 422, .. })),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_messages_come_page_by_page() {
    let place = Place::start().await;
    let (alice, bob) = (place.client("alice").await, place.client("bob").await);
    let to_bob = address(&alice, "/private/bob").await;
    let wanted: Vec<String> = (0..120).map(|number| format!("message {number}")).collect();
    let to_alice = address(&bob, "/private/alice").await;
    // In turns: each may say only so much in a minute.
    for (number, text) in wanted.iter().enumerate() {
        let to = if number % 2 == 0 { &to_bob } else { &to_alice };
        to.send_text(text).await.unwrap();
    }
    let messages = to_alice.text_messages().await.unwrap();
    let told = || -> Vec<String> {
        let values = messages.values();
        values
            .borrow()
            .iter()
            .map(|message| message.text.clone())
            .collect()
    };
    assert_eq!(told(), wanted[20..]);
    assert!(*messages.has_more().borrow());
    messages.load_more().await.unwrap();
    assert_eq!(told(), wanted);
    assert!(!*messages.has_more().borrow());
}

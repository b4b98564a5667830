//! Calls in the conversations of those who talked, and their records (wire-protocol.md 8.4).

use std::time::{Duration, Instant};

use offhook_media::endpoint::AudioSource;
use offhook_media::tone::ToneBursts;
use offhook_proto::rest::CallOutcome;
use offhook_server::store::{CallFilter, ListedCall, PageRequest};
use serde_json::{Value, json};

use crate::people::Person;
use crate::relay_support::{self, Call, Client, PATIENCE};
use crate::support::TestServer;

/// The records of all calls, the newest first, when there are so many and no more.
pub(crate) async fn records(server: &TestServer, count: usize) -> Vec<Value> {
    let began = Instant::now();
    loop {
        let (status, page) = server.get("/api/offhook/call_records").await;
        assert_eq!(status, 200, "{page}");
        let records = page["data"].as_array().unwrap().clone();
        if records.len() == count {
            return records;
        }
        assert!(began.elapsed() < PATIENCE, "{count} records: {records:?}");
    }
}

/// The records in the store of a relay, when there are any.
async fn kept(server: &relay_support::TestServer) -> Vec<ListedCall> {
    let began = Instant::now();
    let (filter, page) = (CallFilter::default(), PageRequest::default());
    loop {
        let records = server
            .mint
            .store
            .call_records(&server.project, &filter, &page);
        let records = records.await.unwrap().items;
        if !records.is_empty() {
            return records;
        }
        assert!(began.elapsed() < PATIENCE, "a record");
        tokio::task::yield_now().await;
    }
}

/// Waits until the store has so many legs that go on.
async fn noted(server: &relay_support::TestServer, legs: u64) {
    let began = Instant::now();
    while server.mint.store.live_calls().await.unwrap() != legs {
        assert!(began.elapsed() < PATIENCE, "{legs} legs in the store");
        tokio::task::yield_now().await;
    }
}

/// A call between two whose media is up.
async fn connect(caller: &mut Client, callee: &mut Client, number: &str) -> (Call, Call) {
    let mut a = caller.dial(number).await;
    let invite = callee.ringing().await;
    let mut b = callee.accept(&invite).await;
    caller.answered(&a).await;
    a.connected().await;
    b.connected().await;
    (a, b)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_noted_in_the_conversation_of_the_two_and_recorded_with_its_quality() {
    let server = TestServer::start().await;
    let alice = Person::subscriber(&server, "alice").await;
    let bob = Person::subscriber(&server, "bob").await;
    let (mut a, mut b) = (alice.device().await, bob.online().await);
    let mut other_device = bob.device().await;
    let (call, answered) = connect(&mut a, &mut b, "/private/bob?channel=audio").await;
    let tone = AudioSource::Tone(ToneBursts::steady(700.0));
    call.endpoint.set_source(tone).await.unwrap();
    // Somebody has been heard.
    answered
        .level("the caller's tone", |level| level > -60.0)
        .await;
    b.hang_up(&answered).await;
    a.bye(&call.id).await;

    let mut entries = Vec::new();
    for client in [&mut a, &mut b, &mut other_device] {
        entries.push(client.event("conversation.message").await);
    }
    let entry = &entries[0];
    assert!(entries.iter().all(|other| other == entry));
    assert_eq!(
        (
            &entry["subtype"],
            &entry["kind"],
            &entry["details"]["status"]
        ),
        (&json!("log"), &json!("call"), &json!("answered"))
    );
    assert_eq!(entry["from_fabric_address_id"], alice.address.as_str());
    let time = |name: &str| entry["details"][name].as_u64().unwrap();
    assert!(time("start_time") < time("end_time"));
    assert!(time("duration_ms") > 0);
    // It is in the history that either side opens.
    let group = bob.join(&[&alice.address]).await;
    assert_eq!(bob.history(&group).await, *std::slice::from_ref(entry));

    let record = &records(&server, 1).await[0];
    assert_eq!(
        record["from"],
        json!({ "name": "alice", "number": "/private/alice", "address_id": alice.address, "subscriber_id": alice.id })
    );
    assert_eq!(
        record["to"],
        json!({ "name": "bob", "number": "/private/bob", "address_id": bob.address, "subscriber_id": bob.id })
    );
    assert_eq!(
        (&record["status"], &record["ended_by"]),
        (&json!("answered"), &json!("callee"))
    );
    assert_eq!(
        (&record["cause"], &record["cause_code"]),
        (&json!("NORMAL_CLEARING"), &json!(16))
    );
    assert!(record["started_at"].is_string() && record["answered_at"].is_string());
    assert_eq!(record["duration_ms"], entry["details"]["duration_ms"]);
    let legs = record["legs"].as_array().unwrap();
    let ids: Vec<&Value> = legs.iter().map(|leg| &leg["call_id"]).collect();
    assert_eq!(ids, [&json!(call.id), &json!(answered.id)]);
    for leg in legs {
        let quality = &leg["quality"];
        assert!(quality["packets_received"].as_u64().unwrap() > 10, "{leg}");
        assert!(quality["packets_sent"].as_u64().unwrap() > 10, "{leg}");
        assert!(quality["loss"].as_f64().unwrap() < 0.5, "{leg}");
        assert!(quality["jitter_ms"].is_number(), "{leg}");
        assert!(
            (1.0..=5.0).contains(&quality["mos"].as_f64().unwrap()),
            "{leg}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_nobody_took_tell_why() {
    let server = TestServer::start_with(|settings| settings.ring_seconds = Some(5)).await;
    let alice = Person::subscriber(&server, "alice").await;
    let bob = Person::subscriber(&server, "bob").await;
    let mut a = alice.device().await;
    // Nobody is there.
    a.dial_err("/private/bob").await;
    assert_eq!(
        a.event("conversation.message").await["details"]["status"],
        "unreachable"
    );
    let mut b = bob.online().await;
    // The caller gives up.
    let call = a.dial("/private/bob").await;
    b.ringing().await;
    a.hang_up(&call).await;
    assert_eq!(
        a.event("conversation.message").await["details"]["status"],
        "cancelled"
    );
    // The callee says no.
    let call = a.dial("/private/bob").await;
    let invite = b.envelope_where(
        |e| e["params"]["method"] == "verto.invite",
        "the second call",
    );
    let invite = invite.await["params"]["params"].clone();
    let params = json!({ "dialogParams": { "callID": invite["callID"] } });
    b.verto_ok("verto.bye", invite["callID"].as_str().unwrap(), params)
        .await;
    a.bye(&call.id).await;
    assert_eq!(
        a.event("conversation.message").await["details"]["status"],
        "rejected"
    );
    // It rings until it is over.
    let call = a.dial("/private/bob").await;
    a.bye(&call.id).await;
    assert_eq!(
        a.event("conversation.message").await["details"]["status"],
        "no_answer"
    );

    let group = bob.join(&[&alice.address]).await;
    let statuses: Vec<Value> = bob
        .history(&group)
        .await
        .iter()
        .map(|entry| entry["details"]["status"].clone())
        .collect();
    assert_eq!(
        statuses,
        ["no_answer", "rejected", "cancelled", "unreachable"]
    );
    for record in records(&server, 4).await {
        assert_eq!(
            (&record["answered_at"], &record["duration_ms"]),
            (&Value::Null, &json!(0))
        );
        assert_eq!(record["legs"], json!([]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn trying_the_absent_again_and_again_is_not_noted_each_time() {
    let server = TestServer::start().await;
    let alice = Person::subscriber(&server, "alice").await;
    Person::subscriber(&server, "bob").await;
    let mut a = alice.device().await;
    let most = offhook_proto::limits::UNREACHABLE_PER_MINUTE as usize;
    for _ in 0..most + 5 {
        a.dial_err("/private/bob").await;
    }
    for _ in 0..most {
        a.event("conversation.message").await;
    }
    records(&server, most).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_member_of_a_conference_has_a_record_and_a_history_of_their_own() {
    let server = TestServer::start().await;
    let alice = Person::subscriber(&server, "alice").await;
    let bob = Person::subscriber(&server, "bob").await;
    let (_, room) = server.room("lobby").await;
    let (mut a, mut b) = (alice.device().await, bob.device().await);
    let first = a.dial("/public/lobby").await;
    a.answered(&first).await;
    let second = b.dial("lobby?channel=video").await;
    b.answered(&second).await;
    a.hang_up(&first).await;
    let entry = a.event("conversation.message").await;
    assert_eq!(entry["details"]["status"], "answered");
    // The one who stays has not ended a call.
    b.nothing("conversation.message").await;
    b.hang_up(&second).await;
    b.event("conversation.message").await;
    a.nothing("conversation.message").await;

    let history = alice.history(&alice.join(&[&room]).await).await;
    assert_eq!(history, [entry]);
    let records = records(&server, 2).await;
    let callers: Vec<&Value> = records
        .iter()
        .map(|record| &record["from"]["name"])
        .collect();
    assert_eq!(callers, ["bob", "alice"]);
    for record in &records {
        assert_eq!(
            (&record["to"]["number"], &record["ended_by"]),
            (&json!("/public/lobby"), &json!("caller"))
        );
        assert!(record["to"].get("subscriber_id").is_none());
        assert_eq!(record["legs"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_s_call_is_recorded_and_in_nobody_s_conversation() {
    let server = TestServer::start().await;
    let bob = Person::subscriber(&server, "bob").await;
    let guest = Person::guest(&server, &[&bob.address]).await;
    let (mut g, mut b) = (guest.device().await, bob.online().await);
    let (call, _answered) = connect(&mut g, &mut b, "/private/bob").await;
    g.hang_up(&call).await;
    let record = &records(&server, 1).await[0];
    assert_eq!(
        (&record["from"]["number"], &record["legs"][0]["kind"]),
        (&json!("guest"), &json!("guest"))
    );
    assert_eq!(record["ended_by"], "caller");
    b.nothing("conversation.message").await;
    let (_, list) = bob.get("/api/fabric/conversations").await;
    assert_eq!(list["data"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_is_two_calls() {
    let server = TestServer::start().await;
    let alice = Person::subscriber(&server, "alice").await;
    let bob = Person::subscriber(&server, "bob").await;
    let carol = Person::subscriber(&server, "carol").await;
    let (mut a, mut b, mut c) = (
        alice.device().await,
        bob.online().await,
        carol.online().await,
    );
    let (to_bob, bobs) = connect(&mut a, &mut b, "/private/bob").await;
    let params = json!({ "destination": "/private/carol", "dialogParams": { "callID": to_bob.id }, "action": "transfer" });
    a.verto_ok("verto.modify", &to_bob.id, params).await;
    let invite = c.ringing().await;
    let carols = c.accept(&invite).await;
    a.bye(&to_bob.id).await;
    // Only then is the call answered.
    c.event("call.joined").await;
    b.hang_up(&bobs).await;
    c.bye(&carols.id).await;

    let records = records(&server, 2).await;
    let pairs: Vec<[&str; 2]> = records
        .iter()
        .map(|record| ["from", "to"].map(|end| record[end]["name"].as_str().unwrap()))
        .collect();
    assert_eq!(pairs, [["bob", "carol"], ["alice", "bob"]]);
    assert!(records.iter().all(|record| record["status"] == "answered"));
    assert!(
        records
            .iter()
            .all(|record| record["legs"].as_array().unwrap().len() == 2)
    );
    assert_eq!(records[1]["legs"][0]["reason"], "transferred");
}

#[tokio::test]
async fn a_call_that_went_on_over_a_restart_is_one_record() {
    let server = relay_support::TestServer::start().await;
    let mut bob = server.online("bob").await;
    let mut alice = server.connected("alice").await;
    let a = alice.dial("/private/bob").await;
    let invite = bob.ringing().await;
    let b = bob.accept(&invite).await;
    alice.answered(&a).await;
    bob.event("call.joined").await;
    let session = alice.event("call.joined").await["room_session_id"].clone();
    noted(&server, 2).await;

    let server = server.restart().await;
    let mut alice = alice.resumed(server.address).await;
    let mut bob = bob.resumed(server.address).await;
    for (client, before) in [(&mut alice, &a), (&mut bob, &b)] {
        let again = Call::new(&before.id).await;
        let params = json!({ "dialogParams": { "callID": before.id, "destination_number": "/private/bob",
            "attach": true, "reattaching": true }, "sdp": again.offer().await });
        client.verto_ok("verto.invite", &before.id, params).await;
        client.event("call.joined").await;
    }
    alice.hang_up(&a).await;
    bob.bye(&b.id).await;
    let entry = alice.event("conversation.message").await;
    assert_eq!(entry["details"]["status"], "answered");
    let records = kept(&server).await;
    assert_eq!(records.len(), 1);
    let record = &records[0].record;
    assert_eq!(json!(record.room_session_id), session);
    assert_eq!(record.legs.len(), 2);
    assert!(record.answered_at.is_some() && record.duration_ms > 0);
}

#[tokio::test]
async fn a_call_that_nobody_took_up_after_a_restart_is_recorded_as_ended_by_it() {
    let server = relay_support::TestServer::with(|config| {
        config.timing.resume = Duration::from_millis(500);
    })
    .await;
    let mut bob = server.online("bob").await;
    let mut alice = server.connected("alice").await;
    let a = alice.dial("/private/bob").await;
    let invite = bob.ringing().await;
    let b = bob.accept(&invite).await;
    noted(&server, 2).await;
    let server = server.restart().await;
    let records = kept(&server).await;
    assert_eq!(records.len(), 1);
    let record = &records[0].record;
    assert_eq!(
        (record.status, record.ended_by),
        (CallOutcome::Answered, None)
    );
    assert_eq!(record.cause, "NORMAL_TEMPORARY_FAILURE");
    let legs: Vec<&str> = record.legs.iter().map(|leg| leg.call_id.as_str()).collect();
    assert_eq!(legs, [a.id.as_str(), b.id.as_str()]);
    noted(&server, 0).await;
}

#[tokio::test]
async fn media_that_goes_before_the_call_has_its_quality_recorded_too() {
    let server = relay_support::TestServer::with(|config| {
        config.timing.silent_hangup = Duration::from_millis(200);
    })
    .await;
    let (mut bob, mut alice) = (server.online("bob").await, server.connected("alice").await);
    let (a, b) = connect(&mut alice, &mut bob, "/private/bob").await;
    let tone = AudioSource::Tone(ToneBursts::steady(700.0));
    a.endpoint.set_source(tone).await.unwrap();
    b.level("the caller's tone", |level| level > -60.0).await;
    // As a page does that is closed.
    a.endpoint.close().await.unwrap();
    bob.bye(&b.id).await;
    let records = kept(&server).await;
    for leg in &records[0].record.legs {
        let quality = leg.quality.expect("what was measured");
        assert!(
            quality.packets_received > 10 && quality.mos.is_some(),
            "{leg:?}"
        );
    }
    assert_eq!(records[0].record.legs.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_ended_just_before_the_server_is_recorded() {
    let server = TestServer::start().await;
    let alice = Person::subscriber(&server, "alice").await;
    let bob = Person::subscriber(&server, "bob").await;
    let (mut a, mut b) = (alice.device().await, bob.online().await);
    let (call, answered) = connect(&mut a, &mut b, "/private/bob?channel=audio").await;
    b.hang_up(&answered).await;
    a.bye(&call.id).await;
    drop((a, b, call, answered));
    let server = crate::records::restart(server, None).await;
    let record = &records(&server, 1).await[0];
    assert_eq!(record["status"], "answered");
}

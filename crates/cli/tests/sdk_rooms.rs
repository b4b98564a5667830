//! Members of a room as two native clients see them: what one does, the other is told.

mod support;

use std::pin::pin;

use futures_util::StreamExt as _;
use offhook::{
    Call, CallStatus, Client, DialOptions, Error, Member, Participant, Value, VideoPosition, json,
};
use support::place::{Place, in_time, turned, until};

/// A moderator and a subscriber in one room.
struct Meeting {
    place: Place,
    chair: Client,
    bob: Client,
    /// The call of the moderator, and of the other.
    c: Call,
    b: Call,
}

impl Meeting {
    async fn start() -> Self {
        let place = Place::start().await;
        place.room("lobby").await;
        let chair = place.moderator("chair").await;
        let bob = place.client("bob").await;
        let c = enter(&chair).await;
        let b = enter(&bob).await;
        for call in [&c, &b] {
            everybody(call, 2).await;
        }
        Self {
            place,
            chair,
            bob,
            c,
            b,
        }
    }

    /// Bob, as the moderator sees him.
    fn bob_seen(&self) -> Participant {
        let id = self.b.self_id().borrow().clone();
        self.c.participant(&id.unwrap()).unwrap()
    }
}

async fn enter(client: &Client) -> Call {
    let call = client.dial("/public/lobby", DialOptions::default());
    let call = call.await.unwrap();
    until(&call, CallStatus::Connected).await;
    call
}

async fn everybody(call: &Call, count: usize) {
    let mut participants = call.participants();
    let all = participants.wait_for(|all| all.len() == count);
    assert!(in_time("everybody", all).await.is_ok());
    let mut own = call.self_participant();
    let found = own.wait_for(Option::is_some);
    assert!(in_time("oneself", found).await.is_ok());
}

/// Waits until a member is as wanted.
async fn seen(participant: &Participant, wanted: impl FnMut(&Member) -> bool) {
    let mut state = participant.state();
    assert!(in_time("a change", state.wait_for(wanted)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_to_a_member_is_seen_by_that_member() {
    let meeting = Meeting::start().await;
    let own = meeting.b.self_participant().borrow().clone().unwrap();
    let bob = meeting.bob_seen();
    assert!(own.is_self() && !bob.is_self());
    assert_eq!(own.id(), bob.id());
    assert_eq!(bob.now().kind.as_deref(), Some("member"));

    bob.mute().await.unwrap();
    seen(&own, |bob| bob.audio_muted).await;
    own.unmute().await.unwrap();
    seen(&bob, |bob| !bob.audio_muted).await;
    bob.mute_video().await.unwrap();
    seen(&own, |bob| bob.video_muted).await;
    bob.unmute_video().await.unwrap();
    seen(&own, |bob| !bob.video_muted).await;

    bob.set_audio_input_volume(45.0).await.unwrap();
    seen(&own, |bob| bob.input_volume == Some(45.0)).await;
    bob.set_audio_output_volume(-20.0).await.unwrap();
    seen(&own, |bob| bob.output_volume == Some(-20.0)).await;
    bob.set_audio_input_sensitivity(50.0).await.unwrap();
    seen(&own, |bob| bob.input_sensitivity == Some(50.0)).await;

    own.set_position(VideoPosition::OffCanvas).await.unwrap();
    let layers = meeting.c.layout_layers();
    let shown = |id: &str| {
        let layers = layers.borrow();
        layers
            .iter()
            .any(|layer| layer.member_id.as_deref() == Some(id) && layer.visible)
    };
    let gone = async {
        let mut changed = meeting.c.layout_layers();
        while shown(own.id()) {
            changed.changed().await.unwrap();
        }
    };
    in_time("the picture without bob", gone).await;

    let note = || json::object([("desk", json::text("seven"))]);
    bob.set_meta(note()).await.unwrap();
    seen(&own, |bob| json::str_of(&bob.meta, "desk") == Some("seven")).await;
    bob.update_meta(json::object([("floor", json::number(3))]))
        .await
        .unwrap();
    seen(&own, |bob| {
        json::int_of(&bob.meta, "floor") == Some(3) && json::str_of(&bob.meta, "desk").is_some()
    })
    .await;

    bob.remove().await.unwrap();
    until(&meeting.b, CallStatus::Destroyed).await;
    everybody(&meeting.c, 1).await;
    // Whoever has left is no longer told of.
    let mut state = bob.state();
    let end = state.wait_for(|bob| bob.name.is_none());
    assert!(in_time("the end", end).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_toggles_in_a_row_undo_each_other() {
    let meeting = Meeting::start().await;
    let own = meeting.b.self_participant().borrow().clone().unwrap();
    let bob = meeting.bob_seen();
    let begin = own.now();
    let mut deaf = pin!(bob.watch(|bob| bob.deaf));
    assert_eq!(deaf.next().await, Some(false));

    for on in [true, false] {
        own.toggle_mute().await.unwrap();
        seen(&bob, |bob| bob.audio_muted == on).await;
        own.toggle_mute_video().await.unwrap();
        seen(&bob, |bob| bob.video_muted == on).await;
        own.toggle_deaf().await.unwrap();
        assert_eq!(in_time("deaf", deaf.next()).await, Some(on));
        own.toggle_handraise().await.unwrap();
        seen(&bob, |bob| bob.handraised == on).await;
        own.toggle_lowbitrate().await.unwrap();
        seen(&bob, |bob| bob.lowbitrate == on).await;
        own.toggle_echo_cancellation().await.unwrap();
        let changed = begin.echo_cancellation != on;
        seen(&bob, |bob| bob.echo_cancellation == changed).await;
        own.toggle_audio_input_auto_gain().await.unwrap();
        let changed = begin.auto_gain != on;
        seen(&bob, |bob| bob.auto_gain == changed).await;
        own.toggle_noise_suppression().await.unwrap();
        let changed = begin.noise_suppression != on;
        seen(&bob, |bob| bob.noise_suppression == changed).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_is_locked_laid_out_and_noted_for_all() {
    let meeting = Meeting::start().await;
    let mut locked = meeting.b.locked();
    meeting.c.toggle_lock().await.unwrap();
    turned(&mut locked, true).await;
    turned(&mut meeting.c.locked(), true).await;
    let late = meeting.place.client("late").await;
    let refused = late.dial("/public/lobby", DialOptions::default()).await;
    assert!(matches!(refused.err(), Some(Error::CallSetup(_))));
    meeting.c.toggle_lock().await.unwrap();
    turned(&mut locked, false).await;

    let mut layouts = meeting.c.layouts();
    let known = layouts.wait_for(|layouts| layouts.iter().any(|name| name == "2x2"));
    assert!(in_time("the layouts", known).await.is_ok());
    let bob = meeting.bob_seen();
    let place = [(bob.id(), VideoPosition::Standard(2))];
    meeting.c.set_layout("2x2", &place).await.unwrap();
    turned(&mut meeting.b.layout(), Some("2x2".to_owned())).await;
    seen(&bob, |bob| {
        bob.position
            .as_ref()
            .is_some_and(|layer| layer.position == VideoPosition::Standard(2))
    })
    .await;
    let unknown = meeting.c.set_layout("99x99", &[]).await;
    assert!(matches!(unknown, Err(Error::Invalid(_))), "{unknown:?}");

    let note = json::object([("topic", json::text("prices"))]);
    meeting.c.set_meta(note).await.unwrap();
    let mut meta = meeting.b.meta();
    let noted = meta.wait_for(|meta| json::str_of(meta, "topic") == Some("prices"));
    assert!(in_time("the note", noted).await.is_ok());
    let note = json::object([("round", json::number(2))]);
    meeting.c.update_meta(note).await.unwrap();
    let noted = meta.wait_for(|meta| json::int_of(meta, "round") == Some(2));
    assert!(in_time("the note", noted).await.is_ok());
    assert_eq!(json::str_of(&meta.borrow(), "topic"), Some("prices"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_refuses_what_the_capabilities_do_not_name() {
    let meeting = Meeting::start().await;
    let allowed = |call: &Call| {
        *call
            .self_participant()
            .borrow()
            .as_ref()
            .unwrap()
            .capabilities()
            .borrow()
    };
    let (chair, bob) = (allowed(&meeting.c), allowed(&meeting.b));
    assert!(chair.member.remove && chair.lock.on && chair.own.mute_audio.on && chair.end);
    assert!(bob.own.mute_audio.on && bob.send_digit && !bob.member.remove && !bob.lock.on);
    assert!(!meeting.b.capabilities().borrow().is_empty());

    let chair = meeting.c.self_id().borrow().clone().unwrap();
    let chair = meeting.b.participant(&chair).unwrap();
    let refusals = [
        chair.mute().await,
        chair.remove().await,
        meeting.b.lock().await,
        chair.set_audio_input_volume(101.0).await,
        chair.set_audio_input_volume(f64::NAN).await,
    ];
    for refused in refusals {
        assert!(matches!(refused, Err(Error::Refused { .. })), "{refused:?}");
    }
    let unknown = meeting.c.execute_method(None, "call.dance", json::empty());
    let unknown = unknown.await.err();
    assert!(
        matches!(unknown, Some(Error::Refused { code: -32601, .. })),
        "{unknown:?}"
    );
    let listed = meeting
        .c
        .execute_method(None, "call.layout.list", json::empty());
    assert!(!json::array_of(&listed.await.unwrap(), "layouts").is_empty());
    let muted = json::object([("channels", json::texts(&["audio"]))]);
    let id = meeting.bob_seen().id().to_owned();
    meeting
        .c
        .execute_method(Some(&id), "call.mute", muted)
        .await
        .unwrap();
    seen(&meeting.bob_seen(), |bob| bob.audio_muted).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_reach_those_who_ask_for_them_until_the_call_is_over() {
    let meeting = Meeting::start().await;
    let mut joined = pin!(meeting.c.subscribe("member.joined"));
    let mut all = meeting.c.signaling_events();
    let mut calls = pin!(meeting.bob.watch_calls());
    let ids = |calls: Vec<Call>| {
        calls
            .iter()
            .map(|call| call.id().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        calls.next().await.map(ids),
        Some(vec![meeting.b.id().to_owned()])
    );

    let late = meeting.place.client("late").await;
    // The subscription is on its way when it is first polled.
    let (envelope, l) = tokio::join!(in_time("member.joined", joined.next()), enter(&late));
    let envelope = envelope.unwrap();
    let member = json::at(&envelope, &["params", "member", "member_id"]);
    assert_eq!(
        member.and_then(json::as_str),
        l.self_id().borrow().as_deref()
    );
    let event = in_time("an event", all.recv()).await.unwrap();
    assert!(json::str_of(&event, "event_type").is_some());

    let variables = json::object([("ticket", json::text("42"))]);
    meeting.b.set_user_variables(variables).await.unwrap();
    let mut set = meeting.b.user_variables();
    let found = set.wait_for(|set: &Value| json::str_of(set, "ticket") == Some("42"));
    assert!(in_time("the variables", found).await.is_ok());

    meeting.chair.disconnect().await.unwrap();
    assert!(in_time("the end", joined.next()).await.is_none());
    assert!(!*meeting.chair.connected().borrow());
    meeting.b.hangup().await.unwrap();
    assert_eq!(
        in_time("no calls", calls.next()).await.map(ids),
        Some(vec![])
    );
    meeting.chair.connect().await.unwrap();
    let again = enter(&meeting.chair).await;
    everybody(&again, 2).await;
}

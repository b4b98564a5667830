//! The SDK for Rust programs against a server.

mod support;

use std::sync::Mutex;
use std::time::Duration;

use offhook::{
    AudioOptions, AudioSource, AuthenticateContext, CallEvent, CallStatus, Client, ClientKey,
    Credential, CredentialProvider, DialOptions, Direction, Error, ProviderError, ProviderFuture,
    StaticCredentialProvider, ToneBursts,
};
use offhook_server::clock::now_s;
use offhook_server::serve::Server;
use support::dial::{HEARD_DBFS, UNHEARD_DBFS, level, samples};
use support::place::{Place, in_time, packets, tone, turned, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_tells_everything_from_its_beginning_to_its_end() {
    let place = Place::start().await;
    let client = place.client("alice").await;
    assert!(*client.ready().borrow());
    let heard = place.recording("heard.wav");
    let options = DialOptions::with_audio(tone(900.0, &heard));
    let call = client.dial("/public/network-test", options).await.unwrap();
    assert_eq!(
        (call.direction(), call.to()),
        (Direction::Outbound, Some("/public/network-test"))
    );
    until(&call, CallStatus::Connected).await;
    let mut events = call.events();
    packets(&call, 60).await;
    let everybody = call.participants().borrow().clone();
    assert_eq!(everybody.len(), 1);
    assert_eq!(call.self_id().borrow().as_deref(), Some(everybody[0].id()));
    call.hangup().await.unwrap();
    until(&call, CallStatus::Destroyed).await;
    assert_eq!(
        call.ended().and_then(|ended| ended.cause).as_deref(),
        Some("NORMAL_CLEARING")
    );

    let mut told = Vec::new();
    while let Ok(event) = events.try_recv() {
        if let CallEvent::Status(status) = event {
            told.push(status);
        }
    }
    use CallStatus::*;
    let all = [New, Trying, Connecting, Connected, Disconnecting, Destroyed];
    assert_eq!(told, all);

    // Ended calls keep their figures, and hanging up again is fine.
    assert!(call.stats().await.unwrap().packets_received >= 60);
    call.hangup().await.unwrap();
    client.destroy().await;
    assert!(samples(&heard).len() > 48_000);
    assert!(level(&heard, 900.0) > HEARD_DBFS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_rings_before_anybody_listens_is_not_missed() {
    let place = Place::start().await;
    let bob = place.client("bob").await;
    bob.register().await.unwrap();
    turned(&mut bob.registered(), true).await;
    let alice = place.client("alice").await;
    let (at_alice, at_bob) = (place.recording("alice.wav"), place.recording("bob.wav"));
    let options = DialOptions::with_audio(tone(700.0, &at_alice));
    let out = alice.dial("/private/bob", options).await.unwrap();
    until(&out, CallStatus::Ringing).await;

    let mut incoming = bob.incoming();
    let call = in_time("a call", incoming.next()).await.unwrap();
    assert_eq!(
        (call.direction(), *call.status().borrow()),
        (Direction::Inbound, CallStatus::Ringing)
    );
    call.answer(tone(1500.0, &at_bob)).await.unwrap();
    until(&out, CallStatus::Connected).await;
    until(&call, CallStatus::Connected).await;
    packets(&out, 60).await;
    packets(&call, 60).await;
    call.hangup().await.unwrap();
    until(&out, CallStatus::Destroyed).await;
    assert_eq!(
        out.ended().and_then(|ended| ended.by).as_deref(),
        Some("remote")
    );
    alice.destroy().await;
    bob.destroy().await;
    assert!(level(&at_alice, 1500.0) > HEARD_DBFS && level(&at_alice, 700.0) < UNHEARD_DBFS);
    assert!(level(&at_bob, 700.0) > HEARD_DBFS && level(&at_bob, 1500.0) < UNHEARD_DBFS);
    // The session is over, and so is the wait for calls.
    assert!(in_time("the end", incoming.next()).await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rejected_and_cancelled_calls_end_on_both_sides() {
    let place = Place::start().await;
    let bob = place.client("bob").await;
    bob.register().await.unwrap();
    let mut incoming = bob.incoming();
    let alice = place.client("alice").await;
    let dial = || alice.dial("/private/bob", DialOptions::default());

    let out = dial().await.unwrap();
    let call = in_time("a call", incoming.next()).await.unwrap();
    call.reject().await.unwrap();
    until(&out, CallStatus::Destroyed).await;
    assert_eq!(
        out.ended().and_then(|ended| ended.cause).as_deref(),
        Some("USER_BUSY")
    );

    let out = dial().await.unwrap();
    let call = in_time("a call", incoming.next()).await.unwrap();
    out.hangup().await.unwrap();
    until(&call, CallStatus::Destroyed).await;
    assert!(call.answer(AudioOptions::default()).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_others_hear_nothing_of_who_is_muted_and_see_it() {
    let place = Place::start().await;
    let (alice, bob) = (place.client("alice").await, place.client("bob").await);
    bob.register().await.unwrap();
    let mut incoming = bob.incoming();
    let at_bob = place.recording("bob.wav");
    let steady = AudioOptions {
        source: AudioSource::Tone(ToneBursts::steady(1000.0)),
        ..AudioOptions::default()
    };
    let out = alice
        .dial("/private/bob", DialOptions::with_audio(steady))
        .await
        .unwrap();
    let call = in_time("a call", incoming.next()).await.unwrap();
    let options = AudioOptions {
        record: Some(at_bob.clone()),
        ..AudioOptions::default()
    };
    call.answer(options).await.unwrap();
    until(&out, CallStatus::Connected).await;
    packets(&call, 75).await;
    let mut events = call.events();
    out.set_muted(true).await.unwrap();
    let muted = async {
        loop {
            match events.recv().await.unwrap() {
                CallEvent::Participant(member) if member.audio_muted => return member.id,
                _ => {}
            }
        }
    };
    let muted = in_time("the mute", muted).await;
    assert_eq!(out.self_id().borrow().as_ref(), Some(&muted));
    // What was under way is through after a second; then a second of quiet is recorded.
    let so_far = call.stats().await.unwrap().packets_received;
    packets(&call, so_far + 100).await;
    alice.destroy().await;
    until(&call, CallStatus::Destroyed).await;
    bob.destroy().await;

    assert!(level(&at_bob, 1000.0) > HEARD_DBFS);
    let heard = samples(&at_bob);
    let end = heard.len() - 48_000 / 10;
    let last = &heard[end - 48_000 / 2..end];
    let loudest = last.iter().fold(0.0, |peak: f32, now| peak.max(now.abs()));
    assert!(loudest < 0.003, "{loudest}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_say_what_went_wrong() {
    let place = Place::start().await;
    let alice = place.client("alice").await;
    let dial = async |to: &str| alice.dial(to, DialOptions::default()).await.err();
    let nowhere = dial("/public/nowhere").await;
    assert!(
        matches!(&nowhere, Some(Error::CallSetup(why)) if why.contains("INVALID_DESTINATION")),
        "{nowhere:?}"
    );
    place.token("bob", 60).await;
    let nobody = dial("/private/bob").await;
    assert!(
        matches!(&nobody, Some(Error::CallSetup(why)) if why.contains("USER_NOT_REGISTERED")),
        "{nobody:?}"
    );
    let echo = DialOptions::default();
    let call = alice.dial("/public/network-test", echo).await.unwrap();
    let digits = call.send_digits("1x").await;
    assert!(matches!(digits, Err(Error::Invalid(_))), "{digits:?}");

    alice.destroy().await;
    let late = dial("/public/network-test").await;
    assert!(matches!(late, Some(Error::Closed)), "{late:?}");
    assert!(matches!(call.send_digits("1").await, Err(Error::Closed)));

    for token in ["nonsense", &place.token("alice", 0).await] {
        let started = Client::builder(StaticCredentialProvider::new(token));
        let refused = started.start().await.err();
        assert!(
            matches!(refused, Some(Error::Credentials(_))),
            "{refused:?}"
        );
    }
}

/// Gives out tokens in order.
struct Tokens(Mutex<Vec<Credential>>);

impl Tokens {
    fn next(&self) -> ProviderFuture<'_> {
        let next = self.0.lock().unwrap().pop();
        Box::pin(async { next.ok_or_else(|| ProviderError::Other("no more tokens".into())) })
    }
}

impl CredentialProvider for Tokens {
    fn authenticate(&self, _: AuthenticateContext) -> ProviderFuture<'_> {
        self.next()
    }

    fn refreshes(&self) -> bool {
        true
    }

    fn refresh(&self) -> ProviderFuture<'_> {
        self.next()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_outlives_its_first_token() {
    let place = Place::start().await;
    let mut tokens = Vec::new();
    for life_s in [600, 6] {
        tokens.push(Credential {
            token: Some(place.token("alice", life_s).await),
            expiry_at: Some((now_s() + life_s) * 1_000),
            ..Credential::default()
        });
    }
    let (second, first) = (tokens[0].expiry_at, tokens[1].expiry_at);
    let client = Client::builder(Tokens(Mutex::new(tokens)));
    let client = client.start().await.unwrap();
    let call = client.dial("/public/network-test", DialOptions::default());
    let call = call.await.unwrap();
    let mut credential = client.credential();
    let renewed =
        credential.wait_for(|now| now.as_ref().is_some_and(|now| now.expires_at_ms == second));
    in_time("the second token", renewed).await.unwrap();
    // The first one has to be over for this to mean anything.
    while now_s() * 1_000 <= first.unwrap() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let so_far = call.stats().await.unwrap().packets_received;
    packets(&call, so_far + 50).await;
    assert!(*client.ready().borrow());
    let other = client.dial("/public/network-test", DialOptions::default());
    until(&other.await.unwrap(), CallStatus::Connected).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restart_of_the_server_clients_come_back_online_by_themselves() {
    let place = Place::start().await;
    let (alice, bob) = (place.client("alice").await, place.client("bob").await);
    bob.register().await.unwrap();
    let (mut ready, mut online) = (alice.ready(), bob.ready());
    let Place { server, config, .. } = place;
    server.shutdown().await;
    turned(&mut ready, false).await;
    turned(&mut online, false).await;
    let _server = Server::start(config).await.unwrap();
    turned(&mut ready, true).await;
    turned(&mut online, true).await;
    turned(&mut bob.registered(), true).await;

    let mut incoming = bob.incoming();
    let out = alice.dial("/private/bob", DialOptions::default());
    let out = in_time("the dial", out).await.unwrap();
    let call = in_time("a call", incoming.next()).await.unwrap();
    call.answer(AudioOptions::default()).await.unwrap();
    until(&out, CallStatus::Connected).await;
    packets(&call, 25).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_goes_on_over_a_restart_of_the_server() {
    let place = Place::start().await;
    let (alice, bob) = (place.client("alice").await, place.client("bob").await);
    bob.register().await.unwrap();
    let mut incoming = bob.incoming();
    let out = alice.dial("/private/bob", DialOptions::default());
    let out = in_time("the dial", out).await.unwrap();
    let call = in_time("a call", incoming.next()).await.unwrap();
    call.answer(AudioOptions::default()).await.unwrap();
    for side in [&out, &call] {
        until(side, CallStatus::Connected).await;
        packets(side, 25).await;
    }
    let Place { server, config, .. } = place;
    server.shutdown().await;
    for side in [&out, &call] {
        until(side, CallStatus::Recovering).await;
    }
    let _server = Server::start(config).await.unwrap();
    for side in [&out, &call] {
        until(side, CallStatus::Connected).await;
        let so_far = side.stats().await.unwrap().packets_received;
        packets(side, so_far + 50).await;
    }
    out.hangup().await.unwrap();
    until(&call, CallStatus::Destroyed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_session_ends_when_the_last_handle_is_dropped() {
    let place = Place::start().await;
    let (alice, bob) = (place.client("alice").await, place.client("bob").await);
    bob.register().await.unwrap();
    let mut incoming = bob.incoming();
    let out = alice.dial("/private/bob", DialOptions::default());
    let out = out.await.unwrap();
    let call = in_time("a call", incoming.next()).await.unwrap();
    call.answer(AudioOptions::default()).await.unwrap();
    until(&out, CallStatus::Connected).await;
    drop((bob, incoming));
    // A call is a handle too.
    packets(&out, 25).await;
    assert_eq!(*out.status().borrow(), CallStatus::Connected);
    drop(call);
    until(&out, CallStatus::Destroyed).await;
    assert_eq!(
        out.ended().and_then(|ended| ended.by).as_deref(),
        Some("remote")
    );
}

/// A token that the client is to bind to its key, in a world where nobody else could renew it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_binds_its_token_and_a_revocation_ends_it_at_once() {
    let place = Place::start().await;
    let token = place.scoped_token("alice", &["sat:refresh"]).await;
    let key = ClientKey::generate().unwrap();
    let client = Client::builder(StaticCredentialProvider::new(token)).key(key);
    let client = client.start().await.unwrap();
    let mut credential = client.credential();
    let bound = credential.wait_for(|now| now.as_ref().is_some_and(|now| now.bound));
    let status = in_time("the bound token", bound)
        .await
        .unwrap()
        .clone()
        .unwrap();
    assert_eq!(status.renewal.as_deref(), Some("client-bound"));
    // A minute is what the unbound one had.
    assert!(status.expires_at_ms.unwrap() > (now_s() + 600) * 1_000);

    let call = client.dial("/public/network-test", DialOptions::default());
    let _call = call.await.unwrap();
    let mut ready = client.ready();
    let mut errors = client.errors();
    place.revoke_all().await;
    let gone = ready.wait_for(|ready| !ready);
    in_time("the end of the session", gone).await.unwrap();
    let refused = in_time("the reason", errors.recv()).await.unwrap();
    assert!(matches!(refused, Error::Credentials(_)), "{refused}");
}

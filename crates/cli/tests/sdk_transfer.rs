//! Holding calls, handing them over, and changing what is said in them, with native clients.

mod support;

use std::time::Duration;

use offhook::{
    AudioOptions, AudioSource, Call, CallStatus, Client, DialOptions, Error, ToneBursts,
};
use offhook_media::audio::SAMPLE_RATE;
use offhook_media::tone::loudest_tone_dbfs;
use support::dial::{HEARD_DBFS, UNHEARD_DBFS, level, samples};
use support::place::{Place, in_time, packets, turned, until};

const HZ: f32 = 1_000.0;

/// Two in a call; what the second hears is recorded.
struct Pair {
    place: Place,
    alice: Client,
    bob: Client,
    a: Call,
    b: Call,
}

impl Pair {
    async fn start(said: AudioSource) -> Self {
        let place = Place::start().await;
        let (alice, bob) = (place.client("alice").await, place.client("bob").await);
        bob.register().await.unwrap();
        let mut incoming = bob.incoming();
        let audio = AudioOptions {
            source: said,
            ..AudioOptions::default()
        };
        let dialled = alice.dial("/private/bob", DialOptions::with_audio(audio));
        let a = dialled.await.unwrap();
        let b = in_time("a call", incoming.next()).await.unwrap();
        let audio = AudioOptions {
            record: Some(place.recording("bob.wav")),
            ..AudioOptions::default()
        };
        b.answer(audio).await.unwrap();
        until(&a, CallStatus::Connected).await;
        until(&b, CallStatus::Connected).await;
        Self {
            place,
            alice,
            bob,
            a,
            b,
        }
    }

    /// So long a time in the call.
    async fn pass(&self, packets_more: u64) {
        let so_far = self.b.stats().await.unwrap().packets_received;
        packets(&self.b, so_far + packets_more).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_held_does_not_hear_the_other_until_the_hold_ends() {
    let pair = Pair::start(AudioSource::Tone(ToneBursts::steady(HZ))).await;
    pair.pass(75).await;
    pair.a.toggle_hold().await.unwrap();
    turned(&mut pair.a.held(), true).await;
    pair.pass(100).await;
    pair.a.toggle_hold().await.unwrap();
    turned(&mut pair.a.held(), false).await;
    pair.pass(75).await;
    pair.a.hangup().await.unwrap();
    until(&pair.b, CallStatus::Destroyed).await;
    pair.bob.destroy().await;

    let heard = samples(&pair.place.recording("bob.wav"));
    let window = Duration::from_millis(100);
    let pieces = heard.chunks_exact(SAMPLE_RATE as usize / 10);
    let heard: Vec<bool> = pieces
        .map(|piece| loudest_tone_dbfs(piece, SAMPLE_RATE, HZ, window) > HEARD_DBFS)
        .collect();
    let first = heard.iter().position(|heard| *heard).unwrap();
    let last = heard.iter().rposition(|heard| *heard).unwrap();
    let unheard = heard[first..last].iter().filter(|heard| !**heard).count();
    assert!(unheard >= 10, "{heard:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_can_change_in_the_middle() {
    let pair = Pair::start(AudioSource::Silence).await;
    pair.pass(50).await;
    let source = AudioSource::Tone(ToneBursts::steady(HZ));
    pair.a.set_source(source).await.unwrap();
    pair.pass(50).await;
    let nothing = AudioSource::Wav {
        path: pair.place.recording("none.wav"),
        repeat: false,
    };
    let refused = pair.a.set_source(nothing).await;
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    pair.a.hangup().await.unwrap();
    until(&pair.b, CallStatus::Destroyed).await;
    let late = pair.a.set_source(AudioSource::Silence).await;
    assert!(matches!(late, Err(Error::Invalid(_))), "{late:?}");
    pair.bob.destroy().await;
    assert!(level(&pair.place.recording("bob.wav"), HZ) > HEARD_DBFS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_handed_over_to_a_room_and_to_somebody_else() {
    let pair = Pair::start(AudioSource::Silence).await;
    let place = &pair.place;
    let nowhere = pair.a.transfer("/public/nowhere").await;
    assert!(matches!(nowhere, Err(Error::Refused { .. })), "{nowhere:?}");

    place.room("lobby").await;
    pair.a.transfer("/public/lobby").await.unwrap();
    until(&pair.a, CallStatus::Destroyed).await;
    let host = place.client("host").await;
    let h = host.dial("/public/lobby", DialOptions::default());
    let h = h.await.unwrap();
    let mut there = h.participants();
    let both = there.wait_for(|there| there.len() == 2);
    assert!(in_time("bob in the room", both).await.is_ok());
    let mut there = pair.b.participants();
    let both = there.wait_for(|there| there.len() == 2 && there.iter().any(|one| one.is_self()));
    assert!(in_time("the room, seen by bob", both).await.is_ok());
    assert_eq!(*pair.b.status().borrow(), CallStatus::Connected);
    pair.b.hangup().await.unwrap();

    let carol = place.client("carol").await;
    carol.register().await.unwrap();
    let mut for_carol = carol.incoming();
    let mut for_bob = pair.bob.incoming();
    let a = pair.alice.dial("/private/bob", DialOptions::default());
    let a = a.await.unwrap();
    let b = in_time("a call", for_bob.next()).await.unwrap();
    b.answer(AudioOptions::default()).await.unwrap();
    until(&a, CallStatus::Connected).await;
    let tone = AudioSource::Tone(ToneBursts::steady(HZ));
    b.set_source(tone).await.unwrap();
    a.transfer("/private/carol").await.unwrap();
    let c = in_time("the call for carol", for_carol.next())
        .await
        .unwrap();
    let at_carol = place.recording("carol.wav");
    let audio = AudioOptions {
        record: Some(at_carol.clone()),
        ..AudioOptions::default()
    };
    c.answer(audio).await.unwrap();
    until(&a, CallStatus::Destroyed).await;
    packets(&c, 100).await;
    assert_eq!(*b.status().borrow(), CallStatus::Connected);
    carol.destroy().await;
    assert!(level(&at_carol, HZ) > HEARD_DBFS && level(&at_carol, 700.0) < UNHEARD_DBFS);
}

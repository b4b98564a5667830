//! How a leg lives and ends as time passes, and where its media goes.

use super::*;
use crate::peer::{Certificate, Ice};

/// A leg as it is when its peer has just connected.
fn connected(now: Instant) -> Leg {
    let certificate = Certificate::generate().expect("a certificate");
    let address = ([127, 0, 0, 1], 4000).into();
    let peer = Peer::new(now, Ice::Lite, &certificate, std::iter::once(address));
    let mut leg = Leg::new(now, LegKey(1), RoomKey(1), peer.expect("a peer"));
    leg.connection = Connection::Up;
    leg.path(true);
    leg
}

fn packet(sequence: u64) -> AudioPacket {
    AudioPacket {
        ssrc: 5,
        sequence,
        timestamp: sequence as u32 * 960,
        payload: crate::codec::silent_packet(),
        level_dbfs: Some(-20.0),
    }
}

#[test]
fn a_leg_that_falls_silent_is_disconnected_then_sent_nothing_then_gone() {
    let start = Instant::now();
    let mut leg = connected(start);
    let mut history = Vec::new();
    let mut now = start;
    // As the worker does: look again whenever the leg says so.
    let reason = loop {
        leg.peer_due = now + Duration::from_secs(3);
        now = leg.due();
        let (events, gone) = leg.review(now);
        let at = (now - start).as_secs();
        history.extend(events.into_iter().map(|event| (at, event)));
        history.dedup();
        if leg.connection == Connection::Lost {
            assert!(at >= CONSENT.as_secs());
        } else {
            assert!(at <= 30, "consent has ended, and media with it");
        }
        if let Some(reason) = gone {
            break reason;
        }
    };
    assert_eq!(reason, CloseReason::ConsentLost);
    assert_eq!(history, [(7, MediaEvent::Disconnected { leg: LegKey(1) })]);
    assert_eq!((now - start).as_secs(), GONE.as_secs());
}

#[test]
fn an_ice_restart_brings_a_lost_leg_back() {
    let start = Instant::now();
    let mut leg = connected(start);
    for seconds in [8, 20, 29, 40] {
        leg.review(start + Duration::from_secs(seconds));
    }
    assert_eq!(leg.connection, Connection::Lost);
    assert!(!leg.takes_part());
    let now = start + Duration::from_secs(45);
    leg.consented(now);
    let (events, gone) = leg.review(now);
    assert_eq!(events, [MediaEvent::Connected { leg: LegKey(1) }]);
    assert_eq!(gone, None);
}

#[test]
fn media_alone_is_no_consent() {
    let start = Instant::now();
    let mut leg = connected(start);
    for i in 0..2_900u64 {
        let now = start + FRAME_DURATION * i as u32;
        leg.received(now, &packet(i), None);
        leg.review(now);
    }
    assert_eq!(
        leg.connection,
        Connection::Lost,
        "58 s of packets without a binding request"
    );
}

#[test]
fn a_leg_that_never_connects_is_given_up_after_ringing() {
    let start = Instant::now();
    let mut leg = connected(start);
    leg.connection = Connection::New;
    leg.path(false);
    let ringing = start + Duration::from_millis(RING_MS);
    assert_eq!(leg.review(ringing).1, None);
    let reason = leg.review(start + NEVER_CONNECTED).1;
    assert_eq!(reason, Some(CloseReason::NeverConnected));
}

#[test]
fn media_is_sent_where_it_comes_from_once_that_is_sure() {
    let now = Instant::now();
    let mut leg = connected(now);
    let source = |port| {
        let address = ([127, 0, 0, 1], port).into();
        Some(Source { socket: 0, address })
    };
    leg.received(now, &packet(1), source(1));
    assert_eq!(leg.media_source, source(1));
    leg.received(now, &packet(2), source(2));
    leg.received(now, &packet(3), source(1));
    assert_eq!(
        leg.media_source,
        source(1),
        "one packet over another path is no change"
    );
    leg.received(now, &packet(4), source(2));
    leg.received(now, &packet(5), source(2));
    assert_eq!(leg.media_source, source(2));
}

#[test]
fn a_loss_is_expected_at_once_and_forgotten_slowly() {
    let mut leg = connected(Instant::now());
    assert_eq!(leg.expected_loss(), 0);
    leg.reported(None, Some(0.1));
    assert_eq!(leg.expected_loss(), 10);
    leg.reported(None, None);
    leg.reported(None, Some(f32::NAN));
    assert_eq!(leg.expected_loss(), 10);
    leg.reported(None, Some(0.0));
    assert_eq!(leg.expected_loss(), 8);
    for _ in 0..20 {
        leg.reported(None, Some(0.0));
    }
    assert_eq!(leg.expected_loss(), 0);
}

#[test]
fn a_muted_leg_does_not_talk() {
    let now = Instant::now();
    let mut leg = connected(now);
    leg.joined = true;
    leg.flags.muted = true;
    for i in 0..10 {
        let now = now + FRAME_DURATION * i;
        assert_eq!(leg.watch_packet(now, &packet(u64::from(i))), None);
    }
}

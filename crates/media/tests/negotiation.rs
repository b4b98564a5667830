//! Offers and answers of many kinds, restarts, ends.

mod common;

use common::{Caller, LOCALHOST, Server};
use offhook_media::endpoint::{Endpoint, EndpointConfig, EndpointEvent};
use offhook_media::{CloseReason, MediaError, MediaEvent, Pictures, RoomKind};
use tokio::sync::mpsc::unbounded_channel;

fn endpoint() -> (
    Endpoint,
    tokio::sync::mpsc::UnboundedReceiver<EndpointEvent>,
) {
    let (events_tx, events) = unbounded_channel();
    let config = EndpointConfig {
        bind: Some(LOCALHOST),
        ..EndpointConfig::default()
    };
    (
        Endpoint::open(config, events_tx).expect("an endpoint"),
        events,
    )
}

/// A video and a data section around the audio, as a browser would offer them in one bundle.
fn with_video_and_data(offer: &str) -> String {
    let at = offer.find("m=audio").expect("an audio section");
    let (session, audio) = offer.split_at(at);
    let video = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:v\r\na=sendrecv\r\n\
                 a=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n";
    let data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:d\r\n\
                a=sctp-port:5000\r\n";
    let session = session.replace("a=group:BUNDLE ", "a=group:BUNDLE v d ");
    format!("{session}{video}{audio}{data}")
}

/// The answer without what `with_video_and_data` has led to, for an endpoint that has not offered it.
fn only_audio(answer: &str) -> String {
    let mut out = String::new();
    let mut keep = true;
    let mut candidates = Vec::new();
    for line in answer.lines() {
        if line.starts_with("m=") {
            keep = line.starts_with("m=audio");
        }
        // In a bundle the first section has the candidates for all.
        let candidate = line.starts_with("a=candidate:");
        if candidate {
            candidates.push(line);
        }
        if keep && !candidate {
            out.push_str(line);
            out.push_str("\r\n");
        }
    }
    for line in candidates {
        out.push_str(line);
        out.push_str("\r\n");
    }
    out
}

#[tokio::test]
async fn a_call_with_video_and_data_sections_keeps_its_audio() {
    let mut server = Server::start(1);
    let room = server.media.create_room(RoomKind::Conference);
    let (endpoint, _events) = endpoint();
    let offer = with_video_and_data(&endpoint.create_offer(false).await.expect("an offer"));
    let (leg, answer) = server
        .media
        .accept_offer(room, &offer)
        .await
        .expect("an answer");
    let sections: Vec<&str> = answer.lines().filter(|l| l.starts_with("m=")).collect();
    assert_eq!(sections.len(), 3);
    assert!(sections[0].starts_with("m=video ") && !sections[0].starts_with("m=video 0 "));
    assert!(sections[1].starts_with("m=audio ") && !sections[1].starts_with("m=audio 0 "));
    assert!(sections[2].starts_with("m=application 0 "));
    endpoint
        .apply_answer(&only_audio(&answer))
        .await
        .expect("a good answer");
    server.event(|e| *e == MediaEvent::Connected { leg }).await;
    // A renegotiation with the same sections.
    let offer = with_video_and_data(&endpoint.create_offer(true).await.expect("an offer"));
    let answer = server.media.reoffer(leg, &offer).await.expect("an answer");
    assert_eq!(answer.lines().filter(|l| l.starts_with("m=")).count(), 3);
}

#[tokio::test]
async fn video_is_added_to_a_call_and_taken_away_again() {
    let mut server = Server::start(1);
    let room = server.media.create_room(RoomKind::Conference);
    let (endpoint, _events) = endpoint();
    let offer = endpoint.create_offer(false).await.expect("an offer");
    let (leg, answer) = server
        .media
        .accept_offer(room, &offer)
        .await
        .expect("an answer");
    endpoint.apply_answer(&answer).await.expect("a good answer");
    server.event(|e| *e == MediaEvent::Connected { leg }).await;
    let plain = endpoint.create_offer(true).await.expect("an offer");
    let video = |port: &str, direction: &str| {
        let bundle = plain
            .lines()
            .find(|line| line.starts_with("a=group:BUNDLE"))
            .expect("a bundle");
        let plain = plain.replace(bundle, &format!("{bundle} v"));
        format!(
            "{plain}m=video {port} UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:v\r\na={direction}\r\n\
             a=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\n"
        )
    };
    let section = |answer: &str| {
        let mut lines = answer.lines().filter(|l| l.starts_with("m="));
        assert_eq!(lines.clone().count(), 2);
        lines.next_back().expect("a section").to_owned()
    };
    for (port, direction, taken) in [
        ("9", "sendrecv", true),
        ("9", "recvonly", true),
        ("0", "inactive", false),
        ("9", "sendrecv", true),
    ] {
        let answer = server.media.reoffer(leg, &video(port, direction)).await;
        let answer = answer.expect("an answer");
        assert_eq!(
            !section(&answer).starts_with("m=video 0 "),
            taken,
            "{answer}"
        );
    }
    assert!(server.media.stats(leg).await.expect("the leg").connected);
}

#[tokio::test]
async fn the_description_has_all_a_browser_needs() {
    let server = Server::start(1);
    let room = server.media.create_room(RoomKind::Conference);
    let (endpoint, _events) = endpoint();
    let offer = endpoint.create_offer(false).await.expect("an offer");
    let (_, answer) = server
        .media
        .accept_offer(room, &offer)
        .await
        .expect("an answer");
    let (_, ours) = server
        .media
        .make_offer(room, Pictures::Bundled)
        .await
        .expect("an offer");
    let port = server.media.addresses()[0].port();
    for sdp in [&answer, &ours] {
        assert_eq!(sdp.lines().filter(|l| l.starts_with("m=")).count(), 1);
        for needed in [
            "a=ice-lite",
            "a=ice-ufrag:",
            "a=ice-pwd:",
            "a=fingerprint:sha-256",
            "a=setup:",
            "a=mid:",
            "a=rtcp-mux",
            "a=sendrecv",
            "opus/48000/2",
            "telephone-event",
            "a=ssrc:",
            "a=msid:",
            "ssrc-audio-level",
        ] {
            assert!(sdp.contains(needed), "{needed} is missing in\n{sdp}");
        }
        let candidate = sdp
            .lines()
            .find(|l| l.starts_with("a=candidate:"))
            .expect("a candidate");
        assert!(
            candidate.contains(&format!(" 127.0.0.1 {port} typ host")),
            "{candidate}"
        );
    }
    assert!(answer.contains("a=setup:passive") && ours.contains("a=setup:actpass"));
}

#[tokio::test]
async fn an_offer_without_candidates_connects() {
    let mut server = Server::start(1);
    let room = server.media.create_room(RoomKind::Conference);
    let (endpoint, _events) = endpoint();
    let offer = endpoint.create_offer(false).await.expect("an offer");
    let hidden: String = offer
        .lines()
        .filter(|l| !l.starts_with("a=candidate"))
        .map(|l| format!("{l}\r\n"))
        .collect();
    assert!(hidden.len() < offer.len());
    let (leg, answer) = server
        .media
        .accept_offer(room, &hidden)
        .await
        .expect("an answer");
    endpoint.apply_answer(&answer).await.expect("a good answer");
    server.event(|e| *e == MediaEvent::Connected { leg }).await;
}

#[tokio::test]
async fn a_call_offered_by_the_server_connects_and_is_heard() {
    let mut server = Server::start(1);
    let room = server.media.create_room(RoomKind::Conference);
    let caller = Caller::join(&mut server, room, 500.0).await;
    let (leg, offer) = server
        .media
        .make_offer(room, Pictures::Bundled)
        .await
        .expect("an offer");
    let (endpoint, mut events) = endpoint();
    let tone = offhook_media::tone::ToneBursts::steady(1100.0);
    let source = offhook_media::endpoint::AudioSource::Tone(tone);
    endpoint.set_source(source).await.expect("a source");
    let answer = endpoint.accept_offer(&offer).await.expect("an answer");
    server
        .media
        .apply_answer(leg, &answer)
        .await
        .expect("a good answer");
    server.media.join(leg);
    server.event(|e| *e == MediaEvent::Connected { leg }).await;
    caller.hears_exactly(&[1100.0], &[500.0]).await;
    while !matches!(
        events.recv().await.expect("an event"),
        EndpointEvent::FirstPacket { .. }
    ) {}
    let again = server.media.apply_answer(leg, &answer).await;
    assert!(
        matches!(again, Err(MediaError::Negotiation(_))),
        "{again:?}"
    );
}

#[tokio::test]
async fn an_ice_restart_keeps_the_call() {
    let mut server = Server::start(1);
    let room = server.media.create_room(RoomKind::Conference);
    let a = Caller::join(&mut server, room, 500.0).await;
    let b = Caller::join(&mut server, room, 1100.0).await;
    b.hears_exactly(&[500.0], &[]).await;
    let ufrag = |sdp: &str| {
        let line = sdp.lines().find(|l| l.starts_with("a=ice-ufrag:"));
        line.expect("a user fragment").to_owned()
    };
    let mut before = String::new();
    for _ in 0..2 {
        let offer = a.endpoint.create_offer(true).await.expect("an offer");
        let answer = server
            .media
            .reoffer(a.leg, &offer)
            .await
            .expect("an answer");
        assert_ne!(ufrag(&answer), before, "new credentials");
        before = ufrag(&answer);
        a.endpoint
            .apply_answer(&answer)
            .await
            .expect("a good answer");
        b.hears_exactly(&[500.0], &[1100.0]).await;
        a.hears_exactly(&[1100.0], &[500.0]).await;
    }
    let received = server
        .media
        .stats(a.leg)
        .await
        .expect("the leg is there")
        .packets_received;
    common::until("audio still comes", async || {
        let stats = server.media.stats(a.leg).await.expect("the leg is there");
        stats.packets_received > received + 25
    })
    .await;
}

#[tokio::test]
async fn a_reloaded_page_continues_its_leg_with_another_identity() {
    let mut server = Server::start(1);
    let room = server.media.create_room(RoomKind::Conference);
    let a = Caller::join(&mut server, room, 500.0).await;
    let b = Caller::join(&mut server, room, 1100.0).await;
    b.hears_exactly(&[500.0], &[]).await;
    let (reloaded, _events) = endpoint();
    let tone = offhook_media::tone::ToneBursts::steady(700.0);
    let source = offhook_media::endpoint::AudioSource::Tone(tone);
    reloaded.set_source(source).await.expect("a source");
    let offer = reloaded.create_offer(false).await.expect("an offer");
    let answer = server
        .media
        .reoffer(a.leg, &offer)
        .await
        .expect("an answer");
    reloaded.apply_answer(&answer).await.expect("a good answer");
    b.hears_exactly(&[700.0], &[500.0]).await;
}

#[tokio::test]
async fn a_peer_that_hangs_up_closes_its_leg() {
    let mut server = Server::start(1);
    let room = server.media.create_room(RoomKind::Conference);
    let a = Caller::join(&mut server, room, 500.0).await;
    let leg = a.leg;
    a.endpoint.close().await.expect("a clean end");
    server
        .event(|e| {
            *e == MediaEvent::Closed {
                leg,
                reason: CloseReason::PeerClosed,
            }
        })
        .await;
    assert!(server.media.stats(leg).await.is_none());
    assert!(matches!(
        server.media.reoffer(leg, "v=0\r\n").await,
        Err(MediaError::NoLeg)
    ));
}

#[tokio::test]
async fn a_closed_room_or_leg_ends_the_peer() {
    let mut server = Server::start(1);
    let room = server.media.create_room(RoomKind::Conference);
    let mut a = Caller::join(&mut server, room, 500.0).await;
    let mut b = Caller::join(&mut server, room, 1100.0).await;
    let ended = |e: &EndpointEvent| *e == EndpointEvent::Closed(CloseReason::PeerClosed);
    server.media.close_leg(a.leg);
    a.event(ended).await;
    server.media.close_room(room);
    let (leg, reason) = (b.leg, CloseReason::RoomClosed);
    server
        .event(|e| *e == MediaEvent::Closed { leg, reason })
        .await;
    b.event(ended).await;
    let (endpoint, _events) = endpoint();
    let offer = endpoint.create_offer(false).await.expect("an offer");
    let refused = server.media.accept_offer(room, &offer).await;
    assert!(matches!(refused, Err(MediaError::NoRoom)));
    server.media.shutdown().await;
    assert!(matches!(
        server.media.make_offer(room, Pictures::Bundled).await,
        Err(MediaError::Shutdown)
    ));
}

#[tokio::test]
async fn another_certificate_than_described_is_refused() {
    let mut server = Server::start(1);
    let room = server.media.create_room(RoomKind::Conference);
    let (endpoint, _events) = endpoint();
    let offer = endpoint.create_offer(false).await.expect("an offer");
    let at = offer.find("a=fingerprint:sha-256 ").expect("a fingerprint") + 22;
    let mut forged = offer.clone();
    let other = if &offer[at..at + 2] == "00" {
        "01"
    } else {
        "00"
    };
    forged.replace_range(at..at + 2, other);
    let (leg, answer) = server
        .media
        .accept_offer(room, &forged)
        .await
        .expect("an answer");
    endpoint.apply_answer(&answer).await.expect("a good answer");
    let reason = CloseReason::HandshakeFailed;
    server
        .event(|e| *e == MediaEvent::Closed { leg, reason })
        .await;
}

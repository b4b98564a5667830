//! Who sees whom: video forwarded between two, the current speaker's or the shared screen's in a room.

#[path = "common/camera.rs"]
mod camera;
mod common;

use std::sync::atomic::Ordering;

use camera::{Camera, halves};
use common::{LOCALHOST, Server, until};
use offhook_media::endpoint::{AudioSource, Endpoint, EndpointConfig};
use offhook_media::tone::ToneBursts;
use offhook_media::{LegFlags, LegKey, MediaEvent, MediaServer, Pictures, RoomKey, RoomKind};
use str0m::media::Direction;

/// Waits until a camera is shown many more pictures of another.
async fn sees(camera: &Camera, tag: u8) {
    let before = camera.seen.of(tag);
    until(&format!("sees {tag}"), async || {
        camera.seen.of(tag) > before + 10
    })
    .await;
}

#[tokio::test]
async fn two_see_each_other_from_a_key_frame_on() {
    let server = Server::start(1);
    let room = server.media.create_room(RoomKind::Conference);
    let a = Camera::join(&server.media, room, 1, true, Direction::SendRecv).await;
    let b = Camera::join(&server.media, room, 2, true, Direction::SendRecv).await;
    for sdp in [&a.answer, &b.answer] {
        assert!(sdp.contains("VP8/90000") && sdp.contains("nack pli") && sdp.contains("ccm fir"));
        let streams: std::collections::HashSet<&str> = sdp
            .lines()
            .filter_map(|line| line.strip_prefix("a=msid:")?.split(' ').next())
            .collect();
        assert_eq!(streams.len(), 1, "audio and video are one stream: {sdp}");
    }
    sees(&a, 2).await;
    sees(&b, 1).await;
    assert!(a.seen.began_well(2) && b.seen.began_well(1));
    assert_eq!(
        (a.seen.of(1), b.seen.of(2)),
        (0, 0),
        "nobody sees themselves"
    );
    // A decoder in need is heard by whom it watches.
    let before = a.seen.asked.load(Ordering::Relaxed);
    b.want_key();
    until("asked for a key frame", async || {
        a.seen.asked.load(Ordering::Relaxed) > before
    })
    .await;
    let stats = server.media.stats(a.leg).await.expect("the leg");
    assert!(stats.video_received > 10 && stats.video_sent > 10);
}

#[tokio::test]
async fn whoever_is_called_by_somebody_with_a_picture_is_offered_one() {
    let server = Server::start(1);
    let room = server.media.create_room(RoomKind::Conference);
    let (_, sound) = server
        .media
        .make_offer(room, Pictures::Bundled)
        .await
        .expect("an offer");
    assert!(!sound.contains("m=video"), "nobody there has a picture");
    let a = Camera::join(&server.media, room, 1, true, Direction::SendRecv).await;
    let (_, sound) = server
        .media
        .make_offer(room, Pictures::No)
        .await
        .expect("an offer");
    assert!(
        !sound.contains("m=video"),
        "nor is one offered to those who cannot take it"
    );
    let b = Camera::called(&server.media, room, 2).await;
    let streams: std::collections::HashSet<&str> = b
        .answer
        .lines()
        .filter_map(|line| line.strip_prefix("a=msid:")?.split(' ').next())
        .collect();
    assert_eq!(streams.len(), 1, "audio and video are one stream");
    sees(&a, 2).await;
    sees(&b, 1).await;
    // One who has sound alone takes the sound.
    let (_endpoint, _leg) = takes_the_sound(&server.media, room, Pictures::Bundled).await;
}

/// Is called, and answers with sound alone.
async fn takes_the_sound(
    media: &MediaServer,
    room: RoomKey,
    pictures: Pictures,
) -> (Endpoint, LegKey) {
    let (leg, offer) = media.make_offer(room, pictures).await.expect("an offer");
    let (events, _unheard) = tokio::sync::mpsc::unbounded_channel();
    let config = EndpointConfig {
        bind: Some(LOCALHOST),
        ..EndpointConfig::default()
    };
    let endpoint = Endpoint::open(config, events).expect("an endpoint");
    let answer = endpoint.accept_offer(&offer).await.expect("an answer");
    assert!(answer.contains("m=video 0 "), "{answer}");
    let answered = media.apply_answer(leg, &answer).await;
    answered.expect("a good answer");
    (endpoint, leg)
}

/// A voice of 500 Hz.
fn voice() -> Endpoint {
    let (events, _unheard) = tokio::sync::mpsc::unbounded_channel();
    let config = EndpointConfig {
        bind: Some(LOCALHOST),
        source: AudioSource::Tone(ToneBursts::steady(500.0)),
        ..EndpointConfig::default()
    };
    Endpoint::open(config, events).expect("an endpoint")
}

#[tokio::test]
async fn whoever_cannot_answer_a_bundle_is_offered_a_picture_with_a_transport_of_its_own() {
    let mut server = Server::start(2);
    let room = server.media.create_room(RoomKind::Conference);
    let a = Camera::join(&server.media, room, 1, true, Direction::SendRecv).await;
    let voice = voice();
    let b = Camera::called_beside(&server.media, room, 2, &voice).await;
    let leg = b.leg;
    server.event(|e| *e == MediaEvent::Connected { leg }).await;
    sees(&a, 2).await;
    sees(&b, 1).await;
    server
        .event(|e| *e == MediaEvent::Talking { leg, talking: true })
        .await;
    // Both transports go with the leg to a room of another thread.
    let other = server.media.create_room(RoomKind::Conference);
    let c = Camera::join(&server.media, other, 3, true, Direction::SendRecv).await;
    server.media.move_leg(leg, other);
    server.media.join(leg);
    sees(&c, 2).await;
    sees(&b, 3).await;
    // The picture may be refused.
    let (_endpoint, refused) = takes_the_sound(&server.media, room, Pictures::Apart).await;
    server
        .event(|e| *e == MediaEvent::Connected { leg: refused })
        .await;
}

#[tokio::test]
async fn a_picture_with_a_transport_of_its_own_is_shown_and_renegotiated() {
    let mut server = Server::start(1);
    let room = server.media.create_room(RoomKind::Conference);
    let a = Camera::join(&server.media, room, 1, true, Direction::SendRecv).await;
    let voice = voice();
    let (b, beside) = Camera::join_beside(&server.media, room, 2, &voice).await;
    let leg = b.leg;
    server.event(|e| *e == MediaEvent::Connected { leg }).await;
    sees(&a, 2).await;
    sees(&b, 1).await;
    server
        .event(|e| *e == MediaEvent::Talking { leg, talking: true })
        .await;
    let before = a.seen.asked.load(Ordering::Relaxed);
    b.want_key();
    until("asked for a key frame", async || {
        a.seen.asked.load(Ordering::Relaxed) > before
    })
    .await;
    // The voice restarts its ICE, the picture stays.
    let offer = voice.create_offer(true).await.expect("an offer");
    let answer = server.media.reoffer(leg, &beside.offer(&offer)).await;
    let [sound, _] = halves(&answer.expect("an answer"));
    voice.apply_answer(&sound).await.expect("a good answer");
    sees(&a, 2).await;
    sees(&b, 1).await;
    let heard = server.media.stats(leg).await.expect("the leg");
    until("the voice goes on", async || {
        let stats = server.media.stats(leg).await.expect("the leg");
        stats.connected && stats.packets_received > heard.packets_received + 25
    })
    .await;
    assert_eq!(a.seen.breaks.load(Ordering::Relaxed), 0);
    // Without the picture the call is one of sound; it may come back.
    let without = voice.create_offer(true).await.expect("an offer");
    let answer = server.media.reoffer(leg, &without).await;
    let answer = answer.expect("an answer");
    assert!(!answer.contains("m=video"), "{answer}");
    voice.apply_answer(&answer).await.expect("a good answer");
    let seen = a.seen.of(2);
    let heard = server.media.stats(leg).await.expect("the leg");
    until("the voice goes on alone", async || {
        let stats = server.media.stats(leg).await.expect("the leg");
        stats.packets_received > heard.packets_received + 25
    })
    .await;
    assert!(a.seen.of(2) <= seen + 2, "no picture is shown any more");
}

#[tokio::test]
async fn a_muted_picture_is_not_shown_and_comes_back() {
    let server = Server::start(1);
    let room = server.media.create_room(RoomKind::Conference);
    let a = Camera::join(&server.media, room, 1, true, Direction::SendRecv).await;
    let b = Camera::join(&server.media, room, 2, true, Direction::RecvOnly).await;
    sees(&b, 1).await;
    let muted = LegFlags {
        video_muted: true,
        ..LegFlags::default()
    };
    server.media.set_flags(a.leg, muted);
    let stopped = async || {
        let before = b.seen.of(1);
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        b.seen.of(1) == before
    };
    until("hidden", stopped).await;
    server.media.set_flags(a.leg, LegFlags::default());
    sees(&b, 1).await;
    assert_eq!(
        b.seen.breaks.load(Ordering::Relaxed),
        0,
        "one stream without gaps"
    );
}

#[tokio::test]
async fn a_room_sees_the_speaker_and_before_them_a_shared_screen() {
    let server = Server::start(1);
    let room = server.media.create_room(RoomKind::Conference);
    let a = Camera::join(&server.media, room, 1, true, Direction::SendRecv).await;
    let b = Camera::join(&server.media, room, 2, true, Direction::SendRecv).await;
    let watcher = Camera::join(&server.media, room, 3, true, Direction::RecvOnly).await;
    sees(&watcher, 1).await;
    b.speak(true);
    sees(&watcher, 2).await;
    sees(&a, 2).await;
    // The speaker sees whom the others saw before.
    sees(&b, 1).await;
    b.speak(false);
    a.speak(true);
    sees(&watcher, 1).await;
    let screen = Camera::join(&server.media, room, 4, false, Direction::SendOnly).await;
    server.media.set_owner(screen.leg, a.leg, true);
    sees(&watcher, 4).await;
    sees(&b, 4).await;
    assert!(watcher.seen.began_well(4));
    // The one who shares it sees somebody else.
    sees(&a, 2).await;
    let of_itself = a.seen.of(4);
    sees(&a, 2).await;
    assert_eq!(a.seen.of(4), of_itself);
    server.media.close_leg(screen.leg);
    sees(&watcher, 1).await;
    assert_eq!(
        watcher.seen.breaks.load(Ordering::Relaxed),
        0,
        "one stream without gaps"
    );
}

#[tokio::test]
async fn an_echo_room_shows_oneself() {
    let server = Server::start(1);
    let room = server.media.create_room(RoomKind::Echo);
    let a = Camera::join(&server.media, room, 1, true, Direction::SendRecv).await;
    sees(&a, 1).await;
}

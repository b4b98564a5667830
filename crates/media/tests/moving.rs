//! Legs that change rooms, with their connections: also to rooms on another thread.

mod common;

use std::time::Duration;

use common::{Caller, Server};
use offhook_media::dtmf::key_frequencies;
use offhook_media::tone::loudest_tone_dbfs;
use offhook_media::{CloseReason, MediaEvent, RoomKind};

#[tokio::test]
async fn a_leg_goes_to_a_room_on_another_thread_and_comes_back() {
    let mut server = Server::start(2);
    // A room is made where there are the fewest legs: the second one elsewhere than the first.
    let here = server.media.create_room(RoomKind::Conference);
    let a = Caller::join(&mut server, here, 500.0).await;
    let b = Caller::join(&mut server, here, 1100.0).await;
    let there = server.media.create_room(RoomKind::Conference);
    let c = Caller::join(&mut server, there, 1900.0).await;
    a.hears_exactly(&[1100.0], &[1900.0]).await;

    server.media.move_leg(a.leg, there);
    server.media.join(a.leg);
    c.hears_exactly(&[500.0], &[1100.0]).await;
    a.hears_exactly(&[1900.0], &[1100.0]).await;
    b.hears_exactly(&[], &[500.0, 1900.0]).await;

    // What is asked of it is done where it is now.
    let offer = a.endpoint.create_offer(true).await.expect("an offer");
    let answer = server
        .media
        .reoffer(a.leg, &offer)
        .await
        .expect("an answer");
    a.endpoint
        .apply_answer(&answer)
        .await
        .expect("a good answer");
    c.hears_exactly(&[500.0], &[]).await;
    a.hears_exactly(&[1900.0], &[]).await;
    let before = server.media.stats(a.leg).await.expect("the leg");
    assert!(before.connected && before.packets_received > 0);
    server.media.play_dtmf(a.leg, "5");
    let (low, high) = key_frequencies('5').expect("a key");
    c.hears("hears the key", |audio| {
        let window = Duration::from_millis(60);
        let loud = |hz| loudest_tone_dbfs(audio, 48_000, hz, window) > -25.0;
        loud(low) && loud(high)
    })
    .await;

    server.media.move_leg(a.leg, here);
    server.media.join(a.leg);
    b.hears_exactly(&[500.0], &[1900.0]).await;
    a.hears_exactly(&[1100.0], &[1900.0]).await;
    c.hears_exactly(&[], &[500.0]).await;

    // And it ends with the room it is in.
    server.media.move_leg(a.leg, there);
    server.media.close_room(there);
    let (leg, reason) = (a.leg, CloseReason::RoomClosed);
    server
        .event(|event| *event == MediaEvent::Closed { leg, reason })
        .await;
    assert!(server.media.stats(a.leg).await.is_none());
}

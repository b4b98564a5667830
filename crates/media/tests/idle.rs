//! What an idle server costs.

mod common;

use std::time::{Duration, Instant};

use common::{Caller, Server};
use offhook_media::RoomKind;

#[tokio::test]
async fn an_idle_server_sleeps() {
    let mut server = Server::start(1);
    for _ in 0..100 {
        server.media.create_room(RoomKind::Conference);
    }
    let room = server.media.create_room(RoomKind::Conference);
    // Connected, but not joined: only its connection needs care.
    let waiting = Caller::call(&mut server, room, None).await;
    let before = (server.media.counters(), Instant::now());
    let received = before.0.received;
    // The caller sends 50 packets a second; two seconds of them.
    common::until("time passes", async || {
        server.media.counters().received > received + 100
    })
    .await;
    let after = server.media.counters();
    assert_eq!(after.frames, before.0.frames, "no clock runs");
    assert_eq!(after.encoded, 0);
    waiting.endpoint.close().await.expect("a clean end");
    common::until("the leg is gone", async || {
        server.media.counters().legs == 0
    })
    .await;

    let before = (server.media.counters().wakeups, Instant::now());
    let pause = Duration::from_millis(500);
    // What is measured is that nothing happens in a stretch of time.
    tokio::time::sleep(pause).await;
    let wakeups = server.media.counters().wakeups - before.0;
    assert!(
        wakeups <= 2,
        "{wakeups} wake-ups in {:?} of nothing to do",
        before.1.elapsed()
    );
}

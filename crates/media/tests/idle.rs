//! What an idle server costs.

mod common;

use std::time::{Duration, Instant};

use common::{Caller, Server};
use offhook_media::RoomKind;

#[tokio::test]
async fn an_idle_server_sleeps() {
    let mut server = Server::start(1);
    for _ in 0..1_000 {
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

/// Processor time of this process' threads of a name, in hundredths of a second.
#[cfg(target_os = "linux")]
fn processor_time(name: &str) -> u64 {
    let tasks = std::fs::read_dir("/proc/self/task").expect("the threads of this process");
    let stats =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("stat")).ok());
    stats
        .filter(|stat| stat.contains(&format!("({name})")))
        .filter_map(|stat| {
            let (_, fields) = stat.rsplit_once(") ")?;
            let fields: Vec<&str> = fields.split(' ').collect();
            // User and system time (proc(5) numbers them 14 and 15, from 1, with two fields cut off here).
            Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
        })
        .sum()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_call_costs_little() {
    let mut server = Server::start(1);
    let room = server.media.create_room(RoomKind::Conference);
    let a = Caller::join(&mut server, room, 500.0).await;
    let b = Caller::join(&mut server, room, 1100.0).await;
    a.hears_exactly(&[1100.0], &[]).await;
    let before = (processor_time("endpoint"), processor_time("media-0"));
    let received = server.media.counters().received;
    common::until("two seconds pass", async || {
        server.media.counters().received > received + 200
    })
    .await;
    let endpoints = processor_time("endpoint") - before.0;
    let worker = processor_time("media-0") - before.1;
    // Two seconds are 200; a thread that spins takes most of them.
    assert!(endpoints < 60, "two endpoints: {endpoints}");
    assert!(worker < 40, "a worker that forwards: {worker}");
    drop(b);
}

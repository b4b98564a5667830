//! Real calls over the loopback: what each party hears.

mod common;

use std::time::Duration;

use common::{Caller, HEARD_DBFS, Server, gap, level};
use offhook_media::dtmf::key_frequencies;
use offhook_media::endpoint::{AudioSource, Endpoint, EndpointConfig};
use offhook_media::tone::ToneBursts;
use offhook_media::{LegFlags, MediaEvent, RoomKind};

#[tokio::test]
async fn two_hear_each_other_and_not_themselves() {
    let mut server = Server::start(1);
    let room = server.media.create_room(RoomKind::Conference);
    let a = Caller::join(&mut server, room, 500.0).await;
    let b = Caller::join(&mut server, room, 1100.0).await;
    a.hears_exactly(&[1100.0], &[500.0]).await;
    b.hears_exactly(&[500.0], &[1100.0]).await;
    let stats = server.media.stats(a.leg).await.expect("the leg is there");
    assert!(stats.connected && stats.packets_received > 0 && stats.packets_sent > 0);
    assert_eq!(stats.packets_lost, 0);
    assert_eq!(
        server.media.counters().encoded,
        0,
        "two legs are forwarded, not mixed"
    );
    let stats = a.endpoint.stats().await.expect("the endpoint is there");
    assert!(stats.connected && stats.first_packet_after.is_some());
    assert!(stats.rtt_ms.is_some_and(|rtt| rtt < 100.0), "{stats:?}");
    assert!(
        stats.level_received_dbfs.is_some_and(|level| level > -30.0),
        "{stats:?}"
    );
}

#[tokio::test]
async fn each_of_five_hears_all_the_others() {
    let mut server = Server::start(2);
    let room = server.media.create_room(RoomKind::Conference);
    let tones = [400.0, 700.0, 1100.0, 1600.0, 2300.0];
    let mut callers = Vec::new();
    for (i, tone) in tones.into_iter().enumerate() {
        callers.push(Caller::join(&mut server, room, tone).await);
        if i == 2 {
            for caller in &callers {
                let others: Vec<f32> = tones[..3]
                    .iter()
                    .copied()
                    .filter(|&f| f != caller.frequency)
                    .collect();
                caller.hears_exactly(&others, &[caller.frequency]).await;
            }
        }
    }
    for caller in &callers {
        let others: Vec<f32> = tones
            .into_iter()
            .filter(|&f| f != caller.frequency)
            .collect();
        caller.hears_exactly(&others, &[caller.frequency]).await;
    }
}

#[tokio::test]
async fn the_way_from_two_to_three_and_back_leaves_no_gap() {
    let mut server = Server::start(1);
    let room = server.media.create_room(RoomKind::Conference);
    let a = Caller::join(&mut server, room, 500.0).await;
    let b = Caller::join(&mut server, room, 1100.0).await;
    let c = Caller::call(&mut server, room, Some(1900.0)).await;
    a.hears_exactly(&[1100.0], &[1900.0]).await;
    // A busy machine may hold up the threads of a call at any moment; a gap that belongs to the switch is in all of them.
    let mut smallest = [Duration::MAX; 2];
    for round in 0..6 {
        let before = a.heard_so_far().len();
        if round % 2 == 0 {
            server.media.join(c.leg);
            a.hears_exactly(&[1100.0, 1900.0], &[500.0]).await;
        } else {
            server.media.leave(c.leg);
            a.hears_exactly(&[1100.0], &[500.0, 1900.0]).await;
        }
        let gap = gap(&a.heard_so_far()[before..], 1100.0).expect("the other was heard");
        smallest[round % 2] = smallest[round % 2].min(gap);
    }
    for gap in smallest {
        assert!(gap <= Duration::from_millis(60), "{smallest:?}");
    }
    let stats = a.endpoint.stats().await.expect("the endpoint is there");
    assert_eq!(stats.packets_lost, 0, "one continuous stream");
    drop(b);
}

#[tokio::test]
async fn muted_deaf_and_held_legs() {
    let mut server = Server::start(1);
    let room = server.media.create_room(RoomKind::Conference);
    let a = Caller::join(&mut server, room, 500.0).await;
    let b = Caller::join(&mut server, room, 1100.0).await;
    let flags = |muted, deaf, held| LegFlags {
        muted,
        deaf,
        held,
        ..LegFlags::default()
    };
    a.hears_exactly(&[1100.0], &[]).await;

    for others in 0..2 {
        // Forwarded first, then the same while mixed.
        let third = match others {
            0 => None,
            _ => Some(Caller::join(&mut server, room, 1900.0).await),
        };
        server.media.set_flags(b.leg, flags(true, false, false));
        a.hears_exactly(&[], &[500.0, 1100.0]).await;
        b.hears_exactly(&[500.0], &[1100.0]).await;

        server.media.set_flags(b.leg, flags(false, true, false));
        a.hears_exactly(&[1100.0], &[500.0]).await;
        b.hears_exactly(&[], &[500.0, 1100.0, 1900.0]).await;

        server.media.set_flags(b.leg, flags(false, false, true));
        a.hears_exactly(&[], &[500.0, 1100.0]).await;
        b.hears_exactly(&[], &[500.0, 1100.0, 1900.0]).await;

        server.media.set_flags(b.leg, LegFlags::default());
        a.hears_exactly(&[1100.0], &[500.0]).await;
        b.hears_exactly(&[500.0], &[1100.0]).await;
        if let Some(third) = third {
            third.hears_exactly(&[500.0, 1100.0], &[1900.0]).await;
        }
    }
}

#[tokio::test]
async fn everybody_is_sent_packets_all_the_time() {
    let mut server = Server::start(1);
    let room = server.media.create_room(RoomKind::Conference);
    let alone = Caller::join(&mut server, room, 500.0).await;
    let packets = async |caller: &Caller| {
        caller
            .endpoint
            .stats()
            .await
            .expect("the endpoint is there")
            .packets_received
    };
    // Alone, then deaf beside another, then both muted.
    let before = packets(&alone).await;
    common::until("silence flows to one alone", async || {
        packets(&alone).await > before + 25
    })
    .await;
    let other = Caller::join(&mut server, room, 1100.0).await;
    server.media.set_flags(
        alone.leg,
        LegFlags {
            deaf: true,
            ..LegFlags::default()
        },
    );
    let before = packets(&alone).await;
    common::until("silence flows to a deaf one", async || {
        packets(&alone).await > before + 25
    })
    .await;
    for leg in [alone.leg, other.leg] {
        server.media.set_flags(
            leg,
            LegFlags {
                muted: true,
                ..LegFlags::default()
            },
        );
    }
    let before = (packets(&alone).await, packets(&other).await);
    common::until("silence flows among muted ones", async || {
        packets(&alone).await > before.0 + 25 && packets(&other).await > before.1 + 25
    })
    .await;
    let stats = alone.endpoint.stats().await.expect("the endpoint is there");
    assert_eq!(stats.packets_lost, 0, "one continuous stream");
}

#[tokio::test]
async fn an_echo_room_gives_back_what_is_said() {
    let mut server = Server::start(1);
    let room = server.media.create_room(RoomKind::Echo);
    let a = Caller::join(&mut server, room, 500.0).await;
    let b = Caller::join(&mut server, room, 1100.0).await;
    a.hears_exactly(&[500.0], &[1100.0]).await;
    b.hears_exactly(&[1100.0], &[500.0]).await;
    server.media.set_flags(
        a.leg,
        LegFlags {
            muted: true,
            ..LegFlags::default()
        },
    );
    a.hears_exactly(&[], &[500.0]).await;
}

#[tokio::test]
async fn pressed_keys_are_heard_by_the_others() {
    let mut server = Server::start(1);
    let room = server.media.create_room(RoomKind::Conference);
    let a = Caller::join(&mut server, room, 500.0).await;
    let b = Caller::join(&mut server, room, 1100.0).await;
    a.hears_exactly(&[1100.0], &[]).await;
    server.media.play_dtmf(a.leg, "5w#");
    let keys = ['5', '#'].map(|key| key_frequencies(key).expect("a key"));
    b.hears("hears the keys", |audio| {
        let window = Duration::from_millis(60);
        let loud = |f| offhook_media::tone::loudest_tone_dbfs(audio, 48_000, f, window) > -25.0;
        loud(keys[1].0) && loud(keys[1].1)
    })
    .await;
    // And the call goes on as before, forwarded again.
    b.hears_exactly(&[500.0], &[1100.0, keys[1].0]).await;
    a.hears_exactly(&[1100.0], &[500.0]).await;
    let encoded = server.media.counters().encoded;
    let (heard_a, heard_b) = (a.finish().await, b.finish().await);
    for (low, high) in keys {
        assert!(level(&heard_b, low) > HEARD_DBFS && level(&heard_b, high) > HEARD_DBFS);
        assert!(level(&heard_a, low) < HEARD_DBFS && level(&heard_a, high) < HEARD_DBFS);
    }
    assert_eq!(
        server.media.counters().encoded,
        encoded,
        "mixing has ended with the tones"
    );
}

#[tokio::test]
async fn who_talks_is_told() {
    let mut server = Server::start(1);
    let room = server.media.create_room(RoomKind::Conference);
    let quiet = Caller::call(&mut server, room, None).await;
    server.media.join(quiet.leg);
    let talker = Caller::join(&mut server, room, 500.0).await;
    let leg = talker.leg;
    server
        .event(|e| *e == MediaEvent::Talking { leg, talking: true })
        .await;
    talker.endpoint.set_muted(true);
    server
        .event(|e| {
            *e == MediaEvent::Talking {
                leg,
                talking: false,
            }
        })
        .await;
    talker.endpoint.set_muted(false);
    server
        .event(|e| *e == MediaEvent::Talking { leg, talking: true })
        .await;
    // A leg that is muted by the server does not talk; in a mixed room it is the same.
    server.media.set_flags(
        leg,
        LegFlags {
            muted: true,
            ..LegFlags::default()
        },
    );
    server
        .event(|e| {
            *e == MediaEvent::Talking {
                leg,
                talking: false,
            }
        })
        .await;
    let third = Caller::call(&mut server, room, None).await;
    server.media.join(third.leg);
    server.media.set_flags(leg, LegFlags::default());
    server
        .event(|e| *e == MediaEvent::Talking { leg, talking: true })
        .await;
    let others = |e: &MediaEvent| matches!(e, MediaEvent::Talking { leg: l, .. } if *l != leg);
    assert!(
        !server.events_so_far().iter().any(others),
        "silence is no talk"
    );
}

#[tokio::test]
async fn those_who_hear_the_same_share_one_encoder() {
    let mut server = Server::start(1);
    let room = server.media.create_room(RoomKind::Conference);
    let talker = Caller::join(&mut server, room, 500.0).await;
    let mut listeners = Vec::new();
    for _ in 0..3 {
        let listener = Caller::call(&mut server, room, None).await;
        server.media.join(listener.leg);
        listeners.push(listener);
    }
    for listener in &listeners {
        listener.hears_exactly(&[500.0], &[]).await;
    }
    let before = server.media.counters();
    common::until("frames are made", async || {
        server.media.counters().frames > before.frames + 200
    })
    .await;
    let after = server.media.counters();
    let (frames, encoded) = (after.frames - before.frames, after.encoded - before.encoded);
    assert!(
        encoded * 4 <= frames + 8,
        "one encode for four legs: {encoded} of {frames}"
    );
    talker.hears_exactly(&[], &[500.0]).await;
}

#[tokio::test]
async fn one_who_only_sends_is_heard_and_sent_nothing() {
    let mut server = Server::start(1);
    let room = server.media.create_room(RoomKind::Conference);
    let listener = Caller::join(&mut server, room, 500.0).await;
    let (events_tx, _events) = tokio::sync::mpsc::unbounded_channel();
    let config = EndpointConfig {
        bind: Some(common::LOCALHOST),
        receive: false,
        source: AudioSource::Tone(ToneBursts::steady(1100.0)),
        ..EndpointConfig::default()
    };
    let sender = Endpoint::open(config, events_tx).expect("an endpoint");
    let offer = sender.create_offer(false).await.expect("an offer");
    let (leg, answer) = server
        .media
        .accept_offer(room, &offer)
        .await
        .expect("an answer");
    assert!(offer.contains("a=sendonly") && answer.contains("a=recvonly"));
    sender.apply_answer(&answer).await.expect("a good answer");
    server.media.join(leg);
    listener.hears_exactly(&[1100.0], &[500.0]).await;
    let stats = server.media.stats(leg).await.expect("the leg is there");
    assert!(stats.packets_received > 0);
    assert_eq!(stats.packets_sent, 0);
}

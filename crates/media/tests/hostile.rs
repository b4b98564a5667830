//! What anybody may send to a media port, while a call runs undisturbed.

mod common;

use std::net::UdpSocket;
use std::time::Duration;

use common::{Caller, Server, gap};
use offhook_media::{MediaError, Pictures, RoomKind};

/// Bytes that look random, the same in every run.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next() as u8).collect()
    }
}

fn stranger() -> UdpSocket {
    UdpSocket::bind((common::LOCALHOST, 0)).expect("a socket")
}

/// A binding request for the user fragment, with an integrity that nobody could have computed.
fn forged_request(ufrag: &str, noise: &mut Noise) -> Vec<u8> {
    let username = format!("{ufrag}:xxxx");
    let padded = username.len().next_multiple_of(4);
    let mut out = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    out.extend(noise.bytes(12));
    out.extend([0, 6, 0, username.len() as u8]);
    out.extend(username.as_bytes());
    out.resize(20 + 4 + padded, 0);
    out.extend([0, 0x24, 0, 4, 0x6e, 0, 1, 0xff]);
    // USE-CANDIDATE, ICE-CONTROLLING, MESSAGE-INTEGRITY.
    out.extend([0, 0x25, 0, 0, 0x80, 0x2a, 0, 8]);
    out.extend(noise.bytes(8));
    out.extend([0, 8, 0, 20]);
    out.extend(noise.bytes(20));
    let length = (out.len() - 20) as u16;
    out[2..4].copy_from_slice(&length.to_be_bytes());
    out
}

#[tokio::test]
async fn datagrams_from_strangers_reach_nobody() {
    let mut server = Server::start(1);
    let room = server.media.create_room(RoomKind::Conference);
    let a = Caller::join(&mut server, room, 500.0).await;
    let b = Caller::join(&mut server, room, 1100.0).await;
    b.hears_exactly(&[500.0], &[]).await;
    let port = server.media.addresses()[0];
    // The credentials of a leg whose peer has not come: known to the stranger but for the password.
    let (_, offer) = server
        .media
        .make_offer(room, Pictures::Bundled)
        .await
        .expect("an offer");
    let line = offer
        .lines()
        .find(|l| l.starts_with("a=ice-ufrag:"))
        .expect("a user fragment");
    let ufrag = &line["a=ice-ufrag:".len()..];

    let before = server.media.counters();
    let stranger = stranger();
    let mut noise = Noise(0x0ff4_004b);
    let mut sent = 0;
    for round in 0..300u64 {
        let length = 20 + (noise.next() % 1200) as usize;
        let mut datagrams = vec![
            noise.bytes(length),
            noise.bytes((noise.0 % 20) as usize),
            forged_request(ufrag, &mut noise),
            forged_request("nobody", &mut noise),
        ];
        for first in [22u8, 128, 0x80 | 0x10] {
            // A handshake record, RTP, RTP with an extension that runs out of the datagram.
            let mut datagram = noise.bytes(length);
            datagram[0] = first;
            datagram[1] = if first == 22 { 0xfe } else { 111 };
            datagrams.push(datagram);
        }
        let mut stun = noise.bytes(20 + length / 4 * 4);
        stun[..8].copy_from_slice(&[1, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42]);
        let body = (stun.len() - 20) as u16;
        stun[2..4].copy_from_slice(&body.to_be_bytes());
        datagrams.push(stun);
        for datagram in datagrams {
            sent += u64::from(stranger.send_to(&datagram, port).is_ok());
        }
        if round % 20 == 0 {
            // No faster than the port's buffer can take it: nothing may be lost before it is judged.
            common::until("the port keeps up", async || {
                server.media.counters().received >= before.received + sent
            })
            .await;
        }
    }
    common::until("all has been judged", async || {
        let now = server.media.counters();
        let dropped =
            |c: offhook_media::MediaCounters| c.malformed + c.unvalidated + c.stun_refused;
        dropped(now) - dropped(before) >= sent
    })
    .await;
    let after = server.media.counters();
    assert!(
        after.unvalidated - before.unvalidated >= 900,
        "DTLS, RTP and STUN without validation"
    );
    assert!(
        after.stun_refused - before.stun_refused >= 600,
        "wrong integrity, unknown names"
    );
    assert_eq!(after.panics, 0);
    stranger.set_nonblocking(true).expect("a socket");
    assert!(
        stranger.recv_from(&mut [0; 2048]).is_err(),
        "a stranger gets no answer"
    );

    a.hears_exactly(&[1100.0], &[500.0]).await;
    let heard = b.finish().await;
    let gap = gap(&heard, 500.0).expect("the call was heard");
    assert!(
        gap <= Duration::from_millis(60),
        "the call is undisturbed: {gap:?}"
    );
}

#[tokio::test]
async fn hostile_descriptions_are_refused_and_harm_nobody() {
    let mut server = Server::start(1);
    let room = server.media.create_room(RoomKind::Conference);
    let a = Caller::join(&mut server, room, 500.0).await;
    let b = Caller::join(&mut server, room, 1100.0).await;
    let (_events_tx, good) = {
        let (tx, _rx) = tokio::sync::mpsc::unbounded_channel();
        let config = offhook_media::endpoint::EndpointConfig::default();
        let endpoint = offhook_media::endpoint::Endpoint::open(config, tx).expect("an endpoint");
        let offer = endpoint.create_offer(false).await.expect("an offer");
        (endpoint, offer)
    };
    let mut noise = Noise(7);
    let mut refused = 0;
    for round in 0..400usize {
        let mut bytes = good.clone().into_bytes();
        match round % 4 {
            0 => bytes.truncate(noise.next() as usize % bytes.len()),
            1 => {
                for _ in 0..5 {
                    let at = noise.next() as usize % bytes.len();
                    bytes[at] = (noise.next() % 95 + 32) as u8;
                }
            }
            2 => {
                let at = noise.next() as usize % bytes.len();
                let piece = bytes[at..].to_vec();
                bytes.extend(piece);
            }
            _ => {
                let lines: Vec<&str> = good.lines().collect();
                let gone = noise.next() as usize % lines.len();
                bytes.clear();
                for (i, line) in lines.iter().enumerate() {
                    if i != gone {
                        bytes.extend(line.as_bytes());
                        bytes.extend(b"\r\n");
                    }
                }
            }
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        match server.media.accept_offer(room, &text).await {
            Ok((leg, _)) => server.media.close_leg(leg),
            Err(MediaError::Sdp(_) | MediaError::Engine(_)) => refused += 1,
            Err(other) => panic!("{other:?}"),
        }
        let described = server.media.reoffer(a.leg, &text[..text.len() / 3]).await;
        assert!(described.is_err());
    }
    assert!(refused > 100, "{refused}");
    let long = format!("{good}{}", "a=x:y\r\n".repeat(20_000));
    assert!(matches!(
        server.media.accept_offer(room, &long).await,
        Err(MediaError::Sdp(_))
    ));
    let no_opus = good.replace("opus/48000/2", "speex/16000");
    assert!(matches!(
        server.media.accept_offer(room, &no_opus).await,
        Err(MediaError::Sdp(_))
    ));
    assert_eq!(server.media.counters().legs, 2, "nothing is left behind");
    a.hears_exactly(&[1100.0], &[500.0]).await;
    b.hears_exactly(&[500.0], &[1100.0]).await;
}

//! Ways in for fuzz targets: what strangers send, through everything that would read it, with what must hold whatever it is.
//! Only with the feature `fuzzing`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::audio::SILENCE;
use crate::codec::VoiceDecoder;
use crate::datagram::classify;
use crate::dtmf::EventReceiver;
use crate::peer::{AudioDirection, Certificate, Ice, Peer, PeerOutput};
use crate::playout::Playout;
use crate::video::VideoFormat;

/// Peers share one certificate: making it takes longer than everything else.
pub struct Identity(Certificate);

impl Identity {
    /// A fresh one.
    ///
    /// # Panics
    /// When the machine gives no random numbers.
    pub fn new() -> Self {
        Self(Certificate::generate().expect("random numbers"))
    }

    fn peer(&self, now: Instant, ice: Ice) -> Peer {
        let address = SocketAddr::from(([127, 0, 0, 1], 4_000));
        Peer::new(now, ice, &self.0, std::iter::once(address)).expect("a peer")
    }
}

impl Default for Identity {
    fn default() -> Self {
        Self::new()
    }
}

fn sections(description: &str) -> Vec<&str> {
    let lines = description.lines().filter(|line| line.starts_with("m="));
    lines
        .map(|line| line.split(' ').next().unwrap_or_default())
        .collect()
}

/// A session description as an offer, as a renegotiation of a call, and as an answer.
///
/// # Panics
/// When an answer has other sections than the offer.
pub fn description(identity: &Identity, text: &str) {
    let now = Instant::now();
    let mut server = identity.peer(now, Ice::Lite);
    let mut picture = identity.peer(now, Ice::Lite);
    let mut client = identity.peer(now, Ice::Full);
    let both = AudioDirection {
        send: true,
        receive: true,
    };
    let good = client.offer(both, false, false).expect("an offer");
    // First of all, of a call that runs, and once more.
    for offer in [text, &good, text, text] {
        if let Ok(parsed) = server.parse_offer(offer)
            && let Ok(answer) =
                server.answer(&parsed, parsed.apart.is_some().then_some(&mut picture))
        {
            assert_eq!(sections(offer), sections(&answer), "{offer}{answer}");
            assert!(!answer.contains("\r\r") && answer.starts_with("v=0\r\n"));
        }
        let _ = server.advance(now);
        while let Ok(output) = server.poll() {
            if matches!(output, PeerOutput::Wait(_)) {
                break;
            }
        }
    }
    let _ = client.apply_answer(text, None);
    let _ = client.advance(now);
}

/// Bytes as a datagram on a media port, and as the payload of each kind of packet that is looked into: audio, keys, video.
///
/// # Panics
/// When a decoded packet has more samples than a packet can have.
pub fn packet(identity: &Identity, bytes: &[u8]) {
    let now = Instant::now();
    let _ = classify(bytes);
    let mut peer = identity.peer(now, Ice::Lite);
    let (from, to) = (([127, 0, 0, 1], 5_000), ([127, 0, 0, 1], 4_000));
    if peer.accepts(now, from.into(), to.into(), bytes) == Some(true) {
        let _ = peer.receive(now, from.into(), to.into(), bytes);
    }

    let mut decoder = VoiceDecoder::new();
    let mut audio = Vec::new();
    assert!(decoder.decode(bytes, &mut audio) <= crate::codec::MAX_PACKET_SAMPLES);
    decoder.conceal(Some(bytes), 960, &mut audio);

    // Packets of any size in any order: the first bytes of each say where it belongs.
    let mut playout = Playout::new();
    let mut frame = SILENCE;
    for (count, piece) in bytes.chunks(24).enumerate() {
        let at = now + Duration::from_millis(7) * count as u32;
        if let [a, b, c, payload @ ..] = piece {
            let sequence = u16::from_be_bytes([*a, *b]);
            let timestamp = u32::from(*c) * 480;
            playout.insert(at, sequence, timestamp, Arc::from(payload));
        }
        playout.play(at, &mut frame);
        assert!(frame.iter().all(|sample| sample.is_finite()));
    }

    let _ = EventReceiver::default().receive(1, 2, bytes);
    for format in [
        VideoFormat::Vp8,
        VideoFormat::H264 {
            mode: 1,
            profile: 66,
        },
    ] {
        let _ = format.begins_picture(bytes);
    }
}

//! Two peers in memory, in simulated time.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;

const SERVER: ([u8; 4], u16) = ([127, 0, 0, 1], 4000);
const CLIENT: ([u8; 4], u16) = ([127, 0, 0, 1], 5000);
const STEP: Duration = Duration::from_millis(5);

/// A server's and a client's peer with a network between them that delivers at the next step.
struct Pair {
    now: Instant,
    server: Peer,
    client: Peer,
    to_server: VecDeque<Vec<u8>>,
    to_client: VecDeque<Vec<u8>>,
    /// Audio payloads that arrived at the server.
    heard: Vec<Arc<[u8]>>,
    ready: bool,
    sequence: u64,
}

impl Pair {
    fn new() -> Pair {
        let now = Instant::now();
        let certificate = Certificate::generate().expect("a certificate");
        let make = |ice, address: ([u8; 4], u16)| {
            Peer::new(now, ice, &certificate, std::iter::once(address.into())).expect("a peer")
        };
        let (mut server, mut client) = (make(Ice::Lite, SERVER), make(Ice::Full, CLIENT));
        let both = AudioDirection {
            send: true,
            receive: true,
        };
        let offer = client.offer(both, false, false).expect("an offer");
        let offer = server.parse_offer(&offer).expect("a good offer");
        let answer = server.answer(&offer, None).expect("an answer");
        client.apply_answer(&answer, None).expect("a good answer");
        Pair {
            now,
            server,
            client,
            to_server: VecDeque::new(),
            to_client: VecDeque::new(),
            heard: Vec::new(),
            ready: false,
            sequence: 100,
        }
    }

    /// Lets 5 ms pass.
    fn step(&mut self) -> Result<(), MediaError> {
        self.now += STEP;
        let (server, client) = (SERVER.into(), CLIENT.into());
        for datagram in std::mem::take(&mut self.to_server) {
            if self.server.accepts(self.now, client, server, &datagram) == Some(true) {
                self.server.receive(self.now, client, server, &datagram)?;
            }
            self.drain_server()?;
        }
        for datagram in std::mem::take(&mut self.to_client) {
            if self.client.accepts(self.now, server, client, &datagram) == Some(true) {
                self.client.receive(self.now, server, client, &datagram)?;
            }
        }
        self.server.advance(self.now)?;
        self.drain_server()?;
        self.client.advance(self.now)?;
        loop {
            match self.client.poll()? {
                PeerOutput::Send { datagram, .. } => self.to_server.push_back(datagram),
                PeerOutput::Wait(_) => return Ok(()),
                _ => {}
            }
        }
    }

    fn drain_server(&mut self) -> Result<(), MediaError> {
        loop {
            match self.server.poll()? {
                PeerOutput::Send { datagram, .. } => self.to_client.push_back(datagram),
                PeerOutput::Wait(_) => return Ok(()),
                PeerOutput::Ready => self.ready = true,
                PeerOutput::Audio(packet) => self.heard.push(packet.payload),
                _ => {}
            }
        }
    }

    fn connect(&mut self) {
        for _ in 0..400 {
            self.step().expect("no failure");
            if self.ready && self.client.is_ready() {
                return;
            }
        }
        panic!("no connection in two simulated seconds");
    }

    /// Sends a packet from the client; whether the server heard it.
    fn passes(&mut self) -> bool {
        let before = self.heard.len();
        self.sequence += 1;
        let stamp = Stamp {
            sequence: self.sequence,
            timestamp: self.sequence as u32 * 960,
            marker: false,
        };
        let payload = crate::codec::silent_packet();
        self.client
            .send_audio(self.now, stamp, payload, Some(-30.0));
        for _ in 0..4 {
            self.step().expect("no failure");
        }
        self.heard.len() == before + 1
    }
}

#[test]
fn they_connect_in_a_few_round_trips() {
    let mut pair = Pair::new();
    let start = pair.now;
    pair.connect();
    // ICE, nomination, DTLS: nothing waits for a timer.
    assert!(
        pair.now - start <= Duration::from_millis(150),
        "{:?}",
        pair.now - start
    );
    assert!(pair.passes());
}

#[test]
fn a_replayed_packet_is_heard_once() {
    let mut pair = Pair::new();
    pair.connect();
    assert!(pair.passes());
    pair.sequence += 1;
    let stamp = Stamp {
        sequence: pair.sequence,
        timestamp: 0,
        marker: false,
    };
    pair.client
        .send_audio(pair.now, stamp, crate::codec::silent_packet(), None);
    pair.step().expect("no failure");
    let captured: Vec<Vec<u8>> = pair.to_server.iter().cloned().collect();
    let before = pair.heard.len();
    for _ in 0..20 {
        pair.to_server.extend(captured.iter().cloned());
        pair.step().expect("no failure");
    }
    assert_eq!(pair.heard.len(), before + 1);
}

#[test]
fn the_level_is_stated_and_read() {
    let mut pair = Pair::new();
    pair.connect();
    let stamp = Stamp {
        sequence: 7,
        timestamp: 0,
        marker: true,
    };
    pair.client
        .send_audio(pair.now, stamp, crate::codec::silent_packet(), Some(-42.0));
    pair.step().expect("no failure");
    let datagrams = std::mem::take(&mut pair.to_server);
    let mut level = None;
    for datagram in datagrams {
        pair.server
            .receive(pair.now, CLIENT.into(), SERVER.into(), &datagram)
            .expect("no failure");
        while let Ok(output) = pair.server.poll() {
            match output {
                PeerOutput::Audio(packet) => level = packet.level_dbfs,
                PeerOutput::Wait(_) => break,
                _ => {}
            }
        }
    }
    assert_eq!(level, Some(-42.0));
}

/// What a forger could send under the peer's own address: a first byte that leads to each engine, then anything.
fn forged() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![20u8..=63, 128u8..=191, 0u8..=3];
    (first, prop::collection::vec(any::<u8>(), 12..300)).prop_map(|(first, mut rest)| {
        rest.insert(0, first);
        rest
    })
}

/// A well-formed DTLS 1.2 record header around anything.
fn forged_record() -> impl Strategy<Value = Vec<u8>> {
    let kind = prop_oneof![Just(20u8), Just(21), Just(22), Just(23)];
    (
        kind,
        any::<u16>(),
        prop::collection::vec(any::<u8>(), 1..200),
    )
        .prop_map(|(kind, sequence, body)| {
            let mut out = vec![kind, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0];
            out.extend(sequence.to_be_bytes());
            out.extend((body.len() as u16).to_be_bytes());
            out.extend(body);
            out
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A connection that is up survives whatever comes from its peer's address.
    #[test]
    fn forgeries_do_not_end_a_connection(
        datagrams in prop::collection::vec(prop_oneof![forged(), forged_record()], 1..60),
    ) {
        let mut pair = Pair::new();
        pair.connect();
        prop_assert!(pair.passes());
        for datagram in datagrams {
            pair.to_server.push_back(datagram);
            pair.step().map_err(|error| TestCaseError::fail(error.to_string()))?;
        }
        prop_assert!(pair.passes());
    }

    /// What a hostile peer may say after a valid binding request: no panic, whatever becomes of its own connection.
    #[test]
    fn a_hostile_peer_harms_at_most_itself(
        at in 0usize..20,
        datagrams in prop::collection::vec(prop_oneof![forged(), forged_record()], 1..60),
    ) {
        let mut pair = Pair::new();
        for _ in 0..at {
            pair.step().expect("no failure");
        }
        for datagram in datagrams {
            pair.to_server.push_back(datagram);
            if pair.step().is_err() {
                break;
            }
        }
    }

    /// Any description: an error or an answer.
    #[test]
    fn damaged_descriptions_are_survived(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), " -~"), 1..12),
    ) {
        let now = Instant::now();
        let certificate = Certificate::generate().expect("a certificate");
        let make = |ice, address: ([u8; 4], u16)| {
            Peer::new(now, ice, &certificate, std::iter::once(address.into())).expect("a peer")
        };
        let (mut server, mut client) = (make(Ice::Lite, SERVER), make(Ice::Full, CLIENT));
        let both = AudioDirection { send: true, receive: true };
        let mut text = client.offer(both, false, false).expect("an offer").into_bytes();
        for (at, byte) in cuts {
            let at = at.index(text.len());
            text[at] = byte.as_bytes()[0];
        }
        let text = String::from_utf8(text).expect("printable bytes");
        if let Ok(offer) = server.parse_offer(&text)
            && let Ok(answer) = server.answer(&offer, None)
        {
            let _ = client.apply_answer(&answer, None);
        }
        let _ = client.apply_answer(&text, None);
    }
}

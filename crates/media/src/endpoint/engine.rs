//! The endpoint's thread: sockets, pace, peer, audio both ways.

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};
use tokio::sync::mpsc::UnboundedSender;

use super::live::LiveAudio;
use super::measure::{DelayProbe, Ear, Probe};
use super::recorder::Recorder;
use super::source::{Filled, Source};
use super::{Command, EndpointConfig, EndpointEvent, EndpointStats};
use crate::audio::{FRAME_DURATION, FRAME_SAMPLES, Frame, SILENCE, power_dbfs, rms_dbfs};
use crate::codec::{VoiceEncoder, silent_packet};
use crate::error::MediaError;
use crate::keys::CloseReason;
use crate::net::{MAX_DATAGRAM, MediaSocket, interface_addresses};
use crate::outbound::Outbound;
use crate::peer::{AudioDirection, AudioPacket, Certificate, Ice, Peer, PeerOutput};
use crate::playout::{Played, Playout};
use crate::random::random_u64;
use crate::reception::Reception;
use crate::waker::Waker;

const WAKE: Token = Token(usize::MAX);
/// Datagrams taken from one socket before the clock is looked at again.
const BATCH: usize = 64;
/// Frames that are caught up on after the thread was held up; more are skipped.
const MAX_CATCH_UP: Duration = Duration::from_millis(200);

pub(super) fn spawn(
    config: EndpointConfig,
    events: UnboundedSender<EndpointEvent>,
) -> Result<(Sender<Command>, Waker), MediaError> {
    let started = Instant::now();
    let poll = Poll::new()?;
    let waker = Waker::new(poll.registry(), WAKE)?;
    let ips = match config.bind {
        Some(ip) => vec![ip],
        None => interface_addresses(true)?,
    };
    let mut sockets = Vec::new();
    for ip in ips {
        let token = Token(sockets.len());
        match MediaSocket::bind(SocketAddr::new(ip, 0), &[], poll.registry(), token) {
            Ok(socket) => sockets.push(socket),
            // An address of an interface that cannot be used is not needed while there is another.
            Err(error) if config.bind.is_none() => tracing::debug!(%error, "address left out"),
            Err(error) => return Err(error),
        }
    }
    if sockets.is_empty() {
        return Err(MediaError::Config(
            "this machine has no address to call from".into(),
        ));
    }
    let peer = new_peer(started, &sockets)?;
    let opus = |error: opus::Error| MediaError::Engine(error.to_string());
    let random = random_u64();
    let engine = Engine {
        sockets,
        peer,
        next: None,
        events,
        started,
        direction: AudioDirection {
            send: config.send,
            receive: config.receive,
        },
        source: Source::open(&config.source)?,
        muted: false,
        listen: config.listen,
        decode: config.measurement.decode,
        ear: match &config.measurement.probe {
            Some(Probe::Listener(probe)) => Some(Ear::new(probe.clone())),
            _ => None,
        },
        speaker: match config.measurement.probe {
            Some(Probe::Speaker(probe)) => Some(probe),
            _ => None,
        },
        recorder: config.record.as_deref().map(Recorder::create).transpose()?,
        encoder: VoiceEncoder::new().map_err(opus)?,
        playout: Playout::new(),
        outbound: Outbound::new(random as u16, (random >> 16) as u32),
        reception: Reception::default(),
        sent_level: LevelMeter::default(),
        received_level: LevelMeter::default(),
        path_up: false,
        closed: false,
        connected: false,
        connected_at: None,
        first_packet_at: None,
        round_trip: None,
        next_frame: None,
        peer_due: Some(started),
        more: false,
    };
    let (commands, inbox) = channel();
    std::thread::Builder::new()
        .name("endpoint".into())
        .spawn(move || engine.run(poll, &inbox))?;
    Ok((commands, waker))
}

/// A peer with a certificate of its own.
fn new_peer(now: Instant, sockets: &[MediaSocket]) -> Result<Peer, MediaError> {
    let certificate = Certificate::generate()?;
    let addresses = sockets.iter().map(|socket| socket.address);
    Peer::new(now, Ice::Full, &certificate, addresses)
}

struct Engine {
    sockets: Vec<MediaSocket>,
    peer: Peer,
    /// It has been offered in the place of the present one.
    next: Option<Peer>,
    events: UnboundedSender<EndpointEvent>,
    started: Instant,
    direction: AudioDirection,
    source: Source,
    muted: bool,
    listen: Option<LiveAudio>,
    decode: bool,
    ear: Option<Ear>,
    speaker: Option<DelayProbe>,
    recorder: Option<Recorder>,
    encoder: VoiceEncoder,
    playout: Playout,
    outbound: Outbound,
    reception: Reception,
    sent_level: LevelMeter,
    received_level: LevelMeter,
    path_up: bool,
    /// The other side has ended the connection.
    closed: bool,
    connected: bool,
    connected_at: Option<Instant>,
    first_packet_at: Option<Instant>,
    round_trip: Option<Duration>,
    /// When the next frame is due; `None` before the connection.
    next_frame: Option<Instant>,
    peer_due: Option<Instant>,
    /// A socket may hold more than was read.
    more: bool,
}

/// Why the thread ends.
enum End {
    Asked(Option<tokio::sync::oneshot::Sender<Result<(), MediaError>>>),
    Lost(CloseReason),
}

impl Engine {
    fn run(mut self, mut poll: Poll, inbox: &Receiver<Command>) {
        let mut events = Events::with_capacity(64);
        let end = loop {
            match self.step(&mut poll, &mut events, inbox) {
                Ok(None) => {}
                Ok(Some(end)) => break end,
                Err(error) => {
                    tracing::warn!(%error, "endpoint failed");
                    let connected = self.connected_at.is_some();
                    break End::Lost(if connected {
                        CloseReason::EngineFailed
                    } else {
                        CloseReason::HandshakeFailed
                    });
                }
            }
        };
        self.peer.close();
        // The farewell; what does not get out no longer matters.
        let _ = self.drive(Instant::now());
        let finished = self.recorder.take().map_or(Ok(()), Recorder::finish);
        match end {
            End::Asked(Some(reply)) => {
                let _ = reply.send(finished);
            }
            End::Asked(None) => {}
            End::Lost(reason) => {
                self.report(EndpointEvent::Closed(reason));
                self.sockets.clear();
                self.connected = false;
                self.remember(finished, inbox);
            }
        }
    }

    /// After the end: what was measured can be asked for until somebody closes the endpoint.
    fn remember(&self, mut finished: Result<(), MediaError>, inbox: &Receiver<Command>) {
        for command in inbox {
            match command {
                Command::Stats { reply } => {
                    let _ = reply.send(self.stats());
                }
                Command::Close { reply } => {
                    let _ = reply.send(std::mem::replace(&mut finished, Ok(())));
                    return;
                }
                // The reply is dropped with the command, which its sender takes as it is: too late.
                _ => {}
            }
        }
    }

    fn step(
        &mut self,
        poll: &mut Poll,
        events: &mut Events,
        inbox: &Receiver<Command>,
    ) -> Result<Option<End>, MediaError> {
        loop {
            match inbox.try_recv() {
                Ok(Command::Close { reply }) => return Ok(Some(End::Asked(Some(reply)))),
                Ok(command) => self.command(command)?,
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return Ok(Some(End::Asked(None))),
            }
        }
        if let Some(end) = self.catch_up()? {
            return Ok(Some(end));
        }
        let due = [self.next_frame, self.peer_due].into_iter().flatten().min();
        let timeout = if self.more {
            Some(Duration::ZERO)
        } else {
            due.map(|due| due.saturating_duration_since(Instant::now()))
        };
        self.more = false;
        if let Err(error) = poll.poll(events, timeout)
            && error.kind() != std::io::ErrorKind::Interrupted
        {
            return Err(error.into());
        }
        for i in 0..self.sockets.len() {
            if let Some(end) = self.receive(i)? {
                return Ok(Some(end));
            }
        }
        Ok(None)
    }

    /// Does all that is due by the clock.
    fn catch_up(&mut self) -> Result<Option<End>, MediaError> {
        let now = Instant::now();
        while let Some(due) = self.next_frame.filter(|&due| due <= now) {
            let behind = now - due;
            self.next_frame = Some(
                due + if behind > MAX_CATCH_UP {
                    behind
                } else {
                    FRAME_DURATION
                },
            );
            self.frame(now)?;
            if let Some(end) = self.drive(now)? {
                return Ok(Some(end));
            }
        }
        if self.peer_due.is_some_and(|due| due <= now) {
            return self.drive(now);
        }
        Ok(None)
    }

    fn command(&mut self, command: Command) -> Result<(), MediaError> {
        let now = Instant::now();
        // A receiver that is gone no longer wants to know.
        match command {
            Command::Offer { ice_restart, reply } => {
                let _ = reply.send(self.peer.offer(self.direction, false, ice_restart));
            }
            Command::OfferAnew { reply } => {
                let made = new_peer(now, &self.sockets).and_then(|mut peer| {
                    let offer = peer.offer(self.direction, false, false)?;
                    self.next = Some(peer);
                    Ok(offer)
                });
                let _ = reply.send(made);
            }
            Command::ApplyAnswer { answer, reply } => {
                let applied = match self.next.take() {
                    None => self.peer.apply_answer(&answer, None).map(drop),
                    Some(mut next) => next.apply_answer(&answer, None).map(|_| self.change(next)),
                };
                let _ = reply.send(applied);
            }
            Command::AcceptOffer { offer, reply } => {
                let offer = self.peer.parse_offer(&offer);
                let _ = reply.send(offer.and_then(|offer| self.peer.answer(&offer, None)));
            }
            Command::SetSource { source, reply } => {
                let opened = Source::open(&source).map(|source| self.source = source);
                let _ = reply.send(opened);
            }
            Command::Record { path, reply } => {
                let finished = self.recorder.take().map_or(Ok(()), Recorder::finish);
                let created = finished.and_then(|()| {
                    self.recorder = path.as_deref().map(Recorder::create).transpose()?;
                    Ok(())
                });
                let _ = reply.send(created);
            }
            Command::SetMuted(muted) => self.muted = muted,
            Command::SetDirection { send, receive } => {
                self.direction = AudioDirection { send, receive };
            }
            Command::Stats { reply } => {
                let _ = reply.send(self.stats());
            }
            // `step` has taken it.
            Command::Close { .. } => {}
        }
        self.peer_due = Some(now);
        Ok(())
    }

    /// Another connection takes the place of the present one, of which the other side has no need any more.
    fn change(&mut self, peer: Peer) {
        self.peer = peer;
        self.path_up = false;
        self.closed = false;
        self.playout.restart();
        self.connection_changed();
    }

    fn receive(&mut self, socket: usize) -> Result<Option<End>, MediaError> {
        let mut buffer = [0; MAX_DATAGRAM];
        for _ in 0..BATCH {
            let Some((length, from)) = self.sockets[socket].receive(&mut buffer) else {
                return Ok(None);
            };
            let now = Instant::now();
            let (to, datagram) = (self.sockets[socket].address, &buffer[..length]);
            if !self.closed && self.peer.accepts(now, from, to, datagram) == Some(true) {
                self.peer.receive(now, from, to, datagram)?;
                if let Some(end) = self.drive(now)? {
                    return Ok(Some(end));
                }
            }
        }
        self.more = true;
        Ok(None)
    }

    /// Lets the peer do what it has to.
    fn drive(&mut self, now: Instant) -> Result<Option<End>, MediaError> {
        if self.closed {
            self.peer_due = None;
            return Ok(None);
        }
        self.peer.advance(now)?;
        loop {
            match self.peer.poll()? {
                // This endpoint negotiates no video.
                PeerOutput::Video(_) | PeerOutput::PictureWanted => {}
                PeerOutput::Send { from, to, datagram } => {
                    if let Some(socket) = self.sockets.iter().find(|s| s.address == from) {
                        socket.send(&datagram, to);
                    }
                }
                PeerOutput::Ready => {
                    self.connected_at.get_or_insert(now);
                    self.next_frame.get_or_insert(now);
                    self.connection_changed();
                }
                PeerOutput::Path { up } => {
                    self.path_up = up;
                    self.connection_changed();
                }
                PeerOutput::Audio(packet) => self.audio(now, packet),
                PeerOutput::TelephoneEvent(_) => {}
                PeerOutput::Report { round_trip, .. } => {
                    self.round_trip = round_trip.or(self.round_trip);
                }
                PeerOutput::Ended => {
                    self.path_up = false;
                    self.connected = false;
                    self.closed = true;
                    self.peer_due = None;
                    self.report(EndpointEvent::Closed(CloseReason::PeerClosed));
                    return Ok(None);
                }
                PeerOutput::Wait(at) => {
                    self.peer_due = Some(at);
                    return Ok(None);
                }
            }
        }
    }

    fn may_send(&self) -> bool {
        self.peer.may_send() && !self.closed
    }

    fn connection_changed(&mut self) {
        let connected = self.path_up && self.peer.is_ready();
        if connected != self.connected {
            self.connected = connected;
            self.report(if connected {
                EndpointEvent::Connected
            } else {
                EndpointEvent::Disconnected
            });
        }
    }

    fn audio(&mut self, now: Instant, packet: AudioPacket) {
        if self.first_packet_at.is_none() {
            self.first_packet_at = Some(now);
            self.report(EndpointEvent::FirstPacket {
                after: now - self.started,
            });
        }
        let AudioPacket {
            ssrc,
            sequence,
            timestamp,
            payload,
            ..
        } = packet;
        self.reception
            .count(now, ssrc, sequence, timestamp, payload.len());
        if let Some(ear) = &mut self.ear {
            ear.packet(now, &payload);
        }
        if self.decode {
            self.playout
                .insert(now, sequence as u16, timestamp, payload);
        }
    }

    /// One frame of both directions.
    fn frame(&mut self, now: Instant) -> Result<(), MediaError> {
        let mut heard = SILENCE;
        if self.decode
            && (self.playout.play(now, &mut heard) == Played::Audio
                || self.first_packet_at.is_some())
        {
            self.received_level.measure(&heard);
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.write(&heard);
        }
        if let Some(listen) = &self.listen {
            listen.write(&heard);
        }
        if let Some((packet, level, begins)) = self.source.packet()
            && !self.muted
        {
            if self.may_send() {
                let stamp = self.outbound.own(now, packet.len());
                self.peer.send_audio(now, stamp, packet, Some(level));
                if let Some(speaker) = self.speaker.as_ref().filter(|_| begins) {
                    speaker.said(now);
                }
            }
            return Ok(());
        }
        let mut said = SILENCE;
        let filled = self.source.fill(&mut said);
        if filled == Filled::Last {
            self.report(EndpointEvent::SourceEnded);
        }
        if !self.may_send() {
            return Ok(());
        }
        let silent = self.muted || filled == Filled::Silence;
        let (packet, level) = if silent {
            said = SILENCE;
            (silent_packet(), crate::audio::SILENCE_DBFS)
        } else {
            let packet = self.encoder.encode(&said);
            (
                packet.map_err(|error| MediaError::Engine(error.to_string()))?,
                rms_dbfs(&said),
            )
        };
        self.sent_level.measure(&said);
        let stamp = self.outbound.own(now, packet.len());
        self.peer.send_audio(now, stamp, packet, Some(level));
        Ok(())
    }

    fn stats(&self) -> EndpointStats {
        let counters = self.playout.counters();
        let ms = |duration: Duration| duration.as_secs_f64() * 1000.0;
        EndpointStats {
            connected: self.connected,
            connected_after: self.connected_at.map(|at| at - self.started),
            first_packet_at: self.first_packet_at,
            first_packet_after: self.first_packet_at.map(|at| at - self.started),
            packets_received: self.reception.packets(),
            packets_lost: self.reception.lost(),
            packets_discarded: counters.late + counters.duplicate + counters.overflow,
            packets_sent: self.outbound.sent().0,
            jitter_ms: ms(self.reception.jitter()),
            rtt_ms: self.round_trip.map(ms),
            playout_delay_ms: ms(self.playout.target()),
            level_sent_dbfs: self.sent_level.dbfs(),
            level_received_dbfs: self.received_level.dbfs(),
        }
    }

    fn report(&self, event: EndpointEvent) {
        // Nobody need listen.
        let _ = self.events.send(event);
    }
}

/// Mean level over everything measured.
#[derive(Debug, Default)]
struct LevelMeter {
    energy: f64,
    samples: u64,
}

impl LevelMeter {
    fn measure(&mut self, frame: &Frame) {
        self.energy += f64::from(frame.iter().map(|s| s * s).sum::<f32>());
        self.samples += FRAME_SAMPLES as u64;
    }

    fn dbfs(&self) -> Option<f64> {
        (self.samples > 0)
            .then(|| f64::from(power_dbfs((self.energy / self.samples as f64) as f32)))
    }
}

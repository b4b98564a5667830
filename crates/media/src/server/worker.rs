//! A worker thread: its sockets, its rooms, its legs, and the loop that carries everything between them.

mod end;
mod lodging;
mod negotiate;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};
use tokio::sync::mpsc::UnboundedSender;

use super::agenda::{Agenda, Due};
use super::command::{Command, WorkerHandle};
use super::counters::Counters;
use super::demux::{Demux, Source};
use super::leg::Leg;
use super::room::{Effects, Grid, Room};
use super::sockets::open_sockets;
use super::{MediaConfig, Neighbours};
use crate::datagram::{Kind, classify};
use crate::error::MediaError;
use crate::keys::{CloseReason, LegKey, MediaEvent, Pictures, RoomKey};
use crate::net::{MAX_DATAGRAM, MediaSocket};
use crate::peer::{Certificate, PeerOutput};
use crate::waker::Waker;
use lodging::Lodging;

const WAKE: Token = Token(usize::MAX);
/// Datagrams taken from one socket before the clock and the commands are looked at again.
const BATCH: usize = 256;
/// Commands taken before the sockets are looked at again.
const COMMANDS: usize = 64;
/// Rooms that fell behind more than this skip the frames they missed.
const MAX_CATCH_UP: Duration = Duration::from_millis(100);

/// Opens the sockets of the worker and starts its thread.
pub(super) fn spawn(
    index: usize,
    config: &MediaConfig,
    certificate: Certificate,
    events: UnboundedSender<MediaEvent>,
    neighbours: Neighbours,
) -> Result<WorkerHandle, MediaError> {
    let poll = Poll::new()?;
    let sockets = open_sockets(index, config, &poll)?;
    let addresses: Vec<SocketAddr> = sockets
        .iter()
        .flat_map(|s| std::iter::once(s.address).chain(s.aliases.clone()))
        .collect();
    let waker = Waker::new(poll.registry(), WAKE)?;
    let counters = Arc::new(Counters::default());
    let (commands, inbox) = channel();
    let now = Instant::now();
    let worker = Worker {
        index,
        neighbours,
        lodged: HashMap::new(),
        sockets,
        addresses: addresses.clone(),
        certificate,
        rooms: HashMap::new(),
        legs: HashMap::new(),
        demux: Demux::default(),
        agenda: Agenda::default(),
        grid: Grid::new(now),
        events,
        counters: Arc::clone(&counters),
    };
    std::thread::Builder::new()
        .name(format!("media-{index}"))
        .spawn(move || worker.run(poll, &inbox))?;
    Ok(WorkerHandle::new(addresses, counters, commands, waker))
}

/// Of a leg, whose engine is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Transport {
    First,
    /// The video's, where it has its own.
    Second,
}

struct Worker {
    index: usize,
    neighbours: Neighbours,
    /// Legs of this worker's that lodge with others, and with whom.
    lodged: HashMap<LegKey, Lodging>,
    sockets: Vec<MediaSocket>,
    addresses: Vec<SocketAddr>,
    certificate: Certificate,
    rooms: HashMap<RoomKey, Room>,
    legs: HashMap<LegKey, Leg>,
    demux: Demux,
    agenda: Agenda,
    grid: Grid,
    events: UnboundedSender<MediaEvent>,
    counters: Arc<Counters>,
}

impl Worker {
    fn run(mut self, mut poll: Poll, inbox: &Receiver<Command>) {
        let mut events = Events::with_capacity(64);
        let mut buffer = vec![0; MAX_DATAGRAM];
        let mut more = false;
        loop {
            for _ in 0..COMMANDS {
                match inbox.try_recv() {
                    Ok(Command::Shutdown { reply }) => {
                        self.shut_down();
                        let _ = reply.send(());
                        return;
                    }
                    Ok(command) => {
                        more = true;
                        self.command(command);
                    }
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return self.shut_down(),
                }
            }
            self.catch_up();
            let timeout = if more {
                Some(Duration::ZERO)
            } else {
                self.agenda
                    .next()
                    .map(|at| at.saturating_duration_since(Instant::now()))
            };
            if let Err(error) = poll.poll(&mut events, timeout)
                && error.kind() != std::io::ErrorKind::Interrupted
            {
                tracing::error!(%error, "media worker cannot wait for its sockets and ends");
                return self.shut_down();
            }
            self.counters.wakeups.count();
            more = false;
            for socket in 0..self.sockets.len() {
                more |= self.receive_batch(socket, &mut buffer);
            }
        }
    }

    /// Whether there may be more.
    fn receive_batch(&mut self, socket: usize, buffer: &mut [u8]) -> bool {
        for _ in 0..BATCH {
            let Some((length, address)) = self.sockets[socket].receive(buffer) else {
                return false;
            };
            self.counters.received.count();
            self.receive(
                Instant::now(),
                Source { socket, address },
                &buffer[..length],
            );
        }
        true
    }

    fn receive(&mut self, now: Instant, source: Source, datagram: &[u8]) {
        let is_request;
        let transport = match classify(datagram) {
            None => return self.counters.malformed.count(),
            Some(Kind::BindingRequest { local_ufrag }) => {
                is_request = true;
                self.demux.named(local_ufrag)
            }
            Some(Kind::Dtls | Kind::Rtp) => {
                is_request = false;
                self.demux.owner(source)
            }
            // We send no requests, so there are no responses.
            Some(Kind::Stun) => return self.counters.unvalidated.count(),
        };
        let refused = if is_request {
            &self.counters.stun_refused
        } else {
            &self.counters.unvalidated
        };
        let Some(transport) = transport else {
            return refused.count();
        };
        let to = self.sockets[source.socket].address;
        if self.lodged.contains_key(&transport.transport().0) {
            return self.pass_on(now, transport, source, is_request, datagram);
        }
        self.take(now, transport, source, to, is_request, datagram);
    }

    /// Takes a datagram for a transport of a leg that is here.
    fn take(
        &mut self,
        now: Instant,
        transport: LegKey,
        source: Source,
        to: SocketAddr,
        is_request: bool,
        datagram: &[u8],
    ) {
        let refused = if is_request {
            &self.counters.stun_refused
        } else {
            &self.counters.unvalidated
        };
        let (key, is_second) = transport.transport();
        let Some(leg) = self.legs.get_mut(&key) else {
            return refused.count();
        };
        let Some(peer) = leg.transport(is_second) else {
            return refused.count();
        };
        // A panic in there is caught by `guard` below, when the peer is given the datagram again.
        let accepted = catch_unwind(AssertUnwindSafe(|| {
            peer.accepts(now, source.address, to, datagram)
        }));
        match accepted {
            Ok(Some(true)) => {}
            Ok(_) => return refused.count(),
            Err(_) => return self.panicked(key),
        }
        if is_request {
            if !self.validated(now, source, transport) {
                return self.counters.stun_refused.count();
            }
            if let Some(leg) = self.legs.get_mut(&key).filter(|_| !is_second) {
                leg.consented(now);
            }
        }
        self.guard(key, |worker| {
            let leg = worker.legs.get_mut(&key);
            if let Some(peer) = leg.and_then(|leg| leg.transport(is_second)) {
                peer.receive(now, source.address, to, datagram)?;
            }
            worker.drive(now, key, Some(source).filter(|_| !is_second))
        });
    }

    /// Does all that is due by the clock.
    fn catch_up(&mut self) {
        let now = Instant::now();
        while let Some((at, due)) = self.agenda.take_due(now) {
            match due {
                Due::Leg(key) => {
                    if let Some(leg) = self.legs.get_mut(&key)
                        && leg.scheduled == Some(at)
                    {
                        leg.scheduled = None;
                        self.guard(key, |worker| worker.drive(now, key, None));
                    }
                }
                Due::Room(key) => {
                    if let Some(room) = self.rooms.get_mut(&key)
                        && room.scheduled == Some(at)
                    {
                        room.scheduled = None;
                        // Frames are made for the time they were due at, unless that is long past.
                        let time = if now - at > MAX_CATCH_UP { now } else { at };
                        self.room(now, key, |room, grid, legs, counters, effects| {
                            room.tick(time, grid, legs, counters, effects);
                        });
                    }
                }
            }
        }
    }

    fn command(&mut self, command: Command) {
        let now = Instant::now();
        let Some(command) = self.for_here(command) else {
            return;
        };
        match command {
            Command::CreateRoom { room, kind } => {
                self.rooms.insert(room, Room::new(kind));
            }
            Command::CloseRoom { room } => {
                if let Some(room) = self.rooms.remove(&room) {
                    for leg in room.legs {
                        self.close(leg, Some(CloseReason::RoomClosed));
                    }
                }
            }
            Command::AcceptOffer {
                room,
                leg,
                offer,
                anew,
                reply,
            } => {
                let made = self.certificate(anew).and_then(|certificate| {
                    self.new_leg(now, room, leg, &certificate, |worker, peer| {
                        let offer = peer.parse_offer(&offer)?;
                        worker.answer(now, leg, &certificate, peer, &offer)
                    })
                });
                let failed = made.is_err();
                // A caller that no longer waits would never close the leg.
                if reply.send(made).is_err() || failed {
                    self.close(leg, None);
                }
            }
            Command::MakeOffer {
                room,
                leg,
                pictures,
                reply,
            } => {
                // Who comes to somebody with a picture may want to see it, and be seen.
                let pictures = match self.shows_anybody(room) {
                    true => pictures,
                    false => Pictures::No,
                };
                let certificate = self.certificate.clone();
                let made = self.new_leg(now, room, leg, &certificate, |worker, peer| {
                    worker.offer(now, leg, peer, pictures)
                });
                if reply.send(made).is_err() {
                    self.close(leg, None);
                }
            }
            Command::ApplyAnswer { leg, answer, reply } => {
                let _ = reply.send(self.apply_answer(now, leg, &answer));
            }
            Command::Reoffer { leg, offer, reply } => {
                let _ = reply.send(self.reoffer(now, leg, &offer));
            }
            Command::Join { leg } => self.change(now, leg, |leg| leg.joined = true),
            Command::Leave { leg } => self.change(now, leg, |leg| leg.joined = false),
            Command::SetFlags { leg, flags } => self.change(now, leg, |leg| leg.flags = flags),
            Command::SetOwner { leg, owner, screen } => self.change(now, leg, |leg| {
                leg.owner = Some(owner);
                leg.is_screen = screen;
            }),
            Command::SetSound { leg, sound } => self.change(now, leg, |leg| leg.sound = sound),
            Command::PlayChime { room, chime } => {
                self.room(now, room, |room, grid, legs, _, effects| {
                    room.ring(chime);
                    room.settle(now, grid, legs, effects);
                });
            }
            Command::PlayDtmf { leg, digits } => self.play_dtmf(now, leg, &digits),
            Command::MoveLeg { leg, room } if room.worker() == self.index => {
                self.move_leg(now, leg, room);
            }
            Command::MoveLeg { leg, room } => self.send_off(now, leg, room),
            Command::Lodge { leg, room } => self.lodge(now, leg, room),
            Command::Home { leg, errand } => self.run_errand(now, leg, errand),
            Command::Datagram { transport, arrived } => {
                let super::command::Arrived {
                    source,
                    to,
                    is_request,
                    datagram,
                    under_way,
                } = arrived;
                drop(under_way);
                self.take(now, transport, source, to, is_request, &datagram);
            }
            Command::CloseLeg { leg } => self.close(leg, None),
            Command::Stats { leg, reply } => {
                let _ = reply.send(self.legs.get(&leg).map(Leg::stats));
            }
            // `run` has taken it.
            Command::Shutdown { .. } => {}
        }
        self.counters.legs.set(self.legs.len() as u64);
        self.counters.rooms.set(self.rooms.len() as u64);
    }

    /// Whether somebody in the room sends a picture, or wants to see one.
    fn shows_anybody(&self, room: RoomKey) -> bool {
        let legs = self.rooms.get(&room).map(|room| room.legs.iter());
        legs.into_iter()
            .flatten()
            .filter_map(|key| self.legs.get(key))
            .any(|leg| leg.watches() || leg.shows())
    }

    /// Changes how a leg takes part.
    fn change(&mut self, now: Instant, key: LegKey, change: impl FnOnce(&mut Leg)) {
        let Some(leg) = self.legs.get_mut(&key) else {
            return;
        };
        let heard = leg.is_heard();
        change(leg);
        let mut events = Vec::new();
        if !leg.is_heard() {
            events.extend(leg.hush());
        }
        if !leg.takes_part() || leg.flags.held {
            leg.dtmf.clear();
        }
        let room = leg.room;
        if leg.is_heard() != heard {
            // What was said before is not heard later.
            leg.playout.restart();
        }
        self.tell(events);
        self.settle(now, room);
    }

    /// Takes a leg with its connection to another room.
    fn move_leg(&mut self, now: Instant, key: LegKey, to: RoomKey) {
        let (Some(leg), true) = (self.legs.get_mut(&key), self.rooms.contains_key(&to)) else {
            return;
        };
        let from = std::mem::replace(&mut leg.room, to);
        let hushed = leg.depart();
        self.tell(hushed);
        if let Some(room) = self.rooms.get_mut(&from) {
            room.legs.retain(|other| *other != key);
        }
        if let Some(room) = self.rooms.get_mut(&to) {
            room.legs.push(key);
        }
        self.settle(now, from);
        self.settle(now, to);
    }

    fn play_dtmf(&mut self, now: Instant, key: LegKey, digits: &str) {
        let Some(leg) = self.legs.get(&key) else {
            return;
        };
        let others = self.rooms.get(&leg.room).is_some_and(Room::has_others);
        if others && leg.takes_part() && !leg.flags.held {
            self.change(now, key, |leg| leg.dtmf.push(digits));
        }
    }

    /// Lets a leg's engine do what it has to, passes on what it says, and looks after the leg.
    fn drive(&mut self, now: Instant, key: LegKey, via: Option<Source>) -> Result<(), MediaError> {
        let Some(leg) = self.legs.get_mut(&key) else {
            return Ok(());
        };
        leg.peer.advance(now)?;
        let mut polled = Transport::First;
        loop {
            let Some(leg) = self.legs.get_mut(&key) else {
                return Ok(());
            };
            let is_second = polled == Transport::Second;
            let Some(peer) = leg.transport(is_second) else {
                break;
            };
            match peer.poll()? {
                PeerOutput::Send { from, to, datagram } => {
                    let media = datagram.first().is_some_and(|&first| first > 3);
                    if leg.connection == super::leg::Connection::Lost && media {
                        continue;
                    }
                    let target = leg.media_source.filter(|_| media && !is_second);
                    let transport = if is_second { key.picture() } else { key };
                    self.send_for(transport, from, to, target, datagram);
                }
                PeerOutput::Ready if is_second => {
                    // What was sent before is lost: it begins with a whole picture.
                    let room = leg.room;
                    self.room(now, room, |room, _, legs, _, effects| {
                        room.picture_wanted(now, key, legs, effects);
                    });
                }
                PeerOutput::Ready => {}
                // The leg is there as long as its sound is.
                PeerOutput::Path { up } if !is_second => leg.path(up),
                PeerOutput::Path { .. } => {}
                PeerOutput::Audio(packet) => {
                    leg.received(now, &packet, via);
                    let room = leg.room;
                    self.room(now, room, |room, _, legs, _, effects| {
                        room.audio(now, key, &packet, legs, effects);
                    });
                }
                PeerOutput::TelephoneEvent(packet) => {
                    let pressed = leg.key_press(&packet);
                    let room = leg.room;
                    self.tell(pressed);
                    self.room(now, room, |room, _, legs, _, _| {
                        room.skipped(key, &packet, legs)
                    });
                }
                PeerOutput::Video(packet) => {
                    leg.alive(now);
                    let room = leg.room;
                    self.room(now, room, |room, _, legs, _, effects| {
                        room.video(now, key, &packet, legs, effects);
                    });
                }
                PeerOutput::PictureWanted => {
                    let room = leg.room;
                    self.room(now, room, |room, _, legs, _, effects| {
                        room.picture_wanted(now, key, legs, effects);
                    });
                }
                PeerOutput::Report { round_trip, loss } if !is_second => {
                    leg.reported(round_trip, loss);
                }
                PeerOutput::Report { .. } => {}
                PeerOutput::Ended => {
                    self.close(key, Some(CloseReason::PeerClosed));
                    return Ok(());
                }
                PeerOutput::Wait(at) if !is_second => {
                    leg.peer_due = at;
                    let Some(picture) = &mut leg.picture else {
                        break;
                    };
                    picture.advance(now)?;
                    polled = Transport::Second;
                }
                PeerOutput::Wait(at) => {
                    leg.peer_due = leg.peer_due.min(at);
                    break;
                }
            }
        }
        let Some(leg) = self.legs.get_mut(&key) else {
            return Ok(());
        };
        let (took_part, room) = (leg.takes_part(), leg.room);
        let (events, gone) = leg.review(now);
        let takes_part = leg.takes_part();
        self.tell(events);
        if let Some(reason) = gone {
            self.close(key, Some(reason));
            return Ok(());
        }
        if takes_part != took_part {
            self.settle(now, room);
        }
        self.schedule_leg(key);
        Ok(())
    }

    /// Lets a room do something, then everybody whom it concerned.
    fn room(
        &mut self,
        now: Instant,
        key: RoomKey,
        work: impl FnOnce(&mut Room, Grid, &mut HashMap<LegKey, Leg>, &Counters, &mut Effects),
    ) {
        let Some(room) = self.rooms.get_mut(&key) else {
            return;
        };
        let mut effects = Effects::default();
        work(
            room,
            self.grid,
            &mut self.legs,
            &self.counters,
            &mut effects,
        );
        self.schedule_room(key);
        self.tell(effects.events);
        for leg in effects.written {
            self.guard(leg, |worker| worker.flush(now, leg));
        }
    }

    /// Sends what was written to a leg.
    fn flush(&mut self, now: Instant, key: LegKey) -> Result<(), MediaError> {
        self.drive(now, key, None)
    }

    fn settle(&mut self, now: Instant, room: RoomKey) {
        self.room(now, room, |room, grid, legs, _, effects| {
            room.settle(now, grid, legs, effects);
        });
    }

    fn send(&self, from: SocketAddr, to: SocketAddr, target: Option<Source>, datagram: &[u8]) {
        let socket = match target {
            Some(source) => self.sockets.get(source.socket),
            None => self
                .sockets
                .iter()
                .find(|s| s.address == from || s.aliases.contains(&from)),
        };
        let to = target.map_or(to, |source| source.address);
        match socket {
            Some(socket) if socket.send(datagram, to) => self.counters.sent.count(),
            _ => self.counters.unsent.count(),
        }
    }

    fn tell(&self, events: impl IntoIterator<Item = MediaEvent>) {
        for event in events {
            // Nobody need listen.
            let _ = self.events.send(event);
        }
    }

    fn schedule_leg(&mut self, key: LegKey) {
        if let Some(leg) = self.legs.get_mut(&key) {
            let due = leg.due();
            if leg.scheduled.is_none_or(|at| due < at) {
                leg.scheduled = Some(due);
                self.agenda.add(due, Due::Leg(key));
            }
        }
    }

    fn schedule_room(&mut self, key: RoomKey) {
        if let Some(room) = self.rooms.get_mut(&key)
            && let Some(due) = room.next_tick
            && room.scheduled.is_none_or(|at| due < at)
        {
            room.scheduled = Some(due);
            self.agenda.add(due, Due::Room(key));
        }
    }
}

//! Legs in rooms of another worker.
//!
//! A leg's connection belongs to the socket it was made on, which is its home worker's. When it goes to a room elsewhere, its engine and its
//! state go, and the socket stays: the home passes on what comes in, sends what goes out, and keeps the names by which datagrams
//! find it. Handles know nothing of it: what they ask of the leg they ask of its home, which passes that on too. Everything
//! between two workers stays in order, so nothing overtakes the leg on its way.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Instant;

use super::Worker;
use crate::keys::{CloseReason, LegKey, MediaEvent, RoomKey};
use crate::server::command::{Arrived, Command, Errand, UnderWay, WorkerHandle};
use crate::server::demux::Source;
use crate::server::leg::Leg;

/// Where a leg of ours is.
pub(super) struct Lodging {
    host: usize,
    /// Datagrams on their way there.
    under_way: Arc<AtomicUsize>,
}

impl Worker {
    /// Another worker; `None`: the server ends.
    pub(super) fn neighbour(&self, index: usize) -> Option<Arc<WorkerHandle>> {
        self.neighbours.get()?.get(index)?.upgrade()
    }

    fn tell_neighbour(&self, index: usize, command: Command) {
        if let Some(worker) = self.neighbour(index) {
            worker.send(command);
        }
    }

    /// The command, unless it is about a leg that is elsewhere: then it is passed on.
    pub(super) fn for_here(&self, command: Command) -> Option<Command> {
        let Some(leg) = command.leg().filter(|leg| !self.legs.contains_key(leg)) else {
            return Some(command);
        };
        let place = match leg.worker() == self.index {
            true => self.lodged.get(&leg).map(|lodging| lodging.host),
            // It has left, or is gone: its home knows of that by now.
            false => Some(leg.worker()),
        };
        match place {
            Some(place) => self.tell_neighbour(place, command),
            None => return Some(command),
        }
        None
    }

    /// Sends a leg to a room of another worker, through its home if that is not here.
    pub(super) fn send_off(&mut self, now: Instant, key: LegKey, room: RoomKey) {
        let Some(mut leg) = self.legs.remove(&key) else {
            return;
        };
        let hushed = leg.depart();
        self.tell(hushed);
        if let Some(before) = self.rooms.get_mut(&leg.room) {
            before.legs.retain(|other| *other != key);
        }
        self.settle(now, leg.room);
        self.pass_leg(Box::new(leg), room);
    }

    fn pass_leg(&mut self, leg: Box<Leg>, room: RoomKey) {
        let next = match leg.key.worker() == self.index {
            true => {
                let lodging = Lodging {
                    host: room.worker(),
                    under_way: Arc::default(),
                };
                self.lodged.insert(leg.key, lodging);
                room.worker()
            }
            false => leg.key.worker(),
        };
        self.tell_neighbour(next, Command::Lodge { leg, room });
    }

    /// A leg comes from another worker.
    pub(super) fn lodge(&mut self, now: Instant, mut leg: Box<Leg>, room: RoomKey) {
        let key = leg.key;
        if room.worker() != self.index {
            return self.pass_leg(leg, room);
        }
        self.lodged.remove(&key);
        leg.room = room;
        leg.scheduled = None;
        self.legs.insert(key, *leg);
        let Some(there) = self.rooms.get_mut(&room) else {
            // It has ended meanwhile, and cannot tell.
            return self.close(key, Some(CloseReason::RoomClosed));
        };
        there.legs.push(key);
        self.settle(now, room);
        self.schedule_leg(key);
    }

    /// Passes a datagram on to where a leg of ours lodges.
    pub(super) fn pass_on(
        &self,
        now: Instant,
        transport: LegKey,
        source: Source,
        is_request: bool,
        datagram: &[u8],
    ) {
        if is_request && !self.demux.is_free(now, source, transport) {
            return self.counters.stun_refused.count();
        }
        let (key, _) = transport.transport();
        let (Some(lodging), Some(socket)) =
            (self.lodged.get(&key), self.sockets.get(source.socket))
        else {
            return;
        };
        let Some(under_way) = UnderWay::one_more(&lodging.under_way) else {
            return self.counters.unvalidated.count();
        };
        let arrived = Arrived {
            source,
            to: socket.address,
            is_request,
            datagram: datagram.to_vec(),
            under_way,
        };
        self.tell_neighbour(lodging.host, Command::Datagram { transport, arrived });
    }

    /// What a worker asks of a leg's home, or is done here if that is here.
    fn errand(&mut self, now: Instant, leg: LegKey, errand: Errand) {
        match leg.worker() == self.index {
            true => self.run_errand(now, leg, errand),
            false => self.tell_neighbour(leg.worker(), Command::Home { leg, errand }),
        }
    }

    pub(super) fn run_errand(&mut self, now: Instant, transport: LegKey, errand: Errand) {
        match errand {
            Errand::Validated(source) => {
                self.demux.validated(now, source, transport);
            }
            Errand::Named { ufrag, anew } => {
                if anew {
                    self.demux.remove(transport);
                }
                self.demux.name(transport, ufrag);
            }
            Errand::Nameless => self.demux.remove(transport),
            Errand::Send {
                from,
                to,
                target,
                datagram,
            } => {
                let target = target.filter(|source| self.demux.owner(*source) == Some(transport));
                self.send(from, to, target, &datagram);
            }
            Errand::Gone => {
                let (leg, _) = transport.transport();
                self.lodged.remove(&leg);
                self.demux.remove(leg);
                self.demux.remove(leg.picture());
            }
        }
    }

    /// A binding request for the transport has valid integrity. `false`: its source is not the transport's to have.
    pub(super) fn validated(&mut self, now: Instant, source: Source, transport: LegKey) -> bool {
        if transport.worker() == self.index {
            return self.demux.validated(now, source, transport);
        }
        // Its home has looked before it passed the request on.
        self.errand(now, transport, Errand::Validated(source));
        true
    }

    /// The leg's transports go by the ICE user fragments they have now; `anew`: and none of their sources is known any more.
    pub(super) fn name(&mut self, key: LegKey, anew: bool) {
        let Some(leg) = self.legs.get_mut(&key) else {
            return;
        };
        let ufrag = leg.peer.local_ufrag();
        let picture = leg.picture.as_mut().map(crate::peer::Peer::local_ufrag);
        let now = Instant::now();
        self.errand(now, key, Errand::Named { ufrag, anew });
        let second = match picture {
            Some(ufrag) => Errand::Named { ufrag, anew },
            None => Errand::Nameless,
        };
        self.errand(now, key.picture(), second);
    }

    pub(super) fn unname(&mut self, leg: LegKey) {
        self.errand(Instant::now(), leg, Errand::Gone);
    }

    /// Sends for a transport from the socket its leg was made on.
    pub(super) fn send_for(
        &self,
        transport: LegKey,
        from: SocketAddr,
        to: SocketAddr,
        target: Option<Source>,
        datagram: Vec<u8>,
    ) {
        if transport.worker() == self.index {
            let target = target.filter(|source| self.demux.owner(*source) == Some(transport));
            return self.send(from, to, target, &datagram);
        }
        let errand = Errand::Send {
            from,
            to,
            target,
            datagram,
        };
        let command = Command::Home {
            leg: transport,
            errand,
        };
        self.tell_neighbour(transport.worker(), command);
    }
}

impl Leg {
    /// Leaves its room for another; what its former room is told of that.
    pub(super) fn depart(&mut self) -> Option<MediaEvent> {
        self.joined = false;
        self.playout.restart();
        self.dtmf.clear();
        self.outbound.forget_origin();
        self.watching = None;
        self.video_out.switch();
        self.hush()
    }
}

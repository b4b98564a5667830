//! How legs come to a worker, and change what was agreed on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use offhook_proto::limits::ROOM_MEMBERS;

use super::Worker;
use crate::error::MediaError;
use crate::keys::{LegKey, RoomKey};
use crate::peer::{Ice, Peer};
use crate::server::leg::Leg;

impl Worker {
    /// Makes a peer in a room and describes it by `describe`.
    pub(super) fn new_leg(
        &mut self,
        now: Instant,
        room_key: RoomKey,
        key: LegKey,
        describe: impl FnOnce(&mut Peer) -> Result<String, MediaError>,
    ) -> Result<String, MediaError> {
        let room = self.rooms.get_mut(&room_key).ok_or(MediaError::NoRoom)?;
        if room.legs.len() >= ROOM_MEMBERS {
            return Err(MediaError::RoomFull);
        }
        room.legs.push(key);
        let peer = self.new_peer(now, self.index);
        let described = peer.and_then(|mut peer| {
            let text = uncaught(|| describe(&mut peer))?;
            Ok((peer, text))
        });
        match described {
            Ok((mut peer, text)) => {
                self.demux.name(key, peer.local_ufrag());
                self.legs.insert(key, Leg::new(now, key, room_key, peer));
                self.schedule_leg(key);
                Ok(text)
            }
            Err(error) => {
                if let Some(room) = self.rooms.get_mut(&room_key) {
                    room.legs.retain(|leg| *leg != key);
                }
                Err(error)
            }
        }
    }

    /// A peer that is reached at the addresses of a worker, its home.
    fn new_peer(&self, now: Instant, home: usize) -> Result<Peer, MediaError> {
        let elsewhere = (home != self.index).then(|| self.neighbour(home)).flatten();
        let addresses = match &elsewhere {
            Some(home) => home.addresses.iter().copied(),
            None => self.addresses.iter().copied(),
        };
        let mut peer = Peer::new(now, Ice::Lite, &self.certificate, addresses)?;
        while self.demux.knows(&peer.local_ufrag()) {
            peer.renew_credentials();
        }
        Ok(peer)
    }

    pub(super) fn reoffer(
        &mut self,
        now: Instant,
        key: LegKey,
        text: &str,
    ) -> Result<String, MediaError> {
        let leg = self.legs.get(&key).ok_or(MediaError::NoLeg)?;
        let offer = leg.peer.parse_offer(text)?;
        if leg.peer.is_same_identity(&offer) {
            let answer = self.negotiate(now, key, |leg| leg.peer.answer(&offer))?;
            return Ok(answer);
        }
        let mut peer = self.new_peer(now, key.worker())?;
        let answer = uncaught(|| peer.answer(&offer))?;
        self.name(key, peer.local_ufrag(), true);
        self.negotiate(now, key, |leg| {
            leg.replace_peer(now, peer);
            Ok(())
        })?;
        Ok(answer)
    }

    /// Changes what was negotiated with a leg; its ICE credentials may change by it.
    pub(super) fn negotiate<T>(
        &mut self,
        now: Instant,
        key: LegKey,
        change: impl FnOnce(&mut Leg) -> Result<T, MediaError>,
    ) -> Result<T, MediaError> {
        let leg = self.legs.get_mut(&key).ok_or(MediaError::NoLeg)?;
        let result = uncaught(|| change(leg));
        let (room, ufrag) = (leg.room, leg.peer.local_ufrag());
        self.name(key, ufrag, false);
        self.guard(key, |worker| worker.drive(now, key, None));
        // The direction may be another.
        self.settle(now, room);
        result
    }
}

/// A panic becomes an error: the input of one peer must not end the thread.
fn uncaught<T>(work: impl FnOnce() -> Result<T, MediaError>) -> Result<T, MediaError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(MediaError::Engine("it panicked on the description".into())))
}

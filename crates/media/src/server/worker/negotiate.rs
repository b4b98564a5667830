//! How legs come to a worker, and change what was agreed on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use offhook_proto::limits::ROOM_MEMBERS;

use super::Worker;
use crate::error::MediaError;
use crate::keys::{LegKey, Pictures, RoomKey};
use crate::peer::{AudioDirection, Certificate, Ice, Peer};
use crate::sdp::RemoteOffer;
use crate::server::leg::Leg;

impl Worker {
    /// Makes a peer in a room and describes it by `describe`, which may make a second for the video.
    pub(super) fn new_leg(
        &mut self,
        now: Instant,
        room_key: RoomKey,
        key: LegKey,
        certificate: &Certificate,
        describe: impl FnOnce(&mut Self, &mut Peer) -> Result<(String, Option<Peer>), MediaError>,
    ) -> Result<String, MediaError> {
        let room = self.rooms.get_mut(&room_key).ok_or(MediaError::NoRoom)?;
        if room.legs.len() >= ROOM_MEMBERS {
            return Err(MediaError::RoomFull);
        }
        room.legs.push(key);
        let peer = self.new_peer(now, self.index, certificate);
        let described = peer.and_then(|mut peer| {
            let (text, picture) = uncaught(|| describe(self, &mut peer))?;
            Ok((peer, picture, text))
        });
        match described {
            Ok((peer, picture, text)) => {
                let mut leg = Leg::new(now, key, room_key, peer);
                leg.picture = picture;
                self.legs.insert(key, leg);
                self.name(key, false);
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

    /// The certificate of all legs, or one that is new.
    pub(super) fn certificate(&self, anew: bool) -> Result<Certificate, MediaError> {
        match anew {
            true => Certificate::generate(),
            false => Ok(self.certificate.clone()),
        }
    }

    /// A peer that is reached at the addresses of a worker, its home.
    fn new_peer(
        &self,
        now: Instant,
        home: usize,
        certificate: &Certificate,
    ) -> Result<Peer, MediaError> {
        let elsewhere = (home != self.index).then(|| self.neighbour(home)).flatten();
        let addresses = match &elsewhere {
            Some(home) => home.addresses.iter().copied(),
            None => self.addresses.iter().copied(),
        };
        let mut peer = Peer::new(now, Ice::Lite, certificate, addresses)?;
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
            let missing = offer.apart.is_some() && leg.picture.is_none();
            let new = missing
                .then(|| self.new_peer(now, key.worker(), &self.certificate))
                .transpose()?;
            return self.negotiate(now, key, |leg| {
                let mut new = new;
                let picture = new.as_mut().or(leg.picture.as_mut());
                let answer = leg.peer.answer(&offer, picture)?;
                leg.picture = match &offer.apart {
                    Some(_) => new.or(leg.picture.take()),
                    None => None,
                };
                Ok(answer)
            });
        }
        let mut peer = self.new_peer(now, key.worker(), &self.certificate)?;
        // What the former peer had agreed on does not bind this one.
        let offer = peer.parse_offer(text)?;
        let (answer, picture) =
            uncaught(|| self.answer(now, key, &self.certificate, &mut peer, &offer))?;
        if let Some(leg) = self.legs.get_mut(&key) {
            leg.replace_peer(now, peer, picture);
        }
        self.name(key, true);
        self.negotiate(now, key, |_| Ok(answer))
    }

    /// Answers an offer by a fresh peer, and by a second where the video has a transport of its own.
    pub(super) fn answer(
        &self,
        now: Instant,
        key: LegKey,
        certificate: &Certificate,
        peer: &mut Peer,
        offer: &RemoteOffer,
    ) -> Result<(String, Option<Peer>), MediaError> {
        let apart = offer.apart.is_some();
        let mut picture = apart
            .then(|| self.new_peer(now, key.worker(), certificate))
            .transpose()?;
        let answer = peer.answer(offer, picture.as_mut())?;
        Ok((answer, picture))
    }

    /// Offers audio by a fresh peer, and video as far as it is wanted.
    pub(super) fn offer(
        &self,
        now: Instant,
        key: LegKey,
        peer: &mut Peer,
        pictures: Pictures,
    ) -> Result<(String, Option<Peer>), MediaError> {
        let both = AudioDirection {
            send: true,
            receive: true,
        };
        if pictures != Pictures::Apart {
            let offer = peer.offer(both, pictures == Pictures::Bundled, false)?;
            return Ok((offer, None));
        }
        let mut picture = self.new_peer(now, key.worker(), &self.certificate)?;
        let offer = peer.offer_apart(&mut picture, both)?;
        Ok((offer, Some(picture)))
    }

    /// Takes the answer to an offer.
    pub(super) fn apply_answer(
        &mut self,
        now: Instant,
        key: LegKey,
        answer: &str,
    ) -> Result<(), MediaError> {
        self.negotiate(now, key, |leg| {
            if !leg.peer.apply_answer(answer, leg.picture.as_mut())? {
                leg.picture = None;
            }
            Ok(())
        })
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
        let room = leg.room;
        self.name(key, false);
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

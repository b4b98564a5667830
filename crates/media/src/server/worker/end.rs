//! How legs end, by themselves, by a failure, or because they are told to.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use super::Worker;
use crate::error::MediaError;
use crate::keys::{CloseReason, LegKey, MediaEvent, RoomKey};
use crate::peer::PeerOutput;

impl Worker {
    /// Does something with a leg's engine; when that fails or panics the leg is closed and nobody else notices.
    pub(super) fn guard(
        &mut self,
        key: LegKey,
        work: impl FnOnce(&mut Self) -> Result<(), MediaError>,
    ) {
        match catch_unwind(AssertUnwindSafe(|| work(self))) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let ready = self.legs.get(&key).is_some_and(|leg| leg.peer.is_ready());
                tracing::warn!(leg = %key, %error, "leg closed");
                let reason = if ready {
                    CloseReason::EngineFailed
                } else {
                    CloseReason::HandshakeFailed
                };
                self.close(key, Some(reason));
            }
            Err(_) => self.panicked(key),
        }
    }

    pub(super) fn panicked(&mut self, key: LegKey) {
        self.counters.panics.count();
        tracing::error!(leg = %key, "media engine panicked on a peer's input: leg closed");
        // Its engine is not asked for a farewell.
        if let Some(leg) = self.legs.remove(&key) {
            self.forget(leg.room, key);
            self.tell([MediaEvent::Closed {
                leg: key,
                reason: CloseReason::EngineFailed,
            }]);
        }
    }

    /// Ends a leg with a farewell to its peer; reported if there is a reason.
    pub(super) fn close(&mut self, key: LegKey, reason: Option<CloseReason>) {
        let Some(mut leg) = self.legs.remove(&key) else {
            return;
        };
        for peer in std::iter::once(&mut leg.peer).chain(&mut leg.picture) {
            peer.close();
            let farewell = catch_unwind(AssertUnwindSafe(|| {
                // What does not get out no longer matters.
                let _ = peer.advance(Instant::now());
                while let Ok(output) = peer.poll() {
                    match output {
                        PeerOutput::Send { from, to, datagram } => {
                            self.send_for(key, from, to, None, datagram);
                        }
                        PeerOutput::Wait(_) => break,
                        _ => {}
                    }
                }
            }));
            if farewell.is_err() {
                self.counters.panics.count();
            }
        }
        let mut events: Vec<MediaEvent> = leg.hush().into_iter().collect();
        if let Some(reason) = reason {
            let stats = Box::new(leg.stats());
            events.push(MediaEvent::Measured { leg: key, stats });
            events.push(MediaEvent::Closed { leg: key, reason });
        }
        self.tell(events);
        self.forget(leg.room, key);
    }

    fn forget(&mut self, room: RoomKey, leg: LegKey) {
        self.unname(leg);
        if let Some(room) = self.rooms.get_mut(&room) {
            room.legs.retain(|other| *other != leg);
        }
        self.settle(Instant::now(), room);
        self.counters.legs.set(self.legs.len() as u64);
    }

    pub(super) fn shut_down(&mut self) {
        let legs: Vec<LegKey> = self.legs.keys().copied().collect();
        for leg in legs {
            self.close(leg, None);
        }
    }
}

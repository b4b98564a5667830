//! The end of a leg, and of the room.

use std::time::Instant;

use offhook_proto::code::Cause;
use offhook_proto::event::Progress;
use offhook_proto::relay::RpcError;
use offhook_proto::rest::WebhookEvent;

use super::{Farewell, Kind, Room, RoomMessage};
use crate::calls::directory::LegId;
use crate::calls::{Calls, answer_for_gone_dialog};

impl Room {
    /// Ends a leg: tells its client and everybody else, and with it what cannot go on without it.
    pub(super) fn end_leg(&mut self, id: LegId, cause: Cause, reason: &str, farewell: Farewell) {
        let Some(index) = self.legs.iter().position(|leg| leg.id == id) else {
            return;
        };
        let mut leg = self.legs.remove(index);
        // Before the client learns of it, and calls again.
        drop(leg.charge.take());
        let context = self.context.clone();
        tracing::info!(call = %leg.call_id(), cause = cause.name(), reason, "leg ends");
        let measured = self.last_measured(&leg);
        context
            .directory
            .end(&leg.key, cause, Instant::now(), context.timing.ended_dialog);
        context.journal.remove(&leg.key);
        if cause == Cause::MediaTimeout && leg.is_joined() && !leg.is_auxiliary() {
            self.keep_lost(&leg);
        }
        context.counters.legs.add(-1);
        context.counters.leg_ended(cause.name());
        if let Some(dial) = &leg.dial {
            self.end_dial(dial);
        }
        leg.send_state(&context, Progress::Ended);
        leg.tell_backend(&context, Progress::Ended, Some((cause, reason)));
        if leg.is_auxiliary() {
            if leg.is_joined() {
                self.tell_gone(&leg.member, reason);
            }
            return;
        }
        self.enter_in_ledger(&leg, cause, reason, measured);
        self.end_auxiliaries(id, cause, reason);
        if leg.is_joined() {
            self.tell_left(&leg, reason);
        }
        if farewell != Farewell::None {
            let bye = leg.bye(&context, cause);
            leg.session.event(bye.clone());
            if farewell == Farewell::ByeTwice {
                let (session, after) = (leg.session.clone(), context.timing.repeat_bye);
                tokio::spawn(async move {
                    tokio::time::sleep(after).await;
                    session.event(bye);
                });
            }
        }
        match self.kind {
            Kind::Direct if self.calls.iter().any(|calling| calling.is_by(id)) => {
                let calls = self.calls.iter().filter(|calling| calling.is_by(id));
                let calls: Vec<u64> = calls.map(|calling| calling.id).collect();
                for calling in calls {
                    self.stop_ringing(calling, Cause::OriginatorCancel);
                }
            }
            // A device that stops ringing is no side of the call yet.
            Kind::Direct if self.calls.is_empty() && leg.is_joined() => {
                // One side of two has gone.
                let mut others = self.legs.iter().filter(|leg| !leg.is_auxiliary());
                if let (Some(other), None) = (others.next(), others.next())
                    && other.is_joined()
                {
                    let other = other.id;
                    self.end_leg(other, cause_for_other_side(cause), "ended", Farewell::Bye);
                }
            }
            _ => {}
        }
    }

    /// The directory shows whether a conference takes somebody in.
    pub(super) fn show_lock(&self, locked: bool) {
        if let Kind::Conference(room) = &self.kind {
            self.context.directory.set_locked(&room.id, locked);
            self.context.store.tell_changed(&room.project_id, &room.id);
        }
    }

    pub(super) fn end(mut self) {
        if self.locked {
            self.show_lock(false);
        }
        if self.began_for_backend {
            self.tell_backend_of_room(WebhookEvent::RoomEnded);
        }
        if let Kind::Conference(room) = &self.kind {
            self.context
                .directory
                .end_conference(&room.id, &self.handle);
        }
        self.messages.close();
        // Whoever came in this moment goes to the room's next session; replies of the rest answer for themselves.
        while let Ok(message) = self.messages.try_recv() {
            match message {
                RoomMessage::Join(join) if join.order.auxiliary.is_some() => {
                    self.context.directory.withdraw(&join.order.key);
                    let over = RpcError::invalid_params("the call has ended");
                    join.reply.refuse(&over);
                }
                RoomMessage::Join(join) => {
                    self.context.directory.withdraw(&join.order.key);
                    Calls {
                        context: self.context.clone(),
                    }
                    .enter(self.kind.clone(), *join);
                }
                RoomMessage::Dialog { reply, request, .. } => {
                    answer_for_gone_dialog(reply, &request, Cause::NormalClearing);
                }
                RoomMessage::Restore(restore) => {
                    self.context.directory.withdraw(&restore.key);
                    restore.reply.refuse(&RpcError::invalid_params("try again"));
                }
                RoomMessage::Arrival(arrival) => {
                    arrival.send_back(&RpcError::invalid_params("that call has just ended"));
                }
                RoomMessage::Returned { leg } => self.abandon(&leg),
                _ => {}
            }
        }
        self.close_ledger();
        self.context.media.close_room(self.media_room);
        self.context.counters.rooms.add(-1);
        tracing::debug!("room ends");
    }
}

/// What the one who stays in a two-party call is told when the other has gone.
fn cause_for_other_side(cause: Cause) -> Cause {
    match cause {
        Cause::MediaTimeout | Cause::TemporaryFailure => cause,
        _ => Cause::NormalClearing,
    }
}

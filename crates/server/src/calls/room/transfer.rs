//! Handing the other side of a call over: to a room, to somebody else, or into another call (wire-protocol.md 5.10.10).
//!
//! The leg changes rooms with its dialog, its media and its member. Rooms do not wait for each other: the room it leaves
//! sends it off (`Arrival`); the one it comes to takes it and says so (`Departed`), or sends it back (`Returned`).

use std::time::Instant;

use offhook_proto::code::{Cause, refusal};
use offhook_proto::event::{CallConnect, ConnectedPeer, Device, MemberEvent};
use offhook_proto::method::event;
use offhook_proto::relay::RpcError;
use offhook_proto::verto_reply::TransferResult;
use serde_json::Map;

use super::control::Answer;
use super::{Farewell, Kind, Ring, Room, RoomHandle, RoomMessage, spawn};
use crate::calls::VertoReply;
use crate::calls::destination::refuse;
use crate::calls::directory::{DialogEntry, LegId};
use crate::calls::leg::Leg;
use crate::records::Target;
use crate::relay::{Keep, OutEvent};
use crate::store::ConferenceRoom;

/// Where a leg is handed over to.
pub(in crate::calls) enum Goal {
    Conference(Box<ConferenceRoom>, Target),
    Subscriber(Ring, Target),
    /// Another call of the one who transfers, in place of this leg of theirs.
    Call {
        room: RoomHandle,
        replaces: LegId,
    },
}

/// Who waits to hear what became of a transfer.
pub(in crate::calls) enum TransferReply {
    /// A client.
    Client(VertoReply),
    /// The project's backend.
    Backend(Answer),
}

impl TransferReply {
    pub(in crate::calls) fn refuse(self, error: &RpcError) {
        match self {
            Self::Client(reply) => reply.refuse(error),
            // Whoever asked may no longer wait.
            Self::Backend(answer) => drop(answer.send(Err(error.clone()))),
        }
    }

    fn done(self, call_id: &str) {
        match self {
            Self::Client(reply) => reply.ok(TransferResult {
                action: "transfer",
                call_id,
            }),
            Self::Backend(answer) => drop(answer.send(Ok(()))),
        }
    }
}

/// What the one who transfers asks for.
pub(in crate::calls) struct TransferOrder {
    pub(in crate::calls) reply: TransferReply,
    /// Their dialog.
    pub(in crate::calls) call_id: String,
    pub(in crate::calls) goal: Goal,
}

/// A leg on its way from one room to another.
pub(in crate::calls) struct Arrival {
    leg: Leg,
    reply: TransferReply,
    /// Dialog of the one who transfers.
    call_id: String,
    from: RoomHandle,
    transferor: LegId,
    /// Tells the leg that the one who transfers is gone.
    goodbye: OutEvent,
    ring: Option<Ring>,
    replaces: Option<LegId>,
    /// Where it goes; of another call, whoever is there.
    target: Option<Target>,
}

impl Room {
    /// Hands the other side over.
    pub(super) fn transfer(&mut self, id: LegId, order: TransferOrder) {
        let TransferOrder {
            reply,
            call_id,
            goal,
        } = order;
        let other = match self.other_side(id) {
            Ok(other) => other,
            Err(why) => return reply.refuse(&RpcError::invalid_params(why)),
        };
        let (room, ring, replaces, target) = match goal {
            Goal::Conference(room, target) => {
                let (context, near) = (self.context.clone(), self.media_room);
                let handle = context.directory.conference(&room.id, || {
                    spawn(context.clone(), Kind::Conference(room.clone()), Some(near))
                });
                (handle, None, None, Some(target))
            }
            Goal::Subscriber(ring, target) => {
                let room = spawn(self.context.clone(), Kind::Direct, Some(self.media_room));
                (room, Some(ring), None, Some(target))
            }
            Goal::Call { room, replaces } => (room, None, Some(replaces), None),
        };
        if room.serial() == self.handle.serial() {
            let error = RpcError::invalid_params("the call is already there");
            return reply.refuse(&error);
        }
        let Some(member) = self.leg(id).map(|leg| leg.member.clone()) else {
            return;
        };
        let goodbye = MemberEvent {
            room_id: &self.room_id,
            room_session_id: &self.room_session_id,
            member: &member,
            reason: Some("transferred"),
        };
        let goodbye = OutEvent::new(event::MEMBER_LEFT, &goodbye, Keep::UntilAcked);
        // Its screens and devices are shown to nobody there yet; their clients share them again.
        self.end_auxiliaries(other, Cause::NormalClearing, "transferred");
        let Some(index) = self.legs.iter().position(|leg| leg.id == other) else {
            return;
        };
        let leg = self.legs.remove(index);
        tracing::info!(call = %leg.call_id(), by = call_id, "transfer");
        self.leg_departs(&leg);
        let arrival = Arrival {
            leg,
            reply,
            call_id,
            from: self.handle.clone(),
            transferor: id,
            goodbye,
            ring,
            replaces,
            target,
        };
        if let Err(RoomMessage::Arrival(arrival)) =
            room.send(RoomMessage::Arrival(Box::new(arrival)))
        {
            let Arrival { leg, reply, .. } = *arrival;
            self.returned(leg);
            reply.refuse(&RpcError::invalid_params("that call has just ended"));
        }
    }

    /// The one leg that can be handed over by this one.
    fn other_side(&self, id: LegId) -> Result<LegId, &'static str> {
        if !matches!(self.kind, Kind::Direct) {
            return Err("only a call between two can be transferred");
        }
        let joined = |leg: &&Leg| leg.is_joined() && !leg.is_auxiliary();
        if !self.calls.is_empty() || self.leg(id).is_none_or(|leg| !joined(&leg)) {
            return Err("the call has not been answered");
        }
        let mut others = self.legs.iter().filter(joined).filter(|leg| leg.id != id);
        let other = others.next().ok_or("there is nobody to transfer")?;
        match other.media {
            Some(_) => Ok(other.id),
            None => Err("the other side's media is gone"),
        }
    }

    /// Takes in a leg that another room hands over.
    pub(super) async fn arrive(&mut self, arrival: Arrival) {
        if let Err(error) = self.may_arrive(&arrival) {
            return arrival.send_back(&error);
        }
        let Arrival {
            mut leg,
            reply,
            call_id,
            from,
            transferor,
            goodbye,
            ring,
            replaces,
            target,
        } = arrival;
        let id = leg.id;
        let context = self.context.clone();
        leg.member.room_id.clone_from(&self.room_id);
        leg.member.room_session_id.clone_from(&self.room_session_id);
        leg.member.held = false;
        leg.waits = false;
        leg.segment_id = uuid::Uuid::new_v4().to_string();
        leg.peer = None;
        leg.target = target.or_else(|| self.target_of_call(replaces));
        if let (Some(target), None) = (&mut leg.target, &ring) {
            target.answered_ms = Some(crate::clock::now_ms());
        }
        let entry = DialogEntry {
            room: self.handle.clone(),
            leg: id,
            session: leg.session.clone(),
        };
        context.directory.relocate(&leg.key, entry);
        if let Some(media) = leg.media {
            context.directory.insert_media(media, &self.handle, id);
            context.media.move_leg(media, self.media_room);
            context.media.join(media);
        }
        if let Some(dial) = &leg.dial {
            context
                .directory
                .insert_dial(dial, &leg.key.owner.project_id, &self.handle);
        }
        reply.done(&call_id);
        leg.session.event(goodbye);
        self.legs.push(leg);
        // A room that has ended since has told the transferor itself.
        let _ = from.send(RoomMessage::Departed { leg: transferor });
        self.apply_sound(id);
        match (ring, replaces) {
            (Some(ring), _) => {
                self.call(id, ring, Map::new()).await;
                self.settle_waiting();
            }
            (None, Some(replaces)) => {
                let other = self.other_of(&[id, replaces]);
                self.end_leg(
                    replaces,
                    Cause::NormalClearing,
                    "transferred",
                    Farewell::Bye,
                );
                if let Some(other) = other {
                    self.pair(id, other);
                }
                self.settle_waiting();
                self.announce(&[id]);
                self.tell_connected();
            }
            (None, None) => self.announce(&[id]),
        }
    }

    fn may_arrive(&self, arrival: &Arrival) -> Result<(), RpcError> {
        if let Kind::Conference(room) = &self.kind {
            if self.locked {
                return Err(refuse(refusal::ROOM_LOCKED));
            }
            let members = self.legs.iter().filter(|leg| !leg.is_auxiliary()).count();
            if members >= room.max_members() {
                return Err(refuse(refusal::ROOM_FULL));
            }
        }
        match arrival.replaces {
            None => Ok(()),
            Some(replaces) => {
                let there = self.leg(replaces).is_some_and(Leg::is_joined);
                let whole = self.calls.is_empty() && self.other_of(&[replaces]).is_some();
                match there && whole && matches!(self.kind, Kind::Direct) {
                    true => Ok(()),
                    false => Err(RpcError::invalid_params("that call has not been answered")),
                }
            }
        }
    }

    fn other_of(&self, not: &[LegId]) -> Option<LegId> {
        self.joined()
            .find(|leg| !leg.is_auxiliary() && !not.contains(&leg.id))
            .map(|leg| leg.id)
    }

    /// The leg has been taken elsewhere: the one who handed it over is done.
    pub(super) fn departed(&mut self, transferor: LegId) {
        self.end_leg(
            transferor,
            Cause::NormalClearing,
            "transferred",
            Farewell::Bye,
        );
    }

    /// The leg was not taken elsewhere.
    pub(super) fn returned(&mut self, leg: Leg) {
        let id = leg.id;
        self.leg_returns(&leg);
        self.legs.push(leg);
        if self.other_of(&[id]).is_none() {
            // Meanwhile the one who wanted to hand it over has gone.
            self.end_leg(id, Cause::NormalClearing, "ended", Farewell::Bye);
        }
    }

    /// Makes two legs each other's other side.
    pub(super) fn pair(&mut self, a: LegId, b: LegId) {
        for (one, other) in [(a, b), (b, a)] {
            let peer = self.leg(other).map(|leg| leg.call_id().clone());
            if let Some(leg) = self.leg_mut(one) {
                leg.peer = peer;
            }
        }
    }

    /// Tells the two of a call that they are connected.
    pub(super) fn tell_connected(&self) {
        for leg in self.joined() {
            let Some(peer) = leg.peer.as_deref() else {
                continue;
            };
            let node_id = &self.context.node_id;
            let connect = CallConnect {
                connect_state: "connected",
                call_id: leg.call_id(),
                node_id,
                segment_id: &leg.segment_id,
                room_session_id: &self.room_session_id,
                peer: ConnectedPeer {
                    call_id: peer,
                    node_id,
                    device: Device::webrtc(&leg.from, &leg.to),
                },
            };
            leg.session
                .event(OutEvent::new(event::CALL_CONNECT, &connect, Keep::Passing));
        }
    }

    /// A leg that came, or came back, to a room that is over.
    pub(super) fn abandon(&self, leg: &Leg) {
        let context = &self.context;
        context.journal.remove(&leg.key);
        self.release_media(leg.media);
        let memory = context.timing.ended_dialog;
        context
            .directory
            .end(&leg.key, Cause::NormalClearing, Instant::now(), memory);
        context.counters.legs.add(-1);
        if let Some(dial) = &leg.dial {
            context.directory.end_dial(dial);
        }
        leg.session.event(leg.bye(context, Cause::NormalClearing));
    }
}

impl Arrival {
    /// Gives the leg back to the room it came from.
    pub(super) fn send_back(self, error: &RpcError) {
        let Arrival {
            leg, reply, from, ..
        } = self;
        // The call of the one who wanted it goes on (5.11).
        reply.refuse(error);
        // The room it came from answers until its mailbox is empty; after that its end has told the leg.
        let leg = Box::new(leg);
        let _ = from.send(RoomMessage::Returned { leg });
    }
}

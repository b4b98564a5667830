//! Taking up a call that an earlier life of the server held: its clients come with new offers, by a re-attach or a
//! renegotiation, and find their room, their member and each other again (wire-protocol.md 10.6).

use std::time::Instant;

use offhook_proto::code::Cause;
use offhook_proto::room_capability::Capabilities;
use offhook_proto::verto_reply::{InviteResult, ModifyResult};

use super::{Farewell, Kind, Room};
use crate::calls::VertoReply;
use crate::calls::destination::Party;
use crate::calls::directory::{DialogKey, LegId};
use crate::calls::journal::{LegRecord, RoomRecord};
use crate::calls::leg::{Leg, NewLeg, Stage};
use crate::relay::SessionHandle;

/// A client that takes a leg up.
pub(in crate::calls) struct Restore {
    pub(in crate::calls) reply: VertoReply,
    pub(in crate::calls) key: DialogKey,
    pub(in crate::calls) leg: LegId,
    pub(in crate::calls) session: SessionHandle,
    /// What its token allows today.
    pub(in crate::calls) capabilities: Capabilities,
    pub(in crate::calls) record: LegRecord,
    pub(in crate::calls) offer: String,
    /// By `verto.modify`: the page has lived on, and is answered there.
    pub(in crate::calls) modify: bool,
}

impl Room {
    pub(super) async fn restore(&mut self, restore: Restore) {
        let Restore {
            reply,
            key,
            leg: id,
            session,
            capabilities,
            record,
            offer,
            modify,
        } = restore;
        let made = self
            .media_answer(self.context.media.accept_offer(self.media_room, &offer))
            .await;
        let (media, answer) = match made {
            Ok(made) => made,
            Err(error) => {
                self.context.directory.withdraw(&key);
                return reply.refuse(&error);
            }
        };
        let direction = record.direction();
        let mut leg = Leg::new(
            &self.context,
            NewLeg {
                id,
                key,
                session,
                direction,
                from: record.from,
                to: record.to,
                party: Party::default(),
                stage: Stage::Joined,
                media,
                capabilities,
                room_id: self.room_id.clone(),
                room_session_id: self.room_session_id.clone(),
                // Counting began anew with the server.
                charge: None,
                target: record.target,
                dial: None,
            },
        );
        leg.member = offhook_proto::room::Member {
            room_id: self.room_id.clone(),
            room_session_id: self.room_session_id.clone(),
            node_id: self.context.node_id.to_string(),
            talking: Some(false),
            ..record.member
        };
        leg.answer_ms = record.answer_ms;
        leg.start_ms = record.start_ms.unwrap_or(leg.start_ms);
        leg.peer = record.peer.map(Into::into);
        leg.life.media_expected(Instant::now());
        tracing::info!(call = %leg.call_id(), "taken up after a restart");
        self.context.directory.insert_media(media, &self.handle, id);
        self.context.counters.legs.add(1);
        if modify {
            reply.ok(ModifyResult {
                action: "updateMedia",
                call_id: leg.call_id(),
                hold_state: if leg.member.held { "held" } else { "active" },
                node_id: &self.context.node_id,
                sdp: Some(&answer),
            });
        } else {
            reply.ok(InviteResult::new(leg.call_id(), &leg.member.member_id));
            leg.send_answer(&self.context, &answer);
        }
        self.legs.push(leg);
        self.apply_sound(id);
        self.context.media.join(media);
        self.settle_waiting();
        self.announce(&[id]);
        self.note(id);
        self.awaited = match (&self.kind, self.joined().count()) {
            (Kind::Direct, 1) => Some(Instant::now() + self.context.timing.orphan),
            _ => None,
        };
    }

    /// The other side of a call between two has not come back.
    pub(super) fn give_up_waiting(&mut self) {
        self.awaited = None;
        let alone: Vec<LegId> = self.joined().map(|leg| leg.id).collect();
        for id in alone {
            self.end_leg(id, Cause::NormalClearing, "ended", Farewell::Bye);
        }
    }

    /// Writes a leg down, as it is now.
    pub(super) fn note(&self, id: LegId) {
        let room = match &self.kind {
            Kind::Conference(room) => RoomRecord::Conference(room.id.clone()),
            Kind::Direct => RoomRecord::Direct,
            // Nobody misses it.
            Kind::Echo(_) => return,
        };
        let Some(leg) = self
            .leg(id)
            .filter(|leg| leg.is_joined() && !leg.is_auxiliary())
        else {
            return;
        };
        let record = LegRecord {
            room,
            room_id: self.room_id.clone(),
            room_session_id: self.room_session_id.clone(),
            member: leg.member.clone(),
            inbound: leg.direction == offhook_proto::event::Direction::Inbound,
            from: leg.from.clone(),
            to: leg.to.clone(),
            answer_ms: leg.answer_ms,
            peer: leg.peer.as_deref().map(str::to_owned),
            target: leg.target.clone(),
            start_ms: Some(leg.start_ms),
            kind: Some(leg.key.owner.kind),
        };
        self.context.journal.save(&leg.key, record);
    }
}

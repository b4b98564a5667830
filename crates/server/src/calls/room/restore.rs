//! Taking up a call that an earlier life of the server held, or that was ended since its media was lost: its clients come with new
//! offers, by a re-attach or a renegotiation, and find their room, their member and each other again (wire-protocol.md 10.6).

use std::time::{Duration, Instant};

use offhook_proto::code::Cause;
use offhook_proto::room_capability::Capabilities;
use offhook_proto::verto_reply::{InviteResult, ModifyResult};

use super::{Farewell, Kind, Room};
use crate::budget::CallCharge;
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
    /// The place it takes among its token's calls.
    pub(in crate::calls) charge: Option<CallCharge>,
    /// In a call between two the other side may be so long in coming back.
    pub(in crate::calls) patience: Duration,
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
            charge,
            patience,
        } = restore;
        let made = self
            .media_answer(
                self.context
                    .media
                    .accept_offer_anew(self.media_room, &offer),
            )
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
                charge,
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
        tracing::info!(call = %leg.call_id(), "taken up again");
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
            (Kind::Direct, 1) => Some(Instant::now() + patience),
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
        let leg = self.leg(id);
        let leg = leg.filter(|leg| leg.is_joined() && !leg.is_auxiliary());
        if let Some(leg) = leg
            && let Some(record) = self.record(leg)
        {
            self.context.journal.save(&leg.key, record);
        }
    }

    /// Its media was lost, and it has ended: its client may not leave it at that.
    pub(super) fn keep_lost(&self, leg: &Leg) {
        let (now, timing) = (Instant::now(), &self.context.timing);
        let until = match self.kind {
            Kind::Direct => now + timing.second_thoughts,
            _ => now + timing.ended_dialog,
        };
        if let Some(record) = self.record(leg) {
            self.context
                .directory
                .keep_lost(&leg.key, record, now, until);
        }
    }

    /// What a leg is taken up again with.
    fn record(&self, leg: &Leg) -> Option<LegRecord> {
        let room = match &self.kind {
            Kind::Conference(room) => RoomRecord::Conference(room.id.clone()),
            Kind::Direct => RoomRecord::Direct,
            // Nobody misses it.
            Kind::Echo(_) => return None,
        };
        Some(LegRecord {
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
        })
    }
}

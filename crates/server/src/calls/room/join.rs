//! Coming in: a caller's invite, a replaced offer, a re-attach (wire-protocol.md 5.10.1, 5.6, 5.10.11).

use std::time::Instant;

use offhook_proto::code::refusal;
use offhook_proto::event::{Direction, Progress};
use offhook_proto::relay::RpcError;
use offhook_proto::verto::Described;
use offhook_proto::verto_reply::InviteResult;

use super::{Join, Kind, Order, Room};
use crate::calls::VertoReply;
use crate::calls::destination::refuse;
use crate::calls::directory::LegId;
use crate::calls::leg::{Leg, NewLeg, Stage};

impl Room {
    /// Takes a caller in.
    pub(super) async fn join(&mut self, join: Join) {
        let Join { reply, order } = join;
        let answer = match self.admit(&order).await {
            Ok(answer) => answer,
            Err(error) => {
                self.context.refused_invite(&error);
                self.context.directory.withdraw(&order.key);
                return reply.refuse(&error);
            }
        };
        let (media, sdp) = answer;
        let Order {
            key,
            leg: id,
            session,
            party,
            dialled,
            offer,
            user_variables,
            capabilities,
            auxiliary: _,
            ring,
            charge,
            target,
        } = order;
        let stage = Stage::Waiting { offer, answer: sdp };
        let leg = Leg::new(
            &self.context,
            NewLeg {
                id,
                key,
                session,
                direction: Direction::Outbound,
                from: party.number.clone(),
                to: dialled,
                party,
                stage,
                media,
                capabilities,
                room_id: self.room_id.clone(),
                room_session_id: self.room_session_id.clone(),
                charge,
                target,
                dial: None,
            },
        );
        tracing::info!(call = %leg.call_id(), subscriber = %leg.member.subscriber_id, to = ?leg.to, "call created");
        self.context.directory.insert_media(media, &self.handle, id);
        self.context.counters.legs.add(1);
        // At once, whether or not anybody answers: the official client waits 6 s in all (5.10.2).
        reply.ok(InviteResult::new(leg.call_id(), &leg.member.member_id));
        leg.send_state(&self.context, Progress::Created);
        self.legs.push(leg);
        match ring {
            Some(ring) => self.call(id, ring, user_variables).await,
            None => self.bring_in(&[id]),
        }
    }

    /// Whether the caller may come in, and the answer to its offer.
    async fn admit(&self, order: &Order) -> Result<(offhook_media::LegKey, String), RpcError> {
        if let Kind::Conference(room) = &self.kind {
            if self.locked {
                return Err(refuse(refusal::ROOM_LOCKED));
            }
            let members = self.legs.iter().filter(|leg| !leg.is_auxiliary()).count();
            if members >= room.max_members() {
                return Err(refuse(refusal::ROOM_FULL));
            }
        }
        self.media_answer(
            self.context
                .media
                .accept_offer(self.media_room, &order.offer),
        )
        .await
    }

    /// Makes legs members: callers that wait get their answer, everybody learns of them.
    pub(super) fn bring_in(&mut self, ids: &[LegId]) {
        let now = Instant::now();
        for leg in self.legs.iter_mut().filter(|leg| ids.contains(&leg.id)) {
            let now_ms = crate::calls::clock::now_ms();
            leg.answer_ms = Some(now_ms);
            if let Some(target) = &mut leg.target {
                target.answered_ms = Some(now_ms);
            }
            match std::mem::replace(&mut leg.stage, Stage::Joined) {
                Stage::Waiting { answer, .. } => {
                    leg.life.media_expected(now);
                    // Before media can connect, or the client's status sticks (5.6).
                    leg.send_answer(&self.context, &answer);
                }
                Stage::Ringing => leg.life.media_expected(now),
                // It was handed over from another call: its media is up.
                Stage::Joined | Stage::Retired => {}
            }
            if let Some(media) = leg.media {
                self.context.media.set_flags(media, leg.flags());
                self.context.media.set_sound(media, leg.sound());
                self.context.media.join(media);
            }
        }
        for leg in self.legs.iter().filter(|leg| ids.contains(&leg.id)) {
            leg.send_state(&self.context, Progress::Answered);
        }
        self.announce(ids);
    }

    /// A caller that is still waiting has made a new offer: only that one will be answered.
    pub(super) async fn replace_offer(&mut self, id: LegId, reply: VertoReply, invite: Described) {
        let waiting = self
            .leg(id)
            .is_some_and(|leg| matches!(leg.stage, Stage::Waiting { .. }));
        if !waiting {
            return reply.refuse(&RpcError::invalid_params(
                "the call has been answered: its media is changed by verto.modify",
            ));
        }
        let made = self
            .media_answer(
                self.context
                    .media
                    .accept_offer(self.media_room, &invite.sdp),
            )
            .await;
        let (media, answer) = match made {
            Ok(made) => made,
            Err(error) => return reply.refuse(&error),
        };
        self.context.directory.insert_media(media, &self.handle, id);
        let Some(leg) = self.leg_mut(id) else { return };
        let previous = leg.media.replace(media);
        leg.stage = Stage::Waiting {
            offer: invite.sdp,
            answer,
        };
        reply.ok(InviteResult::new(leg.call_id(), &leg.member.member_id));
        self.release_media(previous);
    }

    /// A page that was loaded again takes its call up with a new peer connection, and stays the member it was.
    pub(super) async fn reattach(&mut self, id: LegId, reply: VertoReply, invite: Described) {
        if self.leg(id).is_none_or(|leg| leg.stage == Stage::Ringing) {
            return reply.refuse(&refuse(refusal::INVALID_CALL_REFERENCE));
        }
        let answer = match self.media_anew(id, &invite.sdp).await {
            Ok(answer) => answer,
            Err(error) => return reply.refuse(&error),
        };
        let context = self.context.clone();
        let Some(leg) = self.leg_mut(id) else { return };
        tracing::info!(call = %leg.call_id(), "re-attached");
        reply.ok(InviteResult::new(leg.call_id(), &leg.member.member_id));
        if leg.is_joined() {
            leg.send_answer(&context, &answer);
        } else {
            leg.stage = Stage::Waiting {
                offer: invite.sdp,
                answer,
            };
        }
        if self.leg(id).is_some_and(Leg::is_joined) {
            self.send_whole_state(id);
        }
    }

    /// Gives a leg a media leg of its own for an offer, in place of the one it had; the answer.
    pub(super) async fn media_anew(&mut self, id: LegId, offer: &str) -> Result<String, RpcError> {
        let accepting = self.context.media.accept_offer(self.media_room, offer);
        let (media, answer) = self.media_answer(accepting).await?;
        self.context.directory.insert_media(media, &self.handle, id);
        let context = self.context.clone();
        let Some(leg) = self.leg_mut(id) else {
            self.release_media(Some(media));
            return Err(refuse(refusal::INVALID_CALL_REFERENCE));
        };
        let previous = leg.media.replace(media);
        if leg.is_joined() {
            leg.life.media_expected(Instant::now());
            context.media.set_flags(media, leg.flags());
            context.media.set_sound(media, leg.sound());
            context.media.join(media);
        }
        self.release_media(previous);
        self.own_again(id);
        Ok(answer)
    }
}

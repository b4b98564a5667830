//! Legs that hang on another: shared screens, further cameras and microphones (wire-protocol.md 5.8).
//!
//! Each is a member of its own with a peer of its own. Its end never ends the call, the end of its main leg ends it, and it
//! is never sent a `verto.bye`, since clients take that for the end of the whole call.

use std::time::Instant;

use offhook_proto::code::Cause;
use offhook_proto::event::Direction;
use offhook_proto::relay::RpcError;
use offhook_proto::verto_reply::InviteResult;

use super::{Join, Order, Room};
use crate::calls::destination::Party;
use crate::calls::directory::LegId;
use crate::calls::leg::{Leg, NewLeg, Stage};

/// What an auxiliary leg is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::calls) enum Auxiliary {
    Screen,
    Device,
}

impl Auxiliary {
    /// The member's `type`.
    fn kind(self) -> &'static str {
        match self {
            Self::Screen => "screen",
            Self::Device => "device",
        }
    }

    fn capability(self) -> &'static str {
        match self {
            Self::Screen => "screenshare",
            Self::Device => "device",
        }
    }
}

impl Room {
    /// Takes an auxiliary leg in. Refusals must not end the call: they are all `-32602` (5.11).
    pub(super) async fn join_auxiliary(&mut self, join: Join, parent: LegId, what: Auxiliary) {
        let Join { reply, order } = join;
        let made = match self.may_add(parent, what) {
            Ok(()) => {
                let media = &self.context.media;
                self.media_answer(media.accept_offer(self.media_room, &order.offer))
                    .await
            }
            Err(why) => Err(RpcError::invalid_params(why)),
        };
        let (media, answer) = match made {
            Ok(made) => made,
            Err(error) => {
                self.context.refused_invite(&error);
                self.context.directory.withdraw(&order.key);
                return reply.refuse(&error);
            }
        };
        let Order {
            key,
            leg: id,
            session,
            capabilities,
            ..
        } = order;
        let Some(main) = self.leg(parent) else {
            self.context.media.close_leg(media);
            self.context.directory.withdraw(&key);
            return reply.refuse(&RpcError::invalid_params("there is no such call"));
        };
        let party = Party {
            name: main.member.name.clone(),
            number: main.from.clone(),
            address_id: main.member.address_id.clone(),
        };
        let owner = main.media;
        let parent_member = main.member.member_id.clone();
        let mut leg = Leg::new(
            &self.context,
            NewLeg {
                id,
                key,
                session,
                direction: Direction::Outbound,
                from: party.number.clone(),
                to: main.to.clone(),
                party,
                stage: Stage::Joined,
                media,
                capabilities,
                room_id: self.room_id.clone(),
                room_session_id: self.room_session_id.clone(),
                charge: None,
                target: None,
                dial: None,
            },
        );
        leg.parent = Some(parent);
        leg.member.kind = what.kind().to_owned();
        leg.member.parent_id = Some(parent_member);
        leg.life.media_expected(Instant::now());
        tracing::info!(call = %leg.call_id(), kind = what.kind(), "auxiliary leg");
        self.context.directory.insert_media(media, &self.handle, id);
        self.context.counters.legs.add(1);
        reply.ok(InviteResult::new(leg.call_id(), &leg.member.member_id));
        leg.send_answer(&self.context, &answer);
        self.legs.push(leg);
        self.apply_sound(id);
        if let Some(owner) = owner {
            self.context
                .media
                .set_owner(media, owner, what == Auxiliary::Screen);
        }
        self.context.media.join(media);
        self.tell_came(id);
        self.broadcast_layout();
    }

    fn may_add(&self, parent: LegId, what: Auxiliary) -> Result<(), &'static str> {
        let main = self
            .leg(parent)
            .filter(|leg| leg.is_joined() && !leg.is_auxiliary())
            .ok_or("the call has not been answered")?;
        let held = self.capabilities_of(main);
        match held.allow(what.capability()) {
            true => Ok(()),
            false => Err("the capability is missing"),
        }
    }

    /// Takes an auxiliary leg out of the room; its dialog goes on answering until the client ends it (5.8).
    pub(super) fn retire(&mut self, id: LegId, reason: &str) {
        let Some(leg) = self.leg_mut(id) else { return };
        leg.stage = Stage::Retired;
        let (media, member) = (leg.media.take(), leg.member.clone());
        tracing::info!(call = %leg.call_id(), reason, "auxiliary leg leaves");
        self.release_media(media);
        self.tell_gone(&member, reason);
    }

    /// A leg has a new connection: what hangs on it, or it itself, is told to the media server again.
    pub(super) fn own_again(&self, id: LegId) {
        for leg in self.joined() {
            let hangs = leg.parent == Some(id) || leg.id == id;
            let owner = leg.parent.and_then(|parent| self.leg(parent)?.media);
            if let (true, Some(media), Some(owner)) = (hangs, leg.media, owner) {
                let screen = leg.member.kind == Auxiliary::Screen.kind();
                self.context.media.set_owner(media, owner, screen);
            }
        }
    }

    /// Ends the legs that hang on a leg that has ended.
    pub(super) fn end_auxiliaries(&mut self, main: LegId, cause: Cause, reason: &str) {
        let hanging: Vec<LegId> = self
            .legs
            .iter()
            .filter(|leg| leg.parent == Some(main))
            .map(|leg| leg.id)
            .collect();
        for id in hanging {
            self.end_leg(id, cause, reason, super::Farewell::None);
        }
    }
}

//! Calling somebody: every device of theirs rings, the first answer wins (wire-protocol.md 5.10.2 to 5.10.5).

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use offhook_proto::code::{self, Cause};
use offhook_proto::event::{Direction, Progress};
use offhook_proto::limits;
use offhook_proto::method::verto;
use offhook_proto::relay::RpcError;
use offhook_proto::room_capability::Capabilities;
use offhook_proto::verto::Described;
use offhook_proto::verto_reply::{Empty, IncomingInvite};
use serde_json::{Map, Value, json};

use super::{Calling, Farewell, Origin, Ring, Room};
use crate::calls::VertoReply;
use crate::calls::destination::Party;
use crate::calls::directory::{DialogEntry, DialogKey, LegId};
use crate::calls::leg::{Leg, NewLeg, Stage};
use crate::calls::ring::{RingGroup, Silence};
use crate::relay::{Keep, SessionHandle};

/// User variables that are the caller's own business: passed on, they would make the callee's frames name the caller's call.
const CALLERS_OWN: &[&str] = &["memberCallId", "memberId", "memberID"];

impl Room {
    /// Rings the callee's devices for the caller.
    pub(super) async fn call(
        &mut self,
        caller: LegId,
        ring: Ring,
        mut user_variables: Map<String, Value>,
    ) {
        user_variables.retain(|name, _| !CALLERS_OWN.contains(&name.as_str()));
        let lasts = self.context.timing.ring;
        self.begin_ringing(Origin::Leg(caller), ring, user_variables, lasts)
            .await;
        if self.calls.iter().any(|calling| calling.is_by(caller))
            && let Some(caller) = self.leg(caller)
        {
            caller.send_state(&self.context, Progress::Ringing);
        }
    }

    /// Rings somebody's devices; gives up at once when not one could be offered a call.
    pub(super) async fn begin_ringing(
        &mut self,
        origin: Origin,
        ring: Ring,
        user_variables: Map<String, Value>,
        lasts: Duration,
    ) {
        let Ring { callee, sessions } = ring;
        self.context
            .directory
            .begin_ringing(&callee.owner, &self.handle);
        let id = self.context.next_serial();
        self.calls.push(Calling {
            id,
            origin,
            group: RingGroup::new(Instant::now() + lasts),
            callee,
            user_variables,
        });
        self.ring(id, sessions).await;
        if self
            .calling(id)
            .is_some_and(|calling| calling.group.len() == 0)
        {
            self.give_up(id, Cause::TemporaryFailure);
        }
    }

    /// A device that came online while others of its owner ring.
    pub(super) async fn ring_also(&mut self, session: SessionHandle) {
        let known = self
            .legs
            .iter()
            .any(|leg| leg.session.serial() == session.serial());
        let calling = self
            .calls
            .iter()
            .find(|calling| calling.callee.owner == *session.owner());
        let Some(calling) = calling else { return };
        if calling.group.is_open() && !known && calling.group.len() < limits::RINGING_SESSIONS {
            self.ring(calling.id, vec![session]).await;
        }
    }

    fn calling(&self, id: u64) -> Option<&Calling> {
        self.calls.iter().find(|calling| calling.id == id)
    }

    /// The call for which a device rings.
    fn rung_by(&mut self, leg: LegId) -> Option<&mut Calling> {
        self.calls
            .iter_mut()
            .find(|calling| calling.group.rings(leg))
    }

    /// Whether it is a device that rings.
    pub(super) fn rings(&self, leg: LegId) -> bool {
        self.calls.iter().any(|calling| calling.group.rings(leg))
    }

    /// Offers each session a call with media and an id of its own.
    async fn ring(&mut self, id: u64, sessions: Vec<SessionHandle>) {
        let media = &self.context.media;
        let offers = sessions.iter().map(|session| {
            self.media_answer(media.make_offer(self.media_room, session.pictures()))
        });
        let offers = join_all(offers).await;
        let Some(index) = self.calls.iter().position(|calling| calling.id == id) else {
            return;
        };
        let (caller_name, caller_number, by) = match &self.calls[index].origin {
            Origin::Leg(caller) => match self.leg(*caller) {
                Some(caller) => (
                    caller.member.name.clone(),
                    caller.own_number().to_owned(),
                    caller.call_id().clone(),
                ),
                None => return,
            },
            Origin::Backend(dial) => (dial.name.clone(), dial.number.clone(), dial.id.clone()),
        };
        for (session, offer) in sessions.into_iter().zip(offers) {
            let Ok((media, sdp)) = offer else { continue };
            let calling = &mut self.calls[index];
            let id = self.context.next_serial();
            let call_id: Arc<str> = uuid::Uuid::new_v4().to_string().into();
            let key = DialogKey {
                owner: session.owner().clone(),
                call_id,
            };
            let address = &calling.callee.address;
            let leg = Leg::new(
                &self.context,
                NewLeg {
                    id,
                    key: key.clone(),
                    session: session.clone(),
                    direction: Direction::Inbound,
                    party: Party {
                        name: address.display_name.clone(),
                        number: address.name.clone(),
                        address_id: address.id.clone(),
                    },
                    from: caller_number.clone(),
                    to: address.name.clone(),
                    stage: Stage::Ringing,
                    media,
                    capabilities: Capabilities::SUBSCRIBER,
                    room_id: self.room_id.clone(),
                    room_session_id: self.room_session_id.clone(),
                    charge: None,
                    target: None,
                    dial: calling.dial_id(),
                },
            );
            let entry = DialogEntry {
                room: self.handle.clone(),
                leg: id,
                session,
            };
            self.context.directory.insert(&key, entry);
            self.context.directory.insert_media(media, &self.handle, id);
            self.context.counters.legs.add(1);
            let invite = IncomingInvite {
                call_id: leg.call_id(),
                sdp: &sdp,
                caller_id_name: &caller_name,
                caller_id_number: &caller_number,
                callee_id_name: &address.display_name,
                callee_id_number: &address.name,
                display_direction: "inbound",
                user_variables: &calling.user_variables,
            };
            tracing::info!(call = %leg.call_id(), caller = %by, session = leg.session.protocol(), "ringing");
            leg.verto(
                &self.context,
                verto::INVITE,
                invite,
                Keep::Dialog(leg.call_id().clone()),
            );
            leg.send_state(&self.context, Progress::Ringing);
            calling.group.add(id);
            self.legs.push(leg);
        }
    }

    /// A device answers.
    pub(super) async fn answer(&mut self, id: LegId, reply: VertoReply, answer: Described) {
        let rings = self.rings(id);
        let media = self.leg(id).and_then(|leg| leg.media);
        let (true, Some(media)) = (rings, media) else {
            let joined = self.leg(id).is_some_and(Leg::is_joined);
            // A second answer to a call that goes on must not end it.
            let code = if joined {
                code::INVALID_PARAMS
            } else {
                code::CALL_FAILED
            };
            return reply.refuse(&RpcError::new(code, "this call does not ring"));
        };
        if let Err(error) = self
            .media_answer(self.context.media.apply_answer(media, &answer.sdp))
            .await
        {
            // This device cannot take the call; its client ends it on this answer. The others go on ringing.
            let error = RpcError::new(code::CALL_FAILED, error.message)
                .with_data(json!({ "cause": Cause::TemporaryFailure.name(), "causeCode": "41" }));
            reply.refuse(&error);
            return self.lose_ringing(id, Cause::TemporaryFailure, Farewell::None);
        }
        let index = self
            .calls
            .iter()
            .position(|calling| calling.group.rings(id));
        let Some(index) = index else { return };
        let mut calling = self.calls.remove(index);
        self.context
            .directory
            .end_ringing(&calling.callee.owner, &self.handle);
        let losers = calling.group.answer(id).unwrap_or_default();
        reply.ok(Empty {});
        for loser in losers {
            self.end_leg(
                loser,
                Cause::LoseRace,
                "answered elsewhere",
                Farewell::ByeTwice,
            );
        }
        match calling.origin {
            Origin::Leg(caller) => self.connect(caller, id).await,
            Origin::Backend(dial) => self.answered_for_backend(id, *dial).await,
        }
    }

    /// Puts the caller and the device that has answered together.
    async fn connect(&mut self, caller: LegId, callee: LegId) {
        self.renew_caller_media().await;
        self.pair(caller, callee);
        self.bring_in(&[caller, callee]);
        self.settle_waiting();
        self.tell_connected();
    }

    /// A caller who waited longer than the media server keeps a leg without a connection gets a new one for its old offer.
    async fn renew_caller_media(&mut self) {
        let waiting = self
            .legs
            .iter()
            .find_map(|leg| match (&leg.stage, leg.media) {
                (Stage::Waiting { offer, .. }, None) => Some((leg.id, offer.clone())),
                _ => None,
            });
        let Some((id, offer)) = waiting else { return };
        match self
            .media_answer(self.context.media.accept_offer(self.media_room, &offer))
            .await
        {
            Ok((media, answer)) => {
                self.context.directory.insert_media(media, &self.handle, id);
                if let Some(leg) = self.leg_mut(id) {
                    leg.media = Some(media);
                    leg.stage = Stage::Waiting { offer, answer };
                }
            }
            Err(error) => tracing::warn!(%error, "the caller's media could not be renewed"),
        }
    }

    /// A device's user says no.
    pub(super) fn reject(&mut self, id: LegId) {
        let calling = self.rung_by(id);
        let silence = calling.and_then(|calling| Some((calling.id, calling.group.reject(id)?)));
        self.end_leg(id, Cause::UserBusy, "rejected", Farewell::None);
        self.silence(silence);
    }

    /// A device cannot ring any more.
    pub(super) fn lose_ringing(&mut self, id: LegId, cause: Cause, farewell: Farewell) {
        let calling = self.rung_by(id);
        let silence = calling.and_then(|calling| Some((calling.id, calling.group.lose(id)?)));
        self.end_leg(id, cause, "unreachable", farewell);
        self.silence(silence);
    }

    fn silence(&mut self, silence: Option<(u64, Silence)>) {
        match silence {
            None => {}
            Some((calling, Silence::Rejected)) => self.give_up(calling, Cause::UserBusy),
            Some((calling, Silence::Unreachable)) => self.give_up(calling, Cause::TemporaryFailure),
        }
    }

    /// Nobody answers: everybody is told so.
    pub(super) fn give_up(&mut self, calling: u64, cause: Cause) {
        let caller = self.calling(calling).and_then(Calling::caller);
        self.stop_ringing(calling, cause);
        if let Some(caller) = caller {
            self.end_leg(caller, cause, "not answered", Farewell::Bye);
        }
    }

    /// Ends the legs that ring.
    pub(super) fn stop_ringing(&mut self, calling: u64, cause: Cause) {
        let Some(index) = self.calls.iter().position(|other| other.id == calling) else {
            return;
        };
        let mut calling = self.calls.remove(index);
        self.context
            .directory
            .end_ringing(&calling.callee.owner, &self.handle);
        for id in calling.group.stop() {
            self.end_leg(id, cause, "stopped ringing", Farewell::ByeTwice);
        }
        if let Some(dial) = calling.dial_id() {
            self.end_dial(&dial);
        }
    }
}

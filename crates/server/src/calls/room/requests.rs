//! What clients ask of a dialog that exists (wire-protocol.md 5.4).

use offhook_proto::code::Cause;
use offhook_proto::relay::RpcError;
use offhook_proto::verto::{Described, VertoRequest, check_digits};
use offhook_proto::verto_reply::{Empty, ModifyResult};

use super::{Farewell, Kind, Room};
use crate::calls::directory::LegId;
use crate::calls::leg::{Leg, Stage};
use crate::calls::{VertoReply, ended};
use crate::records::HANGUP;

impl Room {
    /// Handles a request about a leg that exists.
    pub(super) async fn dialog(&mut self, id: LegId, reply: VertoReply, request: VertoRequest) {
        match request {
            VertoRequest::Invite(invite) if invite.dialog.attach || invite.dialog.reattaching => {
                self.reattach(id, reply, invite).await;
            }
            VertoRequest::Invite(invite) => self.replace_offer(id, reply, invite).await,
            VertoRequest::Answer(answer) => self.answer(id, reply, answer).await,
            VertoRequest::UpdateMedia(offer) => self.update_media(id, reply, offer).await,
            VertoRequest::Hold { call_id, held } => self.hold(id, reply, &call_id, held),
            VertoRequest::Dtmf { digits, .. } => self.dtmf(id, reply, &digits),
            VertoRequest::Bye { call_id, .. } => self.bye(id, reply, &call_id),
            VertoRequest::Pong { .. } | VertoRequest::Subscribe { .. } => reply.ok(Empty {}),
            // Looked up before it comes to the room.
            VertoRequest::Transfer { .. } => {
                reply.refuse(&RpcError::invalid_params("the destination is not known"));
            }
        }
    }

    async fn update_media(&mut self, id: LegId, reply: VertoReply, offer: Described) {
        let media = match self.leg(id) {
            Some(leg) if leg.is_joined() => leg.media,
            _ => return reply.refuse(&RpcError::invalid_params("the call has not been answered")),
        };
        let made = match media {
            Some(media) => {
                let reoffer = self.context.media.reoffer(media, &offer.sdp);
                self.media_answer(reoffer).await
            }
            // It was lost for so long that it was given up: it begins anew.
            None => self.media_anew(id, &offer.sdp).await,
        };
        match made {
            Err(error) => reply.refuse(&error),
            Ok(sdp) => reply.ok(ModifyResult {
                action: "updateMedia",
                call_id: &offer.dialog.call_id,
                hold_state: hold_state(self.leg(id)),
                node_id: &self.context.node_id,
                sdp: Some(&sdp),
            }),
        }
    }

    fn hold(&mut self, id: LegId, reply: VertoReply, call_id: &str, held: bool) {
        let context = self.context.clone();
        let Some(leg) = self.leg_mut(id).filter(|leg| leg.is_joined()) else {
            return reply.refuse(&RpcError::invalid_params("the call has not been answered"));
        };
        let changed = leg.member.held != held;
        leg.member.held = held;
        tracing::info!(call = %leg.call_id(), held, "hold");
        reply.ok(ModifyResult {
            action: if held { "hold" } else { "unhold" },
            call_id,
            hold_state: hold_state(Some(leg)),
            node_id: &context.node_id,
            sdp: None,
        });
        self.settle_waiting();
        if changed {
            self.tell_updated(id, &["held"]);
        }
    }

    /// In a call between two, whoever was put on hold hears music, if the owner wants that, and silence otherwise.
    pub(super) fn settle_waiting(&mut self) {
        let music = self.context.hold_music && matches!(self.kind, Kind::Direct);
        let anybody_holds = self.joined().any(|leg| leg.member.held);
        let ringing = !self.calls.is_empty();
        let ids: Vec<LegId> = self.joined().map(|leg| leg.id).collect();
        for id in ids {
            if let Some(leg) = self.leg_mut(id) {
                leg.waits = music && !leg.member.held && (anybody_holds || ringing);
            }
            self.apply_sound(id);
        }
    }

    fn dtmf(&mut self, id: LegId, reply: VertoReply, digits: &str) {
        if let Err(error) = check_digits(digits) {
            return reply.refuse(&error);
        }
        match self.leg(id) {
            Some(Leg {
                stage: Stage::Joined,
                media: Some(media),
                ..
            }) => {
                self.context.media.play_dtmf(*media, digits);
                reply.ok(Empty {});
            }
            _ => reply.refuse(&RpcError::invalid_params("the call has no media")),
        }
    }

    fn bye(&mut self, id: LegId, reply: VertoReply, call_id: &str) {
        let ringing = self.leg(id).is_some_and(|leg| leg.stage == Stage::Ringing);
        if ringing {
            reply.ok(ended(call_id, Cause::UserBusy));
            self.reject(id);
        } else {
            // Before the client learns of it, and calls again.
            if let Some(leg) = self.leg_mut(id) {
                drop(leg.charge.take());
            }
            reply.ok(ended(call_id, Cause::NormalClearing));
            self.end_leg(id, Cause::NormalClearing, HANGUP, Farewell::None);
        }
    }
}

fn hold_state(leg: Option<&Leg>) -> &'static str {
    if leg.is_some_and(|leg| leg.member.held) {
        "held"
    } else {
        "active"
    }
}

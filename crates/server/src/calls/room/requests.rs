//! What clients ask of a call that exists: dialog requests (wire-protocol.md 5.4) and `call.*` methods (section 7).

use offhook_proto::code::{self, Cause};
use offhook_proto::relay::RpcError;
use offhook_proto::room::{CallParams, CallResult, Channel};
use offhook_proto::verto::{Described, VertoRequest, check_digits};
use offhook_proto::verto_reply::{Empty, ModifyResult};

use super::{Farewell, Room};
use crate::calls::directory::LegId;
use crate::calls::leg::{Leg, Stage};
use crate::calls::{VertoReply, ended};
use crate::relay::Reply;

/// The `call.*` methods of this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::calls) enum CallMethod {
    /// The others do not hear, or see, the member.
    Mute,
    /// They do again.
    Unmute,
    /// Names of the layouts.
    LayoutList,
}

impl CallMethod {
    pub(in crate::calls) fn from_name(name: &str) -> Option<Self> {
        match name {
            "call.mute" => Some(Self::Mute),
            "call.unmute" => Some(Self::Unmute),
            "call.layout.list" => Some(Self::LayoutList),
            _ => None,
        }
    }
}

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
            VertoRequest::Transfer { .. } => {
                reply.refuse(&RpcError::new(
                    code::METHOD_NOT_FOUND,
                    "this server does not transfer calls",
                ));
            }
        }
    }

    async fn update_media(&mut self, id: LegId, reply: VertoReply, offer: Described) {
        let media = match self.leg(id) {
            Some(leg) if leg.is_joined() => leg.media,
            _ => return reply.refuse(&RpcError::invalid_params("the call has not been answered")),
        };
        let Some(media) = media else {
            return reply.refuse(&RpcError::invalid_params(
                "the call's media is gone: only a re-attach can bring it back",
            ));
        };
        match self
            .media_answer(self.context.media.reoffer(media, &offer.sdp))
            .await
        {
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
        leg.flags.held = held;
        if let Some(media) = leg.media {
            context.media.set_flags(media, leg.flags);
        }
        tracing::info!(call = %leg.call_id(), held, "hold");
        reply.ok(ModifyResult {
            action: if held { "hold" } else { "unhold" },
            call_id,
            hold_state: hold_state(Some(leg)),
            node_id: &context.node_id,
            sdp: None,
        });
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
            reply.ok(ended(call_id, Cause::NormalClearing));
            self.end_leg(id, Cause::NormalClearing, "hangup", Farewell::None);
        }
    }

    /// Handles a `call.*` request of a leg that exists.
    pub(super) fn method(
        &mut self,
        id: LegId,
        reply: Reply,
        method: CallMethod,
        params: &CallParams,
    ) {
        match method {
            CallMethod::LayoutList => reply.ok(&CallResult::LAYOUT_LIST),
            CallMethod::Mute => self.mute(id, reply, params, true),
            CallMethod::Unmute => self.mute(id, reply, params, false),
        }
    }

    fn mute(&mut self, id: LegId, reply: Reply, params: &CallParams, muted: bool) {
        let channels = params.channels.as_deref().unwrap_or_default();
        if channels.is_empty() {
            return reply.refuse(&RpcError::invalid_params(
                "params: `channels` must name audio or video",
            ));
        }
        // The target is found by its member id alone; the rest of it is the requester's (7.1).
        let target = params
            .target
            .as_ref()
            .map(|target| target.member_id.as_str())
            .filter(|target| !target.is_empty());
        let own = self
            .leg(id)
            .map(|leg| leg.member.member_id.clone())
            .unwrap_or_default();
        match target {
            None => {}
            Some(target) if target == own => {}
            Some(target)
                if self
                    .legs
                    .iter()
                    .any(|leg| leg.is_joined() && leg.member.member_id == target) =>
            {
                return reply.ok(&CallResult::FORBIDDEN);
            }
            Some(_) => return reply.ok(&CallResult::NO_MEMBER),
        }
        let context = self.context.clone();
        let Some(leg) = self.leg_mut(id).filter(|leg| leg.is_joined()) else {
            return reply.refuse(&RpcError::invalid_params("the call has not been answered"));
        };
        let mut updated = Vec::new();
        for channel in channels {
            let (flag, name) = match channel {
                Channel::Audio => (&mut leg.member.audio_muted, "audio_muted"),
                Channel::Video => (&mut leg.member.video_muted, "video_muted"),
            };
            *flag = muted;
            updated.push(name.to_owned());
        }
        leg.flags.muted = leg.member.audio_muted;
        if let Some(media) = leg.media {
            context.media.set_flags(media, leg.flags);
        }
        tracing::info!(call = %leg.call_id(), muted, ?channels, "mute");
        reply.ok(&CallResult::OK);
        // Also when nothing changed: the state of clients follows events alone (7.3).
        self.tell_updated(id, updated);
    }
}

fn hold_state(leg: Option<&Leg>) -> &'static str {
    if leg.is_some_and(|leg| leg.flags.held) {
        "held"
    } else {
        "active"
    }
}

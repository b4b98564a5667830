//! What a project's backend is told of calls and conferences, if it has webhooks.

use offhook_proto::code::Cause;
use offhook_proto::event::{CallState, CallUpdated, MemberEvent, Progress};
use offhook_proto::rest::WebhookEvent;
use offhook_proto::room::Member;
use serde::Serialize;

use super::{Kind, Room};
use crate::calls::Context;
use crate::calls::leg::Leg;

/// What is said of a leg.
#[derive(Serialize)]
struct LegTold<'a> {
    #[serde(flatten)]
    state: CallState<'a>,
    member_id: &'a str,
    name: &'a str,
    subscriber_id: &'a str,
    /// Kind of its owner's token.
    kind: &'static str,
    /// What the backend calls the call, if it has placed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    dial_id: Option<&'a str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    end: Option<EndTold<'a>>,
}

#[derive(Serialize)]
struct EndTold<'a> {
    cause: &'static str,
    cause_code: u16,
    reason: &'a str,
}

impl Leg {
    /// Tells how far the call is; with its end, why.
    pub(in crate::calls) fn tell_backend(
        &self,
        context: &Context,
        progress: Progress,
        end: Option<(Cause, &str)>,
    ) {
        if self.is_auxiliary() {
            return;
        }
        let event = match progress {
            Progress::Created => WebhookEvent::CallCreated,
            Progress::Ringing => WebhookEvent::CallRinging,
            Progress::Answered => WebhookEvent::CallAnswered,
            Progress::Ended => WebhookEvent::CallEnded,
        };
        let owner = &self.key.owner;
        context
            .webhooks
            .publish(&owner.project_id, event, || LegTold {
                state: self.state(context, progress),
                member_id: &self.member.member_id,
                name: &self.member.name,
                subscriber_id: &self.member.subscriber_id,
                kind: owner.kind.as_str(),
                dial_id: self.dial.as_deref(),
                end: end.map(|(cause, reason)| EndTold {
                    cause: cause.name(),
                    cause_code: cause.code(),
                    reason,
                }),
            });
    }
}

impl Room {
    /// The conference has begun, changed, or ended.
    pub(super) fn tell_backend_of_room(&self, event: WebhookEvent) {
        let Kind::Conference(room) = &self.kind else {
            return;
        };
        let webhooks = &self.context.webhooks;
        webhooks.publish(&room.project_id, event, || {
            let session = self.room_session(false);
            // Serialised at once: it borrows what is made here.
            offhook_proto::relay::to_raw(&CallUpdated {
                room_session: &session,
                room_id: &self.room_id,
                room_session_id: &self.room_session_id,
            })
        });
    }

    /// Somebody has come into the conference, changed, or left.
    pub(super) fn tell_backend_of_member(
        &self,
        event: WebhookEvent,
        member: &Member,
        reason: Option<&str>,
    ) {
        let Kind::Conference(room) = &self.kind else {
            return;
        };
        let webhooks = &self.context.webhooks;
        webhooks.publish(&room.project_id, event, || MemberEvent {
            room_id: &self.room_id,
            room_session_id: &self.room_session_id,
            member,
            reason,
        });
    }
}

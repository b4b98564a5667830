//! One leg of a room: a dialog with a client, a media leg, and a member.

use std::sync::Arc;
use std::time::Instant;

use offhook_media::{LegFlags, LegKey, LegSound, LegStats};
use offhook_proto::code::Cause;
use offhook_proto::event::{CallState, Device, Direction, Peer, Progress};
use offhook_proto::method::{event, verto};
use offhook_proto::room::Member;
use offhook_proto::room_action::{OPEN_SENSITIVITY, gain_db, gate_dbfs};
use offhook_proto::room_capability::Capabilities;
use offhook_proto::verto_reply::{
    DialogPing, DialogPingParams, OutgoingAnswer, OutgoingBye, ServerMessage,
};
use serde::Serialize;

use super::Context;
use super::clock::now_ms;
use super::destination::Party;
use super::directory::{DialogKey, LegId};
use super::lifeline::{Lifeline, Signalling};
use crate::budget::CallCharge;
use crate::records::Target;
use crate::relay::{Keep, OutEvent, SessionHandle};

/// How far a leg is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// A caller while the callee's devices ring: the offer, for the case that its media leg must be made again, and the
    /// answer that waits.
    Waiting { offer: String, answer: String },
    /// A callee's device that rings.
    Ringing,
    /// In the room.
    Joined,
    /// An auxiliary leg that has been taken out of the room, and waits for its client to end it.
    Retired,
}

/// See the module's documentation.
pub(super) struct Leg {
    pub(super) id: LegId,
    pub(super) key: DialogKey,
    pub(super) session: SessionHandle,
    pub(super) direction: Direction,
    /// Address of the caller.
    pub(super) from: String,
    /// What was dialled.
    pub(super) to: String,
    pub(super) member: Member,
    pub(super) stage: Stage,
    pub(super) media: Option<LegKey>,
    /// What was measured of a media leg that is gone.
    pub(super) measured: Option<LegStats>,
    /// What its token allows in a conference.
    pub(super) capabilities: Capabilities,
    /// The main leg, if this is a shared screen or a further device.
    pub(super) parent: Option<LegId>,
    /// Hears music, because the other side has put it on hold or is yet to answer.
    pub(super) waits: bool,
    pub(super) life: Lifeline,
    pub(super) segment_id: String,
    pub(super) start_ms: u64,
    pub(super) answer_ms: Option<u64>,
    /// Dialog of the other side of a two-party call.
    pub(super) peer: Option<Arc<str>>,
    pub(super) next_ping: Instant,
    /// What the call is charged to, until it is dropped.
    pub(super) charge: Option<CallCharge>,
    /// Where it has gone, if it called.
    pub(super) target: Option<Target>,
    /// What the project's backend calls the call, if it is its own.
    pub(super) dial: Option<Arc<str>>,
}

/// What a new leg is made of.
pub(super) struct NewLeg {
    pub(super) id: LegId,
    pub(super) key: DialogKey,
    pub(super) session: SessionHandle,
    pub(super) direction: Direction,
    pub(super) party: Party,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) stage: Stage,
    pub(super) media: LegKey,
    pub(super) capabilities: Capabilities,
    pub(super) room_id: String,
    pub(super) room_session_id: String,
    pub(super) charge: Option<CallCharge>,
    pub(super) target: Option<Target>,
    pub(super) dial: Option<Arc<str>>,
}

impl Leg {
    pub(super) fn new(context: &Context, new: NewLeg) -> Self {
        let NewLeg {
            id,
            key,
            session,
            direction,
            party,
            from,
            to,
            stage,
            media,
            capabilities,
            room_id,
            room_session_id,
            charge,
            target,
            dial,
        } = new;
        let now = Instant::now();
        let signalling = if session.is_attached() {
            Signalling::Attached
        } else {
            Signalling::Detached
        };
        let member = Member {
            room_session_id,
            room_id,
            member_id: uuid::Uuid::new_v4().to_string(),
            call_id: key.call_id.to_string(),
            node_id: context.node_id.to_string(),
            name: party.name,
            kind: "member".to_owned(),
            parent_id: None,
            requested_position: "auto".to_owned(),
            handraised: false,
            visible: true,
            audio_muted: false,
            video_muted: false,
            deaf: false,
            input_volume: 0.0,
            output_volume: 0.0,
            input_sensitivity: OPEN_SENSITIVITY,
            echo_cancellation: true,
            auto_gain: true,
            noise_suppression: true,
            lowbitrate: false,
            denoise: false,
            held: false,
            talking: Some(false),
            is_audience: false,
            meta: serde_json::Map::new(),
            subscriber_id: key.owner.subscriber_id.clone(),
            address_id: party.address_id,
            updated: None,
        };
        Self {
            id,
            key,
            session,
            direction,
            from,
            to,
            member,
            stage,
            media: Some(media),
            measured: None,
            capabilities,
            parent: None,
            waits: false,
            life: Lifeline::new(now, signalling),
            segment_id: uuid::Uuid::new_v4().to_string(),
            start_ms: now_ms(),
            answer_ms: None,
            peer: None,
            next_ping: now + context.timing.dialog_ping,
            charge,
            target,
            dial,
        }
    }

    pub(super) fn call_id(&self) -> &Arc<str> {
        &self.key.call_id
    }

    /// The address of whoever is on this leg.
    pub(super) fn own_number(&self) -> &str {
        match self.direction {
            Direction::Outbound => &self.from,
            Direction::Inbound => &self.to,
        }
    }

    /// A shared screen, or a further camera or microphone.
    pub(super) fn is_auxiliary(&self) -> bool {
        self.parent.is_some()
    }

    /// How it takes part in the mix.
    pub(super) fn flags(&self) -> LegFlags {
        LegFlags {
            muted: self.member.audio_muted,
            video_muted: self.member.video_muted,
            deaf: self.member.deaf,
            held: self.member.held,
        }
    }

    /// What happens to its audio on the way.
    pub(super) fn sound(&self) -> LegSound {
        LegSound {
            input_gain_db: gain_db(self.member.input_volume),
            output_gain_db: gain_db(self.member.output_volume),
            gate_dbfs: gate_dbfs(self.member.input_sensitivity),
            low_bitrate: self.member.lowbitrate,
            hold_music: self.waits,
        }
    }

    pub(super) fn is_joined(&self) -> bool {
        self.stage == Stage::Joined
    }

    /// Sends a message of the dialog layer.
    pub(super) fn verto(
        &self,
        context: &Context,
        method: &'static str,
        params: impl Serialize,
        keep: Keep,
    ) {
        let message = ServerMessage::new(context.next_serial(), method, params);
        self.session
            .event(OutEvent::new(event::WEBRTC_MESSAGE, &message, keep));
    }

    /// Sends the SDP answer; once per offer (5.6).
    pub(super) fn send_answer(&self, context: &Context, sdp: &str) {
        let params = OutgoingAnswer {
            call_id: self.call_id(),
            sdp,
        };
        self.verto(
            context,
            verto::ANSWER,
            params,
            Keep::Dialog(self.call_id().clone()),
        );
    }

    pub(super) fn send_ping(&self, context: &Context) {
        let call_id = self.call_id();
        let params = DialogPing {
            call_id,
            dialog_params: DialogPingParams { call_id },
        };
        self.verto(
            context,
            verto::PING,
            params,
            Keep::Newest(format!("ping:{call_id}").into()),
        );
    }

    /// The event that ends the call at the client.
    pub(super) fn bye(&self, context: &Context, cause: Cause) -> OutEvent {
        bye(context, self.call_id(), cause)
    }

    pub(super) fn send_state(&self, context: &Context, progress: Progress) {
        if self.is_auxiliary() {
            // Clients would take it for the call's.
            return;
        }
        let state = self.state(context, progress);
        self.session
            .event(OutEvent::new(event::CALL_STATE, &state, Keep::Passing));
        if progress != Progress::Ended {
            self.tell_backend(context, progress, None);
        }
    }

    /// How far the call is.
    pub(super) fn state<'a>(&'a self, context: &'a Context, progress: Progress) -> CallState<'a> {
        CallState {
            call_id: self.call_id(),
            node_id: &context.node_id,
            segment_id: &self.segment_id,
            room_session_id: &self.member.room_session_id,
            call_state: progress,
            direction: self.direction,
            device: Device::webrtc(&self.from, &self.to),
            start_time: self.start_ms,
            answer_time: self.answer_ms,
            end_time: (progress == Progress::Ended).then(now_ms),
            peer: self.peer.as_deref().map(|call_id| Peer {
                call_id,
                node_id: &context.node_id,
            }),
        }
    }
}

/// The event that ends a call at its client.
pub(super) fn bye(context: &Context, call_id: &Arc<str>, cause: Cause) -> OutEvent {
    let params = OutgoingBye {
        call_id,
        cause: cause.name(),
        cause_code: cause.code(),
    };
    let message = ServerMessage::new(context.next_serial(), verto::BYE, params);
    let keep = Keep::DialogEnd(call_id.clone());
    OutEvent::new(event::WEBRTC_MESSAGE, &message, keep)
}

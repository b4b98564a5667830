//! One call: its dialog with the server and its peer connection.

mod peer;
mod recovery;
mod requests;

use miniserde::json::Value;
use offhook_proto::method::{event, verto};

use crate::attach::Direction;
use crate::context::Context;
use crate::input::{CommandId, LegId, MediaOptions, PeerState};
use crate::json;
use crate::output::{CallEvent, CallStatus, EngineError, MediaPlan, PeerCommand};
use crate::room::Room;
use crate::rpc::{Envelope, Purpose};
use recovery::{Attach, Restart};

/// From the moment the invite is sent until the server must have accepted it. Permission prompts do not count.
const INVITE_MS: u64 = 10_000;
/// What the official client asks for with its first SDP (wire-protocol.md 5.2).
const SUBSCRIBE: [&str; 9] = [
    "track",
    "destroy",
    "member.updated.videoMuted",
    "layout.changed",
    "room.subscribed",
    "member.updated.audioMuted",
    "media.connected",
    "room.updated",
    "call.joined",
];

/// How far the dialog is with the server.
enum Stage {
    /// Outbound: waits for the session to be ready, until then.
    Parked { until: u64 },
    /// Outbound: the peer connection makes its offer.
    Offering,
    /// Outbound: the invite is out.
    Inviting,
    /// Outbound: accepted by the server, nobody has answered.
    Accepted,
    /// Inbound: rings.
    Ringing { offer: String },
    /// Inbound: the peer connection makes its answer.
    Answering { command: CommandId },
    /// Both sides have their descriptions.
    Up,
    /// Gone.
    Over,
}

pub(crate) struct Dialog {
    id: LegId,
    outbound: bool,
    stage: Stage,
    pub(crate) status: CallStatus,
    destination: String,
    caller: [Option<String>; 2],
    callee: [Option<String>; 2],
    node_id: String,
    self_id: Option<String>,
    /// Ids under which the server speaks of this call.
    known_ids: Vec<String>,
    options: MediaOptions,
    variables: Value,
    dial: Option<CommandId>,
    /// Outbound: the answer's SDP was given to the peer connection.
    answered: bool,
    peer: bool,
    peer_state: PeerState,
    /// Offers during the call that failed in a row.
    reoffers: u32,
    /// Offers during the call: the answer to the last one counts.
    offers: u32,
    restart: Restart,
    /// Since when media is lost.
    lost_at: Option<u64>,
    /// An offer was not answered by anybody.
    doubts: bool,
    /// Nothing comes in though the connection is up: only a report that it is connected ends that.
    dead: bool,
    /// The server has ended it because its media was lost, for these causes, and was asked to think again.
    questioned: Option<[Value; 2]>,
    /// A restart was asked for while there was no signalling.
    deferred: bool,
    /// It is taken up for an earlier page.
    attach: Option<Attach>,
    /// When the server was last known to hold it, epoch milliseconds.
    attached_at: u64,
    /// It had come in, to this page or to an earlier one.
    came_in: bool,
    /// Of audio and of video, as last described.
    directions: [Direction; 2],
    /// What the user has muted: audio, video.
    muted: [bool; 2],
    pub(crate) room: Room,
}

/// What a session gives its dialogs.
pub(crate) struct Offer<'a> {
    pub(crate) ice_servers: &'a Value,
    pub(crate) wait_for_candidates: bool,
}

impl Dialog {
    /// A call to `to`.
    pub(crate) fn outbound(
        ctx: &mut Context,
        to: &str,
        options: MediaOptions,
        variables: Value,
        node_id: Option<String>,
        command: CommandId,
    ) -> Self {
        let id = ctx.random.uuid();
        let mut dialog = Self::blank(id, true, options, variables);
        dialog.destination = to.to_owned();
        dialog.callee = [Some(to.to_owned()), None];
        dialog.node_id = node_id.unwrap_or_default();
        dialog.dial = Some(command);
        dialog.announce(ctx);
        dialog
    }

    /// A call that comes in; `None` when the message lacks what a call needs.
    pub(crate) fn inbound(
        ctx: &mut Context,
        params: &Value,
        node_id: Option<&str>,
        preset: &Value,
    ) -> Option<Self> {
        let id = json::str_of(params, "callID").filter(|id| !id.is_empty())?;
        let offer = json::str_of(params, "sdp").filter(|sdp| !sdp.is_empty())?;
        let mut dialog = Self::blank(
            id.to_owned(),
            false,
            MediaOptions::default(),
            preset.clone(),
        );
        let named = |name: &str| {
            json::str_of(params, name)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        dialog.caller = [named("caller_id_number"), named("caller_id_name")];
        dialog.callee = [named("callee_id_number"), named("callee_id_name")];
        let destination = dialog.callee[0].as_ref().or(dialog.caller[0].as_ref());
        dialog.destination = destination.cloned().unwrap_or_default();
        dialog.node_id = node_id.unwrap_or_default().to_owned();
        dialog.stage = Stage::Ringing {
            offer: offer.to_owned(),
        };
        dialog.attached_at = ctx.now.wall_ms;
        dialog.status = CallStatus::Ringing;
        dialog.take_variables(params);
        dialog.announce(ctx);
        Some(dialog)
    }

    fn blank(id: LegId, outbound: bool, options: MediaOptions, variables: Value) -> Self {
        Self {
            known_ids: vec![id.clone()],
            id,
            outbound,
            stage: Stage::Parked { until: u64::MAX },
            status: CallStatus::New,
            destination: String::new(),
            caller: [None, None],
            callee: [None, None],
            node_id: String::new(),
            self_id: None,
            options,
            variables,
            dial: None,
            answered: false,
            peer: false,
            peer_state: PeerState::New,
            reoffers: 0,
            offers: 0,
            restart: Restart::Idle,
            lost_at: None,
            doubts: false,
            dead: false,
            questioned: None,
            deferred: false,
            attach: None,
            attached_at: 0,
            came_in: !outbound,
            directions: Default::default(),
            muted: [false; 2],
            room: Room::default(),
        }
    }

    fn announce(&self, ctx: &mut Context) {
        let party = |text: &Option<String>| json::optional(text.as_deref());
        let direction = if self.came_in { "inbound" } else { "outbound" };
        let created = json::object([
            ("direction", json::text(direction)),
            ("to", party(&self.callee[0])),
            ("toName", party(&self.callee[1])),
            ("from", party(&self.caller[0])),
            ("fromName", party(&self.caller[1])),
            (
                "nodeId",
                json::optional(Some(self.node_id.as_str()).filter(|id| !id.is_empty())),
            ),
            ("command", self.dial.map_or(Value::Null, json::number)),
            ("reattached", Value::Bool(self.attach.is_some())),
        ]);
        ctx.call_event(&self.id, CallEvent::Created(created));
        ctx.call_event(&self.id, CallEvent::UserVariables(self.variables.clone()));
        ctx.call_event(&self.id, CallEvent::Status(self.status));
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn node_id(&self) -> &str {
        &self.node_id
    }

    /// Whether both sides have their descriptions.
    pub(crate) fn is_up(&self) -> bool {
        matches!(self.stage, Stage::Up)
    }

    pub(crate) fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    pub(crate) fn is_parked(&self) -> bool {
        matches!(self.stage, Stage::Parked { .. })
    }

    pub(crate) fn is_ringing(&self) -> bool {
        matches!(self.stage, Stage::Ringing { .. })
    }

    /// Whether an event is about this call (wire-protocol.md 6.1).
    pub(crate) fn is_meant(&self, payload: &Value) -> bool {
        let call = json::str_of(payload, "call_id");
        let session = json::str_of(payload, "room_session_id");
        call.is_some_and(|id| self.goes_by(id))
            || session.is_some_and(|id| self.room.knows_session(id))
    }

    pub(crate) fn goes_by(&self, id: &str) -> bool {
        self.known_ids.iter().any(|known| known == id)
    }

    /// How long an outbound call waits for the session.
    pub(crate) fn park_until(&mut self, until: u64) {
        self.stage = Stage::Parked { until };
    }

    // Outbound, step by step.

    /// The session is ready: make the offer.
    pub(crate) fn begin(&mut self, ctx: &mut Context, offer: &Offer<'_>) {
        self.stage = Stage::Offering;
        self.create_peer(ctx, offer);
        let video = self.options.video.unwrap_or(false);
        let media = MediaPlan {
            send_audio: self.options.audio.unwrap_or(true),
            send_video: video,
            receive_audio: self.options.receive_audio.unwrap_or(true),
            receive_video: self.options.receive_video.unwrap_or(false),
            fallback_to_receive_only: self.options.fallback_to_receive_only.unwrap_or(true),
            ..MediaPlan::default()
        };
        if !(media.send_audio || media.send_video || media.receive_audio || media.receive_video) {
            let error = EngineError::new("InvalidParams", "a call must send or receive something");
            return self.fail(ctx, error, false);
        }
        let wait_for_candidates = offer.wait_for_candidates;
        self.tell_peer(
            ctx,
            PeerCommand::Offer {
                media,
                wait_for_candidates,
                ice_restart: false,
                relay_only: false,
                anew: false,
            },
        );
    }

    fn invite(&mut self, ctx: &mut Context, sdp: &str) {
        self.stage = Stage::Inviting;
        let params = json::object([("dialogParams", self.params()), ("sdp", json::text(sdp))]);
        let purpose = Purpose::Invite {
            call: self.id.clone(),
        };
        let envelope = json::object([
            ("callID", json::text(&self.id)),
            ("node_id", json::text(&self.node_id)),
            (
                "message",
                json::object([
                    ("jsonrpc", json::text("2.0")),
                    ("id", Value::String(ctx.random.uuid())),
                    ("method", json::text(verto::INVITE)),
                    ("params", params),
                ]),
            ),
            ("subscribe", json::texts(&SUBSCRIBE)),
        ]);
        ctx.request_within(offhook_proto::method::VERTO, envelope, purpose, INVITE_MS);
    }

    /// The server's answer to the invite.
    pub(crate) fn invited(&mut self, ctx: &mut Context, result: Result<Value, EngineError>) {
        if !matches!(self.stage, Stage::Inviting) {
            return;
        }
        let accepted = result.and_then(|result| {
            let inner = verto_result(&result)?;
            if json::str_of(inner, "message") == Some("CALL CREATED") {
                Ok(result)
            } else {
                Err(EngineError::new(
                    "UnexpectedError",
                    "the server did not say that the call was created",
                ))
            }
        });
        let result = match accepted {
            Ok(result) => result,
            Err(error) if self.attach.is_some() => return self.not_taken_up(ctx, error),
            // Without an answer the server may have made the call all the same.
            Err(error) => return self.fail(ctx, error, true),
        };
        self.stage = Stage::Accepted;
        self.attach = None;
        self.attached_at = ctx.now.wall_ms;
        if let Some(node) = json::str_of(&result, "node_id") {
            self.set_node(ctx, node);
        }
        let Ok(inner) = verto_result(&result) else {
            return;
        };
        if let Some(id) = json::str_of(inner, "callID")
            && !self.goes_by(id)
        {
            self.known_ids.push(id.to_owned());
        }
        if let Some(member) = json::str_of(inner, "memberID") {
            self.set_self(ctx, member);
        }
        self.set_status(ctx, CallStatus::Trying);
        if let Some(command) = self.dial.take() {
            ctx.done(
                command,
                Ok(json::object([("callId", json::text(&self.id))])),
            );
        }
    }

    // Inbound, step by step.

    pub(crate) fn answer(
        &mut self,
        ctx: &mut Context,
        options: MediaOptions,
        command: CommandId,
        with: &Offer<'_>,
    ) {
        let Stage::Ringing { offer } =
            std::mem::replace(&mut self.stage, Stage::Answering { command })
        else {
            return;
        };
        self.create_peer(ctx, with);
        let offered = |kind: &str| offer.contains(kind);
        // Audio follows the offer; a camera is opened only by request.
        let video = options.video.unwrap_or(false) && offered("m=video");
        let media = MediaPlan {
            send_audio: options.audio.unwrap_or(true) && offered("m=audio"),
            send_video: video,
            receive_audio: options.receive_audio.unwrap_or(true) && offered("m=audio"),
            receive_video: options.receive_video.unwrap_or(video) && offered("m=video"),
            fallback_to_receive_only: options.fallback_to_receive_only.unwrap_or(true),
            ..MediaPlan::default()
        };
        let wait_for_candidates = with.wait_for_candidates;
        self.tell_peer(
            ctx,
            PeerCommand::Answer {
                offer,
                media,
                wait_for_candidates,
            },
        );
    }

    fn send_answer(&mut self, ctx: &mut Context, sdp: &str, command: CommandId) {
        self.stage = Stage::Up;
        self.attached_at = ctx.now.wall_ms;
        self.set_status(ctx, CallStatus::Connecting);
        let params = json::object([("dialogParams", self.params()), ("sdp", json::text(sdp))]);
        let purpose = Purpose::Answer {
            call: self.id.clone(),
            command,
        };
        self.verto(ctx, verto::ANSWER, params, Some(&SUBSCRIBE), purpose);
    }

    /// The server's answer to ours.
    pub(crate) fn answer_taken(
        &mut self,
        ctx: &mut Context,
        result: Result<Value, EngineError>,
        command: CommandId,
    ) {
        match result.and_then(|result| verto_result(&result).map(drop)) {
            Ok(()) => ctx.done(command, Ok(Value::Null)),
            Err(error) => {
                ctx.done(command, Err(error.clone()));
                if !error.is_safe() {
                    self.fail(ctx, error, true);
                }
            }
        }
    }

    // What the server sends.

    /// A message of the dialog layer for this call.
    pub(crate) fn message(&mut self, ctx: &mut Context, method: &str, params: &Value) {
        self.take_variables(params);
        match method {
            verto::ANSWER | verto::MEDIA => {
                self.remote_answer(ctx, method, json::str_of(params, "sdp"))
            }
            verto::BYE => self.bye(ctx, params),
            verto::PING => {
                self.attached_at = ctx.now.wall_ms;
                let params = params.clone();
                self.verto(ctx, verto::PONG, params, None, Purpose::Forgotten);
            }
            verto::MEDIA_PARAMS => {
                if let Some(params) = json::get(params, "mediaParams") {
                    self.tell_peer(
                        ctx,
                        PeerCommand::ApplyMediaParams {
                            params: params.clone(),
                        },
                    );
                }
            }
            _ => {}
        }
    }

    fn remote_answer(&mut self, ctx: &mut Context, method: &str, sdp: Option<&str>) {
        if !matches!(self.stage, Stage::Inviting | Stage::Accepted | Stage::Up) || !self.outbound {
            return;
        }
        if let Some(sdp) = sdp.filter(|sdp| !sdp.is_empty() && !self.answered) {
            self.answered = true;
            self.tell_peer(
                ctx,
                PeerCommand::ApplyAnswer {
                    sdp: sdp.to_owned(),
                },
            );
        }
        if method == verto::ANSWER && self.attach.take().is_some() {
            self.attached_at = ctx.now.wall_ms;
        }
        let (status, stage) = match method {
            verto::MEDIA => (CallStatus::Ringing, Stage::Accepted),
            _ => (CallStatus::Connecting, Stage::Up),
        };
        if matches!(self.stage, Stage::Inviting | Stage::Accepted) {
            self.stage = stage;
        }
        // Media may be up already, through early media.
        let status = match self.peer_state {
            PeerState::Connected if method == verto::ANSWER => CallStatus::Connected,
            _ => status,
        };
        self.set_status(ctx, status);
    }

    fn bye(&mut self, ctx: &mut Context, params: &Value) {
        let why = json::str_of(params, "cause").unwrap_or("the other side ended the call");
        let told = |name| json::get(params, name).cloned().unwrap_or_default();
        let causes = [told("cause"), told("causeCode")];
        if self.question(ctx, &causes) {
            return;
        }
        self.lose_dial(ctx, why);
        self.over(ctx, causes, None);
    }

    /// Whoever still waits for the dial is told that the call is over, and whoever watches for errors.
    fn lose_dial(&mut self, ctx: &mut Context, why: &str) {
        if let Some(command) = self.dial.take() {
            let ended = "the call ended before it was set up";
            let cause = EngineError::new("Error", why);
            let error = EngineError::call_create(ended, "outbound", cause);
            ctx.error(error.clone());
            ctx.done(command, Err(error));
        }
    }

    /// A call or room event that is meant for this call.
    pub(crate) fn room_event(&mut self, ctx: &mut Context, kind: &str, payload: &Value) {
        if kind == event::CALL_JOINED {
            if let Some(id) = json::str_of(payload, "call_id")
                && !self.goes_by(id)
            {
                self.known_ids.push(id.to_owned());
            }
            if self.self_id.is_none()
                && let Some(member) = json::str_of(payload, "member_id")
            {
                let member = member.to_owned();
                self.set_self(ctx, &member);
            }
        }
        if kind == event::CALL_STATE
            && json::str_of(payload, "call_state") == Some("ringing")
            && self.outbound
            && matches!(self.status, CallStatus::New | CallStatus::Trying)
        {
            self.set_status(ctx, CallStatus::Ringing);
        }
        let id = self.id.clone();
        self.room.apply(ctx, &id, kind, payload);
        if kind == event::CALL_JOINED && self.room.may_lay_out() {
            let params = self.method_params(None, json::empty(), false);
            ctx.request("call.layout.list", params, Purpose::Layouts { call: id });
        }
    }

    /// Something went wrong that the call does not survive. `told`: the server may hold a dialog that must end.
    pub(crate) fn fail(&mut self, ctx: &mut Context, error: EngineError, told: bool) {
        if self.is_over() {
            return;
        }
        if told {
            self.send_bye(ctx, None);
        }
        match (self.dial.take(), &self.stage) {
            (Some(command), _) => {
                let failed = EngineError::call_create(
                    "the call could not be set up",
                    "outbound",
                    error.clone(),
                );
                ctx.error(failed.clone());
                ctx.done(command, Err(failed));
            }
            (None, Stage::Answering { command }) => ctx.done(*command, Err(error.clone())),
            (None, _) => {}
        }
        if self.is_up() {
            let (cause, code) = match error.class {
                "NetworkError" => recovery::MEDIA_LOST,
                _ => ("TEMPORARY_FAILURE", "41"),
            };
            let ended = json::object([
                ("cause", json::text(cause)),
                ("causeCode", json::text(code)),
                ("by", json::text("local")),
            ]);
            ctx.call_event(&self.id, CallEvent::Ended(ended));
        }
        self.tell_error(ctx, error, true);
        self.set_status(ctx, CallStatus::Failed);
        self.end(ctx);
    }

    fn tell_error(&self, ctx: &mut Context, error: EngineError, fatal: bool) {
        let kind = error.kind();
        ctx.call_event(&self.id, CallEvent::Error { kind, fatal, error });
    }

    fn end(&mut self, ctx: &mut Context) {
        self.stage = Stage::Over;
        if self.peer {
            self.tell_peer(ctx, PeerCommand::Close);
        }
        self.set_status(ctx, CallStatus::Destroyed);
    }

    fn verto(
        &self,
        ctx: &mut Context,
        method: &str,
        params: Value,
        subscribe: Option<&[&str]>,
        purpose: Purpose,
    ) {
        let (call, node_id) = (self.id.as_str(), self.node_id.as_str());
        ctx.verto(
            Envelope {
                call,
                node_id,
                subscribe,
            },
            method,
            params,
            purpose,
        );
    }

    /// `dialogParams` (wire-protocol.md 5.7).
    pub(crate) fn params(&self) -> Value {
        let mut variables = json::object([
            ("memberCallId", json::text(&self.id)),
            ("memberId", json::optional(self.self_id.as_deref())),
        ]);
        json::merge(&mut variables, &self.variables);
        let party = |text: &Option<String>| json::optional(text.as_deref());
        let attaching = self
            .attach
            .as_ref()
            .map_or(Value::Null, |_| Value::Bool(true));
        json::object([
            ("attach", attaching.clone()),
            ("reattaching", attaching),
            ("callID", json::text(&self.id)),
            ("destination_number", json::text(&self.destination)),
            ("caller_id_number", party(&self.caller[0])),
            ("caller_id_name", party(&self.caller[1])),
            ("remote_caller_id_number", party(&self.callee[0])),
            ("remote_caller_id_name", party(&self.callee[1])),
            ("userVariables", variables),
            ("screenShare", Value::Bool(false)),
            ("additionalDevice", Value::Bool(false)),
            ("pingSupported", Value::Bool(true)),
            ("version", json::number(1000)),
        ])
    }

    fn take_variables(&mut self, params: &Value) {
        if let Some(variables) = json::get(params, "userVariables") {
            json::merge(&mut self.variables, variables);
        }
    }

    fn set_self(&mut self, ctx: &mut Context, member: &str) {
        self.self_id = Some(member.to_owned());
        ctx.call_event(&self.id, CallEvent::SelfId(member.to_owned()));
    }

    fn set_node(&mut self, ctx: &mut Context, node: &str) {
        if self.node_id != node {
            self.node_id = node.to_owned();
            ctx.call_event(&self.id, CallEvent::NodeId(Some(node.to_owned())));
        }
    }

    fn set_status(&mut self, ctx: &mut Context, status: CallStatus) {
        if self.status != status && self.status != CallStatus::Destroyed {
            self.status = status;
            ctx.call_event(&self.id, CallEvent::Status(status));
        }
    }
}

/// The innermost result of a dialog method, or the error that is nested where the official server puts it.
pub(crate) fn verto_result(result: &Value) -> Result<&Value, EngineError> {
    if let Some(error) = json::at(result, &["result", "error"]) {
        return Err(EngineError::of_response(error, ""));
    }
    Ok(json::at(result, &["result", "result"]).unwrap_or(&Value::Null))
}

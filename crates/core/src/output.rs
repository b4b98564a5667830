//! What the engine tells a driver.
#![allow(
    missing_docs,
    reason = "fields and plain variants are named for what they carry; what needs words has them"
)]

use crate::input::{CommandId, LegId, RequestId, SocketId};
use miniserde::json::Value;

/// One thing to do, or to tell the application.
#[derive(Debug)]
pub enum Output {
    /// Call `provider.authenticate({fingerprint})`; answer with `Input::Credential`.
    Authenticate { request: RequestId },
    /// Call `provider.refresh()`; answer with `Input::Credential`.
    Refresh { request: RequestId },
    /// Open a WebSocket; answer with `SocketOpened` or `SocketClosed`.
    OpenSocket { socket: SocketId, url: String },
    /// Send a text frame. Never comes before `SocketOpened`.
    Send { socket: SocketId, text: String },
    /// Close it. No report is needed.
    CloseSocket { socket: SocketId },
    /// Do a REST request; answer with `Input::Http`.
    Http {
        request: RequestId,
        http: HttpRequest,
    },
    /// Sign a DPoP payload (the JSON text) with the client's key; answer with `Input::Proof`. The driver adds the header
    /// and, when there is an `access_token`, the claim `ath`: its SHA-256, base64url (RFC 9449, section 4.2).
    SignProof {
        request: RequestId,
        payload: String,
        access_token: Option<String>,
    },
    /// Wait until no other client of this origin holds the lock of that name, then answer with `Input::Locked`. A driver
    /// without siblings answers at once. A lock that was never granted may still be unlocked.
    Lock { request: RequestId, name: String },
    /// Give the lock up; all others get `share` as `Input::Shared`, those that wait for the lock before they get that.
    Unlock {
        request: RequestId,
        share: Option<String>,
    },
    /// The credential in force, for a later page to begin with.
    KeepCredential(crate::input::Credential),
    /// Something for a peer connection.
    Peer { leg: LegId, command: PeerCommand },
    /// Keep (`Some`) or forget (`None`) a value.
    Store {
        scope: Scope,
        key: String,
        value: Option<String>,
    },
    /// The answer to a command.
    Done {
        id: CommandId,
        result: Result<Value, EngineError>,
    },
    /// Something the application may observe.
    Event(Event),
}

/// Where a stored value lives (browser names; other drivers keep both in one place).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Session,
    Local,
}

/// A REST request.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
    pub timeout_ms: u64,
}

/// What a driver must do with a peer connection, in order.
#[derive(Clone, Debug)]
pub enum PeerCommand {
    /// Make the connection. Nothing is captured yet.
    Create {
        ice_servers: Value,
        relay_only: bool,
    },
    /// From the next restart on, use these: what was given with `Create` may have expired.
    IceServers { ice_servers: Value },
    /// Capture as planned, make and set an offer (`relay_only`: with candidates of relays alone), report `LocalDescription`. Do not wait for candidates unless `wait_for_candidates`.
    /// `anew`, with `ice_restart`: the other end has nothing left of this connection, and comes back with another certificate. A connection that cannot begin DTLS
    /// again must be replaced by another of the same directions.
    Offer {
        media: MediaPlan,
        wait_for_candidates: bool,
        ice_restart: bool,
        relay_only: bool,
        anew: bool,
    },
    /// Apply the offer, capture as planned, make and set an answer, report `LocalDescription`.
    Answer {
        offer: String,
        media: MediaPlan,
        wait_for_candidates: bool,
    },
    /// Apply the remote answer, report `RemoteApplied`.
    ApplyAnswer { sdp: String },
    /// Stop (`false`) or resume capture and sending of a kind.
    SetSending { video: bool, on: bool },
    /// Apply server-pushed constraints (`verto.mediaParams`).
    ApplyMediaParams { params: Value },
    /// Close it and release capture.
    Close,
}

/// Directions decided by the engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MediaPlan {
    pub send_audio: bool,
    pub send_video: bool,
    pub receive_audio: bool,
    pub receive_video: bool,
    pub fallback_to_receive_only: bool,
    /// Sent, but nothing is captured yet: the user had muted it.
    pub audio_muted: bool,
    /// As `audio_muted`.
    pub video_muted: bool,
}

/// What the application observes. Strings are those of the public API (`sdk-api.json`).
#[derive(Debug)]
pub enum Event {
    /// `isConnected$`.
    Connected(bool),
    /// `isRegistered$`.
    Registered(bool),
    /// `ready$`: connected and authenticated right now.
    Ready(bool),
    /// `session.authenticated$`.
    Authenticated(bool),
    /// The subscriber info body; also fills `client.user`.
    User(Value),
    /// ICE servers of the connect result.
    IceServers(Value),
    /// `errors$`.
    Error(EngineError),
    /// `warnings$`: a ready `SDKWarning` object.
    Warning(Value),
    /// The credential's state for a status line: `{expiresAt, renewal, nextAttemptAt, bound}`, times in epoch milliseconds
    /// by the server's clock; `renewal` is `client-bound`, `provider` or `none`.
    Credential(Value),
    /// Every `signalwire.event` envelope (`session.signalingEvent$`).
    Signaling(Value),
    /// Something about one call.
    Call { call: LegId, event: CallEvent },
}

/// What happens to a call.
#[derive(Debug)]
pub enum CallEvent {
    /// The call exists: `{direction, to, toName, from, fromName, nodeId, command}`. First event of every call; `command`
    /// is the dial that made it.
    Created(Value),
    /// `status$`.
    Status(CallStatus),
    /// `selfId$`.
    SelfId(String),
    /// `nodeId$`.
    NodeId(Option<String>),
    /// `userVariables$`, whole.
    UserVariables(Value),
    /// `capabilities$`, whole.
    Capabilities(Vec<String>),
    /// Room flags, whole: `{recording, streaming, locked, raiseHandPriority, meta}`.
    Room(Value),
    /// A member, merged and whole (snake_case fields of the wire). `change`: `joined`, `updated`, `talking` or `layout`.
    Member { member: Value, change: &'static str },
    /// A member left: `{member_id, reason}`.
    MemberLeft(Value),
    /// `layouts$`.
    Layouts(Vec<String>),
    /// `{id, layers}`.
    Layout(Value),
    /// `mediaDirections$`: `{audio, video}`.
    Directions(Value),
    /// `call.errors$`.
    Error {
        kind: &'static str,
        fatal: bool,
        error: EngineError,
    },
    /// A call event envelope as the server sent it.
    Signaling(Value),
    /// A Verto message of this call.
    Verto(Value),
    /// A leg beside the call's own has ended: `{leg}`.
    LegEnded(Value),
    /// Why it ended: `{cause, causeCode, by}`; comes before the final status.
    Ended(Value),
}

/// The ten statuses of sdk-api.md 7.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallStatus {
    New,
    Trying,
    Ringing,
    Connecting,
    Connected,
    Recovering,
    Disconnecting,
    Disconnected,
    Failed,
    Destroyed,
}

/// An error for the application. The JavaScript face makes the class `class` of it.
#[derive(Clone, Debug)]
pub struct EngineError {
    /// The error class of the SDK reference, section 16 (`InvalidCredentialsError`, `JSONRPCError`, `CallCreateError`, …).
    pub class: &'static str,
    /// For people: what happened and what to do.
    pub message: String,
    /// JSON-RPC or HTTP code, when there is one.
    pub code: Option<i64>,
    /// Class-specific fields (`direction`, `operation`, `media`, `data`, `requestId`, …).
    pub details: Value,
    /// What caused it.
    pub cause: Option<Box<EngineError>>,
}

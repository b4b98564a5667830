//! What a driver tells the engine.
#![allow(
    missing_docs,
    reason = "fields and plain variants are named for what they carry; what needs words has them"
)]

use miniserde::json::Value;

/// Names a command of the application; chosen by the driver, echoed in [`Output::Done`](crate::output::Output::Done).
pub type CommandId = u64;
/// Names something the engine asked for; chosen by the engine, echoed by the driver in its answer.
pub type RequestId = u64;
/// Names one socket; chosen by the engine. Reports of a socket that is no longer the current one are ignored.
pub type SocketId = u64;
/// Names one peer connection. For a main leg it is the call id.
pub type LegId = String;

/// One thing that happened outside.
#[derive(Debug)]
pub enum Input {
    /// The application asks for something. Answered by exactly one `Output::Done`.
    Command { id: CommandId, command: Command },
    /// The provider answered `Output::Authenticate` or `Output::Refresh`.
    Credential {
        request: RequestId,
        result: Result<Credential, Failure>,
    },
    /// The socket asked for by `Output::OpenSocket` is open.
    SocketOpened { socket: SocketId },
    /// The socket closed or could not be opened.
    SocketClosed { socket: SocketId, reason: String },
    /// A text frame arrived.
    Frame { socket: SocketId, text: String },
    /// `Output::Http` ended. `Err` means no response at all (network, time-out).
    Http {
        request: RequestId,
        result: Result<HttpResponse, Failure>,
    },
    /// `Output::SignProof` ended: the compact JWS, or why it could not be made.
    Proof {
        request: RequestId,
        result: Result<String, Failure>,
    },
    /// A peer connection reports.
    Peer { leg: LegId, report: PeerReport },
    /// The device went online (`true`) or offline.
    Network { online: bool },
    /// The page became visible (`true`), or came back from sleep or the back-forward cache.
    Visible { visible: bool },
    /// `Output::Lock` is granted.
    Locked { request: RequestId },
    /// Whoever held the lock of that name has just left this text.
    Shared { name: String, text: String },
    /// `deadline()` has passed.
    Tick,
}

/// What the application may ask for.
#[derive(Debug)]
pub enum Command {
    /// The constructor's background work: authenticate, fetch the user, connect and register as configured.
    Start,
    /// Opens (again) a session. Done when authenticated.
    Connect,
    /// Settings that have changed. They hold for sessions and calls that begin from now on.
    Configure {
        relay_host: String,
        user_variables: Value,
        tuning: crate::tuning::Tuning,
    },
    /// Says `bye` for every call, closes the socket, forgets resume state.
    Disconnect,
    /// As `Disconnect`, and the engine is finished.
    Destroy,
    /// Announces the user online.
    Register,
    /// Announces the user offline.
    Unregister,
    /// Places a call. Done with `{"callId": …}` as soon as the server accepted the invite.
    Dial {
        to: String,
        options: MediaOptions,
        user_variables: Value,
        node_id: Option<String>,
    },
    /// Answers an inbound call. Options left `None` follow the offer (audio) and default to off (video).
    Answer { call: LegId, options: MediaOptions },
    /// Rejects an inbound call (`USER_BUSY`, 17).
    Reject { call: LegId },
    /// Ends a call. Done at once when the call is already gone.
    Hangup { call: LegId },
    /// Sends DTMF. Digits are checked here: `0-9 * # A-D w W ,`.
    SendDigits { call: LegId, digits: String },
    /// A call method of wire-protocol.md 7 in the caller's context; `member` = target (own member when `None`).
    CallMethod {
        call: LegId,
        method: String,
        member: Option<String>,
        args: Value,
    },
    /// Self mute and unmute: tells the server, then switches local capture, whatever the server said.
    SetMuted {
        call: LegId,
        video: bool,
        muted: bool,
    },
    /// Asks the server to deliver an event type for this call (`verto.subscribe`).
    Subscribe { call: LegId, event_type: String },
    /// Merges user variables into the call's.
    SetUserVariables { call: LegId, variables: Value },
    /// ICE restart of the main leg (`verto.modify updateMedia`). `broken`: its media is dead though its connection is up.
    RestartIce {
        call: LegId,
        relay_only: bool,
        broken: bool,
    },
    /// Ends a call whose media is dead though its connection is up, and restarts have not helped.
    GiveUp { call: LegId },
    /// A leg beside the call's own: a shared screen (`screen`) or another device. The driver chooses the leg's name and has
    /// captured what it sends. Done when it is connected.
    AddLeg {
        call: LegId,
        leg: LegId,
        screen: bool,
        audio: bool,
        video: bool,
    },
    /// Ends such a leg. Done at once when it is already gone.
    RemoveLeg { leg: LegId },
    /// A raw JSON-RPC request. Done with the whole `result`.
    Execute {
        method: String,
        params: Value,
        timeout_ms: Option<u64>,
    },
    /// An authenticated REST request by path (`/api/fabric/…`) or absolute URL on the API origin. Done with `{status, body}`.
    Fetch {
        method: String,
        target: String,
        body: Option<Value>,
    },
}

/// What a provider returned.
#[derive(Clone, Default)]
pub struct Credential {
    /// The SAT.
    pub token: Option<String>,
    /// Resume state in place of a token.
    pub authorization_state: Option<String>,
    /// Epoch milliseconds.
    pub expiry_at: Option<u64>,
    /// The token is bound to this client's key. Not for providers: only a credential kept by an earlier page says so.
    pub bound: bool,
}

impl core::fmt::Debug for Credential {
    /// Prints no secret.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Credential")
            .field("expiry_at", &self.expiry_at)
            .finish_non_exhaustive()
    }
}

/// A failure reported by a driver.
#[derive(Clone, Debug)]
pub struct Failure {
    /// A short class, such as the DOM exception's name (`NotAllowedError`, `TimeoutError`, `NetworkError`).
    pub name: String,
    /// For people.
    pub message: String,
}

/// A REST response. Header names are lower case; only `date`, `retry-after`, `dpop-nonce` and `content-type` are needed.
#[derive(Clone, Debug)]
pub struct HttpResponse {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// Which media a leg wants. `None` = the default of the situation (preferences for outbound, offer for inbound).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MediaOptions {
    pub audio: Option<bool>,
    pub video: Option<bool>,
    pub receive_audio: Option<bool>,
    pub receive_video: Option<bool>,
    /// Go on receive-only when capture fails (default true).
    pub fallback_to_receive_only: Option<bool>,
}

/// What a peer connection tells.
#[derive(Clone, Debug)]
pub enum PeerReport {
    /// The local description asked for is set and may be sent. `sending_*` says what was really captured.
    LocalDescription {
        sdp: String,
        sending_audio: bool,
        sending_video: bool,
    },
    /// The remote description was applied.
    RemoteApplied,
    /// The connection's state, by the names of `RTCPeerConnectionState`.
    State { state: PeerState },
    /// Capture was refused or impossible. `fatal`: the leg cannot go on.
    MediaAccess {
        failure: Failure,
        media: String,
        fatal: bool,
    },
    /// A track operation failed; the leg goes on.
    MediaTrack {
        failure: Failure,
        operation: String,
        kind: String,
    },
    /// The peer connection could not do what was asked; the leg cannot go on.
    Failed { failure: Failure, operation: String },
}

/// `RTCPeerConnectionState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerState {
    New,
    Connecting,
    Connected,
    Disconnected,
    Failed,
    Closed,
}

//! Inputs and outputs of the engine as JSON.
//!
//! Externally tagged, camelCase; a variant without fields carries an empty object. The types are those of
//! `offhook_core::{input, output}`.
//!
//! # Inputs
//! ```json
//! {"command": {"id": 7, "command": {"dial": {"to": "/private/agent", "options": {"audio": true}, "userVariables": {}}}}}
//! {"credential": {"request": 1, "ok": {"token": "…", "expiryAt": 1760000000000}}}     or "error": {"name": "…", "message": "…"}
//! {"locked": {"request": 4}}
//! {"shared": {"name": "…", "text": "…"}}
//! {"socketOpened": {"socket": 1}}
//! {"socketClosed": {"socket": 1, "reason": "…"}}
//! {"frame": {"socket": 1, "text": "…"}}
//! {"http": {"request": 2, "ok": {"status": 200, "headers": [["date", "…"]], "body": "…"}}}  or "error"
//! {"proof": {"request": 3, "ok": "<compact JWS>"}}                                      or "error"
//! {"peer": {"leg": "…", "report": {"localDescription": {"sdp": "…", "sendingAudio": true, "sendingVideo": false}}}}
//!     reports: localDescription, remoteApplied {}, state {"state": "connected"},
//!              mediaAccess {"failure": {name, message}, "media": "audio", "fatal": false},
//!              mediaTrack {"failure", "operation", "kind"}, failed {"failure", "operation"}
//! {"network": {"online": true}}   {"visible": {"visible": true}}   {"tick": {}}
//! ```
//! Commands: `start`, `connect`, `disconnect`, `destroy`, `register`, `unregister` (all `{}`);
//! `configure {relayHost, userVariables, …}` (with the settings named in `tuning`, milliseconds);
//! `addLeg {call, leg, screen, audio, video}`; `removeLeg {leg}`;
//! `dial {to, options, userVariables, nodeId?}`; `answer {call, options}`; `reject {call}`; `hangup {call}`;
//! `sendDigits {call, digits}`; `callMethod {call, method, member?, args}`; `setMuted {call, video, muted}`;
//! `subscribe {call, eventType}`; `setUserVariables {call, variables}`; `restartIce {call, relayOnly, broken}`; `giveUp {call}`;
//! `execute {method, params, timeoutMs?}`; `fetch {method, target, body?}`.
//! `callMethod` takes `hold`, `unhold` and `transfer` (args `{destination}`) as well as `call.*`.
//! Options: `{audio?, video?, receiveAudio?, receiveVideo?, fallbackToReceiveOnly?}`.
//!
//! # Outputs
//! ```json
//! {"authenticate": {"request": 1}}   {"refresh": {"request": 1}}
//! {"openSocket": {"socket": 1, "url": "…"}}   {"send": {"socket": 1, "text": "…"}}   {"closeSocket": {"socket": 1}}
//! {"http": {"request": 2, "method": "GET", "url": "…", "headers": [["accept", "…"]], "body": null, "timeoutMs": 10000}}
//! {"signProof": {"request": 3, "payload": "…", "accessToken": "…"}}         accessToken null: no `ath`
//! {"lock": {"request": 4, "name": "…"}}   {"unlock": {"request": 4, "share": "…"}}          share null: nothing
//! {"keepCredential": {"token": "…", "authorizationState": "…", "expiryAt": 1760000000000, "bound": false}}    or null each
//! {"peer": {"leg": "…", "command": {"create": {"iceServers": [], "relayOnly": false}}}}
//!     commands: iceServers {"iceServers"}, offer {"media": {sendAudio, sendVideo, receiveAudio, receiveVideo, fallbackToReceiveOnly, audioMuted,
//!               videoMuted}, "waitForCandidates", "iceRestart", "relayOnly", "anew"}, answer {"offer", "media", "waitForCandidates"}, applyAnswer {"sdp"},
//!               setSending {"video", "on"}, applyMediaParams {"params"}, close {}
//!     An offer with iceRestart keeps the directions there are; its media is without meaning. anew: the other end has lost its side.
//! {"store": {"scope": "session", "key": "…", "value": "…"}}                 value null: forget
//! {"done": {"id": 7, "ok": {}}}                                             or "error": EngineError
//! {"event": {"connected": true}}
//!     connected, registered, ready, authenticated (booleans); user, iceServers, warning, credential, signaling (values);
//!     error (EngineError); call {"call": "…", "event": {"status": "trying"}}
//!     call events: created, status, selfId, nodeId, userVariables, capabilities, room, member {"member", "change"},
//!     memberLeft, layouts, layout, directions, legEnded {"leg"}, error {"kind", "fatal", "error"}, signaling, verto, ended
//! ```
//! EngineError: `{"class", "message", "code": number|null, "details": {}, "cause": EngineError|null}`.
//!
//! # Configuration
//! `{hasProvider, canRefresh, cachedCredential?: {token, expiryAt?, bound?}, skipConnection, skipRegister, relayHost,
//! userVariables, agent, reattach, …the settings named in `tuning`, fingerprint, stored: [["key", "value"]]}`, every member optional.

use miniserde::json::Value;
use offhook_core::engine::EngineConfig;
use offhook_core::input::{
    Command, Credential, Failure, HttpResponse, Input, MediaOptions, PeerReport, PeerState,
};
use offhook_core::json::{
    array_of, as_str, bool_of, empty, get, int_of, number, parse, str_of, text,
    whole_object as object, write,
};
use offhook_core::output::{
    CallEvent, CallStatus, EngineError, Event, HttpRequest, MediaPlan, Output, PeerCommand, Scope,
};
use offhook_core::tuning::Tuning;

/// Reads a configuration; what is missing or wrong has its default.
pub fn config(json: &str) -> EngineConfig {
    let value = parse(json).unwrap_or_default();
    let flag = |name| bool_of(&value, name).unwrap_or(false);
    let mut config = EngineConfig {
        has_provider: flag("hasProvider"),
        can_refresh: flag("canRefresh"),
        cached_credential: get(&value, "cachedCredential").map(credential),
        skip_connection: flag("skipConnection"),
        skip_register: flag("skipRegister"),
        relay_host: owned(&value, "relayHost"),
        fingerprint: owned(&value, "fingerprint"),
        reattach: flag("reattach"),
        stored: pairs(array_of(&value, "stored")),
        tuning: tuning(&value),
        ..EngineConfig::default()
    };
    if let Some(variables) = get(&value, "userVariables") {
        config.user_variables = variables.clone();
    }
    if let Some(agent) = str_of(&value, "agent") {
        config.agent = agent.to_owned();
    }
    config
}

/// Reads 64 hexadecimal digits; anything else counts as zero.
pub fn seed(hex: &str) -> [u8; 32] {
    let mut seed = [0; 32];
    for (byte, digits) in seed.iter_mut().zip(hex.as_bytes().chunks(2)) {
        let digit = |at: usize| {
            digits
                .get(at)
                .and_then(|digit| char::from(*digit).to_digit(16))
                .unwrap_or(0)
        };
        *byte = (digit(0) << 4 | digit(1)) as u8;
    }
    seed
}

/// Reads an input; `None` when it is none.
pub fn input(json: &str) -> Option<Input> {
    let value = parse(json)?;
    let (tag, body) = tagged(&value)?;
    Some(match tag {
        "command" => Input::Command {
            id: id(body, "id")?,
            command: command(get(body, "command")?)?,
        },
        "credential" => Input::Credential {
            request: id(body, "request")?,
            result: outcome(body, credential),
        },
        "socketOpened" => Input::SocketOpened {
            socket: id(body, "socket")?,
        },
        "socketClosed" => Input::SocketClosed {
            socket: id(body, "socket")?,
            reason: owned(body, "reason"),
        },
        "frame" => Input::Frame {
            socket: id(body, "socket")?,
            text: owned(body, "text"),
        },
        "http" => Input::Http {
            request: id(body, "request")?,
            result: outcome(body, response),
        },
        "proof" => Input::Proof {
            request: id(body, "request")?,
            result: outcome(body, |ok| as_str(ok).unwrap_or_default().to_owned()),
        },
        "locked" => Input::Locked {
            request: id(body, "request")?,
        },
        "shared" => Input::Shared {
            name: owned(body, "name"),
            text: owned(body, "text"),
        },
        "peer" => Input::Peer {
            leg: owned(body, "leg"),
            report: report(get(body, "report")?)?,
        },
        "network" => Input::Network {
            online: bool_of(body, "online")?,
        },
        "visible" => Input::Visible {
            visible: bool_of(body, "visible")?,
        },
        "tick" => Input::Tick,
        _ => return None,
    })
}

fn command(value: &Value) -> Option<Command> {
    let (tag, body) = tagged(value)?;
    let call = || owned(body, "call");
    let value_of = |name| get(body, name).cloned().unwrap_or_else(empty);
    let optional = |name| str_of(body, name).map(str::to_owned);
    Some(match tag {
        "start" => Command::Start,
        "connect" => Command::Connect,
        "configure" => Command::Configure {
            relay_host: owned(body, "relayHost"),
            user_variables: value_of("userVariables"),
            tuning: tuning(body),
        },
        "disconnect" => Command::Disconnect,
        "destroy" => Command::Destroy,
        "register" => Command::Register,
        "unregister" => Command::Unregister,
        "dial" => Command::Dial {
            to: owned(body, "to"),
            options: options(body),
            user_variables: value_of("userVariables"),
            node_id: optional("nodeId"),
        },
        "answer" => Command::Answer {
            call: call(),
            options: options(body),
        },
        "reject" => Command::Reject { call: call() },
        "hangup" => Command::Hangup { call: call() },
        "sendDigits" => Command::SendDigits {
            call: call(),
            digits: owned(body, "digits"),
        },
        "callMethod" => Command::CallMethod {
            call: call(),
            method: owned(body, "method"),
            member: optional("member"),
            args: value_of("args"),
        },
        "setMuted" => Command::SetMuted {
            call: call(),
            video: bool_of(body, "video")?,
            muted: bool_of(body, "muted")?,
        },
        "subscribe" => Command::Subscribe {
            call: call(),
            event_type: owned(body, "eventType"),
        },
        "setUserVariables" => Command::SetUserVariables {
            call: call(),
            variables: value_of("variables"),
        },
        "restartIce" => Command::RestartIce {
            call: call(),
            relay_only: bool_of(body, "relayOnly").unwrap_or(false),
            broken: bool_of(body, "broken").unwrap_or(false),
        },
        "giveUp" => Command::GiveUp { call: call() },
        "addLeg" => Command::AddLeg {
            call: call(),
            leg: owned(body, "leg"),
            screen: bool_of(body, "screen")?,
            audio: bool_of(body, "audio")?,
            video: bool_of(body, "video")?,
        },
        "removeLeg" => Command::RemoveLeg {
            leg: owned(body, "leg"),
        },
        "execute" => Command::Execute {
            method: owned(body, "method"),
            params: value_of("params"),
            timeout_ms: id(body, "timeoutMs"),
        },
        "fetch" => Command::Fetch {
            method: owned(body, "method"),
            target: owned(body, "target"),
            body: get(body, "body")
                .filter(|body| !matches!(body, Value::Null))
                .cloned(),
        },
        _ => return None,
    })
}

/// What is missing, or is no number, has its default.
fn tuning(body: &Value) -> Tuning {
    let default = Tuning::default();
    let ms = |name, default| id(body, name).unwrap_or(default);
    let flag = |name| bool_of(body, name).unwrap_or(true);
    let count = |name, default: u32| ms(name, default.into()).try_into().unwrap_or(default);
    Tuning {
        open_ms: ms("connectionTimeout", default.open_ms),
        delay_min_ms: ms("reconnectDelayMin", default.delay_min_ms),
        delay_max_ms: ms("reconnectDelayMax", default.delay_max_ms),
        grace_ms: ms("iceDisconnectedGracePeriod", default.grace_ms),
        restart_ms: ms("iceRestartTimeout", default.restart_ms),
        restarts: count("maxRecoveryAttempts", default.restarts),
        relay_fallback: flag("enableRelayFallback"),
        reoffer_ms: ms("reinviteTimeout", default.reoffer_ms),
        reoffers: count("reinviteMaxAttempts", default.reoffers),
        reattach_ms: ms("reconnectCallsTimeout", default.reattach_ms),
        question_hangup: flag("enableServerHangupInterception"),
        check_on_visible: flag("checkConnectionOnVisible"),
        watch_network: flag("enableNetworkChangeDetection"),
    }
}

fn options(body: &Value) -> MediaOptions {
    let Some(options) = get(body, "options") else {
        return MediaOptions::default();
    };
    MediaOptions {
        audio: bool_of(options, "audio"),
        video: bool_of(options, "video"),
        receive_audio: bool_of(options, "receiveAudio"),
        receive_video: bool_of(options, "receiveVideo"),
        fallback_to_receive_only: bool_of(options, "fallbackToReceiveOnly"),
    }
}

fn credential(value: &Value) -> Credential {
    Credential {
        token: str_of(value, "token").map(str::to_owned),
        authorization_state: str_of(value, "authorizationState").map(str::to_owned),
        expiry_at: id(value, "expiryAt"),
        bound: bool_of(value, "bound").unwrap_or(false),
    }
}

fn kept(credential: Credential) -> Value {
    let optional = |text: Option<String>| text.map_or(Value::Null, Value::String);
    object([
        ("token", optional(credential.token)),
        (
            "authorizationState",
            optional(credential.authorization_state),
        ),
        ("expiryAt", credential.expiry_at.map_or(Value::Null, number)),
        ("bound", Value::Bool(credential.bound)),
    ])
}

fn response(value: &Value) -> HttpResponse {
    HttpResponse {
        status: id(value, "status")
            .and_then(|status| u16::try_from(status).ok())
            .unwrap_or(0),
        headers: pairs(array_of(value, "headers")),
        body: owned(value, "body"),
    }
}

fn report(value: &Value) -> Option<PeerReport> {
    let (tag, body) = tagged(value)?;
    let failure = || failure(get(body, "failure"));
    Some(match tag {
        "localDescription" => PeerReport::LocalDescription {
            sdp: owned(body, "sdp"),
            sending_audio: bool_of(body, "sendingAudio").unwrap_or(false),
            sending_video: bool_of(body, "sendingVideo").unwrap_or(false),
        },
        "remoteApplied" => PeerReport::RemoteApplied,
        "state" => PeerReport::State {
            state: match str_of(body, "state")? {
                "new" => PeerState::New,
                "connecting" => PeerState::Connecting,
                "connected" => PeerState::Connected,
                "disconnected" => PeerState::Disconnected,
                "failed" => PeerState::Failed,
                "closed" => PeerState::Closed,
                _ => return None,
            },
        },
        "mediaAccess" => PeerReport::MediaAccess {
            failure: failure(),
            media: owned(body, "media"),
            fatal: bool_of(body, "fatal").unwrap_or(false),
        },
        "mediaTrack" => PeerReport::MediaTrack {
            failure: failure(),
            operation: owned(body, "operation"),
            kind: owned(body, "kind"),
        },
        "failed" => PeerReport::Failed {
            failure: failure(),
            operation: owned(body, "operation"),
        },
        _ => return None,
    })
}

/// An output as JSON.
pub fn output(output: Output) -> String {
    write(&output_value(output))
}

fn output_value(output: Output) -> Value {
    match output {
        Output::Authenticate { request } => {
            tag("authenticate", object([("request", number(request))]))
        }
        Output::Refresh { request } => tag("refresh", object([("request", number(request))])),
        Output::OpenSocket { socket, url } => tag(
            "openSocket",
            object([("socket", number(socket)), ("url", Value::String(url))]),
        ),
        Output::Send { socket, text } => tag(
            "send",
            object([("socket", number(socket)), ("text", Value::String(text))]),
        ),
        Output::CloseSocket { socket } => tag("closeSocket", object([("socket", number(socket))])),
        Output::Http { request, http } => tag("http", http_value(request, http)),
        Output::SignProof {
            request,
            payload,
            access_token,
        } => tag(
            "signProof",
            object([
                ("request", number(request)),
                ("payload", Value::String(payload)),
                (
                    "accessToken",
                    access_token.map_or(Value::Null, Value::String),
                ),
            ]),
        ),
        Output::Lock { request, name } => tag(
            "lock",
            object([("request", number(request)), ("name", Value::String(name))]),
        ),
        Output::Unlock { request, share } => tag(
            "unlock",
            object([
                ("request", number(request)),
                ("share", share.map_or(Value::Null, Value::String)),
            ]),
        ),
        Output::KeepCredential(credential) => tag("keepCredential", kept(credential)),
        Output::Peer { leg, command } => tag(
            "peer",
            object([
                ("leg", Value::String(leg)),
                ("command", peer_command(command)),
            ]),
        ),
        Output::Store { scope, key, value } => {
            let scope = match scope {
                Scope::Session => "session",
                Scope::Local => "local",
            };
            let value = value.map_or(Value::Null, Value::String);
            tag(
                "store",
                object([
                    ("scope", text(scope)),
                    ("key", Value::String(key)),
                    ("value", value),
                ]),
            )
        }
        Output::Done { id, result } => {
            let (name, value) = match result {
                Ok(value) => ("ok", value),
                Err(error) => ("error", error_value(&error)),
            };
            tag("done", object([("id", number(id)), (name, value)]))
        }
        Output::Event(event) => tag("event", event_value(event)),
    }
}

fn http_value(request: u64, http: HttpRequest) -> Value {
    let pair = |(name, value): (String, String)| {
        Value::Array(
            [Value::String(name), Value::String(value)]
                .into_iter()
                .collect(),
        )
    };
    object([
        ("request", number(request)),
        ("method", Value::String(http.method)),
        ("url", Value::String(http.url)),
        (
            "headers",
            Value::Array(http.headers.into_iter().map(pair).collect()),
        ),
        ("body", http.body.map_or(Value::Null, Value::String)),
        ("timeoutMs", number(http.timeout_ms)),
    ])
}

fn peer_command(command: PeerCommand) -> Value {
    match command {
        PeerCommand::Create {
            ice_servers,
            relay_only,
        } => tag(
            "create",
            object([
                ("iceServers", ice_servers),
                ("relayOnly", Value::Bool(relay_only)),
            ]),
        ),
        PeerCommand::IceServers { ice_servers } => {
            tag("iceServers", object([("iceServers", ice_servers)]))
        }
        PeerCommand::Offer {
            media,
            wait_for_candidates,
            ice_restart,
            relay_only,
            anew,
        } => tag(
            "offer",
            object([
                ("media", plan(media)),
                ("waitForCandidates", Value::Bool(wait_for_candidates)),
                ("iceRestart", Value::Bool(ice_restart)),
                ("relayOnly", Value::Bool(relay_only)),
                ("anew", Value::Bool(anew)),
            ]),
        ),
        PeerCommand::Answer {
            offer,
            media,
            wait_for_candidates,
        } => tag(
            "answer",
            object([
                ("offer", Value::String(offer)),
                ("media", plan(media)),
                ("waitForCandidates", Value::Bool(wait_for_candidates)),
            ]),
        ),
        PeerCommand::ApplyAnswer { sdp } => {
            tag("applyAnswer", object([("sdp", Value::String(sdp))]))
        }
        PeerCommand::SetSending { video, on } => tag(
            "setSending",
            object([("video", Value::Bool(video)), ("on", Value::Bool(on))]),
        ),
        PeerCommand::ApplyMediaParams { params } => {
            tag("applyMediaParams", object([("params", params)]))
        }
        PeerCommand::Close => tag("close", empty()),
    }
}

fn plan(media: MediaPlan) -> Value {
    object([
        ("sendAudio", Value::Bool(media.send_audio)),
        ("sendVideo", Value::Bool(media.send_video)),
        ("receiveAudio", Value::Bool(media.receive_audio)),
        ("receiveVideo", Value::Bool(media.receive_video)),
        (
            "fallbackToReceiveOnly",
            Value::Bool(media.fallback_to_receive_only),
        ),
        ("audioMuted", Value::Bool(media.audio_muted)),
        ("videoMuted", Value::Bool(media.video_muted)),
    ])
}

fn event_value(event: Event) -> Value {
    match event {
        Event::Connected(on) => tag("connected", Value::Bool(on)),
        Event::Registered(on) => tag("registered", Value::Bool(on)),
        Event::Ready(on) => tag("ready", Value::Bool(on)),
        Event::Authenticated(on) => tag("authenticated", Value::Bool(on)),
        Event::User(value) => tag("user", value),
        Event::IceServers(value) => tag("iceServers", value),
        Event::Error(error) => tag("error", error_value(&error)),
        Event::Warning(value) => tag("warning", value),
        Event::Credential(value) => tag("credential", value),
        Event::Signaling(value) => tag("signaling", value),
        Event::Call { call, event } => tag(
            "call",
            object([("call", Value::String(call)), ("event", call_event(event))]),
        ),
    }
}

fn call_event(event: CallEvent) -> Value {
    match event {
        CallEvent::Created(value) => tag("created", value),
        CallEvent::Status(status) => tag("status", text(status_name(status))),
        CallEvent::SelfId(id) => tag("selfId", Value::String(id)),
        CallEvent::NodeId(id) => tag("nodeId", id.map_or(Value::Null, Value::String)),
        CallEvent::UserVariables(value) => tag("userVariables", value),
        CallEvent::Capabilities(names) => tag("capabilities", strings(names)),
        CallEvent::Room(value) => tag("room", value),
        CallEvent::Member { member, change } => tag(
            "member",
            object([("member", member), ("change", text(change))]),
        ),
        CallEvent::MemberLeft(value) => tag("memberLeft", value),
        CallEvent::Layouts(names) => tag("layouts", strings(names)),
        CallEvent::Layout(value) => tag("layout", value),
        CallEvent::Directions(value) => tag("directions", value),
        CallEvent::Error { kind, fatal, error } => tag(
            "error",
            object([
                ("kind", text(kind)),
                ("fatal", Value::Bool(fatal)),
                ("error", error_value(&error)),
            ]),
        ),
        CallEvent::Signaling(value) => tag("signaling", value),
        CallEvent::Verto(value) => tag("verto", value),
        CallEvent::LegEnded(value) => tag("legEnded", value),
        CallEvent::Ended(value) => tag("ended", value),
    }
}

fn error_value(error: &EngineError) -> Value {
    let code = error.code.map_or(Value::Null, |code| {
        Value::Number(miniserde::json::Number::I64(code))
    });
    object([
        ("class", text(error.class)),
        ("message", text(&error.message)),
        ("code", code),
        ("details", error.details.clone()),
        (
            "cause",
            error.cause.as_deref().map_or(Value::Null, error_value),
        ),
    ])
}

/// The names of the public API.
pub fn status_name(status: CallStatus) -> &'static str {
    match status {
        CallStatus::New => "new",
        CallStatus::Trying => "trying",
        CallStatus::Ringing => "ringing",
        CallStatus::Connecting => "connecting",
        CallStatus::Connected => "connected",
        CallStatus::Recovering => "recovering",
        CallStatus::Disconnecting => "disconnecting",
        CallStatus::Disconnected => "disconnected",
        CallStatus::Failed => "failed",
        CallStatus::Destroyed => "destroyed",
    }
}

fn outcome<T>(body: &Value, ok: impl FnOnce(&Value) -> T) -> Result<T, Failure> {
    match get(body, "ok") {
        Some(value) => Ok(ok(value)),
        None => Err(failure(get(body, "error"))),
    }
}

fn failure(value: Option<&Value>) -> Failure {
    let part = |name| value.map(|value| owned(value, name)).unwrap_or_default();
    Failure {
        name: part("name"),
        message: part("message"),
    }
}

fn pairs(items: &[Value]) -> Vec<(String, String)> {
    let pair = |item: &Value| match item {
        Value::Array(pair) => {
            let mut texts = pair.iter().filter_map(as_str).map(str::to_owned);
            Some((texts.next()?, texts.next()?))
        }
        _ => None,
    };
    items.iter().filter_map(pair).collect()
}

fn tagged(value: &Value) -> Option<(&str, &Value)> {
    match value {
        Value::Object(object) => object.iter().next().map(|(tag, body)| (tag.as_str(), body)),
        _ => None,
    }
}

fn owned(value: &Value, name: &str) -> String {
    str_of(value, name).unwrap_or_default().to_owned()
}

fn id(value: &Value, name: &str) -> Option<u64> {
    int_of(value, name).and_then(|id| u64::try_from(id).ok())
}

fn strings(items: Vec<String>) -> Value {
    Value::Array(items.into_iter().map(Value::String).collect())
}

fn tag(name: &str, body: Value) -> Value {
    object([(name, body)])
}

#[cfg(test)]
mod tests;

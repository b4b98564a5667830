//! The session with the relay: opening, authenticating, resuming, staying alive.

use std::collections::VecDeque;

use miniserde::json::Value;
use offhook_proto::method;

use crate::context::Context;
use crate::input::{RequestId, SocketId};
use crate::json;
use crate::output::{EngineError, Event, Output, Scope};
use crate::rpc::Purpose;

/// A session without any inbound frame for so long is dead: two and a half of the longest ping interval known.
const SILENCE_MS: u64 = 25_000;
/// A server that is asked whether it is there must be heard within this time.
const PROBE_MS: u64 = 3_000;
/// Event ids remembered, so that a redelivered event is acked but not taken twice.
const SEEN_EVENTS: usize = 512;

/// What the server says of itself that only our servers say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServerTraits {
    /// It answers offers without candidates.
    pub(crate) peer_reflexive: bool,
}

enum Link {
    /// Nothing is wanted.
    Closed,
    Opening {
        socket: SocketId,
        due: u64,
    },
    /// Waiting for the proof that goes into `signalwire.connect`.
    Proving {
        socket: SocketId,
        request: RequestId,
    },
    /// `signalwire.connect` is out.
    Greeting {
        socket: SocketId,
        resuming: bool,
    },
    Ready {
        socket: SocketId,
    },
    Waiting {
        until: u64,
    },
    /// The server does not take the credential: nothing is tried until there is another.
    Refused,
}

pub(crate) struct Session {
    link: Link,
    sockets: SocketId,
    delay_ms: u64,
    last_inbound: u64,
    /// The server was asked whether it is there: when the socket is given up without a word of it.
    probe: Option<u64>,
    seen: VecDeque<String>,
    /// Names the stored keys.
    subscriber: String,
    state: Option<String>,
    protocol: Option<String>,
    /// The state came from the provider, not from the server.
    given: bool,
    /// Which life of the server this session is with, where it says.
    run: Option<String>,
    pub(crate) project: String,
    pub(crate) ice_servers: Value,
    pub(crate) traits: ServerTraits,
    pub(crate) proofs: bool,
    pub(crate) agent: String,
    pub(crate) relay: String,
    /// The credential is dead and being renewed: nothing is opened meanwhile.
    pub(crate) blocked: bool,
    /// Which token the connect request showed.
    pub(crate) serial: u32,
    /// A number that tells when it did.
    greeting: RequestId,
}

/// What the server says of whoever is connected.
pub(crate) struct Greeting {
    pub(crate) subscriber: String,
    /// `{scope, expires_at}`, as in the subscriber's information.
    pub(crate) claims: Value,
    /// By another life of the server than the one before.
    pub(crate) renewed: bool,
}

/// What became of `signalwire.connect`.
pub(crate) enum Greeted {
    Authenticated(Greeting),
    /// Another attempt follows by itself.
    Again,
    /// Not with this credential.
    Refused(EngineError),
}

impl Session {
    pub(crate) fn new(agent: String, proofs: bool) -> Self {
        Self {
            link: Link::Closed,
            sockets: 0,
            delay_ms: 0,
            last_inbound: 0,
            probe: None,
            seen: VecDeque::new(),
            subscriber: String::new(),
            state: None,
            protocol: None,
            given: false,
            run: None,
            project: String::new(),
            ice_servers: Value::Null,
            traits: ServerTraits::default(),
            proofs,
            agent,
            relay: String::new(),
            blocked: false,
            serial: 0,
            greeting: 0,
        }
    }

    /// Whose session it is; `stored` are values kept by an earlier page.
    pub(crate) fn belongs_to(&mut self, subscriber: &str, stored: &[(String, String)]) {
        self.subscriber = subscriber.to_owned();
        let find = |suffix: &str| {
            let key = ["sw:", subscriber, ":", suffix].concat();
            let (_, value) = stored.iter().find(|(name, _)| *name == key)?;
            // Values are JSON, as the reference keeps them.
            Some(json::as_str(&json::parse(value)?)?.to_owned())
        };
        if self.state.is_none() {
            self.state = find("as");
            self.protocol = find("pt");
        }
    }

    /// Resume state that the provider gave.
    pub(crate) fn given(&mut self, state: String) {
        self.state = Some(state);
        self.protocol = None;
        self.given = true;
    }

    /// Whether a connect would be authorised by resume state, not by the token. State from a provider has its protocol
    /// inside only.
    pub(crate) fn can_resume(&self) -> bool {
        self.state.is_some() && (self.protocol.is_some() || self.given)
    }

    /// An attempt is due or will be.
    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self.link, Link::Waiting { .. })
    }

    pub(crate) fn open(&mut self, ctx: &mut Context) {
        self.drop_socket(ctx);
        self.sockets += 1;
        let socket = self.sockets;
        self.link = Link::Opening {
            socket,
            due: ctx.now.mono_ms + ctx.tuning.open_ms,
        };
        let url = self.relay.clone();
        ctx.out.push_back(Output::OpenSocket { socket, url });
    }

    /// Closes for good, and forgets what a resume would need.
    pub(crate) fn close(&mut self, ctx: &mut Context) {
        self.drop_socket(ctx);
        self.link = Link::Closed;
        self.forget(ctx);
    }

    pub(crate) fn is_ready(&self) -> bool {
        matches!(self.link, Link::Ready { .. })
    }

    pub(crate) fn is_refused(&self) -> bool {
        matches!(self.link, Link::Refused)
    }

    pub(crate) fn is_closed(&self) -> bool {
        matches!(self.link, Link::Closed)
    }

    fn socket(&self) -> Option<SocketId> {
        match self.link {
            Link::Opening { socket, .. }
            | Link::Proving { socket, .. }
            | Link::Greeting { socket, .. }
            | Link::Ready { socket } => Some(socket),
            _ => None,
        }
    }

    pub(crate) fn socket_if_ready(&self) -> Option<SocketId> {
        self.socket().filter(|_| self.is_ready())
    }

    pub(crate) fn is_current(&self, socket: SocketId) -> bool {
        self.socket() == Some(socket)
    }

    /// The socket is open: prove the key if there is one, and greet.
    pub(crate) fn opened(&mut self, ctx: &mut Context, token: &str) {
        let Link::Opening { socket, .. } = self.link else {
            return;
        };
        self.last_inbound = ctx.now.mono_ms;
        if self.proofs {
            let request = ctx.request_id();
            self.link = Link::Proving { socket, request };
            ctx.sign_rpc(request, method::CONNECT);
        } else {
            self.greet(ctx, socket, token, None);
        }
    }

    /// Whether a connect request waits for this proof.
    pub(crate) fn proves(&self, request: RequestId) -> bool {
        matches!(self.link, Link::Proving { request: awaited, .. } if awaited == request)
    }

    /// The proof of the key; true when it was this session that waited for it.
    pub(crate) fn proven(
        &mut self,
        ctx: &mut Context,
        request: RequestId,
        token: &str,
        proof: Option<&str>,
    ) -> bool {
        match self.link {
            Link::Proving {
                socket,
                request: awaited,
            } if awaited == request => {
                self.greet(ctx, socket, token, proof);
                true
            }
            _ => false,
        }
    }

    fn greet(&mut self, ctx: &mut Context, socket: SocketId, token: &str, proof: Option<&str>) {
        let version = json::object([
            ("major", json::number(4)),
            ("minor", json::number(0)),
            ("revision", json::number(0)),
        ]);
        let resuming = self.can_resume();
        let resumed = |text: &Option<String>| json::optional(text.as_deref().filter(|_| resuming));
        let params = json::object([
            ("version", version),
            ("event_acks", Value::Bool(true)),
            (
                "authentication",
                json::object([("jwt_token", json::text(token))]),
            ),
            ("agent", json::text(&self.agent)),
            ("contexts", json::texts(&[])),
            ("eventing", json::texts(&[])),
            ("topics", json::texts(&[])),
            ("dpop_token", json::optional(proof)),
            ("authorization_state", resumed(&self.state)),
            ("protocol", resumed(&self.protocol)),
        ]);
        self.link = Link::Greeting { socket, resuming };
        self.greeting = ctx.request_id();
        ctx.request_on(socket, method::CONNECT, params, Purpose::Connect);
    }

    /// The answer to `signalwire.connect` (wire-protocol.md 3.7). `tokenless`: with nothing but resume state to connect with.
    pub(crate) fn greeted(
        &mut self,
        ctx: &mut Context,
        result: Result<Value, EngineError>,
        tokenless: bool,
    ) -> Greeted {
        let Link::Greeting { socket, resuming } = self.link else {
            return Greeted::Again;
        };
        let result = match result {
            Ok(result) => result,
            Err(error) if error.class == "RPCTimeoutError" => {
                self.lost(ctx);
                return Greeted::Again;
            }
            Err(error) if resuming && error.is_safe() => {
                // What we kept is worth nothing any more: connect afresh, without a word to the application.
                self.forget(ctx);
                if tokenless {
                    self.refuse(ctx);
                    return Greeted::Refused(error);
                }
                self.lost(ctx);
                return Greeted::Again;
            }
            Err(error) => {
                self.refuse(ctx);
                return Greeted::Refused(error);
            }
        };
        let protocol = json::str_of(&result, "protocol");
        let authorization = json::get(&result, "authorization");
        let (Some(protocol), Some(authorization)) = (protocol, authorization) else {
            let error = EngineError::new(
                "UnexpectedError",
                "the server's answer to the connect request makes no sense",
            );
            self.refuse(ctx);
            return Greeted::Refused(error);
        };
        self.project = json::str_of(authorization, "project_id")
            .unwrap_or_default()
            .to_owned();
        self.protocol = Some(protocol.to_owned());
        self.store(ctx, "pt", Some(protocol));
        let ours = json::get(&result, "offhook");
        let reflexive = ours.and_then(|ours| json::bool_of(ours, "peer_reflexive"));
        self.traits.peer_reflexive = reflexive.unwrap_or(false);
        let time = ours.and_then(|ours| json::get(ours, "server_time_ms"));
        if let Some(server_ms) = time.and_then(json::whole) {
            let fresh = ctx.is_fresh(self.greeting);
            ctx.clock.learn(server_ms, 500, fresh);
        }
        self.ice_servers = json::get(&result, "ice_servers")
            .cloned()
            .unwrap_or_default();
        let run = ours.and_then(|ours| json::str_of(ours, "run"));
        let before = std::mem::replace(&mut self.run, run.map(str::to_owned));
        let renewed = before.is_some() && self.run.is_some() && before != self.run;
        let subscriber = json::get(authorization, "fabric_subscriber");
        let text = |name| subscriber.and_then(|subscriber| json::str_of(subscriber, name));
        let greeting = Greeting {
            subscriber: text("subscriber_id").unwrap_or_default().to_owned(),
            claims: json::object([
                (
                    "scope",
                    json::get(authorization, "scope")
                        .cloned()
                        .unwrap_or_default(),
                ),
                (
                    "expires_at",
                    // What a resumed session tells may be of the token before.
                    subscriber
                        .filter(|_| !resuming)
                        .and_then(|subscriber| json::get(subscriber, "expires_at"))
                        .cloned()
                        .unwrap_or_default(),
                ),
            ]),
            renewed,
        };
        self.link = Link::Ready { socket };
        self.delay_ms = 0;
        ctx.event(Event::IceServers(self.ice_servers.clone()));
        Greeted::Authenticated(greeting)
    }

    /// Nothing is tried until there is another credential.
    pub(crate) fn refuse(&mut self, ctx: &mut Context) {
        self.drop_socket(ctx);
        self.link = Link::Refused;
    }

    /// The socket is gone: another attempt comes after a while.
    pub(crate) fn lost(&mut self, ctx: &mut Context) {
        self.drop_socket(ctx);
        // Not below the least, whatever order the two were given in.
        let most = ctx.tuning.delay_max_ms.max(ctx.tuning.delay_min_ms);
        let delay = self.delay_ms.clamp(ctx.tuning.delay_min_ms, most);
        let wait = ctx.random.half_to_full(delay);
        self.delay_ms = delay.saturating_mul(2);
        self.link = Link::Waiting {
            until: ctx.now.mono_ms + wait,
        };
    }

    fn drop_socket(&mut self, ctx: &mut Context) {
        if let Some(socket) = self.socket() {
            ctx.out.push_back(Output::CloseSocket { socket });
        }
        self.probe = None;
        ctx.rpc.close();
        ctx.rpc.drop_handshake();
    }

    /// Timers: true when a live session was given up.
    pub(crate) fn look(&mut self, ctx: &mut Context) {
        let now = ctx.now.mono_ms;
        match self.link {
            Link::Opening { due, .. } if due <= now => self.lost(ctx),
            Link::Ready { .. } if self.silent_until() <= now => self.lost(ctx),
            Link::Waiting { until } if until <= now && !self.blocked => self.open(ctx),
            _ => {}
        }
    }

    pub(crate) fn deadline(&self) -> Option<u64> {
        match self.link {
            Link::Opening { due, .. } => Some(due),
            Link::Ready { .. } => Some(self.silent_until()),
            Link::Waiting { until } if !self.blocked => Some(until),
            _ => None,
        }
    }

    /// When a live socket is given up if nothing comes.
    fn silent_until(&self) -> u64 {
        let silence = self.last_inbound + SILENCE_MS;
        self.probe.map_or(silence, |probe| probe.min(silence))
    }

    /// The network or the page is back: an attempt that waits is made now, and a socket that seems to live is asked.
    pub(crate) fn hurry(&mut self, ctx: &mut Context) {
        if let Link::Waiting { .. } = self.link
            && !self.blocked
        {
            self.delay_ms = 0;
            self.open(ctx);
        } else if self.is_ready() && self.probe.is_none() {
            self.probe = Some(ctx.now.mono_ms + PROBE_MS);
            // Whatever is answered.
            ctx.request(method::PING, json::empty(), Purpose::Forgotten);
        }
    }

    /// A frame came in on the current socket.
    pub(crate) fn heard(&mut self, ctx: &Context) {
        self.last_inbound = ctx.now.mono_ms;
        self.probe = None;
    }

    /// Whether an event is new and of this session; acks it in any case (wire-protocol.md 3.4, 3.10).
    pub(crate) fn accept_event(
        &mut self,
        ctx: &mut Context,
        socket: SocketId,
        id: &str,
        params: &Value,
    ) -> bool {
        ctx.respond(socket, id, json::empty());
        if self.seen.iter().any(|seen| seen == id) {
            return false;
        }
        if self.seen.len() == SEEN_EVENTS {
            self.seen.pop_front();
        }
        self.seen.push_back(id.to_owned());
        let kind = json::str_of(params, "event_type").unwrap_or_default();
        kind.starts_with("conversation.") || self.is_our_channel(json::get(params, "event_channel"))
    }

    fn is_our_channel(&self, channel: Option<&Value>) -> bool {
        let Some(protocol) = &self.protocol else {
            return true;
        };
        match channel {
            Some(Value::String(channel)) => channel.contains(protocol.as_str()),
            Some(Value::Array(channels)) => channels
                .iter()
                .any(|channel| json::as_str(channel) == Some(protocol)),
            // Anything else says nothing about a session.
            _ => true,
        }
    }

    /// New resume state (wire-protocol.md 3.10).
    pub(crate) fn adopt_state(&mut self, ctx: &mut Context, state: &str) {
        self.state = Some(state.to_owned()).filter(|state| !state.is_empty());
        let state = self.state.clone();
        self.store(ctx, "as", state.as_deref());
    }

    fn forget(&mut self, ctx: &mut Context) {
        self.state = None;
        self.protocol = None;
        self.given = false;
        self.store(ctx, "as", None);
        self.store(ctx, "pt", None);
    }

    fn store(&self, ctx: &mut Context, suffix: &str, value: Option<&str>) {
        if self.subscriber.is_empty() {
            return;
        }
        ctx.out.push_back(Output::Store {
            scope: Scope::Session,
            key: ["sw:", &self.subscriber, ":", suffix].concat(),
            value: value.map(|value| json::write(&json::text(value))),
        });
    }
}

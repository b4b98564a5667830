//! A session: what a client is to this server, whichever socket it speaks through.
//!
//! The task keeps events until they are acknowledged, gives them to the next socket after a resume, and ends when no socket
//! has come for long enough. Requests are handled one after the other, so what a client sends in order happens in order.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::ws::Utf8Bytes;
use offhook_auth::{ResumeState, SatClaims, SatKind};
use offhook_proto::event::{AuthorizationState, EventEnvelope, EventTime};
use offhook_proto::relay::{self, Request, RpcError};
use offhook_proto::relay_connect::{
    Authorization, Confirmation, ConnectResult, ExpiryNotice, FabricSubscriber,
    ReauthenticateParams, ReauthenticateResult, ServerTraits,
};
use offhook_proto::room::CallParams;
use offhook_proto::verto::VertoParams;
use offhook_proto::verto_reply::Empty;
use offhook_proto::{code, limits, method};
use tokio::sync::mpsc;
use tokio::time::sleep_until;
use tracing::Instrument as _;

use super::Shared;
use super::authenticate;
use super::handle::{
    Attach, OutEvent, Owner, Reply, SessionHandle, SessionMessage, SocketHandle, StateDigest,
};
use super::outbox::{Keep, Outbox};
use super::oversight::SessionInfo;
use crate::budget::Visitor;
use crate::calls::clock::now_seconds;
use crate::calls::{Caller, Signalling};
use crate::clock::{now_ms, now_s};

/// A session that lives on for its calls looks so often whether there are any.
const CALLS_LOOK: Duration = Duration::from_secs(2);
/// Answers that found no socket are kept for as long as a client waits for them (wire-protocol.md 3.6).
const ANSWER_LIFE: Duration = Duration::from_secs(5);
/// And so many at most.
const ANSWERS: usize = 64;
/// Authorization states that are good for a resume: the latest, and the one before it, which is what the client has if the
/// latest was lost on the way (3.10).
const STATES: usize = 2;

/// Starts a session for a socket that has been admitted; `protocol`: that of the session it is to be again.
pub(super) fn spawn(
    shared: &Arc<Shared>,
    protocol: Option<String>,
    attach: Box<Attach>,
) -> SessionHandle {
    let (mailbox, messages) = mpsc::unbounded_channel();
    let serial = shared.next_serial();
    let protocol = protocol.unwrap_or_else(|| format!("offhook_{}", uuid::Uuid::new_v4().simple()));
    let owner = Arc::new(Owner::of(&attach.claims));
    let handle = SessionHandle::new(serial, protocol, owner, mailbox);
    let mut session = Session {
        shared: shared.clone(),
        handle: handle.clone(),
        messages,
        claims: attach.claims.clone(),
        bound_to: None,
        origin: None,
        network: attach.network,
        event_acks: true,
        socket: None,
        waiting_since: Instant::now(),
        superseded: false,
        token_deadline: Instant::now(),
        notice_at: Instant::now(),
        leaving: false,
        over: false,
        outbox: Outbox::default(),
        answers: Vec::new(),
        states: Vec::new(),
        event_prefix: uuid::Uuid::new_v4().simple().to_string()[..12].to_owned(),
        events: 0,
    };
    shared.registry.insert(&handle);
    shared.counters.sessions.add(1);
    let span = tracing::info_span!(parent: None, "session", session = handle.protocol(),
        subscriber = %handle.owner().subscriber_id);
    handle.send(SessionMessage::Attach(attach));
    // In the future once: a method that takes it would keep it twice.
    tokio::spawn(async move { session.run().instrument(span).await });
    handle
}

struct Session {
    shared: Arc<Shared>,
    handle: SessionHandle,
    messages: mpsc::UnboundedReceiver<SessionMessage>,
    claims: SatClaims,
    /// Key proved with the claims in force.
    bound_to: Option<String>,
    origin: Option<String>,
    /// What of the client's address cannot be changed at will.
    network: IpAddr,
    event_acks: bool,
    socket: Option<SocketHandle>,
    /// Since when there has been no socket.
    waiting_since: Instant,
    /// It need not wait for a socket any longer.
    superseded: bool,
    /// When a socket is let go because the token has expired.
    token_deadline: Instant,
    /// When its end is announced.
    notice_at: Instant,
    /// The last that the client asked for was to know that its page may be about to go.
    leaving: bool,
    /// Ended from outside, or by a page that went.
    over: bool,
    outbox: Outbox,
    answers: Vec<(Instant, Utf8Bytes)>,
    states: Vec<StateDigest>,
    /// Makes event ids different from those of an earlier session of the same protocol.
    event_prefix: String,
    events: u64,
}

impl Session {
    async fn run(&mut self) {
        loop {
            let deadline = match self.socket {
                _ if self.over => break,
                Some(_) => self.token_deadline.min(self.notice_at),
                None if self.superseded => break,
                None => self.waiting_since + self.shared.config.timing.resume,
            };
            tokio::select! {
                // Never `None`: the session holds a sender itself.
                Some(message) = self.messages.recv() => self.handle(message).await,
                () = sleep_until(deadline.into()) => {
                    if self.socket.is_none() {
                        break;
                    }
                    self.token_is_ending();
                }
            }
        }
        self.end();
    }

    async fn handle(&mut self, message: SessionMessage) {
        match message {
            SessionMessage::Attach(attach) => self.attach(*attach),
            SessionMessage::Detached { socket, away } => {
                if self.socket.as_ref().is_some_and(|s| s.serial == socket) {
                    self.detached();
                    if away && self.leaving {
                        tracing::info!("the page has gone");
                        self.over = true;
                    }
                }
            }
            SessionMessage::Ack(id) => drop(self.outbox.ack(&id)),
            SessionMessage::Event(event) => self.event(&event),
            SessionMessage::About { addresses, event } => {
                if addresses.iter().all(|id| self.claims.reaches(id)) {
                    self.event(&event);
                }
            }
            SessionMessage::Answer(text) => self.answer(text),
            SessionMessage::RenewState => self.send_authorization_state(),
            SessionMessage::Superseded { over } => {
                if self.socket.is_none() {
                    self.shared.registry.set_online(&self.handle, false);
                    self.superseded |= over;
                }
            }
            // Nobody may be waiting for the answer any more.
            SessionMessage::Describe(answer) => drop(answer.send(self.describe())),
            SessionMessage::End {
                which,
                reason,
                ended,
            } => {
                if which.covers(self.handle.protocol(), &self.claims) {
                    self.end_now(reason);
                    let _ = ended.send(());
                }
            }
            // Boxed: what a request needs is much more than an idle session should keep room for.
            SessionMessage::Request { request, permit } => {
                Box::pin(self.request(*request)).await;
                drop(permit);
            }
        }
    }

    /// The token is about to expire, or has, and the grace is over.
    fn token_is_ending(&mut self) {
        let now = Instant::now();
        if now < self.token_deadline {
            self.notice_at = self.token_deadline;
            let timing = &self.shared.config.timing;
            let payload = ExpiryNotice {
                expires_at: self.claims.expires_at,
                ends_at: self.claims.expires_at + timing.expiry_grace.as_secs(),
            };
            let keep = Keep::Newest(method::event::SESSION_EXPIRING.into());
            self.event(&OutEvent::new(
                method::event::SESSION_EXPIRING,
                &payload,
                keep,
            ));
            return;
        }
        // Calls in progress have a longer grace; their media does not notice.
        let left = self.until_expired_for(self.shared.config.timing.call_grace);
        if !left.is_zero() && self.shared.calls.has_calls(&self.handle) {
            self.token_deadline = now + left.min(CALLS_LOOK);
            self.notice_at = self.token_deadline;
            return;
        }
        tracing::info!("the token has expired: the client must come back with a newer one");
        self.let_go();
    }

    /// How long it is until the token has been expired for so long; zero when it has.
    fn until_expired_for(&self, grace: Duration) -> Duration {
        let end = Duration::from_secs(self.claims.expires_at) + grace;
        end.saturating_sub(Duration::from_millis(now_ms()))
    }

    /// Somebody outside ends it: nothing is left to resume.
    fn end_now(&mut self, reason: &'static str) {
        tracing::info!(reason, "session ended from outside");
        let nothing = AuthorizationState {
            authorization_state: "",
        };
        let keep = Keep::Newest(method::event::AUTHORIZATION_STATE.into());
        self.event(&OutEvent::new(
            method::event::AUTHORIZATION_STATE,
            &nothing,
            keep,
        ));
        self.states.clear();
        self.let_go();
        self.over = true;
    }

    fn describe(&self) -> SessionInfo {
        SessionInfo {
            id: self.handle.protocol().to_owned(),
            subscriber_id: self.handle.owner().subscriber_id.clone(),
            kind: self.claims.kind.as_str(),
            connected: self.socket.is_some(),
            bound: self.bound_to.is_some(),
            expires_at: self.claims.expires_at,
            origin: self.origin.clone(),
        }
    }

    fn attach(&mut self, attach: Attach) {
        // A page that comes back has stayed.
        self.leaving = false;
        let Attach {
            socket,
            request_id,
            claims,
            proven_jkt,
            event_acks,
            acks,
            origin,
            network,
            shown_state,
            reply,
        } = attach;
        if shown_state.is_some_and(|shown| !self.states.contains(&shown)) {
            let error = RpcError::new(code::VALIDATION_FAILED, "Requester validation failed")
                .with_data(
                    serde_json::json!({ "reason": "the authorization state is not the latest" }),
                );
            let _ = reply.send(Err(error));
            return;
        }
        if let Some(previous) = self.socket.take() {
            previous.close.cancel();
        }
        self.bound_to = claims
            .cnf_jkt
            .clone()
            .filter(|bound| Some(bound) == proven_jkt.as_ref());
        self.claims = claims;
        self.origin = origin;
        self.network = network;
        self.event_acks = event_acks;
        self.socket = Some(socket);
        self.superseded = false;
        self.handle.set_attached(true);
        self.schedule_token_deadline();
        let _ = reply.send(Ok(()));

        let result = self.connect_result();
        self.write(relay::success(&request_id, &result).into());
        let now = Instant::now();
        for id in &acks {
            self.outbox.ack(id);
        }
        self.outbox.expire(now, self.shared.config.timing.resume);
        let backlog: Vec<Utf8Bytes> = self.outbox.unacked().cloned().collect();
        if !self.event_acks {
            self.outbox.clear();
        }
        self.send_authorization_state();
        for text in std::mem::take(&mut self.answers) {
            if now.duration_since(text.0) <= ANSWER_LIFE {
                self.write(text.1);
            }
        }
        self.shared.counters.redelivered.add(backlog.len() as u64);
        for text in backlog {
            self.write(text);
        }
        self.shared
            .calls
            .session_changed(&self.handle, Signalling::Attached);
    }

    fn connect_result(&self) -> ConnectResult {
        let owner = self.handle.owner();
        ConnectResult {
            identity: format!("{}@{}", owner.subscriber_id, self.handle.protocol()),
            protocol: self.handle.protocol().to_owned(),
            authorization: self.authorization(),
            ice_servers: self.shared.turn.as_ref().map_or_else(Vec::new, |turn| {
                turn.ice_servers(&owner.subscriber_id, limits::TURN_TTL_S)
            }),
            offhook: ServerTraits::now(&self.shared.run),
        }
    }

    fn authorization(&self) -> Authorization {
        let claims = &self.claims;
        let owner = self.handle.owner();
        Authorization {
            jti: claims.jti.clone(),
            project_id: claims.project_id.clone(),
            data_zone: "default",
            scope: claims.scope.clone(),
            fabric_subscriber: FabricSubscriber {
                version: 1,
                expires_at: claims.expires_at,
                subscriber_id: owner.subscriber_id.clone(),
                application_id: None,
                project_id: claims.project_id.clone(),
                space_id: claims.project_id.clone(),
            },
            cnf: self.bound_to.clone().map(|jkt| Confirmation { jkt }),
        }
    }

    /// Seals what the session is and sends it (3.10).
    fn send_authorization_state(&mut self) {
        let state = self.shared.keys.seal_resume(&ResumeState {
            protocol: self.handle.protocol().to_owned(),
            session_id: self.handle.serial().to_string(),
            claims: self.claims.clone(),
            issued_at: now_s(),
        });
        if self.states.len() >= STATES {
            self.states.remove(0);
        }
        self.states.push(authenticate::digest_of(&state));
        let keep = Keep::Newest(method::event::AUTHORIZATION_STATE.into());
        let payload = AuthorizationState {
            authorization_state: &state,
        };
        self.event(&OutEvent::new(
            method::event::AUTHORIZATION_STATE,
            &payload,
            keep,
        ));
    }

    fn schedule_token_deadline(&mut self) {
        let timing = self.shared.config.timing;
        let now = Instant::now();
        self.token_deadline = now + self.until_expired_for(timing.expiry_grace);
        let left = self.until_expired_for(Duration::ZERO);
        // Not sooner than half of what is left: a life may be shorter than the notice.
        self.notice_at = now + left.saturating_sub(timing.expiry_notice).max(left / 2);
    }

    fn event(&mut self, event: &OutEvent) {
        // The authorization state is told apart by having nothing but its payload (3.10).
        let bare = event.kind == method::event::AUTHORIZATION_STATE;
        let of_conversation = event.kind == method::event::CONVERSATION_MESSAGE;
        let timestamp = match of_conversation {
            true => EventTime::Text(now_seconds().to_string()),
            false => EventTime::Number(now_seconds()),
        };
        let envelope = EventEnvelope {
            event_type: event.kind,
            event_channel: (!bare).then(|| self.handle.protocol()),
            timestamp: (!bare).then_some(timestamp),
            project_id: (!bare).then_some(self.claims.project_id.as_str()),
            node_id: (!bare).then_some(self.shared.config.node_id.as_str()),
            is_author: of_conversation.then_some(false),
            params: &event.payload,
        };
        self.events += 1;
        let id = format!("{}-{}", self.event_prefix, self.events);
        let text: Utf8Bytes = relay::request(&id, method::EVENT, &envelope).into();
        if self.event_acks || self.socket.is_none() {
            let max_age = self.shared.config.timing.resume;
            self.outbox.push(
                Instant::now(),
                id,
                text.clone(),
                event.keep.clone(),
                max_age,
            );
        }
        self.write(text);
    }

    fn answer(&mut self, text: Utf8Bytes) {
        if self.socket.is_some() {
            self.write(text);
        } else if self.answers.len() < ANSWERS {
            self.answers.push((Instant::now(), text));
        }
    }

    /// Gives the socket a frame. One that cannot keep up is let go: its client comes back and resumes.
    fn write(&mut self, text: Utf8Bytes) {
        let Some(socket) = &self.socket else { return };
        if let Err(error) = socket.frames.try_send(text) {
            if matches!(error, mpsc::error::TrySendError::Full(_)) {
                tracing::warn!("the client does not read: its socket is dropped");
                self.shared.counters.slow_readers.increment();
            }
            self.let_go();
        }
    }

    fn let_go(&mut self) {
        if let Some(socket) = self.socket.take() {
            socket.close.cancel();
        }
        self.detached();
    }

    fn detached(&mut self) {
        self.socket = None;
        self.waiting_since = Instant::now();
        self.handle.set_attached(false);
        self.shared
            .calls
            .session_changed(&self.handle, Signalling::Detached);
        tracing::debug!("waiting for a socket");
    }

    async fn request(&mut self, request: Request) {
        let reply = Reply::new(self.handle.clone(), request.id.clone());
        tracing::debug!(method = ?request.method, "request");
        // Whatever else comes after it: the page has stayed.
        self.leaving = request.method == method::SUBSCRIBER_LEAVING;
        match request.method.as_str() {
            method::VERTO => match request.params::<VertoParams>() {
                Ok(params) => self.shared.calls.verto(self.caller(), reply, params).await,
                Err(error) => self.refuse(reply, &error),
            },
            method::REAUTHENTICATE => match request.params::<ReauthenticateParams>() {
                Ok(params) => self.reauthenticate(reply, params).await,
                Err(error) => self.refuse(reply, &error),
            },
            method::SUBSCRIBER_ONLINE => {
                // For guests and visitors a success that registers nothing (3.11).
                if self.claims.kind == SatKind::Subscriber {
                    let newly = self.shared.registry.set_online(&self.handle, true);
                    reply.ok(&Empty {});
                    if newly {
                        tracing::info!("online");
                        self.shared.calls.session_online(&self.handle);
                    }
                } else {
                    reply.ok(&Empty {});
                }
            }
            method::SUBSCRIBER_OFFLINE => {
                if self.shared.registry.set_online(&self.handle, false) {
                    tracing::info!("offline");
                }
                reply.ok(&Empty {});
            }
            // Clients of ours: the page may be about to go; whether we are still there.
            method::SUBSCRIBER_LEAVING | method::PING => reply.ok(&Empty {}),
            method::CONNECT => {
                let error = RpcError::new(
                    code::INVALID_REQUEST,
                    "this socket is already authenticated",
                );
                self.refuse(reply, &error);
            }
            call if call.starts_with("call.") && crate::calls::knows_method(call) => {
                match request.params::<CallParams>() {
                    Ok(params) => self.shared.calls.method(self.caller(), reply, call, params),
                    Err(error) => self.refuse(reply, &error),
                }
            }
            unknown => self.refuse(reply, &RpcError::unknown_method(unknown)),
        }
    }

    fn caller(&self) -> Caller<'_> {
        Caller {
            session: &self.handle,
            claims: &self.claims,
            visitor: Visitor {
                origin: self.origin.as_deref(),
                network: Some(self.network),
            },
        }
    }

    fn refuse(&self, reply: Reply, error: &RpcError) {
        let reason = if error.code == code::METHOD_NOT_FOUND {
            "method"
        } else {
            "params"
        };
        self.shared.counters.refused_frame(reason);
        tracing::debug!(code = error.code, reason = ?error.message, "request refused");
        reply.refuse(error);
    }

    async fn reauthenticate(&mut self, reply: Reply, params: ReauthenticateParams) {
        match authenticate::renew(&self.shared, &self.claims, self.origin.as_deref(), &params).await
        {
            Ok((mut claims, proven_jkt)) => {
                claims.subscriber_id.clone_from(&self.claims.subscriber_id);
                self.bound_to = claims
                    .cnf_jkt
                    .clone()
                    .filter(|bound| Some(bound) == proven_jkt.as_ref());
                self.claims = claims;
                self.schedule_token_deadline();
                tracing::info!(expires_at = self.claims.expires_at, "reauthenticated");
                reply.ok(&ReauthenticateResult {
                    authorization: self.authorization(),
                    offhook: ServerTraits::now(&self.shared.run),
                });
                // The answer is in the mailbox; the state comes after it.
                self.handle.send(SessionMessage::RenewState);
            }
            Err(error) => {
                tracing::info!(reason = ?error.message, "reauthentication refused");
                self.refuse(reply, &error);
            }
        }
    }

    fn end(&mut self) {
        self.shared.registry.remove(&self.handle);
        self.shared.counters.sessions.add(-1);
        self.messages.close();
        let end = if self.over {
            Signalling::Cut
        } else {
            Signalling::Ended
        };
        self.shared.calls.session_changed(&self.handle, end);
        tracing::info!("session over");
    }
}

//! How everybody else speaks to a session: by messages to its mailbox.

use std::hash::{Hash, Hasher};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::extract::ws::Utf8Bytes;
use offhook_auth::{SatClaims, SatKind};
use offhook_media::Pictures;
use offhook_proto::relay::{self, Request, RpcError};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::budget::{Budget, Verdict};
use super::outbox::Keep;
use super::oversight::{SessionInfo, Which};

/// Who a session belongs to, for its whole life. Dialogs belong to the same.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    pub(crate) project_id: String,
    /// The subscriber, or the random id of a guest.
    pub(crate) subscriber_id: String,
    pub(crate) kind: SatKind,
}

impl Owner {
    pub(crate) fn of(claims: &SatClaims) -> Self {
        Self {
            project_id: claims.project_id.clone(),
            subscriber_id: claims.subscriber_id.clone(),
            kind: claims.kind,
        }
    }
}

impl PartialEq for Owner {
    fn eq(&self, other: &Self) -> bool {
        self.project_id == other.project_id && self.subscriber_id == other.subscriber_id
    }
}

impl Eq for Owner {}

impl Hash for Owner {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.project_id.hash(state);
        self.subscriber_id.hash(state);
    }
}

/// A session, as others hold it.
#[derive(Clone)]
pub(crate) struct SessionHandle(Arc<Inner>);

struct Inner {
    serial: u64,
    protocol: String,
    owner: Arc<Owner>,
    mailbox: mpsc::UnboundedSender<SessionMessage>,
    attached: AtomicBool,
    /// Its client can answer an offer of sound and video in one bundle.
    bundles: AtomicBool,
    /// Used by the one socket that speaks for the session; here, so that a new socket is no new allowance.
    requests: Mutex<Budget>,
}

impl SessionHandle {
    pub(super) fn new(
        serial: u64,
        protocol: String,
        owner: Arc<Owner>,
        mailbox: mpsc::UnboundedSender<SessionMessage>,
    ) -> Self {
        let (attached, bundles) = (AtomicBool::new(false), AtomicBool::new(false));
        let requests = Mutex::new(Budget::requests(Instant::now()));
        Self(Arc::new(Inner {
            serial,
            protocol,
            owner,
            mailbox,
            attached,
            bundles,
            requests,
        }))
    }

    /// Tells sessions of this process apart.
    pub(crate) fn serial(&self) -> u64 {
        self.0.serial
    }

    pub(crate) fn protocol(&self) -> &str {
        &self.0.protocol
    }

    pub(crate) fn owner(&self) -> &Arc<Owner> {
        &self.0.owner
    }

    /// How its client can be offered video. The official one cannot answer an offer of sound and video in one bundle: it waits
    /// for candidates in every section (wire-protocol.md 9.4).
    pub(crate) fn pictures(&self) -> Pictures {
        match self.0.bundles.load(Ordering::Relaxed) {
            true => Pictures::Bundled,
            false => Pictures::Apart,
        }
    }

    /// By what the client says of itself.
    pub(super) fn spoken_for_by(&self, agent: &str) {
        let ours = agent.starts_with("offhook");
        self.0.bundles.store(ours, Ordering::Relaxed);
    }

    /// Whether a socket speaks for the session right now. May be out of date by the time it is read.
    pub(crate) fn is_attached(&self) -> bool {
        self.0.attached.load(Ordering::Relaxed)
    }

    pub(super) fn set_attached(&self, attached: bool) {
        self.0.attached.store(attached, Ordering::Relaxed);
    }

    /// Counts a request of the client.
    pub(super) fn count_request(&self, now: Instant) -> Verdict {
        // Nothing that can panic runs under the lock.
        self.0
            .requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(now)
    }

    /// Whether the session's task has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.0.mailbox.is_closed()
    }

    /// Delivers an event, now or when the session is resumed. One to a session that is over is lost.
    pub(crate) fn event(&self, event: OutEvent) {
        let _ = self.send(SessionMessage::Event(Box::new(event)));
    }

    /// The same, if the session's token reaches all these addresses by then.
    pub(crate) fn event_about(&self, addresses: Arc<[String]>, event: OutEvent) {
        let event = Box::new(event);
        let _ = self.send(SessionMessage::About { addresses, event });
    }

    /// `false`: the session is over.
    pub(super) fn send(&self, message: SessionMessage) -> bool {
        self.0.mailbox.send(message).is_ok()
    }
}

/// An event on its way to a session, which puts the envelope around it.
#[derive(Clone)]
pub(crate) struct OutEvent {
    /// One of [`offhook_proto::method::event`].
    pub(crate) kind: &'static str,
    /// Shared between the sessions it goes to.
    pub(crate) payload: Arc<RawValue>,
    pub(crate) keep: Keep,
}

impl OutEvent {
    pub(crate) fn new(kind: &'static str, payload: &impl Serialize, keep: Keep) -> Self {
        Self {
            kind,
            payload: relay::to_raw(payload).into(),
            keep,
        }
    }
}

/// What a session is told.
pub(super) enum SessionMessage {
    /// A socket has authenticated for it.
    Attach(Box<Attach>),
    /// The socket of this serial has closed. `away`: the client has said that it goes away.
    Detached { socket: u64, away: bool },
    /// The client asks for something. The permit bounds what one socket may have waiting.
    Request {
        request: Box<Request>,
        permit: OwnedSemaphorePermit,
    },
    /// The client has received an event.
    Ack(String),
    /// Something for the client.
    Event(Box<OutEvent>),
    /// An event about addresses, for those whose token reaches them all.
    About {
        addresses: Arc<[String]>,
        event: Box<OutEvent>,
    },
    /// An answer for the client.
    Answer(Utf8Bytes),
    /// The claims have changed: the client needs a new authorization state.
    RenewState,
    /// Whoever looks after the server wants to know.
    Describe(mpsc::UnboundedSender<SessionInfo>),
    /// If it is one of those meant, it ends now, and says so.
    End {
        which: Arc<Which>,
        reason: &'static str,
        ended: mpsc::UnboundedSender<()>,
    },
    /// The same person has made a new session: this one rings no more while it has no socket. `over`: and it has waited
    /// for one long enough, since too many do.
    Superseded { over: bool },
}

/// A socket that wants to speak for a session.
pub(super) struct Attach {
    pub(super) socket: SocketHandle,
    /// Id of the connect request.
    pub(super) request_id: String,
    /// The claims in force from now on.
    pub(super) claims: SatClaims,
    /// Key proved by a proof.
    pub(super) proven_jkt: Option<String>,
    pub(super) event_acks: bool,
    /// Events the client has acknowledged before it authenticated.
    pub(super) acks: Vec<String>,
    /// Origin of the page.
    pub(super) origin: Option<String>,
    /// What of the client's address cannot be changed at will.
    pub(super) network: IpAddr,
    /// Digest of the authorization state that was shown; `None` for a session that is new, or rebuilt from it.
    pub(super) shown_state: Option<StateDigest>,
    pub(super) reply: oneshot::Sender<Result<(), RpcError>>,
}

/// SHA-256 of an authorization state.
pub(super) type StateDigest = [u8; 32];

/// A socket, as its session holds it.
pub(super) struct SocketHandle {
    /// Tells sockets apart.
    pub(super) serial: u64,
    /// Text frames to be written; bounded.
    pub(super) frames: mpsc::Sender<Utf8Bytes>,
    /// Ends the socket's task at once.
    pub(super) close: CancellationToken,
}

/// The duty to answer one request, exactly once: what is dropped unanswered answers an error.
pub(crate) struct Reply {
    session: SessionHandle,
    id: String,
    answered: bool,
}

impl Reply {
    pub(super) fn new(session: SessionHandle, id: String) -> Self {
        Self {
            session,
            id,
            answered: false,
        }
    }

    pub(crate) fn ok(mut self, result: &impl Serialize) {
        self.answer(relay::success(&self.id, result));
    }

    pub(crate) fn refuse(mut self, error: &RpcError) {
        self.answer(relay::failure(Some(&self.id), error));
    }

    fn answer(&mut self, text: String) {
        self.answered = true;
        self.session.send(SessionMessage::Answer(text.into()));
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if !self.answered {
            let error = RpcError::invalid_params("the call ended before the request was handled");
            self.answer(relay::failure(Some(&self.id), &error));
        }
    }
}

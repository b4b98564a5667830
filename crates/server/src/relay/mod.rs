//! The relay: WebSockets, the sessions behind them, and what they ask for (wire-protocol.md section 3).
//!
//! - [`Relay::upgrade`] turns an HTTP request into a socket. A socket is one task; it owns the connection and nothing else.
//! - The first thing a socket must say is `signalwire.connect`. It then speaks for a *session*: a task that outlives its
//!   sockets, keeps events until they are acknowledged, and can be resumed by another socket, also after the server has
//!   been restarted.
//! - What a session asks about calls goes to [`crate::calls`].

mod authenticate;
mod budget;
mod config;
mod counters;
mod directory;
mod handle;
mod held;
mod outbox;
mod oversight;
mod refusals;
mod registry;
mod session;
mod socket;
mod upgrade;

pub use config::{RelayConfig, Timing};

pub(crate) use counters::Counters;
pub(crate) use handle::{OutEvent, Owner, Reply, SessionHandle};
pub(crate) use outbox::Keep;
pub(crate) use oversight::{SessionInfo, Which};
pub(crate) use registry::Registry;

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::ws::WebSocketUpgrade;
use axum::response::Response;
use http::HeaderMap;
use offhook_auth::KeyRing;
use offhook_media::{MediaEvent, MediaServer};
use offhook_proto::relay_connect::IceServer;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::budget::Budgets;
use crate::calls::Calls;
use crate::clock::now_s;
use crate::messages::Messages;
use crate::metrics::Metrics;
use crate::proofs::Proofs;
use crate::records::Ledger;
use crate::store::Store;
use crate::webhooks::Webhooks;
use refusals::Refusals;

/// What the relay stands on.
pub struct RelayDeps {
    /// Projects, subscribers, addresses, rooms.
    pub store: Store,
    /// Opens tokens, seals resume states.
    pub keys: Arc<KeyRing>,
    /// Rooms and legs.
    pub media: MediaServer,
    /// What the media server reports.
    pub media_events: mpsc::UnboundedReceiver<MediaEvent>,
    /// `ice_servers` of connect results; `None`: an empty list.
    pub turn: Option<Arc<dyn IceServerSource>>,
    /// Counters.
    pub metrics: Metrics,
    /// Which proofs have been used.
    pub proofs: Arc<Proofs>,
    /// What visitors of pages have used.
    pub budgets: Arc<Budgets>,
    /// Who is told what happens to calls.
    pub webhooks: Webhooks,
    /// Settings.
    pub config: RelayConfig,
}

/// Gives out ICE servers with credentials that expire.
pub trait IceServerSource: Send + Sync {
    /// Servers for the user (a subscriber or guest id), valid for `ttl_s` seconds.
    fn ice_servers(&self, user: &str, ttl_s: u64) -> Vec<IceServer>;
}

/// The running relay. Clones are handles to the same one.
#[derive(Clone)]
pub struct Relay {
    shared: Arc<Shared>,
}

impl Relay {
    /// Starts the relay; must be called within a tokio runtime.
    pub fn start(deps: RelayDeps) -> Relay {
        let RelayDeps {
            store,
            keys,
            media,
            media_events,
            turn,
            metrics,
            proofs,
            budgets,
            webhooks,
            config,
        } = deps;
        let registry = Arc::new(Registry::default());
        let messages = Messages::start(store.clone(), registry.clone(), &metrics);
        let ledger = Ledger::start(
            store.clone(),
            messages.clone(),
            webhooks.clone(),
            config.call_records_for,
            &metrics,
        );
        let counters = Arc::new(Counters::new(metrics));
        let calls = Calls::start(crate::calls::CallsDeps {
            store: store.clone(),
            media,
            media_events,
            registry: registry.clone(),
            counters: counters.clone(),
            node_id: config.node_id.as_str().into(),
            timing: config.timing,
            hold_music: config.hold_music,
            budgets: Arc::clone(&budgets),
            ledger: ledger.clone(),
            webhooks,
        });
        let shared = Shared {
            store,
            keys,
            turn,
            config,
            counters,
            registry,
            messages,
            ledger,
            calls,
            refusals: Mutex::default(),
            proofs,
            budgets,
            drain: CancellationToken::new(),
            sockets: TaskTracker::new(),
            serials: AtomicU64::new(1),
            started_at_s: now_s(),
            run: uuid::Uuid::new_v4().to_string(),
        };
        let shared = Arc::new(shared);
        let changes = shared.store.directory_changes();
        tokio::spawn(directory::watch(shared.clone(), changes));
        Relay { shared }
    }

    /// Answers the WebSocket upgrade at `/`: 403 for an origin that is not allowed, 503 while draining.
    pub fn upgrade(
        &self,
        upgrade: WebSocketUpgrade,
        headers: &HeaderMap,
        remote: SocketAddr,
    ) -> Response {
        upgrade::upgrade(&self.shared, upgrade, headers, remote)
    }

    /// For SIGTERM: sends `signalwire.disconnect` to every socket, closes them, and waits until they are closed, `grace`
    /// at most. New sockets are refused from now on. Calls end with the process.
    pub async fn drain(&self, grace: Duration) {
        self.shared.drain.cancel();
        self.shared.sockets.close();
        if tokio::time::timeout(grace, self.shared.sockets.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                sockets = self.shared.sockets.len(),
                "sockets still open after the grace"
            );
        }
    }

    /// Returns when the records of calls that have ended, and all messages, are written.
    pub(crate) async fn flush(&self) {
        self.shared.ledger.flush().await;
        self.shared.messages.flush().await;
    }

    /// Calls, as a backend commands them.
    pub(crate) fn calls(&self) -> &Calls {
        &self.shared.calls
    }

    /// Where messages are handed in.
    pub(crate) fn messages(&self) -> &Messages {
        &self.shared.messages
    }

    /// Sessions with a socket right now.
    pub fn connected_sessions(&self) -> usize {
        self.shared.registry.attached_sessions()
    }

    /// Subscribers with at least one session that rings.
    pub fn online_subscribers(&self) -> usize {
        self.shared.registry.online_owners()
    }

    /// Rooms and two-party calls going on.
    pub fn active_calls(&self) -> usize {
        self.shared.calls.active()
    }
}

/// What sockets and sessions share.
pub(crate) struct Shared {
    store: Store,
    keys: Arc<KeyRing>,
    turn: Option<Arc<dyn IceServerSource>>,
    config: RelayConfig,
    counters: Arc<Counters>,
    registry: Arc<Registry>,
    messages: Messages,
    ledger: Ledger,
    calls: Calls,
    refusals: Mutex<Refusals>,
    proofs: Arc<Proofs>,
    budgets: Arc<Budgets>,
    drain: CancellationToken,
    sockets: TaskTracker,
    serials: AtomicU64,
    started_at_s: u64,
    /// Names this life of the server.
    run: String,
}

impl Shared {
    /// A number for a socket or session.
    fn next_serial(&self) -> u64 {
        self.serials.fetch_add(1, Ordering::Relaxed)
    }

    fn linger(&self, now: Instant, address: IpAddr, base: Duration) -> Duration {
        // Nothing that can panic runs under this lock or the next.
        self.refusals
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .linger(now, address, base)
    }
}

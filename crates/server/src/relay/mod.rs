//! The relay: WebSockets, the sessions behind them, and what they ask for (wire-protocol.md section 3).
//!
//! - [`Relay::upgrade`] turns an HTTP request into a socket. A socket is one task; it owns the connection and nothing else.
//! - The first thing a socket must say is `signalwire.connect`. It then speaks for a *session*: a task that outlives its
//!   sockets, keeps events until they are acknowledged, and can be resumed by another socket, also after the server has
//!   been restarted.
//! - What a session asks about calls goes to [`crate::calls`].

mod config;

pub use config::{RelayConfig, Timing};

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::WebSocketUpgrade;
use axum::response::Response;
use http::HeaderMap;
use offhook_auth::KeyRing;
use offhook_media::{MediaEvent, MediaServer};
use offhook_proto::relay_connect::IceServer;
use tokio::sync::mpsc;

use crate::metrics::Metrics;
use crate::store::Store;

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
    shared: Arc<()>,
}

impl Relay {
    /// Starts the relay; must be called within a tokio runtime.
    pub fn start(deps: RelayDeps) -> Relay;

    /// Answers the WebSocket upgrade at `/`: 403 for an origin that is not allowed.
    pub fn upgrade(&self, upgrade: WebSocketUpgrade, headers: &HeaderMap, remote: SocketAddr) -> Response;

    /// SIGTERM: sends `signalwire.disconnect` to every socket, closes them and waits until they are closed, `grace` at most.
    /// New sockets are refused with 503 from now on. Calls end with the process.
    pub async fn drain(&self, grace: Duration);

    /// Sessions with a socket right now.
    pub fn connected_sessions(&self) -> usize;

    /// Subscribers with at least one session that rings.
    pub fn online_subscribers(&self) -> usize;

    /// Calls and rooms going on.
    pub fn active_calls(&self) -> usize;
}

//! A relay behind a bare router, and clients for it.
#![allow(dead_code, unused_imports, reason = "each test file uses its part")]

mod client;

pub(crate) use client::{Call, Client};

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{ConnectInfo, State};
use axum::routing::get;
use axum::serve::ListenerExt as _;
use http::HeaderMap;
use offhook_auth::{Issuer, KeyRing};
use offhook_media::{MediaConfig, MediaServer};
use offhook_proto::rest::ConferenceRoomSettings;
use offhook_server::budget::{BudgetPolicy, Budgets};
use offhook_server::clock::now_s;
use offhook_server::metrics::Metrics;
use offhook_server::mint::{Mint, TokenWish};
use offhook_server::proofs::{ProofPolicy, Proofs};
use offhook_server::relay::{Relay, RelayConfig, RelayDeps};
use offhook_server::store::{ClickToCallSettings, Store, SubscriberChange};
use offhook_server::webhooks::{WebhookPolicy, Webhooks};
use serde_json::json;

/// Nothing in these tests takes so long unless it is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// A running relay with a project in its store.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) relay: Relay,
    pub(crate) mint: Mint,
    pub(crate) project: String,
    pub(crate) metrics: Metrics,
    media: MediaServer,
    config: RelayConfig,
    policy: BudgetPolicy,
    http: tokio::task::JoinHandle<()>,
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::with(|_| ()).await
    }

    /// With a configuration that differs from the default one as `change` says.
    pub(crate) async fn with(change: impl FnOnce(&mut RelayConfig)) -> Self {
        Self::with_budgets(BudgetPolicy::default(), change).await
    }

    /// The same, with limits for public tokens.
    pub(crate) async fn with_budgets(
        policy: BudgetPolicy,
        change: impl FnOnce(&mut RelayConfig),
    ) -> Self {
        let mut config = RelayConfig::default();
        change(&mut config);
        let store = Store::in_memory().await.unwrap();
        let keys = Arc::new(KeyRing::ephemeral());
        let mint = Mint {
            keys,
            store,
            issuer: Issuer::default(),
        };
        let (project, _) = mint.store.create_project("test", now_s()).await.unwrap();
        Self::run(mint, project.id, config, policy).await
    }

    async fn run(mint: Mint, project: String, config: RelayConfig, policy: BudgetPolicy) -> Self {
        let listen = "127.0.0.1:0".parse().unwrap();
        let (media, media_events) = MediaServer::start(MediaConfig {
            listen,
            advertise: Vec::new(),
            workers: 1,
        })
        .unwrap();
        let metrics = Metrics::default();
        let relay = Relay::start(RelayDeps {
            store: mint.store.clone(),
            keys: mint.keys.clone(),
            media: media.clone(),
            media_events,
            turn: None,
            proofs: Arc::new(Proofs::new(
                ProofPolicy::default(),
                mint.store.clone(),
                &metrics,
            )),
            budgets: Arc::new(Budgets::new(policy, "", &metrics)),
            webhooks: Webhooks::start(mint.store.clone(), WebhookPolicy::default(), &metrics)
                .await
                .unwrap(),
            metrics: metrics.clone(),
            config: config.clone(),
        });
        let router = Router::new()
            .route("/", get(upgrade))
            .with_state(relay.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let http = tokio::spawn(async move {
            let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
            let _ = axum::serve(listener, service).await;
        });
        Self {
            address,
            relay,
            mint,
            project,
            metrics,
            media,
            config,
            policy,
            http,
        }
    }

    /// Ends this server as a restart does, and starts another with the same keys and store.
    pub(crate) async fn restart(self) -> Self {
        self.relay.drain(PATIENCE).await;
        self.http.abort();
        self.media.shutdown().await;
        Self::run(self.mint, self.project, self.config, self.policy).await
    }

    /// A token for a subscriber, who is made if there is none.
    pub(crate) async fn token(&self, reference: &str) -> String {
        self.token_with(reference, TokenWish::default()).await
    }

    pub(crate) async fn token_with(&self, reference: &str, wish: TokenWish) -> String {
        let change = SubscriberChange {
            display_name: Some(format!("{reference} Example")),
            ..Default::default()
        };
        self.mint
            .subscriber(&self.project, reference, &change, wish, now_s())
            .await
            .unwrap()
            .1
            .token
    }

    /// Gives somebody a name of that many characters, which makes events about them long.
    pub(crate) async fn rename(&self, reference: &str, length: usize) {
        let change = SubscriberChange {
            display_name: Some("n".repeat(length)),
            ..Default::default()
        };
        self.mint
            .subscriber(
                &self.project,
                reference,
                &change,
                TokenWish::default(),
                now_s(),
            )
            .await
            .unwrap();
    }

    pub(crate) async fn address_id(&self, name: &str) -> String {
        self.mint
            .store
            .resolve_address(&self.project, name)
            .await
            .unwrap()
            .unwrap()
            .id
    }

    pub(crate) async fn guest_token(&self, addresses: &[&str]) -> String {
        let mut ids = Vec::new();
        for name in addresses {
            ids.push(self.address_id(name).await);
        }
        self.mint
            .guest(&self.project, ids, TokenWish::default(), now_s())
            .await
            .unwrap()
            .token
    }

    /// A token for a page's visitor.
    pub(crate) async fn embed_token(&self, destination: &str, origins: &[&str]) -> String {
        let settings = ClickToCallSettings {
            allowed_origins: origins.iter().map(|o| (*o).to_owned()).collect(),
            ..ClickToCallSettings::to(destination)
        };
        let name = format!("button for {destination}");
        let store = &self.mint.store;
        let (_, token) = store
            .create_click_to_call(&self.project, &name, &settings, now_s())
            .await
            .unwrap();
        let button = store.click_to_call_by_token(&token).await.unwrap().unwrap();
        let address = self.address_id(button.destination_name()).await;
        let wish = TokenWish {
            display_name: Some("A visitor".into()),
            ..TokenWish::default()
        };
        self.mint.embed(&button, address, wish, now_s()).token
    }

    pub(crate) async fn room(&self, name: &str, max_members: Option<u32>) {
        let settings = ConferenceRoomSettings {
            max_members,
            ..Default::default()
        };
        self.mint
            .store
            .create_conference_room(&self.project, name, name, &settings, now_s())
            .await
            .unwrap();
    }

    pub(crate) async fn client(&self) -> Client {
        Client::open(self.address, None).await.unwrap()
    }

    /// A connected client of the subscriber.
    pub(crate) async fn connected(&self, reference: &str) -> Client {
        let token = self.token(reference).await;
        let mut client = self.client().await;
        client.connect(&token).await;
        client
    }

    /// A client of the subscriber that rings.
    pub(crate) async fn online(&self, reference: &str) -> Client {
        let mut client = self.connected(reference).await;
        client.ok("subscriber.online", json!({})).await;
        client
    }
}

async fn upgrade(
    State(relay): State<Relay>,
    ConnectInfo(remote): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> axum::response::Response {
    relay.upgrade(upgrade, &headers, remote)
}

/// Waits for a condition; fails when it does not come true.
pub(crate) async fn until(condition: impl Fn() -> bool) {
    let started = std::time::Instant::now();
    while !condition() {
        assert!(
            started.elapsed() < PATIENCE,
            "the condition did not come true"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub(crate) fn uuid() -> String {
    uuid::Uuid::new_v4().to_string()
}

//! The running server: opens the data, binds the ports, starts the parts in the order of their needs, and ends them in the
//! other order.

mod connections;
mod demo;
mod keys;
mod revocations;
mod runtime;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use offhook_auth::Issuer;
use offhook_media::{MediaConfig, MediaError, MediaServer};
use serde::Serialize;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use zeroize::Zeroizing;

pub(crate) use demo::DemoPage;
pub use runtime::Runtime;

use crate::assets::Assets;
use crate::budget::Budgets;
use crate::clock::now_s;
use crate::config::Config;
use crate::http::{self, App, Counters, DeviceAnswers, Limited, Requests};
use crate::messages::Attempts;
use crate::metrics::Metrics;
use crate::mint::{Mint, OpenError};
use crate::proofs::{ProofPolicy, Proofs};
use crate::relay::{IceServerSource, Relay, RelayConfig, RelayDeps, Timing};
use crate::store::{Store, StoreError};
use crate::tls::{self, CertificateSource, TlsError};
use crate::turn::{TurnConfig, TurnSecret, TurnServer};
use crate::webhooks::Webhooks;
use connections::Connections;

/// Sockets are asked to go elsewhere and have so long for it; then requests in flight have as long again.
const DRAIN_GRACE: Duration = Duration::from_secs(5);

/// The setting that keeps the key of the TURN credentials.
const TURN_SECRET: &str = "turn_secret";

/// The name by which the official client finds the TLS listener; its port follows.
const RELAY_NAME: &str = "puc.offhook.localhost";

/// A server that runs until [`shutdown`](Server::shutdown).
pub struct Server {
    ready: Ready,
    app: Arc<App>,
    connections: Connections,
    media: MediaServer,
    turn: Option<TurnServer>,
    /// Look for revocations that others wrote, and for new keys.
    watching: [JoinHandle<()>; 2],
}

/// What is printed when the server takes requests: one line of JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ready {
    /// Always true.
    pub ready: bool,
    /// Address of the plain listener, such as `http://127.0.0.1:8787`.
    pub http: String,
    /// Address of the TLS listener, if there is one.
    pub https: Option<String>,
    /// UDP addresses of the media workers, as clients are told.
    pub media: Vec<SocketAddr>,
    /// Address of the TURN server, if there is one.
    pub turn: Option<SocketAddr>,
}

/// Why the server did not start. The operator's to mend.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Somebody else has the port.
    #[error(
        "{address} is in use by another program. Stop that, or choose another address with --{flag} ADDRESS:PORT, \
         OFFHOOK_{variable} or `{key}` in the configuration file; port 0 lets the system choose"
    )]
    PortInUse {
        /// What was to be bound.
        address: SocketAddr,
        /// The flag that sets it.
        flag: &'static str,
        /// The environment variable, without its prefix.
        variable: &'static str,
        /// The key in the file.
        key: &'static str,
    },
    /// The address cannot be bound for another reason.
    #[error("cannot listen on {address} (--{flag}): {source}")]
    Listen {
        /// What was to be bound.
        address: SocketAddr,
        /// The flag that sets it.
        flag: &'static str,
        /// The system's word.
        source: std::io::Error,
    },
    /// The data directory.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store, once it was open.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The media workers.
    #[error("media: {0}")]
    Media(#[from] MediaError),
    /// The TURN server.
    #[error(
        "TURN cannot listen on {address}: {source}; choose another address with turn_listen in the configuration file, or `off`"
    )]
    Turn {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The note for programs beside the server.
    #[error("runtime.json in the data directory: {0}")]
    Runtime(std::io::Error),
}

impl Server {
    /// Starts everything. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// See [`ServeError`]; what had been started has ended then.
    pub async fn start(config: Config) -> Result<Self, ServeError> {
        let config = Arc::new(config);
        let mut mint = Mint::open(&config.data, Issuer::default()).await?;
        let listener = bind(config.listen, "listen", "LISTEN", "listen").await?;
        let http_address = local_address(&listener, config.listen);
        let (tls_listener, tls_address) = match config.listen_tls {
            Some(address) => {
                let listener = bind(address, "listen-tls", "LISTEN_TLS", "listen_tls").await?;
                let bound = local_address(&listener, address);
                (Some((listener, acceptor(&config)?)), Some(bound))
            }
            None => (None, None),
        };
        mint.issuer = issuer(&config, http_address, tls_address);
        let public_url = mint.issuer.iss.clone().unwrap_or_default();

        let metrics = Metrics::default();
        let (media, media_events) = MediaServer::start(MediaConfig {
            listen: config.media_listen,
            advertise: config.media_advertise.clone(),
            workers: config.media_workers,
        })?;
        let turn = match config.turn_listen {
            Some(listen) => Some(start_turn(listen, &media, &mint.store).await?),
            None => None,
        };
        let policy = ProofPolicy {
            strict: config.strict_proofs,
            nonce: config.proof_nonces,
            shared: config.shared_store,
        };
        let proofs = Arc::new(Proofs::new(policy, mint.store.clone(), &metrics));
        let budgets = Arc::new(Budgets::new(config.budgets, public_url.clone(), &metrics));
        let webhooks =
            Webhooks::start(mint.store.clone(), config.webhooks.clone(), &metrics).await?;
        let relay = Relay::start(RelayDeps {
            budgets: Arc::clone(&budgets),
            webhooks: webhooks.clone(),
            proofs: Arc::clone(&proofs),
            store: mint.store.clone(),
            keys: Arc::clone(&mint.keys),
            media: media.clone(),
            media_events,
            turn: turn
                .clone()
                .map(|turn| Arc::new(turn) as Arc<dyn IceServerSource>),
            metrics: metrics.clone(),
            config: RelayConfig {
                allowed_origins: config.allowed_origins.clone(),
                own_origin: Some(public_url.clone()),
                require_origin: config.require_origin,
                timing: Timing {
                    ring: config.ring_for,
                    orphan: config.lost_calls,
                    call_grace: config.call_grace,
                    ..Timing::default()
                },
                hold_music: config.hold_music,
                call_records_for: config.call_records_for,
                ..RelayConfig::default()
            },
        });
        let demo = if config.demo {
            Some(demo::seed(&mint.store, now_s()).await?)
        } else {
            None
        };

        let app = Arc::new(App {
            assets: Assets::new(config.web_dir.clone(), &public_url),
            counters: Counters::new(&metrics),
            requests: Requests::new(&metrics),
            exchanges: Limited::new("exchange", config.exchanges_per_minute, &metrics),
            frames: Limited::new("frame", config.exchanges_per_minute, &metrics),
            devices: Limited::new("device", config.device_tokens_per_minute, &metrics),
            device_answers: DeviceAnswers::default(),
            messages: Limited::new("message", config.messages_per_minute, &metrics),
            attempts: Arc::new(Attempts::new(&metrics)),
            proofs,
            budgets,
            webhooks,
            sign_ins: Limited::new("sign_in", config.sign_ins_per_minute, &metrics),
            draining: AtomicBool::new(false),
            public_url,
            relay,
            demo,
            mint,
            metrics,
            config,
        });
        let router = http::router(Arc::clone(&app));
        let watching = [
            tokio::spawn(revocations::watch(Arc::clone(&app))),
            tokio::spawn(keys::watch(Arc::clone(&app.mint.keys))),
        ];
        let limits = (
            app.config.max_connections,
            app.config.max_connections_per_ip,
        );
        let connections = Connections::new(router, limits.0, limits.1, &app.metrics);
        let ready = Ready {
            ready: true,
            http: format!("http://{http_address}"),
            https: tls_address.map(|address| format!("https://{address}")),
            media: media.addresses(),
            turn: turn.as_ref().map(TurnServer::address),
        };
        let note = Runtime {
            http: ready.http.clone(),
            https: ready.https.clone(),
            pid: std::process::id(),
            ch: app.mint.issuer.ch.clone(),
            iss: app.mint.issuer.iss.clone(),
        };
        note.write(&app.config.data).map_err(ServeError::Runtime)?;
        warn_of_exposure(&app.config, http_address);
        connections.serve(listener, None);
        if let Some((listener, acceptor)) = tls_listener {
            connections.serve(listener, Some(acceptor));
        }
        Ok(Self {
            ready,
            app,
            connections,
            media,
            turn,
            watching,
        })
    }

    /// Where everything is.
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// Makes tokens with the server's keys.
    pub fn mint(&self) -> &Mint {
        &self.app.mint
    }

    /// Ends gracefully: no new connections, sockets are asked to go, requests in flight are answered, then everything
    /// stops, when what has been said and recorded is written. Takes ten seconds at most when nothing hangs.
    pub async fn shutdown(self) {
        self.app.draining.store(true, Relaxed);
        for task in &self.watching {
            task.abort();
        }
        self.app.relay.drain(DRAIN_GRACE).await;
        self.connections.stop.cancel();
        self.connections.tasks.close();
        if tokio::time::timeout(DRAIN_GRACE, self.connections.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                left = self.connections.tasks.len(),
                "connections did not end in time"
            );
        }
        // Records ask the media server what it measured, and tell conversations and webhooks.
        if tokio::time::timeout(DRAIN_GRACE, self.app.relay.flush())
            .await
            .is_err()
        {
            tracing::warn!("not every record and message could be written");
        }
        if let Some(turn) = &self.turn {
            turn.shutdown();
        }
        self.media.shutdown().await;
        self.app.webhooks.shutdown(DRAIN_GRACE).await;
        self.app.mint.store.close().await;
    }
}

async fn bind(
    address: SocketAddr,
    flag: &'static str,
    variable: &'static str,
    key: &'static str,
) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| match source.kind() {
            std::io::ErrorKind::AddrInUse => ServeError::PortInUse {
                address,
                flag,
                variable,
                key,
            },
            _ => ServeError::Listen {
                address,
                flag,
                source,
            },
        })
}

/// Starts the way to the media ports, on an address that media clients can reach.
async fn start_turn(
    listen: SocketAddr,
    media: &MediaServer,
    store: &Store,
) -> Result<TurnServer, ServeError> {
    let failed = |source| ServeError::Turn {
        address: listen,
        source,
    };
    let peers = media.addresses();
    let advertise = match peers
        .iter()
        .map(SocketAddr::ip)
        .find(|ip| !ip.is_loopback())
    {
        Some(reachable) if listen.ip().is_unspecified() => reachable,
        None if listen.ip().is_unspecified() => IpAddr::from([127, 0, 0, 1]),
        _ => listen.ip(),
    };
    let config = TurnConfig {
        listen,
        advertise,
        realm: "offhook".into(),
        secret: turn_secret(store, TurnSecret::random().map_err(failed)?).await?,
        peers,
    };
    TurnServer::start(config).await.map_err(failed)
}

/// The key of an earlier life: calls that go on in this one have credentials made with it.
async fn turn_secret(store: &Store, new: TurnSecret) -> Result<TurnSecret, ServeError> {
    let kept = Zeroizing::new(store.setting_or(TURN_SECRET, &new.to_text()).await?);
    if let Some(secret) = TurnSecret::from_text(&kept) {
        return Ok(secret);
    }
    tracing::warn!("the key of the TURN credentials in the store is none, and is made anew");
    store.set_setting(TURN_SECRET, &new.to_text()).await?;
    Ok(new)
}

/// What an owner may not have meant. Neither is refused: inside a container every listener is beyond loopback.
fn warn_of_exposure(config: &Config, http: SocketAddr) {
    if http.ip().is_loopback() {
        return;
    }
    if !config.trust_proxy {
        tracing::warn!(%http, "plain HTTP is served beyond this machine: tokens and calls can be read on the way; put a TLS proxy in front and set trust_proxy, or offer listen_tls only");
    }
    if config.demo {
        tracing::warn!(%http, "the demo is served beyond this machine, and with it the demo agent's password");
    }
}

/// With the port that the system chose.
fn local_address(listener: &TcpListener, asked: SocketAddr) -> SocketAddr {
    listener.local_addr().unwrap_or(asked)
}

fn acceptor(config: &Config) -> Result<TlsAcceptor, TlsError> {
    let source = match &config.tls_files {
        Some((certificate, key)) => CertificateSource::Files {
            certificate: certificate.clone(),
            key: key.clone(),
        },
        None => CertificateSource::Local {
            directory: config.data.join("tls"),
        },
    };
    Ok(tls::server_config(&source)?.into())
}

/// What tokens say of where the server is.
fn issuer(config: &Config, http: SocketAddr, tls: Option<SocketAddr>) -> Issuer {
    let iss = match &config.public_url {
        Some(url) => url.as_str().to_owned(),
        None => {
            let near = |ip: IpAddr| ip.is_loopback() || ip.is_unspecified();
            if near(http.ip()) {
                format!("http://localhost:{}", http.port())
            } else {
                format!("http://{http}")
            }
        }
    };
    let ch = config
        .relay_host
        .clone()
        .or_else(|| tls.map(|tls| format!("{RELAY_NAME}:{}", tls.port())));
    Issuer { ch, iss: Some(iss) }
}

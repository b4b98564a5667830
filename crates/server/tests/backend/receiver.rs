//! A receiver of webhooks: a real HTTP server that takes, refuses, hangs, redirects, goes away and comes back.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::hmac;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

/// Longer than any pause between the attempts these tests wait for.
const PATIENCE: Duration = Duration::from_secs(20);

/// What it does with what comes.
#[derive(Clone)]
pub(crate) enum Manner {
    Take,
    Answer(u16),
    Hang,
    Redirect(String),
}

/// Something that came.
#[derive(Debug)]
pub(crate) struct Hit {
    headers: HeaderMap,
    text: String,
    pub(crate) body: Value,
}

pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    manner: Arc<Mutex<Manner>>,
    hits: UnboundedReceiver<Hit>,
    sender: UnboundedSender<Hit>,
    server: Option<tokio::task::JoinHandle<()>>,
}

#[derive(Clone)]
struct Desk {
    manner: Arc<Mutex<Manner>>,
    hits: UnboundedSender<Hit>,
}

impl Receiver {
    pub(crate) async fn open() -> Self {
        let (sender, hits) = unbounded_channel();
        let mut this = Self {
            address: "127.0.0.1:0".parse().unwrap(),
            manner: Arc::new(Mutex::new(Manner::Take)),
            hits,
            sender,
            server: None,
        };
        this.come_back().await;
        this
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook?key=known-to-us-alone", self.address)
    }

    pub(crate) fn behave(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    /// Closes the port and every connection.
    pub(crate) async fn go_away(&mut self) {
        let server = self.server.take().unwrap();
        server.abort();
        let _ = server.await;
    }

    pub(crate) async fn come_back(&mut self) {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(self.address).unwrap();
        let listener: TcpListener = socket.listen(64).unwrap();
        self.address = listener.local_addr().unwrap();
        let desk = Desk {
            manner: Arc::clone(&self.manner),
            hits: self.sender.clone(),
        };
        let router = Router::new().fallback(receive).with_state(desk);
        self.server = Some(tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let service = hyper_util::service::TowerToHyperService::new(router.clone());
                let io = hyper_util::rt::TokioIo::new(stream);
                connections.spawn(async move {
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(io, service)
                        .await;
                });
            }
        }));
    }

    /// The next thing that comes.
    pub(crate) async fn hit(&mut self) -> Hit {
        timeout(PATIENCE, self.hits.recv())
            .await
            .expect("a delivery in time")
            .unwrap()
    }

    /// The next thing of this type, whatever comes before it.
    pub(crate) async fn hit_of(&mut self, kind: &str) -> Hit {
        loop {
            let hit = self.hit().await;
            if hit.body["type"] == kind {
                return hit;
            }
        }
    }

    /// Whether nothing has come.
    pub(crate) fn is_untouched(&mut self) -> bool {
        self.hits.try_recv().is_err()
    }
}

async fn receive(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> Response {
    let text = String::from_utf8(body.to_vec()).unwrap();
    let hit = Hit {
        headers,
        body: serde_json::from_str(&text).unwrap(),
        text,
    };
    let manner = desk.manner.lock().unwrap().clone();
    let _ = desk.hits.send(hit);
    match manner {
        Manner::Take => StatusCode::NO_CONTENT.into_response(),
        Manner::Answer(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Manner::Hang => std::future::pending().await,
        Manner::Redirect(to) => (StatusCode::FOUND, [("location", to)]).into_response(),
    }
}

impl Hit {
    pub(crate) fn kind(&self) -> &str {
        self.body["type"].as_str().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub(crate) fn attempt(&self) -> u32 {
        self.header("webhook-attempt").parse().unwrap()
    }

    /// Verifies as docs/webhooks.md says; gives how many of the signatures are by this secret.
    pub(crate) fn signatures_by(&self, secret: &str) -> usize {
        assert_eq!(self.header("content-type"), "application/json");
        assert_eq!(self.header("webhook-id"), self.body["id"].as_str().unwrap());
        let (id, at) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        let age = offhook_server::clock::now_s().abs_diff(at.parse().unwrap());
        assert!(age < 60, "{age} s old");
        let key = BASE64_STANDARD
            .decode(secret.strip_prefix("whsec_").unwrap())
            .unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let signed = format!("{id}.{at}.{}", self.text);
        let signatures = self.header("webhook-signature").split(' ');
        signatures
            .filter(|signature| {
                let tag = BASE64_STANDARD.decode(signature.strip_prefix("v1,").unwrap());
                hmac::verify(&key, signed.as_bytes(), &tag.unwrap()).is_ok()
            })
            .count()
    }
}

//! The same load on another server, to compare: peers of ours in the rooms of a Janus server's AudioBridge plugin, by the
//! WebSocket API of Janus. The rooms are laid out as ours are: 48 kHz, the same bit rate and
//! effort of the codec, no redundancy where nothing is lost.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use offhook_media::endpoint::{Endpoint, EndpointConfig, EndpointEvent};
use offhook_media::{VOICE_BITRATE, VOICE_COMPLEXITY};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Janus ends a session that says nothing for a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
const PROTOCOL: HeaderValue = HeaderValue::from_static("janus-protocol");

type Answer = Result<Value, String>;

/// A request, and who waits for what comes of it.
type Request = (Value, oneshot::Sender<Answer>);

/// A session with a Janus server.
#[derive(Clone)]
pub(super) struct Janus {
    requests: mpsc::UnboundedSender<Request>,
    session: u64,
}

/// A peer-to-be: a handle of the AudioBridge plugin.
pub(super) struct Handle {
    janus: Arc<Janus>,
    id: u64,
}

impl Janus {
    /// Connects to `ws://…` and opens a session.
    pub(super) async fn connect(url: &str) -> Result<Self, String> {
        let failed = |error| format!("no connection to Janus at {url}: {error}");
        let mut request = url.into_client_request().map_err(failed)?;
        let headers = request.headers_mut();
        headers.insert("sec-websocket-protocol", PROTOCOL);
        let connected = tokio_tungstenite::connect_async(request).await;
        let (socket, _) = connected.map_err(failed)?;
        let (requests, inbox) = mpsc::unbounded_channel();
        tokio::spawn(carry(socket, inbox));
        let mut janus = Self {
            requests,
            session: 0,
        };
        janus.session = id_of(&janus.ask(json!({ "janus": "create" })).await?)?;
        Ok(janus)
    }

    pub(super) async fn attach(self: &Arc<Self>) -> Result<Handle, String> {
        let attach = json!({
            "janus": "attach",
            "session_id": self.session,
            "plugin": "janus.plugin.audiobridge",
        });
        let id = id_of(&self.ask(attach).await?)?;
        let janus = Arc::clone(self);
        Ok(Handle { janus, id })
    }

    /// Ends the session and with it all its peers.
    pub(super) async fn destroy(&self) {
        let destroy = json!({ "janus": "destroy", "session_id": self.session });
        // A server that is gone has nothing left to end.
        let _ = self.ask(destroy).await;
    }

    async fn ask(&self, request: Value) -> Answer {
        let (reply, answer) = oneshot::channel();
        let gone = || "the connection to Janus has ended".to_owned();
        let sent = self.requests.send((request, reply));
        sent.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

impl Handle {
    /// Makes a room.
    pub(super) async fn create_room(&self, room: u64) -> Result<(), String> {
        let create = json!({
            "request": "create",
            "room": room,
            "permanent": false,
            "sampling_rate": 48_000,
            "default_bitrate": VOICE_BITRATE,
        });
        self.message(create, None).await.map(drop)
    }

    /// Joins a room, and connects.
    pub(super) async fn join(&self, room: u64, config: EndpointConfig) -> Result<Endpoint, String> {
        let (events, mut happened) = mpsc::unbounded_channel();
        let failed = |error: offhook_media::MediaError| error.to_string();
        let endpoint = Endpoint::open(config, events).map_err(failed)?;
        let sdp = endpoint.create_offer(false).await.map_err(failed)?;
        let join = json!({
            "request": "join",
            "room": room,
            "quality": VOICE_COMPLEXITY,
            "bitrate": VOICE_BITRATE,
        });
        let offer = json!({ "type": "offer", "sdp": sdp, "trickle": false });
        let answer = self.message(join, Some(offer)).await?;
        let answer = answer["jsep"]["sdp"]
            .as_str()
            .ok_or_else(|| format!("Janus answered without a description: {answer}"))?;
        endpoint.apply_answer(answer).await.map_err(failed)?;
        loop {
            match happened.recv().await {
                Some(EndpointEvent::Connected) => break,
                Some(EndpointEvent::Closed(reason)) => return Err(format!("{reason:?}")),
                Some(_) => {}
                None => return Err("the endpoint has ended".into()),
            }
        }
        Ok(endpoint)
    }

    async fn message(&self, body: Value, jsep: Option<Value>) -> Answer {
        let mut message = json!({
            "janus": "message",
            "session_id": self.janus.session,
            "handle_id": self.id,
            "body": body,
        });
        if let Some(jsep) = jsep {
            message["jsep"] = jsep;
        }
        let answer = self.janus.ask(message).await?;
        match answer["plugindata"]["data"]["error"].as_str() {
            Some(error) => Err(format!("AudioBridge: {error}")),
            None => Ok(answer),
        }
    }
}

/// Carries requests there and answers back, until nobody asks any more.
async fn carry(
    mut socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    mut inbox: mpsc::UnboundedReceiver<Request>,
) {
    let mut waiting: HashMap<String, oneshot::Sender<Answer>> = HashMap::new();
    let mut session = None;
    let mut number = 0u64;
    let mut alive = tokio::time::interval(KEEP_ALIVE);
    loop {
        let (mut request, reply) = tokio::select! {
            request = inbox.recv() => match request {
                Some((request, reply)) => (request, Some(reply)),
                None => return,
            },
            _ = alive.tick() => match session {
                Some(session) => (json!({ "janus": "keepalive", "session_id": session }), None),
                None => continue,
            },
            message = socket.next() => {
                let Some(Ok(message)) = message else { return };
                let Ok(text) = message.to_text() else { continue };
                let Ok(told) = serde_json::from_str::<Value>(text) else { continue };
                let (transaction, what) = (told["transaction"].as_str(), told["janus"].as_str());
                // What a plugin answers comes after the acknowledgement.
                if what != Some("ack")
                    && let Some(reply) = transaction.and_then(|one| waiting.remove(one))
                {
                    // Whoever asked may have given up.
                    let _ = reply.send(match what {
                        Some("error") => Err(format!("Janus: {}", told["error"]["reason"])),
                        _ => Ok(told),
                    });
                }
                continue;
            }
        };
        number += 1;
        let transaction = number.to_string();
        request["transaction"] = transaction.as_str().into();
        session = request["session_id"].as_u64().or(session);
        if let Some(reply) = reply {
            waiting.insert(transaction, reply);
        }
        if socket
            .send(Message::text(request.to_string()))
            .await
            .is_err()
        {
            return;
        }
    }
}

fn id_of(answer: &Value) -> Result<u64, String> {
    let id = answer["data"]["id"].as_u64();
    id.ok_or_else(|| format!("Janus answered without an id: {answer}"))
}

//! A scripted client on a real WebSocket, and calls with real media.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use offhook_media::audio::rms_dbfs;
use offhook_media::endpoint::{Endpoint, EndpointConfig, EndpointEvent};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::{PATIENCE, uuid};

/// A client that does what the official one does on the wire: acknowledges events, answers pings.
pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next_id: u64,
    pub(crate) acks: bool,
    pub(crate) pongs: bool,
    responses: VecDeque<Value>,
    events: VecDeque<Value>,
    /// Ids of all events received.
    pub(crate) event_ids: Vec<String>,
    pub(crate) pings: usize,
    /// Of the last connect result.
    pub(crate) protocol: String,
    /// Of the last authorization state event.
    pub(crate) state: String,
    pub(crate) token: String,
}

impl Client {
    pub(crate) async fn open(
        address: SocketAddr,
        origin: Option<&str>,
    ) -> Result<Self, tungstenite::Error> {
        let mut request = format!("ws://{address}/").into_client_request()?;
        if let Some(origin) = origin {
            request
                .headers_mut()
                .insert("origin", origin.parse().unwrap());
        }
        let (socket, _) = tokio_tungstenite::connect_async_with_config(request, None, true).await?;
        Ok(Self {
            socket,
            next_id: 0,
            acks: true,
            pongs: true,
            responses: VecDeque::new(),
            events: VecDeque::new(),
            event_ids: Vec::new(),
            pings: 0,
            protocol: String::new(),
            state: String::new(),
            token: String::new(),
        })
    }

    pub(crate) async fn send_text(&mut self, text: impl Into<String>) {
        // A socket the server has just closed shows in what is received.
        let _ = self.socket.send(Message::Text(text.into().into())).await;
    }

    pub(crate) async fn send_message(&mut self, message: Message) {
        let _ = self.socket.send(message).await;
    }

    /// Sends a request and gives its id.
    pub(crate) async fn send(&mut self, method: &str, params: Value) -> String {
        self.next_id += 1;
        let id = format!("c{}", self.next_id);
        self.send_text(
            json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string(),
        )
        .await;
        id
    }

    /// Reads one frame and files it. `false`: the socket is closed.
    async fn pump(&mut self) -> bool {
        match timeout(PATIENCE, self.socket.next())
            .await
            .expect("a frame in time")
        {
            Some(Ok(Message::Text(text))) => {
                let frame: Value = serde_json::from_str(&text).expect("the server sends JSON");
                self.file(frame).await;
                true
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => false,
            Some(Ok(_)) => true,
        }
    }

    async fn file(&mut self, frame: Value) {
        match frame["method"].as_str() {
            None => self.responses.push_back(frame),
            Some("signalwire.ping") => {
                self.pings += 1;
                if self.pongs {
                    let pong =
                        json!({"jsonrpc": "2.0", "id": frame["id"], "result": {"timestamp": 1.0}});
                    self.send_text(pong.to_string()).await;
                }
            }
            Some("signalwire.event") => {
                let id = frame["id"]
                    .as_str()
                    .expect("event ids are strings")
                    .to_owned();
                if self.acks {
                    self.send_text(json!({"jsonrpc": "2.0", "id": id, "result": {}}).to_string())
                        .await;
                }
                let params = &frame["params"];
                assert!(
                    params["params"].is_object(),
                    "an event without inner params: {frame}"
                );
                match params.get("event_channel") {
                    None => {}
                    Some(channel) => {
                        assert_eq!(channel.as_str(), Some(self.protocol.as_str()), "{frame}")
                    }
                }
                if params["event_type"] == "signalwire.authorization.state" {
                    self.state = params["params"]["authorization_state"]
                        .as_str()
                        .unwrap()
                        .to_owned();
                }
                self.event_ids.push(id);
                self.events.push_back(params.clone());
            }
            Some("signalwire.disconnect") => {
                self.events.push_back(json!({"event_type": "disconnect"}))
            }
            Some(other) => panic!("unexpected method {other}"),
        }
    }

    /// The answer to a request.
    pub(crate) async fn response(&mut self, id: &str) -> Value {
        loop {
            if let Some(index) = self.responses.iter().position(|r| r["id"] == id) {
                return self.responses.remove(index).unwrap();
            }
            assert!(
                self.pump().await,
                "the socket closed before the answer to {id}"
            );
        }
    }

    /// The next answer without an id.
    pub(crate) async fn response_without_id(&mut self) -> Value {
        loop {
            if let Some(index) = self.responses.iter().position(|r| r["id"].is_null()) {
                return self.responses.remove(index).unwrap();
            }
            assert!(self.pump().await, "the socket closed");
        }
    }

    pub(crate) async fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params).await;
        self.response(&id).await
    }

    /// A request that succeeds; gives its result.
    pub(crate) async fn ok(&mut self, method: &str, params: Value) -> Value {
        let response = self.request(method, params).await;
        assert!(response.get("result").is_some(), "{method}: {response}");
        response["result"].clone()
    }

    /// A request that is refused; gives the error.
    pub(crate) async fn err(&mut self, method: &str, params: Value) -> Value {
        let response = self.request(method, params).await;
        assert!(response.get("error").is_some(), "{method}: {response}");
        assert!(response["error"]["code"].is_i64());
        response["error"].clone()
    }

    pub(crate) fn connect_params(token: &str) -> Value {
        json!({"version": {"major": 4, "minor": 0, "revision": 0}, "event_acks": true,
            "authentication": {"jwt_token": token}, "agent": "test/1", "contexts": [], "eventing": [], "topics": []})
    }

    /// Connects fresh; the authorization state has come when this returns.
    pub(crate) async fn connect(&mut self, token: &str) -> Value {
        let result = self
            .ok("signalwire.connect", Self::connect_params(token))
            .await;
        self.protocol = result["protocol"].as_str().unwrap().to_owned();
        self.token = token.to_owned();
        self.event("signalwire.authorization.state").await;
        result
    }

    pub(crate) fn resume_params(token: &str, protocol: &str, state: &str) -> Value {
        let mut params = Self::connect_params(token);
        params["authorization_state"] = state.into();
        params["protocol"] = protocol.into();
        params
    }

    /// Opens another socket and resumes the session of this client, whose own socket is dropped.
    pub(crate) async fn resumed(self, address: SocketAddr) -> Self {
        let (token, protocol, state) = (
            self.token.clone(),
            self.protocol.clone(),
            self.state.clone(),
        );
        self.vanish().await;
        let mut next = Self::open(address, None).await.unwrap();
        next.protocol = protocol.clone();
        next.token = token.clone();
        let result = next
            .ok(
                "signalwire.connect",
                Self::resume_params(&token, &protocol, &state),
            )
            .await;
        assert_eq!(result["protocol"], protocol.as_str());
        next.event("signalwire.authorization.state").await;
        next
    }

    /// Drops the connection without a word.
    pub(crate) async fn vanish(self) {
        drop(self.socket);
    }

    /// The socket is closed as a browser closes it when its page goes.
    pub(crate) async fn go_away(mut self) {
        let frame = CloseFrame {
            code: CloseCode::Away,
            reason: "".into(),
        };
        self.socket.close(Some(frame)).await.unwrap();
    }

    /// The next event of the type, whatever comes before it; gives the whole envelope.
    pub(crate) async fn envelope(&mut self, kind: &str) -> Value {
        self.envelope_where(|e| e["event_type"] == kind, kind).await
    }

    pub(crate) async fn envelope_where(
        &mut self,
        wanted: impl Fn(&Value) -> bool,
        what: &str,
    ) -> Value {
        loop {
            if let Some(index) = self.events.iter().position(&wanted) {
                return self.events.remove(index).unwrap();
            }
            assert!(self.pump().await, "the socket closed before {what}");
        }
    }

    /// The payload of the next event of the type.
    pub(crate) async fn event(&mut self, kind: &str) -> Value {
        self.envelope(kind).await["params"].clone()
    }

    /// The parameters of the next dialog message of the method.
    pub(crate) async fn verto_event(&mut self, method: &str) -> Value {
        let envelope = self
            .envelope_where(
                |e| e["event_type"] == "webrtc.message" && e["params"]["method"] == method,
                method,
            )
            .await;
        assert!(envelope["node_id"].is_string(), "{envelope}");
        assert_eq!(envelope["params"]["jsonrpc"], "2.0");
        assert!(!envelope["params"]["id"].is_null());
        envelope["params"]["params"].clone()
    }

    /// The types of all events that are here by now, in order: everything the server sent before it answered one more
    /// request. Dialog messages are named by their method. Left out is what other tasks tell when they come to it: changes of the directory,
    /// since the people of a test are made while others are there, and the log of calls.
    pub(crate) async fn event_types(&mut self) -> Vec<String> {
        self.sync().await;
        let kinds = self.events.drain(..).map(|e| kind_of(&e));
        kinds
            .filter(|kind| !kind.starts_with("offhook.address.") && kind != "conversation.message")
            .collect()
    }

    /// Events that are here by now, without taking them.
    pub(crate) fn pending(&self) -> Vec<String> {
        self.events.iter().map(kind_of).collect()
    }

    /// Waits until the server has handled everything sent so far.
    pub(crate) async fn sync(&mut self) {
        let error = self.err("test.nothing", json!({})).await;
        assert_eq!(error["code"], -32601);
    }

    /// Waits until the call's room has handled everything that reached it so far.
    pub(crate) async fn settle(&mut self, call: &Call) {
        self.verto_ok(
            "verto.pong",
            &call.id,
            json!({"dialogParams": {"callID": call.id}}),
        )
        .await;
    }

    /// Asserts that no such event is here once the session has handled everything that reached it so far.
    pub(crate) async fn nothing(&mut self, kind: &str) {
        self.sync().await;
        assert!(
            !self.pending().iter().any(|k| k == kind),
            "{kind} came: {:?}",
            self.pending()
        );
    }

    /// Reads until the server closes the socket.
    pub(crate) async fn closed(&mut self) {
        while self.pump().await {}
    }

    pub(crate) async fn verto(&mut self, method: &str, call_id: &str, params: Value) -> Value {
        let id = self.send_verto(method, call_id, params).await;
        self.response(&id).await
    }

    pub(crate) async fn send_verto(
        &mut self,
        method: &str,
        call_id: &str,
        params: Value,
    ) -> String {
        let message = json!({"jsonrpc": "2.0", "id": "inner", "method": method, "params": params});
        self.send(
            "webrtc.verto",
            json!({"callID": call_id, "node_id": "", "message": message}),
        )
        .await
    }

    /// The innermost result of a dialog request that succeeds.
    pub(crate) async fn verto_ok(&mut self, method: &str, call_id: &str, params: Value) -> Value {
        let response = self.verto(method, call_id, params).await;
        let result = &response["result"];
        assert_eq!(result["code"], "200", "{method}: {response}");
        assert!(result["node_id"].is_string());
        assert_eq!(result["result"]["jsonrpc"], "2.0");
        assert_eq!(result["result"]["id"], "inner");
        result["result"]["result"].clone()
    }

    pub(crate) async fn verto_err(&mut self, method: &str, call_id: &str, params: Value) -> Value {
        let response = self.verto(method, call_id, params).await;
        assert!(response.get("error").is_some(), "{method}: {response}");
        response["error"].clone()
    }

    /// Sends an invite that is accepted.
    pub(crate) async fn dial(&mut self, destination: &str) -> Call {
        let mut call = Call::new(&uuid()).await;
        let result = self
            .verto_ok("verto.invite", &call.id, call.invite(destination).await)
            .await;
        assert_eq!(result["message"], "CALL CREATED");
        assert_eq!(result["callID"], call.id.as_str());
        call.member = result["memberID"].as_str().unwrap().to_owned();
        call
    }

    /// Sends an invite that is refused; gives the error.
    pub(crate) async fn dial_err(&mut self, destination: &str) -> Value {
        let call = Call::new(&uuid()).await;
        self.verto_err("verto.invite", &call.id, call.invite(destination).await)
            .await
    }

    /// Takes the answer to an invite of this client.
    pub(crate) async fn answered(&mut self, call: &Call) {
        let answer = self.verto_event("verto.answer").await;
        assert_eq!(answer["callID"], call.id.as_str());
        call.endpoint
            .apply_answer(answer["sdp"].as_str().unwrap())
            .await
            .unwrap();
    }

    /// Waits for a call to ring here; not yet answered.
    pub(crate) async fn ringing(&mut self) -> Value {
        self.verto_event("verto.invite").await
    }

    /// Answers a call that rings here.
    pub(crate) async fn accept(&mut self, invite: &Value) -> Call {
        let call = Call::new(invite["callID"].as_str().unwrap()).await;
        let sdp = call
            .endpoint
            .accept_offer(invite["sdp"].as_str().unwrap())
            .await
            .unwrap();
        let params = json!({"dialogParams": {"callID": call.id}, "sdp": sdp});
        self.verto_ok("verto.answer", &call.id, params).await;
        call
    }

    pub(crate) async fn hang_up(&mut self, call: &Call) -> Value {
        self.verto_ok(
            "verto.bye",
            &call.id,
            json!({"dialogParams": {"callID": call.id}}),
        )
        .await
    }

    /// Waits for the server to end a call and gives the cause.
    pub(crate) async fn bye(&mut self, call_id: &str) -> String {
        loop {
            let bye = self.verto_event("verto.bye").await;
            if bye["callID"] == call_id {
                assert!(bye["causeCode"].is_u64());
                return bye["cause"].as_str().unwrap().to_owned();
            }
        }
    }

    pub(crate) async fn call_method(
        &mut self,
        call: &Call,
        method: &str,
        mut params: Value,
    ) -> Value {
        let own = json!({"node_id": "", "call_id": call.id, "member_id": call.member});
        if params.get("target").is_none() {
            params["target"] = own.clone();
        }
        params["self"] = own;
        self.request(method, params).await
    }
}

fn kind_of(envelope: &Value) -> String {
    match envelope["event_type"].as_str() {
        Some("webrtc.message") => envelope["params"]["method"].as_str().unwrap().to_owned(),
        Some("call.state") => format!(
            "call.state {}",
            envelope["params"]["call_state"].as_str().unwrap()
        ),
        other => other.unwrap_or_default().to_owned(),
    }
}

/// One end of a call, with its media.
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) member: String,
    pub(crate) endpoint: Endpoint,
    pub(crate) media: UnboundedReceiver<EndpointEvent>,
    pub(crate) recordings: tempfile::TempDir,
}

impl Call {
    pub(crate) async fn new(id: &str) -> Self {
        let (events, media) = unbounded_channel();
        let recordings = tempfile::tempdir().unwrap();
        let config = EndpointConfig {
            bind: Some("127.0.0.1".parse().unwrap()),
            record: Some(recordings.path().join("heard.wav")),
            ..Default::default()
        };
        let endpoint = Endpoint::open(config, events).unwrap();
        Self {
            id: id.to_owned(),
            member: String::new(),
            endpoint,
            media,
            recordings,
        }
    }

    /// What was heard up to about a second ago.
    pub(crate) fn heard(&self) -> Vec<f32> {
        let wav = std::fs::read(self.recordings.path().join("heard.wav")).unwrap_or_default();
        // 16 bits, one channel, after a header of 44 bytes.
        let samples = wav.get(44..).unwrap_or_default().chunks_exact(2);
        samples
            .map(|s| f32::from(i16::from_le_bytes([s[0], s[1]])) / 32_768.0)
            .collect()
    }

    /// Waits until half a second of what is heard from now on has the level.
    pub(crate) async fn level(&self, what: &str, wanted: impl Fn(f32) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        let first = self.heard().len();
        loop {
            let heard = self.heard();
            let fresh = &heard[first.min(heard.len())..];
            let last = &fresh[fresh.len().saturating_sub(24_000)..];
            let level = rms_dbfs(last);
            if last.len() == 24_000 && wanted(level) {
                return;
            }
            assert!(Instant::now() < deadline, "{what}: {level}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) async fn offer(&self) -> String {
        self.endpoint.create_offer(false).await.unwrap()
    }

    /// Parameters of an invite with the endpoint's offer.
    pub(crate) fn invite_with(&self, destination: &str, sdp: &str) -> Value {
        json!({"dialogParams": {"callID": self.id, "destination_number": destination,
            "userVariables": {"memberCallId": self.id, "plan": "gold"}, "screenShare": false,
            "additionalDevice": false, "pingSupported": true, "version": 1000}, "sdp": sdp})
    }

    /// The same with a fresh offer.
    pub(crate) async fn invite(&self, destination: &str) -> Value {
        self.invite_with(destination, &self.offer().await)
    }

    /// Waits until media is connected.
    pub(crate) async fn connected(&mut self) {
        loop {
            let event = timeout(PATIENCE, self.media.recv())
                .await
                .expect("media in time");
            if event.expect("the endpoint is open") == EndpointEvent::Connected {
                return;
            }
        }
    }
}

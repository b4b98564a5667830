//! One WebSocket: reads frames, keeps its client honest, and writes what its session has for it.
//!
//! The task owns the connection and knows nothing of sessions beyond whom to hand a frame to. Before it is authenticated
//! it holds a bounded number of frames; a client that cannot be let in is kept for a while, so that it does not come back at once.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use offhook_proto::relay::{self, Frame, Request, RpcError};
use offhook_proto::relay_connect::{ConnectParams, DisconnectParams, PingParams};
use offhook_proto::{code, limits, method};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::Shared;
use super::authenticate::{self, Peer, Refusal};
use super::budget::{Budget, Verdict};
use super::handle::{SessionHandle, SessionMessage, SocketHandle};
use super::held::{HeldFrame, HeldFrames};

/// Ids of pings begin so, and those of events do not.
const PING_PREFIX: &str = "ping-";
/// `signalwire.connect` requests one socket may send.
const CONNECT_ATTEMPTS: u32 = 5;
/// An answer that takes longer is of no use (wire-protocol.md 3.6): the socket is closed instead.
const CONNECT_ANSWER: Duration = Duration::from_secs(4);
/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// Starts a socket, which runs until it closes. As a task of its own, whose future holds the socket once and little else: idle
/// sockets are many.
pub(super) fn spawn(
    shared: &Arc<Shared>,
    websocket: WebSocket,
    origin: Option<String>,
    remote: SocketAddr,
) {
    let serial = shared.next_serial();
    let span = tracing::info_span!("socket", socket = serial, %remote);
    let sockets = shared.counters.sockets.clone();
    let mut socket = Socket::new(shared.clone(), websocket, serial, origin, remote);
    shared.sockets.spawn(async move {
        sockets.add(1);
        socket.run().instrument(span).await;
        sockets.add(-1);
    });
}

struct Socket {
    shared: Arc<Shared>,
    websocket: WebSocket,
    serial: u64,
    peer: Peer,
    phase: Phase,
    /// Handed to the session.
    frames: mpsc::Sender<Utf8Bytes>,
    outgoing: mpsc::Receiver<Utf8Bytes>,
    close: CancellationToken,
    /// Until it is authenticated; then the session's counts.
    requests: Budget,
    responses: Budget,
    /// Bounds the requests that wait for the session.
    waiting: Arc<Semaphore>,
    heard_at: Instant,
    next_ping: Instant,
    pings: u64,
    /// The client has closed the socket as going away.
    away: bool,
}

enum Phase {
    /// Not authenticated.
    Waiting {
        held: HeldFrames,
        deadline: Instant,
        attempts: u32,
        refused: bool,
    },
    /// Authenticated.
    Speaking { session: SessionHandle },
}

/// Why a socket ends: a close code and words for people. Clients read neither (wire-protocol.md 1.2).
type Ending = (u16, &'static str);

impl Socket {
    fn new(
        shared: Arc<Shared>,
        websocket: WebSocket,
        serial: u64,
        origin: Option<String>,
        remote: SocketAddr,
    ) -> Self {
        let now = Instant::now();
        let (frames, outgoing) = mpsc::channel(limits::SEND_QUEUE);
        let timing = shared.config.timing;
        Self {
            websocket,
            serial,
            peer: Peer { origin, remote },
            phase: Phase::Waiting {
                held: HeldFrames::default(),
                deadline: now + timing.connect_deadline,
                attempts: 0,
                refused: false,
            },
            frames,
            outgoing,
            close: CancellationToken::new(),
            requests: Budget::requests(now),
            responses: Budget::responses(now),
            waiting: Arc::new(Semaphore::new(limits::HELD_FRAMES)),
            heard_at: now,
            next_ping: now + timing.ping_interval,
            pings: 0,
            away: false,
            shared,
        }
    }

    async fn run(&mut self) {
        let drain = self.shared.drain.clone();
        let close = self.close.clone();
        let ending = loop {
            let deadline = self.deadline();
            let step = tokio::select! {
                biased;
                () = close.cancelled() => Err((close_code::AWAY, "the session has let go of this socket")),
                () = drain.cancelled() => {
                    let params = DisconnectParams { restart: true };
                    let text = relay::request(&format!("disconnect-{}", self.serial), method::DISCONNECT, &params);
                    let _ = self.write(text.into()).await;
                    Err((close_code::RESTART, "the server is restarting"))
                }
                Some(text) = self.outgoing.recv() => self.write(text).await,
                message = self.websocket.recv() => match message {
                    Some(Ok(message)) => self.on_message(message).await,
                    Some(Err(error)) => {
                        tracing::debug!(%error, "socket failed");
                        Err((close_code::SIZE, "the frame cannot be read"))
                    }
                    None => Err((close_code::NORMAL, "")),
                },
                () = sleep_until(deadline.into()) => self.on_deadline().await,
            };
            if let Err(ending) = step {
                break ending;
            }
        };
        // Boxed, as is what else is large and rare: it would make every socket's future larger.
        Box::pin(self.end(ending)).await;
    }

    async fn end(&mut self, (code, reason): Ending) {
        if let Phase::Speaking { session } = &self.phase {
            session.send(SessionMessage::Detached {
                socket: self.serial,
                away: self.away,
            });
        }
        tracing::debug!(code, reason, "socket closes");
        let frame = CloseFrame {
            code,
            reason: reason.into(),
        };
        // The peer may be gone already; there is nobody to tell.
        let _ = timeout(GOODBYE, self.websocket.send(Message::Close(Some(frame)))).await;
    }

    fn deadline(&self) -> Instant {
        match &self.phase {
            Phase::Waiting { deadline, .. } => *deadline,
            Phase::Speaking { .. } => self
                .next_ping
                .min(self.heard_at + self.shared.config.timing.idle),
        }
    }

    async fn on_deadline(&mut self) -> Result<(), Ending> {
        let now = Instant::now();
        match &self.phase {
            Phase::Waiting {
                deadline, refused, ..
            } if now >= *deadline => Err((
                close_code::POLICY,
                if *refused {
                    "not authenticated"
                } else {
                    "signalwire.connect did not come"
                },
            )),
            Phase::Waiting { .. } => Ok(()),
            Phase::Speaking { .. } => {
                if now >= self.heard_at + self.shared.config.timing.idle {
                    return Err((close_code::POLICY, "nothing was heard for too long"));
                }
                if now >= self.next_ping {
                    self.next_ping = now + self.shared.config.timing.ping_interval;
                    self.pings += 1;
                    let id = format!("{PING_PREFIX}{}", self.pings);
                    let params = PingParams {
                        timestamp: crate::calls::clock::now_seconds(),
                    };
                    self.write(relay::request(&id, method::PING, &params).into())
                        .await?;
                }
                Ok(())
            }
        }
    }

    async fn on_message(&mut self, message: Message) -> Result<(), Ending> {
        self.heard_at = Instant::now();
        match message {
            Message::Text(text) => self.on_text(&text).await,
            Message::Binary(_) => {
                self.count_request()?;
                self.shared.counters.refused_frame("malformed");
                let error = RpcError::new(code::PARSE_ERROR, "frames must be text");
                self.fail(None, &error).await
            }
            // Answered by the WebSocket layer; counted, so that they are no way around the limits.
            Message::Ping(_) | Message::Pong(_) => self.count_response(),
            Message::Close(frame) => {
                self.away = frame.is_some_and(|frame| frame.code == close_code::AWAY);
                Err((close_code::NORMAL, ""))
            }
        }
    }

    async fn on_text(&mut self, text: &Utf8Bytes) -> Result<(), Ending> {
        self.shared.counters.frames_in.increment();
        match Frame::parse(text) {
            Ok(Frame::Response { id }) => {
                self.count_response()?;
                if id.starts_with(PING_PREFIX) {
                    return Ok(());
                }
                match &mut self.phase {
                    // Acks that find no room would only have spared a redelivery.
                    Phase::Waiting { held, .. } => drop(held.hold(HeldFrame::Ack(id), text.len())),
                    Phase::Speaking { session } => drop(session.send(SessionMessage::Ack(id))),
                }
                Ok(())
            }
            Ok(Frame::Request(request)) => {
                if self.count_request()? == Verdict::Refuse {
                    self.shared.counters.refused_frame("rate");
                    let limit = limits::FRAMES_PER_SECOND;
                    let error = RpcError::invalid_params(format!(
                        "too many requests: {limit} a second are taken"
                    ))
                    .with_data(serde_json::json!({ "cause": "RATE_LIMITED" }));
                    return self.fail(Some(&request.id), &error).await;
                }
                self.on_request(request, text.len()).await
            }
            Err(malformed) => {
                self.count_request()?;
                self.shared.counters.refused_frame("malformed");
                tracing::debug!(reason = ?malformed.error.message, "malformed frame");
                self.fail(malformed.id.as_deref(), &malformed.error).await
            }
        }
    }

    async fn on_request(&mut self, request: Request, bytes: usize) -> Result<(), Ending> {
        match &mut self.phase {
            Phase::Speaking { session } => {
                let session = session.clone();
                self.hand_over(&session, request).await
            }
            Phase::Waiting { .. } if request.method == method::CONNECT => {
                Box::pin(self.connect(request)).await
            }
            Phase::Waiting { held, refused, .. } => {
                let request = if *refused {
                    request
                } else {
                    match held.hold(HeldFrame::Request(request), bytes) {
                        Ok(()) => return Ok(()),
                        Err(HeldFrame::Request(request)) => request,
                        Err(HeldFrame::Ack(_)) => return Ok(()),
                    }
                };
                Box::pin(self.refuse_unauthenticated(&request.id)).await
            }
        }
    }

    async fn refuse_unauthenticated(&mut self, id: &str) -> Result<(), Ending> {
        self.shared.counters.refused_frame("unauthenticated");
        let error = RpcError::new(
            code::AUTHENTICATION_FAILED,
            "signalwire.connect must come first",
        );
        self.fail(Some(id), &error).await
    }

    async fn connect(&mut self, request: Request) -> Result<(), Ending> {
        let Phase::Waiting { attempts, held, .. } = &mut self.phase else {
            return Ok(());
        };
        *attempts += 1;
        if *attempts > CONNECT_ATTEMPTS {
            return Err((close_code::POLICY, "too many attempts"));
        }
        let acks = held.acks();
        let admitted = match request.params::<ConnectParams>() {
            Err(error) => Err(Refusal::Refused {
                error,
                lingering: true,
            }),
            Ok(params) => {
                let handle = SocketHandle {
                    serial: self.serial,
                    frames: self.frames.clone(),
                    close: self.close.clone(),
                };
                let admit = authenticate::admit(
                    &self.shared,
                    &self.peer,
                    &request.id,
                    params,
                    acks,
                    handle,
                );
                timeout(CONNECT_ANSWER, admit)
                    .await
                    .unwrap_or(Err(Refusal::Unavailable))
            }
        };
        match admitted {
            Ok(session) => self.admitted(session).await,
            Err(Refusal::Unavailable) => {
                self.shared.counters.connect("unavailable");
                Err((close_code::AGAIN, "not possible right now"))
            }
            Err(Refusal::Refused { error, lingering }) => {
                self.refused(&request.id, &error, lingering).await
            }
        }
    }

    async fn admitted(&mut self, session: SessionHandle) -> Result<(), Ending> {
        let phase = std::mem::replace(
            &mut self.phase,
            Phase::Speaking {
                session: session.clone(),
            },
        );
        self.next_ping = Instant::now() + self.shared.config.timing.ping_interval;
        let Phase::Waiting { mut held, .. } = phase else {
            return Ok(());
        };
        for frame in held.take() {
            match frame {
                // The session was given it before it sent anything again.
                HeldFrame::Ack(_) => {}
                HeldFrame::Request(request) => self.hand_over(&session, request).await?,
            }
        }
        Ok(())
    }

    async fn refused(&mut self, id: &str, error: &RpcError, lingering: bool) -> Result<(), Ending> {
        self.shared.counters.connect("refused");
        let now = Instant::now();
        let base = self.shared.config.timing.refused_linger;
        let linger = if lingering {
            self.shared.linger(now, self.peer.remote.ip(), base)
        } else {
            base
        };
        tracing::info!(code = error.code, reason = ?error.message, ?linger, "authentication refused");
        let Phase::Waiting {
            held,
            deadline,
            refused,
            ..
        } = &mut self.phase
        else {
            return Ok(());
        };
        *refused = true;
        *deadline = now + linger;
        let held = held.take();
        self.fail(Some(id), error).await?;
        for frame in held {
            if let HeldFrame::Request(request) = frame {
                self.refuse_unauthenticated(&request.id).await?;
            }
        }
        Ok(())
    }

    /// Hands a request to the session; waits while too many of this socket's are still waiting there.
    async fn hand_over(&mut self, session: &SessionHandle, request: Request) -> Result<(), Ending> {
        let permit = tokio::select! {
            // The semaphore is never closed.
            permit = self.waiting.clone().acquire_owned() => permit.ok(),
            () = self.close.cancelled() => None,
        };
        let Some(permit) = permit else { return Ok(()) };
        if session.send(SessionMessage::Request {
            request: Box::new(request),
            permit,
        }) {
            Ok(())
        } else {
            Err((close_code::AWAY, "the session is over"))
        }
    }

    fn count_request(&mut self) -> Result<Verdict, Ending> {
        let now = Instant::now();
        let verdict = match &self.phase {
            Phase::Waiting { .. } => self.requests.take(now),
            Phase::Speaking { session } => session.count_request(now),
        };
        match verdict {
            Verdict::Close => Err((close_code::POLICY, "too many requests")),
            verdict => Ok(verdict),
        }
    }

    fn count_response(&mut self) -> Result<(), Ending> {
        match self.responses.take(Instant::now()) {
            Verdict::Pass => Ok(()),
            Verdict::Refuse | Verdict::Close => Err((close_code::POLICY, "too many responses")),
        }
    }

    async fn fail(&mut self, id: Option<&str>, error: &RpcError) -> Result<(), Ending> {
        self.write(relay::failure(id, error).into()).await
    }

    async fn write(&mut self, text: Utf8Bytes) -> Result<(), Ending> {
        let stall = self.shared.config.timing.send_stall;
        tokio::select! {
            biased;
            () = self.close.cancelled() => Err((close_code::AWAY, "the session has let go of this socket")),
            written = timeout(stall, self.websocket.send(Message::Text(text))) => match written {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) => Err((close_code::NORMAL, "")),
                Err(_) => {
                    self.shared.counters.slow_readers.increment();
                    Err((close_code::POLICY, "the reader does not read"))
                }
            },
        }
    }
}

//! The task that owns the engine: it carries inputs to it and does what it says. It decides nothing.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use miniserde::json::Value;
use offhook_core::clock::Now;
use offhook_core::engine::{Engine, EngineConfig};
use offhook_core::input::{
    Command, CommandId, Credential, Failure, Input, LegId, RequestId, SocketId,
};
use offhook_core::output::{CallEvent, EngineError, Event, Output};
use offhook_media::MediaError;
use offhook_media::endpoint::{AudioSource, EndpointStats};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::Instant;
use url::Url;

use crate::AudioOptions;
use crate::call::{Call, CallState, Direction};
use crate::client::{ClientBuilder, CredentialStatus, Shared, Warning, WeakHandle, variables};
use crate::error::Error;
use crate::http;
use crate::key::ClientKey;
use crate::peer::Peers;
use crate::provider::{AuthenticateContext, CredentialProvider, ProviderError};
use crate::socket::Socket;
use crate::user::User;
use crate::value;

/// Inputs that may wait; a full queue makes the socket's reader wait, and so the server.
const INPUTS: usize = 1024;
/// The figures of ended calls that can still be asked for.
const ENDED_CALLS: usize = 64;

/// What a handle asks of the driver.
pub(crate) enum Request {
    /// Anything the engine does by itself.
    Command {
        command: Command,
        reply: oneshot::Sender<Result<Value, EngineError>>,
    },
    /// `Command::Dial`, with the audio of the call to come.
    Dial {
        command: Command,
        audio: AudioOptions,
        reply: oneshot::Sender<Result<Call, Error>>,
    },
    /// The audio of a call that is about to be answered.
    Audio {
        call: LegId,
        audio: AudioOptions,
        reply: oneshot::Sender<()>,
    },
    /// Something else to play into a call.
    Play {
        call: LegId,
        source: AudioSource,
        reply: oneshot::Sender<Result<(), MediaError>>,
    },
    /// What a call's media connection measured.
    Stats {
        call: LegId,
        reply: oneshot::Sender<Option<EndpointStats>>,
    },
}

enum Pending {
    Command(oneshot::Sender<Result<Value, EngineError>>),
    Dial(oneshot::Sender<Result<Call, Error>>),
}

/// Epoch milliseconds by this machine's clock.
pub(crate) fn wall_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    // A clock before 1970 is as wrong as one that says 1970.
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

/// Starts the driver of a client.
pub(crate) fn spawn(
    builder: ClientBuilder,
    shared: Arc<Shared>,
    handle: WeakHandle,
    inbox: mpsc::Receiver<Request>,
) -> Result<(), Error> {
    let (inputs, arrived) = mpsc::channel(INPUTS);
    let key = match builder.key {
        Some(key) => key,
        None => ClientKey::generate().map_err(Error::Key)?,
    };
    let config = EngineConfig {
        fingerprint: key.thumbprint().to_owned(),
        can_refresh: builder.provider.refreshes(),
        skip_register: !builder.register,
        origin: builder
            .origin
            .as_ref()
            .map(Url::to_string)
            .unwrap_or_default(),
        relay_host: builder.relay_url.clone().unwrap_or_default(),
        user_variables: variables(&builder.user_variables),
        agent: concat!("offhook-rust/", env!("CARGO_PKG_VERSION")).into(),
        ..EngineConfig::default()
    };
    let seed: [u8; 32] = rand::random();
    let start = Instant::now();
    let now = Now {
        mono_ms: 0,
        wall_ms: wall_ms(),
    };
    let http = http::client(&builder.trust).map_err(|error| Error::Trust(error.to_string()))?;
    let driver = Driver {
        engine: Engine::new(config, seed, now),
        start,
        tls: builder.trust.client_config(),
        http,
        provider: builder.provider,
        key,
        peers: Peers::new(inputs.clone()),
        inputs,
        socket: None,
        closing: JoinSet::new(),
        next_command: 1,
        pending: HashMap::new(),
        dialling: VecDeque::new(),
        calls: HashMap::new(),
        ended: VecDeque::new(),
        shared,
        handle,
    };
    tokio::spawn(driver.run(inbox, arrived));
    Ok(())
}

struct Driver {
    engine: Engine,
    start: Instant,
    tls: Arc<rustls::ClientConfig>,
    http: reqwest::Client,
    provider: Arc<dyn CredentialProvider>,
    key: ClientKey,
    peers: Peers,
    inputs: mpsc::Sender<Input>,
    socket: Option<(SocketId, Socket)>,
    /// Sockets whose last frames are on their way.
    closing: JoinSet<()>,
    next_command: CommandId,
    pending: HashMap<CommandId, Pending>,
    /// Audio of dials whose call does not exist yet. The engine makes calls in the order of the commands.
    dialling: VecDeque<(CommandId, AudioOptions)>,
    calls: HashMap<LegId, Arc<CallState>>,
    /// Calls that are over, oldest first; kept for their figures.
    ended: VecDeque<LegId>,
    shared: Arc<Shared>,
    handle: WeakHandle,
}

impl Driver {
    async fn run(mut self, mut inbox: mpsc::Receiver<Request>, mut arrived: mpsc::Receiver<Input>) {
        let mut finished = false;
        while !finished {
            while let Some(output) = self.engine.poll() {
                self.perform(output).await;
            }
            let deadline = self.engine.deadline();
            let due = async {
                match deadline {
                    Some(mono_ms) => {
                        tokio::time::sleep_until(self.start + Duration::from_millis(mono_ms)).await
                    }
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                Some(input) = arrived.recv() => self.tell(input),
                request = inbox.recv() => match request {
                    Some(request) => finished = self.ask(request).await,
                    // The last handle is gone: nobody can hang up any more, so it is done here.
                    None => {
                        self.tell(Input::Command { id: 0, command: Command::Destroy });
                        finished = true;
                    }
                },
                () = due => self.tell(Input::Tick),
            }
        }
        // Destroying says bye to every call: that gets out, and recordings are completed, before anybody hears that
        // this is over and perhaps ends the process.
        let mut last_words = Vec::new();
        while let Some(output) = self.engine.poll() {
            match output {
                Output::Done { id, result } => last_words.push((id, result)),
                output => self.perform(output).await,
            }
        }
        if let Some((_, socket)) = self.socket.take() {
            self.closing.spawn(socket.finish());
        }
        // Nobody reads inputs any more: whoever waits to tell one must not.
        drop(arrived);
        std::mem::take(&mut self.closing).join_all().await;
        std::mem::replace(&mut self.peers, Peers::new(self.inputs.clone()))
            .finish()
            .await;
        for (id, result) in last_words {
            self.done(id, result);
        }
    }

    fn now(&self) -> Now {
        let mono = self.start.elapsed().as_millis();
        Now {
            mono_ms: u64::try_from(mono).unwrap_or(u64::MAX),
            wall_ms: wall_ms(),
        }
    }

    fn tell(&mut self, input: Input) {
        let now = self.now();
        self.engine.handle(now, input);
    }

    /// True when the engine is finished with this.
    async fn ask(&mut self, request: Request) -> bool {
        let id = self.next_command;
        self.next_command += 1;
        match request {
            Request::Command { command, reply } => {
                let last = matches!(command, Command::Destroy);
                self.pending.insert(id, Pending::Command(reply));
                self.tell(Input::Command { id, command });
                return last;
            }
            Request::Dial {
                command,
                audio,
                reply,
            } => {
                self.pending.insert(id, Pending::Dial(reply));
                self.dialling.push_back((id, audio));
                self.tell(Input::Command { id, command });
            }
            Request::Audio { call, audio, reply } => {
                self.peers.set_audio(call, audio);
                let _ = reply.send(());
            }
            Request::Play {
                call,
                source,
                reply,
            } => self.peers.play(&call, source, reply),
            Request::Stats { call, reply } => {
                self.peers.stats(&call, reply);
            }
        }
        false
    }

    async fn perform(&mut self, output: Output) {
        match output {
            Output::Authenticate { request } => {
                let provider = Arc::clone(&self.provider);
                let context = AuthenticateContext {
                    fingerprint: Some(self.key.thumbprint().to_owned()),
                };
                self.provide(request, async move { provider.authenticate(context).await });
            }
            Output::Refresh { request } => {
                let provider = Arc::clone(&self.provider);
                self.provide(request, async move { provider.refresh().await });
            }
            Output::OpenSocket { socket, url } => {
                let opened = Socket::open(socket, url, Arc::clone(&self.tls), self.inputs.clone());
                self.socket = Some((socket, opened));
            }
            Output::Send { socket, text } => {
                if let Some((current, open)) = &self.socket
                    && *current == socket
                {
                    open.send(text);
                }
            }
            Output::CloseSocket { socket } => {
                if let Some((_, closed)) = self.socket.take_if(|(current, _)| *current == socket) {
                    while self.closing.try_join_next().is_some() {}
                    self.closing.spawn(closed.finish());
                }
            }
            Output::Http { request, http } => {
                let (client, inputs) = (self.http.clone(), self.inputs.clone());
                tokio::spawn(async move {
                    let result = http::perform(&client, http).await;
                    let _ = inputs.send(Input::Http { request, result }).await;
                });
            }
            Output::SignProof {
                request,
                payload,
                access_token,
            } => {
                let proof = self.key.sign(&payload, access_token.as_deref());
                let result = proof.map_err(|reason| failure("OperationError", reason));
                self.tell(Input::Proof { request, result });
            }
            // One process, one client: there is nobody to wait for, and nobody to share with.
            Output::Lock { request, .. } => self.tell(Input::Locked { request }),
            Output::Unlock { .. } | Output::KeepCredential(_) => {}
            Output::Peer { leg, command } => self.peers.perform(leg, command),
            // A native session lives as long as its process: there is nothing to resume after it.
            Output::Store { .. } => {}
            Output::Done { id, result } => self.done(id, result),
            Output::Event(event) => self.event(event),
        }
    }

    fn provide(
        &self,
        request: RequestId,
        answer: impl Future<Output = Result<Credential, ProviderError>> + Send + 'static,
    ) {
        let inputs = self.inputs.clone();
        tokio::spawn(async move {
            let result = match answer.await {
                // What is bound to our key, our key has bound.
                Ok(credential) => Ok(Credential {
                    bound: false,
                    ..credential
                }),
                Err(error) => Err(failure("ProviderError", &error.to_string())),
            };
            let _ = inputs.send(Input::Credential { request, result }).await;
        });
    }

    fn done(&mut self, id: CommandId, result: Result<Value, EngineError>) {
        self.dialling.retain(|(waiting, _)| *waiting != id);
        match self.pending.remove(&id) {
            Some(Pending::Command(reply)) => {
                let _ = reply.send(result);
            }
            Some(Pending::Dial(reply)) => {
                let _ = reply.send(self.dialled(result));
            }
            None => {}
        }
    }

    fn dialled(&self, result: Result<Value, EngineError>) -> Result<Call, Error> {
        let done = result?;
        let state = value::text(&done, "callId").and_then(|id| self.calls.get(id));
        let handle = self.handle.upgrade();
        let (state, handle) = state.zip(handle).ok_or(Error::Closed)?;
        Ok(Call::new(Arc::clone(state), handle))
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Connected(connected) => {
                self.shared.connected.send_replace(connected);
            }
            Event::Ready(ready) => {
                self.shared.ready.send_replace(ready);
            }
            Event::Registered(registered) => {
                self.shared.registered.send_replace(registered);
            }
            Event::Warning(warning) => {
                // Nobody may be listening.
                let _ = self.shared.warnings.send(Warning::from_event(&warning));
            }
            Event::Credential(status) => {
                let status = CredentialStatus::from_event(&status);
                self.shared.credential.send_replace(Some(status));
            }
            Event::Error(error) => {
                tracing::warn!(class = error.class, message = %error.message, "client error");
                let _ = self.shared.errors.send(error.into());
            }
            Event::User(info) => {
                self.shared.user.send_replace(Some(User::parse(&info)));
            }
            Event::Signaling(envelope) => {
                if value::text(&envelope, "event_type") == Some("conversation.message")
                    && let Some(message) = value::get(&envelope, "params")
                {
                    self.shared.directory.take_message(message);
                }
                let _ = self.shared.signaling.send(envelope);
            }
            Event::Call { call, event } => self.call_event(call, event),
            _ => {}
        }
    }

    fn call_event(&mut self, call: LegId, event: CallEvent) {
        if let CallEvent::Created(created) = &event {
            let to = value::text(created, "to");
            let address = to.and_then(|to| self.shared.directory.at(to));
            let state = CallState::new(call.clone(), created, address, self.handle.clone());
            let state = Arc::new(state);
            self.calls.insert(call.clone(), Arc::clone(&state));
            let newest = Arc::clone(&state);
            self.shared
                .calls
                .send_modify(|calls| calls.insert(0, newest));
            match state.direction() {
                Direction::Outbound => {
                    if let Some((_, audio)) = self.dialling.pop_front() {
                        self.peers.set_audio(call, audio);
                    }
                }
                Direction::Inbound => self.shared.incoming.send(state),
            }
            return;
        }
        let over = matches!(
            event,
            CallEvent::Status(offhook_core::output::CallStatus::Destroyed)
        );
        if let Some(state) = self.calls.get(&call) {
            state.apply(event);
        }
        if over {
            self.calls.remove(&call);
            self.shared
                .calls
                .send_modify(|calls| calls.retain(|state| state.id() != call));
            self.ended.push_back(call);
            if self.ended.len() > ENDED_CALLS
                && let Some(oldest) = self.ended.pop_front()
            {
                self.peers.forget(&oldest);
            }
        }
    }
}

fn failure(name: &str, message: &str) -> Failure {
    Failure {
        name: name.into(),
        message: message.into(),
    }
}

//! The client: one session with a server, and the calls in it.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::{Stream, stream};
use miniserde::json::Value;
use offhook_core::input::{Command, MediaOptions};
use offhook_core::json;
use offhook_core::output::EngineError;
use offhook_media::MediaError;
use offhook_media::endpoint::{AudioSource, EndpointStats};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use url::Url;

use crate::AudioOptions;
use crate::backlog::Backlog;
use crate::call::{Call, CallState};
use crate::directory::{Directory, Loaded};
use crate::driver::{self, Request};
use crate::error::Error;
use crate::key::ClientKey;
use crate::provider::CredentialProvider;
use crate::tls::Trust;
use crate::user::User;
use crate::{origin, value};

/// Requests that may wait for the driver.
const REQUESTS: usize = 64;
/// Incoming calls and errors kept for a receiver that is slow to read.
const EVENTS: usize = 64;

/// How a client is to be made.
pub struct ClientBuilder {
    pub(crate) provider: Arc<dyn CredentialProvider>,
    pub(crate) trust: Trust,
    pub(crate) key: Option<ClientKey>,
    pub(crate) register: bool,
    pub(crate) origin: Option<Url>,
    pub(crate) relay_url: Option<String>,
    pub(crate) user_variables: Vec<(String, String)>,
}

impl ClientBuilder {
    /// Trusts these authorities beside the system's own.
    #[must_use]
    pub fn trust(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self
    }

    /// Signs proofs with this key instead of one made for this client: tokens bound to it stay of use.
    #[must_use]
    pub fn key(mut self, key: ClientKey) -> Self {
        self.key = Some(key);
        self
    }

    /// Whether to go online, so that calls to the subscriber ring here. Default: no.
    #[must_use]
    pub fn register(mut self, register: bool) -> Self {
        self.register = register;
        self
    }

    /// Reaches the server here rather than at the origin its tokens name: a name, a name with a port, or an origin such
    /// as `http://10.0.0.5:8787`. Tokens of servers that name none go where they go anyway.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it cannot be a server.
    pub fn server(mut self, host: &str) -> Result<Self, Error> {
        self.origin = Some(origin::parse(host).map_err(Error::Invalid)?);
        Ok(self)
    }

    /// A relay other than the one the token names, as a `ws://` or `wss://` URL.
    #[must_use]
    pub fn relay_url(mut self, url: impl Into<String>) -> Self {
        self.relay_url = Some(url.into());
        self
    }

    /// A variable attached to every call.
    #[must_use]
    pub fn user_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.user_variables.push((name.into(), value.into()));
        self
    }

    /// Authenticates, connects and, if wanted, registers.
    ///
    /// # Errors
    /// When there is no credential, the server does not take it, or cannot be reached.
    pub async fn start(self) -> Result<Client, Error> {
        let (requests, inbox) = mpsc::channel(REQUESTS);
        let shared = Arc::new(Shared {
            connected: watch::Sender::new(false),
            ready: watch::Sender::new(false),
            registered: watch::Sender::new(false),
            credential: watch::Sender::new(None),
            incoming: Backlog::new(EVENTS),
            errors: broadcast::Sender::new(EVENTS),
            warnings: broadcast::Sender::new(EVENTS),
            calls: watch::Sender::default(),
            signaling: broadcast::Sender::new(EVENTS),
            user: watch::Sender::default(),
            directory: Loaded::default(),
        });
        let handle = Handle { requests };
        driver::spawn(self, Arc::clone(&shared), handle.downgrade(), inbox)?;
        let client = Client { handle, shared };
        match client.handle.command(Command::Start).await {
            Ok(_) => Ok(client),
            Err(error) => {
                client.destroy().await;
                Err(error)
            }
        }
    }
}

/// What a client makes known.
pub(crate) struct Shared {
    pub(crate) connected: watch::Sender<bool>,
    pub(crate) ready: watch::Sender<bool>,
    pub(crate) registered: watch::Sender<bool>,
    pub(crate) credential: watch::Sender<Option<CredentialStatus>>,
    /// Without a handle: a call that nobody takes must not keep the session alive.
    pub(crate) incoming: Backlog<Arc<CallState>>,
    pub(crate) errors: broadcast::Sender<Error>,
    pub(crate) warnings: broadcast::Sender<Warning>,
    /// The newest first.
    pub(crate) calls: watch::Sender<Vec<Arc<CallState>>>,
    pub(crate) signaling: broadcast::Sender<Value>,
    pub(crate) user: watch::Sender<Option<User>>,
    pub(crate) directory: Loaded,
}

/// Something that ends badly unless somebody looks after it, as on the JavaScript SDK's `warnings$`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// `credential_refresh_fallback`, `credential_refresh_stopped` or `credential_no_refresh_handler`.
    pub code: String,
    /// For people.
    pub message: String,
    /// Why, in one word: `endpoint-failed`, `no-dpop-support`.
    pub reason: Option<String>,
    /// When the session will end, epoch milliseconds.
    pub expires_at_ms: Option<u64>,
}

impl Warning {
    pub(crate) fn from_event(event: &Value) -> Self {
        let text = |key| value::text(event, key).map(str::to_owned);
        Self {
            code: text("code").unwrap_or_default(),
            message: text("message").unwrap_or_default(),
            reason: text("reason"),
            expires_at_ms: value::integer(event, "expiresAt").and_then(|ms| u64::try_from(ms).ok()),
        }
    }
}

/// How long the session's credential lasts, and what will renew it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CredentialStatus {
    /// Epoch milliseconds; `None` when the end is not known.
    pub expires_at_ms: Option<u64>,
    /// What will renew it: `client-bound` (this client's key), `provider` or `none`.
    pub renewal: Option<String>,
    /// Epoch milliseconds of the next attempt.
    pub next_attempt_at_ms: Option<u64>,
    /// The token is bound to this client's key: worthless to whoever steals it.
    pub bound: bool,
}

impl CredentialStatus {
    pub(crate) fn from_event(event: &Value) -> Self {
        let millis = |key| value::integer(event, key).and_then(|ms| u64::try_from(ms).ok());
        Self {
            expires_at_ms: millis("expiresAt"),
            renewal: value::text(event, "renewal").map(str::to_owned),
            next_attempt_at_ms: millis("nextAttemptAt"),
            bound: offhook_core::json::bool_of(event, "bound").unwrap_or(false),
        }
    }
}

/// A session with a server. Cheap to clone; the session ends with [`destroy`](Self::destroy) or when the last clone,
/// and the last [`Call`], is dropped.
///
/// ```no_run
/// # async fn example() -> Result<(), offhook::Error> {
/// use offhook::{AudioOptions, Client, DialOptions, StaticCredentialProvider};
///
/// let token = std::env::var("SAT").expect("a token in SAT");
/// let client = Client::builder(StaticCredentialProvider::new(token)).start().await?;
/// let call = client.dial("/public/lobby", DialOptions::default()).await?;
/// tokio::time::sleep(std::time::Duration::from_secs(10)).await;
/// call.hangup().await?;
/// client.destroy().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    handle: Handle,
    shared: Arc<Shared>,
}

/// How to place a call.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct DialOptions {
    /// What is played into the call, and where what is heard goes.
    pub audio: AudioOptions,
    /// Variables the other side can read.
    pub user_variables: Vec<(String, String)>,
}

impl DialOptions {
    /// Options with this audio.
    pub fn with_audio(audio: AudioOptions) -> Self {
        Self {
            audio,
            ..Self::default()
        }
    }
}

impl Client {
    /// Begins to make a client of this provider's credentials.
    pub fn builder(provider: impl CredentialProvider) -> ClientBuilder {
        ClientBuilder {
            provider: Arc::new(provider),
            trust: Trust::default(),
            key: None,
            register: false,
            origin: None,
            relay_url: None,
            user_variables: Vec::new(),
        }
    }

    /// Calls `to`: an address such as `/public/lobby` or `/private/agent`. Returns when the server has accepted the
    /// invite, usually before anybody answers; watch [`Call::status`].
    ///
    /// # Errors
    /// [`Error::CallSetup`] when the destination cannot be reached, and why.
    pub async fn dial(&self, to: impl Into<String>, options: DialOptions) -> Result<Call, Error> {
        let command = Command::Dial {
            to: to.into(),
            options: audio_only(),
            user_variables: variables(&options.user_variables),
            node_id: None,
        };
        let reply = self.handle.request(|reply| Request::Dial {
            command,
            audio: options.audio,
            reply,
        });
        reply.await?
    }

    /// Opens a session again, after [`disconnect`](Self::disconnect).
    ///
    /// # Errors
    /// When the server cannot be reached, or does not take the credential.
    pub async fn connect(&self) -> Result<(), Error> {
        self.handle.command(Command::Connect).await.map(drop)
    }

    /// Hangs up every call and closes the session; [`connect`](Self::connect) opens another.
    ///
    /// # Errors
    /// When the client has been destroyed.
    pub async fn disconnect(&self) -> Result<(), Error> {
        self.handle.command(Command::Disconnect).await.map(drop)
    }

    /// Whether there is a session, also while its network is away.
    pub fn connected(&self) -> watch::Receiver<bool> {
        self.shared.connected.subscribe()
    }

    /// Sends any request of the signalling protocol and returns its result. Without a time-out the usual one holds.
    ///
    /// # Errors
    /// When the server refuses, or does not answer in time.
    pub async fn execute(
        &self,
        method: &str,
        params: Value,
        timeout: Option<Duration>,
    ) -> Result<Value, Error> {
        self.handle.execute(method, params, timeout).await
    }

    /// Every event as the server sends it, from now on: `{event_type, params, …}`.
    pub fn signaling_events(&self) -> broadcast::Receiver<Value> {
        self.shared.signaling.subscribe()
    }

    /// Calls that are not over, the newest first.
    pub fn calls(&self) -> Vec<Call> {
        let calls = self.shared.calls.borrow();
        calls.iter().map(|state| self.call(state)).collect()
    }

    /// The same as a stream: what there is now, and again whenever a call begins or ends.
    pub fn watch_calls(&self) -> impl Stream<Item = Vec<Call>> + Send + use<> {
        let begin = (self.clone(), self.shared.calls.subscribe(), true);
        stream::unfold(begin, |(client, mut calls, first)| async move {
            if !first {
                tokio::select! {
                    changed = calls.changed() => changed.ok()?,
                    () = client.handle.requests.closed() => return None,
                }
            }
            calls.mark_unchanged();
            Some((client.calls(), (client, calls, false)))
        })
    }

    /// Who the session belongs to; `None` until the server has told.
    pub fn user(&self) -> watch::Receiver<Option<User>> {
        self.shared.user.subscribe()
    }

    /// The addresses the user can reach.
    pub fn directory(&self) -> Directory {
        Directory::new(self.clone())
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(crate) fn downgrade(&self) -> WeakClient {
        WeakClient {
            handle: self.handle.downgrade(),
            shared: Arc::downgrade(&self.shared),
        }
    }

    /// The body of a REST answer.
    pub(crate) async fn fetch(
        &self,
        method: &str,
        target: &str,
        body: Option<Value>,
    ) -> Result<Value, Error> {
        let command = Command::Fetch {
            method: method.into(),
            target: target.into(),
            body,
        };
        let mut answer = self.handle.command(command).await?;
        let code = value::integer(&answer, "status").unwrap_or(0);
        let body = json::take(&mut answer, "body").unwrap_or_default();
        if (200..300).contains(&code) {
            return Ok(body);
        }
        // Of a form that was filled in wrong, every field is told; the first will do.
        let wrong = json::array_of(&body, "errors").first().unwrap_or(&body);
        let told = json::str_of(wrong, "message");
        let message = told.unwrap_or("no reason given").to_owned();
        Err(Error::Refused { code, message })
    }

    fn call(&self, state: &Arc<CallState>) -> Call {
        Call::new(Arc::clone(state), self.handle.clone())
    }

    /// Announces the user online: calls ring here from now on.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn register(&self) -> Result<(), Error> {
        self.handle.command(Command::Register).await.map(drop)
    }

    /// Announces the user offline.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn unregister(&self) -> Result<(), Error> {
        self.handle.command(Command::Unregister).await.map(drop)
    }

    /// Whether the session is connected and authenticated right now; false while the network is away.
    pub fn ready(&self) -> watch::Receiver<bool> {
        self.shared.ready.subscribe()
    }

    /// Whether the user is online here.
    pub fn registered(&self) -> watch::Receiver<bool> {
        self.shared.registered.subscribe()
    }

    /// How long the credential lasts; `None` until the first one is in force.
    pub fn credential(&self) -> watch::Receiver<Option<CredentialStatus>> {
        self.shared.credential.subscribe()
    }

    /// Calls that ring here: for the first who asks those that rang already, for others from now on.
    pub fn incoming(&self) -> Incoming {
        Incoming {
            calls: self.shared.incoming.subscribe(),
            handle: self.handle.clone(),
        }
    }

    /// Errors that belong to no single action.
    pub fn errors(&self) -> broadcast::Receiver<Error> {
        self.shared.errors.subscribe()
    }

    /// Warnings, from now on: for example that nothing will renew the credential.
    pub fn warnings(&self) -> broadcast::Receiver<Warning> {
        self.shared.warnings.subscribe()
    }

    /// Hangs up every call and ends the session. Later actions fail with [`Error::Closed`].
    pub async fn destroy(&self) {
        // It may be over already.
        let _ = self.handle.command(Command::Destroy).await;
    }
}

/// Calls that ring here, from [`Client::incoming`]. Keeps the session alive.
///
/// ```no_run
/// # async fn example(client: offhook::Client) -> Result<(), offhook::Error> {
/// client.register().await?;
/// let mut incoming = client.incoming();
/// while let Some(call) = incoming.next().await {
///     call.answer(offhook::AudioOptions::default()).await?;
/// }
/// # Ok(())
/// # }
/// ```
pub struct Incoming {
    calls: broadcast::Receiver<Arc<CallState>>,
    handle: Handle,
}

impl Incoming {
    /// The next call that still rings; `None` when the session has ended.
    pub async fn next(&mut self) -> Option<Call> {
        loop {
            let state = tokio::select! {
                biased;
                state = self.calls.recv() => state,
                () = self.handle.requests.closed() => return None,
            };
            match state {
                Ok(state) => {
                    let call = Call::new(state, self.handle.clone());
                    if !call.is_over() {
                        return Some(call);
                    }
                }
                Err(RecvError::Lagged(missed)) => tracing::warn!(missed, "calls rang unseen"),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// The same as a [`Stream`].
    pub fn into_stream(self) -> impl Stream<Item = Call> + Send {
        stream::unfold(self, |mut incoming| async {
            let call = incoming.next().await?;
            Some((call, incoming))
        })
    }
}

/// What a native program sends and receives.
pub(crate) fn audio_only() -> MediaOptions {
    MediaOptions {
        audio: Some(true),
        video: Some(false),
        receive_audio: Some(true),
        receive_video: Some(false),
        fallback_to_receive_only: None,
    }
}

pub(crate) fn variables(pairs: &[(String, String)]) -> Value {
    let entries = pairs
        .iter()
        .map(|(name, value)| (name.clone(), Value::String(value.clone())));
    Value::Object(entries.collect())
}

/// A client that does not keep its session alive.
#[derive(Clone)]
pub(crate) struct WeakClient {
    handle: WeakHandle,
    shared: Weak<Shared>,
}

impl WeakClient {
    pub(crate) fn upgrade(&self) -> Option<Client> {
        let (handle, shared) = (self.handle.upgrade()?, self.shared.upgrade()?);
        Some(Client { handle, shared })
    }
}

/// The way to the driver.
#[derive(Clone)]
pub(crate) struct Handle {
    requests: mpsc::Sender<Request>,
}

/// A handle that does not keep the driver alive.
#[derive(Clone)]
pub(crate) struct WeakHandle {
    requests: mpsc::WeakSender<Request>,
}

impl WeakHandle {
    pub(crate) fn upgrade(&self) -> Option<Handle> {
        let requests = self.requests.upgrade()?;
        Some(Handle { requests })
    }
}

impl Handle {
    fn downgrade(&self) -> WeakHandle {
        WeakHandle {
            requests: self.requests.downgrade(),
        }
    }

    async fn request<T>(
        &self,
        make: impl FnOnce(oneshot::Sender<T>) -> Request,
    ) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        let sent = self.requests.send(make(reply)).await;
        sent.map_err(|_| Error::Closed)?;
        answer.await.map_err(|_| Error::Closed)
    }

    pub(crate) async fn command(&self, command: Command) -> Result<Value, Error> {
        let outcome: Result<Value, EngineError> = self
            .request(|reply| Request::Command { command, reply })
            .await?;
        outcome.map_err(Error::from)
    }

    pub(crate) async fn answer(
        &self,
        call: &str,
        command: Command,
        audio: AudioOptions,
    ) -> Result<(), Error> {
        let call = call.to_owned();
        self.request(|reply| Request::Audio { call, audio, reply })
            .await?;
        self.command(command).await.map(drop)
    }

    pub(crate) async fn execute(
        &self,
        method: &str,
        params: Value,
        timeout: Option<Duration>,
    ) -> Result<Value, Error> {
        let timeout_ms = timeout.map(|limit| u64::try_from(limit.as_millis()).unwrap_or(u64::MAX));
        self.command(Command::Execute {
            method: method.to_owned(),
            params,
            timeout_ms,
        })
        .await
    }

    pub(crate) async fn play(&self, call: &str, source: AudioSource) -> Result<(), Error> {
        let call = call.to_owned();
        let played = self.request(|reply| Request::Play {
            call,
            source,
            reply,
        });
        match played.await {
            Ok(played) => played.map_err(|error| Error::Invalid(error.to_string())),
            // The call's media is gone; the client is not.
            Err(_) if !self.requests.is_closed() => {
                Err(Error::Invalid(MediaError::Shutdown.to_string()))
            }
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn stats(&self, call: &str) -> Option<EndpointStats> {
        let call = call.to_owned();
        let answer = self.request(|reply| Request::Stats { call, reply }).await;
        answer.ok().flatten()
    }
}

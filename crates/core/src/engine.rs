//! The engine: its parts put together, and the one way in and out.

use miniserde::json::Value;
use offhook_proto::method;

use crate::attach::Attachments;
use crate::auxiliary::Auxiliary;
use crate::clock::Now;
use crate::context::Context;
use crate::credential::{Credentials, Renewed};
use crate::input::{CommandId, Input, SocketId};
use crate::json;
use crate::output::{EngineError, Event, Output};
use crate::rpc::Purpose;
use crate::session::{Greeted, Greeting, Session};
use crate::startup::{Startup, Step};

use crate::dialog::{Dialog, Offer};
use crate::fetch::Fetches;

/// `connect()` and dials wait that long for a session (sdk-api.md 3.3).
const READY_MS: u64 = 15_000;

/// What a client is made with.
#[derive(Debug)]
pub struct EngineConfig {
    /// There is a provider. Without one, and without a kept credential, starting fails.
    pub has_provider: bool,
    /// The provider has `refresh()`.
    pub can_refresh: bool,
    /// Begin with this credential, kept from an earlier page, in place of the provider's.
    pub cached_credential: Option<crate::input::Credential>,
    /// Stop after the user is known.
    pub skip_connection: bool,
    /// Do not go online by itself.
    pub skip_register: bool,
    /// A relay URL in place of the token's; empty: the token's.
    pub relay_host: String,
    /// Origin at which one of our servers is reached, such as `http://10.0.0.5:8787`, in place of the one that its tokens
    /// name as their issuer; empty: that one.
    pub origin: String,
    /// Variables of every call.
    pub user_variables: Value,
    /// How patient the engine is.
    pub tuning: crate::tuning::Tuning,
    /// Who we say we are.
    pub agent: String,
    /// Thumbprint of the key that the driver can sign proofs with (RFC 7638); empty: it has none.
    pub fingerprint: String,
    /// Calls of an earlier page are taken up.
    pub reattach: bool,
    /// Values the driver found in session storage, by key.
    pub stored: Vec<(String, String)>,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            has_provider: true,
            can_refresh: false,
            cached_credential: None,
            skip_connection: false,
            skip_register: false,
            relay_host: String::new(),
            origin: String::new(),
            user_variables: json::empty(),
            tuning: crate::tuning::Tuning::default(),
            agent: concat!("offhook/", env!("CARGO_PKG_VERSION")).into(),
            fingerprint: String::new(),
            reattach: false,
            stored: Vec::new(),
        }
    }
}

/// The client engine. See the crate's page.
pub struct Engine {
    ctx: Context,
    config: EngineConfig,
    startup: Startup,
    credential: Credentials,
    session: Session,
    dialogs: Vec<Dialog>,
    auxiliaries: Vec<Auxiliary>,
    attachments: Attachments,
    /// The device says that it has no network.
    offline: bool,
    /// `Start` and `Connect` commands that wait for the session, and until when.
    waiting: Vec<(CommandId, u64)>,
    /// The user wants to be online; the server has been told so on this session.
    online: Registration,
    fetches: Fetches,
    reauthentication: Reauthentication,
    connected: bool,
    destroyed: bool,
    began_with_kept: bool,
}

/// Attempts to show a new token to the live session, and half the wait after the first.
const REAUTHENTICATIONS: u32 = 3;
const REAUTHENTICATE_MS: u64 = 500;

/// A new token on its way to the live session.
#[derive(Default)]
struct Reauthentication {
    /// The proof that is being signed for it.
    proof: Option<u64>,
    failures: u32,
    /// Which token was shown, and a number that tells when.
    serial: u32,
    request: u64,
    /// When it is shown again, monotonic.
    due: Option<u64>,
}

#[derive(Default)]
struct Registration {
    wanted: bool,
    done: bool,
    commands: Vec<CommandId>,
}

impl Engine {
    /// An engine that has done nothing yet. `seed` decides every id and every jitter.
    pub fn new(config: EngineConfig, seed: [u8; 32], now: Now) -> Self {
        Self {
            ctx: Context::new(seed, now, config.tuning),
            startup: Startup::new(config.origin.clone(), !config.fingerprint.is_empty()),
            credential: Credentials::new(&config),
            session: Session::new(config.agent.clone(), !config.fingerprint.is_empty()),
            dialogs: Vec::new(),
            auxiliaries: Vec::new(),
            attachments: Attachments::new(config.reattach),
            offline: false,
            waiting: Vec::new(),
            online: Registration {
                wanted: !config.skip_register,
                ..Registration::default()
            },
            fetches: Fetches::default(),
            reauthentication: Reauthentication::default(),
            connected: false,
            destroyed: false,
            began_with_kept: false,
            config,
        }
    }

    /// Takes one input. Everything that follows from it is in the outputs.
    pub fn handle(&mut self, now: Now, input: Input) {
        self.ctx.arrive(now);
        match input {
            Input::Command { id, command } => self.command(id, command),
            Input::Credential { request, result } => self.credential_came(request, result),
            Input::SocketOpened { socket } => self.socket_opened(socket),
            Input::SocketClosed { socket, .. } => self.socket_closed(socket),
            Input::Frame { socket, text } => self.frame(socket, &text),
            Input::Http { request, result } => self.http_came(request, result),
            Input::Proof { request, result } => self.proof_came(request, result),
            Input::Locked { request } => self.credential.locked(&mut self.ctx, request),
            Input::Shared { name, text } => {
                let renewed = self.credential.shared(&mut self.ctx, &name, &text);
                self.renewed(renewed);
            }
            Input::Peer { leg, report } => {
                if let Some(auxiliary) = self.auxiliary(&leg) {
                    let (auxiliary, ctx) = auxiliary;
                    auxiliary.peer_report(ctx, report);
                } else if let Some(dialog) =
                    self.dialogs.iter_mut().find(|dialog| dialog.id() == leg)
                {
                    dialog.peer_report(&mut self.ctx, report);
                }
            }
            Input::Network { online: false } => {
                self.offline = self.ctx.tuning.watch_network;
                self.credential.network(false);
                self.startup.network(false);
            }
            Input::Network { online: true } if !self.ctx.tuning.watch_network => {}
            Input::Visible { visible: true } if !self.ctx.tuning.check_on_visible => {
                self.renew_if_dead();
            }
            Input::Network { online: true } | Input::Visible { visible: true } => {
                if matches!(input, Input::Network { .. }) {
                    self.offline = false;
                    self.credential.network(true);
                    self.startup.network(true);
                }
                self.renew_if_dead();
                let dead = self.credential.is_dead(&self.ctx);
                self.session.hurry(&mut self.ctx);
                if self.startup.hurry(&mut self.ctx, dead) {
                    self.credential.pause(&mut self.ctx);
                }
            }
            Input::Visible { .. } | Input::Tick => {}
        }
        self.look();
    }

    /// The next thing to do or to tell; `None` when there is nothing before the next input.
    pub fn poll(&mut self) -> Option<Output> {
        self.ctx.out.pop_front()
    }

    /// When `Input::Tick` is due at the latest, on the monotonic clock.
    pub fn deadline(&self) -> Option<u64> {
        let times = [
            self.ctx.rpc.deadline(),
            self.session.deadline(),
            self.startup.deadline(),
            self.credential.deadline(&self.ctx),
            self.waiting.iter().map(|(_, due)| *due).min(),
            self.fetches.deadline(),
            self.reauthentication.due,
            self.dialogs.iter().filter_map(Dialog::deadline).min(),
            self.auxiliaries
                .iter()
                .filter_map(Auxiliary::deadline)
                .min(),
        ];
        times.into_iter().flatten().min()
    }

    /// Everything that time alone decides.
    fn look(&mut self) {
        if self.destroyed {
            return;
        }
        let now = self.ctx.now.mono_ms;
        while let Some(expired) = self.ctx.rpc.take_expired(now) {
            let error = EngineError::timed_out(&expired.id, expired.timeout_ms);
            self.answered(expired, Err(error));
        }
        self.credential.look(&mut self.ctx);
        self.renew_if_dead();
        let dead = self.credential.is_dead(&self.ctx);
        if self.startup.look(&mut self.ctx, dead) {
            self.credential.pause(&mut self.ctx);
        }
        self.fetches.look(&mut self.ctx);
        if self.reauthentication.due.is_some_and(|due| due <= now) {
            self.reauthentication.due = None;
            self.reauthenticate();
        }
        let was_ready = self.session.is_ready();
        self.session.look(&mut self.ctx);
        if was_ready && !self.session.is_ready() {
            self.not_ready();
        }
        while let Some(at) = self.waiting.iter().position(|(_, due)| *due <= now) {
            let (id, _) = self.waiting.swap_remove(at);
            let error = EngineError::new(
                "TimeoutError",
                "no session in time; it is still being tried",
            );
            self.ctx.done(id, Err(error));
        }
        let ready = self.session.is_ready() && !self.offline;
        let mut doubts = false;
        for dialog in &mut self.dialogs {
            dialog.look(&mut self.ctx, ready);
            doubts |= dialog.doubts();
        }
        if doubts {
            self.session.hurry(&mut self.ctx);
        }
        self.dialogs.retain(|dialog| !dialog.is_over());
        for leg in &mut self.auxiliaries {
            if self.dialogs.iter().any(|dialog| dialog.id() == leg.call()) {
                leg.look(&mut self.ctx, ready);
            } else {
                leg.end(&mut self.ctx, Ok(()));
            }
        }
        self.auxiliaries.retain(|leg| !leg.is_over());
        self.keep_attachments();
    }

    /// What goes on now is kept, so that a later page can take it up.
    fn keep_attachments(&mut self) {
        let record = |dialog: &Dialog| Some((dialog.id().to_owned(), dialog.attachment()?));
        let calls = self.dialogs.iter().filter_map(record);
        self.attachments.keep(&mut self.ctx, calls);
    }

    /// A leg beside a call's own.
    fn auxiliary(&mut self, id: &str) -> Option<(&mut Auxiliary, &mut Context)> {
        let leg = self.auxiliaries.iter_mut().find(|leg| leg.id() == id)?;
        Some((leg, &mut self.ctx))
    }

    // Starting.

    fn take_step(&mut self, step: Step) {
        match step {
            Step::None => {}
            Step::Failed(_) if self.began_with_kept && self.config.has_provider => {
                // What an earlier page left is worth nothing any more.
                self.began_with_kept = false;
                let step = self.startup.begin(&mut self.ctx, None);
                self.take_step(step);
            }
            Step::Failed(error) if self.connected && self.tries_again(&error) => {
                // There was a session, and there will be one.
                self.ctx.error(error);
            }
            Step::Failed(error) => self.start_failed(error),
            Step::Credential(credential) => {
                let (api, ours) = (self.startup.api(), self.startup.is_ours());
                self.credential.begin(&mut self.ctx, &credential, api, ours);
                self.startup.serial = self.credential.serial();
                self.fetches.go_on(&mut self.ctx, &self.credential);
                if let (None, Some(state)) = (&credential.token, &credential.authorization_state) {
                    self.session.given(state.clone());
                    self.open_session();
                }
            }
            Step::User(user) => {
                let id = json::str_of(&user, "id").unwrap_or_default().to_owned();
                self.session.belongs_to(&id, &self.config.stored);
                self.attachments
                    .begin(&mut self.ctx, &id, &self.config.stored);
                let claims = json::get(&user, "sat_claims").cloned().unwrap_or_default();
                // Asked with the first token, which may have been replaced meanwhile.
                let serial = self.startup.serial;
                self.credential.learn(&mut self.ctx, &id, &claims, serial);
                self.ctx.event(Event::User(user));
                if self.config.skip_connection
                    && self.session.is_closed()
                    && self.waiting.len() <= 1
                {
                    self.settle(Ok(()));
                } else {
                    self.open_session();
                }
            }
        }
    }

    /// Whether a start that failed, of a client that was connected before, is made again after a while: always when the
    /// server is away, some times when it refuses and there may be another credential.
    fn tries_again(&mut self, error: &EngineError) -> bool {
        if error.class == "UnexpectedError" {
            self.credential.pause(&mut self.ctx);
            self.startup.again(&mut self.ctx);
            return true;
        }
        let another = self.config.can_refresh || self.credential.can_renew();
        another && self.ask_for_another()
    }

    /// Asks the provider for a credential in place of one that was refused; false when that was done often enough.
    fn ask_for_another(&mut self) -> bool {
        self.credential.pause(&mut self.ctx);
        self.startup.refused(&mut self.ctx)
    }

    fn start_failed(&mut self, error: EngineError) {
        self.ctx.error(error.clone());
        self.credential.pause(&mut self.ctx);
        self.settle(Err(error.clone()));
        for mut dialog in std::mem::take(&mut self.dialogs) {
            dialog.fail(&mut self.ctx, error.clone(), false);
        }
    }

    /// Answers those who wait for the session.
    fn settle(&mut self, result: Result<(), EngineError>) {
        for (id, _) in std::mem::take(&mut self.waiting) {
            self.ctx.done(id, result.clone().map(|()| Value::Null));
        }
    }

    fn begin(&mut self, id: CommandId) {
        self.waiting.push((id, self.ctx.now.mono_ms + READY_MS));
        if self.session.is_ready() {
            self.settle(Ok(()));
        } else if self.startup.is_idle() || self.session.is_refused() {
            let cached = self.config.cached_credential.take();
            self.began_with_kept = cached.is_some();
            let step = self.startup.begin(&mut self.ctx, cached);
            self.take_step(step);
        } else if self.session.is_closed() && self.startup.is_done() {
            self.connect_again();
        }
    }

    /// After a disconnect: a dead token is not tried.
    fn connect_again(&mut self) {
        if self.credential.is_dead(&self.ctx) {
            let step = self.startup.begin(&mut self.ctx, None);
            self.take_step(step);
        } else {
            self.credential.resume(&mut self.ctx);
            self.open_session();
        }
    }

    /// A relay that the application names goes before the one of the token.
    fn open_session(&mut self) {
        self.name_relay();
        if self.session.relay.is_empty() {
            let nowhere = "an authorization state does not say where its relay is: name it (relayHost), or give a token";
            return self.start_failed(EngineError::new("InvalidCredentialsError", nowhere));
        }
        self.session.open(&mut self.ctx);
    }

    fn name_relay(&mut self) {
        let named = match self.config.relay_host.as_str() {
            "" => self.startup.relay(),
            named => named,
        };
        named.clone_into(&mut self.session.relay);
    }

    /// A dead token is replaced before anything is sent with it, if there is a way.
    fn renew_if_dead(&mut self) {
        let dead = self.credential.is_dead(&self.ctx) && self.credential.can_renew();
        let needed = self.session.is_waiting() || self.fetches.is_waiting();
        if dead && needed {
            self.credential.renew_now(&mut self.ctx);
        }
        self.session.blocked = dead && self.credential.can_renew();
    }

    /// Something else is in force.
    fn renewed(&mut self, renewed: Option<Renewed>) {
        match renewed {
            Some(Renewed::Token) => {
                self.startup.renewed(self.credential.token());
                self.name_relay();
                self.fetches.go_on(&mut self.ctx, &self.credential);
                self.reauthentication = Reauthentication::default();
                self.reauthenticate();
            }
            Some(Renewed::State(state)) => self.session.given(state),
            None => {}
        }
    }

    fn credential_came(
        &mut self,
        request: u64,
        result: Result<crate::input::Credential, crate::input::Failure>,
    ) {
        let result = result.map_err(EngineError::from);
        if self.startup.awaits(request) {
            let step = self.startup.credential_came(&mut self.ctx, result);
            return self.take_step(step);
        }
        let renewed = self.credential.provided(&mut self.ctx, request, result);
        self.renewed(renewed);
    }

    fn http_came(
        &mut self,
        request: u64,
        result: Result<crate::input::HttpResponse, crate::input::Failure>,
    ) {
        if let Ok(response) = &result
            && let Some(server_ms) = crate::http_date::header_ms(&response.headers)
        {
            // Whole seconds: on average half of one has passed.
            let fresh = self.ctx.is_fresh(request);
            self.ctx.clock.learn(server_ms + 500, 1_500, fresh);
        }
        if let Some(nonce) = result.as_ref().ok().and_then(crate::proof::nonce) {
            self.ctx.nonce = Some(nonce.to_owned());
        }
        let Some(result) = self
            .fetches
            .http_came(&mut self.ctx, &self.credential, request, result)
        else {
            return self.renew_if_dead();
        };
        let renewed = self.credential.http_came(&mut self.ctx, request, &result);
        if renewed.is_some() {
            return self.renewed(renewed);
        }
        let step = self.startup.http_came(&mut self.ctx, request, result);
        self.take_step(step);
    }

    // The session.

    fn socket_opened(&mut self, socket: SocketId) {
        if self.session.is_current(socket) {
            let dead = self.credential.is_dead(&self.ctx);
            if dead && self.credential.can_renew() {
                // It died while the socket opened.
                return self.session.lost(&mut self.ctx);
            }
            if dead && !self.session.can_resume() {
                let dead = "the credential has expired, and nothing renews it";
                let error = EngineError::new("InvalidCredentialsError", dead);
                self.session.refuse(&mut self.ctx);
                return self.start_failed(error);
            }
            self.session.serial = self.credential.serial();
            self.session.opened(&mut self.ctx, self.credential.token());
        }
    }

    fn socket_closed(&mut self, socket: SocketId) {
        if self.session.is_current(socket) {
            self.session.lost(&mut self.ctx);
            self.not_ready();
        }
    }

    fn not_ready(&mut self) {
        if self.connected {
            self.ctx.event(Event::Ready(false));
            self.ctx.event(Event::Authenticated(false));
        }
        self.online.done = false;
    }

    fn proof_came(&mut self, request: u64, proof: Result<String, crate::input::Failure>) {
        if self.credential.proven(&mut self.ctx, request, &proof) {
            return;
        }
        let proof = proof.ok();
        if self
            .startup
            .proven(&mut self.ctx, request, proof.as_deref())
        {
            return;
        }
        if self.session.proves(request)
            && self.credential.is_dead(&self.ctx)
            && self.credential.can_renew()
        {
            // It died while the proof was signed.
            return self.session.lost(&mut self.ctx);
        }
        let (token, serial) = (self.credential.token(), self.credential.serial());
        if self
            .session
            .proven(&mut self.ctx, request, token, proof.as_deref())
        {
            self.session.serial = serial;
            return;
        }
        if self.reauthentication.proof == Some(request) {
            self.reauthentication.proof = None;
            return self.send_reauthenticate(proof.as_deref());
        }
        self.fetches
            .proven(&mut self.ctx, &self.credential, request, proof);
    }

    fn greeted(&mut self, result: Result<Value, EngineError>) {
        let tokenless = self.credential.token().is_empty();
        match self.session.greeted(&mut self.ctx, result, tokenless) {
            Greeted::Again => {}
            Greeted::Refused(error) => {
                let refused = EngineError::new(
                    "InvalidCredentialsError",
                    "the server does not take this credential",
                )
                .because(error);
                let kept = std::mem::take(&mut self.began_with_kept) && self.config.has_provider;
                let another = kept || self.config.can_refresh || self.credential.can_renew();
                if another && self.ask_for_another() {
                    return self.ctx.error(refused);
                }
                self.start_failed(refused);
            }
            Greeted::Authenticated(greeting) => self.authenticated(&greeting),
        }
    }

    fn authenticated(&mut self, greeting: &Greeting) {
        self.startup.succeeded();
        self.began_with_kept = false;
        self.reauthentication = Reauthentication::default();
        if self.credential.token().is_empty() && !greeting.subscriber.is_empty() {
            // No token, no information about the user but this.
            self.session.belongs_to(&greeting.subscriber, &[]);
            let id = json::text(&greeting.subscriber);
            self.ctx.event(Event::User(json::object([("id", id)])));
        }
        let (subscriber, claims) = (&greeting.subscriber, &greeting.claims);
        let serial = self.session.serial;
        self.credential
            .learn(&mut self.ctx, subscriber, claims, serial);
        if serial != self.credential.serial() {
            // Renewed while the connect request was on its way.
            self.reauthenticate();
        }
        if let Some(socket) = self.session.socket_if_ready() {
            self.ctx.open_gate(socket);
        }
        self.ctx.event(Event::Authenticated(true));
        if !self.connected {
            self.connected = true;
            self.ctx.event(Event::Connected(true));
        }
        self.ctx.event(Event::Ready(true));
        if self.online.wanted {
            self.go_online(false);
        } else {
            self.settle(Ok(()));
        }
        let offer = offer(&self.session);
        for dialog in &mut self.dialogs {
            match dialog.is_parked() {
                true => dialog.begin(&mut self.ctx, &offer),
                false => dialog.signalling_back(&mut self.ctx, &offer, greeting.renewed),
            }
        }
        for leg in &self.auxiliaries {
            leg.use_relays(&mut self.ctx, &offer);
        }
        for (id, record) in self.attachments.take() {
            let mut dialog = Dialog::left(&mut self.ctx, id, record);
            dialog.take_up(&mut self.ctx, &offer);
            self.dialogs.push(dialog);
        }
    }

    fn go_online(&mut self, again: bool) {
        self.ctx.request(
            method::SUBSCRIBER_ONLINE,
            json::empty(),
            Purpose::Online { again },
        );
    }

    fn reauthenticate(&mut self) {
        if !self.session.is_ready() || self.credential.token().is_empty() {
            return;
        }
        if self.session.proofs {
            let request = self.ctx.request_id();
            self.reauthentication.proof = Some(request);
            self.ctx.sign_rpc(request, method::REAUTHENTICATE);
        } else {
            self.send_reauthenticate(None);
        }
    }

    fn send_reauthenticate(&mut self, proof: Option<&str>) {
        let authentication = json::object([
            ("project", json::text(&self.session.project)),
            ("jwt_token", json::text(self.credential.token())),
        ]);
        let params = json::object([
            ("authentication", authentication),
            ("dpop_token", json::optional(proof)),
        ]);
        self.reauthentication.serial = self.credential.serial();
        self.reauthentication.request = self.ctx.request_id();
        self.ctx
            .request(method::REAUTHENTICATE, params, Purpose::Reauthenticate);
    }

    // Frames.
}

mod commands;
mod frames;

fn offer(session: &Session) -> Offer<'_> {
    Offer {
        ice_servers: &session.ice_servers,
        wait_for_candidates: !session.traits.peer_reflexive,
    }
}

fn no_call() -> EngineError {
    EngineError::new("DependencyError", "the call is over")
}

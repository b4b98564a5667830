//! Starting: the first credential, and whose it is (wire-protocol.md 1.7).

use miniserde::json::Value;

use crate::context::Context;
use crate::input::{Credential, Failure, HttpResponse, RequestId};
use crate::json;
use crate::output::{EngineError, HttpRequest, Output};
use crate::proof;
use crate::token::Hosts;

/// Attempts at the user's information, and the time limit of each.
const ATTEMPTS: u32 = 4;
const ATTEMPT_MS: u64 = 10_000;
/// First wait between two attempts; doubles.
const WAIT_MS: u64 = 500;
/// Longest wait a server may impose.
const WAIT_MAX_MS: u64 = 10_000;

const INFO: &str = "/api/fabric/subscriber/info";

/// Refused credentials in a row after which no other is asked for.
const REFUSALS: u32 = 4;
/// Before the whole start is made again, for a client that was connected before.
const PAUSE_MS: u64 = 15_000;

#[derive(Default)]
enum Phase {
    #[default]
    Idle,
    Credential {
        request: RequestId,
    },
    /// The credential has expired if this device's clock is right: the server is asked what time it is.
    Time {
        request: RequestId,
        credential: Credential,
    },
    /// The proof for the next is being signed. `again`: an earlier one was refused.
    Proving {
        request: RequestId,
        attempt: u32,
        again: bool,
    },
    User {
        request: RequestId,
        attempt: u32,
        again: bool,
    },
    /// Before a whole new start.
    Pausing {
        at: u64,
    },
    Waiting {
        at: u64,
        attempt: u32,
    },
    Done,
    Failed,
}

#[derive(Default)]
pub(crate) struct Startup {
    phase: Phase,
    hosts: Option<Hosts>,
    token: String,
    /// See [`EngineConfig::origin`](crate::engine::EngineConfig::origin).
    origin: String,
    /// The device has no network: no provider is asked again before it has.
    offline: bool,
    /// Refusals in a row that were answered with another credential.
    refusals: u32,
    /// There is a key. Only the server knows whether the token is bound to it, and may insist on a proof if so.
    proves: bool,
    /// Which token the user is asked for with.
    pub(crate) serial: u32,
}

/// What the start-up has come to.
pub(crate) enum Step {
    None,
    Credential(Credential),
    User(Value),
    Failed(EngineError),
}

impl Startup {
    pub(crate) fn new(origin: String, proves: bool) -> Self {
        Self {
            origin,
            proves,
            ..Self::default()
        }
    }

    pub(crate) fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Idle | Phase::Failed)
    }

    pub(crate) fn is_done(&self) -> bool {
        matches!(self.phase, Phase::Done)
    }

    pub(crate) fn is_under_way(&self) -> bool {
        !self.is_idle() && !self.is_done()
    }

    /// Only after a credential came.
    pub(crate) fn relay(&self) -> &str {
        self.hosts.as_ref().map_or("", |hosts| &hosts.relay)
    }

    /// The server is one of ours.
    pub(crate) fn is_ours(&self) -> bool {
        self.hosts.as_ref().is_some_and(|hosts| hosts.ours)
    }

    pub(crate) fn api(&self) -> &str {
        self.hosts.as_ref().map_or("", |hosts| &hosts.api)
    }

    pub(crate) fn awaits(&self, request: RequestId) -> bool {
        matches!(self.phase, Phase::Credential { request: awaited } if awaited == request)
    }

    /// The server refused a credential that may have just died: another is asked for, the first time at once. False when
    /// that has been done often enough.
    pub(crate) fn refused(&mut self, ctx: &mut Context) -> bool {
        self.refusals += 1;
        match self.refusals {
            1 if !self.offline => drop(self.begin(ctx, None)),
            1..=REFUSALS => self.again(ctx),
            _ => return false,
        }
        true
    }

    pub(crate) fn succeeded(&mut self) {
        self.refusals = 0;
    }

    /// Another token is in force; it may name another relay for the next connect.
    pub(crate) fn renewed(&mut self, token: &str) {
        token.clone_into(&mut self.token);
        if let Ok(hosts) = Hosts::of_token(token, &self.origin) {
            self.hosts = Some(hosts);
        }
    }

    pub(crate) fn begin(&mut self, ctx: &mut Context, cached: Option<Credential>) -> Step {
        match cached {
            Some(credential) => self.take(ctx, credential),
            None => {
                let request = ctx.request_id();
                self.phase = Phase::Credential { request };
                ctx.out.push_back(Output::Authenticate { request });
                Step::None
            }
        }
    }

    pub(crate) fn credential_came(
        &mut self,
        ctx: &mut Context,
        result: Result<Credential, EngineError>,
    ) -> Step {
        let credential = match result {
            Ok(credential) => credential,
            Err(error) => {
                let none = invalid("the provider gave no credential");
                return self.fail(none.because(error));
            }
        };
        // Whose clock the provider reckons by is not known: alive by one of them may be alive.
        let now = ctx.server_now().min(ctx.now.wall_ms);
        if credential.expiry_at.is_none_or(|at| at > now) {
            return self.take(ctx, credential);
        }
        let hosts = credential.token.as_deref();
        let hosts = hosts.and_then(|token| Hosts::of_token(token, &self.origin).ok());
        match hosts.filter(|hosts| hosts.ours && !ctx.clock.is_known()) {
            Some(hosts) => {
                let request = ctx.request_id();
                let http = HttpRequest {
                    method: "GET".into(),
                    url: [&hosts.api, "/healthz"].concat(),
                    headers: Vec::new(),
                    body: None,
                    timeout_ms: ATTEMPT_MS,
                };
                ctx.out.push_back(Output::Http { request, http });
                self.phase = Phase::Time {
                    request,
                    credential,
                };
                Step::None
            }
            None => self.fail(invalid(
                "the provider returned a credential that has expired",
            )),
        }
    }

    /// Goes on with a credential that may be alive.
    fn take(&mut self, ctx: &mut Context, credential: Credential) -> Step {
        let Some(token) = credential.token.clone() else {
            if credential.authorization_state.is_none() {
                let nothing = "the provider returned neither a token nor an authorization state";
                return self.fail(invalid(nothing));
            }
            // Resume state says nothing of where to go, and answers no question over HTTP.
            self.hosts = self.hosts.take().or_else(|| Hosts::of_origin(&self.origin));
            self.phase = Phase::Done;
            return Step::Credential(credential);
        };
        match Hosts::of_token(&token, &self.origin) {
            Ok(hosts) => self.hosts = Some(hosts),
            Err(_) => {
                let unreadable = "the token is no access token: its header cannot be read";
                return self.fail(invalid(unreadable));
            }
        }
        self.token = token;
        self.ask_user(ctx, 1, false);
        Step::Credential(credential)
    }

    fn ask_user(&mut self, ctx: &mut Context, attempt: u32, again: bool) {
        let request = ctx.request_id();
        if !(self.proves && self.is_ours()) {
            return self.send_question(ctx, request, None, attempt, again);
        }
        let target = [self.api(), INFO].concat();
        ctx.sign_http(request, "GET", &target, &self.token, None);
        self.phase = Phase::Proving {
            request,
            attempt,
            again,
        };
    }

    /// The proof, or none if it could not be signed; false when it is not ours.
    pub(crate) fn proven(
        &mut self,
        ctx: &mut Context,
        request: RequestId,
        proof: Option<&str>,
    ) -> bool {
        match self.phase {
            Phase::Proving {
                request: awaited,
                attempt,
                again,
            } if awaited == request => {
                let request = ctx.request_id();
                self.send_question(ctx, request, proof, attempt, again);
                true
            }
            _ => false,
        }
    }

    fn send_question(
        &mut self,
        ctx: &mut Context,
        request: RequestId,
        proof: Option<&str>,
        attempt: u32,
        again: bool,
    ) {
        self.phase = Phase::User {
            request,
            attempt,
            again,
        };
        let mut headers = vec![
            ("authorization".into(), ["Bearer ", &self.token].concat()),
            ("accept".into(), "application/json".into()),
        ];
        headers.extend(proof.map(|proof| ("dpop".into(), proof.into())));
        let http = HttpRequest {
            method: "GET".into(),
            url: [self.api(), INFO].concat(),
            headers,
            body: None,
            timeout_ms: ATTEMPT_MS,
        };
        ctx.out.push_back(Output::Http { request, http });
    }

    pub(crate) fn http_came(
        &mut self,
        ctx: &mut Context,
        request: RequestId,
        result: Result<HttpResponse, Failure>,
    ) -> Step {
        let (attempt, again) = match &self.phase {
            Phase::User {
                request: awaited,
                attempt,
                again,
            } if *awaited == request => (*attempt, *again),
            Phase::Time {
                request: awaited,
                credential,
            } if *awaited == request => {
                let credential = credential.clone();
                if !ctx.clock.is_known() {
                    // No answer, or none with a date: nothing was learned of the credential.
                    let unreachable = EngineError::new(
                        "UnexpectedError",
                        "the server cannot be reached to tell whether the credential has expired",
                    );
                    return self.fail(match result {
                        Ok(response) => unreachable.because(http_error(response.status)),
                        Err(failure) => unreachable.because(failure.into()),
                    });
                }
                if credential
                    .expiry_at
                    .is_some_and(|at| at <= ctx.server_now())
                {
                    return self.fail(invalid(
                        "the provider returned a credential that has expired",
                    ));
                }
                return self.take(ctx, credential);
            }
            _ => return Step::None,
        };
        let (error, wait) = match result {
            Ok(response) => match response.status {
                200..=299 => match json::parse(&response.body)
                    .filter(|user| json::str_of(user, "id").is_some())
                {
                    Some(user) => {
                        self.phase = Phase::Done;
                        return Step::User(user);
                    }
                    None => {
                        return self.fail(EngineError::new(
                            "UnexpectedError",
                            "the server's answer about the user makes no sense",
                        ));
                    }
                },
                401 if !again && self.proves && proof::wants_another(&response) => {
                    self.ask_user(ctx, attempt, true);
                    return Step::None;
                }
                status @ (429 | 500..=599) => (http_error(status), retry_after_ms(&response)),
                status => {
                    let error = EngineError::new(
                        "InvalidCredentialsError",
                        "the server does not take this token",
                    );
                    return self.fail(error.because(http_error(status)));
                }
            },
            Err(failure) => (failure.into(), None),
        };
        if attempt >= ATTEMPTS {
            let unreachable = EngineError::new(
                "UnexpectedError",
                "the server cannot be reached, or cannot tell who the user is",
            );
            return self.fail(unreachable.because(error));
        }
        let wait = wait.unwrap_or_else(|| ctx.random.half_to_full(WAIT_MS << attempt));
        self.phase = Phase::Waiting {
            at: ctx.now.mono_ms + wait.min(WAIT_MAX_MS),
            attempt,
        };
        Step::None
    }

    fn fail(&mut self, error: EngineError) -> Step {
        self.phase = Phase::Failed;
        Step::Failed(error)
    }

    /// Starts all over after a while.
    pub(crate) fn again(&mut self, ctx: &mut Context) {
        let wait = ctx.random.half_to_full(PAUSE_MS);
        self.phase = Phase::Pausing {
            at: ctx.now.mono_ms + wait,
        };
    }

    pub(crate) fn network(&mut self, online: bool) {
        self.offline = !online;
    }

    /// `dead`: the token has died meanwhile, and another must be asked for. True when it is: whatever renews the one
    /// before is to be forgotten.
    pub(crate) fn look(&mut self, ctx: &mut Context, dead: bool) -> bool {
        let mut anew = false;
        if let Phase::Waiting { at, .. } = self.phase
            && at <= ctx.now.mono_ms
        {
            self.ask_again(ctx, dead);
            anew = dead;
        }
        if let Phase::Pausing { at } = self.phase
            && at <= ctx.now.mono_ms
            && !self.offline
        {
            self.begin(ctx, None);
        }
        anew
    }

    /// The network is back: do not wait for the next attempt. True as of [`Self::look`].
    pub(crate) fn hurry(&mut self, ctx: &mut Context, dead: bool) -> bool {
        match self.phase {
            Phase::Waiting { .. } => {
                self.ask_again(ctx, dead);
                dead
            }
            Phase::Pausing { .. } if !self.offline => {
                self.begin(ctx, None);
                false
            }
            _ => false,
        }
    }

    fn ask_again(&mut self, ctx: &mut Context, dead: bool) {
        let Phase::Waiting { attempt, .. } = self.phase else {
            return;
        };
        if dead && self.offline {
            self.again(ctx);
        } else if dead {
            self.begin(ctx, None);
        } else {
            self.ask_user(ctx, attempt + 1, false);
        }
    }

    pub(crate) fn deadline(&self) -> Option<u64> {
        match self.phase {
            Phase::Waiting { at, .. } => Some(at),
            Phase::Pausing { at } if !self.offline => Some(at),
            _ => None,
        }
    }
}

fn invalid(message: &str) -> EngineError {
    EngineError::new("InvalidCredentialsError", message)
}

fn http_error(status: u16) -> EngineError {
    let mut error = EngineError::new("RequestError", "the server answered with an error");
    error.code = Some(i64::from(status));
    error
}

fn retry_after_ms(response: &HttpResponse) -> Option<u64> {
    let (_, value) = response
        .headers
        .iter()
        .find(|(name, _)| name == "retry-after")?;
    let seconds: u64 = value.trim().parse().ok()?;
    Some(seconds.saturating_mul(1000))
}

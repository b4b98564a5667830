//! Starting: the first credential, and whose it is (wire-protocol.md 1.7).

use miniserde::json::Value;

use crate::context::Context;
use crate::input::{Credential, Failure, HttpResponse, RequestId};
use crate::json;
use crate::output::{EngineError, HttpRequest, Output};
use crate::token::Hosts;

/// Attempts at the user's information, and the time limit of each.
const ATTEMPTS: u32 = 4;
const ATTEMPT_MS: u64 = 10_000;
/// First wait between two attempts; doubles.
const WAIT_MS: u64 = 500;
/// Longest wait a server may impose.
const WAIT_MAX_MS: u64 = 10_000;

#[derive(Default)]
enum Phase {
    #[default]
    Idle,
    Credential {
        request: RequestId,
    },
    User {
        request: RequestId,
        attempt: u32,
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
    /// A refusal was answered with another credential already.
    asked_again: bool,
}

/// What the start-up has come to.
pub(crate) enum Step {
    None,
    Credential(Credential),
    User(Value),
    Failed(EngineError),
}

impl Startup {
    pub(crate) fn new(origin: String) -> Self {
        Self {
            origin,
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

    /// One more credential is asked for after a refusal, if the provider can have another.
    pub(crate) fn may_ask_again(&mut self, can_refresh: bool) -> bool {
        can_refresh && !std::mem::replace(&mut self.asked_again, true)
    }

    pub(crate) fn succeeded(&mut self) {
        self.asked_again = false;
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
            Some(credential) => self.credential_came(ctx, Ok(credential), |_, _| false),
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
        expired: impl Fn(u64, &Context) -> bool,
    ) -> Step {
        let invalid = |message: &str| EngineError::new("InvalidCredentialsError", message);
        let credential = match result {
            Ok(credential) => credential,
            Err(error) => {
                return self.fail(invalid("the provider gave no credential").because(error));
            }
        };
        if credential.expiry_at.is_some_and(|at| expired(at, ctx)) {
            return self.fail(invalid(
                "the provider returned a credential that has expired",
            ));
        }
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
                return self.fail(invalid(
                    "the token is no access token: its header cannot be read",
                ));
            }
        }
        self.token = token;
        self.ask_user(ctx, 1);
        Step::Credential(credential)
    }

    fn ask_user(&mut self, ctx: &mut Context, attempt: u32) {
        let request = ctx.request_id();
        self.phase = Phase::User { request, attempt };
        let http = HttpRequest {
            method: "GET".into(),
            url: [self.api(), "/api/fabric/subscriber/info"].concat(),
            headers: vec![
                ("authorization".into(), ["Bearer ", &self.token].concat()),
                ("accept".into(), "application/json".into()),
            ],
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
        let Phase::User {
            request: awaited,
            attempt,
        } = self.phase
        else {
            return Step::None;
        };
        if awaited != request {
            return Step::None;
        }
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

    /// `dead`: the token has died meanwhile, and another must be asked for.
    pub(crate) fn look(&mut self, ctx: &mut Context, dead: bool) {
        if let Phase::Waiting { at, .. } = self.phase
            && at <= ctx.now.mono_ms
        {
            self.ask_again(ctx, dead);
        }
    }

    /// The network is back: do not wait for the next attempt.
    pub(crate) fn hurry(&mut self, ctx: &mut Context, dead: bool) {
        if let Phase::Waiting { .. } = self.phase {
            self.ask_again(ctx, dead);
        }
    }

    fn ask_again(&mut self, ctx: &mut Context, dead: bool) {
        let Phase::Waiting { attempt, .. } = self.phase else {
            return;
        };
        if dead {
            self.begin(ctx, None);
        } else {
            self.ask_user(ctx, attempt + 1);
        }
    }

    pub(crate) fn deadline(&self) -> Option<u64> {
        match self.phase {
            Phase::Waiting { at, .. } => Some(at),
            _ => None,
        }
    }
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

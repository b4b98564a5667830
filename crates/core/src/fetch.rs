//! REST requests of the application: with a token that lives, and with a proof where the token is bound.

use miniserde::json::Value;

use crate::context::Context;
use crate::credential::Credentials;
use crate::input::{CommandId, Failure, HttpResponse, RequestId};
use crate::json;
use crate::output::{EngineError, HttpRequest, Output};
use crate::proof;

/// Time limit of an application's REST request (sdk-api.md 20.3).
const FETCH_MS: u64 = 30_000;
/// Requests at once, sent or waiting.
const MOST: usize = 256;

pub(crate) struct Fetch {
    command: CommandId,
    method: String,
    url: String,
    body: Option<String>,
    stage: Stage,
    /// A refused token was replaced once already.
    again: bool,
}

enum Stage {
    /// For another token, until then (monotonic).
    Waiting { due: u64 },
    /// For the proof.
    Proving { request: RequestId },
    /// For the server.
    Sent { request: RequestId },
}

impl Fetch {
    pub(crate) fn new(
        command: CommandId,
        method: String,
        url: String,
        body: Option<Value>,
    ) -> Self {
        Self {
            command,
            method,
            url,
            body: body.as_ref().map(json::write),
            stage: Stage::Waiting { due: 0 },
            again: false,
        }
    }

    /// Sends it, or has its proof signed first, or has it wait for a token that lives.
    fn go(&mut self, ctx: &mut Context, credential: &Credentials) {
        let request = ctx.request_id();
        if credential.is_dead(ctx) {
            let wait = if credential.can_renew() { FETCH_MS } else { 0 };
            let due = ctx.now.mono_ms + wait;
            self.stage = Stage::Waiting { due };
        } else if credential.proves_requests() {
            let target = self.url.split(['?', '#']).next().unwrap_or_default();
            ctx.sign_http(request, &self.method, target, credential.token(), None);
            self.stage = Stage::Proving { request };
        } else {
            self.send(ctx, request, credential.token(), None);
        }
    }

    fn send(&mut self, ctx: &mut Context, request: RequestId, token: &str, proof: Option<String>) {
        let mut headers = vec![
            ("authorization".to_owned(), ["Bearer ", token].concat()),
            ("accept".to_owned(), "application/json".to_owned()),
        ];
        if self.body.is_some() {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        headers.extend(proof.map(|proof| ("dpop".to_owned(), proof)));
        let http = HttpRequest {
            method: self.method.clone(),
            url: self.url.clone(),
            headers,
            body: self.body.clone(),
            timeout_ms: FETCH_MS,
        };
        ctx.out.push_back(Output::Http { request, http });
        self.stage = Stage::Sent { request };
    }
}

#[derive(Default)]
pub(crate) struct Fetches {
    all: Vec<Fetch>,
}

impl Fetches {
    pub(crate) fn begin(&mut self, ctx: &mut Context, credential: &Credentials, mut fetch: Fetch) {
        if self.all.len() == MOST {
            let error = EngineError::new("RequestError", "too many requests are waiting");
            return ctx.done(fetch.command, Err(error));
        }
        fetch.go(ctx, credential);
        self.all.push(fetch);
    }

    /// Some wait for another token.
    pub(crate) fn is_waiting(&self) -> bool {
        let waits = |fetch: &Fetch| matches!(fetch.stage, Stage::Waiting { .. });
        self.all.iter().any(waits)
    }

    /// Another token is in force.
    pub(crate) fn go_on(&mut self, ctx: &mut Context, credential: &Credentials) {
        for fetch in &mut self.all {
            if matches!(fetch.stage, Stage::Waiting { .. }) {
                fetch.go(ctx, credential);
            }
        }
    }

    pub(crate) fn proven(
        &mut self,
        ctx: &mut Context,
        credential: &Credentials,
        request: RequestId,
        proof: Option<String>,
    ) {
        let ours = |fetch: &&mut Fetch| matches!(fetch.stage, Stage::Proving { request: ours } if ours == request);
        if let Some(fetch) = self.all.iter_mut().find(ours) {
            fetch.send(ctx, request, credential.token(), proof);
        }
    }

    /// Takes an answer to one of these; gives it back if it is to none.
    pub(crate) fn http_came(
        &mut self,
        ctx: &mut Context,
        credential: &Credentials,
        request: RequestId,
        result: Result<HttpResponse, Failure>,
    ) -> Option<Result<HttpResponse, Failure>> {
        let ours =
            |fetch: &Fetch| matches!(fetch.stage, Stage::Sent { request: ours } if ours == request);
        let Some(at) = self.all.iter().position(ours) else {
            return Some(result);
        };
        let refused = matches!(&result, Ok(response) if response.status == 401);
        let unproven = credential.proves_requests()
            && matches!(&result, Ok(response) if proof::wants_another(response));
        let fetch = &mut self.all[at];
        if refused && !fetch.again && (credential.is_dead(ctx) || unproven) {
            // The token died on the way, or the answer has just told what time it is, or a nonce.
            fetch.again = true;
            fetch.go(ctx, credential);
            return None;
        }
        let command = self.all.swap_remove(at).command;
        let result = result.map_err(EngineError::from).map(|response| {
            let body = json::parse(&response.body).unwrap_or(Value::String(response.body));
            json::object([
                ("status", json::number(u64::from(response.status))),
                ("body", body),
            ])
        });
        ctx.done(command, result);
        None
    }

    pub(crate) fn look(&mut self, ctx: &mut Context) {
        let now = ctx.now.mono_ms;
        self.all.retain(|fetch| match fetch.stage {
            Stage::Waiting { due } if due <= now => {
                let dead = "the credential has expired, and no other was to be had in time";
                let error = EngineError::new("InvalidCredentialsError", dead);
                ctx.done(fetch.command, Err(error));
                false
            }
            _ => true,
        });
    }

    pub(crate) fn deadline(&self) -> Option<u64> {
        let due = |fetch: &Fetch| match fetch.stage {
            Stage::Waiting { due } => Some(due),
            _ => None,
        };
        self.all.iter().filter_map(due).min()
    }
}

//! A renewal under way: from the lock to the new credential, or to what is done without one.

use super::schedule::{self, PROVIDER_LEAD_MS};
use super::{
    ATTEMPTS, Credentials, PROVIDER_MS, Plan, REST_MAX_MS, REST_MIN_MS, Renewed, Run, Stage, Way,
    bound,
};
use crate::context::Context;
use crate::input::{Credential, Failure, HttpResponse, RequestId};
use crate::output::{EngineError, Output};

impl Credentials {
    pub(super) fn start(&mut self, ctx: &mut Context, way: Way, attempt: u32) {
        if way == Way::ClientBound && self.is_dead(ctx) {
            return self.too_late(ctx);
        }
        let plan = Plan::at(ctx, ctx.server_now(), way, attempt);
        if !self.may_start(&plan) {
            // The network went while the lock was waited for.
            self.ended(ctx);
            self.plan = Some(plan);
            return self.tell(ctx);
        }
        let request = ctx.request_id();
        self.asked = ctx.server_now();
        let stage = match way {
            Way::Provider => {
                ctx.out.push_back(Output::Refresh { request });
                let due = ctx.now.mono_ms + PROVIDER_MS;
                Stage::Provider { request, due }
            }
            Way::Anew => {
                ctx.out.push_back(Output::Authenticate { request });
                let due = ctx.now.mono_ms + PROVIDER_MS;
                Stage::Provider { request, due }
            }
            Way::ClientBound => {
                self.sign(ctx, request, None);
                let nonced = false;
                Stage::Proof { request, nonced }
            }
        };
        self.run = Some(Run {
            way,
            attempt,
            stage,
        });
        self.tell(ctx);
    }

    /// The provider answered; `None` also when the answer belongs to nothing here.
    pub(crate) fn provided(
        &mut self,
        ctx: &mut Context,
        request: RequestId,
        result: Result<Credential, EngineError>,
    ) -> Option<Renewed> {
        let (way, attempt) = match &self.run {
            Some(Run {
                way,
                attempt,
                stage: Stage::Provider { request: ours, .. },
            }) if *ours == request => (*way, *attempt),
            _ if self.late.take_if(|late| *late == request).is_some() && !self.paused => {
                let credential = result.ok().filter(|late| late.token.is_some())?;
                self.stopped = false;
                self.put(ctx, &credential);
                self.unlock(ctx, self.share(&credential));
                return Some(Renewed::Token);
            }
            _ => return None,
        };
        let nothing = "the provider returned neither a token nor an authorization state";
        let result = result.and_then(|credential| {
            let some = credential.token.is_some() || credential.authorization_state.is_some();
            some.then_some(credential)
                .ok_or_else(|| EngineError::new("InvalidCredentialsError", nothing))
        });
        match result {
            Ok(credential) => {
                // What came as the first one did begins as that did.
                self.stopped &= way != Way::Anew;
                self.put(ctx, &credential);
                self.unlock(ctx, self.share(&credential));
                let state = credential
                    .authorization_state
                    .filter(|_| credential.token.is_none());
                Some(state.map_or(Renewed::Token, Renewed::State))
            }
            Err(error) => {
                self.rejected(ctx, way, attempt, error);
                None
            }
        }
    }

    pub(super) fn rejected(
        &mut self,
        ctx: &mut Context,
        way: Way,
        attempt: u32,
        error: EngineError,
    ) {
        self.ended(ctx);
        if way == Way::Anew {
            let wait = schedule::wait_after(&mut ctx.random, attempt);
            let at = ctx.server_now() + wait;
            self.plan = Some(Plan::at(ctx, at, way, attempt + 1));
        } else {
            // The contract: the schedule stops, the session goes on with what it has until that expires.
            self.stopped = true;
            self.arm(ctx);
        }
        self.failed(ctx, error);
    }

    pub(super) fn failed(&mut self, ctx: &mut Context, error: EngineError) {
        let message = "the credential could not be refreshed";
        ctx.error(EngineError::new("TokenRefreshError", message).because(error));
        self.say_if_nothing_renews(ctx);
        self.tell(ctx);
    }

    pub(super) fn ended(&mut self, ctx: &mut Context) {
        self.run = None;
        self.unlock(ctx, None);
    }

    pub(super) fn unlock(&mut self, ctx: &mut Context, share: Option<String>) {
        if let Some(request) = self.held.take() {
            ctx.out.push_back(Output::Unlock { request, share });
        }
    }

    // The client-bound way.

    /// The proof for the token's server, or why there is none; false when it is not ours.
    pub(crate) fn proven(
        &mut self,
        ctx: &mut Context,
        request: RequestId,
        proof: &Result<String, Failure>,
    ) -> bool {
        let (attempt, nonced) = match &self.run {
            Some(Run {
                attempt,
                stage:
                    Stage::Proof {
                        request: ours,
                        nonced,
                    },
                ..
            }) if *ours == request => (*attempt, *nonced),
            _ => return false,
        };
        match proof {
            Ok(_) if self.is_dead(ctx) => self.too_late(ctx),
            Ok(proof) => self.post(ctx, proof, attempt, nonced),
            Err(failure) => {
                let error = EngineError::from(failure.clone());
                self.bound_failed(ctx, attempt, error, None, true);
            }
        }
        true
    }

    /// The token's server answered.
    pub(crate) fn http_came(
        &mut self,
        ctx: &mut Context,
        request: RequestId,
        result: &Result<HttpResponse, Failure>,
    ) -> Option<Renewed> {
        let (attempt, nonced) = match &self.run {
            Some(Run {
                attempt,
                stage:
                    Stage::Http {
                        request: ours,
                        nonced,
                    },
                ..
            }) if *ours == request => (*attempt, *nonced),
            _ => return None,
        };
        match bound::read(result, ctx.server_now()) {
            bound::Answer::Token { token, expiry } => {
                self.rest_ms = 0;
                self.rest_until = 0;
                let credential = Credential {
                    token: Some(token),
                    authorization_state: None,
                    expiry_at: Some(expiry),
                    bound: true,
                };
                self.put(ctx, &credential);
                self.told = Some(expiry);
                self.unlock(ctx, self.share(&credential));
                Some(Renewed::Token)
            }
            bound::Answer::Nonce(nonce) if !nonced => {
                let request = ctx.request_id();
                self.sign(ctx, request, Some(&nonce));
                self.run = Some(Run {
                    way: Way::ClientBound,
                    attempt,
                    stage: Stage::Proof {
                        request,
                        nonced: true,
                    },
                });
                None
            }
            bound::Answer::Nonce(_) => {
                let error =
                    EngineError::new("RequestError", "the server asks for nonce after nonce");
                self.bound_failed(ctx, attempt, error, None, false);
                None
            }
            bound::Answer::Dead(error) => {
                // Whatever we thought of it. That says nothing of the next.
                self.told = Some(ctx.server_now());
                self.doubtful = None;
                self.too_late(ctx);
                self.failed(ctx, error);
                None
            }
            bound::Answer::Refused(error) => {
                self.bound_failed(ctx, attempt, error, None, true);
                None
            }
            bound::Answer::Failed { error, wait_ms } => {
                self.bound_failed(ctx, attempt, error, wait_ms, false);
                None
            }
        }
    }

    pub(super) fn bound_failed(
        &mut self,
        ctx: &mut Context,
        attempt: u32,
        error: EngineError,
        wait_ms: Option<u64>,
        refused: bool,
    ) {
        self.ended(ctx);
        self.refused |= refused;
        let now = ctx.server_now();
        let wait = schedule::wait_after(&mut ctx.random, attempt).max(wait_ms.unwrap_or(0));
        let again = !refused && self.expiry().is_none_or(|expiry| now + wait < expiry);
        let in_time = self
            .expiry()
            .is_none_or(|expiry| now + wait + PROVIDER_LEAD_MS < expiry);
        if again && (!self.provider_usable() || (attempt < ATTEMPTS && in_time)) {
            self.plan = Some(Plan::at(ctx, now + wait, Way::ClientBound, attempt + 1));
            // Once for each round, not once for each attempt.
            return if attempt.is_multiple_of(ATTEMPTS) {
                self.failed(ctx, error);
            } else {
                self.tell(ctx);
            };
        }
        self.rest_ms = (self.rest_ms * 2).clamp(REST_MIN_MS, REST_MAX_MS);
        self.rest_until = ctx.now.mono_ms + self.rest_ms;
        if self.provider_usable() {
            self.say_fallback(ctx, "endpoint-failed");
        }
        self.arm(ctx);
        if self.bound && self.provider_usable() {
            // What is due is due: the provider is asked now, while the token still lives.
            let way = Way::Provider;
            self.plan = Some(Plan::at(ctx, now, way, 1));
        }
        self.failed(ctx, error);
    }

    // Telling.
}

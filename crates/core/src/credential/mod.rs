//! The credential in force: until when it lasts, and what renews it (wire-protocol.md 4).
//!
//! Deadlines are facts of the wall clock, looked at with every input, not timers that run: after sleep, throttling
//! or a clock step the next look finds them as they are. All times here are the server's ([`ServerClock`]).
//!
//! There is at most one mechanism at work: a [`Plan`] waits for its time, or a [`Run`] is under way. Whatever ends a run
//! either brings a credential, which plans the next renewal, or a failure, which plans another attempt, falls back to the
//! provider, or stops.
//!
//! [`ServerClock`]: crate::server_clock::ServerClock
mod bound;
mod renewal;
mod schedule;
mod shared;
mod telling;

use crate::context::Context;
use crate::engine::EngineConfig;
use crate::input::{Credential, RequestId};
use crate::json;
use crate::output::{EngineError, Output};
use miniserde::json::Value;
use schedule::{BOUND_LEAD_MS, PROVIDER_LEAD_MS};

/// Attempts of a client-bound refresh in a row before the provider is asked instead (wire-protocol.md 4.4).
const ATTEMPTS: u32 = 3;
/// How long the client-bound way rests after those, first and at most; doubles in between. Else a provider that works
/// and an endpoint that does not would take turns for ever.
const REST_MIN_MS: u64 = 60_000;
const REST_MAX_MS: u64 = 900_000;
/// A lock that no tab gives up is not waited for any longer.
const LOCK_MS: u64 = 10_000;
/// How long a credential is used that says it has expired though it has just been issued.
const DOUBT_MS: u64 = 15_000;
/// A credential that has been on its way for longer than this is not taken to be fresh.
const ON_ITS_WAY_MS: u64 = 30_000;
/// A provider that has not answered by then is taken for one that rejected; should it answer after all, that counts.
const PROVIDER_MS: u64 = 120_000;
/// What the client-bound way needs.
const REFRESH_SCOPE: &str = "sat:refresh";

/// A way to renew a credential.
impl Plan {
    fn at(ctx: &Context, at: u64, way: Way, attempt: u32) -> Self {
        let mono = ctx.now.mono_ms + at.saturating_sub(ctx.server_now());
        Self {
            at,
            mono,
            way,
            attempt,
        }
    }

    fn is_due(&self, ctx: &Context) -> bool {
        self.at <= ctx.server_now() || self.mono <= ctx.now.mono_ms
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// The client's own key, at the token's server (wire-protocol.md 4.3).
    ClientBound,
    /// The provider's `refresh()`.
    Provider,
    /// The provider's `authenticate()`, as at the start: for a bound credential that died before it could be renewed.
    Anew,
}

struct Plan {
    /// Epoch milliseconds, by the server's clock.
    at: u64,
    /// The same on the monotonic clock, which stands still while the device sleeps, but is never set: whichever comes first.
    mono: u64,
    way: Way,
    /// Counted from 1.
    attempt: u32,
}

struct Run {
    way: Way,
    attempt: u32,
    stage: Stage,
}

enum Stage {
    /// Waiting until no other tab renews.
    Lock { request: RequestId, due: u64 },
    /// The provider is asked.
    Provider { request: RequestId, due: u64 },
    /// The proof for the token's server is being signed.
    Proof { request: RequestId, nonced: bool },
    /// The token's server is asked.
    Http { request: RequestId, nonced: bool },
}

/// What came into force.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Renewed {
    /// A token: the live session must be told.
    Token,
    /// Resume state: for the next connect.
    State(String),
}

pub(crate) struct Credentials {
    token: String,
    serial: u32,
    /// When a credential was last asked for, by the server's clock.
    asked: u64,
    /// The token before.
    replaced: String,
    /// Epoch milliseconds, as the provider said.
    claimed: Option<u64>,
    /// Epoch milliseconds, as the server said of this token; goes before what the provider said.
    told: Option<u64>,
    /// The token is bound to our key.
    bound: bool,
    /// Origin of the token's server, and whether that is one of ours.
    api: String,
    ours: bool,
    /// Whose it is; empty before the server has said so.
    owner: String,
    scope: Vec<String>,
    /// Thumbprint of the key that proofs can be signed with; empty: there is none.
    fingerprint: String,
    has_provider: bool,
    can_refresh: bool,
    /// The provider's `refresh()` has rejected.
    stopped: bool,
    /// The token's server has refused the client-bound way for good.
    refused: bool,
    rest_ms: u64,
    /// Monotonic.
    rest_until: u64,
    /// Says it has expired, though it has just been issued: a clock is wrong, and only the server can tell.
    /// Holds until the clocks jump again, and no longer than this (monotonic).
    doubtful: Option<(u64, u64)>,
    /// Such credentials in a row.
    stillborn: u32,
    /// The device has a network.
    online: bool,
    plan: Option<Plan>,
    run: Option<Run>,
    /// A provider's request that was given up.
    late: Option<RequestId>,
    /// The lock that we hold.
    held: Option<RequestId>,
    /// Between disconnect and connect nothing is renewed.
    paused: bool,
    told_no_way: bool,
}

impl Credentials {
    pub(crate) fn new(config: &EngineConfig) -> Self {
        Self {
            token: String::new(),
            serial: 0,
            asked: 0,
            replaced: String::new(),
            claimed: None,
            told: None,
            bound: false,
            api: String::new(),
            ours: false,
            owner: String::new(),
            scope: Vec::new(),
            fingerprint: config.fingerprint.clone(),
            has_provider: config.has_provider,
            can_refresh: config.can_refresh,
            stopped: false,
            refused: false,
            rest_ms: 0,
            rest_until: 0,
            doubtful: None,
            stillborn: 0,
            online: true,
            plan: None,
            run: None,
            late: None,
            held: None,
            paused: false,
            told_no_way: false,
        }
    }

    /// Grows with every token that comes into force.
    pub(crate) fn serial(&self) -> u32 {
        self.serial
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Requests over HTTP carry a proof: a bound token, and a server known to look at it.
    pub(crate) fn proves_requests(&self) -> bool {
        self.bound && self.ours && !self.fingerprint.is_empty()
    }

    fn expiry(&self) -> Option<u64> {
        self.told.or(self.claimed)
    }

    /// The token is known to be dead.
    pub(crate) fn is_dead(&self, ctx: &Context) -> bool {
        let doubts = |(jumps, until)| jumps == ctx.jumps() && ctx.now.mono_ms < until;
        let doubtful = self.doubtful.is_some_and(doubts);
        !doubtful && self.expiry().is_some_and(|at| at <= ctx.server_now())
    }

    /// Whether a dead token can be replaced without the application.
    pub(crate) fn can_renew(&self) -> bool {
        self.provider_usable() || self.anew_usable() || self.run.is_some()
    }

    /// What the key renews, and died before it could, is replaced as it came.
    fn anew_usable(&self) -> bool {
        self.has_provider && (self.bound || self.bound_usable())
    }

    fn provider_usable(&self) -> bool {
        self.can_refresh && !self.stopped && self.claimed.is_some()
    }

    fn bound_usable(&self) -> bool {
        let scoped = self.scope.iter().any(|scope| scope == REFRESH_SCOPE);
        scoped && !self.fingerprint.is_empty() && !self.refused && !self.owner.is_empty()
    }

    // What comes into force.

    /// A first credential, from the provider or kept from an earlier page.
    pub(crate) fn begin(
        &mut self,
        ctx: &mut Context,
        credential: &Credential,
        api: &str,
        ours: bool,
    ) {
        api.clone_into(&mut self.api);
        self.ours = ours;
        self.paused = false;
        self.stopped = false;
        self.refused = false;
        self.rest_ms = 0;
        self.rest_until = 0;
        self.asked = ctx.server_now();
        self.put(ctx, credential);
    }

    fn put(&mut self, ctx: &mut Context, credential: &Credential) {
        if let Some(token) = &credential.token {
            self.replaced = std::mem::replace(&mut self.token, token.clone());
            self.serial += 1;
            self.told = None;
            self.bound = credential.bound;
            // What was refused to one token may be granted to the next.
            self.refused &= credential.bound;
        }
        self.claimed = credential.expiry_at;
        self.doubtful = None;
        let by_our_clock = credential.expiry_at.is_some_and(|at| at > ctx.now.wall_ms);
        // Issued just now, unless the device slept while it was on its way; then it may well be dead.
        let issued_now = ctx.server_now() < self.asked + ON_ITS_WAY_MS;
        let doubt = by_our_clock || (issued_now && !ctx.clock.is_known());
        let stillborn = !credential.bound && doubt && self.is_dead(ctx);
        self.doubtful = stillborn.then_some((ctx.jumps(), ctx.now.mono_ms + DOUBT_MS));
        self.stillborn = if stillborn { self.stillborn + 1 } else { 0 };
        self.run = None;
        self.told_no_way = false;
        ctx.out
            .push_back(Output::KeepCredential(credential.clone()));
        self.arm(ctx);
        self.tell(ctx);
    }

    /// What the server says of a token: whose it is, what it may, and, if it is the one in force, until when it lasts.
    pub(crate) fn learn(&mut self, ctx: &mut Context, owner: &str, claims: &Value, serial: u32) {
        if !owner.is_empty() {
            owner.clone_into(&mut self.owner);
        }
        if json::get(claims, "scope").is_some() {
            let scope = json::array_of(claims, "scope").iter();
            let mut scope: Vec<String> =
                scope.filter_map(json::as_str).map(str::to_owned).collect();
            scope.sort_unstable();
            let first = self.scope.is_empty();
            self.scope = scope;
            let scoped = self.scope.iter().any(|scope| scope == REFRESH_SCOPE);
            if first && scoped && self.fingerprint.is_empty() && self.provider_usable() {
                self.say_fallback(ctx, "no-dpop-support");
            }
        }
        let told = json::int_of(claims, "expires_at").and_then(|at| u64::try_from(at).ok());
        if let Some(seconds) = told
            && serial == self.serial
        {
            self.told = Some(seconds.saturating_mul(1000));
            self.doubtful = None;
            self.stillborn = 0;
        }
        let jkt = json::at(claims, &["cnf", "jkt"]).and_then(json::as_str);
        if serial == self.serial && jkt.is_some_and(|jkt| jkt == self.fingerprint) {
            // Born so: the application's backend was told the fingerprint.
            self.bound = true;
        }
        if self.run.is_none() && self.plan.as_ref().is_none_or(|plan| plan.attempt == 1) {
            self.arm(ctx);
        }
        self.say_if_nothing_renews(ctx);
        self.tell(ctx);
    }

    /// Plans the next renewal.
    fn arm(&mut self, ctx: &mut Context) {
        self.plan = None;
        if self.paused {
            return;
        }
        let now = ctx.server_now();
        let expiry = self.expiry();
        let mut bound_at = None;
        if self.bound_usable() {
            bound_at = match expiry.filter(|_| self.bound) {
                Some(at) => Some(schedule::renewal_at(
                    &mut ctx.random,
                    now,
                    at,
                    BOUND_LEAD_MS,
                )),
                None => Some(now),
            };
            let rest = self.rest_until.saturating_sub(ctx.now.mono_ms);
            bound_at = bound_at.map(|at| at.max(now + rest));
        }
        let provider_at = expiry.filter(|_| self.provider_usable());
        let provider_at =
            provider_at.map(|at| schedule::renewal_at(&mut ctx.random, now, at, PROVIDER_LEAD_MS));
        let (at, way) = match (bound_at, provider_at) {
            // While it rests, the provider may be due before it.
            (Some(bound), Some(provider))
                if self.rest_until > ctx.now.mono_ms && provider < bound =>
            {
                (provider, Way::Provider)
            }
            (Some(bound), _) => (bound, Way::ClientBound),
            (None, Some(provider)) => (provider, Way::Provider),
            (None, None) => return,
        };
        let attempt = 1;
        let at = match self.stillborn {
            0 => at,
            many => at.max(now + schedule::wait_after(&mut ctx.random, many)),
        };
        self.plan = Some(Plan::at(ctx, at, way, attempt));
    }

    /// The device has a network, or none. Without one no provider is asked: it could only reject, and that is final.
    pub(crate) fn network(&mut self, online: bool) {
        self.online = online;
    }

    fn may_start(&self, plan: &Plan) -> bool {
        self.online || plan.way == Way::ClientBound
    }

    /// A dead token is replaced now, whatever was planned.
    pub(crate) fn renew_now(&mut self, ctx: &mut Context) {
        if self.run.is_some() || self.paused {
            return;
        }
        let way = if self.provider_usable() {
            Way::Provider
        } else if self.anew_usable() {
            Way::Anew
        } else {
            return;
        };
        // An attempt that waits for its time goes on waiting: this is asked with every input.
        if self
            .plan
            .as_ref()
            .is_some_and(|plan| plan.way == way && plan.attempt > 1)
        {
            return;
        }
        if self.bound {
            self.say_fallback(ctx, "endpoint-failed");
        }
        let at = ctx.server_now();
        self.plan = Some(Plan::at(ctx, at, way, 1));
        self.look(ctx);
    }

    /// Nothing is renewed until [`Self::resume`]; what is under way is forgotten.
    pub(crate) fn pause(&mut self, ctx: &mut Context) {
        self.paused = true;
        self.plan = None;
        self.run = None;
        self.unlock(ctx, None);
    }

    pub(crate) fn resume(&mut self, ctx: &mut Context) {
        if std::mem::take(&mut self.paused) {
            self.arm(ctx);
            self.tell(ctx);
        }
    }

    // Renewing.

    /// Begins a renewal that is due.
    pub(crate) fn look(&mut self, ctx: &mut Context) {
        if self.plan.is_none()
            && self.run.is_none()
            && self.expiry().is_some()
            && !self.is_dead(ctx)
        {
            // What was given up for dead by a clock that was wrong is renewed after all.
            self.arm(ctx);
            if self.plan.is_some() {
                self.tell(ctx);
            }
        }
        if let Some(Run {
            way,
            attempt,
            stage: Stage::Lock { due, .. },
        }) = self.run
            && due <= ctx.now.mono_ms
        {
            self.start(ctx, way, attempt);
        }
        if let Some(Run {
            way,
            attempt,
            stage: Stage::Provider { request, due },
        }) = self.run
            && due <= ctx.now.mono_ms
        {
            self.late = Some(request);
            let error =
                EngineError::new("TimeoutError", "the provider did not answer in two minutes");
            self.rejected(ctx, way, attempt, error);
        }
        let due = |plan: &Plan| plan.is_due(ctx) && plan.way == Way::ClientBound;
        let bound = self.plan.as_ref().is_some_and(due);
        if bound && self.run.is_none() && self.is_dead(ctx) {
            self.too_late(ctx);
        }
        let is_due = |plan: &Plan| plan.is_due(ctx) && self.may_start(plan);
        let due = self.run.is_none() && self.plan.as_ref().is_some_and(is_due);
        if let Some(plan) = self.plan.take_if(|_| due) {
            let request = ctx.request_id();
            let due = ctx.now.mono_ms + LOCK_MS;
            self.run = Some(Run {
                way: plan.way,
                attempt: plan.attempt,
                stage: Stage::Lock { request, due },
            });
            let name = self.shared_name();
            ctx.out.push_back(Output::Lock { request, name });
        }
    }

    /// A dead token does not ask for its successor: the provider does, or nobody until the session needs one.
    fn too_late(&mut self, ctx: &mut Context) {
        self.plan = None;
        self.ended(ctx);
        if self.provider_usable() {
            self.say_fallback(ctx, "endpoint-failed");
            let now = ctx.server_now();
            self.plan = Some(Plan::at(ctx, now, Way::Provider, 1));
        }
        self.say_if_nothing_renews(ctx);
        self.tell(ctx);
    }

    /// No other tab renews.
    pub(crate) fn locked(&mut self, ctx: &mut Context, request: RequestId) {
        let (way, attempt) = match &self.run {
            Some(Run {
                way,
                attempt,
                stage: Stage::Lock { request: ours, .. },
            }) if *ours == request => (*way, *attempt),
            _ => {
                // Not waited for any longer.
                let share = None;
                ctx.out.push_back(Output::Unlock { request, share });
                return;
            }
        };
        self.held = Some(request);
        self.start(ctx, way, attempt);
    }

    /// Another tab has renewed the same credential.
    pub(crate) fn shared(&mut self, ctx: &mut Context, name: &str, text: &str) -> Option<Renewed> {
        let running = self.run.as_ref();
        let waiting = running.is_none_or(|run| matches!(run.stage, Stage::Lock { .. }));
        if !waiting || self.paused || name != self.shared_name() {
            return None;
        }
        self.adopt(ctx, name, text)
    }

    /// When to look next, on the monotonic clock.
    pub(crate) fn deadline(&self, ctx: &Context) -> Option<u64> {
        if let Some(Run {
            stage: Stage::Lock { due, .. } | Stage::Provider { due, .. },
            ..
        }) = self.run
        {
            return Some(due);
        }
        let plan = self.plan.as_ref();
        let plan = plan.filter(|plan| self.run.is_none() && self.may_start(plan))?;
        let wait = plan.at.saturating_sub(ctx.server_now());
        Some(plan.mono.min(ctx.now.mono_ms + wait))
    }
}

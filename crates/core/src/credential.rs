//! The credential in force: until when it lasts, and what renews it.
//!
//! Deadlines are facts of the wall clock, looked at with every input, not timers that run: after sleep, throttling
//! or a clock step the next look finds them as they are. The server's clock counts where it is known.

use crate::context::Context;
use crate::input::{Credential, RequestId};
use crate::json;
use crate::output::{EngineError, Event, Output};
use miniserde::json::Value;

/// Shortest lead before expiry (wire-protocol.md 4.4): what the official client leaves itself.
const LEAD_MIN_MS: u64 = 5_000;
/// Longest lead.
const LEAD_MAX_MS: u64 = 120_000;
/// The lead is this share of the life, as long as the limits allow: early enough to fail and try again.
const LEAD_SHARE: u64 = 5;
/// Soonest refresh after a credential came into force.
const SOONEST_MS: u64 = 1_000;

#[derive(Default)]
pub(crate) struct CredentialInForce {
    pub(crate) token: String,
    /// Epoch milliseconds, by the server's clock.
    expiry_at: Option<u64>,
    /// Epoch milliseconds, by the server's clock; `None` when nothing is armed.
    refresh_at: Option<u64>,
    refreshing: Option<RequestId>,
    /// Server's clock less ours.
    offset_ms: i64,
}

/// What a refresh brought.
pub(crate) enum Refreshed {
    /// A new token is in force; the live session must be told.
    Renewed,
    /// Nothing changed.
    Kept,
}

impl CredentialInForce {
    /// Learns the server's time, epoch milliseconds, from a response that has just arrived.
    pub(crate) fn learn_time(&mut self, ctx: &Context, server_ms: u64) {
        self.offset_ms = server_ms as i64 - ctx.now.wall_ms as i64;
    }

    fn server_now(&self, ctx: &Context) -> u64 {
        ctx.now.wall_ms.saturating_add_signed(self.offset_ms)
    }

    pub(crate) fn is_expired(&self, ctx: &Context) -> bool {
        self.expiry_at.is_some_and(|at| at <= self.server_now(ctx))
    }

    /// Puts a credential in force and arms its renewal.
    pub(crate) fn put(&mut self, ctx: &mut Context, credential: &Credential, can_refresh: bool) {
        if let Some(token) = &credential.token {
            self.token.clone_from(token);
        }
        self.expiry_at = credential.expiry_at;
        self.refreshing = None;
        let now = self.server_now(ctx);
        self.refresh_at = credential.expiry_at.filter(|_| can_refresh).map(|expiry| {
            let life = expiry.saturating_sub(now);
            let lead = (life / LEAD_SHARE).clamp(LEAD_MIN_MS, LEAD_MAX_MS);
            // Tabs and devices that began together do not all come back together.
            let lead = lead + (lead - ctx.random.half_to_full(lead)) / 2;
            expiry.saturating_sub(lead).max(now + SOONEST_MS)
        });
        if let (Some(expiry), false) = (credential.expiry_at, can_refresh) {
            ctx.event(Event::Warning(json::object([
                ("code", json::text("credential_no_refresh_handler")),
                ("source", json::text("CredentialProvider")),
                ("message", json::text("the session ends when its credential expires: the provider cannot refresh it")),
                ("expiresAt", json::number(expiry)),
            ])));
        }
        self.tell(ctx);
    }

    /// Begins a refresh that is due.
    pub(crate) fn look(&mut self, ctx: &mut Context) {
        let due = self.refresh_at.is_some_and(|at| at <= self.server_now(ctx));
        if due && self.refreshing.is_none() {
            let request = ctx.request_id();
            self.refreshing = Some(request);
            self.refresh_at = None;
            ctx.out.push_back(Output::Refresh { request });
        }
    }

    /// The provider answered a refresh; `None` when the answer belongs to no refresh.
    pub(crate) fn refreshed(
        &mut self,
        ctx: &mut Context,
        request: RequestId,
        result: Result<Credential, EngineError>,
    ) -> Option<Refreshed> {
        if self.refreshing != Some(request) {
            return None;
        }
        self.refreshing = None;
        let failure = match result {
            Ok(credential) if credential.token.is_some() => {
                self.put(ctx, &credential, true);
                return Some(Refreshed::Renewed);
            }
            Ok(_) => EngineError::new("Error", "the provider returned no token"),
            Err(failure) => failure,
        };
        // The contract: the schedule stops, the session goes on with what it has until that expires.
        ctx.error(
            EngineError::new("TokenRefreshError", "the credential could not be refreshed")
                .because(failure),
        );
        ctx.event(Event::Warning(json::object([
            ("code", json::text("credential_refresh_stopped")),
            ("source", json::text("CredentialProvider")),
            (
                "message",
                json::text("refreshing stopped; the session goes on until its credential expires"),
            ),
            (
                "expiresAt",
                self.expiry_at.map_or(Value::Null, json::number),
            ),
        ])));
        self.tell(ctx);
        Some(Refreshed::Kept)
    }

    /// When to look next, on the monotonic clock.
    pub(crate) fn deadline(&self, ctx: &Context) -> Option<u64> {
        let wait = self.refresh_at?.saturating_sub(self.server_now(ctx));
        Some(ctx.now.mono_ms + wait)
    }

    fn tell(&self, ctx: &mut Context) {
        let renewal = if self.refresh_at.is_some() {
            "provider"
        } else {
            "none"
        };
        ctx.event(Event::Credential(json::object([
            (
                "expiresAt",
                self.expiry_at.map_or(Value::Null, json::number),
            ),
            ("renewal", json::text(renewal)),
            (
                "nextAttemptAt",
                self.refresh_at.map_or(Value::Null, json::number),
            ),
        ])));
    }
}

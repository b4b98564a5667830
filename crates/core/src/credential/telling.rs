//! What the application is told of its credential.

use miniserde::json::Value;

use super::{Credentials, Way};
use crate::context::Context;
use crate::json;
use crate::output::Event;

impl Credentials {
    pub(super) fn say_fallback(&self, ctx: &mut Context, reason: &str) {
        ctx.event(Event::Warning(json::object([
            ("code", json::text("credential_refresh_fallback")),
            ("source", json::text("CredentialProvider")),
            ("reason", json::text(reason)),
            (
                "message",
                json::text(
                    "the key-bound refresh is not to be had; the provider renews the credential",
                ),
            ),
        ])));
    }

    /// Once for each credential: when the session will end.
    pub(super) fn say_if_nothing_renews(&mut self, ctx: &mut Context) {
        let Some(expiry) = self.expiry() else { return };
        let renewed = self.plan.is_some() || self.run.is_some() || self.paused;
        if renewed || self.owner.is_empty() || std::mem::replace(&mut self.told_no_way, true) {
            return;
        }
        let (code, message) = if self.stopped || self.refused {
            (
                "credential_refresh_stopped",
                "refreshing stopped; the session goes on until its credential expires",
            )
        } else {
            (
                "credential_no_refresh_handler",
                "the session ends when its credential expires: the provider cannot refresh it",
            )
        };
        ctx.event(Event::Warning(json::object([
            ("code", json::text(code)),
            ("source", json::text("CredentialProvider")),
            ("message", json::text(message)),
            ("expiresAt", json::number(expiry)),
        ])));
    }

    pub(super) fn tell(&self, ctx: &mut Context) {
        let way = self.run.as_ref().map(|run| run.way);
        let renewal = match way.or(self.plan.as_ref().map(|plan| plan.way)) {
            Some(Way::ClientBound) => "client-bound",
            Some(Way::Provider | Way::Anew) => "provider",
            None => "none",
        };
        let at = |at: Option<u64>| at.map_or(Value::Null, json::number);
        ctx.event(Event::Credential(json::whole_object([
            ("expiresAt", at(self.expiry())),
            ("renewal", json::text(renewal)),
            ("nextAttemptAt", at(self.plan.as_ref().map(|plan| plan.at))),
            ("bound", Value::Bool(self.bound)),
        ])));
    }
}

//! One renewal for all tabs: who renews leaves the result to the others that hold the same credential.

use miniserde::json::Value;

use super::{Credentials, Renewed};
use crate::context::Context;
use crate::input::Credential;
use crate::json;

/// A credential must last that much longer than ours to be worth taking.
const LATER_MS: u64 = 1_000;

impl Credentials {
    /// The same for those, and only those, who could use each other's tokens: same server, same user, same scope, same key.
    pub(super) fn shared_name(&self) -> String {
        let scope = self.scope.join(" ");
        [&*self.api, &*self.owner, &*scope, &*self.fingerprint].join("|")
    }

    /// What the others are given.
    pub(super) fn share(&self, credential: &Credential) -> Option<String> {
        let (token, expiry) = (credential.token.as_deref()?, credential.expiry_at?);
        if self.owner.is_empty() {
            return None;
        }
        Some(json::write(&json::object([
            ("token", json::text(token)),
            ("expiresAt", json::number(expiry)),
            ("bound", Value::Bool(credential.bound)),
        ])))
    }

    /// Takes what another tab has just left, if it is better than what is in force.
    pub(super) fn adopt(&mut self, ctx: &mut Context, name: &str, text: &str) -> Option<Renewed> {
        let value = json::parse(text)?;
        let positive =
            |name| json::int_of(&value, name).and_then(|number| u64::try_from(number).ok());
        let token = json::str_of(&value, "token")?;
        let expiry = positive("expiresAt")?;
        let bound = json::bool_of(&value, "bound")?;
        let ours = self.expiry()?;
        // A bound token is not given up for one that anybody could use.
        let weaker = self.bound && !bound;
        if self.owner.is_empty()
            || name != self.shared_name()
            || weaker
            || token == self.token
            || token == self.replaced
            || expiry <= ctx.server_now()
            || expiry < ours + LATER_MS
        {
            return None;
        }
        let credential = Credential {
            token: Some(token.to_owned()),
            authorization_state: None,
            expiry_at: Some(expiry),
            bound,
        };
        self.put(ctx, &credential);
        self.unlock(ctx, None);
        Some(Renewed::Token)
    }
}

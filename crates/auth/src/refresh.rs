//! Refresh tokens: a chain in which each one is used once and gives the next (wire-protocol.md 2.4.2).
//!
//! The token names its family and its place in it; the store knows the place that is in force. What comes out
//! of a place that has passed is for the store to judge.

use serde::{Deserialize, Serialize};

use crate::error::TokenError;
use crate::keys::KeyRing;
use crate::sat::SatClaims;

const TYP: &str = "Refresh";

/// Which endpoint made a refresh token, and so which one takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RefreshUse {
    /// Made for a backend; good only together with the project's API token.
    Backend,
    /// Made by a sign-in with a password; good by itself.
    SignIn,
}

/// What a refresh token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshClaims {
    /// The chain it belongs to.
    #[serde(rename = "fam")]
    pub family: String,
    /// Its place in the chain, from 0.
    #[serde(rename = "gen")]
    pub generation: u64,
    /// Who may use it where.
    #[serde(rename = "use")]
    pub used_by: RefreshUse,
    /// The access token it was given with: the next one says the same, with a new id and a new life.
    #[serde(rename = "sat")]
    pub claims: SatClaims,
    /// Seconds since 1970.
    #[serde(rename = "exp")]
    pub expires_at: u64,
}

impl KeyRing {
    /// Makes a refresh token.
    pub fn seal_refresh(&self, claims: &RefreshClaims) -> String {
        self.seal(TYP, claims, |_| {})
    }

    /// Opens a refresh token that is alive at `now_s`.
    ///
    /// # Errors
    /// When it is malformed, of another kind, made by an unknown key, altered or expired.
    pub fn open_refresh(&self, token: &str, now_s: u64) -> Result<RefreshClaims, TokenError> {
        let claims: RefreshClaims = self.open_token(TYP, token)?;
        if now_s < claims.expires_at {
            Ok(claims)
        } else {
            Err(TokenError::Expired {
                expired_at: claims.expires_at,
            })
        }
    }
}

//! Authorization states: what a client shows to take its session up again (wire-protocol.md 3.7, 3.10).

use offhook_proto::limits;
use serde::{Deserialize, Serialize};

use crate::error::TokenError;
use crate::keys::KeyRing;
use crate::sat::SatClaims;

const TYP: &str = "AS";

/// The server's word that a session was authorised. Whether that session can still be resumed is for whoever
/// keeps sessions to say: this record only proves that the holder had it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResumeState {
    /// The protocol string of the session.
    pub protocol: String,
    /// The server's name of the session.
    pub session_id: String,
    /// The claims in force when it was written.
    pub claims: SatClaims,
    /// Seconds since 1970.
    pub issued_at: u64,
}

impl KeyRing {
    /// Makes an authorization state.
    pub fn seal_resume(&self, state: &ResumeState) -> String {
        self.seal(TYP, state, |_| {})
    }

    /// Opens an authorization state that is at most [`limits::SAT_TTL_MAX_S`] old.
    ///
    /// The access token inside may have expired: the state stands in for it (wire-protocol.md 3.7).
    ///
    /// # Errors
    /// When it is malformed, of another kind, made by an unknown key, altered or too old.
    pub fn open_resume(&self, token: &str, now_s: u64) -> Result<ResumeState, TokenError> {
        let state: ResumeState = self.open_token(TYP, token)?;
        let expired_at = state.issued_at.saturating_add(limits::SAT_TTL_MAX_S);
        if now_s < expired_at {
            Ok(state)
        } else {
            Err(TokenError::Expired { expired_at })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sat::{Issuer, SatKind};

    fn state() -> ResumeState {
        let claims = SatClaims {
            jti: "j".into(),
            project_id: "p".into(),
            subscriber_id: "s".into(),
            kind: SatKind::Subscriber,
            scope: vec!["sat:refresh".into()],
            cnf_jkt: Some("k".into()),
            issued_at: 1_000,
            expires_at: 1_060,
            allowed: None,
            resource_id: None,
            display_name: Some("Alice".into()),
        };
        ResumeState {
            protocol: "signalwire_x".into(),
            session_id: "1".into(),
            claims,
            issued_at: 1_010,
        }
    }

    #[test]
    fn outlives_the_token_it_was_made_from() {
        let ring = KeyRing::ephemeral();
        let token = ring.seal_resume(&state());
        assert_eq!(ring.open_resume(&token, 5_000), Ok(state()));
        assert!(matches!(
            ring.open_resume(&token, 1_010 + limits::SAT_TTL_MAX_S),
            Err(TokenError::Expired { .. })
        ));
    }

    #[test]
    fn is_no_access_token_and_no_access_token_is_one() {
        let ring = KeyRing::ephemeral();
        let sat = ring.seal_sat(&state().claims, &Issuer::default());
        assert_eq!(
            ring.open_resume(&sat, 0),
            Err(TokenError::WrongType { expected: "AS" })
        );
        assert_eq!(
            ring.open_sat(&ring.seal_resume(&state()), 0),
            Err(TokenError::WrongType { expected: "SAT" })
        );
    }
}

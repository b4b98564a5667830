//! Access tokens (SAT): who is speaking, what they may reach, and until when.

use offhook_proto::limits;
use serde::{Deserialize, Serialize};

use crate::error::{ProofError, TokenError};
use crate::keys::KeyRing;

const TYP: &str = "SAT";

/// The scope that lets the holder refresh the token by itself (wire-protocol.md 2.3).
pub const SCOPE_REFRESH: &str = "sat:refresh";
/// Makes its holder a moderator of the rooms it comes into.
pub const SCOPE_MODERATE: &str = "room:moderate";

/// Who made a token for whom (wire-protocol.md 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SatKind {
    /// A subscriber of the project; reaches what the project has, and can be called.
    Subscriber,
    /// Nobody in particular, for a few listed addresses.
    Guest,
    /// Nobody in particular, invited by a subscriber to one address.
    Invite,
    /// A page's visitor, in exchange for a public embed token; pinned to one destination.
    Embed,
}

impl SatKind {
    /// The name used in tokens, logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subscriber => "subscriber",
            Self::Guest => "guest",
            Self::Invite => "invite",
            Self::Embed => "embed",
        }
    }
}

/// What an access token says. Only this server reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SatClaims {
    /// Names this one token.
    pub jti: String,
    /// The project everything happens in.
    #[serde(rename = "prj")]
    pub project_id: String,
    /// The subscriber; for other kinds a random id that is stable for the token.
    #[serde(rename = "sub")]
    pub subscriber_id: String,
    /// Who made it for whom.
    #[serde(rename = "knd")]
    pub kind: SatKind,
    /// What it may do beyond the ordinary, such as [`SCOPE_REFRESH`].
    #[serde(rename = "scp", default, skip_serializing_if = "Vec::is_empty")]
    pub scope: Vec<String>,
    /// Thumbprint of the key it is bound to (RFC 9449, section 6); 43 characters.
    #[serde(rename = "jkt", default, skip_serializing_if = "Option::is_none")]
    pub cnf_jkt: Option<String>,
    /// Seconds since 1970.
    #[serde(rename = "iat")]
    pub issued_at: u64,
    /// Seconds since 1970; the token is dead from that second on.
    #[serde(rename = "exp")]
    pub expires_at: u64,
    /// Ids of the addresses it reaches; `None` is everything in the project.
    #[serde(rename = "adr", default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Vec<String>>,
    /// The click-to-call resource it was exchanged for; of an invite, the subscriber who invited.
    #[serde(rename = "res", default, skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    /// Shown to the other party; for subscribers the store knows better.
    #[serde(rename = "nam", default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}

impl SatClaims {
    /// Whether the token is still alive.
    ///
    /// # Errors
    /// [`TokenError::Expired`] from the second of `expires_at` on.
    pub fn check_life(&self, now_s: u64) -> Result<(), TokenError> {
        if now_s < self.expires_at {
            Ok(())
        } else {
            Err(TokenError::Expired {
                expired_at: self.expires_at,
            })
        }
    }

    /// Whether the token reaches the address with this id.
    pub fn reaches(&self, address_id: &str) -> bool {
        self.allowed
            .as_ref()
            .is_none_or(|allowed| allowed.iter().any(|id| id == address_id))
    }

    /// Whether the token was made with this scope.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scope.iter().any(|held| held == scope)
    }

    /// Enforces the binding: a bound token needs a proof by its key; for an unbound one any proof, or none, will
    /// do (wire-protocol.md 2.5). `proven_jkt` is the key of a proof that has been verified.
    ///
    /// # Errors
    /// [`ProofError::Missing`] or [`ProofError::OtherKey`].
    pub fn check_binding(&self, proven_jkt: Option<&str>) -> Result<(), ProofError> {
        match (self.cnf_jkt.as_deref(), proven_jkt) {
            (None, _) => Ok(()),
            (Some(_), None) => Err(ProofError::Missing),
            (Some(bound), Some(proven)) if bound == proven => Ok(()),
            (Some(_), Some(_)) => Err(ProofError::OtherKey),
        }
    }
}

/// Where a token sends its holder; readable by the client, in the protected header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Issuer {
    /// `host:port` of the relay. The official client connects to `wss://{ch}` and takes `https://fabric.` and what
    /// follows the first dot as the API (wire-protocol.md 1.1).
    pub ch: Option<String>,
    /// Our own origin, scheme and port included; our client prefers it.
    pub iss: Option<String>,
}

impl KeyRing {
    /// Makes an access token.
    pub fn seal_sat(&self, claims: &SatClaims, issuer: &Issuer) -> String {
        self.seal(TYP, claims, |header| {
            header.ch.clone_from(&issuer.ch);
            header.iss.clone_from(&issuer.iss);
        })
    }

    /// Opens an access token that is alive at `now_s`.
    ///
    /// # Errors
    /// When it is malformed, of another kind, made by an unknown key, altered or expired.
    pub fn open_sat(&self, token: &str, now_s: u64) -> Result<SatClaims, TokenError> {
        let claims = self.open_sat_whatever_its_age(token)?;
        claims.check_life(now_s)?;
        Ok(claims)
    }

    /// Opens an access token even if it has expired, as a resume needs it, where the authorization state vouches
    /// and the token only says which session is meant (wire-protocol.md 3.7).
    ///
    /// # Errors
    /// When it is malformed, of another kind, made by an unknown key or altered.
    pub fn open_sat_whatever_its_age(&self, token: &str) -> Result<SatClaims, TokenError> {
        self.open_token(TYP, token)
    }
}

/// The end of a token's life: what was asked for, within the limit; without a wish the default.
///
/// `issued_at` and the result are seconds since 1970. A token that may refresh itself and is bound to no key yet lives
/// [`limits::UNBOUND_REFRESH_TTL_S`] at most (wire-protocol.md 2.3).
pub fn expiry(issued_at: u64, wished: Option<u64>, scope: &[String], bound: bool) -> u64 {
    let longest = if !bound && scope.iter().any(|scope| scope == SCOPE_REFRESH) {
        limits::UNBOUND_REFRESH_TTL_S
    } else {
        limits::SAT_TTL_MAX_S
    };
    wished
        .unwrap_or(issued_at + limits::SAT_TTL_S)
        .min(issued_at + longest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn claims() -> SatClaims {
        SatClaims {
            jti: "j".into(),
            project_id: "p".into(),
            subscriber_id: "s".into(),
            kind: SatKind::Guest,
            scope: vec![],
            cnf_jkt: None,
            issued_at: 1_000,
            expires_at: 2_000,
            allowed: Some(vec!["a".into()]),
            resource_id: None,
            display_name: None,
        }
    }

    #[test]
    fn opens_what_it_sealed_until_it_expires() {
        let ring = KeyRing::ephemeral();
        let token = ring.seal_sat(&claims(), &Issuer::default());
        assert_eq!(ring.open_sat(&token, 1_999), Ok(claims()));
        assert_eq!(
            ring.open_sat(&token, 2_000),
            Err(TokenError::Expired { expired_at: 2_000 })
        );
        assert_eq!(ring.open_sat_whatever_its_age(&token), Ok(claims()));
    }

    #[test]
    fn the_header_tells_the_client_where_to_go() {
        let issuer = Issuer {
            ch: Some("puc.example.test:8743".into()),
            iss: Some("http://localhost:8787".into()),
        };
        let ring = KeyRing::ephemeral();
        let token = ring.seal_sat(&claims(), &issuer);
        let header = crate::encoding::from_base64url(token.split('.').next().unwrap()).unwrap();
        let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
        assert_eq!(
            header,
            serde_json::json!({"alg": "dir", "enc": "A256GCM", "typ": "SAT", "kid": ring.current_kid(),
                "ch": "puc.example.test:8743", "iss": "http://localhost:8787"})
        );
    }

    #[test]
    fn another_server_s_token_is_refused() {
        let token = KeyRing::ephemeral().seal_sat(&claims(), &Issuer::default());
        assert_eq!(
            KeyRing::ephemeral().open_sat(&token, 0),
            Err(TokenError::UnknownKey)
        );
    }

    #[test]
    fn a_header_that_sends_the_client_elsewhere_does_not_open() {
        let ring = KeyRing::ephemeral();
        let token = ring.seal_sat(&claims(), &Issuer::default());
        let (_, rest) = token.split_once('.').unwrap();
        let mut header = crate::jwe::Header::new(TYP, &ring.current_kid());
        header.ch = Some("evil.example.test".into());
        let forged = format!(
            "{}.{rest}",
            crate::encoding::base64url(&serde_json::to_vec(&header).unwrap())
        );
        assert_eq!(ring.open_sat(&forged, 0), Err(TokenError::Forged));
    }

    #[test]
    fn a_bound_token_needs_its_own_key() {
        let mut bound = claims();
        assert_eq!(bound.check_binding(Some("k")), Ok(()));
        bound.cnf_jkt = Some("k".into());
        assert_eq!(bound.check_binding(Some("k")), Ok(()));
        assert_eq!(
            bound.check_binding(Some("other")),
            Err(ProofError::OtherKey)
        );
        assert_eq!(bound.check_binding(None), Err(ProofError::Missing));
    }

    #[test]
    fn lives_are_bounded() {
        let refresh = [SCOPE_REFRESH.to_owned()];
        assert_eq!(expiry(100, None, &[], false), 100 + 7_200);
        assert_eq!(expiry(100, Some(130), &[], false), 130);
        assert_eq!(
            expiry(100, Some(u64::MAX), &[], false),
            100 + limits::SAT_TTL_MAX_S
        );
        assert_eq!(expiry(100, Some(5_000), &refresh, false), 160);
        assert_eq!(expiry(100, Some(5_000), &refresh, true), 5_000);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,300}") {
            prop_assert!(KeyRing::ephemeral().open_sat(&text, 0).is_err());
        }

        #[test]
        fn no_segments_make_the_parser_panic(segments in prop::collection::vec("[A-Za-z0-9_-]{0,40}", 0..8)) {
            prop_assert!(KeyRing::ephemeral().open_sat(&segments.join("."), 0).is_err());
        }

        #[test]
        fn a_tampered_token_never_opens(position in any::<prop::sample::Index>(), letter in "[A-Za-z0-9_.-]") {
            let ring = KeyRing::ephemeral();
            let token = ring.seal_sat(&claims(), &Issuer::default());
            let at = position.index(token.len());
            let mut altered = token.clone();
            altered.replace_range(at..=at, &letter);
            prop_assume!(altered != token);
            prop_assert!(ring.open_sat(&altered, 0).is_err());
        }

        #[test]
        fn a_truncated_or_lengthened_token_never_opens(cut in any::<prop::sample::Index>(), extra in "[A-Za-z0-9_.-]{1,4}") {
            let ring = KeyRing::ephemeral();
            let token = ring.seal_sat(&claims(), &Issuer::default());
            prop_assert!(ring.open_sat(&token[..cut.index(token.len())], 0).is_err());
            let lengthened = format!("{token}{extra}");
            prop_assert!(ring.open_sat(&lengthened, 0).is_err());
        }
    }
}

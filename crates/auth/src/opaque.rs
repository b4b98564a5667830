//! Random tokens that mean nothing by themselves: the store knows them by their SHA-256.
//!
//! They carry at least 128 random bits, so a plain hash is enough: there is nothing to guess, and a copy of the
//! database opens no door.

use std::fmt;

use subtle::ConstantTimeEq as _;

use crate::encoding::{base64url, from_base64url, hex, random, sha256};
use crate::secret::Secret;

/// What the store keeps of a random token.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Hashes what a caller presented.
    pub fn of(presented: &str) -> Self {
        Self(sha256(presented.as_bytes()))
    }

    /// From the store; `None` when it is not 32 bytes in base64url.
    pub fn from_stored(text: &str) -> Option<Self> {
        from_base64url(text)?.try_into().ok().map(Self)
    }

    /// For the store.
    pub fn to_stored(&self) -> String {
        base64url(&self.0)
    }

    /// Compares in constant time.
    pub fn matches(&self, presented: &str) -> bool {
        self.0.ct_eq(&sha256(presented.as_bytes())).into()
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(hidden)")
    }
}

/// A public token of a click-to-call resource: `c2c_` and 32 hexadecimal digits (wire-protocol.md 2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbedToken(Secret);

impl EmbedToken {
    const PREFIX: &str = "c2c_";

    /// A new one.
    pub fn generate() -> Self {
        Self(Secret::new(format!(
            "{}{}",
            Self::PREFIX,
            hex(&random::<16>())
        )))
    }

    /// Takes what a page presented; `None` when it has not the form of an embed token, which saves a look into the
    /// store.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(Self::PREFIX)?;
        let is_hex = digits
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        (digits.len() == 32 && is_hex).then(|| Self(text.into()))
    }

    /// The token, for the page.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// What the store keeps.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(self.expose())
    }
}

/// The password of a project's management API: `PT` and 48 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectToken(Secret);

impl ProjectToken {
    /// A new one.
    pub fn generate() -> Self {
        Self(Secret::new(format!("PT{}", hex(&random::<24>()))))
    }

    /// The token, to be shown once to whoever made the project.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// What the store keeps.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(self.expose())
    }
}

/// A password for somebody who was given none: 24 hexadecimal digits, 96 bits.
pub fn random_password() -> Secret {
    Secret::new(hex(&random::<12>()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_embed_token_has_the_form_of_the_protocol() {
        let token = EmbedToken::generate();
        assert_eq!(token.expose().len(), 36);
        assert_eq!(EmbedToken::parse(token.expose()), Some(token.clone()));
        assert_ne!(EmbedToken::generate(), token);
    }

    #[test]
    fn a_hash_matches_its_own_token_only() {
        let token = ProjectToken::generate();
        let hash = TokenHash::from_stored(&token.hash().to_stored()).unwrap();
        assert!(hash.matches(token.expose()));
        assert!(!hash.matches(ProjectToken::generate().expose()));
        assert!(!hash.matches(""));
    }

    #[test]
    fn debug_shows_nothing() {
        let token = EmbedToken::generate();
        assert!(!format!("{token:?} {:?}", token.hash()).contains(&token.expose()[4..12]));
    }

    proptest! {
        #[test]
        fn no_other_text_is_an_embed_token(text in ".{0,60}") {
            prop_assert!(EmbedToken::parse(&text).is_none());
        }
    }
}

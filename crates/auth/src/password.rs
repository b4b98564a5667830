//! Passwords of people: PBKDF2-HMAC-SHA256, its parameters beside each hash.
//!
//! Hashing takes a good part of a tenth of a second on purpose: call it where a thread may be blocked.

use std::fmt;
use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2;

use crate::encoding::{base64url, from_base64url, random};
use crate::secret::Secret;

/// OWASP's recommendation for PBKDF2-HMAC-SHA256 (Password Storage Cheat Sheet).
const ITERATIONS: NonZeroU32 = NonZeroU32::new(600_000).unwrap();
/// A stored hash that asks for more would stop the server for whoever wrote it there.
const MOST_ITERATIONS: u32 = 10_000_000;
const NAME: &str = "pbkdf2-sha256";
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

/// A password's hash as the store keeps it: `pbkdf2-sha256$iterations$salt$hash`, the last two in base64url.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Hashes a password under a new salt. Slow.
    pub fn of(password: &Secret) -> Self {
        Self::with_iterations(password, ITERATIONS)
    }

    /// From the store.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// For the store.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the password that was hashed. Slow; false for a hash that cannot be read.
    pub fn matches(&self, password: &Secret) -> bool {
        self.parts().is_some_and(|(iterations, salt, hash)| {
            let bytes = password.expose().as_bytes();
            pbkdf2::verify(pbkdf2::PBKDF2_HMAC_SHA256, iterations, &salt, bytes, &hash).is_ok()
        })
    }

    /// Takes as long as [`matches`](Self::matches) and finds nothing: for names that nobody has, so that the time
    /// of the answer does not tell them from those that somebody has.
    pub fn match_nobody(password: &Secret) {
        Self::of(password);
    }

    fn with_iterations(password: &Secret, iterations: NonZeroU32) -> Self {
        let salt: [u8; SALT_BYTES] = random();
        let mut hash = [0; HASH_BYTES];
        pbkdf2::derive(
            pbkdf2::PBKDF2_HMAC_SHA256,
            iterations,
            &salt,
            password.expose().as_bytes(),
            &mut hash,
        );
        Self(format!(
            "{NAME}${iterations}${}${}",
            base64url(&salt),
            base64url(&hash)
        ))
    }

    fn parts(&self) -> Option<(NonZeroU32, Vec<u8>, Vec<u8>)> {
        let mut parts = self.0.split('$');
        let named = parts.next()? == NAME;
        let iterations: NonZeroU32 = parts.next()?.parse().ok()?;
        let salt = from_base64url(parts.next()?)?;
        let hash = from_base64url(parts.next()?)?;
        (named
            && iterations.get() <= MOST_ITERATIONS
            && hash.len() == HASH_BYTES
            && parts.next().is_none())
        .then_some((iterations, salt, hash))
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEW: NonZeroU32 = NonZeroU32::new(10).unwrap();

    #[test]
    fn only_the_password_matches() {
        let hash = PasswordHash::with_iterations(&"correct horse".into(), FEW);
        let stored = PasswordHash::from_stored(hash.as_str().to_owned());
        assert!(stored.matches(&"correct horse".into()));
        assert!(!stored.matches(&"correct horsf".into()));
        assert!(!stored.matches(&"".into()));
    }

    #[test]
    fn equal_passwords_have_unequal_hashes() {
        assert_ne!(
            PasswordHash::with_iterations(&"a".into(), FEW),
            PasswordHash::with_iterations(&"a".into(), FEW)
        );
    }

    #[test]
    fn the_parameters_are_in_the_hash() {
        let hash = PasswordHash::of(&"a".into());
        assert!(hash.as_str().starts_with("pbkdf2-sha256$600000$"));
        assert!(hash.matches(&"a".into()));
    }

    #[test]
    fn an_unreadable_hash_matches_nothing() {
        for text in [
            "",
            "plain",
            "pbkdf2-sha256$0$AA$AA",
            "pbkdf2-sha256$99999999$AA$AA",
            "pbkdf2-sha256$10$AA$AA",
            "md5$1$AA$AA",
        ] {
            assert!(
                !PasswordHash::from_stored(text.to_owned()).matches(&"".into()),
                "{text}"
            );
        }
    }
}

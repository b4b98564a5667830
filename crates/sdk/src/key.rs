//! The client's key: what makes a stolen token worthless (RFC 9449).

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use miniserde::json::Value;
use offhook_core::json;
use thiserror::Error;

/// A P-256 key that signs a client's proofs of possession (ES256).
///
/// A client makes one for itself, which ends with the process. A program whose bound tokens are to be of use in its
/// next run keeps the key: [`to_pkcs8`](Self::to_pkcs8) in a file that only it may read.
#[derive(Clone)]
pub struct ClientKey {
    pair: Arc<EcdsaKeyPair>,
    pkcs8: Arc<[u8]>,
    /// The public half as a JWK, its members in the order of RFC 7638.
    jwk: String,
    thumbprint: String,
}

/// Why a key cannot be made or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The system gave no randomness. Not the caller's to mend.
    #[error("no key could be generated")]
    Generation,
    /// Not a P-256 key in PKCS #8. The caller's to mend.
    #[error("this is no P-256 private key in PKCS #8 (DER)")]
    Unreadable,
}

impl std::fmt::Debug for ClientKey {
    /// Prints the public half only.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientKey")
            .field("thumbprint", &self.thumbprint)
            .finish_non_exhaustive()
    }
}

impl ClientKey {
    /// A new key.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn generate() -> Result<Self, KeyError> {
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
                .map_err(|_| KeyError::Generation)?;
        Self::from_pkcs8(document.as_ref())
    }

    /// A key kept from an earlier run.
    ///
    /// # Errors
    /// When it is no P-256 key in PKCS #8.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der)
            .map_err(|_| KeyError::Unreadable)?;
        // An uncompressed point: 4, x, y (SEC 1, section 2.3.3).
        let [4, point @ ..] = pair.public_key().as_ref() else {
            return Err(KeyError::Unreadable);
        };
        let (x, y) = point.split_at_checked(32).ok_or(KeyError::Unreadable)?;
        let [x, y] = [x, y].map(|number| BASE64_URL_SAFE_NO_PAD.encode(number));
        let jwk = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let thumbprint = sha256(jwk.as_bytes());
        Ok(Self {
            pair: Arc::new(pair),
            pkcs8: der.into(),
            jwk,
            thumbprint,
        })
    }

    /// The private key, PKCS #8 in DER. A secret.
    pub fn to_pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// The thumbprint that tokens are bound to, `cnf.jkt` (RFC 7638): 43 characters.
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// Makes a proof of a payload, a JSON object; with the hash of the token where there is one.
    pub(crate) fn sign(
        &self,
        payload: &str,
        access_token: Option<&str>,
    ) -> Result<String, &'static str> {
        let mut payload = json::parse(payload).ok_or("the payload is no JSON")?;
        if let Some(token) = access_token {
            json::set(&mut payload, "ath", Value::String(sha256(token.as_bytes())));
        }
        let header = format!(r#"{{"typ":"dpop+jwt","alg":"ES256","jwk":{}}}"#, self.jwk);
        let [header, payload] =
            [header, json::write(&payload)].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
        let signed = format!("{header}.{payload}");
        let signature = self
            .pair
            .sign(&SystemRandom::new(), signed.as_bytes())
            .map_err(|_| "the system has no randomness")?;
        let signature = BASE64_URL_SAFE_NO_PAD.encode(signature);
        Ok(format!("{signed}.{signature}"))
    }
}

fn sha256(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, bytes))
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;

    #[test]
    fn a_kept_key_is_the_same_key() {
        let key = ClientKey::generate().unwrap();
        let again = ClientKey::from_pkcs8(key.to_pkcs8()).unwrap();
        assert_eq!(key.thumbprint(), again.thumbprint());
        assert_eq!(key.thumbprint().len(), 43);
        assert_eq!(
            ClientKey::from_pkcs8(b"no key").unwrap_err(),
            KeyError::Unreadable
        );
        assert!(!format!("{key:?}").contains("pkcs8"));
    }

    #[test]
    fn a_proof_verifies_with_the_key_in_its_header() {
        let key = ClientKey::generate().unwrap();
        let proof = key.sign(r#"{"jti":"1"}"#, Some("token")).unwrap();
        let (signed, signature) = proof.rsplit_once('.').unwrap();
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.pair.public_key().as_ref())
            .verify(signed.as_bytes(), &signature)
            .unwrap();
        let payload = signed.split_once('.').unwrap().1;
        let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap();
        let payload = json::parse(std::str::from_utf8(&payload).unwrap()).unwrap();
        // The base64url of SHA-256("token").
        assert_eq!(
            json::str_of(&payload, "ath"),
            Some("PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-A")
        );
    }
}

//! A client's key, and the proofs it makes.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use offhook_server::clock::now_s;
use serde_json::{Value, json};

pub(crate) enum Key {
    P256(Box<EcdsaKeyPair>),
    /// As the official client has it.
    Rsa(Box<RsaKeyPair>),
}

impl Key {
    pub(crate) fn p256() -> Self {
        Self::P256(Box::new(
            EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
        ))
    }

    pub(crate) fn rsa() -> Self {
        Self::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()))
    }

    fn jwk(&self) -> Value {
        match self {
            Self::P256(pair) => {
                let point = pair.public_key().as_ref();
                json!({"crv": "P-256", "kty": "EC", "x": BASE64.encode(&point[1..33]), "y": BASE64.encode(&point[33..])})
            }
            Self::Rsa(pair) => {
                // DER of two INTEGERs (RFC 8017, A.1.1): 256 bytes of modulus behind a zero, three of exponent.
                let der = pair.public_key().as_ref();
                json!({"e": BASE64.encode(&der[267..]), "kty": "RSA", "n": BASE64.encode(&der[9..265])})
            }
        }
    }

    pub(crate) fn thumbprint(&self) -> String {
        // serde_json keeps an object's members in the order of their names, as RFC 7638 wants them.
        BASE64.encode(digest(&SHA256, self.jwk().to_string().as_bytes()))
    }

    pub(crate) fn sign(&self, payload: &Value) -> String {
        let alg = match self {
            Self::P256(_) => "ES256",
            Self::Rsa(_) => "RS256",
        };
        let header = json!({"typ": "dpop+jwt", "alg": alg, "jwk": self.jwk()});
        let signed = format!(
            "{}.{}",
            BASE64.encode(header.to_string()),
            BASE64.encode(payload.to_string())
        );
        let random = SystemRandom::new();
        let signature = match self {
            Self::P256(pair) => pair
                .sign(&random, signed.as_bytes())
                .unwrap()
                .as_ref()
                .to_vec(),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(
                    &RSA_PKCS1_SHA256,
                    &random,
                    signed.as_bytes(),
                    &mut signature,
                )
                .unwrap();
                signature
            }
        };
        format!("{signed}.{}", BASE64.encode(signature))
    }

    /// A proof by the letter of RFC 9449.
    pub(crate) fn prove(&self, method: &str, target: &str, token: &str) -> String {
        self.sign(&claims(method, target, Some(token)))
    }
}

/// What a proof says; each time with another id.
pub(crate) fn claims(method: &str, target: &str, token: Option<&str>) -> Value {
    let mut claims = json!({"jti": uuid(), "htm": method, "htu": target, "iat": now_s()});
    if let Some(token) = token {
        claims["ath"] = json!(BASE64.encode(digest(&SHA256, token.as_bytes())));
    }
    claims
}

fn uuid() -> String {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    BASE64.encode(bytes)
}

//! A client's key, and its proofs.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use offhook_server::clock::now_s;
use serde_json::json;

pub(crate) struct Key {
    pub(crate) pair: EcdsaKeyPair,
    jwk: String,
}

impl Key {
    pub(crate) fn new() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let point = pair.public_key().as_ref();
        let [x, y] = [&point[1..33], &point[33..]].map(|number| BASE64.encode(number));
        let jwk = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        Self { pair, jwk }
    }

    pub(crate) fn thumbprint(&self) -> String {
        BASE64.encode(digest(&SHA256, self.jwk.as_bytes()))
    }

    pub(crate) fn prove(&self, target: &str, token: &str, id: usize) -> String {
        let ath = BASE64.encode(digest(&SHA256, token.as_bytes()));
        let payload = json!({"jti": format!("{id}"), "htm": "POST", "htu": target, "iat": now_s(), "ath": ath});
        let header = format!(r#"{{"typ":"dpop+jwt","alg":"ES256","jwk":{}}}"#, self.jwk);
        let signed = format!(
            "{}.{}",
            BASE64.encode(header),
            BASE64.encode(payload.to_string())
        );
        let signature = self
            .pair
            .sign(&SystemRandom::new(), signed.as_bytes())
            .unwrap();
        format!("{signed}.{}", BASE64.encode(signature))
    }
}

//! The cryptography alone, and our own making and checking beside it.

use std::hint::black_box;
use std::time::{Duration, Instant};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use offhook_auth::dpop::{self, HttpRequest, Rules};
use offhook_auth::{Issuer, KeyRing, SatClaims, SatKind};
use offhook_server::clock::now_s;

use crate::core;
use crate::key::Key;
use crate::report;

const SPAN: Duration = Duration::from_secs(1);

/// One proof and one token to work on.
pub(crate) struct Raw {
    token: String,
    proof: String,
    signature: Vec<u8>,
    public: UnparsedPublicKey<Vec<u8>>,
    aead: LessSafeKey,
    plain: Vec<u8>,
}

impl Raw {
    pub(crate) fn new() -> Self {
        let key = Key::new();
        let token = "x".repeat(500);
        let proof = key.prove("https://a.example/x", &token, 1);
        let (_, signature) = proof.rsplit_once('.').unwrap();
        let point = key.pair.public_key().as_ref().to_vec();
        Self {
            signature: BASE64.decode(signature).unwrap(),
            public: UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point),
            aead: LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32]).unwrap()),
            plain: serde_json::to_vec(&claims()).unwrap(),
            token,
            proof,
        }
    }

    fn verify(&self) {
        let (signed, _) = self.proof.rsplit_once('.').unwrap();
        black_box(self.public.verify(signed.as_bytes(), &self.signature)).unwrap();
    }

    fn seal(&self) {
        let mut text = self.plain.clone();
        let nonce = Nonce::assume_unique_for_key([1; 12]);
        let aad = Aad::from(&self.token);
        black_box(self.aead.seal_in_place_append_tag(nonce, aad, &mut text)).unwrap();
    }

    /// The cryptography of one refresh: a token opened, a signature verified, three hashes, a token sealed.
    pub(crate) fn refresh(&self) {
        self.verify();
        self.seal();
        self.seal();
        for _ in 0..3 {
            black_box(digest(&SHA256, self.token.as_bytes()));
        }
    }

    pub(crate) fn report(&self) {
        let request = HttpRequest {
            method: "POST",
            origins: &["https://a.example"],
            path: "/x",
            access_token: &self.token,
            rules: Rules::default(),
        };
        let raw = a_second(SPAN, || self.verify());
        let ours = a_second(SPAN, || {
            black_box(dpop::verify_http(&self.proof, &request, now_s())).unwrap();
        });
        report("proofs verified (ES256)", ours, "the signature alone", raw);
        let (ring, issuer, claims) = (KeyRing::ephemeral(), Issuer::default(), claims());
        let raw = a_second(SPAN, || self.seal());
        let ours = a_second(SPAN, || {
            black_box(ring.seal_sat(&claims, &issuer));
        });
        report("tokens issued", ours, "the encryption alone", raw);
    }
}

/// How often something can be done in a second of processor time.
pub(crate) fn a_second(span: Duration, mut work: impl FnMut()) -> f64 {
    let (start, before) = (Instant::now(), core::used());
    let mut times = 0u32;
    while start.elapsed() < span {
        for _ in 0..64 {
            work();
        }
        times += 64;
    }
    f64::from(times) / (core::used() - before).as_secs_f64()
}

fn claims() -> SatClaims {
    SatClaims {
        jti: "0b0e0b0e-0b0e-4b0e-8b0e-0b0e0b0e0b0e".into(),
        project_id: "0b0e0b0e-0b0e-4b0e-8b0e-0b0e0b0e0b0e".into(),
        subscriber_id: "0b0e0b0e-0b0e-4b0e-8b0e-0b0e0b0e0b0e".into(),
        kind: SatKind::Subscriber,
        scope: vec!["sat:refresh".into()],
        cnf_jkt: None,
        issued_at: now_s(),
        expires_at: now_s() + 900,
        allowed: None,
        resource_id: None,
        display_name: None,
    }
}

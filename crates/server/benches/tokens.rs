//! What tokens cost: proofs verified, tokens issued, and whole `devices/refresh` requests on one core, each beside the raw
//! cost of its cryptographic operations in the same run. `cargo xtask bench tokens`.
#![allow(clippy::unwrap_used, reason = "a measurement that fails has failed")]

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    UnparsedPublicKey,
};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use offhook_auth::dpop::{self, HttpRequest, Rules};
use offhook_auth::{Issuer, KeyRing, SatClaims, SatKind};
use offhook_server::clock::now_s;
use offhook_server::config::{Listen, Settings};
use offhook_server::mint::TokenWish;
use offhook_server::serve::Server;
use offhook_server::store::SubscriberChange;
use serde_json::json;

const REFRESH: &str = "/api/fabric/subscriber/devices/refresh";
const REQUESTS: usize = 6_000;
const AT_ONCE: usize = 8;
const SPAN: Duration = Duration::from_secs(2);

struct Key {
    pair: EcdsaKeyPair,
    jwk: String,
}

impl Key {
    fn new() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let point = pair.public_key().as_ref();
        let [x, y] = [&point[1..33], &point[33..]].map(|number| BASE64.encode(number));
        let jwk = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        Self { pair, jwk }
    }

    fn thumbprint(&self) -> String {
        BASE64.encode(digest(&SHA256, self.jwk.as_bytes()))
    }

    fn prove(&self, target: &str, token: &str, id: usize) -> String {
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

/// How often something can be done in a second, on this one thread.
fn a_second(mut work: impl FnMut()) -> f64 {
    let start = Instant::now();
    let mut times = 0u32;
    while start.elapsed() < SPAN {
        for _ in 0..64 {
            work();
        }
        times += 64;
    }
    f64::from(times) / start.elapsed().as_secs_f64()
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

fn main() {
    let key = Key::new();
    let (token, proof) = (
        "x".repeat(500),
        key.prove("https://a.example/x", &"x".repeat(500), 1),
    );
    let (signed, signature) = proof.rsplit_once('.').unwrap();
    let signature = BASE64.decode(signature).unwrap();
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.pair.public_key().as_ref());
    let verify_raw = || {
        black_box(public.verify(signed.as_bytes(), &signature)).unwrap();
    };
    let raw_verify = a_second(verify_raw);
    let request = HttpRequest {
        method: "POST",
        origins: &["https://a.example"],
        path: "/x",
        access_token: &token,
        rules: Rules::default(),
    };
    let proofs = a_second(|| {
        black_box(dpop::verify_http(&proof, &request, now_s())).unwrap();
    });
    report(
        "proofs verified (ES256)",
        proofs,
        "the signature alone",
        raw_verify,
    );

    let aead = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32]).unwrap());
    let plain = serde_json::to_vec(&claims()).unwrap();
    let seal_raw = || {
        let mut text = plain.clone();
        let nonce = Nonce::assume_unique_for_key([1; 12]);
        black_box(aead.seal_in_place_append_tag(nonce, Aad::from(&token), &mut text)).unwrap();
    };
    let raw_seal = a_second(seal_raw);
    let (ring, issuer) = (KeyRing::ephemeral(), Issuer::default());
    let claims = claims();
    let tokens = a_second(|| {
        black_box(ring.seal_sat(&claims, &issuer));
    });
    report("tokens issued", tokens, "the encryption alone", raw_seal);

    // One refresh: a token opened, a signature verified, three hashes, a token sealed.
    let ceiling = a_second(|| {
        verify_raw();
        seal_raw();
        seal_raw();
        for _ in 0..3 {
            black_box(digest(&SHA256, token.as_bytes()));
        }
    });
    let (requests, mut waits) = refreshes(&key);
    report(
        "devices/refresh requests",
        requests,
        "their cryptography alone",
        ceiling,
    );
    waits.sort_unstable();
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "  with {AT_ONCE} at once: median {:.2} ms, p99 {:.2} ms",
        at(0.5),
        at(0.99)
    );
}

fn report(what: &str, ours: f64, beside: &str, raw: f64) {
    println!(
        "{what:<28} {ours:>9.0} /s   {beside:<26} {raw:>9.0} /s   ratio {:.2}",
        ours / raw
    );
}

/// Requests a second of a server that has one thread, asked over loopback by others; and how long each took.
fn refreshes(key: &Key) -> (f64, Vec<Duration>) {
    let data = tempfile::tempdir().unwrap();
    let settings = Settings {
        data: Some(data.path().to_owned()),
        listen: Some("127.0.0.1:0".parse().unwrap()),
        listen_tls: Some(Listen::Off),
        media_workers: Some(1),
        device_tokens_per_minute: Some(0),
        ..Settings::default()
    };
    let (told, ready) = std::sync::mpsc::channel();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let jkt = key.thumbprint();
    let serving = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let server = Server::start(settings.settle().unwrap()).await.unwrap();
            let mint = server.mint();
            let (project, _) = mint.store.create_project("Bench", now_s()).await.unwrap();
            let wish = TokenWish {
                scope: vec!["sat:refresh".into()],
                fingerprint: Some(jkt),
                ..TokenWish::default()
            };
            let change = SubscriberChange::default();
            let made = mint
                .subscriber(&project.id, "a", &change, wish, now_s())
                .await;
            told.send((server.ready().http.clone(), made.unwrap().1.token))
                .unwrap();
            let _ = stopped.await;
            server.shutdown().await;
        });
    });
    let (base, token) = ready.recv().unwrap();
    let target = format!("{base}{REFRESH}");
    let proofs: Vec<String> = (0..REQUESTS)
        .map(|id| key.prove(&target, &token, id))
        .collect();
    let proofs = Arc::new(proofs);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let (elapsed, waits) = runtime.block_on(async {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let next = Arc::new(AtomicUsize::new(0));
        let start = Instant::now();
        let tasks: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let (client, proofs, next) = (client.clone(), proofs.clone(), next.clone());
                let (target, token) = (target.clone(), token.clone());
                tokio::spawn(async move {
                    let mut waits = Vec::new();
                    while let Some(proof) = proofs.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let begun = Instant::now();
                        let answer = client
                            .post(&target)
                            .bearer_auth(&token)
                            .header("DPoP", proof)
                            .json(&json!({"expire_in": 900}))
                            .send()
                            .await
                            .unwrap();
                        assert_eq!(answer.status(), 200);
                        answer.bytes().await.unwrap();
                        waits.push(begun.elapsed());
                    }
                    waits
                })
            })
            .collect();
        let mut waits = Vec::new();
        for task in tasks {
            waits.extend(task.await.unwrap());
        }
        (start.elapsed(), waits)
    });
    let _ = stop.send(());
    serving.join().unwrap();
    (REQUESTS as f64 / elapsed.as_secs_f64(), waits)
}

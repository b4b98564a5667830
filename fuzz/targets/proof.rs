//! Proofs of possession with any header, payload and signature: nobody holds one that was not signed.
#![no_main]
use libfuzzer_sys::fuzz_target;
use offhook_auth::dpop::{self, HttpRequest, Rules};

const NOW: u64 = 1_800_000_000;

fuzz_target!(|text: &str| {
    // As it is, and as the parts of a JWS, so that the parsers behind base64 are reached.
    let mut parts = text.splitn(3, '\n');
    let [header, payload, signature] = [(); 3].map(|()| base64url(parts.next().unwrap_or_default()));
    for proof in [text.to_owned(), format!("{header}.{payload}.{signature}")] {
        assert!(dpop::verify_rpc(&proof, "signalwire.connect", NOW).is_err());
        let request = HttpRequest {
            method: "POST",
            origins: &["https://calls.example.com"],
            path: "/x",
            access_token: "token",
            rules: Rules {
                relative_target: true,
                optional_hash: true,
                nonces: None,
            },
        };
        assert!(dpop::verify_http(&proof, &request, NOW).is_err());
    }
});

fn base64url(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for three in text.as_bytes().chunks(3) {
        let mut bits = 0u32;
        for at in 0..3 {
            bits = bits << 8 | u32::from(three.get(at).copied().unwrap_or(0));
        }
        for at in 0..=three.len() {
            out.push(char::from(LETTERS[(bits >> (18 - 6 * at) & 63) as usize]));
        }
    }
    out
}

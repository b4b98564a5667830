//! How deliveries are signed, as receivers' libraries know it (standardwebhooks.com): HMAC-SHA256 over the delivery's id, the time and
//! the body, with a secret that only the receiver and this server have. docs/webhooks.md shows how it is verified.

use aws_lc_rs::{hmac, rand};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use offhook_auth::Secret;

const PREFIX: &str = "whsec_";
const SECRET_BYTES: usize = 32;

/// A new secret: `whsec_` and 32 random bytes in base64.
pub(crate) fn new_secret() -> Secret {
    let mut bytes = [0_u8; SECRET_BYTES];
    // The system's randomness does not fail once the process has started.
    rand::fill(&mut bytes).expect("the system has randomness");
    Secret::new(format!("{PREFIX}{}", BASE64_STANDARD.encode(bytes)))
}

/// The value of `webhook-signature`: one signature a secret, so that a receiver may have either while they change.
pub(super) fn sign<'a>(
    secrets: impl IntoIterator<Item = &'a Secret>,
    id: &str,
    timestamp_s: u64,
    body: &str,
) -> String {
    let signatures = secrets.into_iter().map(|secret| {
        let text = secret.expose();
        let encoded = text.strip_prefix(PREFIX).unwrap_or(text);
        // What is not base64 is not one of ours; its letters serve as well.
        let key = BASE64_STANDARD
            .decode(encoded)
            .unwrap_or_else(|_| encoded.as_bytes().to_vec());
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &key));
        for part in [id, ".", &timestamp_s.to_string(), ".", body] {
            context.update(part.as_bytes());
        }
        format!("v1,{}", BASE64_STANDARD.encode(context.sign()))
    });
    signatures.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own libraries.
    #[test]
    fn signs_as_the_standard_does() {
        let secret = Secret::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signature = sign(
            [&secret],
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn two_secrets_are_two_signatures() {
        let (new, old) = (new_secret(), new_secret());
        assert_ne!(new, old);
        let both = sign([&new, &old], "id", 1, "body");
        let (first, second) = both.split_once(' ').unwrap();
        assert_eq!(first, sign([&new], "id", 1, "body"));
        assert_eq!(second, sign([&old], "id", 1, "body"));
        assert_ne!(first, sign([&new], "id", 2, "body"));
        assert_ne!(first, sign([&new], "id", 1, "other"));
    }
}

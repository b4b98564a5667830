//! Nonces that need no memory: the minute, authenticated by a key of this process.

use aws_lc_rs::{hmac, rand};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// A nonce is current for so long, and accepted for twice as long.
const PERIOD_S: u64 = 120;

pub(super) struct Nonces {
    key: hmac::Key,
}

impl Nonces {
    pub(super) fn new() -> Self {
        let random = rand::SystemRandom::new();
        // The system's randomness does not fail once the process has started.
        let key =
            hmac::Key::generate(hmac::HMAC_SHA256, &random).expect("the system has randomness");
        Self { key }
    }

    /// The current one first, then the one before it.
    pub(super) fn at(&self, now_s: u64) -> [String; 2] {
        let period = now_s / PERIOD_S;
        [period, period.wrapping_sub(1)].map(|period| {
            let tag = hmac::sign(&self.key, &period.to_be_bytes());
            BASE64_URL_SAFE_NO_PAD.encode(&tag.as_ref()[..18])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_holds_for_two_periods_and_not_longer() {
        let nonces = Nonces::new();
        let [shown, _] = nonces.at(1_000);
        assert!(nonces.at(1_000 + PERIOD_S).contains(&shown));
        assert!(!nonces.at(1_000 + 2 * PERIOD_S).contains(&shown));
        assert_ne!(Nonces::new().at(1_000)[0], shown);
    }
}

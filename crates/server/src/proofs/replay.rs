//! Proofs that have been used (wire-protocol.md 2.5): each is good once.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use aws_lc_rs::digest;
use offhook_auth::dpop::Proof;
use offhook_proto::limits;

/// Proofs remembered in each of the two halves.
const PROOFS: usize = 100_000;
/// A proof can be shown from [`limits::PROOF_SKEW_S`] before its time to as long after.
const WINDOW: Duration = Duration::from_secs(2 * limits::PROOF_SKEW_S + 1);

/// Used proofs by the first half of a hash, in two halves of which the older is dropped as a whole.
pub(crate) struct UsedProofs {
    current: HashSet<[u8; 16]>,
    previous: HashSet<[u8; 16]>,
    since: Instant,
}

impl UsedProofs {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            current: HashSet::new(),
            previous: HashSet::new(),
            since: now,
        }
    }

    /// Remembers the proof; `false` if it has been used before. Under a flood of proofs (each of which costs its maker a
    /// signature) the oldest are forgotten early, so that memory stays bounded.
    pub(crate) fn first_use(&mut self, now: Instant, key: [u8; 16]) -> bool {
        if now.duration_since(self.since) > WINDOW || self.current.len() >= PROOFS {
            self.previous = std::mem::take(&mut self.current);
            self.since = now;
        }
        !self.previous.contains(&key) && self.current.insert(key)
    }
}

/// The first half of a hash of the key's thumbprint and the proof's id.
pub(crate) fn key(proof: &Proof) -> [u8; 16] {
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(proof.jkt.as_bytes());
    hash.update(&[0]);
    hash.update(proof.jti.as_bytes());
    let mut key = [0; 16];
    key.copy_from_slice(&hash.finish().as_ref()[..16]);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof(jkt: &str, jti: &str) -> [u8; 16] {
        key(&Proof {
            jkt: jkt.into(),
            jti: jti.into(),
            iat: 0,
        })
    }

    #[test]
    fn a_proof_is_good_once_for_as_long_as_it_could_be_shown() {
        let start = Instant::now();
        let mut used = UsedProofs::new(start);
        assert!(used.first_use(start, proof("k", "1")));
        assert!(!used.first_use(start, proof("k", "1")));
        assert!(used.first_use(start, proof("k2", "1")));
        let almost = start + WINDOW;
        assert!(used.first_use(almost, proof("k", "2")));
        assert!(!used.first_use(almost + Duration::from_secs(1), proof("k", "2")));
        assert!(!used.first_use(almost + WINDOW, proof("k", "2")));
    }

    #[test]
    fn a_flood_is_bounded() {
        let now = Instant::now();
        let mut used = UsedProofs::new(now);
        for i in 0..3 * PROOFS {
            used.first_use(now, proof("k", &i.to_string()));
        }
        assert!(used.current.len() + used.previous.len() <= 2 * PROOFS);
    }
}

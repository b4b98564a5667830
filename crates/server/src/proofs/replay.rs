//! Proofs that have been used (wire-protocol.md 2.5): each is good once.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;

use aws_lc_rs::digest;
use offhook_auth::dpop::Proof;
use offhook_proto::limits;

/// Proofs remembered in each of the two halves: as many as fill a table of 2^19 places, 4.5 MiB.
const PROOFS: usize = 458_752;
/// A proof can be shown from [`limits::PROOF_SKEW_S`] before its time to as long after, seconds.
const WINDOW_S: u64 = 2 * limits::PROOF_SKEW_S + 1;
/// While there is no room, a proof may be dated so far ahead, seconds.
const AHEAD_S: u64 = 5;

/// Used proofs, each as a hash that nobody else can compute, in two halves of which the older is dropped as a whole.
///
/// Each half lasts a [`WINDOW_S`]. Under a flood (of proofs that are good, with tokens that are alive) it lasts as long as there is
/// room, and what was made before the oldest that is remembered is refused instead: memory is bounded and nothing that may have
/// been forgotten is good again. A client whose clock is that far behind makes another proof, by the server's time.
pub(crate) struct UsedProofs {
    hasher: RandomState,
    current: HashSet<u64>,
    previous: HashSet<u64>,
    /// When the current half was begun. This and all other times: seconds since 1970.
    since_s: u64,
    /// What was made before that may have been forgotten.
    floor_s: u64,
}

impl UsedProofs {
    pub(crate) fn new(now_s: u64) -> Self {
        Self {
            hasher: RandomState::new(),
            current: HashSet::new(),
            previous: HashSet::new(),
            since_s: now_s,
            floor_s: 0,
        }
    }

    /// Remembers the proof that was made then; `false` if it has been used before, or may have been.
    pub(crate) fn first_use(&mut self, key: &[u8; 16], made_s: u64, now_s: u64) -> bool {
        let is_over = now_s.saturating_sub(self.since_s) > WINDOW_S;
        if is_over || self.current.len() >= PROOFS {
            if !is_over && !self.previous.is_empty() {
                self.floor_s = self.since_s + 1;
            }
            self.previous = std::mem::take(&mut self.current);
            self.since_s = now_s;
        }
        let is_crowded = now_s.saturating_sub(self.floor_s) <= WINDOW_S;
        if is_crowded && (made_s < self.floor_s || made_s > now_s + AHEAD_S) {
            return false;
        }
        let key = self.hasher.hash_one(key);
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

    const NOW: u64 = 1_800_000_000;

    fn proof(jkt: &str, jti: &str) -> [u8; 16] {
        key(&Proof {
            jkt: jkt.into(),
            jti: jti.into(),
            iat: 0,
        })
    }

    #[test]
    fn a_proof_is_good_once_for_as_long_as_it_could_be_shown() {
        let mut used = UsedProofs::new(NOW);
        assert!(used.first_use(&proof("k", "1"), NOW, NOW));
        assert!(!used.first_use(&proof("k", "1"), NOW, NOW));
        assert!(used.first_use(&proof("k2", "1"), NOW, NOW));
        let almost = NOW + WINDOW_S;
        assert!(used.first_use(&proof("k", "2"), almost, almost));
        assert!(!used.first_use(&proof("k", "2"), almost, almost + 1));
        assert!(!used.first_use(&proof("k", "2"), almost, almost + WINDOW_S));
    }

    #[test]
    fn under_a_flood_memory_is_bounded_and_nothing_is_good_twice() {
        let mut used = UsedProofs::new(NOW);
        // A second for each tenth of a half.
        let mut now = NOW;
        let at = |i: usize| NOW + (i / (PROOFS / 10)) as u64;
        for i in 0..3 * PROOFS {
            now = at(i);
            assert!(used.first_use(&(i as u128).to_be_bytes(), now, now), "{i}");
        }
        assert!(used.current.len() + used.previous.len() <= 2 * PROOFS);
        for i in (0..3 * PROOFS).step_by(PROOFS / 97) {
            assert!(
                !used.first_use(&(i as u128).to_be_bytes(), at(i), now),
                "{i}"
            );
        }
        // Whoever's clock is right is served, and later whoever's is not.
        assert!(used.first_use(&proof("k", "1"), now, now));
        assert!(!used.first_use(&proof("k", "2"), now - 60, now));
        assert!(!used.first_use(&proof("k", "3"), now + 60, now));
        now += 2 * WINDOW_S;
        assert!(used.first_use(&proof("k", "4"), now - 60, now));
        assert!(used.first_use(&proof("k", "5"), now + 60, now));
    }
}

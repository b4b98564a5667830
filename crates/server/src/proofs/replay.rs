//! Proofs that have been used (wire-protocol.md 2.5): each is good once.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;

use aws_lc_rs::digest;
use offhook_auth::dpop::Proof;
use offhook_proto::limits;

/// Proofs remembered in each of two halves: as many as fill a table of 2^19 places, 4.5 MiB.
const PROOFS: usize = 458_752;
/// The same for those that are dated ahead: 2^17 places, 1.1 MiB.
const AHEAD: usize = 114_688;
/// A proof can be shown from [`limits::PROOF_SKEW_S`] before its time to as long after, seconds.
const WINDOW_S: u64 = 2 * limits::PROOF_SKEW_S + 1;
/// What is dated further in the future than a good clock's is dated ahead, seconds.
const AHEAD_S: u64 = 5;

/// What is known of a proof that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// It has not been used before.
    First,
    Again,
    /// It may have been used before, or could not be remembered: there is no room. A proof that is made now has some.
    Unknown,
}

/// Used proofs, each as a hash that nobody else can compute, in two halves of which the older is dropped as a whole.
///
/// Each half lasts a [`WINDOW_S`]. Under a flood (of proofs that are good, with tokens that are alive) it lasts as long as there is
/// room, and what is dated before all that is still remembered is refused: memory is bounded and nothing that may have been
/// forgotten is good again. For that, a half holds nothing that is dated ahead. Such proofs have halves of their own, which
/// are never dropped early: when these are full, no more are taken.
pub(crate) struct UsedProofs {
    hasher: RandomState,
    timely: Halves,
    ahead: Halves,
    /// The latest time that was seen: a clock that is set back would bring back what has been forgotten. This and all other
    /// times: seconds since 1970.
    latest_s: u64,
    /// What is dated before that may have been forgotten.
    floor_s: u64,
}

struct Halves {
    current: HashSet<u64>,
    previous: HashSet<u64>,
    /// When the current half was begun.
    since_s: u64,
    /// The room of each.
    room: usize,
}

impl Halves {
    fn new(room: usize, now_s: u64) -> Self {
        Self {
            current: HashSet::new(),
            previous: HashSet::new(),
            since_s: now_s,
            room,
        }
    }

    fn contains(&self, key: u64) -> bool {
        self.current.contains(&key) || self.previous.contains(&key)
    }

    fn is_full(&self) -> bool {
        self.current.len() >= self.room
    }

    /// Nothing in the older half can be shown any more.
    fn is_over(&self, now_s: u64) -> bool {
        now_s - self.since_s > WINDOW_S
    }
}

impl UsedProofs {
    pub(crate) fn new(now_s: u64) -> Self {
        Self::with_room(PROOFS, AHEAD, now_s)
    }

    fn with_room(timely: usize, ahead: usize, now_s: u64) -> Self {
        Self {
            hasher: RandomState::new(),
            timely: Halves::new(timely, now_s),
            ahead: Halves::new(ahead, now_s),
            latest_s: now_s,
            floor_s: 0,
        }
    }

    /// Remembers the proof that was made then.
    pub(crate) fn show(&mut self, key: &[u8; 16], made_s: u64, now_s: u64) -> Use {
        self.latest_s = self.latest_s.max(now_s);
        if self.timely.is_over(self.latest_s) || self.timely.is_full() {
            self.turn(AHEAD_S, |used| &mut used.timely);
        }
        if self.ahead.is_over(self.latest_s) {
            self.turn(limits::PROOF_SKEW_S, |used| &mut used.ahead);
        }
        let key = self.hasher.hash_one(key);
        if self.timely.contains(key) || self.ahead.contains(key) {
            return Use::Again;
        }
        let halves = match made_s > now_s + AHEAD_S {
            true => &mut self.ahead,
            false => &mut self.timely,
        };
        if made_s < self.floor_s || halves.is_full() {
            return Use::Unknown;
        }
        halves.current.insert(key);
        Use::First
    }

    /// Drops the older half, in which nothing was dated further ahead than that.
    fn turn(&mut self, ahead_s: u64, halves: impl Fn(&mut Self) -> &mut Halves) {
        let latest_s = self.latest_s;
        let halves = halves(self);
        let dropped = std::mem::replace(&mut halves.previous, std::mem::take(&mut halves.current));
        // All in it came before the half after it was begun.
        let ended_s = std::mem::replace(&mut halves.since_s, latest_s);
        if !dropped.is_empty() {
            self.floor_s = self.floor_s.max(ended_s + ahead_s + 1);
        }
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
    use proptest::prelude::*;

    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn proof(jkt: &str, jti: &str) -> [u8; 16] {
        key(&Proof {
            jkt: jkt.into(),
            jti: jti.into(),
            iat: 0,
        })
    }

    fn is_first(used: &mut UsedProofs, key: &[u8; 16], made_s: u64, now_s: u64) -> bool {
        used.show(key, made_s, now_s) == Use::First
    }

    #[test]
    fn a_proof_is_good_once_for_as_long_as_it_could_be_shown() {
        let mut used = UsedProofs::new(NOW);
        assert!(is_first(&mut used, &proof("k", "1"), NOW, NOW));
        assert_eq!(used.show(&proof("k", "1"), NOW, NOW), Use::Again);
        assert!(is_first(&mut used, &proof("k2", "1"), NOW, NOW));
        let almost = NOW + WINDOW_S;
        assert!(is_first(&mut used, &proof("k", "2"), almost, almost));
        assert!(!is_first(&mut used, &proof("k", "2"), almost, almost + 1));
        assert!(!is_first(
            &mut used,
            &proof("k", "2"),
            almost,
            almost + WINDOW_S
        ));
    }

    #[test]
    fn under_a_flood_memory_is_bounded_and_nothing_is_good_twice() {
        let mut used = UsedProofs::new(NOW);
        // A second for each tenth of a half.
        let mut now = NOW;
        let at = |i: usize| NOW + (i / (PROOFS / 10)) as u64;
        for i in 0..3 * PROOFS {
            now = at(i);
            let key = (i as u128).to_be_bytes();
            assert!(is_first(&mut used, &key, now, now), "{i}");
        }
        assert!(used.timely.current.len() + used.timely.previous.len() <= 2 * PROOFS);
        for i in (0..3 * PROOFS).step_by(PROOFS / 97) {
            let key = (i as u128).to_be_bytes();
            assert!(!is_first(&mut used, &key, at(i), now), "{i}");
        }
        // Whoever's clock is right or ahead is served, and later whoever's is behind.
        assert!(is_first(&mut used, &proof("k", "1"), now, now));
        assert_eq!(used.show(&proof("k", "2"), now - 60, now), Use::Unknown);
        assert!(is_first(&mut used, &proof("k", "3"), now + 60, now));
        assert_eq!(used.show(&proof("k", "3"), now + 60, now), Use::Again);
        now += 2 * WINDOW_S;
        assert!(is_first(&mut used, &proof("k", "4"), now - 60, now));
        assert!(is_first(&mut used, &proof("k", "5"), now + 60, now));
    }

    #[test]
    fn what_is_dated_ahead_outlasts_a_flood() {
        let mut used = UsedProofs::with_room(8, 2, NOW);
        let mut now = NOW;
        assert!(is_first(&mut used, &proof("k", "early"), NOW + 300, now));
        for i in 0..400 {
            now += 1;
            used.show(&proof("flood", &i.to_string()), now, now);
            let shown = used.show(&proof("k", "early"), NOW + 300, now);
            assert_eq!(shown, Use::Again, "{i} s later");
        }
        // A flood of such proofs takes the room of such proofs only.
        for i in 0..100 {
            used.show(&proof("ahead", &i.to_string()), now + 200, now);
        }
        assert_eq!(used.show(&proof("k", "late"), now + 200, now), Use::Unknown);
        assert!(is_first(&mut used, &proof("k", "now"), now, now));
    }

    #[derive(Clone, Debug)]
    enum Step {
        /// The server's clock goes on by so much, or is set back.
        Pass(i64),
        /// A new proof, made at so many seconds from now.
        Make(i64),
        /// So many new ones.
        Flood(usize, i64),
        /// One of those made before, counted from the last.
        Replay(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        let skew = limits::PROOF_SKEW_S as i64;
        let dated = || prop_oneof![Just(0), Just(6), -skew..=skew];
        prop_oneof![
            prop_oneof![0..20_i64, 0..400_i64, -90..0_i64].prop_map(Step::Pass),
            dated().prop_map(Step::Make),
            (1..40_usize, dated()).prop_map(|(many, from_now)| Step::Flood(many, from_now)),
            (0..100_usize).prop_map(Step::Replay),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]

        #[test]
        fn whatever_is_shown_nothing_is_good_twice(steps in proptest::collection::vec(step(), 1..120)) {
            let (timely, ahead) = (24, 8);
            let mut used = UsedProofs::with_room(timely, ahead, NOW);
            let mut now = NOW;
            // Of each proof: when it was made, and whether it was taken.
            let mut made: Vec<(u64, bool)> = Vec::new();
            for step in steps {
                let shown = match step {
                    Step::Pass(seconds) => {
                        now = now.saturating_add_signed(seconds);
                        0..0
                    }
                    Step::Make(from_now) | Step::Flood(1, from_now) => {
                        made.push((now.saturating_add_signed(from_now), false));
                        made.len() - 1..made.len()
                    }
                    Step::Flood(many, from_now) => {
                        let first = made.len();
                        made.resize(first + many, (now.saturating_add_signed(from_now), false));
                        first..made.len()
                    }
                    Step::Replay(back) if back < made.len() => {
                        let at = made.len() - 1 - back;
                        at..at + 1
                    }
                    Step::Replay(_) => 0..0,
                };
                for id in shown {
                    let (made_s, taken) = &mut made[id];
                    // What is not of this time never comes so far.
                    if made_s.abs_diff(now) > limits::PROOF_SKEW_S {
                        continue;
                    }
                    let first = used.show(&(id as u128).to_be_bytes(), *made_s, now) == Use::First;
                    prop_assert!(!(first && *taken), "{} was good twice", id);
                    *taken |= first;
                }
                for (halves, room) in [(&used.timely, timely), (&used.ahead, ahead)] {
                    prop_assert!(halves.current.len() <= room && halves.previous.len() <= room);
                }
            }
            // When it is over, everybody is served again.
            now = now.max(used.latest_s) + 2 * WINDOW_S + 2;
            used.show(&proof("k", "0"), now, now);
            prop_assert_eq!(used.show(&proof("k", "1"), now - 290, now), Use::First);
            prop_assert_eq!(used.show(&proof("k", "2"), now + 290, now), Use::First);
        }
    }
}

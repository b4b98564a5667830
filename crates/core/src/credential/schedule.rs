//! When a credential is renewed, and when a failed attempt is repeated.

use crate::random::Random;

/// Least lead of the provider's `refresh()` before expiry (wire-protocol.md 4.4).
pub(super) const PROVIDER_LEAD_MS: u64 = 5_000;
/// Least lead of a client-bound refresh (wire-protocol.md 4.4).
pub(super) const BOUND_LEAD_MS: u64 = 30_000;
/// Longest lead: nobody gains from renewing an hour's token a quarter of an hour early.
const LEAD_MAX_MS: u64 = 120_000;
/// In between, the lead is this share of the life: early enough to fail and try again.
const LEAD_SHARE: u64 = 5;
/// Soonest renewal after a credential came into force, and as a share of its life: what lives shorter than its lead is not
/// renewed without pause.
const SOONEST_MS: u64 = 1_000;
const SOONEST_SHARE: u64 = 4;
/// First and longest wait between attempts; doubles in between.
const WAIT_MIN_MS: u64 = 1_000;
const WAIT_MAX_MS: u64 = 30_000;

/// When to renew what expires at `expiry`; all times in epoch milliseconds of the server's clock.
pub(super) fn renewal_at(random: &mut Random, now: u64, expiry: u64, least_lead: u64) -> u64 {
    let life = expiry.saturating_sub(now);
    let lead = (life / LEAD_SHARE).clamp(least_lead, LEAD_MAX_MS);
    // Tabs and devices that began together do not all come back together.
    let jitter = (lead - random.half_to_full(lead)) / 2;
    let soonest = SOONEST_MS.max(life / SOONEST_SHARE);
    expiry.saturating_sub(lead + jitter).max(now + soonest)
}

/// How long to wait after the `attempt`-th failure in a row, counted from 1.
pub(super) fn wait_after(random: &mut Random, attempt: u32) -> u64 {
    let doubled = WAIT_MIN_MS << attempt.saturating_sub(1).min(8);
    random.half_to_full(doubled.min(WAIT_MAX_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lead_is_a_share_of_the_life_and_never_shorter_than_the_references() {
        let mut random = Random::new([7; 32]);
        for life in [2_000, 20_000, 60_000, 900_000, 7_200_000] {
            for least in [PROVIDER_LEAD_MS, BOUND_LEAD_MS] {
                let at = renewal_at(&mut random, 1_000_000, 1_000_000 + life, least);
                let wait = at - 1_000_000;
                let lead = life.saturating_sub(wait);
                assert!(wait >= SOONEST_MS);
                assert!(
                    lead >= least || wait == SOONEST_MS.max(life / SOONEST_SHARE),
                    "life {life}: lead {lead}"
                );
                assert!(lead <= LEAD_MAX_MS * 5 / 4, "life {life}: lead {lead}");
            }
        }
    }

    #[test]
    fn waits_double_up_to_a_bound() {
        let mut random = Random::new([7; 32]);
        for (attempt, longest) in [
            (1, 1_000),
            (2, 2_000),
            (3, 4_000),
            (9, 30_000),
            (99, 30_000),
        ] {
            let wait = wait_after(&mut random, attempt);
            assert!((longest / 2..=longest).contains(&wait), "{attempt}: {wait}");
        }
    }
}

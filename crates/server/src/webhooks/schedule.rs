//! What becomes of a delivery after an attempt: pure, with the time and the chance put in.
//!
//! Deliveries of one webhook go in order, so one that fails holds up those behind it. It is tried again with growing pauses for a
//! bounded time; one that the receiver understands and refuses is tried a few times only.

use std::time::Duration;

use offhook_proto::limits;

/// How an attempt went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// Taken: an answer of 2xx.
    Taken,
    /// Not now: no connection, no answer in time, 408, 425, 429 or 5xx. `retry_after` is the receiver's wish.
    Failed {
        status: Option<u16>,
        reason: String,
        retry_after: Option<Duration>,
    },
    /// Not this one: a redirect or another answer of 4xx, or a target that is not allowed.
    Refused { status: Option<u16>, reason: String },
}

/// What becomes of the delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is done.
    Done,
    /// It is tried again after so long.
    Again(Duration),
    /// It is given up.
    GiveUp,
}

/// Judges the attempt: the `attempts`th, of a delivery that is so old. `chance` is from 0 to 1.
pub(super) fn judge(
    attempt: &Attempt,
    attempts: u32,
    age: Duration,
    retry_for: Duration,
    chance: f64,
) -> Verdict {
    let wish = match attempt {
        Attempt::Taken => return Verdict::Done,
        Attempt::Refused { .. } if attempts >= limits::WEBHOOK_REFUSALS => return Verdict::GiveUp,
        Attempt::Refused { .. } => None,
        Attempt::Failed { retry_after, .. } => *retry_after,
    };
    let most = Duration::from_millis(limits::WEBHOOK_BACKOFF_MAX_MS);
    let pause = back_off(attempts, chance).max(wish.unwrap_or_default().min(most));
    if age + pause > retry_for {
        return Verdict::GiveUp;
    }
    Verdict::Again(pause)
}

/// The pause after the `attempts`th attempt: doubled each time up to a bound, and of that between a half and the whole, so that the
/// deliveries of many webhooks of one receiver do not come back at the same time.
pub(super) fn back_off(attempts: u32, chance: f64) -> Duration {
    let doubled =
        limits::WEBHOOK_BACKOFF_MS.saturating_mul(1 << attempts.saturating_sub(1).min(30));
    let whole = Duration::from_millis(doubled.min(limits::WEBHOOK_BACKOFF_MAX_MS));
    whole.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
}

/// Whether a delivery whose turn has come is too old to be tried while its receiver fails. Without retries each is tried once.
pub(super) fn is_stale(failing: bool, age: Duration, retry_for: Duration) -> bool {
    failing && !retry_for.is_zero() && age > retry_for
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn failed(retry_after: Option<Duration>) -> Attempt {
        Attempt::Failed {
            status: Some(503),
            reason: String::new(),
            retry_after,
        }
    }

    #[test]
    fn pauses_double_up_to_the_bound() {
        let pauses: Vec<u64> = (1..=12).map(|n| back_off(n, 1.0).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
        assert_eq!(back_off(3, 0.0), Duration::from_secs(2));
    }

    #[test]
    fn the_receiver_s_wish_counts_within_the_bound() {
        let judged = |wish| judge(&failed(Some(wish)), 1, Duration::ZERO, DAY, 1.0);
        let minute = Duration::from_secs(60);
        assert_eq!(judged(minute), Verdict::Again(minute));
        assert_eq!(
            judged(Duration::from_secs(86_000)),
            Verdict::Again(Duration::from_secs(900))
        );
        assert_eq!(
            judged(Duration::ZERO),
            Verdict::Again(Duration::from_secs(1))
        );
    }

    #[test]
    fn a_refusal_is_given_up_soon_and_a_failure_when_it_is_old() {
        let refused = Attempt::Refused {
            status: Some(404),
            reason: String::new(),
        };
        let early = Duration::from_secs(10);
        assert!(matches!(
            judge(&refused, 4, early, DAY, 0.5),
            Verdict::Again(_)
        ));
        assert_eq!(judge(&refused, 5, early, DAY, 0.5), Verdict::GiveUp);
        assert!(matches!(
            judge(&failed(None), 50, early, DAY, 0.5),
            Verdict::Again(_)
        ));
        assert_eq!(judge(&failed(None), 50, DAY, DAY, 0.5), Verdict::GiveUp);
        assert_eq!(
            judge(&failed(None), 1, early, Duration::ZERO, 0.5),
            Verdict::GiveUp
        );
        assert_eq!(judge(&Attempt::Taken, 9, DAY, DAY, 0.5), Verdict::Done);
    }

    #[test]
    fn what_grew_old_behind_a_failure_is_not_tried() {
        let old = DAY + Duration::from_secs(1);
        assert!(is_stale(true, old, DAY));
        assert!(!is_stale(false, old, DAY));
        assert!(!is_stale(true, DAY, DAY));
        assert!(!is_stale(true, old, Duration::ZERO));
    }

    proptest! {
        #[test]
        fn a_pause_is_within_its_bounds(attempts in any::<u32>(), chance in any::<f64>()) {
            let chance = if chance.is_nan() { 0.0 } else { chance };
            let pause = back_off(attempts, chance);
            prop_assert!(pause >= Duration::from_millis(limits::WEBHOOK_BACKOFF_MS / 2));
            prop_assert!(pause <= Duration::from_millis(limits::WEBHOOK_BACKOFF_MAX_MS));
        }
    }
}

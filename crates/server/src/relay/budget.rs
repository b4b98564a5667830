//! How many frames a client may send: a token bucket that may be overdrawn.

use std::time::Instant;

use offhook_proto::limits;

/// What to do with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Handle it.
    Pass,
    /// Refuse it with an error.
    Refuse,
    /// It does not stop: close the socket.
    Close,
}

/// A token bucket. Frames beyond the burst are refused, and overdraw it; a client that overdraws it by as much again
/// does not listen to errors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    per_second: f64,
    burst: f64,
    tokens: f64,
    at: Instant,
}

impl Budget {
    /// A full bucket of `burst` frames, refilled with `per_second`.
    fn new(now: Instant, per_second: u32, burst: u32) -> Self {
        Self {
            per_second: per_second.into(),
            burst: burst.into(),
            tokens: burst.into(),
            at: now,
        }
    }

    /// What a client may ask.
    pub(crate) fn requests(now: Instant) -> Self {
        Self::new(now, limits::FRAMES_PER_SECOND, limits::FRAMES_BURST)
    }

    /// What a client may answer: acks and pongs.
    pub(crate) fn responses(now: Instant) -> Self {
        Self::new(now, limits::RESPONSES_PER_SECOND, limits::RESPONSES_BURST)
    }

    /// Counts one frame.
    pub(crate) fn take(&mut self, now: Instant) -> Verdict {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = now;
        self.tokens = (self.tokens + passed * self.per_second).min(self.burst) - 1.0;
        if self.tokens >= 0.0 {
            Verdict::Pass
        } else if self.tokens > -self.burst {
            Verdict::Refuse
        } else {
            Verdict::Close
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_passes_then_the_rate_holds() {
        let start = Instant::now();
        let mut budget = Budget::new(start, 10, 20);
        assert!((0..20).all(|_| budget.take(start) == Verdict::Pass));
        assert_eq!(budget.take(start), Verdict::Refuse);
        // The refused frame overdrew the bucket by one.
        assert_eq!(
            budget.take(start + Duration::from_millis(210)),
            Verdict::Pass
        );
    }

    #[test]
    fn a_steady_client_at_the_rate_always_passes() {
        let start = Instant::now();
        let mut budget = Budget::new(start, 50, 5);
        assert!(
            (0..10_000)
                .all(|i| budget.take(start + Duration::from_millis(20) * i) == Verdict::Pass)
        );
    }

    #[test]
    fn who_does_not_stop_is_closed() {
        let start = Instant::now();
        let mut budget = Budget::new(start, 10, 20);
        let verdicts: Vec<_> = (0..40).map(|_| budget.take(start)).collect();
        assert_eq!(
            verdicts.iter().filter(|v| **v == Verdict::Refuse).count(),
            19
        );
        assert_eq!(verdicts[39], Verdict::Close);
    }

    #[test]
    fn a_pause_refills_but_not_beyond_the_burst() {
        let start = Instant::now();
        let mut budget = Budget::new(start, 10, 20);
        let later = start + Duration::from_secs(3600);
        assert!((0..20).all(|_| budget.take(later) == Verdict::Pass));
        assert_eq!(budget.take(later), Verdict::Refuse);
    }
}

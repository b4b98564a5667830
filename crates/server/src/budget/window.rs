//! How much in the last minute, hour or day, without remembering when each was.

use std::time::{Duration, Instant};

/// Counts in two spans of equal length; of the earlier one as large a share counts as lies within the length before now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    length: Duration,
    /// Begin of the current span.
    since: Instant,
    previous: f64,
    current: f64,
}

impl Window {
    pub(super) fn new(length: Duration, now: Instant) -> Self {
        Self {
            length,
            since: now,
            previous: 0.0,
            current: 0.0,
        }
    }

    pub(super) fn add(&mut self, amount: f64, now: Instant) {
        *self = self.at(now);
        self.current += amount;
    }

    pub(super) fn used(&self, now: Instant) -> f64 {
        let window = self.at(now);
        window.previous * (1.0 - window.share(now)) + window.current
    }

    /// How long until no more than `most` are used, if nothing comes; zero: now.
    pub(super) fn wait(&self, most: f64, now: Instant) -> Duration {
        if self.used(now) <= most {
            return Duration::ZERO;
        }
        let window = self.at(now);
        // Of an amount that fades over a length, the share of the length after which `rest` is left.
        let fades_to = |amount: f64, rest: f64| (1.0 - rest.max(0.0) / amount).clamp(0.0, 1.0);
        let share = window.share(now);
        let shares = if window.current <= most {
            fades_to(window.previous, most - window.current) - share
        } else {
            1.0 - share + fades_to(window.current, most)
        };
        window.length.mul_f64(shares.max(0.0))
    }

    /// The same, with the current span around now.
    fn at(self, now: Instant) -> Self {
        let past = now.saturating_duration_since(self.since);
        if past < self.length {
            return self;
        }
        if past < self.length * 2 {
            return Self {
                since: self.since + self.length,
                previous: self.current,
                current: 0.0,
                ..self
            };
        }
        Self::new(self.length, now)
    }

    fn share(&self, now: Instant) -> f64 {
        let past = now.saturating_duration_since(self.since);
        (past.as_secs_f64() / self.length.as_secs_f64()).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn what_is_a_length_ago_is_forgotten_little_by_little() {
        let start = Instant::now();
        let mut window = Window::new(MINUTE, start);
        window.add(10.0, start);
        assert_eq!(window.used(start + MINUTE / 2), 10.0);
        assert_eq!(window.used(start + MINUTE), 10.0);
        assert_eq!(window.used(start + MINUTE + MINUTE / 2), 5.0);
        assert_eq!(window.used(start + MINUTE * 2), 0.0);
        assert_eq!(window.used(start + MINUTE * 90), 0.0);
    }

    proptest! {
        #[test]
        fn after_the_wait_there_is_room_and_before_it_there_is_not(
            events in prop::collection::vec((0_u64..90_000, 1_u32..20), 1..30),
            most in 1_u32..40,
        ) {
            let start = Instant::now();
            let mut window = Window::new(MINUTE, start);
            let mut now = start;
            for (gap_ms, amount) in events {
                now += Duration::from_millis(gap_ms);
                window.add(f64::from(amount), now);
            }
            let most = f64::from(most);
            let wait = window.wait(most, now);
            prop_assert!(wait <= MINUTE * 2);
            prop_assert!(window.used(now + wait + Duration::from_millis(1)) <= most);
            if wait > Duration::from_millis(2) {
                prop_assert!(window.used(now + wait - Duration::from_millis(2)) > most);
            }
        }
    }
}

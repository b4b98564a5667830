//! What time it is at the server.
//!
//! A device's clock may be wrong by days, and may be set while we run; tokens live by the server's. So every answer
//! that shows the server's time is learned from, and steps of the device's clock are seen by comparing it with the
//! monotonic one.

use crate::clock::Now;

/// A wall clock that lags behind the monotonic one by more than this has been set back.
const STEP_MS: i64 = 1_000;

/// What came in by itself so soon after a jump may have been under way before it.
const STALE_MS: u64 = 10_000;

pub(crate) struct ServerClock {
    last: Now,
    /// The server's clock less ours.
    offset_ms: i64,
    /// How far the wall clock has run ahead of the monotonic one since the server's time was learned: sleep, or a step
    /// forward. Which of the two it was shows when the clock is set back, or the server's time is learned again.
    ahead_ms: i64,
    known: bool,
    /// Monotonic time of the last jump forward.
    jumped_at: Option<u64>,
}

impl ServerClock {
    pub(crate) fn new(now: Now) -> Self {
        Self {
            last: now,
            offset_ms: 0,
            ahead_ms: 0,
            known: false,
            jumped_at: None,
        }
    }

    /// Looks at both clocks; to be done with every input. True when the device has slept, or its clock was set forward.
    pub(crate) fn observe(&mut self, now: Now) -> bool {
        let elapsed = signed(now.mono_ms) - signed(self.last.mono_ms);
        let told = signed(now.wall_ms) - signed(self.last.wall_ms);
        let jump = told - elapsed;
        if jump < -STEP_MS {
            // A step back can only be the device's. As far as it takes a step forward back, all is as it was.
            let undone = self.ahead_ms.min(-jump);
            self.ahead_ms -= undone;
            self.offset_ms += -jump - undone;
        } else if jump > STEP_MS {
            self.ahead_ms += jump;
            self.jumped_at = Some(now.mono_ms);
        }
        self.last = now;
        jump > STEP_MS
    }

    /// Learns the time from a message that has just come. `resolution_ms` is how coarse it is: a finer estimate is not
    /// replaced by a coarser one that agrees with it. `fresh`: it answers something that was asked after the last jump.
    /// What was on its way while the device slept tells a time that is past.
    pub(crate) fn learn(&mut self, server_ms: u64, resolution_ms: u64, fresh: bool) {
        let offset = signed(server_ms) - signed(self.last.wall_ms);
        let change = offset - self.offset_ms;
        let late = |at| self.last.mono_ms < at + STALE_MS;
        if change < 0 && !fresh && self.jumped_at.is_some_and(late) {
            return;
        }
        // The server's clock stands somewhere within its resolution, and the answer has travelled.
        if change.unsigned_abs() > resolution_ms {
            self.offset_ms = offset;
        }
        self.ahead_ms = 0;
        self.known = true;
    }

    /// The server's time has been heard, and nothing has happened since that makes it a matter of guessing.
    pub(crate) fn is_known(&self) -> bool {
        self.known && self.ahead_ms == 0
    }

    /// The server's time, epoch milliseconds.
    pub(crate) fn now(&self) -> u64 {
        self.last.wall_ms.saturating_add_signed(self.offset_ms)
    }
}

fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: u64 = 1_800_000_000_000;
    const DAY: u64 = 86_400_000;

    fn at(mono_ms: u64, wall_ms: u64) -> Now {
        Now { mono_ms, wall_ms }
    }

    #[test]
    fn a_wrong_clock_is_corrected_by_what_the_server_tells() {
        let mut clock = ServerClock::new(at(0, NOON - 3 * DAY));
        clock.learn(NOON, 1_000, true);
        assert_eq!(clock.now(), NOON);
        clock.observe(at(5_000, NOON - 3 * DAY + 5_000));
        assert_eq!(clock.now(), NOON + 5_000);
    }

    #[test]
    fn a_coarse_time_that_agrees_changes_nothing() {
        let mut clock = ServerClock::new(at(0, NOON));
        clock.learn(NOON + 80, 0, true);
        clock.learn(NOON - 700, 1_000, true);
        assert_eq!(clock.now(), NOON + 80);
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_move_the_servers() {
        let mut clock = ServerClock::new(at(0, NOON));
        clock.observe(at(60_000, NOON + 60_000 - DAY));
        assert_eq!(clock.now(), NOON + 60_000);
    }

    #[test]
    fn sleep_passes_at_the_server_too() {
        let mut clock = ServerClock::new(at(0, NOON));
        clock.observe(at(10, NOON + DAY));
        assert_eq!(clock.now(), NOON + DAY);
    }

    #[test]
    fn a_message_that_was_on_its_way_during_sleep_does_not_turn_the_clock_back() {
        let mut clock = ServerClock::new(at(0, NOON));
        assert!(clock.observe(at(10, NOON + DAY)));
        clock.learn(NOON + 5, 500, false);
        assert_eq!(clock.now(), NOON + DAY);
        // One that was asked for afterwards does: it was no sleep.
        clock.learn(NOON + 20, 500, true);
        assert_eq!(clock.now(), NOON + 20);
    }

    #[test]
    fn a_step_forward_that_is_taken_back_leaves_no_trace() {
        let mut clock = ServerClock::new(at(0, NOON));
        clock.observe(at(1_000, NOON + DAY));
        clock.observe(at(2_000, NOON + 2_000));
        assert_eq!(clock.now(), NOON + 2_000);
        // What goes further back than it went forward is compensated.
        clock.observe(at(3_000, NOON + 3_000 + DAY));
        clock.observe(at(4_000, NOON + 4_000 - DAY));
        assert_eq!(clock.now(), NOON + 4_000);
    }
}

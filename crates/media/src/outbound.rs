//! One continuous outgoing stream out of many sources: whatever a receiver is sent, forwarded packets of one sender
//! or another, mixed audio or silence, it sees one SSRC whose sequence numbers and timestamps go on without a break.

use std::time::{Duration, Instant};

use crate::audio::{FRAME_SAMPLES, SAMPLE_RATE, duration_to_samples};
use crate::peer::Stamp;

/// Between two frames of our own more than this is a pause, and the timestamp follows the clock.
const PAUSE: Duration = Duration::from_millis(60);
/// A forwarded timestamp further than this from the clock's is not believed.
const MAX_DEVIATION: i32 = SAMPLE_RATE as i32;
/// A forwarded sequence number further than this from the last is another stream.
const MAX_SEQUENCE_JUMP: u64 = 1_000;
/// After so long of packets that seem late, not they are late but the time line has shifted.
const STALE: Duration = Duration::from_millis(40);
/// Sent numbers that are remembered, so that none is used twice.
const WINDOW: u64 = 64;

/// Which stream is forwarded: the sender (any number that names it) and its SSRC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) sender: u64,
    pub(crate) ssrc: u32,
}

/// How packets of an origin are renumbered.
#[derive(Clone, Copy, Debug)]
struct Mapping {
    origin: Origin,
    /// The sequence number of the origin and of ours where it began.
    from: (u64, u64),
    /// Packets of the origin that were left out since.
    skipped: u64,
    newest: u64,
    /// Added to the origin's timestamps.
    time_offset: u32,
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Outbound {
    /// One beyond the highest number sent.
    next_sequence: u64,
    /// Bit n: number `next_sequence - 1 - n` was sent.
    sent: u64,
    timestamp: u32,
    last_sent: Option<Instant>,
    /// The origin forwarded now or last.
    mapping: Option<Mapping>,
    /// Whether the last packet was forwarded.
    forwarding: bool,
    /// Since when packets come that are older than the silence sent in their place.
    stale_since: Option<Instant>,
    packets: u64,
    bytes: u64,
}

impl Outbound {
    /// `sequence` and `timestamp` should be random (RFC 3550 5.1); of the sequence number the lower 15 bits are used.
    pub(crate) fn new(sequence: u16, timestamp: u32) -> Self {
        Outbound {
            // A first number without carry, well below the wrap, as receivers of SRTP expect it.
            next_sequence: u64::from(sequence & 0x7fff) + 1,
            sent: 0,
            timestamp,
            last_sent: None,
            mapping: None,
            forwarding: false,
            stale_since: None,
            packets: 0,
            bytes: 0,
        }
    }

    pub(crate) fn last_sent(&self) -> Option<Instant> {
        self.last_sent
    }

    /// Whether the last packet was a forwarded one.
    pub(crate) fn is_forwarding(&self) -> bool {
        self.forwarding
    }

    /// Packets sent and their payload bytes.
    pub(crate) fn sent(&self) -> (u64, u64) {
        (self.packets, self.bytes)
    }

    /// Numbers a 20 ms frame of our own (mixed audio or silence).
    pub(crate) fn own(&mut self, now: Instant, bytes: usize) -> Stamp {
        let marker = self.forwarding || self.last_sent.is_none();
        let elapsed = self.elapsed(now);
        let step = if self.forwarding || elapsed > duration_to_samples(PAUSE) as u32 {
            elapsed.max(FRAME_SAMPLES as u32)
        } else {
            FRAME_SAMPLES as u32
        };
        self.forwarding = false;
        let stamp = Stamp {
            sequence: self.next_sequence,
            timestamp: self.timestamp.wrapping_add(step),
            marker,
        };
        self.record(now, stamp, bytes);
        stamp
    }

    /// Numbers a forwarded packet; `None` when it comes too late to fit in.
    pub(crate) fn forward(
        &mut self,
        now: Instant,
        origin: Origin,
        sequence: u64,
        timestamp: u32,
        bytes: usize,
    ) -> Option<Stamp> {
        let known = self
            .mapping
            .filter(|m| m.origin == origin && sequence.abs_diff(m.newest) < MAX_SEQUENCE_JUMP);
        let expected = self.timestamp.wrapping_add(self.elapsed(now));
        let time_of = |m: &Mapping| timestamp.wrapping_add(m.time_offset);
        let plausible = |time: u32| (time.wrapping_sub(expected) as i32).abs() < MAX_DEVIATION;
        match known {
            Some(mut mapping) if self.forwarding && plausible(time_of(&mapping)) => {
                let number = (mapping.from.1 + sequence)
                    .checked_sub(mapping.from.0 + mapping.skipped)
                    .filter(|_| sequence >= mapping.from.0)?;
                if !self.is_new(number) {
                    return None;
                }
                mapping.newest = mapping.newest.max(sequence);
                self.mapping = Some(mapping);
                let stamp = Stamp {
                    sequence: number,
                    timestamp: time_of(&mapping),
                    marker: false,
                };
                self.record(now, stamp, bytes);
                Some(stamp)
            }
            Some(mapping) if !self.forwarding && plausible(time_of(&mapping)) => {
                // The same sender again, after silence took its place: on its old time line, so that what was delayed
                // meanwhile is not played after what came in its place.
                let time = time_of(&mapping);
                let ahead = time.wrapping_sub(self.timestamp) as i32;
                if ahead > 0 {
                    return Some(self.begin(
                        now,
                        origin,
                        sequence,
                        time,
                        mapping.time_offset,
                        bytes,
                    ));
                }
                let since = *self.stale_since.get_or_insert(now);
                let is_late = ahead <= -(FRAME_SAMPLES as i32);
                if is_late && now.saturating_duration_since(since) < STALE {
                    return None;
                }
                Some(self.begin_anew(now, origin, sequence, timestamp, bytes))
            }
            _ => Some(self.begin_anew(now, origin, sequence, timestamp, bytes)),
        }
    }

    /// What is forwarded next, of whatever origin, follows at once on what was sent.
    pub(crate) fn forget_origin(&mut self) {
        self.mapping = None;
    }

    /// A packet of the origin will not be forwarded though it came: its number must not look like a loss.
    pub(crate) fn skip(&mut self, origin: Origin, sequence: u64) {
        if let Some(mapping) = &mut self.mapping
            && self.forwarding
            && mapping.origin == origin
            && sequence == mapping.newest + 1
        {
            mapping.newest = sequence;
            mapping.skipped += 1;
        }
    }

    /// Begins to forward an origin on a time line that goes on from now.
    fn begin_anew(
        &mut self,
        now: Instant,
        origin: Origin,
        sequence: u64,
        timestamp: u32,
        bytes: usize,
    ) -> Stamp {
        let step = self.elapsed(now).max(FRAME_SAMPLES as u32);
        let time = self.timestamp.wrapping_add(step);
        let offset = time.wrapping_sub(timestamp);
        self.begin(now, origin, sequence, time, offset, bytes)
    }

    fn begin(
        &mut self,
        now: Instant,
        origin: Origin,
        sequence: u64,
        timestamp: u32,
        time_offset: u32,
        bytes: usize,
    ) -> Stamp {
        let stamp = Stamp {
            sequence: self.next_sequence,
            timestamp,
            marker: true,
        };
        self.mapping = Some(Mapping {
            origin,
            from: (sequence, stamp.sequence),
            skipped: 0,
            newest: sequence,
            time_offset,
        });
        self.forwarding = true;
        self.stale_since = None;
        self.record(now, stamp, bytes);
        stamp
    }

    /// Whether the number was never used and is not too old to know.
    fn is_new(&self, sequence: u64) -> bool {
        match self.next_sequence.checked_sub(sequence + 1) {
            None => true,
            Some(age) => age < WINDOW && self.sent & (1 << age) == 0,
        }
    }

    fn record(&mut self, now: Instant, stamp: Stamp, bytes: usize) {
        match self.next_sequence.checked_sub(stamp.sequence + 1) {
            Some(age) => self.sent |= 1 << age.min(WINDOW - 1),
            None => {
                let ahead = stamp.sequence + 1 - self.next_sequence;
                self.sent = if ahead >= WINDOW {
                    1
                } else {
                    self.sent << ahead | 1
                };
                self.next_sequence = stamp.sequence + 1;
            }
        }
        if stamp.timestamp.wrapping_sub(self.timestamp) as i32 > 0 || self.last_sent.is_none() {
            self.timestamp = stamp.timestamp;
            self.last_sent = Some(now);
        }
        self.packets += 1;
        self.bytes += bytes as u64;
    }

    /// Samples since the newest packet.
    fn elapsed(&self, now: Instant) -> u32 {
        self.last_sent.map_or(0, |last| {
            duration_to_samples(now.saturating_duration_since(last)).min(u64::from(u32::MAX / 4))
                as u32
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::FRAME_DURATION;

    const A: Origin = Origin {
        sender: 1,
        ssrc: 11,
    };
    const B: Origin = Origin {
        sender: 2,
        ssrc: 22,
    };

    /// A stream whose stamps are collected, checked for unique numbers and rising times at the end.
    struct Line {
        out: Outbound,
        stamps: Vec<Stamp>,
        start: Instant,
    }

    impl Line {
        fn new() -> Self {
            Line {
                out: Outbound::new(60_000, u32::MAX - 500),
                stamps: vec![],
                start: Instant::now(),
            }
        }

        fn at(&self, frame: u32) -> Instant {
            self.start + FRAME_DURATION * frame
        }

        fn forward(&mut self, frame: u32, origin: Origin, sequence: u64, timestamp: u32) -> bool {
            let stamp = self
                .out
                .forward(self.at(frame), origin, sequence, timestamp, 80);
            self.stamps.extend(stamp);
            stamp.is_some()
        }

        fn own(&mut self, frame: u32) {
            self.stamps.push(self.out.own(self.at(frame), 3));
        }

        fn check(&self) {
            let mut numbers: Vec<u64> = self.stamps.iter().map(|s| s.sequence).collect();
            numbers.sort_unstable();
            assert!(
                numbers.windows(2).all(|w| w[0] < w[1]),
                "no number twice: {numbers:?}"
            );
            let mut by_number = self.stamps.clone();
            by_number.sort_by_key(|s| s.sequence);
            for pair in by_number.windows(2) {
                let step = pair[1].timestamp.wrapping_sub(pair[0].timestamp) as i32;
                assert!(step > 0, "time goes on: {pair:?}");
            }
        }
    }

    #[test]
    fn switches_leave_no_break() {
        let mut line = Line::new();
        for i in 0..5 {
            line.own(i);
        }
        for i in 5..10 {
            assert!(line.forward(i, A, 1000 + u64::from(i), 7_000_000 + i * 960));
        }
        for i in 10..15 {
            line.own(i);
        }
        for i in 15..20 {
            assert!(line.forward(i, B, 5 + u64::from(i), i * 960));
        }
        line.check();
        let numbers: Vec<u64> = line.stamps.iter().map(|s| s.sequence).collect();
        assert!(numbers.windows(2).all(|w| w[1] == w[0] + 1));
        for pair in line.stamps.windows(2) {
            assert_eq!(pair[1].timestamp.wrapping_sub(pair[0].timestamp), 960);
        }
        let markers: Vec<usize> = line
            .stamps
            .iter()
            .enumerate()
            .filter(|(_, s)| s.marker)
            .map(|(i, _)| i)
            .collect();
        assert_eq!(markers, [0, 5, 10, 15]);
    }

    #[test]
    fn losses_and_reordering_are_passed_on() {
        let mut line = Line::new();
        for sequence in [10u64, 11, 14, 13, 15] {
            assert!(line.forward(sequence as u32, A, sequence, sequence as u32 * 960));
        }
        line.check();
        let base = line.stamps[0].sequence;
        let offsets: Vec<u64> = line.stamps.iter().map(|s| s.sequence - base).collect();
        assert_eq!(offsets, [0, 1, 4, 3, 5]);
        assert!(
            !line.forward(16, A, 13, 13 * 960),
            "a number is never used twice"
        );
        assert!(
            !line.forward(16, A, 9, 9 * 960),
            "what was before the switch is not sent"
        );
    }

    #[test]
    fn left_out_packets_do_not_look_lost() {
        let mut line = Line::new();
        line.forward(0, A, 10, 0);
        line.out.skip(A, 11);
        line.out.skip(A, 12);
        line.forward(3, A, 13, 3 * 960);
        line.check();
        assert_eq!(line.stamps[1].sequence, line.stamps[0].sequence + 1);
    }

    #[test]
    fn after_a_stall_filled_with_silence_what_is_stale_is_dropped() {
        let mut line = Line::new();
        for i in 0..5u32 {
            line.forward(i, A, u64::from(i), i * 960);
        }
        for i in 5..10 {
            line.own(i);
        }
        // The delayed packets 5 to 12 come at once.
        let passed: Vec<bool> = (5..13u32)
            .map(|i| line.forward(10, A, u64::from(i), i * 960))
            .collect();
        assert_eq!(passed, [false, false, false, false, true, true, true, true]);
        line.check();
    }

    #[test]
    fn a_time_line_that_has_shifted_is_taken_up_soon() {
        let mut line = Line::new();
        for i in 0..5u32 {
            line.forward(i, A, u64::from(i), i * 960);
        }
        for i in 5..50 {
            line.own(i);
        }
        // From now on the sender is 60 ms later than it was, for ever.
        let passed: Vec<bool> = (50..56u32)
            .map(|i| line.forward(i, A, u64::from(i - 3), (i - 3) * 960))
            .collect();
        assert_eq!(passed, [false, false, true, true, true, true]);
        line.check();
    }

    #[test]
    fn a_jump_of_the_sender_is_smoothed() {
        let mut line = Line::new();
        line.forward(0, A, 10, 0);
        assert!(line.forward(1, A, 50_000, 3_000_000_000));
        assert!(line.forward(2, A, 50_001, 3_000_000_960));
        assert!(line.forward(3, Origin { ssrc: 99, ..A }, 7, 5));
        line.check();
        let last = line.stamps[3]
            .timestamp
            .wrapping_sub(line.stamps[0].timestamp);
        assert_eq!(last, 3 * 960);
    }

    proptest::proptest! {
        /// Whatever is forwarded: no sequence number is used twice (it would be a nonce used twice in SRTP).
        #[test]
        fn no_number_is_used_twice(
            steps in proptest::collection::vec((0u8..4, 0u64..200, proptest::num::u32::ANY, 0u32..3), 1..200),
        ) {
            let mut line = Line::new();
            let mut frame = 0;
            let mut used = std::collections::HashSet::new();
            for (what, sequence, timestamp, wait) in steps {
                frame += wait;
                let now = line.at(frame);
                let stamp = match what {
                    0 => Some(line.out.own(now, 1)),
                    1 => { line.out.skip(A, sequence); None }
                    2 => line.out.forward(now, A, sequence, timestamp % 100_000, 1),
                    _ => line.out.forward(now, B, sequence, timestamp, 1),
                };
                if let Some(stamp) = stamp {
                    proptest::prop_assert!(used.insert(stamp.sequence));
                }
            }
        }
    }
}

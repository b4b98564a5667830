//! How deep a jitter buffer should be: the distribution of packet delays, slowly forgotten.

use std::time::{Duration, Instant};

use super::{MAX_DELAY, MIN_DELAY};
use crate::audio::FRAME_DURATION;

/// Width of a histogram cell.
const CELL: Duration = Duration::from_millis(10);
const CELLS: usize = 40;
/// What a packet's weight is multiplied by when the next one comes: half is forgotten after about 7 s.
const KEEP: f32 = 0.998;
/// The share of packets that should be in time.
const IN_TIME: f32 = 0.97;
/// Aimed for until enough has been seen.
const INITIAL: Duration = Duration::from_millis(40);
/// That many packets are enough.
const ENOUGH: u32 = 50;
/// The fastest packet is looked for in two windows of so many packets each (about 4 s), so that a drifting clock or a
/// changed route is followed.
const WINDOW: u32 = 200;

/// Learns from arrival times, tells the depth to aim for.
#[derive(Debug)]
pub(super) struct DelayEstimator {
    cells: [f32; CELLS],
    seen: u32,
    /// Arrival and media time of the stream's first packet: transit times are relative to it.
    origin: Option<(Instant, i64)>,
    /// Least transit of the window before, and of this one, ns.
    fastest: [i64; 2],
    in_window: u32,
    target: Duration,
}

impl DelayEstimator {
    pub(super) fn new() -> Self {
        DelayEstimator {
            cells: [0.0; CELLS],
            seen: 0,
            origin: None,
            fastest: [i64::MAX; 2],
            in_window: 0,
            target: INITIAL,
        }
    }

    pub(super) fn target(&self) -> Duration {
        self.target
    }

    /// A new stream begins: transit times cannot be compared with those before.
    pub(super) fn restart(&mut self) {
        self.origin = None;
        self.fastest = [i64::MAX; 2];
        self.in_window = 0;
    }

    /// A packet of media time `time` (samples) has arrived.
    pub(super) fn observe(&mut self, now: Instant, time: i64) {
        let (first_arrival, first_time) = *self.origin.get_or_insert((now, time));
        let arrival = now.saturating_duration_since(first_arrival).as_nanos() as i64;
        // 62 500 / 3 ns are one sample.
        let transit = arrival - (time - first_time) * 62_500 / 3;
        self.fastest[1] = self.fastest[1].min(transit);
        self.in_window += 1;
        let fastest = self.fastest[0].min(self.fastest[1]);
        if self.in_window >= WINDOW {
            self.fastest = [self.fastest[1], i64::MAX];
            self.in_window = 0;
        }
        let delay = Duration::from_nanos((transit - fastest).max(0) as u64);
        let cell = ((delay.as_millis() / CELL.as_millis()) as usize).min(CELLS - 1);
        for weight in &mut self.cells {
            *weight *= KEEP;
        }
        self.cells[cell] += 1.0 - KEEP;
        self.seen = self.seen.saturating_add(1);
        self.target = self.choose();
    }

    fn choose(&self) -> Duration {
        let total: f32 = self.cells.iter().sum();
        let mut sum = 0.0;
        let mut cell = CELLS - 1;
        for (i, weight) in self.cells.iter().enumerate() {
            sum += weight;
            if sum >= total * IN_TIME {
                cell = i;
                break;
            }
        }
        // The lowest cell is what a quiet network and one frame at a time need; the frame itself must be whole.
        let wanted = if cell == 0 {
            MIN_DELAY
        } else {
            CELL * (cell as u32 + 1) + FRAME_DURATION
        };
        let least = if self.seen < ENOUGH {
            INITIAL
        } else {
            MIN_DELAY
        };
        wanted.clamp(least, MAX_DELAY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::samples_to_duration;

    fn run(delays_ms: impl Iterator<Item = u64>) -> DelayEstimator {
        let start = Instant::now();
        let mut estimator = DelayEstimator::new();
        for (i, delay) in delays_ms.enumerate() {
            let sent = samples_to_duration(960 * i as u64);
            estimator.observe(start + sent + Duration::from_millis(delay), 960 * i as i64);
        }
        estimator
    }

    #[test]
    fn a_quiet_network_needs_one_frame() {
        assert_eq!(run(std::iter::repeat_n(30, 500)).target(), MIN_DELAY);
    }

    #[test]
    fn jitter_deepens_and_is_forgotten() {
        let jittery = (0..500).map(|i| if i % 10 == 0 { 80 } else { 0 });
        let deep = run(jittery.clone()).target();
        assert!(
            deep >= Duration::from_millis(80) && deep <= Duration::from_millis(120),
            "{deep:?}"
        );
        let calm = run(jittery.chain(std::iter::repeat_n(0, 2500))).target();
        assert_eq!(calm, MIN_DELAY);
    }

    #[test]
    fn rare_stragglers_do_not_deepen() {
        assert_eq!(
            run((0..1000).map(|i| if i % 100 == 0 { 200 } else { 2 })).target(),
            MIN_DELAY
        );
    }

    #[test]
    fn a_slow_drift_of_the_clock_is_no_jitter() {
        // 200 ppm: 4 µs a packet, 40 ms over the run.
        let start = Instant::now();
        let mut estimator = DelayEstimator::new();
        for i in 0..10_000u64 {
            let at = samples_to_duration(960 * i) + Duration::from_micros(4 * i);
            estimator.observe(start + at, 960 * i as i64);
        }
        assert_eq!(estimator.target(), MIN_DELAY);
    }

    #[test]
    fn the_depth_is_bounded() {
        assert_eq!(run((0..500).map(|i| (i % 7) * 300)).target(), MAX_DELAY);
    }
}

//! The adaptive jitter buffer: RTP packets go in as they arrive, leave in order at the pace of the caller's clock.
//!
//! Pure: no clock, no codec. The caller says when each packet arrived and asks for the next frame every 20 ms; the
//! answer says what to do: decode a packet, conceal a loss, stretch (nothing is here yet), or be silent.
//!
//! The depth follows the network: [`delay::DelayEstimator`] keeps the distribution of how much later than the fastest
//! packets the others come, and the depth aims for what 97 % of them need. It grows by stretching when the buffer runs
//! dry, and shrinks by [`Next::Frame`]s marked `hurry` and by shortening pauses.

mod delay;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::audio::{FRAME_SAMPLES, SAMPLE_RATE};
use delay::DelayEstimator;

/// Least depth aimed for.
pub(crate) const MIN_DELAY: Duration = Duration::from_millis(20);
/// Most depth aimed for: later packets are worth less than the delay they would cost everyone.
pub(crate) const MAX_DELAY: Duration = Duration::from_millis(300);
/// More than this is never held: the oldest go.
const MAX_HELD: Duration = Duration::from_millis(600);
/// A jump of the sequence number by more than this is another stream.
const MAX_SEQUENCE_JUMP: i64 = 1_000;
/// A jump of the timestamp by more than this is another stream.
const MAX_TIME_JUMP: i64 = 3 * SAMPLE_RATE as i64;
/// After stretching for so long the stream counts as paused.
const MAX_STRETCH_FRAMES: u32 = 5;
/// Losses in a row that are concealed before the rest of the hole is skipped.
const MAX_CONCEALED: u32 = 5;
/// How far the average depth may exceed the aim before frames are hurried.
const HURRY_ABOVE: Duration = Duration::from_millis(25);
/// How far it may before that is done without patience.
const HURRY_NOW_ABOVE: Duration = Duration::from_millis(120);
/// Frames between two hurried ones, when patient.
const HURRY_EVERY_FRAMES: u32 = 25;

/// What became of an inserted packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inserted {
    Queued,
    /// Already here.
    Duplicate,
    /// Its time has passed.
    Late,
    /// It starts a new stream: all that was held is gone.
    Restarted,
}

/// What to play next.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Next {
    /// Decode this. With `hurry` the buffer is deeper than it need be: shorten what you play by a frame if you can.
    Frame { payload: Arc<[u8]>, hurry: bool },
    /// A packet is lost: conceal so many samples, with the in-band redundancy of the packet after it when it is there.
    Lost {
        samples: usize,
        redundancy: Option<Arc<[u8]>>,
    },
    /// The sender made a pause of so many samples: silence or comfort noise.
    Pause { samples: usize },
    /// Nothing has come yet that could be played: stretch what was played last.
    Stretch,
    /// Nothing has come for a while, or too little to begin: silence.
    Idle,
}

/// Counts since the buffer was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct JitterCounters {
    pub(crate) late: u64,
    pub(crate) duplicate: u64,
    pub(crate) lost: u64,
    pub(crate) overflow: u64,
    pub(crate) stretched: u64,
    pub(crate) hurried: u64,
}

#[derive(Clone, Debug)]
struct Held {
    time: i64,
    samples: u32,
    arrived: Instant,
    payload: Arc<[u8]>,
}

impl Held {
    fn end(&self) -> i64 {
        self.time + i64::from(self.samples)
    }
}

#[derive(Clone, Copy, Debug)]
struct Cursor {
    sequence: i64,
    time: i64,
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct JitterBuffer {
    held: BTreeMap<i64, Held>,
    /// Highest sequence number and timestamp seen, extended: what the next are extended by.
    newest: Option<Cursor>,
    /// What is to be played next; `None` before anything was.
    cursor: Option<Cursor>,
    playing: bool,
    stretched: u32,
    concealed: u32,
    since_hurry: u32,
    /// Running mean of the depth in samples, seen before each frame is taken.
    mean_depth: f32,
    delay: DelayEstimator,
    counters: JitterCounters,
}

impl JitterBuffer {
    pub(crate) fn new() -> Self {
        JitterBuffer {
            held: BTreeMap::new(),
            newest: None,
            cursor: None,
            playing: false,
            stretched: 0,
            concealed: 0,
            since_hurry: 0,
            mean_depth: 0.0,
            delay: DelayEstimator::new(),
            counters: JitterCounters::default(),
        }
    }

    /// The depth aimed for.
    pub(crate) fn target(&self) -> Duration {
        self.delay.target()
    }

    pub(crate) fn counters(&self) -> JitterCounters {
        self.counters
    }

    /// Forgets the stream but not what was learnt of the network nor the counters.
    pub(crate) fn restart(&mut self) {
        self.held.clear();
        self.newest = None;
        self.cursor = None;
        self.playing = false;
        self.stretched = 0;
        self.concealed = 0;
        self.mean_depth = 0.0;
        self.delay.restart();
    }

    /// Takes a packet of `samples` duration (at 48 kHz).
    pub(crate) fn insert(
        &mut self,
        now: Instant,
        sequence: u16,
        timestamp: u32,
        samples: u32,
        payload: Arc<[u8]>,
    ) -> Inserted {
        let mut outcome = Inserted::Queued;
        let mut at = self.extend(sequence, timestamp);
        if let Some(newest) = self.newest
            && ((at.sequence - newest.sequence).abs() > MAX_SEQUENCE_JUMP
                || (at.time - newest.time).abs() > MAX_TIME_JUMP)
        {
            self.restart();
            at = self.extend(sequence, timestamp);
            outcome = Inserted::Restarted;
        }
        self.delay.observe(now, at.time);
        if self.cursor.is_some_and(|c| at.sequence < c.sequence) {
            self.counters.late += 1;
            return Inserted::Late;
        }
        if self.held.contains_key(&at.sequence) {
            self.counters.duplicate += 1;
            return Inserted::Duplicate;
        }
        if self.newest.is_none_or(|n| at.sequence > n.sequence) {
            self.newest = Some(at);
        }
        self.held.insert(
            at.sequence,
            Held {
                time: at.time,
                samples,
                arrived: now,
                payload,
            },
        );
        self.bound();
        outcome
    }

    /// Learns from the arrival of a packet that is played elsewhere.
    pub(crate) fn observe(&mut self, now: Instant, sequence: u16, timestamp: u32) {
        let at = self.extend(sequence, timestamp);
        let jumped = |n: Cursor| (at.time - n.time).abs() > MAX_TIME_JUMP;
        if self.newest.is_some_and(jumped) {
            self.restart();
        }
        let at = self.extend(sequence, timestamp);
        self.delay.observe(now, at.time);
        if self.newest.is_none_or(|n| at.sequence > n.sequence) {
            self.newest = Some(at);
        }
    }

    /// What is to be played now.
    pub(crate) fn next(&mut self, now: Instant) -> Next {
        if !self.playing && !self.begin(now) {
            return Next::Idle;
        }
        let Some((&sequence, first)) = self.held.first_key_value() else {
            return self.stretch();
        };
        let first_time = first.time;
        // `begin` has set it, and nothing but `restart` unsets it, which stops the playing.
        let Some(cursor) = self.cursor else {
            return Next::Idle;
        };
        let depth = self.depth_from(cursor.time);
        if sequence > cursor.sequence {
            return self.missing(cursor, sequence, first_time, depth);
        }
        let pause = first_time - cursor.time;
        if pause > 0 {
            if self.stretched > 0 {
                // The sender paused and talks again: the moment to settle at the right depth.
                self.playing = false;
                self.stretched = 0;
                return if self.begin(now) {
                    self.take(0)
                } else {
                    Next::Idle
                };
            }
            let depth_without = depth - pause;
            if depth_without < duration_samples(self.target()) {
                let samples = pause.min(FRAME_SAMPLES as i64);
                self.cursor = Some(Cursor {
                    time: cursor.time + samples,
                    ..cursor
                });
                return Next::Pause {
                    samples: samples as usize,
                };
            }
        }
        self.take(depth)
    }

    /// Removes everything held, in order, and begins anew with the next packet.
    pub(crate) fn drain(&mut self) -> Vec<(u16, u32, Arc<[u8]>)> {
        let held = std::mem::take(&mut self.held);
        self.restart();
        held.into_iter()
            .map(|(seq, held)| (seq as u16, held.time as u32, held.payload))
            .collect()
    }

    /// Starts to play when enough is here or the first packet has waited long enough.
    fn begin(&mut self, now: Instant) -> bool {
        let Some((&sequence, first)) = self.held.first_key_value() else {
            return false;
        };
        let target = self.target();
        let waited = now.saturating_duration_since(first.arrived);
        if waited < target && self.depth_from(first.time) < duration_samples(target) {
            return false;
        }
        self.cursor = Some(Cursor {
            sequence,
            time: first.time,
        });
        self.playing = true;
        self.stretched = 0;
        self.mean_depth = self.depth_from(first.time) as f32;
        true
    }

    /// Takes the first packet; it is the one the cursor is at.
    fn take(&mut self, depth: i64) -> Next {
        let Some((sequence, held)) = self.held.pop_first() else {
            return Next::Idle;
        };
        self.cursor = Some(Cursor {
            sequence: sequence + 1,
            time: held.end(),
        });
        self.stretched = 0;
        self.concealed = 0;
        self.since_hurry = self.since_hurry.saturating_add(1);
        self.mean_depth += (depth as f32 - self.mean_depth) / 32.0;
        let excess = self.mean_depth - duration_samples(self.target()) as f32;
        let patient = excess < duration_samples(HURRY_NOW_ABOVE) as f32;
        let hurry = excess > duration_samples(HURRY_ABOVE) as f32
            && self.held.contains_key(&(sequence + 1))
            && self.since_hurry > if patient { HURRY_EVERY_FRAMES } else { 2 };
        if hurry {
            self.since_hurry = 0;
            self.mean_depth -= held.samples as f32;
            self.counters.hurried += 1;
        }
        Next::Frame {
            payload: held.payload,
            hurry,
        }
    }

    /// Packets before the first one held are missing: wait for them while the buffer is thin, else give them up.
    fn missing(&mut self, cursor: Cursor, sequence: i64, time: i64, depth: i64) -> Next {
        if depth < duration_samples(self.target()) && self.stretched < MAX_STRETCH_FRAMES {
            return self.stretch();
        }
        let missing = sequence - cursor.sequence;
        let hole = (time - cursor.time).max(0);
        self.counters.lost += 1;
        self.concealed += 1;
        if self.concealed > MAX_CONCEALED {
            self.counters.lost += (missing - 1) as u64;
            self.cursor = Some(Cursor { sequence, time });
            return Next::Pause {
                samples: FRAME_SAMPLES,
            };
        }
        // Opus frames are multiples of 2.5 ms, up to 120 ms.
        let samples = ((hole / missing) / 120 * 120).clamp(120, 5760);
        let redundancy = match self.held.first_key_value() {
            Some((_, held)) if missing == 1 => Some(Arc::clone(&held.payload)),
            _ => None,
        };
        let next_time = if missing == 1 {
            time
        } else {
            cursor.time + samples
        };
        self.cursor = Some(Cursor {
            sequence: cursor.sequence + 1,
            time: next_time,
        });
        Next::Lost {
            samples: samples as usize,
            redundancy,
        }
    }

    fn stretch(&mut self) -> Next {
        self.stretched += 1;
        if self.stretched > MAX_STRETCH_FRAMES {
            self.playing = false;
            return Next::Idle;
        }
        self.counters.stretched += 1;
        Next::Stretch
    }

    /// Samples from `time` to the end of what has come.
    fn depth_from(&self, time: i64) -> i64 {
        self.held
            .last_key_value()
            .map_or(0, |(_, held)| held.end() - time)
    }

    /// Lets the oldest go while there is too much.
    fn bound(&mut self) {
        let most = duration_samples(MAX_HELD);
        while let Some((&sequence, first)) = self.held.first_key_value() {
            if self.depth_from(first.time) <= most && self.held.len() <= 256 {
                return;
            }
            let end = first.end();
            self.held.pop_first();
            self.counters.overflow += 1;
            if self.playing {
                self.cursor = Some(Cursor {
                    sequence: sequence + 1,
                    time: end,
                });
            }
        }
    }

    fn extend(&self, sequence: u16, timestamp: u32) -> Cursor {
        match self.newest {
            None => Cursor {
                sequence: i64::from(sequence),
                time: i64::from(timestamp),
            },
            Some(newest) => Cursor {
                sequence: newest.sequence
                    + i64::from(sequence.wrapping_sub(newest.sequence as u16) as i16),
                time: newest.time + i64::from(timestamp.wrapping_sub(newest.time as u32) as i32),
            },
        }
    }
}

fn duration_samples(duration: Duration) -> i64 {
    crate::audio::duration_to_samples(duration) as i64
}

#[cfg(test)]
mod tests;

//! Telephone keys: as tones (ITU-T Q.23) and as RTP telephone events (RFC 4733).

use std::collections::VecDeque;
use std::time::Duration;

use crate::audio::{SAMPLE_RATE, amplitude, duration_to_samples};

/// How long a key's tone sounds.
pub const TONE_ON: Duration = Duration::from_millis(100);
/// Silence after each tone.
pub const TONE_OFF: Duration = Duration::from_millis(60);
/// The pause of `w` and `,`.
pub const SHORT_PAUSE: Duration = Duration::from_millis(500);
/// The pause of `W`.
pub const LONG_PAUSE: Duration = Duration::from_millis(1000);
/// Peak level of each of the two sines of a key, dBFS.
pub const TONE_LEVEL_DBFS: f32 = -13.0;
/// Most keys and pauses that may wait to be played on a leg; more are dropped.
pub const MAX_QUEUED: usize = offhook_proto::limits::DTMF_CHARS;

/// Length of the ramps at both ends of a tone, samples: 2.5 ms.
const RAMP: u64 = 120;

/// The two frequencies of a key, Hz, low group first; `None` for what is no key.
pub fn key_frequencies(key: char) -> Option<(f32, f32)> {
    const KEYS: [[char; 4]; 4] = [
        ['1', '2', '3', 'A'],
        ['4', '5', '6', 'B'],
        ['7', '8', '9', 'C'],
        ['*', '0', '#', 'D'],
    ];
    const LOW: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
    const HIGH: [f32; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
    let key = key.to_ascii_uppercase();
    KEYS.iter().enumerate().find_map(|(row, keys)| {
        keys.iter()
            .position(|&k| k == key)
            .map(|column| (LOW[row], HIGH[column]))
    })
}

/// One stretch of a key sequence.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Segment {
    Tone { low: f32, high: f32 },
    Silence { samples: u64 },
}

impl Segment {
    fn samples(self) -> u64 {
        match self {
            Segment::Tone { .. } => duration_to_samples(TONE_ON),
            Segment::Silence { samples } => samples,
        }
    }
}

/// Plays queued keys as audio.
#[derive(Debug, Default)]
pub(crate) struct DtmfPlayer {
    queue: VecDeque<Segment>,
    /// Samples of the first segment that have been played.
    position: u64,
}

impl DtmfPlayer {
    /// Adds keys and pauses to the end; what is neither is skipped.
    pub(crate) fn push(&mut self, digits: &str) {
        for digit in digits.chars() {
            if self.queue.len() + 2 > 2 * MAX_QUEUED {
                tracing::debug!("too many keys are waiting to be played: the rest is dropped");
                return;
            }
            let pause = match digit {
                'w' | ',' => SHORT_PAUSE,
                'W' => LONG_PAUSE,
                _ => match key_frequencies(digit) {
                    Some((low, high)) => {
                        self.queue.push_back(Segment::Tone { low, high });
                        TONE_OFF
                    }
                    None => continue,
                },
            };
            self.queue.push_back(Segment::Silence {
                samples: duration_to_samples(pause),
            });
        }
    }

    pub(crate) fn is_playing(&self) -> bool {
        !self.queue.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.queue.clear();
        self.position = 0;
    }

    /// Adds the next samples to `out`.
    pub(crate) fn add_to(&mut self, out: &mut [f32]) {
        let peak = amplitude(TONE_LEVEL_DBFS);
        let mut rest = out;
        while let Some(&segment) = self.queue.front() {
            if rest.is_empty() {
                return;
            }
            let length = segment.samples();
            let count = ((length - self.position) as usize).min(rest.len());
            let (now, later) = rest.split_at_mut(count);
            if let Segment::Tone { low, high } = segment {
                for (i, sample) in now.iter_mut().enumerate() {
                    let at = self.position + i as u64;
                    let gain = (at.min(length - 1 - at) as f32 / RAMP as f32).min(1.0);
                    let time = at as f32 / SAMPLE_RATE as f32 * std::f32::consts::TAU;
                    *sample += peak * gain * ((time * low).sin() + (time * high).sin());
                }
            }
            self.position += count as u64;
            if self.position >= length {
                self.queue.pop_front();
                self.position = 0;
            }
            rest = later;
        }
    }
}

/// Turns telephone-event payloads into keys, one for each press however many packets report it.
#[derive(Debug, Default)]
pub(crate) struct EventReceiver {
    /// SSRC and RTP timestamp of the press reported last: all packets of one press carry the same.
    last: Option<(u32, u32)>,
}

impl EventReceiver {
    /// Takes one packet's payload; gives the key when the press is new.
    pub(crate) fn receive(&mut self, ssrc: u32, timestamp: u32, payload: &[u8]) -> Option<char> {
        let [event, _flags, _, _, ..] = *payload else {
            return None;
        };
        let key = match event {
            0..=9 => char::from(b'0' + event),
            10 => '*',
            11 => '#',
            12..=15 => char::from(b'A' + event - 12),
            _ => return None,
        };
        if self.last == Some((ssrc, timestamp)) {
            return None;
        }
        self.last = Some((ssrc, timestamp));
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone::tone_dbfs;

    #[test]
    fn keys_sound_at_their_frequencies_for_their_time() {
        for key in "0123456789*#ABCD".chars() {
            let (low, high) = key_frequencies(key).expect("a key");
            let mut player = DtmfPlayer::default();
            player.push(&key.to_string());
            let mut out = vec![0.0; duration_to_samples(TONE_ON + TONE_OFF) as usize];
            // In uneven pieces, as a caller may.
            for piece in out.chunks_mut(777) {
                player.add_to(piece);
            }
            assert!(!player.is_playing());
            let on = duration_to_samples(TONE_ON) as usize;
            assert!((tone_dbfs(&out[..on], SAMPLE_RATE, low) - TONE_LEVEL_DBFS).abs() < 1.0);
            assert!((tone_dbfs(&out[..on], SAMPLE_RATE, high) - TONE_LEVEL_DBFS).abs() < 1.0);
            assert!(out[on..].iter().all(|&s| s == 0.0));
        }
    }

    #[test]
    fn pauses_and_nonsense() {
        let mut player = DtmfPlayer::default();
        player.push("w,W hello");
        assert_eq!(
            player.queue.iter().map(|s| s.samples()).sum::<u64>(),
            96_000
        );
        player.clear();
        player.push("a");
        assert_eq!(player.queue.len(), 2, "letters count in either case");
    }

    #[test]
    fn the_queue_is_bounded() {
        let mut player = DtmfPlayer::default();
        player.push(&"5".repeat(10_000));
        assert!(player.queue.len() <= 2 * MAX_QUEUED);
    }

    #[test]
    fn a_press_is_reported_once() {
        let mut events = EventReceiver::default();
        assert_eq!(events.receive(1, 1000, &[5, 10, 0, 160]), Some('5'));
        assert_eq!(events.receive(1, 1000, &[5, 10, 1, 64]), None);
        assert_eq!(events.receive(1, 1000, &[5, 0x8a, 1, 224]), None);
        assert_eq!(events.receive(1, 9000, &[11, 10, 0, 160]), Some('#'));
        assert_eq!(
            events.receive(1, 12_000, &[16, 10, 0, 160]),
            None,
            "a hook flash is no key"
        );
        assert_eq!(events.receive(1, 15_000, &[5, 10]), None, "truncated");
    }

    proptest::proptest! {
        #[test]
        fn any_payload_and_any_digits_are_survived(payload: Vec<u8>, digits in "\\PC{0,60}") {
            let mut events = EventReceiver::default();
            let key = events.receive(1, 2, &payload);
            proptest::prop_assert!(key.is_none_or(|key| key_frequencies(key).is_some()));
            proptest::prop_assert_eq!(events.receive(1, 2, &payload), None, "one press, one key");
            let mut player = DtmfPlayer::default();
            player.push(&digits);
            let mut frame = [0.0; 960];
            player.add_to(&mut frame);
            proptest::prop_assert!(frame.iter().all(|sample| sample.abs() <= 1.0));
        }
    }
}

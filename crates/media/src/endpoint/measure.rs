//! What measurements of servers are made with: sound encoded once for many endpoints, ears that only count, and the time
//! a sound takes from one endpoint to another.

use std::fmt::{self, Debug, Formatter};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::audio::{SILENCE, power_dbfs, rms_dbfs};
use crate::codec::{VoiceDecoder, VoiceEncoder};
use crate::error::MediaError;
use crate::tone::{ToneBursts, ToneGenerator};

/// How an endpoint takes part in a measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// Whether what comes is decoded. Where it is only counted, an endpoint costs a small part of what it costs
    /// otherwise, and hears and records nothing.
    pub decode: bool,
    /// Its part in measuring a delay, if it has one.
    pub probe: Option<Probe>,
}

impl Default for Measurement {
    /// Decodes, measures no delay.
    fn default() -> Self {
        Self {
            decode: true,
            probe: None,
        }
    }
}

/// One end of a [`DelayProbe`].
#[derive(Clone, Debug, PartialEq)]
pub enum Probe {
    /// The one that is heard: its source is an [`EncodedLoop`] that begins with a loud burst.
    Speaker(DelayProbe),
    /// The one that listens.
    Listener(DelayProbe),
}

/// Frames of a tone, encoded once, sent over and over by any number of endpoints.
#[derive(Clone)]
pub struct EncodedLoop {
    packets: Arc<[(Arc<[u8]>, f32)]>,
}

impl EncodedLoop {
    /// So many frames of 20 ms.
    ///
    /// # Errors
    /// When they cannot be encoded, or are none.
    pub fn new(bursts: ToneBursts, frames: usize) -> Result<Self, MediaError> {
        let failed = |error: opus::Error| MediaError::Engine(error.to_string());
        let mut encoder = VoiceEncoder::new().map_err(failed)?;
        let mut generator = ToneGenerator::new(bursts);
        let mut packets = Vec::with_capacity(frames);
        for _ in 0..frames {
            let mut frame = SILENCE;
            generator.fill(&mut frame);
            packets.push((encoder.encode(&frame).map_err(failed)?, rms_dbfs(&frame)));
        }
        if packets.is_empty() {
            return Err(MediaError::Engine("a loop needs a frame".into()));
        }
        Ok(Self {
            packets: packets.into(),
        })
    }

    /// The packet at a position, its level, and whether the loop begins with it.
    pub(super) fn at(&self, position: usize) -> (Arc<[u8]>, f32, bool) {
        let index = position % self.packets.len();
        let (packet, level) = &self.packets[index];
        (Arc::clone(packet), *level, index == 0)
    }
}

impl PartialEq for EncodedLoop {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.packets, &other.packets)
    }
}

impl Debug for EncodedLoop {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "EncodedLoop({} packets)", self.packets.len())
    }
}

/// A burst is at least this loud where it is heard; everything else has to be quieter.
const BURST_DBFS: f32 = -20.0;
/// A burst begins when it was quiet for so long.
const QUIET: Duration = Duration::from_millis(300);
/// Samples looked at together: 2.5 ms.
const PIECE: usize = 120;

/// The time from the sending of the packet a burst begins in, to the arrival of the first packet it is heard in, at each
/// of any number of listeners. All ends are on the same clock. Clones are the same probe.
#[derive(Clone, Default)]
pub struct DelayProbe {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    sent: Option<Instant>,
    loud: Option<Instant>,
    delays: Vec<Duration>,
}

impl DelayProbe {
    /// What was measured since this was asked before.
    pub fn take(&self) -> Vec<Duration> {
        std::mem::take(&mut self.state().delays)
    }

    /// When a packet with something loud in it came last to any listener.
    pub fn last_loud(&self) -> Option<Instant> {
        self.state().loud
    }

    pub(super) fn said(&self, now: Instant) {
        self.state().sent = Some(now);
    }

    /// A listener hears something loud, which begins now or goes on. It has counted the burst sent at `counted`; which it
    /// has counted then.
    fn heard(&self, now: Instant, begins: bool, counted: Option<Instant>) -> Option<Instant> {
        let mut state = self.state();
        state.loud = Some(now);
        if !begins {
            return counted;
        }
        if let Some(sent) = state.sent.filter(|_| state.sent != counted) {
            state.delays.push(now - sent);
        }
        state.sent
    }

    /// A panic elsewhere cannot leave this half-written: every change to it is one step.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PartialEq for DelayProbe {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.state, &other.state)
    }
}

impl Debug for DelayProbe {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("DelayProbe").finish_non_exhaustive()
    }
}

/// Decodes packets as they come, without waiting for those that are missing.
pub(super) struct Ear {
    probe: DelayProbe,
    decoder: VoiceDecoder,
    samples: Vec<f32>,
    /// When it was loud last.
    loud: Option<Instant>,
    /// The burst whose delay was measured last.
    counted: Option<Instant>,
}

impl Ear {
    pub(super) fn new(probe: DelayProbe) -> Self {
        Self {
            probe,
            decoder: VoiceDecoder::new(),
            samples: Vec::new(),
            loud: None,
            counted: None,
        }
    }

    pub(super) fn packet(&mut self, now: Instant, payload: &[u8]) {
        self.samples.clear();
        self.decoder.decode(payload, &mut self.samples);
        let loud = self.samples.chunks_exact(PIECE).any(|piece| {
            let power = piece.iter().map(|s| s * s).sum::<f32>() / PIECE as f32;
            power_dbfs(power) > BURST_DBFS
        });
        if !loud {
            return;
        }
        let began = self.loud.is_none_or(|before| now - before > QUIET);
        self.loud = Some(now);
        self.counted = self.probe.heard(now, began, self.counted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bursts() -> EncodedLoop {
        let tone = ToneBursts {
            frequency: 1_000.0,
            level_dbfs: -8.0,
            on: Duration::from_millis(100),
            off: Duration::from_millis(900),
        };
        EncodedLoop::new(tone, 50).expect("a loop")
    }

    #[test]
    fn a_delay_is_measured_once_a_burst() {
        let (burst, probe) = (bursts(), DelayProbe::default());
        let mut ears = [Ear::new(probe.clone()), Ear::new(probe.clone())];
        let begin = Instant::now();
        let late = Duration::from_millis(33);
        for position in 0..150 {
            let now = begin + Duration::from_millis(20) * position;
            let (packet, _, first) = burst.at(position as usize);
            if first {
                probe.said(now);
            }
            for ear in &mut ears {
                ear.packet(now + late, &packet);
            }
        }
        assert_eq!(probe.take(), [late; 6], "three bursts, two listeners");
        assert!(probe.take().is_empty());
        let last = begin + Duration::from_millis(2_000) + late;
        let loud = probe.last_loud().expect("it was loud");
        assert!(loud >= last && loud < last + Duration::from_millis(140));
    }

    #[test]
    fn a_quiet_tone_is_no_burst() {
        let quiet = ToneBursts {
            level_dbfs: -45.0,
            ..ToneBursts::steady(400.0)
        };
        let quiet = EncodedLoop::new(quiet, 50).expect("a loop");
        let probe = DelayProbe::default();
        let mut ear = Ear::new(probe.clone());
        probe.said(Instant::now());
        for position in 0..50 {
            ear.packet(Instant::now(), &quiet.at(position).0);
        }
        assert!(probe.take().is_empty());
        assert!(EncodedLoop::new(ToneBursts::new(400.0), 0).is_err());
    }
}

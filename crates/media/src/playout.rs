//! A received stream as audio: jitter buffer and decoder together, one 20 ms frame at each call.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::audio::{FRAME_SAMPLES, Frame, SILENCE};
use crate::codec::{VoiceDecoder, packet_samples};
use crate::jitter::{Inserted, JitterBuffer, JitterCounters, Next};

/// What a frame is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Played {
    /// Decoded or concealed audio.
    Audio,
    /// Nothing was there to be played.
    Silence,
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Playout {
    jitter: JitterBuffer,
    decoder: VoiceDecoder,
    /// Decoded and not yet played.
    ready: Vec<f32>,
    scratch: Vec<f32>,
    /// Frames that may still be concealed before the first packet plays.
    bridge: u32,
}

/// Most frames that a primed playout conceals while its jitter buffer fills.
const BRIDGE_FRAMES: u32 = 4;

impl Playout {
    pub(crate) fn new() -> Self {
        Playout {
            jitter: JitterBuffer::new(),
            decoder: VoiceDecoder::new(),
            ready: Vec::new(),
            scratch: Vec::new(),
            bridge: 0,
        }
    }

    /// Learns from the arrival of a packet that is played elsewhere.
    pub(crate) fn observe(&mut self, now: Instant, sequence: u16, timestamp: u32) {
        self.jitter.observe(now, sequence, timestamp);
    }

    /// Takes a packet; `None` when it is not Opus.
    pub(crate) fn insert(
        &mut self,
        now: Instant,
        sequence: u16,
        timestamp: u32,
        payload: Arc<[u8]>,
    ) -> Option<Inserted> {
        let samples = packet_samples(&payload)?;
        let inserted = self
            .jitter
            .insert(now, sequence, timestamp, samples, payload);
        if inserted == Inserted::Restarted {
            self.ready.clear();
        }
        Some(inserted)
    }

    /// Decodes packets that were played elsewhere just before, so that the decoder is in step with what follows; until
    /// that can be played, what was heard is stretched.
    pub(crate) fn prime<'a>(&mut self, packets: impl Iterator<Item = &'a [u8]>) {
        self.decoder.reset();
        self.ready.clear();
        for packet in packets {
            self.scratch.clear();
            if self.decoder.decode(packet, &mut self.scratch) > 0 {
                self.bridge = BRIDGE_FRAMES;
            }
        }
    }

    /// Writes the next 20 ms.
    pub(crate) fn play(&mut self, now: Instant, out: &mut Frame) -> Played {
        *out = SILENCE;
        let mut played = if self.ready.is_empty() {
            Played::Silence
        } else {
            Played::Audio
        };
        while self.ready.len() < FRAME_SAMPLES {
            let missing = FRAME_SAMPLES - self.ready.len();
            match self.jitter.next(now) {
                Next::Frame { payload, hurry } => {
                    self.bridge = 0;
                    self.decode(&payload);
                    if hurry {
                        self.fold(now);
                    }
                }
                Next::Lost {
                    samples,
                    redundancy,
                } => {
                    self.decoder
                        .conceal(redundancy.as_deref(), samples, &mut self.ready);
                }
                Next::Stretch => {
                    // Decoded audio comes in multiples of 2.5 ms, so what is missing is one too.
                    self.decoder
                        .conceal(None, missing.next_multiple_of(120), &mut self.ready);
                }
                Next::Pause { samples } => {
                    self.ready.resize(self.ready.len() + samples.max(1), 0.0);
                    continue;
                }
                Next::Idle if self.bridge > 0 => {
                    self.bridge -= 1;
                    self.decoder
                        .conceal(None, missing.next_multiple_of(120), &mut self.ready);
                }
                Next::Idle => {
                    self.ready.resize(FRAME_SAMPLES, 0.0);
                    continue;
                }
            }
            played = Played::Audio;
        }
        out.copy_from_slice(&self.ready[..FRAME_SAMPLES]);
        self.ready.drain(..FRAME_SAMPLES);
        played
    }

    /// Stops and gives back what was not played.
    pub(crate) fn drain(&mut self) -> Vec<(u16, u32, Arc<[u8]>)> {
        self.ready.clear();
        self.jitter.drain()
    }

    /// Forgets the stream.
    pub(crate) fn restart(&mut self) {
        self.ready.clear();
        self.bridge = 0;
        self.jitter.restart();
        self.decoder.reset();
    }

    pub(crate) fn counters(&self) -> JitterCounters {
        self.jitter.counters()
    }

    pub(crate) fn target(&self) -> Duration {
        self.jitter.target()
    }

    fn decode(&mut self, payload: &[u8]) {
        let made = self.decoder.decode(payload, &mut self.ready);
        if made == 0 {
            self.decoder.conceal(None, FRAME_SAMPLES, &mut self.ready);
        }
    }

    /// Makes one packet's time out of two: the audio just decoded fades into that of the packet after it.
    fn fold(&mut self, now: Instant) {
        let Next::Frame { payload, .. } = self.jitter.next(now) else {
            return;
        };
        self.scratch.clear();
        let made = self.decoder.decode(&payload, &mut self.scratch);
        let overlap = made.min(self.ready.len());
        let start = self.ready.len() - overlap;
        for i in 0..overlap {
            let weight = i as f32 / overlap as f32;
            let kept = &mut self.ready[start + i];
            *kept += (self.scratch[i] - *kept) * weight;
        }
        self.ready.extend_from_slice(&self.scratch[overlap..made]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{FRAME_DURATION, SAMPLE_RATE};
    use crate::codec::VoiceEncoder;
    use crate::tone::{ToneBursts, ToneGenerator, longest_tone_gap};

    /// A steady 500 Hz tone in 20 ms packets.
    fn packets(count: usize) -> Vec<Arc<[u8]>> {
        let mut encoder = VoiceEncoder::new().expect("an encoder");
        let mut tone = ToneGenerator::new(ToneBursts::steady(500.0));
        (0..count)
            .map(|_| {
                let mut frame = SILENCE;
                tone.fill(&mut frame);
                encoder.encode(&frame).expect("a packet")
            })
            .collect()
    }

    fn gap_ms(audio: &[f32]) -> u128 {
        let window = Duration::from_millis(10);
        longest_tone_gap(audio, SAMPLE_RATE, 500.0, window, -40.0)
            .expect("the tone")
            .as_millis()
    }

    #[test]
    fn losses_leave_no_hole() {
        let start = Instant::now();
        let mut playout = Playout::new();
        let mut audio = Vec::new();
        for (i, packet) in packets(300).into_iter().enumerate() {
            let now = start + FRAME_DURATION * i as u32;
            if i % 10 != 7 {
                playout.insert(now, i as u16, i as u32 * 960, packet);
            }
            let mut frame = SILENCE;
            playout.play(now + Duration::from_millis(5), &mut frame);
            audio.extend_from_slice(&frame);
        }
        assert!(playout.counters().lost >= 25);
        assert!(gap_ms(&audio) <= 20, "{}", gap_ms(&audio));
    }

    #[test]
    fn a_primed_decoder_goes_on_where_another_stopped() {
        let start = Instant::now();
        let all = packets(40);
        let mut playout = Playout::new();
        playout.prime(all[17..20].iter().map(|p| &p[..]));
        let mut audio = Vec::new();
        for (i, packet) in all.iter().enumerate().skip(20) {
            let now = start + FRAME_DURATION * i as u32;
            playout.insert(now, i as u16, i as u32 * 960, Arc::clone(packet));
            let mut frame = SILENCE;
            playout.play(now, &mut frame);
            audio.extend_from_slice(&frame);
        }
        // A little softer while it is stretched, then as before.
        let levels: Vec<f32> = audio
            .chunks(480)
            .map(|piece| crate::tone::tone_dbfs(piece, SAMPLE_RATE, 500.0))
            .collect();
        assert!(levels.iter().all(|level| *level > -32.0), "{levels:?}");
        assert!(gap_ms(&audio) <= 10, "{}", gap_ms(&audio));
    }

    #[test]
    fn packets_of_other_lengths_play_at_the_same_pace() {
        // 60 ms packets: SILK, three frames of 20 ms in one.
        let mut encoder =
            opus::Encoder::new(SAMPLE_RATE, opus::Channels::Mono, opus::Application::Voip)
                .expect("an encoder");
        let mut tone = ToneGenerator::new(ToneBursts::steady(500.0));
        let start = Instant::now();
        let mut playout = Playout::new();
        let mut audio = Vec::new();
        for i in 0..150u32 {
            let now = start + FRAME_DURATION * i;
            if i % 3 == 0 {
                let mut samples = vec![0.0; 2880];
                tone.fill(&mut samples);
                let packet = encoder.encode_vec_float(&samples, 1275).expect("a packet");
                playout.insert(now, (i / 3) as u16, i * 960, packet.into());
            }
            let mut frame = SILENCE;
            playout.play(now + Duration::from_millis(5), &mut frame);
            audio.extend_from_slice(&frame);
        }
        assert!(gap_ms(&audio) <= 25, "{}", gap_ms(&audio));
        assert_eq!(playout.counters().lost, 0);
    }
}

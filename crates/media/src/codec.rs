//! Opus, 48 kHz mono: coder, decoder, and what can be told from a packet without decoding.

use std::sync::{Arc, LazyLock};

use opus::{Application, Bitrate, Channels, Decoder, Encoder};

use crate::audio::FRAME_SAMPLES;

/// Bits a second of what we encode, one packet each 20 ms.
pub const VOICE_BITRATE: i32 = 32_000;
/// The same for a leg on a slow line.
const LOW_BITRATE: i32 = 12_000;
/// Loss the in-band redundancy of one voice is laid out for, percent.
const VOICE_LOSS: i32 = 5;
/// More loss is not prepared for, percent.
const MAX_LOSS: u8 = 25;
/// The effort of the encoder, as libopus counts it: 0 to 10.
pub const VOICE_COMPLEXITY: i32 = 5;
/// Longest packet: at our bit rate a frame is 80 bytes.
const MAX_PACKET: usize = 1275;
/// Longest audio in one packet, samples (120 ms).
pub(crate) const MAX_PACKET_SAMPLES: usize = 5760;

/// One 20 ms frame of digital silence, as any Opus decoder takes it whatever came before.
static SILENT_PACKET: LazyLock<Arc<[u8]>> = LazyLock::new(|| Arc::from([0xf8, 0xff, 0xfe]));

/// The packet of a silent frame.
pub(crate) fn silent_packet() -> Arc<[u8]> {
    Arc::clone(&SILENT_PACKET)
}

/// Samples in a packet at 48 kHz; `None` when it is no Opus packet.
pub(crate) fn packet_samples(packet: &[u8]) -> Option<u32> {
    let samples = opus::packet::get_nb_samples(packet, crate::audio::SAMPLE_RATE).ok()?;
    (120..=MAX_PACKET_SAMPLES)
        .contains(&samples)
        .then_some(samples as u32)
}

/// Encodes frames of 20 ms.
#[derive(Debug)]
pub(crate) struct VoiceEncoder {
    inner: Encoder,
    buffer: [u8; MAX_PACKET],
    low: bool,
    loss: u8,
}

impl VoiceEncoder {
    /// For one voice, with redundancy against losses on the way.
    pub(crate) fn new() -> Result<Self, opus::Error> {
        let mut encoder = Self::of(Application::Voip)?;
        encoder.inner.set_packet_loss_perc(VOICE_LOSS)?;
        Ok(encoder)
    }

    /// For mixes: several voices, tones and music at once, which the coder for speech takes three times as long for and
    /// does worse. Where packets are lost ([`set_loss`](Self::set_loss)) it changes by itself to that coder, which alone
    /// has redundancy.
    pub(crate) fn for_mixes() -> Result<Self, opus::Error> {
        Self::of(Application::Audio)
    }

    fn of(application: Application) -> Result<Self, opus::Error> {
        let mut inner = Encoder::new(crate::audio::SAMPLE_RATE, Channels::Mono, application)?;
        inner.set_bitrate(Bitrate::Bits(VOICE_BITRATE))?;
        inner.set_inband_fec(true)?;
        inner.set_complexity(VOICE_COMPLEXITY)?;
        Ok(VoiceEncoder {
            inner,
            buffer: [0; MAX_PACKET],
            low: false,
            loss: 0,
        })
    }

    /// Prepares for this loss on the way, percent: a quarter of the packets at most.
    pub(crate) fn set_loss(&mut self, percent: u8) {
        let percent = percent.min(MAX_LOSS);
        if self.loss == percent {
            return;
        }
        match self.inner.set_packet_loss_perc(i32::from(percent)) {
            Ok(()) => self.loss = percent,
            Err(error) => tracing::warn!(%error, "opus takes no expected loss"),
        }
    }

    /// Chooses between the ordinary and the low bit rate.
    pub(crate) fn set_low(&mut self, low: bool) {
        if self.low == low {
            return;
        }
        let bitrate = if low { LOW_BITRATE } else { VOICE_BITRATE };
        match self.inner.set_bitrate(Bitrate::Bits(bitrate)) {
            Ok(()) => self.low = low,
            Err(error) => tracing::warn!(%error, "opus takes no other bit rate"),
        }
    }

    /// Encodes 960 samples.
    pub(crate) fn encode(
        &mut self,
        frame: &[f32; FRAME_SAMPLES],
    ) -> Result<Arc<[u8]>, opus::Error> {
        let length = self.inner.encode_float(frame, &mut self.buffer)?;
        Ok(Arc::from(&self.buffer[..length]))
    }

    /// Forgets what went before: the next frame can be decoded by one who has not heard it.
    pub(crate) fn reset(&mut self) {
        if let Err(error) = self.inner.reset_state() {
            tracing::warn!(%error, "opus encoder could not be reset");
        }
    }
}

/// Decodes packets of any length and channel count to mono. Costs nothing before its first packet.
#[derive(Debug, Default)]
pub(crate) struct VoiceDecoder {
    inner: Option<Box<Decoder>>,
}

impl VoiceDecoder {
    pub(crate) fn new() -> Self {
        VoiceDecoder::default()
    }

    /// Appends the packet's audio; the number of samples appended, or 0 when the packet is broken.
    pub(crate) fn decode(&mut self, packet: &[u8], out: &mut Vec<f32>) -> usize {
        // An empty packet would mean a loss to libopus.
        if packet_samples(packet).is_none() {
            return 0;
        }
        self.run(packet, MAX_PACKET_SAMPLES, false, out)
    }

    /// Appends `samples` (a multiple of 120) of concealment, from the redundancy in the following packet if given.
    pub(crate) fn conceal(
        &mut self,
        redundancy: Option<&[u8]>,
        samples: usize,
        out: &mut Vec<f32>,
    ) {
        let made = match redundancy {
            Some(packet) if packet_samples(packet).is_some() => {
                self.run(packet, samples, true, out)
            }
            _ => self.run(&[], samples, false, out),
        };
        if made < samples {
            out.resize(out.len() + samples - made, 0.0);
        }
    }

    /// Forgets what went before.
    pub(crate) fn reset(&mut self) {
        if let Some(Err(error)) = self.inner.as_mut().map(|inner| inner.reset_state()) {
            tracing::warn!(%error, "opus decoder could not be reset");
        }
    }

    fn run(&mut self, packet: &[u8], room: usize, fec: bool, out: &mut Vec<f32>) -> usize {
        let start = out.len();
        out.resize(start + room, 0.0);
        let decoded = match &mut self.inner {
            Some(inner) => inner.decode_float(packet, &mut out[start..], fec),
            None => Decoder::new(crate::audio::SAMPLE_RATE, Channels::Mono).and_then(|inner| {
                self.inner
                    .insert(Box::new(inner))
                    .decode_float(packet, &mut out[start..], fec)
            }),
        };
        let made = decoded.unwrap_or_else(|error| {
            tracing::debug!(%error, "opus packet could not be decoded");
            0
        });
        out.truncate(start + made);
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{SAMPLE_RATE, rms_dbfs};
    use crate::tone::{ToneBursts, ToneGenerator, tone_dbfs};

    #[test]
    fn a_tone_survives() {
        let mut encoder = VoiceEncoder::new().expect("an encoder");
        let mut decoder = VoiceDecoder::new();
        let mut tone = ToneGenerator::new(ToneBursts::steady(700.0));
        let mut out = Vec::new();
        for _ in 0..50 {
            let mut frame = [0.0; FRAME_SAMPLES];
            tone.fill(&mut frame);
            let packet = encoder.encode(&frame).expect("a packet");
            assert_eq!(packet_samples(&packet), Some(960));
            assert_eq!(decoder.decode(&packet, &mut out), 960);
        }
        assert!((tone_dbfs(&out[24_000..], SAMPLE_RATE, 700.0) + 22.0).abs() < 1.5);
    }

    /// Whether a packet is of the coder for speech, alone or below the other (RFC 6716, 3.1).
    fn is_speech(packet: &[u8]) -> bool {
        packet[0] >> 3 < 16
    }

    #[test]
    fn a_mix_is_encoded_without_redundancy_until_packets_are_lost() {
        let mut encoder = VoiceEncoder::for_mixes().expect("an encoder");
        let mut decoder = VoiceDecoder::new();
        let mut tones = [400.0, 1_100.0].map(|f| ToneGenerator::new(ToneBursts::steady(f)));
        let mut out = Vec::new();
        let mut kinds = Vec::new();
        for loss in [0, 10, 0] {
            encoder.set_loss(loss);
            let mut packet = silent_packet();
            for _ in 0..50 {
                let mut frame = [0.0; FRAME_SAMPLES];
                for tone in &mut tones {
                    let mut one = [0.0; FRAME_SAMPLES];
                    tone.fill(&mut one);
                    frame.iter_mut().zip(one).for_each(|(sum, one)| *sum += one);
                }
                packet = encoder.encode(&frame).expect("a packet");
                assert_eq!(decoder.decode(&packet, &mut out), 960);
            }
            kinds.push(is_speech(&packet));
            // The change is not heard.
            let last = &out[out.len() - 40_000..];
            for frequency in [400.0, 1_100.0] {
                let level = tone_dbfs(last, SAMPLE_RATE, frequency);
                assert!((level + 22.0).abs() < 1.5, "{frequency} Hz at {level}");
            }
        }
        assert_eq!(kinds, [false, true, false]);
    }

    #[test]
    fn the_silent_packet_is_silent_after_anything() {
        let mut encoder = VoiceEncoder::new().expect("an encoder");
        let mut decoder = VoiceDecoder::new();
        let mut tone = ToneGenerator::new(ToneBursts::steady(700.0));
        let mut out = Vec::new();
        for _ in 0..10 {
            let mut frame = [0.0; FRAME_SAMPLES];
            tone.fill(&mut frame);
            decoder.decode(&encoder.encode(&frame).expect("a packet"), &mut out);
        }
        out.clear();
        for _ in 0..10 {
            assert_eq!(decoder.decode(&silent_packet(), &mut out), 960);
        }
        assert!(rms_dbfs(&out[4800..]) < -80.0);
    }

    #[test]
    fn a_loss_is_concealed_at_the_right_length() {
        let mut decoder = VoiceDecoder::new();
        let mut out = Vec::new();
        decoder.conceal(None, 960, &mut out);
        decoder.conceal(Some(&silent_packet()), 480, &mut out);
        assert_eq!(out.len(), 1440);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(packet: Vec<u8>) {
            let mut decoder = VoiceDecoder::new();
            let mut out = Vec::new();
            let made = decoder.decode(&packet, &mut out);
            proptest::prop_assert_eq!(made, out.len());
            proptest::prop_assert!(made <= MAX_PACKET_SAMPLES);
            decoder.conceal(Some(&packet), 960, &mut out);
            proptest::prop_assert_eq!(out.len(), made + 960);
        }
    }
}

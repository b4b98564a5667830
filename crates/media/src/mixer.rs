//! Mix-minus: everyone hears the sum of all the others. Pure arithmetic.

use crate::audio::{Frame, SILENCE, amplitude};

/// Up to here the mix is passed as it is; above, it is bent towards 1.
const KNEE: f32 = 0.8;
/// Below this peak a mix is digital silence (rounding of the subtraction stays under it).
const SILENT_PEAK: f32 = 1e-5;

/// The sum of what is heard in a room at one moment.
#[derive(Debug)]
pub(crate) struct Mix {
    sum: Frame,
    parts: usize,
}

impl Mix {
    pub(crate) fn new() -> Self {
        Mix {
            sum: SILENCE,
            parts: 0,
        }
    }

    /// Adds a heard leg.
    pub(crate) fn add(&mut self, frame: &Frame) {
        for (sum, sample) in self.sum.iter_mut().zip(frame) {
            *sum += sample;
        }
        self.parts += 1;
    }

    /// What one hears who is not part of the sum; `None` is silence.
    pub(crate) fn all(&self) -> Option<Frame> {
        if self.parts == 0 {
            return None;
        }
        finish(self.sum)
    }

    /// What the leg hears whose own frame was added; `None` is silence.
    pub(crate) fn without(&self, own: &Frame) -> Option<Frame> {
        if self.parts <= 1 {
            return None;
        }
        let mut out = self.sum;
        for (sum, sample) in out.iter_mut().zip(own) {
            *sum -= sample;
        }
        finish(out)
    }
}

fn finish(mut frame: Frame) -> Option<Frame> {
    let mut peak = 0.0f32;
    for sample in &mut frame {
        if !sample.is_finite() {
            *sample = 0.0;
        }
        peak = peak.max(sample.abs());
    }
    if peak < SILENT_PEAK {
        return None;
    }
    if peak > KNEE {
        for sample in &mut frame {
            *sample = saturate(*sample);
        }
    }
    Some(frame)
}

/// Makes a frame louder or quieter; what becomes too loud is bent.
pub(crate) fn amplify(frame: &mut Frame, gain_db: f32) {
    if gain_db == 0.0 {
        return;
    }
    let factor = amplitude(gain_db);
    for sample in frame.iter_mut() {
        *sample = saturate(*sample * factor);
    }
}

/// Bends what is louder than the knee so that it never exceeds 1, without a corner.
fn saturate(sample: f32) -> f32 {
    let size = sample.abs();
    if size <= KNEE {
        return sample;
    }
    let room = 1.0 - KNEE;
    (KNEE + room * ((size - KNEE) / room).tanh()).copysign(sample)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{SAMPLE_RATE, rms_dbfs};
    use crate::tone::{ToneBursts, ToneGenerator, tone_dbfs};

    fn tone(frequency: f32, level_dbfs: f32) -> Frame {
        let mut frame = SILENCE;
        let bursts = ToneBursts {
            level_dbfs,
            ..ToneBursts::steady(frequency)
        };
        ToneGenerator::new(bursts).fill(&mut frame);
        frame
    }

    #[test]
    fn each_hears_the_others_and_not_itself() {
        let tones = [tone(500.0, -20.0), tone(1000.0, -20.0), tone(2000.0, -20.0)];
        let mut mix = Mix::new();
        for frame in &tones {
            mix.add(frame);
        }
        for (own, frame) in tones.iter().enumerate() {
            let heard = mix.without(frame).expect("the others");
            for (other, frequency) in [500.0, 1000.0, 2000.0].into_iter().enumerate() {
                let level = tone_dbfs(&heard, SAMPLE_RATE, frequency);
                if other == own {
                    assert!(level < -70.0, "{own} hears itself at {level}");
                } else {
                    assert!((level + 20.0).abs() < 0.5, "{own} hears {other} at {level}");
                }
            }
        }
    }

    #[test]
    fn the_only_one_talking_hears_silence_and_the_rest_hear_all() {
        let talker = tone(500.0, -20.0);
        let mut mix = Mix::new();
        mix.add(&talker);
        assert!(mix.without(&talker).is_none());
        assert_eq!(mix.all().expect("the talker"), talker);
        assert!(Mix::new().all().is_none());
    }

    #[test]
    fn a_loud_crowd_is_saturated_softly() {
        let mut mix = Mix::new();
        for i in 0..20 {
            mix.add(&tone(300.0 + 100.0 * i as f32, -3.0));
        }
        let all = mix.all().expect("a crowd");
        assert!(all.iter().all(|s| s.abs() <= 1.0));
        assert!(rms_dbfs(&all) > -6.0);
        // No corner at the knee.
        assert!((saturate(KNEE + 1e-4) - KNEE - 1e-4).abs() < 1e-6);
    }

    #[test]
    fn a_broken_sample_harms_nobody() {
        let mut broken = tone(500.0, -20.0);
        broken[5] = f32::NAN;
        broken[6] = f32::INFINITY;
        let mut mix = Mix::new();
        mix.add(&broken);
        assert!(
            mix.all()
                .expect("a frame")
                .iter()
                .all(|s| s.is_finite() && s.abs() <= 1.0)
        );
    }
}

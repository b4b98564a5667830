//! Tones to send and to find again: what call tests and call reports measure with.

use std::time::Duration;

use crate::audio::{SAMPLE_RATE, SILENCE_DBFS, amplitude};

/// A tone that comes and goes. Bursts survive noise suppressors, which take a steady tone for noise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ToneBursts {
    /// Frequency, Hz.
    pub frequency: f32,
    /// Peak amplitude, dBFS.
    pub level_dbfs: f32,
    /// How long each burst sounds.
    pub on: Duration,
    /// How long it is silent between two bursts; zero for a steady tone.
    pub off: Duration,
}

impl ToneBursts {
    /// 250 ms on, 250 ms off at -22 dBFS.
    pub fn new(frequency: f32) -> Self {
        ToneBursts {
            frequency,
            level_dbfs: -22.0,
            on: Duration::from_millis(250),
            off: Duration::from_millis(250),
        }
    }

    /// A tone without pauses, at -22 dBFS.
    pub fn steady(frequency: f32) -> Self {
        ToneBursts {
            off: Duration::ZERO,
            ..ToneBursts::new(frequency)
        }
    }
}

/// Makes the samples of [`ToneBursts`], 48 kHz.
#[derive(Clone, Debug)]
pub struct ToneGenerator {
    bursts: ToneBursts,
    on: u64,
    period: u64,
    position: u64,
}

/// Length of the ramps at both ends of a burst, samples: 5 ms, so that nothing clicks.
const RAMP: u64 = 240;

impl ToneGenerator {
    /// Starts at the beginning of a burst.
    pub fn new(bursts: ToneBursts) -> Self {
        let on = crate::audio::duration_to_samples(bursts.on).max(1);
        let period = on + crate::audio::duration_to_samples(bursts.off);
        ToneGenerator {
            bursts,
            on,
            period,
            position: 0,
        }
    }

    /// Writes the next samples.
    pub fn fill(&mut self, out: &mut [f32]) {
        let peak = amplitude(self.bursts.level_dbfs);
        let turns = f64::from(self.bursts.frequency) / f64::from(SAMPLE_RATE);
        let steady = self.period == self.on;
        for sample in out {
            let at = self.position % self.period;
            *sample = if at < self.on {
                let edge = if steady {
                    RAMP
                } else {
                    at.min(self.on - 1 - at)
                };
                let gain = (edge as f32 / RAMP as f32).min(1.0);
                let phase = (self.position as f64 * turns).fract() * std::f64::consts::TAU;
                peak * gain * phase.sin() as f32
            } else {
                0.0
            };
            self.position += 1;
        }
    }
}

/// Amplitude of the sine of `frequency` in the samples, dBFS (a full-scale sine gives 0), by the Goertzel algorithm
/// under a Hann window. `rate` is the samples' rate in Hz.
pub fn tone_dbfs(samples: &[f32], rate: u32, frequency: f32) -> f32 {
    let n = samples.len();
    if n < 2 || rate == 0 {
        return SILENCE_DBFS;
    }
    let omega = std::f64::consts::TAU * f64::from(frequency) / f64::from(rate);
    let coefficient = 2.0 * omega.cos();
    let window_step = std::f64::consts::TAU / (n - 1) as f64;
    let (mut s1, mut s2, mut window_sum) = (0.0f64, 0.0f64, 0.0f64);
    for (i, &sample) in samples.iter().enumerate() {
        let window = 0.5 - 0.5 * (window_step * i as f64).cos();
        window_sum += window;
        let s0 = f64::from(sample) * window + coefficient * s1 - s2;
        s2 = s1;
        s1 = s0;
    }
    let power = s1 * s1 + s2 * s2 - coefficient * s1 * s2;
    let amplitude = 2.0 * power.max(0.0).sqrt() / window_sum;
    if amplitude <= 0.0 || !amplitude.is_finite() {
        return SILENCE_DBFS;
    }
    ((20.0 * amplitude.log10()) as f32).max(SILENCE_DBFS)
}

/// The loudest [`tone_dbfs`] of all windows of the given length, stepping by half of it: finds bursts.
pub fn loudest_tone_dbfs(samples: &[f32], rate: u32, frequency: f32, window: Duration) -> f32 {
    let length = (window.as_secs_f64() * f64::from(rate)) as usize;
    windows(samples, length)
        .map(|w| tone_dbfs(w, rate, frequency))
        .fold(SILENCE_DBFS, f32::max)
}

/// The longest stretch in which the tone stays below `threshold_dbfs`, between its first and its last appearance above
/// it; `None` when it never appears. Resolution is half of `window`.
pub fn longest_tone_gap(
    samples: &[f32],
    rate: u32,
    frequency: f32,
    window: Duration,
    threshold_dbfs: f32,
) -> Option<Duration> {
    let length = (window.as_secs_f64() * f64::from(rate)) as usize;
    let (mut longest, mut run, mut seen) = (0u32, 0u32, false);
    for w in windows(samples, length) {
        if tone_dbfs(w, rate, frequency) >= threshold_dbfs {
            if seen {
                longest = longest.max(run);
            }
            (seen, run) = (true, 0);
        } else {
            run += 1;
        }
    }
    seen.then(|| window / 2 * longest)
}

fn windows(samples: &[f32], length: usize) -> impl Iterator<Item = &[f32]> {
    let length = length.max(2);
    let count = if samples.len() < length {
        0
    } else {
        (samples.len() - length) / (length / 2) + 1
    };
    (0..count).map(move |i| {
        let start = i * (length / 2);
        &samples[start..start + length]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(bursts: ToneBursts) -> Vec<f32> {
        let mut out = vec![0.0; SAMPLE_RATE as usize];
        ToneGenerator::new(bursts).fill(&mut out);
        out
    }

    #[test]
    fn a_steady_tone_is_found_at_its_level_and_not_beside_it() {
        let samples = second(ToneBursts {
            level_dbfs: -12.0,
            ..ToneBursts::steady(1000.0)
        });
        assert!((tone_dbfs(&samples, SAMPLE_RATE, 1000.0) + 12.0).abs() < 0.1);
        assert!(tone_dbfs(&samples, SAMPLE_RATE, 1300.0) < -80.0);
    }

    #[test]
    fn bursts_are_found_in_windows() {
        let samples = second(ToneBursts::new(440.0));
        let loudest = loudest_tone_dbfs(&samples, SAMPLE_RATE, 440.0, Duration::from_millis(100));
        assert!((loudest + 22.0).abs() < 0.5, "{loudest}");
        let gap = longest_tone_gap(
            &samples,
            SAMPLE_RATE,
            440.0,
            Duration::from_millis(20),
            -40.0,
        );
        let gap = gap.expect("the tone is there").as_millis();
        assert!((230..=260).contains(&gap), "{gap}");
    }

    #[test]
    fn nothing_is_found_in_nothing() {
        assert_eq!(tone_dbfs(&[], SAMPLE_RATE, 440.0), SILENCE_DBFS);
        assert_eq!(tone_dbfs(&[0.0; 960], SAMPLE_RATE, 440.0), SILENCE_DBFS);
        let window = Duration::from_millis(20);
        assert_eq!(
            longest_tone_gap(&[0.0; 9600], SAMPLE_RATE, 440.0, window, -60.0),
            None
        );
        assert_eq!(
            loudest_tone_dbfs(&[0.0; 10], SAMPLE_RATE, 440.0, window),
            SILENCE_DBFS
        );
    }
}

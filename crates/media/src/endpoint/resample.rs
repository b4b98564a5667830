//! Conversion of any sample rate to 48 kHz: a windowed sinc, evaluated from a table.

use crate::audio::SAMPLE_RATE;

/// Zero crossings of the sinc on each side.
const HALF_TAPS: usize = 16;
/// Table entries between two zero crossings; between entries it is interpolated.
const RESOLUTION: usize = 256;

/// Takes samples at one rate, gives them at 48 kHz.
pub(super) struct Resampler {
    /// Input samples for each output sample.
    step: f64,
    /// Of the low-pass, relative to the input's Nyquist frequency: below 1 when the rate is reduced.
    cutoff: f64,
    /// Input samples on each side that count.
    reach: usize,
    table: Vec<f32>,
    input: Vec<f32>,
    /// Where in `input` the next output sample is.
    position: f64,
}

impl Resampler {
    pub(super) fn new(rate: u32) -> Self {
        let step = f64::from(rate) / f64::from(SAMPLE_RATE);
        let cutoff = (1.0 / step).min(1.0);
        let reach = (HALF_TAPS as f64 / cutoff).ceil() as usize;
        let table = (0..=HALF_TAPS * RESOLUTION + 1)
            .map(|i| {
                let x = i as f64 / RESOLUTION as f64;
                let sinc = if i == 0 {
                    1.0
                } else {
                    (x * std::f64::consts::PI).sin() / (x * std::f64::consts::PI)
                };
                // Hann.
                let window = 0.5 + 0.5 * (x / HALF_TAPS as f64 * std::f64::consts::PI).cos();
                (sinc * if x <= HALF_TAPS as f64 { window } else { 0.0 }) as f32
            })
            .collect();
        // The first input sample is at the first output sample.
        Resampler {
            step,
            cutoff,
            reach,
            table,
            input: vec![0.0; reach],
            position: reach as f64,
        }
    }

    pub(super) fn push(&mut self, samples: &[f32]) {
        self.input.extend_from_slice(samples);
    }

    /// Appends up to `count` output samples; fewer when more input is needed.
    pub(super) fn pull(&mut self, count: usize, out: &mut Vec<f32>) {
        for _ in 0..count {
            let at = self.position.floor() as usize;
            if at + self.reach + 1 >= self.input.len() {
                break;
            }
            out.push(self.sample(at, self.position - at as f64));
            self.position += self.step;
        }
        let done = (self.position.floor() as usize).saturating_sub(self.reach);
        if done > 4096 {
            self.input.drain(..done);
            self.position -= done as f64;
        }
    }

    fn sample(&self, at: usize, fraction: f64) -> f32 {
        let first = at + 1 - self.reach;
        let mut sum = 0.0f32;
        for (i, input) in self.input[first..=at + self.reach].iter().enumerate() {
            let distance = ((first + i) as f64 - at as f64 - fraction).abs() * self.cutoff;
            sum += input * self.weight(distance);
        }
        sum * self.cutoff as f32
    }

    fn weight(&self, distance: f64) -> f32 {
        let index = distance * RESOLUTION as f64;
        let low = index as usize;
        let (Some(a), Some(b)) = (self.table.get(low), self.table.get(low + 1)) else {
            return 0.0;
        };
        a + (b - a) * (index - low as f64) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone::tone_dbfs;

    fn sine(rate: u32, frequency: f64, samples: usize) -> Vec<f32> {
        let step = std::f64::consts::TAU * frequency / f64::from(rate);
        (0..samples)
            .map(|i| (0.5 * (i as f64 * step).sin()) as f32)
            .collect()
    }

    fn resample(rate: u32, frequency: f64) -> Vec<f32> {
        let mut resampler = Resampler::new(rate);
        let mut out = Vec::new();
        for piece in sine(rate, frequency, rate as usize).chunks(1000) {
            resampler.push(piece);
            resampler.pull(usize::MAX, &mut out);
        }
        out
    }

    #[test]
    fn a_tone_keeps_its_frequency_level_and_length() {
        for rate in [
            8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000,
        ] {
            let out = resample(rate, 1000.0);
            assert!(
                (out.len() as i64 - 48_000).abs() < 400,
                "{rate}: {}",
                out.len()
            );
            let level = tone_dbfs(&out[1000..], SAMPLE_RATE, 1000.0);
            assert!((level + 6.0).abs() < 0.2, "{rate}: {level}");
        }
    }

    #[test]
    fn nothing_folds_back() {
        // 30 kHz cannot be at 48 kHz; unfiltered it would be heard at 18 kHz.
        let out = resample(96_000, 30_000.0);
        assert!(tone_dbfs(&out[1000..], SAMPLE_RATE, 18_000.0) < -50.0);
        // The images of an 8 kHz signal.
        let out = resample(8_000, 1000.0);
        assert!(tone_dbfs(&out[1000..], SAMPLE_RATE, 7000.0) < -50.0);
    }
}

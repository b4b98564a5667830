//! The audio format inside: 48 kHz, mono, 32-bit float, in frames of 20 ms.

use std::time::Duration;

/// Samples a second.
pub const SAMPLE_RATE: u32 = 48_000;
/// Samples of one frame.
pub const FRAME_SAMPLES: usize = 960;
/// Duration of one frame.
pub const FRAME_DURATION: Duration = Duration::from_millis(20);
/// The level given for digital silence, dBFS (the lowest the RTP audio level extension can say, RFC 6464).
pub const SILENCE_DBFS: f32 = -127.0;

/// One frame of audio.
pub(crate) type Frame = [f32; FRAME_SAMPLES];

/// A frame of silence.
pub(crate) const SILENCE: Frame = [0.0; FRAME_SAMPLES];

/// Root mean square level of the samples, dBFS; -127 for silence. A sine of amplitude 1.0 measures -3.01 dBFS.
pub fn rms_dbfs(samples: &[f32]) -> f32 {
    if samples.is_empty() {
        return SILENCE_DBFS;
    }
    let energy: f32 = samples.iter().map(|s| s * s).sum();
    power_dbfs(energy / samples.len() as f32)
}

/// A mean square as dBFS.
pub(crate) fn power_dbfs(mean_square: f32) -> f32 {
    if mean_square <= 0.0 || !mean_square.is_finite() {
        return SILENCE_DBFS;
    }
    (10.0 * mean_square.log10()).max(SILENCE_DBFS)
}

/// A level in dBFS as an amplitude factor.
pub fn amplitude(dbfs: f32) -> f32 {
    10f32.powf(dbfs / 20.0)
}

/// Samples as a duration at 48 kHz.
pub(crate) fn samples_to_duration(samples: u64) -> Duration {
    Duration::from_nanos(samples * 1_000_000_000 / u64::from(SAMPLE_RATE))
}

/// A duration as samples at 48 kHz, rounded down.
pub(crate) fn duration_to_samples(duration: Duration) -> u64 {
    (duration.as_nanos() * u128::from(SAMPLE_RATE) / 1_000_000_000) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels() {
        assert_eq!(rms_dbfs(&SILENCE), SILENCE_DBFS);
        assert_eq!(rms_dbfs(&[]), SILENCE_DBFS);
        assert!((rms_dbfs(&[0.1; 100]) + 20.0).abs() < 0.01);
        assert!((amplitude(-20.0) - 0.1).abs() < 1e-6);
        assert_eq!(rms_dbfs(&[f32::NAN]), SILENCE_DBFS);
    }

    #[test]
    fn durations() {
        assert_eq!(samples_to_duration(FRAME_SAMPLES as u64), FRAME_DURATION);
        assert_eq!(duration_to_samples(FRAME_DURATION), FRAME_SAMPLES as u64);
    }
}

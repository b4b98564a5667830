//! Counting what is received: packets, losses, jitter (RFC 3550).

use std::time::{Duration, Instant};

use crate::audio::SAMPLE_RATE;

/// Statistics of the packets received from one peer, over all its streams.
#[derive(Debug, Default)]
pub(crate) struct Reception {
    packets: u64,
    bytes: u64,
    /// Losses of streams that have ended.
    lost_before: u64,
    stream: Option<Stream>,
    /// Running estimate in samples (RFC 3550 6.4.1).
    jitter: f64,
}

#[derive(Debug)]
struct Stream {
    ssrc: u32,
    first_sequence: u64,
    highest_sequence: u64,
    packets: u64,
    last_arrival: Instant,
    last_timestamp: u32,
}

impl Stream {
    fn lost(&self) -> u64 {
        (self.highest_sequence - self.first_sequence + 1).saturating_sub(self.packets)
    }
}

impl Reception {
    /// Counts a packet; `sequence` is extended.
    pub(crate) fn count(
        &mut self,
        now: Instant,
        ssrc: u32,
        sequence: u64,
        timestamp: u32,
        bytes: usize,
    ) {
        self.packets += 1;
        self.bytes += bytes as u64;
        if let Some(stream) = &mut self.stream
            && stream.ssrc == ssrc
            && sequence.abs_diff(stream.highest_sequence) < 3_000
        {
            stream.packets += 1;
            stream.first_sequence = stream.first_sequence.min(sequence);
            stream.highest_sequence = stream.highest_sequence.max(sequence);
            let arrived = now
                .saturating_duration_since(stream.last_arrival)
                .as_secs_f64();
            let sent = f64::from(timestamp.wrapping_sub(stream.last_timestamp) as i32);
            let deviation = (arrived * f64::from(SAMPLE_RATE) - sent).abs();
            // A pause of the sender is no jitter.
            if deviation < f64::from(SAMPLE_RATE) {
                self.jitter += (deviation - self.jitter) / 16.0;
            }
            (stream.last_arrival, stream.last_timestamp) = (now, timestamp);
            return;
        }
        self.lost_before += self.stream.as_ref().map_or(0, Stream::lost);
        self.stream = Some(Stream {
            ssrc,
            first_sequence: sequence,
            highest_sequence: sequence,
            packets: 1,
            last_arrival: now,
            last_timestamp: timestamp,
        });
    }

    /// SSRC and highest sequence number of the stream received last.
    pub(crate) fn newest(&self) -> Option<(u32, u64)> {
        self.stream
            .as_ref()
            .map(|stream| (stream.ssrc, stream.highest_sequence))
    }

    pub(crate) fn packets(&self) -> u64 {
        self.packets
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn lost(&self) -> u64 {
        self.lost_before + self.stream.as_ref().map_or(0, Stream::lost)
    }

    pub(crate) fn jitter(&self) -> Duration {
        Duration::from_secs_f64(self.jitter / f64::from(SAMPLE_RATE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::FRAME_DURATION;

    #[test]
    fn losses_are_what_never_came() {
        let start = Instant::now();
        let mut reception = Reception::default();
        // 2 is late, 5 and 6 never come.
        for (i, sequence) in [0u64, 1, 3, 2, 4, 7, 8].into_iter().enumerate() {
            let now = start + FRAME_DURATION * i as u32;
            reception.count(now, 1, sequence, sequence as u32 * 960, 80);
        }
        assert_eq!(reception.packets(), 7);
        assert_eq!(reception.bytes(), 560);
        assert_eq!(reception.lost(), 2);
        // Another stream: its numbers are its own.
        reception.count(start, 2, 50_000, 0, 80);
        reception.count(start, 2, 50_002, 0, 80);
        assert_eq!(reception.lost(), 3);
    }

    #[test]
    fn jitter_is_the_smoothed_deviation() {
        let start = Instant::now();
        let mut reception = Reception::default();
        for i in 0..500u32 {
            let late = Duration::from_millis(if i % 2 == 0 { 0 } else { 10 });
            reception.count(
                start + FRAME_DURATION * i + late,
                1,
                u64::from(i),
                i * 960,
                80,
            );
        }
        assert!((reception.jitter().as_secs_f64() - 0.010).abs() < 0.001);
    }
}

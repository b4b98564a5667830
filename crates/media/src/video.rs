//! Forwarding of video: which payload is which, where a picture can begin, and one continuous stream out of many sources.
//! Pictures are never decoded.

use std::time::{Duration, Instant};

use crate::outbound::Origin;
use crate::peer::Stamp;

/// Video counts time in this many ticks a second.
const CLOCK: u64 = 90_000;
/// Added to the time since the last packet when the source changes.
const STEP: Duration = Duration::from_millis(33);
/// A receiver that waits for a picture to begin asks again after so long.
pub(crate) const ASK_AGAIN: Duration = Duration::from_millis(500);
/// A source is asked for a fresh picture at most so often.
pub(crate) const ASK_AT_MOST: Duration = Duration::from_millis(200);

/// What a packet's payload is, whatever number it was given: two sides with the same can be forwarded to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VideoFormat {
    Vp8,
    H264 { mode: u8, profile: u8 },
}

impl VideoFormat {
    /// Whether a receiver that has seen nothing yet can begin with this packet.
    pub(crate) fn begins_picture(self, payload: &[u8]) -> bool {
        match self {
            Self::Vp8 => vp8_begins(payload).unwrap_or(false),
            Self::H264 { .. } => h264_begins(payload).unwrap_or(false),
        }
    }
}

/// The payload descriptor (RFC 7741, 4.2) of the first packet of a frame, then a frame header (4.3) that says key frame.
fn vp8_begins(payload: &[u8]) -> Option<bool> {
    let first = *payload.first()?;
    let starts_partition = first & 0x10 != 0 && first & 0x07 == 0;
    let mut at = 1;
    if first & 0x80 != 0 {
        let extension = *payload.get(at)?;
        at += 1;
        if extension & 0x80 != 0 {
            at += if payload.get(at)? & 0x80 != 0 { 2 } else { 1 };
        }
        if extension & 0x40 != 0 {
            at += 1;
        }
        if extension & 0x30 != 0 {
            at += 1;
        }
    }
    let is_key = payload.get(at)? & 0x01 == 0;
    Some(starts_partition && is_key)
}

/// A sequence parameter set or an IDR slice, alone, in an aggregate, or as the first fragment (RFC 6184, 5.2).
fn h264_begins(payload: &[u8]) -> Option<bool> {
    let begins = |kind: u8| matches!(kind & 0x1f, 5 | 7);
    let first = *payload.first()?;
    Some(match first & 0x1f {
        24 => {
            let mut rest = &payload[1..];
            while let [high, low, tail @ ..] = rest {
                let length = usize::from(*high) << 8 | usize::from(*low);
                if tail.first().copied().is_some_and(begins) {
                    return Some(true);
                }
                rest = tail.get(length..)?;
            }
            false
        }
        28 => {
            let fragment = *payload.get(1)?;
            fragment & 0x80 != 0 && begins(fragment)
        }
        _ => begins(first),
    })
}

/// How packets of an origin are renumbered.
#[derive(Clone, Copy, Debug)]
struct Mapping {
    origin: Origin,
    /// The origin's number and ours where it began.
    from: (u64, u64),
    time_offset: u32,
}

/// One outgoing stream: whoever is watched, the receiver sees one source whose numbers and time go on.
#[derive(Debug)]
pub(crate) struct VideoOutbound {
    mapping: Option<Mapping>,
    next_sequence: u64,
    last: Option<(Instant, u32)>,
    asked: Option<Instant>,
    packets: u64,
}

impl VideoOutbound {
    /// `sequence` should be random; its lower 15 bits are used.
    pub(crate) fn new(sequence: u16) -> Self {
        VideoOutbound {
            mapping: None,
            next_sequence: u64::from(sequence & 0x7fff),
            last: None,
            asked: None,
            packets: 0,
        }
    }

    /// The source has changed: nothing is sent until a picture begins.
    pub(crate) fn switch(&mut self) {
        self.mapping = None;
        self.asked = None;
    }

    /// Whether the source should be asked for a picture to begin with.
    pub(crate) fn wants_picture(&mut self, now: Instant) -> bool {
        let due = self
            .asked
            .is_none_or(|at| now.saturating_duration_since(at) >= ASK_AGAIN);
        let wants = self.mapping.is_none() && due;
        if wants {
            self.asked = Some(now);
        }
        wants
    }

    /// Where a packet goes in the outgoing stream; `None` when it must be left out.
    pub(crate) fn forward(
        &mut self,
        now: Instant,
        origin: Origin,
        sequence: u64,
        timestamp: u32,
        begins_picture: bool,
    ) -> Option<Stamp> {
        let mapping = match self.mapping.filter(|mapping| mapping.origin == origin) {
            Some(mapping) => mapping,
            None if begins_picture => {
                let time_offset = self.last.map_or(0, |(at, last)| {
                    let since = now.saturating_duration_since(at).max(STEP);
                    let ticks = since.as_micros() as u64 * CLOCK / 1_000_000;
                    last.wrapping_add(ticks as u32).wrapping_sub(timestamp)
                });
                let mapping = Mapping {
                    origin,
                    from: (sequence, self.next_sequence),
                    time_offset,
                };
                self.mapping = Some(mapping);
                mapping
            }
            None => return None,
        };
        // What was sent before the picture began belongs to nothing the receiver has.
        let since = sequence.checked_sub(mapping.from.0)?;
        let sequence = mapping.from.1 + since;
        let timestamp = timestamp.wrapping_add(mapping.time_offset);
        if sequence >= self.next_sequence {
            self.next_sequence = sequence + 1;
            self.last = Some((now, timestamp));
        }
        self.packets += 1;
        Some(Stamp {
            sequence,
            timestamp,
            marker: false,
        })
    }

    /// Packets sent.
    pub(crate) fn sent(&self) -> u64 {
        self.packets
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const A: Origin = Origin {
        sender: 1,
        ssrc: 10,
    };
    const B: Origin = Origin {
        sender: 2,
        ssrc: 20,
    };

    #[test]
    fn key_frames_are_known_by_their_first_packet() {
        // X, S=1, picture id of two bytes; then a key frame, and an interframe.
        assert!(VideoFormat::Vp8.begins_picture(&[0x90, 0x80, 0x81, 0x02, 0x10, 0x02]));
        assert!(!VideoFormat::Vp8.begins_picture(&[0x90, 0x80, 0x81, 0x02, 0x11, 0x02]));
        assert!(VideoFormat::Vp8.begins_picture(&[0x10, 0x00]));
        assert!(
            !VideoFormat::Vp8.begins_picture(&[0x00, 0x00]),
            "not the first of its frame"
        );
        let h264 = VideoFormat::H264 {
            mode: 1,
            profile: 0x42,
        };
        assert!(h264.begins_picture(&[0x67, 1, 2]) && h264.begins_picture(&[0x65]));
        assert!(h264.begins_picture(&[0x78, 0, 2, 0x67, 1, 0, 1, 0x68]));
        assert!(h264.begins_picture(&[0x7c, 0x85]) && !h264.begins_picture(&[0x7c, 0x05]));
        assert!(!h264.begins_picture(&[0x61]) && !h264.begins_picture(&[]));
    }

    #[test]
    fn a_receiver_begins_with_a_picture_and_goes_on_from_another_source() {
        let start = Instant::now();
        let mut out = VideoOutbound::new(100);
        assert!(out.wants_picture(start) && !out.wants_picture(start));
        assert!(out.wants_picture(start + ASK_AGAIN));
        assert_eq!(out.forward(start, A, 7, 1_000, false), None);
        let first = out.forward(start, A, 8, 1_000, true).expect("a picture");
        assert_eq!(first.sequence, 100);
        assert_eq!(
            out.forward(start, A, 7, 1_000, false),
            None,
            "late, and of no use"
        );
        let gap = out.forward(start, A, 11, 4_000, false).expect("a packet");
        assert_eq!(
            (gap.sequence, gap.timestamp),
            (103, first.timestamp + 3_000)
        );
        let late = out.forward(start, A, 10, 4_000, false).expect("a packet");
        assert_eq!(
            late.sequence, 102,
            "gaps stay, so that they are asked for again"
        );
        out.switch();
        assert_eq!(out.forward(start, B, 500, 77, false), None);
        let later = start + Duration::from_secs(1);
        let next = out.forward(later, B, 501, 99, true).expect("a picture");
        assert_eq!(
            (next.sequence, next.timestamp),
            (104, gap.timestamp + 90_000)
        );
    }

    proptest! {
        #[test]
        fn no_payload_is_too_strange(payload in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = VideoFormat::Vp8.begins_picture(&payload);
            let _ = VideoFormat::H264 { mode: 1, profile: 0x42 }.begins_picture(&payload);
        }
    }
}

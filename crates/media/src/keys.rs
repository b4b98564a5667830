//! Rooms and legs as their users see them: keys, kinds, flags, events, statistics.

use std::time::Duration;

/// Bits of a key that count; the rest name the worker.
const SERIAL_BITS: u32 = 48;
/// Workers are far fewer than would need this bit.
const PICTURE_BIT: u64 = 1 << 63;

/// Names a room. Stays unique for the life of the server and knows the worker the room lives on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct RoomKey(pub(crate) u64);

/// Names a leg: one peer of one room. Stays unique for the life of the server.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct LegKey(pub(crate) u64);

impl RoomKey {
    pub(crate) fn new(worker: usize, serial: u64) -> Self {
        RoomKey((worker as u64) << SERIAL_BITS | serial)
    }

    pub(crate) fn worker(self) -> usize {
        (self.0 >> SERIAL_BITS) as usize
    }
}

impl LegKey {
    pub(crate) fn new(worker: usize, serial: u64) -> Self {
        LegKey((worker as u64) << SERIAL_BITS | serial)
    }

    pub(crate) fn worker(self) -> usize {
        ((self.0 & !PICTURE_BIT) >> SERIAL_BITS) as usize
    }

    /// The name of the leg's second transport, which has its video alone, where one is asked for.
    pub(crate) fn picture(self) -> Self {
        LegKey(self.0 | PICTURE_BIT)
    }

    /// The leg whose transport this is, and whether it is the second.
    pub(crate) fn transport(self) -> (Self, bool) {
        (LegKey(self.0 & !PICTURE_BIT), self.0 & PICTURE_BIT != 0)
    }
}

impl std::fmt::Display for RoomKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "room-{:x}", self.0)
    }
}

impl std::fmt::Display for LegKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "leg-{:x}", self.0)
    }
}

/// How video is offered to a peer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Pictures {
    /// Not at all.
    No,
    /// In one bundle with the audio: one transport.
    Bundled,
    /// With a transport of its own, for peers that cannot answer a bundle (wire-protocol 9.4).
    Apart,
}

/// What a room does with the audio of its legs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RoomKind {
    /// Every leg hears all the others.
    Conference,
    /// Every leg hears itself (preflight tests, wire-protocol 9.10).
    Echo,
}

/// How a leg takes part in its room.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct LegFlags {
    /// The others do not hear it.
    pub muted: bool,
    /// The others do not see it.
    pub video_muted: bool,
    /// It hears silence.
    pub deaf: bool,
    /// On hold: neither heard nor hearing. RTP keeps flowing to it as silence.
    pub held: bool,
}

impl LegFlags {
    /// Whether the others may hear the leg.
    pub fn is_heard(self) -> bool {
        !self.muted && !self.held
    }

    /// Whether the leg hears the others.
    pub fn hears(self) -> bool {
        !self.deaf && !self.held
    }
}

/// How the audio of a leg is changed on its way. Anything but the default has the room mixed rather than forwarded.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct LegSound {
    /// Added to what the leg says, decibels; negative infinity is silence.
    pub input_gain_db: f32,
    /// Added to what the leg hears, decibels.
    pub output_gain_db: f32,
    /// What the leg says is silenced below this level, dBFS.
    pub gate_dbfs: Option<f32>,
    /// What the leg hears is encoded at 12 instead of 32 kbit/s.
    pub low_bitrate: bool,
    /// The leg hears music instead of the room.
    pub hold_music: bool,
}

impl LegSound {
    /// Whether audio may pass as it is.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// Whether what the leg hears is made for it alone.
    pub(crate) fn is_own(&self) -> bool {
        self.output_gain_db != 0.0 || self.low_bitrate || self.hold_music
    }
}

/// Why a leg was closed without being asked to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum CloseReason {
    /// The media path was lost and did not come back within 60 s.
    ConsentLost,
    /// The peer never connected within the limit.
    NeverConnected,
    /// The peer closed its DTLS association.
    PeerClosed,
    /// DTLS failed, for example because of a certificate that is not the one in the SDP.
    HandshakeFailed,
    /// The media engine failed on the peer's input.
    EngineFailed,
    /// The room was closed.
    RoomClosed,
}

/// What a media server reports by itself.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum MediaEvent {
    /// ICE and DTLS are up: media can flow. Comes again after [`MediaEvent::Disconnected`].
    Connected {
        /// The leg.
        leg: LegKey,
    },
    /// Nothing has been heard from the peer for 7 s. It may come back by itself or by an ICE restart. After 28 s
    /// without consent (RFC 7675) nothing more is sent to it and the others no longer hear it; after 60 s it is closed.
    Disconnected {
        /// The leg.
        leg: LegKey,
    },
    /// What was measured of a leg that is about to be reported as [`MediaEvent::Closed`].
    Measured {
        /// The leg.
        leg: LegKey,
        /// The measurements.
        stats: Box<LegStats>,
    },
    /// The leg is gone; its key names nothing any more. Not sent for a leg that `close_leg` closed.
    Closed {
        /// The leg.
        leg: LegKey,
        /// Why.
        reason: CloseReason,
    },
    /// The person on the leg began or ceased to talk. Never `true` while the leg is muted or held.
    Talking {
        /// The leg.
        leg: LegKey,
        /// Whether they talk now.
        talking: bool,
    },
    /// A key was pressed at the peer and sent as an RTP telephone event (RFC 4733).
    DtmfReceived {
        /// The leg.
        leg: LegKey,
        /// One of `0`-`9`, `*`, `#`, `A`-`D`.
        digit: char,
    },
}

/// Measurements of a leg since it was made.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct LegStats {
    /// Whether ICE and DTLS are up.
    pub connected: bool,
    /// From the making of the leg to its first connection.
    pub connected_after: Option<Duration>,
    /// Audio RTP packets received.
    pub packets_received: u64,
    /// Payload bytes of these.
    pub bytes_received: u64,
    /// Packets the sequence numbers say are missing (reordered ones that came count as received).
    pub packets_lost: u64,
    /// Packets that came too late to be played, or twice.
    pub packets_discarded: u64,
    /// Interarrival jitter (RFC 3550).
    pub jitter: Duration,
    /// Depth the jitter buffer aims for, when the leg is decoded.
    pub playout_delay: Duration,
    /// Audio RTP packets sent.
    pub packets_sent: u64,
    /// Payload bytes of these.
    pub bytes_sent: u64,
    /// Round trip by RTCP, when known.
    pub round_trip: Option<Duration>,
    /// Loss the peer reports for what is sent to it, 0 to 1.
    pub remote_loss: Option<f32>,
    /// Video RTP packets received.
    pub video_received: u64,
    /// Video RTP packets sent.
    pub video_sent: u64,
    /// Level of the audio received last, dBFS, -127 for silence.
    pub level_dbfs: f32,
    /// Whether the person talks.
    pub talking: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_know_their_worker() {
        let room = RoomKey::new(3, 77);
        assert_eq!(room.worker(), 3);
        assert_ne!(room, RoomKey::new(2, 77));
        let leg = LegKey::new(1, (1 << SERIAL_BITS) - 1);
        assert_eq!(leg.worker(), 1);
        assert_eq!(leg.picture().worker(), 1);
        assert_eq!(leg.picture().transport(), (leg, true));
        assert_eq!(leg.transport(), (leg, false));
    }

    #[test]
    fn a_held_leg_neither_hears_nor_is_heard() {
        let held = LegFlags {
            held: true,
            ..LegFlags::default()
        };
        assert!(!held.is_heard() && !held.hears());
        let muted = LegFlags {
            muted: true,
            ..LegFlags::default()
        };
        assert!(!muted.is_heard() && muted.hears());
        let deaf = LegFlags {
            deaf: true,
            ..LegFlags::default()
        };
        assert!(deaf.is_heard() && !deaf.hears());
    }
}

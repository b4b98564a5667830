//! Counts of a media server, for metrics and tests.

use std::sync::atomic::{AtomicU64, Ordering};

/// What all workers have counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MediaCounters {
    /// Datagrams received.
    pub received: u64,
    /// Datagrams sent.
    pub sent: u64,
    /// Datagrams that could not be sent (full buffers, no route).
    pub unsent: u64,
    /// Dropped: neither STUN, DTLS nor RTP.
    pub malformed: u64,
    /// Dropped: DTLS, RTP or STUN responses from a source without a valid binding request before.
    pub unvalidated: u64,
    /// Dropped: binding requests for no leg, or with wrong message integrity.
    pub stun_refused: u64,
    /// Times a worker woke up: what an idle server should do rarely.
    pub wakeups: u64,
    /// 20 ms frames made by rooms (mixed audio or silence).
    pub frames: u64,
    /// Frames encoded; fewer than legs times frames where legs share one.
    pub encoded: u64,
    /// Engines that panicked on a peer's input; the peer was closed.
    pub panics: u64,
    /// Legs there are now.
    pub legs: u64,
    /// Rooms there are now.
    pub rooms: u64,
}

macro_rules! counters {
    ($($name:ident),*) => {
        /// The same, written by one worker and read by all.
        #[derive(Debug, Default)]
        pub(super) struct Counters {
            $(pub(super) $name: Counter,)*
        }

        impl Counters {
            pub(super) fn add_to(&self, sum: &mut MediaCounters) {
                $(sum.$name += self.$name.0.load(Ordering::Relaxed);)*
            }
        }
    };
}

counters!(
    received,
    sent,
    unsent,
    malformed,
    unvalidated,
    stun_refused,
    wakeups,
    frames,
    encoded,
    panics,
    legs,
    rooms
);

#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn count(&self) {
        self.add(1);
    }

    pub(super) fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    pub(super) fn set(&self, n: u64) {
        self.0.store(n, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

//! Whom a datagram on a worker's port is for.
//!
//! A STUN binding request names its leg by ICE user fragment. Everything else is told by where it comes from, and a
//! source counts only after a binding request with valid message integrity has come from it: DTLS and RTP from any
//! other source never reach an engine.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::keys::LegKey;

/// Sources a leg may have at once (interfaces, relays); the one validated longest ago goes first.
const SOURCES_PER_LEG: usize = 16;
/// Sources a leg may have had between two ICE restarts: each costs the engine memory.
const SOURCES_EVER: usize = 256;
/// So long after its last valid request a source belongs to its leg alone: nobody can take it over with requests of a
/// leg of their own and a forged source address.
const EXCLUSIVE: Duration = Duration::from_secs(10);

/// Where a datagram came from: the local socket and the remote address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Source {
    pub(super) socket: usize,
    pub(super) address: SocketAddr,
}

#[derive(Debug)]
struct Binding {
    leg: LegKey,
    validated: Instant,
}

#[derive(Debug)]
struct Entry {
    ufrag: String,
    sources: Vec<Source>,
    ever: usize,
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Demux {
    by_ufrag: HashMap<String, LegKey>,
    by_source: HashMap<Source, Binding>,
    legs: HashMap<LegKey, Entry>,
}

impl Demux {
    /// Whether the user fragment is in use.
    pub(super) fn knows(&self, ufrag: &str) -> bool {
        self.by_ufrag.contains_key(ufrag)
    }

    /// Adds a leg, or gives it another user fragment after an ICE restart.
    pub(super) fn name(&mut self, leg: LegKey, ufrag: String) {
        let entry = self.legs.entry(leg).or_insert_with(|| Entry {
            ufrag: String::new(),
            sources: Vec::new(),
            ever: 0,
        });
        if entry.ufrag == ufrag {
            return;
        }
        self.by_ufrag.remove(&entry.ufrag);
        entry.ufrag.clone_from(&ufrag);
        entry.ever = entry.sources.len();
        self.by_ufrag.insert(ufrag, leg);
    }

    /// Whom a binding request with this user fragment claims to be for.
    pub(super) fn named(&self, ufrag: &str) -> Option<LegKey> {
        self.by_ufrag.get(ufrag).copied()
    }

    /// Whose the source is.
    pub(super) fn owner(&self, source: Source) -> Option<LegKey> {
        self.by_source.get(&source).map(|binding| binding.leg)
    }

    /// Whether a source could become the leg's, if a request from there has valid integrity.
    pub(super) fn is_free(&self, now: Instant, source: Source, leg: LegKey) -> bool {
        match self.by_source.get(&source) {
            Some(binding) if binding.leg == leg => true,
            binding => {
                let taken = binding.is_some_and(|binding| {
                    now.saturating_duration_since(binding.validated) < EXCLUSIVE
                });
                let full = |entry: &Entry| entry.ever >= SOURCES_EVER;
                !taken && !self.legs.get(&leg).is_none_or(full)
            }
        }
    }

    /// A binding request of this leg with valid integrity came from the source. `false`: it is not the leg's to have.
    pub(super) fn validated(&mut self, now: Instant, source: Source, leg: LegKey) -> bool {
        if !self.is_free(now, source, leg) {
            return false;
        }
        let Some(entry) = self.legs.get_mut(&leg) else {
            return false;
        };
        if let Some(binding) = self.by_source.get_mut(&source)
            && binding.leg == leg
        {
            binding.validated = now;
            return true;
        }
        entry.ever += 1;
        if entry.sources.len() >= SOURCES_PER_LEG {
            let by_source = &self.by_source;
            let oldest = (0..entry.sources.len())
                .min_by_key(|&i| by_source.get(&entry.sources[i]).map(|b| b.validated));
            if let Some(i) = oldest {
                let gone = entry.sources.swap_remove(i);
                self.by_source.remove(&gone);
            }
        }
        entry.sources.push(source);
        if let Some(previous) = self.by_source.insert(
            source,
            Binding {
                leg,
                validated: now,
            },
        ) && let Some(loser) = self.legs.get_mut(&previous.leg)
        {
            loser.sources.retain(|s| *s != source);
        }
        true
    }

    /// Forgets a leg and all that led to it.
    pub(super) fn remove(&mut self, leg: LegKey) {
        if let Some(entry) = self.legs.remove(&leg) {
            self.by_ufrag.remove(&entry.ufrag);
            for source in entry.sources {
                self.by_source.remove(&source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(port: u16) -> Source {
        Source {
            socket: 0,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
        }
    }

    fn two_legs() -> (Demux, LegKey, LegKey) {
        let (a, b) = (LegKey(1), LegKey(2));
        let mut demux = Demux::default();
        demux.name(a, "aaaa".into());
        demux.name(b, "bbbb".into());
        (demux, a, b)
    }

    #[test]
    fn a_source_is_nobodys_until_validated() {
        let (mut demux, a, _) = two_legs();
        assert_eq!(demux.owner(source(1)), None);
        assert!(demux.validated(Instant::now(), source(1), a));
        assert_eq!(demux.owner(source(1)), Some(a));
        assert_eq!(
            demux.owner(Source {
                socket: 1,
                ..source(1)
            }),
            None,
            "another socket"
        );
        demux.remove(a);
        assert_eq!(demux.owner(source(1)), None);
        assert_eq!(demux.named("aaaa"), None);
        assert!(
            !demux.validated(Instant::now(), source(1), a),
            "a leg that is gone gets nothing"
        );
    }

    #[test]
    fn a_live_source_cannot_be_taken_over_but_a_stale_one_can() {
        let (mut demux, a, b) = two_legs();
        let start = Instant::now();
        assert!(demux.validated(start, source(1), a));
        assert!(!demux.validated(start + Duration::from_secs(5), source(1), b));
        assert_eq!(demux.owner(source(1)), Some(a));
        assert!(demux.validated(start + EXCLUSIVE, source(1), b));
        assert_eq!(demux.owner(source(1)), Some(b));
        demux.remove(a);
        assert_eq!(
            demux.owner(source(1)),
            Some(b),
            "the loser takes nothing with it"
        );
    }

    #[test]
    fn sources_are_bounded_and_an_ice_restart_begins_anew() {
        let (mut demux, a, _) = two_legs();
        let start = Instant::now();
        for i in 0..SOURCES_EVER as u16 {
            let now = start + Duration::from_millis(u64::from(i));
            assert!(demux.validated(now, source(1000 + i), a));
        }
        assert_eq!(demux.by_source.len(), SOURCES_PER_LEG);
        assert_eq!(demux.owner(source(1000)), None, "the oldest have gone");
        assert!(!demux.validated(start, source(9999), a));
        demux.name(a, "cccc".into());
        assert_eq!((demux.named("aaaa"), demux.named("cccc")), (None, Some(a)));
        assert!(demux.validated(start, source(9999), a));
    }
}

//! What a worker must look at when.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

use crate::keys::{LegKey, RoomKey};

/// Whom an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    Leg(LegKey),
    Room(RoomKey),
}

/// Entries by time. Nothing is ever taken back: an entry counts only while its leg or room is scheduled for that very
/// time, which the leg or room itself remembers.
#[derive(Debug, Default)]
pub(super) struct Agenda(BinaryHeap<Reverse<(Instant, Due)>>);

impl Agenda {
    pub(super) fn add(&mut self, at: Instant, due: Due) {
        self.0.push(Reverse((at, due)));
    }

    /// When the next entry is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse((at, _))| *at)
    }

    /// The earliest entry that is due by now.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<(Instant, Due)> {
        let due = self.next().is_some_and(|at| at <= now);
        if due {
            self.0.pop().map(|Reverse(entry)| entry)
        } else {
            None
        }
    }
}

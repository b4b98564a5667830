//! Several devices ring for one call: who answered first, who is still ringing, and when it is over.

use std::time::Instant;

/// The devices of one subscriber that ring for one call.
#[derive(Debug)]
pub(super) struct RingGroup<Id> {
    ringing: Vec<Id>,
    /// Somebody has said no.
    rejected: bool,
    /// Somebody has said yes.
    answered: bool,
    deadline: Instant,
}

/// Nobody rings any more, and nobody has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Silence {
    /// At least one device was told to reject the call.
    Rejected,
    /// The devices went away or failed.
    Unreachable,
}

impl<Id: Copy + PartialEq> RingGroup<Id> {
    /// A group without devices that rings until `deadline`.
    pub(super) fn new(deadline: Instant) -> Self {
        Self {
            ringing: Vec::new(),
            rejected: false,
            answered: false,
            deadline,
        }
    }

    /// When it rings no longer; `None` once somebody has answered.
    pub(super) fn deadline(&self) -> Option<Instant> {
        (!self.answered).then_some(self.deadline)
    }

    /// Whether one more device may ring.
    pub(super) fn is_open(&self) -> bool {
        !self.answered
    }

    /// One more device rings.
    pub(super) fn add(&mut self, id: Id) {
        if !self.ringing.contains(&id) {
            self.ringing.push(id);
        }
    }

    /// How many ring.
    pub(super) fn len(&self) -> usize {
        self.ringing.len()
    }

    /// Whether this one rings.
    pub(super) fn rings(&self, id: Id) -> bool {
        self.ringing.contains(&id)
    }

    /// A device answers: the first wins, and these others must stop. `None`: too late, or it does not ring.
    pub(super) fn answer(&mut self, id: Id) -> Option<Vec<Id>> {
        if self.answered || !self.rings(id) {
            return None;
        }
        self.answered = true;
        let mut losers = std::mem::take(&mut self.ringing);
        losers.retain(|other| *other != id);
        Some(losers)
    }

    /// A device rejects. `Some` when it was the last.
    pub(super) fn reject(&mut self, id: Id) -> Option<Silence> {
        self.rejected |= self.rings(id);
        self.lose(id)
    }

    /// A device has gone away. `Some` when it was the last.
    pub(super) fn lose(&mut self, id: Id) -> Option<Silence> {
        let before = self.ringing.len();
        self.ringing.retain(|other| *other != id);
        let was_last = before > 0 && self.ringing.is_empty() && !self.answered;
        was_last.then_some(if self.rejected {
            Silence::Rejected
        } else {
            Silence::Unreachable
        })
    }

    /// The caller gives up, or time is over: these must stop.
    pub(super) fn stop(&mut self) -> Vec<Id> {
        self.answered = true;
        std::mem::take(&mut self.ringing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn group(ids: &[u8]) -> RingGroup<u8> {
        let mut group = RingGroup::new(Instant::now());
        ids.iter().for_each(|id| group.add(*id));
        group
    }

    #[test]
    fn the_first_answer_wins_and_the_others_stop() {
        let mut g = group(&[1, 2, 3]);
        assert_eq!(g.answer(2), Some(vec![1, 3]));
        assert_eq!(g.answer(1), None);
        assert_eq!((g.deadline(), g.is_open()), (None, false));
    }

    #[test]
    fn one_rejection_does_not_stop_the_others() {
        let mut g = group(&[1, 2]);
        assert_eq!(g.reject(1), None);
        assert_eq!(g.answer(1), None);
        assert_eq!(g.answer(2), Some(vec![]));
    }

    #[test]
    fn when_all_have_gone_it_counts_whether_one_rejected() {
        let mut g = group(&[1, 2]);
        assert_eq!(g.reject(1), None);
        assert_eq!(g.lose(2), Some(Silence::Rejected));
        let mut g = group(&[1, 2]);
        assert_eq!(g.lose(2), None);
        assert_eq!(g.lose(1), Some(Silence::Unreachable));
        assert_eq!(g.lose(1), None, "told once");
    }

    #[test]
    fn a_device_that_comes_online_rings_too() {
        let mut g = group(&[1]);
        g.add(2);
        g.add(2);
        assert_eq!(g.len(), 2);
        assert_eq!(g.reject(1), None);
        assert_eq!(g.reject(2), Some(Silence::Rejected));
    }

    #[test]
    fn after_a_stop_nobody_can_answer() {
        let mut g = group(&[1, 2]);
        assert_eq!(g.stop(), [1, 2]);
        assert_eq!(g.answer(1), None);
        assert_eq!(g.reject(2), None);
    }

    proptest! {
        /// Whatever happens in whatever order: at most one winner, and everybody else is told to stop exactly once.
        #[test]
        fn each_device_ends_exactly_once(steps in proptest::collection::vec((0u8..4, 0u8..5), 0..30)) {
            let mut g = group(&[0, 1, 2, 3, 4]);
            let mut ended = [0; 5];
            let mut winners = 0;
            for (step, id) in steps {
                let rang = g.rings(id);
                match step {
                    0 => if let Some(losers) = g.answer(id) {
                        winners += 1;
                        ended[id as usize] += 1;
                        losers.iter().for_each(|l| ended[*l as usize] += 1);
                    },
                    1 => { g.reject(id); if rang { ended[id as usize] += 1 } }
                    2 => { g.lose(id); if rang { ended[id as usize] += 1 } }
                    _ => g.stop().iter().for_each(|l| ended[*l as usize] += 1),
                }
            }
            prop_assert!(winners <= 1);
            g.stop().iter().for_each(|l| ended[*l as usize] += 1);
            prop_assert!(ended.iter().all(|n| *n == 1));
        }
    }
}

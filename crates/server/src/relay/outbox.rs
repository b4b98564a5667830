//! Events a session has not had acknowledged yet (wire-protocol.md 3.4): kept in order, bounded, and sent again
//! with their ids when the session is resumed.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::ws::Utf8Bytes;
use offhook_proto::limits;

/// How long an event is worth keeping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// Until it is acknowledged.
    UntilAcked,
    /// Until a newer one with the same key comes: state that is sent whole each time.
    Newest(Arc<str>),
    /// Gladly, but it is the first to go when there is no room.
    Passing,
    /// A message of a dialog: worthless once the dialog has ended.
    Dialog(Arc<str>),
    /// The end of a dialog.
    DialogEnd(Arc<str>),
}

struct Kept {
    id: String,
    text: Utf8Bytes,
    keep: Keep,
    at: Instant,
}

/// The unacknowledged events of one session.
#[derive(Default)]
pub(crate) struct Outbox {
    events: VecDeque<Kept>,
    bytes: usize,
}

impl Outbox {
    /// Keeps an event, and lets go of those it makes worthless. What has become too old or too much goes too: first
    /// [`Keep::Passing`], then the oldest.
    pub(crate) fn push(
        &mut self,
        now: Instant,
        id: String,
        text: Utf8Bytes,
        keep: Keep,
        max_age: Duration,
    ) {
        match &keep {
            Keep::Newest(key) => self.forget(|kept| matches!(kept, Keep::Newest(k) if k == key)),
            Keep::DialogEnd(call) => {
                self.forget(|kept| matches!(kept, Keep::Dialog(c) if c == call))
            }
            Keep::UntilAcked | Keep::Passing | Keep::Dialog(_) => {}
        }
        self.expire(now, max_age);
        self.bytes += text.len();
        self.events.push_back(Kept {
            id,
            text,
            keep,
            at: now,
        });
        while self.events.len() > limits::UNACKED_EVENTS || self.bytes > limits::UNACKED_BYTES {
            let victim = self
                .events
                .iter()
                .position(|e| e.keep == Keep::Passing)
                .unwrap_or(0);
            if !self.remove(victim) {
                break;
            }
        }
    }

    /// Lets go of an acknowledged event. `false`: no such event, for example because it had been superseded.
    pub(crate) fn ack(&mut self, id: &str) -> bool {
        match self.events.iter().position(|e| e.id == id) {
            Some(index) => self.remove(index),
            None => false,
        }
    }

    /// What a resumed session must be sent, in order.
    pub(crate) fn unacked(&self) -> impl Iterator<Item = &Utf8Bytes> {
        self.events.iter().map(|e| &e.text)
    }

    /// Lets go of what is older than `max_age`.
    pub(crate) fn expire(&mut self, now: Instant, max_age: Duration) {
        while self
            .events
            .front()
            .is_some_and(|e| now.duration_since(e.at) > max_age)
        {
            self.remove(0);
        }
    }

    /// Lets go of everything: after it has been sent to a client that does not acknowledge.
    pub(crate) fn clear(&mut self) {
        self.events = VecDeque::new();
        self.bytes = 0;
    }

    fn forget(&mut self, worthless: impl Fn(&Keep) -> bool) {
        let bytes = &mut self.bytes;
        self.events.retain(|e| {
            let goes = worthless(&e.keep);
            if goes {
                *bytes -= e.text.len();
            }
            !goes
        });
    }

    fn remove(&mut self, index: usize) -> bool {
        let Some(event) = self.events.remove(index) else {
            return false;
        };
        self.bytes -= event.text.len();
        if self.events.is_empty() {
            // Idle sessions are many; an empty queue keeps no memory.
            self.events = VecDeque::new();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGE: Duration = Duration::from_secs(300);

    struct Fixture {
        outbox: Outbox,
        now: Instant,
    }

    impl Fixture {
        fn new() -> Self {
            Self {
                outbox: Outbox::default(),
                now: Instant::now(),
            }
        }

        fn push(&mut self, id: &str, keep: Keep) {
            self.outbox
                .push(self.now, id.into(), format!("<{id}>").into(), keep, AGE);
        }

        fn texts(&self) -> String {
            self.outbox.unacked().map(|t| t.as_str()).collect()
        }
    }

    #[test]
    fn unacked_events_stay_in_order_and_acked_ones_go() {
        let mut f = Fixture::new();
        for id in ["a", "b", "c"] {
            f.push(id, Keep::UntilAcked);
        }
        assert!(f.outbox.ack("b"));
        assert!(!f.outbox.ack("b"));
        assert_eq!(f.texts(), "<a><c>");
    }

    #[test]
    fn newer_state_replaces_older_of_the_same_key_only() {
        let mut f = Fixture::new();
        f.push("l1", Keep::Newest("layout:1".into()));
        f.push("m", Keep::UntilAcked);
        f.push("other", Keep::Newest("layout:2".into()));
        f.push("l2", Keep::Newest("layout:1".into()));
        assert_eq!(f.texts(), "<m><other><l2>");
    }

    #[test]
    fn the_end_of_a_dialog_makes_its_messages_worthless() {
        let mut f = Fixture::new();
        f.push("invite", Keep::Dialog("c1".into()));
        f.push("invite2", Keep::Dialog("c2".into()));
        f.push("bye", Keep::DialogEnd("c1".into()));
        f.push("bye-again", Keep::DialogEnd("c1".into()));
        assert_eq!(f.texts(), "<invite2><bye><bye-again>");
    }

    #[test]
    fn too_many_events_cost_the_passing_ones_first() {
        let mut f = Fixture::new();
        f.push("first", Keep::UntilAcked);
        f.push("talking", Keep::Passing);
        for i in 0..limits::UNACKED_EVENTS - 1 {
            f.push(&i.to_string(), Keep::UntilAcked);
        }
        assert!(!f.outbox.ack("talking"));
        assert!(f.outbox.ack("first"));
        f.push("x", Keep::UntilAcked);
        f.push("y", Keep::UntilAcked);
        assert!(!f.outbox.ack("0"), "without passing ones the oldest goes");
        assert!(f.outbox.ack("1"));
    }

    #[test]
    fn bytes_are_bounded_and_counted_down_again() {
        let mut f = Fixture::new();
        let big: Utf8Bytes = "x".repeat(limits::UNACKED_BYTES / 4).into();
        for i in 0..10 {
            f.outbox
                .push(f.now, i.to_string(), big.clone(), Keep::UntilAcked, AGE);
            assert!(f.outbox.bytes <= limits::UNACKED_BYTES);
        }
        for i in 0..10 {
            f.outbox.ack(&i.to_string());
        }
        assert_eq!(f.outbox.bytes, 0);
    }

    #[test]
    fn old_events_go() {
        let mut f = Fixture::new();
        f.push("old", Keep::UntilAcked);
        f.now += AGE + Duration::from_secs(1);
        f.push("new", Keep::UntilAcked);
        assert_eq!(f.texts(), "<new>");
        f.now += AGE + Duration::from_secs(1);
        f.outbox.expire(f.now, AGE);
        assert_eq!((f.texts().as_str(), f.outbox.bytes), ("", 0));
    }
}

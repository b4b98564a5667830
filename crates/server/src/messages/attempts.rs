//! The same text sent again: by somebody who says it twice, or by a client that never had the answer to the first.
//!
//! Clients repeat a request that failed on the way, up to twice, without saying so (wire-protocol.md 8.5). What we can see is whether
//! the answer to the first was handed over: a connection that closes, or a limit of time that runs out, drops the [`Delivery`] before
//! it is complete. Only then is the next message of the same sender with the same text in the same conversation taken for the same,
//! once, and for a minute. An answer that was handed over and lost behind that is not noticed: a client that wants to be sure gives its
//! message a name.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::digest;
use offhook_auth::SatClaims;
use offhook_proto::limits;
use tokio::sync::watch;

use super::{Outcome, Unsaid};
use crate::metrics::{Counter, Metrics};

/// Digest of sender, conversation, name and text.
pub(crate) type Fingerprint = [u8; 32];

/// A message on its way to the store, or there.
#[derive(Clone, Debug)]
pub(crate) struct Attempt(watch::Receiver<Option<Outcome>>);

impl Attempt {
    pub(super) fn new(outcome: watch::Receiver<Option<Outcome>>) -> Self {
        Self(outcome)
    }

    /// Waits until it is written, or was refused.
    pub(crate) async fn outcome(&self) -> Outcome {
        let mut outcome = self.0.clone();
        match outcome.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or(Err(Unsaid::Failed)),
            // The task that writes has ended.
            Err(_) => Err(Unsaid::Failed),
        }
    }

    fn has_failed(&self) -> bool {
        matches!(*self.0.borrow(), Some(Err(_)))
    }
}

/// Messages whose senders never had an answer.
#[derive(Debug)]
pub(crate) struct Attempts {
    /// The oldest first.
    unanswered: Mutex<VecDeque<(Instant, Fingerprint, Attempt)>>,
    abandoned: Counter,
}

const MEMORY: Duration = Duration::from_millis(limits::MESSAGE_REPEAT_MS);

impl Attempts {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        Self {
            unanswered: Mutex::default(),
            abandoned: metrics.counter(
                "offhook_messages_unanswered_total",
                "Messages whose sender had gone before the answer.",
                &[],
            ),
        }
    }

    pub(crate) fn fingerprint(
        claims: &SatClaims,
        conversation: &str,
        client_id: Option<&str>,
        text: &str,
    ) -> Fingerprint {
        let mut hash = digest::Context::new(&digest::SHA256);
        for part in [
            claims.project_id.as_str(),
            claims.subscriber_id.as_str(),
            conversation,
            client_id.unwrap_or_default(),
            text,
        ] {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(hash.finish().as_ref());
        fingerprint
    }

    /// The earlier attempt at the same message, if its sender never had an answer. It is given out once.
    pub(crate) fn claim(&self, fingerprint: &Fingerprint, now: Instant) -> Option<Attempt> {
        let mut unanswered = self.lock();
        forget_old(&mut unanswered, now);
        let found = unanswered
            .iter()
            .position(|(_, known, attempt)| known == fingerprint && !attempt.has_failed())?;
        unanswered.remove(found).map(|(_, _, attempt)| attempt)
    }

    fn abandon(&self, fingerprint: Fingerprint, attempt: Attempt, now: Instant) {
        let mut unanswered = self.lock();
        forget_old(&mut unanswered, now);
        if unanswered.len() >= limits::MESSAGE_REPEATS {
            unanswered.pop_front();
        }
        unanswered.push_back((now, fingerprint, attempt));
        self.abandoned.increment();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<(Instant, Fingerprint, Attempt)>> {
        // No code that can panic runs under the lock.
        self.unanswered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn forget_old(unanswered: &mut VecDeque<(Instant, Fingerprint, Attempt)>, now: Instant) {
    while unanswered
        .front()
        .is_some_and(|(at, ..)| now.saturating_duration_since(*at) > MEMORY)
    {
        unanswered.pop_front();
    }
}

/// The duty to answer a sender. What is dropped before it is complete was not answered.
#[derive(Debug)]
pub(crate) struct Delivery {
    attempts: Arc<Attempts>,
    fingerprint: Fingerprint,
    attempt: Option<Attempt>,
}

impl Delivery {
    pub(crate) fn new(attempts: Arc<Attempts>, fingerprint: Fingerprint, attempt: Attempt) -> Self {
        Self {
            attempts,
            fingerprint,
            attempt: Some(attempt),
        }
    }

    /// The answer has been handed over.
    pub(crate) fn complete(&mut self) {
        self.attempt = None;
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if let Some(attempt) = self.attempt.take()
            && !attempt.has_failed()
        {
            self.attempts
                .abandon(self.fingerprint, attempt, Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: Fingerprint = [1; 32];

    fn attempt() -> (watch::Sender<Option<Outcome>>, Attempt) {
        let (outcome, receiver) = watch::channel(None);
        (outcome, Attempt::new(receiver))
    }

    #[test]
    fn what_was_answered_is_said_anew() {
        let attempts = Arc::new(Attempts::new(&Metrics::default()));
        let (_outcome, attempt) = attempt();
        let mut delivery = Delivery::new(attempts.clone(), TEXT, attempt);
        delivery.complete();
        drop(delivery);
        assert!(attempts.claim(&TEXT, Instant::now()).is_none());
    }

    #[test]
    fn what_was_not_answered_is_known_again_once_and_again_if_that_fails_too() {
        let attempts = Arc::new(Attempts::new(&Metrics::default()));
        let (_outcome, attempt) = attempt();
        drop(Delivery::new(attempts.clone(), TEXT, attempt));
        assert!(attempts.claim(&[2; 32], Instant::now()).is_none());
        let again = attempts.claim(&TEXT, Instant::now()).unwrap();
        assert!(attempts.claim(&TEXT, Instant::now()).is_none());
        drop(Delivery::new(attempts.clone(), TEXT, again));
        assert!(attempts.claim(&TEXT, Instant::now()).is_some());
    }

    #[test]
    fn what_was_never_written_is_written_anew() {
        let attempts = Arc::new(Attempts::new(&Metrics::default()));
        let (outcome, attempt) = attempt();
        drop(Delivery::new(attempts.clone(), TEXT, attempt));
        outcome.send_replace(Some(Err(Unsaid::Failed)));
        assert!(attempts.claim(&TEXT, Instant::now()).is_none());
    }

    #[test]
    fn a_minute_later_it_is_another_message() {
        let attempts = Attempts::new(&Metrics::default());
        let (_outcome, attempt) = attempt();
        let now = Instant::now();
        attempts.abandon(TEXT, attempt, now);
        let later = now + MEMORY + Duration::from_millis(1);
        assert!(attempts.claim(&TEXT, later).is_none());
    }

    #[test]
    fn memory_is_bounded() {
        let attempts = Attempts::new(&Metrics::default());
        let (_outcome, attempt) = attempt();
        for _ in 0..limits::MESSAGE_REPEATS + 10 {
            attempts.abandon(TEXT, attempt.clone(), Instant::now());
        }
        assert_eq!(attempts.lock().len(), limits::MESSAGE_REPEATS);
    }
}

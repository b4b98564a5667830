//! A broadcast whose first listener misses nothing.

use std::sync::{Mutex, PoisonError};

use tokio::sync::broadcast;

/// Sends to whoever listens. What is sent before anybody does is kept, up to the capacity, for the first who does: a
/// program that has just been given a call cannot have listened to it before.
pub(crate) struct Backlog<T> {
    sender: broadcast::Sender<T>,
    first: Mutex<Option<broadcast::Receiver<T>>>,
}

impl<T: Clone> Backlog<T> {
    pub(crate) fn new(capacity: usize) -> Self {
        let (sender, first) = broadcast::channel(capacity);
        let first = Mutex::new(Some(first));
        Self { sender, first }
    }

    pub(crate) fn send(&self, value: T) {
        // Nobody listening is no error.
        let _ = self.sender.send(value);
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<T> {
        // Taking a value out of an option cannot be left half-done.
        let first = self
            .first
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        first.unwrap_or_else(|| self.sender.subscribe())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_listener_hears_what_was_before_it_and_the_others_do_not() {
        let backlog = Backlog::new(2);
        backlog.send(1);
        let mut first = backlog.subscribe();
        let mut second = backlog.subscribe();
        backlog.send(2);
        assert_eq!((first.try_recv(), first.try_recv()), (Ok(1), Ok(2)));
        assert_eq!(second.try_recv(), Ok(2));
    }
}

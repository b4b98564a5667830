//! Wakes a worker out of its poll when a command waits for it.

use std::sync::Arc;

/// A bell on the worker's poll: an eventfd on Linux, a kqueue user event on macOS.
#[derive(Clone)]
pub(super) struct Waker(Arc<mio::Waker>);

impl Waker {
    pub(super) fn new(registry: &mio::Registry, token: mio::Token) -> std::io::Result<Self> {
        Ok(Waker(Arc::new(mio::Waker::new(registry, token)?)))
    }

    /// Never blocks. Many calls before the worker looks are one.
    pub(super) fn wake(&self) {
        if let Err(error) = self.0.wake() {
            tracing::warn!(%error, "media worker could not be woken");
        }
    }
}

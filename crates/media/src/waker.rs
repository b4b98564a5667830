//! Wakes a media thread out of its poll when a command waits for it.

use std::sync::Arc;

/// A bell on the thread's poll: an eventfd on Linux, a kqueue user event on macOS.
#[derive(Clone)]
pub(crate) struct Waker(Arc<mio::Waker>);

impl Waker {
    pub(crate) fn new(registry: &mio::Registry, token: mio::Token) -> std::io::Result<Self> {
        Ok(Waker(Arc::new(mio::Waker::new(registry, token)?)))
    }

    /// Never blocks. Many calls before the thread looks are one.
    pub(crate) fn wake(&self) {
        if let Err(error) = self.0.wake() {
            tracing::warn!(%error, "media thread could not be woken");
        }
    }
}

//! Ctrl-C, and the request to end that `timeout` and service managers send.

use std::io;
use std::process;

use tokio::sync::watch;

/// Exit code of a program that was interrupted before it could end properly, as shells have it.
const INTERRUPTED: i32 = 130;

/// Knows whether the program was asked to end. A second request ends it on the spot.
pub(super) struct Interrupt {
    asked: watch::Receiver<bool>,
}

impl Interrupt {
    /// Listens from now on; needs a tokio runtime.
    pub(super) fn listen() -> io::Result<Self> {
        let (ask, asked) = watch::channel(false);
        let mut signals = Signals::new()?;
        tokio::spawn(async move {
            signals.next().await;
            ask.send_replace(true);
            signals.next().await;
            process::exit(INTERRUPTED);
        });
        Ok(Self { asked })
    }

    /// Ends when the program is, or was, asked to end.
    pub(super) async fn asked(&mut self) {
        if self.asked.wait_for(|asked| *asked).await.is_err() {
            // The runtime is going down, and with it whoever waits here.
            std::future::pending().await
        }
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn new() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}

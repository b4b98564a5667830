//! What the relay and the calls count.

use crate::metrics::{Counter, Gauge, Metrics};

/// Handles to the metrics, taken once.
pub(crate) struct Counters {
    metrics: Metrics,
    /// Open sockets, authenticated or not.
    pub(crate) sockets: Gauge,
    /// Sessions, with a socket or waiting for one.
    pub(crate) sessions: Gauge,
    /// Rooms and two-party calls going on.
    pub(crate) rooms: Gauge,
    /// Legs in them.
    pub(crate) legs: Gauge,
    /// Frames read.
    pub(crate) frames_in: Counter,
    /// Events sent again after a resume.
    pub(crate) redelivered: Counter,
    /// Sockets dropped because their reader was too slow.
    pub(crate) slow_readers: Counter,
}

impl Counters {
    pub(crate) fn new(metrics: Metrics) -> Self {
        Self {
            sockets: metrics.gauge("offhook_relay_sockets", "Open WebSockets.", &[]),
            sessions: metrics.gauge(
                "offhook_relay_sessions",
                "Sessions, with or without a socket.",
                &[],
            ),
            rooms: metrics.gauge("offhook_rooms", "Rooms and calls going on.", &[]),
            legs: metrics.gauge("offhook_legs", "Legs in rooms and calls.", &[]),
            frames_in: metrics.counter("offhook_relay_frames_total", "Text frames read.", &[]),
            redelivered: metrics.counter(
                "offhook_relay_redelivered_total",
                "Events sent again after a resume.",
                &[],
            ),
            slow_readers: metrics.counter(
                "offhook_relay_slow_readers_total",
                "Sockets dropped for not reading.",
                &[],
            ),
            metrics,
        }
    }

    /// A socket has authenticated, or not: `fresh`, `resumed`, `rebuilt` or `refused`.
    pub(crate) fn connect(&self, outcome: &'static str) {
        let help = "Authentications of sockets by outcome.";
        self.metrics
            .counter(
                "offhook_relay_connects_total",
                help,
                &[("outcome", outcome)],
            )
            .increment();
    }

    /// A frame was not handled: `malformed`, `rate`, `unauthenticated`, `method` or `params`.
    pub(crate) fn refused_frame(&self, reason: &'static str) {
        let help = "Frames refused by reason.";
        self.metrics
            .counter(
                "offhook_relay_frames_refused_total",
                help,
                &[("reason", reason)],
            )
            .increment();
    }

    /// An invite was refused, by the name of the refusal.
    pub(crate) fn refused_invite(&self, cause: &'static str) {
        let help = "Invites refused by cause.";
        self.metrics
            .counter("offhook_invites_refused_total", help, &[("cause", cause)])
            .increment();
    }

    /// A leg has ended, by the name of the cause.
    pub(crate) fn leg_ended(&self, cause: &'static str) {
        self.metrics
            .counter(
                "offhook_legs_ended_total",
                "Legs ended by cause.",
                &[("cause", cause)],
            )
            .increment();
    }
}

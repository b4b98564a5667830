//! A peer connection that lost contact, and offers during the call.

use miniserde::json::Value;

use super::{Dialog, Stage, verto_result};
use crate::context::Context;
use crate::input::PeerState;
use crate::json;
use crate::output::{CallStatus, EngineError, MediaPlan, PeerCommand};

/// What the peer connection was last asked for, beyond the first exchange.
pub(super) enum Restart {
    Idle,
    /// Contact was lost.
    Waiting {
        at: u64,
        attempt: u32,
    },
    /// A restart is under way.
    Running {
        due: u64,
        attempt: u32,
    },
}

impl Dialog {
    /// The answer to a re-offer.
    pub(crate) fn reoffered(&mut self, ctx: &mut Context, result: Result<Value, EngineError>) {
        let result = result.and_then(|result| verto_result(&result).cloned());
        match result {
            Ok(inner) => {
                self.reoffers = 0;
                if self.peer_state == PeerState::Connected {
                    // Nothing was broken: should it break now, its state will tell.
                    self.restart = Restart::Idle;
                }
                if let Some(sdp) = json::str_of(&inner, "sdp").filter(|sdp| !sdp.is_empty()) {
                    self.tell_peer(
                        ctx,
                        PeerCommand::ApplyAnswer {
                            sdp: sdp.to_owned(),
                        },
                    );
                }
            }
            Err(error) => {
                self.reoffers += 1;
                let again = matches!(self.restart, Restart::Running { .. });
                if again && self.reoffers < ctx.tuning.reoffers {
                    // Its time runs: when that is up, another offer is made.
                    return;
                }
                self.reoffers = 0;
                // The call goes on as it was negotiated before, if its media does.
                let fatal = self.peer_state != PeerState::Connected && !error.is_safe();
                self.restart = Restart::Idle;
                if fatal {
                    self.fail(ctx, error, true);
                } else {
                    self.tell_error(ctx, error, false);
                }
            }
        }
    }

    pub(super) fn peer_changed(&mut self, ctx: &mut Context, state: PeerState) {
        self.peer_state = state;
        let now = ctx.now.mono_ms;
        match state {
            PeerState::Connected => {
                self.restart = Restart::Idle;
                if matches!(self.stage, Stage::Up) {
                    self.set_status(ctx, CallStatus::Connected);
                }
            }
            PeerState::Disconnected | PeerState::Failed => {
                let attempt = match self.restart {
                    Restart::Idle => 0,
                    Restart::Waiting { attempt, .. } | Restart::Running { attempt, .. } => attempt,
                };
                let grace = if state == PeerState::Failed {
                    0
                } else {
                    ctx.tuning.grace_ms
                };
                if !matches!(self.restart, Restart::Running { .. }) {
                    self.restart = Restart::Waiting {
                        at: now + grace,
                        attempt,
                    };
                }
            }
            _ => {}
        }
    }

    /// Timers: a call that waits for the session, a connection that lost contact.
    pub(crate) fn look(&mut self, ctx: &mut Context, ready: bool) {
        let now = ctx.now.mono_ms;
        if let Stage::Parked { until } = self.stage
            && until <= now
        {
            let error = EngineError::new("TimeoutError", "no session in time");
            return self.fail(ctx, error, false);
        }
        match self.restart {
            Restart::Waiting { at, attempt } if at <= now && matches!(self.stage, Stage::Up) => {
                if attempt >= ctx.tuning.restarts {
                    let error = EngineError::new(
                        "NetworkError",
                        "the media connection was lost and could not be restored",
                    );
                    return self.fail(ctx, error, true);
                }
                if !ready {
                    // Without signalling nothing can be restarted: that is the session's to mend first.
                    self.restart = Restart::Waiting {
                        at: now + 1_000,
                        attempt,
                    };
                    return;
                }
                self.set_status(ctx, CallStatus::Recovering);
                let relay_only = ctx.tuning.relay_fallback && attempt % 2 == 1;
                self.restart_ice(ctx, attempt + 1, relay_only);
            }
            Restart::Running { due, attempt } if due <= now => {
                self.restart = Restart::Waiting { at: now, attempt };
            }
            _ => {}
        }
    }

    pub(crate) fn deadline(&self) -> Option<u64> {
        if let Stage::Parked { until } = self.stage {
            return Some(until);
        }
        match self.restart {
            Restart::Idle => None,
            Restart::Waiting { at, .. } => matches!(self.stage, Stage::Up).then_some(at),
            Restart::Running { due, .. } => Some(due),
        }
    }

    pub(crate) fn restart_ice(&mut self, ctx: &mut Context, attempt: u32, relay_only: bool) {
        self.restart = Restart::Running {
            due: ctx.now.mono_ms + ctx.tuning.restart_ms,
            attempt,
        };
        // The peer connection keeps its directions.
        let offer = PeerCommand::Offer {
            media: MediaPlan::default(),
            wait_for_candidates: false,
            ice_restart: true,
            relay_only,
        };
        self.tell_peer(ctx, offer);
    }
}

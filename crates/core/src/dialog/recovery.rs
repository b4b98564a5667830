//! What keeps a call going: restarts of a media path that was lost, and taking up a call of an earlier page.
//!
//! The application is told once that a call is in trouble (`recovering`) and once how that ended (`connected`, or the cause of
//! the end), however many attempts lie between.

use miniserde::json::Value;

use super::{Dialog, Offer, Stage, verto_result};
use crate::attach::{Attachment, PAUSES_MS};
use crate::context::Context;
use crate::input::{LegId, PeerState};
use crate::json;
use crate::output::{CallEvent, CallStatus, EngineError, MediaPlan, PeerCommand};

/// Between looks whether there is signalling again.
const LOOK_MS: u64 = 1_000;
/// Cause and code of a call whose media was lost (wire-protocol.md 5.10.3).
pub(super) const MEDIA_LOST: (&str, &str) = ("MEDIA_TIMEOUT", "804");
/// What the server says of a call that it does not hold (wire-protocol.md 5.10.11).
const NO_SUCH_CALL: &str = "INVALID_CALL_REFERENCE";

/// What the peer connection was last asked for, beyond the first exchange.
pub(super) enum Restart {
    Idle,
    /// Contact was lost.
    Waiting {
        at: u64,
        attempt: u32,
    },
    /// A restart is under way. `heard`: the server has said something to its offer.
    Running {
        due: u64,
        attempt: u32,
        heard: bool,
    },
}

/// A call of an earlier page that is being taken up.
pub(super) struct Attach {
    record: Attachment,
    /// The offer, once it is made: each attempt sends the same.
    sdp: Option<String>,
    /// Attempts that failed, and when the next one is due.
    failed: usize,
    again: Option<u64>,
}

impl Dialog {
    /// A call that an earlier page left. It begins as soon as it is told to.
    pub(crate) fn left(ctx: &mut Context, id: LegId, record: Attachment) -> Self {
        let mut dialog = Self::blank(id, true, Default::default(), record.variables.clone());
        dialog.destination.clone_from(&record.destination);
        dialog.caller.clone_from(&record.caller);
        dialog.callee.clone_from(&record.callee);
        dialog.node_id.clone_from(&record.node_id);
        dialog.came_in = record.inbound;
        dialog.directions = record.directions;
        dialog.muted = record.muted;
        dialog.attached_at = record.attached_at;
        if let Some(offer) = record.ringing {
            // It rings on here.
            dialog.outbound = false;
            dialog.stage = Stage::Ringing { offer };
            dialog.status = CallStatus::Ringing;
            dialog.announce(ctx);
            return dialog;
        }
        dialog.attach = Some(Attach {
            record,
            sdp: None,
            failed: 0,
            again: None,
        });
        dialog.announce(ctx);
        dialog
    }

    /// Makes the offer by which the call is taken up: what was sent and received before, and muted what was muted.
    pub(crate) fn take_up(&mut self, ctx: &mut Context, with: &Offer<'_>) {
        if self.is_ringing() {
            return;
        }
        let [audio, video] = self.directions;
        let [audio_muted, video_muted] = self.muted;
        let nothing = !(audio.sends || audio.receives || video.sends || video.receives);
        self.stage = Stage::Offering;
        self.create_peer(ctx, with);
        let media = MediaPlan {
            send_audio: audio.sends,
            send_video: video.sends,
            receive_audio: audio.receives || nothing,
            receive_video: video.receives,
            fallback_to_receive_only: true,
            audio_muted,
            video_muted,
        };
        let offer = PeerCommand::Offer {
            media,
            wait_for_candidates: with.wait_for_candidates,
            ice_restart: false,
            relay_only: false,
            anew: false,
        };
        self.tell_peer(ctx, offer);
    }

    /// The offer for taking the call up is made.
    pub(super) fn described_anew(&mut self, sdp: &str) {
        if let Some(attach) = &mut self.attach {
            attach.sdp = Some(sdp.to_owned());
        }
    }

    /// The server did not take the call up: another attempt, or the end.
    pub(super) fn not_taken_up(&mut self, ctx: &mut Context, error: EngineError) {
        let Some(attach) = &mut self.attach else {
            return;
        };
        let pause = PAUSES_MS.get(attach.failed).copied();
        attach.failed += 1;
        match pause {
            Some(pause) if error.message != NO_SUCH_CALL => {
                attach.again = Some(ctx.now.mono_ms + pause);
            }
            _ => {
                // Without an answer the server may hold the call all the same.
                if error.message != NO_SUCH_CALL {
                    self.send_bye(ctx, None);
                }
                let cause = [json::text(&error.message), Value::Null];
                self.over(ctx, cause, Some(error));
            }
        }
    }

    /// The call is over without a word from here. One that was not taken up yet is told to the client, since the
    /// application has never seen it.
    pub(super) fn over(
        &mut self,
        ctx: &mut Context,
        [cause, code]: [Value; 2],
        why: Option<EngineError>,
    ) {
        if let Some(attach) = self.attach.take() {
            let attempt = json::number(attach.failed.max(1) as u64);
            let lost = EngineError::new("RecoveryError", "a call could not be taken up again")
                .with("action", json::text("reattach"))
                .with("attempt", attempt);
            ctx.error(match why {
                Some(why) => lost.because(why),
                None => lost,
            });
        }
        let ended = json::object([
            ("cause", cause),
            ("causeCode", code),
            ("by", json::text("remote")),
        ]);
        ctx.call_event(&self.id, CallEvent::Ended(ended));
        self.set_status(ctx, CallStatus::Disconnected);
        self.end(ctx);
    }

    /// What a later page needs to take the call up; nothing while there is no call to take up.
    pub(crate) fn attachment(&self) -> Option<Attachment> {
        if let Some(attach) = &self.attach {
            return Some(attach.record.clone());
        }
        let ringing = match &self.stage {
            Stage::Ringing { offer } => Some(offer.clone()),
            Stage::Accepted | Stage::Up => None,
            _ => return None,
        };
        Some(Attachment {
            ringing,
            node_id: self.node_id.clone(),
            destination: self.destination.clone(),
            directions: self.directions,
            muted: self.muted,
            inbound: self.came_in,
            caller: self.caller.clone(),
            callee: self.callee.clone(),
            variables: self.variables.clone(),
            attached_at: self.attached_at,
        })
    }

    /// There is signalling again, with credentials of its own for relays. `renewed`: by another life of the server, which has
    /// no media of this call and knows nothing of a call that nobody had answered.
    pub(crate) fn signalling_back(&mut self, ctx: &mut Context, with: &Offer<'_>, renewed: bool) {
        if self.is_up() {
            let ice_servers = with.ice_servers.clone();
            self.tell_peer(ctx, PeerCommand::IceServers { ice_servers });
        }
        match self.stage {
            Stage::Up if renewed => {
                self.set_status(ctx, CallStatus::Recovering);
                self.offer_again(ctx, 1, false, true);
            }
            Stage::Up => {
                let broken = !matches!(self.peer_state, PeerState::Connected);
                let asked = std::mem::take(&mut self.deferred);
                match self.restart {
                    // Nothing of what was tried without signalling counts.
                    Restart::Waiting { .. } => {
                        self.restart = Restart::Waiting {
                            at: ctx.now.mono_ms,
                            attempt: 0,
                        };
                    }
                    // Its offer, or the answer to it, may be lost.
                    Restart::Running { .. } if broken || asked => self.restart_ice(ctx, 1, false),
                    Restart::Idle if asked => self.restart_ice(ctx, 1, false),
                    _ => {}
                }
            }
            Stage::Accepted | Stage::Ringing { .. } if renewed => {
                self.lose_dial(ctx, "the server was started anew");
                let cause = [json::text("TEMPORARY_FAILURE"), json::text("41")];
                self.over(ctx, cause, None);
            }
            _ => {}
        }
    }

    /// The answer to a re-offer.
    pub(crate) fn reoffered(
        &mut self,
        ctx: &mut Context,
        offer: u32,
        result: Result<Value, EngineError>,
    ) {
        if offer != self.offers || !self.is_up() {
            // Another offer has been made since: the answer to that one counts.
            return;
        }
        let result = result.and_then(|result| verto_result(&result).cloned());
        let silent = matches!(&result, Err(error) if error.class == "RPCTimeoutError");
        if let Restart::Running { heard, .. } = &mut self.restart {
            *heard |= !silent;
        }
        match result {
            Ok(inner) => {
                self.reoffers = 0;
                let broken = self.status == CallStatus::Recovering;
                if self.peer_state == PeerState::Connected && !broken {
                    // Nothing was broken: should it break now, its state will tell.
                    self.restart = Restart::Idle;
                }
                if let Some(sdp) = json::str_of(&inner, "sdp").filter(|sdp| !sdp.is_empty()) {
                    let sdp = sdp.to_owned();
                    self.tell_peer(ctx, PeerCommand::ApplyAnswer { sdp });
                }
            }
            Err(error) => self.reoffer_failed(ctx, error),
        }
    }

    /// The server has ended the call. `true`: since its media was lost, and a new offer is to bring it back; the end is told when
    /// that fails. Once for each loss: a server that means it is believed.
    pub(super) fn question(&mut self, ctx: &mut Context, causes: &[Value; 2]) -> bool {
        let [cause, code] = causes;
        let lost = json::as_str(cause) == Some(MEDIA_LOST.0)
            || json::write(code).trim_matches('"') == MEDIA_LOST.1;
        let talked = matches!(self.status, CallStatus::Connected | CallStatus::Recovering);
        if !(ctx.tuning.question_hangup && lost && talked && self.is_up())
            || self.questioned.is_some()
        {
            return false;
        }
        self.questioned = Some(causes.clone());
        self.set_status(ctx, CallStatus::Recovering);
        self.offer_again(ctx, 1, false, true);
        true
    }

    fn reoffer_failed(&mut self, ctx: &mut Context, error: EngineError) {
        if let Some(causes) = self.questioned.take() {
            return self.over(ctx, causes, None);
        }
        let data = json::get(&error.details, "data");
        let of = |name| data.and_then(|data| json::get(data, name)).cloned();
        if let Some(cause) = of("cause") {
            // The server holds this call no more.
            let code = of("causeCode").unwrap_or_default();
            return self.over(ctx, [cause, code], None);
        }
        self.reoffers += 1;
        let again = matches!(self.restart, Restart::Running { .. });
        if again && self.reoffers < ctx.tuning.reoffers {
            // Its time runs: when that is up, another offer is made.
            return;
        }
        self.reoffers = 0;
        let works =
            self.peer_state == PeerState::Connected && self.status != CallStatus::Recovering;
        if !works && !error.is_safe() {
            return self.fail(ctx, error, true);
        }
        if works {
            // The call goes on as it was negotiated before.
            self.restart = Restart::Idle;
            self.tell_error(ctx, error, false);
        }
    }

    pub(super) fn peer_changed(&mut self, ctx: &mut Context, state: PeerState) {
        self.peer_state = state;
        let now = ctx.now.mono_ms;
        match state {
            PeerState::Connected => {
                self.restart = Restart::Idle;
                self.lost_at = None;
                self.dead = false;
                self.questioned = None;
                if self.is_up() {
                    self.set_status(ctx, CallStatus::Connected);
                }
            }
            PeerState::Disconnected | PeerState::Failed => {
                self.lost_at.get_or_insert(now);
                let attempt = match self.restart {
                    Restart::Idle => 0,
                    Restart::Waiting { attempt, .. } | Restart::Running { attempt, .. } => attempt,
                };
                let grace = match state {
                    PeerState::Failed => 0,
                    _ => ctx.tuning.grace_ms,
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

    /// Timers: a call that waits for the session, a connection that lost contact, a call to take up.
    pub(crate) fn look(&mut self, ctx: &mut Context, ready: bool) {
        let now = ctx.now.mono_ms;
        if let Stage::Parked { until } = self.stage
            && until <= now
        {
            let error = EngineError::new("TimeoutError", "no session in time");
            return self.fail(ctx, error, false);
        }
        if let Some(attach) = &mut self.attach
            && attach.again.is_some_and(|again| again <= now)
        {
            attach.again = (!ready).then_some(now + LOOK_MS);
            if let (true, Some(sdp)) = (ready, attach.sdp.clone()) {
                self.invite(ctx, &sdp);
            }
        }
        if !self.is_up() {
            return;
        }
        match self.restart {
            Restart::Waiting { at, attempt } if at <= now => {
                self.set_status(ctx, CallStatus::Recovering);
                let lost = self.lost_at.map_or(0, |lost| now.saturating_sub(lost));
                let tried = ready && attempt >= ctx.tuning.restarts;
                if tried || lost >= ctx.tuning.reattach_ms {
                    return self.give_up(ctx);
                }
                if !ready {
                    // Without signalling nothing can be restarted: that is the session's to mend first.
                    let at = now + LOOK_MS;
                    self.restart = Restart::Waiting { at, attempt };
                    return;
                }
                let relay_only = ctx.tuning.relay_fallback && attempt % 2 == 1;
                self.restart_ice(ctx, attempt + 1, relay_only);
            }
            Restart::Running { due, .. }
                if due <= now && self.peer_state == PeerState::Connected && !self.dead =>
            {
                // It never lost contact.
                self.restart = Restart::Idle;
                self.questioned = None;
                self.set_status(ctx, CallStatus::Connected);
            }
            Restart::Running {
                due,
                attempt,
                heard,
            } if due <= now => {
                // Without a word of the server it was no attempt: whether it is there at all must be found out.
                self.doubts |= !heard;
                let attempt = if heard { attempt } else { attempt - 1 };
                self.restart = Restart::Waiting { at: now, attempt };
                self.look(ctx, ready);
            }
            _ => {}
        }
    }

    /// Whether it looks as if the session were not what it seems; told once.
    pub(crate) fn doubts(&mut self) -> bool {
        std::mem::take(&mut self.doubts)
    }

    /// The media path is lost for good.
    pub(crate) fn give_up(&mut self, ctx: &mut Context) {
        let lost = "the media connection was lost and could not be restored";
        self.fail(ctx, EngineError::new("NetworkError", lost), true);
    }

    pub(crate) fn deadline(&self) -> Option<u64> {
        if let Stage::Parked { until } = self.stage {
            return Some(until);
        }
        if let Some(again) = self.attach.as_ref().and_then(|attach| attach.again) {
            return Some(again);
        }
        match self.restart {
            Restart::Waiting { at, .. } if self.is_up() => Some(at),
            Restart::Running { due, .. } if self.is_up() => Some(due),
            _ => None,
        }
    }

    /// A restart that was asked for: made now, or as soon as there is signalling.
    pub(crate) fn ask_restart(
        &mut self,
        ctx: &mut Context,
        relay_only: bool,
        broken: bool,
        ready: bool,
    ) {
        if broken && self.is_up() {
            self.dead = true;
            self.lost_at.get_or_insert(ctx.now.mono_ms);
            self.set_status(ctx, CallStatus::Recovering);
        }
        if ready {
            self.restart_ice(ctx, 1, relay_only);
        } else {
            self.deferred = true;
        }
    }

    fn restart_ice(&mut self, ctx: &mut Context, attempt: u32, relay_only: bool) {
        self.offer_again(ctx, attempt, relay_only, false);
    }

    /// `anew`: the server has lost its side of the media path. For the first attempt alone: another begins where that left off.
    fn offer_again(&mut self, ctx: &mut Context, attempt: u32, relay_only: bool, anew: bool) {
        self.restart = Restart::Running {
            due: ctx.now.mono_ms + ctx.tuning.restart_ms,
            attempt,
            heard: false,
        };
        // The peer connection keeps its directions.
        let offer = PeerCommand::Offer {
            media: MediaPlan::default(),
            wait_for_candidates: false,
            ice_restart: true,
            relay_only,
            anew,
        };
        self.tell_peer(ctx, offer);
    }
}

//! `call.*` requests: whether the member may, and what happens (wire-protocol.md section 7).

use offhook_proto::code::Cause;
use offhook_proto::method::verto;
use offhook_proto::relay::RpcError;
use offhook_proto::room::CallResult;
use offhook_proto::room_action::{CallAction, MemberChange, noted};
use offhook_proto::verto_reply::{AudioConstraints, MediaParams, OutgoingMediaParams};

use super::{Farewell, Kind, Room};
use crate::calls::directory::LegId;
use crate::relay::{Keep, Reply};

/// What becomes of a request: `Ok` is answered before its events are sent.
type Judged<T> = Result<T, CallResult>;

impl Room {
    /// Handles a `call.*` request of a leg that exists.
    pub(super) fn method(&mut self, id: LegId, reply: Reply, action: CallAction) {
        let Some(main) = self.main_of(id).filter(|main| {
            let leg = self.leg(*main);
            leg.is_some_and(super::Leg::is_joined)
        }) else {
            return reply.refuse(&RpcError::invalid_params("the call has not been answered"));
        };
        match self.judge(main, id, &action) {
            Err(refusal) => {
                tracing::debug!(?action, code = refusal.code, "method refused");
                reply.ok(&refusal);
            }
            Ok(targets) => {
                tracing::info!(call = ?self.leg(id).map(|leg| leg.call_id().clone()), ?action, "method");
                reply.ok(match action {
                    CallAction::LayoutList => &CallResult::LAYOUT_LIST,
                    _ => &CallResult::OK,
                });
                self.act(main, &targets, action);
            }
        }
    }

    /// Whether the member may do that, and whom it concerns.
    fn judge(&self, main: LegId, asking: LegId, action: &CallAction) -> Judged<Vec<LegId>> {
        let Some(leg) = self.leg(main) else {
            return Err(CallResult::NO_MEMBER);
        };
        let held = self.capabilities_of(leg);
        let need = |wanted: &str| match held.allow(wanted) {
            true => Ok(Vec::new()),
            false => Err(CallResult::FORBIDDEN),
        };
        // Who one is oneself: the main leg and those that hang on it (5.8).
        let whose = |target: LegId| match self.main_of(target) == Some(main) {
            true => "self",
            false => "member",
        };
        match action {
            CallAction::Member { target, change } => {
                let target = match target {
                    None => asking,
                    Some(member) => self.member(member).ok_or(CallResult::NO_MEMBER)?,
                };
                if *change == MemberChange::End {
                    need("end")?;
                    let own = whose(target) == "self";
                    if !own && matches!(self.kind, Kind::Conference(_)) {
                        need("member.remove")?;
                    }
                }
                for wanted in change.capabilities() {
                    need(&format!("{}.{wanted}", whose(target)))?;
                }
                Ok(vec![target])
            }
            CallAction::Positions(wishes) => {
                let members = wishes.iter().map(|(member, _)| member.as_str());
                self.targets(members, whose, "position.set", need)
            }
            CallAction::Remove(members) => {
                let members = members.iter().map(String::as_str);
                self.targets(members, whose, "remove", need)
            }
            CallAction::Lock(true) => need("lock.on"),
            CallAction::Lock(false) => need("lock.off"),
            CallAction::LayoutList => need("layout"),
            CallAction::Layout(_) | CallAction::PrioritizeHandraise(_) => need("layout.set"),
            CallAction::HideVideoMuted(true) => need("vmuted.hide.on"),
            CallAction::HideVideoMuted(false) => need("vmuted.hide.off"),
            CallAction::Meta { meta, merge } => {
                if matches!(self.kind, Kind::Conference(_)) {
                    need("member.meta")?;
                }
                match noted(&self.meta, meta, *merge) {
                    Some(_) => Ok(Vec::new()),
                    None => Err(CallResult::TOO_MUCH),
                }
            }
        }
    }

    fn targets<'a>(
        &self,
        members: impl Iterator<Item = &'a str>,
        whose: impl Fn(LegId) -> &'static str,
        what: &str,
        need: impl Fn(&str) -> Judged<Vec<LegId>>,
    ) -> Judged<Vec<LegId>> {
        members
            .map(|member| {
                let target = self.member(member).ok_or(CallResult::NO_MEMBER)?;
                need(&format!("{}.{what}", whose(target)))?;
                Ok(target)
            })
            .collect()
    }

    fn act(&mut self, main: LegId, targets: &[LegId], action: CallAction) {
        match action {
            CallAction::LayoutList => {}
            CallAction::Member { change, .. } => {
                if let [target] = targets {
                    self.change_member(main, *target, change);
                }
            }
            CallAction::Positions(wishes) => {
                // Elsewhere there is no picture with places (7.2).
                if !matches!(self.kind, Kind::Conference(_)) {
                    return;
                }
                for (target, (_, position)) in targets.iter().zip(wishes) {
                    if let Some(leg) = self.leg_mut(*target) {
                        leg.member.requested_position = position;
                    }
                    self.tell_updated(*target, &["requested_position"]);
                }
                self.broadcast_layout();
            }
            CallAction::Remove(_) => {
                for target in targets {
                    self.remove(*target, "removed");
                }
            }
            CallAction::Lock(locked) => {
                self.locked = locked;
                self.show_lock(locked);
                self.tell_room();
            }
            CallAction::Layout(layout) => {
                self.layout = layout;
                self.broadcast_layout();
            }
            CallAction::PrioritizeHandraise(first) => {
                self.prioritize_handraise = first;
                self.tell_room();
                self.broadcast_layout();
            }
            CallAction::HideVideoMuted(hide) => {
                self.hide_video_muted = hide;
                self.tell_room();
                self.broadcast_layout();
            }
            CallAction::Meta { meta, merge } => {
                if let Some(meta) = noted(&self.meta, &meta, merge) {
                    self.meta = meta;
                }
                self.tell_room();
            }
        }
    }

    fn change_member(&mut self, main: LegId, target: LegId, change: MemberChange) {
        let context = self.context.clone();
        let (raised_first, hides_muted) = (self.prioritize_handraise, self.hide_video_muted);
        let Some(leg) = self.leg_mut(target) else {
            return;
        };
        let member = &mut leg.member;
        let mut layout = false;
        let updated: &[&str] = match change {
            MemberChange::End => {
                let (reason, farewell) = match target == main {
                    true => ("hangup", Farewell::Bye),
                    false => ("removed", Farewell::Bye),
                };
                return match leg.is_auxiliary() {
                    true => self.remove(target, reason),
                    false => self.end_leg(target, Cause::NormalClearing, reason, farewell),
                };
            }
            MemberChange::Mute { audio, video, on } => {
                if audio {
                    member.audio_muted = on;
                }
                if video {
                    member.video_muted = on;
                    layout = hides_muted;
                }
                match (audio, video) {
                    (true, true) => &["audio_muted", "video_muted"],
                    (true, false) => &["audio_muted"],
                    _ => &["video_muted"],
                }
            }
            MemberChange::Deaf(deaf) => {
                member.deaf = deaf;
                &["deaf"]
            }
            MemberChange::RaiseHand(raised) => {
                member.handraised = raised;
                layout = raised_first;
                &["handraised"]
            }
            MemberChange::AudioFlags {
                echo_cancellation,
                auto_gain,
                noise_suppression,
            } => {
                member.echo_cancellation = echo_cancellation;
                member.auto_gain = auto_gain;
                member.noise_suppression = noise_suppression;
                let params = OutgoingMediaParams {
                    call_id: leg.call_id(),
                    media_params: MediaParams {
                        audio: AudioConstraints {
                            auto_gain_control: auto_gain,
                            echo_cancellation,
                            noise_suppression,
                        },
                    },
                };
                // The browser changes its capture by this, not by its own request (7.3).
                let keep = Keep::Newest(format!("media-params:{}", leg.call_id()).into());
                leg.verto(&context, verto::MEDIA_PARAMS, params, keep);
                &["echo_cancellation", "auto_gain", "noise_suppression"]
            }
            MemberChange::LowBitrate(low) => {
                member.lowbitrate = low;
                &["lowbitrate"]
            }
            MemberChange::InputVolume(volume) => {
                member.input_volume = volume;
                &["input_volume"]
            }
            MemberChange::OutputVolume(volume) => {
                member.output_volume = volume;
                &["output_volume"]
            }
            MemberChange::InputSensitivity(sensitivity) => {
                member.input_sensitivity = sensitivity;
                &["input_sensitivity"]
            }
            MemberChange::Meta { meta, merge } => {
                // What would be too much is left as it was; the event says so.
                if let Some(meta) = noted(&member.meta, &meta, merge) {
                    member.meta = meta;
                }
                &["meta"]
            }
        };
        self.apply_sound(target);
        // Also when nothing changed: the state of clients follows events alone (7.3).
        self.tell_updated(target, updated);
        if layout {
            self.broadcast_layout();
        }
    }

    /// Ends a member's part by somebody's wish.
    fn remove(&mut self, target: LegId, reason: &str) {
        if self.leg(target).is_some_and(super::Leg::is_auxiliary) {
            self.retire(target, reason);
        } else {
            self.end_leg(target, Cause::NormalClearing, reason, Farewell::Bye);
        }
    }

    /// The leg of a member that has joined.
    fn member(&self, member_id: &str) -> Option<LegId> {
        self.joined()
            .find(|leg| leg.member.member_id == member_id)
            .map(|leg| leg.id)
    }
}

//! `call.*` requests: their names, and what each of them asks for (wire-protocol.md 7.2, 7.3, 7.5).

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::relay::RpcError;
use crate::room::{CallParams, CallTriplet, Channel};
use crate::{limits, room_layout};

/// Least and greatest volume.
pub const VOLUMES: std::ops::RangeInclusive<f64> = -50.0..=100.0;
/// Least and greatest sensitivity.
pub const SENSITIVITIES: std::ops::RangeInclusive<f64> = 0.0..=100.0;
/// The sensitivity members start with: everything passes.
pub const OPEN_SENSITIVITY: f64 = 50.0;

/// The gain of a volume, decibels: 0 is unity, one decibel a step below it (-50 is silence), two fifths of one above, at
/// most 20 dB.
pub fn gain_db(volume: f64) -> f32 {
    if volume <= *VOLUMES.start() {
        f32::NEG_INFINITY
    } else if volume <= 0.0 {
        volume as f32
    } else {
        (volume as f32 * 0.4).min(20.0)
    }
}

/// The level below which a microphone of this sensitivity is silenced, dBFS: two decibels a step; `None` from 50 on.
pub fn gate_dbfs(sensitivity: f64) -> Option<f32> {
    (sensitivity < OPEN_SENSITIVITY).then_some((sensitivity * -2.0) as f32)
}

/// The `call.*` methods of this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallMethod {
    /// The others do not hear, or see, the member.
    Mute,
    /// They do again.
    Unmute,
    /// The member hears nothing.
    Deaf,
    /// It does again.
    Undeaf,
    /// Wants to speak.
    RaiseHand,
    /// No longer.
    LowerHand,
    /// Audio processing in the browser.
    AudioFlagsSet,
    /// Less for a slow line.
    LowBitrateSet,
    /// Gain of what the member says.
    MicrophoneVolumeSet,
    /// Gate of what the member says.
    MicrophoneSensitivitySet,
    /// Gain of what the member hears.
    SpeakerVolumeSet,
    /// Where members are in the picture.
    MemberPositionSet,
    /// Members must go.
    MemberRemove,
    /// A member's call is over.
    End,
    /// Nobody comes in.
    Lock,
    /// They may again.
    Unlock,
    /// Names of the layouts.
    LayoutList,
    /// Another layout.
    LayoutSet,
    /// Replaces what applications have noted about the call.
    SetMeta,
    /// Adds to it.
    UpdateMeta,
    /// Replaces what applications have noted about a member.
    MemberSetMeta,
    /// Adds to it.
    MemberUpdateMeta,
    /// Whether raised hands come first in the layout.
    PrioritizeHandraiseSet,
    /// Whether those without a picture are left out of the layout.
    HideVideoMutedSet,
}

impl CallMethod {
    /// All of them, by name.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("call.mute", Self::Mute),
        ("call.unmute", Self::Unmute),
        ("call.deaf", Self::Deaf),
        ("call.undeaf", Self::Undeaf),
        ("call.raisehand", Self::RaiseHand),
        ("call.lowerhand", Self::LowerHand),
        ("call.audioflags.set", Self::AudioFlagsSet),
        ("call.lowbitrate.set", Self::LowBitrateSet),
        ("call.microphone.volume.set", Self::MicrophoneVolumeSet),
        (
            "call.microphone.sensitivity.set",
            Self::MicrophoneSensitivitySet,
        ),
        ("call.speaker.volume.set", Self::SpeakerVolumeSet),
        ("call.member.position.set", Self::MemberPositionSet),
        ("call.member.remove", Self::MemberRemove),
        ("call.end", Self::End),
        ("call.lock", Self::Lock),
        ("call.unlock", Self::Unlock),
        ("call.layout.list", Self::LayoutList),
        ("call.layout.set", Self::LayoutSet),
        ("call.set_meta", Self::SetMeta),
        ("call.update_meta", Self::UpdateMeta),
        ("call.member.set_meta", Self::MemberSetMeta),
        ("call.member.update_meta", Self::MemberUpdateMeta),
        (
            "call.prioritize_handraise.set",
            Self::PrioritizeHandraiseSet,
        ),
        ("call.vmuted.hide.set", Self::HideVideoMutedSet),
    ];

    /// The method with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, method)| *method)
    }

    /// Reads what the request asks for.
    ///
    /// # Errors
    /// `-32602` when a field the method needs is missing, of the wrong kind, or out of range.
    pub fn read(self, params: &CallParams) -> Result<CallAction, RpcError> {
        let rest = &params.rest;
        let about = |change| CallAction::Member {
            target: params
                .target
                .as_ref()
                .map(|target| target.member_id.clone())
                .filter(|id| !id.is_empty()),
            change,
        };
        Ok(match self {
            Self::Mute | Self::Unmute => {
                let channels: Vec<Channel> = field(rest, "channels")?;
                if channels.is_empty() {
                    return Err(RpcError::invalid_params(
                        "params: `channels` must name audio or video",
                    ));
                }
                about(MemberChange::Mute {
                    audio: channels.contains(&Channel::Audio),
                    video: channels.contains(&Channel::Video),
                    on: self == Self::Mute,
                })
            }
            Self::Deaf | Self::Undeaf => about(MemberChange::Deaf(self == Self::Deaf)),
            Self::RaiseHand | Self::LowerHand => {
                about(MemberChange::RaiseHand(self == Self::RaiseHand))
            }
            Self::AudioFlagsSet => about(MemberChange::AudioFlags {
                echo_cancellation: field(rest, "echo_cancellation")?,
                auto_gain: field(rest, "auto_gain")?,
                noise_suppression: field(rest, "noise_suppression")?,
            }),
            Self::LowBitrateSet => about(MemberChange::LowBitrate(field(rest, "lowbitrate")?)),
            Self::MicrophoneVolumeSet => {
                about(MemberChange::InputVolume(number(rest, "volume", &VOLUMES)?))
            }
            Self::SpeakerVolumeSet => about(MemberChange::OutputVolume(number(
                rest, "volume", &VOLUMES,
            )?)),
            Self::MicrophoneSensitivitySet => about(MemberChange::InputSensitivity(number(
                rest,
                "sensitivity",
                &SENSITIVITIES,
            )?)),
            Self::MemberSetMeta => about(MemberChange::Meta {
                meta: meta(rest)?,
                merge: false,
            }),
            Self::MemberUpdateMeta => about(MemberChange::Meta {
                meta: meta(rest)?,
                merge: true,
            }),
            Self::MemberPositionSet => {
                let wishes: Vec<PositionWish> = match &params.target {
                    // One member, as clients before the release candidates name it.
                    Some(target) if !rest.contains_key("targets") => vec![PositionWish {
                        target: target.clone(),
                        position: field(rest, "position")?,
                    }],
                    _ => targets(rest)?,
                };
                let wrong = wishes
                    .iter()
                    .any(|w| !room_layout::is_position(&w.position));
                if wrong {
                    return Err(RpcError::invalid_params("params: no such position"));
                }
                let wishes = wishes.into_iter();
                CallAction::Positions(wishes.map(|w| (w.target.member_id, w.position)).collect())
            }
            Self::MemberRemove => {
                let targets: Vec<CallTriplet> = targets(rest)?;
                CallAction::Remove(targets.into_iter().map(|t| t.member_id).collect())
            }
            Self::End => about(MemberChange::End),
            Self::Lock => CallAction::Lock(true),
            Self::Unlock => CallAction::Lock(false),
            Self::LayoutList => CallAction::LayoutList,
            Self::LayoutSet => {
                let name: String = field(rest, "layout")?;
                let layout = room_layout::known(&name)
                    .ok_or_else(|| RpcError::invalid_params("params: no such layout"))?;
                CallAction::Layout(layout)
            }
            Self::SetMeta => CallAction::Meta {
                meta: meta(rest)?,
                merge: false,
            },
            Self::UpdateMeta => CallAction::Meta {
                meta: meta(rest)?,
                merge: true,
            },
            Self::PrioritizeHandraiseSet => {
                CallAction::PrioritizeHandraise(field(rest, "prioritize_handraise")?)
            }
            Self::HideVideoMutedSet => CallAction::HideVideoMuted(field(rest, "hide_video_muted")?),
        })
    }
}

/// What a request asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum CallAction {
    /// Something about one member; the requester when `target` is `None`.
    Member {
        /// Its id.
        target: Option<String>,
        /// What.
        change: MemberChange,
    },
    /// Members and the places they shall have.
    Positions(Vec<(String, String)>),
    /// Members that must go.
    Remove(Vec<String>),
    /// Whether the room is locked.
    Lock(bool),
    /// The names of the layouts.
    LayoutList,
    /// This layout.
    Layout(&'static str),
    /// Notes about the call.
    Meta {
        /// What applications note.
        meta: Map<String, Value>,
        /// Whether other notes stay.
        merge: bool,
    },
    /// Whether raised hands come first.
    PrioritizeHandraise(bool),
    /// Whether members without picture are left out.
    HideVideoMuted(bool),
}

/// What shall happen to a member.
#[derive(Clone, Debug, PartialEq)]
pub enum MemberChange {
    /// Mute (`on`) or unmute.
    Mute {
        /// The sound.
        audio: bool,
        /// The picture.
        video: bool,
        /// Which way.
        on: bool,
    },
    /// Deaf or not.
    Deaf(bool),
    /// Hand up or down.
    RaiseHand(bool),
    /// Audio processing of the browser.
    AudioFlags {
        /// Its echo canceller.
        echo_cancellation: bool,
        /// Its gain control.
        auto_gain: bool,
        /// Its noise suppression.
        noise_suppression: bool,
    },
    /// Low bit rate or not.
    LowBitrate(bool),
    /// See [`gain_db`].
    InputVolume(f64),
    /// See [`gain_db`].
    OutputVolume(f64),
    /// See [`gate_dbfs`].
    InputSensitivity(f64),
    /// Notes about the member.
    Meta {
        /// What applications note.
        meta: Map<String, Value>,
        /// Whether other notes stay.
        merge: bool,
    },
    /// The call is over for the member.
    End,
}

impl MemberChange {
    /// The capabilities it needs, without their first word: `self` or `member`. `end` has none.
    pub fn capabilities(&self) -> Vec<&'static str> {
        match self {
            Self::Mute { audio, video, on } => {
                let audio = audio.then_some(if *on {
                    "mute.audio.on"
                } else {
                    "mute.audio.off"
                });
                let video = video.then_some(if *on {
                    "mute.video.on"
                } else {
                    "mute.video.off"
                });
                audio.into_iter().chain(video).collect()
            }
            Self::Deaf(true) => vec!["deaf.on"],
            Self::Deaf(false) => vec!["deaf.off"],
            Self::RaiseHand(true) => vec!["raisehand.on"],
            Self::RaiseHand(false) => vec!["raisehand.off"],
            Self::AudioFlags { .. } => vec!["audioflags.set"],
            Self::LowBitrate(_) => vec!["lowbitrate"],
            Self::InputVolume(_) => vec!["microphone.volume.set"],
            Self::OutputVolume(_) => vec!["speaker.volume.set"],
            Self::InputSensitivity(_) => vec!["microphone.sensitivity.set"],
            Self::Meta { .. } => vec!["meta"],
            Self::End => Vec::new(),
        }
    }
}

#[derive(Deserialize)]
struct PositionWish {
    target: CallTriplet,
    position: String,
}

/// The new notes: `meta` over `old`, or instead of it; `None` when they would be too much.
pub fn noted(
    old: &Map<String, Value>,
    meta: &Map<String, Value>,
    merge: bool,
) -> Option<Map<String, Value>> {
    let mut new = if merge { old.clone() } else { Map::new() };
    new.extend(meta.clone());
    (crate::relay::to_text(&new).len() <= limits::META_BYTES).then_some(new)
}

fn meta(rest: &Map<String, Value>) -> Result<Map<String, Value>, RpcError> {
    let meta = field(rest, "meta")?;
    noted(&Map::new(), &meta, false).ok_or_else(|| {
        RpcError::invalid_params(format!(
            "params: `meta` may have {} bytes as JSON",
            limits::META_BYTES
        ))
    })
}

fn targets<T: DeserializeOwned>(rest: &Map<String, Value>) -> Result<Vec<T>, RpcError> {
    let targets: Vec<T> = field(rest, "targets")?;
    if targets.is_empty() || targets.len() > limits::ROOM_MEMBERS {
        return Err(RpcError::invalid_params(format!(
            "params: `targets` must name 1 to {} members",
            limits::ROOM_MEMBERS
        )));
    }
    Ok(targets)
}

fn number(
    rest: &Map<String, Value>,
    name: &str,
    range: &std::ops::RangeInclusive<f64>,
) -> Result<f64, RpcError> {
    let number: f64 = field(rest, name)?;
    if !range.contains(&number) {
        return Err(RpcError::invalid_params(format!(
            "params: `{name}` must be from {} to {}",
            range.start(),
            range.end()
        )));
    }
    Ok(number)
}

fn field<T: DeserializeOwned>(rest: &Map<String, Value>, name: &str) -> Result<T, RpcError> {
    let value = rest
        .get(name)
        .ok_or_else(|| RpcError::invalid_params(format!("params: missing field `{name}`")))?;
    T::deserialize(value)
        .map_err(|_| RpcError::invalid_params(format!("params: `{name}` is of the wrong kind")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(method: &str, params: Value) -> Result<CallAction, RpcError> {
        let params: CallParams = serde_json::from_value(params).expect("parameters");
        CallMethod::from_name(method)
            .expect("a method")
            .read(&params)
    }

    #[test]
    fn the_three_forms_of_target_are_read() {
        let own = json!({"node_id": "N", "call_id": "C", "member_id": "M"});
        let other = json!({"node_id": "N", "call_id": "C", "member_id": "M2"});
        assert_eq!(
            read(
                "call.mute",
                json!({"self": own, "target": other, "channels": ["audio"]})
            ),
            Ok(CallAction::Member {
                target: Some("M2".into()),
                change: MemberChange::Mute {
                    audio: true,
                    video: false,
                    on: true
                }
            })
        );
        assert_eq!(
            read(
                "call.member.remove",
                json!({"self": own, "targets": [other]})
            ),
            Ok(CallAction::Remove(vec!["M2".into()]))
        );
        assert_eq!(
            read(
                "call.member.position.set",
                json!({"self": own, "targets": [{"target": other, "position": "reserved-0"}]})
            ),
            Ok(CallAction::Positions(vec![(
                "M2".into(),
                "reserved-0".into()
            )]))
        );
        // As the official client of today sends it.
        assert_eq!(
            read(
                "call.member.position.set",
                json!({"self": own, "target": other, "position": "auto"})
            ),
            Ok(CallAction::Positions(vec![("M2".into(), "auto".into())]))
        );
    }

    #[test]
    fn values_out_of_range_are_refused() {
        for (method, params) in [
            ("call.microphone.volume.set", json!({"volume": 101})),
            ("call.speaker.volume.set", json!({"volume": -51})),
            (
                "call.microphone.sensitivity.set",
                json!({"sensitivity": -1}),
            ),
            ("call.microphone.volume.set", json!({"volume": "loud"})),
            ("call.microphone.volume.set", json!({})),
            (
                "call.audioflags.set",
                json!({"echo_cancellation": true, "auto_gain": true}),
            ),
            ("call.layout.set", json!({"layout": "99x99"})),
            ("call.mute", json!({"channels": []})),
            ("call.mute", json!({"channels": ["smell"]})),
            ("call.member.remove", json!({"targets": []})),
            (
                "call.set_meta",
                json!({"meta": {"x": "y".repeat(limits::META_BYTES)}}),
            ),
        ] {
            let mut params = params;
            params["self"] = json!({"call_id": "C"});
            assert_eq!(read(method, params).unwrap_err().code, -32602, "{method}");
        }
    }

    #[test]
    fn the_scales_are_as_documented() {
        assert_eq!(gain_db(0.0), 0.0);
        assert_eq!(gain_db(-20.0), -20.0);
        assert_eq!(gain_db(-50.0), f32::NEG_INFINITY);
        assert_eq!(gain_db(25.0), 10.0);
        assert_eq!((gain_db(50.0), gain_db(100.0)), (20.0, 20.0));
        assert_eq!((gate_dbfs(50.0), gate_dbfs(100.0)), (None, None));
        assert_eq!((gate_dbfs(20.0), gate_dbfs(0.0)), (Some(-40.0), Some(0.0)));
    }

    proptest! {
        #[test]
        fn louder_is_never_quieter(a in -50.0f64..100.0, b in -50.0f64..100.0) {
            if a <= b { prop_assert!(gain_db(a) <= gain_db(b)); }
        }

        #[test]
        fn any_parameters_are_read_or_refused(which in 0..CallMethod::ALL.len(), key in "(volume|channels|targets|meta|layout)",
            text in ".{0,20}", number in any::<f64>()) {
            let method = CallMethod::ALL[which].0;
            for value in [json!(text), json!(number), json!([text]), json!([{"target": {"member_id": text}}])] {
                let _ = read(method, json!({"self": {"call_id": "C"}, "target": {"member_id": text}, key.as_str(): value}));
            }
        }
    }
}

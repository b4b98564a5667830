//! The names of the JavaScript SDK and ours: each member of its calls, participants, addresses and client has its
//! counterpart here, under the same name as Rust writes it, or a reason why not.

use std::collections::BTreeSet;

use offhook::{
    Address, AddressHistory, AddressRecord, Call, Client, Collection, DialOptions, Directory,
    Member, MemberCapabilities, Participant, SelfCapabilities, SelfParticipant, TextMessage, User,
    json,
};

const SURFACE: &str = include_str!("../../../web/js/test/api-surface.json");

/// Names of methods, which must exist for this to compile.
macro_rules! methods {
    ($type:ty: $($name:ident)*) => {{
        $( let _ = <$type>::$name; )*
        vec![$( stringify!($name) ),*]
    }};
}

/// Names of fields, which must exist for this to compile.
macro_rules! fields {
    ($type:ty: $($name:ident)*) => {{
        $( let _ = |it: &$type| { let _ = &it.$name; }; )*
        vec![$( stringify!($name) ),*]
    }};
}

/// One class or interface of theirs, and where its members are here.
struct Counterpart {
    theirs: &'static str,
    ours: Vec<&'static str>,
    /// Theirs, and ours where Rust or this crate calls it otherwise.
    renamed: &'static [(&'static str, &'static str)],
    /// Theirs, and why there is none here.
    left_out: &'static [(&'static str, &'static [&'static str])],
}

const ENDS_WITH_ITS_VALUES: &str =
    "values end by themselves when what they tell of is gone; dropping a handle is enough";
const NO_BROWSER: &str = "there is no browser: no streams of it, no peer connection, no element";
const NO_PICTURE: &str = "native calls carry sound alone";
const NO_DEVICES: &str = "sound comes from and goes to where AudioOptions says; the examples' softphone opens devices itself";
const MEASURED_BY_STATS: &str = "Call::stats has the measurements, when they are asked for";
const ENGINE_RECOVERS: &str = "lost paths are found again by the engine; Call::status tells of it";
const ONE_STREAM: &str =
    "one stream for all: Call::events, or Call::subscribe for the envelopes of one type";
const OWN_SOUND: &str = "what is sent is the program's own: Call::set_source and Call::set_muted";

fn call() -> Counterpart {
    Counterpart {
        theirs: "Call",
        ours: methods!(Call: id direction to to_name from from_name address status participants self_participant
            recording streaming locked raise_hand_priority meta capabilities layouts layout layout_layers user_variables
            hangup answer reject send_digits toggle_hold toggle_lock set_layout transfer start_recording
            start_streaming set_meta update_meta execute execute_method subscribe signaling_events
            request_ice_restart events stats),
        renamed: &[
            ("self", "self_participant"),
            ("errors", "events"),
            ("signalingEvent", "signaling_events"),
            ("networkMetrics", "stats"),
        ],
        left_out: &[
            (
                NO_BROWSER,
                &["localStream", "remoteStream", "rtcPeerConnection"],
            ),
            (
                NO_PICTURE,
                &["requestKeyframe", "toggleIncomingVideo", "mediaDirections"],
            ),
            (
                "what is heard goes nowhere unless AudioOptions says so",
                &["toggleIncomingAudio"],
            ),
            (NO_DEVICES, &["mediaParamsUpdated"]),
            (
                MEASURED_BY_STATS,
                &[
                    "isNetworkHealthy",
                    "networkIssues",
                    "qualityLevel",
                    "qualityScore",
                ],
            ),
            (
                ENGINE_RECOVERS,
                &["recoveryEvent", "recoveryState", "bandwidthConstrained"],
            ),
        ],
    }
}

fn web_rtc_call() -> Counterpart {
    let mut ours = call().ours;
    ours.extend(methods!(Call: node_id self_id));
    Counterpart {
        theirs: "WebRTCCall",
        ours,
        renamed: &[
            ("self", "self_participant"),
            ("errors", "events"),
            ("signalingEvent", "signaling_events"),
            ("callEvent", "signaling_events"),
            ("networkMetrics", "stats"),
            ("destroy", "hangup"),
        ],
        left_out: &[
            (ENDS_WITH_ITS_VALUES, &["destroyed"]),
            (
                NO_BROWSER,
                &[
                    "localStream",
                    "remoteStream",
                    "rtcPeerConnection",
                    "webrtcMessages",
                ],
            ),
            (
                NO_PICTURE,
                &["requestKeyframe", "toggleIncomingVideo", "mediaDirections"],
            ),
            (
                "what is heard goes nowhere unless AudioOptions says so",
                &["toggleIncomingAudio"],
            ),
            (
                NO_DEVICES,
                &[
                    "mediaParamsUpdated",
                    "setAutoGainControl",
                    "setEchoCancellation",
                    "setNoiseSuppression",
                    "localAudioLevel",
                    "localSpeaking",
                    "remoteAudioLevel",
                ],
            ),
            (
                OWN_SOUND,
                &[
                    "localMicrophoneGain",
                    "setLocalMicrophoneGain",
                    "enablePushToTalk",
                    "disablePushToTalk",
                    "setPushToTalkActive",
                ],
            ),
            (
                MEASURED_BY_STATS,
                &[
                    "isNetworkHealthy",
                    "networkIssues",
                    "qualityLevel",
                    "qualityScore",
                ],
            ),
            (
                ENGINE_RECOVERS,
                &[
                    "recoveryEvent",
                    "recoveryState",
                    "bandwidthConstrained",
                    "notifyModifyFailed",
                ],
            ),
            (
                ONE_STREAM,
                &[
                    "callStates",
                    "callUpdated",
                    "layoutEvent",
                    "layoutUpdates",
                    "memberJoined",
                    "memberLeft",
                    "memberTalking",
                    "memberUpdated",
                ],
            ),
            (
                "the caller has them: DialOptions, AudioOptions, Client",
                &["options", "answerMediaOptions", "clientSession"],
            ),
            ("Call::status tells it", &["answered"]),
        ],
    }
}

fn participant_members() -> Vec<&'static str> {
    let mut ours = methods!(Participant: id mute unmute mute_video unmute_video toggle_mute toggle_mute_video
        toggle_deaf toggle_handraise toggle_echo_cancellation toggle_audio_input_auto_gain toggle_noise_suppression
        toggle_lowbitrate set_audio_input_sensitivity set_audio_input_volume set_audio_output_volume set_position
        remove end set_meta update_meta);
    ours.extend(fields!(Member: call_id node_id name kind handraised visible audio_muted video_muted deaf
        input_volume output_volume input_sensitivity echo_cancellation auto_gain noise_suppression lowbitrate denoise
        is_talking is_audience meta user_id address_id position));
    ours
}

fn participant() -> Counterpart {
    Counterpart {
        theirs: "Participant",
        ours: participant_members(),
        renamed: &[("type", "kind")],
        left_out: &[(ENDS_WITH_ITS_VALUES, &["destroy", "destroyed"])],
    }
}

fn self_participant() -> Counterpart {
    let mut ours = participant_members();
    ours.extend(methods!(SelfParticipant: capabilities));
    Counterpart {
        theirs: "SelfParticipant",
        ours,
        renamed: &[("type", "kind")],
        left_out: &[
            (ENDS_WITH_ITS_VALUES, &["destroy", "destroyed"]),
            (
                NO_PICTURE,
                &[
                    "screenShareStatus",
                    "startScreenShare",
                    "stopScreenShare",
                    "addVideoInputDevice",
                    "selectVideoInputDevice",
                    "setVideoInputDeviceConstraints",
                ],
            ),
            (
                NO_DEVICES,
                &[
                    "addAdditionalDevice",
                    "removeAdditionalDevice",
                    "addAudioInputDevice",
                    "addInputDevices",
                    "selectAudioInputDevice",
                    "selectAudioOutputDevice",
                    "setAudioInputDeviceConstraints",
                    "setInputDevicesConstraints",
                    "studioAudio",
                    "enableStudioAudio",
                    "disableStudioAudio",
                ],
            ),
        ],
    }
}

fn address() -> Counterpart {
    let mut ours = methods!(Address: id send_text text_messages history activity);
    ours.extend(methods!(AddressRecord: default_channel));
    ours.extend(fields!(AddressRecord: name display_name preview_url cover_url resource_id kind channels locked
        created_at));
    Counterpart {
        theirs: "Address",
        ours,
        renamed: &[("type", "kind"), ("textMessage", "text_messages")],
        left_out: &[(ENDS_WITH_ITS_VALUES, &["destroy", "destroyed"])],
    }
}

fn directory() -> Counterpart {
    Counterpart {
        theirs: "Directory",
        ours: methods!(Directory: addresses loading has_more load_more get find_address_id_by_uri),
        renamed: &[("findAddressIdByURI", "find_address_id_by_uri")],
        left_out: &[],
    }
}

fn client() -> Counterpart {
    let mut ours = methods!(Client: connect disconnect connected registered ready register unregister user directory
        errors warnings destroy);
    // Takes anything that is a text, and so has no single type of its own.
    let _ = |client: Client| async move { client.dial("", DialOptions::default()).await.map(drop) };
    let _ = |provider: offhook::StaticCredentialProvider| drop(Client::builder(provider));
    let _ = (
        Client::execute,
        Client::calls,
        Client::incoming,
        Client::signaling_events,
    );
    ours.extend(["dial", "execute", "builder"]);
    Counterpart {
        theirs: "SignalWire",
        ours,
        renamed: &[
            ("isConnected", "connected"),
            ("isRegistered", "registered"),
            ("session", "execute"),
            ("preferences", "builder"),
        ],
        left_out: &[
            (ENDS_WITH_ITS_VALUES, &["destroyed"]),
            (
                NO_BROWSER,
                &[
                    "platformCapabilities",
                    "setStorageManager",
                    "resetToDefaults",
                ],
            ),
            (
                "`offhook dial` measures a call from the machine it runs on",
                &["preflight", "exportDiagnostics"],
            ),
            (
                NO_DEVICES,
                &[
                    "applySelectedAudioOutputDevice",
                    "audioInputDevices",
                    "audioInputDisabled",
                    "audioOutputDevices",
                    "clearDeviceState",
                    "deviceInfoToConstraints",
                    "deviceRecovered",
                    "disableAudioInput",
                    "disableDeviceMonitoring",
                    "disableVideoInput",
                    "enableAudioInput",
                    "enableDeviceMonitoring",
                    "enableVideoInput",
                    "enumerateDevices",
                    "getDeviceCapabilities",
                    "isValidDevice",
                    "requestMediaPermissions",
                    "selectAudioInputDevice",
                    "selectAudioOutputDevice",
                    "selectVideoInputDevice",
                    "selectedAudioInputDevice",
                    "selectedAudioInputDeviceConstraints",
                    "selectedAudioOutputDevice",
                    "selectedVideoInputDevice",
                    "selectedVideoInputDeviceConstraints",
                    "videoInputDevices",
                    "videoInputDisabled",
                ],
            ),
        ],
    }
}

fn capabilities() -> Counterpart {
    Counterpart {
        theirs: "SelfCapabilities",
        ours: fields!(SelfCapabilities: own member end set_layout send_digit vmuted_hide lock device screenshare),
        renamed: &[("self", "own")],
        left_out: &[
            (ENDS_WITH_ITS_VALUES, &["destroy", "destroyed"]),
            ("the value is the state", &["state"]),
        ],
    }
}

fn member_capabilities() -> Counterpart {
    Counterpart {
        theirs: "MemberCapabilities",
        ours: fields!(MemberCapabilities: mute_audio mute_video deaf raisehand microphone_volume
            microphone_sensitivity speaker_volume position meta remove audio_flags denoise lowbitrate),
        renamed: &[],
        left_out: &[],
    }
}

fn text_message() -> Counterpart {
    let _ = (
        Collection::<TextMessage>::values,
        Collection::<TextMessage>::load_more,
    );
    Counterpart {
        theirs: "TextMessage",
        ours: fields!(TextMessage: id text created_ms from_address_id),
        renamed: &[
            ("created", "created_ms"),
            ("fromAddress", "from_address_id"),
        ],
        left_out: &[],
    }
}

fn address_history() -> Counterpart {
    Counterpart {
        theirs: "AddressHistory",
        ours: fields!(AddressHistory: id kind status started_ms ended_ms from_address_id),
        renamed: &[
            ("started", "started_ms"),
            ("ended", "ended_ms"),
            ("fromAddress", "from_address_id"),
        ],
        left_out: &[],
    }
}

fn user() -> Counterpart {
    Counterpart {
        theirs: "User",
        ours: fields!(User: id email first_name last_name display_name job_title time_zone country region company_name
            addresses sat_claims),
        renamed: &[],
        left_out: &[
            (ENDS_WITH_ITS_VALUES, &["destroy", "destroyed", "fetched"]),
            (
                "of use to applications for phones alone",
                &["pushNotificationKey", "appSettings"],
            ),
            ("always the same", &["fromPath"]),
        ],
    }
}

/// `toggleHold` as Rust writes it.
fn snake_case(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

#[test]
fn every_member_has_its_counterpart_or_a_reason() {
    let surface = json::parse(SURFACE).expect("the names");
    let all = [
        call(),
        web_rtc_call(),
        participant(),
        self_participant(),
        address(),
        directory(),
        client(),
        capabilities(),
        member_capabilities(),
        text_message(),
        address_history(),
        user(),
    ];
    let mut wrong = Vec::new();
    for part in all {
        let path = ["exports", part.theirs, "members"];
        let members = match json::at(&surface, &path) {
            Some(offhook::Value::Object(members)) => members,
            _ => panic!("{} has no members", part.theirs),
        };
        // A value and its observable are one here.
        let theirs: BTreeSet<&str> = members
            .keys()
            .map(|name| name.trim_end_matches('$'))
            .collect();
        let left_out: Vec<&str> = part
            .left_out
            .iter()
            .flat_map(|(_, names)| names.iter().copied())
            .collect();
        for name in &theirs {
            let renamed = part.renamed.iter().find(|(theirs, _)| theirs == name);
            let ours = match renamed {
                Some((_, ours)) => (*ours).to_owned(),
                None => snake_case(name),
            };
            let found = part.ours.contains(&ours.as_str());
            if found == left_out.contains(name) {
                wrong.push(format!("{}.{name}: here {found}", part.theirs));
            }
        }
        let listed = left_out
            .iter()
            .chain(part.renamed.iter().map(|(theirs, _)| theirs));
        for name in listed.filter(|name| !theirs.contains(**name)) {
            wrong.push(format!("{}.{name}: not there any more", part.theirs));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

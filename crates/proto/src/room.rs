//! Members, room sessions and layouts as clients see them (wire-protocol.md 6.2), and the parameters of
//! `call.*` requests (7.1).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One leg in a room. Always sent whole: clients merge, they never clear (6.2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// The room session.
    pub room_session_id: String,
    /// The room.
    pub room_id: String,
    /// The key.
    pub member_id: String,
    /// Id of the leg's dialog.
    pub call_id: String,
    /// Node that hosts it.
    pub node_id: String,
    /// Shown to people.
    pub name: String,
    /// `member`, `screen` or `device`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The main member, for `screen` and `device`.
    pub parent_id: Option<String>,
    /// Where it would like to be in the picture.
    pub requested_position: String,
    /// Wants to speak.
    pub handraised: bool,
    /// In the picture.
    pub visible: bool,
    /// Not heard.
    pub audio_muted: bool,
    /// Not seen.
    pub video_muted: bool,
    /// Hears nothing.
    pub deaf: bool,
    /// Gain of what it sends, -50 to 100; 0 is unity ([`crate::room_action::gain_db`]).
    pub input_volume: f64,
    /// Gain of what it hears, on the same scale.
    pub output_volume: f64,
    /// How quiet a sound still passes, 0 to 100; from 50 on everything does ([`crate::room_action::gate_dbfs`]).
    pub input_sensitivity: f64,
    /// Browser audio processing.
    pub echo_cancellation: bool,
    /// Browser audio processing.
    pub auto_gain: bool,
    /// Browser audio processing.
    pub noise_suppression: bool,
    /// Receives less.
    pub lowbitrate: bool,
    /// Noise is removed by the server.
    pub denoise: bool,
    /// On hold by its own wish: neither heard nor hearing. A field of ours (5.10.6 has none).
    pub held: bool,
    /// Left out of `member.updated` (6.6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub talking: Option<bool>,
    /// Watches only.
    #[serde(rename = "isAudience")]
    pub is_audience: bool,
    /// Of the application.
    pub meta: Map<String, Value>,
    /// Who it is; the guest's id for guests.
    pub subscriber_id: String,
    /// The address it called from or was called at; empty for guests.
    pub address_id: String,
    /// Names of the fields a `member.updated` is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<Vec<String>>,
}

/// A room session. All eight flags are always sent (6.4).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoomSession {
    /// The session: from the first member to the last.
    pub room_session_id: String,
    /// The room.
    pub room_id: String,
    /// Names the room's events.
    pub event_channel: String,
    /// Short name.
    pub name: String,
    /// Shown to people.
    pub display_name: String,
    /// Informational: only `layout.changed` counts.
    pub layout_name: String,
    /// Being recorded.
    pub recording: bool,
    /// Being streamed.
    pub streaming: bool,
    /// Raised hands come first.
    pub prioritize_handraise: bool,
    /// Members without video are not in the picture.
    pub hide_video_muted: bool,
    /// Takes nobody in.
    pub locked: bool,
    /// Of the application.
    pub meta: Map<String, Value>,
    /// Everybody, in `call.joined`; otherwise empty.
    pub members: Vec<Member>,
    /// Running recordings.
    pub recordings: Vec<Value>,
    /// Running streams.
    pub streams: Vec<Value>,
    /// Running playbacks.
    pub playbacks: Vec<Value>,
}

/// Who is where in the picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    /// One of [`crate::room_layout::LAYOUTS`].
    pub id: String,
    /// The same.
    pub name: String,
    /// One per place.
    pub layers: Vec<LayoutLayer>,
}

/// One place of a layout; percentages of the whole picture from its top left corner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayoutLayer {
    /// Counts from 0.
    pub layer_index: u32,
    /// Higher is nearer.
    pub z_index: u32,
    /// Who is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_id: Option<String>,
    /// A file plays there.
    pub playing_file: bool,
    /// `standard-1` and so on.
    pub position: String,
    /// Who it is kept for.
    pub reservation: String,
    /// Shown.
    pub visible: bool,
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// A leg as `call.*` requests name it. Ids other than the one a method goes by are hints (7.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CallTriplet {
    /// Node, or empty.
    pub node_id: String,
    /// Dialog.
    pub call_id: String,
    /// Member, or empty.
    pub member_id: String,
}

/// Parameters of a `call.*` request, before it is known which fields its method needs.
#[derive(Clone, Debug, Deserialize)]
pub struct CallParams {
    /// The requester, found by `call_id`.
    #[serde(rename = "self")]
    pub own: CallTriplet,
    /// Whom it is about, found by `member_id`; the requester when absent.
    #[serde(default)]
    pub target: Option<CallTriplet>,
    /// Everything else; read by [`crate::room_action::CallMethod::read`].
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// What can be muted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// Sound.
    Audio,
    /// Picture.
    Video,
}

/// Result of a `call.*` request; `code` must be a string (3.12).
#[derive(Clone, Debug, Serialize)]
pub struct CallResult {
    /// `200`, or why not.
    pub code: &'static str,
    /// For people.
    pub message: &'static str,
    /// Answer to `call.layout.list`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layouts: Option<&'static [&'static str]>,
}

impl CallResult {
    /// Done; the state follows by event.
    pub const OK: Self = Self {
        code: "200",
        message: "OK",
        layouts: None,
    };
    /// The capability is missing.
    pub const FORBIDDEN: Self = Self {
        code: "403",
        message: "the capability is missing",
        layouts: None,
    };
    /// No such member.
    pub const NO_MEMBER: Self = Self {
        code: "404",
        message: "no such member in this room",
        layouts: None,
    };
    /// What is to be noted does not fit with what is noted already.
    pub const TOO_MUCH: Self = Self {
        code: "413",
        message: "the notes would become too long",
        layouts: None,
    };
    /// The layouts there are.
    pub const LAYOUT_LIST: Self = Self {
        code: "200",
        message: "OK",
        layouts: Some(crate::room_layout::LAYOUTS),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_successful_result_has_a_code_that_is_a_string() {
        assert_eq!(
            crate::relay::to_text(&CallResult::OK),
            r#"{"code":"200","message":"OK"}"#
        );
        assert!(crate::relay::to_text(&CallResult::LAYOUT_LIST).contains("grid-responsive"));
    }
}

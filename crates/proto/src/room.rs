//! Members, room sessions and layouts as clients see them (wire-protocol.md 6.2), and the parameters of
//! `call.*` requests (7.1).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Names of layouts, of which the first is the one every room starts with (7.3).
pub const LAYOUTS: &[&str] = &["grid-responsive"];

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
    /// Gain of what it sends; 0 is unity.
    pub input_volume: f64,
    /// Gain of what it hears; 0 is unity.
    pub output_volume: f64,
    /// Gate of the microphone.
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
    /// One of [`LAYOUTS`].
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

impl Layout {
    /// The grid for members in the order given: the fewest equal columns that make it at least as wide as high.
    pub fn grid<'a>(members: impl ExactSizeIterator<Item = &'a str>) -> Self {
        let count = members.len().max(1);
        let columns = (1..=count).find(|c| c * c >= count).unwrap_or(1);
        let rows = count.div_ceil(columns);
        let (width, height) = (100.0 / columns as f64, 100.0 / rows as f64);
        let layers = members
            .enumerate()
            .map(|(i, member)| LayoutLayer {
                layer_index: i as u32,
                z_index: 0,
                member_id: Some(member.to_owned()),
                playing_file: false,
                position: format!("standard-{}", i + 1),
                reservation: String::new(),
                visible: true,
                x: (i % columns) as f64 * width,
                y: (i / columns) as f64 * height,
                width,
                height,
            })
            .collect();
        Self {
            id: LAYOUTS[0].to_owned(),
            name: LAYOUTS[0].to_owned(),
            layers,
        }
    }
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

/// Parameters every `call.*` request has.
#[derive(Clone, Debug, Deserialize)]
pub struct CallParams {
    /// The requester, found by `call_id`.
    #[serde(rename = "self")]
    pub own: CallTriplet,
    /// Whom it is about, found by `member_id`; the requester when absent.
    #[serde(default)]
    pub target: Option<CallTriplet>,
    /// `audio` and `video`, for mute and unmute.
    #[serde(default)]
    pub channels: Option<Vec<Channel>>,
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
    /// The layouts there are.
    pub const LAYOUT_LIST: Self = Self {
        code: "200",
        message: "OK",
        layouts: Some(LAYOUTS),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_covers_the_picture_without_overlap() {
        for count in 1..=17usize {
            let names: Vec<String> = (0..count).map(|i| format!("m{i}")).collect();
            let layout = Layout::grid(names.iter().map(String::as_str));
            assert_eq!(layout.layers.len(), count);
            assert_eq!(layout.id, layout.name);
            for layer in &layout.layers {
                assert!(layer.x >= 0.0 && layer.x + layer.width <= 100.0 + 1e-9);
                assert!(layer.y >= 0.0 && layer.y + layer.height <= 100.0 + 1e-9);
            }
            for (i, a) in layout.layers.iter().enumerate() {
                for b in &layout.layers[i + 1..] {
                    assert!((a.x, a.y) != (b.x, b.y));
                }
            }
        }
    }

    #[test]
    fn a_successful_result_has_a_code_that_is_a_string() {
        assert_eq!(
            crate::relay::to_text(&CallResult::OK),
            r#"{"code":"200","message":"OK"}"#
        );
        assert!(crate::relay::to_text(&CallResult::LAYOUT_LIST).contains("grid-responsive"));
    }
}

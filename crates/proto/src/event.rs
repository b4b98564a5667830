//! Events a server sends: the envelope and the payloads (wire-protocol.md 3.10, section 6).

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::room::{Layout, Member, RoomSession};

/// The envelope, parameters of `signalwire.event`.
#[derive(Debug, Serialize)]
pub struct EventEnvelope<'a> {
    /// One of [`crate::method::event`].
    pub event_type: &'a str,
    /// The session's protocol, or absent; anything else makes the official client deaf (3.10).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_channel: Option<&'a str>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<EventTime>,
    /// The project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_id: Option<&'a str>,
    /// The node of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_id: Option<&'a str>,
    /// False with `conversation.message`, which goes to its author too; absent otherwise (6.9).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_author: Option<bool>,
    /// The payload; never absent.
    pub params: &'a RawValue,
}

/// Epoch seconds, in the form that clients expect of the event.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum EventTime {
    /// Of most events.
    Number(f64),
    /// Of `conversation.message` (6.9).
    Text(String),
}

/// Payload of `signalwire.authorization.state`.
#[derive(Debug, Serialize)]
pub struct AuthorizationState<'a> {
    /// Opaque, never empty.
    pub authorization_state: &'a str,
}

/// Payload of `offhook.address.changed`.
#[derive(Debug, Serialize)]
pub struct AddressChanged<'a> {
    /// As the directory shows it now.
    pub address: &'a crate::rest::Address,
}

/// Payload of `offhook.address.removed`.
#[derive(Debug, Serialize)]
pub struct AddressRemoved<'a> {
    /// Which.
    pub address_id: &'a str,
}

/// Payload of `call.joined`.
#[derive(Debug, Serialize)]
pub struct CallJoined<'a> {
    /// With everybody in it, the own member included.
    pub room_session: &'a RoomSession,
    /// The room.
    pub room_id: &'a str,
    /// The room session, once more: routing reads it here (6.3).
    pub room_session_id: &'a str,
    /// The own dialog.
    pub call_id: &'a str,
    /// The own member.
    pub member_id: &'a str,
    /// The own dialog.
    pub origin_call_id: &'a str,
    /// What the own member may do.
    pub capabilities: &'a [&'static str],
}

/// Payload of `call.updated`.
#[derive(Debug, Serialize)]
pub struct CallUpdated<'a> {
    /// All flags.
    pub room_session: &'a RoomSession,
    /// The room.
    pub room_id: &'a str,
    /// The room session.
    pub room_session_id: &'a str,
}

/// Payload of `call.left`.
#[derive(Debug, Serialize)]
pub struct CallLeft<'a> {
    /// As it was.
    pub room_session: &'a RoomSession,
    /// The room.
    pub room_id: &'a str,
    /// The room session.
    pub room_session_id: &'a str,
    /// The own dialog.
    pub call_id: &'a str,
    /// The own member.
    pub member_id: &'a str,
    /// The own dialog.
    pub origin_call_id: &'a str,
    /// `hangup`, `ended` or `timeout`.
    pub reason: &'a str,
}

/// Payload of `member.joined`, `member.updated` and `member.left`.
#[derive(Debug, Serialize)]
pub struct MemberEvent<'a> {
    /// The room.
    pub room_id: &'a str,
    /// The room session.
    pub room_session_id: &'a str,
    /// The whole member.
    pub member: &'a Member,
    /// Why it left; only with `member.left`, and always there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
}

/// Payload of `member.talking`.
#[derive(Debug, Serialize)]
pub struct MemberTalking<'a> {
    /// The room.
    pub room_id: &'a str,
    /// The room session.
    pub room_session_id: &'a str,
    /// Who.
    pub member: TalkingMember<'a>,
}

/// The member of a [`MemberTalking`].
#[derive(Debug, Serialize)]
pub struct TalkingMember<'a> {
    /// Who.
    pub member_id: &'a str,
    /// Whether they talk now.
    pub talking: bool,
    /// Their node.
    pub node_id: &'a str,
}

/// Payload of `layout.changed`.
#[derive(Debug, Serialize)]
pub struct LayoutChanged<'a> {
    /// The room.
    pub room_id: &'a str,
    /// The room session.
    pub room_session_id: &'a str,
    /// All layers.
    pub layout: &'a Layout,
}

/// Payload of `call.state`.
#[derive(Debug, Serialize)]
pub struct CallState<'a> {
    /// The own dialog.
    pub call_id: &'a str,
    /// Its node.
    pub node_id: &'a str,
    /// One stay in one room.
    pub segment_id: &'a str,
    /// The room session.
    pub room_session_id: &'a str,
    /// How far it is.
    pub call_state: Progress,
    /// Who called.
    pub direction: Direction,
    /// What the leg is.
    pub device: Device<'a>,
    /// Epoch milliseconds.
    pub start_time: u64,
    /// Epoch milliseconds, from `answered` on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_time: Option<u64>,
    /// Epoch milliseconds, with `ended`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<u64>,
    /// The other side of a two-party call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<Peer<'a>>,
}

/// Values of `call_state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Progress {
    /// Accepted by the server.
    Created,
    /// The far end rings.
    Ringing,
    /// The far end has answered.
    Answered,
    /// Over.
    Ended,
}

/// Values of `direction`, seen from the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The client is called.
    Inbound,
    /// The client calls.
    Outbound,
}

/// What a leg is: always WebRTC here.
#[derive(Debug, Serialize)]
pub struct Device<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    params: DeviceParams<'a>,
}

#[derive(Debug, Serialize)]
struct DeviceParams<'a> {
    from: &'a str,
    to: &'a str,
    headers: [(); 0],
}

impl<'a> Device<'a> {
    /// A browser calling `to` from `from`.
    pub fn webrtc(from: &'a str, to: &'a str) -> Self {
        Self {
            kind: "webrtc",
            params: DeviceParams {
                from,
                to,
                headers: [],
            },
        }
    }
}

/// The other side.
#[derive(Debug, Serialize)]
pub struct Peer<'a> {
    /// Its dialog.
    pub call_id: &'a str,
    /// Its node.
    pub node_id: &'a str,
}

/// Payload of `call.connect`.
#[derive(Debug, Serialize)]
pub struct CallConnect<'a> {
    /// `connecting` or `connected`.
    pub connect_state: &'static str,
    /// The own dialog.
    pub call_id: &'a str,
    /// Its node.
    pub node_id: &'a str,
    /// One stay in one room.
    pub segment_id: &'a str,
    /// The room session.
    pub room_session_id: &'a str,
    /// The other side.
    pub peer: ConnectedPeer<'a>,
}

/// Payload of `user_event`: whatever a backend says, and whom it is for (6.12).
#[derive(Debug)]
pub struct UserEvent<'a> {
    /// The backend's members.
    pub members: &'a Map<String, Value>,
    /// The dialog it is for; in place of a member of that name.
    pub call_id: &'a str,
    /// The room session it is in; in place of a member of that name.
    pub room_session_id: &'a str,
}

impl UserEvent<'_> {
    /// The payload.
    pub fn to_object(&self) -> Map<String, Value> {
        let mut payload = self.members.clone();
        payload.insert("call_id".to_owned(), self.call_id.into());
        payload.insert("room_session_id".to_owned(), self.room_session_id.into());
        payload
    }
}

/// The other side of a [`CallConnect`].
#[derive(Debug, Serialize)]
pub struct ConnectedPeer<'a> {
    /// Its dialog.
    pub call_id: &'a str,
    /// Its node.
    pub node_id: &'a str,
    /// What it is.
    pub device: Device<'a>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn an_envelope_without_a_channel_has_no_such_member() {
        let params = crate::relay::to_raw(&AuthorizationState {
            authorization_state: "s",
        });
        let envelope = EventEnvelope {
            event_type: "signalwire.authorization.state",
            event_channel: None,
            timestamp: None,
            project_id: None,
            node_id: None,
            is_author: None,
            params: &params,
        };
        let value: Value = serde_json::to_value(&envelope).unwrap();
        assert_eq!(
            value,
            json!({"event_type": "signalwire.authorization.state", "params": {"authorization_state": "s"}})
        );
    }

    #[test]
    fn a_call_state_has_the_documented_form() {
        let state = CallState {
            call_id: "C",
            node_id: "N",
            segment_id: "S",
            room_session_id: "RS",
            call_state: Progress::Answered,
            direction: Direction::Outbound,
            device: Device::webrtc("/private/alice", "/private/bob"),
            start_time: 1,
            answer_time: Some(2),
            end_time: None,
            peer: Some(Peer {
                call_id: "P",
                node_id: "N",
            }),
        };
        assert_eq!(
            serde_json::to_value(&state).unwrap(),
            json!({"call_id": "C", "node_id": "N", "segment_id": "S", "room_session_id": "RS", "call_state": "answered",
                "direction": "outbound", "device": {"type": "webrtc", "params":
                    {"from": "/private/alice", "to": "/private/bob", "headers": []}},
                "start_time": 1, "answer_time": 2, "peer": {"call_id": "P", "node_id": "N"}})
        );
    }
}

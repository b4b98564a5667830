//! Conversations and what is said in them (wire-protocol.md 6.9, 8.4).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Timestamp;

/// An entry of a conversation: an item of its history, and the payload of the `conversation.message` event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Message {
    /// Names it for ever.
    pub id: String,
    /// Always `message`; clients tell the event by its presence.
    #[serde(rename = "type")]
    pub what: String,
    /// Text or call.
    pub subtype: MessageSubtype,
    /// `chat`, or of a call `call`.
    pub kind: String,
    /// Always false.
    pub hidden: bool,
    /// Its conversation.
    pub group_id: String,
    /// The sender's, or the caller's, address; empty for guests, who have none.
    pub from_fabric_address_id: String,
    /// Milliseconds since 1970; no two of a conversation are equal, and they grow in the order of what was said.
    pub ts: u64,
    /// Always there; clients fail without it.
    pub metadata: Map<String, Value>,
    /// What is known of a call; otherwise empty.
    pub details: Map<String, Value>,
    /// What was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The sender's name.
    pub conversation_name: String,
    /// The sender's name.
    pub user_name: String,
}

/// What an entry of a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum MessageSubtype {
    /// Somebody wrote it.
    Chat,
    /// A call that has ended.
    Log,
}

impl MessageSubtype {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Log => "log",
        }
    }

    /// Reads what [`as_str`](Self::as_str) wrote.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Chat, Self::Log]
            .into_iter()
            .find(|subtype| subtype.as_str() == name)
    }
}

/// Answer of `POST /api/fabric/conversations/join`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct JoinAnswer {
    /// Names the conversation; safe in a path as it is.
    pub group_id: String,
}

/// An item of `GET /api/fabric/conversations`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Conversation {
    /// The same as [`group_id`](Self::group_id): lists need it.
    pub id: String,
    /// Names it.
    pub group_id: String,
    /// The caller's own address in it; empty for guests.
    pub from_fabric_address_id: String,
    /// Everybody's.
    pub fabric_address_ids: Vec<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// Milliseconds since 1970 of the last thing said; of its beginning if nothing was.
    pub last_message_at: u64,
}

//! What can be dialled (wire-protocol.md 8.2).

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// One entry of the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Address {
    /// Names it for ever.
    pub id: String,
    /// For people.
    pub display_name: String,
    /// The context path, such as `/public/lobby`: what is dialled, so that the official client finds its own copy.
    pub name: String,
    /// A small moving picture of the room; none is made yet.
    pub preview_url: Option<String>,
    /// A picture for the room.
    pub cover_url: Option<String>,
    /// The resource it leads to.
    pub resource_id: String,
    /// What is behind it.
    #[serde(rename = "type")]
    pub kind: AddressType,
    /// Calls to it are refused.
    pub locked: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// Ways to reach it. The object is there even when it is empty.
    pub channels: Channels,
}

/// What is behind an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum AddressType {
    /// A program.
    App,
    /// A call in progress.
    Call,
    /// A conference room.
    Room,
    /// Somebody.
    Subscriber,
}

/// Dial strings by what they carry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Channels {
    /// With a microphone only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio: Option<String>,
    /// With a camera too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video: Option<String>,
    /// By text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messaging: Option<String>,
}

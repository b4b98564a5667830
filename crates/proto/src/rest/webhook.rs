//! Webhooks: what a backend is told of, and how it is shown (ours; docs/webhooks.md).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Timestamp;

/// What happens that a webhook may be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum WebhookEvent {
    /// A leg has been accepted.
    #[serde(rename = "call.created")]
    CallCreated,
    /// A device rings, or the caller hears that one does.
    #[serde(rename = "call.ringing")]
    CallRinging,
    /// A leg is connected.
    #[serde(rename = "call.answered")]
    CallAnswered,
    /// A leg is over.
    #[serde(rename = "call.ended")]
    CallEnded,
    /// The record of a call has been written, with its quality.
    #[serde(rename = "call.recorded")]
    CallRecorded,
    /// A conference has its first member.
    #[serde(rename = "room.started")]
    RoomStarted,
    /// Something about a conference has changed, such as its lock.
    #[serde(rename = "room.updated")]
    RoomUpdated,
    /// The last member of a conference has gone.
    #[serde(rename = "room.ended")]
    RoomEnded,
    /// Somebody has come into a conference.
    #[serde(rename = "member.joined")]
    MemberJoined,
    /// Something about a member has changed, such as being muted.
    #[serde(rename = "member.updated")]
    MemberUpdated,
    /// Somebody has left a conference.
    #[serde(rename = "member.left")]
    MemberLeft,
    /// A backend has asked to be told something. Not filtered.
    #[serde(rename = "webhook.test")]
    Test,
}

impl WebhookEvent {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::CallCreated,
        Self::CallRinging,
        Self::CallAnswered,
        Self::CallEnded,
        Self::CallRecorded,
        Self::RoomStarted,
        Self::RoomUpdated,
        Self::RoomEnded,
        Self::MemberJoined,
        Self::MemberUpdated,
        Self::MemberLeft,
        Self::Test,
    ];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CallCreated => "call.created",
            Self::CallRinging => "call.ringing",
            Self::CallAnswered => "call.answered",
            Self::CallEnded => "call.ended",
            Self::CallRecorded => "call.recorded",
            Self::RoomStarted => "room.started",
            Self::RoomUpdated => "room.updated",
            Self::RoomEnded => "room.ended",
            Self::MemberJoined => "member.joined",
            Self::MemberUpdated => "member.updated",
            Self::MemberLeft => "member.left",
            Self::Test => "webhook.test",
        }
    }

    /// The other way round.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.as_str() == name)
    }

    /// Whether a filter lets this event through: `*`, a family such as `call.*`, or the event's name. A test always passes.
    pub fn passes(self, filter: &str) -> bool {
        let family = || filter.strip_suffix('*').filter(|rest| rest.ends_with('.'));
        filter == "*"
            || filter == self.as_str()
            || family().is_some_and(|family| self.as_str().starts_with(family))
            || matches!(self, Self::Test)
    }

    /// Whether a filter means at least one event.
    pub fn is_filter(filter: &str) -> bool {
        let mut filtered = Self::ALL.into_iter().filter(|event| *event != Self::Test);
        filtered.any(|event| event.passes(filter))
    }
}

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WebhookBody {
    /// Names it for ever.
    pub id: String,
    /// Whose it is.
    pub project_id: String,
    /// For the owner.
    pub name: String,
    /// Where events are sent.
    pub url: String,
    /// Which events: `*`, families such as `call.*`, and names such as `room.started`.
    pub events: Vec<String>,
    /// While it is off nothing new is noted for it, and what waits goes on waiting.
    pub enabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Deliveries that wait.
    pub waiting: u64,
    /// Deliveries that were given up.
    pub dead_letters: u64,
    /// When something was last taken by the receiver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_delivered_at: Option<Timestamp>,
    /// What went wrong last, unless something has been delivered since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<WebhookError>,
    /// After the secret was changed: until then deliveries are signed by the one before it too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_secret_until: Option<Timestamp>,
    /// What deliveries are signed with. Only in the answers that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// An attempt that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WebhookError {
    /// When.
    pub at: Timestamp,
    /// What the receiver answered, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// In words.
    pub reason: String,
}

/// A delivery that was given up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeadLetterBody {
    /// Names the delivery.
    pub id: String,
    /// Names the event; `webhook-id` in deliveries.
    pub event_id: String,
    /// The event's name.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it happened.
    pub created_at: Timestamp,
    /// When it was given up.
    pub given_up_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// What the receiver answered last, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why it was given up.
    pub reason: String,
    /// What was to be delivered.
    pub payload: Value,
}

/// How many deliveries wait again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RedeliveryAnswer {
    /// So many.
    pub redelivered: u64,
}

/// An event that has been noted for a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WebhookTestAnswer {
    /// Its id, `webhook-id` in the delivery.
    pub event_id: String,
}

#[cfg(test)]
mod tests {
    use super::WebhookEvent;

    #[test]
    fn filters_are_names_families_or_everything() {
        let call = WebhookEvent::CallEnded;
        for (filter, expected) in [
            ("*", true),
            ("call.*", true),
            ("call.ended", true),
            ("call.created", false),
            ("room.*", false),
            ("call*", false),
            ("call", false),
            ("", false),
            (".*", false),
        ] {
            assert_eq!(call.passes(filter), expected, "{filter}");
        }
        assert!(!WebhookEvent::is_filter("webhook.test"));
        assert!(!WebhookEvent::is_filter("calls.*"));
        assert!(WebhookEvent::is_filter("member.*"));
    }

    #[test]
    fn names_come_back() {
        for event in WebhookEvent::ALL {
            assert_eq!(WebhookEvent::from_name(event.as_str()), Some(event));
            let json = serde_json::to_value(event).unwrap();
            assert_eq!(json, event.as_str());
        }
    }
}

//! Records of calls that have ended. Ours: the hosted platform shows them elsewhere.

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// A call that has ended: who called whom, when, how it went and how it sounded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CallRecord {
    /// Names it for ever.
    pub id: String,
    /// Whoever called.
    pub from: CallParty,
    /// Whom, or what.
    pub to: CallParty,
    /// The room session it was.
    pub room_session_id: String,
    /// When it was dialled.
    pub started_at: Timestamp,
    /// When it was answered, if it was.
    pub answered_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Timestamp,
    /// From the answer to the end, milliseconds; 0 if nobody answered.
    pub duration_ms: u64,
    /// How it went.
    pub status: CallOutcome,
    /// Why the caller's side ended, such as `NORMAL_CLEARING`.
    pub cause: String,
    /// The same as a number.
    pub cause_code: u16,
    /// Who hung up, if somebody did.
    pub ended_by: Option<CallEnd>,
    /// The sides of it that were connected, the caller's first.
    pub legs: Vec<CallRecordLeg>,
}

/// One end of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CallParty {
    /// For people.
    pub name: String,
    /// The address, such as `/private/alice`; `guest` for those without one.
    pub number: String,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_id: Option<String>,
    /// The subscriber, or the id of a guest; absent for what is no person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscriber_id: Option<String>,
}

/// How a call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CallOutcome {
    /// They were connected.
    Answered,
    /// The caller gave up.
    Cancelled,
    /// The callee said no.
    Rejected,
    /// It rang, and nobody answered.
    NoAnswer,
    /// No device of the callee was there.
    Unreachable,
    /// Something broke.
    Failed,
}

impl CallOutcome {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Answered,
        Self::Cancelled,
        Self::Rejected,
        Self::NoAnswer,
        Self::Unreachable,
        Self::Failed,
    ];

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Cancelled => "cancelled",
            Self::Rejected => "rejected",
            Self::NoAnswer => "no_answer",
            Self::Unreachable => "unreachable",
            Self::Failed => "failed",
        }
    }

    /// Reads what [`as_str`](Self::as_str) wrote.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

/// A side of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CallEnd {
    /// Whoever called.
    Caller,
    /// Whoever answered.
    Callee,
}

impl CallEnd {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Callee => "callee",
        }
    }
}

/// One connected side of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CallRecordLeg {
    /// Its dialog.
    pub call_id: String,
    /// The subscriber, or the id of a guest.
    pub subscriber_id: String,
    /// `subscriber`, `guest`, `invite` or `embed`.
    pub kind: String,
    /// For people.
    pub name: String,
    /// When it was dialled, or began to ring.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// Why, such as `NORMAL_CLEARING`.
    pub cause: String,
    /// In our words, such as `hangup`.
    pub reason: String,
    /// What was measured; absent if no media came to be, or it was gone before the end.
    pub quality: Option<LegQuality>,
}

/// How a leg sounded, over its last connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LegQuality {
    /// Audio packets that came from the leg.
    pub packets_received: u64,
    /// Audio packets that did not.
    pub packets_lost: u64,
    /// The share of these, 0 to 1.
    pub loss: f64,
    /// Jitter of what came, milliseconds (RFC 3550).
    pub jitter_ms: f64,
    /// Audio packets sent to the leg.
    pub packets_sent: u64,
    /// The share of these that the client last said it missed, 0 to 1, if it said so.
    pub loss_sent: Option<f64>,
    /// Round trip, milliseconds, if it was measured.
    pub round_trip_ms: Option<f64>,
    /// The mean opinion score, 1 to 5, that the E-model gives for these, with the worse of the two losses (ITU-T G.107, simplified).
    pub mos: Option<f64>,
}

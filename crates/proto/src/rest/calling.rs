//! Calls as a project's backend commands them (wire-protocol.md 8.7).

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// The answer to a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CallCommandAnswer {
    /// The call: of `dial` a new id, which other commands take.
    pub id: String,
    /// The command.
    pub command: String,
    /// `ringing`, `ended`, `transferred` or `sent`.
    pub status: String,
    /// Of `dial`: as it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Of `dial`: as it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Of `dial`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
}

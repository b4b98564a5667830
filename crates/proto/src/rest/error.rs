//! Errors as REST answers them (wire-protocol.md 2.4).

use serde::{Deserialize, Serialize};

/// Values of [`ErrorItem::code`]. They never change.
pub mod code {
    /// A required attribute is not there.
    pub const MISSING: &str = "missing_required_parameter";
    /// An attribute has a value that is not allowed.
    pub const INVALID_VALUE: &str = "invalid_parameter_value";
    /// An attribute has the wrong type.
    pub const INVALID: &str = "invalid_parameter";
    /// An id names something of another project, or nothing.
    pub const FOREIGN: &str = "must_belong_to_project";
    /// A token was good once.
    pub const TOKEN_EXPIRED: &str = "token_expired";
    /// Something else has that name.
    pub const TAKEN: &str = "already_taken";
}

/// The body of a 4xx or 5xx that says no more than its status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorBody {
    /// The status in words: `Unauthorized`, `Not Found` …
    pub error: String,
    /// What exactly was wrong, for people; ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The same for programs; ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Seconds since 1970, where the caller's clock may be what is wrong; ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_time: Option<u64>,
}

/// The body of a 422.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorList {
    /// Every fault found, not only the first.
    pub errors: Vec<ErrorItem>,
}

/// One fault of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorItem {
    /// Always `validation_error`.
    #[serde(rename = "type")]
    pub kind: String,
    /// One of [`code`].
    pub code: String,
    /// For people.
    pub message: String,
    /// The attribute at fault, as the caller spelled it; empty when it is the body as a whole.
    pub attribute: String,
    /// Where the codes are explained.
    pub url: String,
}

impl ErrorItem {
    const KIND: &str = "validation_error";
    const URL: &str = "https://signalwire.com/docs/apis/error-codes";

    /// A fault of `attribute`.
    pub fn new(attribute: &str, code: &str, message: impl Into<String>) -> Self {
        Self {
            kind: Self::KIND.to_owned(),
            code: code.to_owned(),
            message: message.into(),
            attribute: attribute.to_owned(),
            url: Self::URL.to_owned(),
        }
    }
}

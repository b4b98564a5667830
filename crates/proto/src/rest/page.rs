//! Lists (wire-protocol.md 8.3).

use serde::{Deserialize, Serialize};

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Page<T> {
    /// Its items, in the order asked for.
    pub data: Vec<T>,
    /// Where the other pages are. Clients fail on a page without this object.
    pub links: Links,
}

/// Absolute URLs of pages, on the host the caller used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Links {
    /// This page.
    #[serde(rename = "self")]
    pub this: String,
    /// The first one.
    pub first: String,
    /// The following one; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The one before; absent on the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev: Option<String>,
}

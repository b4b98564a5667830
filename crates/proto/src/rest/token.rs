//! Answers of the token endpoints and of the subscriber's own page (wire-protocol.md 2.4, 8.1).

use serde::{Deserialize, Serialize};

use super::Address;

/// `POST /api/fabric/subscribers/tokens`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SubscriberTokenAnswer {
    /// Whose token it is.
    pub subscriber_id: String,
    /// The access token.
    pub token: String,
    /// For `subscribers/tokens/refresh`.
    pub refresh_token: String,
}

/// `POST /api/fabric/guests/tokens` and `POST /api/fabric/subscribers/tokens/refresh`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GuestTokenAnswer {
    /// The access token.
    pub token: String,
    /// For `subscribers/tokens/refresh`.
    pub refresh_token: String,
}

/// `POST /api/fabric/subscriber/invites`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InviteTokenAnswer {
    /// The access token.
    pub token: String,
}

/// `POST /api/fabric/embeds/tokens`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EmbedTokenAnswer {
    /// The access token.
    pub token: String,
    /// When it ends, seconds since 1970. Ours: the official client assumes an hour.
    pub expires_at: u64,
    /// The same in seconds from now, for clients whose clock is wrong.
    pub expires_in: u64,
}

/// `POST /api/offhook/sign-in` and `POST /api/offhook/sign-in/refresh`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SignInAnswer {
    /// The access token.
    pub token: String,
    /// For the next `sign-in/refresh`.
    pub refresh_token: String,
    /// When the access token ends, seconds since 1970.
    pub expires_at: u64,
    /// Who signed in.
    pub subscriber_id: String,
}

/// `GET /api/fabric/subscriber/info`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SubscriberInfo {
    /// Names the client's storage keys; stable for a token.
    pub id: String,
    /// For sign-in; subscribers only.
    pub email: Option<String>,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// For people.
    pub display_name: String,
    /// Role.
    pub job_title: Option<String>,
    /// Hours from UTC in the client's types; the server does not know it. The zone's name is in the management interface.
    pub time_zone: Option<i32>,
    /// Country code.
    pub country: Option<String>,
    /// State or province.
    pub region: Option<String>,
    /// Employer.
    pub company_name: Option<String>,
    /// For mobile push; none is sent.
    pub push_notification_key: Option<String>,
    /// The application the token belongs to.
    pub app_settings: AppSettings,
    /// The own addresses, the sending one first. Empty for those who cannot be called; clients fail without the array.
    pub fabric_addresses: Vec<Address>,
    /// What the token says of itself.
    pub sat_claims: SatClaimsBody,
}

/// Answer of `devices/token` and `devices/refresh` (2.4.6, 2.4.7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceTokenAnswer {
    /// A token bound to the client's key.
    pub token: String,
    /// When it ends, seconds since 1970.
    pub expires_at: u64,
    /// The same from now, seconds.
    pub expires_in: u64,
}

/// Of the application a token belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AppSettings {
    /// For people.
    pub display_name: String,
    /// Shown to the application, never interpreted by the client.
    pub scopes: Vec<String>,
}

/// What a token says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SatClaimsBody {
    /// Special capabilities.
    pub scope: Vec<String>,
    /// The key it is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    /// When it ends, seconds since 1970.
    pub expires_at: u64,
}

/// The key a token is bound to (RFC 7800, RFC 9449).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Confirmation {
    /// RFC 7638 thumbprint, 43 characters.
    pub jkt: String,
}

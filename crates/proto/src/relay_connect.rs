//! `signalwire.connect`, `signalwire.reauthenticate` and their answers (wire-protocol.md 3.7, 3.8, 3.10).

use std::fmt;

use serde::{Deserialize, Serialize};

/// A token, proof or resume state on its way in: printed by nobody, wiped when dropped.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for the one place that checks it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it is the empty string, which clients send for "none".
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.0);
    }
}

/// Parameters of `signalwire.connect`. With `authorization_state` it is a resume.
#[derive(Clone, Debug, Deserialize)]
pub struct ConnectParams {
    /// The token.
    pub authentication: Authentication,
    /// Version of the protocol the client speaks; the official client says 4.0.0.
    #[serde(default)]
    pub version: Option<Version>,
    /// Whether the client acknowledges events. Without acks nothing is redelivered once it has been sent.
    #[serde(default)]
    pub event_acks: bool,
    /// Name and version of the client software, for logs.
    #[serde(default)]
    pub agent: Option<String>,
    /// DPoP proof for this method.
    #[serde(default)]
    pub dpop_token: Option<Secret>,
    /// What the last `signalwire.authorization.state` event carried.
    #[serde(default)]
    pub authorization_state: Option<Secret>,
    /// Protocol of the session to resume.
    #[serde(default)]
    pub protocol: Option<String>,
}

/// Where a token travels.
#[derive(Clone, Debug, Deserialize)]
pub struct Authentication {
    /// The SAT.
    pub jwt_token: Secret,
    /// The project, or empty. Sent with reauthenticate; the token itself decides.
    #[serde(default)]
    pub project: Option<String>,
}

/// A version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Major number.
    pub major: u32,
    /// Minor number.
    #[serde(default)]
    pub minor: u32,
    /// Revision.
    #[serde(default)]
    pub revision: u32,
}

/// Parameters of `signalwire.reauthenticate`.
#[derive(Clone, Debug, Deserialize)]
pub struct ReauthenticateParams {
    /// The new token.
    pub authentication: Authentication,
    /// DPoP proof for this method.
    #[serde(default)]
    pub dpop_token: Option<Secret>,
}

/// Answer to `signalwire.connect`.
#[derive(Clone, Debug, Serialize)]
pub struct ConnectResult {
    /// `SUB@PROTO`.
    pub identity: String,
    /// Names the session; the same after a resume.
    pub protocol: String,
    /// Who the client is.
    pub authorization: Authorization,
    /// For the client's peer connections.
    pub ice_servers: Vec<IceServer>,
    /// What only our servers say; other clients pass over it.
    pub offhook: ServerTraits,
}

/// What a client of ours may rely on beyond the protocol.
#[derive(Clone, Debug, Serialize)]
pub struct ServerTraits {
    /// Version of the server.
    pub version: &'static str,
    /// Offers without candidates are answered: the server sees where packets come from.
    pub peer_reflexive: bool,
    /// What time it is here, milliseconds since 1970: clients' clocks are wrong, and tokens live by this one.
    pub server_time_ms: u64,
    /// Names this life of the server. A client that meets another one knows that the media of its calls is gone, and
    /// renegotiates at once.
    pub run: String,
}

impl ServerTraits {
    /// Of this version, at this moment, in the life `run` of the server.
    pub fn now(run: &str) -> Self {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Self {
            version: env!("CARGO_PKG_VERSION"),
            peer_reflexive: true,
            run: run.to_owned(),
            // A clock before 1970 is as wrong as one that says 1970.
            server_time_ms: since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(0)),
        }
    }
}

/// The result of `signalwire.reauthenticate`. The official client reads nothing of it.
#[derive(Clone, Debug, Serialize)]
pub struct ReauthenticateResult {
    /// What is in force now.
    pub authorization: Authorization,
    /// For clients of ours.
    pub offhook: ServerTraits,
}

/// Payload of the event that announces a session's end. Ours.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ExpiryNotice {
    /// When the token ends, seconds since 1970.
    pub expires_at: u64,
    /// When the session does, if nothing newer is shown and it has no calls.
    pub ends_at: u64,
}

/// Who the client is, and until when.
#[derive(Clone, Debug, Serialize)]
pub struct Authorization {
    /// Id of the token.
    pub jti: String,
    /// The project; echoed by the client in reauthenticate.
    pub project_id: String,
    /// Always `default`.
    pub data_zone: &'static str,
    /// Scopes of the token.
    pub scope: Vec<String>,
    /// The subscriber (or guest).
    pub fabric_subscriber: FabricSubscriber,
    /// The key the session is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
}

/// The subscriber behind a session.
#[derive(Clone, Debug, Serialize)]
pub struct FabricSubscriber {
    /// Always 1.
    pub version: u32,
    /// End of the token's life, epoch seconds.
    pub expires_at: u64,
    /// The subscriber (or guest).
    pub subscriber_id: String,
    /// Not used here: `null`.
    pub application_id: Option<String>,
    /// The project.
    pub project_id: String,
    /// The space; here the project is its own space.
    pub space_id: String,
}

/// A key binding (RFC 7800).
#[derive(Clone, Debug, Serialize)]
pub struct Confirmation {
    /// RFC 7638 thumbprint.
    pub jkt: String,
}

/// One entry of `ice_servers`, as `RTCIceServer` names it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IceServer {
    /// `turn:` and `stun:` URLs.
    pub urls: Vec<String>,
    /// User name, which carries the end of its life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Password of that user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// `password` where there is one.
    #[serde(
        default,
        rename = "credentialType",
        skip_serializing_if = "Option::is_none"
    )]
    pub credential_type: Option<String>,
}

impl fmt::Debug for IceServer {
    /// Prints no credential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceServer")
            .field("urls", &self.urls)
            .finish_non_exhaustive()
    }
}

/// Parameters of the `signalwire.ping` a server sends.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PingParams {
    /// Epoch seconds.
    pub timestamp: f64,
}

/// Parameters of `signalwire.disconnect`: the server goes away, come back elsewhere or later.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct DisconnectParams {
    /// Always `true`.
    pub restart: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_official_fresh_and_resume_connects_are_read() {
        let fresh = r#"{"version":{"major":4,"minor":0,"revision":0},"event_acks":true,
            "authentication":{"jwt_token":"a.b.c"},"agent":"signalwire-js/4.0.0","contexts":[],"eventing":[],"topics":[],
            "dpop_token":"p"}"#;
        let params: ConnectParams = serde_json::from_str(fresh).unwrap();
        assert!(params.event_acks && params.authorization_state.is_none());
        assert_eq!(params.authentication.jwt_token.expose(), "a.b.c");

        let resume =
            r#"{"authentication":{"jwt_token":"a.b.c"},"authorization_state":"s","protocol":"P"}"#;
        let params: ConnectParams = serde_json::from_str(resume).unwrap();
        assert_eq!(params.protocol.as_deref(), Some("P"));
        assert!(params.authorization_state.is_some());
    }

    #[test]
    fn tokens_and_credentials_are_not_printed() {
        let params: ReauthenticateParams =
            serde_json::from_str(r#"{"authentication":{"project":"","jwt_token":"verysecret"},"dpop_token":"verysecret"}"#)
                .unwrap();
        assert!(!format!("{params:?}").contains("verysecret"));
        let ice = IceServer {
            urls: vec!["turn:x".into()],
            username: Some("u".into()),
            credential: Some("verysecret".into()),
            credential_type: None,
        };
        assert!(!format!("{ice:?}").contains("verysecret"));
    }
}

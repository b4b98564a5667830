//! What a client may read of its access token: the header, which says where to go (wire-protocol.md 1.1).

use miniserde::json::Value;

use crate::json;

/// Where a session goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hosts {
    /// WebSocket URL of the relay.
    pub(crate) relay: String,
    /// Origin of the REST API.
    pub(crate) api: String,
    /// The token is of one of our servers: it names its issuer.
    pub(crate) ours: bool,
}

/// Why a token cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadToken {
    /// Its first segment is not base64url JSON.
    NoHeader,
}

impl Hosts {
    /// `iss`, our servers' full origin, goes before `ch`, which knows neither scheme nor a host of its own for the API.
    /// `reached_at` is the origin at which such a server is reached from here, if not the one it knows itself by; empty:
    /// the same. A token without `iss` is another kind of server's, whose hosts are not at one origin.
    pub(crate) fn of_token(token: &str, reached_at: &str) -> Result<Self, BadToken> {
        let (segment, _) = token.split_once('.').ok_or(BadToken::NoHeader)?;
        let header = decode(segment).and_then(|bytes| String::from_utf8(bytes).ok());
        let header = header.and_then(|text| json::parse(&text));
        let header = header.ok_or(BadToken::NoHeader)?;
        let hosts = Self::of_header(&header);
        let ours = json::str_of(&header, "iss").is_some();
        let reached = Self::of_origin(reached_at).filter(|_| ours);
        Ok(reached.unwrap_or(hosts))
    }

    fn of_header(header: &Value) -> Self {
        if let Some(hosts) = json::str_of(header, "iss").and_then(Self::of_origin) {
            return hosts;
        }
        let split = json::str_of(header, "ch").and_then(|ch| ch.split_once('.'));
        let (host, domain) = split.unwrap_or(("puc", "signalwire.com"));
        Self {
            relay: ["wss://", host, ".", domain].concat(),
            api: ["https://fabric.", domain].concat(),
            ours: false,
        }
    }

    /// Where one of our servers is, from its origin.
    pub(crate) fn of_origin(origin: &str) -> Option<Self> {
        let origin = origin.trim_end_matches('/');
        let relay = if let Some(host) = origin.strip_prefix("https://") {
            ["wss://", host].concat()
        } else {
            ["ws://", origin.strip_prefix("http://")?].concat()
        };
        let api = origin.to_owned();
        Some(Self {
            relay,
            api,
            ours: true,
        })
    }
}

/// base64url without padding (RFC 4648, section 5).
fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut held, mut bits) = (0u32, 0);
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            b'=' => break,
            _ => return None,
        };
        held = held << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(header: &str) -> Hosts {
        Hosts::of_header(&json::parse(header).unwrap())
    }

    #[test]
    fn the_relay_and_the_api_come_from_the_header() {
        for (header, relay, api) in [
            (
                "{}",
                "wss://puc.signalwire.com",
                "https://fabric.signalwire.com",
            ),
            (
                r#"{"ch":"us-central"}"#,
                "wss://puc.signalwire.com",
                "https://fabric.signalwire.com",
            ),
            (
                r#"{"ch":"relay.example.test:8443"}"#,
                "wss://relay.example.test:8443",
                "https://fabric.example.test:8443",
            ),
            (
                r#"{"ch":"a.b.example.test"}"#,
                "wss://a.b.example.test",
                "https://fabric.b.example.test",
            ),
            (
                r#"{"ch":"a.b","iss":"http://localhost:8787"}"#,
                "ws://localhost:8787",
                "http://localhost:8787",
            ),
            (
                r#"{"iss":"https://calls.example.test/"}"#,
                "wss://calls.example.test",
                "https://calls.example.test",
            ),
            (
                r#"{"ch":"a.b","iss":"not an origin"}"#,
                "wss://a.b",
                "https://fabric.b",
            ),
        ] {
            let found = hosts(header);
            assert_eq!(
                (found.relay.as_str(), found.api.as_str()),
                (relay, api),
                "{header}"
            );
        }
    }

    #[test]
    fn the_header_is_base64url_json() {
        // {"ch":"a.b"}
        let found = Hosts::of_token("eyJjaCI6ImEuYiJ9.x.y", "").unwrap();
        assert_eq!(
            (found.relay.as_str(), found.api.as_str()),
            ("wss://a.b", "https://fabric.b")
        );
        for wrong in ["", "abc", "abc.def", "!!!.x", "."] {
            assert_eq!(
                Hosts::of_token(wrong, ""),
                Err(BadToken::NoHeader),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_server_of_ours_may_be_reached_at_another_origin() {
        // {"iss":"http://a.b:1","ch":"a.b"} and {"ch":"a.b"}
        let ours = "eyJpc3MiOiJodHRwOi8vYS5iOjEiLCJjaCI6ImEuYiJ9.x.y";
        let found = Hosts::of_token(ours, "https://c.d:2/").unwrap();
        assert_eq!(
            (found.relay.as_str(), found.api.as_str()),
            ("wss://c.d:2", "https://c.d:2")
        );
        assert_eq!(Hosts::of_token(ours, "").unwrap().api, "http://a.b:1");
        let theirs = Hosts::of_token("eyJjaCI6ImEuYiJ9.x.y", "https://c.d:2").unwrap();
        assert_eq!(theirs.api, "https://fabric.b");
    }

    proptest::proptest! {
        #[test]
        fn no_token_makes_the_parser_panic(token in "\\PC{0,80}|[A-Za-z0-9_=-]{0,80}[.][A-Za-z0-9_.-]{0,20}", at in "\\PC{0,30}") {
            if let Ok(hosts) = Hosts::of_token(&token, &at) {
                proptest::prop_assert!(hosts.relay.starts_with("ws"));
                proptest::prop_assert!(hosts.api.starts_with("http"));
            }
        }

        #[test]
        fn a_header_leads_to_a_socket_and_to_http(ch in "\\PC{0,30}", iss in "\\PC{0,30}|https?://\\PC{0,20}") {
            let header = json::object([("ch", json::text(&ch)), ("iss", json::text(&iss))]);
            let hosts = Hosts::of_header(&header);
            proptest::prop_assert!(hosts.relay.starts_with("ws"));
            proptest::prop_assert!(hosts.api.starts_with("http"));
        }
    }
}

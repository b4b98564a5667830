//! Who asks, and by which name the server was reached.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;

use super::App;

/// What the accept loop knows of a connection; put into each request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    /// The other end of the socket.
    pub(crate) address: SocketAddr,
    /// Whether it speaks TLS with us.
    pub(crate) tls: bool,
}

/// Where a request came from and where it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The client's address; behind a trusted proxy what that says.
    pub(crate) ip: IpAddr,
    /// Scheme and authority by which the client reached us, such as `https://fabric.offhook.localhost:8743`.
    pub(crate) base: String,
}

impl Caller {
    fn of(peer: Peer, headers: &HeaderMap, trust_proxy: bool, fallback: &str) -> Self {
        let forwarded = |name: &str| {
            headers
                .get(name)
                .filter(|_| trust_proxy)
                .and_then(|value| value.to_str().ok())
        };
        // The last entry is the one our own proxy wrote; those before it are the client's to invent.
        let ip = forwarded("x-forwarded-for")
            .and_then(|list| list.rsplit(',').next()?.trim().parse().ok())
            .unwrap_or(peer.address.ip());
        let tls = match forwarded("x-forwarded-proto") {
            Some(scheme) => scheme.eq_ignore_ascii_case("https"),
            None => peer.tls,
        };
        let host = forwarded("x-forwarded-host").or_else(|| headers.get(HOST)?.to_str().ok());
        let authority = host
            .and_then(|host| host.parse::<Authority>().ok())
            .filter(|a| !a.as_str().contains('@'));
        let base = match authority {
            Some(authority) => format!("{}://{authority}", if tls { "https" } else { "http" }),
            None => fallback.to_owned(),
        };
        Self { ip, base }
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        // Missing only where the router is driven without a socket.
        let nobody = Peer {
            address: SocketAddr::from(([0, 0, 0, 0], 0)),
            tls: false,
        };
        let peer = parts.extensions.get::<Peer>().copied().unwrap_or(nobody);
        Ok(Self::of(
            peer,
            &parts.headers,
            app.config.trust_proxy,
            &app.public_url,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(headers: &[(&'static str, &str)], tls: bool, trust_proxy: bool) -> (String, String) {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        let peer = Peer {
            address: "192.0.2.9:4000".parse().unwrap(),
            tls,
        };
        let caller = Caller::of(peer, &headers, trust_proxy, "http://fallback");
        (caller.ip.to_string(), caller.base)
    }

    fn is(ip: &str, base: &str) -> (String, String) {
        (ip.to_owned(), base.to_owned())
    }

    #[test]
    fn the_name_is_the_one_the_client_used() {
        let host = [("host", "fabric.offhook.localhost:8743")];
        assert_eq!(
            caller(&host, true, false),
            is("192.0.2.9", "https://fabric.offhook.localhost:8743")
        );
        assert_eq!(
            caller(&host, false, false),
            is("192.0.2.9", "http://fabric.offhook.localhost:8743")
        );
        assert_eq!(
            caller(&[("host", "[::1]:8787")], false, false),
            is("192.0.2.9", "http://[::1]:8787")
        );
    }

    #[test]
    fn a_name_that_is_none_is_not_repeated() {
        for host in ["", "a b", "evil/path?", "user@evil"] {
            assert_eq!(
                caller(&[("host", host)], false, false).1,
                "http://fallback",
                "{host}"
            );
        }
    }

    #[test]
    fn proxies_are_believed_only_when_the_owner_says_so() {
        let headers = [
            ("host", "inner"),
            ("x-forwarded-for", "203.0.113.1, 198.51.100.7"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "outer.example.com"),
        ];
        assert_eq!(
            caller(&headers, false, false),
            is("192.0.2.9", "http://inner")
        );
        assert_eq!(
            caller(&headers, false, true),
            is("198.51.100.7", "https://outer.example.com")
        );
    }

    proptest::proptest! {
        #[test]
        fn whatever_headers_say_the_base_is_an_origin(
            host in "[ -~]{0,30}",
            list in "[ -~]{0,30}",
            scheme in "https?|[ -~]{0,8}",
            trust_proxy: bool,
        ) {
            let headers = [
                ("host", host.as_str()),
                ("x-forwarded-for", list.as_str()),
                ("x-forwarded-proto", scheme.as_str()),
                ("x-forwarded-host", host.as_str()),
            ];
            let (ip, base) = caller(&headers, false, trust_proxy);
            let authority = base.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https"));
            let authority = authority.map(|(_, authority)| authority);
            proptest::prop_assert!(authority.is_some_and(|name| !name.is_empty() && !name.contains(['/', '?', '#', '@', ' ', '\\', '"', '<'])), "{base}");
            proptest::prop_assert!(ip.parse::<IpAddr>().is_ok());
            proptest::prop_assert!(trust_proxy || ip == "192.0.2.9");
        }
    }
}

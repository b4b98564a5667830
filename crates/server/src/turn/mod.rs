//! TURN: relays media for clients that cannot reach the media ports directly, to our own addresses only.
//!
//! The official client sends no offer without a relayed or reflexive candidate (wire-protocol.md 9.4), which on one
//! machine or one network only a relay gives. This one is part of the binary, so that nothing else need be set up.
//! Because it relays to nothing but our own media ports, stealing a credential of it gains nothing.
//!
//! - `stun`: bytes to messages and back.
//! - `table`: allocations, permissions, channels; no socket, no clock.
//! - `service`: a message in, a message out: authentication and the methods.
//! - `server`: the sockets.
mod server;
mod service;
mod stun;
mod table;

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use offhook_proto::relay_connect::IceServer;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::clock::now_s;
use crate::relay::IceServerSource;

/// How the TURN server is set up.
pub struct TurnConfig {
    /// UDP and TCP address to listen on; port 0 takes one that is free for both.
    pub listen: SocketAddr,
    /// Address that clients are told, and relayed sockets are opened on.
    pub advertise: IpAddr,
    /// Realm of the credentials.
    pub realm: String,
    /// Key of the credentials; anybody who has it can make some.
    pub secret: TurnSecret,
    /// The only addresses that are relayed to.
    pub peers: Vec<SocketAddr>,
}

const KEY_BYTES: usize = 32;

/// Key of the credentials. Prints nothing, and is wiped when it goes.
#[derive(Clone)]
pub struct TurnSecret(Zeroizing<Vec<u8>>);

impl TurnSecret {
    /// A new key. Credentials end with it: a server keeps it for its next life, since calls go on in that one.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn random() -> io::Result<Self> {
        let mut key = Zeroizing::new(vec![0; KEY_BYTES]);
        aws_lc_rs::rand::fill(&mut key).map_err(|_| io::Error::other("no randomness"))?;
        Ok(Self(key))
    }

    /// The key as it is kept.
    pub(crate) fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(&*self.0))
    }

    /// A key that was kept; nothing when the text is none.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let key = Zeroizing::new(STANDARD.decode(text).ok()?);
        (key.len() == KEY_BYTES).then_some(Self(key))
    }

    /// The password of a user name (the scheme that coturn calls REST API).
    fn password(&self, user: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        STANDARD.encode(hmac::sign(&key, user.as_bytes()))
    }

    fn tag(&self, text: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        STANDARD.encode(&hmac::sign(&key, text.as_bytes()).as_ref()[..12])
    }
}

impl fmt::Debug for TurnSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TurnSecret")
    }
}

/// The running server. Clones are handles to the same one.
#[derive(Clone, Debug)]
pub struct TurnServer {
    address: SocketAddr,
    secret: TurnSecret,
    stop: CancellationToken,
}

impl TurnServer {
    /// Starts it; must be called within a tokio runtime.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(config: TurnConfig) -> io::Result<Self> {
        let (udp, tcp) = server::listen(config.listen).await?;
        let address = SocketAddr::new(config.advertise, udp.local_addr()?.port());
        let stop = CancellationToken::new();
        let secret = config.secret.clone();
        let server = server::Server::new(udp, config, stop.clone());
        tokio::spawn(Arc::new(server).run(tcp));
        tracing::info!(%address, "TURN listens");
        Ok(Self {
            address,
            secret,
            stop,
        })
    }

    /// The address clients are told.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it and every allocation.
    pub fn shutdown(&self) {
        self.stop.cancel();
    }
}

impl IceServerSource for TurnServer {
    fn ice_servers(&self, user: &str, ttl_s: u64) -> Vec<IceServer> {
        let username = format!("{}:{user}", now_s().saturating_add(ttl_s));
        let credential = self.secret.password(&username);
        let address = self.address;
        vec![
            IceServer {
                urls: vec![
                    format!("turn:{address}?transport=udp"),
                    format!("turn:{address}?transport=tcp"),
                ],
                username: Some(username),
                credential: Some(credential),
                credential_type: Some("password".into()),
            },
            IceServer {
                urls: vec![format!("stun:{address}")],
                username: None,
                credential: None,
                credential_type: None,
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_was_kept_makes_the_same_credentials() {
        let key = TurnSecret::random().unwrap();
        let kept = TurnSecret::from_text(&key.to_text()).unwrap();
        assert_eq!(kept.password("1:a"), key.password("1:a"));
        let other = TurnSecret::random().unwrap();
        assert_ne!(other.password("1:a"), key.password("1:a"));
        for text in ["", "AAAA", "not base64!"] {
            assert!(TurnSecret::from_text(text).is_none(), "{text}");
        }
    }
}

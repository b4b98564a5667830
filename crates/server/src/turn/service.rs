//! What the server answers: authentication, and the methods of RFC 8656.

use std::net::SocketAddr;

use offhook_proto::limits;

use super::stun::{Class, Message, Method, attribute, long_term_key};
use super::table::{Client, Refusal, Table};
use super::{TurnConfig, TurnSecret};

/// UDP, as REQUESTED-TRANSPORT names it.
const UDP: u8 = 17;

/// What a message leads to.
pub(super) enum Step {
    Nothing,
    Reply(Vec<u8>),
    /// A relayed socket is wanted; the allocation stands when [`Service::allocated`] has been called.
    Allocate(Box<Allocate>),
    /// The allocation is over.
    Release(Vec<u8>),
    /// Bytes for a peer.
    Send {
        peer: SocketAddr,
        data: Vec<u8>,
    },
}

/// A request for an allocation that has been found good.
pub(super) struct Allocate {
    request: Message,
    user: String,
    key: [u8; 16],
}

pub(super) struct Service {
    pub(super) table: Table,
    realm: String,
    secret: TurnSecret,
    /// Of the relayed addresses, as REQUESTED-ADDRESS-FAMILY names it.
    family: u8,
}

impl Service {
    pub(super) fn new(config: TurnConfig) -> Self {
        Self {
            table: Table::new(config.peers),
            realm: config.realm,
            secret: config.secret,
            family: if config.advertise.is_ipv4() { 1 } else { 2 },
        }
    }

    /// Takes a message of a client.
    pub(super) fn message(&mut self, client: Client, bytes: &[u8], now_s: u64) -> Step {
        let Some(message) = Message::parse(bytes) else {
            return Step::Nothing;
        };
        match (message.class, message.method) {
            (Class::Request, Method::Binding) => {
                let reply = reply(&message, Class::Success);
                Step::Reply(
                    reply
                        .with_address(attribute::XOR_MAPPED_ADDRESS, client.address)
                        .write(None),
                )
            }
            (Class::Request, _) => self.request(client, message, bytes, now_s),
            (Class::Indication, Method::Send) => self.indication(client, &message, now_s),
            _ => Step::Nothing,
        }
    }

    fn request(&mut self, client: Client, message: Message, bytes: &[u8], now_s: u64) -> Step {
        let (user, key) = match self.authenticate(&message, bytes, now_s) {
            Ok(found) => found,
            Err(refusal) => return Step::Reply(refusal.write(None)),
        };
        if let Some(kind) = message.unknown() {
            let refusal = reply(&message, Class::Error)
                .with_error(420, "Unknown Attribute")
                .with(0x000a, kind.to_be_bytes());
            return Step::Reply(refusal.write(Some(&key)));
        }
        if message.method == Method::Allocate
            && let Some(answer) = self.table.told_before(client, &user, message.transaction)
        {
            return Step::Reply(answer);
        }
        let done = match message.method {
            Method::Allocate => match self.wanted(client, &message, &user) {
                Ok(()) => {
                    let request = message;
                    return Step::Allocate(Box::new(Allocate { request, user, key }));
                }
                Err(refusal) => Err(refusal),
            },
            Method::Refresh => {
                let wished = message.number(attribute::LIFETIME);
                let life = self.table.refresh(client, &user, wished, now_s);
                life.map(|life| (life == 0, Some(life)))
            }
            Method::CreatePermission => self
                .permit(client, &message, &user, now_s)
                .map(|()| (false, None)),
            Method::ChannelBind => self
                .bind(client, &message, &user, now_s)
                .map(|()| (false, None)),
            _ => Err(Refusal::BAD_REQUEST),
        };
        match done {
            Ok((released, life)) => {
                let mut success = reply(&message, Class::Success);
                if let Some(life) = life {
                    success = success.with(attribute::LIFETIME, life.to_be_bytes());
                }
                let bytes = success.write(Some(&key));
                if released {
                    Step::Release(bytes)
                } else {
                    Step::Reply(bytes)
                }
            }
            Err(refusal) => Step::Reply(refuse(&message, refusal, &key)),
        }
    }

    /// The long-term mechanism (RFC 8489, 9.2.4): the user and their key, or what the client is told.
    fn authenticate(
        &self,
        message: &Message,
        bytes: &[u8],
        now_s: u64,
    ) -> Result<(String, [u8; 16]), Message> {
        let challenge = |code, reason| {
            reply(message, Class::Error)
                .with_error(code, reason)
                .with(attribute::REALM, self.realm.as_bytes())
                .with(attribute::NONCE, self.nonce(now_s))
        };
        if !message.is_protected() {
            return Err(challenge(401, "Unauthenticated"));
        }
        let part = |kind| message.text(kind);
        let (Some(user), Some(realm), Some(nonce)) = (
            part(attribute::USERNAME),
            part(attribute::REALM),
            part(attribute::NONCE),
        ) else {
            return Err(reply(message, Class::Error).with_error(400, "Bad Request"));
        };
        // The nonce first: it is cheaper than the key.
        if !self.is_fresh(nonce, now_s) {
            return Err(challenge(438, "Stale Nonce"));
        }
        let key = long_term_key(user, &self.realm, &self.secret.password(user));
        // `<end>:<user>`. Credentials change with every connection; quotas and ownership are the user's.
        let (until, owner) = user.split_once(':').unwrap_or((user, ""));
        let alive = until.parse::<u64>().is_ok_and(|until| until > now_s);
        if realm != self.realm || !alive || !message.is_made_with(&key, bytes) {
            return Err(challenge(401, "Unauthenticated"));
        }
        Ok((owner.to_owned(), key))
    }

    fn nonce(&self, now_s: u64) -> String {
        let until = (now_s + limits::TURN_NONCE_S).to_string();
        format!("{until}-{}", self.secret.tag(&until))
    }

    fn is_fresh(&self, nonce: &str, now_s: u64) -> bool {
        let Some((until, tag)) = nonce.split_once('-') else {
            return false;
        };
        let expected = self.secret.tag(until);
        let same =
            aws_lc_rs::constant_time::verify_slices_are_equal(expected.as_bytes(), tag.as_bytes());
        same.is_ok() && until.parse::<u64>().is_ok_and(|until| until > now_s)
    }

    fn wanted(&self, client: Client, message: &Message, user: &str) -> Result<(), Refusal> {
        let transport = message
            .get(attribute::REQUESTED_TRANSPORT)
            .and_then(|value| value.first());
        match transport {
            Some(&UDP) => {}
            Some(_) => return Err(Refusal(442, "Unsupported Transport Protocol")),
            None => return Err(Refusal::BAD_REQUEST),
        }
        // Relayed addresses are of the family of our own; a client that asks for none takes IPv4 (RFC 8656, 7.2).
        let family = message
            .get(attribute::REQUESTED_ADDRESS_FAMILY)
            .and_then(|value| value.first());
        if family.is_some_and(|family| *family != self.family) {
            return Err(Refusal(440, "Address Family not Supported"));
        }
        self.table.may_allocate(client, user)
    }

    /// The relayed socket is there, or could not be had. True when the allocation stands.
    pub(super) fn allocated(
        &mut self,
        client: Client,
        asked: &Allocate,
        relayed: Option<SocketAddr>,
        now_s: u64,
    ) -> (bool, Vec<u8>) {
        // Others may have taken the last place while the socket was opened.
        let may = self.table.may_allocate(client, &asked.user);
        let relayed = match may.and(relayed.ok_or(Refusal::CAPACITY)) {
            Ok(relayed) => relayed,
            Err(refusal) => return (false, refuse(&asked.request, refusal, &asked.key)),
        };
        let wished = asked.request.number(attribute::LIFETIME);
        let life = self.table.allocate(client, &asked.user, wished, now_s);
        let answer = reply(&asked.request, Class::Success)
            .with_address(attribute::XOR_RELAYED_ADDRESS, relayed)
            .with(attribute::LIFETIME, life.to_be_bytes())
            .with_address(attribute::XOR_MAPPED_ADDRESS, client.address)
            .write(Some(&asked.key));
        self.table.told(client, asked.request.transaction, &answer);
        (true, answer)
    }

    fn permit(
        &mut self,
        client: Client,
        message: &Message,
        user: &str,
        now_s: u64,
    ) -> Result<(), Refusal> {
        let peers: Option<Vec<SocketAddr>> =
            message.addresses(attribute::XOR_PEER_ADDRESS).collect();
        let peers = peers
            .filter(|peers| !peers.is_empty())
            .ok_or(Refusal::BAD_REQUEST)?;
        self.table.permit(client, user, &peers, now_s)
    }

    fn bind(
        &mut self,
        client: Client,
        message: &Message,
        user: &str,
        now_s: u64,
    ) -> Result<(), Refusal> {
        let number = message
            .get(attribute::CHANNEL_NUMBER)
            .and_then(|value| value.first_chunk());
        let peer = message
            .addresses(attribute::XOR_PEER_ADDRESS)
            .next()
            .flatten();
        let (number, peer) = number.zip(peer).ok_or(Refusal::BAD_REQUEST)?;
        self.table
            .bind(client, user, u16::from_be_bytes(*number), peer, now_s)
    }

    fn indication(&mut self, client: Client, message: &Message, now_s: u64) -> Step {
        let peer = message
            .addresses(attribute::XOR_PEER_ADDRESS)
            .next()
            .flatten();
        match (peer, message.get(attribute::DATA)) {
            (Some(peer), Some(data)) if self.table.may_send(client, peer, data.len(), now_s) => {
                Step::Send {
                    peer,
                    data: data.to_vec(),
                }
            }
            _ => Step::Nothing,
        }
    }

    /// Channel data of a client.
    pub(super) fn channel(&mut self, client: Client, number: u16, data: &[u8], now_s: u64) -> Step {
        match self.table.channel(client, number, now_s) {
            Some(peer) if self.table.may_send(client, peer, data.len(), now_s) => Step::Send {
                peer,
                data: data.to_vec(),
            },
            _ => Step::Nothing,
        }
    }

    /// A peer's bytes in the form the client takes them.
    pub(super) fn peer_data(
        &mut self,
        client: Client,
        peer: SocketAddr,
        data: &[u8],
        now_s: u64,
    ) -> Option<Vec<u8>> {
        let bytes = match self.table.may_receive(client, peer, data.len(), now_s)? {
            Some(number) => {
                let mut bytes = Vec::with_capacity(data.len() + 8);
                bytes.extend_from_slice(&number.to_be_bytes());
                bytes.extend_from_slice(&(data.len() as u16).to_be_bytes());
                bytes.extend_from_slice(data);
                // Only TCP needs the padding; on UDP it does no harm (RFC 8656, 12.5).
                bytes.resize(bytes.len().next_multiple_of(4), 0);
                bytes
            }
            None => {
                let mut transaction = [0; 12];
                // An indication has no answer that the id could be matched with.
                let _ = aws_lc_rs::rand::fill(&mut transaction);
                Message::new(Method::Data, Class::Indication, transaction)
                    .with_address(attribute::XOR_PEER_ADDRESS, peer)
                    .with(attribute::DATA, data)
                    .write(None)
            }
        };
        Some(bytes)
    }
}

fn reply(request: &Message, class: Class) -> Message {
    Message::new(request.method, class, request.transaction)
}

fn refuse(request: &Message, Refusal(code, reason): Refusal, key: &[u8; 16]) -> Vec<u8> {
    reply(request, Class::Error)
        .with_error(code, reason)
        .write(Some(key))
}

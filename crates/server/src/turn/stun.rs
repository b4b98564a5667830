//! The message format of STUN and TURN (RFC 8489, section 5; RFC 8656, section 12): bytes to values and back.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use aws_lc_rs::{constant_time, hmac};
use md5::{Digest, Md5};

const MAGIC: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const HEADER: usize = 20;
/// Longest message or channel data taken in: a datagram of media is far below it.
pub(super) const LONGEST: usize = 4096;

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Binding,
    Allocate,
    Refresh,
    Send,
    Data,
    CreatePermission,
    ChannelBind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Request,
    Indication,
    Success,
    Error,
}

/// Attribute types that are used here.
pub(super) mod attribute {
    pub(in crate::turn) const USERNAME: u16 = 0x0006;
    pub(in crate::turn) const MESSAGE_INTEGRITY: u16 = 0x0008;
    pub(in crate::turn) const ERROR_CODE: u16 = 0x0009;
    pub(in crate::turn) const CHANNEL_NUMBER: u16 = 0x000c;
    pub(in crate::turn) const LIFETIME: u16 = 0x000d;
    pub(in crate::turn) const XOR_PEER_ADDRESS: u16 = 0x0012;
    pub(in crate::turn) const DATA: u16 = 0x0013;
    pub(in crate::turn) const REALM: u16 = 0x0014;
    pub(in crate::turn) const NONCE: u16 = 0x0015;
    pub(in crate::turn) const XOR_RELAYED_ADDRESS: u16 = 0x0016;
    pub(in crate::turn) const REQUESTED_ADDRESS_FAMILY: u16 = 0x0017;
    pub(in crate::turn) const REQUESTED_TRANSPORT: u16 = 0x0019;
    pub(in crate::turn) const XOR_MAPPED_ADDRESS: u16 = 0x0020;
}

/// A message that has its form. Attributes are in order, padding left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) method: Method,
    pub(super) class: Class,
    pub(super) transaction: [u8; 12],
    attributes: Vec<(u16, Vec<u8>)>,
    /// Where the integrity attribute begins, and its value.
    integrity: Option<(usize, [u8; 20])>,
}

/// The first bytes of what comes in tell how long it is and of what kind; on TCP nothing else delimits it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    Message { bytes: usize },
    Channel { number: u16, bytes: usize },
}

impl Frame {
    /// `None` for what is neither, or longer than is taken in. Needs four bytes.
    pub(super) fn read(start: [u8; 4]) -> Option<Self> {
        let [a, b, c, d] = start;
        let length = usize::from(u16::from_be_bytes([c, d]));
        let frame = match a >> 6 {
            0 if length % 4 == 0 => Self::Message {
                bytes: HEADER + length,
            },
            1 => Self::Channel {
                number: u16::from_be_bytes([a, b]),
                bytes: 4 + length,
            },
            _ => return None,
        };
        (frame.bytes() <= LONGEST).then_some(frame)
    }

    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Message { bytes } | Self::Channel { bytes, .. } => bytes,
        }
    }
}

impl Message {
    pub(super) fn new(method: Method, class: Class, transaction: [u8; 12]) -> Self {
        Self {
            method,
            class,
            transaction,
            attributes: Vec::new(),
            integrity: None,
        }
    }

    /// Reads a whole message; `None` when it is none.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let header = bytes.first_chunk::<HEADER>()?;
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        if header[0] >> 6 != 0 || header[4..8] != MAGIC || bytes.len() != HEADER + length {
            return None;
        }
        let (method, class) = read_type(u16::from_be_bytes([header[0], header[1]]))?;
        let mut transaction = [0; 12];
        transaction.copy_from_slice(&header[8..20]);
        let mut message = Self::new(method, class, transaction);
        let mut at = HEADER;
        while at < bytes.len() {
            let [a, b, c, d] = *bytes.get(at..)?.first_chunk::<4>()?;
            let kind = u16::from_be_bytes([a, b]);
            let length = usize::from(u16::from_be_bytes([c, d]));
            let value = bytes.get(at + 4..at + 4 + length)?;
            if kind == attribute::MESSAGE_INTEGRITY {
                message.integrity = Some((at, value.try_into().ok()?));
                // What follows is not protected, and is not looked at (RFC 8489, 14.5).
                break;
            }
            message.attributes.push((kind, value.to_vec()));
            at += 4 + length.next_multiple_of(4);
        }
        Some(message)
    }

    /// The first attribute of this type.
    pub(super) fn get(&self, kind: u16) -> Option<&[u8]> {
        let found = self.attributes.iter().find(|(known, _)| *known == kind);
        found.map(|(_, value)| value.as_slice())
    }

    pub(super) fn text(&self, kind: u16) -> Option<&str> {
        std::str::from_utf8(self.get(kind)?).ok()
    }

    pub(super) fn number(&self, kind: u16) -> Option<u32> {
        Some(u32::from_be_bytes(self.get(kind)?.try_into().ok()?))
    }

    /// All addresses of this type.
    pub(super) fn addresses(&self, kind: u16) -> impl Iterator<Item = Option<SocketAddr>> {
        let values = self
            .attributes
            .iter()
            .filter(move |(known, _)| *known == kind);
        values.map(|(_, value)| read_address(value, self.transaction))
    }

    /// Whether a mandatory attribute (below 0x8000) is none of those known here.
    pub(super) fn unknown(&self) -> Option<u16> {
        use attribute::*;
        const KNOWN: [u16; 13] = [
            USERNAME,
            LIFETIME,
            XOR_PEER_ADDRESS,
            DATA,
            REALM,
            NONCE,
            REQUESTED_TRANSPORT,
            CHANNEL_NUMBER,
            REQUESTED_ADDRESS_FAMILY,
            XOR_MAPPED_ADDRESS,
            XOR_RELAYED_ADDRESS,
            ERROR_CODE,
            0x001a,
        ];
        let kinds = self.attributes.iter().map(|(kind, _)| *kind);
        let mut unknown = kinds.filter(|kind| *kind < 0x8000 && !KNOWN.contains(kind));
        unknown.next()
    }

    pub(super) fn is_protected(&self) -> bool {
        self.integrity.is_some()
    }

    /// Whether the integrity attribute was made with this key, over `bytes`, the message as it came.
    pub(super) fn is_made_with(&self, key: &[u8], bytes: &[u8]) -> bool {
        let Some((at, tag)) = self.integrity else {
            return false;
        };
        let Some(protected) = bytes.get(..at) else {
            return false;
        };
        let expected = integrity(key, protected);
        constant_time::verify_slices_are_equal(&expected, &tag).is_ok()
    }

    #[must_use]
    pub(super) fn with(mut self, kind: u16, value: impl Into<Vec<u8>>) -> Self {
        self.attributes.push((kind, value.into()));
        self
    }

    #[must_use]
    pub(super) fn with_address(self, kind: u16, address: SocketAddr) -> Self {
        let value = write_address(address, self.transaction);
        self.with(kind, value)
    }

    #[must_use]
    pub(super) fn with_error(self, code: u16, reason: &str) -> Self {
        let mut value = vec![0, 0, (code / 100) as u8, (code % 100) as u8];
        value.extend_from_slice(reason.as_bytes());
        self.with(attribute::ERROR_CODE, value)
    }

    /// The bytes, protected by the key if there is one.
    pub(super) fn write(&self, key: Option<&[u8; 16]>) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(128);
        bytes.extend_from_slice(&write_type(self.method, self.class).to_be_bytes());
        bytes.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&self.transaction);
        for (kind, value) in &self.attributes {
            put(&mut bytes, *kind, value);
        }
        if let Some(key) = key {
            let tag = integrity(key, &bytes);
            put(&mut bytes, attribute::MESSAGE_INTEGRITY, &tag);
        }
        set_length(&mut bytes);
        bytes
    }
}

/// Key of the long-term mechanism (RFC 8489, 9.2.2).
pub(super) fn long_term_key(user: &str, realm: &str, password: &str) -> [u8; 16] {
    Md5::digest(format!("{user}:{realm}:{password}")).into()
}

fn put(bytes: &mut Vec<u8>, kind: u16, value: &[u8]) {
    bytes.extend_from_slice(&kind.to_be_bytes());
    bytes.extend_from_slice(&(value.len() as u16).to_be_bytes());
    bytes.extend_from_slice(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

fn set_length(bytes: &mut [u8]) {
    let length = ((bytes.len() - HEADER) as u16).to_be_bytes();
    bytes[2..4].copy_from_slice(&length);
}

/// HMAC-SHA1 over the message up to the attribute, its length counted as if it ended with the attribute (RFC 8489, 14.5).
fn integrity(key: &[u8], protected: &[u8]) -> [u8; 20] {
    let mut bytes = protected.to_vec();
    let length = ((bytes.len() - HEADER + 24) as u16).to_be_bytes();
    bytes[2..4].copy_from_slice(&length);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    let mut tag = [0; 20];
    tag.copy_from_slice(hmac::sign(&key, &bytes).as_ref());
    tag
}

fn read_type(kind: u16) -> Option<(Method, Class)> {
    let class = match kind & 0x0110 {
        0x0000 => Class::Request,
        0x0010 => Class::Indication,
        0x0100 => Class::Success,
        _ => Class::Error,
    };
    let method = match kind & !0x0110 {
        0x0001 => Method::Binding,
        0x0003 => Method::Allocate,
        0x0004 => Method::Refresh,
        0x0006 => Method::Send,
        0x0007 => Method::Data,
        0x0008 => Method::CreatePermission,
        0x0009 => Method::ChannelBind,
        _ => return None,
    };
    Some((method, class))
}

fn write_type(method: Method, class: Class) -> u16 {
    let method = match method {
        Method::Binding => 0x0001,
        Method::Allocate => 0x0003,
        Method::Refresh => 0x0004,
        Method::Send => 0x0006,
        Method::Data => 0x0007,
        Method::CreatePermission => 0x0008,
        Method::ChannelBind => 0x0009,
    };
    let class = match class {
        Class::Request => 0x0000,
        Class::Indication => 0x0010,
        Class::Success => 0x0100,
        Class::Error => 0x0110,
    };
    method | class
}

/// Masks of XOR-…-ADDRESS (RFC 8489, 14.2): the magic cookie, then the transaction id.
fn mask(transaction: [u8; 12]) -> [u8; 16] {
    let mut mask = [0; 16];
    mask[..4].copy_from_slice(&MAGIC);
    mask[4..].copy_from_slice(&transaction);
    mask
}

fn read_address(value: &[u8], transaction: [u8; 12]) -> Option<SocketAddr> {
    let (&[_, family, high, low], address) = value.split_first_chunk::<4>()?;
    let port = u16::from_be_bytes([high ^ MAGIC[0], low ^ MAGIC[1]]);
    let mask = mask(transaction);
    let ip = match family {
        1 => {
            let mut ip: [u8; 4] = address.try_into().ok()?;
            ip.iter_mut()
                .zip(mask)
                .for_each(|(byte, mask)| *byte ^= mask);
            IpAddr::V4(Ipv4Addr::from(ip))
        }
        2 => {
            let mut ip: [u8; 16] = address.try_into().ok()?;
            ip.iter_mut()
                .zip(mask)
                .for_each(|(byte, mask)| *byte ^= mask);
            IpAddr::V6(Ipv6Addr::from(ip))
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

fn write_address(address: SocketAddr, transaction: [u8; 12]) -> Vec<u8> {
    let [high, low] = address.port().to_be_bytes();
    let (family, ip) = match address.ip() {
        IpAddr::V4(ip) => (1, ip.octets().to_vec()),
        IpAddr::V6(ip) => (2, ip.octets().to_vec()),
    };
    let mut value = vec![0, family, high ^ MAGIC[0], low ^ MAGIC[1]];
    value.extend(
        ip.iter()
            .zip(mask(transaction))
            .map(|(byte, mask)| byte ^ mask),
    );
    value
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 5769, section 2.4: a request with long-term authentication.
    const LONG_TERM_REQUEST: &str = "000100602112a44278ad3433c6ad72c029da412e\
        00060012e3839ee38388e383aae38383e382afe382b90000\
        0015001c662f2f3439396b39353464364f4c33346f4c39465354767936347341\
        0014000b6578616d706c652e6f726700\
        00080014f67024656dd64a3e02b8e0712e85c9a28ca89666";
    /// Sections 2.2 and 2.3: answers with the address of the client.
    const ANSWERS: [(&str, &str); 2] = [
        (
            "192.0.2.1:32853",
            "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220\
             002000080001a147e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7\
             80280004c07d4c96",
        ),
        (
            "[2001:db8:1234:5678:11:2233:4455:6677]:32853",
            "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220\
             002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9\
             00080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c",
        ),
    ];
    const SHORT_TERM_KEY: &[u8] = b"VOkJxbRl1RmTxUk/WvJxBt";

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        let pair =
            |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        digits.chunks(2).map(pair).collect()
    }

    #[test]
    fn the_long_term_vector_of_rfc_5769_is_read_and_verified() {
        let bytes = hex(LONG_TERM_REQUEST);
        let message = Message::parse(&bytes).unwrap();
        assert_eq!(
            (message.method, message.class),
            (Method::Binding, Class::Request)
        );
        assert_eq!(message.text(attribute::REALM), Some("example.org"));
        let user = message.text(attribute::USERNAME).unwrap();
        assert_eq!(user, "\u{30DE}\u{30C8}\u{30EA}\u{30C3}\u{30AF}\u{30B9}");
        let key = long_term_key(user, "example.org", "TheMatrIX");
        assert!(message.is_made_with(&key, &bytes));
        assert!(!message.is_made_with(&long_term_key(user, "example.org", "other"), &bytes));
    }

    #[test]
    fn the_addresses_in_the_vectors_of_rfc_5769_are_read_and_written() {
        for (address, bytes) in ANSWERS {
            let address: SocketAddr = address.parse().unwrap();
            let bytes = hex(bytes);
            let message = Message::parse(&bytes).unwrap();
            assert!(message.is_made_with(SHORT_TERM_KEY, &bytes));
            let found = message.addresses(attribute::XOR_MAPPED_ADDRESS).next();
            assert_eq!(found, Some(Some(address)));
            assert_eq!(
                message.get(attribute::XOR_MAPPED_ADDRESS).unwrap(),
                write_address(address, message.transaction)
            );
        }
    }

    #[test]
    fn what_is_written_can_be_read() {
        let key = [7; 16];
        let address: SocketAddr = "[2001:db8::1]:4711".parse().unwrap();
        let message = Message::new(Method::Allocate, Class::Success, [9; 12])
            .with_address(attribute::XOR_RELAYED_ADDRESS, address)
            .with(attribute::LIFETIME, 600u32.to_be_bytes());
        let bytes = message.write(Some(&key));
        let read = Message::parse(&bytes).unwrap();
        assert!(read.is_made_with(&key, &bytes));
        assert_eq!(read.number(attribute::LIFETIME), Some(600));
        let found: Vec<_> = read.addresses(attribute::XOR_RELAYED_ADDRESS).collect();
        assert_eq!(found, [Some(address)]);
        let mut altered = bytes.clone();
        altered[30] ^= 1;
        assert!(!Message::parse(&altered).is_some_and(|read| read.is_made_with(&key, &altered)));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Message::parse(&bytes);
            if let Some(start) = bytes.first_chunk::<4>() {
                let _ = Frame::read(*start);
            }
        }

        #[test]
        fn no_attributes_make_the_parser_panic(attributes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut bytes = Message::new(Method::Send, Class::Indication, [1; 12]).write(None);
            bytes.extend(&attributes);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
            set_length(&mut bytes);
            if let Some(message) = Message::parse(&bytes) {
                let _ = message.addresses(attribute::XOR_PEER_ADDRESS).count();
                let _ = message.unknown();
                let _ = message.is_made_with(&[0; 16], &bytes);
            }
        }
    }
}

//! A small TURN client that knows nothing of the server's code: it writes and reads the bytes by itself.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use aws_lc_rs::hmac;
use md5::{Digest as _, Md5};
use offhook_proto::relay_connect::IceServer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};

/// Nothing in these tests takes so long unless it is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) const BINDING: u16 = 0x0001;
pub(crate) const ALLOCATE: u16 = 0x0003;
pub(crate) const REFRESH: u16 = 0x0004;
pub(crate) const CREATE_PERMISSION: u16 = 0x0008;
pub(crate) const CHANNEL_BIND: u16 = 0x0009;
const SEND_INDICATION: u16 = 0x0016;
const DATA_INDICATION: u16 = 0x0017;

pub(crate) const USERNAME: u16 = 0x0006;
const INTEGRITY: u16 = 0x0008;
const ERROR_CODE: u16 = 0x0009;
pub(crate) const CHANNEL_NUMBER: u16 = 0x000c;
pub(crate) const LIFETIME: u16 = 0x000d;
pub(crate) const PEER: u16 = 0x0012;
const DATA: u16 = 0x0013;
pub(crate) const REALM: u16 = 0x0014;
pub(crate) const NONCE: u16 = 0x0015;
pub(crate) const RELAYED: u16 = 0x0016;
pub(crate) const FAMILY: u16 = 0x0017;
pub(crate) const TRANSPORT: u16 = 0x0019;
pub(crate) const MAPPED: u16 = 0x0020;

const MAGIC: u32 = 0x2112_a442;
/// REQUESTED-TRANSPORT for relayed UDP, which is all there is.
pub(crate) const UDP: [u8; 4] = [17, 0, 0, 0];

#[derive(Clone, Copy, Debug)]
pub(crate) enum Transport {
    Udp,
    Tcp,
}

enum Wire {
    Udp(UdpSocket),
    Tcp(TcpStream),
}

/// What the server said to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Of an error; `None` for success.
    pub(crate) code: Option<u16>,
    pub(crate) attributes: Vec<(u16, Vec<u8>)>,
}

impl Answer {
    pub(crate) fn get(&self, kind: u16) -> Option<&[u8]> {
        let found = self.attributes.iter().find(|(known, _)| *known == kind);
        found.map(|(_, value)| value.as_slice())
    }

    pub(crate) fn address(&self, kind: u16) -> SocketAddr {
        read_address(self.get(kind).expect("an address"))
    }

    fn text(&self, kind: u16) -> String {
        let value = self.get(kind).expect("a text");
        String::from_utf8(value.to_vec()).expect("UTF-8")
    }
}

/// What arrives besides answers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    Data { peer: SocketAddr, bytes: Vec<u8> },
    Channel { number: u16, bytes: Vec<u8> },
}

pub(crate) struct Client {
    wire: Wire,
    server: SocketAddr,
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) realm: String,
    pub(crate) nonce: String,
    requests: u32,
}

impl Client {
    pub(crate) async fn connect(transport: Transport, server: SocketAddr, ice: &IceServer) -> Self {
        let wire = match transport {
            Transport::Udp => Wire::Udp(UdpSocket::bind("127.0.0.1:0").await.unwrap()),
            Transport::Tcp => Wire::Tcp(TcpStream::connect(server).await.unwrap()),
        };
        Self {
            wire,
            server,
            username: ice.username.clone().unwrap(),
            password: ice.credential.clone().unwrap(),
            realm: String::new(),
            nonce: String::new(),
            requests: 0,
        }
    }

    pub(crate) fn local(&self) -> SocketAddr {
        match &self.wire {
            Wire::Udp(socket) => socket.local_addr().unwrap(),
            Wire::Tcp(stream) => stream.local_addr().unwrap(),
        }
    }

    /// Sends a request without credentials; takes realm and nonce from the refusal.
    pub(crate) async fn challenge(&mut self) -> Answer {
        let bytes = self.message(ALLOCATE, &[(TRANSPORT, UDP.to_vec())], false);
        let answer = self.exchange(&bytes).await;
        (self.realm, self.nonce) = (answer.text(REALM), answer.text(NONCE));
        answer
    }

    pub(crate) async fn allocate(&mut self) -> Answer {
        self.challenge().await;
        self.request(ALLOCATE, &[(TRANSPORT, UDP.to_vec())]).await
    }

    pub(crate) async fn request(&mut self, method: u16, attributes: &[(u16, Vec<u8>)]) -> Answer {
        let bytes = self.message(method, attributes, true);
        self.exchange(&bytes).await
    }

    pub(crate) async fn permit(&mut self, peer: SocketAddr) -> Answer {
        self.request(CREATE_PERMISSION, &[(PEER, write_address(peer))])
            .await
    }

    pub(crate) async fn bind(&mut self, number: u16, peer: SocketAddr) -> Answer {
        let [high, low] = number.to_be_bytes();
        let number = (CHANNEL_NUMBER, vec![high, low, 0, 0]);
        self.request(CHANNEL_BIND, &[number, (PEER, write_address(peer))])
            .await
    }

    pub(crate) async fn send_to(&mut self, peer: SocketAddr, data: &[u8]) {
        let attributes = [(PEER, write_address(peer)), (DATA, data.to_vec())];
        let bytes = self.message(SEND_INDICATION, &attributes, false);
        self.write(&bytes).await;
    }

    pub(crate) async fn send_on(&mut self, channel: u16, data: &[u8]) {
        let mut bytes = channel.to_be_bytes().to_vec();
        bytes.extend((data.len() as u16).to_be_bytes());
        bytes.extend(data);
        if matches!(self.wire, Wire::Tcp(_)) {
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        self.write(&bytes).await;
    }

    /// The bytes of a message; with credentials if they are wanted.
    pub(crate) fn message(
        &mut self,
        kind: u16,
        attributes: &[(u16, Vec<u8>)],
        protect: bool,
    ) -> Vec<u8> {
        self.requests += 1;
        let mut bytes = kind.to_be_bytes().to_vec();
        bytes.extend([0, 0]);
        bytes.extend(MAGIC.to_be_bytes());
        bytes.extend([7; 8]);
        bytes.extend(self.requests.to_be_bytes());
        let mut put = |kind: u16, value: &[u8]| {
            bytes.extend(kind.to_be_bytes());
            bytes.extend((value.len() as u16).to_be_bytes());
            bytes.extend(value);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        };
        for (kind, value) in attributes {
            put(*kind, value);
        }
        if protect {
            put(USERNAME, self.username.as_bytes());
            put(REALM, self.realm.as_bytes());
            put(NONCE, self.nonce.as_bytes());
            let key = format!("{}:{}:{}", self.username, self.realm, self.password);
            let key = Md5::digest(key);
            let length = (bytes.len() - 20 + 24) as u16;
            bytes[2..4].copy_from_slice(&length.to_be_bytes());
            let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
            let tag = hmac::sign(&key, &bytes);
            bytes.extend(INTEGRITY.to_be_bytes());
            bytes.extend(20u16.to_be_bytes());
            bytes.extend(tag.as_ref());
        }
        let length = (bytes.len() - 20) as u16;
        bytes[2..4].copy_from_slice(&length.to_be_bytes());
        bytes
    }

    /// Sends a request and reads its answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Answer {
        self.write(request).await;
        let bytes = self.read().await.expect("an answer");
        assert_eq!(bytes[4..20], request[4..20], "an answer to something else");
        let kind = u16::from_be_bytes([bytes[0], bytes[1]]);
        let attributes = attributes(&bytes);
        let code = (kind & 0x0110 == 0x0110).then(|| {
            let error = attributes.iter().find(|(kind, _)| *kind == ERROR_CODE);
            let value = &error.expect("an error code").1;
            u16::from(value[2]) * 100 + u16::from(value[3])
        });
        Answer { code, attributes }
    }

    /// The next data from a peer.
    pub(crate) async fn arrival(&mut self) -> Arrival {
        let bytes = self.read().await.expect("data");
        let kind = u16::from_be_bytes([bytes[0], bytes[1]]);
        if kind >> 14 == 1 {
            let length = usize::from(u16::from_be_bytes([bytes[2], bytes[3]]));
            return Arrival::Channel {
                number: kind,
                bytes: bytes[4..4 + length].to_vec(),
            };
        }
        assert_eq!(kind, DATA_INDICATION);
        let answer = Answer {
            code: None,
            attributes: attributes(&bytes),
        };
        Arrival::Data {
            peer: answer.address(PEER),
            bytes: answer.get(DATA).unwrap().to_vec(),
        }
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        match &mut self.wire {
            Wire::Udp(socket) => drop(socket.send_to(bytes, self.server).await.unwrap()),
            Wire::Tcp(stream) => stream.write_all(bytes).await.unwrap(),
        }
    }

    /// The next frame; `None` when the server has closed the connection.
    pub(crate) async fn read(&mut self) -> Option<Vec<u8>> {
        let read = async {
            match &mut self.wire {
                Wire::Udp(socket) => {
                    let mut bytes = vec![0; 4096];
                    let length = socket.recv(&mut bytes).await.unwrap();
                    bytes.truncate(length);
                    Some(bytes)
                }
                Wire::Tcp(stream) => {
                    let mut bytes = vec![0; 4];
                    stream.read_exact(&mut bytes).await.ok()?;
                    let length = usize::from(u16::from_be_bytes([bytes[2], bytes[3]]));
                    let rest = if bytes[0] >> 6 == 0 {
                        length + 16
                    } else {
                        length.next_multiple_of(4)
                    };
                    bytes.resize(4 + rest, 0);
                    stream.read_exact(&mut bytes[4..]).await.ok()?;
                    Some(bytes)
                }
            }
        };
        tokio::time::timeout(PATIENCE, read).await.expect("in time")
    }
}

fn attributes(bytes: &[u8]) -> Vec<(u16, Vec<u8>)> {
    let mut found = Vec::new();
    let mut rest = &bytes[20..];
    while let [a, b, c, d, value @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*c, *d]));
        found.push((u16::from_be_bytes([*a, *b]), value[..length].to_vec()));
        rest = &value[length.next_multiple_of(4)..];
    }
    found
}

pub(crate) fn write_address(address: SocketAddr) -> Vec<u8> {
    let IpAddr::V4(ip) = address.ip() else {
        panic!("these tests use IPv4");
    };
    let mut value = vec![0, 1];
    value.extend((address.port() ^ (MAGIC >> 16) as u16).to_be_bytes());
    value.extend((u32::from(ip) ^ MAGIC).to_be_bytes());
    value
}

fn read_address(value: &[u8]) -> SocketAddr {
    assert_eq!((value.len(), value[1]), (8, 1));
    let port = u16::from_be_bytes([value[2], value[3]]) ^ (MAGIC >> 16) as u16;
    let ip = u32::from_be_bytes([value[4], value[5], value[6], value[7]]) ^ MAGIC;
    SocketAddr::new(IpAddr::V4(Ipv4Addr::from(ip)), port)
}

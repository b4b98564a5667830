//! The TURN server on real sockets, over UDP and TCP.

mod client;

use std::net::SocketAddr;

use client::*;
use offhook_proto::limits;
use offhook_proto::relay_connect::IceServer;
use offhook_server::relay::IceServerSource as _;
use offhook_server::turn::{TurnConfig, TurnSecret, TurnServer};
use tokio::net::UdpSocket;

/// A server, and a socket in place of a media port.
struct Place {
    turn: TurnServer,
    media: UdpSocket,
    media_address: SocketAddr,
}

impl Place {
    async fn start() -> Self {
        let media = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let media_address = media.local_addr().unwrap();
        let turn = TurnServer::start(TurnConfig {
            listen: "127.0.0.1:0".parse().unwrap(),
            advertise: [127, 0, 0, 1].into(),
            realm: "offhook".into(),
            secret: TurnSecret::random().unwrap(),
            peers: vec![media_address],
        })
        .await
        .unwrap();
        Self {
            turn,
            media,
            media_address,
        }
    }

    fn credentials(&self, user: &str, ttl_s: u64) -> IceServer {
        self.turn.ice_servers(user, ttl_s).remove(0)
    }

    async fn client(&self, transport: Transport) -> Client {
        let ice = self.credentials("alice", 60);
        Client::connect(transport, self.turn.address(), &ice).await
    }

    /// What arrives at the media port, and from where.
    async fn at_media(&self) -> (Vec<u8>, SocketAddr) {
        let mut bytes = vec![0; 2048];
        let received = tokio::time::timeout(PATIENCE, self.media.recv_from(&mut bytes));
        let (length, from) = received.await.expect("in time").unwrap();
        bytes.truncate(length);
        (bytes, from)
    }
}

/// Waits until nobody has the relayed port any more.
async fn given_back(relayed: SocketAddr) {
    let free = async {
        while UdpSocket::bind(relayed).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    let free = tokio::time::timeout(PATIENCE, free).await;
    free.expect("the relayed port is given back");
}

#[tokio::test]
async fn what_clients_are_told_names_the_server_over_udp_and_tcp() {
    let place = Place::start().await;
    let address = place.turn.address();
    let servers = place.turn.ice_servers("alice", 60);
    assert_eq!(
        servers[0].urls,
        [
            format!("turn:{address}?transport=udp"),
            format!("turn:{address}?transport=tcp")
        ]
    );
    let username = servers[0].username.as_deref().unwrap();
    let (until, user) = username.split_once(':').unwrap();
    assert_eq!(user, "alice");
    let now = offhook_server::clock::now_s();
    assert!((now + 55..=now + 60).contains(&until.parse().unwrap()));
    assert_eq!(servers[1].urls, [format!("stun:{address}")]);
    assert!(servers[1].credential.is_none());
}

#[tokio::test]
async fn a_client_reaches_the_media_port_and_is_reached_over_udp() {
    reaches_and_is_reached(Transport::Udp).await;
}

#[tokio::test]
async fn a_client_reaches_the_media_port_and_is_reached_over_tcp() {
    reaches_and_is_reached(Transport::Tcp).await;
}

async fn reaches_and_is_reached(transport: Transport) {
    let place = Place::start().await;
    let peer = place.media_address;
    let mut client = place.client(transport).await;

    let bytes = client.message(BINDING, &[], false);
    let answer = client.exchange(&bytes).await;
    assert_eq!(
        (answer.code, answer.address(MAPPED)),
        (None, client.local())
    );

    assert_eq!(client.challenge().await.code, Some(401));
    let answer = client.allocate().await;
    assert_eq!(answer.code, None);
    assert_eq!(
        answer.get(LIFETIME).unwrap(),
        limits::TURN_LIFETIME_S.to_be_bytes()
    );
    assert_eq!(answer.address(MAPPED), client.local());
    let relayed = answer.address(RELAYED);
    assert_eq!(relayed.ip(), place.turn.address().ip());

    assert_eq!(client.permit(peer).await.code, None);
    client.send_to(peer, b"hello").await;
    assert_eq!(place.at_media().await, (b"hello".to_vec(), relayed));
    place.media.send_to(b"good day", relayed).await.unwrap();
    let arrived = client.arrival().await;
    let bytes = b"good day".to_vec();
    assert_eq!(arrived, Arrival::Data { peer, bytes });

    // Five bytes: a length that needs padding.
    assert_eq!(client.bind(0x4123, peer).await.code, None);
    client.send_on(0x4123, b"12345").await;
    assert_eq!(place.at_media().await, (b"12345".to_vec(), relayed));
    place.media.send_to(b"67890", relayed).await.unwrap();
    let bytes = b"67890".to_vec();
    assert_eq!(
        client.arrival().await,
        Arrival::Channel {
            number: 0x4123,
            bytes
        }
    );

    let wish = |seconds: u32| [(LIFETIME, seconds.to_be_bytes().to_vec())];
    let answer = client.request(REFRESH, &wish(1_000_000)).await;
    assert_eq!(
        answer.get(LIFETIME).unwrap(),
        limits::TURN_LIFETIME_MAX_S.to_be_bytes()
    );
    let answer = client.request(REFRESH, &wish(0)).await;
    assert_eq!(
        (answer.code, answer.get(LIFETIME).unwrap()),
        (None, &[0; 4][..])
    );
    assert_eq!(client.permit(peer).await.code, Some(437));
    given_back(relayed).await;
    assert_eq!(client.allocate().await.code, None);
}

#[tokio::test]
async fn nothing_but_the_media_ports_is_relayed_to_or_from() {
    let place = Place::start().await;
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let strangers = stranger.local_addr().unwrap();
    for transport in [Transport::Udp, Transport::Tcp] {
        let mut client = place.client(transport).await;
        let relayed = client.allocate().await.address(RELAYED);
        for ip in ["192.0.2.1", "10.0.0.1", "169.254.169.254", "127.0.0.2"] {
            let target = SocketAddr::new(ip.parse().unwrap(), place.media_address.port());
            assert_eq!(client.permit(target).await.code, Some(403), "{ip}");
            assert_eq!(client.bind(0x4000, target).await.code, Some(403), "{ip}");
        }
        // Good and bad in one request: none of it.
        let mixed = [
            (PEER, write_address(place.media_address)),
            (PEER, write_address("192.0.2.1:9".parse().unwrap())),
        ];
        assert_eq!(
            client.request(CREATE_PERMISSION, &mixed).await.code,
            Some(403)
        );
        client
            .send_to(place.media_address, b"without permission")
            .await;
        assert_eq!(client.bind(0x4000, strangers).await.code, Some(403));

        // Permissions are by IP, so another port of this machine can be named; it is not sent to all the same.
        assert_eq!(client.permit(place.media_address).await.code, None);
        client.send_to(strangers, b"to a stranger").await;
        client.send_to(place.media_address, b"after it").await;
        assert_eq!(place.at_media().await, (b"after it".to_vec(), relayed));
        assert!(stranger.try_recv(&mut [0; 32]).is_err());

        stranger.send_to(b"from a stranger", relayed).await.unwrap();
        place.media.send_to(b"from us", relayed).await.unwrap();
        let arrived = client.arrival().await;
        let (peer, bytes) = (place.media_address, b"from us".to_vec());
        assert_eq!(arrived, Arrival::Data { peer, bytes });
    }
}

#[tokio::test]
async fn credentials_that_are_expired_altered_or_anothers_are_refused() {
    let place = Place::start().await;
    for transport in [Transport::Udp, Transport::Tcp] {
        let expired = place.credentials("alice", 0);
        let mut client = Client::connect(transport, place.turn.address(), &expired).await;
        assert_eq!(client.allocate().await.code, Some(401), "expired");

        let mut client = place.client(transport).await;
        client.password.push('x');
        assert_eq!(client.allocate().await.code, Some(401), "wrong password");

        let mut client = place.client(transport).await;
        client.username = format!("9{}", client.username);
        assert_eq!(client.allocate().await.code, Some(401), "a longer life");

        let mut client = place.client(transport).await;
        client.challenge().await;
        client.realm = "elsewhere".into();
        let udp = [(TRANSPORT, UDP.to_vec())];
        assert_eq!(
            client.request(ALLOCATE, &udp).await.code,
            Some(401),
            "realm"
        );

        let mut client = place.client(transport).await;
        client.challenge().await;
        let good = std::mem::replace(&mut client.nonce, "4000000000-AAAAAAAAAAAAAAAA".into());
        let answer = client.request(ALLOCATE, &udp).await;
        assert_eq!(answer.code, Some(438), "a nonce that is not ours");
        assert!(answer.get(NONCE).is_some_and(|nonce| !nonce.is_empty()));
        client.nonce = good;
        assert_eq!(client.request(ALLOCATE, &udp).await.code, None);

        let bob = place.credentials("bob", 60);
        (client.username, client.password) = (bob.username.unwrap(), bob.credential.unwrap());
        assert_eq!(client.permit(place.media_address).await.code, Some(441));
    }
}

#[tokio::test]
async fn requests_that_cannot_be_granted_are_told_why() {
    let place = Place::start().await;
    for transport in [Transport::Udp, Transport::Tcp] {
        let mut client = place.client(transport).await;
        client.challenge().await;
        let udp = (TRANSPORT, UDP.to_vec());
        let over_tcp = (TRANSPORT, vec![6, 0, 0, 0]);
        assert_eq!(client.request(ALLOCATE, &[over_tcp]).await.code, Some(442));
        let ipv6 = (FAMILY, vec![2, 0, 0, 0]);
        assert_eq!(
            client.request(ALLOCATE, &[udp.clone(), ipv6]).await.code,
            Some(440)
        );
        assert_eq!(client.request(ALLOCATE, &[]).await.code, Some(400));
        let even_port = (0x0018, vec![0x80]);
        let answer = client.request(ALLOCATE, &[udp.clone(), even_port]).await;
        assert_eq!(
            (answer.code, answer.get(0x000a)),
            (Some(420), Some(&[0x00, 0x18][..]))
        );
        assert_eq!(client.permit(place.media_address).await.code, Some(437));

        let request = client.message(ALLOCATE, &[udp], true);
        let first = client.exchange(&request).await;
        assert_eq!(first.code, None);
        // The answer was lost: the same request has the same answer, another one is refused.
        assert_eq!(client.exchange(&request).await, first);
        assert_eq!(client.allocate().await.code, Some(437));
        assert_eq!(client.request(CREATE_PERMISSION, &[]).await.code, Some(400));
        assert_eq!(
            client.bind(0x5000, place.media_address).await.code,
            Some(400)
        );
    }
}

#[tokio::test]
async fn a_user_has_so_many_allocations_and_no_more_until_one_is_given_back() {
    let place = Place::start().await;
    let mut clients = Vec::new();
    for _ in 0..limits::TURN_ALLOCATIONS_PER_USER {
        let mut client = place.client(Transport::Udp).await;
        assert_eq!(client.allocate().await.code, None);
        clients.push(client);
    }
    // Other credentials of the same user, as another connection gets them, are no way around it.
    let fresh = place.credentials("alice", 120);
    assert_ne!(fresh.username.as_ref(), Some(&clients[0].username));
    let mut client = Client::connect(Transport::Tcp, place.turn.address(), &fresh).await;
    assert_eq!(client.allocate().await.code, Some(486));
    let nothing = [(LIFETIME, vec![0; 4])];
    assert_eq!(clients[0].request(REFRESH, &nothing).await.code, None);
    assert_eq!(client.allocate().await.code, None);
}

#[tokio::test]
async fn an_allocation_ends_with_its_connection_and_with_the_server() {
    let place = Place::start().await;
    let mut client = place.client(Transport::Tcp).await;
    let relayed = client.allocate().await.address(RELAYED);
    drop(client);
    given_back(relayed).await;

    let mut client = place.client(Transport::Tcp).await;
    client.allocate().await;
    place.turn.shutdown();
    assert_eq!(client.read().await, None);
}

#[tokio::test]
async fn bytes_that_are_no_message_end_a_connection_and_disturb_nobody() {
    let place = Place::start().await;
    let mut bystander = place.client(Transport::Udp).await;
    let relayed = bystander.allocate().await.address(RELAYED);
    bystander.permit(place.media_address).await;

    for garbage in [
        &b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"[..],
        &[0xff; 64],
        &[0x00, 0x01, 0xff, 0xfc, 0, 0, 0, 0],
        &[0x00, 0x01, 0x00, 0x03, 0, 0, 0, 0],
        &[0x40, 0x00, 0xff, 0xff, 0, 0, 0, 0],
    ] {
        let mut client = place.client(Transport::Tcp).await;
        client.write(garbage).await;
        assert_eq!(client.read().await, None, "{garbage:?}");
        let mut client = place.client(Transport::Udp).await;
        client.write(garbage).await;
        client.write(&[]).await;
        // It answers what makes sense afterwards.
        assert_eq!(client.challenge().await.code, Some(401), "{garbage:?}");
    }

    bystander.send_to(place.media_address, b"still here").await;
    assert_eq!(place.at_media().await, (b"still here".to_vec(), relayed));
}

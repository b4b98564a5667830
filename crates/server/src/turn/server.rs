//! The sockets: one for clients over UDP, a listener for clients over TCP, one relayed socket an allocation.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use offhook_proto::limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::TurnConfig;
use super::service::{Service, Step};
use super::stun::{Frame, LONGEST};
use super::table::Client;
use crate::clock::now_s;

/// Frames that may wait for a slow TCP client.
const TCP_QUEUE: usize = 256;
/// How often allocations are looked over.
const SWEEP: Duration = Duration::from_secs(5);
/// How long no connection is taken after one could not be.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Ports tried until one is free for UDP and TCP.
const PORT_TRIES: usize = 16;

/// Opens both sockets on the same port.
pub(super) async fn listen(address: SocketAddr) -> io::Result<(UdpSocket, TcpListener)> {
    let mut failure = None;
    for _ in 0..PORT_TRIES {
        let udp = UdpSocket::bind(address).await?;
        let bound = SocketAddr::new(address.ip(), udp.local_addr()?.port());
        match TcpListener::bind(bound).await {
            Ok(tcp) => return Ok((udp, tcp)),
            Err(error) if address.port() == 0 => failure = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(failure.unwrap_or_else(|| io::Error::other("no port is free for UDP and TCP")))
}

/// What all tasks share. The lock is held for a lookup at a time, never across an await.
pub(super) struct Server {
    udp: UdpSocket,
    advertise: IpAddr,
    state: Mutex<State>,
    stop: CancellationToken,
}

struct State {
    service: Service,
    relays: HashMap<Client, Relay>,
    connections: u64,
    /// TCP clients' ways out.
    outgoing: HashMap<Client, mpsc::Sender<Vec<u8>>>,
}

struct Relay {
    socket: Arc<UdpSocket>,
    stop: CancellationToken,
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Server {
    pub(super) fn new(udp: UdpSocket, config: TurnConfig, stop: CancellationToken) -> Self {
        Self {
            udp,
            advertise: config.advertise,
            state: Mutex::new(State {
                service: Service::new(config),
                relays: HashMap::new(),
                connections: 0,
                outgoing: HashMap::new(),
            }),
            stop,
        }
    }

    pub(super) async fn run(self: Arc<Self>, tcp: TcpListener) {
        tokio::spawn(Arc::clone(&self).accept(tcp));
        let mut sweep = tokio::time::interval(SWEEP);
        let mut datagram = [0; LONGEST];
        loop {
            tokio::select! {
                () = self.stop.cancelled() => break,
                _ = sweep.tick() => self.sweep(),
                received = self.udp.recv_from(&mut datagram) => match received {
                    Ok((length, address)) => {
                        let client = Client { address, connection: 0 };
                        if let Some(bytes) = datagram.get(..length) {
                            self.take(client, bytes).await;
                        }
                    }
                    // A client that went away answers with ICMP; that concerns nobody else.
                    Err(error) => tracing::debug!(%error, "TURN datagram"),
                },
            }
        }
        self.state().relays.clear();
        self.state().outgoing.clear();
    }

    /// Takes clients over TCP; those beyond the limits are closed at once.
    async fn accept(self: Arc<Self>, tcp: TcpListener) {
        loop {
            let accepted = tokio::select! {
                () = self.stop.cancelled() => return,
                accepted = tcp.accept() => accepted,
            };
            let (stream, address) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Mostly no file descriptor is left: another try at once would only burn the processor.
                    tracing::warn!(%error, "TURN cannot take a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            if let Some((client, outgoing)) = self.admit(address) {
                tokio::spawn(Arc::clone(&self).converse(client, stream, outgoing));
            }
        }
    }

    fn admit(&self, address: SocketAddr) -> Option<(Client, mpsc::Receiver<Vec<u8>>)> {
        let mut state = self.state();
        let of_this_ip = state
            .outgoing
            .keys()
            .filter(|other| other.address.ip() == address.ip());
        if state.outgoing.len() >= limits::TURN_CONNECTIONS
            || of_this_ip.count() >= limits::TURN_CONNECTIONS_PER_IP
        {
            tracing::debug!(ip = %address.ip(), "TURN has too many connections");
            return None;
        }
        let (queue, outgoing) = mpsc::channel(TCP_QUEUE);
        state.connections += 1;
        let client = Client {
            address,
            connection: state.connections,
        };
        state.outgoing.insert(client, queue);
        Some((client, outgoing))
    }

    /// A panic in another task cannot leave the state half-changed: no change to it spans a call that can panic.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sweep(&self) {
        let mut state = self.state();
        for client in state.service.table.expire(now_s()) {
            state.relays.remove(&client);
        }
    }

    /// Takes one frame of a client.
    async fn take(self: &Arc<Self>, client: Client, bytes: &[u8]) {
        let Some(start) = bytes.first_chunk::<4>() else {
            return;
        };
        let step = match Frame::read(*start) {
            Some(Frame::Message { bytes: length }) if length == bytes.len() => {
                self.state().service.message(client, bytes, now_s())
            }
            Some(Frame::Channel { number, bytes: end }) => match bytes.get(4..end) {
                Some(data) => self.state().service.channel(client, number, data, now_s()),
                None => return,
            },
            _ => return,
        };
        match step {
            Step::Nothing => {}
            Step::Reply(reply) => self.send(client, reply),
            Step::Release(reply) => {
                self.state().relays.remove(&client);
                self.send(client, reply);
            }
            Step::Send { peer, data } => {
                let relay = self
                    .state()
                    .relays
                    .get(&client)
                    .map(|relay| Arc::clone(&relay.socket));
                if let Some(relay) = relay {
                    // Media that cannot go now is of no use later.
                    let _ = relay.try_send_to(&data, peer);
                }
            }
            Step::Allocate(asked) => {
                let socket = UdpSocket::bind((self.advertise, 0))
                    .await
                    .ok()
                    .map(Arc::new);
                let relayed = socket.as_ref().and_then(|socket| socket.local_addr().ok());
                let reply = {
                    let mut state = self.state();
                    let (stands, reply) = state.service.allocated(client, &asked, relayed, now_s());
                    if let Some(socket) = socket.filter(|_| stands) {
                        let stop = self.stop.child_token();
                        tokio::spawn(Arc::clone(self).relay(
                            client,
                            Arc::clone(&socket),
                            stop.clone(),
                        ));
                        state.relays.insert(client, Relay { socket, stop });
                    }
                    reply
                };
                self.send(client, reply);
            }
        }
    }

    /// Carries what peers send to the client.
    async fn relay(
        self: Arc<Self>,
        client: Client,
        socket: Arc<UdpSocket>,
        stop: CancellationToken,
    ) {
        let mut datagram = [0; LONGEST];
        loop {
            let received = tokio::select! {
                () = stop.cancelled() => return,
                received = socket.recv_from(&mut datagram) => received,
            };
            let Ok((length, peer)) = received else {
                continue;
            };
            let Some(data) = datagram.get(..length) else {
                continue;
            };
            let bytes = self.state().service.peer_data(client, peer, data, now_s());
            if let Some(bytes) = bytes {
                self.send(client, bytes);
            }
        }
    }

    fn send(&self, client: Client, bytes: Vec<u8>) {
        if client.connection == 0 {
            let _ = self.udp.try_send_to(&bytes, client.address);
        } else if let Some(outgoing) = self.state().outgoing.get(&client) {
            let _ = outgoing.try_send(bytes);
        }
    }

    /// A client over TCP.
    async fn converse(
        self: Arc<Self>,
        client: Client,
        stream: TcpStream,
        mut outgoing: mpsc::Receiver<Vec<u8>>,
    ) {
        let _ = stream.set_nodelay(true);
        let (mut reader, mut writer) = stream.into_split();
        let write = async {
            while let Some(bytes) = outgoing.recv().await {
                if writer.write_all(&bytes).await.is_err() {
                    break;
                }
            }
        };
        let read = async {
            while let Some(frame) = self.read(client, &mut reader).await {
                self.take(client, &frame).await;
            }
        };
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = write => {}
            () = read => {}
        }
        let mut state = self.state();
        state.service.table.remove(client);
        state.relays.remove(&client);
        state.outgoing.remove(&client);
    }

    /// The next frame; `None` when the connection ends, says nothing that belongs here, or has nothing to say.
    async fn read(
        &self,
        client: Client,
        reader: &mut (impl AsyncReadExt + Unpin),
    ) -> Option<Vec<u8>> {
        let has_allocation = self.state().relays.contains_key(&client);
        let patience = if has_allocation {
            Duration::from_secs(u64::from(limits::TURN_LIFETIME_MAX_S))
        } else {
            Duration::from_millis(limits::TURN_IDLE_MS)
        };
        let frame = async {
            let mut start = [0; 4];
            reader.read_exact(&mut start).await.ok()?;
            let frame = Frame::read(start)?;
            // Frames are padded to four bytes on a stream (RFC 8656, 12.5).
            let mut bytes = vec![0; frame.bytes().next_multiple_of(4)];
            bytes[..4].copy_from_slice(&start);
            reader.read_exact(&mut bytes[4..]).await.ok()?;
            bytes.truncate(frame.bytes());
            Some(bytes)
        };
        tokio::time::timeout(patience, frame).await.ok().flatten()
    }
}

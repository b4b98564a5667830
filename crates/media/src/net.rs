//! UDP sockets of media threads.

use std::io;
use std::net::{IpAddr, SocketAddr};

use mio::net::UdpSocket;
use mio::{Interest, Registry, Token};

use crate::error::MediaError;

/// Kernel buffer asked for, each way: a burst of some hundred legs while the thread mixes.
const SOCKET_BUFFER: usize = 2 * 1024 * 1024;
/// Interface addresses used at most.
const MAX_ADDRESSES: usize = 8;
/// Longest datagram read; longer ones are cut and thereby refused.
pub(crate) const MAX_DATAGRAM: usize = 2048;

/// A bound socket and the address by which peers know it.
#[derive(Debug)]
pub(crate) struct MediaSocket {
    inner: UdpSocket,
    /// What the engine takes for the local address: the first of the advertised ones.
    pub(crate) address: SocketAddr,
    /// Other addresses that lead here (through a NAT).
    pub(crate) aliases: Vec<SocketAddr>,
}

impl MediaSocket {
    /// Binds and registers; `advertise` replaces the bound IP in what peers are told.
    pub(crate) fn bind(
        listen: SocketAddr,
        advertise: &[IpAddr],
        registry: &Registry,
        token: Token,
    ) -> Result<Self, MediaError> {
        let failed = |source| MediaError::Socket {
            address: listen,
            source,
        };
        let socket = socket2::Socket::new(
            socket2::Domain::for_address(listen),
            socket2::Type::DGRAM,
            Some(socket2::Protocol::UDP),
        )
        .map_err(failed)?;
        socket.set_nonblocking(true).map_err(failed)?;
        // The system may grant less; that is no failure.
        let _ = socket.set_recv_buffer_size(SOCKET_BUFFER);
        let _ = socket.set_send_buffer_size(SOCKET_BUFFER);
        socket.bind(&listen.into()).map_err(failed)?;
        let mut inner = UdpSocket::from_std(socket.into());
        let local = inner.local_addr().map_err(failed)?;
        registry.register(&mut inner, token, Interest::READABLE)?;
        let mut addresses = advertise
            .iter()
            .map(|&ip| SocketAddr::new(ip, local.port()))
            .collect::<Vec<_>>();
        if addresses.is_empty() {
            addresses.push(local);
        }
        let address = addresses.remove(0);
        Ok(MediaSocket {
            inner,
            address,
            aliases: addresses,
        })
    }

    /// The next datagram; `None` when there is none now.
    pub(crate) fn receive(&self, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
        loop {
            match self.inner.recv_from(buffer) {
                Ok(received) => return Some(received),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
                Err(error) => {
                    // Errors of earlier sends may surface here; they say nothing of the socket.
                    tracing::trace!(%error, "media socket receive");
                    return None;
                }
            }
        }
    }

    /// Sends or drops: a full buffer is a loss like any other on the way.
    pub(crate) fn send(&self, datagram: &[u8], to: SocketAddr) -> bool {
        match self.inner.send_to(datagram, to) {
            Ok(_) => true,
            Err(error) => {
                tracing::trace!(%error, %to, "media socket send");
                false
            }
        }
    }
}

/// Addresses of this machine that peers may reach, loopback last; without loopback when `loopback` is false and there
/// is any other.
pub(crate) fn interface_addresses(loopback: bool) -> Result<Vec<IpAddr>, MediaError> {
    let mut addresses: Vec<IpAddr> = if_addrs::get_if_addrs()?
        .into_iter()
        .map(|interface| interface.ip())
        .filter(|ip| match ip {
            IpAddr::V4(v4) => !v4.is_link_local() && !v4.is_unspecified(),
            // Link-local addresses need a scope, which a candidate cannot say.
            IpAddr::V6(v6) => !v6.is_unicast_link_local() && !v6.is_unspecified(),
        })
        .collect();
    addresses.sort_by_key(|ip| (ip.is_loopback(), ip.is_ipv6()));
    addresses.dedup();
    if !loopback && addresses.first().is_some_and(|ip| !ip.is_loopback()) {
        addresses.retain(|ip| !ip.is_loopback());
    }
    if loopback && addresses.len() > MAX_ADDRESSES {
        addresses.drain(MAX_ADDRESSES - 2..addresses.len() - 2);
    }
    addresses.truncate(MAX_ADDRESSES);
    Ok(addresses)
}

//! Which sockets a worker listens on.

use std::net::{IpAddr, SocketAddr};

use mio::{Poll, Token};

use super::MediaConfig;
use crate::error::MediaError;
use crate::net::{MediaSocket, interface_addresses};

/// One socket, or one for each interface when the listen address is unspecified and nothing else is advertised: an
/// answer must come from the address that was asked.
pub(super) fn open_sockets(
    index: usize,
    config: &MediaConfig,
    poll: &Poll,
) -> Result<Vec<MediaSocket>, MediaError> {
    let mut listen = config.listen;
    if listen.port() != 0 {
        let port = u16::try_from(index)
            .ok()
            .and_then(|index| listen.port().checked_add(index));
        let port = port.ok_or_else(|| {
            MediaError::Config(format!(
                "no ports for {} workers from {listen} on",
                config.workers
            ))
        })?;
        listen.set_port(port);
    }
    if !listen.ip().is_unspecified() || !config.advertise.is_empty() {
        return Ok(vec![MediaSocket::bind(
            listen,
            &config.advertise,
            poll.registry(),
            Token(0),
        )?]);
    }
    let v6 = listen.is_ipv6();
    let same_family = |ip: &IpAddr| ip.is_ipv4() || v6;
    let mut sockets = Vec::new();
    for ip in interface_addresses(false)?.into_iter().filter(same_family) {
        let address = SocketAddr::new(ip, listen.port());
        let socket = MediaSocket::bind(address, &[], poll.registry(), Token(sockets.len()))?;
        if listen.port() == 0 {
            // All of a worker's sockets share one port, once the system has chosen it.
            listen.set_port(socket.address.port());
        }
        sockets.push(socket);
    }
    if sockets.is_empty() {
        return Err(MediaError::Config(
            "no interface has an address to listen on".into(),
        ));
    }
    Ok(sockets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(listen: &str, advertise: &[&str]) -> MediaConfig {
        MediaConfig {
            listen: listen.parse().expect("an address"),
            advertise: advertise
                .iter()
                .map(|ip| ip.parse().expect("an IP"))
                .collect(),
            workers: 2,
        }
    }

    #[test]
    fn what_is_advertised_stands_for_what_is_bound() {
        let poll = Poll::new().expect("a poll");
        let config = config("127.0.0.1:0", &["203.0.113.7", "198.51.100.9"]);
        let sockets = open_sockets(0, &config, &poll).expect("a socket");
        assert_eq!(sockets.len(), 1);
        let port = sockets[0].address.port();
        assert_eq!(
            sockets[0].address,
            SocketAddr::from(([203, 0, 113, 7], port))
        );
        assert_eq!(
            sockets[0].aliases,
            [SocketAddr::from(([198, 51, 100, 9], port))]
        );
    }

    #[test]
    fn an_unspecified_address_means_every_interface_at_one_port() {
        let poll = Poll::new().expect("a poll");
        let sockets = open_sockets(0, &config("0.0.0.0:0", &[]), &poll).expect("sockets");
        let port = sockets[0].address.port();
        assert!(
            sockets
                .iter()
                .all(|s| s.address.port() == port && !s.address.ip().is_unspecified())
        );
    }

    #[test]
    fn a_taken_port_is_named_in_the_error() {
        let poll = Poll::new().expect("a poll");
        let taken = open_sockets(0, &config("127.0.0.1:0", &[]), &poll).expect("a socket");
        let listen = taken[0].address.to_string();
        let error = open_sockets(0, &config(&listen, &[]), &poll).expect_err("the port is taken");
        assert!(error.to_string().contains(&listen), "{error}");
        let beyond = open_sockets(1, &config("127.0.0.1:65535", &[]), &poll);
        assert!(matches!(beyond, Err(MediaError::Config(_))));
    }
}

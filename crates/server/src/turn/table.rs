//! Allocations: who may relay to whom, and until when. Knows no socket and no clock.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use offhook_proto::limits;

/// Names a client's transport: its address, and for TCP the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Client {
    pub(super) address: SocketAddr,
    /// 0 for UDP.
    pub(super) connection: u64,
}

/// Why something is not granted: the code and reason of the answer (RFC 8656, section 18).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal(pub(super) u16, pub(super) &'static str);

impl Refusal {
    pub(super) const BAD_REQUEST: Self = Self(400, "Bad Request");
    pub(super) const FORBIDDEN: Self = Self(403, "Forbidden");
    pub(super) const MISMATCH: Self = Self(437, "Allocation Mismatch");
    pub(super) const WRONG_CREDENTIALS: Self = Self(441, "Wrong Credentials");
    pub(super) const QUOTA: Self = Self(486, "Allocation Quota Reached");
    pub(super) const CAPACITY: Self = Self(508, "Insufficient Capacity");
}

struct Allocation {
    user: String,
    expires_s: u64,
    /// Peer IPs with the end of their permission.
    permissions: HashMap<IpAddr, u64>,
    channels: HashMap<u16, (SocketAddr, u64)>,
    /// Bytes that may still be relayed, and when that was counted.
    budget: (u64, u64),
    /// The request it was made by and the answer to that, for when the answer is lost and the request comes again.
    made_by: ([u8; 12], Vec<u8>),
}

/// All allocations of a server. Times are seconds since 1970.
pub(super) struct Table {
    /// The only addresses that may be relayed to.
    peers: Vec<SocketAddr>,
    allocations: HashMap<Client, Allocation>,
}

impl Table {
    pub(super) fn new(peers: Vec<SocketAddr>) -> Self {
        Self {
            peers,
            allocations: HashMap::new(),
        }
    }

    pub(super) fn is_peer(&self, address: SocketAddr) -> bool {
        self.peers.contains(&address)
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.allocations.len()
    }

    /// Whether the client may have an allocation of its own now.
    pub(super) fn may_allocate(&self, client: Client, user: &str) -> Result<(), Refusal> {
        if self.allocations.contains_key(&client) {
            return Err(Refusal::MISMATCH);
        }
        let count = |of: &dyn Fn(&Client, &Allocation) -> bool| {
            self.allocations
                .iter()
                .filter(|(client, allocation)| of(client, allocation))
                .count()
        };
        if count(&|_, allocation| allocation.user == user) >= limits::TURN_ALLOCATIONS_PER_USER
            || count(&|other, _| other.address.ip() == client.address.ip())
                >= limits::TURN_ALLOCATIONS_PER_IP
        {
            return Err(Refusal::QUOTA);
        }
        if self.allocations.len() >= limits::TURN_ALLOCATIONS {
            return Err(Refusal::CAPACITY);
        }
        Ok(())
    }

    /// Makes it; the life that was granted, seconds.
    pub(super) fn allocate(
        &mut self,
        client: Client,
        user: &str,
        wished_s: Option<u32>,
        now_s: u64,
    ) -> u32 {
        let life = granted(wished_s);
        let allocation = Allocation {
            user: user.to_owned(),
            expires_s: now_s + u64::from(life),
            permissions: HashMap::new(),
            channels: HashMap::new(),
            budget: (limits::TURN_BYTES_PER_SECOND, now_s),
            made_by: ([0; 12], Vec::new()),
        };
        self.allocations.insert(client, allocation);
        life
    }

    /// Keeps the answer that told the client of its allocation.
    pub(super) fn told(&mut self, client: Client, transaction: [u8; 12], answer: &[u8]) {
        if let Some(allocation) = self.allocations.get_mut(&client) {
            allocation.made_by = (transaction, answer.to_vec());
        }
    }

    /// The answer once more, if this is the request that made the allocation (RFC 8656, 7.2).
    pub(super) fn told_before(
        &self,
        client: Client,
        user: &str,
        transaction: [u8; 12],
    ) -> Option<Vec<u8>> {
        let allocation = self.allocations.get(&client)?;
        let (made_by, answer) = &allocation.made_by;
        (allocation.user == user && *made_by == transaction && !answer.is_empty())
            .then(|| answer.clone())
    }

    /// Prolongs an allocation, or ends it when 0 is wished; the life that was granted.
    pub(super) fn refresh(
        &mut self,
        client: Client,
        user: &str,
        wished_s: Option<u32>,
        now_s: u64,
    ) -> Result<u32, Refusal> {
        let allocation = self.owned(client, user)?;
        if wished_s == Some(0) {
            self.allocations.remove(&client);
            return Ok(0);
        }
        let life = granted(wished_s);
        allocation.expires_s = now_s + u64::from(life);
        Ok(life)
    }

    /// Lets these peers send to the client.
    pub(super) fn permit(
        &mut self,
        client: Client,
        user: &str,
        peers: &[SocketAddr],
        now_s: u64,
    ) -> Result<(), Refusal> {
        let allowed = |peer: &SocketAddr| self.peers.iter().any(|own| own.ip() == peer.ip());
        if !peers.iter().all(allowed) {
            return Err(Refusal::FORBIDDEN);
        }
        let allocation = self.owned(client, user)?;
        for peer in peers {
            allocation
                .permissions
                .insert(peer.ip(), now_s + limits::TURN_PERMISSION_S);
        }
        Ok(())
    }

    /// Gives a peer a channel, and permission.
    pub(super) fn bind(
        &mut self,
        client: Client,
        user: &str,
        number: u16,
        peer: SocketAddr,
        now_s: u64,
    ) -> Result<(), Refusal> {
        if !self.is_peer(peer) {
            return Err(Refusal::FORBIDDEN);
        }
        let allocation = self.owned(client, user)?;
        let taken = allocation.channels.iter().any(|(other, (bound, until))| {
            *until > now_s && ((*other == number) != (*bound == peer))
        });
        if !(0x4000..=0x4fff).contains(&number) || taken {
            return Err(Refusal::BAD_REQUEST);
        }
        allocation
            .channels
            .insert(number, (peer, now_s + limits::TURN_CHANNEL_S));
        allocation
            .permissions
            .insert(peer.ip(), now_s + limits::TURN_PERMISSION_S);
        Ok(())
    }

    /// Whether the client's bytes may go to the peer.
    pub(super) fn may_send(
        &mut self,
        client: Client,
        peer: SocketAddr,
        bytes: usize,
        now_s: u64,
    ) -> bool {
        let known = self.is_peer(peer);
        let Some(allocation) = self.allocations.get_mut(&client) else {
            return false;
        };
        known && allocation.permits(peer, now_s) && allocation.spend(bytes, now_s)
    }

    /// The peer of a channel.
    pub(super) fn channel(&self, client: Client, number: u16, now_s: u64) -> Option<SocketAddr> {
        let (peer, until) = self.allocations.get(&client)?.channels.get(&number)?;
        (*until > now_s).then_some(*peer)
    }

    /// How a peer's bytes reach the client: `None` not at all, else by which channel, if there is one.
    pub(super) fn may_receive(
        &mut self,
        client: Client,
        peer: SocketAddr,
        bytes: usize,
        now_s: u64,
    ) -> Option<Option<u16>> {
        if !self.is_peer(peer) {
            return None;
        }
        let allocation = self.allocations.get_mut(&client)?;
        if !allocation.permits(peer, now_s) || !allocation.spend(bytes, now_s) {
            return None;
        }
        let mut channels = allocation.channels.iter();
        let channel = channels.find(|(_, (bound, until))| *bound == peer && *until > now_s);
        Some(channel.map(|(number, _)| *number))
    }

    /// Ends the allocations whose time is up.
    pub(super) fn expire(&mut self, now_s: u64) -> Vec<Client> {
        let over = self
            .allocations
            .extract_if(|_, allocation| allocation.expires_s <= now_s);
        over.map(|(client, _)| client).collect()
    }

    pub(super) fn remove(&mut self, client: Client) {
        self.allocations.remove(&client);
    }

    fn owned(&mut self, client: Client, user: &str) -> Result<&mut Allocation, Refusal> {
        let allocation = self.allocations.get_mut(&client).ok_or(Refusal::MISMATCH)?;
        if allocation.user == user {
            Ok(allocation)
        } else {
            Err(Refusal::WRONG_CREDENTIALS)
        }
    }
}

impl Allocation {
    fn permits(&self, peer: SocketAddr, now_s: u64) -> bool {
        self.expires_s > now_s
            && self
                .permissions
                .get(&peer.ip())
                .is_some_and(|until| *until > now_s)
    }

    /// Takes bytes from what may be relayed a second.
    fn spend(&mut self, bytes: usize, now_s: u64) -> bool {
        if self.budget.1 != now_s {
            self.budget = (limits::TURN_BYTES_PER_SECOND, now_s);
        }
        match self.budget.0.checked_sub(bytes as u64) {
            Some(left) => {
                self.budget.0 = left;
                true
            }
            None => false,
        }
    }
}

fn granted(wished_s: Option<u32>) -> u32 {
    wished_s
        .unwrap_or(0)
        .clamp(limits::TURN_LIFETIME_S, limits::TURN_LIFETIME_MAX_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: Client = Client {
        address: SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 5),
        connection: 0,
    };

    fn peer() -> SocketAddr {
        "127.0.0.1:9".parse().unwrap()
    }

    fn table() -> Table {
        let mut table = Table::new(vec![peer()]);
        assert_eq!(table.may_allocate(CLIENT, "a"), Ok(()));
        assert_eq!(
            table.allocate(CLIENT, "a", None, 100),
            limits::TURN_LIFETIME_S
        );
        table
    }

    #[test]
    fn only_our_own_addresses_are_relayed_to() {
        let mut table = table();
        let stranger = "192.0.2.1:9".parse().unwrap();
        assert_eq!(
            table.permit(CLIENT, "a", &[stranger], 100),
            Err(Refusal::FORBIDDEN)
        );
        assert_eq!(
            table.bind(CLIENT, "a", 0x4000, "127.0.0.1:22".parse().unwrap(), 100),
            Err(Refusal::FORBIDDEN)
        );
        assert_eq!(table.permit(CLIENT, "a", &[peer()], 100), Ok(()));
        assert!(table.may_send(CLIENT, peer(), 10, 101));
        // The permission is by IP, as the protocol has it; the port still has to be ours.
        assert!(!table.may_send(CLIENT, "127.0.0.1:22".parse().unwrap(), 10, 101));
    }

    #[test]
    fn permissions_channels_and_allocations_end() {
        let mut table = table();
        table.bind(CLIENT, "a", 0x4001, peer(), 100).unwrap();
        assert_eq!(table.channel(CLIENT, 0x4001, 101), Some(peer()));
        assert!(!table.may_send(CLIENT, peer(), 1, 100 + limits::TURN_PERMISSION_S));
        assert_eq!(
            table.channel(CLIENT, 0x4001, 100 + limits::TURN_CHANNEL_S),
            None
        );
        assert_eq!(
            table.expire(100 + u64::from(limits::TURN_LIFETIME_S)),
            [CLIENT]
        );
        assert_eq!(table.len(), 0);
    }

    #[test]
    fn an_allocation_is_its_users_only() {
        let mut table = table();
        assert_eq!(table.may_allocate(CLIENT, "a"), Err(Refusal::MISMATCH));
        assert_eq!(
            table.refresh(CLIENT, "b", None, 100),
            Err(Refusal::WRONG_CREDENTIALS)
        );
        assert_eq!(table.refresh(CLIENT, "a", Some(0), 100), Ok(0));
        assert_eq!(
            table.refresh(CLIENT, "a", None, 100),
            Err(Refusal::MISMATCH)
        );
    }

    #[test]
    fn a_channel_has_one_peer_and_a_peer_one_channel() {
        let other: SocketAddr = "127.0.0.1:10".parse().unwrap();
        let mut table = Table::new(vec![peer(), other]);
        table.allocate(CLIENT, "a", None, 100);
        assert_eq!(
            table.bind(CLIENT, "a", 0x3fff, peer(), 100),
            Err(Refusal::BAD_REQUEST)
        );
        assert_eq!(table.bind(CLIENT, "a", 0x4000, peer(), 100), Ok(()));
        assert_eq!(table.bind(CLIENT, "a", 0x4000, peer(), 110), Ok(()));
        assert_eq!(
            table.bind(CLIENT, "a", 0x4000, other, 110),
            Err(Refusal::BAD_REQUEST)
        );
        assert_eq!(
            table.bind(CLIENT, "a", 0x4001, peer(), 110),
            Err(Refusal::BAD_REQUEST)
        );
    }

    #[test]
    fn numbers_and_bytes_are_limited() {
        let mut table = table();
        for port in 100.. {
            let client = Client {
                address: SocketAddr::new(CLIENT.address.ip(), port),
                connection: 0,
            };
            if table.may_allocate(client, "a").is_err() {
                break;
            }
            table.allocate(client, "a", None, 100);
        }
        assert_eq!(table.len(), limits::TURN_ALLOCATIONS_PER_USER);
        table.permit(CLIENT, "a", &[peer()], 100).unwrap();
        let all = limits::TURN_BYTES_PER_SECOND as usize;
        assert!(table.may_send(CLIENT, peer(), all, 100));
        assert!(!table.may_send(CLIENT, peer(), 1, 100));
        assert!(table.may_send(CLIENT, peer(), 1, 101));
    }
}

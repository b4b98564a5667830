//! How long a refused socket is kept open (wire-protocol.md 3.6): the official client comes back 50 to 100 ms after a
//! close, for ever, so a close is the wrong answer to somebody who cannot be let in.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Longest time a refused socket is kept.
const LONGEST: Duration = Duration::from_secs(60);
/// Who has not been refused for so long starts anew.
const FORGIVEN_AFTER: Duration = Duration::from_secs(600);
/// Addresses remembered.
const ADDRESSES: usize = 4096;

/// Recent refusals by address.
#[derive(Default)]
pub(crate) struct Refusals {
    by_address: HashMap<IpAddr, Refused>,
}

struct Refused {
    times: u32,
    last: Instant,
}

impl Refusals {
    /// Counts a refusal and says how long the socket stays open: `base`, doubled for each earlier one.
    pub(crate) fn linger(&mut self, now: Instant, address: IpAddr, base: Duration) -> Duration {
        if self.by_address.len() >= ADDRESSES {
            self.by_address
                .retain(|_, r| now.duration_since(r.last) < FORGIVEN_AFTER);
        }
        if self.by_address.len() >= ADDRESSES {
            // A flood from many addresses: none of them is worth remembering.
            self.by_address.clear();
        }
        let refused = self.by_address.entry(network(address)).or_insert(Refused {
            times: 0,
            last: now,
        });
        if now.duration_since(refused.last) >= FORGIVEN_AFTER {
            refused.times = 0;
        }
        let linger = base
            .saturating_mul(1 << refused.times.min(16))
            .min(LONGEST.max(base));
        refused.times += 1;
        refused.last = now;
        linger
    }
}

/// What an attacker cannot change at will: an IPv4 address, the /64 of an IPv6 one.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: Duration = Duration::from_secs(5);

    #[test]
    fn lingering_doubles_per_address_up_to_a_minute_and_is_forgiven() {
        let mut refusals = Refusals::default();
        let now = Instant::now();
        let a: IpAddr = "192.0.2.1".parse().unwrap();
        let seconds: Vec<u64> = (0..6)
            .map(|_| refusals.linger(now, a, BASE).as_secs())
            .collect();
        assert_eq!(seconds, [5, 10, 20, 40, 60, 60]);
        assert_eq!(
            refusals.linger(now, "192.0.2.2".parse().unwrap(), BASE),
            BASE
        );
        assert_eq!(refusals.linger(now + FORGIVEN_AFTER, a, BASE), BASE);
    }

    #[test]
    fn one_ipv6_network_counts_as_one() {
        let mut refusals = Refusals::default();
        let now = Instant::now();
        refusals.linger(now, "2001:db8::1".parse().unwrap(), BASE);
        assert_eq!(
            refusals.linger(now, "2001:db8::ffff:2".parse().unwrap(), BASE),
            BASE * 2
        );
        assert_eq!(
            refusals.linger(now, "2001:db8:1::1".parse().unwrap(), BASE),
            BASE
        );
    }

    #[test]
    fn memory_is_bounded() {
        let mut refusals = Refusals::default();
        let now = Instant::now();
        for i in 0..3 * ADDRESSES as u32 {
            refusals.linger(now, IpAddr::from(i.to_be_bytes()), BASE);
        }
        assert!(refusals.by_address.len() <= ADDRESSES);
    }
}

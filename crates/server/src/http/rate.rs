//! How often somebody may ask for what is costly or guessable.
//!
//! One time stamp a caller (the generic cell rate algorithm): when the caller's next request would be on schedule.
//! The number of callers remembered is bounded; beyond it all new ones share one schedule, so that a flood of
//! addresses slows the flood and not the server.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hash};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Callers remembered by one limiter: 24 bytes each.
const MOST_CALLERS: usize = 16_384;
/// A full memory is looked through for those who can be forgotten that often and no more.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// A limit of so many requests a minute for each caller; as many may come at once.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    /// `None`: no limit.
    interval: Option<Duration>,
    burst: u32,
    hasher: RandomState,
    schedule: Mutex<Schedule>,
}

#[derive(Debug, Default)]
struct Schedule {
    /// By hash of the caller: when the next request is due.
    due: HashMap<u64, Instant>,
    next_sweep: Option<Instant>,
}

impl RateLimiter {
    /// 0 is no limit.
    pub(crate) fn per_minute(requests: u32) -> Self {
        Self {
            interval: Duration::from_secs(60).checked_div(requests),
            burst: requests,
            hasher: RandomState::new(),
            schedule: Mutex::default(),
        }
    }

    /// Counts one request of the caller, or says how long to wait.
    pub(crate) fn check(&self, caller: impl Hash, now: Instant) -> Result<(), Duration> {
        let Some(interval) = self.interval else {
            return Ok(());
        };
        let slack = interval * self.burst.saturating_sub(1);
        let mut caller = self.hasher.hash_one(caller);
        let mut schedule = self.schedule.lock().unwrap_or_else(PoisonError::into_inner);
        if schedule.is_full() && !schedule.due.contains_key(&caller) {
            schedule.sweep(now);
            if schedule.is_full() {
                caller = 0;
            }
        }
        let due = schedule.due.get(&caller).copied().unwrap_or(now).max(now);
        let early = due.duration_since(now);
        if early > slack {
            return Err(early - slack);
        }
        schedule.due.insert(caller, due + interval);
        Ok(())
    }
}

impl Schedule {
    fn is_full(&self) -> bool {
        self.due.len() >= MOST_CALLERS
    }

    /// Forgets those who are on schedule: they owe nothing.
    fn sweep(&mut self, now: Instant) {
        if self.next_sweep.is_none_or(|next| next <= now) {
            self.due.retain(|_, due| *due > now);
            self.next_sweep = Some(now + SWEEP_INTERVAL);
        }
    }
}

/// What of an address cannot be changed at will: all of an IPv4 address, the network of an IPv6 address.
pub(crate) fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_and_then_one_an_interval() {
        let limiter = RateLimiter::per_minute(6);
        let start = Instant::now();
        for _ in 0..6 {
            assert_eq!(limiter.check("a", start), Ok(()));
        }
        assert_eq!(limiter.check("a", start), Err(Duration::from_secs(10)));
        assert_eq!(limiter.check("b", start), Ok(()));
        let later = start + Duration::from_secs(10);
        assert_eq!(limiter.check("a", later), Ok(()));
        assert_eq!(limiter.check("a", later), Err(Duration::from_secs(10)));
    }

    #[test]
    fn refused_requests_do_not_lengthen_the_wait() {
        let limiter = RateLimiter::per_minute(1);
        let start = Instant::now();
        assert_eq!(limiter.check("a", start), Ok(()));
        for _ in 0..100 {
            assert!(limiter.check("a", start).is_err());
        }
        assert_eq!(limiter.check("a", start + Duration::from_secs(60)), Ok(()));
    }

    #[test]
    fn memory_is_bounded_under_a_flood_of_callers_who_then_share() {
        let limiter = RateLimiter::per_minute(60);
        let now = Instant::now();
        let admitted = (0..100_000_u32)
            .filter(|caller| limiter.check(caller, now).is_ok())
            .count();
        assert!(limiter.schedule.lock().unwrap().due.len() <= MOST_CALLERS + 1);
        assert!(admitted <= MOST_CALLERS + 60, "{admitted}");
    }

    #[test]
    fn those_who_are_on_schedule_are_forgotten_first() {
        let limiter = RateLimiter::per_minute(60);
        let now = Instant::now();
        for caller in 0..MOST_CALLERS {
            limiter.check(caller, now).unwrap();
        }
        let later = now + Duration::from_secs(5);
        for _ in 0..60 {
            assert!(limiter.check("new", later).is_ok());
        }
        assert!(limiter.check("new", later).is_err());
        assert_eq!(limiter.schedule.lock().unwrap().due.len(), 1);
    }

    #[test]
    fn zero_is_no_limit() {
        let limiter = RateLimiter::per_minute(0);
        let now = Instant::now();
        assert!((0..1_000).all(|_| limiter.check("a", now).is_ok()));
    }

    #[test]
    fn an_ipv6_caller_is_its_network() {
        let network = |text: &str| network_of(text.parse().unwrap());
        assert_eq!(
            network("2001:db8:1:2:aaaa::1"),
            network("2001:db8:1:2:bbbb::2")
        );
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }
}

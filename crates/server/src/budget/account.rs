//! What one token, origin, network or destination has used, and the bounded memory of those who have.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use offhook_proto::rest::{Budget, BudgetUse};

use super::window::Window;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
/// Whoever finds no room in the memory shares this account with others who find none.
const SHARED: u64 = 0;
/// A call's end is not to be foreseen: a wait that is worth trying.
const AT_ONCE_WAIT: Duration = Duration::from_secs(10);
/// A full memory is looked through for accounts that can be forgotten that often and no more.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// What has run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Exchanges,
    CallsAtOnce,
    CallsPerHour,
    MinutesPerDay,
}

impl Item {
    pub(crate) const ALL: [Self; 4] = [
        Self::Exchanges,
        Self::CallsAtOnce,
        Self::CallsPerHour,
        Self::MinutesPerDay,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Exchanges => "exchanges_per_minute",
            Self::CallsAtOnce => "calls_at_once",
            Self::CallsPerHour => "calls_per_hour",
            Self::MinutesPerDay => "minutes_per_day",
        }
    }
}

/// What somebody has used.
#[derive(Clone, Debug)]
pub(super) struct Account {
    /// Their own limits, where they have some.
    pub(super) own: Budget,
    exchanges: Window,
    calls: Window,
    seconds: Window,
    /// When the calls going on began.
    begun: Vec<Instant>,
    pub(super) refused: u64,
    /// When the owner was last told that something had run out.
    pub(super) told: Option<Instant>,
}

impl Account {
    fn new(now: Instant) -> Self {
        Self {
            own: Budget::default(),
            exchanges: Window::new(MINUTE, now),
            calls: Window::new(HOUR, now),
            seconds: Window::new(DAY, now),
            begun: Vec::new(),
            refused: 0,
            told: None,
        }
    }

    /// Whether another exchange is within the limits; if not, how long to wait.
    pub(super) fn exchange_fits(
        &self,
        limits: Budget,
        now: Instant,
    ) -> Result<(), (Item, Duration)> {
        fits(
            &self.exchanges,
            self.own.or(limits).exchanges_per_minute,
            now,
        )
        .map_err(|wait| (Item::Exchanges, wait))
    }

    /// Whether another call is.
    pub(super) fn call_fits(&self, limits: Budget, now: Instant) -> Result<(), (Item, Duration)> {
        let limits = self.own.or(limits);
        let most = limits.calls_at_once.unwrap_or(0) as usize;
        if most > 0 && self.begun.len() >= most {
            return Err((Item::CallsAtOnce, AT_ONCE_WAIT));
        }
        fits(&self.calls, limits.calls_per_hour, now).map_err(|wait| (Item::CallsPerHour, wait))?;
        let most = 60.0 * f64::from(limits.minutes_per_day.unwrap_or(0));
        let running = self.running_s(now);
        if most > 0.0 && self.seconds.used(now) + running >= most {
            let wait = self.seconds.wait((most - running - 1.0).max(0.0), now);
            return Err((Item::MinutesPerDay, wait.max(AT_ONCE_WAIT)));
        }
        Ok(())
    }

    pub(super) fn exchange(&mut self, now: Instant) {
        self.exchanges.add(1.0, now);
    }

    pub(super) fn begin(&mut self, now: Instant) {
        self.calls.add(1.0, now);
        self.begun.push(now);
    }

    /// A call that began then is over.
    pub(super) fn end(&mut self, begun: Instant, now: Instant) {
        if let Some(place) = self.begun.iter().position(|at| *at == begun) {
            self.begun.swap_remove(place);
            let length = now.saturating_duration_since(begun);
            self.seconds.add(length.as_secs_f64(), now);
        }
    }

    pub(super) fn usage(&self, limits: Budget, now: Instant) -> BudgetUse {
        BudgetUse {
            exchanges_last_minute: self.exchanges.used(now).ceil() as u64,
            calls_at_once: u32::try_from(self.begun.len()).unwrap_or(u32::MAX),
            calls_last_hour: self.calls.used(now).ceil() as u64,
            minutes_last_day: ((self.seconds.used(now) + self.running_s(now)) / 60.0) as u64,
            refused: self.refused,
            limits: self.own.or(limits),
        }
    }

    fn running_s(&self, now: Instant) -> f64 {
        let lengths = self
            .begun
            .iter()
            .map(|at| now.saturating_duration_since(*at));
        lengths.map(|length| length.as_secs_f64()).sum()
    }

    /// Whether forgetting it would change nothing.
    fn is_idle(&self, now: Instant) -> bool {
        self.begun.is_empty()
            && self.exchanges.used(now) < 1.0
            && self.calls.used(now) < 1.0
            && self.seconds.used(now) < 1.0
    }
}

/// Zero or nothing is no limit.
fn fits(window: &Window, most: Option<u32>, now: Instant) -> Result<(), Duration> {
    let Some(most) = most.filter(|most| *most > 0) else {
        return Ok(());
    };
    let wait = window.wait(f64::from(most) - 1.0, now);
    if wait.is_zero() { Ok(()) } else { Err(wait) }
}

/// Accounts by the hash of whose they are; so many at most.
#[derive(Debug)]
pub(super) struct Accounts {
    most: usize,
    by_key: HashMap<u64, Account>,
    next_sweep: Option<Instant>,
}

impl Accounts {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            by_key: HashMap::new(),
            next_sweep: None,
        }
    }

    /// The key under which an account can be had: the one asked for, or, where there is no room for another, the shared one.
    pub(super) fn place(&mut self, key: u64, now: Instant) -> u64 {
        if self.by_key.contains_key(&key) {
            return key;
        }
        if self.by_key.len() >= self.most && self.next_sweep.is_none_or(|next| next <= now) {
            self.by_key.retain(|_, account| !account.is_idle(now));
            self.next_sweep = Some(now + SWEEP_INTERVAL);
        }
        if self.by_key.len() >= self.most {
            SHARED
        } else {
            key
        }
    }

    pub(super) fn get(&mut self, key: u64, now: Instant) -> &mut Account {
        self.by_key.entry(key).or_insert_with(|| Account::new(now))
    }

    pub(super) fn find(&self, key: u64) -> Option<&Account> {
        self.by_key.get(&key)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.by_key.len()
    }
}

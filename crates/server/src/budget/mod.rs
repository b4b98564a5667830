//! How much the visitors of pages may do with a public token: exchanges, and calls (security-checklist: embed tokens and abuse).
//!
//! Counted by what nobody can change at will: the call button, the page's origin, the visitor's network and the destination.
//! All of it is in memory and looked at before the store and before any cryptography. One server counts for itself, since it was
//! started.
mod account;
mod window;

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hash};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use offhook_auth::{EmbedToken, SatClaims, SatKind};
use offhook_proto::limits;
use offhook_proto::rest::{Budget, BudgetUse, ButtonUsage};

use crate::metrics::{Counter, Metrics};
use crate::store::ClickToCall;
use account::{Account, Accounts, Item};

/// An owner is told in the log that something has run out, and then not for so long.
const TELL_INTERVAL: Duration = Duration::from_secs(3_600);

/// By what is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Token,
    Origin,
    Network,
    Destination,
}

impl Scope {
    const ALL: [Self; 4] = [Self::Token, Self::Origin, Self::Network, Self::Destination];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Origin => "origin",
            Self::Network => "network",
            Self::Destination => "destination",
        }
    }
}

/// Limits of each kind. A call button may have limits of its own in place of the token's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetPolicy {
    /// Of one call button.
    pub token: Budget,
    /// Of the pages of one origin.
    pub origin: Budget,
    /// Of one IPv4 address, or one /64 of IPv6 addresses.
    pub network: Budget,
    /// Of one address that is called.
    pub destination: Budget,
}

impl BudgetPolicy {
    /// No limits at all.
    pub const NONE: Self = Self {
        token: budget(0, 0, 0, 0),
        origin: budget(0, 0, 0, 0),
        network: budget(0, 0, 0, 0),
        destination: budget(0, 0, 0, 0),
    };

    fn of(&self, scope: Scope) -> Budget {
        match scope {
            Scope::Token => self.token,
            Scope::Origin => self.origin,
            Scope::Network => self.network,
            Scope::Destination => self.destination,
        }
    }
}

impl Default for BudgetPolicy {
    fn default() -> Self {
        Self {
            token: budget(600, 200, 5_000, 50_000),
            origin: budget(600, 200, 5_000, 50_000),
            // Exchanges by network have a limit of their own, which is looked at before the body is read.
            network: budget(0, 50, 500, 3_000),
            destination: budget(1_200, 400, 10_000, 100_000),
        }
    }
}

const fn budget(exchanges: u32, at_once: u32, hour: u32, day: u32) -> Budget {
    Budget {
        exchanges_per_minute: Some(exchanges),
        calls_at_once: Some(at_once),
        calls_per_hour: Some(hour),
        minutes_per_day: Some(day),
    }
}

/// Something has run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted {
    pub(crate) scope: Scope,
    pub(crate) item: Item,
    /// When another attempt makes sense.
    pub(crate) wait: Duration,
}

impl Exhausted {
    /// Whole seconds, rounded up.
    pub(crate) fn wait_s(&self) -> u64 {
        self.wait.as_secs() + 1
    }
}

/// The page and the machine that a visitor comes from.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Visitor<'a> {
    pub(crate) origin: Option<&'a str>,
    pub(crate) network: Option<IpAddr>,
}

/// Keys of the accounts that a request is charged to, by scope.
type Keys = [Option<u64>; 4];

/// All accounts.
#[derive(Debug)]
pub struct Budgets {
    policy: BudgetPolicy,
    /// Pages of our own origin carry the buttons of many sites: they are no account.
    own_origin: String,
    hasher: RandomState,
    books: Mutex<Books>,
    refused: [[Counter; 4]; 4],
}

#[derive(Debug)]
struct Books {
    /// In the order of [`Scope::ALL`].
    accounts: [Accounts; 4],
    /// By the hash of an embed token that has been looked up: its call button and its destination.
    known: HashMap<u64, (u64, u64)>,
}

impl Budgets {
    /// With nothing used yet. `own_origin` is the server's own: of its pages, which show the buttons of other sites in a
    /// frame, the origin is not counted.
    pub fn new(policy: BudgetPolicy, own_origin: impl Into<String>, metrics: &Metrics) -> Self {
        let counter = |scope: Scope, item: Item| {
            let help = "Exchanges and calls refused because a budget of public tokens was used up.";
            let labels = [("scope", scope.as_str()), ("limit", item.as_str())];
            metrics.counter("offhook_budget_refusals_total", help, &labels)
        };
        Self {
            policy,
            own_origin: own_origin.into(),
            hasher: RandomState::new(),
            books: Mutex::new(Books {
                accounts: Scope::ALL.map(|_| Accounts::new(limits::BUDGET_ACCOUNTS)),
                known: HashMap::new(),
            }),
            refused: Scope::ALL.map(|scope| Item::ALL.map(|item| counter(scope, item))),
        }
    }

    /// Charges an exchange, if it is within every limit. A token that has not been looked up is charged to page and network only;
    /// [`learn`](Self::learn) makes up for it.
    pub(crate) fn exchange(
        &self,
        token: &EmbedToken,
        visitor: Visitor<'_>,
        now: Instant,
    ) -> Result<(), Exhausted> {
        let mut books = self.books();
        let known = books.known.get(&self.key(token.expose())).copied();
        let keys = [
            known.map(|(button, _)| button),
            self.page(visitor),
            visitor.network.map(|network| self.key(network)),
            known.map(|(_, destination)| destination),
        ];
        let keys = books.place(keys, now);
        self.check(&mut books, &keys, now, Account::exchange_fits)?;
        books.for_each(&keys, now, |account| account.exchange(now));
        Ok(())
    }

    /// The token has been looked up: from now on its exchanges are charged to its call button and its destination. The first of
    /// them, which has just been admitted, is charged here.
    pub(crate) fn learn(
        &self,
        token: &EmbedToken,
        button: &ClickToCall,
        address_id: &str,
        now: Instant,
    ) {
        let (id, address) = (self.key(&button.id), self.key(address_id));
        let mut books = self.books();
        if books.known.len() >= limits::BUDGET_ACCOUNTS {
            books.known.clear();
        }
        let is_new = books
            .known
            .insert(self.key(token.expose()), (id, address))
            .is_none();
        let keys = books.place([Some(id), None, None, Some(address)], now);
        if is_new {
            books.for_each(&keys, now, |account| account.exchange(now));
        }
        books.own_limits(id, button.settings.budget, now);
    }

    /// A visitor has connected with a token of this button: what its owner allows is known again after a restart.
    pub(crate) fn recall(&self, button: &ClickToCall, now: Instant) {
        let id = self.key(&button.id);
        self.books().own_limits(id, button.settings.budget, now);
    }

    /// Charges the beginning of a call, if the caller is a page's visitor and within every limit; others are not counted.
    pub(crate) fn call(
        self: &Arc<Self>,
        claims: &SatClaims,
        visitor: Visitor<'_>,
        now: Instant,
    ) -> Result<Option<CallCharge>, Exhausted> {
        if claims.kind != SatKind::Embed {
            return Ok(None);
        }
        let destination = claims.allowed.as_ref().and_then(|list| list.first());
        let keys = [
            claims.resource_id.as_ref().map(|id| self.key(id)),
            self.page(visitor),
            visitor.network.map(|network| self.key(network)),
            destination.map(|id| self.key(id)),
        ];
        let mut books = self.books();
        let keys = books.place(keys, now);
        self.check(&mut books, &keys, now, Account::call_fits)?;
        books.for_each(&keys, now, |account| account.begin(now));
        drop(books);
        Ok(Some(CallCharge {
            budgets: Arc::clone(self),
            keys,
            begun: now,
        }))
    }

    /// The account of the visitor's page.
    fn page(&self, visitor: Visitor<'_>) -> Option<u64> {
        let origin = visitor
            .origin
            .filter(|origin| !origin.eq_ignore_ascii_case(&self.own_origin))?;
        Some(self.key(origin))
    }

    /// What has been used of a call button and of its destination.
    pub(crate) fn usage(
        &self,
        button: &ClickToCall,
        address_id: Option<&str>,
        now: Instant,
    ) -> ButtonUsage {
        let books = self.books();
        let usage = |scope: Scope, id: Option<&str>| {
            let limits = self.policy.of(scope);
            let account = id.and_then(|id| books.accounts[scope as usize].find(self.key(id)));
            match account {
                Some(account) => account.usage(limits, now),
                None => BudgetUse {
                    limits,
                    ..BudgetUse::default()
                },
            }
        };
        let mut token = usage(Scope::Token, Some(&button.id));
        token.limits = button.settings.budget.or(self.policy.token);
        ButtonUsage {
            resource_id: button.id.clone(),
            token,
            destination: usage(Scope::Destination, address_id),
        }
    }

    fn check(
        &self,
        books: &mut Books,
        keys: &Keys,
        now: Instant,
        fits: impl Fn(&Account, Budget, Instant) -> Result<(), (Item, Duration)>,
    ) -> Result<(), Exhausted> {
        let mut worst: Option<Exhausted> = None;
        for scope in Scope::ALL {
            let Some(key) = keys[scope as usize] else {
                continue;
            };
            let limits = self.policy.of(scope);
            let account = books.accounts[scope as usize].get(key, now);
            if let Err((item, wait)) = fits(account, limits, now)
                && worst.is_none_or(|worst| worst.wait < wait)
            {
                worst = Some(Exhausted { scope, item, wait });
            }
        }
        let Some(exhausted) = worst else {
            return Ok(());
        };
        let (scope, item) = (exhausted.scope, exhausted.item);
        self.refused[scope as usize][item as usize].increment();
        books.for_each(keys, now, |account| account.refused += 1);
        if let Some(key) = keys[scope as usize] {
            let account = books.accounts[scope as usize].get(key, now);
            if account.told.is_none_or(|told| now > told + TELL_INTERVAL) {
                account.told = Some(now);
                tracing::warn!(
                    scope = scope.as_str(),
                    limit = item.as_str(),
                    "a budget of public tokens is used up: visitors are refused"
                );
            }
        }
        Err(exhausted)
    }

    fn key(&self, whose: impl Hash) -> u64 {
        self.hasher.hash_one(whose)
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        // Nothing that can panic runs under this lock.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Books {
    /// Where the accounts are found, bounded as the memory is.
    fn place(&mut self, mut keys: Keys, now: Instant) -> Keys {
        for (key, accounts) in keys.iter_mut().zip(&mut self.accounts) {
            *key = key.map(|key| accounts.place(key, now));
        }
        keys
    }

    fn for_each(&mut self, keys: &Keys, now: Instant, mut act: impl FnMut(&mut Account)) {
        for (key, accounts) in keys.iter().zip(&mut self.accounts) {
            if let Some(key) = key {
                act(accounts.get(*key, now));
            }
        }
    }

    fn own_limits(&mut self, button: u64, own: Budget, now: Instant) {
        let accounts = &mut self.accounts[Scope::Token as usize];
        // Limits of its own do not belong on an account that is shared.
        if accounts.place(button, now) == button {
            accounts.get(button, now).own = own;
        }
    }
}

/// A call that is going on: its end is charged when this is dropped.
#[derive(Debug)]
pub(crate) struct CallCharge {
    budgets: Arc<Budgets>,
    keys: Keys,
    begun: Instant,
}

impl Drop for CallCharge {
    fn drop(&mut self) {
        let now = Instant::now();
        let mut books = self.budgets.books();
        books.for_each(&self.keys, now, |account| account.end(self.begun, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::ClickToCallSettings;

    fn limited(budget: &str) -> BudgetPolicy {
        BudgetPolicy {
            token: budget
                .parse::<Budget>()
                .unwrap()
                .or(BudgetPolicy::NONE.token),
            ..BudgetPolicy::NONE
        }
    }

    fn budgets(policy: BudgetPolicy) -> Arc<Budgets> {
        Arc::new(Budgets::new(
            policy,
            "https://calls.example.com",
            &Metrics::default(),
        ))
    }

    fn claims(kind: SatKind) -> SatClaims {
        SatClaims {
            jti: "j".into(),
            project_id: "p".into(),
            subscriber_id: "s".into(),
            kind,
            scope: Vec::new(),
            cnf_jkt: None,
            issued_at: 0,
            expires_at: 1,
            allowed: Some(vec!["address".into()]),
            resource_id: Some("button".into()),
            display_name: None,
        }
    }

    fn button(budget: Budget) -> ClickToCall {
        ClickToCall {
            id: "button".into(),
            project_id: "p".into(),
            name: "n".into(),
            settings: ClickToCallSettings {
                budget,
                ..ClickToCallSettings::to("/public/lobby")
            },
        }
    }

    const NOBODY: Visitor<'_> = Visitor {
        origin: None,
        network: None,
    };

    #[test]
    fn calls_at_once_are_limited_until_one_ends() {
        let budgets = budgets(limited("calls_at_once=2"));
        let now = Instant::now();
        let call = || budgets.call(&claims(SatKind::Embed), NOBODY, now);
        let first = call().unwrap();
        let _second = call().unwrap();
        let refused = call().unwrap_err();
        assert_eq!(
            (refused.scope, refused.item),
            (Scope::Token, Item::CallsAtOnce)
        );
        drop(first);
        assert!(call().is_ok());
    }

    #[test]
    fn only_visitors_of_pages_are_counted() {
        let budgets = budgets(limited("calls_per_hour=1"));
        let now = Instant::now();
        for _ in 0..10 {
            for kind in [SatKind::Subscriber, SatKind::Guest, SatKind::Invite] {
                assert!(budgets.call(&claims(kind), NOBODY, now).unwrap().is_none());
            }
        }
    }

    #[test]
    fn calls_of_an_hour_and_minutes_of_a_day_run_out_and_come_back() {
        let start = Instant::now();
        let hourly = budgets(limited("calls_per_hour=2"));
        let visit = claims(SatKind::Embed);
        for _ in 0..2 {
            drop(hourly.call(&visit, NOBODY, start).unwrap());
        }
        let refused = hourly.call(&visit, NOBODY, start).unwrap_err();
        assert_eq!(refused.item, Item::CallsPerHour);
        assert!(hourly.call(&visit, NOBODY, start + refused.wait).is_ok());

        let daily = budgets(limited("minutes_per_day=10"));
        let _going_on = daily.call(&visit, NOBODY, start).unwrap();
        let almost = start + Duration::from_secs(599);
        drop(daily.call(&visit, NOBODY, almost).unwrap());
        let refused = daily
            .call(&visit, NOBODY, start + Duration::from_secs(600))
            .unwrap_err();
        assert_eq!(refused.item, Item::MinutesPerDay);
    }

    #[test]
    fn every_scope_is_counted_by_itself() {
        let one = budget(0, 0, 1, 0);
        let origin = Some("https://shop.example");
        let network = Some(IpAddr::from([192, 0, 2, 1]));
        let cases = [
            (
                Scope::Origin,
                Visitor {
                    origin,
                    network: None,
                },
            ),
            (
                Scope::Network,
                Visitor {
                    origin: None,
                    network,
                },
            ),
            (Scope::Destination, NOBODY),
        ];
        for (scope, visitor) in cases {
            let mut policy = BudgetPolicy::NONE;
            match scope {
                Scope::Origin => policy.origin = one,
                Scope::Network => policy.network = one,
                _ => policy.destination = one,
            }
            let budgets = budgets(policy);
            let now = Instant::now();
            let mut visit = claims(SatKind::Embed);
            assert!(budgets.call(&visit, visitor, now).is_ok());
            // Another button does not help.
            visit.resource_id = Some("another".into());
            let refused = budgets.call(&visit, visitor, now).unwrap_err();
            assert_eq!(refused.scope, scope);
        }
    }

    #[test]
    fn a_button_s_own_limits_come_before_the_server_s() {
        let budgets = budgets(limited("exchanges_per_minute=100"));
        let now = Instant::now();
        let own = button("exchanges_per_minute=2".parse().unwrap());
        let token = EmbedToken::generate();
        budgets.exchange(&token, NOBODY, now).unwrap();
        budgets.learn(&token, &own, "address", now);
        budgets.exchange(&token, NOBODY, now).unwrap();
        budgets.learn(&token, &own, "address", now);
        let refused = budgets.exchange(&token, NOBODY, now).unwrap_err();
        assert_eq!(refused.item, Item::Exchanges);
        let usage = budgets.usage(&own, Some("address"), now);
        assert_eq!(
            (usage.token.exchanges_last_minute, usage.token.refused),
            (2, 1)
        );
        assert_eq!(usage.destination.exchanges_last_minute, 2);
        assert_eq!(usage.token.limits.exchanges_per_minute, Some(2));
        assert!(budgets.exchange(&token, NOBODY, now + refused.wait).is_ok());
    }

    #[test]
    fn memory_is_bounded_under_a_flood_of_origins() {
        let policy = BudgetPolicy {
            origin: budget(1, 0, 0, 0),
            ..BudgetPolicy::NONE
        };
        let budgets = budgets(policy);
        let token = EmbedToken::generate();
        let now = Instant::now();
        let mut admitted = 0;
        for i in 0..2 * limits::BUDGET_ACCOUNTS {
            let origin = format!("https://{i}.example");
            let visitor = Visitor {
                origin: Some(&origin),
                network: None,
            };
            admitted += usize::from(budgets.exchange(&token, visitor, now).is_ok());
        }
        assert!(admitted <= limits::BUDGET_ACCOUNTS + 1, "{admitted}");
        let books = budgets.books();
        assert!(books.accounts[Scope::Origin as usize].len() <= limits::BUDGET_ACCOUNTS + 1);
    }
}

//! A device with tabs, its clock, its network, and the server: simulated time, from a seed.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};

use miniserde::json::Value;
use offhook_core::clock::Now;
use offhook_core::engine::{Engine, EngineConfig};
use offhook_core::input::{Command, Credential, Failure, HttpResponse, Input};
use offhook_core::json::{bool_of, int_of, parse, str_of};
use offhook_core::output::{Event, Output, Scope};

use crate::chance::Chance;
use crate::server::{Act, Server};

pub(crate) const START: u64 = 1_800_000_000_000;
const PING_MS: u64 = 20_000;
/// What the server's time may be off by, learned from a header of whole seconds, and a request's way to the check.
const TOLERANCE_MS: u64 = 3_000;
/// What a failure shows of what went before.
const LOG_LINES: usize = 2_000;
const THROTTLED_MS: u64 = 60_000;

/// How the application and the network behave.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) life_ms: u64,
    /// The provider has `refresh()`.
    pub(crate) can_refresh: bool,
    /// Tokens carry `sat:refresh`.
    pub(crate) scoped: bool,
    /// The browser has a key.
    pub(crate) key: bool,
    /// The provider reckons `expiry_at` by the device's clock.
    pub(crate) naive: bool,
    /// The device's clock less the true time.
    pub(crate) skew_ms: i64,
    pub(crate) tabs: usize,
    /// The driver has Web Locks.
    pub(crate) locks: bool,
    /// The provider does not say when its credentials end.
    pub(crate) endless: bool,
    /// The application's backend binds its tokens to the fingerprint it was told.
    pub(crate) born_bound: bool,
    /// The application names the relay.
    pub(crate) relay: String,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            life_ms: 600_000,
            can_refresh: true,
            scoped: false,
            key: true,
            naive: false,
            skew_ms: 0,
            tabs: 1,
            locks: true,
            endless: false,
            born_bound: false,
            relay: String::new(),
        }
    }
}

/// Of a hundred requests, so many meet with this.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Faults {
    pub(crate) lost: u64,
    pub(crate) answer_lost: u64,
    pub(crate) broken: u64,
    pub(crate) limited: u64,
    pub(crate) slow_ms: u64,
    /// `refresh()` rejects.
    pub(crate) rejects: u64,
}

pub(crate) struct Tab {
    pub(crate) engine: Engine,
    generation: u32,
    socket: Option<u64>,
    stored: HashMap<String, String>,
    pub(crate) kept: Option<Credential>,
    pub(crate) ready: bool,
    pub(crate) was_ready: bool,
    /// `refresh()` has rejected since the engine was made.
    pub(crate) stopped: bool,
    refused: bool,
    /// The last credential event.
    pub(crate) expires: Option<u64>,
    pub(crate) renewal: String,
    pub(crate) bound: bool,
    pub(crate) paused: bool,
    running: HashSet<u64>,
    locks: HashSet<u64>,
    pub(crate) refreshes: u32,
    pub(crate) authenticates: u32,
    /// Renewals that were begun, of whatever kind.
    pub(crate) attempts: u32,
    pub(crate) errors: Vec<String>,
    pub(crate) warnings: Vec<String>,
    /// What the last warning said of the session's end.
    pub(crate) told_end: Option<u64>,
    /// What stood behind the errors.
    pub(crate) causes: Vec<String>,
    pub(crate) next_attempt: Option<u64>,
    /// Sockets.
    pub(crate) opened: u32,
    /// Over HTTP.
    pub(crate) requests: u32,
    pub(crate) done: Vec<(u64, bool)>,
    throttled: bool,
    /// The engine has heard the server's time.
    sure: bool,
    /// The device has slept since.
    slept: bool,
    /// Or its clock has jumped in any way.
    jumped: bool,
    /// When that was last.
    jumped_at: u64,
    /// When requests were sent, by number; that of the last connect or reauthenticate under 0.
    asked: HashMap<u64, u64>,
}

enum Happening {
    Tab(usize, u32, Input),
    Http {
        tab: usize,
        generation: u32,
        request: u64,
        url: String,
        token: String,
        body: String,
    },
    Frame(usize, u64, String),
    Provider {
        tab: usize,
        generation: u32,
        request: u64,
        refresh: bool,
        asked_online: bool,
    },
}

#[derive(Default)]
struct Lock {
    holder: Option<(usize, u64)>,
    waiting: VecDeque<(usize, u64)>,
}

pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) chance: Chance,
    pub(crate) setting: Setting,
    pub(crate) faults: Faults,
    /// `authenticate()` rejects.
    pub(crate) rejects_authenticate: bool,
    /// It gives this in place of a token.
    pub(crate) states_only: Option<String>,
    /// The slowest network there has been.
    slowest: u64,
    pub(crate) server: Server,
    pub(crate) tabs: Vec<Tab>,
    pub(crate) online: bool,
    /// True time, epoch milliseconds.
    pub(crate) now: u64,
    slept: u64,
    skew_ms: i64,
    queue: BinaryHeap<Reverse<(u64, u64)>>,
    happenings: HashMap<u64, Happening>,
    sequence: u64,
    next_ping: u64,
    locks: HashMap<String, Lock>,
    pub(crate) log: VecDeque<String>,
}

impl World {
    pub(crate) fn new(seed: u64, setting: Setting) -> Self {
        let mut world = Self {
            seed,
            chance: Chance::new(seed),
            faults: Faults::default(),
            rejects_authenticate: false,
            states_only: None,
            slowest: 0,
            server: Server::new(setting.life_ms, setting.scoped),
            tabs: vec![],
            online: true,
            now: START,
            slept: 0,
            skew_ms: setting.skew_ms,
            queue: BinaryHeap::new(),
            happenings: HashMap::new(),
            sequence: 0,
            next_ping: START + PING_MS,
            locks: HashMap::new(),
            log: VecDeque::new(),
            setting,
        };
        for tab in 0..world.setting.tabs {
            let engine = world.engine(tab as u64, None, vec![]);
            world.tabs.push(Tab::new(engine));
        }
        world
    }

    /// All tabs started and connected.
    pub(crate) fn started(seed: u64, setting: Setting) -> Self {
        let mut world = Self::new(seed, setting);
        for tab in 0..world.tabs.len() {
            world.command(tab, 1, Command::Start);
        }
        world.run(3_000);
        for tab in &world.tabs {
            assert!(tab.ready, "{:?} {:?}", tab.errors, world.log);
        }
        world
    }

    fn engine(&self, salt: u64, kept: Option<Credential>, stored: Vec<(String, String)>) -> Engine {
        let config = EngineConfig {
            can_refresh: self.setting.can_refresh,
            cached_credential: kept,
            fingerprint: if self.setting.key {
                "jkt".into()
            } else {
                String::new()
            },
            stored,
            relay_host: self.setting.relay.clone(),
            ..EngineConfig::default()
        };
        let mut seed = [7; 32];
        seed[..8].copy_from_slice(&self.seed.to_le_bytes());
        seed[8..16].copy_from_slice(&(salt + self.now).to_le_bytes());
        Engine::new(config, seed, self.device_now())
    }

    fn device_now(&self) -> Now {
        Now {
            mono_ms: self.now - START - self.slept,
            wall_ms: self.now.saturating_add_signed(self.skew_ms),
        }
    }

    pub(crate) fn note(&mut self, what: String) {
        if self.log.len() == LOG_LINES {
            self.log.pop_front();
        }
        self.log
            .push_back(format!("{:.1} {what}", (self.now - START) as f64 / 1000.0));
    }

    pub(crate) fn fail(&self, why: &str) -> ! {
        panic!(
            "seed {}: {why}\n{:?} {:?}\n{}",
            self.seed,
            self.setting,
            self.faults,
            self.log.iter().cloned().collect::<Vec<_>>().join("\n")
        );
    }

    // What happens to the device.

    pub(crate) fn command(&mut self, tab: usize, id: u64, command: Command) {
        self.tell(tab, Input::Command { id, command });
    }

    pub(crate) fn sleep(&mut self, ms: u64) {
        self.note(format!("sleeps {ms}"));
        self.now += ms;
        self.slept += ms;
        for tab in &mut self.tabs {
            tab.slept = true;
            tab.jumped = true;
            tab.jumped_at = self.now;
        }
        self.next_ping = self.now + PING_MS;
        for tab in 0..self.tabs.len() {
            self.tell(tab, Input::Visible { visible: true });
        }
    }

    pub(crate) fn step_clock(&mut self, ms: i64) {
        self.note(format!("clock steps {ms}"));
        self.skew_ms += ms;
        for tab in &mut self.tabs {
            tab.jumped = true;
            tab.jumped_at = self.now;
            // Was it sleep, or a step forward that is now taken back? Nobody can tell before the server is heard.
            tab.sure &= ms >= 0 || !tab.slept;
        }
        for tab in 0..self.tabs.len() {
            self.tell(tab, Input::Tick);
        }
    }

    pub(crate) fn set_online(&mut self, online: bool) {
        self.note(format!("online {online}"));
        self.online = online;
        for tab in 0..self.tabs.len() {
            self.tell(tab, Input::Network { online });
        }
        if !online {
            self.cut();
        }
    }

    pub(crate) fn cut(&mut self) {
        for tab in 0..self.tabs.len() {
            if let Some(socket) = self.tabs[tab].socket.take() {
                self.server.socket_gone(tab, socket);
                let reason = "cut".into();
                self.tell(tab, Input::SocketClosed { socket, reason });
            }
        }
    }

    pub(crate) fn throttle(&mut self, tab: usize, throttled: bool) {
        self.tabs[tab].throttled = throttled;
    }

    /// A new page in the same tab. Without `provider` it begins with the credential that the last one kept.
    pub(crate) fn reload(&mut self, tab: usize, provider: bool) {
        self.note(format!("reload {tab}"));
        let stored = self.tabs[tab].stored.clone();
        let kept = self.tabs[tab].kept.clone().filter(|_| !provider);
        if let Some(socket) = self.tabs[tab].socket {
            self.server.socket_gone(tab, socket);
        }
        for lock in self.locks.values_mut() {
            lock.waiting.retain(|(waiting, _)| *waiting != tab);
            lock.holder.take_if(|(holder, _)| *holder == tab);
        }
        let engine = self.engine(tab as u64, kept, stored.clone().into_iter().collect());
        let mut fresh = Tab::new(engine);
        fresh.generation = self.tabs[tab].generation + 1;
        fresh.stored = stored;
        fresh.kept = self.tabs[tab].kept.take();
        self.tabs[tab] = fresh;
        let names: Vec<String> = self.locks.keys().cloned().collect();
        for name in names {
            self.grant(&name);
        }
        if !self.online {
            self.tell(tab, Input::Network { online: false });
        }
        self.command(tab, 1, Command::Start);
    }

    /// Lets time pass, waking every engine when it asks, or, in the background, when the browser pleases.
    pub(crate) fn run(&mut self, ms: u64) {
        let until = self.now + ms;
        loop {
            let mut next = until.min(self.next_ping);
            for tab in &self.tabs {
                next = next.min(self.due(tab));
            }
            if let Some(Reverse((at, _))) = self.queue.peek() {
                next = next.min(*at);
            }
            self.now = self.now.max(next);
            for act in self.server.look(self.now) {
                self.act(act);
            }
            while let Some(Reverse((at, id))) = self.queue.peek().copied() {
                if at > self.now {
                    break;
                }
                self.queue.pop();
                if let Some(happening) = self.happenings.remove(&id) {
                    self.happen(happening);
                }
            }
            if self.next_ping <= self.now {
                self.next_ping = self.now + PING_MS;
                for (tab, socket) in self.server.pings() {
                    let seconds = self.now as f64 / 1000.0;
                    let text = format!(
                        r#"{{"jsonrpc":"2.0","id":"p","method":"signalwire.ping","params":{{"timestamp":{seconds}}}}}"#
                    );
                    self.act(Act::Send(tab, socket, text));
                }
            }
            for tab in 0..self.tabs.len() {
                if self.due(&self.tabs[tab]) <= self.now {
                    self.tell(tab, Input::Tick);
                }
            }
            if self.now >= until {
                return;
            }
        }
    }

    fn due(&self, tab: &Tab) -> u64 {
        let Some(deadline) = tab.engine.deadline() else {
            return u64::MAX;
        };
        let at = deadline + START + self.slept;
        if tab.throttled {
            at.div_ceil(THROTTLED_MS) * THROTTLED_MS
        } else {
            at
        }
    }

    fn later(&mut self, wait: u64, happening: Happening) {
        self.sequence += 1;
        self.queue.push(Reverse((self.now + wait, self.sequence)));
        self.happenings.insert(self.sequence, happening);
    }

    // What goes on between the device and the world.

    fn travel(&mut self) -> u64 {
        self.slowest = self.slowest.max(self.faults.slow_ms);
        20 + self.chance.roll(60 + self.faults.slow_ms)
    }

    fn act(&mut self, act: Act) {
        let wait = 10;
        match act {
            Act::Send(tab, socket, text) => {
                let generation = self.tabs[tab].generation;
                self.later(
                    wait,
                    Happening::Tab(tab, generation, Input::Frame { socket, text }),
                );
            }
            Act::Close(tab, socket) => {
                self.server.socket_gone(tab, socket);
                let generation = self.tabs[tab].generation;
                let reason = "expired".into();
                self.later(
                    wait,
                    Happening::Tab(tab, generation, Input::SocketClosed { socket, reason }),
                );
            }
        }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Tab(tab, generation, input) => {
                if self.tabs[tab].generation != generation {
                    return;
                }
                let current = self.tabs[tab].socket;
                match &input {
                    Input::Frame { socket, text } => {
                        if current != Some(*socket) {
                            return;
                        }
                        if text.contains("server_time_ms") {
                            let asked = self.tabs[tab].asked.get(&0).copied();
                            self.heard(tab, asked.unwrap_or(0));
                        } else if text.contains("signalwire.ping") {
                            // What came so soon may have been on its way while the device slept.
                            self.heard(tab, self.now.saturating_sub(10_100));
                        }
                    }
                    Input::SocketClosed { socket, .. } => {
                        self.tabs[tab].socket.take_if(|open| open == socket);
                    }
                    Input::Http { request, result } => {
                        self.tabs[tab].running.remove(request);
                        let asked = self.tabs[tab].asked.remove(request);
                        if result.as_ref().is_ok_and(dated) {
                            self.heard(tab, asked.unwrap_or(0));
                        }
                    }
                    _ => {}
                }
                self.tell(tab, input);
            }
            Happening::Frame(tab, socket, text) => {
                if self.tabs[tab].socket == Some(socket) {
                    for act in self.server.frame(self.now, tab, socket, &text) {
                        self.act(act);
                    }
                }
            }
            Happening::Http {
                tab,
                generation,
                request,
                url,
                token,
                body,
            } => {
                let answer = if self.chance.percent(self.faults.broken) {
                    Ok(plain(503))
                } else if self.chance.percent(self.faults.limited) {
                    let mut answer = plain(429);
                    answer.headers.push(("retry-after".into(), "5".into()));
                    Ok(answer)
                } else {
                    let answer = self.server.http(self.now, &url, &token, &body);
                    let lost = self.chance.percent(self.faults.answer_lost);
                    if url.contains("/devices/") && matches!(answer.status, 401 | 403) && !lost {
                        self.tabs[tab].refused = true;
                    }
                    if lost { Err(away()) } else { Ok(answer) }
                };
                let wait = self.travel();
                let result = answer;
                self.later(
                    wait,
                    Happening::Tab(tab, generation, Input::Http { request, result }),
                );
            }
            Happening::Provider {
                tab,
                generation,
                request,
                refresh,
                asked_online,
            } => {
                if self.tabs[tab].generation != generation {
                    return;
                }
                // One that is forgotten (another credential came meanwhile) stops nothing.
                let awaited = self.tabs[tab].running.remove(&request);
                let rejects = refresh && self.chance.percent(self.faults.rejects);
                let result = if !asked_online {
                    if refresh {
                        self.fail("a provider is asked without a network");
                    }
                    Err(away())
                } else if !refresh && self.rejects_authenticate {
                    Err(away())
                } else if rejects {
                    self.note(format!("{tab} refresh() rejects"));
                    self.tabs[tab].stopped |= awaited;
                    Err(away())
                } else {
                    Ok(self.provided())
                };
                self.tell(tab, Input::Credential { request, result });
            }
        }
    }

    /// A tab has heard what time it is at the server, in answer to what it asked then.
    fn heard(&mut self, tab: usize, asked: u64) {
        let tab = &mut self.tabs[tab];
        if asked > tab.jumped_at {
            (tab.sure, tab.slept, tab.jumped) = (true, false, false);
        }
    }

    /// What the application's backend gives.
    fn provided(&mut self) -> Credential {
        if let Some(state) = &self.states_only {
            return Credential {
                authorization_state: Some(state.clone()),
                ..Credential::default()
            };
        }
        // A token for the client to bind lives a minute at most until it is bound.
        let unbound = !self.setting.can_refresh && !self.setting.born_bound;
        let life = if self.setting.scoped && self.setting.key && unbound {
            self.setting.life_ms.min(60_000)
        } else {
            self.setting.life_ms
        };
        let token = self.server.mint(self.now, life, self.setting.born_bound);
        let expiry = if self.setting.naive {
            self.device_now().wall_ms + life
        } else {
            self.server.expires(&token)
        };
        Credential {
            token: Some(token),
            authorization_state: None,
            expiry_at: Some(expiry).filter(|_| !self.setting.endless),
            bound: false,
        }
    }

    /// What the tab kept for its next page is lost.
    pub(crate) fn forget(&mut self, tab: usize) {
        self.tabs[tab].stored.clear();
    }

    pub(crate) fn tell(&mut self, tab: usize, input: Input) {
        let now = self.device_now();
        self.tabs[tab].engine.handle(now, input);
        let mut steps = 0;
        while let Some(output) = self.tabs[tab].engine.poll() {
            steps += 1;
            if steps > 10_000 {
                self.fail("the engine never comes to rest");
            }
            self.perform(tab, output);
        }
        self.check(tab);
    }

    fn perform(&mut self, tab: usize, output: Output) {
        let generation = self.tabs[tab].generation;
        match output {
            Output::Authenticate { request } => {
                self.note(format!("{tab} authenticate()"));
                self.tabs[tab].authenticates += 1;
                // Whatever else was under way is forgotten.
                self.tabs[tab].running.clear();
                self.tabs[tab].stopped = false;
                self.tabs[tab].expires = None;
                let wait = self.travel();
                let refresh = false;
                self.later(
                    wait,
                    Happening::Provider {
                        tab,
                        generation,
                        request,
                        refresh,
                        asked_online: self.online,
                    },
                );
            }
            Output::Refresh { request } => {
                self.note(format!("{tab} refresh()"));
                if self.tabs[tab].stopped {
                    self.fail("refresh() is called again though it has rejected");
                }
                self.tabs[tab].refreshes += 1;
                self.begun(tab, request);
                let wait = self.travel();
                let refresh = true;
                self.later(
                    wait,
                    Happening::Provider {
                        tab,
                        generation,
                        request,
                        refresh,
                        asked_online: self.online,
                    },
                );
            }
            Output::Http { request, http } => {
                self.tabs[tab].requests += 1;
                self.note(format!("{tab} {} {}", http.method, http.url));
                let bearer = http
                    .headers
                    .iter()
                    .find(|(name, _)| name == "authorization");
                let token = bearer.and_then(|(_, value)| value.strip_prefix("Bearer "));
                let token = token.unwrap_or_default().to_owned();
                if !http.url.ends_with("/healthz") {
                    self.must_live(tab, &token, &http.url);
                }
                if http.url.contains("/devices/") {
                    self.begun(tab, request);
                    let in_header = http.headers.iter().any(|(name, _)| name == "dpop");
                    let body = http.body.as_deref().unwrap_or_default();
                    assert!(in_header && !body.contains("dpop_token"), "one proof");
                }
                let wait = self.travel();
                self.tabs[tab].asked.insert(request, self.now);
                if !self.online || self.chance.percent(self.faults.lost) {
                    let result = Err(away());
                    let input = Input::Http { request, result };
                    return self.later(wait, Happening::Tab(tab, generation, input));
                }
                self.later(
                    wait,
                    Happening::Http {
                        tab,
                        generation,
                        request,
                        url: http.url,
                        token,
                        body: http.body.unwrap_or_default(),
                    },
                );
            }
            Output::SignProof {
                request,
                payload,
                access_token,
            } => {
                let payload = parse(&payload).expect("JSON");
                let iat = int_of(&payload, "iat").expect("a time") as u64 * 1000;
                if self.tabs[tab].sure && !self.tabs[tab].jumped && iat.abs_diff(self.now) > 300_000
                {
                    self.fail("a proof carries a time that no server takes");
                }
                assert_eq!(access_token.is_some(), str_of(&payload, "htu").is_some());
                let result = Ok("proof".to_owned());
                self.later(
                    1,
                    Happening::Tab(tab, generation, Input::Proof { request, result }),
                );
            }
            Output::OpenSocket { socket, .. } => {
                self.tabs[tab].opened += 1;
                let wait = self.travel();
                if !self.online || self.chance.percent(self.faults.lost) {
                    let reason = "away".into();
                    let input = Input::SocketClosed { socket, reason };
                    return self.later(wait, Happening::Tab(tab, generation, input));
                }
                self.tabs[tab].socket = Some(socket);
                let input = Input::SocketOpened { socket };
                self.later(wait, Happening::Tab(tab, generation, input));
            }
            Output::CloseSocket { socket } => {
                self.tabs[tab].socket.take_if(|open| *open == socket);
                self.server.socket_gone(tab, socket);
            }
            Output::Send { socket, text } => {
                let frame = parse(&text).expect("JSON");
                if text.contains("jwt_token") {
                    self.tabs[tab].asked.insert(0, self.now);
                    let method = str_of(&frame, "method").unwrap_or_default().to_owned();
                    let token = text.split("jwt_token").nth(1).unwrap_or_default();
                    let token = token.split('.').nth(1).unwrap_or_default().to_owned();
                    let resumes = text.contains("authorization_state");
                    let proves = text.contains("dpop_token");
                    self.note(format!(
                        "{tab} {method} token {token} resumes {resumes} proves {proves}"
                    ));
                }
                if str_of(&frame, "method") == Some("signalwire.connect")
                    && !text.contains("authorization_state")
                {
                    let params = offhook_core::json::at(&frame, &["params", "authentication"]);
                    let token = params.and_then(|params| str_of(params, "jwt_token"));
                    self.must_live(tab, token.unwrap_or_default(), "connect");
                }
                if self.online {
                    self.later(10, Happening::Frame(tab, socket, text));
                }
            }
            Output::Lock { request, name } => {
                self.tabs[tab].locks.insert(request);
                if !self.setting.locks {
                    let input = Input::Locked { request };
                    return self.later(0, Happening::Tab(tab, generation, input));
                }
                let lock = self.locks.entry(name.clone()).or_default();
                lock.waiting.push_back((tab, request));
                self.grant(&name);
            }
            Output::Unlock { request, share } => {
                self.tabs[tab].locks.remove(&request);
                let found = self
                    .locks
                    .iter_mut()
                    .find(|(_, lock)| lock.holder == Some((tab, request)));
                let Some((name, lock)) = found else { return };
                lock.holder = None;
                let name = name.clone();
                if let Some(text) = share {
                    for other in (0..self.tabs.len()).filter(|other| *other != tab) {
                        let generation = self.tabs[other].generation;
                        let input = Input::Shared {
                            name: name.clone(),
                            text: text.clone(),
                        };
                        self.later(2, Happening::Tab(other, generation, input));
                    }
                }
                self.grant(&name);
            }
            Output::KeepCredential(credential) => self.tabs[tab].kept = Some(credential),
            Output::Store { scope, key, value } => {
                assert_eq!(scope, Scope::Session, "nothing touches local storage");
                match value {
                    Some(value) => self.tabs[tab].stored.insert(key, value),
                    None => self.tabs[tab].stored.remove(&key),
                };
            }
            Output::Done { id, result } => self.tabs[tab].done.push((id, result.is_ok())),
            Output::Event(event) => self.event(tab, event),
            Output::Peer { .. } => {}
        }
    }

    fn grant(&mut self, name: &str) {
        let Some(lock) = self.locks.get_mut(name) else {
            return;
        };
        if lock.holder.is_some() {
            return;
        }
        if let Some((tab, request)) = lock.waiting.pop_front() {
            lock.holder = Some((tab, request));
            let generation = self.tabs[tab].generation;
            // The text of who held it is there before.
            self.later(
                50,
                Happening::Tab(tab, generation, Input::Locked { request }),
            );
        }
    }

    fn event(&mut self, tab: usize, event: Event) {
        match event {
            Event::Ready(ready) => {
                self.note(format!("{tab} ready {ready}"));
                self.tabs[tab].ready = ready;
                self.tabs[tab].was_ready |= ready;
            }
            Event::Error(error) => {
                let cause = error.cause.as_ref().map(|cause| cause.message.clone());
                self.note(format!(
                    "{tab} {}: {} {cause:?}",
                    error.class, error.message
                ));
                self.tabs[tab].causes.extend(cause.clone());
                if cause.is_some_and(|cause| cause.contains("two minutes")) {
                    self.tabs[tab].stopped = true;
                }
                self.tabs[tab].errors.push(error.class.to_owned());
            }
            Event::Warning(warning) => {
                let end = int_of(&warning, "expiresAt").map(|at| at as u64);
                self.tabs[tab].told_end = end;
                let code = str_of(&warning, "code").unwrap_or_default().to_owned();
                self.tabs[tab].warnings.push(code);
            }
            Event::Credential(status) => {
                let this = &mut self.tabs[tab];
                this.expires = int_of(&status, "expiresAt").map(|at| at as u64);
                this.next_attempt = int_of(&status, "nextAttemptAt").map(|at| at as u64);
                this.renewal = str_of(&status, "renewal").unwrap_or_default().to_owned();
                this.bound = bool_of(&status, "bound").unwrap_or(false);
                assert!(!matches!(status, Value::Null));
            }
            _ => {}
        }
    }

    // What must always hold.

    fn begun(&mut self, tab: usize, request: u64) {
        let running = &mut self.tabs[tab].running;
        running.insert(request);
        let many = running.len();
        self.tabs[tab].attempts += 1;
        if many > 1 {
            self.fail("two renewals at once");
        }
    }

    fn must_live(&self, tab: usize, token: &str, target: &str) {
        let expires = self.server.expires(token);
        // Of a token whose end the provider has told wrongly only the server can tell.
        let knowable = !self.setting.naive;
        if self.tabs[tab].sure && knowable && expires + TOLERANCE_MS + 2 * self.slowest < self.now {
            let late = self.now - expires;
            self.fail(&format!("{target} with a token that died {late} ms ago"));
        }
    }

    /// A way to renew exists, so it is armed.
    fn check(&self, tab: usize) {
        let this = &self.tabs[tab];
        let (Some(expires), true, false) = (this.expires, this.was_ready, this.paused) else {
            return;
        };
        let provider = self.setting.can_refresh && !this.stopped && !self.setting.endless;
        // Without the provider's help a bound token can be renewed while it lives.
        let lives = expires > self.now + 40_000;
        let bound = self.setting.scoped && self.setting.key && !this.refused && lives;
        if (provider || (bound && this.sure && !this.jumped)) && this.renewal == "none" {
            self.fail("a credential that ends, a way to renew it, and nothing is armed");
        }
    }
}

impl Tab {
    fn new(engine: Engine) -> Self {
        Self {
            engine,
            generation: 0,
            socket: None,
            stored: HashMap::new(),
            kept: None,
            ready: false,
            was_ready: false,
            stopped: false,
            refused: false,
            expires: None,
            renewal: String::new(),
            bound: false,
            paused: false,
            running: HashSet::new(),
            locks: HashSet::new(),
            refreshes: 0,
            authenticates: 0,
            attempts: 0,
            errors: vec![],
            warnings: vec![],
            told_end: None,
            causes: vec![],
            next_attempt: None,
            opened: 0,
            requests: 0,
            done: vec![],
            throttled: false,
            sure: false,
            slept: false,
            jumped: false,
            jumped_at: 0,
            asked: HashMap::new(),
        }
    }
}

fn dated(answer: &HttpResponse) -> bool {
    answer.headers.iter().any(|(name, _)| name == "date")
}

fn plain(status: u16) -> HttpResponse {
    HttpResponse {
        status,
        headers: vec![],
        body: String::new(),
    }
}

fn away() -> Failure {
    Failure {
        name: "NetworkError".into(),
        message: "away".into(),
    }
}

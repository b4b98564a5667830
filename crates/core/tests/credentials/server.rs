//! The token's server, the relay and the application's backend, as far as credentials concern them. All times are true.

use std::collections::HashMap;

use offhook_core::input::HttpResponse;
use offhook_core::json::{at, get, int_of, parse, str_of};

/// {"iss":"http://server.test"}
const HEADER: &str = "eyJpc3MiOiJodHRwOi8vc2VydmVyLnRlc3QifQ";

#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) expires: u64,
    pub(crate) bound: bool,
    revoked: bool,
}

struct Session {
    token: usize,
    /// Tab and socket that speak for it.
    socket: Option<(usize, u64)>,
}

/// What the server does of its own accord.
pub(crate) enum Act {
    Send(usize, u64, String),
    Close(usize, u64),
}

pub(crate) struct Server {
    pub(crate) tokens: Vec<Token>,
    sessions: HashMap<String, Session>,
    pub(crate) life_ms: u64,
    pub(crate) scoped: bool,
    /// Renewals over HTTP that were granted.
    pub(crate) renewals: u32,
    pub(crate) connects: u32,
}

impl Server {
    pub(crate) fn new(life_ms: u64, scoped: bool) -> Self {
        Self {
            tokens: vec![],
            sessions: HashMap::new(),
            life_ms,
            scoped,
            renewals: 0,
            connects: 0,
        }
    }

    pub(crate) fn mint(&mut self, now: u64, life_ms: u64, bound: bool) -> String {
        self.tokens.push(Token {
            // Whole seconds, as tokens have.
            expires: (now + life_ms) / 1000 * 1000,
            bound,
            revoked: false,
        });
        format!("{HEADER}.{}.x", self.tokens.len() - 1)
    }

    pub(crate) fn index(token: &str) -> usize {
        let number = token.split('.').nth(1).expect("a token of this server");
        number.parse().expect("a token of this server")
    }

    fn alive(&self, token: usize, now: u64) -> bool {
        let token = &self.tokens[token];
        token.expires > now && !token.revoked
    }

    pub(crate) fn expires(&self, token: &str) -> u64 {
        self.tokens[Self::index(token)].expires
    }

    pub(crate) fn revoke_all(&mut self) {
        for token in &mut self.tokens {
            token.revoked = true;
        }
    }

    /// Sessions whose token has expired or is revoked end at once.
    pub(crate) fn look(&mut self, now: u64) -> Vec<Act> {
        let tokens = &self.tokens;
        let mut closed = vec![];
        self.sessions.retain(|_, session| {
            let token = &tokens[session.token];
            let alive = token.expires > now && !token.revoked;
            if let (false, Some((tab, socket))) = (alive, session.socket) {
                closed.push(Act::Close(tab, socket));
            }
            alive
        });
        closed
    }

    pub(crate) fn socket_gone(&mut self, tab: usize, socket: u64) {
        for session in self.sessions.values_mut() {
            session.socket.take_if(|known| *known == (tab, socket));
        }
    }

    pub(crate) fn http(&mut self, now: u64, url: &str, token: &str, body: &str) -> HttpResponse {
        let path = url.strip_prefix("http://server.test").expect("our server");
        let answer = |status: u16, body: String| HttpResponse {
            status,
            headers: vec![("date".into(), date(now))],
            body,
        };
        if path == "/healthz" {
            return answer(200, "ok".into());
        }
        let index = Self::index(token);
        if !self.alive(index, now) {
            return answer(401, r#"{"error":"Unauthorized"}"#.into());
        }
        let scope = if self.scoped { r#""sat:refresh""# } else { "" };
        let seconds = self.tokens[index].expires / 1000;
        let cnf = if self.tokens[index].bound {
            r#","cnf":{"jkt":"jkt"}"#
        } else {
            ""
        };
        match path {
            "/api/fabric/subscriber/info" => answer(
                200,
                format!(
                    r#"{{"id":"sub","sat_claims":{{"scope":[{scope}],"expires_at":{seconds}{cnf}}}}}"#
                ),
            ),
            "/api/fabric/subscriber/devices/token" | "/api/fabric/subscriber/devices/refresh" => {
                let refresh = path.ends_with("refresh");
                if !self.scoped || self.tokens[index].bound != refresh {
                    return answer(403, r#"{"error":"Forbidden"}"#.into());
                }
                let body = parse(body).expect("JSON");
                let asked = int_of(&body, "expire_in").expect("a life") as u64 * 1000;
                self.renewals += 1;
                let token = self.mint(now, asked.min(self.life_ms), true);
                let at = self.expires(&token) / 1000;
                answer(200, format!(r#"{{"token":"{token}","expires_at":{at}}}"#))
            }
            _ => answer(200, "{}".into()),
        }
    }

    /// Answers a frame of a tab.
    pub(crate) fn frame(&mut self, now: u64, tab: usize, socket: u64, text: &str) -> Vec<Act> {
        let frame = parse(text).expect("JSON");
        let Some(method) = str_of(&frame, "method") else {
            return vec![];
        };
        let id = str_of(&frame, "id").expect("an id");
        let params = get(&frame, "params").expect("params");
        let send =
            |inner: String| Act::Send(tab, socket, format!(r#"{{"jsonrpc":"2.0",{inner}}}"#));
        let ok = |result: &str| send(format!(r#""id":"{id}","result":{result}"#));
        let no = |code: i32| {
            send(format!(
                r#""id":"{id}","error":{{"code":{code},"message":"no"}}"#
            ))
        };
        let token = at(params, &["authentication", "jwt_token"]);
        let token = token.and_then(offhook_core::json::as_str);
        let token = token.filter(|token| !token.is_empty()).map(Self::index);
        let proven = str_of(params, "dpop_token").is_some();
        match method {
            "signalwire.connect" => {
                self.connects += 1;
                let state = str_of(params, "authorization_state");
                let resumed = state.map(|state| state.strip_prefix("S-").unwrap_or_default());
                let known = resumed.and_then(|protocol| self.sessions.get(protocol));
                let token = match (token, known) {
                    (Some(token), _) => token,
                    // The state vouches for itself.
                    (None, Some(session)) => session.token,
                    (None, None) => return vec![no(-32003)],
                };
                let protocol = match resumed {
                    Some(protocol) => {
                        if !self.sessions.contains_key(protocol) {
                            return vec![no(-32003)];
                        }
                        protocol.to_owned()
                    }
                    None if !self.alive(token, now) || (self.tokens[token].bound && !proven) => {
                        return vec![no(-32002)];
                    }
                    None => format!("P{}", self.connects),
                };
                let newer = self.alive(token, now);
                let session = self.sessions.entry(protocol.clone()).or_insert(Session {
                    token,
                    socket: None,
                });
                if newer {
                    session.token = token;
                }
                session.socket = Some((tab, socket));
                let expires = self.tokens[session.token].expires / 1000;
                let scope = if self.scoped { r#""sat:refresh""# } else { "" };
                vec![
                    ok(&format!(
                        r#"{{"identity":"sub@{protocol}","protocol":"{protocol}","authorization":{{"jti":"j","project_id":"p","scope":[{scope}],"fabric_subscriber":{{"subscriber_id":"sub","expires_at":{expires}}}}},"ice_servers":[],"offhook":{{"peer_reflexive":true,"server_time_ms":{now}}}}}"#
                    )),
                    send(format!(
                        r#""id":"as-{protocol}-{now}","method":"signalwire.event","params":{{"event_channel":"{protocol}","event_type":"signalwire.authorization.state","params":{{"authorization_state":"S-{protocol}"}}}}"#
                    )),
                ]
            }
            "signalwire.reauthenticate" => {
                let token = token.expect("a token");
                if !self.alive(token, now) || (self.tokens[token].bound && !proven) {
                    return vec![no(-32002)];
                }
                for session in self.sessions.values_mut() {
                    if session.socket == Some((tab, socket)) {
                        session.token = token;
                    }
                }
                let at = self.tokens[token].expires / 1000;
                vec![ok(&format!(
                    r#"{{"authorization":{{"fabric_subscriber":{{"expires_at":{at}}}}},"offhook":{{"server_time_ms":{now}}}}}"#
                ))]
            }
            _ => vec![ok("{}")],
        }
    }

    pub(crate) fn pings(&self) -> Vec<(usize, u64)> {
        self.sessions
            .values()
            .filter_map(|session| session.socket)
            .collect()
    }
}

/// The `Date` header of a time, by the days-from-civil algorithm turned round.
fn date(ms: u64) -> String {
    let seconds = ms / 1000;
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12;
    let year = year_of_era + era * 400 + u64::from(month < 2);
    let name = &"JanFebMarAprMayJunJulAugSepOctNovDec"[month as usize * 3..][..3];
    format!(
        "Mon, {day:02} {name} {year} {:02}:{:02}:{:02} GMT",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

//! A client, its server, its peer connections and the clock, all in simulated time. Nothing is answered but what a test lets be
//! answered.

use miniserde::json::Value;
use offhook_core::clock::Now;
use offhook_core::engine::{Engine, EngineConfig};
use offhook_core::input::{
    Command, Credential, HttpResponse, Input, MediaOptions, PeerReport, PeerState,
};
use offhook_core::json::{at, get, parse, str_of, write};
use offhook_core::output::{CallEvent, Event, MediaPlan, Output, PeerCommand};

/// {"iss":"http://server.test"}
const TOKEN: &str = "eyJpc3MiOiJodHRwOi8vc2VydmVyLnRlc3QifQ.x.y";
const SDP: &str = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=sendrecv\r\n";

/// What the server does with an offer made during a call, or with a call to take up.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Answer {
    Yes,
    /// The call is over.
    Gone,
    /// Something else is wrong.
    No,
    Never,
}

pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) now: Now,
    socket: Option<u64>,
    pub(crate) reachable: bool,
    /// Nothing gets through, though the socket is open.
    pub(crate) hole: bool,
    /// Life of the server.
    pub(crate) run: u32,
    pub(crate) answer: Answer,
    /// An answered restart brings the connection back, and that is reported.
    pub(crate) heals: bool,
    /// Methods that the server has seen, with their parameters.
    pub(crate) seen: Vec<(String, Value)>,
    /// Answers that the server owes.
    owed: Vec<String>,
    /// What the application was told of its calls and by the client's errors.
    pub(crate) told: Vec<String>,
    pub(crate) calls: Vec<String>,
    /// When offers were asked for, and whether by restart and through relays alone.
    pub(crate) offers: Vec<(u64, bool, bool)>,
    /// Offers of which the peer was told that the other end has nothing left.
    pub(crate) anew: usize,
    /// What the peer was given to reach relays with, after its creation.
    pub(crate) relays: Vec<String>,
    pub(crate) plan: Option<MediaPlan>,
    pub(crate) applied: u32,
    /// What is kept for the next page.
    pub(crate) stored: Vec<(String, String)>,
    pub(crate) ready: bool,
    commands: u64,
}

impl World {
    pub(crate) fn new(config: EngineConfig) -> Self {
        let now = Now {
            mono_ms: 0,
            wall_ms: 1_800_000_000_000,
        };
        let stored = config.stored.clone();
        let mut world = World {
            engine: Engine::new(config, [7; 32], now),
            now,
            socket: None,
            reachable: true,
            hole: false,
            run: 1,
            answer: Answer::Yes,
            heals: true,
            seen: vec![],
            owed: vec![],
            told: vec![],
            calls: vec![],
            offers: vec![],
            anew: 0,
            relays: vec![],
            plan: None,
            applied: 0,
            stored,
            ready: false,
            commands: 1,
        };
        world.command(Command::Start);
        world.pass(500);
        world
    }

    /// With a call that is up.
    pub(crate) fn talking(config: EngineConfig) -> (Self, String) {
        let mut world = World::new(config);
        let call = world.dial("/private/agent");
        world.answered(&call);
        assert_eq!(
            world.told,
            ["New", "Trying", "Connecting", "Connected"],
            "{:?}",
            world.seen
        );
        world.told.clear();
        (world, call)
    }

    pub(crate) fn dial(&mut self, to: &str) -> String {
        self.command(Command::Dial {
            to: to.into(),
            options: MediaOptions::default(),
            user_variables: Value::Null,
            node_id: None,
        });
        self.calls.last().cloned().expect("a call")
    }

    pub(crate) fn answered(&mut self, call: &str) {
        self.event(
            "webrtc.message",
            &format!(r#"{{"jsonrpc":"2.0","id":1,"method":"verto.answer","params":{{"callID":"{call}","sdp":"v=0"}}}}"#),
        );
    }

    pub(crate) fn verto(&mut self, method: &str, params: &str) {
        self.event(
            "webrtc.message",
            &format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#),
        );
    }

    fn event(&mut self, kind: &str, params: &str) {
        let id = self.seen.len() + self.told.len() + self.offers.len();
        let at = self.now.mono_ms;
        self.say(&format!(
            r#"{{"jsonrpc":"2.0","id":"e{at}-{id}-{}","method":"signalwire.event","params":{{"event_channel":"P1","event_type":"{kind}","node_id":"N","params":{params}}}}}"#,
            params.len()
        ));
        self.settle();
    }

    pub(crate) fn command(&mut self, command: Command) {
        self.commands += 1;
        let id = self.commands;
        self.tell(Input::Command { id, command });
    }

    pub(crate) fn tell(&mut self, input: Input) {
        self.engine.handle(self.now, input);
        self.settle();
    }

    pub(crate) fn peer(&mut self, call: &str, state: PeerState) {
        self.tell(Input::Peer {
            leg: call.into(),
            report: PeerReport::State { state },
        });
    }

    pub(crate) fn cut(&mut self) {
        self.reachable = false;
        self.hang_up_socket();
    }

    /// The server is started anew: sockets break.
    pub(crate) fn restart_server(&mut self) {
        self.run += 1;
        self.hang_up_socket();
    }

    fn hang_up_socket(&mut self) {
        if let Some(socket) = self.socket.take() {
            self.tell(Input::SocketClosed {
                socket,
                reason: "cut".into(),
            });
        }
    }

    /// Lets time pass, waking the engine exactly when it asks; the server pings meanwhile.
    pub(crate) fn pass(&mut self, ms: u64) {
        let until = self.now.mono_ms + ms;
        while self.now.mono_ms < until {
            let due = self.engine.deadline().unwrap_or(u64::MAX);
            let next = due.clamp(self.now.mono_ms, (self.now.mono_ms + 5_000).min(until));
            let passed = next - self.now.mono_ms;
            self.now = Now {
                mono_ms: next,
                wall_ms: self.now.wall_ms + passed,
            };
            self.say(r#"{"jsonrpc":"2.0","id":"p","method":"signalwire.ping","params":{}}"#);
            self.tell(Input::Tick);
        }
    }

    fn settle(&mut self) {
        let mut steps = 0;
        loop {
            while let Some(output) = self.engine.poll() {
                steps += 1;
                assert!(steps < 10_000, "the engine never comes to rest");
                self.perform(output);
            }
            if self.owed.is_empty() {
                return;
            }
            for text in std::mem::take(&mut self.owed) {
                self.say(&text);
            }
        }
    }

    fn perform(&mut self, output: Output) {
        let answer = match output {
            Output::Authenticate { request } => Input::Credential {
                request,
                result: Ok(Credential {
                    token: Some(TOKEN.into()),
                    ..Credential::default()
                }),
            },
            Output::Http { request, .. } => Input::Http {
                request,
                result: Ok(HttpResponse {
                    status: 200,
                    headers: vec![],
                    body: r#"{"id":"sub","fabric_addresses":[]}"#.into(),
                }),
            },
            Output::Lock { request, .. } => Input::Locked { request },
            Output::OpenSocket { socket, .. } if self.reachable => {
                self.socket = Some(socket);
                Input::SocketOpened { socket }
            }
            Output::OpenSocket { socket, .. } => Input::SocketClosed {
                socket,
                reason: "away".into(),
            },
            Output::CloseSocket { socket } => {
                self.socket.take_if(|open| *open == socket);
                return;
            }
            Output::Send { text, .. } => return self.server(&parse(&text).expect("JSON")),
            Output::Store { key, value, .. } => {
                self.stored.retain(|(name, _)| *name != key);
                self.stored.extend(value.map(|value| (key, value)));
                return;
            }
            Output::Peer { leg, command } => match command {
                PeerCommand::IceServers { ice_servers } => {
                    self.relays.push(write(&ice_servers));
                    return;
                }
                PeerCommand::Answer { .. } => Input::Peer {
                    leg,
                    report: PeerReport::LocalDescription {
                        sdp: SDP.into(),
                        sending_audio: true,
                        sending_video: false,
                    },
                },
                PeerCommand::Offer {
                    media,
                    ice_restart,
                    relay_only,
                    anew,
                    ..
                } => {
                    self.anew += usize::from(anew);
                    self.offers
                        .push((self.now.mono_ms, ice_restart, relay_only));
                    if !ice_restart {
                        self.plan = Some(media);
                    }
                    Input::Peer {
                        leg,
                        report: PeerReport::LocalDescription {
                            sdp: SDP.into(),
                            sending_audio: true,
                            sending_video: false,
                        },
                    }
                }
                PeerCommand::ApplyAnswer { .. } => {
                    self.applied += 1;
                    if !self.heals {
                        return;
                    }
                    Input::Peer {
                        leg,
                        report: PeerReport::State {
                            state: PeerState::Connected,
                        },
                    }
                }
                _ => return,
            },
            Output::Event(event) => return self.hear(event),
            _ => return,
        };
        self.engine.handle(self.now, answer);
    }

    fn hear(&mut self, event: Event) {
        match event {
            Event::Ready(ready) => self.ready = ready,
            Event::Error(error) => self.told.push(format!("client {}", error.class)),
            Event::Call { call, event } => match event {
                CallEvent::Created(_) => self.calls.push(call),
                CallEvent::Status(status) => self.told.push(format!("{status:?}")),
                CallEvent::Error { fatal, error, .. } => {
                    let fatal = if fatal { "fatal " } else { "" };
                    self.told.push(format!("{fatal}{}", error.class));
                }
                CallEvent::Ended(ended) => {
                    let of = |name| str_of(&ended, name).unwrap_or_default().to_owned();
                    self.told
                        .push(format!("ended {} {}", of("cause"), of("by")));
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// The server reads a frame.
    fn server(&mut self, frame: &Value) {
        if self.hole {
            return;
        }
        let id = str_of(frame, "id").expect("an id").to_owned();
        let Some(outer) = str_of(frame, "method") else {
            return;
        };
        let params = get(frame, "params").cloned().unwrap_or_default();
        let inner = match at(&params, &["message", "method"]) {
            Some(Value::String(inner)) => Some(inner.clone()),
            _ => None,
        };
        let name = inner.unwrap_or_else(|| outer.to_owned());
        let call = str_of(&params, "callID").unwrap_or_default().to_owned();
        let inside = at(&params, &["message", "params"]).cloned();
        let attaching = inside
            .as_ref()
            .and_then(|inside| at(inside, &["dialogParams", "reattaching"]))
            .is_some();
        self.seen.push((name.clone(), inside.unwrap_or(params)));
        let ok = |result: &str| {
            format!(
                r#"{{"jsonrpc":"2.0","id":"{id}","result":{{"code":"200","node_id":"N","result":{{"jsonrpc":"2.0","id":"1","result":{result}}}}}}}"#
            )
        };
        let no = |code: i32, message: &str, data: &str| {
            format!(
                r#"{{"jsonrpc":"2.0","id":"{id}","error":{{"code":{code},"message":"{message}"{data}}}}}"#
            )
        };
        let answer = match (name.as_str(), self.answer) {
            ("signalwire.connect", _) => format!(
                r#"{{"jsonrpc":"2.0","id":"{id}","result":{{"protocol":"P1","authorization":{{"project_id":"p","fabric_subscriber":{{}}}},"ice_servers":[{{"urls":"turn:{}"}}],"offhook":{{"peer_reflexive":true,"run":"{}"}}}}}}"#,
                self.run, self.run
            ),
            ("verto.modify", Answer::Yes) => ok(r#"{"action":"updateMedia","sdp":"v=0"}"#),
            ("verto.modify", Answer::Gone) => no(
                -32602,
                "there is no such call",
                r#","data":{"cause":"NORMAL_CLEARING","causeCode":"16"}"#,
            ),
            ("verto.invite", Answer::Gone) if attaching => no(-32000, "INVALID_CALL_REFERENCE", ""),
            ("verto.invite", Answer::No) if attaching => no(-32000, "TEMPORARY_FAILURE", ""),
            ("verto.modify", Answer::No) => no(-32602, "no", ""),
            ("verto.modify" | "verto.invite", Answer::Never) => return,
            ("verto.invite", _) => ok(&format!(
                r#"{{"callID":"{call}","memberID":"M","message":"CALL CREATED"}}"#
            )),
            _ => ok("{}"),
        };
        self.owed.push(answer);
    }

    fn say(&mut self, text: &str) {
        if let Some(socket) = self.socket.filter(|_| !self.hole) {
            let text = text.into();
            self.engine.handle(self.now, Input::Frame { socket, text });
        }
    }

    pub(crate) fn count(&self, method: &str) -> usize {
        self.seen.iter().filter(|(name, _)| name == method).count()
    }

    /// Restarts so far, with when they came and whether through relays.
    pub(crate) fn restarts(&self) -> Vec<(u64, bool)> {
        let restarts = self.offers.iter().filter(|(_, restart, _)| *restart);
        restarts.map(|(at, _, relay)| (*at, *relay)).collect()
    }

    pub(crate) fn attachments(&self) -> Option<&str> {
        let (_, text) = self.stored.iter().find(|(key, _)| key == "sw:sub:att")?;
        Some(text)
    }

    pub(crate) fn written(value: &Value) -> String {
        write(value)
    }
}

//! The engine against a scripted server, in simulated time: start-up, loss, resume, refresh, calls, and chance.

use miniserde::json::Value;
use offhook_core::clock::Now;
use offhook_core::engine::{Engine, EngineConfig};
use offhook_core::input::{
    Command, Credential, Failure, HttpResponse, Input, MediaOptions, PeerReport, PeerState,
};
use offhook_core::json::{array_of, at, get, parse, str_of};
use offhook_core::output::{CallEvent, CallStatus, Event, Output, PeerCommand};
use proptest::prelude::*;

/// {"iss":"http://server.test"}
const TOKEN: &str = "eyJpc3MiOiJodHRwOi8vc2VydmVyLnRlc3QifQ.x.y";

/// Between the server's pings.
const PING_MS: u64 = 8_000;

/// A world of one client: clock, network, server and provider.
struct World {
    engine: Engine,
    now: Now,
    /// The open socket.
    socket: Option<u64>,
    reachable: bool,
    /// Methods the server has seen, in order.
    seen: Vec<String>,
    statuses: Vec<CallStatus>,
    calls: Vec<String>,
    errors: Vec<&'static str>,
    warnings: Vec<String>,
    ready: bool,
    connects: u32,
    refuse_resume: bool,
    token_life_ms: Option<u64>,
    refreshes: u32,
    refresh_fails: bool,
    done: Vec<(u64, bool)>,
    acks: Vec<String>,
    invited: Option<String>,
    legs_ended: u32,
    /// The server pings, as servers do.
    pings: bool,
    next_ping: u64,
}

impl World {
    fn new(seed: u8, config: EngineConfig) -> Self {
        let now = Now {
            mono_ms: 0,
            wall_ms: 1_800_000_000_000,
        };
        World {
            engine: Engine::new(config, [seed; 32], now),
            now,
            socket: None,
            reachable: true,
            seen: vec![],
            statuses: vec![],
            calls: vec![],
            errors: vec![],
            warnings: vec![],
            ready: false,
            connects: 0,
            refuse_resume: false,
            token_life_ms: None,
            refreshes: 0,
            refresh_fails: false,
            done: vec![],
            acks: vec![],
            invited: None,
            legs_ended: 0,
            pings: true,
            next_ping: PING_MS,
        }
    }

    fn started(seed: u8, config: EngineConfig) -> Self {
        let mut world = World::new(seed, config);
        world.command(1, Command::Start);
        world.run(1_000);
        assert!(world.ready, "{:?} {:?}", world.seen, world.errors);
        world
    }

    fn command(&mut self, id: u64, command: Command) {
        self.tell(Input::Command { id, command });
    }

    fn tell(&mut self, input: Input) {
        self.engine.handle(self.now, input);
        self.settle();
    }

    /// Everything that follows without time passing.
    fn settle(&mut self) {
        let mut steps = 0;
        while let Some(output) = self.engine.poll() {
            steps += 1;
            assert!(steps < 10_000, "the engine never comes to rest");
            self.perform(output);
        }
    }

    /// Lets time pass, waking the engine exactly when it asks.
    fn run(&mut self, ms: u64) {
        let until = self.now.mono_ms + ms;
        loop {
            let due = self
                .engine
                .deadline()
                .unwrap_or(u64::MAX)
                .max(self.now.mono_ms);
            let next = due.min(until).min(self.next_ping);
            let passed = next - self.now.mono_ms;
            self.now = Now {
                mono_ms: next,
                wall_ms: self.now.wall_ms + passed,
            };
            if next == self.next_ping {
                self.next_ping += PING_MS;
                if self.pings {
                    self.say(
                        r#"{"jsonrpc":"2.0","id":"ping","method":"signalwire.ping","params":{}}"#,
                    );
                }
            }
            if next >= due {
                self.tell(Input::Tick);
            }
            self.settle();
            if next == until {
                return;
            }
        }
    }

    fn credential(&self) -> Credential {
        Credential {
            token: Some(TOKEN.into()),
            authorization_state: None,
            bound: false,
            expiry_at: self.token_life_ms.map(|life| self.now.wall_ms + life),
        }
    }

    fn perform(&mut self, output: Output) {
        let answer = match output {
            Output::Authenticate { request } => Input::Credential {
                request,
                result: Ok(self.credential()),
            },
            Output::Refresh { request } => {
                self.refreshes += 1;
                let failure = Failure {
                    name: "Error".into(),
                    message: "no".into(),
                };
                let result = if self.refresh_fails {
                    Err(failure)
                } else {
                    Ok(self.credential())
                };
                Input::Credential { request, result }
            }
            Output::Http { request, .. } if self.reachable => {
                let body = r#"{"id":"sub","fabric_addresses":[]}"#.to_owned();
                Input::Http {
                    request,
                    result: Ok(HttpResponse {
                        status: 200,
                        headers: vec![],
                        body,
                    }),
                }
            }
            Output::Http { request, .. } => {
                let failure = Failure {
                    name: "NetworkError".into(),
                    message: "away".into(),
                };
                Input::Http {
                    request,
                    result: Err(failure),
                }
            }
            Output::Lock { request, .. } => Input::Locked { request },
            Output::OpenSocket { socket, url } => {
                assert_eq!(url, "ws://server.test");
                if !self.reachable {
                    return self.engine.handle(
                        self.now,
                        Input::SocketClosed {
                            socket,
                            reason: "away".into(),
                        },
                    );
                }
                self.socket = Some(socket);
                Input::SocketOpened { socket }
            }
            Output::CloseSocket { socket } => {
                self.socket.take_if(|open| *open == socket);
                return;
            }
            Output::Send { socket, text } => {
                assert_eq!(
                    self.socket,
                    Some(socket),
                    "sent on a socket that is not open"
                );
                return self.server(&parse(&text).expect("a frame is JSON"));
            }
            Output::Peer { leg, command } => match command {
                PeerCommand::Offer { .. } | PeerCommand::Answer { .. } => {
                    let report = PeerReport::LocalDescription {
                        sdp: "v=0".into(),
                        sending_audio: true,
                        sending_video: false,
                    };
                    Input::Peer { leg, report }
                }
                PeerCommand::ApplyAnswer { .. } => Input::Peer {
                    leg,
                    report: PeerReport::State {
                        state: PeerState::Connected,
                    },
                },
                _ => return,
            },
            Output::Done { id, result } => return self.done.push((id, result.is_ok())),
            Output::Event(event) => return self.event(event),
            _ => return,
        };
        self.engine.handle(self.now, answer);
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Ready(ready) => self.ready = ready,
            Event::Error(error) => self.errors.push(error.class),
            Event::Warning(warning) => self
                .warnings
                .push(str_of(&warning, "code").unwrap_or_default().to_owned()),
            Event::Call {
                call,
                event: CallEvent::Created(_),
            } => self.calls.push(call),
            Event::Call {
                event: CallEvent::LegEnded(_),
                ..
            } => self.legs_ended += 1,
            Event::Call {
                event: CallEvent::Status(status),
                ..
            } => self.statuses.push(status),
            _ => {}
        }
    }

    /// The server reads a frame.
    fn server(&mut self, frame: &Value) {
        let id = str_of(frame, "id").expect("an id").to_owned();
        let Some(method) = str_of(frame, "method") else {
            return self.acks.push(id);
        };
        let params = get(frame, "params").expect("params");
        let inner = at(params, &["message", "method"]);
        let name = match inner {
            Some(Value::String(inner)) => inner.clone(),
            _ => method.to_owned(),
        };
        self.seen.push(name.clone());
        let call = str_of(params, "callID").unwrap_or_default().to_owned();
        match name.as_str() {
            "signalwire.connect" => {
                self.connects += 1;
                let resuming = get(params, "authorization_state").is_some();
                if resuming && self.refuse_resume {
                    return self.say(&format!(r#"{{"jsonrpc":"2.0","id":"{id}","error":{{"code":-32003,"message":"gone"}}}}"#));
                }
                self.say(&format!(
                    r#"{{"jsonrpc":"2.0","id":"{id}","result":{{"identity":"sub@P1","protocol":"P1","authorization":{{"jti":"j","project_id":"p","fabric_subscriber":{{}}}},"ice_servers":[],"offhook":{{"peer_reflexive":true}}}}}}"#
                ));
                self.say_event("as", r#""event_type":"signalwire.authorization.state","params":{"authorization_state":"S"}"#);
            }
            "verto.invite" => {
                self.invited = Some(call.clone());
                self.say(&format!(
                    r#"{{"jsonrpc":"2.0","id":"{id}","result":{{"code":"200","node_id":"N","result":{{"jsonrpc":"2.0","id":"1","result":{{"callID":"{call}","memberID":"M","message":"CALL CREATED"}}}}}}}}"#
                ));
            }
            _ => self.say(&format!(r#"{{"jsonrpc":"2.0","id":"{id}","result":{{"code":"200","result":{{"result":{{}}}}}}}}"#)),
        }
    }

    fn say(&mut self, text: &str) {
        if let Some(socket) = self.socket {
            self.engine.handle(
                self.now,
                Input::Frame {
                    socket,
                    text: text.into(),
                },
            );
        }
    }

    fn say_event(&mut self, id: &str, inner: &str) {
        self.say(&format!(
            r#"{{"jsonrpc":"2.0","id":"{id}","method":"signalwire.event","params":{{"event_channel":"P1",{inner}}}}}"#
        ));
    }

    fn verto(&mut self, id: &str, method: &str, params: &str) {
        self.say_event(
            id,
            &format!(r#""event_type":"webrtc.message","node_id":"N","params":{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#),
        );
        self.settle();
    }

    fn cut(&mut self) {
        if let Some(socket) = self.socket.take() {
            self.tell(Input::SocketClosed {
                socket,
                reason: "cut".into(),
            });
        }
    }

    fn count(&self, method: &str) -> usize {
        self.seen.iter().filter(|seen| *seen == method).count()
    }
}

fn dial(to: &str) -> Command {
    Command::Dial {
        to: to.into(),
        options: MediaOptions::default(),
        user_variables: Value::Null,
        node_id: None,
    }
}

fn renewable() -> EngineConfig {
    EngineConfig {
        can_refresh: true,
        ..EngineConfig::default()
    }
}

#[test]
fn start_up_connects_then_registers() {
    let world = World::started(1, EngineConfig::default());
    assert_eq!(world.seen, ["signalwire.connect", "subscriber.online"]);
    assert_eq!(world.done, [(1, true)]);
    assert!(world.acks.contains(&"as".to_owned()));
}

#[test]
fn an_unreachable_server_is_told_after_a_bounded_number_of_attempts() {
    let mut world = World::new(1, EngineConfig::default());
    world.reachable = false;
    world.command(1, Command::Start);
    world.run(60_000);
    assert_eq!(world.done, [(1, false)]);
    assert_eq!(world.connects, 0);
    assert!(!world.errors.is_empty());
}

#[test]
fn a_lost_session_is_resumed_and_registered_again() {
    let mut world = World::started(2, EngineConfig::default());
    world.cut();
    assert!(!world.ready);
    world.run(5_000);
    assert!(world.ready);
    assert_eq!((world.connects, world.count("subscriber.online")), (2, 2));
}

#[test]
fn nobody_who_went_offline_is_registered_by_a_reconnect() {
    let mut world = World::started(3, EngineConfig::default());
    world.command(2, Command::Unregister);
    world.cut();
    world.run(5_000);
    assert!(world.ready);
    assert_eq!(world.count("subscriber.online"), 1);
}

#[test]
fn a_refused_resume_becomes_a_fresh_connect_and_calls_are_kept() {
    let mut world = World::started(4, EngineConfig::default());
    world.command(2, dial("/public/room"));
    world.refuse_resume = true;
    world.cut();
    world.run(10_000);
    assert!(world.ready);
    assert_eq!(world.connects, 3);
    assert!(!world.statuses.contains(&CallStatus::Destroyed));
    assert!(world.errors.is_empty());
}

#[test]
fn a_server_that_falls_silent_is_left() {
    let mut world = World::started(5, EngineConfig::default());
    world.pings = false;
    world.run(40_000);
    assert!(world.connects > 1);
}

#[test]
fn a_redelivered_event_is_acked_twice_and_taken_once() {
    let mut world = World::started(6, EngineConfig::default());
    let invite = r#"{"callID":"in1","sdp":"v=0 m=audio","callee_id_number":"/private/me","caller_id_number":"/private/them"}"#;
    world.verto("e1", "verto.invite", invite);
    world.verto("e1", "verto.invite", invite);
    world.verto("e2", "verto.invite", invite);
    assert_eq!(world.calls, ["in1"]);
    assert_eq!(world.acks.iter().filter(|id| *id == "e1").count(), 2);
}

#[test]
fn a_call_goes_from_new_to_connected_and_ends_when_the_other_side_ends_it() {
    let mut world = World::started(7, EngineConfig::default());
    world.command(2, dial("/private/agent"));
    let call = world.invited.clone().expect("an invite");
    world.verto(
        "a",
        "verto.answer",
        &format!(r#"{{"callID":"{call}","sdp":"v=0"}}"#),
    );
    world.verto(
        "b",
        "verto.bye",
        &format!(r#"{{"callID":"{call}","cause":"NORMAL_CLEARING"}}"#),
    );
    use CallStatus::*;
    assert_eq!(
        world.statuses,
        [New, Trying, Connecting, Connected, Disconnected, Destroyed]
    );
    assert_eq!(world.done, [(1, true), (2, true)]);
}

#[test]
fn an_incoming_call_is_answered_and_hung_up() {
    let mut world = World::started(8, EngineConfig::default());
    world.verto(
        "e",
        "verto.invite",
        r#"{"callID":"in","sdp":"v=0 m=audio","callee_id_number":"/private/me"}"#,
    );
    world.command(
        2,
        Command::Answer {
            call: "in".into(),
            options: MediaOptions::default(),
        },
    );
    world.tell(Input::Peer {
        leg: "in".into(),
        report: PeerReport::State {
            state: PeerState::Connected,
        },
    });
    world.command(3, Command::Hangup { call: "in".into() });
    world.command(4, Command::Hangup { call: "in".into() });
    use CallStatus::*;
    assert_eq!(
        world.statuses,
        [Ringing, Connecting, Connected, Disconnecting, Destroyed]
    );
    assert_eq!(world.done, [(1, true), (2, true), (3, true), (4, true)]);
    assert_eq!(world.count("verto.bye"), 1);
}

/// A call that is up, and a screen shared beside it.
fn sharing(seed: u8) -> (World, String) {
    let mut world = World::started(seed, EngineConfig::default());
    world.command(2, dial("/private/agent"));
    let call = world.invited.clone().expect("an invite");
    let answer = format!(r#"{{"callID":"{call}","sdp":"v=0"}}"#);
    world.verto("a", "verto.answer", &answer);
    world.command(
        3,
        Command::AddLeg {
            call: call.clone(),
            leg: "screen".into(),
            screen: true,
            audio: true,
            video: true,
        },
    );
    assert_eq!(world.invited.as_deref(), Some("screen"));
    (world, call)
}

#[test]
fn a_shared_screen_is_done_when_it_is_connected_and_its_end_leaves_the_call() {
    let (mut world, _) = sharing(40);
    assert_eq!(world.done, [(1, true), (2, true)]);
    world.verto("b", "verto.answer", r#"{"callID":"screen","sdp":"v=0"}"#);
    assert_eq!(world.done.last(), Some(&(3, true)));
    world.verto("c", "verto.bye", r#"{"callID":"screen"}"#);
    assert_eq!(world.legs_ended, 1);
    assert_eq!(world.statuses.last(), Some(&CallStatus::Connected));
    assert_eq!(world.count("verto.bye"), 0, "the server ended it");
    world.command(
        4,
        Command::RemoveLeg {
            leg: "screen".into(),
        },
    );
    assert_eq!(world.done.last(), Some(&(4, true)));
    assert_eq!((world.legs_ended, world.errors.len()), (1, 0));
}

#[test]
fn a_leg_ends_with_its_call_and_both_say_bye() {
    let (mut world, call) = sharing(41);
    world.verto("b", "verto.answer", r#"{"callID":"screen","sdp":"v=0"}"#);
    world.command(4, Command::Hangup { call });
    assert_eq!((world.count("verto.bye"), world.legs_ended), (2, 1));
}

#[test]
fn a_leg_that_never_connects_is_given_up_and_the_call_goes_on() {
    let (mut world, call) = sharing(42);
    world.run(60_000);
    assert_eq!(world.done.last(), Some(&(3, false)));
    assert_eq!((world.count("verto.bye"), world.legs_ended), (1, 1));
    assert_eq!(world.statuses.last(), Some(&CallStatus::Connected));
    world.command(
        5,
        Command::AddLeg {
            call: "none".into(),
            leg: "other".into(),
            screen: false,
            audio: false,
            video: true,
        },
    );
    assert_eq!(world.done.last(), Some(&(5, false)), "no such call");
    world.command(
        6,
        Command::AddLeg {
            call: call.clone(),
            leg: call,
            screen: false,
            audio: false,
            video: true,
        },
    );
    assert_eq!(world.done.last(), Some(&(6, false)), "a name that is taken");
}

#[test]
fn a_leg_that_loses_contact_is_restarted_and_given_up_only_after_several_attempts() {
    let (mut world, _) = sharing(43);
    world.verto("b", "verto.answer", r#"{"callID":"screen","sdp":"v=0"}"#);
    let told = |world: &mut World, state| {
        let report = PeerReport::State { state };
        let leg = "screen".into();
        world.tell(Input::Peer { leg, report });
    };
    told(&mut world, PeerState::Disconnected);
    world.run(2_500);
    assert_eq!(world.count("verto.modify"), 0, "it may come back by itself");
    world.run(1_000);
    assert_eq!(world.count("verto.modify"), 1);
    told(&mut world, PeerState::Connected);
    world.run(60_000);
    assert_eq!((world.count("verto.modify"), world.legs_ended), (1, 0));
    // Without signalling it waits; then every attempt fails.
    world.reachable = false;
    world.cut();
    told(&mut world, PeerState::Failed);
    world.run(5_000);
    assert_eq!((world.count("verto.modify"), world.legs_ended), (1, 0));
    world.reachable = true;
    world.run(60_000);
    assert_eq!((world.count("verto.modify"), world.legs_ended), (4, 1));
    assert_eq!(world.statuses.last(), Some(&CallStatus::Connected));
}

#[test]
fn disconnecting_says_bye_for_every_call_and_goes_offline() {
    let mut world = World::started(9, EngineConfig::default());
    world.command(2, dial("/public/a"));
    world.command(3, dial("/public/b"));
    world.command(4, Command::Disconnect);
    assert_eq!(
        (world.count("verto.bye"), world.count("subscriber.offline")),
        (2, 1)
    );
    assert_eq!(world.socket, None);
}

#[test]
fn digits_outside_the_alphabet_are_refused_here() {
    let mut world = World::started(10, EngineConfig::default());
    world.command(2, dial("/public/a"));
    let call = world.calls[0].clone();
    world.command(
        3,
        Command::SendDigits {
            call: call.clone(),
            digits: "12x".into(),
        },
    );
    world.command(
        4,
        Command::SendDigits {
            call,
            digits: "1*#wD".into(),
        },
    );
    assert_eq!(world.done[2..], [(3, false), (4, true)]);
    assert_eq!(world.count("verto.info"), 1);
}

#[test]
fn a_refreshed_token_reaches_the_live_session_before_the_old_one_dies() {
    let mut world = World::new(11, renewable());
    world.token_life_ms = Some(600_000);
    world.command(1, Command::Start);
    world.run(590_000);
    assert_eq!(world.refreshes, 1);
    assert_eq!(world.count("signalwire.reauthenticate"), 1);
    world.run(600_000);
    assert_eq!(world.refreshes, 2);
}

#[test]
fn refresh_stops_when_the_provider_rejects_and_the_session_goes_on() {
    let mut world = World::new(12, renewable());
    world.token_life_ms = Some(60_000);
    world.refresh_fails = true;
    world.command(1, Command::Start);
    world.run(55_500);
    assert_eq!(world.errors, ["TokenRefreshError"]);
    assert!(
        world
            .warnings
            .contains(&"credential_refresh_stopped".to_owned())
    );
    assert_eq!(world.refreshes, 1);
    world.run(600_000);
    assert_eq!(world.refreshes, 1);
}

#[test]
fn a_device_that_slept_refreshes_when_it_wakes() {
    let mut world = World::new(13, renewable());
    world.token_life_ms = Some(3_600_000);
    world.command(1, Command::Start);
    world.run(1_000);
    // Asleep: the wall clock goes on, the monotonic one does not.
    world.now.wall_ms += 24 * 3_600_000;
    world.tell(Input::Visible { visible: true });
    assert_eq!(world.refreshes, 1);
}

#[test]
fn the_same_seed_gives_the_same_frames() {
    let frames = |seed| {
        let mut world = World::started(seed, EngineConfig::default());
        world.command(2, dial("/public/a"));
        (world.calls.clone(), world.seen.clone())
    };
    assert_eq!(frames(20), frames(20));
    assert_ne!(frames(20).0, frames(21).0);
}

/// Drops, absences, sleep and refusals in any order, from a seed that a failure names.
#[test]
fn whatever_the_network_does_a_renewable_session_comes_back() {
    for seed in 0..2_000u64 {
        let mut chance = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut roll = |below: u64| {
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            chance % below
        };
        let mut world = World::new(seed as u8, renewable());
        world.token_life_ms = Some(60_000 + roll(600_000));
        world.command(1, Command::Start);
        world.run(1_000);
        for _ in 0..30 {
            match roll(6) {
                0 => world.cut(),
                1 => {
                    world.reachable = false;
                    world.cut();
                }
                2 => world.reachable = true,
                3 => world.now.wall_ms += roll(3 * 24 * 3_600_000),
                4 => world.refuse_resume = roll(2) == 0,
                _ => world.command(roll(1_000) + 10, dial("/public/a")),
            }
            let wait = roll(20_000);
            world.run(wait);
        }
        world.reachable = true;
        world.tell(Input::Network { online: true });
        world.run(10_000);
        assert!(world.ready, "seed {seed}: not back; {:?}", world.errors);
        // Ten minutes of steps at most: nothing that comes back does so in a storm.
        assert!(
            world.connects < 400,
            "seed {seed}: {} connects",
            world.connects
        );
        assert!(
            world.refreshes < 100,
            "seed {seed}: {} refreshes",
            world.refreshes
        );
    }
}

proptest! {
    #[test]
    fn no_frame_makes_the_engine_panic(text in ".{0,200}") {
        let mut world = World::started(30, EngineConfig::default());
        world.say(&text);
        world.settle();
    }

    #[test]
    fn no_event_makes_the_engine_panic(kind in "(call|member|layout|verto|webrtc)\\.[a-z]{1,9}", body in "[\\[\\]{}\":,a-z0-9]{0,80}") {
        let mut world = World::started(31, EngineConfig::default());
        world.command(2, dial("/public/a"));
        let call = world.calls[0].clone();
        world.say_event("x", &format!(r#""event_type":"{kind}","params":{{"call_id":"{call}","room_session":{body},"member":{body}}}"#));
        world.verto("y", &kind, &format!(r#"{{"callID":"{call}","userVariables":{{}},"sdp":"{}"}}"#, body.replace(['"', '\\'], "")));
        prop_assert!(array_of(&Value::Null, "x").is_empty());
    }
}

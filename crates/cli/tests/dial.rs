//! `offhook dial` against a server: real processes, real audio.

mod support;

use std::path::Path;

use support::dial::*;
use support::*;
use tempfile::TempDir;

/// A server with the demo's room, and a place for files.
struct Place {
    server: Running,
    directory: TempDir,
}

impl Place {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("data");
        let mut arguments = serve(&data);
        arguments.push("--demo");
        let server = Running::start(offhook(&arguments));
        Self { server, directory }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn data(&self) -> String {
        self.path().join("data").to_str().unwrap().to_owned()
    }

    fn origin(&self) -> &str {
        self.server.ready["http"].as_str().unwrap()
    }

    /// An access token of a subscriber, who is made if there is none.
    fn token(&self, reference: &str) -> String {
        self.made(&["subscriber", "--reference", reference])
    }

    fn made(&self, arguments: &[&str]) -> String {
        let data = self.data();
        let mut all = vec!["token"];
        all.extend(arguments);
        all.extend(["--data", &data]);
        let (code, stdout, stderr) = told(&run(&all));
        assert_eq!(code, 0, "{stderr}");
        stdout.trim().to_owned()
    }

    /// Somebody in a call, with a tone of their own and a recording of what they hear.
    fn party(&self, token: &str, hz: f32, arguments: &[&str]) -> Party {
        let tone = tone_file(self.path(), hz);
        let recording = self.path().join(format!("heard-by-{hz}.wav"));
        let mut all = vec!["--play", tone.to_str().unwrap(), "--repeat"];
        all.extend(["--record", recording.to_str().unwrap()]);
        all.extend(arguments);
        Party {
            dial: Dial::start(token, &all),
            hz,
            recording: recording.clone(),
        }
    }
}

struct Party {
    dial: Dial,
    hz: f32,
    recording: std::path::PathBuf,
}

impl Party {
    fn hears(&self, other: f32) {
        let level = level(&self.recording, other);
        assert!(level > HEARD_DBFS, "{} hears {other} at {level}", self.hz);
    }

    fn does_not_hear(&self, other: f32) {
        let level = level(&self.recording, other);
        assert!(level < UNHEARD_DBFS, "{} hears {other} at {level}", self.hz);
    }
}

#[test]
fn the_echo_is_recorded_and_reported() {
    let place = Place::start();
    let arguments = [
        "/public/network-test",
        "--server",
        place.origin(),
        "--seconds",
        "2",
    ];
    let party = place.party(&place.token("alice"), 800.0, &arguments);
    let recording = party.recording.clone();
    let ended = party.dial.end();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(
        ended.states(),
        [
            "connecting",
            "ready",
            "new",
            "trying",
            "connecting",
            "connected",
            "disconnecting",
            "destroyed"
        ]
    );
    assert!(level(&recording, 800.0) > HEARD_DBFS);
    assert!(level(&recording, 1300.0) < UNHEARD_DBFS);
    let seconds = samples(&recording).len() as f64 / 48_000.0;
    assert!((1.8..4.0).contains(&seconds), "{seconds} s");

    let report = ended.report();
    assert_eq!(
        (&report["ended_by"], &report["cause"], &report["lost"]),
        (&"local".into(), &"NORMAL_CLEARING".into(), &0.into()),
        "{report}"
    );
    for (key, least) in [("packets", 80), ("sent", 80)] {
        assert!(report[key].as_u64() > Some(least), "{key}: {report}");
    }
    for step in ["connect", "dial", "connected", "first_packet"] {
        assert!(report["setup_ms"][step].is_u64(), "{step}: {report}");
    }
    // Bursts of half the time at -22 dBFS peak: 3 dB for the sine, 3 for the pauses.
    for side in ["sent", "received"] {
        let level = report["level_dbfs"][side].as_f64().unwrap();
        assert!((-34.0..-24.0).contains(&level), "{side}: {report}");
    }
}

#[test]
fn two_in_a_room_hear_each_other_and_not_themselves() {
    room_of(&[500.0, 1200.0]);
}

#[test]
fn five_in_a_room_hear_the_others_and_not_themselves() {
    room_of(&[500.0, 800.0, 1200.0, 1700.0, 2300.0]);
}

fn room_of(tones: &[f32]) {
    let place = Place::start();
    let mut parties = Vec::new();
    for (index, &hz) in tones.iter().enumerate() {
        let token = place.token(&format!("caller{index}"));
        let arguments = ["/public/lobby", "--server", place.origin()];
        parties.push(place.party(&token, hz, &arguments));
    }
    for party in &mut parties {
        party.dial.until("connected");
    }
    let recordings: Vec<_> = parties.iter().map(|party| &*party.recording).collect();
    record_on(&recordings, 3);
    for party in &parties {
        party.dial.interrupt();
    }
    for Party {
        dial,
        hz,
        recording,
    } in parties
    {
        let ended = dial.end();
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let report = ended.report();
        assert_eq!(
            (&report["lost"], &report["ended_by"]),
            (&0.into(), &"local".into())
        );
        for &other in tones {
            let level = level(&recording, other);
            if other == hz {
                assert!(level < UNHEARD_DBFS, "{hz} hears itself at {level}");
            } else {
                assert!(level > HEARD_DBFS, "{hz} hears {other} at {level}");
            }
        }
    }
}

#[test]
fn a_call_is_waited_for_answered_and_ended_by_the_caller() {
    let place = Place::start();
    let mut bob = place.party(&place.token("bob"), 700.0, &["--wait"]);
    bob.dial.until("ready");
    let mut alice = place.party(&place.token("alice"), 1100.0, &["/private/bob"]);
    alice.dial.until("connected");
    bob.dial.until("connected");
    record_on(&[&alice.recording, &bob.recording], 2);
    alice.dial.interrupt();
    alice.hears(700.0);
    alice.does_not_hear(1100.0);
    bob.hears(1100.0);
    bob.does_not_hear(700.0);

    let (alice, bob) = (alice.dial.end(), bob.dial.end());
    assert_eq!(
        (alice.code, bob.code),
        (0, 0),
        "{}{}",
        alice.stderr,
        bob.stderr
    );
    assert!(alice.states().contains(&"ringing"), "{:?}", alice.states());
    let report = bob.report();
    assert_eq!(
        (&report["ended_by"], &report["cause"]),
        (&"remote".into(), &"NORMAL_CLEARING".into())
    );
    // The figures outlive the connection, which the other side ended.
    assert!(report["packets"].as_u64() > Some(80), "{report}");
    let incoming = bob.lines.iter().find(|line| line["state"] == "incoming");
    assert!(incoming.is_some_and(|line| line["call_id"].is_string()));
}

#[test]
fn a_public_token_reaches_its_destination_and_the_callee_ends_the_call() {
    let place = Place::start();
    let mut bob = Dial::start(&place.token("bob"), &["--wait", "--seconds", "1"]);
    let button = place.made(&["embed", "--destination", "/private/bob"]);
    bob.until("ready");
    let visitor = Dial::start(&button, &["--server", place.origin()]);
    let (bob, visitor) = (bob.end(), visitor.end());
    assert_eq!(
        (bob.code, visitor.code),
        (0, 0),
        "{}{}",
        bob.stderr,
        visitor.stderr
    );
    assert_eq!(bob.report()["ended_by"], "local");
    assert_eq!(
        (&visitor.report()["ended_by"], &visitor.report()["cause"]),
        (&"remote".into(), &"NORMAL_CLEARING".into())
    );
}

#[test]
fn interrupted_while_it_waits_it_goes_away_without_a_report() {
    let place = Place::start();
    let mut waiting = Dial::start(&place.token("bob"), &["--wait"]);
    waiting.until("ready");
    waiting.interrupt();
    let ended = waiting.end();
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("interrupted"), "{}", ended.stderr);
    assert!(ended.lines.iter().all(|line| line.get("report").is_none()));
    // The server knows at once that nobody is there.
    let ended = Dial::start(&place.token("alice"), &["/private/bob"]).end();
    assert!(
        ended.stderr.contains("USER_NOT_REGISTERED"),
        "{}",
        ended.stderr
    );
}

#[test]
fn what_fails_says_why() {
    let place = Place::start();
    let alice = place.token("alice");
    let origin = place.origin();
    let text = place.path().join("text.wav");
    std::fs::write(&text, "no audio").unwrap();
    let text = text.to_str().unwrap();
    let missing = place.path().join("none/heard.wav");
    let missing = missing.to_str().unwrap();
    let echo = "/public/network-test";
    for (token, arguments, code, word) in [
        (&*alice, &["/public/nowhere"][..], 1, "INVALID_DESTINATION"),
        (&alice, &["/private/agent"], 1, "USER_NOT_REGISTERED"),
        (&alice, &["--wait", "--timeout", "1"], 1, "nobody called"),
        (&alice, &[echo, "--play", text], 2, "text.wav"),
        (&alice, &[echo, "--play", "none.wav"], 2, "none.wav"),
        (&alice, &[echo, "--record", missing], 1, "heard.wav"),
        (&alice, &[echo, "--ca", text], 2, "text.wav"),
        (&alice, &[echo, "--server", "ftp://x"], 2, "ftp://x"),
        (
            &alice,
            &[echo, "--server", "http://127.0.0.1:9"],
            1,
            "refused",
        ),
        (&alice, &[], 2, "destination"),
        (&alice, &[echo, "--seconds", "0"], 2, "--seconds"),
        (&alice, &[echo, "--wait"], 2, "--wait"),
        ("nonsense", &[echo], 1, "token"),
        ("c2c_unknown", &["--server", origin], 1, "not known"),
        ("c2c_unknown", &[], 2, "--server"),
    ] {
        let ended = Dial::start(token, arguments).end();
        assert_eq!(ended.code, code, "{arguments:?}: {}", ended.stderr);
        assert!(
            ended.stderr.contains(word),
            "{arguments:?}: {}",
            ended.stderr
        );
        assert!(!ended.stderr.contains(&*alice), "the token is printed");
    }
}

#[test]
fn a_private_authority_is_trusted_when_it_is_named() {
    let place = Place::start();
    let alice = place.token("alice");
    let https = place.server.ready["https"].as_str().unwrap();
    let ca = place.path().join("data/tls/ca.pem");
    let ca = ca.to_str().unwrap();
    let arguments = ["/public/network-test", "--server", https, "--seconds", "1"];
    let refused = Dial::start(&alice, &arguments).end();
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("certificate"), "{}", refused.stderr);
    let mut arguments = arguments.to_vec();
    arguments.extend(["--ca", ca]);
    let ended = Dial::start(&alice, &arguments).end();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.report()["packets"].as_u64() > Some(30));
}

#[test]
fn without_json_people_read_a_report() {
    let place = Place::start();
    let alice = place.token("alice");
    let mut command = offhook(&["dial", "/public/network-test", "--seconds", "1"]);
    let output = command.env("OFFHOOK_TOKEN", &alice).output().unwrap();
    let (code, stdout, stderr) = told(&output);
    assert_eq!(code, 0, "{stderr}");
    for word in ["set up", "packets", "level", "silence", "ended", "local"] {
        assert!(stdout.contains(word), "{word}: {stdout}");
    }
    assert!(stderr.contains("connected"), "{stderr}");
}

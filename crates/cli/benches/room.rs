//! How much one processor mixes in real time: the most rooms of three, and the most members of one room, beside the
//! AudioBridge of a Janus server under the same load from the same generator, in turns; and what a thousand empty rooms
//! cost. `cargo xtask bench room`.
#![allow(clippy::unwrap_used, reason = "a measurement that fails has failed")]

mod stage;

use std::time::Duration;

use serde_json::{Value, json};
use stage::{Running, Wish};

/// A kind of load that grows.
struct Scenario {
    name: &'static str,
    arguments: &'static [&'static str],
}

const SCENARIOS: [Scenario; 3] = [
    Scenario {
        name: "rooms of three, all speaking",
        arguments: &["--find", "rooms", "--rooms", "8", "--members", "3"],
    },
    Scenario {
        name: "members of one room, all speaking",
        arguments: &["--find", "members", "--members", "16"],
    },
    Scenario {
        name: "members of one room, three speaking",
        arguments: &["--find", "members", "--members", "16", "--speaking", "3"],
    },
];
/// How long a server is watched that has nothing to do.
const IDLE: Duration = Duration::from_secs(10);

fn main() {
    let wish = Wish::read();
    let only = std::env::args()
        .skip_while(|argument| argument != "--only")
        .nth(1);
    if !stage::has_janus() {
        println!("No Janus to compare with: Debian has it in the package janus.");
    }
    let mut measured = Vec::new();
    for scenario in &SCENARIOS {
        if only
            .as_ref()
            .is_some_and(|only| !scenario.name.contains(only.as_str()))
        {
            continue;
        }
        measured.push(compare(scenario, wish));
        if wish.smoke {
            break;
        }
    }
    let idle = idle(wish);
    println!("{idle}");
    stage::keep("room.json", &json!({ "scenarios": measured, "idle": idle }));
}

/// One scenario on both servers.
fn compare(scenario: &Scenario, wish: Wish) -> Value {
    println!("\n{}", scenario.name);
    let ours = {
        let server = stage::ours();
        let data = server.data();
        grow(&server, scenario, &["--data", data.to_str().unwrap()], wish)
    };
    show("Offhook", &ours);
    let janus = stage::has_janus().then(|| {
        let (server, url) = stage::janus();
        grow(&server, scenario, &["--janus", &url], wish)
    });
    let mut ratio = None;
    if let Some(janus) = &janus {
        show("Janus AudioBridge", janus);
        let largest = |report: &Value| report["largest"].as_f64().unwrap_or_default();
        ratio = (largest(janus) > 0.0).then(|| largest(&ours) / largest(janus));
        if let Some(ratio) = ratio {
            println!("  ratio: {ratio:.2}");
        }
    }
    json!({ "name": scenario.name, "ours": ours, "janus": janus, "ratio": ratio })
}

/// The load grows as the scenario says, or is the smallest there is.
fn grow(server: &Running, scenario: &Scenario, target: &[&str], wish: Wish) -> Value {
    let pid = server.pid();
    let mut arguments = target.to_vec();
    arguments.extend(["--pid", &pid]);
    if wish.smoke {
        arguments.extend(["--rooms", "1", "--members", "3", "--seconds", "1"]);
    } else {
        arguments.extend(scenario.arguments);
        arguments.extend(["--seconds", "5"]);
    }
    let report = stage::load(&arguments);
    assert!(!wish.smoke || report["media"]["legs"] == 3, "{report}");
    report
}

fn show(server: &str, report: &Value) {
    let held = &report["held"];
    println!(
        "  {server}: {} held; {} legs, {} of a core, {} KiB a leg, delay p99 {} ms, missed {}; generator {} of a core",
        report["largest"],
        held["legs"],
        held["server_cores"],
        held["kib_per_leg"],
        held["delay_ms"]["p99"],
        held["missed_share"],
        held["generator_cores"],
    );
}

/// Processor time of a server without rooms, and of one with a thousand that nobody is in.
fn idle(wish: Wish) -> Value {
    let (time, rooms) = if wish.smoke {
        (Duration::from_secs(1), "10")
    } else {
        (IDLE, "1000")
    };
    let server = stage::ours();
    let data = server.data();
    let data = data.to_str().unwrap();
    let watch = || {
        let before = server.processor();
        std::thread::sleep(time);
        (server.processor() - before).as_millis() as u64
    };
    let none = watch();
    // Rooms that some have been in, and left.
    stage::load(&[
        "--data",
        data,
        "--rooms",
        "10",
        "--members",
        "2",
        "--seconds",
        "1",
    ]);
    stage::load(&[
        "--data",
        data,
        "--rooms",
        rooms,
        "--members",
        "0",
        "--seconds",
        "1",
    ]);
    let many = watch();
    json!({
        "seconds": time.as_secs(),
        "processor_ms_without_rooms": none,
        "rooms": rooms,
        "processor_ms_with_rooms": many,
    })
}

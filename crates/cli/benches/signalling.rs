//! What sessions and calls cost in signalling, on one processor: connects and call set-ups a second, and the memory of each
//! session that is held. `cargo xtask bench signalling`.
#![allow(clippy::unwrap_used, reason = "a measurement that fails has failed")]

mod stage;

use serde_json::{Value, json};
use stage::Wish;

fn main() {
    let wish = Wish::read();
    let (sessions, rooms) = if wish.smoke {
        ("10", "1")
    } else {
        ("5000", "60")
    };
    let held = measure(&["--sessions", sessions, "--rooms", "0", "--at-once", "16"]);
    let server = &held["server"];
    println!(
        "sessions: {} held, {} KiB each; connects: {} a second, {} a second of the server's processor time, {}",
        held["connects"]["done"],
        server["kib_per_session"],
        held["connects"]["per_second"],
        server["connects_per_core_second"],
        times(&held["connects"]["ms"]),
    );
    let calls = measure(&["--rooms", rooms, "--members", "2", "--at-once", "16"]);
    println!(
        "calls: {} set up; {} a second, {} a second of the server's processor time, {}",
        calls["call_setups"]["done"],
        calls["call_setups"]["per_second"],
        calls["server"]["setups_per_core_second"],
        times(&calls["call_setups"]["ms"]),
    );
    stage::keep(
        "signalling.json",
        &json!({ "sessions": held, "calls": calls }),
    );
}

fn times(ms: &Value) -> String {
    format!("median {} ms, p99 {} ms", ms["p50"], ms["p99"])
}

fn measure(arguments: &[&str]) -> Value {
    let server = stage::ours();
    let (data, pid) = (server.data(), server.pid());
    let mut all = vec![
        "--data",
        data.to_str().unwrap(),
        "--pid",
        &pid,
        "--seconds",
        "1",
    ];
    all.extend(arguments);
    stage::load(&all)
}

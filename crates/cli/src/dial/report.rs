//! What `offhook dial` prints: lines of JSON for programs, or text for people.

use std::io::Write as _;
use std::time::Duration;

use offhook::{Call, CallEvent, CallStatus, EndpointStats};
use serde_json::{Value, json};

/// Below the least that 16 bits can hold there is nothing.
const SILENCE_DBFS: f64 = -96.0;

/// How long the steps took, from the start of each.
#[derive(Debug, Default)]
pub(super) struct Setup {
    /// Token, connection and authentication.
    pub(super) connect: Duration,
    /// From dialling until the server accepted the invite.
    pub(super) dial: Duration,
    /// From dialling until the media connection was up.
    pub(super) connected: Option<Duration>,
}

/// Where and how to print.
pub(super) struct Output {
    json: bool,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        Self { json }
    }

    pub(super) fn state(&self, state: &str) {
        if self.json {
            print(json!({ "state": state }));
        } else {
            eprintln!("{state}");
        }
    }

    pub(super) fn incoming(&self, call: &Call) {
        if self.json {
            print(json!({ "state": "incoming", "call_id": call.id(), "from": call.from() }));
        } else {
            eprintln!(
                "incoming call from {}",
                call.from().unwrap_or("somebody unknown")
            );
        }
    }

    pub(super) fn event(&self, event: &CallEvent) {
        match event {
            CallEvent::Status(status) => self.state(status_name(*status)),
            CallEvent::Participant(member) if self.json => print(json!({
                "participant": { "id": member.id, "name": member.name, "audio_muted": member.audio_muted,
                    "talking": member.is_talking }
            })),
            CallEvent::ParticipantLeft(id) if self.json => print(json!({ "participant_left": id })),
            _ => {}
        }
    }

    pub(super) fn warning(&self, message: &str) {
        if self.json {
            print(json!({ "warning": message }));
        } else {
            eprintln!("warning: {message}");
        }
    }

    pub(super) fn failure(&self, message: &str) {
        if self.json {
            print(json!({ "error": message }));
        }
        eprintln!("offhook dial: {message}");
    }

    pub(super) fn report(
        &self,
        setup: &Setup,
        stats: Option<&EndpointStats>,
        call: &Call,
        by_us: bool,
    ) {
        let ended = call.ended();
        let first_packet = stats.and_then(|stats| stats.first_packet_after);
        let report = json!({
            "call_id": call.id(),
            "setup_ms": {
                "connect": millis(setup.connect),
                "dial": millis(setup.dial),
                "connected": setup.connected.map(millis),
                "first_packet": first_packet.map(millis),
            },
            "packets": stats.map_or(0, |stats| stats.packets_received),
            "lost": stats.map_or(0, |stats| stats.packets_lost),
            "jitter_ms": stats.map(|stats| round(stats.jitter_ms)),
            "rtt_ms": stats.and_then(|stats| stats.rtt_ms).map(round),
            "sent": stats.map_or(0, |stats| stats.packets_sent),
            "level_dbfs": {
                "sent": stats.and_then(|stats| stats.level_sent_dbfs).map(round),
                "received": stats.and_then(|stats| stats.level_received_dbfs).map(round),
            },
            "ended_by": if by_us { "local".into() } else {
                ended.as_ref().and_then(|ended| ended.by.clone()).unwrap_or_else(|| "remote".to_owned())
            },
            "cause": ended.as_ref().and_then(|ended| ended.cause.clone()),
            "cause_code": ended.as_ref().and_then(|ended| ended.cause_code),
        });
        if self.json {
            print(json!({ "report": report }));
        } else {
            print(format_args!("call {}", call.id()));
            print(format_args!(
                "  set up   connect {} ms, dial {} ms, media {}, first packet {}",
                report["setup_ms"]["connect"],
                report["setup_ms"]["dial"],
                ms(&report["setup_ms"]["connected"]),
                ms(&report["setup_ms"]["first_packet"])
            ));
            print(format_args!(
                "  packets  {} received, {} lost, {} sent; jitter {}",
                report["packets"],
                report["lost"],
                report["sent"],
                ms(&report["jitter_ms"])
            ));
            print(format_args!(
                "  level    {} sent, {} received",
                dbfs(&report["level_dbfs"]["sent"]),
                dbfs(&report["level_dbfs"]["received"])
            ));
            print(format_args!(
                "  ended    {} ({})",
                report["ended_by"].as_str().unwrap_or("?"),
                report["cause"].as_str().unwrap_or("no cause given")
            ));
        }
    }
}

/// Why a call never came up, for people.
pub(super) fn why_not_connected(call: &Call) -> String {
    match call.ended().and_then(|ended| ended.cause) {
        Some(cause) => format!("the call was not answered: {cause}"),
        None => "the call was not answered".into(),
    }
}

fn status_name(status: CallStatus) -> &'static str {
    match status {
        CallStatus::New => "new",
        CallStatus::Trying => "trying",
        CallStatus::Ringing => "ringing",
        CallStatus::Connecting => "connecting",
        CallStatus::Connected => "connected",
        CallStatus::Recovering => "recovering",
        CallStatus::Disconnecting => "disconnecting",
        CallStatus::Disconnected => "disconnected",
        CallStatus::Failed => "failed",
        CallStatus::Destroyed => "destroyed",
    }
}

/// A reader that has gone away does not end the call.
fn print(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn ms(value: &Value) -> String {
    if value.is_null() {
        "never".into()
    } else {
        format!("{value} ms")
    }
}

fn dbfs(value: &Value) -> String {
    match value.as_f64() {
        Some(level) if level > SILENCE_DBFS => format!("{value} dBFS"),
        _ => "silence".into(),
    }
}

//! What a load measured, as JSON.

use std::time::Duration;

use serde_json::{Value, json};

use super::Usage;
use super::crowd::{Counted, Took};
use super::seats::Size;

/// What was asked for.
pub(super) struct Load {
    pub(super) size: Size,
    pub(super) at_once: u32,
}

pub(super) struct Report {
    pub(super) load: Load,
    pub(super) connects: Took,
    pub(super) setups: Took,
    pub(super) counted: Counted,
    /// The server: before all, with all connected, at the beginning and at the end of the measurement.
    pub(super) before: Option<Usage>,
    pub(super) connected: Option<Usage>,
    pub(super) begin: Option<Usage>,
    pub(super) end: Option<Usage>,
}

impl Report {
    /// Everybody connected and got into their room.
    pub(super) fn is_complete(&self) -> bool {
        self.connects.failed == 0 && self.setups.failed == 0
    }

    pub(super) fn to_json(&self) -> Value {
        let Load { size, at_once } = self.load;
        let Size {
            rooms,
            members,
            sessions,
        } = size;
        json!({
            "rooms": rooms,
            "members": members,
            "sessions": sessions,
            "at_once": at_once,
            "connects": steps(&self.connects),
            "call_setups": steps(&self.setups),
            "media": media(&self.counted),
            "server": self.server(),
        })
    }

    fn server(&self) -> Value {
        let (Some(before), Some(connected)) = (self.before, self.connected) else {
            return Value::Null;
        };
        let (Some(begin), Some(end)) = (self.begin, self.end) else {
            return Value::Null;
        };
        let used = end.processor.saturating_sub(begin.processor).as_secs_f64();
        let passed = (end.at - begin.at).as_secs_f64();
        let share = used / passed;
        let more_kib = |now: u64, then: u64, among: usize| {
            (among > 0).then(|| rounded(now.saturating_sub(then) as f64 / among as f64))
        };
        json!({
            "cores": rounded(share),
            "cores_per_leg": (self.counted.legs > 0).then(|| share / self.counted.legs as f64),
            "connects_per_core_second": rate(&self.connects, connected.processor.saturating_sub(before.processor)),
            "setups_per_core_second": rate(&self.setups, begin.processor.saturating_sub(connected.processor)),
            "resident_kib": { "before": before.resident_kib, "connected": connected.resident_kib, "calls": end.resident_kib },
            "kib_per_session": more_kib(connected.resident_kib, before.resident_kib, self.connects.each.len()),
            "kib_per_leg": more_kib(end.resident_kib, connected.resident_kib, self.counted.legs),
        })
    }
}

/// How many the server does a second of one core's time.
fn rate(took: &Took, processor: Duration) -> Option<f64> {
    let done = took.each.len();
    (done > 0 && !processor.is_zero()).then(|| rounded(done as f64 / processor.as_secs_f64()))
}

fn steps(took: &Took) -> Value {
    let each: Vec<f64> = took.each.iter().map(|each| millis(*each)).collect();
    let rate = each.len() as f64 / took.together.as_secs_f64().max(f64::EPSILON);
    json!({
        "done": each.len(),
        "failed": took.failed,
        "why": took.why,
        "per_second": rounded(rate),
        "ms": spread(&each),
    })
}

fn media(counted: &Counted) -> Value {
    let Counted {
        expected,
        received,
        lost,
        legs,
        ..
    } = *counted;
    let missing = counted.missing();
    let delays: Vec<f64> = counted.delays.iter().map(|delay| millis(*delay)).collect();
    let share = |packets: u64| (expected > 0).then(|| packets as f64 / expected as f64);
    json!({
        "legs": legs,
        "packets_expected": expected,
        "packets_received": received,
        "lost_share": share(lost),
        "lost_ticks_share": share(missing),
        "jitter_ms": spread(&counted.jitter_ms),
        "delay_ms": spread(&delays),
        "bursts": delays.len(),
    })
}

/// Median, 99th percentile and the most.
pub(super) fn spread(values: &[f64]) -> Value {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let index = (share * sorted.len() as f64).ceil() as usize;
        sorted.get(index.saturating_sub(1)).copied().map(rounded)
    };
    json!({ "p50": at(0.5), "p99": at(0.99), "max": at(1.0) })
}

pub(super) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

pub(super) fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_names_values_that_were_measured() {
        let values: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!(
            spread(&values),
            json!({ "p50": 100.0, "p99": 198.0, "max": 200.0 })
        );
        assert_eq!(
            spread(&[7.0]),
            json!({ "p50": 7.0, "p99": 7.0, "max": 7.0 })
        );
        assert_eq!(spread(&[])["p99"], Value::Null);
    }

    #[test]
    fn ticks_that_did_not_come_are_not_packets_that_were_lost() {
        let counted = Counted {
            expected: 1_000,
            received: 950,
            lost: 10,
            ..Counted::default()
        };
        let told = media(&counted);
        assert_eq!(told["lost_share"], 0.01);
        assert_eq!(told["lost_ticks_share"], 0.04);
    }
}

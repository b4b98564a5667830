//! How much a server holds: the load grows, step by step and without anybody leaving, until the server no longer keeps up.

use std::time::Duration;

use serde_json::{Value, json};

use super::crowd::{Counted, Crowd, Took};
use super::process::{Process, Usage, machine};
use super::report::{millis, rounded, spread};
use super::seats::{Seats, Size};
use super::{Failed, Find, LoadArgs, SETTLE};

/// Shares of the ticks, and of the packets sent, that a server that keeps up may miss: phases of counting are within it.
const MISSED: f64 = 0.005;
/// The 99th percentile of the delay may be so much over the median of the first step: three frames.
const SLOWER: Duration = Duration::from_millis(60);
/// When others use more of the processors than this, a failure may be theirs, and is tried again.
const DISTURBED: f64 = 0.1;
/// So often.
const TRIES: usize = 4;
/// A server that uses less of its core is far from its limit, and takes larger steps: twice the size at most, since all who are
/// new come in at once.
const FAR: f64 = 0.6;
/// How full the step after a large one should be.
const NEAR: f64 = 0.75;
/// Near the limit a step is this share of the size.
const FINE: u32 = 25;
/// More members, or rooms, are not tried.
const MOST: u32 = 1_000;
/// Steps at most: a minute or two.
const STEPS: usize = 24;

/// What one size did.
#[derive(Clone, Debug)]
struct Step {
    size: u32,
    counted: Counted,
    complete: bool,
    why: Option<String>,
    /// Of one core each.
    server: Option<f64>,
    generator: Option<f64>,
    others: Option<f64>,
    kib_per_leg: Option<f64>,
}

/// Finds the most members of one room, or the most rooms, that are held; and says whether any were.
pub(super) async fn search(args: &LoadArgs, find: Find) -> Result<(Value, bool), Failed> {
    let server = Process::new(args.pid.unwrap_or_default());
    let generator = Process::new(std::process::id());
    let empty = server.usage().ok_or("there is no process of that id")?;
    let mut seats = Seats::open(args).await?;
    let mut crowd = Crowd::new()?;
    let mut size = match find {
        Find::Members => args.members,
        Find::Rooms => args.rooms,
    };
    let mut steps: Vec<Step> = Vec::new();
    let mut base = None;
    let mut held: Option<Step> = None;
    while steps.len() < STEPS {
        let grown = seats.grow(find.size(args, size)).await?;
        let connects = crowd.connect(grown, args.at_once).await;
        let setups = crowd.call(args.at_once).await;
        tokio::time::sleep(SETTLE).await;
        let begin = (server.usage(), generator.usage(), machine());
        let counted = crowd.count(Duration::from_secs(args.seconds)).await;
        let end = (server.usage(), generator.usage(), machine());
        let resident = end.0.map(|usage| usage.resident_kib);
        let more = resident.map(|kib| kib.saturating_sub(empty.resident_kib));
        let shares = (share(begin.0, end.0), share(begin.1, end.1));
        let all = begin
            .2
            .zip(end.2)
            .map(|(begin, end)| end.saturating_sub(begin).as_secs_f64() / args.seconds as f64);
        let step = Step {
            size,
            complete: connects.failed + setups.failed == 0,
            why: reason(connects, setups),
            server: shares.0,
            generator: shares.1,
            others: all
                .zip(shares.0.zip(shares.1))
                .map(|(all, (server, generator))| (all - server - generator).max(0.0)),
            kib_per_leg: more.map(|kib| rounded(kib as f64 / counted.legs.max(1) as f64)),
            counted,
        };
        eprintln!("{}", step.to_json());
        let base = *base.get_or_insert_with(|| step.counted.delay(50));
        steps.push(step.clone());
        if !step.holds(base) {
            // Once may be chance, and more often the doing of others.
            let tries = steps.iter().filter(|step| step.size == size).count();
            let enough = if step.is_disturbed() { TRIES } else { 2 };
            if tries >= enough || !step.complete {
                break;
            }
            continue;
        }
        size = after(size, step.server);
        held = Some(step);
        if size > MOST {
            break;
        }
    }
    crowd.leave(args.at_once).await;
    seats.close().await;
    let complete = held.is_some();
    let report = json!({
        "find": find.name(),
        "members": args.members,
        "speaking": args.speaking,
        "seconds_a_step": args.seconds,
        "held": held.as_ref().map(Step::to_json),
        "largest": held.as_ref().map_or(0, |step| step.size),
        "steps": steps.iter().map(Step::to_json).collect::<Vec<_>>(),
    });
    Ok((report, complete))
}

impl Find {
    fn size(self, args: &LoadArgs, size: u32) -> Size {
        let (rooms, members) = match self {
            Self::Members => (1, size),
            Self::Rooms => (size, args.members),
        };
        Size {
            rooms,
            members,
            sessions: 0,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Rooms => "rooms",
        }
    }
}

impl Step {
    /// Whether the server kept up.
    fn holds(&self, base: Option<Duration>) -> bool {
        let in_time = match (self.counted.delay(99), base) {
            (Some(delay), Some(base)) => delay <= base + SLOWER,
            // No burst was heard at all.
            (None, Some(_)) => false,
            (_, None) => true,
        };
        self.complete && in_time && self.counted.missed() <= MISSED
    }

    fn is_disturbed(&self) -> bool {
        self.others.is_some_and(|others| others > DISTURBED)
    }

    fn to_json(&self) -> Value {
        let delays: Vec<f64> = self.counted.delays.iter().map(|d| millis(*d)).collect();
        json!({
            "size": self.size,
            "legs": self.counted.legs,
            "missed_share": self.counted.missed(),
            "delay_ms": spread(&delays),
            "bursts": delays.len(),
            "server_cores": self.server.map(rounded),
            "generator_cores": self.generator.map(rounded),
            "others_cores": self.others.map(rounded),
            "kib_per_leg": self.kib_per_leg,
            "complete": self.complete,
            "why": self.why,
        })
    }
}

fn reason(connects: Took, setups: Took) -> Option<String> {
    connects.why.or(setups.why)
}

fn share(begin: Option<Usage>, end: Option<Usage>) -> Option<f64> {
    let (begin, end) = (begin?, end?);
    let used = end.processor.saturating_sub(begin.processor);
    let passed: Duration = end.at.saturating_duration_since(begin.at);
    Some(used.as_secs_f64() / passed.as_secs_f64().max(f64::EPSILON))
}

/// The size to try after one that was held.
fn after(size: u32, share: Option<f64>) -> u32 {
    let fine = size + (size / FINE).max(1);
    match share {
        Some(share) if share < FAR => {
            let near = f64::from(size) * NEAR / share.max(0.01);
            (near as u32).min(size.saturating_mul(2)).max(fine)
        }
        _ => fine,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(missed: u64, delays_ms: &[u64]) -> Step {
        Step {
            size: 8,
            counted: Counted {
                expected: 1_000,
                received: 1_000 - missed,
                delays: delays_ms
                    .iter()
                    .map(|ms| Duration::from_millis(*ms))
                    .collect(),
                ..Counted::default()
            },
            complete: true,
            why: None,
            server: None,
            generator: None,
            others: None,
            kib_per_leg: None,
        }
    }

    #[test]
    fn a_server_holds_what_it_sends_in_time_and_without_gaps() {
        let base = Some(Duration::from_millis(30));
        assert!(step(5, &[30, 50, 90]).holds(base));
        assert!(!step(6, &[30]).holds(base), "ticks are missing");
        assert!(!step(0, &[30, 91]).holds(base), "it has become slow");
        assert!(!step(0, &[]).holds(base), "nothing is heard");
        assert!(step(0, &[]).holds(None), "nothing is measured");
        let incomplete = Step {
            complete: false,
            ..step(0, &[30])
        };
        assert!(!incomplete.holds(base), "not all came in");
    }

    #[test]
    fn steps_are_large_far_from_the_limit_and_small_near_it() {
        assert_eq!(after(8, Some(0.01)), 16);
        assert_eq!(after(50, Some(0.5)), 75);
        assert_eq!(after(100, Some(0.7)), 104);
        assert_eq!(after(10, Some(0.9)), 11);
        assert_eq!(after(10, None), 11);
        assert!(after(20, Some(0.59)) > 20);
    }
}

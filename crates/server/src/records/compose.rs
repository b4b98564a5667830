//! From the legs of a room to the calls they were.
//!
//! A call is a leg that went somewhere: it was dialled, or handed over. Whoever answered it is the leg with the address it went to.

use offhook_proto::code::Cause;
use offhook_proto::rest::{
    CallEnd, CallOutcome, CallParty, CallRecord, CallRecordLeg, LegQuality, Timestamp,
};
use serde::{Deserialize, Serialize};

/// Where a leg has gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Target {
    pub(crate) address_id: String,
    pub(crate) number: String,
    pub(crate) name: String,
    /// A subscriber, or a resource.
    pub(crate) owner_id: String,
    /// Whether it is somebody.
    pub(crate) person: bool,
    /// When it went there, milliseconds since 1970.
    pub(crate) since_ms: u64,
    /// When it was connected there.
    pub(crate) answered_ms: Option<u64>,
}

/// A leg that has ended, or left its room.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LegEnd {
    pub(crate) call_id: String,
    pub(crate) subscriber_id: String,
    /// Kind of its owner's token.
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) number: String,
    /// Empty for those without one.
    pub(crate) address_id: String,
    pub(crate) target: Option<Target>,
    /// Whether it was connected.
    pub(crate) joined: bool,
    pub(crate) started_ms: u64,
    pub(crate) ended_ms: u64,
    pub(crate) cause: Cause,
    pub(crate) reason: String,
    pub(crate) quality: Option<LegQuality>,
}

/// The reason of a leg whose client ended it.
pub(crate) const HANGUP: &str = "hangup";

/// The reason of a call to somebody without a device online.
pub(crate) const OFFLINE: &str = "no device online";

/// A call, and when it began and ended to the millisecond.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Composed {
    pub(crate) record: CallRecord,
    pub(crate) target: Target,
    pub(crate) started_ms: u64,
    pub(crate) ended_ms: u64,
}

/// The calls that these legs of one room session were.
pub(crate) fn compose(room_session_id: &str, legs: &[LegEnd]) -> Vec<Composed> {
    let calls = legs.iter().filter_map(|leg| {
        let target = leg.target.clone()?;
        let callee = legs.iter().find(|other| {
            other.call_id != leg.call_id
                && other.joined
                && !other.address_id.is_empty()
                && other.address_id == target.address_id
        });
        Some(call(room_session_id, leg, target, callee))
    });
    calls.collect()
}

fn call(
    room_session_id: &str,
    caller: &LegEnd,
    target: Target,
    callee: Option<&LegEnd>,
) -> Composed {
    let ended_ms = caller.ended_ms;
    let ended_by = [(Some(caller), CallEnd::Caller), (callee, CallEnd::Callee)]
        .into_iter()
        .find(|(leg, _)| leg.is_some_and(|leg| leg.reason == HANGUP))
        .map(|(_, end)| end);
    let time = |ms: u64| Timestamp(ms / 1000);
    let record = CallRecord {
        id: uuid::Uuid::new_v4().to_string(),
        from: CallParty {
            name: caller.name.clone(),
            number: caller.number.clone(),
            address_id: Some(caller.address_id.clone()).filter(|id| !id.is_empty()),
            subscriber_id: Some(caller.subscriber_id.clone()),
        },
        to: CallParty {
            name: target.name.clone(),
            number: target.number.clone(),
            address_id: Some(target.address_id.clone()),
            subscriber_id: target.person.then(|| target.owner_id.clone()),
        },
        room_session_id: room_session_id.to_owned(),
        started_at: time(target.since_ms),
        answered_at: target.answered_ms.map(time),
        ended_at: time(ended_ms),
        duration_ms: target
            .answered_ms
            .map_or(0, |answered| ended_ms.saturating_sub(answered)),
        status: match caller.reason.as_str() {
            OFFLINE => CallOutcome::Unreachable,
            _ => outcome(target.answered_ms.is_some(), caller.cause),
        },
        cause: caller.cause.name().to_owned(),
        cause_code: caller.cause.code(),
        ended_by,
        legs: [Some(caller), callee]
            .into_iter()
            .flatten()
            .filter(|leg| leg.joined)
            .map(|leg| CallRecordLeg {
                call_id: leg.call_id.clone(),
                subscriber_id: leg.subscriber_id.clone(),
                kind: leg.kind.to_owned(),
                name: leg.name.clone(),
                started_at: time(leg.started_ms),
                ended_at: time(leg.ended_ms),
                cause: leg.cause.name().to_owned(),
                reason: leg.reason.clone(),
                quality: leg.quality,
            })
            .collect(),
    };
    Composed {
        record,
        started_ms: target.since_ms,
        ended_ms,
        target,
    }
}

fn outcome(answered: bool, cause: Cause) -> CallOutcome {
    match cause {
        _ if answered => CallOutcome::Answered,
        Cause::NormalClearing | Cause::OriginatorCancel | Cause::LoseRace => CallOutcome::Cancelled,
        Cause::UserBusy => CallOutcome::Rejected,
        Cause::NoAnswer => CallOutcome::NoAnswer,
        Cause::MediaTimeout | Cause::TemporaryFailure => CallOutcome::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leg(name: &str, target: Option<Target>) -> LegEnd {
        LegEnd {
            call_id: format!("call-{name}"),
            subscriber_id: format!("id-{name}"),
            kind: "subscriber",
            name: name.to_owned(),
            number: format!("/private/{name}"),
            address_id: format!("address-{name}"),
            target,
            joined: true,
            started_ms: 1_000,
            ended_ms: 9_500,
            cause: Cause::NormalClearing,
            reason: "ended".to_owned(),
            quality: None,
        }
    }

    fn to(name: &str, since_ms: u64, answered_ms: Option<u64>) -> Option<Target> {
        Some(Target {
            address_id: format!("address-{name}"),
            number: format!("/private/{name}"),
            name: name.to_owned(),
            owner_id: format!("id-{name}"),
            person: true,
            since_ms,
            answered_ms,
        })
    }

    #[test]
    fn a_call_between_two_is_one_record_with_both_legs() {
        let mut callee = leg("bob", None);
        callee.reason = HANGUP.to_owned();
        let legs = [callee, leg("alice", to("bob", 1_000, Some(3_000)))];
        let [call] = &compose("session", &legs)[..] else {
            panic!("one call");
        };
        let record = &call.record;
        assert_eq!(
            (record.status, record.duration_ms),
            (CallOutcome::Answered, 6_500)
        );
        assert_eq!(record.ended_by, Some(CallEnd::Callee));
        let names: Vec<_> = record.legs.iter().map(|leg| leg.name.as_str()).collect();
        assert_eq!(names, ["alice", "bob"]);
        assert_eq!((call.started_ms, call.ended_ms), (1_000, 9_500));
    }

    #[test]
    fn devices_that_only_rang_are_no_legs_and_the_cause_tells_how_it_went() {
        for (cause, status) in [
            (Cause::NormalClearing, CallOutcome::Cancelled),
            (Cause::UserBusy, CallOutcome::Rejected),
            (Cause::NoAnswer, CallOutcome::NoAnswer),
            (Cause::TemporaryFailure, CallOutcome::Failed),
        ] {
            let mut caller = leg("alice", to("bob", 1_000, None));
            (caller.joined, caller.cause) = (false, cause);
            let mut device = leg("bob", None);
            device.joined = false;
            let calls = compose("session", &[caller, device]);
            let record = &calls[0].record;
            assert_eq!(
                (calls.len(), record.status, record.duration_ms),
                (1, status, 0)
            );
            assert!(record.legs.is_empty());
            assert_eq!(record.answered_at, None);
        }
    }

    #[test]
    fn who_was_handed_over_has_called_the_one_they_came_to() {
        // Alice called Carol, and handed Bob over into that call.
        let alice = leg("alice", to("carol", 1_000, Some(2_000)));
        let bob = leg("bob", to("carol", 5_000, Some(5_000)));
        let calls = compose("session", &[alice, leg("carol", None), bob]);
        let pairs: Vec<_> = calls
            .iter()
            .map(|call| {
                let legs: Vec<_> = call
                    .record
                    .legs
                    .iter()
                    .map(|leg| leg.name.as_str())
                    .collect();
                (call.started_ms, legs)
            })
            .collect();
        assert_eq!(
            pairs,
            [
                (1_000, vec!["alice", "carol"]),
                (5_000, vec!["bob", "carol"])
            ]
        );
    }

    #[test]
    fn guests_without_addresses_are_nobody_s_callees() {
        let mut guest = leg("guest", to("", 1_000, Some(1_500)));
        guest.address_id = String::new();
        let other = guest.clone();
        let calls = compose("session", &[guest, other]);
        assert!(calls.iter().all(|call| call.record.legs.len() == 1));
        assert!(
            calls
                .iter()
                .all(|call| call.record.from.address_id.is_none())
        );
    }
}

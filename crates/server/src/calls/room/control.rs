//! What a project's backend asks of calls (wire-protocol.md 8.7): calling somebody, ending, handing over, telling something.

use std::sync::Arc;
use std::time::Duration;

use offhook_proto::code::{Cause, refusal};
use offhook_proto::event::UserEvent;
use offhook_proto::method::event;
use offhook_proto::relay::RpcError;
use serde_json::{Map, Value};
use tokio::sync::oneshot;

use super::{Farewell, Goal, Kind, Origin, Ring, Room, TransferOrder, TransferReply};
use crate::calls::destination::{Callee, refuse};
use crate::calls::directory::LegId;
use crate::calls::leg::Stage;
use crate::clock::now_ms;
use crate::records::Target;
use crate::relay::{Keep, OutEvent};

/// Where the outcome is waited for.
pub(in crate::calls) type Answer = oneshot::Sender<Result<(), RpcError>>;

/// A call that the backend places.
pub(in crate::calls) struct CallOut {
    pub(in crate::calls) dial: Dial,
    pub(in crate::calls) ring: Ring,
    pub(in crate::calls) user_variables: Map<String, Value>,
    /// The devices ring for so long.
    pub(in crate::calls) lasts: Duration,
    /// Told once they ring.
    pub(in crate::calls) answer: Answer,
}

/// The backend as a caller.
pub(in crate::calls) struct Dial {
    /// Names the call for the backend.
    pub(in crate::calls) id: Arc<str>,
    /// Shown to the callee.
    pub(in crate::calls) name: String,
    /// Shown to the callee.
    pub(in crate::calls) number: String,
    /// Where whoever answers goes.
    pub(in crate::calls) then: Then,
    /// As the record names it.
    pub(in crate::calls) target: Target,
}

/// Where whoever answers goes.
pub(in crate::calls) enum Then {
    /// They are there: the room is the conference, or the echo.
    Stay,
    /// They call somebody.
    Call(Callee),
}

/// Which legs are meant.
pub(in crate::calls) enum Whom {
    Leg(LegId),
    /// Those of a call that the backend has placed.
    Dial(Arc<str>),
}

/// What is wanted.
pub(in crate::calls) enum Command {
    End(Cause),
    /// The other side is handed over.
    Transfer(Box<Goal>),
    /// The members of an event for the application.
    Tell(Map<String, Value>),
}

/// A command for a call of this room.
pub(in crate::calls) struct Control {
    pub(in crate::calls) whom: Whom,
    pub(in crate::calls) command: Command,
    pub(in crate::calls) answer: Answer,
}

impl Room {
    /// Calls somebody for the backend.
    pub(super) async fn call_out(&mut self, order: CallOut) {
        let CallOut {
            dial,
            ring,
            user_variables,
            lasts,
            answer,
        } = order;
        let told = match self.may_call_out(&ring) {
            Ok(()) => {
                let (directory, id) = (&self.context.directory, dial.id.clone());
                directory.insert_dial(&id, &ring.callee.owner.project_id, &self.handle);
                let origin = Origin::Backend(Box::new(dial));
                self.begin_ringing(origin, ring, user_variables, lasts)
                    .await;
                let rings = self.calls.iter().any(|c| c.dial_id().as_ref() == Some(&id));
                match rings {
                    true => Ok(()),
                    false => Err(refuse(refusal::TEMPORARY_FAILURE)),
                }
            }
            Err(cause) => Err(refuse(cause)),
        };
        // Whoever asked may no longer wait.
        let _ = answer.send(told);
    }

    fn may_call_out(&self, ring: &Ring) -> Result<(), &'static str> {
        if let Kind::Conference(room) = &self.kind {
            if self.locked {
                return Err(refusal::ROOM_LOCKED);
            }
            let members = self.legs.iter().filter(|leg| !leg.is_auxiliary()).count();
            if members >= room.max_members() {
                return Err(refusal::ROOM_FULL);
            }
        }
        let again = |calling: &super::Calling| calling.callee.owner == ring.callee.owner;
        match self.calls.iter().any(again) {
            true => Err(refusal::TOO_MANY_CALLS),
            false => Ok(()),
        }
    }

    /// A device has answered a call of the backend's.
    pub(super) async fn answered_for_backend(&mut self, id: LegId, dial: Dial) {
        let Dial { then, target, .. } = dial;
        if let Some(leg) = self.leg_mut(id) {
            leg.target = Some(Target {
                since_ms: now_ms(),
                ..target
            });
        }
        let callee = match then {
            Then::Stay => return self.bring_in(&[id]),
            Then::Call(callee) => callee,
        };
        self.bring_in(&[id]);
        // Not connected to anybody yet.
        if let Some(target) = self.leg_mut(id).and_then(|leg| leg.target.as_mut()) {
            target.answered_ms = None;
        }
        let sessions = self.context.devices_of(&callee.owner, None);
        self.call(id, Ring { callee, sessions }, Map::new()).await;
        self.settle_waiting();
    }

    /// Forgets the backend's name for a call that has no leg any more.
    pub(super) fn end_dial(&self, dial: &Arc<str>) {
        let lives = self.legs.iter().any(|leg| leg.dial.as_ref() == Some(dial))
            || self
                .calls
                .iter()
                .any(|c| c.dial_id().as_ref() == Some(dial));
        if !lives {
            self.context.directory.end_dial(dial);
        }
    }

    /// Does what the backend wants.
    pub(super) fn control(&mut self, control: Control) {
        let Control {
            whom,
            command,
            answer,
        } = control;
        let legs = self.meant(&whom);
        if legs.is_empty() {
            return drop(answer.send(Err(RpcError::invalid_params("the call has ended"))));
        }
        let told = match command {
            Command::End(cause) => {
                self.end_for_backend(&whom, &legs, cause);
                Ok(())
            }
            Command::Tell(members) => {
                self.tell_user_event(&legs, &members);
                Ok(())
            }
            Command::Transfer(goal) => {
                let [leg] = legs[..] else {
                    let error = RpcError::invalid_params("the call has not been answered");
                    return drop(answer.send(Err(error)));
                };
                let call_id = self.leg(leg).map(|leg| leg.call_id().to_string());
                let order = TransferOrder {
                    reply: TransferReply::Backend(answer),
                    call_id: call_id.unwrap_or_default(),
                    goal: *goal,
                };
                return self.transfer(leg, order);
            }
        };
        // Whoever asked may no longer wait.
        let _ = answer.send(told);
    }

    fn meant(&self, whom: &Whom) -> Vec<LegId> {
        let legs = self.legs.iter().filter(|leg| match whom {
            Whom::Leg(id) => leg.id == *id,
            Whom::Dial(dial) => leg.dial.as_ref() == Some(dial),
        });
        legs.map(|leg| leg.id).collect()
    }

    fn end_for_backend(&mut self, whom: &Whom, legs: &[LegId], cause: Cause) {
        const REASON: &str = "ended by the backend";
        if let Whom::Dial(dial) = whom {
            let calling = self
                .calls
                .iter()
                .find(|calling| calling.dial_id().as_ref() == Some(dial));
            if let Some(calling) = calling.map(|calling| calling.id) {
                return self.give_up(calling, Cause::OriginatorCancel);
            }
        }
        for id in legs {
            let Some(leg) = self.leg(*id) else { continue };
            if leg.stage == Stage::Ringing {
                self.lose_ringing(*id, cause, Farewell::ByeTwice);
            } else if leg.is_auxiliary() {
                self.retire(*id, REASON);
            } else {
                self.end_leg(*id, cause, REASON, Farewell::Bye);
            }
        }
    }

    /// An event of the application's own (6.12).
    fn tell_user_event(&self, legs: &[LegId], members: &Map<String, Value>) {
        for leg in legs.iter().filter_map(|id| self.leg(*id)) {
            let payload = UserEvent {
                members,
                call_id: leg.call_id(),
                room_session_id: &self.room_session_id,
            };
            let event = OutEvent::new(event::USER_EVENT, &payload.to_object(), Keep::UntilAcked);
            leg.session.event(event);
        }
    }
}

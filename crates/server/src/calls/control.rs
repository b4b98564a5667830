//! Calls as a project's backend commands them (wire-protocol.md 8.7): found by id, or placed from nothing.

use std::sync::Arc;
use std::time::Duration;

use offhook_proto::code::{Cause, refusal};
use offhook_proto::relay::RpcError;
use serde_json::{Map, Value};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::destination::{Callee, Destination};
use super::room::{
    self, CallOut, Command, Control, Dial, Kind, RoomHandle, RoomMessage, Then, Whom,
};
use super::{Calls, LOOKUP};
use crate::records::Target;
use crate::store::ConferenceRoom;

/// Rooms answer at once, but for the media server's part in it.
const ANSWER: Duration = Duration::from_secs(8);

/// Why a command was not done. The backend's to mend, but for [`Unavailable`](Self::Unavailable).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CallFault {
    /// There is no such call, or no more.
    NoCall,
    /// Several calls of the project have this id.
    Ambiguous,
    /// One side of a call that is to be placed cannot be reached.
    Side(CallSide, String),
    /// It cannot be done with this call now.
    NotNow(String),
    /// Something of ours does not work right now.
    Unavailable,
}

/// Which side of a call that is to be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallSide {
    /// Who is called first.
    To,
    /// Where they are connected to then.
    Then,
}

/// A call that a backend wants.
#[derive(Clone, Debug)]
pub(crate) struct CallPlan {
    /// Who is called.
    pub(crate) to: String,
    /// Where they are connected to when they answer.
    pub(crate) then: String,
    /// Name and number that the callee sees.
    pub(crate) caller: (String, String),
    /// The devices ring for so long; `None`: as for other calls.
    pub(crate) lasts: Option<Duration>,
    /// Given to the callee's application.
    pub(crate) user_variables: Map<String, Value>,
}

/// Why a backend ends a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndReason {
    Hangup,
    Cancel,
    Busy,
    NoAnswer,
    Error,
}

impl EndReason {
    /// By its name in the interface.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "hangup" => Self::Hangup,
            "cancel" => Self::Cancel,
            "busy" | "decline" => Self::Busy,
            "noAnswer" => Self::NoAnswer,
            "error" => Self::Error,
            _ => return None,
        })
    }

    fn cause(self) -> Cause {
        match self {
            Self::Hangup => Cause::NormalClearing,
            Self::Cancel => Cause::OriginatorCancel,
            Self::Busy => Cause::UserBusy,
            Self::NoAnswer => Cause::NoAnswer,
            Self::Error => Cause::TemporaryFailure,
        }
    }
}

impl Calls {
    /// Calls somebody, and connects them when they answer. Gives the call's id once their devices ring.
    pub(crate) async fn place_for_backend(
        &self,
        project_id: &str,
        plan: CallPlan,
    ) -> Result<String, CallFault> {
        let (callee, place, target) = self.plan(project_id, &plan).await?;
        let sessions = self.context.devices_of(&callee.owner, None);
        if sessions.is_empty() {
            let cause = refusal::USER_NOT_REGISTERED.to_owned();
            return Err(CallFault::Side(CallSide::To, cause));
        }
        let id: Arc<str> = uuid::Uuid::new_v4().to_string().into();
        let (answer, told) = oneshot::channel();
        let (room, then) = match place {
            Place::Conference(conference) => (self.conference(&conference), Then::Stay),
            Place::Echo(kind) => (room::spawn(self.context.clone(), kind, None), Then::Stay),
            Place::Somebody(other) => {
                let room = room::spawn(self.context.clone(), Kind::Direct, None);
                (room, Then::Call(other))
            }
        };
        let (name, number) = plan.caller;
        let order = CallOut {
            dial: Dial {
                id: id.clone(),
                name,
                number,
                then,
                target,
            },
            ring: room::Ring { callee, sessions },
            user_variables: plan.user_variables,
            lasts: plan.lasts.unwrap_or(self.context.timing.ring),
            answer,
        };
        if room.send(RoomMessage::CallOut(Box::new(order))).is_err() {
            // It ended in the moment it was found.
            return Err(CallFault::Unavailable);
        }
        match timeout(ANSWER, told).await {
            Ok(Ok(Ok(()))) => {
                tracing::info!(dial = %id, project = project_id, "call placed by the backend");
                Ok(id.to_string())
            }
            Ok(Ok(Err(error))) => {
                let side = match error.message.as_ref() {
                    refusal::ROOM_LOCKED | refusal::ROOM_FULL => CallSide::Then,
                    _ => CallSide::To,
                };
                Err(CallFault::Side(side, error.message.into_owned()))
            }
            Ok(Err(_)) | Err(_) => Err(CallFault::Unavailable),
        }
    }

    /// Who is called first, where they go then, and how the record names that. A room is called by calling whom it is to be
    /// connected with.
    async fn plan(
        &self,
        project_id: &str,
        plan: &CallPlan,
    ) -> Result<(Callee, Place, Target), CallFault> {
        let to = self.side(project_id, CallSide::To, &plan.to).await?;
        let then = self.side(project_id, CallSide::Then, &plan.then).await?;
        let (callee, other) = match (to, then) {
            (Destination::Subscriber(callee), other) => (callee, other),
            (other, Destination::Subscriber(callee)) => (callee, other),
            _ => {
                let why = "nobody would be called: one of the two must be a subscriber's address";
                return Err(CallFault::Side(CallSide::Then, why.to_owned()));
            }
        };
        let target = other.target();
        let place = match other {
            Destination::Conference(room, _) => Place::Conference(room),
            Destination::Echo(address) => Place::Echo(Kind::Echo(address)),
            Destination::Subscriber(other) if other.owner == callee.owner => {
                let why = "both sides are the same subscriber";
                return Err(CallFault::Side(CallSide::Then, why.to_owned()));
            }
            Destination::Subscriber(other) => Place::Somebody(other),
        };
        Ok((callee, place, target))
    }

    async fn side(
        &self,
        project_id: &str,
        side: CallSide,
        address: &str,
    ) -> Result<Destination, CallFault> {
        let found = Destination::for_backend(&self.context.store, project_id, address);
        match timeout(LOOKUP, found).await {
            Err(_) => Err(CallFault::Unavailable),
            Ok(found) => found.map_err(|error| match error.message.as_ref() {
                refusal::TEMPORARY_FAILURE => CallFault::Unavailable,
                _ => CallFault::Side(side, error.message.into_owned()),
            }),
        }
    }

    fn conference(&self, conference: &ConferenceRoom) -> RoomHandle {
        let context = &self.context;
        context.directory.conference(&conference.id, || {
            let kind = Kind::Conference(Box::new(conference.clone()));
            room::spawn(context.clone(), kind, None)
        })
    }

    /// Ends a call, or its ringing.
    pub(crate) async fn end_for_backend(
        &self,
        project_id: &str,
        id: &str,
        reason: EndReason,
    ) -> Result<(), CallFault> {
        self.command(project_id, id, Command::End(reason.cause()))
            .await
    }

    /// Hands over the other side of a call.
    pub(crate) async fn transfer_for_backend(
        &self,
        project_id: &str,
        id: &str,
        destination: &str,
    ) -> Result<(), CallFault> {
        // Whether there is the call comes before where it is to go.
        self.locate(project_id, id)?;
        let goal = self.side(project_id, CallSide::Then, destination).await?;
        let goal = self
            .goal_of(goal)
            .map_err(|error| CallFault::Side(CallSide::Then, error.message.into_owned()))?;
        self.command(project_id, id, Command::Transfer(Box::new(goal)))
            .await
    }

    /// Tells the application of a call something.
    pub(crate) async fn tell_for_backend(
        &self,
        project_id: &str,
        id: &str,
        members: Map<String, Value>,
    ) -> Result<(), CallFault> {
        self.command(project_id, id, Command::Tell(members)).await
    }

    async fn command(&self, project_id: &str, id: &str, command: Command) -> Result<(), CallFault> {
        let (room, whom) = self.locate(project_id, id)?;
        let (answer, told) = oneshot::channel();
        let control = Control {
            whom,
            command,
            answer,
        };
        room.send(RoomMessage::Control(Box::new(control)))
            .map_err(|_| CallFault::NoCall)?;
        match timeout(ANSWER, told).await {
            Ok(Ok(done)) => {
                done.map_err(|error: RpcError| CallFault::NotNow(error.message.into_owned()))
            }
            // The room has ended.
            Ok(Err(_)) => Err(CallFault::NoCall),
            Err(_) => Err(CallFault::Unavailable),
        }
    }

    fn locate(&self, project_id: &str, id: &str) -> Result<(RoomHandle, Whom), CallFault> {
        let directory = &self.context.directory;
        if let Some(room) = directory.dial(project_id, id) {
            return Ok((room, Whom::Dial(id.into())));
        }
        let mut dialogs = directory.by_call_id(project_id, id);
        match (dialogs.pop(), dialogs.is_empty()) {
            (None, _) => Err(CallFault::NoCall),
            (Some(_), false) => Err(CallFault::Ambiguous),
            (Some(dialog), true) => Ok((dialog.room, Whom::Leg(dialog.leg))),
        }
    }
}

/// Where whoever answers is connected to.
enum Place {
    Conference(Box<ConferenceRoom>),
    Echo(Kind),
    Somebody(Callee),
}

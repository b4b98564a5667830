//! One call, as a program sees it.

use std::sync::{Arc, Mutex, PoisonError};

use miniserde::json::Value;
use offhook_core::input::Command;
use offhook_core::output::{CallEvent as EngineEvent, CallStatus};
use offhook_media::endpoint::EndpointStats;
use tokio::sync::{broadcast, watch};

use crate::backlog::Backlog;
use crate::client::Handle;
use crate::error::Error;
use crate::{AudioOptions, value};

/// Which side began it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// They called.
    Inbound,
    /// We called.
    Outbound,
}

/// Why a call ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ended {
    /// Name of the cause, such as `NORMAL_CLEARING`, `USER_BUSY`, `NO_ANSWER`.
    pub cause: Option<String>,
    /// Its number (Q.850 where there is one).
    pub cause_code: Option<i64>,
    /// `local` or `remote`.
    pub by: Option<String>,
}

/// Somebody in the call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Participant {
    /// Member id.
    pub id: String,
    /// Shown name.
    pub name: Option<String>,
    /// Whether they are muted, by themselves or by somebody else.
    pub audio_muted: bool,
    /// Whether they are talking right now.
    pub talking: bool,
}

/// Something happened to a call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CallEvent {
    /// The status changed.
    Status(CallStatus),
    /// Somebody joined, or their state changed.
    Participant(Participant),
    /// Somebody left, by member id.
    ParticipantLeft(String),
    /// An error; `fatal` ones are followed by the end.
    Error {
        /// Whether it ends the call.
        fatal: bool,
        /// What it is.
        error: Error,
    },
    /// Why it ended; comes before the final status.
    Ended(Ended),
}

/// Events kept for a receiver that is slow to read.
const EVENTS: usize = 256;

pub(crate) struct CallState {
    id: String,
    direction: Direction,
    to: Option<String>,
    from: Option<String>,
    status: watch::Sender<CallStatus>,
    events: Backlog<CallEvent>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    self_id: Option<String>,
    participants: Vec<Participant>,
    ended: Option<Ended>,
}

impl CallState {
    pub(crate) fn new(id: String, created: &Value) -> Self {
        let text = |key| value::text(created, key).map(str::to_owned);
        let direction = match value::text(created, "direction") {
            Some("inbound") => Direction::Inbound,
            _ => Direction::Outbound,
        };
        let first = match direction {
            Direction::Inbound => CallStatus::Ringing,
            Direction::Outbound => CallStatus::New,
        };
        Self {
            id,
            direction,
            to: text("to"),
            from: text("from"),
            status: watch::Sender::new(first),
            events: Backlog::new(EVENTS),
            inner: Mutex::default(),
        }
    }

    pub(crate) fn direction(&self) -> Direction {
        self.direction
    }

    pub(crate) fn apply(&self, event: EngineEvent) {
        let told = match event {
            EngineEvent::Status(status) => {
                self.status.send_replace(status);
                Some(CallEvent::Status(status))
            }
            EngineEvent::SelfId(id) => {
                self.inner().self_id = Some(id);
                None
            }
            EngineEvent::Member { member, .. } => self.upsert(&member).map(CallEvent::Participant),
            EngineEvent::MemberLeft(left) => value::text(&left, "member_id").map(|id| {
                self.inner().participants.retain(|member| member.id != id);
                CallEvent::ParticipantLeft(id.to_owned())
            }),
            EngineEvent::Error { fatal, error, .. } => Some(CallEvent::Error {
                fatal,
                error: error.into(),
            }),
            EngineEvent::Ended(why) => {
                let ended = Ended {
                    cause: value::text(&why, "cause").map(str::to_owned),
                    cause_code: value::integer(&why, "causeCode"),
                    by: value::text(&why, "by").map(str::to_owned),
                };
                self.inner().ended = Some(ended.clone());
                Some(CallEvent::Ended(ended))
            }
            _ => None,
        };
        if let Some(event) = told {
            self.events.send(event);
        }
    }

    fn upsert(&self, member: &Value) -> Option<Participant> {
        let participant = Participant {
            id: value::text(member, "member_id")?.to_owned(),
            name: value::text(member, "name").map(str::to_owned),
            audio_muted: value::flag(member, "audio_muted").unwrap_or(false),
            talking: value::flag(member, "talking").unwrap_or(false),
        };
        let mut inner = self.inner();
        match inner
            .participants
            .iter_mut()
            .find(|known| known.id == participant.id)
        {
            Some(known) => known.clone_from(&participant),
            None => inner.participants.push(participant.clone()),
        }
        Some(participant)
    }

    /// A panic elsewhere cannot leave this small record half-written: every change to it is one assignment.
    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A handle on one call. Cheap to clone; dropping it does not end the call.
#[derive(Clone)]
pub struct Call {
    state: Arc<CallState>,
    client: Handle,
}

impl Call {
    pub(crate) fn new(state: Arc<CallState>, client: Handle) -> Self {
        Self { state, client }
    }

    /// The call id.
    pub fn id(&self) -> &str {
        &self.state.id
    }

    /// Which side began it.
    pub fn direction(&self) -> Direction {
        self.state.direction
    }

    /// What was dialled.
    pub fn to(&self) -> Option<&str> {
        self.state.to.as_deref()
    }

    /// Who calls.
    pub fn from(&self) -> Option<&str> {
        self.state.from.as_deref()
    }

    /// The status, as a value that can be watched.
    pub fn status(&self) -> watch::Receiver<CallStatus> {
        self.state.status.subscribe()
    }

    pub(crate) fn is_over(&self) -> bool {
        *self.state.status.borrow() == CallStatus::Destroyed
    }

    /// What happens in the call: for the first who asks everything since it began, for others from now on.
    pub fn events(&self) -> broadcast::Receiver<CallEvent> {
        self.state.events.subscribe()
    }

    /// Everybody in the call, oneself included.
    pub fn participants(&self) -> Vec<Participant> {
        self.state.inner().participants.clone()
    }

    /// The own member id, once in the call.
    pub fn self_id(&self) -> Option<String> {
        self.state.inner().self_id.clone()
    }

    /// Why it ended, once it has.
    pub fn ended(&self) -> Option<Ended> {
        self.state.inner().ended.clone()
    }

    /// Waits for a status that satisfies `wanted`; `None` when the call ended before.
    pub async fn wait_for(&self, wanted: impl Fn(CallStatus) -> bool) -> Option<CallStatus> {
        let mut status = self.state.status.subscribe();
        let found = status
            .wait_for(|now| wanted(*now) || *now == CallStatus::Destroyed)
            .await;
        // The sender lives in `self.state`.
        found
            .ok()
            .map(|status| *status)
            .filter(|status| wanted(*status))
    }

    /// Answers an inbound call.
    ///
    /// # Errors
    /// When the call is gone, or its media cannot be set up.
    pub async fn answer(&self, audio: AudioOptions) -> Result<(), Error> {
        let command = Command::Answer {
            call: self.state.id.clone(),
            options: crate::client::audio_only(),
        };
        self.client.answer(&self.state.id, command, audio).await
    }

    /// Rejects an inbound call: the caller hears that we are busy.
    ///
    /// # Errors
    /// When the server cannot be told.
    pub async fn reject(&self) -> Result<(), Error> {
        let call = self.state.id.clone();
        self.client
            .command(Command::Reject { call })
            .await
            .map(drop)
    }

    /// Ends the call. Fine when it is over already.
    ///
    /// # Errors
    /// When the server could not be told; the call is over all the same.
    pub async fn hangup(&self) -> Result<(), Error> {
        let call = self.state.id.clone();
        self.client
            .command(Command::Hangup { call })
            .await
            .map(drop)
    }

    /// Sends DTMF: `0`–`9`, `*`, `#`, `A`–`D`; `w`, `,` pause half a second, `W` one second.
    ///
    /// # Errors
    /// When a character is none of these, or the server refuses.
    pub async fn send_digits(&self, digits: impl Into<String>) -> Result<(), Error> {
        let (call, digits) = (self.state.id.clone(), digits.into());
        self.client
            .command(Command::SendDigits { call, digits })
            .await
            .map(drop)
    }

    /// Mutes or unmutes oneself.
    ///
    /// # Errors
    /// When the server refuses; nothing is sent into the call while muted in any case.
    pub async fn set_muted(&self, muted: bool) -> Result<(), Error> {
        let command = Command::SetMuted {
            call: self.state.id.clone(),
            video: false,
            muted,
        };
        self.client.command(command).await.map(drop)
    }

    /// What the media connection measured so far; the last figures once the call is over. `None` before there is one.
    pub async fn stats(&self) -> Option<EndpointStats> {
        self.client.stats(&self.state.id).await
    }
}

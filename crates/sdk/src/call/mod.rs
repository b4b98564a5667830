//! One call, as a program sees it.

mod room;
mod state;

use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, StreamExt as _, stream};
use miniserde::json::Value;
use offhook_core::input::Command;
use offhook_core::json;
use offhook_core::output::CallStatus;
use offhook_media::endpoint::{AudioSource, EndpointStats};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};

use crate::AudioOptions;
use crate::address::Address;
use crate::client::Handle;
use crate::error::Error;
use crate::participant::Member;

pub(crate) use state::CallState;

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

/// Something happened to a call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CallEvent {
    /// The status changed.
    Status(CallStatus),
    /// Somebody joined, or their state changed.
    Participant(Box<Member>),
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

    /// Its name for people.
    pub fn to_name(&self) -> Option<&str> {
        self.state.to_name.as_deref()
    }

    /// Who calls.
    pub fn from(&self) -> Option<&str> {
        self.state.from.as_deref()
    }

    /// Their name for people.
    pub fn from_name(&self) -> Option<&str> {
        self.state.from_name.as_deref()
    }

    /// The address that was called, if the directory had loaded it by then.
    pub fn address(&self) -> Option<&Address> {
        self.state.address.as_ref()
    }

    /// The server that has the call; `None` until it is known.
    pub fn node_id(&self) -> watch::Receiver<Option<String>> {
        self.state.node_id.subscribe()
    }

    /// The status, as a value that can be watched.
    pub fn status(&self) -> watch::Receiver<CallStatus> {
        self.state.status.subscribe()
    }

    pub(crate) fn is_over(&self) -> bool {
        self.state.is_over()
    }

    /// What happens in the call: for the first who asks everything since it began, for others from now on.
    pub fn events(&self) -> broadcast::Receiver<CallEvent> {
        self.state.events.subscribe()
    }

    /// Events of the call as the server sends them, from now on: `{event_type, params, …}`.
    pub fn signaling_events(&self) -> broadcast::Receiver<Value> {
        self.state.signaling.subscribe()
    }

    /// Asks the server for an event type of this call: its envelopes, until the call is over. Ends at once when the server
    /// does not deliver it.
    pub fn subscribe(&self, event_type: &str) -> impl Stream<Item = Value> + Send + use<> {
        let (call, event_type) = (self.clone(), event_type.to_owned());
        let asked = async move {
            // Before the request: nothing may come between the two.
            let events = call.signaling_events();
            let command = Command::Subscribe {
                call: call.state.id.clone(),
                event_type: event_type.clone(),
            };
            match call.command(command).await {
                Ok(_) => matching(call, events, event_type).left_stream(),
                Err(error) => {
                    tracing::warn!(call = %call.id(), event_type, %error, "the server delivers no such events");
                    stream::empty().right_stream()
                }
            }
        };
        stream::once(asked).flatten().boxed()
    }

    /// Variables of the call, an object; what the other side sent is among them.
    pub fn user_variables(&self) -> watch::Receiver<Value> {
        self.state.user_variables.subscribe()
    }

    /// Merges into the variables; the other side learns of them with the next message that carries them.
    ///
    /// # Errors
    /// When the client has been destroyed.
    pub async fn set_user_variables(&self, variables: Value) -> Result<(), Error> {
        let call = self.state.id.clone();
        self.command(Command::SetUserVariables { call, variables })
            .await
            .map(drop)
    }

    /// Why it ended, once it has.
    pub fn ended(&self) -> Option<Ended> {
        self.state.ended.borrow().clone()
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
        self.command(Command::Reject { call }).await.map(drop)
    }

    /// Ends the call. Fine when it is over already.
    ///
    /// # Errors
    /// When the server could not be told; the call is over all the same.
    pub async fn hangup(&self) -> Result<(), Error> {
        let call = self.state.id.clone();
        self.command(Command::Hangup { call }).await.map(drop)
    }

    /// Sends DTMF: `0`–`9`, `*`, `#`, `A`–`D`; `w`, `,` pause half a second, `W` one second.
    ///
    /// # Errors
    /// When a character is none of these, or the server refuses.
    pub async fn send_digits(&self, digits: &str) -> Result<(), Error> {
        let (call, digits) = (self.state.id.clone(), digits.to_owned());
        self.command(Command::SendDigits { call, digits })
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
        self.command(command).await.map(drop)
    }

    /// Whether we hold the call.
    pub fn held(&self) -> watch::Receiver<bool> {
        self.state.held.subscribe()
    }

    /// Holds the call: the other side hears music or nothing, and we hear nothing.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn hold(&self) -> Result<(), Error> {
        self.method("hold", json::empty()).await?;
        state::replace(&self.state.held, true);
        Ok(())
    }

    /// Ends the hold.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn unhold(&self) -> Result<(), Error> {
        self.method("unhold", json::empty()).await?;
        state::replace(&self.state.held, false);
        Ok(())
    }

    /// Holds the call, or ends the hold.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn toggle_hold(&self) -> Result<(), Error> {
        if *self.state.held.borrow() {
            self.unhold().await
        } else {
            self.hold().await
        }
    }

    /// Sends the other side elsewhere, to an address such as `/private/agent`; our part ends.
    ///
    /// # Errors
    /// When the server refuses: there is nobody else, or the destination cannot be reached.
    pub async fn transfer(&self, destination: &str) -> Result<(), Error> {
        let args = json::object([("destination", json::text(destination))]);
        self.method("transfer", args).await.map(drop)
    }

    /// Finds a new way for the media, as after a change of network.
    ///
    /// # Errors
    /// When the client has been destroyed.
    pub async fn request_ice_restart(&self) -> Result<(), Error> {
        let call = self.state.id.clone();
        let command = Command::RestartIce {
            broken: false,
            call,
            relay_only: false,
        };
        self.command(command).await.map(drop)
    }

    /// Calls a method in this call's context, also one that this crate does not know, and returns its result. The target
    /// is a member id; `None` for oneself.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn execute_method(
        &self,
        target: Option<&str>,
        method: &str,
        args: Value,
    ) -> Result<Value, Error> {
        self.command(Command::CallMethod {
            call: self.state.id.clone(),
            method: method.into(),
            member: target.map(str::to_owned),
            args,
        })
        .await
    }

    /// As [`Client::execute`](crate::Client::execute).
    ///
    /// # Errors
    /// When the server refuses, or does not answer in time.
    pub async fn execute(
        &self,
        method: &str,
        params: Value,
        timeout: Option<Duration>,
    ) -> Result<Value, Error> {
        self.client.execute(method, params, timeout).await
    }

    /// Plays something else into the call from now on, from its beginning.
    ///
    /// # Errors
    /// When the call has no media yet or any more, or the file cannot be played.
    pub async fn set_source(&self, source: AudioSource) -> Result<(), Error> {
        self.client.play(&self.state.id, source).await
    }

    /// What the media connection measured so far; the last figures once the call is over. `None` before there is one.
    pub async fn stats(&self) -> Option<EndpointStats> {
        self.client.stats(&self.state.id).await
    }

    async fn method(&self, name: &str, args: Value) -> Result<Value, Error> {
        self.execute_method(None, name, args).await
    }

    async fn command(&self, command: Command) -> Result<Value, Error> {
        self.client.command(command).await
    }
}

/// Those of the events that are of one type, while the call lives.
fn matching(
    call: Call,
    events: broadcast::Receiver<Value>,
    event_type: String,
) -> impl Stream<Item = Value> + Send {
    let status = call.status();
    let begin = (events, status, event_type);
    stream::unfold(begin, |(mut events, mut status, event_type)| async move {
        loop {
            let event = tokio::select! {
                biased;
                event = events.recv() => event,
                _ = status.wait_for(|now| *now == CallStatus::Destroyed) => return None,
            };
            match event {
                Ok(event) if json::str_of(&event, "event_type") == Some(&event_type) => {
                    return Some((event, (events, status, event_type)));
                }
                Ok(_) => {}
                Err(RecvError::Lagged(missed)) => tracing::warn!(missed, "events went unseen"),
                Err(RecvError::Closed) => return None,
            }
        }
    })
}

//! What a call is known to be, as the engine tells it. Owned by the driver and by the handles; holds none itself, so that
//! a call nobody holds does not keep its session alive.

use std::sync::{Mutex, PoisonError};

use miniserde::json::Value;
use offhook_core::input::LegId;
use offhook_core::output::{CallEvent as EngineEvent, CallStatus};
use tokio::sync::{broadcast, watch};

use super::{CallEvent, Direction, Ended};
use crate::address::Address;
use crate::backlog::Backlog;
use crate::capabilities::SelfCapabilities;
use crate::client::WeakHandle;
use crate::layout::LayoutLayer;
use crate::participant::{Member, Participant, SelfParticipant};
use crate::value;

/// Events kept for a receiver that is slow to read.
const EVENTS: usize = 256;

pub(crate) struct CallState {
    pub(super) id: LegId,
    pub(super) direction: Direction,
    pub(super) to: Option<String>,
    pub(super) to_name: Option<String>,
    pub(super) from: Option<String>,
    pub(super) from_name: Option<String>,
    pub(super) address: Option<Address>,
    pub(super) status: watch::Sender<CallStatus>,
    pub(super) ended: watch::Sender<Option<Ended>>,
    pub(super) node_id: watch::Sender<Option<String>>,
    pub(super) user_variables: watch::Sender<Value>,
    pub(super) held: watch::Sender<bool>,
    pub(super) self_id: watch::Sender<Option<String>>,
    pub(super) own: watch::Sender<Option<SelfParticipant>>,
    pub(super) participants: watch::Sender<Vec<Participant>>,
    pub(super) recording: watch::Sender<bool>,
    pub(super) streaming: watch::Sender<bool>,
    pub(super) locked: watch::Sender<bool>,
    pub(super) raise_hand_priority: watch::Sender<bool>,
    pub(super) meta: watch::Sender<Value>,
    pub(super) capabilities: watch::Sender<Vec<String>>,
    pub(super) evaluated: watch::Sender<SelfCapabilities>,
    pub(super) layouts: watch::Sender<Vec<String>>,
    pub(super) layout: watch::Sender<Option<String>>,
    pub(super) layout_layers: watch::Sender<Vec<LayoutLayer>>,
    pub(super) events: Backlog<CallEvent>,
    pub(super) signaling: broadcast::Sender<Value>,
    client: WeakHandle,
    /// The other ends of what participants watch.
    members: Mutex<Vec<watch::Sender<Member>>>,
}

impl CallState {
    pub(crate) fn new(
        id: LegId,
        created: &Value,
        address: Option<Address>,
        client: WeakHandle,
    ) -> Self {
        let text = |key| value::owned(created, key);
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
            to_name: text("toName"),
            from: text("from"),
            from_name: text("fromName"),
            address,
            status: watch::Sender::new(first),
            ended: watch::Sender::default(),
            node_id: watch::Sender::new(text("nodeId")),
            user_variables: watch::Sender::new(offhook_core::json::empty()),
            held: watch::Sender::default(),
            self_id: watch::Sender::default(),
            own: watch::Sender::default(),
            participants: watch::Sender::default(),
            recording: watch::Sender::default(),
            streaming: watch::Sender::default(),
            locked: watch::Sender::default(),
            raise_hand_priority: watch::Sender::default(),
            meta: watch::Sender::new(offhook_core::json::empty()),
            capabilities: watch::Sender::default(),
            evaluated: watch::Sender::default(),
            layouts: watch::Sender::default(),
            layout: watch::Sender::default(),
            layout_layers: watch::Sender::default(),
            events: Backlog::new(EVENTS),
            signaling: broadcast::Sender::new(EVENTS),
            client,
            members: Mutex::default(),
        }
    }

    pub(crate) fn direction(&self) -> Direction {
        self.direction
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn is_over(&self) -> bool {
        *self.status.borrow() == CallStatus::Destroyed
    }

    pub(crate) fn apply(&self, event: EngineEvent) {
        match event {
            EngineEvent::Status(status) => {
                if status == CallStatus::Destroyed {
                    self.leave();
                }
                self.status.send_replace(status);
                self.events.send(CallEvent::Status(status));
            }
            EngineEvent::SelfId(id) => {
                replace(&self.self_id, Some(id));
                self.find_self();
            }
            EngineEvent::NodeId(node) => replace(&self.node_id, node),
            EngineEvent::UserVariables(variables) => {
                self.user_variables.send_replace(variables);
            }
            EngineEvent::Capabilities(capabilities) => {
                replace(&self.evaluated, SelfCapabilities::evaluate(&capabilities));
                replace(&self.capabilities, capabilities);
            }
            EngineEvent::Room(room) => self.room(&room),
            EngineEvent::Member { member, .. } => self.member(&member),
            EngineEvent::MemberLeft(left) => self.left(&left),
            EngineEvent::Layouts(layouts) => replace(&self.layouts, layouts),
            EngineEvent::Layout(layout) => {
                replace(&self.layout_layers, LayoutLayer::parse_all(&layout));
                replace(&self.layout, value::owned(&layout, "id"));
            }
            EngineEvent::Error { fatal, error, .. } => self.events.send(CallEvent::Error {
                fatal,
                error: error.into(),
            }),
            EngineEvent::Signaling(envelope) => {
                // Nobody listening is no error.
                let _ = self.signaling.send(envelope);
            }
            EngineEvent::Ended(why) => {
                let ended = Ended {
                    cause: value::owned(&why, "cause"),
                    cause_code: value::integer(&why, "causeCode"),
                    by: value::owned(&why, "by"),
                };
                self.ended.send_replace(Some(ended.clone()));
                self.events.send(CallEvent::Ended(ended));
            }
            _ => {}
        }
    }

    fn room(&self, room: &Value) {
        let flag = |key| value::flag(room, key).unwrap_or(false);
        replace(&self.recording, flag("recording"));
        replace(&self.streaming, flag("streaming"));
        replace(&self.locked, flag("locked"));
        replace(&self.raise_hand_priority, flag("raiseHandPriority"));
        self.meta.send_replace(value::object_of(room, "meta"));
    }

    fn member(&self, member: &Value) {
        let Some(member) = Member::parse(member) else {
            return;
        };
        let fresh = {
            let mut members = self.members();
            let known = members.iter().find(|known| known.borrow().id == member.id);
            match known {
                Some(known) => {
                    known.send_replace(member.clone());
                    None
                }
                None => {
                    let sender = watch::Sender::new(member.clone());
                    let state = sender.subscribe();
                    members.push(sender);
                    Some(state)
                }
            }
        };
        if let Some(state) = fresh {
            let own = self.self_id.borrow().as_deref() == Some(&member.id);
            let joined = Participant::new(self.id.clone(), own, state, self.client.clone());
            self.participants
                .send_modify(|participants| participants.push(joined));
            self.find_self();
        }
        self.events.send(CallEvent::Participant(Box::new(member)));
    }

    fn left(&self, left: &Value) {
        let Some(id) = value::text(left, "member_id") else {
            return;
        };
        self.members().retain(|member| member.borrow().id != id);
        self.participants
            .send_modify(|participants| participants.retain(|gone| gone.id() != id));
        self.events.send(CallEvent::ParticipantLeft(id.to_owned()));
    }

    /// Joins the own id and the member of that id, whichever came first.
    fn find_self(&self) {
        let id = self.self_id.borrow().clone();
        let is_new = match self.own.borrow().as_ref() {
            Some(own) => Some(own.id()) != id.as_deref(),
            None => true,
        };
        let state = self
            .members()
            .iter()
            .find(|member| id.is_some() && Some(&member.borrow().id) == id.as_ref())
            .map(watch::Sender::subscribe);
        let Some(state) = state.filter(|_| is_new) else {
            return;
        };
        let own = Participant::new(self.id.clone(), true, state, self.client.clone());
        self.participants.send_modify(|participants| {
            if let Some(known) = participants.iter_mut().find(|known| known.id() == own.id()) {
                known.clone_from(&own);
            }
        });
        let own = SelfParticipant::new(own, self.evaluated.subscribe());
        self.own.send_replace(Some(own));
    }

    /// Everybody goes.
    fn leave(&self) {
        self.members().clear();
        self.own.send_replace(None);
    }

    /// A panic elsewhere cannot leave this list half-written: every change to it is one step.
    fn members(&self) -> std::sync::MutexGuard<'_, Vec<watch::Sender<Member>>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sets a value, and tells those who watch it if it is another one.
pub(super) fn replace<T: PartialEq>(target: &watch::Sender<T>, value: T) {
    target.send_if_modified(|now| {
        let changed = *now != value;
        *now = value;
        changed
    });
}

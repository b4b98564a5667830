//! Requests about a call that need another: an auxiliary leg and its main leg, a transfer and its goal, a call and what an
//! earlier life of the server has noted of it.

use std::time::{Duration, Instant};

use offhook_proto::code::refusal;
use offhook_proto::relay::RpcError;
use offhook_proto::verto::Described;
use tokio::time::timeout;

use super::destination::{Destination, Party, refuse};
use super::directory::{DialogEntry, DialogKey, Found};
use super::journal::{LegRecord, RoomRecord};
use super::room::{self, Auxiliary, Goal, Join, Kind, RoomMessage, TransferOrder, TransferReply};
use super::{Caller, Calls, LOOKUP, VertoReply, granted, may_speak};
use crate::budget::CallCharge;

/// A call that comes back.
struct Back {
    record: LegRecord,
    charge: Option<CallCharge>,
    patience: Duration,
}

impl DialogKey {
    /// Of the dialog that a description is about.
    pub(super) fn of(caller: &Caller<'_>, described: &Described) -> Self {
        Self {
            owner: caller.session.owner().clone(),
            call_id: described.dialog.call_id.as_str().into(),
        }
    }
}

impl Calls {
    /// Finds the call a shared screen or device hangs on, which must be the same session's; the dialled address does not
    /// count (5.8).
    pub(super) fn invite_auxiliary(
        &self,
        caller: Caller<'_>,
        reply: VertoReply,
        key: DialogKey,
        invite: Described,
        what: Auxiliary,
    ) {
        let Described { dialog, sdp } = invite;
        let parent = dialog.user_variables.get("memberCallId");
        let parent = parent.and_then(|id| id.as_str()).unwrap_or_default();
        let parent = DialogKey {
            owner: caller.session.owner().clone(),
            call_id: parent.into(),
        };
        let entry = match self.context.directory.find(&parent) {
            Found::Live(entry) if may_speak(&entry, caller.session) => entry,
            _ => {
                let error = RpcError::invalid_params("`memberCallId` names no call of yours");
                return self.refuse_invite(reply, &error);
            }
        };
        let order = room::Order {
            key,
            leg: self.context.next_serial(),
            session: caller.session.clone(),
            party: Party::default(),
            dialled: String::new(),
            offer: sdp,
            user_variables: dialog.user_variables,
            capabilities: granted(caller.claims),
            auxiliary: Some((entry.leg, what)),
            ring: None,
            // The main leg's is enough.
            charge: None,
            target: None,
        };
        let place = DialogEntry {
            room: entry.room.clone(),
            leg: order.leg,
            session: caller.session.clone(),
        };
        if !self.context.directory.insert(&order.key, place) {
            return reply.refuse(&RpcError::invalid_params("this id is in use"));
        }
        let join = Box::new(Join { reply, order });
        if let Err(RoomMessage::Join(back)) = entry.room.send(RoomMessage::Join(join)) {
            self.context.directory.withdraw(&back.order.key);
            back.reply
                .refuse(&RpcError::invalid_params("the call has ended"));
        }
    }

    /// Finds out where a call is to be handed over to: an address, or another call of the same person's by its id.
    pub(super) async fn transfer(
        &self,
        caller: Caller<'_>,
        reply: VertoReply,
        call_id: String,
        destination: &str,
    ) {
        let directory = &self.context.directory;
        let own = |call_id: &str| DialogKey {
            owner: caller.session.owner().clone(),
            call_id: call_id.into(),
        };
        let entry = match directory.find(&own(&call_id)) {
            Found::Live(entry) if may_speak(&entry, caller.session) => entry,
            _ => return reply.refuse(&RpcError::invalid_params("there is no such call")),
        };
        let goal = match directory.find(&own(destination)) {
            Found::Live(other) => Ok(Goal::Call {
                room: other.room,
                replaces: other.leg,
            }),
            _ => timeout(LOOKUP, self.goal(caller, destination))
                .await
                .unwrap_or_else(|_| Err(refuse(refusal::TEMPORARY_FAILURE))),
        };
        match goal {
            Err(error) => reply.refuse(&error),
            Ok(goal) => {
                let order = TransferOrder {
                    reply: TransferReply::Client(reply),
                    call_id,
                    goal,
                };
                let message = RoomMessage::Transfer {
                    leg: entry.leg,
                    session: caller.session.clone(),
                    order: Box::new(order),
                };
                // A room that has just ended drops the reply, which answers for itself.
                let _ = entry.room.send(message);
            }
        }
    }

    async fn goal(&self, caller: Caller<'_>, destination: &str) -> Result<Goal, RpcError> {
        let store = &self.context.store;
        let destination = Destination::resolve(store, caller.claims, destination).await?;
        self.goal_of(destination)
    }

    /// Where a leg that is handed over goes.
    pub(super) fn goal_of(&self, destination: Destination) -> Result<Goal, RpcError> {
        let target = destination.target();
        match destination {
            Destination::Conference(room, _) => Ok(Goal::Conference(room, target)),
            Destination::Echo(_) => Err(refuse(refusal::INVALID_DESTINATION)),
            Destination::Subscriber(callee) => {
                let sessions = self.context.devices_of(&callee.owner, None);
                match sessions.is_empty() {
                    true => Err(refuse(refusal::USER_NOT_REGISTERED)),
                    false => Ok(Goal::Subscriber(room::Ring { callee, sessions }, target)),
                }
            }
        }
    }

    /// Takes up a call that an earlier life of the server held, or that has `ended` since its media was lost. Gives the reply back
    /// when there is none to be taken up.
    pub(super) async fn take_up(
        &self,
        caller: Caller<'_>,
        reply: VertoReply,
        offer: Described,
        modify: bool,
        ended: bool,
    ) -> Option<VertoReply> {
        let context = &self.context;
        let key = DialogKey::of(&caller, &offer);
        let back = match ended {
            true => self.lost(&caller, &key),
            false => self.left(&key).await,
        };
        let Some(back) = back else {
            return Some(reply);
        };
        let Back {
            record,
            charge,
            patience,
        } = back;
        let session = room::RoomSessionId {
            room_id: record.room_id.clone(),
            room_session_id: record.room_session_id.clone(),
        };
        let start = |kind: Kind| room::spawn_as(context.clone(), kind, None, Some(session.clone()));
        let room = match &record.room {
            RoomRecord::Direct => {
                let id = &record.room_session_id;
                context.directory.restored(id, || start(Kind::Direct))
            }
            RoomRecord::Conference(id) => {
                let found = context.store.conference_room(&key.owner.project_id, id);
                let Ok(Ok(Some(found))) = timeout(LOOKUP, found).await else {
                    return Some(reply);
                };
                let kind = Kind::Conference(Box::new(found));
                context.directory.conference(id, || start(kind))
            }
        };
        let leg = context.next_serial();
        let entry = DialogEntry {
            room: room.clone(),
            leg,
            session: caller.session.clone(),
        };
        if !context.directory.insert(&key, entry) {
            return Some(reply);
        }
        let restore = room::Restore {
            reply,
            key,
            leg,
            session: caller.session.clone(),
            capabilities: granted(caller.claims),
            record,
            offer: offer.sdp,
            modify,
            charge,
            patience,
        };
        match room.send(RoomMessage::Restore(Box::new(restore))) {
            Err(RoomMessage::Restore(back)) => {
                context.directory.withdraw(&back.key);
                Some(back.reply)
            }
            _ => None,
        }
    }

    /// What an earlier life of the server has noted of a call.
    async fn left(&self, key: &DialogKey) -> Option<Back> {
        let context = &self.context;
        let look_up = context.journal.look_up(&context.store, key);
        Some(Back {
            record: timeout(LOOKUP, look_up).await.ok()??,
            // Counting began anew with the server.
            charge: None,
            patience: context.timing.orphan,
        })
    }

    /// What is kept of a call that was ended since its media was lost. It takes a place among its token's calls again.
    fn lost(&self, caller: &Caller<'_>, key: &DialogKey) -> Option<Back> {
        let (context, now) = (&self.context, Instant::now());
        let record = context.directory.take_lost(key, now)?;
        let charge = context.budgets.call(caller.claims, caller.visitor, now);
        Some(Back {
            record,
            charge: charge.ok()?,
            patience: context.timing.second_thoughts,
        })
    }
}

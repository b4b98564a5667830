//! A room: the task that owns a conference, a two-party call or an echo call.
//!
//! Everything that happens to the legs of one room happens here, one message after the other, so first answer wins, a late
//! cancel finds nothing, and every client sees events in the same order.

mod auxiliary;
mod backend;
mod control;
mod ending;
mod join;
mod ledger;
mod members;
mod methods;
mod requests;
mod restore;
mod ringing;
mod transfer;

pub(super) use auxiliary::Auxiliary;
pub(super) use control::{CallOut, Command, Control, Dial, Then, Whom};
pub(super) use restore::Restore;
pub(super) use transfer::{Goal, TransferOrder, TransferReply};

use std::sync::Arc;
use std::time::{Duration, Instant};

use offhook_media::{CloseReason, LegKey, LegStats, MediaError, MediaEvent, RoomKey, RoomKind};
use offhook_proto::code::Cause;
use offhook_proto::relay::RpcError;
use offhook_proto::room_action::CallAction;
use offhook_proto::room_capability::Capabilities;
use offhook_proto::room_layout;
use offhook_proto::verto::VertoRequest;
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio::time::{sleep_until, timeout};
use tracing::Instrument as _;

use super::destination::{Callee, Party};
use super::directory::{DialogKey, LegId};
use super::leg::Leg;
use super::lifeline::Signalling;
use super::ring::RingGroup;
use super::{Context, VertoReply, answer_for_gone_dialog};
use crate::budget::CallCharge;
use crate::records::{EndedLeg, Target};
use crate::relay::{Reply, SessionHandle};
use crate::store::{Address, ConferenceRoom};
use transfer::Arrival;

/// The media server answers in milliseconds; one that does not is not waited for.
const MEDIA_ANSWER: Duration = Duration::from_secs(3);

/// A room that nobody has come into after so long ends: whoever it was made for could not come.
const EMPTY: Duration = Duration::from_secs(5);

/// What a room is for.
#[derive(Clone)]
pub(super) enum Kind {
    /// A conference of the owner's making. It runs from the first member to the last.
    Conference(Box<ConferenceRoom>),
    /// A caller and whoever answers.
    Direct,
    /// Somebody who wants to hear themselves.
    Echo(Address),
}

/// A room, as others hold it.
#[derive(Clone)]
pub(super) struct RoomHandle {
    serial: u64,
    media_room: RoomKey,
    mailbox: mpsc::UnboundedSender<RoomMessage>,
}

impl RoomHandle {
    pub(super) fn serial(&self) -> u64 {
        self.serial
    }

    pub(super) fn media_room(&self) -> RoomKey {
        self.media_room
    }

    /// Gives the message back when the room has ended.
    pub(super) fn send(&self, message: RoomMessage) -> Result<(), RoomMessage> {
        self.mailbox.send(message).map_err(|error| error.0)
    }

    pub(super) fn is_over(&self) -> bool {
        self.mailbox.is_closed()
    }
}

/// What a room is told.
pub(super) enum RoomMessage {
    /// Somebody comes in.
    Join(Box<Join>),
    /// A client speaks of its dialog.
    Dialog {
        leg: LegId,
        session: SessionHandle,
        reply: VertoReply,
        request: Box<VertoRequest>,
    },
    /// A client asks for something in the room.
    Method {
        leg: LegId,
        session: SessionHandle,
        reply: Reply,
        action: CallAction,
    },
    /// The media server reports about the media leg a leg has, or had.
    Media {
        leg: LegId,
        media: LegKey,
        event: MediaEvent,
    },
    /// What was measured of a media leg that is gone.
    Measured {
        leg: LegId,
        media: LegKey,
        stats: Box<LegStats>,
    },
    /// A leg's session has changed.
    Signalling {
        leg: LegId,
        session: u64,
        state: Signalling,
    },
    /// The other side of a leg is to be handed over.
    Transfer {
        leg: LegId,
        session: SessionHandle,
        order: Box<TransferOrder>,
    },
    /// Another room hands a leg over.
    Arrival(Box<Arrival>),
    /// What this room has handed over was taken.
    Departed { leg: LegId },
    /// Or it was not.
    Returned { leg: Box<Leg> },
    /// A client takes up a leg that an earlier life of the server held.
    Restore(Box<Restore>),
    /// One more device of the callee is there.
    RingAlso { session: SessionHandle },
    /// The project's backend calls somebody.
    CallOut(Box<CallOut>),
    /// The project's backend wants something of a call.
    Control(Box<Control>),
}

/// Somebody who comes in by an invite, and the answer they wait for.
pub(super) struct Join {
    pub(super) reply: VertoReply,
    pub(super) order: Order,
}

/// What an invite asks for, looked up.
pub(super) struct Order {
    pub(super) key: DialogKey,
    pub(super) leg: LegId,
    pub(super) session: SessionHandle,
    pub(super) party: Party,
    /// As the caller wrote it.
    pub(super) dialled: String,
    pub(super) offer: String,
    pub(super) user_variables: Map<String, Value>,
    /// What the caller may do in a conference.
    pub(super) capabilities: Capabilities,
    /// The call it hangs on, if it is an auxiliary leg.
    pub(super) auxiliary: Option<(LegId, Auxiliary)>,
    /// Who is to be rung.
    pub(super) ring: Option<Ring>,
    /// What the call is charged to.
    pub(super) charge: Option<CallCharge>,
    /// What was dialled; of an auxiliary leg nothing.
    pub(super) target: Option<Target>,
}

/// Somebody to be rung, and where.
pub(super) struct Ring {
    pub(super) callee: Callee,
    pub(super) sessions: Vec<SessionHandle>,
}

/// A room session that an earlier life of the server began.
#[derive(Clone, Debug)]
pub(super) struct RoomSessionId {
    pub(super) room_id: String,
    pub(super) room_session_id: String,
}

/// Starts a room, on the media thread of another if one is named. It ends with its last leg.
pub(super) fn spawn(context: Arc<Context>, kind: Kind, near: Option<RoomKey>) -> RoomHandle {
    spawn_as(context, kind, near, None)
}

/// Starts a room, which goes on with a session if one is given.
pub(super) fn spawn_as(
    context: Arc<Context>,
    kind: Kind,
    near: Option<RoomKey>,
    session: Option<RoomSessionId>,
) -> RoomHandle {
    let (mailbox, messages) = mpsc::unbounded_channel();
    let (media_kind, room_id, label) = match &kind {
        Kind::Conference(room) => (RoomKind::Conference, room.id.clone(), "conference"),
        Kind::Direct => (
            RoomKind::Conference,
            uuid::Uuid::new_v4().to_string(),
            "direct",
        ),
        Kind::Echo(address) => (RoomKind::Echo, address.resource_id.clone(), "echo"),
    };
    let media_room = match near {
        Some(near) => context.media.create_room_near(media_kind, near),
        None => context.media.create_room(media_kind),
    };
    let handle = RoomHandle {
        serial: context.next_serial(),
        media_room,
        mailbox,
    };
    let (layout, prioritize_handraise, meta) = match &kind {
        Kind::Conference(room) => (
            room_layout::known(&room.settings.layout).unwrap_or(room_layout::LAYOUTS[0]),
            room.settings.prioritize_handraise,
            room.settings.meta.clone(),
        ),
        _ => (room_layout::LAYOUTS[0], false, Map::new()),
    };
    let began_for_backend = session.is_some();
    let (room_id, room_session_id) = match session {
        Some(session) => (session.room_id, session.room_session_id),
        None => (room_id, uuid::Uuid::new_v4().to_string()),
    };
    let span =
        tracing::info_span!(parent: None, "room", room_session = %room_session_id, kind = label);
    let room = Room {
        media_room,
        handle: handle.clone(),
        messages,
        kind,
        room_id,
        room_session_id,
        legs: Vec::new(),
        calls: Vec::new(),
        locked: false,
        layout,
        prioritize_handraise,
        hide_video_muted: false,
        meta,
        awaited: None,
        ended: Vec::new(),
        began: Instant::now(),
        began_for_backend,
        context,
    };
    room.context.counters.rooms.add(1);
    tokio::spawn(room.run().instrument(span));
    handle
}

struct Room {
    context: Arc<Context>,
    handle: RoomHandle,
    messages: mpsc::UnboundedReceiver<RoomMessage>,
    kind: Kind,
    room_id: String,
    room_session_id: String,
    media_room: RoomKey,
    /// In the order they came.
    legs: Vec<Leg>,
    /// Somebody who is being called, each.
    calls: Vec<Calling>,
    locked: bool,
    layout: &'static str,
    prioritize_handraise: bool,
    hide_video_muted: bool,
    /// What applications have noted.
    meta: Map<String, Value>,
    /// After a restart: until then the other side of a call between two may come back.
    awaited: Option<Instant>,
    /// Legs of a call between two that are over, until the call is.
    ended: Vec<EndedLeg>,
    began: Instant,
    /// Whether the backend knows of the room session; one that is taken up after a restart it knows already.
    began_for_backend: bool,
}

/// A call that has not been answered yet.
struct Calling {
    /// Tells those of the room apart.
    id: u64,
    origin: Origin,
    group: RingGroup<LegId>,
    callee: Callee,
    user_variables: Map<String, Value>,
}

/// Who calls.
enum Origin {
    /// A leg of the room, which waits.
    Leg(LegId),
    /// The project's backend.
    Backend(Box<Dial>),
}

impl Calling {
    /// The leg that waits.
    fn caller(&self) -> Option<LegId> {
        match self.origin {
            Origin::Leg(caller) => Some(caller),
            Origin::Backend(_) => None,
        }
    }

    fn is_by(&self, leg: LegId) -> bool {
        self.caller() == Some(leg)
    }

    /// What the backend calls the call, if it is its own.
    fn dial_id(&self) -> Option<Arc<str>> {
        match &self.origin {
            Origin::Leg(_) => None,
            Origin::Backend(dial) => Some(dial.id.clone()),
        }
    }
}

/// What a leg that ends is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Farewell {
    /// Nothing: it said so itself, or its request has been answered with an error that ends it.
    None,
    /// A bye.
    Bye,
    /// A bye, and once more later: it rings, and the first may come before the client has its call (5.10.3).
    ByeTwice,
}

impl Room {
    async fn run(mut self) {
        tracing::debug!("room begins");
        loop {
            let deadline = self.deadline();
            let wait = async {
                match deadline {
                    Some(deadline) => sleep_until(deadline.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                // Never `None`: the room holds a sender itself.
                Some(message) = self.messages.recv() => self.handle(message).await,
                () = wait => self.on_deadline(),
            }
            if self.legs.is_empty() {
                break;
            }
        }
        self.end();
    }

    async fn handle(&mut self, message: RoomMessage) {
        match message {
            RoomMessage::Join(join) => match join.order.auxiliary {
                Some((parent, what)) => self.join_auxiliary(*join, parent, what).await,
                None => self.join(*join).await,
            },
            RoomMessage::Dialog {
                leg,
                session,
                reply,
                request,
            } => {
                if self.leg(leg).is_none() {
                    return answer_for_gone_dialog(reply, &request, Cause::NormalClearing);
                }
                self.adopt(leg, &session);
                self.dialog(leg, reply, *request).await;
            }
            RoomMessage::Method {
                leg,
                session,
                reply,
                action,
            } => {
                // Without the leg the reply is dropped, which answers.
                if self.leg(leg).is_some() {
                    self.adopt(leg, &session);
                    self.method(leg, reply, action);
                }
            }
            RoomMessage::Media { leg, media, event } => self.media(leg, media, event),
            RoomMessage::Measured { leg, media, stats } => {
                if let Some(leg) = self.leg_mut(leg).filter(|leg| leg.media == Some(media)) {
                    leg.measured = Some(*stats);
                }
            }
            RoomMessage::Signalling {
                leg,
                session,
                state,
            } => self.signalling(leg, session, state),
            RoomMessage::Transfer {
                leg,
                session,
                order,
            } => {
                if self.leg(leg).is_some() {
                    self.adopt(leg, &session);
                    self.transfer(leg, *order);
                }
            }
            RoomMessage::Restore(restore) => self.restore(*restore).await,
            RoomMessage::Arrival(arrival) => self.arrive(*arrival).await,
            RoomMessage::Departed { leg } => self.departed(leg),
            RoomMessage::Returned { leg } => self.returned(*leg),
            RoomMessage::RingAlso { session } => self.ring_also(session).await,
            RoomMessage::CallOut(order) => self.call_out(*order).await,
            RoomMessage::Control(control) => self.control(*control),
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let timing = &self.context.timing;
        let legs = self
            .legs
            .iter()
            .flat_map(|leg| [leg.life.end(timing).map(|(at, _)| at), Some(leg.next_ping)]);
        let ringing = self
            .calls
            .iter()
            .filter_map(|calling| calling.group.deadline());
        let empty = self.legs.is_empty().then_some(self.began + EMPTY);
        legs.flatten()
            .chain(ringing)
            .chain(empty)
            .chain(self.awaited)
            .min()
    }

    fn on_deadline(&mut self) {
        let now = Instant::now();
        let timing = self.context.timing;
        let over: Vec<(LegId, Cause)> = self
            .legs
            .iter()
            .filter_map(|leg| {
                leg.life
                    .end(&timing)
                    .filter(|(at, _)| *at <= now)
                    .map(|(_, cause)| (leg.id, cause))
            })
            .collect();
        for (leg, cause) in over {
            if self.rings(leg) {
                self.lose_ringing(leg, cause, Farewell::Bye);
            } else {
                self.end_leg(leg, cause, "timeout", Farewell::Bye);
            }
        }
        let over = |calling: &Calling| calling.group.deadline().is_some_and(|at| at <= now);
        let unanswered: Vec<u64> = self
            .calls
            .iter()
            .filter(|c| over(c))
            .map(|c| c.id)
            .collect();
        for calling in unanswered {
            self.give_up(calling, Cause::NoAnswer);
        }
        if self.awaited.is_some_and(|at| at <= now) {
            self.give_up_waiting();
        }
        for leg in &mut self.legs {
            if leg.next_ping <= now {
                leg.next_ping = now + timing.dialog_ping;
                if leg.is_joined() && !leg.is_auxiliary() {
                    leg.send_ping(&self.context);
                }
            }
        }
    }

    fn media(&mut self, id: LegId, media: LegKey, event: MediaEvent) {
        // A report about a media leg that has been replaced is no longer about this leg.
        let Some(leg) = self
            .legs
            .iter_mut()
            .find(|leg| leg.id == id && leg.media == Some(media))
        else {
            return;
        };
        let now = Instant::now();
        match event {
            MediaEvent::Connected { .. } => {
                tracing::info!(call = %leg.call_id(), "media connected");
                leg.life.media_up();
            }
            MediaEvent::Disconnected { .. } => {
                tracing::info!(call = %leg.call_id(), "media lost");
                leg.life.media_lost(now);
            }
            MediaEvent::Closed { reason, .. } => {
                tracing::info!(call = %leg.call_id(), ?reason, "media leg closed");
                leg.media = None;
                if leg.is_joined() {
                    let hopeless = !matches!(
                        reason,
                        CloseReason::ConsentLost | CloseReason::NeverConnected
                    );
                    leg.life.media_closed(now, hopeless);
                }
                self.context.directory.remove_media(media);
            }
            MediaEvent::Talking { talking, .. } => self.talking(id, talking),
            // Heard by the others like a key that was pressed by signalling.
            MediaEvent::DtmfReceived { digit, .. } if leg.is_joined() => {
                let mut key = [0; 4];
                self.context
                    .media
                    .play_dtmf(media, digit.encode_utf8(&mut key));
            }
            _ => {}
        }
    }

    fn signalling(&mut self, id: LegId, session: u64, state: Signalling) {
        let now = Instant::now();
        let Some(leg) = self
            .legs
            .iter_mut()
            .find(|leg| leg.id == id && leg.session.serial() == session)
        else {
            return;
        };
        leg.life.signalling(now, state);
        tracing::debug!(call = %leg.call_id(), ?state, "signalling");
        let over = matches!(state, Signalling::Ended | Signalling::Cut);
        if over && self.rings(id) {
            // A device that can no longer answer.
            self.lose_ringing(id, Cause::TemporaryFailure, Farewell::None);
        }
    }

    /// Another session of the owner speaks for the leg: it gets the events from now on, and first of all the whole state.
    fn adopt(&mut self, id: LegId, session: &SessionHandle) {
        let context = self.context.clone();
        let Some(leg) = self.leg_mut(id) else { return };
        if leg.session.serial() == session.serial() {
            return;
        }
        tracing::info!(call = %leg.call_id(), session = session.protocol(), "another session takes the call over");
        leg.session = session.clone();
        leg.life.signalling(Instant::now(), Signalling::Attached);
        context.directory.adopt(&leg.key, session);
        if leg.is_joined() {
            self.send_whole_state(id);
        }
    }

    fn release_media(&self, media: Option<LegKey>) {
        if let Some(media) = media {
            self.context.directory.remove_media(media);
            self.context.media.close_leg(media);
        }
    }

    /// The leg a client's other legs hang on; itself for an ordinary one.
    fn main_of(&self, id: LegId) -> Option<LegId> {
        self.leg(id).map(|leg| leg.parent.unwrap_or(leg.id))
    }

    /// What a leg may do here.
    fn capabilities_of(&self, leg: &Leg) -> Capabilities {
        match self.kind {
            Kind::Conference(_) => leg.capabilities,
            Kind::Direct | Kind::Echo(_) => Capabilities::TWO_PARTY,
        }
    }

    /// Tells the media server how a leg hears and is heard.
    fn apply_sound(&self, id: LegId) {
        if let Some(leg) = self.leg(id)
            && let Some(media) = leg.media
        {
            self.context.media.set_flags(media, leg.flags());
            self.context.media.set_sound(media, leg.sound());
        }
    }

    fn leg(&self, id: LegId) -> Option<&Leg> {
        self.legs.iter().find(|leg| leg.id == id)
    }

    fn leg_mut(&mut self, id: LegId) -> Option<&mut Leg> {
        self.legs.iter_mut().find(|leg| leg.id == id)
    }

    /// Runs an operation of the media server with a limit on its time.
    async fn media_answer<T>(
        &self,
        operation: impl Future<Output = Result<T, MediaError>>,
    ) -> Result<T, RpcError> {
        match timeout(MEDIA_ANSWER, operation).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(MediaError::Sdp(what))) => Err(RpcError::invalid_params(format!("sdp: {what}"))),
            Ok(Err(error)) => {
                tracing::warn!(%error, "media operation failed");
                Err(RpcError::invalid_params(error.to_string()))
            }
            Err(_) => {
                tracing::error!("the media server does not answer");
                Err(RpcError::invalid_params("the media server does not answer"))
            }
        }
    }
}

//! Calls: dialogs, rooms, and who hears whom (wire-protocol.md sections 5 to 7).
//!
//! A call between two subscribers and a conference are the same thing: a *room* with *legs*, owned by one task
//! (`room`). A *dialog* is how a client speaks of its leg. Sessions hand their requests to `Calls`, which finds the room
//! and passes them on; answers and events go straight from the room to the session.

pub(crate) mod clock;
mod control;
mod destination;
mod directory;
mod journal;
mod leg;
mod lifeline;
mod related;
mod ring;
mod room;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use offhook_auth::{SatClaims, SatKind};
use offhook_media::{MediaEvent, MediaServer};
use offhook_proto::code::{self, Cause, refusal};
use offhook_proto::limits;
use offhook_proto::relay::RpcError;
use offhook_proto::room::CallParams;
use offhook_proto::room_action::CallMethod;
use offhook_proto::room_capability::Capabilities;
use offhook_proto::verto::{Described, InnerId, VertoParams, VertoRequest};
use offhook_proto::verto_reply::{ByeResult, Empty, VertoResult};
use serde::Serialize;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::budget::{Budgets, CallCharge, Visitor};
use crate::clock::now_ms;
use crate::http::RateLimiter;
use crate::records::{EndedCalls, EndedLeg, Ledger, LegEnd, OFFLINE};
use crate::relay::{Counters, Owner, Registry, Reply, SessionHandle, Timing};
use crate::store::Store;
use crate::webhooks::Webhooks;
use destination::{Destination, Party, over_budget, refuse};
use directory::{DialogEntry, DialogKey, Directory, Found};
use journal::Journal;
use room::{Auxiliary, Join, Kind, RoomMessage};

pub(crate) use control::{CallFault, CallPlan, CallSide, EndReason};
pub(crate) use lifeline::Signalling;

/// An answer that takes longer is of no use: clients wait 5 s (3.6).
const LOOKUP: Duration = Duration::from_secs(4);

/// What calls stand on.
pub(crate) struct CallsDeps {
    pub(crate) store: Store,
    pub(crate) media: MediaServer,
    pub(crate) media_events: mpsc::UnboundedReceiver<MediaEvent>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) node_id: Arc<str>,
    pub(crate) timing: Timing,
    /// Whether those on hold hear music.
    pub(crate) hold_music: bool,
    pub(crate) budgets: Arc<Budgets>,
    pub(crate) ledger: Ledger,
    pub(crate) webhooks: Webhooks,
}

/// All calls of this process. Clones are handles to the same.
#[derive(Clone)]
pub(crate) struct Calls {
    context: Arc<Context>,
}

/// What rooms share.
struct Context {
    store: Store,
    media: MediaServer,
    registry: Arc<Registry>,
    counters: Arc<Counters>,
    node_id: Arc<str>,
    timing: Timing,
    hold_music: bool,
    journal: Journal,
    budgets: Arc<Budgets>,
    ledger: Ledger,
    webhooks: Webhooks,
    /// Calls to those who are offline that are noted.
    unreachable: RateLimiter,
    directory: Directory,
    serials: AtomicU64,
}

/// Who asks.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub(crate) session: &'a SessionHandle,
    pub(crate) claims: &'a SatClaims,
    /// Where the session's client is.
    pub(crate) visitor: Visitor<'a>,
}

/// Whether a `call.*` method is one of ours.
pub(crate) fn knows_method(method: &str) -> bool {
    CallMethod::from_name(method).is_some()
}

impl Calls {
    pub(crate) fn start(deps: CallsDeps) -> Self {
        let CallsDeps {
            store,
            media,
            media_events,
            registry,
            counters,
            node_id,
            timing,
            hold_music,
            budgets,
            ledger,
            webhooks,
        } = deps;
        let journal = Journal::start(store.clone(), ledger.clone(), timing.resume);
        let directory = Directory::default();
        let serials = AtomicU64::new(1);
        let context = Arc::new(Context {
            store,
            media,
            registry,
            counters,
            node_id,
            timing,
            hold_music,
            journal,
            budgets,
            ledger,
            webhooks,
            unreachable: RateLimiter::per_minute(limits::UNREACHABLE_PER_MINUTE),
            directory,
            serials,
        });
        tokio::spawn(route_media(context.clone(), media_events));
        tokio::spawn(tell_left(context.clone()));
        Self { context }
    }

    /// Whether the resource's conference takes nobody in right now.
    pub(crate) fn is_locked(&self, resource_id: &str) -> bool {
        self.context.directory.is_locked(resource_id)
    }

    /// Rooms going on.
    pub(crate) fn active(&self) -> usize {
        usize::try_from(self.context.counters.rooms.value()).unwrap_or(0)
    }

    /// Handles a `webrtc.verto` request.
    pub(crate) async fn verto(&self, caller: Caller<'_>, reply: Reply, params: VertoParams) {
        let request = match params.request() {
            Ok(request) => request,
            Err(error) => {
                let reason = if error.code == code::METHOD_NOT_FOUND {
                    "method"
                } else {
                    "params"
                };
                self.context.counters.refused_frame(reason);
                return reply.refuse(&error);
            }
        };
        let reply = VertoReply {
            reply,
            inner: params.message.id,
            node_id: self.context.node_id.clone(),
        };
        match request {
            VertoRequest::Invite(invite) => self.invite(caller, reply, invite).await,
            VertoRequest::UpdateMedia(offer) => {
                let key = DialogKey::of(&caller, &offer);
                let (back, cause) = match self.context.directory.find(&key) {
                    Found::Live(_) => {
                        return self.dialog(caller, reply, VertoRequest::UpdateMedia(offer));
                    }
                    Found::Ended(cause) => {
                        (self.take_up(caller, reply, offer, true, true).await, cause)
                    }
                    Found::Unknown => (
                        self.take_up(caller, reply, offer, true, false).await,
                        Cause::NormalClearing,
                    ),
                };
                if let Some(reply) = back {
                    reply.refuse(&no_such_call(cause));
                }
            }
            VertoRequest::Transfer {
                call_id,
                destination,
            } => self.transfer(caller, reply, call_id, &destination).await,
            request => self.dialog(caller, reply, request),
        }
    }

    async fn invite(&self, caller: Caller<'_>, reply: VertoReply, invite: Described) {
        let directory = &self.context.directory;
        let key = DialogKey::of(&caller, &invite);
        let attaching = invite.dialog.attach || invite.dialog.reattaching;
        let not_taken_up = match directory.find(&key) {
            Found::Live(_) => return self.dialog(caller, reply, VertoRequest::Invite(invite)),
            Found::Ended(_) if attaching => self.take_up(caller, reply, invite, false, true).await,
            Found::Ended(_) => Some(reply),
            Found::Unknown if attaching => self.take_up(caller, reply, invite, false, false).await,
            Found::Unknown => return self.call(caller, reply, key, invite).await,
        };
        if let Some(reply) = not_taken_up {
            self.refuse_invite(reply, &refuse(refusal::INVALID_CALL_REFERENCE));
        }
    }

    /// A new call.
    async fn call(&self, caller: Caller<'_>, reply: VertoReply, key: DialogKey, invite: Described) {
        let auxiliary = match &invite.dialog {
            dialog if dialog.screen_share => Some(Auxiliary::Screen),
            dialog if dialog.additional_device => Some(Auxiliary::Device),
            _ => None,
        };
        if self.context.directory.count_of_session(caller.session) >= limits::LEGS_PER_SESSION {
            return match auxiliary {
                Some(_) => self.refuse_invite(reply, &RpcError::invalid_params("too many legs")),
                None => self.refuse_invite(reply, &refuse(refusal::TOO_MANY_CALLS)),
            };
        }
        if let Some(what) = auxiliary {
            return self.invite_auxiliary(caller, reply, key, invite, what);
        }
        let (claims, budgets) = (caller.claims, &self.context.budgets);
        let charge = match budgets.call(claims, caller.visitor, Instant::now()) {
            Ok(charge) => charge,
            Err(exhausted) => return self.refuse_invite(reply, &over_budget(exhausted)),
        };
        let placed = timeout(LOOKUP, self.place(caller, &key, invite, charge)).await;
        match placed.unwrap_or_else(|_| Err(refuse(refusal::TEMPORARY_FAILURE))) {
            Ok((kind, order)) => self.enter(kind, Join { reply, order }),
            Err(error) => self.refuse_invite(reply, &error),
        }
    }

    /// Calls of one person are kept on one media thread, so that one is transferred into another without a second thread's help.
    fn beside(&self, order: &room::Order) -> Option<offhook_media::RoomKey> {
        let rung = order.ring.iter().flat_map(|ring| &ring.sessions);
        std::iter::once(&order.session)
            .chain(rung)
            .flat_map(|session| self.context.directory.of_session(session))
            .map(|entry| entry.room.media_room())
            .next()
    }

    /// Finds out where an invite goes.
    async fn place(
        &self,
        caller: Caller<'_>,
        key: &DialogKey,
        invite: Described,
        charge: Option<CallCharge>,
    ) -> Result<(Kind, room::Order), RpcError> {
        let Described { dialog, sdp } = invite;
        let dialled = dialog.destination_number.unwrap_or_default();
        let store = &self.context.store;
        let destination = Destination::resolve(store, caller.claims, &dialled).await?;
        let party = Party::caller(store, caller.claims).await?;
        let mut order = room::Order {
            key: key.clone(),
            leg: self.context.next_serial(),
            session: caller.session.clone(),
            party,
            dialled,
            offer: sdp,
            user_variables: dialog.user_variables,
            capabilities: granted(caller.claims),
            auxiliary: None,
            ring: None,
            charge,
            target: Some(destination.target()),
        };
        let kind = match destination {
            Destination::Conference(room, _) => Kind::Conference(room),
            Destination::Echo(address) => Kind::Echo(address),
            Destination::Subscriber(callee) => {
                let caller = Some(caller.session);
                let sessions = self.context.devices_of(&callee.owner, caller);
                if sessions.is_empty() {
                    self.note_unreachable(&order);
                    return Err(refuse(refusal::USER_NOT_REGISTERED));
                }
                order.ring = Some(room::Ring { callee, sessions });
                Kind::Direct
            }
        };
        Ok((kind, order))
    }

    /// Somebody is called who has no device online: they will see that they were. Not however often it is tried.
    fn note_unreachable(&self, order: &room::Order) {
        let owner = &order.key.owner;
        let (context, now) = (&self.context, now_ms());
        if context.unreachable.check(owner, Instant::now()).is_err() {
            return;
        }
        let leg = LegEnd {
            call_id: order.key.call_id.to_string(),
            subscriber_id: owner.subscriber_id.clone(),
            kind: owner.kind.as_str(),
            name: order.party.name.clone(),
            number: order.party.number.clone(),
            address_id: order.party.address_id.clone(),
            target: order.target.clone(),
            joined: false,
            started_ms: now,
            ended_ms: now,
            cause: Cause::TemporaryFailure,
            reason: OFFLINE.to_owned(),
            quality: None,
        };
        context.ledger.close(EndedCalls {
            project_id: owner.project_id.clone(),
            room_session_id: String::new(),
            legs: vec![EndedLeg {
                project_id: owner.project_id.clone(),
                leg,
                measured: None,
            }],
        });
    }

    /// Takes a leg into its room, which is started if it is not there.
    fn enter(&self, kind: Kind, mut join: Join) {
        let context = &self.context;
        // A room may end in the moment it is found; the next one found is a new one.
        loop {
            let room = match &kind {
                Kind::Conference(conference) => {
                    context.directory.conference(&conference.id, || {
                        room::spawn(context.clone(), kind.clone(), None)
                    })
                }
                Kind::Direct | Kind::Echo(_) => {
                    room::spawn(context.clone(), kind.clone(), self.beside(&join.order))
                }
            };
            let entry = DialogEntry {
                room: room.clone(),
                leg: join.order.leg,
                session: join.order.session.clone(),
            };
            if !context.directory.insert(&join.order.key, entry) {
                return join.reply.refuse(&refuse(refusal::INVALID_CALL_REFERENCE));
            }
            match room.send(RoomMessage::Join(Box::new(join))) {
                Ok(()) => return,
                Err(RoomMessage::Join(back)) => {
                    join = *back;
                    context.directory.withdraw(&join.order.key);
                }
                Err(_) => return,
            }
        }
    }

    /// Handles a request about a dialog that should exist.
    fn dialog(&self, caller: Caller<'_>, reply: VertoReply, request: VertoRequest) {
        let call_id = match &request {
            VertoRequest::Invite(d) | VertoRequest::Answer(d) | VertoRequest::UpdateMedia(d) => {
                &d.dialog.call_id
            }
            VertoRequest::Hold { call_id, .. }
            | VertoRequest::Transfer { call_id, .. }
            | VertoRequest::Dtmf { call_id, .. }
            | VertoRequest::Bye { call_id, .. }
            | VertoRequest::Pong { call_id }
            | VertoRequest::Subscribe { call_id } => call_id,
        };
        let key = DialogKey {
            owner: caller.session.owner().clone(),
            call_id: call_id.as_str().into(),
        };
        let cause = match self.context.directory.find(&key) {
            Found::Live(entry) => {
                if !may_speak(&entry, caller.session) {
                    let error = RpcError::invalid_params("another session speaks for this call");
                    return reply.refuse(&error);
                }
                let message = RoomMessage::Dialog {
                    leg: entry.leg,
                    session: caller.session.clone(),
                    reply,
                    request: Box::new(request),
                };
                match entry.room.send(message) {
                    Ok(()) => return,
                    Err(RoomMessage::Dialog { reply, request, .. }) => {
                        return answer_for_gone_dialog(reply, &request, Cause::NormalClearing);
                    }
                    Err(_) => return,
                }
            }
            Found::Ended(cause) => {
                if let VertoRequest::Bye { .. } = &request {
                    // Its client agrees.
                    self.context.directory.take_lost(&key, Instant::now());
                }
                cause
            }
            Found::Unknown => Cause::NormalClearing,
        };
        answer_for_gone_dialog(reply, &request, cause);
    }

    /// Handles a `call.*` request of a method that [`knows_method`] knows.
    pub(crate) fn method(
        &self,
        caller: Caller<'_>,
        reply: Reply,
        method: &str,
        params: CallParams,
    ) {
        let Some(method) = CallMethod::from_name(method) else {
            return reply.refuse(&RpcError::unknown_method(method));
        };
        let action = match method.read(&params) {
            Ok(action) => action,
            Err(error) => {
                self.context.counters.refused_frame("params");
                return reply.refuse(&error);
            }
        };
        let call_id = params.own.call_id.as_str().into();
        let key = DialogKey {
            owner: caller.session.owner().clone(),
            call_id,
        };
        match self.context.directory.find(&key) {
            Found::Live(entry) if may_speak(&entry, caller.session) => {
                let session = caller.session.clone();
                let message = RoomMessage::Method {
                    leg: entry.leg,
                    session,
                    reply,
                    action,
                };
                // A room that has just ended drops the reply, which answers for itself.
                let _ = entry.room.send(message);
            }
            Found::Live(_) => reply.refuse(&RpcError::invalid_params(
                "another session speaks for this call",
            )),
            Found::Ended(_) | Found::Unknown => {
                reply.refuse(&RpcError::invalid_params("there is no such call"))
            }
        }
    }

    /// The session has got or lost its socket, or is over.
    pub(crate) fn session_changed(&self, session: &SessionHandle, state: Signalling) {
        for entry in self.context.directory.of_session(session) {
            let message = RoomMessage::Signalling {
                leg: entry.leg,
                session: session.serial(),
                state,
            };
            // A room that has ended needs no telling.
            let _ = entry.room.send(message);
        }
    }

    /// Whether the session has a call going on.
    pub(crate) fn has_calls(&self, session: &SessionHandle) -> bool {
        !self.context.directory.of_session(session).is_empty()
    }

    /// The session has just registered: what rings its owner's devices rings it too.
    pub(crate) fn session_online(&self, session: &SessionHandle) {
        for room in self.context.directory.ringing(session.owner()) {
            let _ = room.send(RoomMessage::RingAlso {
                session: session.clone(),
            });
        }
    }

    fn refuse_invite(&self, reply: VertoReply, error: &RpcError) {
        self.context.refused_invite(error);
        reply.refuse(error);
    }
}

/// What the holder of a token may do in a conference (6.10).
fn granted(claims: &SatClaims) -> Capabilities {
    if claims.has_scope(offhook_auth::sat::SCOPE_MODERATE) {
        Capabilities::MODERATOR
    } else if claims.kind == SatKind::Subscriber {
        Capabilities::SUBSCRIBER
    } else {
        Capabilities::MEMBER
    }
}

impl Context {
    /// The sessions that ring when somebody is called, but for the caller's own.
    fn devices_of(&self, owner: &Owner, caller: Option<&SessionHandle>) -> Vec<SessionHandle> {
        let caller = caller.map(SessionHandle::serial);
        let mut sessions = self.registry.online(owner);
        sessions.retain(|session| Some(session.serial()) != caller && !session.is_over());
        // Those that can ring at once come first.
        sessions.sort_by_key(|session| !session.is_attached());
        sessions.truncate(limits::RINGING_SESSIONS);
        sessions
    }

    fn next_serial(&self) -> u64 {
        self.serials.fetch_add(1, Ordering::Relaxed)
    }

    fn refused_invite(&self, error: &RpcError) {
        let cause = [
            refusal::INVALID_DESTINATION,
            refusal::NOT_PERMITTED,
            refusal::ROOM_LOCKED,
            refusal::ROOM_FULL,
            refusal::USER_NOT_REGISTERED,
            refusal::TOO_MANY_CALLS,
            refusal::TEMPORARY_FAILURE,
            refusal::INVALID_CALL_REFERENCE,
        ];
        let cause = cause
            .into_iter()
            .find(|cause| *cause == error.message)
            .unwrap_or("INVALID_REQUEST");
        self.counters.refused_invite(cause);
        tracing::info!(cause, reason = ?error.message, "invite refused");
    }
}

/// The session that a dialog belongs to may speak for it; another of the same owner takes it over when that one is gone
/// (10.6). Subscribers may always, since nobody else can be them; guests' ids may be shared by the visitors of a page.
fn may_speak(entry: &DialogEntry, session: &SessionHandle) -> bool {
    entry.session.serial() == session.serial()
        || !entry.session.is_attached()
        || session.owner().kind == offhook_auth::SatKind::Subscriber
}

/// Hanging up what is gone succeeds; answering it ends the call that still rings at the client (5.10.3); the rest fails without
/// ending anything (5.11).
fn answer_for_gone_dialog(reply: VertoReply, request: &VertoRequest, cause: Cause) {
    match request {
        VertoRequest::Bye { call_id, .. } => reply.ok(ended(call_id, cause)),
        VertoRequest::Pong { .. } | VertoRequest::Subscribe { .. } => reply.ok(Empty {}),
        VertoRequest::Answer(_) => {
            let error = RpcError::new(code::CALL_FAILED, "this call is over")
                .with_data(json!({ "cause": cause.name(), "causeCode": cause.code().to_string() }));
            reply.refuse(&error);
        }
        VertoRequest::Invite(_) => reply.refuse(&refuse(refusal::INVALID_CALL_REFERENCE)),
        VertoRequest::UpdateMedia(_) => reply.refuse(&no_such_call(cause)),
        VertoRequest::Hold { .. } | VertoRequest::Transfer { .. } | VertoRequest::Dtmf { .. } => {
            reply.refuse(&RpcError::invalid_params("there is no such call"))
        }
    }
}

/// A renegotiation of a call that is over. The code ends nothing at the official client; ours reads why the call ended, so that
/// one whose media is lost does not try for ever.
fn no_such_call(cause: Cause) -> RpcError {
    RpcError::invalid_params("there is no such call")
        .with_data(json!({ "cause": cause.name(), "causeCode": cause.code().to_string() }))
}

fn ended(call_id: &str, cause: Cause) -> ByeResult<'_> {
    ByeResult {
        call_id,
        message: "CALL ENDED",
        cause_code: cause.code(),
        cause: cause.name(),
    }
}

/// The duty to answer one dialog request, in its three-level form.
struct VertoReply {
    reply: Reply,
    inner: InnerId,
    node_id: Arc<str>,
}

impl VertoReply {
    fn ok(self, result: impl Serialize) {
        self.reply
            .ok(&VertoResult::new(&self.node_id, &self.inner, result));
    }

    fn refuse(self, error: &RpcError) {
        self.reply.refuse(error);
    }
}

/// Calls of an earlier life of the server: clients take them up as soon as they are back. One that has not done so after a while
/// cannot, and would show its user a call without media for ever.
async fn tell_left(context: Arc<Context>) {
    tokio::time::sleep(context.timing.orphan).await;
    let registry = &context.registry;
    let sessions = |key: &DialogKey| registry.of_owner(&key.owner);
    let is_back = |key: &DialogKey| {
        matches!(context.directory.find(key), Found::Unknown)
            && sessions(key).iter().any(SessionHandle::is_attached)
    };
    let given_up = context
        .journal
        .give_up(&context.store, &context.ledger, is_back);
    for key in given_up.await {
        tracing::info!(call = %key.call_id, "its client is back and has not taken it up");
        for session in sessions(&key) {
            session.event(leg::bye(&context, &key.call_id, Cause::MediaTimeout));
        }
    }
}

/// Brings what the media server reports to the rooms concerned.
async fn route_media(context: Arc<Context>, mut events: mpsc::UnboundedReceiver<MediaEvent>) {
    while let Some(event) = events.recv().await {
        let media = match event {
            MediaEvent::Measured { leg: media, stats } => {
                if let Some((room, leg)) = context.directory.by_media(media) {
                    let _ = room.send(RoomMessage::Measured { leg, media, stats });
                }
                continue;
            }
            MediaEvent::Connected { leg }
            | MediaEvent::Disconnected { leg }
            | MediaEvent::Closed { leg, .. }
            | MediaEvent::Talking { leg, .. }
            | MediaEvent::DtmfReceived { leg, .. } => leg,
            _ => continue,
        };
        if let Some((room, leg)) = context.directory.by_media(media) {
            let _ = room.send(RoomMessage::Media { leg, media, event });
        }
    }
}

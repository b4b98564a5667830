//! Legs beside a call's own one: a shared screen, a second camera (wire-protocol.md 5.8). Their end never ends the call.

use miniserde::json::Value;
use offhook_proto::method::verto;

use crate::context::Context;
use crate::dialog::{Dialog, Offer, verto_result};
use crate::input::{CommandId, LegId, PeerReport, PeerState};
use crate::json;
use crate::output::{CallEvent, EngineError, MediaPlan, Output, PeerCommand};
use crate::rpc::{Envelope, Purpose};

/// A leg must be connected by then (sdk-api.md 20.3).
const CONNECT_MS: u64 = 50_000;

/// How far a leg is.
#[derive(PartialEq)]
enum Stage {
    /// The peer connection makes its offer: the server knows nothing yet.
    Offering,
    /// The server knows.
    Invited,
    /// Media flows.
    Connected,
    Over,
}

/// Whether media gets through, once it did or should.
enum Contact {
    Kept,
    /// Lost; looked after then.
    Lost {
        at: u64,
    },
    /// A restart is under way, until then.
    Restarting {
        due: u64,
    },
}

pub(crate) struct Auxiliary {
    id: LegId,
    call: LegId,
    node_id: String,
    /// `dialogParams`.
    dialog: Value,
    screen: bool,
    stage: Stage,
    /// Who waits for the connection.
    command: Option<CommandId>,
    due: u64,
    answered: bool,
    contact: Contact,
    /// Restarts since media got through last.
    restarts: u32,
}

impl Auxiliary {
    /// Starts a leg of a call. It only sends what its peer connection was given.
    pub(crate) fn begin(
        ctx: &mut Context,
        id: LegId,
        of: &Dialog,
        wish: Wish,
        command: CommandId,
        offer: &Offer<'_>,
    ) -> Self {
        let mut dialog = of.params();
        json::set(&mut dialog, "callID", json::text(&id));
        let flag = if wish.screen {
            "screenShare"
        } else {
            "additionalDevice"
        };
        json::set(&mut dialog, flag, Value::Bool(true));
        let leg = Self {
            id,
            call: of.id().to_owned(),
            node_id: of.node_id().to_owned(),
            dialog,
            screen: wish.screen,
            stage: Stage::Offering,
            command: Some(command),
            due: ctx.now.mono_ms + CONNECT_MS,
            answered: false,
            contact: Contact::Kept,
            restarts: 0,
        };
        let ice_servers = offer.ice_servers.clone();
        leg.tell_peer(
            ctx,
            PeerCommand::Create {
                ice_servers,
                relay_only: false,
            },
        );
        let media = MediaPlan {
            send_audio: wish.audio,
            send_video: wish.video,
            ..MediaPlan::default()
        };
        leg.tell_peer(
            ctx,
            PeerCommand::Offer {
                media,
                wait_for_candidates: offer.wait_for_candidates,
                ice_restart: false,
                relay_only: false,
                anew: false,
            },
        );
        leg
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn call(&self) -> &str {
        &self.call
    }

    pub(crate) fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    pub(crate) fn deadline(&self) -> Option<u64> {
        let connected = matches!(self.stage, Stage::Offering | Stage::Invited).then_some(self.due);
        let contact = match self.contact {
            Contact::Lost { at } | Contact::Restarting { due: at } => Some(at),
            Contact::Kept => None,
        };
        [connected, contact].into_iter().flatten().min()
    }

    /// Timers. `ready`: there is signalling.
    pub(crate) fn look(&mut self, ctx: &mut Context, ready: bool) {
        let now = ctx.now.mono_ms;
        if matches!(self.stage, Stage::Offering | Stage::Invited) && self.due <= now {
            let error = EngineError::new("TimeoutError", "the leg was not connected in time");
            return self.end(ctx, Err(error));
        }
        match self.contact {
            Contact::Lost { at } if at <= now => self.restart(ctx, ready),
            Contact::Restarting { due } if due <= now => self.contact = Contact::Lost { at: now },
            _ => {}
        }
    }

    /// There is signalling again, with credentials of its own for relays.
    pub(crate) fn use_relays(&self, ctx: &mut Context, with: &Offer<'_>) {
        let ice_servers = with.ice_servers.clone();
        self.tell_peer(ctx, PeerCommand::IceServers { ice_servers });
    }

    /// Makes the connection anew, as that of the call is made.
    fn restart(&mut self, ctx: &mut Context, ready: bool) {
        let now = ctx.now.mono_ms;
        if self.restarts >= ctx.tuning.restarts {
            let error = EngineError::new(
                "NetworkError",
                "the leg's connection was lost and could not be restored",
            );
            return self.end(ctx, Err(error));
        }
        if !ready {
            // Without signalling nothing can be restarted.
            self.contact = Contact::Lost { at: now + 1_000 };
            return;
        }
        let relay_only = ctx.tuning.relay_fallback && self.restarts % 2 == 1;
        self.restarts += 1;
        self.contact = Contact::Restarting {
            due: now + ctx.tuning.restart_ms,
        };
        self.tell_peer(
            ctx,
            PeerCommand::Offer {
                media: MediaPlan::default(),
                wait_for_candidates: false,
                ice_restart: true,
                relay_only,
                // A server that was started anew holds the leg no more, and says so.
                anew: false,
            },
        );
    }

    pub(crate) fn peer_report(&mut self, ctx: &mut Context, report: PeerReport) {
        match report {
            PeerReport::LocalDescription { sdp, .. } if self.stage == Stage::Offering => {
                self.invite(ctx, &sdp);
            }
            PeerReport::LocalDescription { sdp, .. } => self.reoffer(ctx, &sdp),
            PeerReport::State { state } => self.peer_changed(ctx, state),
            PeerReport::Failed { failure, .. } | PeerReport::MediaAccess { failure, .. } => {
                let error = EngineError::new("Error", "the leg's peer connection could not go on")
                    .because(failure.into());
                self.end(ctx, Err(error));
            }
            _ => {}
        }
    }

    fn peer_changed(&mut self, ctx: &mut Context, state: PeerState) {
        let grace_ms = match state {
            PeerState::Connected => {
                self.contact = Contact::Kept;
                self.restarts = 0;
                if self.stage == Stage::Invited {
                    self.stage = Stage::Connected;
                    if let Some(command) = self.command.take() {
                        ctx.done(command, Ok(Value::Null));
                    }
                }
                return;
            }
            PeerState::Disconnected => ctx.tuning.grace_ms,
            PeerState::Failed => 0,
            _ => return,
        };
        // A restart under way has its own time.
        if self.answered && !matches!(self.contact, Contact::Restarting { .. }) {
            let at = ctx.now.mono_ms + grace_ms;
            self.contact = Contact::Lost { at };
        }
    }

    fn reoffer(&self, ctx: &mut Context, sdp: &str) {
        let params = json::object([
            ("dialogParams", self.dialog.clone()),
            ("sdp", json::text(sdp)),
            ("action", json::text("updateMedia")),
        ]);
        let leg = self.id.clone();
        let purpose = Purpose::AuxiliaryReoffer { leg };
        let envelope = Envelope {
            call: &self.id,
            node_id: &self.node_id,
            subscribe: None,
        };
        let limit = ctx.tuning.reoffer_ms;
        ctx.verto_within(envelope, verto::MODIFY, params, purpose, limit);
    }

    /// The answer to an offer during the leg's life. Of a failure the restart's time tells.
    pub(crate) fn reoffered(&mut self, ctx: &mut Context, result: Result<Value, EngineError>) {
        let result = result.and_then(|result| verto_result(&result).cloned());
        let sdp = result
            .as_ref()
            .ok()
            .and_then(|inner| json::str_of(inner, "sdp"));
        if let Some(sdp) = sdp.filter(|sdp| !sdp.is_empty()) {
            let sdp = sdp.to_owned();
            self.tell_peer(ctx, PeerCommand::ApplyAnswer { sdp });
        }
    }

    fn invite(&mut self, ctx: &mut Context, sdp: &str) {
        self.stage = Stage::Invited;
        let params = json::object([
            ("dialogParams", self.dialog.clone()),
            ("sdp", json::text(sdp)),
        ]);
        let leg = self.id.clone();
        let subscribe: &[&str] = if self.screen {
            &["video.room.screenshare"]
        } else {
            &[]
        };
        self.verto(
            ctx,
            verto::INVITE,
            params,
            Some(subscribe),
            Purpose::Auxiliary { leg },
        );
    }

    /// The server's answer to the invite.
    pub(crate) fn invited(&mut self, ctx: &mut Context, result: Result<Value, EngineError>) {
        if let Err(error) = result.and_then(|result| verto_result(&result).map(drop)) {
            self.end(ctx, Err(error));
        }
    }

    /// A message of the dialog layer for this leg.
    pub(crate) fn message(&mut self, ctx: &mut Context, method: &str, params: &Value) {
        match method {
            verto::ANSWER | verto::MEDIA => {
                let sdp = json::str_of(params, "sdp").unwrap_or_default();
                if !sdp.is_empty() && !std::mem::replace(&mut self.answered, true) {
                    let sdp = sdp.to_owned();
                    self.tell_peer(ctx, PeerCommand::ApplyAnswer { sdp });
                }
            }
            verto::PING => {
                let params = params.clone();
                self.verto(ctx, verto::PONG, params, None, Purpose::Forgotten);
            }
            verto::BYE => {
                // The server knows.
                self.stage = Stage::Offering;
                let cause = json::str_of(params, "cause").unwrap_or("the server ended the leg");
                let error = EngineError::new("Error", cause);
                self.end(ctx, Err(error));
            }
            _ => {}
        }
    }

    /// Ends the leg: `Ok` when that was wanted here. Whoever still waits for the connection is told why.
    pub(crate) fn end(&mut self, ctx: &mut Context, why: Result<(), EngineError>) {
        if self.is_over() {
            return;
        }
        if self.stage != Stage::Offering {
            let params = json::object([
                ("cause", Value::Null),
                ("causeCode", Value::Null),
                ("dialogParams", self.dialog.clone()),
            ]);
            self.verto(ctx, verto::BYE, params, None, Purpose::Forgotten);
        }
        self.stage = Stage::Over;
        self.tell_peer(ctx, PeerCommand::Close);
        if let Some(command) = self.command.take() {
            let error = why
                .err()
                .unwrap_or_else(|| EngineError::new("AbortError", "the leg was ended"));
            ctx.done(command, Err(error));
        }
        let leg = json::object([("leg", json::text(&self.id))]);
        ctx.call_event(&self.call, CallEvent::LegEnded(leg));
    }

    fn tell_peer(&self, ctx: &mut Context, command: PeerCommand) {
        let leg = self.id.clone();
        ctx.out.push_back(Output::Peer { leg, command });
    }

    fn verto(
        &self,
        ctx: &mut Context,
        method: &str,
        params: Value,
        subscribe: Option<&[&str]>,
        purpose: Purpose,
    ) {
        let (call, node_id) = (self.id.as_str(), self.node_id.as_str());
        ctx.verto(
            Envelope {
                call,
                node_id,
                subscribe,
            },
            method,
            params,
            purpose,
        );
    }
}

/// What a leg is to carry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    pub(crate) screen: bool,
    pub(crate) audio: bool,
    pub(crate) video: bool,
}

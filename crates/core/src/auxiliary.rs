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
        matches!(self.stage, Stage::Offering | Stage::Invited).then_some(self.due)
    }

    pub(crate) fn look(&mut self, ctx: &mut Context) {
        if self.deadline().is_some_and(|due| due <= ctx.now.mono_ms) {
            let error = EngineError::new("TimeoutError", "the leg was not connected in time");
            self.end(ctx, Err(error));
        }
    }

    pub(crate) fn peer_report(&mut self, ctx: &mut Context, report: PeerReport) {
        match report {
            PeerReport::LocalDescription { sdp, .. } if self.stage == Stage::Offering => {
                self.invite(ctx, &sdp);
            }
            PeerReport::State {
                state: PeerState::Connected,
            } if self.stage == Stage::Invited => {
                self.stage = Stage::Connected;
                if let Some(command) = self.command.take() {
                    ctx.done(command, Ok(Value::Null));
                }
            }
            PeerReport::State {
                state: PeerState::Failed,
            } => {
                let error = EngineError::new("NetworkError", "the leg's connection was lost");
                self.end(ctx, Err(error));
            }
            PeerReport::Failed { failure, .. } | PeerReport::MediaAccess { failure, .. } => {
                let error = EngineError::new("Error", "the leg's peer connection could not go on")
                    .because(failure.into());
                self.end(ctx, Err(error));
            }
            _ => {}
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

//! What the peer connection of a call is told, and what it tells.

use miniserde::json::Value;
use offhook_proto::method::verto;

use super::{Dialog, Offer, Stage};
use crate::attach::directions_of;
use crate::context::Context;
use crate::input::PeerReport;
use crate::json;
use crate::output::{EngineError, Output, PeerCommand};
use crate::rpc::{Envelope, Purpose};

impl Dialog {
    pub(crate) fn peer_report(&mut self, ctx: &mut Context, report: PeerReport) {
        match report {
            PeerReport::LocalDescription { sdp, .. } => self.described(ctx, &sdp),
            PeerReport::RemoteApplied => {}
            PeerReport::State { state } => self.peer_changed(ctx, state),
            PeerReport::MediaAccess {
                failure,
                media,
                fatal,
            } => {
                let denied = matches!(
                    failure.name.as_str(),
                    "NotAllowedError" | "SecurityError" | "PermissionDeniedError"
                );
                let error = EngineError::new(
                    "MediaAccessError",
                    "the microphone or camera could not be opened",
                )
                .with("operation", json::text("acquireLocalMedia"))
                .with("media", Value::String(media))
                .with("denied", Value::Bool(denied))
                .with("fatal", Value::Bool(fatal))
                .because(failure.into());
                if fatal {
                    self.fail(ctx, error, false);
                } else {
                    self.tell_error(ctx, error, false);
                }
            }
            PeerReport::MediaTrack {
                failure,
                operation,
                kind,
            } => {
                let error =
                    EngineError::new("MediaTrackError", "a media track could not be changed")
                        .with("operation", Value::String(operation))
                        .with("kind", Value::String(kind))
                        .because(failure.into());
                self.tell_error(ctx, error, false);
            }
            PeerReport::Failed { failure, operation } => {
                let error = EngineError::new("Error", "the peer connection could not go on")
                    .with("operation", Value::String(operation))
                    .because(failure.into());
                self.fail(ctx, error, true);
            }
        }
    }

    pub(super) fn described(&mut self, ctx: &mut Context, sdp: &str) {
        self.directions = directions_of(sdp);
        self.described_anew(sdp);
        match self.stage {
            Stage::Offering => self.invite(ctx, sdp),
            Stage::Answering { command } => self.send_answer(ctx, sdp, command),
            Stage::Up => {
                let params = json::object([
                    ("dialogParams", self.params()),
                    ("sdp", json::text(sdp)),
                    ("action", json::text("updateMedia")),
                ]);
                self.offers += 1;
                let purpose = Purpose::Reoffer {
                    call: self.id.clone(),
                    offer: self.offers,
                };
                let envelope = Envelope {
                    call: &self.id,
                    node_id: &self.node_id,
                    subscribe: None,
                };
                let limit = ctx.tuning.reoffer_ms;
                ctx.verto_within(envelope, verto::MODIFY, params, purpose, limit);
            }
            _ => {}
        }
    }

    pub(super) fn create_peer(&mut self, ctx: &mut Context, with: &Offer<'_>) {
        self.peer = true;
        let ice_servers = with.ice_servers.clone();
        self.tell_peer(
            ctx,
            PeerCommand::Create {
                ice_servers,
                relay_only: false,
            },
        );
    }

    pub(super) fn tell_peer(&self, ctx: &mut Context, command: PeerCommand) {
        let leg = self.id.clone();
        ctx.out.push_back(Output::Peer { leg, command });
    }
}

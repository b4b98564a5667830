//! What the application asks of a call.

use miniserde::json::Value;
use offhook_proto::method::verto;

use super::{Dialog, Stage};
use crate::context::Context;
use crate::input::CommandId;
use crate::json;
use crate::output::{CallEvent, CallStatus, EngineError, PeerCommand};
use crate::rpc::Purpose;

impl Dialog {
    /// Hangs up: the server is told, and the call is over at once.
    pub(crate) fn hangup(&mut self, ctx: &mut Context, cause: Option<(&str, &str)>) {
        let rejected = cause.is_some();
        let unknown_to_server = matches!(self.stage, Stage::Parked { .. } | Stage::Offering);
        if !rejected {
            self.set_status(ctx, CallStatus::Disconnecting);
        }
        if !unknown_to_server {
            self.send_bye(ctx, cause);
        }
        if let Some(command) = self.dial.take() {
            let cause = EngineError::new("Error", "the call was hung up");
            ctx.done(
                command,
                Err(EngineError::call_create(
                    "the call was hung up before it was set up",
                    "outbound",
                    cause,
                )),
            );
        }
        let ended = json::object([
            (
                "cause",
                json::text(cause.map_or("NORMAL_CLEARING", |(name, _)| name)),
            ),
            (
                "causeCode",
                json::text(cause.map_or("16", |(_, code)| code)),
            ),
            ("by", json::text("local")),
        ]);
        ctx.call_event(&self.id, CallEvent::Ended(ended));
        if rejected {
            self.set_status(ctx, CallStatus::Disconnected);
        }
        self.end(ctx);
    }

    pub(super) fn send_bye(&mut self, ctx: &mut Context, cause: Option<(&str, &str)>) {
        let params = json::object([
            ("cause", json::optional(cause.map(|(name, _)| name))),
            ("causeCode", json::optional(cause.map(|(_, code)| code))),
            ("dialogParams", self.params()),
        ]);
        self.verto(ctx, verto::BYE, params, None, Purpose::Forgotten);
    }

    pub(crate) fn send_digits(&mut self, ctx: &mut Context, digits: &str, command: CommandId) {
        let params = json::object([
            ("sessid", json::text(&self.id)),
            (
                "dialogParams",
                json::object([("callID", json::text(&self.id))]),
            ),
            ("dtmf", json::text(digits)),
        ]);
        self.verto(ctx, verto::INFO, params, None, Purpose::Verto { command });
    }

    pub(crate) fn subscribe(&mut self, ctx: &mut Context, kind: &str, command: CommandId) {
        let params = json::object([
            ("sessid", json::text(&self.id)),
            ("eventChannel", json::texts(&[kind])),
        ]);
        self.verto(
            ctx,
            verto::SUBSCRIBE,
            params,
            None,
            Purpose::Verto { command },
        );
    }

    /// `verto.modify` with an action that carries no SDP: hold, unhold, transfer.
    pub(crate) fn modify(
        &mut self,
        ctx: &mut Context,
        action: &str,
        args: &Value,
        command: CommandId,
    ) {
        let mut params = json::object([
            ("sessid", json::text(&self.id)),
            ("dialogParams", self.params()),
            ("action", json::text(action)),
        ]);
        json::merge(&mut params, args);
        self.verto(ctx, verto::MODIFY, params, None, Purpose::Verto { command });
    }

    pub(crate) fn set_sending(&mut self, ctx: &mut Context, video: bool, on: bool) {
        self.muted[usize::from(video)] = !on;
        self.tell_peer(ctx, PeerCommand::SetSending { video, on });
    }

    pub(crate) fn set_variables(&mut self, ctx: &mut Context, variables: &Value) {
        json::merge(&mut self.variables, variables);
        ctx.call_event(&self.id, CallEvent::UserVariables(self.variables.clone()));
    }

    /// Parameters of a `call.*` method in one of the three shapes of wire-protocol.md 7.1.
    pub(crate) fn method_params(&self, member: Option<&str>, args: Value, list: bool) -> Value {
        let me = self.triplet(self.self_id.as_deref().unwrap_or_default());
        let target = member.or(self.self_id.as_deref()).unwrap_or_default();
        let mut params = args;
        json::set(&mut params, "self", me);
        if list {
            // Lists name their targets by the target's own ids.
            let known = self.room.member(target);
            let id = |name| {
                known
                    .and_then(|member| json::str_of(member, name))
                    .unwrap_or_default()
            };
            let target = json::object([
                ("member_id", json::text(target)),
                ("call_id", json::text(id("call_id"))),
                ("node_id", json::text(id("node_id"))),
            ]);
            let position = json::take(&mut params, "position");
            let target = match position {
                Some(position) => json::object([("target", target), ("position", position)]),
                None => target,
            };
            json::set(
                &mut params,
                "targets",
                Value::Array(std::iter::once(target).collect()),
            );
        } else {
            json::set(&mut params, "target", self.triplet(target));
        }
        params
    }

    pub(super) fn triplet(&self, member: &str) -> Value {
        json::object([
            ("node_id", json::text(&self.node_id)),
            ("call_id", json::text(&self.id)),
            ("member_id", json::text(member)),
        ])
    }
}

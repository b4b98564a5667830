//! What the server sends: answers, requests and events, given to whom they concern.

use miniserde::json::Value;
use offhook_proto::method::{self, event, verto};

use super::{Engine, REAUTHENTICATE_MS, REAUTHENTICATIONS, no_call};
use crate::dialog::{Dialog, verto_result};
use crate::input::SocketId;
use crate::json;
use crate::output::{EngineError, Event};
use crate::rpc::{Pending, Purpose};

impl Engine {
    pub(super) fn frame(&mut self, socket: SocketId, text: &str) {
        if !self.session.is_current(socket) {
            return;
        }
        self.session.heard(&self.ctx);
        let Some(frame) = json::parse(text) else {
            return self.ctx.error(EngineError::new(
                "MessageParseError",
                "a message of the server is not JSON",
            ));
        };
        if json::str_of(&frame, "jsonrpc") != Some("2.0") {
            return;
        }
        let Some(id) = json::str_of(&frame, "id") else {
            return;
        };
        match json::str_of(&frame, "method") {
            Some(method) => {
                let params = json::get(&frame, "params").cloned().unwrap_or_default();
                self.server_request(socket, id, method, params);
            }
            None => self.response(id, &frame),
        }
    }

    pub(super) fn response(&mut self, id: &str, frame: &Value) {
        let result = match (json::get(frame, "result"), json::get(frame, "error")) {
            (_, Some(error)) => Err(EngineError::of_response(error, id)),
            (Some(result), None) => Ok(result.clone()),
            (None, None) => return,
        };
        if let Some(pending) = self.ctx.rpc.take(id) {
            self.answered(pending, result);
        }
    }

    pub(super) fn server_request(
        &mut self,
        socket: SocketId,
        id: &str,
        method: &str,
        params: Value,
    ) {
        match method {
            method::PING => {
                let told = json::get(&params, "timestamp").and_then(json::seconds_as_ms);
                if let Some(server_ms) = told {
                    self.ctx.clock.learn(server_ms, 500, false);
                }
                let seconds = Value::Number(miniserde::json::Number::F64(
                    self.ctx.now.wall_ms as f64 / 1000.0,
                ));
                self.ctx
                    .respond(socket, id, json::object([("timestamp", seconds)]));
            }
            method::DISCONNECT => {
                // The server wants us elsewhere, or is about to go: come back by resuming.
                self.ctx.respond(socket, id, json::empty());
                self.session.lost(&mut self.ctx);
                self.not_ready();
            }
            method::EVENT => {
                let session = &mut self.session;
                let taken = session.accept_event(&mut self.ctx, socket, id, &params);
                if taken {
                    self.event(params);
                }
            }
            _ => {}
        }
    }

    pub(super) fn event(&mut self, envelope: Value) {
        let (Some(kind), Some(payload)) = (
            json::str_of(&envelope, "event_type"),
            json::get(&envelope, "params"),
        ) else {
            return;
        };
        match kind {
            event::AUTHORIZATION_STATE => {
                let state = json::str_of(payload, "authorization_state").unwrap_or_default();
                self.session.adopt_state(&mut self.ctx, state);
            }
            event::WEBRTC_MESSAGE => self.verto_message(&envelope, payload),
            _ => {
                for dialog in self
                    .dialogs
                    .iter_mut()
                    .filter(|dialog| dialog.is_meant(payload))
                {
                    let id = dialog.id().to_owned();
                    self.ctx
                        .call_event(&id, crate::output::CallEvent::Signaling(envelope.clone()));
                    dialog.room_event(&mut self.ctx, kind, payload);
                }
            }
        }
        self.ctx.event(Event::Signaling(envelope));
    }

    pub(super) fn verto_message(&mut self, envelope: &Value, message: &Value) {
        let (Some(method), Some(params)) = (
            json::str_of(message, "method"),
            json::get(message, "params"),
        ) else {
            return;
        };
        let Some(call) = json::str_of(params, "callID") else {
            return;
        };
        if let Some((leg, ctx)) = self.auxiliary(call) {
            return leg.message(ctx, method, params);
        }
        let known = self.dialogs.iter_mut().find(|dialog| dialog.goes_by(call));
        match known {
            Some(dialog) => {
                let id = dialog.id().to_owned();
                self.ctx
                    .call_event(&id, crate::output::CallEvent::Verto(message.clone()));
                // An invite that comes again is the same call.
                if method != verto::INVITE {
                    dialog.message(&mut self.ctx, method, params);
                }
            }
            None if method == verto::INVITE => {
                let node = json::str_of(envelope, "node_id");
                let preset = &self.config.user_variables;
                self.dialogs
                    .extend(Dialog::inbound(&mut self.ctx, params, node, preset));
            }
            None => {}
        }
    }

    /// A request of ours has its answer, or none.
    pub(super) fn answered(&mut self, pending: Pending, result: Result<Value, EngineError>) {
        let ctx = &mut self.ctx;
        match pending.purpose {
            Purpose::Connect => self.greeted(result),
            Purpose::Reauthenticate => self.reauthenticated(result),
            Purpose::Online { again } => self.online_answered(again, result),
            Purpose::Offline { command } => {
                if result.is_ok() {
                    self.online.done = false;
                    ctx.event(Event::Registered(false));
                }
                ctx.done(command, result.map(|_| Value::Null));
            }
            Purpose::Invite { call } => {
                if let Some(dialog) = self.dialogs.iter_mut().find(|dialog| dialog.id() == call) {
                    dialog.invited(ctx, result);
                }
            }
            Purpose::AuxiliaryReoffer { leg } => {
                if let Some((leg, ctx)) = self.auxiliary(&leg) {
                    leg.reoffered(ctx, result);
                }
            }
            Purpose::Auxiliary { leg } => {
                if let Some((leg, ctx)) = self.auxiliary(&leg) {
                    leg.invited(ctx, result);
                }
            }
            Purpose::Answer { call, command } => {
                match self.dialogs.iter_mut().find(|dialog| dialog.id() == call) {
                    Some(dialog) => dialog.answer_taken(ctx, result, command),
                    None => ctx.done(command, Err(no_call())),
                }
            }
            Purpose::Reoffer { call, offer } => {
                if let Some(dialog) = self.dialogs.iter_mut().find(|dialog| dialog.id() == call) {
                    dialog.reoffered(ctx, offer, result);
                }
            }
            Purpose::Layouts { call } => {
                if let Ok(result) = result {
                    let names = json::array_of(&result, "layouts")
                        .iter()
                        .filter_map(json::as_str);
                    let names = names.map(str::to_owned).collect();
                    ctx.call_event(&call, crate::output::CallEvent::Layouts(names));
                }
            }
            Purpose::Verto { command } => {
                let result = result.and_then(|result| verto_result(&result).cloned());
                ctx.done(command, result);
            }
            Purpose::Method { command } => ctx.done(
                command,
                result.and_then(|result| method_result(result, &pending.id)),
            ),
            Purpose::Raw { command } => ctx.done(command, result),
            Purpose::Forgotten => {}
        }
    }

    /// A token that the session does not take is shown again a few times; the next connect shows it anyway.
    pub(super) fn reauthenticated(&mut self, result: Result<Value, EngineError>) {
        let error = match result {
            Ok(result) => {
                let shown = std::mem::take(&mut self.reauthentication);
                let serial = shown.serial;
                let time = json::at(&result, &["offhook", "server_time_ms"]);
                if let Some(server_ms) = time.and_then(json::whole) {
                    let fresh = self.ctx.is_fresh(shown.request);
                    self.ctx.clock.learn(server_ms, 500, fresh);
                }
                if let Some(claims) = json::at(&result, &["authorization", "fabric_subscriber"]) {
                    self.credential.learn(&mut self.ctx, "", claims, serial);
                }
                return;
            }
            Err(error) => error,
        };
        if !self.session.is_ready() {
            return;
        }
        self.reauthentication.failures += 1;
        if self.reauthentication.failures < REAUTHENTICATIONS {
            let wait = REAUTHENTICATE_MS << self.reauthentication.failures;
            self.reauthentication.due = Some(self.ctx.now.mono_ms + wait);
            return;
        }
        let message = "the session did not take the new token";
        self.ctx
            .error(EngineError::new("TokenRefreshError", message).because(error));
    }

    pub(super) fn online_answered(&mut self, again: bool, result: Result<Value, EngineError>) {
        match result {
            Ok(_) => {
                self.online.done = true;
                self.ctx.event(Event::Registered(true));
                for command in std::mem::take(&mut self.online.commands) {
                    self.ctx.done(command, Ok(Value::Null));
                }
                self.settle(Ok(()));
            }
            Err(_) if !again && self.session.is_ready() => {
                self.reauthenticate();
                self.go_online(true);
            }
            Err(error) => {
                let refused = EngineError::new(
                    "InvalidCredentialsError",
                    "the server does not let this user go online",
                )
                .because(error);
                self.ctx.error(refused.clone());
                for command in std::mem::take(&mut self.online.commands) {
                    self.ctx.done(command, Err(refused.clone()));
                }
                // The session itself stands.
                self.settle(Ok(()));
            }
        }
    }
}

/// `call.*` results are successes only if they carry no other code than 200 (wire-protocol.md 3.12); ours takes the
/// number as well as the text.
fn method_result(result: Value, request: &str) -> Result<Value, EngineError> {
    match json::int_of(&result, "code") {
        Some(code) if code != 200 => Err(EngineError::of_response(&result, request)),
        _ => Ok(result),
    }
}

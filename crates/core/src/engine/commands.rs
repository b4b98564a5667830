//! What the application asks for.

use miniserde::json::Value;
use offhook_proto::{limits, method};

use super::{Engine, READY_MS, no_call, offer};
use crate::auxiliary::{Auxiliary, Wish};
use crate::dialog::Dialog;
use crate::fetch::Fetch;
use crate::input::{Command, CommandId, LegId, MediaOptions};
use crate::json;
use crate::output::{EngineError, Event};
use crate::rpc::{Purpose, TIMEOUT_MS};

impl Engine {
    pub(super) fn command(&mut self, id: CommandId, command: Command) {
        if self.destroyed {
            let error = EngineError::new("DependencyError", "the client has been destroyed");
            return self.ctx.done(id, Err(error));
        }
        match command {
            Command::Start | Command::Connect => self.begin(id),
            Command::Configure {
                relay_host,
                user_variables,
                tuning,
            } => {
                self.ctx.tuning = tuning;
                self.config.relay_host = relay_host;
                self.config.user_variables = user_variables;
                self.ctx.done(id, Ok(Value::Null));
            }
            Command::Disconnect => self.disconnect(id),
            Command::Destroy => {
                self.disconnect(id);
                self.destroyed = true;
            }
            Command::Register => {
                self.online.wanted = true;
                self.online.commands.push(id);
                if self.session.is_ready() {
                    self.go_online(false);
                }
            }
            Command::Unregister => {
                self.online.wanted = false;
                let purpose = Purpose::Offline { command: id };
                self.ctx
                    .request(method::SUBSCRIBER_OFFLINE, json::empty(), purpose);
            }
            Command::Dial {
                to,
                options,
                user_variables,
                node_id,
            } => {
                self.dial(id, &to, options, &user_variables, node_id);
            }
            Command::Answer { call, options } => self.answer(id, &call, options),
            Command::Reject { call } => {
                if let Some(dialog) = self.dialog(&call).filter(|dialog| dialog.is_ringing()) {
                    let at = dialog.id().to_owned();
                    self.with(&at, |dialog, ctx| {
                        dialog.hangup(ctx, Some(("USER_BUSY", "17")))
                    });
                }
                self.ctx.done(id, Ok(Value::Null));
            }
            Command::Hangup { call } => {
                self.with(&call, |dialog, ctx| dialog.hangup(ctx, None));
                self.ctx.done(id, Ok(Value::Null));
            }
            Command::SendDigits { call, digits } => self.send_digits(id, &call, &digits),
            Command::CallMethod {
                call,
                method,
                member,
                args,
            } => {
                self.call_method(id, &call, &method, member.as_deref(), args);
            }
            Command::SetMuted { call, video, muted } => self.set_muted(id, &call, video, muted),
            Command::Subscribe { call, event_type } => {
                self.with_or_done(id, &call, |dialog, ctx| {
                    dialog.subscribe(ctx, &event_type, id)
                });
            }
            Command::SetUserVariables { call, variables } => {
                self.with(&call, |dialog, ctx| dialog.set_variables(ctx, &variables));
                self.ctx.done(id, Ok(Value::Null));
            }
            Command::RestartIce {
                call,
                relay_only,
                broken,
            } => {
                let ready = self.session.is_ready();
                self.with(&call, |dialog, ctx| {
                    dialog.ask_restart(ctx, relay_only, broken, ready);
                });
                self.ctx.done(id, Ok(Value::Null));
            }
            Command::GiveUp { call } => {
                self.with(&call, |dialog, ctx| dialog.give_up(ctx));
                self.ctx.done(id, Ok(Value::Null));
            }
            Command::AddLeg {
                call,
                leg,
                screen,
                audio,
                video,
            } => {
                let wish = Wish {
                    screen,
                    audio,
                    video,
                };
                self.add_leg(id, &call, leg, wish);
            }
            Command::RemoveLeg { leg } => {
                if let Some((leg, ctx)) = self.auxiliary(&leg) {
                    leg.end(ctx, Ok(()));
                }
                self.ctx.done(id, Ok(Value::Null));
            }
            Command::Execute {
                method,
                params,
                timeout_ms,
            } => {
                let purpose = Purpose::Raw { command: id };
                let timeout_ms = timeout_ms.unwrap_or(TIMEOUT_MS);
                self.ctx
                    .request_within(&method, params, purpose, timeout_ms);
            }
            Command::Fetch {
                method,
                target,
                body,
            } => self.fetch(id, method, &target, body),
        }
    }

    fn dialog(&mut self, call: &str) -> Option<&mut Dialog> {
        self.dialogs
            .iter_mut()
            .find(|dialog| dialog.id() == call && !dialog.is_over())
    }

    /// Does something with a call, if it is still there.
    fn with(
        &mut self,
        call: &str,
        act: impl FnOnce(&mut Dialog, &mut crate::context::Context),
    ) -> bool {
        let found = self
            .dialogs
            .iter_mut()
            .find(|dialog| dialog.id() == call && !dialog.is_over());
        match found {
            Some(dialog) => {
                act(dialog, &mut self.ctx);
                true
            }
            None => false,
        }
    }

    fn with_or_done(
        &mut self,
        id: CommandId,
        call: &str,
        act: impl FnOnce(&mut Dialog, &mut crate::context::Context),
    ) {
        if !self.with(call, act) {
            self.ctx.done(id, Err(no_call()));
        }
    }

    fn add_leg(&mut self, id: CommandId, call: &str, leg: LegId, wish: Wish) {
        let offer = offer(&self.session);
        let taken = self.dialogs.iter().any(|dialog| dialog.goes_by(&leg))
            || self.auxiliaries.iter().any(|known| known.id() == leg);
        let parent = self
            .dialogs
            .iter()
            .find(|dialog| dialog.id() == call && dialog.is_up() && !taken);
        match parent {
            Some(parent) => {
                let leg = Auxiliary::begin(&mut self.ctx, leg, parent, wish, id, &offer);
                self.auxiliaries.push(leg);
            }
            None => self.ctx.done(id, Err(no_call())),
        }
    }

    fn disconnect(&mut self, id: CommandId) {
        for mut leg in std::mem::take(&mut self.auxiliaries) {
            leg.end(&mut self.ctx, Ok(()));
        }
        for mut dialog in std::mem::take(&mut self.dialogs) {
            if !dialog.is_over() {
                dialog.hangup(&mut self.ctx, None);
            }
        }
        let ended = EngineError::new("AbortError", "the client was disconnected");
        self.settle(Err(ended.clone()));
        for command in std::mem::take(&mut self.online.commands) {
            self.ctx.done(command, Err(ended.clone()));
        }
        if self.session.is_ready() && self.online.done {
            // Else calls would go on ringing here for as long as the session could be resumed.
            self.ctx.request(
                method::SUBSCRIBER_OFFLINE,
                json::empty(),
                Purpose::Forgotten,
            );
        }
        self.not_ready();
        self.session.close(&mut self.ctx);
        self.credential.pause(&mut self.ctx);
        self.reauthentication = super::Reauthentication::default();
        self.attachments.take();
        self.keep_attachments();
        if std::mem::take(&mut self.connected) {
            self.ctx.event(Event::Registered(false));
            self.ctx.event(Event::Connected(false));
        }
        self.ctx.done(id, Ok(Value::Null));
    }

    fn dial(
        &mut self,
        id: CommandId,
        to: &str,
        options: MediaOptions,
        given: &Value,
        node_id: Option<String>,
    ) {
        // Later wins: preference, query of the destination, option (wire-protocol.md 5.7).
        let mut variables = self.config.user_variables.clone();
        let (_, query) = to.split_once('?').unwrap_or((to, ""));
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            json::set(&mut variables, name, json::text(value));
        }
        json::merge(&mut variables, given);
        if json::write(&variables).len() > limits::USER_VARIABLES_BYTES {
            let error =
                EngineError::new("InvalidParams", "the user variables are longer than 16 KiB");
            return self.ctx.done(
                id,
                Err(EngineError::call_create(
                    "the call could not be set up",
                    "outbound",
                    error,
                )),
            );
        }
        let options = hinted(options, query);
        let mut dialog = Dialog::outbound(&mut self.ctx, to, options, variables, node_id, id);
        if self.session.is_ready() {
            dialog.begin(&mut self.ctx, &offer(&self.session));
        } else if self.session.is_refused()
            || (self.session.is_closed() && !self.startup.is_under_way())
        {
            let error = EngineError::new("NotConnected", "the client is not connected");
            dialog.fail(&mut self.ctx, error, false);
        } else {
            dialog.park_until(self.ctx.now.mono_ms + READY_MS);
        }
        self.dialogs.push(dialog);
    }

    fn answer(&mut self, id: CommandId, call: &str, options: MediaOptions) {
        let offer = offer(&self.session);
        let ringing = self
            .dialogs
            .iter_mut()
            .find(|dialog| dialog.id() == call && dialog.is_ringing());
        match ringing {
            Some(dialog) => dialog.answer(&mut self.ctx, options, id, &offer),
            None => self.ctx.done(id, Err(no_call())),
        }
    }

    fn send_digits(&mut self, id: CommandId, call: &str, digits: &str) {
        let fits = !digits.is_empty() && digits.len() <= limits::DTMF_CHARS;
        let known = |digit| matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D' | 'w' | 'W' | ',');
        if !(fits && digits.chars().all(known)) {
            let message = "digits are 1 to 128 of 0-9 * # A-D, and w W , for pauses";
            return self
                .ctx
                .done(id, Err(EngineError::new("InvalidParams", message)));
        }
        self.with_or_done(id, call, |dialog, ctx| dialog.send_digits(ctx, digits, id));
    }

    fn call_method(
        &mut self,
        id: CommandId,
        call: &str,
        name: &str,
        member: Option<&str>,
        args: Value,
    ) {
        let action = match name {
            "hold" | "unhold" | "transfer" => Some(name),
            _ => None,
        };
        if let Some(action) = action {
            return self.with_or_done(id, call, |dialog, ctx| {
                dialog.modify(ctx, action, &args, id)
            });
        }
        let list = matches!(name, "call.member.remove" | "call.member.position.set");
        self.with_or_done(id, call, |dialog, ctx| {
            let args = if matches!(args, Value::Object(_)) {
                args
            } else {
                json::empty()
            };
            let params = dialog.method_params(member, args, list);
            ctx.request(name, params, Purpose::Method { command: id });
        });
    }

    /// Capture is switched at once, whatever the server says: nobody who mutes waits for a round trip.
    fn set_muted(&mut self, id: CommandId, call: &str, video: bool, muted: bool) {
        self.with_or_done(id, call, |dialog, ctx| {
            dialog.set_sending(ctx, video, !muted);
            let channel = if video { "video" } else { "audio" };
            let args = json::object([("channels", json::texts(&[channel]))]);
            let params = dialog.method_params(None, args, false);
            let name = if muted { "call.mute" } else { "call.unmute" };
            ctx.request(name, params, Purpose::Method { command: id });
        });
    }

    fn fetch(&mut self, id: CommandId, method: String, target: &str, body: Option<Value>) {
        let api = self.startup.api();
        let url = match target.strip_prefix('/') {
            Some(_) if !api.is_empty() => [api, target].concat(),
            // The token goes along: only to where it belongs.
            None if !api.is_empty() && target.starts_with(&[api, "/"].concat()) => {
                target.to_owned()
            }
            _ => {
                let error = EngineError::new(
                    "InvalidParams",
                    "a request goes to a path on the API's origin, once the client has started",
                );
                return self.ctx.done(id, Err(error));
            }
        };
        if self.credential.token().is_empty() {
            let error = EngineError::new(
                "InvalidCredentialsError",
                "an authorization state opens a session, but no request over HTTP: that needs a token",
            );
            return self.ctx.done(id, Err(error));
        }
        self.fetches.begin(
            &mut self.ctx,
            &self.credential,
            Fetch::new(id, method, url, body),
        );
        self.renew_if_dead();
    }
}

/// The media hint of a destination (`?channel=video`), under what the caller said (wire-protocol.md 9.2).
fn hinted(options: MediaOptions, query: &str) -> MediaOptions {
    let hint = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("channel="));
    let video = match hint {
        Some("video") => Some(true),
        Some("audio") => Some(false),
        _ => None,
    };
    MediaOptions {
        video: options.video.or(video),
        receive_video: options.receive_video.or(video),
        ..options
    }
}

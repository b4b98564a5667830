//! Calls as a project's backend commands them (wire-protocol.md 8.7): `POST /api/calling/calls` with `{command, id?, params}`.
//!
//! What this server has the means for is done: calls to browsers, their end, their transfer, events for their applications. The rest of
//! the commands is refused by name.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use offhook_proto::limits;
use offhook_proto::rest::{CallCommandAnswer, Timestamp, code};
use serde_json::{Map, Value};

use super::App;
use super::auth::Backend;
use super::error::ApiError;
use super::fields::{Fields, TEXT};
use crate::calls::{CallFault, CallPlan, CallSide, EndReason};
use crate::clock::now_s;

/// What is done here.
pub(super) const COMMANDS: [&str; 5] = [
    "dial",
    "update",
    "calling.end",
    "calling.transfer",
    "calling.user_event",
];
/// Longest ringing a backend may ask for.
const RING_S: std::ops::RangeInclusive<u64> = 1..=600;

/// `POST /api/calling/calls`.
pub(super) async fn command(
    State(app): State<Arc<App>>,
    Backend(project): Backend,
    mut fields: Fields,
) -> Result<Json<CallCommandAnswer>, ApiError> {
    let command = fields.required_text("command", TEXT);
    let id = fields.optional_name("id", TEXT);
    let params = fields.object("params").unwrap_or_default();
    if !command.trim().is_empty() && !COMMANDS.contains(&command.as_str()) {
        let message = format!(
            "{command} is not a command of this server; there are {}",
            COMMANDS.join(", ")
        );
        fields.refuse("command", code::INVALID_VALUE, message);
    }
    fields.finish()?;
    let request = Request {
        app: &app,
        project_id: &project.id,
        command: command.clone(),
        id,
        params: Fields::of(params),
    };
    match command.as_str() {
        "dial" => request.dial().await,
        "update" => request.update().await,
        "calling.end" => request.end().await,
        "calling.transfer" => request.transfer().await,
        _ => request.user_event().await,
    }
}

struct Request<'a> {
    app: &'a App,
    project_id: &'a str,
    command: String,
    id: Option<String>,
    params: Fields,
}

impl Request<'_> {
    /// Calls a subscriber's devices, and connects whoever answers as the SWML says.
    async fn dial(mut self) -> Result<Json<CallCommandAnswer>, ApiError> {
        let params = &mut self.params;
        let from = params.required_text("from", TEXT);
        let to = params.required_text("to", TEXT);
        check_address(params, "to", &to);
        let then = connect_to(params);
        if params.any("url").is_some() {
            let message = "url is not fetched by this server: send the document as swml";
            params.refuse("url", code::INVALID_VALUE, message);
        } else if then.is_none() {
            params.missing_unless_refused("swml");
        }
        let number = params.optional_name("caller_id", TEXT);
        let lasts = params.integer("timeout", RING_S).map(Duration::from_secs);
        let user_variables = sized_object(params, "custom_variables", limits::USER_VARIABLES_BYTES);
        if params.any("status_url").is_some() {
            let message = "status_url is not called by this server: make a webhook, whose events carry this call's id as dial_id";
            params.refuse("status_url", code::INVALID_VALUE, message);
        }
        self.params.finish()?;
        let store = &self.app.mint.store;
        let known = store.resolve_address(self.project_id, &from).await?;
        let name = known.map(|address| address.display_name);
        let plan = CallPlan {
            to: to.clone(),
            then: then.unwrap_or_default(),
            caller: (
                name.unwrap_or_else(|| from.clone()),
                number.unwrap_or_else(|| from.clone()),
            ),
            lasts,
            user_variables: user_variables.unwrap_or_default(),
        };
        let calls = self.app.relay.calls();
        let id = calls
            .place_for_backend(self.project_id, plan)
            .await
            .map_err(|fault| refused(&fault, "to", "swml"))?;
        Ok(Json(CallCommandAnswer {
            id,
            command: self.command,
            status: "ringing".to_owned(),
            from: Some(from),
            to: Some(to),
            created_at: Some(Timestamp(now_s())),
        }))
    }

    /// Ends a call that was placed; another document for it is not run.
    async fn update(mut self) -> Result<Json<CallCommandAnswer>, ApiError> {
        let named = self.params.optional_name("id", TEXT);
        self.id = self.id.or(named);
        let reason = match self.params.text("status", TEXT).as_deref() {
            Some("canceled") => Some(EndReason::Cancel),
            Some("completed") => Some(EndReason::Hangup),
            Some(_) => {
                let message = "status must be canceled or completed";
                self.params.refuse("status", code::INVALID_VALUE, message);
                None
            }
            None => {
                let other = ["url", "swml", "fallback_url"]
                    .into_iter()
                    .find(|name| self.params.any(name).is_some());
                match other {
                    Some(name) => {
                        let message = format!(
                            "{name} is not run by this server: a call can be ended by status, or moved by calling.transfer"
                        );
                        self.params.refuse(name, code::INVALID_VALUE, message);
                    }
                    None => self.params.missing_unless_refused("status"),
                }
                None
            }
        };
        self.finish_end(reason.unwrap_or(EndReason::Hangup)).await
    }

    async fn end(mut self) -> Result<Json<CallCommandAnswer>, ApiError> {
        let reason = match self.params.text("reason", TEXT) {
            None => EndReason::Hangup,
            Some(name) => EndReason::from_name(&name).unwrap_or_else(|| {
                let message = "reason must be hangup, cancel, busy, noAnswer, decline or error";
                self.params.refuse("reason", code::INVALID_VALUE, message);
                EndReason::Hangup
            }),
        };
        self.finish_end(reason).await
    }

    async fn finish_end(mut self, reason: EndReason) -> Result<Json<CallCommandAnswer>, ApiError> {
        let id = self.call();
        self.params.finish()?;
        let calls = self.app.relay.calls();
        calls
            .end_for_backend(self.project_id, &id, reason)
            .await
            .map_err(|fault| refused(&fault, "id", "id"))?;
        Ok(answer(id, self.command, "ended"))
    }

    /// Hands the other side of a call over to an address.
    async fn transfer(mut self) -> Result<Json<CallCommandAnswer>, ApiError> {
        let id = self.call();
        let dest = self.params.required_text("dest", TEXT);
        check_address(&mut self.params, "dest", &dest);
        self.params.finish()?;
        let calls = self.app.relay.calls();
        calls
            .transfer_for_backend(self.project_id, &id, &dest)
            .await
            .map_err(|fault| refused(&fault, "dest", "dest"))?;
        Ok(answer(id, self.command, "transferred"))
    }

    /// Sends an event to the application of a call.
    async fn user_event(mut self) -> Result<Json<CallCommandAnswer>, ApiError> {
        let id = self.call();
        let event = sized_object(&mut self.params, "event", limits::META_BYTES);
        if event.is_none() {
            self.params.missing_unless_refused("event");
        }
        self.params.finish()?;
        let calls = self.app.relay.calls();
        calls
            .tell_for_backend(self.project_id, &id, event.unwrap_or_default())
            .await
            .map_err(|fault| refused(&fault, "id", "id"))?;
        Ok(answer(id, self.command, "sent"))
    }

    /// The call that is meant.
    fn call(&mut self) -> String {
        match self.id.take() {
            Some(id) => id,
            None => {
                self.params.missing("id");
                String::new()
            }
        }
    }
}

fn answer(id: String, command: String, status: &str) -> Json<CallCommandAnswer> {
    Json(CallCommandAnswer {
        id,
        command,
        status: status.to_owned(),
        from: None,
        to: None,
        created_at: None,
    })
}

/// There is no telephone network behind this server.
fn check_address(params: &mut Fields, name: &str, address: &str) {
    let number = address.starts_with('+') || address.chars().all(|c| c.is_ascii_digit());
    let schemes = [
        "sip:", "sips:", "tel:", "verto:", "client:", "http:", "https:",
    ];
    let elsewhere = schemes.iter().any(|scheme| address.starts_with(scheme));
    if !address.trim().is_empty() && (number || elsewhere) {
        let message = format!(
            "{name} must be an address of this project such as /private/alice: this server reaches no telephone or SIP network"
        );
        params.refuse(name, code::INVALID_VALUE, message);
    }
}

/// Where the document connects whoever answers. Of SWML that much is understood: perhaps `answer`, then `connect` with `to`, or
/// `join_room` with `name`, then perhaps `hangup`.
fn connect_to(params: &mut Fields) -> Option<String> {
    const NAME: &str = "swml";
    let document = match params.any(NAME)? {
        Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::Null),
        other => other,
    };
    let steps = document
        .pointer("/sections/main")
        .and_then(Value::as_array)
        .map(Vec::as_slice);
    match steps.and_then(destination) {
        Some(to) if to.chars().count() <= TEXT && !to.trim().is_empty() => {
            check_address(params, NAME, &to);
            Some(to)
        }
        _ => {
            let message = "swml must be a document whose main section is [{\"connect\": {\"to\": \"/public/lobby\"}}], \
                perhaps between answer and hangup: other steps are not run by this server";
            params.refuse(NAME, code::INVALID_VALUE, message);
            None
        }
    }
}

fn destination(steps: &[Value]) -> Option<String> {
    let steps = match steps {
        [first, rest @ ..] if is_step(first, "answer") => rest,
        all => all,
    };
    let step = match steps {
        [step] => step,
        [step, last] if is_step(last, "hangup") => step,
        _ => return None,
    };
    let step = step.as_object().filter(|step| step.len() == 1)?;
    if let Some(room) = step.get("join_room") {
        return Some(format!("/public/{}", room.get("name")?.as_str()?));
    }
    Some(step.get("connect")?.get("to")?.as_str()?.to_owned())
}

fn is_step(step: &Value, verb: &str) -> bool {
    let alone = step.as_object().filter(|step| step.len() == 1);
    step == verb || alone.is_some_and(|step| step.contains_key(verb))
}

fn sized_object(params: &mut Fields, name: &str, most: usize) -> Option<Map<String, Value>> {
    let object = params.object(name)?;
    if offhook_proto::relay::to_text(&object).len() > most {
        let message = format!("{name} may have {most} bytes");
        params.refuse(name, code::INVALID_VALUE, message);
        return None;
    }
    Some(object)
}

/// `to` and `then` are the attributes that name the sides of a call.
fn refused(fault: &CallFault, to: &str, then: &str) -> ApiError {
    match fault {
        CallFault::NoCall => ApiError::NotFound("there is no such call in this project"),
        CallFault::Ambiguous => ApiError::invalid(
            "id",
            code::INVALID_VALUE,
            "several calls of the project have this id: their clients chose it",
        ),
        CallFault::Side(side, why) => {
            let attribute = match side {
                CallSide::To => to,
                CallSide::Then => then,
            };
            ApiError::invalid(
                attribute,
                code::INVALID_VALUE,
                format!("{attribute}: {why}"),
            )
        }
        CallFault::NotNow(why) => ApiError::invalid("id", code::INVALID_VALUE, why.clone()),
        CallFault::Unavailable => ApiError::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_that_only_connects_is_understood() {
        for (main, expected) in [
            (
                json!([{"connect": {"to": "/public/lobby"}}]),
                Some("/public/lobby"),
            ),
            (
                json!(["answer", {"connect": {"to": "/private/bob"}}, "hangup"]),
                Some("/private/bob"),
            ),
            (
                json!([{"answer": {}}, {"join_room": {"name": "lobby"}}]),
                Some("/public/lobby"),
            ),
            (json!([]), None),
            (json!(["answer"]), None),
            (json!(["hangup"]), None),
            (
                json!([{"play": {"url": "x"}}, {"connect": {"to": "/public/x"}}]),
                None,
            ),
            (json!([{"connect": {"to": 5}}]), None),
            (json!([{"connect": {}}]), None),
            (json!([{"connect": {"to": "/public/x"}, "play": {}}]), None),
            (json!([{"connect": {"to": "/public/x"}}, "answer"]), None),
        ] {
            let steps = main.as_array().unwrap();
            assert_eq!(destination(steps).as_deref(), expected, "{main}");
        }
    }
}

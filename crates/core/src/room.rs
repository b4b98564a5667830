//! Who is in the room of a call, and its state, as events tell (wire-protocol.md 6).

use miniserde::json::Value;
use offhook_proto::method::event;

use crate::context::Context;
use crate::json;
use crate::output::CallEvent;

#[derive(Default)]
pub(crate) struct Room {
    /// Room sessions this call has joined; events name them.
    sessions: Vec<String>,
    /// Whole members, as merged so far.
    members: Vec<Value>,
    pub(crate) capabilities: Vec<String>,
}

impl Room {
    pub(crate) fn knows_session(&self, id: &str) -> bool {
        self.sessions.iter().any(|known| known == id)
    }

    pub(crate) fn member(&self, id: &str) -> Option<&Value> {
        self.members
            .iter()
            .find(|member| json::str_of(member, "member_id") == Some(id))
    }

    /// Whether the capabilities let one choose a layout.
    pub(crate) fn may_lay_out(&self) -> bool {
        self.capabilities
            .iter()
            .any(|capability| capability.starts_with("layout"))
    }

    /// Takes a room event.
    pub(crate) fn apply(&mut self, ctx: &mut Context, call: &str, kind: &str, payload: &Value) {
        match kind {
            event::CALL_JOINED => self.joined(ctx, call, payload),
            event::CALL_UPDATED => self.flags(ctx, call, payload),
            event::MEMBER_JOINED => self.upsert(ctx, call, json::get(payload, "member"), "joined"),
            event::MEMBER_UPDATED => {
                self.upsert(ctx, call, json::get(payload, "member"), "updated")
            }
            event::MEMBER_TALKING => {
                self.upsert(ctx, call, json::get(payload, "member"), "talking")
            }
            event::MEMBER_LEFT => self.left(ctx, call, payload),
            event::LAYOUT_CHANGED => self.layout(ctx, call, payload),
            _ => {}
        }
    }

    fn joined(&mut self, ctx: &mut Context, call: &str, payload: &Value) {
        let room = json::get(payload, "room_session");
        let session = json::str_of(payload, "room_session_id")
            .or_else(|| json::str_of(room?, "room_session_id"));
        if let Some(session) = session.filter(|session| !self.knows_session(session)) {
            self.sessions.push(session.to_owned());
        }
        self.flags(ctx, call, payload);
        let members = room
            .map(|room| json::array_of(room, "members"))
            .unwrap_or_default();
        // Whoever is not in the new list has left while we could not hear of it.
        let present = |id: &str| {
            members
                .iter()
                .any(|member| json::str_of(member, "member_id") == Some(id))
        };
        let gone: Vec<String> = self
            .members
            .iter()
            .filter_map(|member| json::str_of(member, "member_id"))
            .filter(|id| !present(id))
            .map(str::to_owned)
            .collect();
        for id in gone {
            self.remove(ctx, call, &id, "gone");
        }
        for member in members {
            self.upsert(ctx, call, Some(member), "joined");
        }
        self.capabilities = json::array_of(payload, "capabilities")
            .iter()
            .filter_map(json::as_str)
            .map(str::to_owned)
            .collect();
        ctx.call_event(call, CallEvent::Capabilities(self.capabilities.clone()));
    }

    fn flags(&self, ctx: &mut Context, call: &str, payload: &Value) {
        let Some(room) = json::get(payload, "room_session") else {
            return;
        };
        let flag = |name| Value::Bool(json::bool_of(room, name).unwrap_or(false));
        let flags = json::object([
            ("recording", flag("recording")),
            ("streaming", flag("streaming")),
            ("locked", flag("locked")),
            ("raiseHandPriority", flag("prioritize_handraise")),
            (
                "meta",
                json::get(room, "meta").cloned().unwrap_or_else(json::empty),
            ),
        ]);
        ctx.call_event(call, CallEvent::Room(flags));
    }

    fn upsert(
        &mut self,
        ctx: &mut Context,
        call: &str,
        change: Option<&Value>,
        kind: &'static str,
    ) {
        let Some((change, id)) =
            change.and_then(|change| Some((change, json::str_of(change, "member_id")?)))
        else {
            return;
        };
        let known = self
            .members
            .iter_mut()
            .find(|member| json::str_of(member, "member_id") == Some(id));
        let member = match known {
            Some(member) => {
                json::merge(member, change);
                member.clone()
            }
            None => {
                self.members.push(change.clone());
                change.clone()
            }
        };
        ctx.call_event(
            call,
            CallEvent::Member {
                member,
                change: kind,
            },
        );
    }

    fn left(&mut self, ctx: &mut Context, call: &str, payload: &Value) {
        let id = json::at(payload, &["member", "member_id"]).and_then(json::as_str);
        let reason = json::str_of(payload, "reason").unwrap_or("hangup");
        if let Some(id) = id {
            self.remove(ctx, call, id, reason);
        }
    }

    fn remove(&mut self, ctx: &mut Context, call: &str, id: &str, reason: &str) {
        self.members
            .retain(|member| json::str_of(member, "member_id") != Some(id));
        let left = json::object([
            ("member_id", json::text(id)),
            ("reason", json::text(reason)),
        ]);
        ctx.call_event(call, CallEvent::MemberLeft(left));
    }

    fn layout(&mut self, ctx: &mut Context, call: &str, payload: &Value) {
        let Some(layout) = json::get(payload, "layout") else {
            return;
        };
        let layers = json::array_of(layout, "layers");
        for member in &mut self.members {
            let id = json::str_of(member, "member_id").unwrap_or_default();
            let layer = layers
                .iter()
                .find(|layer| json::str_of(layer, "member_id") == Some(id));
            match layer {
                Some(layer) => json::set(member, "position", layer.clone()),
                // Whoever is no longer in the picture has no place in it.
                None if json::take(member, "position").is_none() => continue,
                None => {}
            }
            let member = member.clone();
            ctx.call_event(
                call,
                CallEvent::Member {
                    member,
                    change: "layout",
                },
            );
        }
        let layout = json::object([
            ("id", json::get(layout, "id").cloned().unwrap_or_default()),
            ("layers", Value::Array(layers.iter().cloned().collect())),
        ]);
        ctx.call_event(call, CallEvent::Layout(layout));
    }
}

//! What members are told of each other and of the room (wire-protocol.md section 6).

use std::collections::HashSet;
use std::sync::Arc;

use offhook_media::Chime;
use offhook_proto::event::{
    CallJoined, CallLeft, CallUpdated, LayoutChanged, MemberEvent, MemberTalking, TalkingMember,
};
use offhook_proto::method::event;
use offhook_proto::rest::WebhookEvent;
use offhook_proto::room::{Layout, Member, RoomSession};
use offhook_proto::room_layout::{self, Candidate};
use serde::Serialize;

use super::{Kind, Room};
use crate::calls::directory::LegId;
use crate::calls::leg::Leg;
use crate::relay::{Keep, OutEvent};

impl Room {
    /// Tells everybody about legs that have just become members: themselves first, since nothing else of the room reaches
    /// them before their `call.joined` (6.1).
    pub(super) fn announce(&mut self, newcomers: &[LegId]) {
        let session = self.room_session(true);
        for leg in self.joined().filter(|leg| newcomers.contains(&leg.id)) {
            self.send_joined(leg, &session);
        }
        for newcomer in self.joined().filter(|leg| newcomers.contains(&leg.id)) {
            let payload = MemberEvent {
                room_id: &self.room_id,
                room_session_id: &self.room_session_id,
                member: &newcomer.member,
                reason: None,
            };
            let event = OutEvent::new(event::MEMBER_JOINED, &payload, Keep::UntilAcked);
            for leg in self.listeners().filter(|leg| !newcomers.contains(&leg.id)) {
                leg.session.event(event.clone());
            }
        }
        if !std::mem::replace(&mut self.began_for_backend, true) {
            self.tell_backend_of_room(WebhookEvent::RoomStarted);
        }
        for newcomer in self.joined().filter(|leg| newcomers.contains(&leg.id)) {
            self.tell_backend_of_member(WebhookEvent::MemberJoined, &newcomer.member, None);
        }
        self.chime(Chime::Join);
        self.broadcast_layout();
        for id in newcomers {
            self.note(*id);
        }
    }

    /// Sends one leg everything about the room: after a re-attach, or when another session has taken it over.
    pub(super) fn send_whole_state(&self, id: LegId) {
        let session = self.room_session(true);
        if let Some(leg) = self.leg(id) {
            self.send_joined(leg, &session);
            leg.session.event(self.layout_event(&self.layout_now()));
        }
    }

    fn send_joined(&self, leg: &Leg, session: &RoomSession) {
        let payload = CallJoined {
            room_session: session,
            room_id: &self.room_id,
            room_session_id: &self.room_session_id,
            call_id: leg.call_id(),
            member_id: &leg.member.member_id,
            origin_call_id: leg.call_id(),
            capabilities: self.capabilities_of(leg).names(),
        };
        let keep = Keep::Newest(format!("joined:{}", leg.call_id()).into());
        leg.session
            .event(OutEvent::new(event::CALL_JOINED, &payload, keep));
    }

    /// Tells a leg that it has left, and the others too. The leg is no longer in the list.
    pub(super) fn tell_left(&mut self, leg: &Leg, reason: &str) {
        let session = self.room_session(false);
        let payload = CallLeft {
            room_session: &session,
            room_id: &self.room_id,
            room_session_id: &self.room_session_id,
            call_id: leg.call_id(),
            member_id: &leg.member.member_id,
            origin_call_id: leg.call_id(),
            reason,
        };
        leg.session
            .event(OutEvent::new(event::CALL_LEFT, &payload, Keep::Passing));
        self.chime(Chime::Leave);
        self.tell_gone(&leg.member, reason);
    }

    /// Lets everybody hear that somebody has come or gone, if the room's owner wants that.
    pub(super) fn chime(&self, chime: Chime) {
        if matches!(&self.kind, Kind::Conference(room) if room.settings.tone_on_entry_and_exit) {
            self.context.media.play_chime(self.media_room, chime);
        }
    }

    /// Tells everybody that a member is there no more.
    pub(super) fn tell_gone(&mut self, member: &Member, reason: &str) {
        self.broadcast(
            event::MEMBER_LEFT,
            &self.member_event(member, Some(reason)),
            Keep::UntilAcked,
        );
        self.tell_backend_of_member(WebhookEvent::MemberLeft, member, Some(reason));
        self.broadcast_layout();
    }

    /// Tells everybody, its owner included, of an auxiliary member.
    pub(super) fn tell_came(&self, id: LegId) {
        if let Some(leg) = self.leg(id) {
            self.broadcast(
                event::MEMBER_JOINED,
                &self.member_event(&leg.member, None),
                Keep::UntilAcked,
            );
            self.tell_backend_of_member(WebhookEvent::MemberJoined, &leg.member, None);
        }
    }

    /// Tells everybody, the member included, that some of its fields have changed.
    pub(super) fn tell_updated(&self, id: LegId, updated: &[&str]) {
        let updated = updated.iter().map(|name| (*name).to_owned()).collect();
        let Some(leg) = self.leg(id) else { return };
        // `talking` has an event of its own, and the strict guard wants it left out here (6.6).
        let member = Member {
            talking: None,
            updated: Some(updated),
            ..leg.member.clone()
        };
        self.broadcast(
            event::MEMBER_UPDATED,
            &self.member_event(&member, None),
            Keep::UntilAcked,
        );
        self.tell_backend_of_member(WebhookEvent::MemberUpdated, &member, None);
        self.note(id);
    }

    /// A member began or ceased to talk.
    pub(super) fn talking(&mut self, id: LegId, talking: bool) {
        let Some(leg) = self.leg_mut(id).filter(|leg| leg.is_joined()) else {
            return;
        };
        if leg.member.talking.replace(talking) == Some(talking) {
            return;
        }
        let member_id = leg.member.member_id.clone();
        let payload = MemberTalking {
            room_id: &self.room_id,
            room_session_id: &self.room_session_id,
            member: TalkingMember {
                member_id: &member_id,
                talking,
                node_id: &self.context.node_id,
            },
        };
        self.broadcast(event::MEMBER_TALKING, &payload, Keep::Passing);
    }

    fn member_event<'a>(&'a self, member: &'a Member, reason: Option<&'a str>) -> MemberEvent<'a> {
        MemberEvent {
            room_id: &self.room_id,
            room_session_id: &self.room_session_id,
            member,
            reason,
        }
    }

    /// Tells everybody what has changed about the room.
    pub(super) fn tell_room(&self) {
        let session = self.room_session(false);
        let payload = CallUpdated {
            room_session: &session,
            room_id: &self.room_id,
            room_session_id: &self.room_session_id,
        };
        let key: Arc<str> = format!("room:{}", self.room_session_id).into();
        self.broadcast(event::CALL_UPDATED, &payload, Keep::Newest(key));
        self.tell_backend_of_room(WebhookEvent::RoomUpdated);
    }

    /// Arranges the picture anew and tells everybody.
    pub(super) fn broadcast_layout(&mut self) {
        let layout = self.layout_now();
        let placed: HashSet<&str> = layout
            .layers
            .iter()
            .filter_map(|layer| layer.member_id.as_deref())
            .collect();
        let mut changed = Vec::new();
        for leg in self.legs.iter_mut().filter(|leg| leg.is_joined()) {
            let visible = placed.contains(leg.member.member_id.as_str());
            if std::mem::replace(&mut leg.member.visible, visible) != visible {
                changed.push(leg.id);
            }
        }
        for id in changed {
            self.tell_updated(id, &["visible"]);
        }
        let event = self.layout_event(&layout);
        for leg in self.listeners() {
            leg.session.event(event.clone());
        }
    }

    /// Who is where in the picture.
    fn layout_now(&self) -> Layout {
        let mut shown: Vec<&Leg> = self
            .joined()
            .filter(|leg| !(self.hide_video_muted && leg.member.video_muted))
            .collect();
        if self.prioritize_handraise {
            shown.sort_by_key(|leg| !leg.member.handraised);
        }
        let candidates: Vec<Candidate<'_>> = shown
            .into_iter()
            .map(|leg| Candidate {
                member_id: &leg.member.member_id,
                requested: &leg.member.requested_position,
                is_screen: leg.member.kind == "screen",
            })
            .collect();
        room_layout::arrange(self.layout, &candidates)
    }

    fn layout_event(&self, layout: &Layout) -> OutEvent {
        let payload = LayoutChanged {
            room_id: &self.room_id,
            room_session_id: &self.room_session_id,
            layout,
        };
        let key: Arc<str> = format!("layout:{}", self.room_session_id).into();
        OutEvent::new(event::LAYOUT_CHANGED, &payload, Keep::Newest(key))
    }

    /// To every member; serialised once.
    fn broadcast(&self, kind: &'static str, payload: &impl Serialize, keep: Keep) {
        let event = OutEvent::new(kind, payload, keep);
        for leg in self.listeners() {
            leg.session.event(event.clone());
        }
    }

    /// Members that are told of the room: auxiliary legs share the session of their main leg.
    fn listeners(&self) -> impl Iterator<Item = &Leg> {
        self.joined().filter(|leg| !leg.is_auxiliary())
    }

    pub(super) fn joined(&self) -> impl Iterator<Item = &Leg> {
        self.legs.iter().filter(|leg| leg.is_joined())
    }

    pub(super) fn room_session(&self, with_members: bool) -> RoomSession {
        let (name, display_name) = match &self.kind {
            Kind::Conference(room) => (room.name.clone(), room.display_name.clone()),
            Kind::Echo(address) => (address.name.clone(), address.display_name.clone()),
            Kind::Direct => {
                let to = self
                    .legs
                    .first()
                    .map(|leg| leg.to.clone())
                    .unwrap_or_default();
                (to.clone(), to)
            }
        };
        RoomSession {
            room_session_id: self.room_session_id.clone(),
            room_id: self.room_id.clone(),
            event_channel: format!("room.{}", self.room_session_id),
            name,
            display_name,
            layout_name: self.layout.to_owned(),
            recording: false,
            streaming: false,
            prioritize_handraise: self.prioritize_handraise,
            hide_video_muted: self.hide_video_muted,
            locked: self.locked,
            meta: self.meta.clone(),
            members: match with_members {
                true => self.joined().map(|leg| leg.member.clone()).collect(),
                false => Vec::new(),
            },
            recordings: Vec::new(),
            streams: Vec::new(),
            playbacks: Vec::new(),
        }
    }
}

//! What a room hands in of the legs that have ended, for the records of calls.
//!
//! In a conference each member's coming and going is a call of its own. Between two the call is over when both sides are.

use offhook_proto::code::Cause;

use super::{Kind, Room};
use crate::calls::directory::LegId;
use crate::calls::leg::Leg;
use crate::clock::now_ms;
use crate::records::{EndedCalls, EndedLeg, LegEnd, Measured, Target};

/// The reason of a leg that has left for another room.
const TRANSFERRED: &str = "transferred";

impl Room {
    /// Closes the media of a leg that ends; gives what was measured of it, or of what it had before.
    pub(super) fn last_measured(&self, leg: &Leg) -> Option<Measured> {
        if let Some(media) = leg.media {
            self.context.directory.remove_media(media);
            return Some(Box::pin(self.context.media.close_leg_measured(media)));
        }
        let stats = leg.measured?;
        Some(Box::pin(std::future::ready(Some(stats))))
    }

    /// Notes a leg that has ended.
    pub(super) fn enter_in_ledger(
        &mut self,
        leg: &Leg,
        cause: Cause,
        reason: &str,
        measured: Option<Measured>,
    ) {
        // Devices that only rang are no part of the call.
        if !leg.is_joined() && leg.target.is_none() {
            return;
        }
        self.ended.push(EndedLeg {
            project_id: leg.key.owner.project_id.clone(),
            leg: self.leg_end(leg, cause, reason),
            measured,
        });
        if !matches!(self.kind, Kind::Direct) {
            self.close_ledger();
        }
    }

    /// Notes a leg that leaves for another room: here its call is over.
    pub(super) fn leg_departs(&mut self, leg: &Leg) {
        let media = self.context.media.clone();
        let measured = leg
            .media
            .map(|key| Box::pin(async move { media.stats(key).await }) as _);
        self.ended.push(EndedLeg {
            project_id: leg.key.owner.project_id.clone(),
            leg: self.leg_end(leg, Cause::NormalClearing, TRANSFERRED),
            measured,
        });
    }

    /// It did not leave after all.
    pub(super) fn leg_returns(&mut self, leg: &Leg) {
        let call_id: &str = leg.call_id();
        self.ended.retain(|ended| ended.leg.call_id != call_id);
    }

    /// Hands in what has ended.
    pub(super) fn close_ledger(&mut self) {
        let legs = std::mem::take(&mut self.ended);
        let Some(project_id) = legs.first().map(|ended| ended.project_id.clone()) else {
            return;
        };
        self.context.ledger.close(EndedCalls {
            project_id,
            room_session_id: self.room_session_id.clone(),
            legs,
        });
    }

    /// Whom a leg comes to that takes another's place.
    pub(super) fn target_of_call(&self, replaces: Option<LegId>) -> Option<Target> {
        let replaces = replaces?;
        let other = self
            .joined()
            .find(|leg| !leg.is_auxiliary() && leg.id != replaces)?;
        Some(Target {
            address_id: other.member.address_id.clone(),
            number: other.own_number().to_owned(),
            name: other.member.name.clone(),
            owner_id: other.member.subscriber_id.clone(),
            person: true,
            since_ms: now_ms(),
            answered_ms: None,
        })
    }

    fn leg_end(&self, leg: &Leg, cause: Cause, reason: &str) -> LegEnd {
        LegEnd {
            call_id: leg.call_id().to_string(),
            subscriber_id: leg.key.owner.subscriber_id.clone(),
            kind: leg.key.owner.kind.as_str(),
            name: leg.member.name.clone(),
            number: leg.own_number().to_owned(),
            address_id: leg.member.address_id.clone(),
            target: leg.target.clone(),
            joined: leg.is_joined(),
            started_ms: leg.start_ms,
            ended_ms: now_ms(),
            cause,
            reason: reason.to_owned(),
            quality: None,
        }
    }
}

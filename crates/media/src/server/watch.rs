//! Who sees whom: the shared screen, else the current speaker, is forwarded to everybody who receives video. Nobody is
//! shown themselves, except in an echo room. With two this is: each the other.

use std::time::Instant;

use super::room::{Effects, Legs, Room};
use crate::keys::{LegKey, MediaEvent, RoomKind};
use crate::peer::VideoPacket;

/// Speakers that are remembered.
const SPEAKERS: usize = 8;

impl Room {
    /// Passes on a packet of video.
    pub(super) fn video(
        &mut self,
        now: Instant,
        from: LegKey,
        packet: &VideoPacket,
        legs: &mut Legs,
        effects: &mut Effects,
    ) {
        let Some(source) = legs.get_mut(&from) else {
            return;
        };
        if !source.saw_video() {
            self.rewatch(now, legs, effects);
        }
        let Some(source) = legs.get(&from).filter(|leg| leg.is_shown()) else {
            return;
        };
        let origin = source.origin(packet.ssrc);
        let begins = packet.format.begins_picture(&packet.payload);
        let mut ask = false;
        for key in &self.legs {
            let Some(watcher) = legs.get_mut(key) else {
                continue;
            };
            if watcher.watching != Some(from) || !watcher.video_peer().takes(packet.format) {
                continue;
            }
            let (sequence, timestamp) = (packet.sequence, packet.timestamp);
            let out = &mut watcher.video_out;
            match out.forward(now, origin, sequence, timestamp, begins) {
                Some(stamp) => {
                    watcher.video_peer().send_video(now, stamp, packet);
                    effects.written.push(*key);
                }
                None => ask |= out.wants_picture(now),
            }
        }
        if ask {
            ask_for_picture(now, from, legs, effects);
        }
    }

    /// A watcher cannot decode what it gets, or has just begun.
    pub(super) fn picture_wanted(
        &mut self,
        now: Instant,
        watcher: LegKey,
        legs: &mut Legs,
        effects: &mut Effects,
    ) {
        if let Some(source) = legs.get(&watcher).and_then(|leg| leg.watching) {
            ask_for_picture(now, source, legs, effects);
        }
    }

    /// Takes note of who has begun to talk.
    pub(super) fn hear_of(&mut self, now: Instant, legs: &mut Legs, effects: &mut Effects) {
        let mut changed = false;
        for event in &effects.events {
            if let MediaEvent::Talking { leg, talking: true } = event
                && self.legs.contains(leg)
            {
                self.speakers.retain(|other| other != leg);
                self.speakers.insert(0, *leg);
                self.speakers.truncate(SPEAKERS);
                changed = true;
            }
        }
        if changed {
            self.rewatch(now, legs, effects);
        }
    }

    /// Decides anew whom everybody sees.
    pub(super) fn rewatch(&mut self, now: Instant, legs: &mut Legs, effects: &mut Effects) {
        let choices: Vec<(LegKey, Option<LegKey>)> = self
            .legs
            .iter()
            .filter(|key| legs.get(key).is_some_and(super::leg::Leg::watches))
            .map(|key| (*key, self.choose(*key, legs)))
            .collect();
        for (key, choice) in choices {
            let Some(watcher) = legs.get_mut(&key) else {
                continue;
            };
            if watcher.watching == choice {
                continue;
            }
            watcher.watching = choice;
            watcher.video_out.switch();
            if let Some(source) = choice
                && watcher.video_out.wants_picture(now)
            {
                ask_for_picture(now, source, legs, effects);
            }
        }
    }

    fn choose(&self, watcher: LegKey, legs: &Legs) -> Option<LegKey> {
        let leg = legs.get(&watcher).filter(|leg| leg.may_watch())?;
        let shown = |key: &LegKey| legs.get(key).is_some_and(super::leg::Leg::is_shown);
        if self.is(RoomKind::Echo) {
            return Some(leg.key).filter(shown);
        }
        let of_others = |key: &LegKey| {
            let owner = legs.get(key).and_then(|leg| leg.owner);
            *key != watcher && owner != Some(watcher)
        };
        let screens = self.legs.iter().rev().filter(|key| {
            let leg = legs.get(key);
            leg.is_some_and(|leg| leg.is_screen)
        });
        screens
            .chain(&self.speakers)
            .chain(&self.legs)
            .copied()
            .find(|key| shown(key) && of_others(key))
    }
}

fn ask_for_picture(now: Instant, source: LegKey, legs: &mut Legs, effects: &mut Effects) {
    if let Some(leg) = legs.get_mut(&source)
        && leg.ask_for_picture(now)
    {
        effects.written.push(source);
    }
}

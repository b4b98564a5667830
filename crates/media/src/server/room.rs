//! A room: who hears whom, by which way.
//!
//! Two legs are forwarded each other's packets; three or more, or a room into which the server plays tones, are mixed
//! on a 20 ms clock. The clock also makes the silence of those who hear nothing, and otherwise stands still.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::counters::Counters;
use super::leg::{Leg, Voice};
use crate::audio::{FRAME_DURATION, FRAME_SAMPLES, Frame, SILENCE};
use crate::codec::{VoiceEncoder, silent_packet};
use crate::keys::{LegKey, MediaEvent, RoomKind};
use crate::mixer::{Mix, amplify};
use crate::music::{Chime, HoldMusic};
use crate::peer::AudioPacket;

/// A forwarded leg whose other side has sent nothing for so long is sent silence. Longer than the 400 ms between
/// comfort noise packets, shorter than the 2 s after which clients try to recover.
const FILL_AFTER: Duration = Duration::from_millis(500);
/// A leg heard that recently is concealed, not silent, while its jitter buffer fills.
const RECENTLY: Duration = Duration::from_millis(100);
/// Samples of sounds that may wait: when many come at once, not each is told.
const MAX_CHIME: usize = 48_000;

/// How audio goes between the legs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Packets of each go to the one other.
    Forward,
    /// Packets of each go back to it.
    Echo,
    /// Decoded, summed, encoded.
    Mix,
}

/// What a room's doing touched: legs to be driven, events to be told.
#[derive(Debug, Default)]
pub(super) struct Effects {
    pub(super) written: Vec<LegKey>,
    pub(super) events: Vec<MediaEvent>,
}

/// See the module's documentation.
pub(super) struct Room {
    kind: RoomKind,
    pub(super) legs: Vec<LegKey>,
    mode: Mode,
    /// Who has talked, the last one first.
    pub(super) speakers: Vec<LegKey>,
    /// What is left of a sound for everybody.
    chime: VecDeque<f32>,
    /// For those on hold; goes on while anybody hears it.
    music: HoldMusic,
    /// Encodes for all who hear the same.
    shared: Option<Box<VoiceEncoder>>,
    /// When the clock ticks next; `None` while it stands still.
    pub(super) next_tick: Option<Instant>,
    /// When the worker will look at the room next.
    pub(super) scheduled: Option<Instant>,
}

pub(super) type Legs = HashMap<LegKey, Leg>;

impl Room {
    pub(super) fn new(kind: RoomKind) -> Self {
        let mode = match kind {
            RoomKind::Conference => Mode::Forward,
            RoomKind::Echo => Mode::Echo,
        };
        let (legs, shared, next_tick, scheduled) = (Vec::new(), None, None, None);
        Room {
            kind,
            legs,
            mode,
            speakers: Vec::new(),
            chime: VecDeque::new(),
            music: HoldMusic::default(),
            shared,
            next_tick,
            scheduled,
        }
    }

    /// Begins a sound for everybody, after the one that is playing.
    pub(super) fn ring(&mut self, chime: Chime) {
        if self.has_others() && self.chime.len() < MAX_CHIME {
            self.chime.extend(chime.samples());
        }
    }

    pub(super) fn is(&self, kind: RoomKind) -> bool {
        self.kind == kind
    }

    /// Whether legs hear each other here.
    pub(super) fn has_others(&self) -> bool {
        self.kind == RoomKind::Conference
    }

    /// Passes on what a leg has said.
    pub(super) fn audio(
        &mut self,
        now: Instant,
        from: LegKey,
        packet: &AudioPacket,
        legs: &mut Legs,
        effects: &mut Effects,
    ) {
        let Some(speaker) = legs.get_mut(&from) else {
            return;
        };
        if !speaker.is_heard() {
            return;
        }
        if self.mode == Mode::Mix {
            let sequence = packet.sequence as u16;
            let payload = Arc::clone(&packet.payload);
            speaker
                .playout
                .insert(now, sequence, packet.timestamp, payload);
            return;
        }
        speaker
            .playout
            .observe(now, packet.sequence as u16, packet.timestamp);
        effects.events.extend(speaker.watch_packet(now, packet));
        let origin = speaker.origin(packet.ssrc);
        for listener in self.listeners_of(from) {
            let Some(listener) = legs.get_mut(&listener) else {
                continue;
            };
            if !listener.listens() || !listener.flags.hears() {
                continue;
            }
            let size = packet.payload.len();
            let stamp =
                listener
                    .outbound
                    .forward(now, origin, packet.sequence, packet.timestamp, size);
            if let Some(stamp) = stamp {
                let payload = Arc::clone(&packet.payload);
                listener
                    .peer
                    .send_audio(now, stamp, payload, packet.level_dbfs);
                listener.voice = Voice::None;
                effects.written.push(listener.key);
            }
        }
        self.hear_of(now, legs, effects);
    }

    /// A packet of a leg that carries no audio will not be passed on.
    pub(super) fn skipped(&mut self, from: LegKey, packet: &AudioPacket, legs: &mut Legs) {
        if self.mode == Mode::Mix {
            return;
        }
        let Some(origin) = legs.get(&from).map(|leg| leg.origin(packet.ssrc)) else {
            return;
        };
        for listener in self.listeners_of(from) {
            if let Some(listener) = legs.get_mut(&listener) {
                listener.outbound.skip(origin, packet.sequence);
            }
        }
    }

    /// Chooses the way anew after anybody came, went, or changed; sets the clock.
    pub(super) fn settle(
        &mut self,
        now: Instant,
        grid: Grid,
        legs: &mut Legs,
        effects: &mut Effects,
    ) {
        if self.kind == RoomKind::Conference {
            let present = self.present(legs);
            let tones = present.iter().any(|key| legs[key].dtmf.is_playing());
            let shaped = present.iter().any(|key| !legs[key].sound.is_plain());
            let mode = if present.len() > 2 || tones || shaped || !self.chime.is_empty() {
                Mode::Mix
            } else {
                Mode::Forward
            };
            match (self.mode, mode) {
                (Mode::Forward, Mode::Mix) => start_mixing(now, &present, legs),
                (Mode::Mix, Mode::Forward) => {
                    self.mode = Mode::Forward;
                    self.shared = None;
                    self.stop_mixing(now, &present, legs, effects);
                }
                _ => {}
            }
            self.mode = mode;
        }
        self.rewatch(now, legs, effects);
        self.set_clock(now, grid, legs);
    }

    /// Makes the frames that are due. Sets the clock anew.
    pub(super) fn tick(
        &mut self,
        now: Instant,
        grid: Grid,
        legs: &mut Legs,
        counters: &Counters,
        effects: &mut Effects,
    ) {
        if self.next_tick.is_none_or(|due| due > now) {
            return;
        }
        if self.mode == Mode::Mix {
            self.mix(now, legs, counters, effects);
            self.hear_of(now, legs, effects);
            // The tones may have ended: then two legs are forwarded again.
            self.settle(now, grid, legs, effects);
        } else {
            self.fill(now, legs, counters, effects);
            self.set_clock(now, grid, legs);
        }
    }

    /// Silence for those who are forwarded nothing.
    fn fill(&mut self, now: Instant, legs: &mut Legs, counters: &Counters, effects: &mut Effects) {
        for key in self.listening(legs) {
            if self.fill_due(now, key, legs).is_some_and(|due| due <= now)
                && let Some(leg) = legs.get_mut(&key)
            {
                counters.frames.count();
                send(now, leg, silent_packet(), effects);
            }
        }
    }

    /// One frame of everybody to everybody else.
    fn mix(&mut self, now: Instant, legs: &mut Legs, counters: &Counters, effects: &mut Effects) {
        let present = self.present(legs);
        let mut mix = Mix::new();
        let mut parts: Vec<Option<Box<Frame>>> = Vec::with_capacity(present.len());
        for key in &present {
            let part = legs.get_mut(key).and_then(|leg| said(now, leg, effects));
            if let Some(frame) = &part {
                mix.add(frame);
            }
            parts.push(part);
        }
        if let Some(frame) = self.next_chime() {
            mix.add(&frame);
        }
        let mut music: Option<Frame> = None;
        let mut shared: Option<Arc<[u8]>> = None;
        // Where one of those who hear the same loses packets, all get the redundancy.
        let worst = present
            .iter()
            .filter_map(|key| legs.get(key))
            .map(Leg::expected_loss)
            .max()
            .unwrap_or(0);
        let owners: Vec<Option<LegKey>> = present
            .iter()
            .map(|key| legs.get(key).and_then(|leg| leg.owner))
            .collect();
        for (index, key) in present.iter().enumerate() {
            let own = own_part(*key, index, &owners, &parts);

            let Some(leg) = legs.get_mut(key).filter(|leg| leg.listens()) else {
                continue;
            };
            counters.frames.count();
            let packet = match own {
                _ if leg.sound.hold_music => {
                    let frame = music.get_or_insert_with(|| {
                        let mut frame = SILENCE;
                        self.music.fill(&mut frame);
                        frame
                    });
                    encode_own(leg, frame, counters)
                }
                _ if !leg.flags.hears() => None,
                Some(own) => mix
                    .without(&own)
                    .and_then(|frame| encode_own(leg, &frame, counters)),
                None if leg.sound.is_own() => mix
                    .all()
                    .and_then(|frame| encode_own(leg, &frame, counters)),
                None => {
                    if shared.is_none() {
                        shared = mix
                            .all()
                            .and_then(|all| self.encode_shared(&all, worst, counters));
                    }
                    if shared.is_some() {
                        leg.voice = Voice::Shared;
                    }
                    shared.clone()
                }
            };
            if packet.is_none() {
                leg.voice = Voice::None;
            }
            send(now, leg, packet.unwrap_or_else(silent_packet), effects);
        }
    }

    fn next_chime(&mut self) -> Option<Frame> {
        if self.chime.is_empty() {
            return None;
        }
        let mut frame = SILENCE;
        for (sample, sound) in frame
            .iter_mut()
            .zip(self.chime.drain(..FRAME_SAMPLES.min(self.chime.len())))
        {
            *sample = sound;
        }
        Some(frame)
    }

    fn encode_shared(&mut self, frame: &Frame, loss: u8, counters: &Counters) -> Option<Arc<[u8]>> {
        if self.shared.is_none() {
            self.shared = new_encoder();
        }
        let encoder = self.shared.as_mut()?;
        encoder.set_loss(loss);
        encode(encoder, frame, counters)
    }

    /// Forwards what the jitter buffers still hold, so that nothing of what was said is lost on the way back.
    fn stop_mixing(
        &mut self,
        now: Instant,
        present: &[LegKey],
        legs: &mut Legs,
        effects: &mut Effects,
    ) {
        let mut rest = Vec::new();
        for key in present {
            let Some(leg) = legs.get_mut(key) else {
                continue;
            };
            leg.encoder = None;
            leg.outbound.forget_origin();
            for (sequence, timestamp, payload) in leg.playout.drain() {
                rest.push((*key, sequence, timestamp, payload));
            }
        }
        for (from, sequence, timestamp, payload) in rest {
            let Some((ssrc, newest)) = legs.get(&from).and_then(Leg::newest) else {
                continue;
            };
            // The buffer knows 16 bits of the number; the newest packet's number has them all.
            let behind = (newest as u16).wrapping_sub(sequence);
            let Some(sequence) = newest.checked_sub(u64::from(behind)) else {
                continue;
            };
            let packet = AudioPacket {
                ssrc,
                sequence,
                timestamp,
                payload,
                level_dbfs: None,
            };
            self.audio(now, from, &packet, legs, effects);
        }
    }

    /// When the clock must tick next.
    fn set_clock(&mut self, now: Instant, grid: Grid, legs: &Legs) {
        let listening = self.listening(legs);
        self.next_tick = match self.mode {
            Mode::Mix => listening.first().map(|_| grid.after(now)),
            Mode::Forward | Mode::Echo => listening
                .iter()
                .filter_map(|key| self.fill_due(now, *key, legs))
                .min()
                .map(|due| grid.at_or_after(due.max(now))),
        };
    }

    /// When a leg that is forwarded to must be sent silence instead.
    fn fill_due(&self, now: Instant, key: LegKey, legs: &Legs) -> Option<Instant> {
        let leg = legs.get(&key)?;
        let Some(last) = leg.outbound.last_sent() else {
            return Some(now);
        };
        let is_fed = leg.flags.hears()
            && self
                .listeners_of(key)
                .any(|other| legs.get(&other).is_some_and(Leg::is_heard));
        let patience = if is_fed && leg.outbound.is_forwarding() {
            FILL_AFTER
        } else {
            // A little less than a frame, so that a tick a bit early is not missed.
            FRAME_DURATION * 3 / 4
        };
        Some(last + patience)
    }

    /// Legs that take part, in the order of their coming.
    fn present(&self, legs: &Legs) -> Vec<LegKey> {
        let takes_part = |key: &&LegKey| {
            legs.get(key)
                .is_some_and(|leg| leg.takes_part() && leg.peer.has_audio())
        };
        self.legs.iter().filter(takes_part).copied().collect()
    }

    /// Legs that are sent audio or silence.
    fn listening(&self, legs: &Legs) -> Vec<LegKey> {
        let listens = |key: &&LegKey| legs.get(key).is_some_and(Leg::listens);
        self.legs.iter().filter(listens).copied().collect()
    }

    /// Who is forwarded a leg's packets; as the relation is mutual, also whose packets it is forwarded.
    fn listeners_of(&self, leg: LegKey) -> impl Iterator<Item = LegKey> + use<> {
        let echo = self.mode == Mode::Echo;
        let legs = self.legs.clone();
        legs.into_iter()
            .filter(move |&other| (other == leg) == echo)
    }
}

/// The common beat of a worker's rooms: all tick together, so that the thread wakes once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    origin: Instant,
}

impl Grid {
    pub(super) fn new(origin: Instant) -> Self {
        Grid { origin }
    }

    /// The first beat later than `at`.
    pub(super) fn after(self, at: Instant) -> Instant {
        let beats =
            at.saturating_duration_since(self.origin).as_nanos() / FRAME_DURATION.as_nanos();
        self.origin + FRAME_DURATION * (beats as u32 + 1)
    }

    fn at_or_after(self, at: Instant) -> Instant {
        self.after(at - Duration::from_nanos(1))
    }
}

/// Decoders go on where the listeners' stopped, and bridge the time their jitter buffers need to fill.
fn start_mixing(now: Instant, present: &[LegKey], legs: &mut Legs) {
    for key in present {
        let Some(leg) = legs.get_mut(key) else {
            continue;
        };
        if !leg.is_heard() {
            continue;
        }
        let flowing = leg
            .last_audio
            .is_some_and(|at| now.saturating_duration_since(at) < RECENTLY);
        let recent = std::mem::take(&mut leg.recent);
        leg.playout.restart();
        if flowing {
            leg.playout.prime(recent.iter().map(|payload| &payload[..]));
        }
        leg.recent = recent;
    }
}

/// What a leg adds to the mix; `None` when nothing of it is heard.
fn said(now: Instant, leg: &mut Leg, effects: &mut Effects) -> Option<Box<Frame>> {
    let heard = leg.is_heard();
    let mut frame = Box::new(SILENCE);
    if heard {
        leg.playout.play(now, &mut frame);
        let level = leg.gate(now, &mut frame);
        effects.events.extend(leg.watch(now, level, FRAME_DURATION));
        amplify(&mut frame, leg.sound.input_gain_db);
    }
    let active = heard && leg.is_active(now);
    let tones = leg.dtmf.is_playing();
    if tones {
        leg.dtmf.add_to(&mut frame[..]);
    }
    (active || tones).then_some(frame)
}

/// What a listener must not hear: itself, and its further devices.
fn own_part<'a>(
    key: LegKey,
    index: usize,
    owners: &[Option<LegKey>],
    parts: &'a [Option<Box<Frame>>],
) -> Option<std::borrow::Cow<'a, Frame>> {
    use std::borrow::Cow;
    let devices = owners
        .iter()
        .zip(parts)
        .filter(|(owner, _)| **owner == Some(key));
    let own = parts[index].as_deref().map(Cow::Borrowed);
    devices
        .filter_map(|(_, part)| part.as_deref())
        .fold(own, |own, device| match own {
            None => Some(Cow::Borrowed(device)),
            Some(own) => {
                let mut sum = own.into_owned();
                for (sum, sample) in sum.iter_mut().zip(device) {
                    *sum += sample;
                }
                Some(Cow::Owned(sum))
            }
        })
}

fn send(now: Instant, leg: &mut Leg, packet: Arc<[u8]>, effects: &mut Effects) {
    let stamp = leg.outbound.own(now, packet.len());
    leg.peer.send_audio(now, stamp, packet, None);
    effects.written.push(leg.key);
}

fn encode_own(leg: &mut Leg, frame: &Frame, counters: &Counters) -> Option<Arc<[u8]>> {
    if leg.encoder.is_none() {
        leg.encoder = new_encoder();
    }
    let mut frame = *frame;
    amplify(&mut frame, leg.sound.output_gain_db);
    let loss = leg.expected_loss();
    let encoder = leg.encoder.as_mut()?;
    encoder.set_low(leg.sound.low_bitrate);
    encoder.set_loss(loss);
    if leg.voice != Voice::Own {
        // The listener's decoder was fed by another: begin without references to what it has not heard.
        encoder.reset();
        leg.voice = Voice::Own;
    }
    encode(encoder, &frame, counters)
}

fn encode(encoder: &mut VoiceEncoder, frame: &Frame, counters: &Counters) -> Option<Arc<[u8]>> {
    counters.encoded.count();
    encoder
        .encode(frame)
        .inspect_err(|error| tracing::warn!(%error, "a frame could not be encoded"))
        .ok()
}

fn new_encoder() -> Option<Box<VoiceEncoder>> {
    VoiceEncoder::for_mixes()
        .inspect_err(|error| tracing::error!(%error, "no opus encoder"))
        .ok()
        .map(Box::new)
}

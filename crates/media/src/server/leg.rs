//! One leg: a peer, and what it says and hears.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use offhook_proto::limits::{MEDIA_CONNECT_MS, ORPHAN_LEG_MS, RING_MS};

use super::demux::Source;
use crate::audio::{FRAME_DURATION, Frame, SILENCE, SILENCE_DBFS, rms_dbfs, samples_to_duration};
use crate::codec::{VoiceDecoder, VoiceEncoder, packet_samples};
use crate::dtmf::{DtmfPlayer, EventReceiver};
use crate::keys::{CloseReason, LegFlags, LegKey, LegSound, LegStats, MediaEvent, RoomKey};
use crate::outbound::{Origin, Outbound};
use crate::peer::{AudioPacket, Peer};
use crate::playout::Playout;
use crate::random::random_u64;
use crate::reception::Reception;
use crate::talk::TalkDetector;
use crate::video::{ASK_AT_MOST, VideoOutbound};

/// After so long without a sign of life the leg counts as disconnected.
const SILENT_AFTER: Duration = Duration::from_secs(7);
/// After so long without a valid binding request nothing more is sent (RFC 7675 says 30 s).
const CONSENT: Duration = Duration::from_secs(28);
/// After so long without one the leg is gone; until then an ICE restart can bring it back.
const GONE: Duration = Duration::from_millis(ORPHAN_LEG_MS);
/// A leg that rings may connect so late.
const NEVER_CONNECTED: Duration = Duration::from_millis(RING_MS + MEDIA_CONNECT_MS);
/// Payloads kept to bring a decoder in step when mixing begins.
const RECENT: usize = 3;
/// A leg below this level for [`ACTIVE_HOLD`] is left out of the mix.
const ACTIVE_DBFS: f32 = -70.0;
const ACTIVE_HOLD: Duration = Duration::from_secs(2);
/// An open gate stays open that long, so that the ends of words are heard.
const GATE_HOLD: Duration = Duration::from_millis(300);

/// Of a loss reported before, so much is still expected at the next report.
const LOSS_KEPT: f32 = 0.8;

/// How the peer's connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connection {
    New,
    Up,
    /// Nothing is heard of it; it may come back.
    Down,
    /// Consent is lost: nothing is sent to it.
    Lost,
}

/// Which encoder made the frames a leg was sent last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Voice {
    None,
    Own,
    Shared,
}

/// See the module's documentation.
pub(super) struct Leg {
    pub(super) key: LegKey,
    pub(super) room: RoomKey,
    pub(super) peer: Peer,
    /// The video's peer, where that has a transport of its own.
    pub(super) picture: Option<Peer>,
    pub(super) joined: bool,
    pub(super) flags: LegFlags,
    pub(super) sound: LegSound,
    gate_open_until: Option<Instant>,
    /// The leg whose further device or screen this is.
    pub(super) owner: Option<LegKey>,
    pub(super) is_screen: bool,
    /// Whose video it is forwarded.
    pub(super) watching: Option<LegKey>,
    pub(super) video_out: VideoOutbound,
    /// Video packets received.
    video_received: u64,
    asked_for_picture: Option<Instant>,
    pub(super) outbound: Outbound,
    pub(super) playout: Playout,
    pub(super) encoder: Option<Box<VoiceEncoder>>,
    pub(super) voice: Voice,
    pub(super) dtmf: DtmfPlayer,
    pub(super) recent: VecDeque<Arc<[u8]>>,
    /// When the newest audio packet came.
    pub(super) last_audio: Option<Instant>,
    /// Where authenticated media comes from: where media is sent.
    pub(super) media_source: Option<Source>,
    candidate_source: Option<Source>,
    key_events: EventReceiver,
    talk: TalkDetector,
    /// Decodes for the level alone, where the peer does not state it.
    meter: VoiceDecoder,
    active_until: Option<Instant>,
    reception: Reception,
    level_dbfs: f32,
    round_trip: Option<Duration>,
    remote_loss: Option<f32>,
    /// The loss on the way to it that its audio is prepared for, a share.
    expected_loss: f32,
    pub(super) connection: Connection,
    path_up: bool,
    created: Instant,
    connected_after: Option<Duration>,
    last_sign: Instant,
    last_consent: Instant,
    pub(super) peer_due: Instant,
    /// When the worker will look at the leg next.
    pub(super) scheduled: Option<Instant>,
}

impl Leg {
    pub(super) fn new(now: Instant, key: LegKey, room: RoomKey, peer: Peer) -> Self {
        Leg {
            key,
            room,
            peer,
            picture: None,
            joined: false,
            flags: LegFlags::default(),
            sound: LegSound::default(),
            gate_open_until: None,
            owner: None,
            is_screen: false,
            watching: None,
            video_out: VideoOutbound::new(random_u64() as u16),
            video_received: 0,
            asked_for_picture: None,
            outbound: new_outbound(),
            playout: Playout::new(),
            encoder: None,
            voice: Voice::None,
            dtmf: DtmfPlayer::default(),
            recent: VecDeque::with_capacity(RECENT),
            last_audio: None,
            media_source: None,
            candidate_source: None,
            key_events: EventReceiver::default(),
            talk: TalkDetector::default(),
            meter: VoiceDecoder::new(),
            active_until: None,
            reception: Reception::default(),
            level_dbfs: SILENCE_DBFS,
            round_trip: None,
            remote_loss: None,
            expected_loss: 0.0,
            connection: Connection::New,
            path_up: false,
            created: now,
            connected_after: None,
            last_sign: now,
            last_consent: now,
            peer_due: now,
            scheduled: None,
        }
    }

    /// Another DTLS identity continues the leg (a page was reloaded): everything of the connection begins anew.
    pub(super) fn replace_peer(&mut self, now: Instant, peer: Peer, picture: Option<Peer>) {
        self.peer = peer;
        self.picture = picture;
        self.outbound = new_outbound();
        self.voice = Voice::None;
        self.watching = None;
        self.video_out = VideoOutbound::new(random_u64() as u16);
        self.asked_for_picture = None;
        self.playout.restart();
        self.recent.clear();
        self.media_source = None;
        self.candidate_source = None;
        self.connection = Connection::New;
        self.path_up = false;
        self.created = now;
        self.last_sign = now;
        self.last_consent = now;
        self.peer_due = now;
    }

    /// The peer of its first or its second transport.
    pub(super) fn transport(&mut self, second: bool) -> Option<&mut Peer> {
        if second {
            self.picture.as_mut()
        } else {
            Some(&mut self.peer)
        }
    }

    /// The peer that has its video.
    pub(super) fn video_peer(&mut self) -> &mut Peer {
        self.picture.as_mut().unwrap_or(&mut self.peer)
    }

    /// Whether its peer would show what it is sent.
    pub(super) fn watches(&self) -> bool {
        self.picture.as_ref().unwrap_or(&self.peer).watches()
    }

    /// Whether its peer may send video.
    pub(super) fn shows(&self) -> bool {
        self.picture.as_ref().unwrap_or(&self.peer).shows()
    }

    /// Whether it hears and is heard, flags aside.
    pub(super) fn takes_part(&self) -> bool {
        self.joined
            && self.peer.is_ready()
            && matches!(self.connection, Connection::Up | Connection::Down)
    }

    /// Whether it is sent anything: its peer receives.
    pub(super) fn listens(&self) -> bool {
        self.takes_part() && self.peer.may_send()
    }

    /// Whether others may hear it now.
    pub(super) fn is_heard(&self) -> bool {
        self.takes_part() && self.flags.is_heard()
    }

    /// Whether others may see it now: video has come, and is not muted.
    pub(super) fn is_shown(&self) -> bool {
        self.takes_part()
            && self.shows()
            && self.video_received > 0
            && !self.flags.video_muted
            && !self.flags.held
    }

    /// Whether it may be shown somebody.
    pub(super) fn may_watch(&self) -> bool {
        self.takes_part() && self.watches() && !self.flags.held
    }

    /// Counts a packet of video. `false`: it is the first.
    pub(super) fn saw_video(&mut self) -> bool {
        self.video_received += 1;
        self.video_received > 1
    }

    /// Asks the peer for a picture to begin with, if it has not just been asked.
    pub(super) fn ask_for_picture(&mut self, now: Instant) -> bool {
        let just = self
            .asked_for_picture
            .is_some_and(|at| now.saturating_duration_since(at) < ASK_AT_MOST);
        if !just {
            self.asked_for_picture = Some(now);
            self.video_peer().want_picture();
        }
        !just
    }

    /// Takes note of a sign of life.
    pub(super) fn alive(&mut self, now: Instant) {
        self.last_sign = now;
    }

    /// Origin number for those who are forwarded its packets.
    pub(super) fn origin(&self, ssrc: u32) -> Origin {
        Origin {
            sender: self.key.0,
            ssrc,
        }
    }

    /// SSRC and extended number of the newest audio packet.
    pub(super) fn newest(&self) -> Option<(u32, u64)> {
        self.reception.newest()
    }

    /// A valid binding request has come.
    pub(super) fn consented(&mut self, now: Instant) {
        self.last_consent = now;
        self.last_sign = now;
    }

    /// Takes note of a path of the engine's, up or down.
    pub(super) fn path(&mut self, up: bool) {
        self.path_up = up;
    }

    /// Keeps account of a received audio packet and of where it came from.
    pub(super) fn received(&mut self, now: Instant, packet: &AudioPacket, via: Option<Source>) {
        self.last_sign = now;
        self.last_audio = Some(now);
        self.reception.count(
            now,
            packet.ssrc,
            packet.sequence,
            packet.timestamp,
            packet.payload.len(),
        );
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(Arc::clone(&packet.payload));
        // Twice in a row from the same place: the peer has changed its path, and we follow.
        if via.is_some() && via != self.media_source {
            if via == self.candidate_source || self.media_source.is_none() {
                self.media_source = via;
            }
            self.candidate_source = via;
        } else {
            self.candidate_source = None;
        }
    }

    /// A key press, when the packet reports a new one.
    pub(super) fn key_press(&mut self, packet: &AudioPacket) -> Option<MediaEvent> {
        let digit = self
            .key_events
            .receive(packet.ssrc, packet.timestamp, &packet.payload)?;
        Some(MediaEvent::DtmfReceived {
            leg: self.key,
            digit,
        })
    }

    /// Watches the level of a packet that is forwarded unheard: as the peer states it, else decoded.
    pub(super) fn watch_packet(
        &mut self,
        now: Instant,
        packet: &AudioPacket,
    ) -> Option<MediaEvent> {
        let level = match packet.level_dbfs {
            Some(level) => level,
            None => self.measure(&packet.payload)?,
        };
        let length = packet_samples(&packet.payload).map_or(FRAME_DURATION, |samples| {
            samples_to_duration(u64::from(samples))
        });
        self.watch(now, level, length)
    }

    /// Watches the level of its audio.
    pub(super) fn watch(
        &mut self,
        now: Instant,
        level: f32,
        length: Duration,
    ) -> Option<MediaEvent> {
        self.level_dbfs = level;
        if level > ACTIVE_DBFS {
            self.active_until = Some(now + ACTIVE_HOLD);
        }
        if !self.is_heard() {
            return None;
        }
        let change = self.talk.hear(now, level, length);
        self.talking(change)
    }

    /// Closes the gate on what is too quiet; the level of what is left.
    pub(super) fn gate(&mut self, now: Instant, frame: &mut Frame) -> f32 {
        let level = rms_dbfs(&frame[..]);
        let Some(gate) = self.sound.gate_dbfs else {
            return level;
        };
        if level > gate {
            self.gate_open_until = Some(now + GATE_HOLD);
        }
        if self.gate_open_until.is_some_and(|until| now < until) {
            return level;
        }
        *frame = SILENCE;
        SILENCE_DBFS
    }

    /// Whether its audio is worth mixing.
    pub(super) fn is_active(&self, now: Instant) -> bool {
        self.active_until.is_some_and(|until| now < until)
    }

    /// Ends talking: it is no longer heard.
    pub(super) fn hush(&mut self) -> Option<MediaEvent> {
        let change = self.talk.silence();
        self.talking(change)
    }

    pub(super) fn is_talking(&self) -> bool {
        self.talk.is_talking()
    }

    /// What the passing of time and what was heard changed.
    pub(super) fn review(&mut self, now: Instant) -> (Vec<MediaEvent>, Option<CloseReason>) {
        let mut events = Vec::new();
        let change = self.talk.poll(now);
        events.extend(self.talking(change));
        let silent = now.saturating_duration_since(self.last_sign);
        let unconsented = now.saturating_duration_since(self.last_consent);
        if self.connection == Connection::New {
            if self.path_up && self.peer.is_ready() {
                self.connection = Connection::Up;
                self.connected_after.get_or_insert(now - self.created);
                events.push(MediaEvent::Connected { leg: self.key });
            } else if now.saturating_duration_since(self.created) >= NEVER_CONNECTED {
                return (events, Some(CloseReason::NeverConnected));
            }
            return (events, None);
        }
        let alive = self.path_up && silent < SILENT_AFTER && unconsented < CONSENT;
        match self.connection {
            Connection::Up if !alive => {
                self.connection = Connection::Down;
                events.push(MediaEvent::Disconnected { leg: self.key });
            }
            Connection::Down | Connection::Lost if alive => {
                self.connection = Connection::Up;
                events.push(MediaEvent::Connected { leg: self.key });
            }
            _ => {}
        }
        if self.connection == Connection::Down && unconsented >= CONSENT {
            self.connection = Connection::Lost;
            events.extend(self.hush());
        }
        let gone = unconsented >= GONE;
        (events, gone.then_some(CloseReason::ConsentLost))
    }

    /// When it must be looked at next.
    pub(super) fn due(&self) -> Instant {
        let watch = match self.connection {
            Connection::New => self.created + NEVER_CONNECTED,
            Connection::Up => (self.last_sign + SILENT_AFTER).min(self.last_consent + CONSENT),
            Connection::Down => self.last_consent + CONSENT,
            Connection::Lost => self.last_consent + GONE,
        };
        [Some(self.peer_due), Some(watch), self.talk.deadline()]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(watch)
    }

    /// Takes note of what the peer reports of the way to it.
    pub(super) fn reported(&mut self, round_trip: Option<Duration>, loss: Option<f32>) {
        self.round_trip = round_trip.or(self.round_trip);
        self.remote_loss = loss.or(self.remote_loss);
        if let Some(loss) = loss.filter(|loss| loss.is_finite()) {
            // It rises at once and falls slowly: losses come in swarms.
            self.expected_loss = loss.clamp(0.0, 1.0).max(self.expected_loss * LOSS_KEPT);
        }
    }

    /// The loss on the way to it to be prepared for, percent.
    pub(super) fn expected_loss(&self) -> u8 {
        (self.expected_loss * 100.0).round() as u8
    }

    pub(super) fn stats(&self) -> LegStats {
        let (packets_sent, bytes_sent) = self.outbound.sent();
        let counters = self.playout.counters();
        LegStats {
            connected: self.connection == Connection::Up,
            connected_after: self.connected_after,
            packets_received: self.reception.packets(),
            bytes_received: self.reception.bytes(),
            packets_lost: self.reception.lost(),
            packets_discarded: counters.late + counters.duplicate + counters.overflow,
            jitter: self.reception.jitter(),
            playout_delay: self.playout.target(),
            packets_sent,
            bytes_sent,
            video_received: self.video_received,
            video_sent: self.video_out.sent(),
            round_trip: self.round_trip,
            remote_loss: self.remote_loss,
            level_dbfs: self.level_dbfs,
            talking: self.is_talking(),
        }
    }

    fn talking(&self, change: Option<bool>) -> Option<MediaEvent> {
        change.map(|talking| MediaEvent::Talking {
            leg: self.key,
            talking,
        })
    }

    fn measure(&mut self, payload: &[u8]) -> Option<f32> {
        let mut audio = Vec::new();
        let made = self.meter.decode(payload, &mut audio);
        (made > 0).then(|| rms_dbfs(&audio))
    }
}

fn new_outbound() -> Outbound {
    let random = random_u64();
    Outbound::new(random as u16, (random >> 16) as u32)
}

#[cfg(test)]
mod tests;

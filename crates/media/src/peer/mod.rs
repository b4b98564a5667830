//! One WebRTC peer: the only place that knows str0m.
//!
//! It negotiates one audio section (Opus, telephone events) and one of video (VP8, H.264), keeps ICE and DTLS, and carries RTP both ways without
//! looking into it. The owner feeds datagrams and time, then calls [`Peer::poll`] until it says how long to wait.

mod nomination;
mod video;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::config::DtlsCert;
use str0m::error::RtcError;
use str0m::format::{Codec, FormatParams};
use str0m::media::{Direction, Frequency, MediaKind, Mid, Pt};
use str0m::net::{Protocol, Receive, Transmit};
use str0m::rtp::{Extension, ExtensionMap, ExtensionValues, RtpPacket, RtpWrite, VideoOrientation};
use str0m::{Candidate, Event, IceConnectionState, IceCreds, Input, Output, Rtc};

use video::VideoSection;

use crate::error::MediaError;
use crate::sdp::{
    AnsweredVideo, Candidates, RemoteAnswer, RemoteOffer, complete_offer, side_by_side,
};
use crate::video::VideoFormat;

/// Between two statistics events.
const STATS_INTERVAL: Duration = Duration::from_secs(1);
/// Failures of the engine in a row, without a result between them, after which it is given up.
const MAX_FAILURES: u32 = 8;
/// Payload types we offer telephone events under (those of Chromium).
const EVENT_PAYLOADS: [(u8, u32); 2] = [(110, 48_000), (126, 8_000)];

/// The DTLS certificate all peers of a process share: made once, because making one takes longer than a handshake.
#[derive(Clone, Debug)]
pub(crate) struct Certificate(DtlsCert);

impl Certificate {
    pub(crate) fn generate() -> Result<Self, MediaError> {
        str0m::crypto::from_feature_flags()
            .dtls_provider
            .generate_certificate()
            .map(Certificate)
            .ok_or_else(|| MediaError::Engine("no DTLS certificate could be made".into()))
    }
}

/// Which side of ICE a peer plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ice {
    /// Answers checks, sends none: a server at a known address.
    Lite,
    Full,
}

/// What a peer sends and receives, as far as we decide it (in offers).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AudioDirection {
    pub(crate) send: bool,
    pub(crate) receive: bool,
}

impl From<AudioDirection> for Direction {
    fn from(direction: AudioDirection) -> Self {
        match (direction.send, direction.receive) {
            (true, true) => Direction::SendRecv,
            (true, false) => Direction::SendOnly,
            (false, true) => Direction::RecvOnly,
            (false, false) => Direction::Inactive,
        }
    }
}

/// What a peer has to say.
#[derive(Debug)]
pub(crate) enum PeerOutput {
    /// Send this.
    Send {
        from: SocketAddr,
        to: SocketAddr,
        datagram: Vec<u8>,
    },
    /// ICE and DTLS are up: audio may be sent.
    Ready,
    /// ICE has or has not a working path.
    Path {
        up: bool,
    },
    Audio(AudioPacket),
    TelephoneEvent(AudioPacket),
    Video(VideoPacket),
    /// The peer wants a picture it can begin with.
    PictureWanted,
    /// Round trip and loss as the peer reports them.
    Report {
        round_trip: Option<Duration>,
        loss: Option<f32>,
    },
    /// The peer ended the DTLS association.
    Ended,
    /// Nothing until then.
    Wait(Instant),
}

/// A received packet.
#[derive(Clone, Debug)]
pub(crate) struct AudioPacket {
    pub(crate) ssrc: u32,
    /// Extended beyond 16 bits.
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) payload: Arc<[u8]>,
    /// The sender's statement of its level (RFC 6464), dBFS.
    pub(crate) level_dbfs: Option<f32>,
}

/// A received packet of video.
#[derive(Clone, Debug)]
pub(crate) struct VideoPacket {
    pub(crate) ssrc: u32,
    /// Extended beyond 16 bits.
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    /// Last packet of a picture.
    pub(crate) marker: bool,
    pub(crate) payload: Arc<[u8]>,
    pub(crate) format: VideoFormat,
    /// How the camera is turned.
    pub(crate) orientation: Option<VideoOrientation>,
}

/// Where an outgoing packet stands in its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    /// First packet after a discontinuity.
    pub(crate) marker: bool,
}

/// The negotiated audio section.
#[derive(Clone, Debug)]
struct AudioSection {
    mid: Mid,
    opus: Pt,
    events: Vec<Pt>,
    /// Whether the peer receives.
    sends: bool,
}

/// An offer of ours that waits for its answer, and its sections.
struct PendingOffer {
    offer: SdpPendingOffer,
    audio: Option<Mid>,
    video: Option<Mid>,
}

/// See the module's documentation.
pub(crate) struct Peer {
    rtc: Rtc,
    ice: Ice,
    pending: Option<PendingOffer>,
    audio: Option<AudioSection>,
    video: Option<VideoSection>,
    /// The video section the engine has, even if it is stopped.
    video_mid: Option<String>,
    /// The peer's certificate hash as its description wrote it.
    remote_fingerprint: Option<String>,
    dtls_up: bool,
    failures: u32,
}

impl Peer {
    /// A peer that may be reached at `addresses`.
    pub(crate) fn new(
        now: Instant,
        ice: Ice,
        certificate: &Certificate,
        addresses: impl Iterator<Item = SocketAddr>,
    ) -> Result<Self, MediaError> {
        let mut extensions = ExtensionMap::empty();
        extensions.set(1, Extension::AudioLevel);
        extensions.set(2, Extension::AbsoluteSendTime);
        extensions.set(3, Extension::TransportSequenceNumber);
        extensions.set(4, Extension::RtpMid);
        extensions.set(13, Extension::VideoOrientation);
        let mut config = Rtc::builder()
            .set_ice_lite(ice == Ice::Lite)
            .set_dtls_cert(certificate.0.clone())
            .set_rtp_mode(true)
            .clear_codecs()
            .set_extension_map(extensions)
            .set_stats_interval(Some(STATS_INTERVAL))
            .set_send_buffer_audio(1);
        let codecs = config.codec_config();
        codecs.enable_opus(true, false);
        codecs.enable_vp8(true);
        codecs.enable_h264(true);
        for (payload, rate) in EVENT_PAYLOADS {
            if let Some(rate) = Frequency::new(rate) {
                let format = FormatParams::parse_line("0-15");
                codecs.add_config(payload.into(), None, Codec::Tele, rate, None, format);
            }
        }
        let mut rtc = config.build(now);
        for address in addresses {
            let candidate = Candidate::host(address, "udp")
                .map_err(|error| MediaError::Config(format!("{address}: {error}")))?;
            rtc.add_local_candidate(candidate);
        }
        Ok(Peer {
            rtc,
            ice,
            pending: None,
            audio: None,
            video: None,
            video_mid: None,
            remote_fingerprint: None,
            dtls_up: false,
            failures: 0,
        })
    }

    /// The ICE user fragment by which STUN requests name us.
    pub(crate) fn local_ufrag(&mut self) -> String {
        self.rtc.direct_api().local_ice_credentials().ufrag
    }

    /// Replaces the ICE credentials before they were told to anyone.
    pub(crate) fn renew_credentials(&mut self) {
        self.rtc
            .direct_api()
            .set_local_ice_credentials(IceCreds::new());
    }

    /// Whether the offer comes from the DTLS identity this peer already talks to.
    pub(crate) fn is_same_identity(&self, offer: &RemoteOffer) -> bool {
        self.remote_fingerprint
            .as_ref()
            .is_none_or(|known| *known == offer.fingerprint)
    }

    pub(crate) fn parse_offer(&self, text: &str) -> Result<RemoteOffer, MediaError> {
        // Whoever checks candidates is an endpoint of ours, which has sound alone.
        let pictures = self.ice == Ice::Lite;
        RemoteOffer::parse(text, self.candidates(), self.video_mid.as_deref(), pictures)
    }

    /// Answers an offer or a renegotiation; `picture` is the peer of the second transport, if the offer has
    /// [one](RemoteOffer::apart).
    pub(crate) fn answer(
        &mut self,
        offer: &RemoteOffer,
        picture: Option<&mut Peer>,
    ) -> Result<String, MediaError> {
        let answer = self.take(&offer.text)?;
        let apart = match (&offer.apart, picture) {
            (Some(text), Some(peer)) => {
                let answer = peer.take(text)?;
                let mid = offer.video.as_deref();
                peer.video = mid.and_then(|mid| peer.find_video(Mid::from(mid)));
                Some(answer)
            }
            _ => None,
        };
        let is_apart = apart.is_some();
        let answer = offer.complete(&answer, apart.as_deref())?;
        self.remote_fingerprint = Some(offer.fingerprint.clone());
        self.audio = match &offer.audio {
            Some(mid) => Some(self.find_audio(Mid::from(mid.as_str()))?),
            None => None,
        };
        let video = offer.video.as_deref().filter(|_| !is_apart);
        self.video = video.and_then(|mid| self.find_video(Mid::from(mid)));
        if let Some(mid) = video {
            self.video_mid = Some(mid.to_owned());
        }
        Ok(answer)
    }

    /// Lets the engine answer an offer that has been reduced to what it negotiates.
    fn take(&mut self, text: &str) -> Result<String, MediaError> {
        let parsed =
            SdpOffer::from_sdp_string(text).map_err(|error| MediaError::Sdp(error.to_string()))?;
        let answer = self.rtc.sdp_api().accept_offer(parsed).map_err(sdp_error)?;
        self.pending = None;
        Ok(answer.to_sdp_string())
    }

    /// Offers one audio section, the same one every time; the first time one of video too, if that is wanted.
    pub(crate) fn offer(
        &mut self,
        direction: AudioDirection,
        video: bool,
        ice_restart: bool,
    ) -> Result<String, MediaError> {
        let known = self.audio.as_ref().map(|audio| audio.mid);
        let mut changes = self.rtc.sdp_api();
        let (mid, video) = match known {
            Some(mid) => {
                changes.set_direction(mid, direction.into());
                (mid, None)
            }
            None => {
                let audio = changes.add_media(MediaKind::Audio, direction.into(), None, None, None);
                let video = video.then(|| {
                    changes.add_media(MediaKind::Video, Direction::SendRecv, None, None, None)
                });
                (audio, video)
            }
        };
        if known.is_some() && ice_restart {
            changes.ice_restart(true);
        }
        let (offer, pending) = changes
            .apply()
            .ok_or_else(|| MediaError::Negotiation("nothing has changed".into()))?;
        self.pending = Some(PendingOffer {
            offer: pending,
            audio: Some(mid),
            video,
        });
        Ok(complete_offer(&offer.to_sdp_string()))
    }

    /// Offers audio, and video by `picture`, the peer of a second transport. For those who cannot answer a bundle.
    pub(crate) fn offer_apart(
        &mut self,
        picture: &mut Peer,
        direction: AudioDirection,
    ) -> Result<String, MediaError> {
        let sound = self.offer(direction, false, false)?;
        let mut changes = picture.rtc.sdp_api();
        let video = changes.add_media(MediaKind::Video, Direction::SendRecv, None, None, None);
        let (offer, pending) = changes
            .apply()
            .ok_or_else(|| MediaError::Negotiation("nothing has changed".into()))?;
        picture.pending = Some(PendingOffer {
            offer: pending,
            audio: None,
            video: Some(video),
        });
        Ok(side_by_side(&sound, &offer.to_sdp_string()))
    }

    /// Takes the answer to the last [`offer`](Self::offer), or to [`offer_apart`](Self::offer_apart) with the same
    /// `picture`. Whether the video is that one's from now on.
    pub(crate) fn apply_answer(
        &mut self,
        text: &str,
        picture: Option<&mut Peer>,
    ) -> Result<bool, MediaError> {
        let waits = |peer: &Peer| peer.pending.as_ref().is_some_and(|p| p.video.is_some());
        let video = match &picture {
            Some(picture) if waits(picture) => AnsweredVideo::Apart,
            _ if waits(self) => AnsweredVideo::Bundled,
            _ => AnsweredVideo::None,
        };
        let answer = RemoteAnswer::parse(text, self.candidates(), video)?;
        self.settle_offer(&answer.text, answer.video)?;
        if let (Some(picture), Some(text)) = (picture, &answer.apart) {
            picture.settle_offer(text, true)?;
        }
        Ok(answer.apart.is_some())
    }

    /// Gives the engine the answer to its offer; `video`: a section of video in it was taken.
    fn settle_offer(&mut self, answer: &str, video: bool) -> Result<(), MediaError> {
        let parsed = SdpAnswer::from_sdp_string(answer)
            .map_err(|error| MediaError::Sdp(error.to_string()))?;
        let pending = self
            .pending
            .take()
            .ok_or_else(|| MediaError::Negotiation("no offer waits for an answer".into()))?;
        self.rtc
            .sdp_api()
            .accept_answer(pending.offer, parsed)
            .map_err(sdp_error)?;
        if let Some(mid) = pending.audio {
            self.audio = Some(self.find_audio(mid)?);
        }
        if let Some(mid) = pending.video {
            self.video_mid = Some(mid.to_string());
            self.video = self.find_video(mid).filter(|_| video);
        }
        Ok(())
    }

    /// Whether the peer would take the datagram: of STUN, that the message integrity is right.
    ///
    /// Returns `None` when it cannot even be parsed.
    pub(crate) fn accepts(
        &self,
        now: Instant,
        from: SocketAddr,
        to: SocketAddr,
        datagram: &[u8],
    ) -> Option<bool> {
        let receive = Receive::new(Protocol::Udp, from, to, datagram).ok()?;
        Some(self.rtc.accepts(&Input::Receive(now, receive)))
    }

    /// Takes a datagram, which [`accepts`](Self::accepts) has found good.
    pub(crate) fn receive(
        &mut self,
        now: Instant,
        from: SocketAddr,
        to: SocketAddr,
        datagram: &[u8],
    ) -> Result<(), MediaError> {
        let early = self.nominating(datagram);
        let datagram = early.as_deref().unwrap_or(datagram);
        let Ok(receive) = Receive::new(Protocol::Udp, from, to, datagram) else {
            return Ok(());
        };
        let result = self.rtc.handle_input(Input::Receive(now, receive));
        self.tolerate(result)
    }

    /// The datagram as one that nominates its path, while there is no other.
    fn nominating(&mut self, datagram: &[u8]) -> Option<Vec<u8>> {
        if self.ice != Ice::Lite || self.dtls_up || !datagram.starts_with(&[0, 1]) {
            return None;
        }
        let password = self.rtc.direct_api().local_ice_credentials().pass;
        nomination::nominating(datagram, &password)
    }

    /// Lets time pass.
    pub(crate) fn advance(&mut self, now: Instant) -> Result<(), MediaError> {
        let result = self.rtc.handle_input(Input::Timeout(now));
        self.tolerate(result)
    }

    /// Whether audio may be sent.
    pub(crate) fn is_ready(&self) -> bool {
        self.dtls_up
    }

    /// Whether the negotiated direction lets us send.
    pub(crate) fn may_send(&self) -> bool {
        self.audio.as_ref().is_some_and(|audio| audio.sends)
    }

    /// Queues an audio packet; it goes out by [`poll`](Self::poll) after the next [`advance`](Self::advance).
    pub(crate) fn send_audio(
        &mut self,
        now: Instant,
        stamp: Stamp,
        payload: Arc<[u8]>,
        level_dbfs: Option<f32>,
    ) -> bool {
        if !self.dtls_up {
            return false;
        }
        let Some(audio) = &self.audio else {
            return false;
        };
        let (mid, opus) = (audio.mid, audio.opus);
        let mut direct = self.rtc.direct_api();
        let Some(stream) = direct.stream_tx_by_mid(mid, None) else {
            return false;
        };
        let levels = ExtensionValues {
            audio_level: level_dbfs.map(|level| level.clamp(-127.0, 0.0) as i8),
            voice_activity: level_dbfs.map(|level| level > -50.0),
            ..ExtensionValues::default()
        };
        stream.write_rtp(
            RtpWrite::new(opus, stamp.sequence.into(), stamp.timestamp, now, payload)
                .marker(stamp.marker)
                .ext_vals(levels),
        );
        true
    }

    /// Whether audio was negotiated at all.
    pub(crate) fn has_audio(&self) -> bool {
        self.audio.is_some()
    }

    /// Ends the DTLS association; the farewell goes out by [`poll`](Self::poll).
    pub(crate) fn close(&mut self) {
        if let Err(error) = self.rtc.close() {
            tracing::debug!(%error, "peer did not close cleanly");
        }
    }

    /// The next thing to do. Ends with [`PeerOutput::Wait`].
    pub(crate) fn poll(&mut self) -> Result<PeerOutput, MediaError> {
        loop {
            let output = self.rtc.poll_output();
            let output = match output {
                Ok(output) => output,
                Err(error) => {
                    self.tolerate(Err(error))?;
                    continue;
                }
            };
            self.failures = 0;
            match output {
                Output::Timeout(at) => return Ok(PeerOutput::Wait(at)),
                Output::Transmit(Transmit {
                    source,
                    destination,
                    contents,
                    ..
                }) => {
                    let datagram = contents.into();
                    return Ok(PeerOutput::Send {
                        from: source,
                        to: destination,
                        datagram,
                    });
                }
                Output::Event(event) => {
                    if let Some(output) = self.event(event) {
                        return Ok(output);
                    }
                }
            }
        }
    }

    fn event(&mut self, event: Event) -> Option<PeerOutput> {
        match event {
            Event::Connected => {
                self.dtls_up = true;
                Some(PeerOutput::Ready)
            }
            Event::IceConnectionStateChange(state) => match state {
                IceConnectionState::Connected | IceConnectionState::Completed => {
                    Some(PeerOutput::Path { up: true })
                }
                IceConnectionState::Disconnected => Some(PeerOutput::Path { up: false }),
                _ => None,
            },
            Event::RtpPacket(packet) => self.packet(packet),
            Event::KeyframeRequest(_) => Some(PeerOutput::PictureWanted),
            Event::MediaEgressStats(stats) => Some(PeerOutput::Report {
                round_trip: stats.rtt,
                loss: stats.loss,
            }),
            Event::PeerStats(stats) => {
                let pair = stats.selected_candidate_pair?;
                let round_trip = Some(pair.current_round_trip_time?);
                Some(PeerOutput::Report {
                    round_trip,
                    loss: None,
                })
            }
            Event::Closed => Some(PeerOutput::Ended),
            _ => None,
        }
    }

    fn packet(&self, packet: RtpPacket) -> Option<PeerOutput> {
        let payload_type = packet.header.payload_type;
        if let Some(video) = &self.video
            && let Some((_, format)) = video.formats.iter().find(|(pt, _)| *pt == payload_type)
        {
            return Some(PeerOutput::Video(VideoPacket {
                ssrc: *packet.header.ssrc,
                sequence: *packet.seq_no,
                timestamp: packet.header.timestamp,
                marker: packet.header.marker,
                format: *format,
                orientation: packet.header.ext_vals.video_orientation,
                payload: packet.payload,
            }));
        }
        let audio = self.audio.as_ref()?;
        let received = AudioPacket {
            ssrc: *packet.header.ssrc,
            sequence: *packet.seq_no,
            timestamp: packet.header.timestamp,
            level_dbfs: packet.header.ext_vals.audio_level.map(f32::from),
            payload: packet.payload,
        };
        if payload_type == audio.opus {
            Some(PeerOutput::Audio(received))
        } else if audio.events.contains(&payload_type) {
            Some(PeerOutput::TelephoneEvent(received))
        } else {
            None
        }
    }

    /// A failure that leaves the engine alive came from a datagram that anybody may have sent: it is not the peer's end.
    fn tolerate(&mut self, result: Result<(), RtcError>) -> Result<(), MediaError> {
        let Err(error) = result else { return Ok(()) };
        self.failures += 1;
        if self.rtc.is_alive() && self.failures < MAX_FAILURES {
            tracing::debug!(%error, "media engine refused an input");
            return Ok(());
        }
        self.rtc.disconnect();
        Err(MediaError::Engine(error.to_string()))
    }

    fn candidates(&self) -> Candidates {
        match self.ice {
            Ice::Lite => Candidates::Drop,
            Ice::Full => Candidates::Keep,
        }
    }

    /// Finds out what was negotiated of the audio.
    fn find_audio(&self, mid: Mid) -> Result<AudioSection, MediaError> {
        let media = self
            .rtc
            .media(mid)
            .ok_or_else(|| MediaError::Sdp("the audio section is gone".into()))?;
        let config = self.rtc.codec_config();
        let payloads = |codec: Codec| {
            let ours = config
                .params()
                .iter()
                .filter(move |p| p.spec().codec == codec);
            ours.map(|p| p.pt())
                .filter(|pt| media.remote_pts().contains(pt))
                .collect::<Vec<_>>()
        };
        let opus = *payloads(Codec::Opus)
            .first()
            .ok_or_else(|| MediaError::Sdp("no common audio codec: Opus is needed".into()))?;
        let events = payloads(Codec::Tele);
        let sends = media.direction().is_sending();
        Ok(AudioSection {
            mid,
            opus,
            events,
            sends,
        })
    }
}

fn sdp_error(error: RtcError) -> MediaError {
    match error {
        RtcError::ChangesOutOfOrder => {
            MediaError::Negotiation("the answer is not to the last offer".into())
        }
        other => MediaError::Sdp(other.to_string()),
    }
}

#[cfg(test)]
mod tests;

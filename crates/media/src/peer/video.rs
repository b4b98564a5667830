//! The video section of a peer.

use std::sync::Arc;
use std::time::Instant;

use str0m::format::Codec;
use str0m::media::{KeyframeRequestKind, Mid, Pt};
use str0m::rtp::{ExtensionValues, RtpWrite};

use super::{Peer, Stamp, VideoPacket};
use crate::video::VideoFormat;

/// The negotiated video section.
#[derive(Clone, Debug)]
pub(super) struct VideoSection {
    pub(super) mid: Mid,
    pub(super) formats: Vec<(Pt, VideoFormat)>,
    /// Whether the peer receives.
    sends: bool,
    /// Whether the peer sends.
    receives: bool,
}

impl Peer {
    /// Whether the peer shows what it is sent.
    pub(crate) fn watches(&self) -> bool {
        self.video.as_ref().is_some_and(|video| video.sends)
    }

    /// Whether the peer may send video.
    pub(crate) fn shows(&self) -> bool {
        self.video.as_ref().is_some_and(|video| video.receives)
    }

    /// Whether the peer takes video of this kind.
    pub(crate) fn takes(&self, format: VideoFormat) -> bool {
        self.video_payload(format).is_some()
    }

    fn video_payload(&self, format: VideoFormat) -> Option<Pt> {
        let formats = &self.video.as_ref()?.formats;
        formats
            .iter()
            .find(|(_, known)| *known == format)
            .map(|(pt, _)| *pt)
    }

    /// Queues a video packet, as [`send_audio`](Self::send_audio) does.
    pub(crate) fn send_video(&mut self, now: Instant, stamp: Stamp, packet: &VideoPacket) {
        let (Some(pt), Some(video)) = (self.video_payload(packet.format), &self.video) else {
            return;
        };
        let mid = video.mid;
        if !self.dtls_up {
            return;
        }
        let mut direct = self.rtc.direct_api();
        let Some(stream) = direct.stream_tx_by_mid(mid, None) else {
            return;
        };
        let extensions = ExtensionValues {
            video_orientation: packet.orientation,
            ..ExtensionValues::default()
        };
        let payload = Arc::clone(&packet.payload);
        stream.write_rtp(
            RtpWrite::new(pt, stamp.sequence.into(), stamp.timestamp, now, payload)
                .marker(packet.marker)
                .nackable(true)
                .ext_vals(extensions),
        );
    }

    /// Asks the peer for a picture others can begin with; goes out by [`poll`](Self::poll).
    pub(crate) fn want_picture(&mut self) {
        let Some(mid) = self.video.as_ref().map(|video| video.mid) else {
            return;
        };
        if let Some(stream) = self.rtc.direct_api().stream_rx_by_mid(mid, None) {
            stream.request_keyframe(KeyframeRequestKind::Pli);
        }
    }

    /// And of the video; `None` when nothing of it can be used.
    pub(super) fn find_video(&self, mid: Mid) -> Option<VideoSection> {
        let media = self.rtc.media(mid)?;
        let formats: Vec<(Pt, VideoFormat)> = self
            .rtc
            .codec_config()
            .params()
            .iter()
            .filter(|params| media.remote_pts().contains(&params.pt()))
            .filter_map(|params| {
                let spec = params.spec();
                let format = match spec.codec {
                    Codec::Vp8 => VideoFormat::Vp8,
                    Codec::H264 => VideoFormat::H264 {
                        mode: spec.format.packetization_mode.unwrap_or(0),
                        profile: (spec.format.profile_level_id.unwrap_or(0x42_0000) >> 16) as u8,
                    },
                    _ => return None,
                };
                Some((params.pt(), format))
            })
            .collect();
        let (sends, receives) = (
            media.direction().is_sending(),
            media.direction().is_receiving(),
        );
        (!formats.is_empty()).then_some(VideoSection {
            mid,
            formats,
            sends,
            receives,
        })
    }
}

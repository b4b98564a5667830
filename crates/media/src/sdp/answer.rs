//! Answers to offers of ours.

use super::{Candidates, Media, Parts, push_line, refused};
use crate::error::MediaError;

/// An answer to an offer of ours, which had a section of sound, and perhaps one of video behind it.
#[derive(Debug)]
pub(crate) struct RemoteAnswer {
    /// For the engine of the sound, and of the video that shares its transport.
    pub(crate) text: String,
    /// For the engine of the second transport, if its video was taken.
    pub(crate) apart: Option<String>,
    /// The section of video was taken.
    pub(crate) video: bool,
}

/// Which video the offer had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AnsweredVideo {
    None,
    /// In one bundle with the sound.
    Bundled,
    /// With a transport of its own.
    Apart,
}

impl RemoteAnswer {
    pub(crate) fn parse(
        text: &str,
        candidates: Candidates,
        offered: AnsweredVideo,
    ) -> Result<Self, MediaError> {
        let parts = Parts::split(text)?;
        let strange = || refused("the answer's sections are not those of the offer");
        let (audio, video) = match (parts.media.as_slice(), offered) {
            ([audio], AnsweredVideo::None) => (audio, None),
            ([audio, video], AnsweredVideo::Bundled | AnsweredVideo::Apart)
                if video.line().starts_with("m=video ") =>
            {
                (audio, Some(video))
            }
            _ => return Err(strange()),
        };
        if !audio.is_usable("audio") {
            return match audio.line().starts_with("m=audio ") {
                true => Err(refused("the audio section was refused by the peer")),
                false => Err(strange()),
            };
        }
        let taken = video.is_some_and(|video| video.is_usable("video"));
        if offered == AnsweredVideo::Apart {
            let apart = taken.then(|| parts.reduced(&[1], None, candidates));
            return Ok(RemoteAnswer {
                text: parts.reduced(&[0], None, candidates)?.text,
                apart: apart.transpose()?.map(|reduced| reduced.text),
                video: taken,
            });
        }
        let (kept, stopped): (&[usize], _) = match (video, taken) {
            (None, _) => (&[0], None),
            (Some(_), true) => (&[0, 1], None),
            (Some(_), false) => (&[0, 1], Some(1)),
        };
        let mut text = parts.reduced(kept, stopped, candidates)?.text;
        if let (Some(video), false) = (video, taken) {
            describe_formats(video, &mut text);
        }
        Ok(RemoteAnswer {
            text,
            apart: None,
            video: taken,
        })
    }
}

/// A section that is refused names formats without saying what they are, which the engine wants to know all the same. It is the last
/// one of the text.
fn describe_formats(section: &Media<'_>, text: &mut String) {
    for format in section.line().split(' ').skip(3) {
        let told = format!("a=rtpmap:{format} ");
        if section.attribute(&told).is_none() {
            push_line(text, &format!("{told}VP8/90000"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUDIO: &str =
        "v=0\r\na=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n";

    fn parse(text: &str, with_video: bool) -> Result<RemoteAnswer, MediaError> {
        let offered = match with_video {
            true => AnsweredVideo::Bundled,
            false => AnsweredVideo::None,
        };
        RemoteAnswer::parse(text, Candidates::Drop, offered)
    }

    #[test]
    fn a_video_with_its_own_transport_is_for_the_second_engine() {
        let sound = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:aaaa\r\n";
        let taken =
            format!("{sound}m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=ice-ufrag:vvvv\r\n");
        let apart = |text: &str| RemoteAnswer::parse(text, Candidates::Drop, AnsweredVideo::Apart);
        let answer = apart(&taken).expect("a good answer");
        assert!(answer.text.contains("aaaa") && !answer.text.contains("m=video"));
        let video = answer.apart.expect("a part for the second engine");
        assert!(video.contains("vvvv") && !video.contains("m=audio"));
        let refusal = format!("{sound}m=video 0 UDP/TLS/RTP/SAVPF 0\r\na=mid:1\r\n");
        let answer = apart(&refusal).expect("a good answer");
        assert!(answer.apart.is_none() && !answer.video && !answer.text.contains("m=video"));
        assert!(apart(sound).is_err(), "a section is missing");
    }

    #[test]
    fn video_is_taken_or_refused_without_harm_to_the_sound() {
        let taken = format!("{AUDIO}m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n");
        let answer = parse(&taken, true).expect("a good answer");
        assert!(answer.video && !answer.text.contains("a=inactive"));
        let refusal = format!("{AUDIO}m=video 0 UDP/TLS/RTP/SAVPF 0\r\na=mid:1\r\n");
        let answer = parse(&refusal, true).expect("a good answer");
        // The engine takes a section that is stopped for one that is inactive.
        assert!(!answer.video && answer.text.contains("m=video 9 "));
        assert!(
            answer
                .text
                .ends_with("a=inactive\r\na=rtpmap:0 VP8/90000\r\n")
        );
    }

    #[test]
    fn sections_are_those_of_the_offer_and_sound_is_needed() {
        assert!(parse(AUDIO, false).is_ok());
        assert!(parse(AUDIO, true).is_err());
        let video_first = "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n";
        let disabled = "v=0\r\nm=audio 0 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n";
        for with_video in [false, true] {
            assert!(parse(video_first, with_video).is_err());
            assert!(parse(disabled, with_video).is_err());
        }
    }
}

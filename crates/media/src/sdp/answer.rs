//! Answers to offers of ours.

use super::{Candidates, Media, Parts, push_line, refused};
use crate::error::MediaError;

/// An answer to an offer of ours, which had a section of sound, and perhaps one of video behind it.
#[derive(Debug)]
pub(crate) struct RemoteAnswer {
    pub(crate) text: String,
    /// The section of video was taken.
    pub(crate) video: bool,
}

impl RemoteAnswer {
    pub(crate) fn parse(
        text: &str,
        candidates: Candidates,
        with_video: bool,
    ) -> Result<Self, MediaError> {
        let parts = Parts::split(text)?;
        let strange = || refused("the answer's sections are not those of the offer");
        let (audio, video) = match parts.media.as_slice() {
            [audio] if !with_video => (audio, None),
            [audio, video] if with_video && video.line().starts_with("m=video ") => {
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
        let (kept, stopped): (&[usize], _) = match (video, taken) {
            (None, _) => (&[0], None),
            (Some(_), true) => (&[0, 1], None),
            (Some(_), false) => (&[0, 1], Some(1)),
        };
        let mut text = parts.reduced(kept, stopped, candidates)?.text;
        if let (Some(video), false) = (video, taken) {
            describe_formats(video, &mut text);
        }
        Ok(RemoteAnswer { text, video: taken })
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
        RemoteAnswer::parse(text, Candidates::Drop, with_video)
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

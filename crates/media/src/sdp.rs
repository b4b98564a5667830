//! The text side of offers and answers: which sections of a session description the engine gets to see, and the
//! refusal of the others.
//!
//! The engine negotiates one audio and one video section. Everything else an offer holds (data channels, second sections
//! of a kind) is cut out before the engine sees it and put into the answer as a refused section: port 0, in its place,
//! never missing. A calling browser thus keeps its audio whatever else it asked for.

mod answer;

pub(crate) use answer::RemoteAnswer;
use offhook_proto::limits::SDP_BYTES;

use crate::error::MediaError;

/// Most sections a description may have.
const MAX_SECTIONS: usize = 32;
/// Transport attributes that a bundled section may leave to the bundle's first.
const TRANSPORT: [&str; 4] = ["a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:", "a=setup:"];

/// What of a remote description is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Candidates {
    /// We are ICE-lite: peers come to us, their candidates are of no use.
    Drop,
    /// We check them.
    Keep,
}

/// An offer taken apart.
#[derive(Debug)]
pub(crate) struct RemoteOffer {
    /// The description with the sections the engine negotiates.
    pub(crate) text: String,
    /// DTLS certificate hash of the first of these, as written.
    pub(crate) fingerprint: String,
    /// `a=mid` of the audio section.
    pub(crate) audio: Option<String>,
    /// `a=mid` of the video section.
    pub(crate) video: Option<String>,
    sections: Vec<Section>,
    bundled: bool,
}

#[derive(Debug, PartialEq)]
enum Section {
    /// The engine answers it.
    Kept {
        mid: String,
    },
    /// The engine sees it, since it has answered it before; the peer has stopped it.
    Stopped {
        refusal: Refusal,
    },
    Refused(Refusal),
}

#[derive(Debug, PartialEq)]
struct Refusal {
    media: String,
    mid: Option<String>,
}

impl RemoteOffer {
    /// `known_video`: the `a=mid` of a video section the engine has negotiated before; `pictures`: whether video is taken.
    pub(crate) fn parse(
        text: &str,
        candidates: Candidates,
        known_video: Option<&str>,
        pictures: bool,
    ) -> Result<Self, MediaError> {
        let parts = Parts::split(text)?;
        let bundled = parts.has_bundle();
        let first = |kind: &str| parts.media.iter().position(|m| m.is_usable(kind));
        let audio = first("audio");
        // Two transports are more than the engine has: without a bundle there is one section.
        let video = first("video").filter(|_| pictures && (bundled || audio.is_none()));
        let stopped = known_video.and_then(|known| {
            let is_it = |m: &Media<'_>| m.mid() == Some(known);
            parts.media.iter().position(is_it)
        });
        let stopped = stopped.filter(|_| video.is_none());
        if audio.is_none() && video.is_none() {
            return Err(refused("no audio or video section can be used"));
        }
        let mut kept: Vec<usize> = [audio, video, stopped].into_iter().flatten().collect();
        kept.sort_unstable();
        let Reduced { text, fingerprint } = parts.reduced(&kept, stopped, candidates)?;
        let mid = |index: Option<usize>| {
            index
                .and_then(|index| parts.media[index].mid())
                .map(str::to_owned)
        };
        let sections = parts.media.iter().enumerate().map(|(i, m)| match m.mid() {
            _ if stopped == Some(i) => Section::Stopped {
                refusal: m.refusal(),
            },
            Some(mid) if kept.contains(&i) => Section::Kept {
                mid: mid.to_owned(),
            },
            _ => Section::Refused(m.refusal()),
        });
        Ok(RemoteOffer {
            text,
            fingerprint,
            audio: mid(audio),
            video: mid(video),
            sections: sections.collect(),
            bundled,
        })
    }

    /// The answer with all sections of the offer, from the engine's answer to those it was given.
    pub(crate) fn complete(&self, answer: &str) -> Result<String, MediaError> {
        let engine = |what: &str| MediaError::Engine(format!("its answer has {what}"));
        let mut blocks: Vec<Vec<&str>> = vec![Vec::new()];
        for line in answer.lines() {
            if line.starts_with("m=") {
                blocks.push(Vec::new());
            }
            if let Some(block) = blocks.last_mut() {
                block.push(line);
            }
        }
        let session = blocks.remove(0);
        let seen = |section: &&Section| !matches!(section, Section::Refused(_));
        if blocks.len() != self.sections.iter().filter(seen).count() {
            return Err(engine("other sections"));
        }
        let is_taken = |block: &[&str]| {
            block
                .first()
                .is_none_or(|m| m.split(' ').nth(1) != Some("0"))
        };
        let mut taken: Vec<&str> = Vec::new();
        let mut rest = blocks.iter();
        for section in self.sections.iter().filter(seen) {
            if let (Section::Kept { mid }, Some(block)) = (section, rest.next())
                && is_taken(block)
            {
                taken.push(mid);
            }
        }
        if self
            .audio
            .as_deref()
            .is_some_and(|mid| !taken.contains(&mid))
            || taken.is_empty()
        {
            return Err(refused("no common codec: Opus is needed, or VP8 or H.264"));
        }
        let mut out = String::with_capacity(answer.len() + 96 * self.sections.len());
        for line in session {
            if line.starts_with("o=") {
                push_line(&mut out, &origin(line));
            } else if !line.starts_with("a=group:BUNDLE") {
                push_line(&mut out, line);
            } else if self.bundled {
                // A group that was not offered may not be answered (RFC 9143 7.3).
                push_line(&mut out, &format!("a=group:BUNDLE {}", taken.join(" ")));
            }
        }
        // Browsers put the tracks of one stream together; the engine gives each section a stream of its own.
        let stream = blocks
            .iter()
            .flatten()
            .find_map(|line| line.strip_prefix("a=msid:")?.split(' ').next());
        let mut blocks = blocks.iter();
        for section in &self.sections {
            match section {
                Section::Kept { mid } => {
                    for line in blocks.next().into_iter().flatten() {
                        if line.starts_with("a=mid:") {
                            push_line(&mut out, &format!("a=mid:{mid}"));
                        } else {
                            push_line(&mut out, &in_stream(line, stream));
                        }
                    }
                }
                Section::Stopped { refusal } => {
                    blocks.next();
                    refusal.push(&mut out);
                }
                Section::Refused(refusal) => refusal.push(&mut out),
            }
        }
        Ok(out)
    }
}

impl Refusal {
    fn push(&self, out: &mut String) {
        push_line(out, &self.media);
        push_line(out, "c=IN IP4 0.0.0.0");
        if let Some(mid) = &self.mid {
            push_line(out, mid);
        }
        push_line(out, "a=inactive");
    }
}

/// A line with the stream it names replaced.
fn in_stream<'a>(line: &'a str, stream: Option<&str>) -> std::borrow::Cow<'a, str> {
    let Some(stream) = stream else {
        return line.into();
    };
    let start = if line.starts_with("a=msid:") {
        "a=msid:".len()
    } else if line.starts_with("a=ssrc:") {
        match line.find(" msid:") {
            Some(at) => at + " msid:".len(),
            None => return line.into(),
        }
    } else {
        return line.into();
    };
    let (head, tail) = line.split_at(start);
    let track = tail.split_once(' ').map_or("", |(_, track)| track);
    format!("{head}{stream} {track}").into()
}

/// An offer of the engine's as it is sent.
pub(crate) fn complete_offer(offer: &str) -> String {
    let mut out = String::with_capacity(offer.len());
    let stream = offer
        .lines()
        .find_map(|line| line.strip_prefix("a=msid:")?.split(' ').next());
    for line in offer.lines() {
        if line.starts_with("o=") {
            push_line(&mut out, &origin(line));
        } else {
            // One stream, as in answers.
            push_line(&mut out, &in_stream(line, stream));
        }
    }
    out
}

/// An origin line without the engine's name and version, which are nobody's business.
fn origin(line: &str) -> String {
    match line.split_once(' ') {
        Some((_, rest)) => format!("o=- {rest}"),
        None => line.to_owned(),
    }
}

/// A description as lines: of the session, then of each section.
struct Parts<'a> {
    session: Vec<&'a str>,
    media: Vec<Media<'a>>,
}

struct Media<'a>(Vec<&'a str>);

/// A description reduced to some sections.
struct Reduced {
    text: String,
    fingerprint: String,
}

impl<'a> Parts<'a> {
    fn split(text: &'a str) -> Result<Self, MediaError> {
        if text.len() > SDP_BYTES {
            return Err(refused(&format!(
                "{} bytes, {SDP_BYTES} are allowed",
                text.len()
            )));
        }
        let mut lines = text
            .split('\n')
            .map(|l| l.strip_suffix('\r').unwrap_or(l))
            .filter(|l| !l.is_empty());
        if lines.next() != Some("v=0") {
            return Err(refused("it does not begin with v=0"));
        }
        let mut session = vec!["v=0"];
        let mut media: Vec<Media<'a>> = Vec::new();
        for line in lines {
            if line.contains('\r') || line.as_bytes().get(1) != Some(&b'=') {
                return Err(refused("a line is not of the form x=…"));
            }
            if line.starts_with("m=") {
                if media.len() == MAX_SECTIONS {
                    return Err(refused("it has too many sections"));
                }
                media.push(Media(vec![line]));
            } else {
                match media.last_mut() {
                    Some(section) => section.0.push(line),
                    None => session.push(line),
                }
            }
        }
        if media.is_empty() {
            return Err(refused("it has no media section"));
        }
        Ok(Parts { session, media })
    }

    fn has_bundle(&self) -> bool {
        self.session.iter().any(|l| l.starts_with("a=group:BUNDLE"))
    }

    fn reduced(
        &self,
        kept: &[usize],
        stopped: Option<usize>,
        candidates: Candidates,
    ) -> Result<Reduced, MediaError> {
        let mids: Option<Vec<&str>> = kept.iter().map(|index| self.media[*index].mid()).collect();
        let mids = mids
            .ok_or_else(|| refused("a section has no a=mid"))?
            .join(" ");
        let mut out = String::new();
        for line in &self.session {
            if line.starts_with("a=group:BUNDLE") {
                push_line(&mut out, &format!("a=group:BUNDLE {mids}"));
            } else if !line.starts_with("a=msid-semantic") {
                push_line(&mut out, line);
            }
        }
        let mut fingerprint = String::new();
        for index in kept {
            let section = &self.media[*index];
            let mut fields = section.line().splitn(3, ' ');
            let (kind, _port, rest) = (fields.next(), fields.next(), fields.next());
            let (Some(kind), Some(rest)) = (kind, rest) else {
                return Err(refused("an m= line is incomplete"));
            };
            push_line(&mut out, &format!("{kind} 9 {rest}"));
            let is_stopped = stopped == Some(*index);
            for line in &section.0[1..] {
                if !(is_dropped(line, candidates) || is_stopped && is_direction(line)) {
                    push_line(&mut out, line);
                }
            }
            if is_stopped {
                push_line(&mut out, "a=inactive");
            }
            for attribute in TRANSPORT {
                if let Some((line, borrowed)) = self.transport(section, attribute) {
                    if borrowed {
                        push_line(&mut out, line);
                    }
                    if attribute == "a=fingerprint:" && fingerprint.is_empty() {
                        fingerprint = line.to_ascii_lowercase();
                    }
                }
            }
        }
        Ok(Reduced {
            text: out,
            fingerprint,
        })
    }

    /// A transport attribute of the section, of the session or, when bundled, of another section; and whether it must
    /// be copied into the section.
    fn transport(&self, section: &Media<'a>, name: &str) -> Option<(&'a str, bool)> {
        let of_session = || self.session.iter().copied().find(|l| l.starts_with(name));
        let of_others = || {
            let others = self.media.iter().filter(|_| self.has_bundle());
            others.filter_map(|m| m.attribute(name)).next()
        };
        section
            .attribute(name)
            .or_else(of_session)
            .map(|line| (line, false))
            .or_else(|| of_others().map(|line| (line, true)))
    }
}

impl<'a> Media<'a> {
    fn line(&self) -> &'a str {
        self.0[0]
    }

    fn attribute(&self, name: &str) -> Option<&'a str> {
        self.0.iter().copied().find(|l| l.starts_with(name))
    }

    fn mid(&self) -> Option<&'a str> {
        self.attribute("a=mid:").map(|line| &line["a=mid:".len()..])
    }

    fn is_usable(&self, kind: &str) -> bool {
        let Some(rest) = self
            .line()
            .strip_prefix("m=")
            .and_then(|line| line.strip_prefix(kind))
            .and_then(|line| line.strip_prefix(' '))
        else {
            return false;
        };
        let refused = rest.split(' ').next() == Some("0");
        (!refused || self.attribute("a=bundle-only").is_some()) && rest.contains("/SAVPF ")
    }

    fn refusal(&self) -> Refusal {
        let mut fields = self.line().split(' ');
        let kind = fields.next().unwrap_or("m=video");
        let protocol = fields.nth(1).unwrap_or("UDP/TLS/RTP/SAVPF");
        let format = fields.next().unwrap_or("0");
        Refusal {
            media: format!("{kind} 0 {protocol} {format}"),
            mid: self.attribute("a=mid:").map(str::to_owned),
        }
    }
}

/// Lines the engine must not see: candidates where we are not to check them, the peer's stream ids, which it would take for
/// its own, and several encodings of one picture, of which we want one.
fn is_dropped(line: &str, candidates: Candidates) -> bool {
    let candidate = line.starts_with("a=candidate:") || line.starts_with("a=end-of-candidates");
    let unwanted = ["a=msid:", "a=bundle-only", "a=simulcast:", "a=rid:"];
    unwanted.iter().any(|start| line.starts_with(start))
        || candidate && candidates == Candidates::Drop
}

fn is_direction(line: &str) -> bool {
    matches!(
        line,
        "a=sendrecv" | "a=sendonly" | "a=recvonly" | "a=inactive"
    )
}

fn push_line(out: &mut String, line: &str) {
    out.push_str(line);
    out.push_str("\r\n");
}

fn refused(why: &str) -> MediaError {
    MediaError::Sdp(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2\r\n\
        a=msid-semantic: WMS x\r\n\
        m=video 50000 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:vvvv\r\n\
        a=ice-pwd:pppppppppppppppppppppppp\r\na=fingerprint:sha-256 AA:BB\r\na=setup:actpass\r\na=mid:0\r\n\
        a=candidate:1 1 udp 1 10.0.0.1 50000 typ host\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=msid:x y\r\n\
        a=candidate:1 1 udp 1 10.0.0.1 50001 typ host\r\na=sendrecv\r\n\
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n";

    const ENGINE: &str = "v=0\r\no=engine-1.2 77 2 IN IP4 0.0.0.0\r\na=group:BUNDLE 0 1\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=msid:one track\r\na=ssrc:5 msid:one track\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\na=msid:two other\r\na=ssrc:6 msid:two other\r\n";

    fn offer(text: &str) -> RemoteOffer {
        RemoteOffer::parse(text, Candidates::Drop, None, true).expect("a good offer")
    }

    #[test]
    fn audio_and_video_are_kept_and_what_they_lack_is_borrowed_from_the_bundle() {
        let dropped = offer(OFFER);
        assert_eq!(dropped.text.matches("m=").count(), 2);
        assert!(dropped.text.contains("a=group:BUNDLE 0 1\r\n"));
        assert_eq!(dropped.text.matches("a=ice-ufrag:vvvv").count(), 2);
        assert!(!dropped.text.contains("a=candidate"));
        assert!(!dropped.text.contains("a=msid"));
        assert_eq!(dropped.fingerprint, "a=fingerprint:sha-256 aa:bb");
        assert_eq!(
            (dropped.video.as_deref(), dropped.audio.as_deref()),
            (Some("0"), Some("1"))
        );
        let kept = RemoteOffer::parse(OFFER, Candidates::Keep, None, true).expect("a good offer");
        assert!(kept.text.contains("50001 typ host"));
    }

    #[test]
    fn the_answer_has_every_section_in_its_place_and_one_stream() {
        let answer = offer(OFFER).complete(ENGINE).expect("an answer");
        let media: Vec<&str> = answer.lines().filter(|l| l.starts_with("m=")).collect();
        assert_eq!(
            media,
            [
                "m=video 9 UDP/TLS/RTP/SAVPF 96",
                "m=audio 9 UDP/TLS/RTP/SAVPF 111",
                "m=application 0 UDP/DTLS/SCTP webrtc-datachannel"
            ]
        );
        for mid in ["a=mid:0", "a=mid:1", "a=mid:2"] {
            assert_eq!(answer.matches(mid).count(), 1);
        }
        assert!(answer.contains("a=group:BUNDLE 0 1\r\n"));
        assert!(
            answer.contains("a=msid:one other\r\n") && answer.contains("a=ssrc:6 msid:one other")
        );
        assert!(
            answer.contains("\r\no=- 77 2 IN IP4 0.0.0.0\r\n"),
            "the engine is not named"
        );
        assert!(complete_offer(ENGINE).contains("\r\no=- 77 2 IN IP4 0.0.0.0\r\n"));
    }

    #[test]
    fn video_without_a_common_codec_costs_the_video_alone() {
        let engine = ENGINE.replace("m=video 9", "m=video 0");
        let answer = offer(OFFER).complete(&engine).expect("an answer");
        assert!(answer.contains("a=group:BUNDLE 1\r\n"));
        let engine = ENGINE.replace("m=audio 9", "m=audio 0");
        assert!(offer(OFFER).complete(&engine).is_err());
    }

    #[test]
    fn without_a_bundle_there_is_one_section_and_no_bundle_in_the_answer() {
        let offer = offer(&OFFER.replace("a=group:BUNDLE 0 1 2\r\n", ""));
        assert_eq!(
            (offer.audio.as_deref(), offer.video.as_deref()),
            (Some("1"), None)
        );
        let answer = offer
            .complete("v=0\r\na=group:BUNDLE 1\r\nm=audio 9 x 1\r\n")
            .expect("an answer");
        assert!(!answer.contains("BUNDLE") && answer.contains("m=video 0 "));
    }

    #[test]
    fn a_stopped_video_section_is_shown_to_the_engine_as_inactive() {
        let text = OFFER.replace("m=video 50000", "m=video 0");
        let offer =
            RemoteOffer::parse(&text, Candidates::Drop, Some("0"), true).expect("a good offer");
        assert!(offer.text.contains("m=video 9 ") && offer.text.contains("a=inactive"));
        assert_eq!(offer.video, None);
        let answer = offer.complete(ENGINE).expect("an answer");
        assert!(answer.contains("m=video 0 ") && answer.contains("a=group:BUNDLE 1\r\n"));
    }

    #[test]
    fn an_endpoint_of_sound_alone_refuses_pictures() {
        let offer = RemoteOffer::parse(OFFER, Candidates::Keep, None, false).expect("a good offer");
        assert_eq!((offer.audio.as_deref(), offer.video), (Some("1"), None));
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_a_reason() {
        let neither = OFFER
            .replace("m=audio", "m=text")
            .replace("m=video", "m=text");
        let long = format!("{OFFER}{}", "a=x\r\n".repeat(SDP_BYTES));
        let many = format!(
            "v=0\r\n{}",
            "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n".repeat(100)
        );
        for bad in [
            "",
            "hello",
            "v=0\r\n",
            "v=0\r\nnonsense\r\n",
            "v=0\r\nm=audio\r\n",
        ] {
            assert!(matches!(
                RemoteOffer::parse(bad, Candidates::Drop, None, true),
                Err(MediaError::Sdp(_))
            ));
        }
        for bad in [&neither, &long, &many] {
            assert!(matches!(
                RemoteOffer::parse(bad, Candidates::Drop, None, true),
                Err(MediaError::Sdp(_))
            ));
        }
        assert!(offer(OFFER).complete("v=0\r\nm=audio 9 x 1\r\n").is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_survived(text in "(v=0\r\n)?([a-z]=[ -~]{0,40}\r?\n|m=(audio|video) [0-9]{1,3} UDP/TLS/RTP/SAVPF [ -~]{0,9}\n|a=mid:[a-c]\n|.{0,20}\n){0,30}") {
            if let Ok(offer) = RemoteOffer::parse(&text, Candidates::Keep, Some("a"), true) {
                proptest::prop_assert!(offer.text.starts_with("v=0\r\n"));
                // The engine answers what it was given: every section comes back, once and in order.
                if let Ok(answer) = offer.complete(&offer.text) {
                    let kinds = |sdp: &str| sdp.lines().filter(|l| l.starts_with("m="))
                        .map(|l| l.split(' ').next().unwrap_or_default().to_owned()).collect::<Vec<_>>();
                    proptest::prop_assert_eq!(kinds(&answer), kinds(&text));
                }
            }
            for with_video in [false, true] {
                let _ = RemoteAnswer::parse(&text, Candidates::Drop, with_video);
            }
        }
    }
}
